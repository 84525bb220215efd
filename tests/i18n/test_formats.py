"""Formats: numbers, money, dates and durations as CLDR writes them, for the reader at hand."""

import datetime as dt
import math
from decimal import Decimal

import pytest

from i18n import formats, use_locale

NOON = dt.datetime(2025, 3, 4, 12, 6, 30, tzinfo=dt.UTC)
LOCALES = ("en", "es", "sw", "ar", "ar-EG")


def test_a_number_is_written_as_the_reader_writes_it() -> None:
    assert [formats.number(Decimal("1234567.891"), locale=tag) for tag in (*LOCALES, "hi", "de-CH")] == [
        "1,234,567.891",
        "1.234.567,891",
        "1,234,567.891",
        "1,234,567.891",
        "١٬٢٣٤٬٥٦٧٫٨٩١",
        "12,34,567.891",
        "1’234’567.891",
    ]


def test_a_number_keeps_the_decimals_it_is_asked_for() -> None:
    assert [formats.number(2.5, digits) for digits in (None, 0, 1, 3)] == ["2.5", "2", "2.5", "2.500"]
    assert formats.number(0.1 + 0.2) == "0.3"


def test_a_figure_that_does_not_exist_is_a_dash() -> None:
    assert formats.number(None) == formats.number(math.nan) == formats.percent(None) == formats.percent(math.nan) == "–"
    assert formats.number(-math.inf) == "-∞"
    assert formats.interval(None, 0.5, 1) == "––0.5"


def test_the_current_reader_is_meant_unless_another_is_named() -> None:
    with use_locale("es"):
        assert formats.number(1.5) == "1,5"
        assert formats.number(1.5, locale="en") == "1.5"


def test_a_share_is_a_percentage() -> None:
    assert [formats.percent(0.2561, 1, tag) for tag in LOCALES] == [
        "25.6%",
        "25,6\u00a0%",
        "25.6%",
        "25.6\u200e%\u200e",
        "٢٥٫٦٪\u061c",
    ]
    assert formats.percent(1) == "100%"


def test_an_interval_shows_both_ends() -> None:
    assert formats.interval(0.902, 0.954, 2) == "0.90–0.95"
    assert formats.interval(0.902, 0.954, 1, style="percent") == "90.2%–95.4%"


@pytest.mark.parametrize(
    ("micros", "currency", "locale", "text"),
    [
        (12_340_000, "USD", "en", "$12.34"),
        (12_340_000, "USD", "es", "12,34\u00a0US$"),
        (12_340_000, "USD", "ar", "\u200f12.34\u00a0US$\u200e"),
        (12_340_000, "USD", "ar-EG", "\u200f١٢٫٣٤\u00a0US$\u200e"),
        (-670_000, "EUR", "ar", "\u200e-0.67\u00a0€"),
        (-670_000, "EUR", "ar-EG", "\u061c-٠٫٦٧\u00a0€"),
        (12_345_678_901, "KES", "en", "KES\u00a012,345.68"),
        (12_345_678_901, "KES", "sw", "Ksh\u00a012,345.68"),
        (12_000_000, "JPY", "en", "¥12"),
        (1_500_000, "KWD", "en", "KWD\u00a01.500"),
        (7_500, "USD", "en", "$0.01"),
        (4_999, "USD", "en", "$0.00"),
        (-5_000_000, "USD", "en", "-$5.00"),
        (0, "USD", "en", "$0.00"),
        (123_456_789_012_345_678_901_234_567_890, "USD", "en", "$123,456,789,012,345,678,901,234.57"),
    ],
)
def test_money_is_shown_in_whole_minor_units(micros: int, currency: str, locale: str, text: str) -> None:
    assert formats.money(micros, currency, locale) == text


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (7_500, "USD", "$0.0075"),
        (1, "USD", "$0.000001"),
        (12_340_000, "USD", "$12.34"),
        (12_000_000, "USD", "$12.00"),
        (12_345_678, "USD", "$12.345678"),
        (120_000_000_000, "USD", "$120,000.00"),
        (12_000_000, "JPY", "¥12"),
        (12_500_000, "JPY", "¥12.5"),
    ],
)
def test_a_rate_below_the_minor_unit_is_shown_in_full(micros: int, currency: str, text: str) -> None:
    assert formats.money(micros, currency, "en", exact=True) == text


@pytest.mark.parametrize("amount", [1.0, Decimal(1), True, "1", None])
def test_money_is_whole_micro_units_and_nothing_else(amount: object) -> None:
    with pytest.raises(TypeError):
        formats.money(amount, "USD")  # type: ignore[arg-type]


def test_a_moment_is_shown_in_the_readers_zone() -> None:
    assert formats.datetime(NOON, "Africa/Nairobi") == "Mar 4, 2025, 3:06\u202fPM"
    assert [formats.time(NOON, "Africa/Nairobi", tag) for tag in LOCALES] == [
        "3:06\u202fPM",
        "15:06",
        "15:06",
        "3:06 م",
        "٣:٠٦ م",
    ]
    assert formats.datetime(NOON, "Africa/Nairobi", "sw") == "4 Mac 2025 15:06"


def test_the_day_is_the_one_in_the_zone() -> None:
    late = dt.datetime(2025, 3, 4, 23, 30, tzinfo=dt.UTC)
    assert formats.date(late, "UTC") == "Mar 4, 2025"
    assert formats.date(late, "Africa/Nairobi") == "Mar 5, 2025"
    assert formats.date(dt.date(2025, 3, 4), "Africa/Nairobi") == "Mar 4, 2025"
    assert formats.date(late, locale="es", length="long") == "4 de marzo de 2025"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        formats.datetime(NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("seconds", "texts"),
    [
        (0, ["0 seconds", "0 segundos", "sekunde 0", "0 ثانية", "٠ ثانية"]),
        (45, ["45 seconds", "45 segundos", "sekunde 45", "45 ثانية", "٤٥ ثانية"]),
        (3600, ["1 hour", "1 hora", "saa 1", "ساعة", "ساعة"]),
        (
            7525,
            ["2 hours, 5 minutes", "2 horas y 5 minutos", "saa 2 na dakika 5", "ساعتان و5 دقائق", "ساعتان و٥ دقائق"],
        ),
        (90_061, ["1 day, 1 hour", "1 día y 1 hora", "siku 1 na saa 1", "يوم وساعة", "يوم وساعة"]),
    ],
)
def test_a_duration_names_its_two_largest_units(seconds: int, texts: list[str]) -> None:
    assert [formats.duration(seconds, tag) for tag in LOCALES] == texts
    assert formats.duration(dt.timedelta(seconds=seconds), "en") == texts[0]


def test_a_duration_skips_a_unit_of_nothing_and_never_runs_backwards() -> None:
    assert formats.duration(86_400 + 59) == "1 day"
    assert formats.duration(61.9) == "1 minute, 1 second"
    assert formats.duration(-5) == "0 seconds"


def test_relative_time_counts_from_now() -> None:
    assert formats.relative(NOON - dt.timedelta(hours=3), NOON) == "3 hours ago"
    assert formats.relative(NOON + dt.timedelta(days=2), NOON, "es") == "dentro de 2 días"
    assert formats.relative(NOON - dt.timedelta(hours=3), NOON, "ar-EG") == "قبل ٣ ساعات"


def test_a_list_ends_with_and() -> None:
    assert formats.list_and([]) == ""
    assert formats.list_and(["a"]) == "a"
    assert [formats.list_and(["a", "b", "c"], tag) for tag in LOCALES[:4]] == [
        "a, b, and c",
        "a, b y c",
        "a, b na c",
        "a وb وc",
    ]
