"""The reader: in which locale the text at hand is rendered, and which locales are shipped."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from i18n.tags import standardize

SOURCE = "en"
SHIPPED = ("en", "es", "sw", "ar")

_locale: ContextVar[str] = ContextVar("reader_locale", default=SOURCE)


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
