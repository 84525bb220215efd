"""Clearance and proof of identity: the levels there are, and what of them holds at a moment."""

from datetime import datetime, timedelta

from i18n import Message, _
from kernel.errors import Invalid
from workforce.values import CLASS_DEMANDS, IDENTITY_KINDS

LEVELS = range(4)  # 0 public and internal data, 1 confidential, 2 personal, 3 of health
IDENTITY_FOR = timedelta(days=730)
# The longest that each level may be given for; one without an end counts for nothing.
LONGEST = {asked.clearance: asked.clearance_most for asked in CLASS_DEMANDS.values() if asked.clearance_most}


def clean_level(level: int, until_at: datetime | None, now: datetime) -> int:
    """A level that may be given until then; raises Invalid."""
    if level not in LEVELS:
        raise _invalid("level", _("Choose one."))
    if not level:
        return level
    if until_at is None or until_at <= now:
        raise _invalid("until", _("Choose a day that is not over yet."))
    if until_at > now + LONGEST[level] + timedelta(days=1):  # the last day counts to its end, where the reader is
        raise _invalid("until", _("This level is given for %(days)s days at most.", days=LONGEST[level].days))
    return level


def clean_kind(kind: str) -> str:
    """How an identity was checked; raises Invalid."""
    if kind not in IDENTITY_KINDS:
        raise _invalid("kind", _("Choose one."))
    return kind


def clearance_at(level: int, until_at: datetime | None, now: datetime) -> int:
    """The level that holds now: one whose time is over, or without an end, counts for nothing."""
    return level if until_at is not None and until_at > now else 0


def is_proven(verified_at: datetime | None, now: datetime) -> bool:
    """Whether an identity is verified now: a check holds for two years."""
    return verified_at is not None and verified_at + IDENTITY_FOR > now


def _invalid(field: str, message: Message) -> Invalid:
    return Invalid(f"clearance.{field}", message, fields={field: message})
