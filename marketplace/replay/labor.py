"""The work of a replay: exams, waivers, units assigned to their real workers, and every answer as it was given."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Qualification
from calibration.operations import attempts, qualifications
from kernel.batch import keep_rows
from kernel.errors import Misuse
from marketplace.operations import answers, planning, taking
from marketplace.replay.cast import Stage
from marketplace.replay.ordering import Order
from marketplace.replay.plan import Plan, Step
from marketplace.values.work import NoWork

LEAST_QUESTIONS = 8  # fewer answers than this decide no test
_REASON = "Replay of recorded work: this person did it"
_ASSIGNED_AT_ONCE = 500


def sit_exams(stage: Stage, order: Order, sittings: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> None:
    """Each person answers the exam with what they answered in the data, in file order, until the plan has decided.

    A sitting is worker, locale and answers; all of them are one transaction.
    """
    with stage.system() as session:
        keep_rows(session)
        for worker, locale, given in sittings:
            _sit(session, stage, order, worker, locale, given)


def _sit(
    session: Session, stage: Stage, order: Order, worker: str, locale: str, given: Sequence[tuple[str, str]]
) -> None:
    one, items = stage.workers[worker], [order.exam_items[item] for item, _ in given]
    attempt = attempts.assign_attempt(session, stage.staff["manager"], order.lanes[locale], one.annotator_id, items)
    for position, (_item, choice) in enumerate(given[: attempt.exam_most]):
        told = attempts.answer_question(session, one.actor, attempt.id, position, {"choice": choice})
        if told.attempt.state != "exam":
            return


def can_sit(order: Order, locale: str, given: Sequence[tuple[str, str]]) -> bool:
    """Whether there is a test in the lane, and enough of this person's answers for its outcome."""
    return locale in order.tested and len(given) >= LEAST_QUESTIONS


def waive_rest(stage: Stage, order: Order, plan: Plan) -> int:
    """Admit everybody who did not pass by a recorded waiver; returns how many waivers there are."""
    with stage.working() as session:
        keep_rows(session)
        open_to = {
            (row[0], row[1])
            for row in session.execute(
                select(Qualification.lane_id, Qualification.annotator_id).where(
                    Qualification.lane_id.in_(list(order.lanes.values())), Qualification.revoked_at.is_(None)
                )
            )
        }
        count = 0
        for name, locales in plan.workers.items():
            for lane_id in (order.lanes[locale] for locale in locales):
                if (lane_id, stage.workers[name].annotator_id) not in open_to:
                    annotator_id = stage.workers[name].annotator_id
                    qualifications.waive(session, stage.staff["manager"], lane_id, annotator_id, _REASON)
                    count += 1
    return count


def assign(stage: Stage, order: Order, wanted: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    """Keep a place of each unit for the person who judged it, in the order in which they did.

    What is wanted is worker, locale and items; all of it is one transaction.
    """
    with stage.acting("manager") as (session, actor):
        keep_rows(session)
        for worker, locale, items in wanted:
            annotator_id = stage.workers[worker].annotator_id
            for start in range(0, len(items), _ASSIGNED_AT_ONCE):
                unit_ids = [order.units[item] for item in items[start : start + _ASSIGNED_AT_ONCE]]
                planning.assign_units(session, actor, order.lanes[locale], annotator_id, unit_ids)


def answer_all(stage: Stage, order: Order, steps: Sequence[Step], contexts: Mapping[str, tuple[str, str]]) -> None:
    """Take and answer, one after the other, all of it in one transaction.

    `contexts` names locale and context of each item. What is handed out must be what the person judged next.
    """
    with stage.working() as session:
        for step in steps:
            locale, context = contexts[step.item]
            actor = stage.workers[step.worker].actor
            task = taking.take_next(session, actor, order.lanes[locale])
            if isinstance(task, NoWork) or task.content.get("context") != context:
                raise Misuse(f"{step.worker} was to get the item {step.item}, and did not")
            answers.submit_answer(session, actor, task.assignment_id, {"choice": step.choice}, seconds=step.seconds)
