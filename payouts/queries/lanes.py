"""Lanes, as money names them: whoever knows the lanes (a package above) is asked through a port set at start."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from kernel.ports import Port
from payouts.values import LaneLabel

Directory = Callable[[Session], Sequence[LaneLabel]]
_directory: Port[Directory] = Port("directory of lanes")


def use_lanes(directory: Directory) -> None:
    """Set who lists the lanes that a session's tenant works in; done once, by the composition root."""
    _directory.put(directory)


def lanes(session: Session) -> list[LaneLabel]:
    """The lanes of the session's tenant, by project and locale."""
    found = _directory.get()(session) if _directory.is_set else []
    return sorted(found, key=lambda lane: (lane.project, lane.locale, lane.lane_id))


def has_directory() -> bool:
    """Whether anybody can say which lanes there are."""
    return _directory.is_set
