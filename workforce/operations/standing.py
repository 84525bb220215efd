"""Standing: every change by compare-and-set, with its author, reason and, where it is adverse, its receipt."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from i18n import Message, _
from kernel import audit, guard, ids
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Conflict, Forbidden
from kernel.hot import Hot, table_of
from kernel.policy import Actor, Reason
from workforce.leases import end_leases, end_reviews
from workforce.models import Annotator, DecisionReceipt, StandingChange
from workforce.operations.receipts import checked_evidence, end_receipt, end_receipts_of, issue_receipt
from workforce.policy import Action, annotator_resource, receipt_resource
from workforce.queries.people import annotator_view
from workforce.queries.rows import annotator_row
from workforce.rules.names import clean_text
from workforce.rules.standing import caused_by, clean_end, is_own_choice, may_change, receipt_kind_of, restored
from workforce.values import AnnotatorView, ReceiptKind, ReceiptState, Standing

RULE_VERSION = "1"
CAUSE = "standing_change"
PAUSE_OVER = "pause over"
LATE, ANSWERED = "appeal late", "appeal answered"


def change_standing(
    session: Session, actor: Actor, annotator_id: str, *, status: str, reason: str,
    evidence: Sequence[Mapping[str, str]] = (), until_at: datetime | None = None,
) -> AnnotatorView:  # fmt: skip
    """Pause, suspend or bring back, as the vendor decides, with what that rests on; people alone say that they
    leave. A pause may end by itself: `end_pauses`."""
    person = annotator_row(session, annotator_id)
    after = Standing(status)
    _ensure_may(session, actor, person, after)
    reason = clean_text(reason, "reason", 2000)
    until_at = clean_end(after, until_at, now_of(session))
    if not may_change(Standing(person.status), after):
        raise Conflict("standing.not_from_here", _("This person's standing has changed meanwhile. Look again."))
    change_id = ids.new_id()
    named = checked_evidence(session, actor, person.id, evidence)
    receipt_id = _receipt(session, actor, person, after, reason, change_id, named, until_at)
    move(session, actor, person, after, reason, change_id=change_id, receipt_id=receipt_id)
    if after is Standing.ACTIVE:
        end_standing_receipts(session, actor, person)
    return annotator_view(person)


def end_standing_receipts(session: Session, actor: Actor, person: Annotator) -> None:
    """Who is active again is held by no earlier pause, removal or decline; being removed from a lane is another
    matter."""
    kinds = [ReceiptKind.PAUSED, ReceiptKind.REMOVED, ReceiptKind.NOT_ADMITTED]
    end_receipts_of(session, actor, person.id, kinds, cause_kind=CAUSE)


def move(
    session: Session,
    actor: Actor,
    person: Annotator,
    after: Standing,
    reason: str,
    *,
    change_id: str | None = None,
    receipt_id: str | None = None,
    **values: Any,
) -> None:
    """Change the standing if it is still what was read, and keep the change. Who is not active holds no work."""
    before = person.status
    given: dict[str, Any] = {"status": after.value, **values}
    changed = _moved(frozenset(given)).run(
        session, p_id=person.id, p_before=before, **{f"p_to_{name}": value for name, value in given.items()}
    )
    if changed_rows(changed) != 1:
        raise Conflict("standing.not_from_here", _("This person's standing has changed meanwhile. Look again."))
    for name, value in given.items():
        set_committed_value(person, name, value)
    change = StandingChange(
        id=change_id or ids.new_id(), org_id=person.org_id, annotator_id=person.id, status=after, reason=reason,
        receipt_id=receipt_id, at=now_of(session), by_account_id=actor.account_id,
    )  # fmt: skip
    session.add(change)
    session.flush()
    audit.record(
        session, actor, "standing.changed", "annotator", person.id, org_id=person.org_id,
        details={"before": before, "after": after.value, "receipt": receipt_id},
    )  # fmt: skip
    if after != Standing.ACTIVE:
        end_leases(session, actor, person.id, cause=f"standing:{after.value}")
        end_reviews(session, actor, person.account_id, person.org_id, cause=f"standing:{after.value}")


@cache
def _moved(names: frozenset[str]) -> Hot[Update]:
    """An update of these columns of a person whose standing is still what was read."""
    table = table_of(Annotator)
    return Hot(
        update(table)
        .where(table.c.id == bindparam("p_id"), table.c.status == bindparam("p_before"))
        .values({name: bindparam(f"p_to_{name}", type_=table.c[name].type) for name in sorted(names)})
    )


def end_pauses(session: Session, actor: Actor, limit: int = 500) -> int:
    """Bring back whose pause was for a time that is over, whether or not an appeal against it waits; returns how many
    of these decisions were looked at. What was decided about the person since then holds."""
    rows = session.execute(
        select(DecisionReceipt, Annotator)
        .join(
            Annotator,
            (Annotator.org_id == DecisionReceipt.org_id) & (Annotator.id == DecisionReceipt.annotator_id),
        )
        .where(
            DecisionReceipt.kind == ReceiptKind.PAUSED, DecisionReceipt.until_at <= now_of(session),
            DecisionReceipt.cause_kind == CAUSE,
            (DecisionReceipt.state == ReceiptState.IN_FORCE)
            | ((DecisionReceipt.state == ReceiptState.APPEALED) & (Annotator.status == Standing.PAUSED)),
        )
        .order_by(DecisionReceipt.until_at, DecisionReceipt.id)
        .limit(limit)
    ).all()  # fmt: skip
    for receipt, person in rows:
        guard.require(session, actor, Action.RECEIPT_END, receipt_resource(receipt, person))
        if person.status == Standing.PAUSED and _is_last(session, receipt):
            move(session, actor, person, Standing.ACTIVE, PAUSE_OVER, receipt_id=receipt.id)
        if receipt.state == ReceiptState.IN_FORCE:
            end_receipt(session, actor, receipt.id)
    return len(rows)


def give_back(session: Session, actor: Actor, person: Annotator, receipt: DecisionReceipt) -> None:
    """Undo what an overturned decision did to a standing, unless it has changed again since."""
    if _lift(session, actor, person, receipt, "appeal"):
        end_standing_receipts(session, actor, person)


def hold_standing(session: Session, actor: Actor, person: Annotator, receipt: DecisionReceipt) -> bool:
    """Lift what a decision did to a standing while its late appeal waits; the decision is neither over nor undone.
    False if nothing of it was in place."""
    return _lift(session, actor, person, receipt, LATE)


def put_standing_back(session: Session, actor: Actor, person: Annotator, receipt: DecisionReceipt) -> bool:
    """A decision that was on hold is right: it holds again. False where something else was decided since."""
    caused = caused_by(ReceiptKind(receipt.kind))
    if caused is None or person.status != Standing.ACTIVE or not _is_last(session, receipt):
        return False
    move(session, actor, person, caused, ANSWERED, receipt_id=receipt.id)
    return True


def _lift(session: Session, actor: Actor, person: Annotator, receipt: DecisionReceipt, why: str) -> bool:
    kind = ReceiptKind(receipt.kind)
    after = restored(kind)
    if (
        after is None or receipt.cause_kind != CAUSE or person.status != caused_by(kind)
        or not _is_last(session, receipt)
    ):  # fmt: skip
        return False
    move(session, actor, person, after, why, receipt_id=receipt.id)
    return True


def _is_last(session: Session, receipt: DecisionReceipt) -> bool:
    """Whether nothing else was decided about the standing since: a later decision holds whatever became of this one.
    That this one was on hold and holds again is no other decision."""
    later = aliased(StandingChange)
    changed_since = select(later.id).where(
        later.annotator_id == StandingChange.annotator_id, later.at > StandingChange.at,
        later.receipt_id.is_distinct_from(receipt.id),
    )  # fmt: skip
    return (
        session.scalar(
            select(~changed_since.exists()).where(
                StandingChange.id == receipt.cause_id, StandingChange.annotator_id == receipt.annotator_id
            )
        )
        is True
    )


def _ensure_may(session: Session, actor: Actor, person: Annotator, after: Standing) -> None:
    if actor.account_id == person.account_id and is_own_choice(after):
        guard.require(session, actor, Action.PROFILE_WRITE, annotator_resource(person))
        return
    found = guard.check(actor, Action.PEOPLE_STANDING, annotator_resource(person), now_of(session))
    if Reason.ROLE_MISSING in found.reasons and actor.account_id != person.account_id:
        raise guard.not_found()  # the act is open to everybody for themselves: of others it tells nothing
    if not found.allow:
        raise guard.refusal(found)
    if after is Standing.LEFT and not actor.is_system:
        message = _("Only the person can say that they leave.")
        raise Forbidden(f"not_allowed.{Reason.NOT_YOURS.value.lower()}", message)


def _receipt(
    session: Session,
    actor: Actor,
    person: Annotator,
    after: Standing,
    reason: str,
    change_id: str,
    evidence: Sequence[Mapping[str, str]],
    until_at: datetime | None,
) -> str | None:
    kind = receipt_kind_of(after)
    if kind is None:
        return None
    return issue_receipt(
        session,
        actor,
        annotator_id=person.id,
        kind=kind,
        rule="standing",
        rule_version=RULE_VERSION,
        what=_WHAT[kind],
        why=_("The vendor's reason: “%(reason)s”", reason=reason),
        way_back=_WAY_BACK[kind] if until_at is None else _BY_ITSELF,
        evidence=evidence,
        until_at=until_at,
        cause_kind=CAUSE,
        cause_id=change_id,
    )


_WHAT: dict[ReceiptKind, Message] = {
    ReceiptKind.PAUSED: _("All your work with this vendor is paused."),
    ReceiptKind.REMOVED: _("Your work with this vendor has been ended."),
}
_BY_ITSELF = _("Your work opens again by itself at the end of that time. What you have earned stays yours and is paid.")
_WAY_BACK: dict[ReceiptKind, Message] = {
    ReceiptKind.PAUSED: _("Answer what the vendor asks for. What you have earned stays yours and is paid as always."),
    ReceiptKind.REMOVED: _("You can appeal. What you have earned stays yours and is paid as always."),
}
