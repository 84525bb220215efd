"""Formats: numbers, money, dates, durations and lists as the reader writes them, by CLDR."""

import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.lists import format_list

from i18n.reader import current_locale, use_locale
from i18n.tags import babel_locale

Number = int | float | Decimal
Length = Literal["short", "medium", "long", "full"]

_MICROS = 6
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_UNKNOWN = "–"

# The digit zero of the numbering systems that CLDR has as a locale's default; Babel sets separators, but not digits.
_ZERO = {
    "adlm": 0x1E950,
    "arab": 0x0660,
    "arabext": 0x06F0,
    "beng": 0x09E6,
    "cakm": 0x11136,
    "deva": 0x0966,
    "hmnp": 0x1E140,
    "mtei": 0xABF0,
    "mymr": 0x1040,
    "nkoo": 0x07C0,
    "olck": 0x1C50,
    "rohg": 0x10D30,
    "tibt": 0x0F20,
}


def _locale(tag: str | None) -> Locale:
    return babel_locale(tag or current_locale())


def _digits(text: str, locale: Locale) -> str:
    zero = _ZERO.get(locale.default_numbering_system)
    return text.translate({0x30 + digit: zero + digit for digit in range(10)}) if zero else text


def _exact(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _pattern(digits: int | None, locale: Locale) -> str | None:
    if digits is None:
        return None
    grouping = str(locale.decimal_formats[None].pattern).split(";")[0].split(".")[0]
    return grouping + ("." + "0" * digits if digits else "")


def number(value: Number | None, digits: int | None = None, locale: str | None = None) -> str:
    """A number with exactly `digits` decimals, or up to three where `digits` is left out; a dash for None and NaN."""
    if value is None or (not isinstance(value, int) and math.isnan(value)):
        return _UNKNOWN
    reader = _locale(locale)
    if not isinstance(value, int) and math.isinf(value):
        return ("-" if value < 0 else "") + numbers.get_infinity_symbol(reader)
    with localcontext(Context(prec=400)):
        text = numbers.format_decimal(
            _exact(value),
            format=_pattern(digits, reader),
            locale=reader,
            numbering_system="default",
        )
    return _digits(_signed(text, reader), reader)


def percent(x: Number | None, digits: int = 0, locale: str | None = None) -> str:
    """A share as a percentage: 0.256 is 26% (one digit: 25.6%)."""
    if x is None or not math.isfinite(x):
        return _UNKNOWN
    reader = _locale(locale)
    pattern = reader.percent_formats[None].pattern.replace("#,##0", "#,##0" + ("." + "0" * digits if digits else ""))
    text = numbers.format_percent(_exact(x), format=pattern, locale=reader, numbering_system="default")
    sign = reader.number_symbols.get(reader.default_numbering_system, {}).get("percentSign", "%")
    return _digits(_signed(text, reader).replace("%", sign), reader)


def interval(
    low: Number | None,
    high: Number | None,
    digits: int | None = None,
    locale: str | None = None,
    *,
    style: Literal["number", "percent"] = "number",
) -> str:
    """A range from low to high, as numbers or as percentages, each with `digits` decimals."""
    if style == "percent":
        return f"{percent(low, digits or 0, locale)}–{percent(high, digits or 0, locale)}"
    return f"{number(low, digits, locale)}–{number(high, digits, locale)}"


def money(micros: int, currency: str, locale: str | None = None, exact: bool = False) -> str:
    """An amount given in micro-units, rounded to the currency's minor unit; in full, with all it has, when `exact`."""
    if isinstance(micros, bool) or not isinstance(micros, int):
        raise TypeError(f"money is a whole number of micro-units, not {type(micros).__name__}")
    reader = _locale(locale)
    with localcontext(Context(prec=400)):
        text = numbers.format_currency(
            Decimal(micros).scaleb(-_MICROS).normalize(),
            currency,
            locale=reader,
            decimal_quantization=not exact,
            numbering_system="default",
        )
    symbol = numbers.get_currency_symbol(currency, locale=reader)
    return _digits(_isolated(_signed(_spaced(text, symbol), reader), symbol, reader), reader)


def _signed(text: str, reader: Locale) -> str:
    """The minus as CLDR writes it from right to left: with the mark that keeps it on its side of the digits."""
    if reader.text_direction != "rtl" or "-" not in text:
        return text
    minus = reader.number_symbols.get(reader.default_numbering_system, {}).get("minusSign", "-")
    return text.replace("\u200f-", "-").replace("-", minus)


def _isolated(text: str, symbol: str, reader: Locale) -> str:
    """From right to left, the `$` of `US$` would leave its letters: a mark after it holds it."""
    if reader.text_direction != "rtl" or not symbol[:1].isascii() or not symbol[:1].isalpha() or symbol[-1:].isalpha():
        return text
    return text.replace(symbol, f"{symbol}\u200e")


def _spaced(text: str, symbol: str) -> str:
    """CLDR's currency spacing: a symbol made of letters keeps its distance from the digits (KES 5, but US$5)."""
    if symbol[-1:].isalpha():
        text = re.sub(rf"({re.escape(symbol)})(?=\d)", "\\1\u00a0", text)
    if symbol[:1].isalpha():
        text = re.sub(rf"(?<=\d)({re.escape(symbol)})", "\u00a0\\1", text)
    return text


def _local(when: dt.datetime, zone: str) -> dt.datetime:
    if when.tzinfo is None:
        raise ValueError("a time to show must know its zone")
    return when.astimezone(ZoneInfo(zone))


def date(
    when: dt.date | dt.datetime,
    zone: str = "UTC",
    locale: str | None = None,
    *,
    length: Length = "medium",
) -> str:
    """The calendar day; of a moment, the day it falls on in the zone."""
    day = _local(when, zone).date() if isinstance(when, dt.datetime) else when
    reader = _locale(locale)
    return _digits(dates.format_date(day, format=length, locale=reader), reader)


def time(
    when: dt.datetime,
    zone: str = "UTC",
    locale: str | None = None,
    *,
    length: Length = "short",
) -> str:
    """The time of day in the zone."""
    reader = _locale(locale)
    return _digits(dates.format_time(_local(when, zone), format=length, locale=reader), reader)


def datetime(
    when: dt.datetime,
    zone: str = "UTC",
    locale: str | None = None,
    *,
    length: Length = "medium",
) -> str:
    """Day and time in the zone, without seconds."""
    reader = _locale(locale)
    glue = dates.get_datetime_format(length, locale=reader)
    day, hour = date(when, zone, locale, length=length), time(when, zone, locale)
    return str(glue).replace("'", "").replace("{1}", day).replace("{0}", hour)


def duration(seconds: Number | dt.timedelta, locale: str | None = None) -> str:
    """A length of time in its two largest units: `2 hours 5 minutes`, `45 seconds`."""
    left = int(seconds.total_seconds() if isinstance(seconds, dt.timedelta) else seconds)
    reader = _locale(locale)
    parts: list[tuple[int, str]] = []
    for unit, size in _UNITS:
        count, left = divmod(max(left, 0), size)
        if count or parts or unit == "second":
            parts.append((count, unit))
    shown = [part for part in parts[:2] if part[0]] or parts[-1:]
    texts = [_unit(count, unit, reader) for count, unit in shown]
    pair = reader.list_patterns.get("unit", {}).get("2") or reader.list_patterns["standard"]["2"]
    return _digits(pair.format(*texts) if len(texts) > 1 else texts[0], reader)


def _unit(count: int, unit: str, reader: Locale) -> str:
    # By CLDR's inheritance a long form that is not stated is the short one; Babel itself would print the unit's id.
    patterns = reader._data["unit_patterns"][f"duration-{unit}"]
    form = reader.plural_form(count)
    for length in ("long", "short"):
        pattern = patterns.get(length, {}).get(form) or patterns.get(length, {}).get("other")
        if pattern:
            return str(pattern).format(numbers.format_decimal(count, locale=reader, numbering_system="default"))
    return f"{count} {unit}"


def relative(when: dt.datetime, now: dt.datetime, locale: str | None = None) -> str:
    """How long ago, or in how long, seen from `now`: `3 hours ago`, `in 2 days`."""
    reader = _locale(locale)
    return _digits(dates.format_timedelta(when - now, add_direction=True, locale=reader), reader)


def list_and(items: Iterable[object], locale: str | None = None) -> str:
    """`a, b, and c`; deferred messages among the items are rendered for the same reader."""
    tag = locale or current_locale()
    with use_locale(tag):
        return format_list([str(item) for item in items], locale=babel_locale(tag))
