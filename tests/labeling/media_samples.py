"""Small pictures and sounds for tests, and files that pretend to be some."""

import io
import struct
import zipfile
from collections.abc import Mapping

from PIL import Image

from labeling.rules.sounds import _sum_of

SECRET = b"Nairobi, home of the photographer"
_PAGE = 255 * 255  # what a page of Ogg holds of a packet that goes on behind it


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), colour: str = "teal", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **more)
    return out.getvalue()


def located_jpeg() -> bytes:
    """A photograph held upright, which tells where it was taken."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRET.decode()
    return picture("JPEG", exif=exif)


def moving_gif() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def wav(samples: int = 80) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    told = b"INFOIART" + len(SECRET).to_bytes(4, "little") + SECRET
    told += b"\0" * (len(told) & 1)
    inner = b"WAVE" + b"fmt " + struct.pack("<I", 16) + form
    inner += b"LIST" + struct.pack("<I", len(told)) + told
    inner += b"data" + struct.pack("<I", 2 * samples) + bytes(2 * samples)
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def mp3(frames: int = 4) -> bytes:
    frame = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s at 44.1 kHz
    tag = b"ID3\x03\0\0" + bytes([0, 0, 0, len(SECRET)]) + SECRET
    return tag + frame * frames + (b"TAG" + SECRET).ljust(128, b"\0")


def flac() -> bytes:
    told = bytes(4) + SECRET
    return (
        b"fLaC"
        + b"\x00\x00\x00\x22"
        + bytes(34)
        + b"\x84"
        + len(told).to_bytes(3, "big")
        + told
        + b"\xff\xf8"
        + bytes(90)
    )


def ogg(kind: str = "opus") -> bytes:
    told = struct.pack("<I", 0) + struct.pack("<I", 1) + struct.pack("<I", len(SECRET)) + SECRET
    first, second = (
        (b"OpusHead" + bytes(11), b"OpusTags" + told)
        if kind == "opus"
        else (b"\x01vorbis" + bytes(23), b"\x03vorbis" + told + b"\x01")
    )
    return ogg_of(first, second)


def ogg_of(first: bytes, second: bytes) -> bytes:
    """A sound that begins with these two packets; the second one, its comments, goes over as many pages as it needs."""
    pages = [first, *(second[at : at + _PAGE] for at in range(0, len(second) + 1, _PAGE)), bytes(60)]
    return b"".join(_page(number, part) for number, part in enumerate(pages))


def _page(number: int, part: bytes) -> bytes:
    laces = b"\xff" * (len(part) // 255) + (b"" if len(part) == _PAGE else bytes([len(part) % 255]))
    head = b"OggS\0" + bytes(9) + b"\7\0\0\0" + struct.pack("<I", number)
    rest = bytes([len(laces)]) + laces + part
    return head + struct.pack("<I", _sum_of(head + bytes(4) + rest)) + rest


def archive(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as found:
        for name, content in files.items():
            found.writestr(zipfile.ZipInfo(name), content, compression)
    return out.getvalue()
