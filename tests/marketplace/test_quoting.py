"""Quotes worked out by hand: dates, people, prices, what is missing."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.rules import quoting
from marketplace.rules.requests import read_lines
from marketplace.values.requests import Missing, Need, QuoteLine, SpeedSource, Supply

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def need(units: int = 1000, overlap: int = 3, days: float = 10) -> Need:
    return Need("sw-KE", units, overlap, NOW + timedelta(days=days), 50_000)


def test_a_quote_counts_the_judgments_that_a_locale_needs_against_the_people_it_has() -> None:
    # 3,000 judgments; 4 people at 100 a day give 400; 3,000 / 400 = 7.5, so the eighth day.
    line = quoting.line_of(need(), Supply(4, 100.0, SpeedSource.MEASURED, 0.0, True), NOW)
    assert line == QuoteLine(
        "sw-KE", 1000, 4, 133.3, SpeedSource.MEASURED, 0.0, NOW + timedelta(days=8), 50_000, 50_000_000,
        (Missing("gold", 100),),
    )  # fmt: skip


def test_work_that_is_promised_already_makes_it_later_and_asks_for_more_people() -> None:
    # 400 a day less 250 promised leave 150: 3,000 / 150 = 20 days. In time it would be 3,000 / 10 + 250 = 550 a day,
    # which are 6 people, 2 more than there are.
    line = quoting.line_of(need(), Supply(4, 100.0, SpeedSource.ASSUMED, 250.0), NOW)
    assert line.finish_at == NOW + timedelta(days=20)
    assert line.missing == (Missing("people", 2), Missing("gold", 100), Missing("guideline", locale="sw-KE"))


@pytest.mark.parametrize(("verified", "promised"), [(0, 0.0), (4, 400.0), (4, 900.0)])
def test_without_capacity_there_is_no_date(verified: int, promised: float) -> None:
    line = quoting.line_of(need(), Supply(verified, 100.0, SpeedSource.ASSUMED, promised), NOW)
    assert line.finish_at is None
    assert line.missing[0].code == "people"


def test_a_date_further_away_than_a_year_is_no_date() -> None:
    assert quoting.finish_date(366, 1.0, NOW) == NOW + timedelta(days=366)
    assert quoting.finish_date(367, 1.0, NOW) is None


def test_a_quote_line_survives_storing() -> None:
    line = quoting.line_of(need(), Supply(4, 100.0, SpeedSource.ASSUMED, 250.0), NOW)
    assert QuoteLine.from_json(line.to_json()) == line


def test_lanes_promise_what_is_left_of_them_until_their_deadlines() -> None:
    # 600 left over 6 days are 100 a day; 90 left that are overdue are all due in one day; no deadline, no promise.
    lanes = [(600, NOW + timedelta(days=6)), (90, NOW - timedelta(days=2)), (5_000, None)]
    assert quoting.promised_a_day(lanes, NOW) == pytest.approx(190.0)
    # Of 100 units for 3 people each 40 have all their answers; more than was agreed on is owed by nobody.
    assert [quoting.still_promised(100, 3, answered) for answered in (0, 40, 100, 130)] == [300, 180, 0, 0]


@pytest.mark.parametrize(
    ("judged", "days", "seconds", "hours", "speed"),
    [
        # 15 in 300 s, a tenth of it between units: 15 · 3,600 / 330 = 163.6 an hour; 7 hours a week are one a day.
        (15, 5, 300, 7.0, 163.636),
        (15, 5, 300, 14.0, 327.273),
        # Scarce work: whoever gets 3 units on each of 5 days is as fast as whoever gets 300.
        (1500, 5, 30_000, 7.0, 163.636),
        (15, 5, 300, None, 467.532),  # nobody stated hours: 20 a week
        (400, 4, 8_000, 7.0, None),
        (400, 9, 0, 7.0, None),
        (0, 0, 0, None, None),
    ],
)
def test_a_speed_is_peoples_pace_over_the_hours_that_they_offer(
    judged: int, days: int, seconds: int, hours: float | None, speed: float | None
) -> None:
    found = quoting.measured_speed(judged, days, seconds, hours)
    assert found == (None if speed is None else pytest.approx(speed, abs=0.001))


def test_a_bare_macro_language_is_answered_with_varieties_to_name() -> None:
    sent = [{"locale": tag, "units": 5} for tag in ("ar", "zh-Hant", "ar-001", "sw")]
    _found, faults = read_lines(sent)
    assert set(faults) == {"lines.0.locale"}
    assert str(faults["lines.0.locale"]) == (
        "Arabic differs from place to place, and “ar” would be anybody's. Name the variety, by country or script: for"
        " example ar-EG, ar-MA, ar-001."
    )
    assert read_lines(sent, recorded=True)[1] == {}
