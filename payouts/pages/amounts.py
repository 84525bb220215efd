"""Amounts and moments as people type them, and what the signed-in person may do on a page."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import NumberFormatError, parse_decimal

from i18n import Message, _, current_locale
from kernel.money import from_text
from kernel.policy import decide
from payouts.policy import Action
from web import current
from web.sessions import request_time


def read_amount(text: str) -> int | Message:
    """Micro-units of an amount, as the reader's language writes it or with a point; else what is wrong with it."""
    bare = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    try:
        value: Decimal = parse_decimal(bare, locale=current_locale().replace("-", "_"), strict=True)
        return from_text(str(value))
    except (NumberFormatError, ValueError):
        pass
    try:
        return from_text(bare)
    except ValueError:
        return _("Write an amount such as 0.0075, with at most six decimals.")


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
