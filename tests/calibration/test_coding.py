"""Judgments as numbers: categories, empty cells, and codes that do not depend on how a column is stored."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from calibration.inference import DawidSkene, calibrate, log_loss
from calibration.inference.coding import Gold, encode
from tests.calibration.crowds import make_crowd


def test_codes_follow_the_first_appearance_and_labels_their_order() -> None:
    frame = pd.DataFrame({"task": ["b", "a", "b"], "worker": ["w", "v", "v"], "label": ["y", "x", "x"]})
    coded = encode(frame, {"a": "z"})
    assert (list(coded.tasks), list(coded.workers), list(coded.labels)) == (["b", "a"], ["w", "v"], ["x", "y", "z"])
    assert (coded.task.tolist(), coded.worker.tolist(), coded.label.tolist()) == ([0, 1, 0], [0, 1, 1], [1, 0, 0])
    assert (coded.anchored.tolist(), coded.keys.tolist()) == ([1], [2])
    assert coded.votes.tolist() == [[1, 1, 0], [1, 0, 0]]


def test_columns_of_categories_give_the_same_fit_as_plain_ones() -> None:
    crowd = make_crowd(1, tasks=80)
    coded = crowd.judgments.astype("category")
    coded["task"] = coded["task"].cat.add_categories(["never judged"])
    plain, categorical = DawidSkene(), DawidSkene()
    plain.fit(crowd.judgments, gold=crowd.truth.head(5))
    categorical.fit(coded, gold=crowd.truth.head(5))
    pd.testing.assert_frame_equal(plain.probas_, categorical.probas_, check_index_type=False, check_column_type=False)
    assert list(plain.skills_.index) == list(categorical.skills_.index)


def test_an_empty_cell_is_refused_in_categories_too() -> None:
    frame = pd.DataFrame({"task": ["a", "b"], "worker": ["w", "w"], "label": ["x", None]})
    for judgments in (frame, frame.astype("category")):
        with pytest.raises(ValueError, match="empty cells"):
            encode(judgments)


JUDGED = pd.DataFrame({"task": ["a", "a", "b"], "worker": ["u", "v", "u"], "label": ["1", "2", "2"]})


@pytest.mark.parametrize(
    "gold",
    [
        {"a": "2", "stranger": "1"},
        pd.Series(["2", "2", "1"], index=["a", "a", "stranger"]),
        pd.DataFrame({"label": ["2", "1"], "task": ["a", "stranger"], "by": ["x", "y"]}),
    ],
    ids=["mapping", "series", "frame"],
)
def test_known_labels_are_read_in_every_shape_and_hold(gold: Gold) -> None:
    fitted = DawidSkene().fit(JUDGED, gold=gold)
    assert fitted.labels_["a"] == "2" and fitted.probas_.loc["a", "2"] == 1.0
    assert calibrate(fitted.probas_, gold).gold == 1
    assert log_loss(fitted.probas_, gold) == 0.0


@pytest.mark.parametrize(
    ("gold", "fault"),
    [
        (pd.DataFrame({"label": ["2"]}, index=["a"]), "columns task and label"),
        ([("a", "2")], "a mapping of task to label"),
        ({"a": None}, "must not be missing"),
        (pd.Series([pd.NA], index=["a"]), "must not be missing"),
        (pd.DataFrame({"task": ["a", "a"], "label": ["1", "2"]}), "two known labels"),
        ({"a": 1}, "different types: 1 "),
    ],
)
def test_known_labels_of_another_shape_or_type_are_refused(gold: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        encode(JUDGED, gold)


def test_a_known_label_that_nobody_gave_is_kept() -> None:
    assert list(encode(JUDGED, {"a": "3"}).labels) == ["1", "2", "3"]
