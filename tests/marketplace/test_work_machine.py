"""Work against a plain model: whatever is done in whatever order, no unit gets too many answers and none is lost."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from calibration import lanes
from kernel.db import Database
from kernel.errors import Conflict
from marketplace.queries.facts import lane_facts
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import START, Market
from tests.support import scale

PEOPLE, UNITS, OVERLAP = 3, 4, 2
LEASE = timedelta(minutes=30)


class WorkMachine(RuleBasedStateMachine):
    """Three people and four units with two places each.

    The model keeps, per assignment, who has it, its unit, its state and until when; it knows nothing of slots. Which of
    the units that are free somebody gets is drawn by the product and not here, so no rule has a precondition: the same
    steps must be there when they are played again.
    """

    db: Database

    @initialize()
    def open(self) -> None:
        lanes.use_provider(lane_facts)
        market = Market(self.db)
        market.now = START
        market.found()
        self.desk: Desk = open_desk(market, people=PEOPLE, unit_count=UNITS, overlap=OVERLAP)
        self.leases: dict[str, dict[str, Any]] = {}
        self.suspended: set[int] = set()

    @property
    def now(self) -> Any:
        return self.desk.market.now

    def _holds(self, person: int) -> str | None:
        for assignment_id, lease in self.leases.items():
            if lease["person"] == person and lease["state"] == "leased" and lease["until"] > self.now:
                return assignment_id
        return None

    def _met(self, person: int) -> set[str]:
        return {lease["text"] for lease in self.leases.values() if lease["person"] == person}

    def _places(self, text: str) -> int:
        """Places of a unit that are filled, or in somebody's hands for certain."""
        return sum(
            lease["text"] == text
            and (lease["state"] == "answered" or (lease["state"] == "leased" and lease["until"] > self.now))
            for lease in self.leases.values()
        )

    @rule(person=st.integers(0, PEOPLE - 1))
    def take(self, person: int) -> None:
        held, met = self._holds(person), self._met(person)
        free = [text for text in (f"message {n}" for n in range(UNITS)) if self._places(text) < OVERLAP]
        task = self.desk.take(person)
        if held is not None:
            assert task is not None and task.assignment_id == held
            return
        if task is None:
            assert person in self.suspended or not set(free) - met, "there was a unit for this person"
            return
        assert person not in self.suspended
        text = task.content["text"]
        assert text not in met, "nobody meets a unit twice"
        assert text in free, "this unit had no place left"
        self.leases[task.assignment_id] = {
            "person": person, "text": text, "state": "leased", "until": self.now + LEASE
        }  # fmt: skip

    @rule(which=st.integers(0, 99), key=st.sampled_from([None, "a", "b"]))
    def answer(self, which: int, key: str | None) -> None:
        if not self.leases:
            return
        assignment_id = list(self.leases)[which % len(self.leases)]
        lease = self.leases[assignment_id]
        try:
            told = self.desk.answer(lease["person"], assignment_id, key=key)
        except Conflict:
            assert lease["state"] in ("skipped", "answered", "late")
            return
        if lease["state"] == "ended":
            assert told.is_late, "the lease was ended before the answer came"
            lease["state"] = "late"
        if lease["state"] == "leased":
            lease["state"] = "late" if told.is_late else "answered"
        assert lease["state"] in ("answered", "late")
        assert told.is_late == (lease["state"] == "late")

    @rule(person=st.integers(0, PEOPLE - 1))
    def skip(self, person: int) -> None:
        held = self._holds(person)
        task = self.desk.take(person) if held else None
        if task is None:
            return
        self.desk.skip(person, task)
        self.leases[task.assignment_id]["state"] = "skipped"

    @rule(person=st.integers(0, PEOPLE - 1))
    def suspend_or_reinstate(self, person: int) -> None:
        if person in self.suspended:
            self.suspended.remove(person)
            self.desk.stand(person, "active")
            return
        self.suspended.add(person)
        self.desk.stand(person, "suspended")
        for assignment_id, lease in self.leases.items():
            if lease["person"] == person and lease["state"] == "leased":
                lease["state"] = "ended"
                assert self.desk.seen(person, assignment_id).content == {}

    @rule(minutes=st.sampled_from([1, 10, 31]))
    def wait(self, minutes: int) -> None:
        self.desk.market.later(minutes=minutes)

    @rule()
    def tidy(self) -> None:
        self.desk.expire()

    @invariant()
    def every_answer_is_kept_and_none_is_too_many(self) -> None:
        if not hasattr(self, "desk"):
            return
        answered = [lease for lease in self.leases.values() if lease["state"] == "answered"]
        late = [lease for lease in self.leases.values() if lease["state"] == "late"]
        judgments = self.desk.judgments()
        assert len(judgments) == len(answered) + len(late)
        assert sum(judgment.is_late for judgment in judgments) == len(late)
        units = self.desk.units()
        assert sum(unit.answered for unit in units) == len(answered)
        assert all(unit.answered <= OVERLAP for unit in units)
        assert all((unit.state == "full") == (unit.answered == OVERLAP) for unit in units)
        slots = self.desk.slots()
        assert sum(slots.values()) == UNITS * OVERLAP
        assert slots.get("answered", 0) == len(answered)


def _play(db: Database, examples: int, steps: int) -> None:
    machine = type("WorkMachineHere", (WorkMachine,), {"db": db})
    how = settings(max_examples=examples, stateful_step_count=steps, deadline=None, print_blob=True)
    run_state_machine_as_test(machine, settings=how)


@pytest.mark.soak
def test_work_agrees_with_a_plain_model_on_sqlite(db_sqlite: Database) -> None:
    lanes.use_provider(lane_facts)
    _play(db_sqlite, scale(6, 150), scale(25, 60))


@pytest.mark.soak
def test_work_agrees_with_a_plain_model_on_postgresql(
    db_postgresql: Database
) -> None:  # fmt: skip
    lanes.use_provider(lane_facts)
    _play(db_postgresql, scale(3, 100), scale(20, 60))
