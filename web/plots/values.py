"""What plots are drawn from: points, rows, ticks, targets; all numbers plain, all words in the reader's language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

Words = Callable[[float], str]


@dataclass(frozen=True)
class Point:
    """One measured place; `y` None is a gap; `low` and `high` are the interval drawn as a band."""

    x: float
    y: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Tick:
    """A place on an axis and the words under it."""

    at: float
    text: str


@dataclass(frozen=True)
class Target:
    """A limit or goal: the dashed line, with its words (`Target 85%`)."""

    at: float
    text: str


@dataclass(frozen=True)
class Event:
    """Something that happened at `x`: a thin line with its words at the foot (`3.2`)."""

    x: float
    text: str


@dataclass(frozen=True)
class Bar:
    """A row with one length; `tone` 1 to 5 picks the series colour. `value` None prints only the words."""

    name: str
    value: float | None
    text: str
    tone: int = 1


@dataclass(frozen=True)
class Interval:
    """A row with a value and its interval; `value` None prints `text` instead (`not yet, 9 of 40 checks`)."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    text: str = ""
    tone: int = 1


def ticks(low: float, high: float, words: Words, *, about: int = 4) -> list[Tick]:
    """Ticks at round values (1, 2, 2.5, 5 times a power of ten) that lie inside `low..high`."""
    if high <= low:
        return [Tick(low, words(low))]
    step = _round_step((high - low) / about)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    places = [round(n * step, 10) for n in range(first, last + 1)]
    return [Tick(at, words(at)) for at in places]


def _round_step(raw: float) -> float:
    power = 10.0 ** floor(log10(raw))
    return float(next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9)))


def has_enough(points: Sequence[Point], need: int) -> bool:
    return sum(1 for point in points if point.y is not None) >= need
