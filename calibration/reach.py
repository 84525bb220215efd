"""In which scope what is asked of calibration runs, for pages and API alike: with the client's keys, or without."""

from i18n import _
from kernel.errors import Unauthenticated
from kernel.policy import Role
from kernel.tenancy import Scope
from web import current
from workforce import queries as people

DECIDERS = (Role.CLIENT_ADMIN, Role.CLIENT_PM, Role.CLIENT_QA)
CONTEST = "an objection freezes a key"


def with_gold() -> Scope:
    """The client's own scope, gold included; which routes may ask for it stands in the matrix."""
    org_id = current.actor().org_id
    if org_id is None:
        raise Unauthenticated("sign_in.no_place", _("Your account is not part of any organization yet."))
    return Scope.with_gold(org_id)


def of_disputes() -> Scope:
    """Client's people decide with the keys before them; everybody else reads without."""
    return with_gold() if current.actor().role in DECIDERS else people.reach(current.actor())


def of_objections() -> Scope:
    """Whoever objects touches a key, which neither they nor their vendor may read."""
    return Scope.system(CONTEST)
