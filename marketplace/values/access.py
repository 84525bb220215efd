"""Values of the access review: who may see what, since when, until when, and when they last did."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AccessAct(StrEnum):
    """What a review does to an access."""

    RENEW = "renew"
    END = "end"


@dataclass(frozen=True)
class AccessRow:
    """One access: a person's clearance (by the person) or a vendor's grant (by the project)."""

    id: str
    who: str
    classification: str
    since: datetime | None
    until: datetime | None
    last_used: datetime | None
    ends_soon: bool


@dataclass(frozen=True)
class AccessReviewed:
    """What becomes of one access, or would: its end afterwards, None where it has ended."""

    id: str
    who: str
    classification: str
    until: datetime | None
