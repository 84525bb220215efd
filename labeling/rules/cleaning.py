"""Files told by their bytes, whatever they are called, and made anew without anything that is not their content."""

from collections.abc import Callable

from i18n import _
from labeling.rules import mp4, pictures, sounds, webm
from labeling.rules.media import MOST_FILE_BYTES, CleanFile, NotTaken, holds_more

_LONGEST_COMMENT = 0xFFFF
_PICTURES_IN_BOXES = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"}


def clean_media(content: bytes) -> CleanFile:
    """The file without its metadata; raises NotTaken for whatever is no whole and harmless picture or sound."""
    if not content:
        raise NotTaken("media.empty", _("This file is empty."))
    if len(content) > MOST_FILE_BYTES:
        most = MOST_FILE_BYTES // 1024 // 1024
        raise NotTaken("media.too_large", _("This file is larger than %(most)s MB.", most=most))
    clean = _cleaner(content)
    if clean is None:
        raise _unknown(content)
    if _ends_in_archive(content):
        raise holds_more()
    return clean(content)


def _cleaner(content: bytes) -> Callable[[bytes], CleanFile] | None:
    head = content[:12]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return pictures.png
    if head.startswith(b"\xff\xd8\xff"):
        return pictures.jpeg
    if head.startswith((b"GIF87a", b"GIF89a")):
        return pictures.gif
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return pictures.webp
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return sounds.wav
    if head.startswith(b"fLaC"):
        return sounds.flac
    if head.startswith(b"OggS"):
        return sounds.ogg
    if head[4:8] == b"ftyp" and head[8:12] not in _PICTURES_IN_BOXES:
        return mp4.m4a
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return webm.webm
    is_mp3 = head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)
    return sounds.mp3 if is_mp3 else None


def _unknown(content: bytes) -> NotTaken:
    if content.startswith(b"PK\x03\x04"):
        return NotTaken("media.archive", _("An archive inside of an archive is not taken. Unpack it first."))
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return NotTaken("media.markup", _("Drawings (SVG) and web pages are not taken. Save it as PNG or JPEG."))
    return NotTaken(
        "media.unknown",
        _("Only pictures (PNG, JPEG, WebP, GIF) and sounds (WAV, FLAC, Ogg, MP3, M4A, WebM) are taken."),
    )


def _ends_in_archive(content: bytes) -> bool:
    """Whether the list of an archive stands at the end, which programs read from there."""
    place = content.rfind(b"PK\x05\x06", max(0, len(content) - _LONGEST_COMMENT - 22))
    if place < 0 or place + 22 > len(content):
        return False
    return place + 22 + int.from_bytes(content[place + 20 : place + 22], "little") == len(content)
