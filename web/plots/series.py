"""Plots over time: line with band, target, events and forecast."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from web.plots.svg import Scale, drawing, element, path
from web.plots.values import Event, Point, Target, Tick, has_enough

WIDTH, HEIGHT = 340, 190
LEFT, RIGHT, TOP, FOOT = 40.0, 330.0, 20.0, 166.0


def line(
    points: Sequence[Point],
    *,
    label: str,
    y_ticks: Sequence[Tick],
    x_ticks: Sequence[Tick] = (),
    target: Target | None = None,
    limits: Sequence[Target] = (),
    events: Sequence[Event] = (),
    forecast: Sequence[Point] = (),
    last: str = "",
    too_few: str = "",
    need: int = 2,
) -> Markup:
    """One series on its interval. `label` says the finding, `last` is the newest value in words, `too_few` the
    sentence shown while fewer than `need` points are known, `limits` are further targets. Height runs over all values
    and the outer ticks."""
    everything = [*points, *forecast]
    if not has_enough(points, need) or not y_ticks:
        return _waiting(too_few, label)
    across = Scale(min(p.x for p in everything), max(p.x for p in everything), LEFT, RIGHT)
    targets = [*([] if target is None else [target]), *limits]
    down = _heights(everything, y_ticks, targets)
    body = [*_grid(y_ticks, down), *_feet(x_ticks, across), *_events(events, across)]
    body += _drawn(points, across, down)
    body += _drawn(forecast, across, down, style="ln k1 ft")
    body += _last_words(points, across, down, last)
    body += [mark for each in targets for mark in _target(each, down)]
    body.append(element("line", class_="ax", x1=LEFT, x2=RIGHT, y1=FOOT, y2=FOOT))
    return drawing(*body, width=WIDTH, height=HEIGHT, label=label, class_="plot")


def _waiting(too_few: str, label: str) -> Markup:
    axis = element("line", class_="ax", x1=LEFT, x2=RIGHT, y1=70, y2=70)
    words = element("text", too_few, x=(LEFT + RIGHT) / 2, y=44, text_anchor="middle")
    return drawing(axis, words, width=WIDTH, height=80, label=label, class_="plot")


def _heights(points: Sequence[Point], y_ticks: Sequence[Tick], targets: Sequence[Target]) -> Scale:
    seen = [value for p in points for value in (p.y, p.low, p.high) if value is not None]
    seen += [tick.at for tick in y_ticks] + [target.at for target in targets]
    return Scale(min(seen), max(seen), FOOT, TOP)


def _grid(y_ticks: Sequence[Tick], down: Scale) -> Iterator[Markup]:
    for tick in y_ticks:
        y = down(tick.at)
        yield element("line", class_="gl", x1=LEFT, x2=RIGHT, y1=y, y2=y)
        yield element("text", tick.text, x=LEFT - 6, y=y + 4, text_anchor="end")


def _feet(x_ticks: Sequence[Tick], across: Scale) -> Iterator[Markup]:
    for tick in x_ticks:
        x = across(tick.at)
        anchor = "start" if x < LEFT + 20 else "end" if x > RIGHT - 20 else "middle"
        yield element("text", tick.text, x=x, y=184, text_anchor=anchor)


def _events(events: Sequence[Event], across: Scale) -> Iterator[Markup]:
    for event in events:
        x = across(event.x)
        left = x > RIGHT - max(50.0, 6.5 * len(event.text))
        yield element("line", class_="ev", x1=x, x2=x, y1=12, y2=FOOT)
        yield element("text", event.text, x=x - 4 if left else x + 4, y=161, text_anchor="end" if left else None)


def _drawn(points: Sequence[Point], across: Scale, down: Scale, *, style: str = "ln k1") -> Iterator[Markup]:
    for run in _runs(points):
        band = [(across(p.x), p.low, p.high) for p in run if p.low is not None and p.high is not None]
        if len(band) > 1:
            edge = [(x, down(high)) for x, _, high in band] + [(x, down(low)) for x, low, _ in reversed(band)]
            yield element("path", class_="bd f1", d=path(edge, closed=True))
        yield element("path", class_=style, d=path([(across(p.x), down(p.y)) for p in run if p.y is not None]))


def _runs(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Stretches without a gap: nothing is drawn across days on which nothing was measured."""
    run: list[Point] = []
    for point in points:
        if point.y is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _last_words(points: Sequence[Point], across: Scale, down: Scale, last: str) -> Iterator[Markup]:
    """Above the band of the newest point, so that the words do not lie on their own line."""
    known = [p for p in points if p.y is not None]
    if last:
        newest = known[-1]
        top = max(value for value in (newest.y, newest.high) if value is not None)
        yield element("text", last, class_="strong", x=across(newest.x), y=max(12.0, down(top) - 6), text_anchor="end")


def _target(target: Target, down: Scale) -> Iterator[Markup]:
    y = down(target.at)
    yield element("line", class_="tg", x1=LEFT, x2=RIGHT, y1=y, y2=y)
    yield element("text", target.text, class_="strong", x=LEFT + 4, y=y - 5)
