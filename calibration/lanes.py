"""Where lane facts come from: a provider put in place from above, as lanes belong to a package above."""

from sqlalchemy.orm import Session

from calibration.values import LaneFacts, LaneProvider
from kernel.errors import Misuse
from kernel.guard import not_found

_provider: list[LaneProvider] = []


def use_provider(provider: LaneProvider) -> None:
    """Let this function answer for lanes from now on."""
    _provider[:] = [provider]


def find_lane(session: Session, lane_id: str) -> LaneFacts | None:
    """The facts of a lane that this transaction may see, or None."""
    if not _provider:
        raise Misuse("no provider of lane facts is in place")
    return _provider[0](session, lane_id)


def lane_of(session: Session, lane_id: str) -> LaneFacts:
    """The facts of a lane; raises NotFound for one that does not exist or is not to be known of."""
    facts = find_lane(session, lane_id)
    if facts is None:
        raise not_found()
    return facts
