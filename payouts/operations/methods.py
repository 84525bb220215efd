"""Payout methods: where a person wants to be paid. Only they themselves may say; the details are sealed at once."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.guard import not_found, require
from kernel.hot import Hot, table_of
from kernel.policy import Actor
from payouts.models import PayoutMethod
from payouts.policy import Action, person_resource
from payouts.queries.people import person_of
from payouts.rules.destinations import Destination, faults, kept, typed
from payouts.values import MethodKind, MethodView

_METHODS = table_of(PayoutMethod)
_OF_PERSON = Hot(select(_METHODS.c.id).where(_METHODS.c.annotator_id == bindparam("p_person")))


def set_method(
    session: Session, actor: Actor, annotator_id: str, *, kind: str, holder: str, account: str, bic: str = ""
) -> MethodView:
    """Set where this person is paid: an account number or IBAN (`bank`), or a phone number (`mobile`).

    A change keeps the person out of runs for 72 hours, so that a stolen session cannot redirect a payment unseen. The
    same destination again changes nothing. Raises Invalid with the fields that a bank would refuse.
    """
    person = person_of(session, annotator_id)
    if person is None:
        raise not_found()
    require(
        session, actor, Action.METHOD_WRITE,
        person_resource("payout_method", person.org_id, person.annotator_id, person.account_id),
    )  # fmt: skip
    destination = typed(_kind(kind), holder, account, bic)
    found = faults(destination)
    if found:
        raise Invalid("payout_method.invalid", _("Money could not be sent there."), found)
    known = _OF_PERSON.run(session, p_person=annotator_id).scalar_one_or_none()
    method = session.get(PayoutMethod, known) if known else None
    if method is None or kept(method.kind, method.holder, method.details) != destination:
        method = _write(session, actor, person.org_id, annotator_id, method, destination)
    return MethodView(method.id, annotator_id, MethodKind(method.kind), method.mask, method.changed_at)


def _kind(kind: str) -> MethodKind:
    try:
        return MethodKind(kind)
    except ValueError:
        words = _("Choose a bank account or a mobile money number.")
        raise Invalid("payout_method.invalid", words, {"kind": words}) from None


def _write(
    session: Session, actor: Actor, org_id: str, annotator_id: str, method: PayoutMethod | None, to: Destination
) -> PayoutMethod:
    is_new = method is None
    if method is None:
        method = PayoutMethod(id=ids.new_id(), org_id=org_id, annotator_id=annotator_id)
        session.add(method)
    method.kind, method.mask = to.kind.value, to.mask
    method.holder, method.details = to.holder, to.details()
    method.changed_at, method.changed_by = now_of(session), actor.account_id
    session.flush()
    # The log says that it changed, not where to: not even the mask.
    audit.record(
        session, actor, "payout_method.set", "annotator", annotator_id, org_id=org_id,
        details={"kind": to.kind.value, "new": is_new},
    )  # fmt: skip
    return method
