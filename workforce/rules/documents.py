"""Documents that people hand in: which files are taken, judged by their bytes and never by their names alone."""

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from i18n import Message, _
from kernel.errors import Invalid

KINDS: Mapping[str, Message] = {
    "identity": _("Identity document"),
    "certificate": _("Certificate or diploma"),
}
MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 50_000_000
_SUFFIXES = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "application/pdf": (".pdf",),
}
_ACTIVE_PDF = (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/Encrypt")
# Markers of JPEG that stand without a length, and those that tell width and height.
_BARE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def clean_kind(kind: str) -> str:
    """A kind of document; raises Invalid."""
    if kind not in KINDS:
        raise _refused("kind", _("Choose one."))
    return kind


@dataclass(frozen=True)
class CleanDocument:
    """Bytes that were looked at."""

    media_type: str
    content: bytes


def cleaned(content: bytes, name: str) -> CleanDocument:
    """A document that is whole and harmless; raises Invalid. It reads every byte, so that no transaction is open
    meanwhile."""
    return CleanDocument(media_type_of(content, name), content)


def media_type_of(content: bytes, name: str) -> str:
    """The type of a picture or PDF that is whole, harmless as far as can be told, and named as what it is."""
    if not content:
        raise _refused("file", _("Choose a file first."))
    if len(content) > MOST_BYTES:
        raise _refused("file", _("This file is larger than %(most)s MB.", most=MOST_BYTES // 1024 // 1024))
    kind = _sniffed(content)
    if kind is None:
        message = _("Only photographs and scans are taken: JPEG, PNG or PDF. Drawings (SVG) and web pages are not.")
        raise _refused("file", message)
    if not name.lower().endswith(_SUFFIXES[kind]):
        raise _refused("file", _("The name of this file says another kind than its content is. Save it anew."))
    if not _WHOLE[kind](content):
        message = _(
            "This file is damaged, far too large as a picture, or holds more than a picture or text. Save it anew."
        )
        raise _refused("file", message)
    return kind


def _sniffed(content: bytes) -> str | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "application/pdf" if content.startswith(b"%PDF-") else None


def _is_png(content: bytes) -> bool:
    """Every chunk whole and in place, a modest size, and nothing behind the end."""
    place, is_first = 8, True
    while place + 12 <= len(content):
        length = _number(content[place : place + 4])
        kind, end = content[place + 4 : place + 8], place + 12 + length
        if end > len(content) or zlib.crc32(content[place + 4 : end - 4]) != _number(content[end - 4 : end]):
            return False
        if is_first and (
            kind != b"IHDR" or length != 13 or not _is_modest(*struct.unpack_from(">II", content, place + 8))
        ):
            return False
        if kind == b"IEND":
            return end == len(content)
        place, is_first = end, False
    return False


def _is_jpeg(content: bytes) -> bool:
    """Markers in place up to the picture, a modest size, and nothing behind the end."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker in _BARE or marker == 0xFF:
            place += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", content, place + 2)
        if length < 2 or place + 2 + length > len(content):
            return False
        if marker in _FRAMES:
            if length < 7:
                return False
            height, width = struct.unpack_from(">HH", content, place + 5)
            if not _is_modest(width, height):
                return False
        if marker == 0xDA:
            return content.endswith(b"\xff\xd9") and content.find(b"\xff\xd9", place) == len(content) - 2
        place += 2 + length
    return False


def _is_pdf(content: bytes) -> bool:
    """An end near the end, and nothing that runs, opens or hides things."""
    return b"%%EOF" in content[-1024:] and not any(word in content for word in _ACTIVE_PDF)


def _is_modest(width: int, height: int) -> bool:
    return 0 < width * height <= MOST_PIXELS


def _number(four: bytes) -> int:
    return int.from_bytes(four, "big")


def _refused(field: str, message: Message) -> Invalid:
    return Invalid("document.invalid", message, fields={field: message})


_WHOLE: Mapping[str, Callable[[bytes], bool]] = {
    "image/png": _is_png,
    "image/jpeg": _is_jpeg,
    "application/pdf": _is_pdf,
}
