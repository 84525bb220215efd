"""Founding: a new organization together with the first person who can run it."""

from sqlalchemy.orm import Session

from admin.queries.organizations import organization_named
from admin.values import Founded
from i18n import _
from kernel import ids
from kernel.errors import Invalid
from kernel.policy import Actor
from workforce.operations.accounts import add_membership, create_account, create_organization
from workforce.operations.offers import AddressOf, hold_offers, offer_first_role
from workforce.queries.accounts import find_account, members_of
from workforce.rules.roles import KEEPER
from workforce.values import OrganizationView, OrgKind

DEMO = ".example"  # nobody can have an address there: demonstrations do
_SECRET_BYTES = 15


def found_organization(
    session: Session, actor: Actor, *, kind: str, name: str, email: str, person: str = "", country: str | None = None,
    currency: str = "USD", locale: str = "en", password: str | None = None, address_of: AddressOf,
) -> Founded:  # fmt: skip
    """Make an organization, and have a letter offer the role that can run it; nobody else knows the password that its
    reader chooses. With a password, the account is made at once.

    An organization that was founded and that nobody is in yet gets another letter, in place of the one before.
    """
    organization = _unmanned(session, actor, kind, name) if password is None else None
    if organization is None:
        organization = create_organization(session, actor, kind=kind, name=name, country=country, currency=currency)
    if password is None:
        offer = offer_first_role(session, actor, organization.id, email=email, locale=locale, address_of=address_of)
        return Founded(organization.id, organization.name, None, offer.email, KEEPER[OrgKind(kind)], None)
    return add_person(
        session, actor, organization, email=email, person=person, role=KEEPER[OrgKind(kind)], locale=locale,
        password=password,
    )  # fmt: skip


def _unmanned(session: Session, actor: Actor, kind: str, name: str) -> OrganizationView | None:
    found = organization_named(session, name)
    if found is None or found.kind != kind:
        return None
    hold_offers(session, actor, found.id)
    return None if members_of(session, found.id, limit=1)[0] else found


def add_person(
    session: Session, actor: Actor, organization: OrganizationView, *, email: str, person: str, role: str,
    password: str | None = None, locale: str = "en",
) -> Founded:  # fmt: skip
    """Give a person a role, with a new account unless they have one. A password that is not given is made up."""
    account = find_account(session, email)
    if account is not None and password is not None:
        raise Invalid(
            "account.exists", _("This account exists already, with a password of its own."),
            {"password": _("This account exists already, with a password of its own.")},
        )  # fmt: skip
    made_up = ids.new_secret(_SECRET_BYTES) if account is None and password is None else None
    if account is None:
        account = create_account(session, actor, email=email, name=person, password=password or made_up, locale=locale)
    add_membership(session, actor, account_id=account.id, org_id=organization.id, role=role)
    return Founded(organization.id, organization.name, account.id, account.email, role, made_up)


def is_demo(email: str) -> bool:
    """Whether the address is one of a demonstration's."""
    return email.strip().casefold().rstrip(".").endswith(DEMO)
