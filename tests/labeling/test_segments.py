"""Marked text: well nested whatever the spans, and the text itself stays what it was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.rules.segments import DEEPEST, MOST_TICKS, Piece, Step, Tick, ruler, segments

TEXT = "Amina Wekesa of Nairobi"


def span(start: int, end: int, label: str = "PER") -> dict[str, Any]:
    return {"start": start, "end": end, "label": label}


def written(pieces: tuple[Piece, ...]) -> str:
    """`[` and `]X` for the edges of a mark, `(` and `)` where it is cut."""
    signs = {(Step.OPEN, False): "[", (Step.OPEN, True): "(", (Step.CLOSE, False): "]", (Step.CLOSE, True): ")"}
    return "".join(
        piece.text
        if piece.step is Step.TEXT
        else signs[piece.step, piece.is_cut] + piece.label * (piece.step is Step.CLOSE)
        for piece in pieces
    )


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], "Amina Wekesa of Nairobi"),
        ([span(0, 12), span(16, 23, "LOC")], "[Amina Wekesa]PER of [Nairobi]LOC"),
        ([span(0, 5, "FIRST"), span(0, 12)], "[[Amina]FIRST Wekesa]PER of Nairobi"),
        ([span(6, 12, "LAST"), span(0, 12)], "[Amina [Wekesa]LAST]PER of Nairobi"),
        ([span(0, 5, "B"), span(0, 5, "A")], "[[Amina]B]A Wekesa of Nairobi"),
        ([span(0, 5), span(5, 12)], "[Amina]PER[ Wekesa]PER of Nairobi"),
        ([span(0, 12, "A"), span(6, 23, "B")], "[Amina [Wekesa)B]A( of Nairobi]B"),
        ([span(0, 5), span(0, 5)], "[Amina]PER Wekesa of Nairobi"),
        ([span(20, 24), span(-1, 3), span(3, 3)], "Amina Wekesa of Nairobi"),
        ([span(0, 23, "ALL")], "[Amina Wekesa of Nairobi]ALL"),
    ],
)
def test_spans_become_nested_marks(spans: list[dict[str, Any]], expected: str) -> None:
    assert written(segments(TEXT, spans)) == expected


def test_offsets_count_code_points() -> None:
    assert written(segments("👩🏽 من نيروبي", [span(0, 2, "WHO"), span(6, 12, "LOC")])) == "[👩🏽]WHO من [نيروبي]LOC"


def test_marks_deeper_than_the_deepest_are_left_out() -> None:
    pieces = segments("x" * 100, [span(start, 100) for start in range(50)])
    assert sum(piece.step is Step.OPEN for piece in pieces) == DEEPEST
    assert "".join(piece.text for piece in pieces) == "x" * 100


def test_a_thousand_crossing_spans_stay_a_page() -> None:
    pieces = segments("x" * 3_000, [span(start, start + 1_500, str(start)) for start in range(1_000)])
    assert len(pieces) < 30_000


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(-2, 32), st.integers(-2, 32), st.sampled_from("ABC")), max_size=12),
)
def test_marks_are_well_nested_and_the_text_is_whole(text: str, spans: list[tuple[int, int, str]]) -> None:
    open_labels: list[str] = []
    said: list[str] = []
    for piece in segments(text, [span(*each) for each in spans]):
        if piece.step is Step.OPEN:
            open_labels.append(piece.label)
        elif piece.step is Step.CLOSE:
            assert open_labels.pop() == piece.label
        else:
            assert piece.text
            said.append(piece.text)
    assert open_labels == []
    assert "".join(said) == text


@given(
    st.text(min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from("ABC")), max_size=5, unique=True),
)
def test_each_character_lies_in_the_marks_of_its_spans(text: str, spans: list[tuple[int, int, str]]) -> None:
    at, open_labels = 0, []
    inside = [each for each in spans if each[0] < each[1] <= len(text)]
    for piece in segments(text, [span(*each) for each in spans]):
        if piece.step is Step.OPEN:
            open_labels.append(piece.label)
        elif piece.step is Step.CLOSE:
            open_labels.pop()
        for _letter in piece.text:
            assert sorted(open_labels) == sorted(label for start, end, label in inside if start <= at < end)
            at += 1


def test_the_ruler_gives_the_offsets_of_words() -> None:
    assert ruler("Amina  of\nNairobi") == (Tick(0, 7, "Amina  "), Tick(7, 10, "of\n"), Tick(10, 17, "Nairobi"))


def test_the_ruler_cuts_what_has_no_spaces() -> None:
    assert [(tick.start, tick.end) for tick in ruler("東京都は日本の首都で人口が最も多い")] == [(0, 10), (10, 17)]


@pytest.mark.parametrize(("text", "ticks"), [("", 0), ("   ", 1), ("a", 1)])
def test_a_ruler_of_next_to_nothing(text: str, ticks: int) -> None:
    assert len(ruler(text)) == ticks


@given(st.text(alphabet="ab \n東", max_size=60))
def test_the_ticks_of_a_ruler_follow_each_other_through_the_text(text: str) -> None:
    ticks = ruler(text)
    assert "".join(tick.text for tick in ticks) == text
    assert [tick.start for tick in ticks] == [0, *(tick.end for tick in ticks)][: len(ticks)]


def test_the_ruler_of_a_long_text_has_an_end() -> None:
    text = "neno " * 20_000
    ticks = ruler(text)
    assert len(ticks) == MOST_TICKS
    assert ticks[1] == Tick(50, 100, "neno " * 10)
