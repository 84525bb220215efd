"""What pictures and sounds are, how large they may be, and why a file is not taken."""

from dataclasses import dataclass
from enum import StrEnum

from i18n import Message, _


class MediaKind(StrEnum):
    """What a file is to a reader; also the name of the field of a content that refers to one."""

    PICTURE = "picture"
    SOUND = "sound"


MEDIA_FIELDS: tuple[str, ...] = tuple(kind.value for kind in MediaKind)
MOST_FILE_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A file as it is kept: made anew from what was sent."""

    kind: MediaKind
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None
    seconds: float | None = None  # of a sound whose file tells how long it is


class NotTaken(Exception):
    """A file that is not taken, with the reason in words."""

    def __init__(self, code: str, message: Message) -> None:
        super().__init__(code)
        self.code, self.message = code, message


def damaged() -> NotTaken:
    """The refusal of a file that is not whole."""
    return NotTaken("media.damaged", _("This file is damaged, or is not what it begins as. Save it anew."))


def holds_more() -> NotTaken:
    """The refusal of a file with something else inside or behind it."""
    return NotTaken("media.holds_more", _("This file holds more than a picture or a sound. Save it anew."))
