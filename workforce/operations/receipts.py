"""Decision receipts: one record for every adverse decision, written in the transaction of what was decided."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from i18n import Message, _
from kernel import audit, guard, ids
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.policy import Actor
from workforce.grounds import is_about
from workforce.models import Annotator, Appeal, DecisionReceipt
from workforce.policy import Action, receipt_resource
from workforce.values import Outcome, ReceiptKind, ReceiptState
from workforce.values.receipts import ANSWERED_BY_CORRECTION

MOST_EVIDENCE = 50
ERASED = "–"  # what stands where somebody wrote, or was written about


def issue_receipt(
    session: Session,
    actor: Actor,
    *,
    annotator_id: str,
    kind: str,
    rule: str,
    rule_version: str,
    what: Message,
    why: Message,
    way_back: Message,
    figure: Mapping[str, Any] | None = None,
    evidence: Iterable[Mapping[str, Any]] = (),
    cause_kind: str,
    cause_id: str,
    lane_id: str | None = None,
    until_at: datetime | None = None,
) -> str:
    """Record a decision that the caller has permission for and is making now; the same cause gives the same receipt.

    The system as actor means that a rule decided. The texts are kept as messages, and told in the reader's language.
    One to the person's advantage holds nothing against them, and there is nothing to appeal.
    """
    person = session.get(Annotator, annotator_id)
    if person is None:
        raise guard.not_found()
    now, is_good = now_of(session), kind == ReceiptKind.RESTORED
    known = session.scalar(
        select(DecisionReceipt.id).where(
            DecisionReceipt.org_id == person.org_id,
            DecisionReceipt.kind == ReceiptKind(kind),
            DecisionReceipt.cause_kind == cause_kind,
            DecisionReceipt.cause_id == cause_id,
        )
    )
    if known:
        return known
    row = DecisionReceipt(
        id=ids.new_id(), org_id=person.org_id, annotator_id=person.id, kind=ReceiptKind(kind), rule=rule,
        rule_version=rule_version, what=what.to_json(), why=why.to_json(), way_back=way_back.to_json(),
        figure=dict(figure or {}), evidence=[dict(item) for item in evidence], cause_kind=cause_kind,
        cause_id=cause_id, lane_id=lane_id, until_at=until_at, decided_at=now,
        decided_by=actor.account_id, state=ReceiptState.ENDED if is_good else ReceiptState.IN_FORCE,
        ended_at=now if is_good else None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "receipt.issued", "receipt", row.id, org_id=row.org_id,
        details={"kind": row.kind, "rule": rule, "rule_version": rule_version, "annotator": person.id},
    )  # fmt: skip
    return row.id


def checked_evidence(
    session: Session, actor: Actor, annotator_id: str, evidence: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """What somebody names as the evidence of a decision that they make by hand: rows about that very person, each
    once. Naming none says that the decision rests on the reason alone."""
    named = list(dict.fromkeys((str(one["kind"]), str(one["id"])) for one in evidence))
    if len(named) > MOST_EVIDENCE:
        fault = _("Name at most %(most)s pieces of evidence.", most=MOST_EVIDENCE)
        raise Invalid("receipt.evidence", fault, {"evidence": fault})
    if not all(is_about(session, annotator_id, kind, id_) for kind, id_ in named):
        fault = _("Something that is named here is not about this person, or is not there.")
        raise Invalid("receipt.evidence", fault, {"evidence": fault})
    return [{"kind": kind, "id": id_} for kind, id_ in named]


def end_receipt(session: Session, actor: Actor, receipt_id: str) -> bool:
    """Note that a decision holds no longer: its time is over, or its way back was taken. False if it did not hold, or
    an appeal against it waits, which goes on."""
    row = session.get(DecisionReceipt, receipt_id)
    person = session.get(Annotator, row.annotator_id) if row else None
    if row is None or person is None:
        raise guard.not_found()
    guard.require(session, actor, Action.RECEIPT_END, receipt_resource(row, person))
    is_appealed = DecisionReceipt.state == ReceiptState.APPEALED  # its appeal goes on, and what is over stays over
    ended = session.execute(
        update(DecisionReceipt)
        .where(
            DecisionReceipt.id == receipt_id, DecisionReceipt.ended_at.is_(None),
            (DecisionReceipt.state == ReceiptState.IN_FORCE) | is_appealed,
        )
        .values(
            state=case((is_appealed, ReceiptState.APPEALED.value), else_=ReceiptState.ENDED.value),
            ended_at=now_of(session),
        ),
        execution_options={"synchronize_session": False},
    )  # fmt: skip
    if changed_rows(ended) != 1:
        return False
    session.refresh(row)
    audit.record(session, actor, "receipt.ended", "receipt", row.id, org_id=row.org_id)
    return row.state == ReceiptState.ENDED


def overturn_receipt(session: Session, actor: Actor, receipt_id: str) -> bool:
    """Note that a decision was wrong, as what it rested on has been corrected; an appeal that waits is answered by it.

    The caller undoes what the decision did. False if it was overturned already.
    """
    row = session.get(DecisionReceipt, receipt_id)
    person = session.get(Annotator, row.annotator_id) if row else None
    if row is None or person is None:
        raise guard.not_found()
    guard.require(session, actor, Action.RECEIPT_END, receipt_resource(row, person))
    changed = session.execute(
        update(DecisionReceipt)
        .where(DecisionReceipt.id == receipt_id, DecisionReceipt.state != ReceiptState.OVERTURNED)
        .values(state=ReceiptState.OVERTURNED)
    )
    if changed_rows(changed) != 1:
        return False
    session.execute(
        update(Appeal)
        .where(Appeal.receipt_id == receipt_id, Appeal.decided_at.is_(None))
        .values(decided_at=now_of(session), outcome=Outcome.OVERTURNED, answer=ANSWERED_BY_CORRECTION)
    )
    audit.record(session, actor, "receipt.overturned", "receipt", row.id, org_id=row.org_id)
    return True


def end_receipts_of(
    session: Session, actor: Actor, annotator_id: str, kinds: Iterable[ReceiptKind], *, cause_kind: str | None = None,
    cause: str | None = None,
) -> None:  # fmt: skip
    """End every decision of these kinds about a person that still holds or is appealed, as its effect was taken back.

    A kind may have several causes (a person is removed from a lane, or from all work): `cause_kind` names one kind of
    them, `cause` the beginning of one's id.
    """
    of_cause = [DecisionReceipt.cause_kind == cause_kind] if cause_kind is not None else []
    if cause is not None:
        of_cause.append(DecisionReceipt.cause_id.startswith(cause, autoescape=True))
    rows = session.scalars(
        select(DecisionReceipt.id).where(
            DecisionReceipt.annotator_id == annotator_id,
            DecisionReceipt.kind.in_(list(kinds)),
            *of_cause,
            DecisionReceipt.state.in_((ReceiptState.IN_FORCE, ReceiptState.APPEALED)),
            DecisionReceipt.ended_at.is_(None),
        )
    ).all()
    for receipt_id in rows:
        end_receipt(session, actor, receipt_id)


def forget_reasons(session: Session, actor: Actor, annotator_id: str) -> None:
    """Empty what people wrote into the decisions about somebody; what was decided, by which rule and figure, stays."""
    for row in session.scalars(select(DecisionReceipt).where(DecisionReceipt.annotator_id == annotator_id)).all():
        params = row.why.get("params", {})
        if isinstance(params.get("reason"), str):
            row.why = {**row.why, "params": {**params, "reason": ERASED}}
    session.flush()
