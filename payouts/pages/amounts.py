"""Moments as people type them, and what the signed-in person may do on a page."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from i18n import Message, _
from kernel.policy import decide
from payouts.policy import Action
from web import current
from web.sessions import request_time


def read_moment(text: str) -> datetime | Message | None:
    """A moment typed into a field of date and time, in the person's own zone; None where it was left empty."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _("This is not a date that exists.")
    return moment.replace(tzinfo=ZoneInfo(zone())).astimezone(UTC) if moment.tzinfo is None else moment


def zone() -> str:
    """The time zone of the signed-in person."""
    person = current.person()
    return person.time_zone if person else "UTC"


def may(action: Action) -> bool:
    """Whether the role of the signed-in person includes an act, so that a page offers it. The act itself asks again."""
    return decide(current.actor(), action, None, request_time()).is_within_reach
