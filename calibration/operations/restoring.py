"""Restoring: what a corrected key had taken from people is given back, and each of them is told.

It may give back standing, attempts and pay; it never takes anything that somebody has.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models import (
    Attempt,
    AttemptQuestion,
    Dispute,
    GateFiring,
    GateRule,
    GoldKey,
    Grade,
    Qualification,
    QuestionGrade,
    Track,
)
from calibration.operations import exams, gates, tracks
from calibration.operations.checks import note_passed
from calibration.operations.qualifications import open_lane
from calibration.operations.scoring import Scored, Scorer
from calibration.policy import GRADE_RUN
from calibration.queries.attempts import content_of, tries_before
from calibration.queries.gates import as_rule
from calibration.queries.tests import CHECK, test_by_id
from calibration.rules import gates as gate_rules
from calibration.rules.disputes import Given, Replayed, replay, tally
from calibration.values import DisputeOutcome, DisputeSource, GateAction, LaneFacts, TestDecision
from i18n import Message, _
from kernel import audit, ids
from kernel.db import now_of
from kernel.guard import require
from kernel.policy import Actor
from labeling.tasktypes import registry
from labeling.values import GoldPool
from payouts.operations import earnings
from workforce.models import DecisionReceipt
from workforce.operations.receipts import issue_receipt, overturn_receipt

HEIGHTENED_UNITS = 50
SAME_ROUND = timedelta(milliseconds=100)  # grades of one round lie some microseconds apart
RULE = "gold_dispute"
RULE_VERSION = "1"


def restore_after(session: Session, actor: Actor, item_id: str) -> int:
    """Weigh again all that rested on an item's key; returns how many decisions fell. Repeating it changes nothing.

    System scope, after the item was graded again.
    """
    require(session, actor, GRADE_RUN)
    key = session.scalars(select(GoldKey).where(GoldKey.item_id == item_id)).one()
    lane = find_lane(session, key.lane_id)
    if lane is None:
        return 0
    fallen = _lift(session, actor, key, lane) + _pay(session, actor, key, lane)
    if key.pool == GoldPool.EXAM:
        fallen += _score_exams(session, actor, key, lane)
    _answer(session, lane, item_id)
    return fallen


def give_back_attempt(session: Session, actor: Actor, attempt_id: str) -> bool:
    """A failed test was overturned by a person: it costs no attempt and no waiting. False if it does not stand."""
    require(session, actor, GRADE_RUN)
    row = session.scalars(select(Attempt).where(Attempt.id == attempt_id).with_for_update()).one_or_none()
    if row is None or row.state != "failed":
        return False
    row.state, row.next_at = "ended", None
    audit.record(session, actor, "attempt.ended", "attempt", row.id, org_id=row.vendor_org_id,
                 details={"lane": row.lane_id, "why": "appeal"})  # fmt: skip
    return True


def _lift(session: Session, actor: Actor, key: GoldKey, lane: LaneFacts) -> int:
    """Undo each pause, warning and closer check that its rule would not have given, had the key been what it is now."""
    first = dict(
        session.execute(
            select(Grade.annotator_id, func.min(Grade.at))
            .where(Grade.org_id == key.org_id, Grade.item_id == key.item_id)
            .group_by(Grade.annotator_id)
        ).all()
    )
    rows = session.execute(
        select(GateFiring, GateRule, DecisionReceipt)
        .join(GateRule, GateRule.id == GateFiring.rule_id)
        .outerjoin(DecisionReceipt, DecisionReceipt.id == GateFiring.receipt_id)
        .where(
            GateFiring.lane_id == lane.id,
            GateFiring.annotator_id.in_(first),
            or_(
                DecisionReceipt.state != "overturned",
                and_(GateFiring.action == GateAction.RECHECK, GateFiring.ended_at.is_(None)),
            ),
        )
    ).all()
    fallen = 0
    for firing, rule, receipt in rows:
        until = firing.fired_at + SAME_ROUND
        if first[firing.annotator_id] > until or _would_act(session, rule, firing, until):
            continue
        if firing.receipt_id is None:  # closer checks are no decision against somebody, and have no receipt
            gates.take_back_recheck(session, firing, _track(session, firing))
            continue
        _undo(session, actor, lane, receipt)
        fallen += 1
    return fallen


def _track(session: Session, firing: GateFiring) -> Track:
    return session.scalars(
        select(Track).where(Track.lane_id == firing.lane_id, Track.annotator_id == firing.annotator_id)
    ).one()


def _would_act(session: Session, rule: GateRule, firing: GateFiring, until: datetime) -> bool:
    """Whether a rule that acted still does so on the answers of that moment, as they are graded now."""
    then = tracks.track_until(session, _track(session, firing), until)
    return then.n >= rule.minimum_checks and gate_rules.evaluate(as_rule(rule), then).holds


def _undo(session: Session, actor: Actor, lane: LaneFacts, receipt: DecisionReceipt) -> None:
    overturn_receipt(session, actor, receipt.id)
    if receipt.kind == "lane_warned":
        gates.take_back_warning(session, actor, receipt.id)
        _tell(session, actor, receipt, _("The warning about your work in %(lane)s is taken back.", lane=lane.name),
              _("It counts for nothing."))  # fmt: skip
        return
    if session.scalar(select(Qualification.id).where(Qualification.pause_receipt_id == receipt.id)) is not None:
        gates.lift_pause(session, actor, receipt.id)
    _tell(session, actor, receipt, _("The pause of your work in %(lane)s is lifted.", lane=lane.name),
          _("Your work is open to you again, and the pause counts for nothing."))  # fmt: skip


def _pay(session: Session, actor: Actor, key: GoldKey, lane: LaneFacts) -> int:
    """Pay what was refused for answers to this item that count as right now, or whose question counts for nothing."""
    grades = session.scalars(
        select(Grade).where(Grade.item_id == key.item_id, Grade.key_version == key.version, Grade.key_version > 1)
    ).all()
    right = registry.get(lane.task_type).counts_as_right
    cleared = {grade.judgment_id for grade in grades if grade.is_void or right(round(1.0 - grade.score, 9))}
    receipts = session.scalars(
        select(DecisionReceipt).where(
            DecisionReceipt.kind == "work_rejected",
            DecisionReceipt.cause_kind == "judgment",
            DecisionReceipt.cause_id.in_(cleared),
            DecisionReceipt.state != "overturned",
        )
    ).all()
    for receipt in receipts:
        overturn_receipt(session, actor, receipt.id)
        earnings.restore(session, actor, receipt.cause_id)
        _tell(session, actor, receipt, _("An answer of yours in %(lane)s is paid after all.", lane=lane.name),
              _("The pay stands on your pay page."))  # fmt: skip
    return len(receipts)


def _score_exams(session: Session, actor: Actor, key: GoldKey, lane: LaneFacts) -> int:
    """Score the answers of exams again, correct those under way, and play again those that somebody failed."""
    questions = session.scalars(
        select(AttemptQuestion).where(
            AttemptQuestion.item_id == key.item_id,
            AttemptQuestion.stage == "exam",
            AttemptQuestion.answered_at.is_not(None),
        )
    ).all()
    attempts = {question.attempt_id for question in questions}
    known = set(
        session.scalars(
            select(QuestionGrade.question_id).where(
                QuestionGrade.attempt_id.in_(attempts), QuestionGrade.key_version >= key.version
            )
        )
    )
    rows = [_grade_again(session, question, key) for question in questions if question.id not in known]
    if rows and key.version > 1:
        session.execute(insert(QuestionGrade), rows)
    going_on = session.scalars(
        select(Attempt).where(Attempt.id.in_(attempts), Attempt.state == "exam").with_for_update()
    ).all()
    for row in going_on:
        ontology_id = test_by_id(session, row.test_id).ontology_id
        exams.correct_live(session, actor, lane, row, list(_answers(session, row, ontology_id)))
    failed = session.scalars(
        select(Attempt).where(Attempt.id.in_(attempts), Attempt.state == "failed").with_for_update()
    ).all()
    return sum(_play_again(session, actor, lane, row) for row in failed)


def _grade_again(session: Session, question: AttemptQuestion, key: GoldKey) -> dict[str, Any]:
    attempt = session.get_one(Attempt, question.attempt_id)
    ontology_id = test_by_id(session, attempt.test_id).ontology_id
    content = content_of(session, question.item_id)[0]
    scored = Scorer(session).compare_key(ontology_id, question.answer or {}, (key.truth, *key.also), content)
    counts = scored or Scored(0.0, False, None, None)
    return {
        "id": ids.new_id(), "org_id": question.org_id, "vendor_org_id": question.vendor_org_id,
        "project_id": question.project_id, "attempt_id": question.attempt_id, "question_id": question.id,
        "key_version": key.version, "truth_category": counts.truth_category, "score": counts.score,
        "is_right": counts.is_right, "is_void": scored is None or key.voided, "at": now_of(session),
    }  # fmt: skip


def _play_again(session: Session, actor: Actor, lane: LaneFacts, row: Attempt) -> int:
    """A failed exam that would have been passed is passed; one that would have gone on costs no attempt."""
    test = test_by_id(session, row.test_id)
    plan = test.plan_for(tries_before(session, row) + 1)
    answers = list(_answers(session, row, test.ontology_id))
    if tally(list(row.by_class), answers) == {name: tuple(counts) for name, counts in row.by_class.items()}:
        return 0  # no answer of it counts otherwise than it did
    played = replay(plan, list(row.by_class), answers)
    ran_out_of_time = row.ended_at is not None and row.ended_at > row.deadline_at
    if played.decision is TestDecision.FAIL or (ran_out_of_time and played.decision is not TestDecision.PASS):
        return 0
    receipt = session.scalars(
        select(DecisionReceipt).where(DecisionReceipt.kind == "test_failed", DecisionReceipt.cause_id == row.id)
    ).one_or_none()
    row.next_at = None
    row.asked, row.right = played.asked, played.right
    row.by_class = {name: list(counts) for name, counts in played.by_class.items()}
    row.state = "passed" if played.decision is TestDecision.PASS else "ended"
    if row.state == "passed" and row.purpose == CHECK:
        note_passed(session, row)
    elif row.state == "passed":
        _open(session, lane, row)
    audit.record(session, actor, f"attempt.{row.state}", "attempt", row.id, org_id=row.vendor_org_id,
                 details={"lane": lane.id, "why": "gold corrected"})  # fmt: skip
    if receipt is not None:
        overturn_receipt(session, actor, receipt.id)
        _tell(session, actor, receipt, *_exam_told(lane, played))
    return 1


def _answers(session: Session, row: Attempt, ontology_id: str) -> Iterable[Given]:
    """The exam's answers in their order, each as its newest key has it."""
    questions = session.scalars(
        select(AttemptQuestion)
        .where(
            AttemptQuestion.attempt_id == row.id,
            AttemptQuestion.stage == "exam",
            AttemptQuestion.answered_at.is_not(None),
        )
        .order_by(AttemptQuestion.position)
    ).all()
    again = session.scalars(
        select(QuestionGrade).where(QuestionGrade.attempt_id == row.id).order_by(QuestionGrade.key_version)
    )
    newest = {grade.question_id: grade for grade in again}
    strata = dict(
        session.execute(
            select(GoldKey.item_id, GoldKey.category).where(GoldKey.item_id.in_([each.item_id for each in questions]))
        ).all()
    )
    task_type, _ontology = Scorer(session).schema(ontology_id)
    for question in questions:
        grade = newest.get(question.id)
        if grade is None:
            score = question.score  # None where the question counted for nothing when it was answered
            is_right = None if score is None else task_type.counts_as_right(round(1.0 - score, 9))
            yield Given(is_right, strata.get(question.item_id))
        else:
            yield Given(None if grade.is_void else grade.is_right, grade.truth_category)


def _open(session: Session, lane: LaneFacts, row: Attempt) -> None:
    """Open the lane, unless it is open already or was closed to the person by a decision of its own."""
    held = session.scalars(
        select(Qualification).where(Qualification.lane_id == lane.id, Qualification.annotator_id == row.annotator_id)
    ).one_or_none()
    now = now_of(session)
    if held is not None and (held.revoked_at is not None or held.until_at is None or held.until_at > now):
        return
    days = test_by_id(session, row.test_id).expires_days
    open_lane(
        session, lane, row.annotator_id, row.account_id, basis="test", attempt_id=row.id, reason="", by=None,
        until_at=now + timedelta(days=days) if days else None,
    )  # fmt: skip


def _exam_told(lane: LaneFacts, played: Replayed) -> tuple[Message, Message]:
    if played.decision is TestDecision.PASS:
        return (
            _("You have passed the test for %(lane)s after all.", lane=lane.name),
            _("The work is open to you from now on."),
        )
    return (
        _("Your test for %(lane)s does not count, and you may take it again.", lane=lane.name),
        _("Without that question the test would not have been over yet. You can start a new one at once, and this"
          " attempt costs you nothing."),
    )  # fmt: skip


def _tell(session: Session, actor: Actor, receipt: DecisionReceipt, what: Message, now: Message) -> None:
    """The receipt of what was put right, to the person's advantage."""
    issue_receipt(
        session, actor, annotator_id=receipt.annotator_id, kind="restored", rule=RULE, rule_version=RULE_VERSION,
        what=what, way_back=now, cause_kind="receipt", cause_id=receipt.id, lane_id=receipt.lane_id,
        why=_("A right answer that yours were compared with was wrong, or counts no more. It was put right, and all"
              " answers that it had touched were counted again."),
    )  # fmt: skip


def _answer(session: Session, lane: LaneFacts, item_id: str) -> None:
    """Tell each person who objected what was decided, and check somebody who objected wrongly more for a while."""
    rows = session.scalars(
        select(Dispute).where(
            Dispute.item_id == item_id,
            Dispute.decided_at.is_not(None),
            Dispute.source != DisputeSource.PEOPLE,
            Dispute.outcome != DisputeOutcome.AGREED,
        )
    ).all()
    for row in rows:
        assert row.annotator_id is not None and row.outcome is not None
        outcome = DisputeOutcome(row.outcome)
        decider = Actor(row.decided_by, row.org_id, None)
        told = issue_receipt(
            session, decider, annotator_id=row.annotator_id,
            kind="restored" if outcome.is_upheld else "dispute_rejected", rule=RULE, rule_version=RULE_VERSION,
            evidence=[{"kind": "dispute", "id": row.id}], cause_kind="dispute",
            cause_id=f"{row.id}:{len(row.decided_before)}", lane_id=lane.id, **_decision_told(lane, row, outcome),
        )  # fmt: skip
        if outcome is DisputeOutcome.REJECTED and told != row.answer_receipt_id:
            _heighten(session, row)
        row.answer_receipt_id = told


def _decision_told(lane: LaneFacts, row: Dispute, outcome: DisputeOutcome) -> dict[str, Any]:
    if outcome is DisputeOutcome.REJECTED:
        return {
            "what": _("Your objection to a right answer in %(lane)s was not accepted.", lane=lane.name),
            "why": _("Somebody who had not set the right answer, and did not know which answer was yours, decided."
                     " They wrote: %(reply)s", reply=row.reply),
            "way_back": _("If you think that this is wrong, appeal: if you are believed, somebody else decides again."),
        }  # fmt: skip
    why = {
        DisputeOutcome.CORRECTED: _("The right answer was wrong, and has been corrected. The decision says: %(reply)s",
                                    reply=row.reply),
        DisputeOutcome.BOTH: _("Your answer counts as right as well. The decision says: %(reply)s", reply=row.reply),
        DisputeOutcome.VOID: _("The question counts for nobody any more. The decision says: %(reply)s",
                               reply=row.reply),
        DisputeOutcome.LAPSED: _("Nobody decided in time. So you are believed, and the question counts for nobody."),
    }[outcome]  # fmt: skip
    return {
        "what": _("Your objection to a right answer in %(lane)s was accepted.", lane=lane.name),
        "why": why,
        "way_back": _("All answers to this question were counted again. What that changes for you is told in a"
                      " decision of its own."),
    }  # fmt: skip


def _heighten(session: Session, row: Dispute) -> None:
    track = session.scalars(
        select(Track).where(Track.lane_id == row.lane_id, Track.annotator_id == row.annotator_id).with_for_update()
    ).one_or_none()
    if track is not None:
        track.heightened_to = max(track.heightened_to, track.judged + HEIGHTENED_UNITS)
