"""The ledger against a model of plain integers: whatever happens in whatever order, the books add up.

The model keeps, per person, what each unit is worth and what became of it, and what was paid out. It knows nothing of
accounts and entries.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from admin import invariants
from kernel import audit
from kernel.db import Database
from kernel.errors import Conflict
from kernel.policy import Actor, system_actor
from kernel.tenancy import Scope
from payouts import ledger
from payouts.operations import earnings
from payouts.operations.methods import set_method
from payouts.operations.runs import approve_run, cancel_run, export_run, fail_line, prepare_run, settle_run
from payouts.queries.balances import balance_of
from payouts.queries.runs import lines_of, runs
from payouts.values import LineState, RunState, RunView
from tests.payouts.books import Books, Worker
from tests.support import scale

CENT = 10_000
RATES = (7_500, 10_000, 3_333, 125_000)


class LedgerMachine(RuleBasedStateMachine):
    """Answers, verdicts, appeals and runs of three people."""

    db: Database

    @initialize()
    def open_books(self) -> None:
        self.books = Books(self.db)
        self.people: list[Worker] = []
        for name in ("A", "B", "C"):
            worker = self.books.worker(name)
            with self.books.tenant() as session:
                set_method(
                    session, self.books.as_worker(worker), worker.annotator_id, kind="mobile", holder=name,
                    account="+254712345678",
                )  # fmt: skip
            self.people.append(worker)
        self.books.pass_time(hours=72)
        self.maker: Actor = self.books.staff(name="Maker")
        self.checker: Actor = self.books.staff(name="Checker")
        # judgment -> (person, micros, state); the money of each person that left the balance or is on its way
        self.units: dict[str, tuple[int, int, str]] = {}
        self.on_way: dict[str, tuple[int, int]] = {}  # payment -> (person, micros)
        self.paid: dict[str, tuple[int, int]] = {}
        self.receipts: set[str] = set()

    def _pay_of(self, person: int) -> int:
        return sum(m for p, m, state in self.units.values() if p == person and state in ("pending", "approved"))

    def _owed(self, person: int) -> int:
        earned = sum(m for p, m, state in self.units.values() if p == person and state == "approved")
        gone = sum(m for p, m in [*self.on_way.values(), *self.paid.values()] if p == person)
        return earned - gone

    @contextmanager
    def _pay_never_shrinks(self) -> Iterator[None]:
        before = [self._pay_of(person) for person in range(3)]
        yield
        assert all(self._pay_of(person) >= was for person, was in enumerate(before))

    def _pick(self, number: int, state: str) -> str:
        found = [judgment for judgment, unit in self.units.items() if unit[2] == state]
        return found[number % len(found)]

    def _has(self, state: str) -> bool:
        return any(unit[2] == state for unit in self.units.values())

    def _set(self, judgment: str, state: str) -> None:
        person, micros, _state = self.units[judgment]
        self.units[judgment] = (person, micros, state)

    @rule(person=st.integers(0, 2), rate=st.sampled_from(RATES), units=st.integers(1, 4))
    def answer(self, person: int, rate: int, units: int) -> None:
        with self._pay_never_shrinks():
            for _ in range(units):  # one after the other: which is older must not be a matter of random ids
                with self.books.tenant() as session:
                    earning = self.books.accrue(session, self.people[person], rate)
                self.units[earning.judgment_id] = (person, rate, "pending")
                self.books.pass_time(seconds=1)

    @precondition(lambda self: self._has("pending"))
    @rule(number=st.integers(0, 99))
    def accept(self, number: int) -> None:
        judgment = self._pick(number, "pending")
        with self._pay_never_shrinks(), self.books.tenant() as session:
            earnings.approve(session, self.books.machine, [judgment, judgment])
            self._set(judgment, "approved")

    @rule(hours=st.sampled_from((1, 80)))
    def wait(self, hours: int) -> None:
        self.books.pass_time(hours=hours)
        with self._pay_never_shrinks(), self.books.system() as session:
            earnings.approve_due(session, system_actor("hold"))
            if hours > 72:
                for judgment, unit in self.units.items():
                    if unit[2] == "pending":
                        self._set(judgment, "approved")

    @precondition(lambda self: self._has("pending") or self._has("approved"))
    @rule(number=st.integers(0, 99), state=st.sampled_from(("pending", "approved")))
    def reject(self, number: int, state: str) -> None:
        if not self._has(state):
            return
        judgment = self._pick(number, state)
        worker = self.people[self.units[judgment][0]]
        try:
            with self.books.tenant() as session:
                receipt = self.books.receipt(session, worker, judgment) if judgment not in self.receipts else "kept"
                earnings.reject(session, self.books.machine, judgment, receipt_id=receipt)
        except Conflict:
            return  # paid, in a run, restored by an appeal, or paid in advance: the money stays with the person
        self.receipts.add(judgment)
        self._set(judgment, "rejected")

    @precondition(lambda self: self._has("rejected"))
    @rule(number=st.integers(0, 99))
    def overturn(self, number: int) -> None:
        judgment = self._pick(number, "rejected")
        with self._pay_never_shrinks(), self.books.tenant() as session:
            earnings.restore(session, self.books.machine, judgment)
            earnings.restore(session, self.books.machine, judgment)
            self._set(judgment, "approved")

    @rule(threshold=st.sampled_from((0, 3 * CENT)))
    def prepare(self, threshold: int) -> None:
        due = {p: self._owed(p) // CENT * CENT for p in range(3) if self._owed(p) >= max(threshold, CENT)}
        try:
            with self.books.tenant() as session:
                run = prepare_run(session, self.maker, currency="USD", threshold_micros=threshold)
                lines, _more = lines_of(session, run.id)
        except Conflict:
            assert not due
            return
        got = {self._person(line.annotator_id): line.micros for line in lines}
        assert got == due
        assert (run.total_micros, run.lines) == (sum(due.values()), len(due))
        self.on_way |= {line.id: (self._person(line.annotator_id), line.micros) for line in lines}

    def _person(self, annotator_id: str) -> int:
        return next(number for number, worker in enumerate(self.people) if worker.annotator_id == annotator_id)

    def _run(self, number: int, *states: RunState) -> RunView | None:
        with self.books.tenant() as session:
            found = [run for run in runs(session, limit=200)[0] if run.state in states]
        return found[number % len(found)] if found else None

    @rule(number=st.integers(0, 99))
    def export(self, number: int) -> None:
        run = self._run(number, RunState.DRAFT)
        if run is None:
            return
        with self.books.tenant() as session:
            approve_run(session, self.checker, run.id, total_micros=run.total_micros, sha256=run.file_sha256)
        with self.books.tenant() as session:
            first = export_run(session, self.maker, run.id)
            assert export_run(session, self.checker, run.id) == first
        assert first.sha256 == run.file_sha256

    @rule(number=st.integers(0, 99))
    def send_back(self, number: int) -> None:
        run = self._run(number, RunState.DRAFT, RunState.APPROVED)
        if run is None:
            return
        with self.books.tenant() as session:
            lines, _more = lines_of(session, run.id)
            cancel_run(session, self.checker, run.id, reason="Not now")
        for line in lines:
            del self.on_way[line.id]

    @rule(number=st.integers(0, 99))
    def settle(self, number: int) -> None:
        run = self._run(number, RunState.EXPORTED)
        if run is None:
            return
        with self.books.tenant() as session:
            settle_run(session, self.maker, run.id)
            lines, _more = lines_of(session, run.id)
        for line in lines:
            if line.state is LineState.SETTLED:
                self.paid[line.id] = self.on_way.pop(line.id)

    @rule(number=st.integers(0, 99), which=st.integers(0, 2))
    def bounce(self, number: int, which: int) -> None:
        run = self._run(number, RunState.EXPORTED, RunState.SETTLED)
        if run is None:
            return
        with self.books.tenant() as session:
            lines = [line for line in lines_of(session, run.id)[0] if line.state is not LineState.FAILED]
            if not lines:
                return
            line = sorted(lines, key=lambda line: self._person(line.annotator_id))[which % len(lines)]
            fail_line(session, self.maker, line.id, reason="Account closed")
        self.on_way.pop(line.id, None)
        self.paid.pop(line.id, None)

    @invariant()
    def the_books_add_up(self) -> None:
        if not hasattr(self, "books"):
            return
        with self.books.tenant() as session:  # its own books: those of examples before are none of its business
            assert ledger.verify(session) == []

    @invariant()
    def every_balance_is_the_models(self) -> None:
        if not hasattr(self, "books"):
            return
        for person, worker in enumerate(self.people):
            with self.books.tenant() as session:
                balances = balance_of(session, worker.annotator_id)
            on_way = sum(micros for who, micros in self.on_way.values() if who == person)
            waiting = sum(m for who, m, state in self.units.values() if who == person and state == "pending")
            found = [
                (one.owed_micros, one.prepared_micros + one.on_the_way_micros, one.pending_micros) for one in balances
            ]
            assert found == [(self._owed(person), on_way, waiting)] or (found == [] and self._owed(person) == 0)
            assert self._owed(person) >= 0


def _play(db: Database, examples: int, steps: int) -> None:
    machine = type("LedgerMachineHere", (LedgerMachine,), {"db": db})
    how = settings(max_examples=examples, stateful_step_count=steps, deadline=None, print_blob=True)
    run_state_machine_as_test(machine, settings=how)
    assert broken_invariants(db) == set()


def broken_invariants(db: Database) -> set[str]:
    """What is broken of the rules that always hold. There are no lanes here, so that no pay has its judgment."""
    with db.transaction(Scope.system("test")) as session:
        while audit.link_pending(session):
            pass
    with db.reading(Scope.system("test")) as session:
        found = {where.partition(":")[0] for result in invariants.check(session) for where in result.where}
    return found - {"paid_without_judgment"}


@pytest.mark.soak
def test_the_ledger_agrees_with_plain_integers_on_sqlite(db_sqlite: Database) -> None:
    _play(db_sqlite, scale(5, 200), scale(20, 50))


@pytest.mark.soak
def test_the_ledger_agrees_with_plain_integers_on_postgresql(db_postgresql: Database) -> None:
    _play(db_postgresql, scale(2, 100), scale(20, 50))
