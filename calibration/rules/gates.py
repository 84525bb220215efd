"""Gates: when a person's record is sure enough to hold back further work, and when it is good enough to give it back.

A gate looks at a belief, P(accuracy > limit), or at the chart of errors, and never at a bare ratio. It fires at one
belief and releases at a higher one, so that a single answer cannot make it flutter.
"""

from __future__ import annotations

from dataclasses import dataclass

from calibration.rules.intervals import Interval
from calibration.rules.tracking import Track, belief_above, interval
from calibration.values import DriftSignal, GateAction, GateMetric

LEAST_EVIDENCE = 10
LEAST_GAP = 0.05
"""Between the belief at which a gate fires and that at which it releases."""


@dataclass(frozen=True, slots=True)
class GateRule:
    """One version of a gate.

    With the metric ACCURACY_UPPER it fires when the accuracy is under the limit with the given confidence (the upper
    bound has sunk below it) and releases when it is more likely above than below. With ACCURACY_LOWER it fires while
    the accuracy is not yet above the limit with that confidence, and releases half of the way to certainty. `release`
    puts another belief in the place of these. With DRIFT it fires at the chart's alarm and releases under its warning.
    """

    version: int
    metric: GateMetric
    limit: float
    minimum_evidence: int
    action: GateAction
    confidence: float = 0.90
    release: float | None = None

    def __post_init__(self) -> None:
        if self.minimum_evidence < LEAST_EVIDENCE:
            raise ValueError(f"a gate needs at least {LEAST_EVIDENCE} graded answers")
        if not 0.0 < self.limit < 1.0:
            raise ValueError(f"a gate's limit must lie strictly between 0 and 1, got {self.limit}")
        if not 0.5 < self.confidence < 1.0:
            raise ValueError(f"a gate's confidence must lie strictly between 0.5 and 1, got {self.confidence}")
        if not self.fires_below + LEAST_GAP <= self.releases_above < 1.0 and self.release is not None:
            raise ValueError(f"a gate must release above the belief it fires at, got {self.releases_above}")

    @property
    def fires_below(self) -> float:
        """The belief P(accuracy > limit) under which the gate fires."""
        return 1.0 - self.confidence if self.metric is GateMetric.ACCURACY_UPPER else self.confidence

    @property
    def releases_above(self) -> float:
        """The belief P(accuracy > limit) over which a fired gate releases."""
        if self.release is not None:
            return self.release
        return 0.5 if self.metric is GateMetric.ACCURACY_UPPER else (1.0 + self.confidence) / 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate says, with everything it was decided on, to be stored and shown to the person."""

    rule_version: int
    holds: bool
    changed: bool
    action: GateAction | None
    belief: float
    limit: float
    evidence: int
    accuracy: float
    interval: Interval
    metric: GateMetric = GateMetric.ACCURACY_UPPER


def evaluate(rule: GateRule, track: Track, *, held: bool = False) -> Verdict:
    """Whether the gate holds this person, `held` being what it said the last time.

    Below the minimum evidence nothing changes: a gate neither fires nor releases.
    """
    belief = belief_above(track, rule.limit)
    holds = held
    if track.n >= rule.minimum_evidence:
        holds = _holds(rule, track, belief, held)
    return Verdict(
        rule_version=rule.version,
        holds=holds,
        changed=holds != held,
        action=rule.action if holds else None,
        belief=belief,
        limit=rule.limit,
        evidence=track.n,
        accuracy=track.accuracy,
        interval=interval(track),
        metric=rule.metric,
    )


def awaits_evidence(rule: GateRule, track: Track) -> bool:
    """Whether nothing but the number of checks keeps the gate from firing."""
    return track.n < rule.minimum_evidence and _holds(rule, track, belief_above(track, rule.limit), False)


def _holds(rule: GateRule, track: Track, belief: float, held: bool) -> bool:
    if rule.metric is GateMetric.DRIFT:
        return track.signal is not DriftSignal.NONE if held else track.signal is DriftSignal.ALARM
    return belief <= rule.releases_above if held else belief < rule.fires_below
