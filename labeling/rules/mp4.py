"""Sounds in boxes, as telephones record them (M4A): read box by box, written anew with nothing but their samples."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from struct import error as StructError
from struct import pack, unpack_from

from i18n import _
from labeling.rules.media import CleanFile, MediaKind, NotTaken, damaged, holds_more

Box = tuple[bytes, int, int]  # its name, and where its body begins and ends
_AAC = {0x40, 0x66, 0x67, 0x68}  # what the description of a codec calls AAC
_MOST_SAMPLES = 1_000_000  # some six hours
_MOST_BOXES = 200  # in one place
_MOST_PRIVATE = 64  # bytes that a decoder is told beforehand
_EVEN = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)  # a picture that is not turned


def m4a(content: bytes) -> CleanFile:
    """An M4A of one track of AAC. Titles, places, pictures, dates and whatever no sample reaches stay behind."""
    try:
        return _anew(content)
    except (StructError, IndexError) as cause:
        raise damaged() from cause


def _anew(content: bytes) -> CleanFile:
    top = list(_boxes(content, 0, len(content)))
    if any(name in (b"moof", b"sidx") for name, *_rest in top):
        raise NotTaken("media.pieces", _("This recording is in pieces. Save it anew as M4A, MP3 or WAV."))
    moov = _one(top, b"moov")
    tracks = [each for each in _boxes(content, *moov) if each[0] == b"trak"]
    if len(tracks) != 1:
        raise holds_more()
    media = list(_boxes(content, *_one(_boxes(content, *tracks[0][1:]), b"mdia")))
    handler, header = _one(media, b"hdlr"), _one(media, b"mdhd")
    if content[handler[0] + 8 : handler[0] + 12] != b"soun":
        raise holds_more()
    (scale,) = unpack_from(">I", content, header[0] + (20 if content[header[0]] else 12))
    table = list(_boxes(content, *_one(_boxes(content, *_one(media, b"minf")), b"stbl")))
    sizes = _sizes(content, _one(table, b"stsz"))
    data = [(begin, end) for name, begin, end in top if name == b"mdat"]
    samples = b"".join(content[begin:end] for begin, end in _chunks(content, table, sizes, data))
    times = _times(content, _one(table, b"stts"))
    duration = sum(count * ticks for count, ticks in times)
    if not scale or not sizes or sum(count for count, _ticks in times) != len(sizes) or not 0 < duration < 1 << 32:
        raise damaged()
    kind = _box(b"ftyp", b"M4A \0\0\0\0M4A mp42isom")
    described = _sound(content, _one(table, b"stsd"))
    # Where the samples begin is told in bytes that are as many wherever that is.
    place = len(kind) + len(_moov(described, scale, duration, times, sizes, 0)) + 8
    whole = kind + _moov(described, scale, duration, times, sizes, place) + _box(b"mdat", samples)
    return CleanFile(MediaKind.SOUND, "audio/mp4", whole, seconds=duration / scale)


def _boxes(content: bytes, begin: int, end: int) -> Iterator[Box]:
    found = 0
    while begin < end:
        found += 1
        size, name = unpack_from(">I4s", content, begin)
        head = 8
        if size == 1:
            (size,), head = unpack_from(">Q", content, begin + 8), 16
        size = size or end - begin
        if size < head or begin + size > end or found > _MOST_BOXES:
            raise damaged()
        yield name, begin + head, begin + size
        begin += size


def _one(boxes: Iterator[Box] | Sequence[Box], name: bytes) -> tuple[int, int]:
    found = [(begin, end) for each, begin, end in boxes if each == name]
    if len(found) != 1:
        raise damaged()
    return found[0]


def _table(content: bytes, box: tuple[int, int], width: int, skipped: int = 4) -> list[tuple[int, ...]]:
    """The rows of a table of numbers of four bytes each, behind its count."""
    begin, end = box
    (count,) = unpack_from(">I", content, begin + skipped)
    if count > _MOST_SAMPLES or begin + skipped + 4 + count * 4 * width > end:
        raise damaged()
    flat = unpack_from(f">{count * width}I", content, begin + skipped + 4)
    return [flat[at : at + width] for at in range(0, len(flat), width)]


def _sizes(content: bytes, box: tuple[int, int]) -> list[int]:
    size, count = unpack_from(">II", content, box[0] + 4)
    if size:
        if count > _MOST_SAMPLES or size * count > len(content):
            raise damaged()
        return [size] * count
    return [row[0] for row in _table(content, box, 1, skipped=8)]


def _times(content: bytes, box: tuple[int, int]) -> list[tuple[int, ...]]:
    """How many samples in a row last how long."""
    return _table(content, box, 2)


def _chunks(
    content: bytes, table: Sequence[Box], sizes: Sequence[int], data: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Where the samples stand, run by run; raises for one that leads out of where samples are kept, or met twice."""
    if any(name == b"co64" for name, *_rest in table):
        pairs = _table(content, _one(table, b"co64"), 2)
        places = [high << 32 | low for high, low in pairs]
    else:
        places = [row[0] for row in _table(content, _one(table, b"stco"), 1)]
    runs = _table(content, _one(table, b"stsc"), 3)
    found, at, run = list[tuple[int, int]](), 0, -1
    for number, place in enumerate(places, start=1):
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        if run < 0:
            raise damaged()
        held = sizes[at : at + runs[run][1]]
        if not held:  # or a short file could tell of a great many
            raise damaged()
        found.append((place, place + sum(held)))
        at += len(held)
    ordered = sorted(found)
    is_once = all(one[1] <= other[0] for one, other in pairwise(ordered))
    if at != len(sizes) or not _are_within(ordered, data) or not is_once:
        raise damaged()
    return found


def _are_within(found: Sequence[tuple[int, int]], data: Sequence[tuple[int, int]]) -> bool:
    """Whether each run lies in one place where samples are kept; both are in the order of the file."""
    firsts = [first for first, _last in data]
    places = ((bisect_right(firsts, begin) - 1, end) for begin, end in found)
    return all(place >= 0 and end <= data[place][1] for place, end in places)


def _sound(content: bytes, box: tuple[int, int]) -> bytes:
    """How the samples are to be read: one kind of AAC, described anew from what a decoder needs of it."""
    ((name, begin, end),) = list(_boxes(content, box[0] + 8, box[1]))[:1] or [(b"", 0, 0)]
    (entries,) = unpack_from(">I", content, box[0] + 4)
    if name != b"mp4a" or entries != 1 or content[begin + 8 : begin + 10] != b"\0\0":
        raise NotTaken("media.codec", _("Of recordings like this only AAC is taken. Save it anew as M4A, MP3 or WAV."))
    channels, bits, rate = unpack_from(">HH4xI", content, begin + 16)
    first, last = _one(_boxes(content, begin + 28, end), b"esds")
    codec, private = _decoder(content[first + 4 : last])
    if codec not in _AAC or not 0 < len(private) <= _MOST_PRIVATE or not 0 < channels <= 8:
        raise damaged()
    inner = _told(5, private)
    decoder = _told(4, bytes([codec, 0x15]) + bytes(11) + inner)
    described = _box(b"esds", bytes(4) + _told(3, bytes(3) + decoder + _told(6, b"\2")))
    entry = bytes(6) + pack(">H8xHH4xI", 1, channels, bits, rate) + described
    return _box(b"stsd", pack(">II", 0, 1) + _box(b"mp4a", entry))


def _decoder(told: bytes) -> tuple[int, bytes]:
    """The codec, and what its decoder has to know beforehand."""
    tag, body = _descriptor(told)
    if tag != 3 or body[2] & 0xE0:
        raise damaged()
    tag, body = _descriptor(body[3:])
    private_tag, private = _descriptor(body[13:])
    if (tag, private_tag) != (4, 5):
        raise damaged()
    return body[0], private


def _descriptor(told: bytes) -> tuple[int, bytes]:
    size, place = 0, 1
    while True:
        size, place = size << 7 | told[place] & 0x7F, place + 1
        if not told[place - 1] & 0x80:
            break
    if place + size > len(told) or place > 5:
        raise damaged()
    return told[0], told[place : place + size]


def _moov(
    described: bytes, scale: int, duration: int, times: Sequence[tuple[int, ...]], sizes: Sequence[int], place: int
) -> bytes:
    rows = b"".join(pack(">II", *row) for row in times)
    table = (
        described
        + _box(b"stts", pack(">II", 0, len(times)) + rows)
        + _box(b"stsc", pack(">5I", 0, 1, 1, len(sizes), 1))
        + _box(b"stsz", pack(f">III{len(sizes)}I", 0, 0, len(sizes), *sizes))
        + _box(b"stco", pack(">III", 0, 1, place))
    )
    source = _box(b"dinf", _box(b"dref", pack(">II", 0, 1) + _box(b"url ", pack(">I", 1))))
    media = (
        _box(b"mdhd", pack(">IIIIIHH", 0, 0, 0, scale, duration, 0x55C4, 0))
        + _box(b"hdlr", bytes(8) + b"soun" + bytes(13))
        + _box(b"minf", _box(b"smhd", bytes(8)) + source + _box(b"stbl", table))
    )
    track = _box(b"tkhd", pack(">6I12xH2x", 3, 0, 0, 1, 0, duration, 0x0100) + _EVEN + bytes(8))
    head = pack(">IIIIIIH10x", 0, 0, 0, scale, duration, 0x10000, 0x0100) + _EVEN + bytes(24) + pack(">I", 2)
    return _box(b"moov", _box(b"mvhd", head) + _box(b"trak", track + _box(b"mdia", media)))


def _box(name: bytes, body: bytes) -> bytes:
    return pack(">I4s", len(body) + 8, name) + body


def _told(tag: int, body: bytes) -> bytes:
    return bytes([tag, len(body)]) + body
