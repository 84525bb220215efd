"""After an alarm of somebody's chart: reviewers look again at what rests on their answers since the change."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from calibration.models import Consensus, Judgment
from calibration.operations.drifting import follow_alarm
from calibration.queries.gold import keyed_items
from kernel import audit
from kernel.policy import Actor
from marketplace.models import Lane, LaneProgress, Review, Unit
from marketplace.operations.settling import ask_reviews
from marketplace.queries.lots import accepted_at, count_lot

MOST = 50
"""Units of one alarm, the least sure first: enough to see whether labels have suffered."""


def look_again(session: Session, actor: Actor, track_id: str) -> int:
    """Ask for reviews of units that the person answered since the change; returns how many. System scope.

    Of units that consensus settled, that nobody has reviewed and that no accepted release has brought.
    """
    track, since = follow_alarm(session, actor, track_id)
    lane = session.get(Lane, track.lane_id)
    if since is None or lane is None:
        return 0
    released = accepted_at(session, lane.project_id)
    wanted = (
        select(Unit.id)
        .join(Judgment, (Judgment.org_id == Unit.org_id) & (Judgment.unit_id == Unit.id))
        .outerjoin(Consensus, (Consensus.org_id == Unit.org_id) & (Consensus.unit_id == Unit.id))
        .where(
            Judgment.lane_id == lane.id,
            Judgment.annotator_id == track.annotator_id,
            Judgment.answered_at >= since,
            Judgment.is_late.is_(False),
            Unit.state == "settled",
            Unit.label_source == "consensus",
            Unit.item_id.not_in(keyed_items(lane.id)),
            ~exists().where(Review.org_id == Unit.org_id, Review.unit_id == Unit.id),
        )
        .order_by(Consensus.confidence, Unit.id)
        .limit(MOST)
    )
    if released is not None:
        wanted = wanted.where(Unit.settled_at > released)
    units = session.scalars(wanted).all()
    ask_reviews(session, lane, [(unit_id, "again") for unit_id in units], of="settled")
    progress = session.get(LaneProgress, lane.id)
    if units and progress is not None:
        count_lot(session, lane, progress)
    audit.record(
        session, actor, "drift.followed", "track", track.id, org_id=lane.org_id,
        details={"lane": lane.id, "units": len(units)},
    )  # fmt: skip
    return len(units)
