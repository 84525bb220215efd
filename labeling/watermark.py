"""What stands across content that is not to be copied: who reads it, and when."""

from web import current
from web.sessions import request_time
from workforce.values import is_watermarked


def watermark_of(classification: str, pseudonym: str = "") -> str:
    """The mark for content of this class, by name or pseudonym; nothing where the class asks for none."""
    person = current.person()
    if person is None or not is_watermarked(classification):
        return ""
    return f"{pseudonym or person.name} · {request_time():%Y-%m-%d %H:%M} UTC"
