"""MACE: the published equations, what it sees in spammers, and inputs at the edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.inference import MACE, MajorityVote
from tests.calibration.crowds import Crowd, accuracy, frame, make_crowd
from tests.calibration.oracles import plain_mace
from tests.support import scale

judgments = st.lists(
    st.tuples(st.sampled_from("stuv"), st.sampled_from("wxyz"), st.sampled_from("abc")), min_size=1, max_size=25
)


@pytest.mark.parametrize("bayes", [True, False], ids=["bayes", "em"])
@pytest.mark.parametrize("even", [True, False], ids=["even labels", "shares"])
@pytest.mark.parametrize("rounds", [1, 13])
def test_mace_equals_the_plain_version(bayes: bool, even: bool, rounds: int) -> None:
    crowd = make_crowd(6, tasks=40, workers=8)
    found = MACE(bayes=bayes, even_labels=even, max_iterations=rounds, tolerance=0.0)
    found.fit(crowd.judgments)
    rows = [tuple(row) for row in crowd.judgments.to_numpy()]
    plain = pd.DataFrame(plain_mace(rows, ["a", "b", "c"], rounds, bayes=bayes, even=even)).T
    assert np.allclose(found.probas_, plain.loc[found.probas_.index, found.probas_.columns], atol=1e-9)


def with_spammers(seed: int, spammers: int) -> Crowd:
    """A crowd in which the first workers answer without looking, nearly always "a"."""
    crowd = make_crowd(seed, tasks=300, workers=20, mean=0.8)
    rng = np.random.default_rng(seed)
    spam = crowd.judgments["worker"].isin([f"w{n}" for n in range(spammers)])
    drawn = np.where(rng.random(len(crowd.judgments)) < 0.9, "a", "b")
    return Crowd(crowd.judgments.assign(label=crowd.judgments["label"].where(~spam, drawn)), crowd.truth)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bayes", [True, False], ids=["bayes", "em"])
def test_mace_sees_through_people_who_do_not_look(seed: int, bayes: bool) -> None:
    crowd = with_spammers(seed, 8)
    found = MACE(bayes=bayes)
    answers = found.fit_predict(crowd.judgments)
    assert accuracy(answers, crowd.truth) >= accuracy(MajorityVote().fit_predict(crowd.judgments), crowd.truth) + 0.05
    spammers = [f"w{n}" for n in range(8)]
    assert found.spamming_[spammers].min() > 0.9 > 0.8 > found.spamming_.drop(spammers).max()
    assert (found.strategies_.loc[spammers, "a"] > 0.6).all()
    assert np.allclose(found.strategies_.sum(axis=1), 1.0)
    assert found.skills_.equals((1.0 - found.spamming_).rename("skill"))


def test_somebody_who_is_always_wrong_counts_as_a_spammer() -> None:
    rows = [(f"t{n}", worker, "ab"[n % 2]) for n in range(30) for worker in ("w1", "w2", "w3")]
    rows += [(f"t{n}", "liar", "ba"[n % 2]) for n in range(30)]
    found = MACE()
    answers = found.fit_predict(frame(rows))
    assert answers.tolist() == ["ab"[n % 2] for n in range(30)]
    assert found.spamming_["liar"] > 0.9 > 0.1 > found.spamming_["w1"]


def test_keys_teach_who_knows() -> None:
    # Two against one on every task; the keys say that the one is right.
    rows = [(f"t{n}", worker, label) for n in range(20) for worker, label in zip("xyz", "aab", strict=True)]
    rows += [(f"t{n}", worker, label) for n in range(20, 40) for worker, label in zip("xyz", "bba", strict=True)]
    found = MACE()
    keys = {f"t{n}": "b" if n < 20 else "a" for n in range(40) if n not in (5, 25)}
    answers = found.fit_predict(frame(rows), gold=keys)
    assert (answers["t5"], answers["t25"]) == ("b", "a")
    assert found.skills_["z"] > 0.9 > 0.1 > found.skills_["x"]


def test_a_thousand_labels_are_no_trouble() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 1000, size=500)
    given = np.where(rng.random((500, 4)) < 0.7, truth[:, None], rng.integers(0, 1000, size=(500, 4)))
    rows = [(f"t{task}", f"w{worker}", f"{given[task, worker]:03}") for task in range(500) for worker in range(4)]
    found = MACE(labels=[f"{label:03}" for label in range(1000)])
    answers = found.fit_predict(frame(rows))
    assert found.probas_.shape == (500, 1000)
    expected = pd.Series([f"{label:03}" for label in truth], index=[f"t{task}" for task in range(500)])
    assert accuracy(answers, expected) > 0.9


@settings(max_examples=scale(60, 300))
@given(judgments, st.booleans(), st.dictionaries(st.sampled_from("stuv"), st.sampled_from("abc"), max_size=2))
def test_any_judgments_give_probabilities(rows: list[Any], bayes: bool, gold: dict[str, str]) -> None:
    found = MACE(bayes=bayes, max_iterations=30)
    answers = found.fit_predict(frame(rows), gold=gold)
    assert np.allclose(found.probas_.sum(axis=1), 1.0)
    assert found.probas_.to_numpy().min() >= 0.0
    assert found.skills_.between(0, 1).all()
    assert all(answers[task] == key for task, key in gold.items() if task in answers.index)
    assert set(answers.index) == {task for task, _worker, _label in rows}
