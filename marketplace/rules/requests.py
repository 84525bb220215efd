"""What a request must be like before it is sent: every line and figure checked, all faults told at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from i18n import Message, _, figure
from i18n.matching import varieties_to_name
from i18n.tags import InvalidTag, standardize
from kernel.errors import Invalid
from kernel.money import is_currency
from labeling.tasktypes import registry
from labeling.values import Classification
from marketplace.values.requests import RequestLine
from workforce.rules.names import clean_name

MOST_LINES = 200
MOST_UNITS = 10_000_000
MOST_OVERLAP = 50
LONGEST_TEXT = 20_000
LONGEST_WAIT = timedelta(days=3 * 366)
MOST_PRICE = 10_000 * 1_000_000


def read_lines(
    lines: Iterable[Mapping[str, Any]], *, recorded: bool = False
) -> tuple[tuple[RequestLine, ...], dict[str, Message]]:
    """The lines with standard locales, and what is wrong by `lines.<number>.<field>`.

    A bare macro-language is refused with varieties to choose from, unless the work is `recorded` and over: then nobody
    can say any more which one was meant.
    """
    found: list[RequestLine] = []
    faults: dict[str, Message] = {}
    seen: set[str] = set()
    for number, line in enumerate(list(lines)[: MOST_LINES + 1]):
        locale = _locale(line.get("locale"), f"lines.{number}.locale", seen, faults)
        if locale and not recorded and (varieties := varieties_to_name(locale)):
            faults[f"lines.{number}.locale"] = _unnamed(locale, varieties)
        units = _units(line.get("units"), f"lines.{number}.units", faults)
        if locale and units:
            found.append(RequestLine(locale, units))
    if not found and not faults:
        faults["lines"] = _("Name at least one language and how many units of it.")
    if len(found) > MOST_LINES:
        faults["lines"] = _("A request has at most %(most)s languages.", most=MOST_LINES)
    return tuple(found), faults


def frame_faults(
    *, name: str, about: str, task_type: str, classification: str, overlap: int, quality_target: float,
    deadline_at: datetime, currency: str, now: datetime,
) -> dict[str, Message]:  # fmt: skip
    """What is wrong with everything but the lines, by field."""
    checks: list[tuple[str, bool, Message]] = [
        ("about", len(about) <= LONGEST_TEXT, _("This is longer than %(most)s letters.", most=LONGEST_TEXT)),
        ("task_type", task_type in registry.names(), _("Choose one of the task types offered.")),
        ("classification", classification in set(Classification), _("Choose one of the values offered.")),
        ("overlap", 1 <= overlap <= MOST_OVERLAP, _("Between 1 and %(most)s people judge a unit.", most=MOST_OVERLAP)),
        ("quality_target", 0.5 <= quality_target < 1, _("The target lies between 50% and under 100%.")),
        ("deadline_at", now < deadline_at <= now + LONGEST_WAIT, _("Name a date in the next three years.")),
        ("currency", is_currency(currency), _("This is no currency code; write it like EUR.")),
    ]
    return name_faults(name) | {field: message for field, holds, message in checks if not holds}


def name_faults(name: str) -> dict[str, Message]:
    """What is wrong with the name of a request, by the one rule for names."""
    try:
        clean_name(name)
    except Invalid as problem:
        return dict(problem.fields)
    return {}


def ensure_prices(prices: Mapping[str, int], locales: Iterable[str]) -> dict[str, int]:
    """A price above zero for every language of the request, and for no other; raises Invalid by `prices.<locale>`."""
    wanted = list(locales)
    faults: dict[str, Message] = {}
    for locale in wanted:
        price = prices.get(locale)
        if price is None:
            faults[f"prices.{locale}"] = _("Name the price of a unit.")
        elif not 0 < price <= MOST_PRICE:
            faults[f"prices.{locale}"] = _("A price is more than nothing, and not absurdly high.")
    for locale in prices:
        if locale not in wanted:
            faults[f"prices.{locale}"] = _("The request does not ask for this language.")
    if faults:
        raise Invalid("quote.prices", _("Some prices are missing or wrong."), faults)
    return {locale: prices[locale] for locale in wanted}


def _locale(value: Any, path: str, seen: set[str], faults: dict[str, Message]) -> str | None:
    if not value:
        faults[path] = _("Name the language.")
        return None
    try:
        tag = standardize(value.strip() if isinstance(value, str) else value)
    except InvalidTag:
        faults[path] = _("“%(tag)s” is not a language tag; write it like sw-KE.", tag=str(value)[:40])
        return None
    if tag in seen:
        faults[path] = _("%(tag)s stands here twice.", tag=tag)
        return None
    seen.add(tag)
    return tag


def _unnamed(locale: str, varieties: tuple[str, ...]) -> Message:
    return _(
        "%(language)s differs from place to place, and “%(tag)s” would be anybody's. Name the variety, by country or"
        " script: for example %(varieties)s.",
        language=figure("language", locale), tag=locale, varieties=", ".join(varieties),
    )  # fmt: skip


def _units(value: Any, path: str, faults: dict[str, Message]) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_UNITS:
        return value
    faults[path] = _("Name how many units, from 1 to %(most)s.", most=MOST_UNITS)
    return None
