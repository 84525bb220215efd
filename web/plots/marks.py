"""Small pictures that stand beside words: whisker, progress in parts, sparkline."""

from collections.abc import Sequence
from typing import Literal

from markupsafe import Markup

from web.plots.svg import Scale, drawing, element, path
from web.plots.values import Point, Target, Tick

State = Literal["good", "wait", "bad", ""]


def verdict(low: float, high: float, target: float) -> State:
    """How an interval stands to a target that is to be reached: good or bad only where all of it lies on one side."""
    if low >= target:
        return "good"
    return "bad" if high < target else "wait"


def whisker(
    value: float,
    low: float,
    high: float,
    *,
    scale: tuple[float, float],
    label: str,
    target: float | None = None,
    state: State | None = None,
    width: int = 200,
) -> Markup:
    """A value on its interval. Give every row of a column the same `scale`, so that they can be compared by eye."""
    tone = state if state is not None else ("" if target is None else verdict(low, high, target))
    body = _whisker_body(value, low, high, Scale(*scale, 2, width - 2), target, depth=16)
    return drawing(*body, width=width, height=16, label=label, class_=f"wh {tone}".strip(), sized=True)


def wide_whisker(
    value: float,
    low: float,
    high: float,
    *,
    ends: tuple[Tick, Tick],
    label: str,
    target: Target | None = None,
    state: State | None = None,
) -> Markup:
    """The same, as wide as its column, with the ends of the scale and the target written under it."""
    limit = None if target is None else target.at
    tone = state if state is not None else ("" if limit is None else verdict(low, high, limit))
    at = Scale(ends[0].at, ends[1].at, 2, 318)
    body = _whisker_body(value, low, high, at, limit, depth=18)
    body += _end_words(ends, at, limit)
    if target is not None:
        middle = min(274.0, max(46.0, at(target.at)))
        body.append(element("text", target.text, class_="strong", x=middle, y=31, text_anchor="middle"))
    return drawing(*body, width=320, height=34, label=label, class_=f"wh wh-wide {tone}".strip())


def _end_words(ends: tuple[Tick, Tick], at: Scale, limit: float | None) -> list[Markup]:
    """An end whose words would lie under the target's words stays unwritten."""
    room = [limit is None or at(limit) > 75, limit is None or at(limit) < 245]
    first = element("text", ends[0].text, x=2, y=31)
    last = element("text", ends[1].text, x=318, y=31, text_anchor="end")
    return [words for words, shown in zip((first, last), room, strict=True) if shown]


def _whisker_body(
    value: float, low: float, high: float, at: Scale, target: float | None, *, depth: int
) -> list[Markup]:
    body = [
        element("line", class_="wh-t", x1=at.start, x2=at.end, y1=8, y2=8),
        element("rect", class_="wh-b", x=at(low), y=4, width=max(1.0, at(high) - at(low)), height=8, rx="1.5"),
    ]
    if target is not None:
        body.append(element("line", class_="wh-g", x1=at(target), x2=at(target), y1=0, y2=depth))
    body.append(element("circle", class_="wh-d", cx=at(value), cy=8, r=4))
    return body


def progress(shares: Sequence[float], *, label: str) -> Markup:
    """Parts of one whole (settled, in review, the rest stays open), each a share from 0 to 1; a thin gap parts them."""
    body, start = [], 0.0
    for tone, share in enumerate(shares, start=1):
        end = min(1.0, start + max(0.0, share))
        if end > start:
            width = max(0.4, (end - start) * 100 - 0.4)
            body.append(element("rect", class_=f"f{tone}", x=start * 100, y=0, width=width, height=4))
        start = end
    return element(
        "svg",
        *(body or [Markup("")]),
        class_="parts",
        viewbox="0 0 100 4",
        preserveaspectratio="none",
        role="img",
        aria_label=str(label),
    )


def sparkline(
    points: Sequence[Point], *, label: str, text: str, target: float | None = None, too_few: str = "", need: int = 2
) -> Markup:
    """One series in the space of a few words, last value written at its end; for small multiples give one `scale` by
    padding with equal lows and highs."""
    known = [point for point in points if point.y is not None]
    if len(known) < need:
        words = element("text", too_few, x=2, y=36)
        return drawing(words, width=180, height=64, label=label, class_="plot")
    across = Scale(known[0].x, known[-1].x, 2, 146)
    down = _heights(known, target)
    body = _band(known, across, down)
    if target is not None:
        body.append(element("line", class_="tg", x1=2, x2=146, y1=down(target), y2=down(target)))
    places = [(across(p.x), down(p.y)) for p in known if p.y is not None]
    body.append(element("path", class_="ln k1", d=path(places)))
    body.append(element("text", text, class_="strong", x=151, y=places[-1][1] + 4))
    return drawing(*body, width=180, height=64, label=label, class_="plot")


def _heights(known: Sequence[Point], target: float | None) -> Scale:
    seen = [v for p in known for v in (p.y, p.low, p.high) if v is not None]
    seen += [] if target is None else [target]
    return Scale(min(seen), max(seen), 58.0, 6.0)


def _band(known: Sequence[Point], across: Scale, down: Scale) -> list[Markup]:
    sided = [(across(p.x), p.low, p.high) for p in known if p.low is not None and p.high is not None]
    if len(sided) < 2:
        return []
    upper = [(x, down(high)) for x, _, high in sided]
    lower = [(x, down(low)) for x, low, _ in reversed(sided)]
    return [element("path", class_="bd f1", d=path(upper + lower, closed=True))]
