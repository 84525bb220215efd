"""Questions that became more sensitive than their lane while a test runs: drawn anew, or the test is called off.

What may be asked is what `drawable` would draw now, whoever is asked: a question does not come back because its reader
happens to be cleared for it. Only what waits for an answer is drawn anew. An answer that was given counts as it was
given: its content was shown by the rules of that moment, and to leave it out would take from somebody what they had
right, or forgive what they had wrong, for something that neither of them is about.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from calibration.contents import classes_now
from calibration.lanes import find_lane, people_for_test
from calibration.models import Attempt, AttemptQuestion, GoldKey
from calibration.operations.exams import ask, close, exam_pool
from calibration.operations.exposures import note_all
from calibration.policy import GRADE_RUN
from calibration.queries.attempts import (
    LIVE,
    Asked,
    find_attempt,
    forget_questions,
    is_overdue,
    question_at,
    questions_of,
)
from calibration.queries.gold import ALL, Drawable, drawable
from calibration.queries.tests import TestView, test_by_id
from calibration.rules.drawing import draw
from calibration.values import LaneFacts
from i18n import _
from kernel import audit
from kernel.db import now_of
from kernel.guard import require
from kernel.policy import Actor, Role, system_actor
from labeling.values import GoldPool
from workforce.letters import tell
from workforce.queries.accounts import members_with
from workforce.rules.letters import Text
from workforce.values import rank_of

TOLD_AGAIN = timedelta(hours=24)


def live_in(session: Session, actor: Actor, project_id: str) -> list[str]:
    """The attempts under way in a project's lanes."""
    require(session, actor, GRADE_RUN)
    under_way = select(Attempt.id).where(Attempt.project_id == project_id, Attempt.state.in_(LIVE))
    return list(session.scalars(under_way.order_by(Attempt.id)))


def look_again(session: Session, actor: Actor, attempt_id: str) -> bool:
    """Look at an attempt after something of its project became more sensitive; whether anything of it changed.

    Whom the lane does not admit any more can be shown none of its questions: their test is called off. What the lane
    asks about the moment, a second factor or a place, they can still show.
    """
    require(session, actor, GRADE_RUN)
    row = find_attempt(session, attempt_id, hold=True)
    lane = find_lane(session, row.lane_id) if row else None
    if row is None or lane is None or row.state not in LIVE or is_overdue(row, now_of(session)):
        return False
    if row.annotator_id not in people_for_test(session, lane.id, [row.annotator_id]):
        call_off(session, lane, row, None)
        return True
    return renew(session, lane, row)


def renew(session: Session, lane: LaneFacts, row: Attempt) -> bool:
    """Put another question in the place of the one at hand, if that is above its lane; or call the test off.

    The attempt is held. The new question has a position of its own, so that an answer that is on its way to the old one
    is never taken for an answer to it; of what is asked later nothing changes.
    """
    held = question_at(session, row.id, row.position)
    if row.state not in LIVE or held is None or _within(session, lane, [held.item_id]):
        return False
    session.flush()
    category = session.scalar(select(GoldKey.category).where(GoldKey.item_id == held.item_id)) or ALL
    test = test_by_id(session, row.test_id)
    chosen = _another(session, lane, row, test, held, category)
    if chosen is None:
        call_off(session, lane, row, category)
        return True
    _give_back(session, row)
    _put(session, row, held, chosen)
    note_all(session, lane, row.account_id, [chosen], held.stage)
    audit.record(session, system_actor("qualification test", row.vendor_org_id), "attempt.asked_anew", "attempt",
                 row.id, org_id=row.vendor_org_id, details={"lane": lane.id})  # fmt: skip
    session.flush()
    return True


def call_off(session: Session, lane: LaneFacts, row: Attempt, short_of: str | None) -> None:
    """End an attempt that cannot go on through no fault of its person: no receipt, no attempt used, no waiting.

    `short_of` is the class of which there is no further question; who runs the lane is told, and no more than daily.
    """
    now = now_of(session)
    is_news = not session.scalar(
        select(func.count())
        .select_from(Attempt)
        .where(Attempt.lane_id == lane.id, Attempt.called_off_at > now - TOLD_AGAIN, Attempt.short_of.is_not(None))
    )
    close(session, row, first_unshown=row.position)
    row.state, row.called_off_at, row.short_of, row.next_at = "ended", now, short_of, None
    audit.record(session, system_actor("qualification test", row.vendor_org_id), "attempt.called_off", "attempt",
                 row.id, org_id=row.vendor_org_id, details={"lane": lane.id, "short_of": short_of or ""})  # fmt: skip
    session.flush()
    if short_of is not None and is_news and lane.vendor_org_id:
        for account in members_with(session, lane.vendor_org_id, Role.VENDOR_MANAGER):
            tell(session, account, _letter(lane, short_of))


def is_above(session: Session, lane: LaneFacts, item_id: str) -> bool:
    """Whether a question is more sensitive than its lane by now."""
    return not _within(session, lane, [item_id])


def _within(session: Session, lane: LaneFacts, item_ids: Collection[str]) -> set[str]:
    """Those of these items that are no more sensitive than their lane."""
    classes = classes_now(session, lane.project_id, item_ids)
    return {item for item, name in classes.items() if rank_of(name) <= rank_of(lane.classification)}


def without_raised(session: Session, lane: LaneFacts, pool: Drawable) -> Drawable:
    """A pool without what is more sensitive than its lane by the class of its unit."""
    within = _within(session, lane, list(pool.categories))
    return pool.without([item for item in pool.categories if item not in within])


def _another(
    session: Session, lane: LaneFacts, row: Attempt, test: TestView, held: Asked, category: str
) -> str | None:  # fmt: skip
    there = [each.item_id for each in questions_of(session, row.id).values()]
    if held.stage == GoldPool.EXAM:
        pool = exam_pool(session, row, test)
    else:
        pool = drawable(session, row.lane_id, GoldPool.TRAINING.value, row.account_id, categories=test.categories)
    fresh = without_raised(session, lane, pool.without(there))
    alike = {name: [item for item in items if fresh.categories[item] == category] for name, items in
             fresh.strata.items()}  # fmt: skip
    drawn = draw(alike, 1, row.seed + held.position + 1, shown=fresh.shown)
    return drawn[0] if drawn else None


def _give_back(session: Session, row: Attempt) -> None:
    """The time that went by on the question that does not count any more."""
    now = now_of(session)
    answered = session.scalar(select(func.max(AttemptQuestion.answered_at)).where(AttemptQuestion.attempt_id == row.id))
    shown_at = max(at for at in (row.started_at, answered, row.renewed_at) if at is not None)
    row.deadline_at += now - shown_at
    row.renewed_at = now


def _put(session: Session, row: Attempt, held: Asked, item_id: str) -> None:
    """Take a question out and put another behind its position, before all that follow."""
    mine = AttemptQuestion.attempt_id == row.id
    unchecked = {"synchronize_session": False}  # questions are read as rows, not kept
    session.execute(delete(AttemptQuestion).where(AttemptQuestion.id == held.id), execution_options=unchecked)
    later = update(AttemptQuestion).where(mine, AttemptQuestion.position > held.position)
    # By way of numbers below zero, as no two questions stand at one position at any moment.
    session.execute(later.values(position=-AttemptQuestion.position - 1), execution_options=unchecked)
    below = update(AttemptQuestion).where(mine, AttemptQuestion.position < 0)
    session.execute(below.values(position=-AttemptQuestion.position), execution_options=unchecked)
    row.position = held.position + 1
    ask(session, row, [item_id], held.stage, first=row.position)
    forget_questions(session, row.id)


def _letter(lane: LaneFacts, short_of: str) -> Text:
    return Text(
        _("A test was called off for want of questions"),
        (
            _(
                "A person was at the test of %(lane)s when a question became more sensitive than the lane, and there"
                " was no other one of its kind that they had not met: %(kind)s. The test was called off; it costs them"
                " nothing.",
                lane=lane.name, kind=_("of any kind") if short_of == ALL else short_of,
            ),
            _("Ask the client for more exam questions of this kind. The pages of the lane's test count them."),
        ),
    )  # fmt: skip
