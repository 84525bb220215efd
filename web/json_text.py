"""Strict JSON: one way to read it that refuses what readers disagree on, one canonical way to write it."""

import hashlib
import json
import math
from collections.abc import Iterable
from typing import Any

from i18n import Message, _

MAX_DEPTH = 50
MAX_WHOLE_NUMBER = 2**53


class BadJson(ValueError):
    """The text is not JSON that everybody reads alike; `position` is the character it stops at, from 1, if known."""

    def __init__(self, code: str, message: Message, position: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.position = position


def read_json(text: str, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text; duplicate keys, NaN, infinities, huge whole numbers and deep nesting are refused."""
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise BadJson(
            "json.syntax", _("This is not valid JSON at character %(position)s.", position=error.pos + 1), error.pos + 1
        ) from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    if text.count("{") + text.count("[") > max_depth and _is_deeper_than(value, max_depth):
        raise _too_deep(max_depth)
    return value


def canonical_json(value: Any) -> str:
    """The one text of a JSON value: keys sorted, no spaces, no escapes that are not needed, no NaN."""
    return _encoder.encode(value)


def sha256_of(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def is_storable(text: str) -> bool:
    """Whether a database and UTF-8 can hold the text: no NUL, no lone half of a surrogate pair."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def path_of_unstorable(value: Any, path: str = "") -> str | None:
    """Where the first text stands that cannot be stored, as `lines.3.locale`; a key stands where its object does."""
    if isinstance(value, str):
        return None if is_storable(value) else path
    if isinstance(value, dict):
        if not all(is_storable(key) for key in value):
            return path
        parts: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        return None
    found = (path_of_unstorable(inner, f"{path}.{key}" if path else str(key)) for key, inner in parts)
    return next((each for each in found if each is not None), None)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadJson("json.duplicate_key", _("The key “%(key)s” stands twice in one object.", key=twice[:80]))
    return value


def _constant(name: str) -> Any:
    raise BadJson("json.not_a_number", _("%(name)s is not a JSON number.", name=name))


def _whole(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_WHOLE_NUMBER:
        raise BadJson("json.number_too_big", _("The number %(number)s is too big to be exact.", number=digits[:40]))
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadJson("json.number_too_big", _("The number %(number)s is too big to be exact.", number=digits[:40]))
    return number


def _is_deeper_than(value: Any, depth: int) -> bool:
    level = [value]
    for _level in range(depth):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return False
    return any(isinstance(inner, dict | list) for inner in level)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, dict | list)]
    return [inner for inner in value if isinstance(inner, dict | list)] if isinstance(value, list) else []


def _too_deep(max_depth: int) -> BadJson:
    return BadJson("json.too_deep", _("Objects and lists are nested deeper than %(depth)s levels.", depth=max_depth))


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole, parse_float=_fraction
)
_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
