"""How long content is kept, as a value."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Kept:
    """How long the content of a project is kept."""

    days: int
    until: datetime | None  # None before its end
    removed_at: datetime | None  # when the last of it was removed
