"""What every class of the package keeps, whatever it infers from: a frame in, the same five results out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

import calibration.inference
from calibration.inference import Boxes, BradleyTerry, Rankings, Spans, TooManyLabels, Transcripts, fusion
from tests.calibration.crowds import make_crowd
from tests.calibration.test_bradley_terry import make_comparisons
from tests.calibration.test_fusion import KINDS, crowd


@dataclass(frozen=True)
class Law:
    """A class of the package, and judgments as it takes them."""

    kind: Callable[..., Any]
    judgments: Callable[[int], pd.DataFrame]
    settings: dict[str, Any]


def closed(seed: int) -> pd.DataFrame:
    """Judgments of a closed set."""
    return make_crowd(seed, tasks=40, workers=8, mean=0.7).judgments


def compared(seed: int) -> pd.DataFrame:
    """Comparisons, a task naming its pair."""
    frame, _strength = make_comparisons(seed, each=5)
    pairs = pd.Series(list(zip(frame["left"], frame["right"], strict=True)), dtype=object)
    return pd.DataFrame({"task": pairs, "worker": frame["worker"], "label": frame["label"]})


def structured(name: str) -> Callable[[int], pd.DataFrame]:
    """Judgments with labels of a kind that is fused."""
    return lambda seed: crowd(KINDS[name], seed, tasks=4, cares=(0.9, 0.8, 0.3))[0]


FUSED = {name: name.lower() for name in ("Transcripts", "Boxes", "Spans", "Rankings", "Numbers")}
KNOWN = {
    name: getattr(calibration.inference, name)
    for name in calibration.inference.__all__
    if hasattr(getattr(calibration.inference, name), "fit_predict")
    and not inspect.isabstract(getattr(calibration.inference, name))
}
LAWS = {
    name: Law(kind, structured(FUSED[name]) if name in FUSED else compared if kind is BradleyTerry else closed, {})
    for name, kind in KNOWN.items()
}
LAWS["BradleyTerry, noisy"] = Law(BradleyTerry, compared, {"noisy": True})
every_class = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())


def test_all_classes_are_held_to_it() -> None:
    assert set(KNOWN) == {
        *("MajorityVote", "WeightedVote", "OneCoin", "DawidSkene", "MACE", "GLAD", "BradleyTerry"),
        *FUSED,
    }


@every_class
def test_each_leaves_the_same_five_results(law: Law) -> None:
    judgments, found = law.judgments(1), law.kind(**law.settings)
    answers = found.fit_predict(judgments)
    assert answers is found.labels_
    assert [*answers.index] == [*dict.fromkeys(judgments["task"])] == [*found.probas_.index]
    assert set(found.skills_.index) == set(judgments["worker"])
    assert found.skills_.between(0, 1).all()
    chances = found.probas_.to_numpy(float)
    assert np.allclose(chances.sum(axis=1), 1.0, atol=1e-12) and (chances >= 0.0).all()
    assert found.iterations_ >= 1 and found.converged_ is True
    if law.judgments in (closed, compared):
        assert set(found.probas_.columns) >= set(answers)
        assert (answers == found.probas_.idxmax(axis=1)).mean() > 0.95  # but for ties


@every_class
def test_a_judgment_written_twice_counts_once(law: Law) -> None:
    for seed in range(10):
        judgments, once, twice = law.judgments(seed), law.kind(**law.settings), law.kind(**law.settings)
        if law.kind is BradleyTerry:
            judgments = judgments.drop_duplicates()  # these drawn people meet a pair more than once
        once.fit(judgments)
        twice.fit(pd.concat([judgments, judgments.iloc[::3], judgments]))
        assert twice.labels_.tolist() == once.labels_.tolist()
        pd.testing.assert_frame_equal(twice.probas_, once.probas_, check_exact=True)
        pd.testing.assert_series_equal(twice.skills_, once.skills_, check_exact=True)


@every_class
def test_no_judgments_give_no_answers_and_no_rounds_are_refused(law: Law) -> None:
    found = law.kind(**law.settings)
    assert found.fit_predict(pd.DataFrame(columns=["task", "worker", "label"])).empty
    assert found.probas_.empty and found.skills_.empty and found.converged_
    if "max_iterations" in inspect.signature(law.kind).parameters or law.kind is Transcripts:
        with pytest.raises(ValueError, match="1 or more"):
            law.kind(max_iterations=0, **law.settings)


def test_two_labels_of_one_worker_to_one_task_both_count() -> None:
    rows = [("t", "ann", "x"), ("t", "ann", "y"), ("t", "ann", "y"), ("t", "bob", "y")]
    vote = calibration.inference.MajorityVote()
    vote.fit(pd.DataFrame(rows, columns=["task", "worker", "label"]))
    assert vote.probas_.loc["t", "y"] == pytest.approx((2 + 2 / 3) / 4)


def test_the_chances_of_a_pair_are_those_of_the_model() -> None:
    judgments = pd.DataFrame(
        [(("a", "b"), f"w{n}", "a" if n < 3 else "b") for n in range(4)] + [(("c", "b"), "w0", "tie")],
        columns=["task", "worker", "label"],
    )
    found = BradleyTerry(prior=0.0)
    answers = found.fit_predict(judgments)
    assert found.probas_.loc[("a", "b")].to_dict() == pytest.approx({"a": 0.75, "b": 0.25, "c": 0.0}, abs=1e-6)
    assert found.probas_.loc[("c", "b"), "c"] == pytest.approx(0.5, abs=1e-6)
    assert answers["a", "b"] == "a" and answers["c", "b"] in ("c", "b")
    sided = judgments.assign(left=["a"] * 4 + ["c"], right="b").drop(columns="task")
    assert BradleyTerry(prior=0.0).fit_predict(sided).equals(answers)
    held = BradleyTerry().fit(judgments, gold={("b", "a"): "b"})
    assert held.labels_["a", "b"] == "b" and held.probas_.loc[("a", "b"), "b"] == 1.0
    with pytest.raises(ValueError, match="two keys"):
        BradleyTerry().fit(judgments, gold={("b", "a"): "b", ("a", "b"): "a"})
    with pytest.raises(ValueError, match="is a pair of things"):
        BradleyTerry().fit(judgments.assign(task="ab"))


def test_the_weight_behind_each_label_is_told_beside_what_is_fused() -> None:
    rows = [("t", "ann", "one two"), ("t", "bob", "one two"), ("t", "cyd", "one too"), ("u", "ann", "ten")]
    found = Transcripts(max_iterations=1, prior=(4.0, 1.0))
    found.fit(pd.DataFrame(rows, columns=["task", "worker", "label"]), gold={"u": "then"})
    row = found.probas_.loc["t"]
    assert found.labels_["t"] == "one two" and row["one two"] > 0.6 and row["then"] == 0.0
    assert found.probas_.loc["u"].to_dict() == {"one too": 0.0, "one two": 0.0, "then": 1.0}
    weights = fusion._weights(found.skills_[["ann", "bob", "cyd"]].to_numpy())
    assert row["one too"] == pytest.approx(weights[2] / weights.sum())


def test_a_table_that_would_not_fit_is_refused_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = (Transcripts, Boxes, Spans, Rankings, BradleyTerry)
    fits = [(found := law.kind(), found.fit(law.judgments(1)))[0] for law in LAWS.values() if law.kind in kinds]
    for module in (fusion, calibration.inference.bradley_terry):
        monkeypatch.setattr(module, "is_room", lambda cells, judgments: False)
    for found in fits:
        with pytest.raises(TooManyLabels, match="would take"):
            _ = found.probas_


def test_a_tie_in_a_ranking_is_shown_as_it_may_be_given() -> None:
    rows = [("t", "ann", ["a", ("b", "c")]), ("t", "bob", ["a", "b", "c"])]
    found = Rankings()
    found.fit(pd.DataFrame(rows, columns=["task", "worker", "label"]))
    assert [*found.probas_.columns] == [("a", "b", "c"), ("a", ("b", "c"))]
    assert found.fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"]))["t"] == ("a", "b", "c")
