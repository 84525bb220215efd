"""Plots with one row a name: bars against a target, whiskers by locale."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from web.plots.svg import Scale, drawing, element
from web.plots.values import Bar, Interval, Target, Tick

WIDTH = 340
START, END = 118.0, 326.0
ROW, FIRST = 28.0, 34.0
NAME_LENGTH = 17
FITTED = {"textLength": "112", "lengthAdjust": "spacingAndGlyphs"}


def bars(rows: Sequence[Bar], *, label: str, target: Target | None = None, too_few: str = "") -> Markup:
    """Lengths from zero, each with its words at the end, against one target (a floor, a plan)."""
    known = [row.value for row in rows if row.value is not None]
    if not known:
        return _waiting(too_few, label)
    top = max([*known, *([] if target is None else [target.at])])
    across = Scale(0.0, top, START, 278.0)
    foot = _foot(len(rows))
    body = [mark for index, row in enumerate(rows) for mark in _bar(row, FIRST + index * ROW, across)]
    body += _target(target, across, foot)
    body += [_length(row, FIRST + index * ROW, across) for index, row in enumerate(rows)]
    return drawing(*body, width=WIDTH, height=foot + 2, label=label, class_="plot")


def whiskers(
    rows: Sequence[Interval], *, label: str, x_ticks: Sequence[Tick], target: Target | None = None, too_few: str = ""
) -> Markup:
    """Values on their intervals, all on the scale that the outer ticks span."""
    if not rows or len(x_ticks) < 2:
        return _waiting(too_few, label)
    across = Scale(x_ticks[0].at, x_ticks[-1].at, START, END)
    foot = _foot(len(rows))
    body = [mark for tick in x_ticks for mark in _tick(tick, across, foot)]
    body += _target(target, across, foot)
    body += [mark for index, row in enumerate(rows) for mark in _interval(row, FIRST + index * ROW, across)]
    return drawing(*body, width=WIDTH, height=foot + 20, label=label, class_="plot")


def _foot(count: int) -> float:
    return FIRST + (count - 1) * ROW + 16


def _waiting(too_few: str, label: str) -> Markup:
    words = element("text", too_few, x=170, y=34, text_anchor="middle")
    return drawing(words, width=WIDTH, height=60, label=label, class_="plot")


def _name(name: str, y: float) -> Iterator[Markup]:
    """A long name breaks before its bracket, as names of locales have one; a line too long yet is set closer."""
    head, bracket, rest = name.partition(" (")
    broken = len(name) > NAME_LENGTH and bool(bracket)
    lines = [(head, y - 3), (f"({rest}", y + 10)] if broken else [(name, y + 4)]
    for words, at in lines:
        yield element("text", words, x=0, y=at, **(FITTED if len(words) > NAME_LENGTH + 2 else {}))


def _bar(row: Bar, y: float, across: Scale) -> Iterator[Markup]:
    yield from _name(row.name, y)
    if row.value is not None:
        width = across(row.value) - START
        yield element("rect", class_=f"f{row.tone}", x=START, y=y - 8, width=width, height=16, rx=2)


def _length(row: Bar, y: float, across: Scale) -> Markup:
    """Drawn after the target's line, which may pass just there."""
    end = START if row.value is None else across(row.value)
    return element("text", row.text, class_="strong", x=end + 6, y=y + 4)


def _interval(row: Interval, y: float, across: Scale) -> Iterator[Markup]:
    yield from _name(row.name, y)
    if row.value is None:
        yield element("text", row.text, x=START + 6, y=y + 4)
        return
    if row.low is not None and row.high is not None:
        yield element("line", class_=f"ln k{row.tone}", x1=across(row.low), x2=across(row.high), y1=y, y2=y)
    yield element("circle", class_=f"f{row.tone}", cx=across(row.value), cy=y, r="4.5")


def _tick(tick: Tick, across: Scale, foot: float) -> Iterator[Markup]:
    x = across(tick.at)
    yield element("line", class_="gl", x1=x, x2=x, y1=20, y2=foot)
    yield element("text", tick.text, x=x, y=foot + 14, text_anchor="middle")


def _target(target: Target | None, across: Scale, foot: float) -> Iterator[Markup]:
    if target is not None:
        x = across(target.at)
        yield element("line", class_="tg", x1=x, x2=x, y1=14, y2=foot)
        yield element("text", target.text, class_="strong", x=x, y=10, text_anchor="middle")
