"""What every aggregator of structured labels keeps, whatever the kind of label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from calibration.inference import Boxes, Fusion, Numbers, Rankings, Spans, Transcripts
from calibration.inference.distances import box_distance, ranking_distance, sequence_distance, span_distance
from calibration.inference.fusion import heaviest, medoid
from labeling.tasktypes.span_matching import Span


@dataclass(frozen=True)
class Kind:
    """A kind of label: how to draw a true one, how somebody garbles it, and how far an answer is from it."""

    aggregator: type[Fusion]
    draw: Callable[[np.random.Generator], Any]
    garble: Callable[[np.random.Generator, Any, float], Any]
    distance: Callable[[Any, Any], float]


WORDS = ["ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen"]


def draw_words(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(WORDS, size=8))


def garble_words(rng: np.random.Generator, truth: str, care: float) -> str:
    heard: list[str] = []
    for word in truth.split():
        if rng.random() < care:
            heard.append(word)
        else:
            heard += [[], [str(rng.choice(WORDS))], [word, str(rng.choice(WORDS))]][rng.integers(3)]
    return " ".join(heard)


def draw_boxes(rng: np.random.Generator) -> list[Any]:
    return [(100.0 * n, 0.0, 100.0 * n + rng.integers(30, 60), float(rng.integers(30, 60))) for n in range(4)]


def garble_boxes(rng: np.random.Generator, truth: list[Any], care: float) -> list[Any]:
    moved = [tuple(side + rng.normal(0, 8 * (1 - care)) for side in box) for box in truth if rng.random() < care]
    invented = [(500.0, 0.0, 540.0, 40.0)] if rng.random() > care else []
    return moved + invented


def draw_spans(rng: np.random.Generator) -> list[Any]:
    return [(20 * n, 20 * n + int(rng.integers(4, 12)), str(rng.choice([*"PQ"]))) for n in range(4)]


def garble_spans(rng: np.random.Generator, truth: list[Any], care: float) -> list[Any]:
    kept = [(start, end + int(rng.random() > care), label) for start, end, label in truth if rng.random() < care]
    return kept + ([(90, 95, "P")] if rng.random() > care else [])


def draw_ranking(rng: np.random.Generator) -> list[str]:
    return [str(name) for name in rng.permutation([*"abcdef"])]


def garble_ranking(rng: np.random.Generator, truth: list[str], care: float) -> list[str]:
    order = list(truth)
    for _ in range(8):
        if rng.random() > care:
            place = rng.integers(5)
            order[place], order[place + 1] = order[place + 1], order[place]
    return order


def draw_number(rng: np.random.Generator) -> float:
    return float(rng.normal(0, 1000))


def garble_number(rng: np.random.Generator, truth: float, care: float) -> float:
    return truth + float(rng.normal(0, 0.1)) + sum(float(rng.normal(0, 100)) for _ in range(3) if rng.random() > care)


def number_distance(one: float, other: float) -> float:
    return abs(one - other) / 100


def word_distance(one: str, other: str) -> float:
    return sequence_distance(one.split(), other.split())


def marked_distance(one: Any, other: Any) -> float:
    return span_distance(
        *(sorted(each if isinstance(each, Span) else Span(*each) for each in spans) for spans in (one, other))
    )


KINDS = {
    "transcripts": Kind(Transcripts, draw_words, garble_words, word_distance),
    "boxes": Kind(Boxes, draw_boxes, garble_boxes, box_distance),
    "spans": Kind(Spans, draw_spans, garble_spans, marked_distance),
    "numbers": Kind(Numbers, draw_number, garble_number, number_distance),
    "rankings": Kind(Rankings, draw_ranking, garble_ranking, ranking_distance),
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def crowd(kind: Kind, seed: int = 1, tasks: int = 25, cares: tuple[float, ...] = (0.9, 0.9, 0.9, 0.8, 0.8, 0.3)) -> Any:
    """Judgments by workers of the given care, and the true labels by task."""
    rng = np.random.default_rng(seed)
    truth = {f"t{task}": kind.draw(rng) for task in range(tasks)}
    rows = [(t, f"w{n}", kind.garble(rng, label, care)) for t, label in truth.items() for n, care in enumerate(cares)]
    return pd.DataFrame(rows, columns=["task", "worker", "label"]), truth


@every_kind
def test_the_answer_is_nearer_to_the_truth_than_what_people_gave(kind: Kind) -> None:
    judgments, truth = crowd(kind)
    found = kind.aggregator()
    answers = found.fit_predict(judgments)
    fused = np.mean([kind.distance(answers[task], label) for task, label in truth.items()])
    given = judgments[judgments["worker"] == "w0"].set_index("task")["label"]
    single = np.mean([kind.distance(given[task], label) for task, label in truth.items()])
    assert fused < 0.6 * single
    assert found.converged_ and found.iterations_ >= 2


@every_kind
def test_who_takes_care_comes_out_nearer_than_who_does_not(kind: Kind) -> None:
    judgments, _truth = crowd(kind)
    found = kind.aggregator().fit(judgments)
    assert found.skills_.between(0, 1).all()
    assert found.skills_["w5"] < found.skills_[["w3", "w4"]].min() - 0.05
    assert found.skills_[["w3", "w4"]].mean() < found.skills_[["w0", "w1", "w2"]].mean()
    assert found.confidence_.between(0, 1).all()


@every_kind
def test_weights_keep_careless_people_from_spoiling_the_answer(kind: Kind) -> None:
    judgments, truth = crowd(kind, tasks=25, cares=(0.97, 0.97, 0.6, 0.6, 0.6))
    weighted, even = (kind.aggregator(max_iterations=rounds).fit_predict(judgments) for rounds in (20, 1))
    errors = [
        np.mean([kind.distance(answers[task], label) for task, label in truth.items()]) for answers in (weighted, even)
    ]
    assert errors[0] < 0.9 * errors[1]


@every_kind
def test_neither_the_order_of_rows_nor_a_second_run_changes_anything(kind: Kind) -> None:
    judgments, _truth = crowd(kind, tasks=10)
    plain, shuffled = kind.aggregator(), kind.aggregator()
    plain.fit(judgments)
    shuffled.fit(judgments.sample(frac=1, random_state=5))
    assert shuffled.labels_[plain.labels_.index].tolist() == plain.labels_.tolist()
    assert np.allclose(shuffled.skills_[plain.skills_.index], plain.skills_, atol=1e-12)


@every_kind
def test_judgments_given_twice_change_no_answer(kind: Kind) -> None:
    judgments, _truth = crowd(kind, tasks=10)
    once, twice = kind.aggregator(max_iterations=1), kind.aggregator(max_iterations=1)
    assert once.fit_predict(judgments).equals(twice.fit_predict(pd.concat([judgments, judgments])))


@every_kind
def test_keys_hold_and_teach(kind: Kind) -> None:
    judgments, truth = crowd(kind, tasks=20, cares=(0.97, 0.3, 0.3))
    free, held = kind.aggregator(), kind.aggregator()
    free.fit(judgments)
    keys = {task: truth[task] for task in list(truth)[:15]}
    answers = held.fit_predict(judgments, gold={**keys, "not judged": truth["t0"]})
    assert all(kind.distance(answers[task], key) == pytest.approx(0.0) for task, key in keys.items())
    assert "not judged" not in answers.index
    assert held.confidence_[[*keys]].eq(1.0).all() and held.confidence_["t19"] < 1.0
    assert held.skills_["w0"] > held.skills_[["w1", "w2"]].max() + 0.1


@every_kind
def test_a_label_that_stands_alone_is_the_answer_and_says_nothing_of_its_author(kind: Kind) -> None:
    judgments, _truth = crowd(kind, tasks=3, cares=(0.9,))
    found = kind.aggregator().fit(judgments)
    assert found.labels_["t1"] == kind.aggregator()._show(found._read(judgments["label"][1]))
    assert found.skills_["w0"] == pytest.approx(0.8)  # the prior
    assert found.confidence_.tolist() == [1.0, 1.0, 1.0]


@every_kind
def test_no_judgments_give_no_answers(kind: Kind) -> None:
    found = kind.aggregator()
    assert found.fit_predict(pd.DataFrame(columns=["task", "worker", "label"])).empty
    assert found.skills_.empty and found.confidence_.empty and found.converged_


@every_kind
@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA], ids=["None", "nan", "NA"])
def test_what_is_missing_is_no_label_and_nobodys(kind: Kind, nothing: Any) -> None:
    whole, _truth = crowd(kind, tasks=2)
    for column in whole.columns:
        judgments = whole.astype(object)
        judgments.at[3, column] = nothing
        with pytest.raises(ValueError, match="empty cells"):
            kind.aggregator().fit(judgments)


@every_kind
def test_known_labels_come_as_a_mapping_a_series_or_a_frame(kind: Kind) -> None:
    judgments, truth = crowd(kind, tasks=3)
    key = {"t0": truth["t1"]}
    series = pd.Series([truth["t1"]], index=["t0"])
    frame = pd.DataFrame({"task": ["t0"], "label": pd.Series([truth["t1"]])})
    answers = [kind.aggregator().fit_predict(judgments, gold=gold) for gold in (key, series, frame)]
    assert answers[0].equals(answers[1]) and answers[0].equals(answers[2])
    assert kind.aggregator().fit(judgments, gold=frame).confidence_["t0"] == 1.0


@pytest.mark.parametrize("box", [{"x": 1, "y": 1, "w": 2, "h": 2}, (1, 2), 7, "left"])
def test_what_a_box_is_is_said_where_it_is_none(box: Any) -> None:
    with pytest.raises(ValueError, match="a box is a sequence of left, top, right, bottom"):
        Boxes().fit(pd.DataFrame({"task": ["t"], "worker": ["w"], "label": [[box]]}))


def numbers(*labels: float, **settings: Any) -> Numbers:
    rows = [("t", f"w{place}", label) for place, label in enumerate(labels)]
    return Numbers(**settings).fit(pd.DataFrame(rows, columns=["task", "worker", "label"]))


def test_a_number_is_the_weighted_median_in_any_unit() -> None:
    assert numbers(3, 4, 400).labels_["t"] == 4.0 and numbers(3, 5).labels_["t"] == 4.0
    # Off by 1 and 396 from the median 4; those on it do not count, and twice the median of the two is far.
    assert numbers(3, 4, 400, max_iterations=1).apart_ == pytest.approx(397.0)
    assert numbers(7, 7).apart_ == 1.0
    near = numbers(10, 12, 12, apart=4.0, max_iterations=1)
    # One is 2 of 4 off: nearness 1/2, and with the prior of 4 in 5 its author is at 4.5 / 6.
    assert near.skills_.tolist() == pytest.approx([4.5 / 6, 5 / 6, 5 / 6])
    weights = -np.log(1 - near.skills_.to_numpy())
    assert near.confidence_["t"] == pytest.approx(1 - weights[0] / 2 / weights.sum())
    known = pd.Series({"w0": 0.9, "w1": 0.3, "w2": 0.3}).to_dict()
    assert numbers(10, 12, 13, skills=known).labels_["t"] == 10.0
    judgments, _truth = crowd(KINDS["numbers"], tasks=8)
    inches = Numbers().fit(judgments.assign(label=judgments["label"] / 2.54))
    centimetres = Numbers().fit(judgments)
    assert np.allclose(inches.labels_.astype(float) * 2.54, centimetres.labels_.astype(float))
    assert np.allclose(inches.skills_, centimetres.skills_)


@pytest.mark.parametrize("label", ["four", float("inf"), True, [1]])
def test_what_is_no_number_is_refused(label: Any) -> None:
    with pytest.raises(ValueError, match="is not a finite number"):
        Numbers().fit(pd.DataFrame({"task": ["t"], "worker": ["w"], "label": pd.Series([label], dtype=object)}))
    with pytest.raises(ValueError, match="above zero"):
        Numbers(apart=0.0)


def test_a_frame_without_the_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="missing: worker"):
        Transcripts().fit(pd.DataFrame({"task": ["t"], "label": ["x"]}))


def test_the_medoid_is_nearest_to_all_by_weight() -> None:
    apart = np.array([[0.0, 0.2, 0.9], [0.2, 0.0, 0.8], [0.9, 0.8, 0.0]])
    assert medoid(apart, np.ones(3)) == 1
    assert medoid(apart, np.array([1.0, 1.0, 9.0])) == 2
    assert medoid(apart[:2, :2], np.ones(2)) == 0  # the first of equals


def test_the_heaviest_of_equals_is_the_preferred_one() -> None:
    assert heaviest({"x": 1.0, "y": 2.0}, "x") == "y"
    assert heaviest({"x": 0.1 + 0.2, "y": 0.3}, "y") == "y"
    assert heaviest({"x": 1.0, "y": 1.0}, None) == heaviest({"y": 1.0, "x": 1.0}, None)
