"""GLAD: a maximum of the published objective, easy and hard tasks, and inputs at the edge."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.inference import GLAD
from tests.calibration.crowds import accuracy, frame, make_crowd
from tests.calibration.oracles import normalised, plain_glad_objective, plain_glad_scores
from tests.support import scale

judgments = st.lists(
    st.tuples(st.sampled_from("stuv"), st.sampled_from("wxyz"), st.sampled_from("abc")), min_size=1, max_size=25
)
LABELS = ["a", "b", "c"]


def fitted(rounds: int, tolerance: float = 0.0) -> tuple[GLAD, list[Any]]:
    crowd = make_crowd(6, tasks=25, workers=6, each=4)
    found = GLAD(max_iterations=rounds, tolerance=tolerance)
    found.fit(crowd.judgments)
    return found, [tuple(row) for row in crowd.judgments.to_numpy()]


def objective(found: GLAD, rows: list[Any]) -> float:
    return plain_glad_objective(rows, LABELS, found.abilities_.to_dict(), found.easiness_.to_dict())


def test_glad_leaves_the_posterior_of_its_abilities_and_easiness() -> None:
    found, rows = fitted(4)
    scores = plain_glad_scores(rows, LABELS, found.abilities_.to_dict(), found.easiness_.to_dict())
    plain = pd.DataFrame({task: normalised(row) for task, row in scores.items()}).T
    assert np.allclose(found.probas_, plain.loc[found.probas_.index, found.probas_.columns], atol=1e-12)


def test_no_round_makes_the_published_objective_worse() -> None:
    reached = [objective(*fitted(rounds)) for rounds in range(2, 12)]
    assert all(after >= before - 1e-9 for before, after in pairwise(reached))


def test_at_the_end_no_ability_and_no_easiness_could_move_to_advantage() -> None:
    found, rows = fitted(3000, 1e-12)
    assert found.converged_
    ability, easiness = found.abilities_.to_dict(), found.easiness_.to_dict()
    tiny = 1e-5
    for worker, value in ability.items():
        up, down = {**ability, worker: value + tiny}, {**ability, worker: value - tiny}
        slope = plain_glad_objective(rows, LABELS, up, easiness) - plain_glad_objective(rows, LABELS, down, easiness)
        assert slope / (2 * tiny) == pytest.approx(0.0, abs=1e-4)
    for task, value in easiness.items():
        up, down = {**easiness, task: value * math.exp(tiny)}, {**easiness, task: value * math.exp(-tiny)}
        slope = plain_glad_objective(rows, LABELS, ability, up) - plain_glad_objective(rows, LABELS, ability, down)
        assert slope / (2 * tiny) == pytest.approx(0.0, abs=1e-4)


def test_tasks_on_which_good_people_differ_come_out_as_hard() -> None:
    rng = np.random.default_rng(4)
    rows, truth = [], {}
    for task in range(200):
        truth[f"t{task}"] = "ab"[rng.integers(2)]
        chance = 0.95 if task < 100 else 0.6
        for worker in range(12):
            right = rng.random() < (chance if worker < 9 else 0.5)
            rows.append((f"t{task}", f"w{worker}", truth[f"t{task}"] if right else "ba"["ab".index(truth[f"t{task}"])]))
    found = GLAD()
    answers = found.fit_predict(frame(rows))
    easy, hard = (found.easiness_[[f"t{task}" for task in tasks]] for tasks in (range(100), range(100, 200)))
    assert easy.median() > 1.5 * hard.median()
    assert found.abilities_[:9].min() > found.abilities_[9:].max()
    assert accuracy(answers, pd.Series(truth)) > 0.8


def test_somebody_who_is_always_wrong_has_a_negative_ability() -> None:
    rows = [(f"t{n}", worker, "ab"[n % 2]) for n in range(30) for worker in ("w1", "w2", "w3")]
    rows += [(f"t{n}", "liar", "ba"[n % 2]) for n in range(30)]
    found = GLAD()
    answers = found.fit_predict(frame(rows))
    assert answers.tolist() == ["ab"[n % 2] for n in range(30)]
    assert found.abilities_["liar"] < 0 < found.abilities_["w1"]
    assert found.skills_["liar"] < 0.1 < 0.9 < found.skills_["w1"]


def test_keys_teach_who_is_able() -> None:
    rows = [(f"t{n}", worker, label) for n in range(20) for worker, label in zip("xyz", "aab", strict=True)]
    rows += [(f"t{n}", worker, label) for n in range(20, 40) for worker, label in zip("xyz", "bba", strict=True)]
    keys = {f"t{n}": "b" if n < 20 else "a" for n in range(40) if n not in (5, 25)}
    found = GLAD()
    answers = found.fit_predict(frame(rows), gold=keys)
    assert (answers["t5"], answers["t25"]) == ("b", "a")
    assert found.skills_["z"] > 0.9 > 0.1 > found.skills_["x"]


def test_shares_of_labels_can_be_estimated_along() -> None:
    # One label is rare: an even vote for it is better read as a mistake.
    rows = [(f"t{n}", worker, "a") for n in range(50) for worker in "xy"]
    rows += [("odd", "x", "b"), ("odd", "y", "a")]
    even, uneven = GLAD(), GLAD(even_labels=False)
    even.fit(frame(rows))
    uneven.fit(frame(rows))
    assert even.probas_["a"]["odd"] == pytest.approx(0.5)
    assert uneven.probas_["a"]["odd"] > 0.9


def test_a_thousand_labels_are_no_trouble() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 1000, size=300)
    given = np.where(rng.random((300, 4)) < 0.7, truth[:, None], rng.integers(0, 1000, size=(300, 4)))
    rows = [(f"t{task}", f"w{worker}", f"{given[task, worker]:03}") for task in range(300) for worker in range(4)]
    found = GLAD(labels=[f"{label:03}" for label in range(1000)])
    answers = found.fit_predict(frame(rows))
    expected = pd.Series([f"{label:03}" for label in truth], index=[f"t{task}" for task in range(300)])
    assert accuracy(answers, expected) > 0.9


@settings(max_examples=scale(60, 300))
@given(judgments, st.dictionaries(st.sampled_from("stuv"), st.sampled_from("abc"), max_size=2))
def test_any_judgments_give_probabilities(rows: list[Any], gold: dict[str, str]) -> None:
    found = GLAD(max_iterations=30)
    answers = found.fit_predict(frame(rows), gold=gold)
    assert np.allclose(found.probas_.sum(axis=1), 1.0)
    assert (found.easiness_ > 0).all() and found.skills_.between(0, 1).all()
    assert all(answers[task] == key for task, key in gold.items() if task in answers.index)
    assert set(answers.index) == {task for task, _worker, _label in rows}
