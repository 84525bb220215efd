"""Deferred messages: what to say, with its values, before it is known who reads it and in which language."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from i18n import formats, placeholders
from i18n.catalogs import translations
from i18n.figures import FORMATTERS, Figure
from i18n.reader import current_locale, current_zone, set_locale, set_zone, use_locale

__all__ = [
    "Message",
    "_",
    "current_locale",
    "fill",
    "ngettext",
    "render",
    "set_locale",
    "set_zone",
    "use_locale",
]


@dataclass(frozen=True)
class Message:
    """A sentence to be translated; `str()` renders it for the current reader, `to_json()` keeps it for a later one."""

    msgid: str
    params: tuple[tuple[str, Any], ...] = ()
    plural: str | None = None
    n: int | None = None

    def __str__(self) -> str:
        return render(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON from which `from_json` makes the same message; numbers, times and messages keep their kind."""
        document: dict[str, Any] = {"msgid": self.msgid}
        if self.params:
            document["params"] = {name: _encode(value) for name, value in self.params}
        if self.plural is not None:
            document |= {"plural": self.plural, "n": self.n}
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Message":
        """Raises ValueError for what `to_json` never writes."""
        match document:
            case {"msgid": str(msgid), **rest} if not set(rest) - {"params", "plural", "n"}:
                params, plural, n = rest.get("params", {}), rest.get("plural"), rest.get("n")
            case _:
                raise ValueError("not a message")
        if not isinstance(params, dict) or not isinstance(plural, str | None) or not isinstance(n, int | None):
            raise ValueError("not a message")
        return cls(
            msgid,
            _frozen({name: _decode(value) for name, value in params.items()}),
            plural,
            n,
        )


def _(msgid: str, /, **params: Any) -> Message:
    """A deferred message with named placeholders: `_("Only %(n)s left.", n=3)`."""
    return Message(msgid, _frozen(params))


def ngettext(singular: str, plural: str, n: int, /, **params: Any) -> Message:
    """A deferred message whose wording depends on a count, which it may show as `%(num)s`."""
    return Message(singular, _frozen({"num": n} | params), plural, n)


def render(value: "Message | str", locale: str | None = None) -> str:
    """The text for a reader of `locale`, or for the current one. Never raises: a missing value shows its placeholder.

    Numbers among the parameters are written as the reader writes them, moments as the reader's clock shows them; pass
    identifiers and years as strings.
    """
    if not isinstance(value, Message):
        return str(value)
    tag = locale or current_locale()
    return fill(_translated(value, tag), dict(value.params), tag)


def fill(
    text: str,
    params: Mapping[str, Any],
    locale: str,
    *,
    finish: Callable[[Any], str] = str,
) -> str:
    """The translated text with its placeholders filled; `finish` has the last word on each value (escaping, say)."""
    return placeholders.fill(
        text,
        lambda name: finish(_shown(params[name], locale)) if name in params else None,
    )


def _translated(message: Message, locale: str) -> str:
    catalog = translations(locale)
    if message.plural is None:
        # The empty msgid is where a catalog keeps its header.
        return catalog.gettext(message.msgid) if message.msgid else ""
    if not isinstance(message.n, int):
        return catalog.ngettext(message.msgid, message.plural, 2)
    return catalog.ngettext(message.msgid, message.plural, abs(message.n))


def _shown(value: Any, locale: str) -> Any:
    try:
        return _formatted(value, locale)
    except Exception:
        # An error page whose sentence cannot be built would hide the error itself.
        return _plain(value)


def _formatted(value: Any, locale: str) -> Any:
    match value:
        case Message():
            return render(value, locale)
        case Figure():
            return value.render(locale)
        case bool() | None:
            return str(value)
        case int() | float() | Decimal():
            return formats.number(value, locale=locale)
        case dt.datetime():
            return formats.datetime(value, current_zone(), locale)
        case dt.date():
            return formats.date(value, locale=locale)
        case tuple() | list():
            return formats.list_and([_shown(item, locale) for item in value], locale)
        case str():
            return value
        case _:
            with use_locale(locale):
                return value if hasattr(value, "__html__") else str(value)


def _plain(value: Any) -> str:
    try:
        return str(value)
    except Exception:
        return ""


def _frozen(params: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((name, tuple(v) if isinstance(v, list) else v) for name, v in params.items()))


def _encode(value: Any) -> Any:
    match value:
        case Message():
            return {"$message": value.to_json()}
        case Figure():
            return {"$figure": [value.kind, *(_encode(arg) for arg in value.args)]}
        case str() | bool() | int() | None:
            return value
        case float() | Decimal():
            return {"$decimal": str(value)}
        case dt.datetime():
            return {"$datetime": value.isoformat()}
        case dt.date():
            return {"$date": value.isoformat()}
        case tuple() | list():
            return [_encode(item) for item in value]
        case _:
            return _plain(value)


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    match value:
        case {"$message": dict(inner)}:
            return Message.from_json(inner)
        case {"$figure": [str(kind), *args]} if kind in FORMATTERS:
            return Figure(kind, tuple(_decode(arg) for arg in args))
        case {"$decimal": str(text)}:
            return _decimal(text)
        case {"$datetime": str(text)}:
            return dt.datetime.fromisoformat(text)
        case {"$date": str(text)}:
            return dt.date.fromisoformat(text)
    raise ValueError("not a message's parameter")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError("not a number") from error
