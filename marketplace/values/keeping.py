"""How long content is kept, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from i18n import Message, _


class Hold(StrEnum):
    """What a project's content is still needed for, after its day."""

    WORK = "work"
    REVIEW = "review"
    EXAM = "exam"
    OBJECTION = "objection"
    PAY = "pay"
    APPEAL = "appeal"


HOLD_WORDS: Mapping[Hold, Message] = {
    Hold.WORK: _("somebody has a unit in hand"),
    Hold.REVIEW: _("somebody has a review in hand"),
    Hold.EXAM: _("somebody takes a test"),
    Hold.OBJECTION: _("an objection waits for its decision"),
    Hold.PAY: _("pay waits for the decision on its work"),
    Hold.APPEAL: _("an appeal waits for its answer"),
}


@dataclass(frozen=True)
class Kept:
    """How long the content of a project is kept."""

    days: int
    until: datetime | None  # None before its end
    removed_at: datetime | None  # when the last of it was removed
    held_by: tuple[Hold, ...] = ()  # what it would be needed for if that were now
