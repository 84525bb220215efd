"""Days that somebody types or asks for: they begin and end where the reader is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from web import current


def beginning_of(day: date) -> datetime:
    """The first moment of the day."""
    person = current.person()
    return datetime.combine(day, time(), ZoneInfo(person.time_zone) if person else UTC)


def end_of(day: date) -> datetime:
    """The last second of the day, so that what is good until then is shown with that day and not with the next."""
    return beginning_of(day + timedelta(days=1)) - timedelta(seconds=1)
