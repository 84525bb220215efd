"""Disputes: a right answer contested by a person or by what proven people answer, and decided blind by somebody else.

Contesting and lapsing run in the system's scope, as they touch keys; each asks whether the person may, first. What a
decision changes for everybody is carried out by the job that grades the item again (`restoring`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.contents import readable
from calibration.lanes import lane_of
from calibration.models import AttemptQuestion, Disclosure, Dispute, GoldKey, GoldKeyVersion, Judgment
from calibration.operations.gold import amend, canonical_truth
from calibration.operations.scoring import Scorer
from calibration.policy import (
    ATTEMPT_ANSWER,
    DISPUTE_DECIDE,
    DISPUTE_OPEN,
    GRADE_RUN,
    attempt_resource,
    dispute_resource,
)
from calibration.queries.attempts import LIVE, content_of, find_attempt
from calibration.queries.disputes import authors_of, counted_wrong, disclosed, key_is_first, own_receipt
from calibration.queries.tests import test_by_id
from calibration.rules.disputes import OPEN_MOST, WORKING_DAYS, outcome_of
from calibration.values import DisputeChoice, DisputeOutcome, DisputeSource, LaneFacts
from i18n import _, ngettext
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.guard import not_found, require
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor
from labeling.values import GoldPool
from workforce.rules.appeals import due_at

TEXT = (3, 2000)
_REGRADE = "calibration.regrade_item"


@dataclass(frozen=True, slots=True)
class Contested:
    """What became of an objection: the dispute, and whether the answer had counted as right all along."""

    dispute_id: str
    had_counted_as_right: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Objection:
    """What is contested, where the person met it."""

    lane: LaneFacts
    item_id: str
    source: DisputeSource
    annotator_id: str
    account_id: str
    ontology_id: str
    answer: dict[str, Any]
    text: str
    attempt_id: str | None = None
    receipt_id: str | None = None


def contest_question(session: Session, actor: Actor, attempt_id: str, position: int, text: str) -> Contested:
    """Object to the right answer of a question of one's own attempt: at once in practice, after the end in an exam."""
    row = find_attempt(session, attempt_id)
    if row is None:
        raise not_found()
    require(session, actor, ATTEMPT_ANSWER, attempt_resource(row))
    require(session, actor, DISPUTE_OPEN, attempt_resource(row))
    question = session.scalars(
        select(AttemptQuestion).where(AttemptQuestion.attempt_id == row.id, AttemptQuestion.position == position)
    ).one_or_none()
    if question is None or question.answer is None or (question.stage == "exam" and row.state in LIVE):
        raise not_found()
    _ensure_few(session, row.account_id, attempt_id=row.id)
    return _open(
        session,
        actor,
        _Objection(
            lane=lane_of(session, row.lane_id), item_id=question.item_id, source=DisputeSource(question.stage),
            annotator_id=row.annotator_id, account_id=row.account_id,
            ontology_id=test_by_id(session, row.test_id).ontology_id, answer=question.answer, text=text,
            attempt_id=row.id,
        ),
    )  # fmt: skip


def contest_evidence(session: Session, actor: Actor, receipt_id: str, judgment_id: str, text: str) -> Contested:
    """Object to a right answer that a decision about oneself rests on, once it was shown."""
    receipt = own_receipt(session, actor, receipt_id)
    require(session, actor, DISPUTE_OPEN, receipt.resource)
    if judgment_id not in disclosed(session, receipt_id):
        raise not_found()
    judgment = session.get_one(Judgment, judgment_id)
    _ensure_few(session, judgment.account_id)
    return _open(
        session,
        actor,
        _Objection(
            lane=lane_of(session, judgment.lane_id), item_id=judgment.item_id, source=DisputeSource.LIVE,
            annotator_id=judgment.annotator_id, account_id=judgment.account_id, ontology_id=judgment.ontology_id,
            answer=judgment.answer, text=text, receipt_id=receipt_id,
        ),
    )  # fmt: skip


def open_evidence(session: Session, actor: Actor, receipt_id: str) -> int:
    """Show a person the answers that count against them in a decision, with the right ones; returns how many.

    They are checked answers to work, so that every right answer shown is retired in this very transaction.
    """
    receipt = own_receipt(session, actor, receipt_id)
    require(session, actor, DISPUTE_OPEN, receipt.resource)
    if not receipt.rests_on_checks or disclosed(session, receipt_id):
        return 0
    named = [str(each["id"]) for each in receipt.evidence if each["kind"] == "judgment"]
    judgments = counted_wrong(session, lane_of(session, receipt.lane_id or "").task_type, named)
    keys = {
        key.item_id: key
        for key in session.scalars(select(GoldKey).where(GoldKey.item_id.in_([each.item_id for each in judgments])))
    }
    for judgment in judgments:
        _retire(keys[judgment.item_id])
        session.add(
            Disclosure(
                id=ids.new_id(), org_id=judgment.org_id, vendor_org_id=judgment.vendor_org_id,
                project_id=judgment.project_id, receipt_id=receipt_id, annotator_id=judgment.annotator_id,
                judgment_id=judgment.id, item_id=judgment.item_id, at=now_of(session),
            )
        )  # fmt: skip
    audit.record(session, actor, "evidence.shown", "receipt", receipt_id, org_id=receipt.resource.org_id,
                 details={"answers": len(judgments)})  # fmt: skip
    return len(judgments)


def open_by_people(
    session: Session, actor: Actor, key: GoldKey, lane: LaneFacts, answer: dict[str, Any], figures: dict[str, Any]
) -> str:
    """Doubt a key that proven people contradict: it counts for nothing until a person has decided."""
    require(session, actor, GRADE_RUN)
    if key.status == "active":
        key.status = "suspended"
    amend(session, actor, key, "suspended", voided=True)
    row = Dispute(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane.id, item_id=key.item_id, source=DisputeSource.PEOPLE.value, ontology_id=lane.ontology_id,
        answer=answer, text="", figures=figures, key_version=key.version, opened_at=now_of(session),
        due_at=due_at(now_of(session), WORKING_DAYS), reply="", decided_before=[],
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, actor, "dispute.opened", "dispute", row.id, org_id=row.org_id,
                 details={"source": row.source, "figures": figures})  # fmt: skip
    _regrade(session, actor, key.item_id)
    return row.id


def decide(
    session: Session, actor: Actor, dispute_id: str, *, choice: str, reply: str, answer: dict[str, Any] | None = None
) -> DisputeOutcome:
    """Decide between two answers without knowing whose they are; the client's scope, gold included. Whoever decides
    about content must be one who may read it.

    Everybody whom the key touched is graded again by a job, and told what that changes.
    """
    row = session.scalars(select(Dispute).where(Dispute.id == dispute_id).with_for_update()).one_or_none()
    key = session.scalars(select(GoldKey).where(GoldKey.item_id == row.item_id)).one_or_none() if row else None
    if row is None or key is None:
        raise not_found()
    require(session, actor, DISPUTE_DECIDE, dispute_resource(actor, row, authors_of(session, row)))
    if row.decided_at is not None:
        raise Conflict("dispute.decided", _("This objection has been decided already."))
    if row.item_id not in readable(session, actor, row.project_id, {row.item_id}):
        raise Forbidden("dispute.content", _("What it is about asks more of its readers: agreements, place or proof."))
    words = _text(reply, "reply")
    lane = lane_of(session, row.lane_id)
    outcome = outcome_of(_choice(choice), key_is_first=key_is_first(row.id))
    _change(session, actor, row, key, lane, outcome, answer if choice == DisputeChoice.OTHER else row.answer)
    _close(session, actor, row, outcome, words)
    _close_alike(session, actor, row, key, lane, outcome)
    _regrade(session, actor, row.item_id)
    return outcome


def reopen(session: Session, actor: Actor, dispute_id: str) -> None:
    """Have a dispute decided once more, by somebody else, as the appeal against its answer was believed."""
    require(session, actor, GRADE_RUN)
    row = session.scalars(select(Dispute).where(Dispute.id == dispute_id).with_for_update()).one_or_none()
    if row is None:
        raise not_found()
    if row.decided_at is None:
        return
    row.decided_before = [*row.decided_before, row.decided_by]
    row.outcome, row.decided_at, row.decided_by, row.reply = None, None, None, ""
    row.due_at = due_at(now_of(session), WORKING_DAYS)
    audit.record(session, actor, "dispute.reopened", "dispute", row.id, org_id=row.org_id)


def lapse_overdue(session: Session, actor: Actor, limit: int = 200) -> int:
    """Whoever objected is believed where nobody decided in time: the question counts for nobody. Returns how many."""
    require(session, actor, GRADE_RUN)
    rows = session.scalars(
        select(Dispute)
        .where(Dispute.decided_at.is_(None), Dispute.due_at < now_of(session), Dispute.source != DisputeSource.PEOPLE)
        .order_by(Dispute.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        if row.decided_at is not None:  # closed with another one of the same item
            continue
        key = session.scalars(select(GoldKey).where(GoldKey.item_id == row.item_id)).one()
        _retire(key)
        amend(session, actor, key, "void", voided=True, dispute_id=row.id)
        _close(session, actor, row, DisputeOutcome.LAPSED, "")
        _close_alike(session, actor, row, key, lane_of(session, row.lane_id), DisputeOutcome.LAPSED)
        _regrade(session, actor, row.item_id)
    return len(rows)


def _open(session: Session, actor: Actor, objection: _Objection) -> Contested:
    """The key freezes: it grades nobody until it is decided. An answer that had counted as right ends it at once."""
    text = _text(objection.text, "text")
    key = session.scalars(select(GoldKey).where(GoldKey.item_id == objection.item_id).with_for_update()).one_or_none()
    known = session.scalar(
        select(Dispute.id).where(Dispute.account_id == objection.account_id, Dispute.item_id == objection.item_id)
    )
    if known is not None:
        raise Conflict("dispute.known", _("You have objected to this already."), dispute_id=known)
    if key is None:
        raise not_found()
    lane, now = objection.lane, now_of(session)
    row = Dispute(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane.id, item_id=objection.item_id, source=objection.source.value,
        annotator_id=objection.annotator_id, account_id=objection.account_id, attempt_id=objection.attempt_id,
        receipt_id=objection.receipt_id, ontology_id=objection.ontology_id, answer=objection.answer, text=text,
        figures={}, key_version=key.version, opened_at=now, due_at=due_at(now, WORKING_DAYS), reply="",
        decided_before=[],
    )  # fmt: skip
    counted = _counts_as_right(session, row, key)
    if counted or key.pool != GoldPool.TRAINING:
        _retire(key)
    elif key.status == "active":
        key.status = "suspended"
    if counted:
        row.outcome, row.decided_at = DisputeOutcome.AGREED.value, now
        if key.pool == GoldPool.TRAINING and not key.voided:
            key.status = "active"
    session.add(row)
    session.flush()
    audit.record(session, actor, "dispute.opened", "dispute", row.id, org_id=row.org_id,
                 details={"source": row.source, "due_at": row.due_at.isoformat()})  # fmt: skip
    return Contested(row.id, counted, row.due_at)


def _counts_as_right(session: Session, row: Dispute, key: GoldKey) -> bool:
    if key.voided:
        return False
    scorer, content = Scorer(session), content_of(session, row.item_id)[0]
    scored = scorer.compare_key(row.ontology_id, row.answer, (key.truth, *key.also), content)
    return scored is not None and scored.is_right


def _change(
    session: Session, actor: Actor, row: Dispute, key: GoldKey, lane: LaneFacts, outcome: DisputeOutcome,
    answer: dict[str, Any] | None,
) -> None:  # fmt: skip
    """What the outcome makes of the key. One whose answer a person was told is used no more, except for practice."""
    is_secret = row.source == DisputeSource.PEOPLE
    if outcome is DisputeOutcome.REJECTED:
        if key.voided and _newest_cause(session, key) == "suspended":  # what a person has declared void stays so
            amend(session, actor, key, "restored", dispute_id=row.id)
    elif outcome is DisputeOutcome.VOID:
        amend(session, actor, key, "void", voided=True, dispute_id=row.id)
    elif outcome is DisputeOutcome.BOTH:
        amend(session, actor, key, "both", also=dict(row.answer), dispute_id=row.id)
    else:
        truth = canonical_truth(session, lane, key.item_id, dict(_ensure_answer(answer)))
        amend(session, actor, key, "corrected", truth=truth, dispute_id=row.id)
    may_be_used = outcome is not DisputeOutcome.VOID and (is_secret or key.pool == GoldPool.TRAINING)
    if key.status != "retired":
        key.status = "active" if may_be_used else "retired"


def _newest_cause(session: Session, key: GoldKey) -> str | None:
    return session.scalar(
        select(GoldKeyVersion.cause)
        .where(GoldKeyVersion.key_id == key.id)
        .order_by(GoldKeyVersion.version.desc())
        .limit(1)
    )


def _close(session: Session, actor: Actor, row: Dispute, outcome: DisputeOutcome, reply: str) -> None:
    row.outcome, row.reply = outcome.value, reply
    row.decided_at, row.decided_by = now_of(session), actor.account_id
    session.flush()
    audit.record(session, actor, "dispute.decided", "dispute", row.id, org_id=row.org_id,
                 details={"outcome": outcome.value})  # fmt: skip


def _close_alike(
    session: Session, actor: Actor, row: Dispute, key: GoldKey, lane: LaneFacts, outcome: DisputeOutcome
) -> None:
    """Whoever else contests this item and is right by what was decided has their answer with it."""
    if not outcome.is_upheld:
        return
    others = session.scalars(
        select(Dispute).where(Dispute.item_id == row.item_id, Dispute.id != row.id, Dispute.decided_at.is_(None))
    ).all()
    for other in others:
        if key.voided or _counts_as_right(session, other, key):
            _close(session, actor, other, outcome, row.reply)


def _retire(key: GoldKey) -> None:
    key.status = "retired"


def _ensure_few(session: Session, account_id: str, *, attempt_id: str | None = None) -> None:
    """Each objection takes a right answer out of use, so that nobody has many of them open at once."""
    waiting = select(func.count()).where(Dispute.account_id == account_id, Dispute.decided_at.is_(None))
    if (session.scalar(waiting) or 0) >= OPEN_MOST:
        message = ngettext(
            "You can have %(num)s objection open at a time.", "You can have %(num)s objections open at a time.",
            OPEN_MOST,
        )  # fmt: skip
        raise Conflict("dispute.too_many", message)
    of_attempt = select(func.count()).where(Dispute.account_id == account_id, Dispute.attempt_id == attempt_id)
    if attempt_id is not None and (session.scalar(of_attempt) or 0) >= OPEN_MOST:
        message = ngettext(
            "You can object to %(num)s question of one attempt.",
            "You can object to %(num)s questions of one attempt.",
            OPEN_MOST,
        )
        raise Conflict("dispute.too_many", message)


def _choice(choice: str) -> DisputeChoice:
    if choice not in set(DisputeChoice):
        raise Invalid("dispute.choice", _("Say which answer is right."), {"verdict": _("Choose one.")})
    return DisputeChoice(choice)


def _ensure_answer(answer: dict[str, Any] | None) -> dict[str, Any]:
    if not answer:
        raise Invalid("dispute.answer", _("Give the right answer."), {"answer": _("This is needed.")})
    return answer


def _text(text: str, name: str) -> str:
    kept, (least, most) = text.strip(), TEXT
    if not least <= len(kept) <= most:
        message = _("Say why, in up to %(most)s characters.", most=most)
        raise Invalid("dispute.text", message, {name: message})
    return kept


def _regrade(session: Session, actor: Actor, item_id: str) -> None:
    enqueue(session, REGISTRY[_REGRADE], actor=actor, item_id=item_id)
