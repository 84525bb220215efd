"""A proposed rule replayed over what happened: when it acts, what it would have prevented, what speaks against it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from calibration.rules.backtest import Contradiction, Proposal, by_locale, contradictions, replay
from calibration.rules.gates import GateRule
from calibration.values import GateAction, GateMetric

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PAUSE = Proposal(
    GateRule(version=0, metric=GateMetric.ACCURACY_UPPER, limit=0.8, minimum_evidence=20, action=GateAction.PAUSE),
    pause_days=7,
)


def hourly(scores: list[float]) -> list[tuple[datetime, float]]:
    return [(START + timedelta(hours=place), score) for place, score in enumerate(scores)]


def asks(proposal: Proposal, **changes: object) -> Proposal:
    return replace(proposal, gate=replace(proposal.gate, **changes))  # type: ignore[arg-type]


def test_a_pause_prevents_what_was_answered_while_it_would_have_lasted() -> None:
    scored = hourly([1.0] * 10 + [0.0] * 10 + [0.0] * 20)
    answered = [START + timedelta(minutes=30 * place) for place in range(1000)]  # 48 a day, for three weeks
    act, *more = replay(PAUSE, scored, answered)
    assert (act.at - START, act.until) == (timedelta(hours=19), act.at + timedelta(days=7))
    assert (act.checks, act.prevented, act.is_mistake, more) == (20, 7 * 48, False, [])
    # Twenty answers are known from the time of the pause, all of them wrong.
    assert act.wrong == pytest.approx(7 * 48)


def test_what_was_done_in_a_pause_does_not_count_towards_another() -> None:
    scored = hourly([0.0] * 20 + [0.0] * 19)
    assert len(replay(PAUSE, scored, [])) == 1
    later = [(START + timedelta(days=8, hours=place), 0.0) for place in range(20)]
    acts = replay(PAUSE, scored + later, [])
    assert [act.at for act in acts] == [scored[19][0], later[19][0]]
    assert len(replay(PAUSE, scored + later[:19], [])) == 1  # a second pause needs evidence of its own


def test_a_pause_of_somebody_who_answered_well_meanwhile_was_probably_a_mistake() -> None:
    scored = hourly([0.0] * 10 + [1.0] * 10 + [1.0] * 9)
    assert [act.is_mistake for act in replay(PAUSE, scored, [])] == [False]  # nine are too few to say so
    assert [act.is_mistake for act in replay(PAUSE, [*scored, (START + timedelta(days=2), 1.0)], [])] == [True]


def test_a_warning_holds_until_the_record_has_recovered() -> None:
    warn = asks(PAUSE, action=GateAction.WARN)
    scored = hourly([0.0] * 10 + [1.0] * 10 + [1.0] * 30)
    act, *more = replay(warn, scored, [START] * 50)
    assert (act.at, act.prevented, more) == (scored[19][0], 0, [])
    assert act.until is not None and act.until > act.at


def test_a_good_record_and_a_short_one_are_left_alone() -> None:
    assert replay(PAUSE, hourly([1.0] * 100), []) == []
    assert replay(PAUSE, hourly([0.0] * 19), []) == []


def test_the_share_acted_on_is_told_by_locale_with_its_interval() -> None:
    acts = replay(PAUSE, hourly([0.0] * 20), [])
    rows = by_locale([("sw-KE", acts), ("sw-KE", []), ("ar", []), ("sw-KE", [])])
    assert [(row.locale, row.people, row.acted) for row in rows] == [("ar", 1, 0), ("sw-KE", 3, 1)]
    assert rows[1].low < 1 / 3 < rows[1].high


@pytest.mark.parametrize(
    ("mine", "others", "passes_from", "found"),
    [
        (PAUSE, {}, 0.9, []),
        (asks(PAUSE, limit=0.95), {}, 0.9, ["over_the_test"]),
        (asks(PAUSE, limit=0.95, metric=GateMetric.ACCURACY_LOWER), {}, 0.97, ["fires_on_the_perfect"]),
        (asks(PAUSE, action=GateAction.WARN), {"old": PAUSE}, None, ["warning_too_late"]),
        (asks(PAUSE, action=GateAction.WARN, limit=0.85), {"old": PAUSE}, None, []),
        (asks(PAUSE, limit=0.75), {"old": PAUSE}, None, ["never_acts"]),
        (asks(PAUSE, limit=0.75, confidence=0.8), {"old": PAUSE}, None, []),
        (asks(PAUSE, limit=0.85), {"old": PAUSE}, None, ["stops_the_other"]),
        (asks(PAUSE, metric=GateMetric.DRIFT), {"old": PAUSE}, None, []),
    ],
)
def test_what_speaks_against_a_rule_is_said(
    mine: Proposal, others: dict[str, Proposal], passes_from: float | None, found: list[str]
) -> None:
    told = contradictions(mine, others, passes_from)
    assert [each.code for each in told] == found
    assert {each.other for each in told} <= {"", *others}
    assert all(isinstance(each, Contradiction) for each in told)
