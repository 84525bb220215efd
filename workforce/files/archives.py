"""Archives from outside, which are looked at before anything is unpacked and counted while it is."""

import zipfile
from collections.abc import Iterator
from io import BytesIO

from i18n import Message, _
from kernel.errors import Invalid

MOST_PARTS = 500
MOST_BYTES = 40 * 1024 * 1024  # of all parts, unpacked
MOST_RATIO = 100
_SMALL = 64 * 1024  # what is no larger may be as compressed as it likes
_CHUNK = 1 << 16
_ENCRYPTED = 0x1


def checked_parts(content: bytes, field: str = "file") -> dict[str, bytes]:
    """The parts of a ZIP file by name; raises Invalid for one that is broken, sealed, or unpacks to too much."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _ensure_modest(archive, len(content), field)
            return {info.filename: _unpacked(archive, info, field) for info in archive.infolist() if not info.is_dir()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError, OSError) as cause:
        raise too_odd(field) from cause
    except Exception as cause:
        if type(cause).__module__ in ("zlib", "lzma", "_lzma", "bz2"):
            raise too_odd(field) from cause
        raise


def too_odd(field: str) -> Invalid:
    """The refusal of a file that is not what it says."""
    return _refused(field, _("This file is damaged, sealed with a password, or no spreadsheet. Save it anew as .xlsx."))


def _ensure_modest(archive: zipfile.ZipFile, size: int, field: str) -> None:
    """What the list of parts says of itself, before anything is unpacked."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or len({part.filename for part in parts}) != len(parts):
        raise too_odd(field)
    # A folder that holds something is a part under a name that nobody looks at.
    if any(
        part.flag_bits & _ENCRYPTED or _leads_astray(part.filename) or (part.is_dir() and part.file_size)
        for part in parts
    ):
        raise too_odd(field)
    if sum(part.file_size for part in parts) > MOST_BYTES or any(_is_bomb(part) for part in parts):
        raise _too_large(field)
    if _overlap(parts, size):
        raise too_odd(field)


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, field: str) -> bytes:
    """The bytes of a part, counted while they come: what its list entry said is not believed."""
    found = bytearray()
    for chunk in _chunks(archive, part):
        found += chunk
        if len(found) > part.file_size or len(found) > MOST_BYTES:
            raise _too_large(field)
    return bytes(found)


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > _SMALL and part.file_size > MOST_RATIO * max(part.compress_size, 1)


def _overlap(parts: list[zipfile.ZipInfo], size: int) -> bool:
    """Whether parts share bytes, by which a small file unpacks to a large one."""
    end = 0
    for part in sorted(parts, key=lambda each: each.header_offset):
        if part.header_offset < end or part.header_offset + part.compress_size > size:
            return True
        end = part.header_offset + 30 + part.compress_size
    return False


def _leads_astray(name: str) -> bool:
    return name.startswith(("/", "\\")) or ":" in name or "\0" in name or ".." in name.replace("\\", "/").split("/")


def _too_large(field: str) -> Invalid:
    return _refused(field, _("This file unpacks to far more than a list of people needs."))


def _refused(field: str, message: Message) -> Invalid:
    return Invalid(f"{field}.invalid", message, fields={field: message})
