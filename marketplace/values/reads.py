"""Values of reads: who was shown restricted content, as what, when, and for what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from i18n import Message, _


class Why(StrEnum):
    """For what somebody was shown a unit's content."""

    HANDED_OUT = "handed_out"
    WORKED_ON = "worked_on"
    TESTED = "tested"
    REVIEWED = "reviewed"
    LOOKED_AT = "looked_at"
    ORIGINAL = "original"
    FILE = "file"
    VOICE = "voice"
    EXPORTED = "exported"


WHY_WORDS: dict[str, Message] = {
    Why.HANDED_OUT: _("handed out to be answered"),
    Why.WORKED_ON: _("open while it was answered"),
    Why.TESTED: _("asked in a test"),
    Why.REVIEWED: _("reviewed"),
    Why.LOOKED_AT: _("looked at"),
    Why.ORIGINAL: _("the original behind a mask"),
    Why.FILE: _("a picture or recording of it"),
    Why.VOICE: _("a recording of somebody who speaks, for a check by natives"),
    Why.EXPORTED: _("taken away in a release"),
}


@dataclass(frozen=True)
class ReadFilter:
    """Which reads."""

    unit: str = ""
    project: str = ""
    reader: str = ""
    role: str = ""
    why: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class ReadRow:
    """One read. `name` is told of the client's own people alone; others stay the pseudonym that this client has.
    `reason` is what they wrote where the original behind a mask was shown."""

    id: str
    at: datetime
    unit: str
    project: str
    project_name: str
    classification: str
    reader: str
    name: str
    role: str
    why: str
    reason: str
    seq: int | None
    hash: str | None
