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


def m4a(frames: int = 4, *, extra: bytes = b"", place: int = 0, of: bytes = b"soun") -> bytes:
    """As a telephone writes it: sound first, then the tables, with a title and a date, and bytes that nothing needs.

    The frames are of silence, at 44.1 kHz. `place` moves where the tables say they are.
    """
    frame = b"\x00\xc8\x00\x80\x23\x80"
    kind = _box(b"ftyp", b"M4A \0\0\0\0M4A mp42")
    data = _box(b"mdat", frame * frames + SECRET)
    private = b"\x05\x02\x12\x08"
    decoder = b"\x04" + bytes([13 + len(private)]) + b"\x40\x15" + bytes(11) + private
    described = b"\x03\x80\x80\x80" + bytes([3 + len(decoder) + 3]) + bytes(3) + decoder + b"\x06\x01\x02"
    entry = bytes(6) + struct.pack(">H8xHH4xI", 1, 1, 16, 44_100 << 16) + _box(b"esds", bytes(4) + described)
    table = (
        _box(b"stsd", struct.pack(">II", 0, 1) + _box(b"mp4a", entry))
        + _box(b"stts", struct.pack(">IIII", 0, 1, frames, 1024))
        + _box(b"stsc", struct.pack(">IIIIIIII", 0, 2, 1, 1, 1, 2, frames - 1, 1))
        + _box(b"stsz", struct.pack(">III", 0, len(frame), frames))
        + _box(b"stco", struct.pack(">IIII", 0, 2, len(kind) + 8 + place, len(kind) + 8 + len(frame) + place))
    )
    media = (
        _box(b"mdhd", struct.pack(">IIIIIHH", 0, 7, 7, 44_100, frames * 1024, 0x55C4, 0))
        + _box(b"hdlr", bytes(8) + of + bytes(12) + SECRET + b"\0")
        + _box(b"minf", _box(b"smhd", bytes(8)) + _box(b"stbl", table))
    )
    told = _box(b"udta", _box(b"\xa9nam", SECRET))
    tables = _box(b"moov", _box(b"mvhd", bytes(100)) + _box(b"trak", _box(b"mdia", media)) + told)
    return kind + data + tables + extra


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def webm(packets: int = 4, codec: bytes = b"A_OPUS", *, lacing: int = 0) -> bytes:
    """As a browser records it: lengths untold, since it was sent while it was spoken, and with the program's name."""
    head = _piece("1a45dfa3", _piece("4282", b"webm"))
    info = _piece("1549a966", _piece("2ad7b1", b"\x0f\x42\x40") + _piece("5741", SECRET))
    private = b"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
    audio = _piece("e1", _piece("b5", struct.pack(">f", 48_000)) + _piece("9f", b"\1"))
    track = _piece("d7", b"\1") + _piece("83", b"\2") + _piece("86", codec) + _piece("63a2", private) + audio
    clusters = b"".join(
        bytes.fromhex("1f43b675") + b"\x01" + b"\xff" * 7 + _piece("e7", (20 * number).to_bytes(4, "big"))
        + _piece("a3", b"\x81\0\0" + bytes([0x80 | lacing]) + b"\xf8\xff\xfe")
        for number in range(packets)
    )  # fmt: skip
    tags = _piece("1254c367", SECRET)
    body = info + _piece("1654ae6b", _piece("ae", track)) + clusters + tags
    return head + bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7 + body


def _piece(name: str, body: bytes) -> bytes:
    return bytes.fromhex(name) + (len(body) | 1 << 28).to_bytes(4, "big") + body


def archive(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as found:
        for name, content in files.items():
            found.writestr(zipfile.ZipInfo(name), content, compression)
    return out.getvalue()
