"""Exams under way: their questions, further ones in the place of what counts no more, and their end."""

from collections.abc import Sequence

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from calibration.models import Attempt, AttemptQuestion
from calibration.operations import verdicts
from calibration.operations.rewards import pay_attempt
from calibration.queries.attempts import forget_questions, questions_of, tries_before
from calibration.queries.gold import Drawable, drawable
from calibration.queries.tests import TestView, test_by_id
from calibration.rules.disputes import Given, tally
from calibration.rules.drawing import all_touched, draw
from calibration.rules.retries import neglected_classes
from calibration.rules.testplan import decide
from calibration.values import LaneFacts, TestDecision
from kernel import audit, ids
from kernel.db import now_of
from kernel.policy import Actor
from labeling.values import GoldPool


def exam_pool(session: Session, row: Attempt, test: TestView) -> Drawable:
    """The exam questions that somebody may still be asked."""
    return drawable(
        session, row.lane_id, GoldPool.EXAM.value, row.account_id, strata=test.strata, categories=test.categories
    )


def training_items(session: Session, row: Attempt, test: TestView) -> list[str]:
    """Training questions, fresh ones first; those met in an earlier attempt may teach again."""
    count, pool = test.training_questions, GoldPool.TRAINING.value
    fresh = draw(
        drawable(session, row.lane_id, pool, row.account_id, categories=test.categories).strata, count, row.seed
    )
    if len(fresh) == count:
        return fresh
    every = drawable(session, row.lane_id, pool, row.account_id, met_too=True, categories=test.categories)
    return fresh + draw(every.without(fresh).strata, count - len(fresh), row.seed)


def ask(session: Session, row: Attempt, item_ids: list[str], stage: str, *, first: int) -> None:
    """Put questions into an attempt, from this position on."""
    owner = {"org_id": row.org_id, "vendor_org_id": row.vendor_org_id, "project_id": row.project_id}
    rows = [
        {
            **owner, "id": ids.new_id(), "attempt_id": row.id, "position": first + place, "stage": stage,
            "item_id": item_id,
        }
        for place, item_id in enumerate(item_ids)
    ]  # fmt: skip
    session.execute(insert(AttemptQuestion), rows)
    forget_questions(session, row.id)


def close(session: Session, row: Attempt, *, first_unshown: int) -> None:
    """End an attempt and pay it, if it is paid; questions that were drawn and never shown go back to the pool."""
    row.ended_at = now_of(session)
    pay_attempt(session, row, test_by_id(session, row.test_id))
    unshown = delete(AttemptQuestion).where(
        AttemptQuestion.attempt_id == row.id, AttemptQuestion.position >= first_unshown
    )
    session.execute(unshown, execution_options={"synchronize_session": False})  # questions are read as rows, not kept
    forget_questions(session, row.id)


def draw_further(session: Session, row: Attempt, test: TestView, count: int) -> int:
    """Questions at the end of an exam in the place of those that count for nothing; returns how many there were.

    Every answer that counts is one of the plan's, and there are as many of them as before: its exact errors hold.
    """
    there = questions_of(session, row.id)
    pool = exam_pool(session, row, test).without([each.item_id for each in there.values()])
    drawn = draw(pool.strata, count, row.seed + len(there), shown=pool.shown)
    if drawn:
        ask(session, row, drawn, "exam", first=max(there) + 1)
    return len(drawn)


def correct_live(session: Session, actor: Actor, lane: LaneFacts, row: Attempt, answers: Sequence[Given]) -> bool:
    """Go on with an exam on its answers as they count now; False where none of them counts otherwise than it did.

    What is passed by them is passed at once. What they would fail is not ended by a correction: the next answer is
    still the person's.
    """
    counts = tally(list(row.by_class), answers)
    if counts == {name: tuple(pair) for name, pair in row.by_class.items()}:
        return False
    test = test_by_id(session, row.test_id)
    plan = test.plan_for(tries_before(session, row) + 1)
    row.by_class = {name: list(pair) for name, pair in counts.items()}
    row.asked, row.right = (sum(pair[place] for pair in counts.values()) for place in (0, 1))
    exam = [each for each in questions_of(session, row.id).values() if each.stage == "exam"]
    missing = plan.questions - (len(exam) - sum(given.is_right is None for given in answers))
    if missing > 0:
        draw_further(session, row, test, missing)
    audit.record(session, actor, "attempt.corrected", "attempt", row.id, org_id=row.vendor_org_id,
                 details={"lane": lane.id, "asked": row.asked, "right": row.right})  # fmt: skip
    touched = all_touched(test.strata, (asked for asked, _right in counts.values()))
    decision = decide(plan, row.asked, row.right, strata_touched=touched)
    neglected = neglected_classes({name: (right, asked) for name, (asked, right) in counts.items()})
    if decision is TestDecision.PASS and not neglected:
        close(session, row, first_unshown=row.position + 1)
        verdicts.conclude(session, lane, row, test, plan, passed=True)
    session.flush()
    return True
