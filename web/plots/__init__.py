"""Plots: pure functions from numbers and the reader's words to SVG, the same in every direction of writing."""

from web.plots.heat import heat
from web.plots.marks import progress, sparkline, verdict, whisker, wide_whisker
from web.plots.rows import bars, whiskers
from web.plots.series import line
from web.plots.values import Bar, Event, Interval, Point, Target, Tick, ticks

__all__ = [
    "Bar",
    "Event",
    "Interval",
    "Point",
    "Target",
    "Tick",
    "bars",
    "heat",
    "line",
    "progress",
    "sparkline",
    "ticks",
    "verdict",
    "whisker",
    "whiskers",
    "wide_whisker",
]
