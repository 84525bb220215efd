"""Recordings for checks by natives: which are taken, how long they may be, and how they are guarded."""

from i18n import _
from labeling.rules.cleaning import clean_media
from labeling.rules.media import CleanFile, MediaKind, NotTaken

MOST_BYTES = 16 * 1024 * 1024
SHORTEST, LONGEST = 3, 180  # seconds
# A voice is personal data: it is heard as content of this class is, by a link of a minute, and each time is on record.
VOICE_CLASS = "restricted-pii"
SUFFIXES = {
    "audio/wav": "wav", "audio/flac": "flac", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/mp4": "m4a",
    "audio/webm": "webm",
}  # fmt: skip
_NO_SOUND = {"media.unknown", "media.markup", "media.archive"}
_TAKEN = _("Only recordings are taken: M4A, MP3, WAV, FLAC, Ogg or WebM. Save it as one of these.")


def clean_recording(content: bytes) -> CleanFile:
    """The sound without anything that its file says beside it; raises NotTaken, with the reason in words."""
    if len(content) > MOST_BYTES:
        raise NotTaken("voice.too_large", _("This file is larger than %(most)s MB.", most=MOST_BYTES // 1024 // 1024))
    try:
        found = clean_media(content)
    except NotTaken as refusal:
        if refusal.code in _NO_SOUND:
            raise NotTaken("voice.no_sound", _TAKEN) from refusal
        raise
    if found.kind is not MediaKind.SOUND:
        raise NotTaken("voice.no_sound", _TAKEN)
    if found.seconds is not None and found.seconds < SHORTEST:
        raise NotTaken("voice.short", _("Speak for at least %(n)s seconds.", n=SHORTEST))
    if found.seconds is not None and found.seconds > LONGEST:
        raise NotTaken("voice.long", _("Speak for at most %(n)s minutes.", n=LONGEST // 60))
    return found
