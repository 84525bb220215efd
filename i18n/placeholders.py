"""Placeholders: the named `%(name)s` in a message, how they are filled, and what a translation must keep of them."""

import re
from collections.abc import Callable

_TOKEN = re.compile(r"%(?:(?P<percent>%)|\((?P<name>\w+)\)(?P<format>[#0 +-]*\d*(?:\.\d+)?[a-zA-Z]))")
_UNNAMED = re.compile(r"%(?:%|\(\w+\)|(?P<unnamed>[sdifr]\b))")
_ELEMENT = re.compile(r"</?[a-zA-Z][\w-]*")


def names(text: str) -> frozenset[str]:
    """The names of the placeholders in a text."""
    return frozenset(match["name"] for match in _TOKEN.finditer(text) if match["name"])


def unnamed(text: str) -> tuple[str, ...]:
    """Placeholders without a name, whose order a translator could not change."""
    return tuple(match[0] for match in _UNNAMED.finditer(text) if match["unnamed"])


def elements(text: str) -> list[str]:
    """The markup in a text, in an order that does not matter."""
    return sorted(_ELEMENT.findall(text))


def fill(text: str, value: Callable[[str], str | None]) -> str:
    """Replace each placeholder by `value(name)`; one without a value stays as it is, `%%` becomes `%`."""

    def replacement(match: re.Match[str]) -> str:
        if match["percent"]:
            return "%"
        filled = value(match["name"])
        return match[0] if filled is None else filled

    return _TOKEN.sub(replacement, text)
