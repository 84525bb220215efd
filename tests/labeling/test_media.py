"""Which pictures and sounds are taken, and what of them is kept."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image
from rq.timeouts import JobTimeoutException

from labeling.files.media import ArchiveRefused, clean_name, file_count, read_archive
from labeling.rules import media as rules
from labeling.rules.cleaning import clean_media
from labeling.rules.media import NotTaken
from labeling.rules.sounds import _sum_of
from tests.labeling.media_samples import (
    SECRET,
    archive,
    flac,
    located_jpeg,
    m4a,
    moving_gif,
    mp3,
    ogg,
    ogg_of,
    picture,
    wav,
    webm,
)

ZIP = archive({"x.html": b"<script>"})
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'


def why(content: bytes) -> str:
    with pytest.raises(NotTaken) as refused:
        clean_media(content)
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (picture("PNG"), "image/png"),
        (picture("WEBP"), "image/webp"),
        (picture("GIF"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (wav(), "audio/wav"),
        (flac(), "audio/flac"),
        (mp3(), "audio/mpeg"),
        (ogg(), "audio/ogg"),
        (ogg("vorbis"), "audio/ogg"),
        (m4a(), "audio/mp4"),
        (webm(), "audio/webm"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_whole_is_taken_without_what_it_says_beside_and_once_more_is_the_same(
    content: bytes, kept: str
) -> None:
    clean = clean_media(content)
    assert (clean.media_type, SECRET in clean.content) == (kept, False)
    if kept != "image/jpeg" and kept != "image/webp":  # those lose a little each time
        assert clean_media(clean.content).content == clean.content


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (wav(8_000), 1.0),
        (mp3(4), 4 * 1152 / 44_100),
        (m4a(50), 50 * 1024 / 44_100),
        (webm(50), 1.0),
        (flac(), None),
        (ogg(), None),
        (picture("PNG"), None),
    ],
)
def test_a_sound_tells_how_long_it_is_where_its_file_does(content: bytes, seconds: float | None) -> None:
    assert (clean_media(content).seconds, clean_media(clean_media(content).content).seconds) == (seconds, seconds)


def test_long_comments_of_a_sound_cost_little_and_are_nothing_but_noughts_afterwards() -> None:
    first, length = b"OpusHead" + bytes(11), 2_000_000
    content, silent = ogg_of(first, b"OpusTags" + b"\xff" * length), ogg_of(first, b"OpusTags" + bytes(length))
    tracemalloc.start()
    try:
        clean = clean_media(content).content
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (clean == silent, peak < 8 * length) == (True, True)
    assert _sum_of(b"123456789") == 0x89A1897F  # worked out elsewhere, bit by bit


def test_a_photograph_is_turned_as_it_was_held_and_forgets_where_it_was_taken() -> None:
    clean = clean_media(located_jpeg())
    with Image.open(io.BytesIO(clean.content)) as found:
        assert (found.size, dict(found.getexif()), SECRET in clean.content) == ((30, 40), {}, False)
    assert (clean.width, clean.height) == (30, 40)


def test_what_shows_through_stays_clear() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (1, 2, 3, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(clean_media(out.getvalue()).content)) as found:
        assert (found.mode, found.getpixel((0, 0))) == ("RGBA", (1, 2, 3, 0))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "media.empty"),
        (SVG, "media.markup"),
        (b"\xef\xbb\xbf <!doctype html><script>", "media.markup"),
        (b"%PDF-1.7", "media.unknown"),
        (ZIP, "media.archive"),
        (picture("PNG") + b"<script>", "media.holds_more"),
        (picture("PNG") + ZIP, "media.holds_more"),
        (picture("JPEG") + ZIP, "media.holds_more"),
        (picture("JPEG") + picture("JPEG"), "media.holds_more"),
        (picture("WEBP") + b"GIF89a", "media.holds_more"),
        (picture("GIF") + b"=1;alert(1)", "media.holds_more"),
        (wav() + b"<html>", "media.holds_more"),
        (flac() + ZIP, "media.holds_more"),
        (mp3()[:-128] + b"<html><script>", "media.holds_more"),
        (ogg() + b"<html>", "media.holds_more"),
        (m4a() + b"<html>", "media.damaged"),
        (m4a(of=b"vide"), "media.holds_more"),
        (m4a(place=40), "media.damaged"),
        (m4a(place=-8), "media.damaged"),
        (m4a(extra=b"\0\0\0\x08moof"), "media.pieces"),
        (m4a().replace(b"mp4a", b"samr"), "media.codec"),
        (m4a().replace(b"M4A ", b"heic", 1), "media.unknown"),
        (webm(codec=b"A_VORBIS"), "media.codec"),
        (webm(lacing=2), "media.holds_more"),
        (webm(0), "media.damaged"),
        (moving_gif(), "media.moves"),
        (picture("PNG")[:60], "media.damaged"),
        (picture("JPEG")[:200], "media.damaged"),
        (picture("PNG", exif=b"II*\0"), "media.damaged"),
        (picture("WEBP", exif=b"Exif\0\0II*\0"), "media.damaged"),
        (b"GIF89a/*", "media.damaged"),
        (b"GIF89a" + bytes(40), "media.damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "media.damaged"),
        (b"RIFF\x04\0\0\0WAVE", "media.damaged"),
        (b"fLaC", "media.damaged"),
        (b"ID3", "media.damaged"),
        (b"OggS" + bytes(60), "media.damaged"),
        (b"\xff\xfb\x90\x00" + bytes(10), "media.damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_taken_is_told_in_its_own_words(content: bytes, code: str) -> None:
    assert why(content) == code


def test_a_picture_of_too_many_points_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labeling.rules.pictures.MOST_PIXELS", 1_000)
    assert why(picture("PNG")) == "media.too_many_pixels"
    monkeypatch.setattr("labeling.rules.cleaning.MOST_FILE_BYTES", 50)
    assert why(picture("PNG")) == "media.too_large"
    assert rules.MOST_PIXELS == 50_000_000


def test_a_short_sound_that_would_be_read_for_minutes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    runs, none_in_the_second = struct.pack(">6I", 1, 1, 1, 2, 3, 1), struct.pack(">6I", 1, 4, 1, 2, 0, 1)
    assert why(m4a().replace(runs, none_in_the_second)) == "media.damaged"
    monkeypatch.setattr("labeling.rules.webm._MOST", 40)
    assert why(webm(20)) == "media.damaged"
    assert clean_media(webm()).seconds == 0.08


@pytest.mark.parametrize("fault", [MemoryError, JobTimeoutException])
def test_what_says_nothing_about_a_picture_is_no_answer_for_it(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def fails(*_told: object) -> None:
        raise fault

    monkeypatch.setattr("labeling.rules.pictures._written", fails)
    with pytest.raises(fault):
        clean_media(picture("PNG"))


def test_no_cut_and_no_changed_byte_brings_a_reader_down() -> None:
    for content in (picture("GIF"), picture("PNG", (4, 4)), wav(4), flac(), mp3(2), ogg(), m4a(), webm()):
        for place in range(0, len(content), 7):
            for odd in (content[:place], content[:place] + b"\xff" + content[place + 1 :]):
                try:
                    assert clean_media(odd).content
                except NotTaken as refusal:
                    assert str(refusal.message)


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "a/../b.png", "C:a.png", "a\\b.png", "a\0.png", "a//b", " ",
                                  "x\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe", "n" * 201])  # fmt: skip
def test_a_name_that_leads_astray_is_refused(name: str) -> None:
    with pytest.raises(NotTaken):
        clean_name(name)


def test_an_archive_is_read_file_by_file_with_an_answer_for_each() -> None:
    content = archive(
        {"cats/1.png": picture(), "../2.png": picture(), "3.png": SVG, "__MACOSX/x": b"x", "4": ZIP, "5": b""}
    )
    found = list(read_archive(io.BytesIO(content), len(content)))
    assert file_count(io.BytesIO(content), len(content)) == 5
    assert [(each.name, each.refusal and each.refusal.code) for each in found] == [
        ("cats/1.png", None), ("../2.png", "media.name"), ("3.png", "media.markup"), ("4", "media.archive"),
        ("5", "media.empty"),
    ]  # fmt: skip
    assert [each.number for each in read_archive(io.BytesIO(content), len(content), after=3)] == [4, 5]


def _bomb() -> bytes:
    return archive({"a.png": bytes(10_000_000)}, zipfile.ZIP_DEFLATED)


def _sealed() -> bytes:
    content = bytearray(archive({"a.png": picture()}))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _overlapping() -> bytes:
    content = bytearray(archive({"a.png": picture(), "b.png": picture()}))
    place = content.rindex(b"PK\x01\x02")
    content[place + 42 : place + 46] = bytes(4)
    return bytes(content)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_bomb, "archive.bomb"),
        (_sealed, "archive.broken"),
        (_overlapping, "archive.broken"),
        (lambda: archive({"a.png": picture()})[:-9], "archive.broken"),
        (lambda: b"PK\x03\x04" + bytes(100), "archive.broken"),
    ],
)
def test_an_archive_that_is_a_trap_is_refused_as_a_whole(make: Callable[[], bytes], code: str) -> None:
    content = make()
    with pytest.raises(ArchiveRefused) as refused:
        file_count(io.BytesIO(content), len(content))
    assert refused.value.code == code


def _wide(content: bytes, said: int | None = None) -> bytes:
    """The same archive with the larger kind of end record, as programs write that do not know the size beforehand."""
    end = content.rindex(b"PK\5\6")
    count, length, begin = struct.unpack("<H2L", content[end + 10 : end + 20])
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, begin)
    way = struct.pack("<4sLQL", b"PK\6\7", 0, end if said is None else said, 1)
    small = content[end : end + 10] + b"\xff" * 10 + content[end + 20 :]
    return content[:end] + record + way + small


def test_a_list_of_too_many_files_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    line = struct.pack("<4s4B4H3L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 15) + b"x"
    line = line[:28] + b"\1\0" + line[30:]
    monkeypatch.setattr("labeling.files.media._LONGEST_LIST", 10 * len(line))
    for lines, said, most in ((2, 2, 1), (2, 1, 1), (11, 11, 20)):  # what it says of their number is not believed
        content = b"PK\3\4" + line * lines + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, said, said, 47 * lines, 4, 0)
        for odd in (content, _wide(content), content[:-2] + b"\3\0abc"):
            with monkeypatch.context() as never, pytest.raises(ArchiveRefused) as refused:
                never.setattr("labeling.files.media.MOST_FILES", most)
                never.setattr("zipfile.ZipFile", lambda *_told: pytest.fail("the list was read"))
                file_count(io.BytesIO(odd), len(odd))
            assert refused.value.code == "archive.too_many"


def test_an_archive_of_the_larger_kind_is_read_where_its_ends_agree() -> None:
    content = archive({"a.png": picture()})
    whole, torn = _wide(content), _wide(content, said=0)
    assert [each.name for each in read_archive(io.BytesIO(whole), len(whole))] == ["a.png"]
    with pytest.raises(ArchiveRefused, match=r"archive\.broken"):
        file_count(io.BytesIO(torn), len(torn))


def test_links_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    found = list(read_archive(out, len(out.getvalue())))
    assert found[0].refusal is not None and found[0].refusal.code == "media.no_file"
