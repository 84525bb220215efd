"""Sounds told by their structure, kept as the same sound without the words and pictures that files carry about it."""

import zlib

from labeling.rules.media import CleanFile, MediaKind, damaged, holds_more

_WAV_CODECS = {1, 3, 0xFFFE}  # whole numbers, floating ones, and those that say more of themselves
_TAG = 128  # bytes of the oldest kind of tag, at the end of a file
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_KEPT_OF_FLAC = {0, 3}  # what the stream is, and where to seek in it
# kbit/s by index for MPEG 1 and for MPEG 2 and 2.5, and samples a second by version and index: layer III
_RATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def wav(content: bytes) -> CleanFile:
    """A WAV of plain samples, with nothing but its format and them."""
    end = 8 + _little(content[4:8])
    if end + (end & 1) < len(content):
        raise holds_more()
    place, kept = 12, dict[bytes, bytes]()
    while place + 8 <= len(content):
        name, size = content[place : place + 4], _little(content[place + 4 : place + 8])
        body = content[place + 8 : place + 8 + size]
        if len(body) != size or name in kept:
            raise damaged()
        if name in (b"fmt ", b"data"):
            kept[name] = body
        place += 8 + size + (size & 1)
    form, samples = kept.get(b"fmt ", b""), kept.get(b"data", b"")
    if len(form) < 16 or not samples or _little(form[:2]) not in _WAV_CODECS or not 0 < _little(form[2:4]) <= 8:
        raise damaged()
    a_second = _little(form[4:8]) * _little(form[12:14])
    inner = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"data", samples)
    return CleanFile(
        MediaKind.SOUND,
        "audio/wav",
        b"RIFF" + len(inner).to_bytes(4, "little") + inner,
        seconds=len(samples) / a_second if a_second else None,
    )


def flac(content: bytes) -> CleanFile:
    """A FLAC without comments, pictures and room for more."""
    place, kept, is_last = 4, list[tuple[int, bytes]](), False
    while not is_last:
        if place + 4 > len(content):
            raise damaged()
        kind, is_last = content[place] & 0x7F, bool(content[place] & 0x80)
        size = int.from_bytes(content[place + 1 : place + 4], "big")
        body = content[place + 4 : place + 4 + size]
        if len(body) != size or kind == 127 or (not kept and (kind != 0 or size != 34)):
            raise damaged()
        if kind in _KEPT_OF_FLAC:
            kept.append((kind, body))
        place += 4 + size
    frames = _without_tag(content[place:])
    if frames[:2] not in (b"\xff\xf8", b"\xff\xf9"):
        raise damaged()
    blocks = [
        bytes([kind | (0x80 if number == len(kept) else 0)]) + len(body).to_bytes(3, "big") + body
        for number, (kind, body) in enumerate(kept, start=1)
    ]
    told = int.from_bytes(kept[0][1][10:18], "big")
    rate, count = told >> 44, told & (1 << 36) - 1
    seconds = count / rate if rate and count else None
    return CleanFile(MediaKind.SOUND, "audio/flac", b"fLaC" + b"".join(blocks) + frames, seconds=seconds)


def mp3(content: bytes) -> CleanFile:
    """An MP3 of whole frames one after the other, without the tags before and behind them."""
    begin = 0
    if content.startswith(b"ID3"):
        if len(content) < 10 or any(byte & 0x80 for byte in content[6:10]):
            raise damaged()
        size = content[6] << 21 | content[7] << 14 | content[8] << 7 | content[9]
        begin = 10 + size + (10 if content[5] & 0x10 else 0)
    frames = _without_tag(content[begin:])
    if len(frames) >= 32 and frames[-32:-24] == b"APETAGEX":
        frames = frames[: max(0, len(frames) - 32 - _little(frames[-20:-16]))]
    place, count, seconds = 0, 0, 0.0
    while place + 4 <= len(frames):
        length = _frame_length(frames[place : place + 4])
        if length is None and not frames[place:].strip(b"\0"):
            break
        if length is None:
            raise holds_more() if count > 1 else damaged()
        if place + length > len(frames):
            break  # the last one was cut short, as recorders do
        seconds += _frame_seconds(frames[place : place + 4])
        place, count = place + length, count + 1
    if count < 2:
        raise damaged()
    return CleanFile(MediaKind.SOUND, "audio/mpeg", frames[:place], seconds=seconds)


def ogg(content: bytes) -> CleanFile:
    """An Ogg of one Opus or Vorbis stream, whose comments are struck out where they stand."""
    pages, place = list[tuple[int, int, int]](), 0  # where each page, its body and its end are
    while place < len(content):
        count = content[place + 26] if place + 27 <= len(content) else 0
        body = place + 27 + count
        end = body + sum(content[place + 27 : body])
        if content[place : place + 5] != b"OggS\0" or end > len(content):
            raise damaged() if len(pages) < 2 else holds_more()
        if content[place + 14 : place + 18] != content[14:18]:
            raise holds_more()  # another stream beside it
        pages.append((place, body, end))
        place = end
    kept = bytearray(content)
    last = _strike_comments(kept, pages)
    for page, _body, end in pages[: last + 1]:
        kept[page + 22 : page + 26] = b"\0\0\0\0"
        kept[page + 22 : page + 26] = _sum_of(bytes(kept[page:end])).to_bytes(4, "little")
    return CleanFile(MediaKind.SOUND, "audio/ogg", bytes(kept), seconds=_ogg_seconds(content, pages))


def _ogg_seconds(content: bytes, pages: list[tuple[int, int, int]]) -> float | None:
    """From the places in time that pages say their ends have; None where none does."""
    first = content[pages[0][1] : pages[0][2]]
    is_opus = first.startswith(b"OpusHead")
    rate, left_out = (48_000, _little(first[10:12])) if is_opus else (_little(first[12:16]), 0)
    ends = [int.from_bytes(content[page + 6 : page + 14], "little", signed=True) for page, _body, _end in pages]
    return max(max(ends) - left_out, 0) / rate if rate and max(ends) > 0 else None


def _strike_comments(kept: bytearray, pages: list[tuple[int, int, int]]) -> int:
    """The second packet says who sings; afterwards it says nothing, in as many bytes. Returns its last page."""
    packets = list[list[slice]]()  # the stretches of the first two packets, one for each page that they reach into
    is_open, last = False, 0
    for last, (page, body, _end) in enumerate(pages):  # noqa: B007
        begin = at = body
        for size in kept[page + 27 : body]:
            if not is_open:
                if len(packets) == 2:
                    break
                packets.append([])
                begin = at
            at += size
            is_open = size == 255
            if not is_open:
                packets[-1].append(slice(begin, at))
        if is_open:
            packets[-1].append(slice(begin, at))
        elif len(packets) == 2:
            break
    if len(packets) < 2 or is_open:
        raise damaged()
    first, second = (b"".join(kept[stretch] for stretch in stretches) for stretches in packets)
    if first.startswith(b"OpusHead") and second.startswith(b"OpusTags"):
        struck = b"OpusTags" + bytes(8)
    elif first.startswith(b"\x01vorbis") and second.startswith(b"\x03vorbis"):
        struck = b"\x03vorbis" + bytes(8) + b"\x01"
    else:
        raise damaged()
    if len(struck) > len(second):
        raise damaged()
    struck, done = struck.ljust(len(second), b"\0"), 0
    for stretch in packets[1]:
        length = stretch.stop - stretch.start
        kept[stretch] = struck[done : done + length]
        done += length
    return last


def _sum_of(page: bytes) -> int:
    """The checksum of a page of Ogg: that of zlib, beginning at nought, with the bits of each byte turned round."""
    turned = zlib.crc32(page.translate(_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_TURNED), "big")


def _frame_length(head: bytes) -> int | None:
    """The bytes of a frame of layer III, from its first four; None for anything else."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sample = head[2] >> 4, head[2] >> 2 & 3
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or version == 1 or layer != 1 or rate in (0, 15) or sample == 3:
        return None
    kbits = _RATES[3 if version == 3 else 2][rate]
    return (144 if version == 3 else 72) * kbits * 1000 // _SAMPLES[version][sample] + (head[2] >> 1 & 1)


def _frame_seconds(head: bytes) -> float:
    version = head[1] >> 3 & 3
    return (1152 if version == 3 else 576) / _SAMPLES[version][head[2] >> 2 & 3]


def _without_tag(content: bytes) -> bytes:
    return content[:-_TAG] if len(content) > _TAG and content[-_TAG:].startswith(b"TAG") else content


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + (b"\0" if len(body) & 1 else b"")


def _little(number: bytes) -> int:
    return int.from_bytes(number, "little")
