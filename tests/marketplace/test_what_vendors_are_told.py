"""Checks as the vendor may know of them: the same on every page, and never moved by one answer."""

from datetime import timedelta

from sqlalchemy import select

from calibration.models import Track, TrackDay
from calibration.queries import quality_of_lane
from kernel.policy import system_actor
from marketplace.models import Lane
from marketplace.operations import counting
from marketplace.queries import board, home
from tests.marketplace.delivered import Work, lane_with_people
from tests.marketplace.orders import Market


def check(market: Market, work: Work, checked: int, right: float) -> None:
    """The first person's checks so far, as grading keeps them at this moment; then the lane is counted."""
    with market.system() as session:
        lane = session.get_one(Lane, work.lane_id)
        owner = {
            "org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id, "project_id": lane.project_id,
            "lane_id": lane.id, "annotator_id": work.people[0],
        }  # fmt: skip
        state = {"checked": checked, "right": right, "confusion": {}, "classes": {}}
        track = session.scalars(select(Track).where(Track.lane_id == lane.id)).one_or_none()
        if track is None:
            track = Track(**owner, **state, shown={}, updated_at=market.now)
            session.add(track)
        track.checked, track.right = checked, right
        session.merge(TrackDay(**owner, **state, day=market.now.date(), graded_at=market.now))
        counting.count_lane(session, system_actor("test"), lane.id)


def told(market: Market, work: Work, *, client: bool = False) -> list[tuple[int | None, float | None]]:
    """Checks and accuracy on the board, in the list of projects, and on the page of the lane's quality."""
    with market.as_(market.pm if client else market.manager) as session:
        line = next(each for each in board.board_lanes(session) if each.lane_id == work.lane_id)
        listed = home.progress_of(session, [work.project_id])[work.project_id]
        quality = quality_of_lane(session, work.lane_id)
    weakest = listed.weakest.value if listed.weakest else None
    found = [(line.checked or None, line.accuracy), (listed.checked, weakest), (quality.checked, quality.accuracy)]
    return [(checked, share if share is None else round(share, 6)) for checked, share in found]


def test_no_answer_moves_what_a_vendor_is_told_of_checks(market: Market) -> None:
    work = lane_with_people(market)
    check(market, work, 19, 19.0)
    assert told(market, work) == [(None, None)] * 3
    check(market, work, 34, 27.0)
    assert told(market, work) == [(None, None)] * 3, "the day is not over"
    assert told(market, work, client=True)[1:] == [(34, round(27 / 34, 6))] * 2, "the gold is the client's own"
    market.now += timedelta(days=1)
    check(market, work, 35, 27.0)
    assert told(market, work) == [(30, 0.79)] * 3
    check(market, work, 60, 27.0)
    assert told(market, work) == [(30, 0.79)] * 3
