"""Quality: checks in one language, a rule tried on what happened, objections to right answers."""

from sqlalchemy import select

from admin.demo import people
from admin.demo.world import World
from calibration.jobs import begin_backtest
from calibration.models import Attempt, AttemptQuestion
from calibration.operations import disputes
from calibration.queries import gold_rate_of
from kernel import jobs
from kernel.policy import system_actor
from marketplace.operations import planning

TRIED = people.DRIFTS.removeprefix("annotator.") + "-IN"
"""The locale in whose lane somebody drifts, and a stricter rule is tried."""
CHECKED = "sw-KE"
"""The locale whose messages are checked as often as a lane of many months, so that the pages of its people are full."""
_DECIDED_FROM = 10


def plan_checks(world: World) -> None:
    """Place checks ahead of people, in one lane more often than the product would."""
    if "intents" not in world.known:
        return
    lane_id = world.projects["intents"].lanes[CHECKED]
    share = world.size.checks
    with world.stage.system() as session:
        planning.plan_people(
            session, system_actor("demonstration"),
            rate_of=lambda session, lane, person: share if lane == lane_id else gold_rate_of(session, lane, person),
        )  # fmt: skip


def try_rule(world: World) -> None:
    """The vendor asks whom a stricter rule would have paused."""
    lane_id = world.projects["intents"].lanes[TRIED]
    with world.stage.acting("vendor") as (session, actor):
        begin_backtest(
            session, actor, lane_id, name="stricter", metric="accuracy_upper", action="pause", limit=0.85,
            certainty=0.9, release=None, minimum_checks=_DECIDED_FROM, pause_days=7,
        )  # fmt: skip
    jobs.drain(world.stage.database)


def raise_objections(world: World) -> None:
    """Two people object to right answers of their exams; the client believes one and has yet to look at the other."""
    with world.stage.system() as session:
        wrong = session.execute(
            select(Attempt.id, Attempt.account_id, AttemptQuestion.position)
            .join(AttemptQuestion, AttemptQuestion.attempt_id == Attempt.id)
            .where(
                Attempt.project_id == world.projects["intents"].id, Attempt.ended_at.is_not(None),
                AttemptQuestion.stage == "exam", AttemptQuestion.score == 0.0,
            )
            .order_by(Attempt.started_at, AttemptQuestion.position)
        ).all()  # fmt: skip
    by_account = {player.actor.account_id: local for local, player in world.players.items()}
    first = {by_account[row.account_id]: row for row in reversed(wrong) if row.account_id in by_account}
    for number, (local, row) in enumerate(list(first.items())[:2]):
        with world.stage.system() as session:
            made = disputes.contest_question(
                session, world.stage.cast[local], row.id, row.position,
                "The message asks for two things, and the guideline does not say which of them comes first.",
            )  # fmt: skip
        if number == 0:
            with world.stage.with_gold("client.qa") as (session, actor):
                disputes.decide(
                    session, actor, made.dispute_id, choice="both",
                    reply="You are right: both readings are fair, and both are accepted from now on.",
                )  # fmt: skip
    jobs.drain(world.stage.database)
