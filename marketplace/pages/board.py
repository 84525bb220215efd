"""The vendor's home: what needs somebody today, everything promised, throughput and quality as plots."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime

from flask import Response

from i18n import _, current_locale, formats
from i18n.tags import display_name
from kernel import db
from marketplace.queries import board
from web import current, plots
from web.pages import Pages
from web.render import page

pages = Pages("board", "marketplace")

ENOUGH = 20
LOCALES_MOST = 12
NAME_LENGTH = 22  # longer ones would be squeezed


@pages.get("/board")
def home() -> Response:
    """The board."""
    with db.reading(current.scope()) as session:
        lanes = board.board_lanes(session)
        days = board.throughput(session)
        waiting = board.waiting(session)
    return page(
        "marketplace/board.html", lanes=lanes, waiting=waiting, days=days, throughput=_throughput(days),
        quality=_quality(lanes), unplotted=max(0, len(lanes) - LOCALES_MOST), progress=plots.progress,
    )  # fmt: skip


def _throughput(days: Sequence[tuple[date, int]]) -> str:
    """Answers a day as a line; its ticks are the first, the middle and the last day."""
    top = max((count for _day, count in days), default=0)
    points = [plots.Point(place, count) for place, (_day, count) in enumerate(days)]
    places = (0, len(days) // 2, len(days) - 1)
    return plots.line(
        points,
        label=str(_("Answers a day over the last two weeks, at most %(most)s", most=top)),
        y_ticks=plots.ticks(0, max(top, 4), lambda value: formats.number(int(value))),
        x_ticks=[plots.Tick(place, _short(days[place][0])) for place in places],
        too_few=str(_("No answers in the last two weeks.")) if top == 0 else "",
        need=2 if top else len(points) + 1,
    )


def _short(day: date) -> str:
    return formats.date(datetime(day.year, day.month, day.day, tzinfo=UTC), length="short")


def _scale(lowest: float) -> tuple[float, ...]:
    """Where the scale's ticks stand, so that the whole of the longest interval is on it."""
    return (0.5, 0.75, 1.0) if lowest >= 0.5 else (0.25, 0.5, 0.75, 1.0) if lowest >= 0.25 else (0.0, 0.5, 1.0)


def _row_name(lane: board.BoardLane, *, is_twice: bool) -> str:
    if not is_twice:
        return display_name(lane.locale, current_locale())
    name = f"{lane.locale} {lane.project_name}"
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1].rstrip() + "…"


def _quality(lanes: Sequence[board.BoardLane]) -> str:
    """The accuracy of the first lanes; a locale that stands there for two projects is named with them."""
    named = Counter(lane.locale for lane in lanes)
    rows = [
        plots.Interval(
            _row_name(lane, is_twice=named[lane.locale] > 1), lane.accuracy if lane.checked >= ENOUGH else None,
            lane.low, lane.high, text=str(_("not yet, from %(need)s checks on", need=ENOUGH)),
        )
        for lane in lanes[:LOCALES_MOST]
    ]  # fmt: skip
    known = [row for row in rows if row.value is not None]
    return plots.whiskers(
        rows,
        label=str(_("Accuracy on gold by locale, with 95% intervals")),
        x_ticks=[
            plots.Tick(at, formats.percent(at)) for at in _scale(min((row.low or 0.0 for row in known), default=0.5))
        ],
        too_few=str(_("No lane is at work yet.")),
    )
