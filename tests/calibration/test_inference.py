"""Truth inference: hand-worked votes, laws every estimator keeps, and plain reference versions of the models."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from calibration.inference import (
    GLAD,
    MACE,
    DawidSkene,
    Estimator,
    MajorityVote,
    OneCoin,
    TooManyLabels,
    WeightedVote,
)
from tests.calibration.crowds import accuracy, frame, make_crowd, plain_dawid_skene, plain_one_coin

ESTIMATORS = [MajorityVote, WeightedVote, OneCoin, DawidSkene, MACE, GLAD]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda kind: kind.__name__)

TOY = [
    ("t1", "ann", "cat"),
    ("t1", "bob", "cat"),
    ("t1", "cyd", "dog"),
    ("t2", "ann", "dog"),
    ("t2", "bob", "dog"),
    ("t2", "cyd", "dog"),
    ("t3", "ann", "cat"),
    ("t3", "bob", "dog"),
]


def test_the_majority_answers_and_its_posterior_keeps_a_vote_in_doubt() -> None:
    vote = MajorityVote()
    answers = vote.fit_predict(frame(TOY))
    # Three cats and five dogs in eight judgments: shares 3/8 and 5/8 count as one vote more.
    assert answers.to_dict() == {"t1": "cat", "t2": "dog", "t3": "dog"}
    assert vote.probas_.loc["t1"].to_dict() == pytest.approx({"cat": 2.375 / 4, "dog": 1.625 / 4})
    assert vote.probas_.loc["t3"].to_dict() == pytest.approx({"cat": 1.375 / 3, "dog": 1.625 / 3})
    assert vote.skills_.to_dict() == pytest.approx({"ann": 2 / 3, "bob": 1.0, "cyd": 1 / 2})
    assert (vote.iterations_, vote.converged_) == (1, True)


def test_an_even_tie_is_broken_the_same_way_in_any_order_of_rows() -> None:
    rows = [(f"t{task}", f"w{worker}", label) for task in range(40) for worker, label in enumerate("xy")]
    forward = MajorityVote().fit_predict(frame(rows))
    backward = MajorityVote().fit_predict(frame(rows[::-1]))
    assert forward.sort_index().equals(backward.sort_index())
    assert set(forward) == {"x", "y"}  # no label wins every tie


def test_a_weighted_vote_adds_the_log_odds_of_the_given_accuracies() -> None:
    vote = WeightedVote(skills={"ann": 0.9, "bob": 0.6, "cyd": 0.6}, labels=["cat", "dog"])
    rows = [("t1", "ann", "cat"), ("t1", "bob", "dog"), ("t1", "cyd", "dog")]
    vote.fit(frame(rows))
    # Odds of cat: .9/.1 for, (.6/.4)^2 against, class shares (1/3 + 1)/3 against (2/3 + 1)/3.
    odds = 9 / 2.25 * (4 / 5)
    assert vote.probas_.loc["t1", "cat"] == pytest.approx(odds / (1 + odds))
    assert vote.labels_["t1"] == "cat"


def test_a_weighted_vote_takes_accuracies_from_gold_where_there_is_some() -> None:
    vote = WeightedVote()
    vote.fit(frame(TOY), gold={"t1": "cat", "t2": "dog"})
    # Ann and Bob are right on both, Cyd on one: (2 + 8) / 12 and (1 + 8) / 12.
    assert vote.skills_.to_dict() == pytest.approx({"ann": 10 / 12, "bob": 10 / 12, "cyd": 9 / 12})


def test_one_vote_never_decides_by_itself() -> None:
    vote = WeightedVote(skills={"ann": 1.0, "bob": 0.0})
    vote.fit(frame([("t1", "ann", "x"), ("t2", "bob", "y")]))
    assert vote.skills_.to_dict() == {"ann": 1.0, "bob": 0.0}  # bounds are for weights
    assert vote.probas_.to_numpy().max() == pytest.approx(0.985)


@every_estimator
def test_the_same_judgments_give_the_same_result(estimator: type[Estimator]) -> None:
    crowd = make_crowd(2, tasks=80)
    first, again = estimator(), estimator()
    first.fit(crowd.judgments)
    again.fit(crowd.judgments)
    assert first.probas_.equals(again.probas_)
    shuffled = estimator()
    shuffled.fit(crowd.judgments.sample(frac=1, random_state=3))
    assert np.allclose(shuffled.probas_.loc[first.probas_.index], first.probas_, atol=1e-9)


@every_estimator
def test_renaming_the_labels_renames_the_answers(estimator: type[Estimator]) -> None:
    crowd = make_crowd(3, tasks=200, each=5)
    names = {"a": "z", "b": "m", "c": "b"}
    plain, renamed = estimator(), estimator()
    plain.fit(crowd.judgments)
    renamed.fit(crowd.judgments.assign(label=crowd.judgments["label"].map(names)))
    assert np.allclose(plain.probas_.rename(columns=names)[renamed.probas_.columns], renamed.probas_, atol=1e-8)
    clear = plain.probas_.max(axis=1) - plain.probas_.apply(lambda row: row.nlargest(2).iloc[1], axis=1) > 1e-6
    assert plain.labels_[clear].map(names).equals(renamed.labels_[clear])


@every_estimator
def test_gold_holds_its_own_answers(estimator: type[Estimator]) -> None:
    crowd = make_crowd(4, tasks=100)
    gold = {f"t{task}": "abc"[task % 3] for task in range(30)} | {"not judged": "a"}
    found = estimator()
    answers = found.fit_predict(crowd.judgments, gold=gold)
    assert all(answers[task] == key for task, key in gold.items() if task != "not judged")
    assert "not judged" not in answers.index
    assert found.probas_.loc["t0", "a"] == 1.0


@every_estimator
def test_a_key_that_nobody_chose_becomes_a_label(estimator: type[Estimator]) -> None:
    found = estimator()
    assert found.fit_predict(frame(TOY), gold={"t3": "owl"})["t3"] == "owl"
    assert list(found.probas_.columns) == ["cat", "dog", "owl"]


@every_estimator
def test_somebody_who_always_errs_is_known_by_their_skill(estimator: type[Estimator]) -> None:
    rng = np.random.default_rng(20)
    truth = rng.integers(2, size=200)
    rows = [(f"t{task}", "bad", "ab"[1 - right]) for task, right in enumerate(truth)]
    rows += [
        (f"t{task}", f"w{who}", "ab"[right if rng.random() < 0.85 else 1 - right])
        for task, right in enumerate(truth)
        for who in range(4)
    ]
    skills = estimator().fit(frame(rows)).skills_
    assert skills["bad"] < 0.2
    assert skills.drop("bad").min() > 0.55


@every_estimator
def test_labels_may_be_tuples(estimator: type[Estimator]) -> None:
    names = {"cat": ("cat",), "dog": ("dog", "big"), "owl": ("owl", 1)}
    plain, tuples = estimator(), estimator()
    plain.fit(frame(TOY), gold={"t3": "owl"})
    rows = [(("t", task), worker, names[label]) for task, worker, label in TOY]
    judgments = pd.DataFrame(rows, columns=["task", "worker", "label"])
    answers = tuples.fit_predict(judgments, gold={("t", "t3"): names["owl"]})
    assert answers.tolist() == [names[label] for label in plain.labels_]
    assert [*map(str, tuples.probas_.columns)] == [*map(str, names.values())]
    assert np.allclose(tuples.probas_, plain.probas_, atol=1e-9)


def test_a_key_that_contradicts_itself_or_names_no_task_for_its_type_is_refused() -> None:
    torn = pd.Series(["cat", "dog"], index=["t1", "t1"])
    with pytest.raises(ValueError, match="t1 has two known labels, cat and dog"):
        DawidSkene().fit(frame(TOY), gold=torn)
    same = pd.Series(["dog", "dog"], index=["t1", "t1"])
    assert DawidSkene().fit_predict(frame(TOY), gold=same)["t1"] == "dog"
    rows = pd.DataFrame({"task": [7, 8], "worker": ["ann", "ann"], "label": ["cat", "dog"]})
    with pytest.raises(ValueError, match="different types: 7 is in both"):
        DawidSkene().fit(rows, gold={"7": "cat"})
    assert len(DawidSkene().fit_predict(rows, gold={"not judged": "cat"})) == 2


@every_estimator
def test_no_judgments_give_no_answers(estimator: type[Estimator]) -> None:
    found = estimator()
    assert found.fit_predict(frame([])).empty
    assert found.probas_.empty and found.skills_.empty


@every_estimator
def test_one_label_alone_is_answered(estimator: type[Estimator]) -> None:
    found = estimator()
    assert found.fit_predict(frame([("t1", "w1", "x"), ("t2", "w1", "x")])).to_dict() == {"t1": "x", "t2": "x"}


@every_estimator
def test_numbers_serve_as_names(estimator: type[Estimator]) -> None:
    rows = pd.DataFrame({"task": [7, 7, 7, 9, 9], "worker": [1, 2, 3, 1, 2], "label": [0, 0, 1, 1, 1]})
    answers = estimator().fit_predict(rows, gold={9: 1})
    assert answers.to_dict() == {7: 0, 9: 1}


def test_a_frame_without_the_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="missing: worker"):
        MajorityVote().fit(pd.DataFrame({"task": ["t"], "label": ["x"]}))
    good = pd.DataFrame({"task": ["t"], "worker": ["w"], "label": ["a"]})
    with pytest.raises(ValueError, match="known label must not be missing"):
        MajorityVote().fit(good, gold={"t": float("nan")})
    with pytest.raises(ValueError, match="empty cells"):
        MajorityVote().fit(pd.DataFrame({"task": ["t"], "worker": ["w"], "label": [None]}))


@pytest.mark.parametrize("rounds", [1, 2, 7])
def test_one_coin_equals_the_plain_version(rounds: int) -> None:
    crowd = make_crowd(6, tasks=40, workers=8)
    found = OneCoin(max_iterations=rounds, tolerance=0.0)
    found.fit(crowd.judgments)
    rows = [tuple(row) for row in crowd.judgments.to_numpy()]
    plain = pd.DataFrame(plain_one_coin(rows, ["a", "b", "c"], rounds)).T
    assert np.allclose(found.probas_, plain.loc[found.probas_.index, found.probas_.columns], atol=1e-9)


@pytest.mark.parametrize(("rounds", "pooling"), [(1, 5.0), (6, 5.0), (6, 0.0)])
@pytest.mark.parametrize("gold", [{}, {"t0": "c", "t5": "a"}], ids=["no gold", "gold"])
def test_dawid_skene_equals_the_plain_version(rounds: int, pooling: float, gold: dict[str, str]) -> None:
    crowd = make_crowd(7, tasks=40, workers=8)
    found = DawidSkene(pooling=pooling, max_iterations=rounds, tolerance=0.0)
    found.fit(crowd.judgments, gold=gold)
    rows = [tuple(row) for row in crowd.judgments.to_numpy()]
    plain = pd.DataFrame(plain_dawid_skene(rows, ["a", "b", "c"], rounds, pooling, gold)).T
    assert np.allclose(found.probas_, plain.loc[found.probas_.index, found.probas_.columns], atol=1e-6)


def test_dawid_skene_is_not_worse_than_the_vote_in_plain_crowds() -> None:
    # Nobody favours a label here, so there is little to learn, and single sets differ by luck: the mean decides.
    model, vote = [], []
    for crowd in map(make_crowd, range(20)):
        model.append(accuracy(DawidSkene().fit_predict(crowd.judgments), crowd.truth))
        vote.append(accuracy(MajorityVote().fit_predict(crowd.judgments), crowd.truth))
    assert np.mean(model) >= np.mean(vote) - 0.005


@pytest.mark.parametrize("seed", range(5))
def test_dawid_skene_sees_through_people_who_swap_two_labels(seed: int) -> None:
    crowd = make_crowd(seed, swappers=10)
    model = accuracy(DawidSkene().fit_predict(crowd.judgments), crowd.truth)
    assert model >= accuracy(MajorityVote().fit_predict(crowd.judgments), crowd.truth) + 0.03


def test_dawid_skene_describes_what_each_person_confuses() -> None:
    crowd = make_crowd(8, swappers=1, mean=0.9)
    found = DawidSkene().fit(crowd.judgments)
    assert isinstance(found, DawidSkene)
    when_a = found.confusions_.xs("a", level="truth")
    assert when_a["b"]["w0"] > 0.6
    assert when_a["a"]["w5"] > 0.7
    assert np.allclose(found.confusions_.sum(axis=1), 1.0)
    assert found.counts_.to_numpy().sum() == pytest.approx(len(crowd.judgments))
    assert found.skills_["w0"] < 0.5 < found.skills_["w5"]
    assert found.class_shares_.sum() == pytest.approx(1.0)


def test_what_was_learnt_of_a_person_before_counts_as_more_judgments() -> None:
    crowd = make_crowd(9, swappers=10)
    earlier = DawidSkene()
    earlier.fit(crowd.judgments, gold=crowd.truth)
    few = make_crowd(9, swappers=10).judgments.head(150)
    truth = crowd.truth[few["task"].unique()]
    informed = DawidSkene(history=earlier.counts_)
    assert accuracy(informed.fit_predict(few), truth) > accuracy(DawidSkene().fit_predict(few), truth)


def test_a_fit_that_is_cut_short_says_so() -> None:
    found = DawidSkene(max_iterations=2)
    found.fit(make_crowd(10).judgments)
    assert (found.iterations_, found.converged_) == (2, False)


def _open_answers(workers: int, labels: int) -> pd.DataFrame:
    """Five answers to each of 400 tasks, three of them alike, the others anything."""
    rng = np.random.default_rng(11)
    task, right = np.repeat(np.arange(400), 5), np.repeat(rng.integers(labels, size=400), 5)
    label = np.where(np.arange(2000) % 5 < 3, right, rng.integers(labels, size=2000))
    return pd.DataFrame({"task": task, "worker": rng.integers(workers, size=2000), "label": label})


def test_many_people_and_a_thousand_labels_take_little_memory() -> None:
    judgments = _open_answers(workers=500, labels=1000)
    tracemalloc.start()
    try:
        found = DawidSkene(max_iterations=2).fit(judgments)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Whole tables of 500 workers would be four gigabytes each; one row for each pair that occurs is 16 megabytes.
    assert peak < 150e6
    assert (found.labels_ == judgments.drop_duplicates("task").set_index("task")["label"]).mean() > 0.8
    assert isinstance(found, DawidSkene)
    with pytest.raises(TooManyLabels):
        _ = found.confusions_


@every_estimator
def test_free_text_is_refused_before_it_takes_the_memory(estimator: type[Estimator]) -> None:
    rows = pd.DataFrame({"task": np.arange(100_000) // 2, "worker": np.arange(100_000) % 7, "label": range(100_000)})
    tracemalloc.start()
    try:
        with pytest.raises(TooManyLabels, match="100,000 different labels"):
            estimator().fit(rows)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()
