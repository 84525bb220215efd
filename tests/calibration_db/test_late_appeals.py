"""Appeals that nobody answers by their day, of decisions about a lane and about pay."""

import random
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from calibration.models import GateFiring, Qualification
from calibration.operations import gates, qualifications, rulebook
from kernel.db import Database
from kernel.policy import Actor, Role
from marketplace.operations.appeals import decide_appeal
from payouts.ledger.proof import verify
from payouts.models import Earning
from tests.calibration_db.test_adverse_decisions import Story
from tests.calibration_db.test_attempts import answer, start
from tests.calibration_db.test_grading import answer_gold
from tests.calibration_db.world import GRADER, World
from tests.support import scale
from workforce.models import DecisionReceipt
from workforce.operations import open_appeal

# Something is decided, whoever it is about objects or does not, and somebody answers or does not.
ROUNDS = st.lists(
    st.tuples(
        st.sampled_from(("check", "refuse_pay", "revoke", "stand", "exam", "signal")),
        st.sampled_from(("object", "object", "decide_signal")),
        st.sampled_from(("wait", "hear", "stand")),
        st.sampled_from(("wait", "wait", "hear")),
    ),
    min_size=8, max_size=12,
)  # fmt: skip


def test_lane_and_pay_are_given_back_while_nobody_answers_and_the_lane_is_taken_again_by_the_answer(
    db: Database,
) -> None:
    story = Story(db, random.Random(1))
    world = story.world
    person = world.people["Asha"][0]
    view = start(world, "Asha")
    while view.is_live:
        view = answer(world, view, right=True, name="Asha").attempt
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, minimum_checks=10, pause_days=30)
    answer_gold(world, "Asha", world.add_gold(12, "live"), rights=0)
    world.grade()  # which pauses
    with world.in_vendor() as session:
        qualifications.revoke(session, world.as_vendor(), world.lane, person, "A reason.")
    story.refuse_pay()
    with world.in_vendor() as session:
        told = session.execute(
            select(DecisionReceipt.kind, DecisionReceipt.id).where(DecisionReceipt.annotator_id == person)
        ).all()
        made = {kind: open_appeal(session, world.annotator("Asha"), id_).id for kind, id_ in told}
    assert set(made) == {"lane_paused", "removed", "work_rejected"}
    assert story.hold_late() == 0
    world.later(days=8)
    assert story.hold_late() == 3 and story.hold_late() == 0

    def now() -> tuple[bool, bool, str]:
        with world.system() as session:
            row = session.scalars(select(Qualification).where(Qualification.annotator_id == person)).one()
            pay = session.scalars(select(Earning.state).where(Earning.receipt_id.is_not(None))).one()
            return row.paused_until is not None, row.revoked_at is not None, pay

    assert now() == (False, False, "approved")
    for appeal_id in made.values():
        with world.in_vendor() as session:
            deputy = Actor("deputy", world.vendor, Role.VENDOR_MANAGER, org_kind="vendor")
            decide_appeal(session, deputy, appeal_id, outcome="upheld", answer="I looked.")
    assert now() == (True, True, "approved"), "pay that was given is not asked back"
    with world.system() as session:
        states = dict(
            session.execute(
                select(DecisionReceipt.kind, DecisionReceipt.state).where(DecisionReceipt.kind.in_(made))
            ).all()
        )
    assert states == {"lane_paused": "in_force", "removed": "in_force", "work_rejected": "ended"}
    assert story.hold() == 2


def _paused(world: World, person: str) -> tuple[bool, list[str | None], list[str]]:
    """Whether the person is paused in the lane now; why each firing of its rule ended; the state of each pause."""
    with world.system() as session:
        row = session.scalars(select(Qualification).where(Qualification.annotator_id == person)).one()
        firings = session.scalars(
            select(GateFiring.ended_why).where(GateFiring.annotator_id == person).order_by(GateFiring.fired_at)
        ).all()
        pauses = session.scalars(
            select(DecisionReceipt.state)
            .where(DecisionReceipt.annotator_id == person, DecisionReceipt.kind == "lane_paused")
            .order_by(DecisionReceipt.decided_at)
        ).all()
        return row.paused_until is not None, list(firings), list(pauses)


@pytest.mark.parametrize(
    ("errs_again", "after"),
    [
        (False, (True, [None], ["in_force"])),
        (True, (True, ["lifted", None], ["ended", "in_force"])),
    ],
    ids=["nothing more", "errs again meanwhile"],
)
def test_a_rule_pauses_nobody_for_the_same_answers_while_its_pause_is_on_hold(
    db: Database, errs_again: bool, after: tuple[bool, list[str | None], list[str]]
) -> None:
    story = Story(db, random.Random(1))
    world = story.world
    person = world.people["Asha"][0]
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, minimum_checks=10, pause_days=30)
    answer_gold(world, "Asha", world.add_gold(12, "live"), rights=0)
    world.grade()
    with world.in_vendor() as session:
        receipt_id = session.scalars(select(DecisionReceipt.id)).one()
        appeal_id = open_appeal(session, world.annotator("Asha"), receipt_id).id
    assert _paused(world, person) == (True, [None], ["appealed"])
    world.later(days=8)
    assert story.hold_late() == 1
    world.grade()
    assert _paused(world, person) == (False, ["lifted"], ["appealed"]), "what it rested on counts towards no other"
    if errs_again:
        world.later(minutes=1)
        answer_gold(world, "Asha", world.add_gold(12, "live"), rights=0)
        world.later(minutes=1)
        world.grade()
        assert _paused(world, person) == (True, ["lifted", None], ["appealed", "in_force"])
    world.later(minutes=1)
    with world.in_vendor() as session:
        decide_appeal(session, world.as_vendor(), appeal_id, outcome="upheld", answer="I looked.")
    assert _paused(world, person) == after
    world.later(days=40)
    with world.system() as session:
        gates.end_pauses(session, GRADER)
    paused, firings, pauses = _paused(world, person)
    assert (paused, firings[-1], set(pauses)) == (False, "time", {"ended"})


@pytest.mark.soak
def test_nothing_that_somebody_had_stays_taken_past_the_day_of_an_answer_that_nobody_gave(db: Database) -> None:
    held: list[int] = []

    @settings(
        max_examples=scale(12, 100), deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    @given(rounds=ROUNDS, seed=st.integers(0, 1_000_000))
    def tell(rounds: list[tuple[str, ...]], seed: int) -> None:
        story = Story(db, random.Random(seed))
        for act in chain.from_iterable(rounds):
            story.acts = (getattr(story, act),)
            story.step()
            story.hold()
        with story.world.system() as session:
            assert verify(session) == [], "what is owed is what was accepted, whoever was silent"
            own = [annotator for annotator, _account in story.world.people.values()]
            told = select(func.count()).where(
                DecisionReceipt.annotator_id.in_(own), DecisionReceipt.rule == "late_appeal"
            )
            held.append(session.scalar(told) or 0)

    tell()
    assert sum(held) > 1, "the stories reach such days"
