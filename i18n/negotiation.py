"""Negotiation: which of the offered languages a reader gets, by account first and browser second."""

import re
from collections.abc import Sequence
from functools import lru_cache

from langcodes import tag_distance

from i18n.reader import SHIPPED, SOURCE
from i18n.tags import InvalidTag, script_of, standardize

# Within this CLDR distance a text can be read with little effort (nn for nb, eu readers for es). It says not who
# may work in a language; see i18n.matching. Every further step crosses into another language (uk/ru is 24).
READABLE = 20

_HEADER_LENGTH = 1000
_MOST_PREFERENCES = 20
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?")


def parse_accept_language(header: str | None) -> tuple[str, ...]:
    """The header's languages, standardized, most wanted first; whatever cannot be understood is left out."""
    ranked: list[tuple[float, str]] = []
    for part in _bounded(header or "").split(","):
        match = _RANGE.fullmatch(part)
        weight = float(match[2] or "1") if match else 0.0
        if match and weight > 0:
            ranked.extend((-weight, tag) for tag in _standard(match[1]))
    ranked.sort(key=lambda entry: entry[0])
    return tuple(dict.fromkeys(tag for _, tag in ranked))


def _bounded(header: str) -> str:
    # A header that was cut ends in half a tag, which could be read as another language.
    if len(header) > _HEADER_LENGTH:
        header = header[:_HEADER_LENGTH].rpartition(",")[0]
    return ",".join(header.split(",")[:_MOST_PREFERENCES])


def _standard(tag: str) -> tuple[str, ...]:
    try:
        return (standardize(tag),)
    except InvalidTag:
        return ()


def negotiate(
    preferred: Sequence[str | None],
    offered: Sequence[str] = SHIPPED,
    default: str = SOURCE,
) -> str:
    """The offered tag for the first preference that can be read in one; pass (account's locale, *browser's)."""
    for wanted in preferred[:_MOST_PREFERENCES]:
        best = _best(wanted, tuple(offered)) if wanted else None
        if best is not None:
            return best
    return default


@lru_cache(maxsize=2048)
def _best(wanted: str, offered: tuple[str, ...]) -> str | None:
    try:
        wanted = standardize(wanted)
    except InvalidTag:
        return None
    ranked = [
        (0 if standardize(tag) == wanted else 1 + tag_distance(wanted, tag), place, tag)
        for place, tag in enumerate(offered)
        if script_of(tag) == script_of(wanted)
    ]
    nearest = min(ranked, default=None)
    return nearest[2] if nearest and nearest[0] <= 1 + READABLE else None
