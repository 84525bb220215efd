"""Transcripts: alignment and votes worked out by hand, ties, scripts without spaces, and what alignment keeps."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.inference import Transcripts
from calibration.inference.transcripts import _aligned
from tests.calibration.oracles import plain_edits
from tests.support import scale

transcripts = st.lists(st.lists(st.sampled_from("abcd"), max_size=6).map(tuple), min_size=1, max_size=5)


def heard(*texts: str) -> pd.DataFrame:
    return pd.DataFrame([("t", f"w{n}", text) for n, text in enumerate(texts)], columns=["task", "worker", "label"])


def test_each_word_is_decided_by_itself() -> None:
    # Nobody has it all right: one dropped a word, one changed one, one added one.
    texts = ["the cat sat on mat", "the cat sat in the mat", "the big cat sat on the mat"]
    found = Transcripts()
    assert found.fit_predict(heard(*texts))["t"] == "the cat sat on the mat"
    # Distances 1 of 6 and of 5, 1 of 6, 1 of 6 and of 7, in the mean of both directions.
    near = [1 - (1 / 6 + 1 / 5) / 2, 1 - 1 / 6, 1 - (1 / 6 + 1 / 7) / 2]
    assert found.skills_.tolist() == pytest.approx([(each + 4) / 6 for each in near])


def test_words_that_most_leave_out_are_left_out() -> None:
    assert Transcripts().fit_predict(heard("um yes", "yes", "yes"))["t"] == "yes"
    assert Transcripts().fit_predict(heard("", "", "noise"))["t"] == ""


def test_a_tie_goes_to_the_medoid() -> None:
    # "here" and "hear" are even; by its other words the first text is the nearest to all.
    texts = ["come here right now", "come hear write now", "come here right now", "come hear right know"]
    assert Transcripts(max_iterations=1).fit_predict(heard(*texts))["t"] == "come here right now"


def test_two_people_who_differ_are_decided_the_same_way_in_either_order() -> None:
    one, other = heard("left", "right"), heard("right", "left")
    assert Transcripts().fit_predict(one)["t"] == Transcripts().fit_predict(other)["t"]


def test_characters_are_aligned_where_there_are_no_spaces() -> None:
    assert Transcripts(unit="character").fit_predict(heard("今日は晴れ", "今日晴れ", "今日は暗れ"))["t"] == "今日は晴れ"


def test_who_is_reliable_elsewhere_decides_here() -> None:
    rows = [(f"t{n}", worker, f"word{n}") for n in range(10) for worker in ("good", "fair")]
    rows += [(f"t{n}", worker, f"other{n} {worker}") for n in range(10) for worker in ("bad", "worse")]
    rows += [(f"t{n}", "fair", f"word{n}") for n in range(10)]
    rows += [("x", "good", "yes"), ("x", "bad", "no"), ("x", "worse", "no")]
    assert Transcripts().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"]))["x"] == "yes"


@settings(max_examples=scale(80, 400))
@given(transcripts)
def test_alignment_keeps_every_word_in_its_order(several: list[tuple[str, ...]]) -> None:
    rows = _aligned(several, range(len(several)))
    assert len({len(row) for row in rows}) == 1
    assert [tuple(word for word in row if word) for row in rows] == several
    assert all(any(slot) for slot in zip(*rows, strict=True))  # no slot is empty
    if len(several) == 2:  # the alignment of two is as cheap as their edit distance
        assert sum(one != other for one, other in zip(*rows, strict=True)) == plain_edits(*several)


@settings(max_examples=scale(40, 200))
@given(transcripts)
def test_what_all_heard_alike_is_the_answer(several: list[tuple[str, ...]]) -> None:
    texts = [" ".join(words) for words in several]
    answer = Transcripts().fit_predict(heard(*texts))["t"].split()
    assert set(answer) <= {word for words in several for word in words}
    majority = [text for text in texts if texts.count(text) > len(texts) / 2]
    assert not majority or " ".join(answer) == majority[0]
