"""What documents say of tests is true of the tests: each one that is named is there."""

import ast
import re

import pytest

from tests.architecture.source import ROOT

DOCUMENT = ROOT / "docs" / "security.md"
CHAPTERS = {
    "1": ["1.1.1–1.1.2", "1.2.1–1.2.9", "1.3.1–1.3.11", "1.4.1–1.4.3", "1.5.1–1.5.2"],
    "2": ["2.1.1–2.1.3", "2.2.1–2.2.3", "2.3.1–2.3.4", "2.4.1"],
    "3": ["3.2.1–3.2.2", "3.3.1–3.3.4", "3.4.1–3.4.6", "3.5.1–3.5.5", "3.7.1–3.7.2"],
    "4": ["4.1.1–4.1.3", "4.2.1", "4.3.1–4.3.2", "4.4.1–4.4.4"],
    "5": ["5.1.1", "5.2.1–5.2.3", "5.3.1–5.3.2", "5.4.1–5.4.3"],
    "6": ["6.1.1–6.1.3", "6.2.1–6.2.12", "6.3.1–6.3.4", "6.4.1–6.4.4", "6.5.1–6.5.5", "6.6.1–6.6.3", "6.8.1–6.8.4"],
    "7": ["7.1.1–7.1.3", "7.2.1–7.2.4", "7.3.1–7.3.2", "7.4.1–7.4.5", "7.5.1–7.5.2", "7.6.1–7.6.2"],
    "8": ["8.1.1–8.1.2", "8.2.1–8.2.3", "8.3.1–8.3.1", "8.4.1–8.4.1"],
    "9": ["9.1.1–9.1.3", "9.2.1–9.2.4"],
    "10": [
        "10.1.1–10.1.2", "10.2.1–10.2.2", "10.3.1–10.3.4", "10.4.1–10.4.11", "10.5.1–10.5.5", "10.6.1–10.6.2",
        "10.7.1–10.7.3",
    ],
    "11": ["11.1.1–11.1.2", "11.2.1–11.2.3", "11.3.1–11.3.3", "11.4.1–11.4.4", "11.5.1–11.5.1", "11.6.1–11.6.1"],
    "12": ["12.1.1–12.1.3", "12.2.1–12.2.2", "12.3.1–12.3.4"],
    "13": ["13.1.1", "13.2.1–13.2.5", "13.3.1–13.3.2", "13.4.1–13.4.5"],
    "14": ["14.1.1–14.1.2", "14.2.1–14.2.4", "14.3.1–14.3.3"],
    "15": ["15.1.1–15.1.3", "15.2.1–15.2.3", "15.3.1–15.3.7"],
    "16": ["16.1.1", "16.2.1–16.2.5", "16.3.1–16.3.4", "16.4.1–16.4.3", "16.5.1–16.5.3"],
    "17": ["17.1.1", "17.2.1–17.2.4", "17.3.1–17.3.2"],
}  # fmt: skip
STATES = {"met", "met in part", "not met", "not applicable"}


def spelled_out(span: str) -> list[str]:
    """Each requirement from the first to the last one."""
    first, _, last = span.partition("–")
    head, _, number = first.rpartition(".")
    return [f"{head}.{each}" for each in range(int(number), int((last or first).rpartition(".")[2]) + 1)]


def rows() -> list[list[str]]:
    lines = DOCUMENT.read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if re.match(r"\| \d+\.", line)]


def test_every_test_that_the_document_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", DOCUMENT.read_text()))
    missing = set()
    for path, name in named:
        file = ROOT / path
        there = (
            {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
            if (file.is_file())
            else None
        )
        if there is None or (name and name not in there):
            missing.add((path, name))
    assert len(named) > 40 and missing == set()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_requirement_of_a_chapter_has_one_line_with_a_state_and_a_test_or_reason(chapter: str) -> None:
    mine = [row for row in rows() if row[0].startswith(f"{chapter}.")]
    told = [each for row in mine for each in spelled_out(row[0])]
    assert told == [each for span in CHAPTERS[chapter] for each in spelled_out(span)]
    wrong = [row[0] for row in mine if row[2] not in STATES or not re.search(r"`tests/|\*reason:\*", row[3])]
    assert wrong == []
    assert [row[0] for row in mine if "–" in row[0] and row[2] != "not applicable"] == []
