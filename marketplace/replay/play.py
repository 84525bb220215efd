"""Playing a replay from the first account to the accepted release, by the system's own operations alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from typing import Protocol

from kernel import clock
from kernel.db import Database
from marketplace.replay import closing, labor
from marketplace.replay.cast import SPAN, Stage, found, hire
from marketplace.replay.ordering import Order, bring_gold, bring_units, open_lanes, place_order
from marketplace.replay.plan import Plan, Step
from marketplace.replay.report import Played

JUDGMENTS_A_COMMIT = 1_000
_PEOPLE_A_COMMIT = 25
_SITTINGS_A_COMMIT = 100  # they share the questions, which a transaction reads once
_UNITS_A_COMMIT = 1_000
_STRETCH = 25_000  # judgments whose order among people is not kept
_WORKING_MINUTES = 3 * 24 * 60  # the simulated time in which all the answers come in


class Watch(Protocol):
    """Who is told how far a replay is."""

    def phase(self, name: str, length: int) -> AbstractContextManager[Callable[[int], None]]: ...


class Stopped(Exception):
    """A replay could not go on; says in which phase, why, and what stands in the database already."""

    def __init__(self, phase: str, cause: Exception, done: list[str]) -> None:
        told = "; ".join(done) or "nothing was written"
        super().__init__(f"{phase}: {_words(cause)}\nDone before that: {told}.")


def _words(cause: Exception) -> str:
    fields = getattr(cause, "fields", None) or {}
    return " ".join([str(getattr(cause, "message", cause)), *(f"{name}: {text}" for name, text in fields.items())])


def play(database: Database, plan: Plan, title: str, watch: Watch) -> Played:
    """Play it all; raises Stopped with what was done until then."""
    player = _Player(Stage(database, clock.now() - SPAN), plan, title, watch)
    try:
        return player.run()
    except Exception as cause:
        raise Stopped(player.phase, cause, player.done) from cause


def _by_person(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps stretch by stretch, in each of them one person after the other, whose own order stays.

    A transaction looks at what a person may do once, so that it should hold much of few people.
    """
    for start in range(0, len(steps), _STRETCH):
        of_person: dict[str, list[Step]] = {}
        for step in steps[start : start + _STRETCH]:
            of_person.setdefault(step.worker, []).append(step)
        yield from chain.from_iterable(of_person.values())


def _heaps(wanted: Sequence[tuple[str, str, list[str]]]) -> Iterator[list[tuple[str, str, list[str]]]]:
    """Assignments that are committed together: people one after the other, until their units are enough."""
    heap: list[tuple[str, str, list[str]]] = []
    size = 0
    for each in wanted:
        heap.append(each)
        size += len(each[2])
        if size >= _UNITS_A_COMMIT:
            yield heap
            heap, size = [], 0
    if heap:
        yield heap


class _Player:
    """One replay on its way."""

    def __init__(self, stage: Stage, plan: Plan, title: str, watch: Watch) -> None:
        self.stage, self.plan, self.title, self.watch = stage, plan, title, watch
        self.phase = "founding"
        self.done: list[str] = []
        self.seconds: dict[str, float] = {}

    def run(self) -> Played:
        stage, plan = self.stage, self.plan
        with self._phase("founding", 1):
            mark = found(stage, plan.name)
            self.done.append(f"the organizations of the replay {mark}")
        with self._phase("ordering", 1):
            order = place_order(stage, plan, self.title)
            self.done.append(f"the project {order.project_id}")
        self._bring(order)
        self._hire(mark)
        self._examine(order)
        self._assign(order)
        self._work(order)
        reviews, paid, sha256 = self._close(order)
        return Played(order.project_id, order.name, reviews, paid, sha256, tuple(sorted(order.tested)), self.seconds)

    def _bring(self, order: Order) -> None:
        with self._phase("units", len(self.plan.units)) as advance:
            for locale in self.plan.locales:
                units = self.plan.units_of(locale)
                for start in range(0, len(units), _UNITS_A_COMMIT):
                    chunk = units[start : start + _UNITS_A_COMMIT]
                    bring_units(self.stage, order, locale, chunk)
                    advance(len(chunk))
            self.done.append(f"{len(self.plan.units)} units")
        with self._phase("gold", 1):
            bring_gold(self.stage, order, self.plan)
            open_lanes(self.stage, order)

    def _hire(self, mark: str) -> None:
        people = list(self.plan.workers.items())
        self.stage.later(hours=1)
        with self._phase("people", len(people)) as advance:
            for start in range(0, len(people), _PEOPLE_A_COMMIT):
                chunk = dict(people[start : start + _PEOPLE_A_COMMIT])
                hire(self.stage, mark, chunk, start + 1)
                advance(len(chunk))
            self.done.append(f"{len(people)} annotators")

    def _examine(self, order: Order) -> None:
        self.stage.later(hours=1)
        with self._phase("exams", len(self.plan.exams)) as advance:
            sittings = [
                (worker, locale, given)
                for (worker, locale), given in self.plan.exams.items()
                if labor.can_sit(order, locale, given)
            ]
            advance(len(self.plan.exams) - len(sittings))
            for start in range(0, len(sittings), _SITTINGS_A_COMMIT):
                chunk = sittings[start : start + _SITTINGS_A_COMMIT]
                labor.sit_exams(self.stage, order, chunk)
                advance(len(chunk))
        with self._phase("waivers", 1):
            labor.waive_rest(self.stage, order, self.plan)

    def _assign(self, order: Order) -> None:
        locale_of = {unit.item: unit.locale for unit in self.plan.units}
        wanted: dict[tuple[str, str], list[str]] = {}
        for step in self.plan.steps:
            wanted.setdefault((step.worker, locale_of[step.item]), []).append(step.item)
        with self._phase("assigning", len(self.plan.steps)) as advance:
            for chunk in _heaps([(worker, locale, items) for (worker, locale), items in wanted.items()]):
                labor.assign(self.stage, order, chunk)
                advance(sum(len(items) for _worker, _locale, items in chunk))

    def _work(self, order: Order) -> None:
        self.stage.later(hours=1)
        steps = list(_by_person(self.plan.steps))
        contexts = {unit.item: (unit.locale, unit.context) for unit in self.plan.units}
        minutes = _WORKING_MINUTES / max(1, len(steps) / JUDGMENTS_A_COMMIT)
        with self._phase("working", len(steps)) as advance:
            for start in range(0, len(steps), JUDGMENTS_A_COMMIT):
                chunk = steps[start : start + JUDGMENTS_A_COMMIT]
                labor.answer_all(self.stage, order, chunk, contexts)
                self.stage.later(minutes=min(minutes, 60))
                advance(len(chunk))
                self.done[3:] = [f"{start + len(chunk)} judgments"]

    def _close(self, order: Order) -> tuple[int, int, str]:
        judgments = len(self.plan.steps)
        with self._phase("grading", judgments) as advance:
            closing.grade(self.stage, advance)
        with self._phase("settling", len(order.lanes)) as advance:
            closing.settle(self.stage, order, advance)
        self.stage.later(hours=1)
        with self._phase("reviewing", len(self.plan.units)) as advance:
            reviews = closing.review(self.stage, order, advance)
        self.stage.later(hours=73)
        with self._phase("approving", judgments) as advance:
            closing.approve(self.stage, advance)
        with self._phase("paying", 1):
            paid = closing.pay(self.stage)
        with self._phase("releasing", 1):
            sha256 = closing.release(self.stage, order)
        with self._phase("linking the log", 2 * judgments) as advance:
            closing.link_log(self.stage, advance)
        return reviews, paid, sha256

    @contextmanager
    def _phase(self, name: str, length: int) -> Iterator[Callable[[int], None]]:
        self.phase, start = name, clock.monotonic()
        with self.watch.phase(name, length) as advance:
            yield advance
        self.seconds[name] = round(clock.monotonic() - start, 3)
