"""Lanes, as money names them: whoever knows the lanes (a package above) is asked through a port set at start."""

from typing import Protocol

from sqlalchemy.orm import Session

from kernel.ports import Port
from payouts.values import LaneLabel


class Directory(Protocol):
    """Who knows the lanes that a session's tenant works in."""

    def one(self, session: Session, lane_id: str) -> LaneLabel | None: ...

    def page(self, session: Session, after: str | None, limit: int) -> tuple[list[LaneLabel], str | None]: ...


MOST_ROWS = 200
_directory: Port[Directory] = Port("directory of lanes")


def use_lanes(directory: Directory) -> None:
    """Set who knows the lanes; done once, by the composition root."""
    _directory.put(directory)


def lanes(session: Session, *, after: str | None = None, limit: int = 50) -> tuple[list[LaneLabel], str | None]:
    """A page of the lanes of the session's tenant, by project and locale, and where the next begins."""
    return _directory.get().page(session, after, min(limit, MOST_ROWS)) if _directory.is_set else ([], None)


def lane_of(session: Session, lane_id: str) -> LaneLabel | None:
    """A lane of the session's tenant."""
    return _directory.get().one(session, lane_id) if _directory.is_set else None


def has_directory() -> bool:
    """Whether anybody can say which lanes there are."""
    return _directory.is_set
