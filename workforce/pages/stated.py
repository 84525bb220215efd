"""Languages as the rows of a form state them: read, asked for what is missing at its place, and shown as typed.

Nothing in a row is chosen before the person chooses: neither the level nor what they do in the language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from i18n import Message
from kernel.errors import Invalid
from workforce.pages import words
from workforce.rules.profiles import clean_languages, clean_level, clean_locale, clean_modes

LANGUAGE_ROWS = 4


@dataclass(frozen=True)
class Row:
    """One language as it was typed; rows count from 1, and a mode is sent with the number of its row: `1-read`."""

    number: int
    locale: str = ""
    level: str = ""
    modes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.locale.strip() or self.level or self.modes)


def rows_typed(values: Mapping[str, Any]) -> list[Row]:
    """The rows that were sent, or kept in a draft."""
    locales, levels = list(values.get("locale") or []), list(values.get("proficiency") or [])
    modes: dict[str, list[str]] = {}
    for each in values.get("modes") or []:
        number, _dash, mode = each.partition("-")
        modes.setdefault(number, []).append(mode)
    count = max(len(locales), len(levels))
    locales, levels = ([*each, *[""] * (count - len(each))] for each in (locales, levels))
    return [
        Row(number, locale, level, tuple(modes.get(str(number), ())))
        for number, (locale, level) in enumerate(zip(locales, levels, strict=True), start=1)
    ]


def rows_shown(values: Mapping[str, Any]) -> list[Row]:
    """The rows as they were typed, with empty ones after them."""
    typed = rows_typed(values)
    return [*typed, *(Row(number) for number in range(len(typed) + 1, LANGUAGE_ROWS + 1))]


def languages_in(values: Mapping[str, Any]) -> list[tuple[str, str, Sequence[str]]]:
    """What the rows state; an empty row says nothing."""
    return [(words.language_typed(row.locale), row.level, row.modes) for row in rows_typed(values) if not row.is_empty]


def faults_in(values: Mapping[str, Any]) -> dict[str, Message]:
    """What is missing or wrong in each row, at its field; and of all of them together once each is right."""
    faults: dict[str, Message] = {}
    for row in rows_typed(values):
        if not row.is_empty:
            faults |= _faults_of(row)
    return faults or _told(clean_languages, languages_in(values))


def _faults_of(row: Row) -> dict[str, Message]:
    locale, level, modes = (f"{name}-{row.number}" for name in ("locale", "proficiency", "modes"))
    return (
        _told(clean_locale, words.language_typed(row.locale), locale)
        | _told(clean_level, row.level, level)
        | _told(clean_modes, row.modes, modes)
    )


def _told(rule: Any, *values: Any) -> dict[str, Message]:
    try:
        rule(*values)
    except Invalid as problem:
        return problem.fields
    return {}
