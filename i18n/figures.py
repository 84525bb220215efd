"""Figures: amounts, moments and names inside a deferred message, formatted when its reader is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from i18n import formats, tags

FORMATTERS: dict[str, Callable[..., str]] = {
    "number": formats.number,
    "percent": formats.percent,
    "interval": formats.interval,
    "money": formats.money,
    "exact_money": lambda micros, currency, locale: formats.money(micros, currency, locale, exact=True),
    "date": formats.date,
    "time": formats.time,
    "datetime": formats.datetime,
    "duration": formats.duration,
    "relative": formats.relative,
    "language": lambda tag, locale: tags.display_name(tag, locale),
    "territories": lambda codes, locale: formats.list_and(
        sorted(tags.territory_name(code, locale) for code in codes), locale
    ),
    "territory": lambda code, locale: tags.territory_name(code, locale),
}


@dataclass(frozen=True)
class Figure:
    """One formatter of FORMATTERS by name, with its arguments except the locale."""

    kind: str
    args: tuple[Any, ...]

    def render(self, locale: str) -> str:
        return FORMATTERS[self.kind](*self.args, locale=locale)


def figure(kind: str, *args: Any) -> Figure:
    """`figure("money", 7_500, "USD")` as a message's parameter reads `$0.01` or `0,01 US$`, as its reader writes it."""
    if kind not in FORMATTERS:
        raise ValueError(f"no such figure: {kind}")
    return Figure(kind, args)
