"""Pictures decoded in full and written anew, so that nothing but their pixels is kept."""

import struct
import warnings
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from i18n import _
from labeling.rules.media import MOST_PIXELS, CleanFile, MediaKind, NotTaken, damaged, holds_more

_BARE = {0x01, *range(0xD0, 0xD8)}  # markers of JPEG that stand without a length
# Whatever a decoder stumbles over in a file. A lack of memory and the end of a job's time say nothing about the file.
_FALLS_OVER = (
    ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, LookupError, NameError, OSError,
    RuntimeError, SyntaxError, TypeError, ValueError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip
_PLAIN = {"PNG": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}, "JPEG": {"L", "RGB"}, "WEBP": {"RGB", "RGBA"}}
_QUALITY: dict[str, dict[str, Any]] = {"PNG": {"optimize": False}, "JPEG": {"quality": 92}, "WEBP": {"quality": 92}}


def png(content: bytes) -> CleanFile:
    """A PNG whose chunks are whole and end with the file."""
    place = 8
    while place + 12 <= len(content):
        kind, end = content[place + 4 : place + 8], place + 12 + int.from_bytes(content[place : place + 4], "big")
        if kind == b"IEND":
            if end != len(content):
                raise holds_more()
            return _anew(content, "PNG", "PNG")
        place = end
    raise damaged()


def jpeg(content: bytes) -> CleanFile:
    """A JPEG with one picture, and nothing behind it."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker in _BARE or marker == 0xFF:
            place += 1 if marker == 0xFF else 2
            continue
        if marker == 0xDA:
            end = content.find(b"\xff\xd9", place)
            if end < 0:
                raise damaged()
            if end != len(content) - 2:
                raise holds_more()
            return _anew(content, "JPEG", "JPEG")
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if length < 2:
            break
        place += 2 + length
    raise damaged()


def webp(content: bytes) -> CleanFile:
    """A WebP whose frame ends with the file."""
    size = 8 + int.from_bytes(content[4:8], "little")
    if size > len(content):
        raise damaged()
    if size < len(content):
        raise holds_more()
    return _anew(content, "WEBP", "WEBP")


def gif(content: bytes) -> CleanFile:
    """A GIF with one picture, kept as PNG."""
    if _gif_end(content) != len(content):
        raise holds_more()
    return _anew(content, "GIF", "PNG")


def _gif_end(content: bytes) -> int:
    """Where the blocks of a GIF end."""
    if len(content) < 13:
        raise damaged()
    place = 13 + _table(content[10])
    while place < len(content):
        block = content[place]
        if block == 0x3B:
            return place + 1
        if block == 0x21:
            place += 2
        elif block == 0x2C and place + 9 < len(content):
            place += 11 + _table(content[place + 9])
        else:
            break
        while place < len(content) and content[place]:
            place += 1 + content[place]
        place += 1
    raise damaged()


def _table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _anew(content: bytes, said: str, kept: str) -> CleanFile:
    """The picture decoded as what it says it is, turned as its camera was held, and written without anything else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content), formats=(said,)) as found:
                _ensure_modest(*found.size)
                if getattr(found, "n_frames", 1) > 1:
                    raise NotTaken("media.moves", _("Moving pictures are not taken. Save one picture of it."))
                found.load()
                written, size = _written(found, kept)
    except _FALLS_OVER as cause:
        raise damaged() from cause
    return CleanFile(MediaKind.PICTURE, f"image/{kept.lower()}", written, *size)


def _written(found: Image.Image, kept: str) -> tuple[bytes, tuple[int, int]]:
    has_clear = "transparency" in found.info
    upright = ImageOps.exif_transpose(found)
    if has_clear and kept != "JPEG":
        upright = upright.convert("RGBA")
    elif upright.mode not in _PLAIN[kept]:
        is_clear = upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") and kept != "JPEG"
        upright = upright.convert("RGBA" if is_clear else "RGB")
    bare = upright.copy()
    bare.info = {}
    out = BytesIO()
    bare.save(out, kept, **_QUALITY[kept])
    return out.getvalue(), bare.size


def _ensure_modest(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        most = MOST_PIXELS // 1_000_000
        raise NotTaken("media.too_many_pixels", _("This picture has more than %(most)s million pixels.", most=most))
