"""Backtests: a proposed rule replayed over what happened, as if it had been in force all the while.

While a pause would have lasted the person would have answered nothing, so that what they did meanwhile is left out of
their further record and counted as prevented.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calibration.rules import gates, tracking
from calibration.rules.intervals import wilson
from calibration.values import GateAction, GateMetric

DAY = timedelta(days=1)
MISTAKE_FROM = 10
"""Checked answers during a pause that it takes to say that the pause was a mistake."""
Scored = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule as it would hold in a lane: the gate, and how long a pause lasts."""

    gate: gates.GateRule
    pause_days: int = 7

    @property
    def pauses(self) -> bool:
        return self.gate.action is GateAction.PAUSE


@dataclass(frozen=True, slots=True)
class Act:
    """The rule would have acted on a person, from `at` to `until`, on this record.

    `prevented` answers would not have been given, of which an estimated number was wrong; `is_mistake` says that the
    answers known from the time of the pause were better than the limit.
    """

    at: datetime
    until: datetime | None
    checks: int
    accuracy: float
    low: float
    high: float
    prevented: int = 0
    wrong: float = 0.0
    is_mistake: bool = False


def replay(proposal: Proposal, scored: Sequence[Scored], answered: Sequence[datetime]) -> list[Act]:
    """What the rule would have done to one person, from their graded answers and the times of all of them, in order."""
    track, last = tracking.start_track(), None
    acts: list[Act] = []
    held: Act | None = None
    for at, score in scored:
        if proposal.pauses and acts and acts[-1].until is not None and at < acts[-1].until:
            continue
        track = tracking.take(track, last, at, score)
        last = at
        verdict = gates.evaluate(proposal.gate, track, held=held is not None)
        if held is not None:
            if not verdict.holds:
                acts[-1], held = _until(held, at), None
            continue
        is_fresh = not acts or track.n - acts[-1].checks >= proposal.gate.minimum_evidence
        if verdict.holds and is_fresh:
            act = Act(at, None, track.n, verdict.accuracy, verdict.interval.lower, verdict.interval.upper)
            acts.append(_paused(proposal, act, scored, answered) if proposal.pauses else act)
            held = None if proposal.pauses else act
    return acts


def _until(act: Act, at: datetime) -> Act:
    return Act(act.at, at, act.checks, act.accuracy, act.low, act.high)


def _paused(proposal: Proposal, act: Act, scored: Sequence[Scored], answered: Sequence[datetime]) -> Act:
    until = act.at + proposal.pause_days * DAY
    prevented = bisect_left(answered, until) - bisect_left(answered, act.at)
    meanwhile = [score for at, score in scored if act.at < at < until]
    share = sum(meanwhile) / len(meanwhile) if len(meanwhile) >= MISTAKE_FROM else act.accuracy
    is_mistake = len(meanwhile) >= MISTAKE_FROM and share >= proposal.gate.limit
    return Act(
        act.at, until, act.checks, act.accuracy, act.low, act.high, prevented, prevented * (1.0 - share), is_mistake
    )


@dataclass(frozen=True, slots=True)
class LocaleShare:
    """How many of the measured people of a locale the rule would have acted on, with the interval of that share."""

    locale: str
    people: int
    acted: int
    share: float
    low: float
    high: float
    prevented: int


def by_locale(people: Iterable[tuple[str, Sequence[Act]]]) -> list[LocaleShare]:
    """From (locale, acts) of everybody who could have been acted on."""
    found: dict[str, list[Sequence[Act]]] = {}
    for locale, acts in people:
        found.setdefault(locale, []).append(acts)
    rows = []
    for locale, each in sorted(found.items()):
        acted = sum(bool(acts) for acts in each)
        bounds = wilson(acted, len(each))
        prevented = sum(act.prevented for acts in each for act in acts)
        rows.append(LocaleShare(locale, len(each), acted, acted / len(each), bounds.lower, bounds.upper, prevented))
    return rows


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why a rule makes no sense by itself, or beside another one."""

    code: str  # fires_on_the_perfect, over_the_test, warning_too_late, never_acts, stops_the_other
    other: str = ""


def contradictions(
    proposal: Proposal, others: Mapping[str, Proposal], passes_from: float | None = None
) -> list[Contradiction]:
    """What speaks against a rule: that it fires on faultless people, on those whom the lane's test must let pass, or
    that it or another rule of the lane could never have a say of its own."""
    found = []
    faultless = tracking.replay([1.0] * proposal.gate.minimum_evidence)
    if gates.evaluate(proposal.gate, faultless).holds:
        found.append(Contradiction("fires_on_the_perfect"))
    if proposal.pauses and passes_from is not None and proposal.gate.limit > passes_from:
        found.append(Contradiction("over_the_test"))
    for name, other in sorted(others.items()):
        found += [Contradiction(code, name) for code in _between(proposal, other)]
    return found


def _between(mine: Proposal, other: Proposal) -> list[str]:
    """Where both look at the upper end: one that fires whenever the other does leaves that nothing to say."""
    if {mine.gate.metric, other.gate.metric} != {GateMetric.ACCURACY_UPPER}:
        return []
    if mine.pauses and not other.pauses and _covers(mine, other):
        return ["stops_the_other"]
    if other.pauses and not mine.pauses and _covers(other, mine):
        return ["warning_too_late"]
    if other.pauses and mine.pauses and _covers(other, mine):
        return ["never_acts"]
    return ["stops_the_other"] if other.pauses and mine.pauses and _covers(mine, other) else []


def _covers(wide: Proposal, narrow: Proposal) -> bool:
    """Whether the first fires at every record at which the second does."""
    one, two = wide.gate, narrow.gate
    return one.limit >= two.limit and one.confidence <= two.confidence and one.minimum_evidence <= two.minimum_evidence


def never_measured(checks: int, proposal: Proposal) -> bool:
    """Whether a record is too short for the rule ever to have looked at it."""
    return checks < proposal.gate.minimum_evidence
