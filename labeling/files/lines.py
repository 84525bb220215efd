"""Lines of a UTF-8 file, decoded one by one, with the first problem of each line noted and the reading carried on."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from i18n import _, ngettext
from labeling.files.rows import FileEnds, Limits, LineProblem

_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line with its line break; with a problem its text keeps the shape of the file, not its meaning."""

    number: int
    text: str
    problem: LineProblem | None = None


def text_lines(stream: BinaryIO, limits: Limits) -> Iterator[Line]:
    """All lines from 1; a byte order mark of UTF-8 is dropped, one of another encoding ends the file."""
    number = 0
    while raw := stream.readline(limits.line_bytes + 1):
        number += 1
        if number == 1:
            raw = _without_mark(raw)
        if len(raw) > limits.line_bytes:
            _skip_line(stream, raw, limits)
            yield _too_long(number, limits)
        else:
            yield _decoded(number, raw)


def _without_mark(raw: bytes) -> bytes:
    for mark, encoding in _OTHER_ENCODINGS.items():
        if raw.startswith(mark):
            text = _("This file is %(encoding)s. Save it as UTF-8 and upload it again.", encoding=encoding)
            raise FileEnds(LineProblem(1, 1, "file.encoding", text))
    return raw.removeprefix(codecs.BOM_UTF8)


def _skip_line(stream: BinaryIO, raw: bytes, limits: Limits) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(limits.line_bytes)


def _too_long(number: int, limits: Limits) -> Line:
    text = ngettext(
        "The line is longer than %(num)s byte.", "The line is longer than %(num)s bytes.", limits.line_bytes
    )
    return Line(number, "\n", LineProblem(number, None, "line.too_long", text))


def _decoded(number: int, raw: bytes) -> Line:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Line(number, raw.decode("utf-8", "replace").replace("\0", "\ufffd"), _bad_byte(number, raw, error.start))
    if "\0" in text:
        return Line(number, text.replace("\0", "\ufffd"), _nul(number, text.index("\0") + 1))
    return Line(number, text)


def _bad_byte(number: int, raw: bytes, start: int) -> LineProblem:
    column = len(raw[:start].decode("utf-8")) + 1
    text = _(
        "Byte %(byte)s at character %(column)s is not UTF-8. Save the file as UTF-8 and upload it again.",
        byte=f"0x{raw[start]:02X}",
        column=column,
    )
    return LineProblem(number, column, "line.encoding", text)


def _nul(number: int, column: int) -> LineProblem:
    text = _("There is a NUL at character %(column)s. Is the file saved as UTF-8?", column=column)
    return LineProblem(number, column, "line.nul", text)
