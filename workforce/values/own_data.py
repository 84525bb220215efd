"""What a person asked of their data, as they see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WAIT = timedelta(days=14)  # between the asking and the carrying of an erasure; until then it can be taken back
KEPT = timedelta(days=1)  # how long the file of an export lies ready


class DataKind(StrEnum):
    """What is asked for."""

    EXPORT = "export"
    ERASURE = "erasure"


class DataState(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    READY = "ready"
    TAKEN = "taken"
    OVER = "over"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class DataRequestView:
    """One request."""

    id: str
    account_id: str
    kind: DataKind
    state: DataState
    asked_at: datetime
    due_at: datetime
    done_at: datetime | None
    held_up_by: str
    size: int
    sha256: str | None
