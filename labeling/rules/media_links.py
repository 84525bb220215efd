"""Links to pictures and sounds: who may follow them, from which page, until when; signed, so that nobody makes one."""

import base64
import binascii
import json
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kernel.crypto import same, signed_with
from workforce.values import CLASS_DEMANDS, CLASSES

LONGEST_TOKEN = 600


class Door(StrEnum):
    """What gives the right to look: each is asked anew, in its own way, when the link is followed."""

    WORK = "work"  # an assignment in hand
    REVIEW = "review"  # a review in hand
    ATTEMPT = "attempt"  # a test under way, or one's own that is over
    EVIDENCE = "evidence"  # what a decision about oneself rests on
    DISPUTE = "dispute"  # an objection of one's own
    VOICE = "voice"  # what a candidate says of a language, by the check that asked for it
    CASE = "case"  # an objection to decide
    UNIT = "unit"  # a unit of one's own project
    PROJECT = "project"  # any file of one's own project, for those who read its units


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says. Its nonce makes it another each time."""

    media_id: str
    account_id: str
    org_id: str
    session_ref: str
    door: str
    subject: str
    classification: str
    until: int  # seconds since 1970
    nonce: str

    def lives(self, now: datetime, classification: str = "") -> bool:
        """Whether it may still be followed; to content of a class above its own no longer than that class allows."""
        less = life_of(self.classification) - life_of(classification or self.classification)
        return now.timestamp() < self.until - max(less.total_seconds(), 0)


def life_of(classification: str) -> timedelta:
    """How long a link to content of this class may be followed; of a class that is not known, the shortest."""
    known = CLASS_DEMANDS.get(classification) or CLASS_DEMANDS[CLASSES[-1]]
    return known.link_life


def token_of(link: Link, key: bytes) -> str:
    """The link as it stands in an address."""
    told = base64.urlsafe_b64encode(json.dumps(astuple(link), separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{told}.{signed_with(key, told)}"


def link_of(token: str, key: bytes) -> Link | None:
    """What an address says, if it is one of ours, unchanged."""
    told, _dot, signature = token.partition(".")
    if len(token) > LONGEST_TOKEN or not token.isascii() or not same(signature, signed_with(key, told)):
        return None
    try:
        fields = json.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)))
        link = Link(*fields)
    except (ValueError, TypeError, binascii.Error):
        return None
    return link if link.door in tuple(Door) else None
