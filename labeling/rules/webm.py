"""Sounds as browsers record them (WebM with Opus): read piece by piece, written anew with their packets alone."""

from collections.abc import Iterator
from itertools import pairwise
from struct import error as StructError
from struct import pack

from i18n import _
from labeling.rules.media import CleanFile, MediaKind, NotTaken, damaged, holds_more

Element = tuple[int, bytes]
Left = Iterator[int]  # how many elements of the file may still be read
_HEADER, _DOCTYPE, _SEGMENT, _INFO, _SCALE = 0x1A45DFA3, 0x4282, 0x18538067, 0x1549A966, 0x2AD7B1
_TRACKS, _TRACK, _NUMBER, _TYPE, _CODEC, _PRIVATE = 0x1654AE6B, 0xAE, 0xD7, 0x83, 0x86, 0x63A2
_ENCODINGS, _AUDIO, _RATE, _CHANNELS = 0x6D80, 0xE1, 0xB5, 0x9F
_CLUSTER, _TIME, _SIMPLE, _GROUP, _BLOCK = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1
_DURATION, _MUXER, _WRITER = 0x4489, 0x4D80, 0x5741
# What ends a cluster or a segment that was begun before its length was known.
_TOP = {_CLUSTER, _INFO, _TRACKS, 0x1C53BB6B, 0x1254C367, 0x114D9B74, 0x1941A469, 0x1043A770}
_MILLISECOND = 1_000_000  # in nanoseconds; times are told in these
_PACKET = 20  # milliseconds that the last packet lasts, near enough
_MOST_HEAD = 276  # bytes of the longest description of an Opus stream
_MOST = 800_000  # elements read of a file, in clusters of unknown length twice: packets of two hours
_LONGEST = 30_000  # of a cluster, whose packets count their time from its own in two bytes


def webm(content: bytes) -> CleanFile:
    """A WebM of one track of Opus. Titles, names of programs, dates, pictures and indexes stay behind."""
    try:
        return _anew(content)
    except (StructError, IndexError, ValueError, OverflowError) as cause:
        raise damaged() from cause


def _anew(content: bytes) -> CleanFile:
    left = iter(range(_MOST))
    (kind, header), (segment, body), *more = [*_elements(content, left), (0, b""), (0, b"")][:3]
    if (kind, segment) != (_HEADER, _SEGMENT) or dict(_elements(header, left)).get(_DOCTYPE, b"").strip(
        b"\0"
    ) != b"webm":
        raise damaged()
    if more[0][0]:
        raise holds_more()
    number, track = 0, b""
    packets = list[tuple[int, bytes]]()
    for name, inner in _elements(body, left):
        if name == _INFO and _number(dict(_elements(inner, left)).get(_SCALE, b"\x0f\x42\x40")) != _MILLISECOND:
            raise damaged()
        if name == _TRACKS:
            if track:
                raise holds_more()
            number, track = _track(inner, left)
        if name == _CLUSTER:
            packets += _packets(inner, number, left)
    if not track or not packets or any(one[0] > other[0] for one, other in pairwise(packets)):
        raise damaged()
    begin = packets[0][0]
    packets = [(at - begin, packet) for at, packet in packets]
    info = (
        _element(_SCALE, _MILLISECOND.to_bytes(3, "big"))
        + _element(_DURATION, pack(">d", packets[-1][0] + _PACKET))
        + _element(_MUXER, b"-")
        + _element(_WRITER, b"-")
    )
    head = _element(0x4286, b"\1") + _element(0x42F7, b"\1") + _element(0x42F2, b"\4") + _element(0x42F3, b"\x08")
    head += _element(_DOCTYPE, b"webm") + _element(0x4287, b"\4") + _element(0x4285, b"\2")
    whole = _element(_INFO, info) + _element(_TRACKS, track) + b"".join(_clusters(packets))
    made = _element(_HEADER, head) + _element(_SEGMENT, whole)
    return CleanFile(MediaKind.SOUND, "audio/webm", made, seconds=(packets[-1][0] + _PACKET) / 1000)


def _track(tracks: bytes, left: Left) -> tuple[int, bytes]:
    """The number of the one track, and the same track described by what a player needs."""
    found = [inner for name, inner in _elements(tracks, left) if name == _TRACK]
    if len(found) != 1:
        raise holds_more()
    told = dict(_elements(found[0], left))
    if _ENCODINGS in told or _number(told.get(_TYPE, b"")) != 2:
        raise holds_more()
    private, audio = told.get(_PRIVATE, b""), dict(_elements(told.get(_AUDIO, b""), left))
    if told.get(_CODEC, b"").strip(b"\0") != b"A_OPUS":
        raise NotTaken("media.codec", _("Of recordings like this only Opus is taken. Save it anew as M4A, MP3 or WAV."))
    if not private.startswith(b"OpusHead") or not 19 <= len(private) <= _MOST_HEAD:
        raise damaged()
    sound = _element(_RATE, pack(">d", 48_000.0)) + _element(_CHANNELS, bytes([_number(audio.get(_CHANNELS, b"\1"))]))
    anew = b"".join(
        _element(name, value)
        for name, value in (
            (_NUMBER, b"\1"), (0x73C5, b"\1"), (_TYPE, b"\2"), (_CODEC, b"A_OPUS"), (_PRIVATE, private),
            (_AUDIO, sound),
        )
    )  # fmt: skip
    return _number(told.get(_NUMBER, b"")), _element(_TRACK, anew)


def _packets(cluster: bytes, number: int, left: Left) -> Iterator[tuple[int, bytes]]:
    """Each packet with its time in milliseconds."""
    base = 0
    for name, inner in _elements(cluster, left):
        if name == _TIME:
            base = _number(inner)
        blocks = [inner] if name == _SIMPLE else []
        if name == _GROUP:
            blocks = [each for kind, each in _elements(inner, left) if kind == _BLOCK]
        for block in blocks:
            track, place = _size(block, 0)
            at, flags = int.from_bytes(block[place : place + 2], "big", signed=True), block[place + 2]
            if track != number or flags & 0x06:  # of another track, or several packets in one
                raise holds_more()
            yield base + at, block[place + 3 :]


def _clusters(packets: list[tuple[int, bytes]]) -> Iterator[bytes]:
    begin, parts = packets[0][0], list[bytes]()
    for at, packet in packets:
        if at - begin > _LONGEST:
            yield _element(_CLUSTER, _element(_TIME, begin.to_bytes(6, "big")) + b"".join(parts))
            begin, parts = at, []
        held = b"\x81" + (at - begin).to_bytes(2, "big", signed=True) + b"\x80" + packet
        parts.append(_element(_SIMPLE, held))
    yield _element(_CLUSTER, _element(_TIME, begin.to_bytes(6, "big")) + b"".join(parts))


def _elements(content: bytes, left: Left) -> Iterator[Element]:
    """Each element with its body; one of unknown length ends where its like begins, or with the file."""
    place = 0
    while place < len(content):
        _take_one(left)
        length = 9 - content[place].bit_length()
        name, place = int.from_bytes(content[place : place + length], "big"), place + length
        size, place = _size(content, place)
        end = place + size if size >= 0 else _end_of(content, place, name, left)
        if length > 4 or end > len(content):
            raise damaged()
        yield name, content[place:end]
        place = end


def _end_of(content: bytes, place: int, name: int, left: Left) -> int:
    """Where a cluster of unknown length ends; a segment goes to the end of the file."""
    if name == _SEGMENT:
        return len(content)
    if name != _CLUSTER:
        raise damaged()
    while place < len(content) and int.from_bytes(content[place : place + 4], "big") not in _TOP:
        _take_one(left)
        place += 9 - content[place].bit_length()
        size, place = _size(content, place)
        if size < 0:
            raise damaged()
        place += size
    return place


def _take_one(left: Left) -> None:
    """Of the elements that a file may have, one; a file of nothing but these would be read for minutes."""
    if next(left, None) is None:
        raise damaged()


def _size(content: bytes, place: int) -> tuple[int, int]:
    """A length and the place behind it; -1 where it is not told."""
    length = 9 - content[place].bit_length()
    if length > 8 or place + length > len(content):
        raise damaged()
    told = int.from_bytes(content[place : place + length], "big") & (1 << 7 * length) - 1
    return (-1 if told == (1 << 7 * length) - 1 else told), place + length


def _element(name: int, body: bytes) -> bytes:
    length = (name.bit_length() + 7) // 8
    return name.to_bytes(length, "big") + (len(body) | 1 << 56).to_bytes(8, "big") + body


def _number(told: bytes) -> int:
    return int.from_bytes(told[:8], "big")
