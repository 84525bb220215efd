"""Marked text: a text cut at the ends of its spans into well-nested pieces, and the ruler to count its offsets by."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Any

DEEPEST = 12
"""Marks that stand within each other; deeper ones cannot be told apart, and crossing ones would multiply."""

MOST_TICKS = 2_000
_WORD = re.compile(r"\s*\S+\s*")
_LONG_WORD = 12  # Code points from which a stretch without a space is cut, as whole sentences of Thai or Chinese are.
_CUT = 10


class Step(StrEnum):
    """What comes next in a marked text."""

    OPEN = "open"
    TEXT = "text"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Piece:
    """One step: a stretch of text, or the edge of a mark with its class.

    `is_cut` says of an edge that the span goes on beyond it: where two spans cross, one of them is marked in parts.
    """

    step: Step
    text: str = ""
    label: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A stretch of the text with its offsets, counted in code points."""

    start: int
    end: int
    text: str


_Span = tuple[int, int, str]


def segments(text: str, spans: Iterable[Any]) -> tuple[Piece, ...]:
    """The steps that write the text with its spans as nested marks; the texts joined are the text again.

    Spans are JSON objects with `start`, `end` and `label`. What lies outside the text is left out, and so is what
    would stand deeper than `DEEPEST`.
    """
    kept = sorted(set(_inside(text, spans)), key=lambda span: (span[0], -span[1], span[2]))
    pieces: list[Piece] = []
    stack: list[_Span] = []
    at = 0
    for edge in sorted({0, len(text), *(place for span in kept for place in span[:2])}):
        if edge > at:
            pieces.append(Piece(Step.TEXT, text[at:edge]))
        pieces.extend(_closed(stack, edge))
        while kept and kept[0][0] == edge:
            pieces.extend(_opened(stack, kept.pop(0)))
        at = edge
    return tuple(pieces)


def ruler(text: str) -> tuple[Tick, ...]:
    """The text word by word with its offsets; in a long text several words make one tick."""
    words = [tick for found in _WORD.finditer(text) for tick in _cut(found.start(), found.group())]
    if not words:
        return (Tick(0, len(text), text),) if text else ()
    group = ceil(len(words) / MOST_TICKS)
    starts = [tick.start for tick in words[::group]]
    return tuple(Tick(start, end, text[start:end]) for start, end in zip(starts, [*starts[1:], len(text)], strict=True))


def _inside(text: str, spans: Iterable[Any]) -> Iterator[_Span]:
    for span in spans:
        start, end = span["start"], span["end"]
        if 0 <= start < end <= len(text):
            yield start, end, span["label"]


def _opened(stack: list[_Span], span: _Span) -> Iterator[Piece]:
    if len(stack) < DEEPEST:
        stack.append(span)
        yield Piece(Step.OPEN, label=span[2])


def _closed(stack: list[_Span], edge: int) -> Iterator[Piece]:
    """Close what ends here. What was opened later and goes on is closed before it and opened again after it."""
    lowest = next((depth for depth, span in enumerate(stack) if span[1] == edge), len(stack))
    above, stack[lowest:] = stack[lowest:], []
    for _start, end, label in reversed(above):
        yield Piece(Step.CLOSE, label=label, is_cut=end != edge)
    for span in above:
        if span[1] != edge:
            stack.append(span)
            yield Piece(Step.OPEN, label=span[2], is_cut=True)


def _cut(start: int, word: str) -> Iterator[Tick]:
    size = _CUT if len(word.strip()) > _LONG_WORD else len(word)
    for offset in range(0, len(word), size):
        part = word[offset : offset + size]
        yield Tick(start + offset, start + offset + len(part), part)
