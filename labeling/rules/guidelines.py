"""Guidelines: reading their texts strictly, which text a reader gets, and whose language is missing."""

from collections.abc import Iterable, Sequence
from typing import Any

from i18n import _
from i18n.negotiation import negotiate
from labeling.rules.reading import Reader, join
from labeling.values import MAX_TEXT, InvalidGuideline

MAX_BYTES = 100_000
MAX_LOCALES = 100
_MOST_WISHES = 10


def read_texts(payload: Any) -> dict[str, str]:
    """Texts by standardized locale, with plain line ends; raises `InvalidGuideline` with everything that is wrong."""
    reader = Reader()
    texts = reader.texts_by_locale(payload, "texts", MAX_TEXT, MAX_LOCALES)
    tidy = {tag: _tidy(text) for tag, text in texts.items()}
    if not tidy and not reader.problems:
        reader.note("texts", "missing", _("The guidelines are needed in at least one language."))
    for tag, text in tidy.items():
        _check_size(reader, text, join("texts", tag))
    if reader.problems:
        raise InvalidGuideline(reader.problems)
    return tidy


def best_locale(texts: Iterable[str], locales: Sequence[str]) -> str:
    """Which of the texts a reader gets, given the locales they would like, best first.

    A text that the first of them can be read in, else the second, and so on; then English; then the first there is.
    """
    offered = tuple(sorted(texts))
    return negotiate([*locales[:_MOST_WISHES], "en"], offered, default=offered[0])


def gaps(texts: Iterable[str], locales: Iterable[str]) -> tuple[str, ...]:
    """The locales whose readers find no text that they can read with little effort, in alphabetical order."""
    offered = tuple(sorted(texts))
    return tuple(sorted({tag for tag in locales if not negotiate([tag], offered, default="")}))


def paragraphs(text: str) -> tuple[tuple[str, ...], ...]:
    """The text cut at blank lines into paragraphs, each of them its lines."""
    found: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            found[-1].append(line.rstrip())
        elif found[-1]:
            found.append([])
    return tuple(tuple(lines) for lines in found if lines)


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _check_size(reader: Reader, text: str, path: str) -> None:
    size = len(text.encode("utf-8"))
    if size > MAX_BYTES:
        problem = _("The text has %(size)s bytes; at most %(most)s are allowed.", size=size, most=MAX_BYTES)
        reader.note(path, "too_big", problem)
