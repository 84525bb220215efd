"""The reader: in which locale and time zone the text at hand is rendered, and which locales are shipped."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from i18n.tags import standardize

SOURCE = "en"
SHIPPED = ("en", "es", "sw", "ar")

_locale: ContextVar[str] = ContextVar("reader_locale", default=SOURCE)
_zone: ContextVar[str] = ContextVar("reader_zone", default="UTC")


def current_locale() -> str:
    return _locale.get()


def set_locale(tag: str) -> None:
    """Render for this reader from here on, in this thread or task; raises InvalidTag."""
    _locale.set(standardize(tag))


@contextmanager
def use_locale(tag: str) -> Iterator[str]:
    """Render for this reader within the block; raises InvalidTag."""
    token = _locale.set(standardize(tag))
    try:
        yield _locale.get()
    finally:
        _locale.reset(token)


def current_zone() -> str:
    return _zone.get()


def set_zone(name: str) -> None:
    """Tell moments as this zone's clocks do from here on, in this thread or task."""
    _zone.set(name)
