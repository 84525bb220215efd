"""Where lane facts come from: a provider put in place from above, as lanes belong to a package above."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from calibration.values import LaneFacts, LaneProvider
from kernel.guard import not_found
from kernel.ports import Port

_provider: Port[LaneProvider] = Port("provider of lane facts")

_people: Port[Callable[[Session, str, Sequence[str]], frozenset[str]]] = Port("people whom a lane's test suits")


def use_provider(provider: LaneProvider) -> None:
    """Let this function answer for lanes from now on."""
    _provider.put(provider)


def find_lane(session: Session, lane_id: str, annotator_id: str | None = None) -> LaneFacts | None:
    """The facts of a lane that this transaction may see, or None; with its demands on an annotator, if one is named."""
    return _provider.get()(session, lane_id, annotator_id)


def lane_of(session: Session, lane_id: str, annotator_id: str | None = None) -> LaneFacts:
    """The facts of a lane; raises NotFound for one that does not exist or is not to be known of."""
    facts = find_lane(session, lane_id, annotator_id)
    if facts is None:
        raise not_found()
    return facts


def use_people_for_test(provider: Callable[[Session, str, Sequence[str]], frozenset[str]]) -> None:
    """Let this function say which of many annotators meet what a lane asks of whoever takes its test."""
    _people.put(provider)


def people_for_test(session: Session, lane_id: str, annotator_ids: Sequence[str]) -> frozenset[str]:
    """Those of these annotators who meet all demands of a lane (as `lane_of` tells them of one), asked at once."""
    return _people.get()(session, lane_id, annotator_ids)
