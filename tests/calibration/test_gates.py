"""Gates: decided on beliefs, with hysteresis, never on a handful of answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calibration.rules.gates import GateRule, awaits_evidence, evaluate
from calibration.rules.partial import best_score, score_from_distance
from calibration.rules.tracking import Track, replay, update
from calibration.values import GateAction, GateMetric

PAUSE = GateRule(version=3, metric=GateMetric.ACCURACY_UPPER, limit=0.8, minimum_evidence=20, action=GateAction.PAUSE)


@pytest.mark.parametrize("metric", list(GateMetric))
def test_three_wrong_answers_never_close_a_gate(metric: GateMetric) -> None:
    rule = GateRule(version=1, metric=metric, limit=0.95, minimum_evidence=10, action=GateAction.PAUSE)
    assert not evaluate(rule, replay([0.0] * 3)).holds


def test_a_rule_that_would_judge_on_few_answers_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="at least 10"):
        GateRule(version=1, metric=GateMetric.ACCURACY_UPPER, limit=0.8, minimum_evidence=3, action=GateAction.PAUSE)


@pytest.mark.parametrize(
    ("a", "b", "held", "holds"),
    [
        # With b = 1 the belief P(accuracy > .8) is 1 - .8^a: .200 at a = 1, .488 at 3, .590 at 4, .0107 at a = .048.
        (0.048, 1.0, False, True),
        (1.0, 1.0, False, False),
        (1.0, 1.0, True, True),
        (3.0, 1.0, True, True),
        (4.0, 1.0, True, False),
        (4.0, 1.0, False, False),
    ],
)
def test_a_gate_fires_under_a_tenth_and_releases_over_a_half(a: float, b: float, held: bool, holds: bool) -> None:
    verdict = evaluate(PAUSE, Track(a=a, b=b, n=20), held=held)
    assert verdict.holds is holds
    assert verdict.changed is (holds != held)
    assert verdict.action is (GateAction.PAUSE if holds else None)


@pytest.mark.parametrize(
    ("a", "held", "holds"),
    # 1 - .8^a: .893 at a = 10, .914 at 11, .945 at 13, .956 at 14.
    [(10.0, False, True), (11.0, False, False), (13.0, True, True), (14.0, True, False)],
)
def test_a_gate_on_the_lower_bound_holds_until_the_accuracy_is_proven(a: float, held: bool, holds: bool) -> None:
    rule = GateRule(
        version=1, metric=GateMetric.ACCURACY_LOWER, limit=0.8, minimum_evidence=20, action=GateAction.RECHECK
    )
    assert evaluate(rule, Track(a=a, b=1.0, n=50), held=held).holds is holds


@pytest.mark.parametrize(("release", "holds"), [(0.55, True), (0.45, False)])
def test_a_rule_may_say_at_which_belief_it_lets_go(release: float, holds: bool) -> None:
    rule = replace(PAUSE, release=release)
    assert evaluate(rule, Track(a=3.0, b=1.0, n=20), held=True).holds is holds  # P(accuracy > .8) is .488


def test_a_rule_that_lets_go_where_it_acts_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="release above"):
        replace(PAUSE, release=0.1)


@pytest.mark.parametrize(
    ("cusum", "held", "holds"), [(3.9, False, False), (4.0, False, True), (2.5, True, True), (2.4, True, False)]
)
def test_a_gate_on_drift_fires_at_the_alarm_and_releases_under_the_warning(
    cusum: float, held: bool, holds: bool
) -> None:
    rule = replace(PAUSE, metric=GateMetric.DRIFT)
    assert evaluate(rule, Track(a=8.0, b=2.0, n=20, cusum=cusum), held=held).holds is holds


@pytest.mark.parametrize("held", [False, True])
def test_under_the_minimum_evidence_nothing_changes(held: bool) -> None:
    hopeless = Track(a=0.048, b=1.0, n=19)
    assert evaluate(PAUSE, hopeless, held=held).holds is held


def test_a_verdict_carries_what_it_was_decided_on() -> None:
    verdict = evaluate(PAUSE, Track(a=3.0, b=1.0, n=25))
    assert (verdict.rule_version, verdict.limit, verdict.evidence) == (3, 0.8, 25)
    assert verdict.belief == pytest.approx(1 - 0.8**3)
    assert verdict.accuracy == pytest.approx(0.75)
    assert verdict.interval.lower == pytest.approx(0.025 ** (1 / 3))


def test_a_gate_does_not_flutter_around_its_limit() -> None:
    track, held, changes = replay([1.0] * 15 + [0.0] * 15), False, 0
    for answer in [1.0, 0.0] * 40:
        track = update(track, answer)
        verdict = evaluate(PAUSE, track, held=held)
        held, changes = verdict.holds, changes + verdict.changed
    assert held and changes == 1


def test_credit_is_what_the_distance_leaves() -> None:
    assert score_from_distance(0.25) == 0.75
    assert best_score([0.9, 0.25, 0.5]) == 0.75
    with pytest.raises(ValueError, match="distance"):
        score_from_distance(1.2)


def test_a_gate_that_lacks_nothing_but_checks_awaits_them() -> None:
    hopeless, fine = Track(a=2.0, b=6.0, n=6), Track(a=18.0, b=1.0, n=6)
    assert awaits_evidence(PAUSE, hopeless)
    assert not awaits_evidence(PAUSE, fine)
    assert not awaits_evidence(PAUSE, replace(hopeless, n=PAUSE.minimum_evidence))
