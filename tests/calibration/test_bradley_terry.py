"""Bradley-Terry: a known example, the published equations, intervals, unreliable people, and inputs at the edge."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.inference import BradleyTerry, pairs_from
from tests.calibration.oracles import plain_bradley_terry, plain_noisy_objective
from tests.support import scale

comparisons = st.lists(
    st.tuples(st.sampled_from("uvw"), st.permutations("abcd"), st.integers(0, 2)).map(
        lambda drawn: (drawn[0], drawn[1][0], drawn[1][1], [drawn[1][0], drawn[1][1], "tie"][drawn[2]])
    ),
    max_size=20,
)


def compared(rows: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["worker", "left", "right", "label"])


def table(wins: list[list[int]]) -> pd.DataFrame:
    names = "abcdefgh"[: len(wins)]
    return compared(
        [("w", i, j, i) for i, row in zip(names, wins, strict=True) for j, n in zip(names, row, strict=True)
         for _ in range(n)]
    )  # fmt: skip


def make_comparisons(seed: int, *, left_takers: int = 0, each: int = 60) -> tuple[pd.DataFrame, dict[str, float]]:
    """Eight things of known strength; the first workers take the left side four times in five without looking."""
    rng = np.random.default_rng(seed)
    strength = {name: math.exp(0.7 * place) for place, name in enumerate("abcdefgh")}
    rows = []
    for worker in range(10):
        for _ in range(each):
            left, right = (str(name) for name in rng.choice([*strength], size=2, replace=False))
            chance = 0.8 if worker < left_takers else strength[left] / (strength[left] + strength[right])
            rows.append((f"w{worker}", left, right, left if rng.random() < chance else right))
    return compared(rows), strength


def test_the_strengths_of_three_that_all_won_and_lost() -> None:
    found = BradleyTerry(prior=0.0)
    scores = found.fit(table([[0, 7, 9], [3, 0, 6], [1, 4, 0]])).scores_
    assert scores.round(3).to_dict() == {"a": 2.569, "b": 0.852, "c": 0.457}
    assert found.ranking_ == ["a", "b", "c"]
    assert found.converged_
    # 22 of 30 comparisons went to the stronger.
    assert found.skills_.to_dict() == {"w": pytest.approx(22 / 30)}


@pytest.mark.parametrize("seed", range(3))
def test_strengths_without_a_prior_equal_the_plain_version(seed: int) -> None:
    frame, _strength = make_comparisons(seed)
    wins = Counter(
        (label, right if label == left else left)
        for left, right, label in frame[["left", "right", "label"]].itertuples(index=False)
    )
    plain = plain_bradley_terry(wins, sorted(set(frame["left"])), 300)
    assert BradleyTerry(prior=0.0).fit(frame).scores_[[*plain]].tolist() == pytest.approx([*plain.values()], rel=1e-5)


def test_what_never_lost_stays_finite_by_a_virtual_tie() -> None:
    found = BradleyTerry()
    scores = found.fit(table([[0, 3], [0, 0]])).scores_
    # Both logarithms are x and -x; the slope 3 / (1 + e^2x) + (1/2 - 1 / (1 + e^-x)) vanishes at the answer.
    x = math.log(scores["a"])
    assert scores["a"] * scores["b"] == pytest.approx(1.0)
    assert 3 / (1 + math.exp(2 * x)) + 0.5 - 1 / (1 + math.exp(-x)) == pytest.approx(0.0, abs=1e-6)


def test_a_tie_is_half_a_win_for_each() -> None:
    ties = compared([("w", "a", "b", "tie"), ("w", "a", "b", "tie"), ("w", "b", "c", "b")])
    halves = compared([("w", "a", "b", "a"), ("w", "a", "b", "b"), ("w", "b", "c", "b")])
    assert np.allclose(BradleyTerry().fit(ties).scores_, BradleyTerry().fit(halves).scores_)


def test_equals_are_ranked_by_hash_and_not_by_order() -> None:
    rows = [("w", left, right, "tie") for left in "abcd" for right in "abcd" if left != right]
    ranking = BradleyTerry().fit(compared(rows)).ranking_
    assert ranking == BradleyTerry().fit(compared(rows[::-1])).ranking_
    assert ranking != sorted(ranking)


def test_renaming_renames_and_the_order_of_rows_does_not_matter() -> None:
    frame, _strength = make_comparisons(1, left_takers=3)
    names = dict(zip("abcdefgh", "hgfedcba", strict=True))
    renamed = frame.assign(**{column: frame[column].map(names) for column in ("left", "right", "label")})
    for noisy in (False, True):
        plain = BradleyTerry(noisy=noisy).fit(frame).scores_
        other = BradleyTerry(noisy=noisy).fit(renamed.sample(frac=1, random_state=2)).scores_
        assert np.allclose(other[plain.rename(names).index], plain, rtol=1e-6)


def test_comparisons_given_twice_keep_the_ranking_and_narrow_the_intervals() -> None:
    frame, strength = make_comparisons(2, each=100)
    once, twice = BradleyTerry().fit(frame), BradleyTerry().fit(pd.concat([frame, frame]))
    assert once.ranking_ == twice.ranking_ == sorted(strength, key=lambda name: -strength[name])
    wide, narrow = (found.intervals() for found in (once, twice))
    widths = [np.log((found["high"] / found["low"]).to_numpy(float)) for found in (wide, narrow)]
    assert (widths[1] < 0.75 * widths[0]).all()


def test_intervals_follow_from_the_curvature_of_the_likelihood() -> None:
    # Two things, n comparisons, no prior: log(a/b) has the variance 1 / (n p q), each has a quarter of it.
    intervals = BradleyTerry(prior=0.0).fit(table([[0, 30], [10, 0]])).intervals(0.95)
    half = 1.959964 * math.sqrt(1 / (40 * 0.75 * 0.25)) / 2
    assert list(intervals.loc["a"]) == pytest.approx([math.sqrt(3) * math.exp(side * half) for side in (-1, 1)])


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    covered = []
    for seed in range(40):
        frame, strength = make_comparisons(seed, each=30)
        intervals = BradleyTerry(prior=0.0).fit(frame).intervals(0.9)
        middle = math.exp(np.mean([math.log(value) for value in strength.values()]))
        true = pd.Series(strength)[intervals.index] / middle
        covered += [*(intervals["low"] <= true) & (true <= intervals["high"])]
    assert 0.86 <= np.mean(covered) <= 0.94  # 320 intervals


def test_people_who_take_a_side_are_seen_through() -> None:
    frame, strength = make_comparisons(5, left_takers=6)
    plain, noisy = BradleyTerry().fit(frame), BradleyTerry(noisy=True).fit(frame)
    assert noisy.skills_[[f"w{n}" for n in range(6)]].max() < 0.5 < noisy.skills_[["w6", "w7", "w8", "w9"]].min()
    assert noisy.left_bias_[[f"w{n}" for n in range(6)]].min() > 0.7
    assert noisy.ranking_ == sorted(strength, key=lambda name: -strength[name])
    # Noise flattens the plain strengths; the truth spans 4.9 on the logarithmic scale.
    spans = [float(np.log(found.scores_.max() / found.scores_.min())) for found in (plain, noisy)]
    assert spans[0] < 2.5 < 3.9 < spans[1] < 5.9


def test_the_noisy_model_ends_at_a_maximum_of_the_published_likelihood() -> None:
    frame, _strength = make_comparisons(3, left_takers=3, each=25)
    found = BradleyTerry(noisy=True, max_iterations=3000, tolerance=1e-10)
    found.fit(frame)
    rows = [tuple(row) for row in frame.to_numpy()]
    # Strengths as they stand to the phantom, and not relative to their mean.
    strength = dict(zip(found.scores_.index, found._model.strengths.tolist(), strict=True))
    parts = [strength, found.skills_.to_dict(), found.left_bias_.to_dict()]
    tiny = 1e-5
    for which, part in enumerate(parts):
        for name, value in part.items():
            moved = [
                [{**p, name: value * f} if i == which else p for i, p in enumerate(parts)] for f in (1 + tiny, 1 - tiny)
            ]
            up, down = (plain_noisy_objective(rows, *several) for several in moved)
            assert (up - down) / (2 * tiny) == pytest.approx(0.0, abs=1e-2)


def test_a_known_pair_stands_in_place_of_what_was_said() -> None:
    frame = compared([("liar", "a", "b", "a")] * 20 + [("honest", "a", "b", "b")] * 5 + [("honest", "b", "c", "b")] * 5)
    assert BradleyTerry().fit(frame).ranking_[0] == "a"
    for noisy in (False, True):
        found = BradleyTerry(noisy=noisy).fit(frame, gold={("b", "a"): "b", ("x", "y"): "x"})
        assert found.ranking_[0] == "b"
        assert found.skills_["liar"] < 0.5 < found.skills_["honest"]


def test_judgments_of_the_pairwise_task_type_become_comparisons() -> None:
    judgments = pd.DataFrame(
        [("u1", "ann", "a"), ("u1", "bob", "b:2"), ("u2", "ann", "tie")], columns=["task", "worker", "label"]
    )
    found = pairs_from(judgments, {"u1": ("x", "y"), "u2": ("z", "x")})
    assert found.to_numpy().tolist() == [["ann", "x", "y", "x"], ["bob", "x", "y", "y"], ["ann", "z", "x", "tie"]]
    with pytest.raises(ValueError, match="a, b or tie"):
        pairs_from(judgments.assign(label="c"), {"u1": ("x", "y"), "u2": ("z", "x")})


def test_what_is_no_comparison_is_refused() -> None:
    with pytest.raises(ValueError, match="with itself"):
        BradleyTerry().fit(compared([("w", "a", "a", "a")]))
    with pytest.raises(ValueError, match="left or its right"):
        BradleyTerry().fit(compared([("w", "a", "b", "c")]))
    with pytest.raises(ValueError, match="missing: right"):
        BradleyTerry().fit(pd.DataFrame({"left": ["a"], "label": ["a"]}))


@settings(max_examples=scale(60, 300))
@given(comparisons, st.booleans())
def test_any_comparisons_give_finite_strengths(rows: list[Any], noisy: bool) -> None:
    found = BradleyTerry(noisy=noisy, max_iterations=20)
    scores = found.fit(compared(rows)).scores_
    assert set(scores.index) == set(found.ranking_) == {name for row in rows for name in row[1:3]}
    assert np.isfinite(scores).all() and (scores > 0).all()
    assert found.skills_.between(0, 1).all()
    if rows:
        assert np.log(scores).mean() == pytest.approx(0.0, abs=1e-9)
        intervals = found.intervals()
        assert (intervals["low"] <= scores).all() and (scores <= intervals["high"]).all()
