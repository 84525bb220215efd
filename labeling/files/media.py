"""Archives of pictures and sounds: looked at before anything is unpacked, and each file unpacked for itself."""

import hashlib
import shutil
import stat
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from i18n import Message, _
from labeling.rules.cleaning import clean_media
from labeling.rules.media import LONGEST_NAME, MOST_FILE_BYTES, CleanFile, NotTaken
from web.json_text import is_storable

MOST_FILES = 10_000
MOST_BYTES = 2 * 1024 * 1024 * 1024  # of all files, unpacked
MOST_RATIO = 100
_SMALL = 64 * 1024  # what is no larger may be as compressed as it likes
_CHUNK = 1 << 16
_ENCRYPTED = 0x1
_IN_MEMORY = 4 * 1024 * 1024
_LONGEST_LIST = 4 * 1024 * 1024  # bytes of an archive's list of files
_END, _END_64, _WAY_64, _LINE = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2"
_END_SIZE, _ENDS_64_SIZE, _LONGEST_COMMENT = 22, 56 + 20, 1 << 16
_LEFT_BY_SYSTEMS = ("__MACOSX/",)
_LEFT_NAMES = {".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class Found:
    """A file of an archive: what it is called, and either what is kept of it or why it is not taken."""

    number: int
    name: str
    file: CleanFile | None
    refusal: NotTaken | None = None

    @property
    def sha256(self) -> str:
        """Of what is kept: the same file sent twice comes to the same."""
        return hashlib.sha256(self.file.content if self.file else b"").hexdigest()


class ArchiveRefused(Exception):
    """An archive of which nothing is taken, with the reason in words."""

    def __init__(self, code: str, message: Message) -> None:
        super().__init__(code)
        self.code, self.message = code, message


def as_archive(files: Sequence[tuple[str, BinaryIO]]) -> BinaryIO:
    """One archive that was sent, as it is; other files packed into one, so that there is one way on from here."""
    if len(files) == 1:
        stream = files[0][1]
        is_archive = stream.read(4) == b"PK\x03\x04"
        stream.seek(0)
        if is_archive:
            return stream
    packed = cast(BinaryIO, SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - whoever asks reads it
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name.replace("\\", "/").rpartition("/")[2].replace("\0", "") or "file")
            with archive.open(entry, "w") as place:
                shutil.copyfileobj(content, place)
    packed.seek(0)
    return packed


def file_count(stream: BinaryIO, size: int) -> int:
    """How many files an archive holds; raises ArchiveRefused for one that is broken, sealed or a trap."""
    try:
        with _listed(stream, size) as archive:
            return len(_entries(archive, size))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, RuntimeError) as cause:
        raise _broken() from cause


def read_archive(stream: BinaryIO, size: int, after: int = 0) -> Iterator[Found]:
    """Each file in its turn, from the one after a number on; never holds more than one of them."""
    with _listed(stream, size) as archive:
        for number, entry in enumerate(_entries(archive, size), start=1):
            if number > after:
                yield _read(archive, entry, number)


def clean_name(name: str) -> str:
    """The name by which units refer to a file: its path, with nothing that leads out of the archive."""
    found = unicodedata.normalize("NFC", name)
    is_odd = any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") for letter in found)
    parts = found.split("/")
    if is_odd or not is_storable(found) or len(found) > LONGEST_NAME or "\\" in found or ":" in found:
        raise _bad_name()
    if any(part.strip() in ("", ".", "..") for part in parts):
        raise _bad_name()
    return found


def name_key(name: str) -> str:
    """What names that look alike have in common."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _listed(stream: BinaryIO, size: int) -> zipfile.ZipFile:
    """The archive with its list of files, which is looked at as bytes first: each line of it costs memory and time."""
    begin, length = _list_place(stream, size)
    if begin < 0:
        raise _broken()
    stream.seek(begin)
    if length > _LONGEST_LIST or stream.read(length).count(_LINE) > MOST_FILES:
        raise ArchiveRefused(
            "archive.too_many", _("An archive may hold at most %(most)s files. Send them in parts.", most=MOST_FILES)
        )
    return zipfile.ZipFile(stream)


def _list_place(stream: BinaryIO, size: int) -> tuple[int, int]:
    """Where the list begins that zipfile will read, and its length: it stands right before the end records."""
    stream.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
    tail = stream.read()
    is_bare = tail[-_END_SIZE:].startswith(_END) and tail.endswith(b"\0\0")
    place = len(tail) - _END_SIZE if is_bare else tail.rfind(_END)
    if place < 0:
        raise _broken()
    length, end = int.from_bytes(tail[place + 12 : place + 16], "little"), size - len(tail) + place
    stream.seek(max(0, end - _ENDS_64_SIZE))
    wide = stream.read(_ENDS_64_SIZE)
    if wide[-20:].startswith(_WAY_64):
        end -= _ENDS_64_SIZE
        if not wide.startswith(_END_64) or int.from_bytes(wide[-12:-4], "little") != end:
            raise _broken()  # two readers could take different lists for it
        length = int.from_bytes(wide[40:48], "little")
    return end - length, length


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, number: int) -> Found:
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in entry.filename)
    try:
        name = clean_name(entry.filename)
        return Found(number, name, clean_media(_unpacked(archive, entry)))
    except NotTaken as refusal:
        return Found(number, shown[:LONGEST_NAME], None, refusal)


def _entries(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    if any(entry.flag_bits & _ENCRYPTED for entry in entries) or _overlap(entries, size):
        raise _broken()
    if sum(entry.file_size for entry in entries) > MOST_BYTES or any(map(_is_bomb, entries)):
        raise ArchiveRefused(
            "archive.bomb", _("This archive unpacks to far more than its size tells. Nothing of it was taken.")
        )
    return [entry for entry in entries if not entry.is_dir() and not _is_left(entry.filename)]


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of a file, counted while they come: what its list entry said is not believed."""
    mode = entry.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise NotTaken("media.no_file", _("This is a link or a device, and no file."))
    if entry.file_size > MOST_FILE_BYTES:
        most = MOST_FILE_BYTES // 1024 // 1024
        raise NotTaken("media.too_large", _("This file is larger than %(most)s MB.", most=most))
    found = bytearray()
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                found += chunk
                if len(found) > entry.file_size:
                    break
    except Exception as cause:  # every kind of compression falls over in a way of its own
        raise _unreadable() from cause
    if len(found) != entry.file_size:
        raise _unreadable()
    return bytes(found)


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > _SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)


def _overlap(entries: list[zipfile.ZipInfo], size: int) -> bool:
    """Whether files share bytes, by which a small archive unpacks to a large one."""
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end or entry.header_offset + entry.compress_size > size:
            return True
        end = entry.header_offset + 30 + entry.compress_size
    return False


def _is_left(name: str) -> bool:
    return name.startswith(_LEFT_BY_SYSTEMS) or name.rpartition("/")[2] in _LEFT_NAMES


def _broken() -> ArchiveRefused:
    return ArchiveRefused(
        "archive.broken", _("This archive is damaged, or sealed with a password. Nothing of it was taken.")
    )


def _unreadable() -> NotTaken:
    return NotTaken("media.unreadable", _("This file of the archive cannot be unpacked."))


def _bad_name() -> NotTaken:
    return NotTaken(
        "media.name",
        _(
            "This name has more than %(most)s letters, or “..”, a colon, a backslash or unseen signs. Rename it.",
            most=LONGEST_NAME,
        ),
    )
