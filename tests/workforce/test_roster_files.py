"""Rosters as files, without a database: what is read, what is told of a line, and what is refused whole."""

import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from kernel.errors import Invalid
from workforce.files.rosters import read_roster
from workforce.rules.rosters import MOST_LINES, check_lines
from workforce.values import RosterOutcome

WRONG = RosterOutcome.WRONG


def workbook(rows: list[list[object]]) -> bytes:
    book, file = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


GOOD = workbook(
    [["E-mail", "Language", "Name"], ["a@example.org", "sw-KE", "Ada"], [None, None, None],
     ["b@example.org", "en", '=HYPERLINK("http://evil","me")'], [7, "en", None]]
)  # fmt: skip


def changed(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    """The good workbook with a part more."""
    file = BytesIO(GOOD)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        change(archive)
    return file.getvalue()


BOMB = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "expanded">]><worksheet
 xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>""".format(
    "".join(
        f'<row r="{row}">' + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells) + "</row>"
        for row, cells in enumerate((("email", "locale", "name"), ("a@example.org", "en", "&b;&b;")), start=1)
    )
)


def declaring(encoding: str, name: str) -> bytes:
    """The good workbook with a sheet that declares an entity, under a name of its own."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(GOOD)) as good, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in good.namelist():
            content = good.read(part).replace(b"sheet1.xml", name.encode())
            is_sheet = part.endswith("sheet1.xml")
            archive.writestr(part.replace("sheet1.xml", name), BOMB.encode(encoding) if is_sheet else content)
    return file.getvalue()


def lying(size: int) -> bytes:
    """The good workbook whose list of parts says less than they unpack to."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"x" * size)
    content = bytearray(file.getvalue())
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = (10).to_bytes(4, "little")
    return bytes(content)


def test_a_workbook_is_read_as_it_is_stored_and_no_formula_is_worked_out() -> None:
    checked = check_lines(read_roster(GOOD, "people.xlsx"), set(), set())
    assert [(line.number, line.outcome, [column for column, _told in line.faults]) for line in checked] == [
        (2, RosterOutcome.INVITE, []), (4, RosterOutcome.WRONG, ["name"]), (5, RosterOutcome.WRONG, ["email"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        changed(lambda archive: archive.writestr("xl/vbaProject.bin", b"macro")),
        changed(lambda archive: archive.writestr("xl/externalLinks/externalLink1.xml", b"<a/>")),
        changed(lambda archive: archive.writestr("xl/x.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')),
        changed(lambda archive: archive.writestr("xl/x.xml", '<?xml version="1.0"?><a/>'.encode("utf-16"))),
        *(declaring(encoding, "sheet1.xml") for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")),
        *(declaring(encoding, "sheet1.png") for encoding in ("utf-8", "utf-16-le", "utf-16-be")),
        declaring("utf-8", "sheet1.xml/"),
        changed(lambda archive: archive.writestr("../../etc/cron.d/x", b"x")),
        changed(lambda archive: archive.writestr("xl/media/x.png", b"0" * 30_000_000)),
        lying(100_000),
        GOOD[:-400],
        GOOD[: len(GOOD) // 2],
        b"PK\x03\x04" + b"\0" * 400,
        b"\xd0\xcf\x11\xe0" + b"\0" * 400,
        b"\xff\xfe\x00\x01",
        b"email,locale\na@example.org,\0en\n",
        b"email,locale\n",
        b"",
        b"email,name\na@example.org,Ada\n",
        b"email,locale,password\na@example.org,en,x\n",
        b"email,locale\n" + b"a@example.org,en\n" * (MOST_LINES + 1),
        b"x" * (8 * 1024 * 1024 + 1),
    ],
)
def test_a_file_that_is_no_roster_is_refused_whole(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_roster(content, "people.xlsx" if content[:2] == b"PK" else "people.csv")
    assert set(refused.value.fields) == {"file"}


def test_a_line_that_cannot_be_read_keeps_none_of_the_others_away() -> None:
    text = 'email\tlocale\tnote\n"a@example.org"x\ten\t\nb@example.org\ten\t"two\nlines"\nc@example.org\ten\t"open\n'
    told = [(line.number, set(dict(line.faults))) for line in read_roster(text.encode(), "p.tsv")]
    assert told == [(2, {""}), (3, set()), (5, {""})]


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(["", '"', '"open note', 'a "quoted" word', '"closed"', '"cl""osed"', '"no"t']), max_size=120
    )
)
def test_no_line_is_swallowed_by_a_quotation_mark_above_it(notes: list[str]) -> None:
    """Whatever the notes are, each of these lines is told of: read, or at fault under its own number."""
    lines = [f"p{place}@example.org,en,{note}" for place, note in enumerate(notes)] + ["last@example.org,en,"]
    found = read_roster("\n".join(["email,locale,note", *lines]).encode(), "p.csv")
    within = "\n".join(line.cells["note"] for line in found if not line.faults)  # a note may go over several lines
    for number, line in enumerate(lines, start=2):
        address = line.partition(",")[0]
        assert any(one.number == number or (one.number < number and address in within) for one in found)
    assert found[-1].cells["email"] == "last@example.org" or "last@example.org" in within


def test_an_open_quotation_mark_in_the_middle_costs_its_own_line_alone() -> None:
    lines = [f"p{place}@example.org,en,note" for place in range(9000)]
    lines[4000] = 'p4000@example.org,en,"open'
    found = read_roster("\n".join(["email,locale,note", *lines]).encode(), "p.csv")
    assert len(found) == 9000
    checked = check_lines(found, set(), set())
    wrong = [(line.number, line.cells["email"], set(dict(line.faults))) for line in checked if line.outcome is WRONG]
    assert wrong == [(4002, "p4000@example.org", {""})]


def test_lines_that_leave_a_quotation_mark_open_over_and_over_are_read_in_bounded_steps() -> None:
    """Open from an unquoted start and from within quotes alike, so that no row of these ever ends."""
    content = b"email,locale,note\n" + b'a",""""\n' * 9000
    assert [line.number for line in read_roster(content, "p.csv")] == list(range(2, 9002))


def test_values_beyond_the_header_are_told_and_not_dropped() -> None:
    text = "email,locale\na@example.org,en\nb@example.org,en,,\nc@example.org,en,Carol\n"
    told = [(line.number, set(dict(line.faults))) for line in read_roster(text.encode(), "p.csv")]
    assert told == [(2, set()), (3, set()), (4, {""})]
