"""Agreement coefficients against known tables, and counters against the batch."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Hashable
from functools import partial
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from calibration.inference import (
    AgreementCounter,
    Level,
    PairCounter,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    krippendorff_interval,
    mean_cohen_kappa,
    percent_agreement,
)
from calibration.inference.agreement import (
    against_rest,
    count_agreement,
    count_pairs,
    distance_agreement,
    labels_given,
    pairwise_agreement,
    units_with,
)
from calibration.inference.distances import box_distance, ranking_distance, sequence_distance, span_distance
from labeling.tasktypes.span_matching import Span
from tests.support import scale

FOUR_OBSERVERS = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]

# Ten subjects, fourteen raters, five classes.
FLEISS_TABLE = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def _observed(rows: list[str]) -> pd.DataFrame:
    cells = [
        (unit, observer, None if value == "." else int(value))
        for observer, row in enumerate(rows)
        for unit, value in enumerate(row)
    ]
    return pd.DataFrame(cells, columns=["task", "worker", "label"])


def _counted(table: list[list[int]]) -> pd.DataFrame:
    cells = [(unit, label) for unit, row in enumerate(table) for label, count in enumerate(row) for _ in range(count)]
    return pd.DataFrame(cells, columns=["task", "label"])


def _crossed(table: list[list[int]]) -> tuple[list[int], list[int]]:
    pairs = [(i, k) for i, row in enumerate(table) for k, count in enumerate(row) for _ in range(count)]
    return [first for first, _ in pairs], [second for _, second in pairs]


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.7434), ("ordinal", 0.8154), ("interval", 0.8491), ("ratio", 0.7974)]
)
def test_alpha_of_four_observers_and_twelve_units(level: str, alpha: float) -> None:
    assert round(krippendorff_alpha(_observed(FOUR_OBSERVERS), level), 4) == alpha


def _plain_alpha(units: list[list[float]], level: str) -> float:
    """Alpha by its definition: mean distance within units against the mean over all pairs."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    totals = Counter(values)

    def apart(c: float, k: float) -> float:
        if level == "nominal":
            return float(c != k)
        if level == "ordinal":
            between = sum(n for g, n in totals.items() if min(c, k) <= g <= max(c, k))
            return (between - (totals[c] + totals[k]) / 2) ** 2
        return (c - k) ** 2 if level == "interval" else ((c - k) / (c + k)) ** 2

    within = sum(sum(apart(c, k) for c, k in permutations(unit, 2)) / (len(unit) - 1) for unit in units) / len(values)
    overall = sum(n * m * apart(c, k) for c, n in totals.items() for k, m in totals.items())
    return 1 - within / (overall / (len(values) * (len(values) - 1)))


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("seed", range(5))
def test_alpha_equals_its_definition_on_tables_with_holes(level: Level, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 6, size=(5, 30))
    rows = ["".join("." if rng.random() < 0.4 else str(value) for value in row) for row in table]
    units = [[float(row[unit]) for row in rows if row[unit] != "."] for unit in range(30)]
    assert krippendorff_alpha(_observed(rows), level) == pytest.approx(_plain_alpha(units, level), abs=1e-12)


def test_named_grades_are_compared_in_the_order_given() -> None:
    names = {1: "poor", 2: "fair", 3: "good", 4: "fine", 5: "best"}
    judgments = _observed(FOUR_OBSERVERS)
    judgments["label"] = judgments["label"].map(names)
    assert round(krippendorff_alpha(judgments, "ordinal", order=list(names.values())), 4) == 0.8154
    with pytest.raises(ValueError, match="leaves out"):
        krippendorff_alpha(judgments, "ordinal", order=["poor", "fair"])
    judgments["label"] = pd.Categorical(judgments["label"], [*names.values(), "unheard of"], ordered=True)
    assert round(krippendorff_alpha(judgments, "ordinal"), 4) == 0.8154
    lower, upper = krippendorff_interval(judgments, "ordinal", samples=50)
    assert lower < 0.8154 <= upper


def test_a_frame_without_its_columns_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="columns task and label; missing: task"):
        krippendorff_alpha(pd.DataFrame({"label": ["x"]}))
    with pytest.raises(ValueError, match="columns task and label; missing: label"):
        krippendorff_alpha(pd.DataFrame({"task": ["t"]}), lambda one, other: 1.0)
    with pytest.raises(ValueError, match="columns task, worker and label; missing: worker"):
        mean_cohen_kappa(pd.DataFrame({"task": ["t"], "label": ["x"]}))


def test_the_interval_is_wide_for_twelve_units_and_the_same_each_time() -> None:
    lower, upper = krippendorff_interval(_observed(FOUR_OBSERVERS))
    assert lower == pytest.approx(0.42, abs=0.04)
    assert upper == pytest.approx(1.0, abs=1e-9)
    assert krippendorff_interval(_observed(FOUR_OBSERVERS)) == (lower, upper)


def test_alpha_says_nothing_where_only_one_value_was_used() -> None:
    assert math.isnan(krippendorff_alpha(_observed(["111", "111"])))
    assert math.isnan(krippendorff_alpha(_observed(["1..", ".2."])))
    assert all(math.isnan(end) for end in krippendorff_interval(_observed(["1..", ".2."])))


@pytest.mark.parametrize(
    ("table", "percent", "kappa"), [([[20, 5], [10, 15]], 0.70, 0.400), ([[90, 5], [5, 0]], 0.90, -0.053)]
)
def test_cohens_kappa_and_the_trap_of_a_common_class(table: list[list[int]], percent: float, kappa: float) -> None:
    first, second = _crossed(table)
    counter = PairCounter()
    for pair in zip(first, second, strict=True):
        counter.add(*pair)
    assert counter.percent() == pytest.approx(percent)
    assert round(cohen_kappa(first, second), 3) == round(counter.kappa(), 3) == kappa


def test_cohens_kappa_says_nothing_where_chance_alone_agrees() -> None:
    assert math.isnan(cohen_kappa([1, 1], [1, 1]))
    assert math.isnan(cohen_kappa([], []))


def test_fleiss_kappa_of_the_textbook_table() -> None:
    assert round(fleiss_kappa(_counted(FLEISS_TABLE)), 4) == 0.2099
    assert percent_agreement(_counted(FLEISS_TABLE)) == pytest.approx(0.378, abs=5e-4)


def test_fleiss_kappa_refuses_unequal_units() -> None:
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa(_counted([[2, 0], [2, 1]]))


def test_percent_agreement_is_the_mean_over_units_with_two_judgments() -> None:
    # 1, then 1/3 of the pairs; the unit with one judgment says nothing.
    assert percent_agreement(_counted([[2, 0], [2, 1], [1, 0]])) == pytest.approx(2 / 3)


def _plain_fleiss(units: list[list[Hashable]]) -> float:
    values = [value for unit in units for value in unit]
    by_chance = sum((values.count(value) / len(values)) ** 2 for value in set(values))
    return (_plain_percent(units) - by_chance) / (1 - by_chance)


def _plain_percent(units: list[list[Hashable]]) -> float:
    shares = [sum(a == b for a, b in permutations(unit, 2)) / (len(unit) * (len(unit) - 1)) for unit in units]
    return sum(shares) / len(shares)


@pytest.mark.parametrize("seed", range(5))
def test_fleiss_and_percent_equal_their_definitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.multinomial(4, [0.5, 0.3, 0.2], size=25).tolist()
    units: list[list[Hashable]] = [[k for k, n in enumerate(row) for _ in range(n)] for row in table]
    assert fleiss_kappa(_counted(table)) == pytest.approx(_plain_fleiss(units), abs=1e-12)
    assert percent_agreement(_counted(table)) == pytest.approx(_plain_percent(units), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_cohen_equals_another_library(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 4, 80)
    second = np.where(rng.random(80) < 0.6, first, rng.integers(0, 4, 80))
    assert cohen_kappa(first.tolist(), second.tolist()) == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


@pytest.mark.parametrize("level", list(Level))
def test_alpha_of_a_thousand_values_equals_its_definition(level: Level) -> None:
    rng = np.random.default_rng(11)
    units = [(rng.integers(0, 1000) + rng.integers(0, 100, size=rng.integers(1, 5))).tolist() for _ in range(40)]
    judgments = pd.DataFrame([(u, v) for u, unit in enumerate(units) for v in unit], columns=["task", "label"])
    assert krippendorff_alpha(judgments, level) == pytest.approx(_plain_alpha(units, level), abs=1e-9)


def test_large_and_small_tables_are_counted_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    judgments = _observed(FOUR_OBSERVERS)
    figures = {
        level: (krippendorff_alpha(judgments, level), krippendorff_interval(judgments, level)) for level in Level
    }
    monkeypatch.setattr("calibration.inference.counters._MOST_CELLS", 20)  # sparse, and drawn a few at a time
    for level, (alpha, (lower, upper)) in figures.items():
        assert krippendorff_alpha(judgments, level) == pytest.approx(alpha, abs=1e-12)
        assert krippendorff_interval(judgments, level) == pytest.approx((lower, upper), abs=1e-12)


def test_numbers_far_from_zero_lose_no_digits() -> None:
    near = _observed(FOUR_OBSERVERS)
    far = near.assign(label=near["label"] + 1_700_000_000)
    assert krippendorff_alpha(far, "interval") == pytest.approx(krippendorff_alpha(near, "interval"), abs=1e-9)


def test_a_ratio_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        krippendorff_alpha(_counted([[1, 1], [2, 0]]).assign(label=[-1, 1, 1, 1]), "ratio")


LABELS = st.integers(1, 4)


@settings(max_examples=scale(40, 200), deadline=None)
@given(units=st.lists(st.lists(LABELS, max_size=5), min_size=1, max_size=12), order=st.randoms(use_true_random=False))
def test_any_table_counted_along_equals_its_definition(units: list[list[int]], order: random.Random) -> None:
    counter, held = AgreementCounter(), [dict[Hashable, int]() for _ in units]
    events = [(unit, label) for unit, labels in enumerate(units) for label in labels]
    order.shuffle(events)
    for unit, label in events:
        held[unit] = counter.add(held[unit], label)
        if order.random() < 0.5:  # a judgment that is taken back at once or whose place another takes
            held[unit] = counter.add(held[unit], 5 - label)
            held[unit] = counter.remove(held[unit], 5 - label)
    shared = [list(map(float, unit)) for unit in units if len(unit) > 1]
    for level in Level:
        if len({value for unit in shared for value in unit}) < 2:
            assert math.isnan(counter.alpha(level))
        else:
            assert counter.alpha(level) == pytest.approx(_plain_alpha(shared, level), abs=1e-12)
    if shared:
        assert counter.percent() == pytest.approx(_plain_percent([list(unit) for unit in shared]), abs=1e-12)


def _plain_bootstrap(units: list[list[Any]], figure: Callable[[list[list[Any]]], float]) -> tuple[float, float]:
    draw = random.Random(1)
    found = sorted(figure(draw.choices(units, k=len(units))) for _ in range(500))
    return found[int(0.025 * len(found))], found[int(0.975 * len(found))]


def test_intervals_are_those_of_drawing_units_again() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(1, 5, 40)
    units = [np.where(rng.random(3) < 0.7, value, rng.integers(1, 5, 3)).tolist() for value in truth]
    judgments = pd.DataFrame([(u, v) for u, unit in enumerate(units) for v in unit], columns=["task", "label"])
    counter = count_agreement(judgments)
    pairs = [unit[:2] for unit in units]
    kappa = count_pairs(*zip(*pairs, strict=True))
    for found, drawn in [
        (counter.interval("nominal"), _plain_bootstrap(units, partial(_plain_alpha, level="nominal"))),
        (counter.interval("ordinal"), _plain_bootstrap(units, partial(_plain_alpha, level="ordinal"))),
        (counter.percent_interval(), _plain_bootstrap(units, _plain_percent)),
        (counter.fleiss_interval(), _plain_bootstrap(units, _plain_fleiss)),
        (kappa.interval(), _plain_bootstrap(pairs, lambda some: cohen_kappa_score(*zip(*some, strict=True)))),
    ]:
        assert found == pytest.approx(drawn, abs=0.05)


def test_an_interval_tells_how_far_it_is() -> None:
    shares: list[float] = []
    count_agreement(_observed(FOUR_OBSERVERS)).interval(progress=shares.append)
    assert shares[-1] == 1.0


# Structured labels: a distance in place of a level.


@pytest.mark.parametrize(
    ("level", "distance"),
    [("nominal", lambda a, b: float(a != b)), ("interval", lambda a, b: (a - b) ** 2)],
)
def test_a_distance_of_ones_own_equals_the_level_that_it_spells_out(
    level: str, distance: Callable[[float, float], float]
) -> None:
    judgments = _observed(FOUR_OBSERVERS)
    assert krippendorff_alpha(judgments, distance) == pytest.approx(krippendorff_alpha(judgments, level), abs=1e-12)
    lower, upper = krippendorff_interval(judgments, distance)
    assert (lower, upper) == pytest.approx(krippendorff_interval(judgments, level), abs=0.06)
    assert lower < krippendorff_alpha(judgments, distance) < upper


def test_many_labels_are_compared_by_a_sample_of_pairs() -> None:
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 3, 200)
    labels = np.where(rng.random((200, 4)) < 0.8, truth[:, None], rng.integers(0, 3, (200, 4)))
    judgments = pd.DataFrame({"task": np.repeat(np.arange(200), 4), "label": labels.ravel()})
    calls = 0

    def differs(one: int, other: int) -> float:
        nonlocal calls
        calls += 1
        return float(one != other)

    found = distance_agreement(judgments, differs)
    assert calls == 200 * 6 + 10_000
    assert found.alpha() == pytest.approx(krippendorff_alpha(judgments), abs=0.01)
    assert found.interval() == pytest.approx(krippendorff_interval(judgments), abs=0.03)
    assert distance_agreement(judgments, differs).interval() == found.interval()


def _structured(*groups: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame({"task": [number for number, group in enumerate(groups) for _ in group]})
    frame["label"] = pd.Series([label for group in groups for label in group], dtype=object)
    return frame


SPANS = ([[Span(0, 4, "x")], [Span(0, 4, "x")], [Span(0, 5, "x")]], [[Span(9, 12, "y")], [Span(9, 12, "y")], None])
BOXES = ([[(0, 0, 10, 10)], [(0, 0, 10, 10)], [(0, 0, 10, 9)]], [[(50, 50, 60, 60)], [(50, 50, 60, 60)], None])
TEXTS = ([["a", "b", "c"], ["a", "b", "c"], ["a", "b", "d"]], [["e", "f"], ["e", "f"], None])
ORDERS = ([["p", "q", "r"], ["p", "q", "r"], ["p", "r", "q"]], [["r", "q", "p"], ["r", "q", "p"], None])


@pytest.mark.parametrize(
    ("groups", "distance"),
    [(SPANS, span_distance), (BOXES, box_distance), (TEXTS, sequence_distance), (ORDERS, ranking_distance)],
    ids=["spans", "boxes", "transcripts", "rankings"],
)
def test_structured_labels_agree_by_their_own_distance(
    groups: tuple[list[object], list[object]], distance: Callable[[object, object], float]
) -> None:
    # Three labels of one task, of which one is a little off, and two equal ones of another.
    first, second = groups[0], [label for label in groups[1] if label is not None]
    values = [*first, *second]
    within = 2 * sum(distance(*pair) for pair in combinations(first, 2)) / 2
    by_chance = sum(distance(*pair) for pair in permutations(values, 2)) / 4
    alpha = krippendorff_alpha(_structured(*groups), distance)
    assert alpha == pytest.approx(1 - within / by_chance, abs=1e-12)
    assert 0.4 < alpha < 1


def test_structured_labels_that_are_all_alike_tell_nothing() -> None:
    judgments = _structured([["a"], ["a"]], [["a"], ["a"]])
    assert math.isnan(krippendorff_alpha(judgments, sequence_distance))
    assert all(map(math.isnan, krippendorff_interval(judgments, sequence_distance)))
    assert math.isnan(krippendorff_alpha(_structured([["a"]], [["b"]]), sequence_distance))


@pytest.mark.parametrize("seed", range(3))
def test_counting_along_equals_the_batch_in_any_order_with_removals(seed: int) -> None:
    draw = random.Random(seed)
    judgments = [(unit, draw.choice([1, 2, 3, 4])) for unit in range(60) for _ in range(draw.randint(1, 5))]
    void = [(draw.randrange(60), draw.choice([1, 2, 3, 4])) for _ in range(40)]
    events = [("add", *cell) for cell in judgments + void]
    draw.shuffle(events)
    for cell in void:
        after = max(place for place, event in enumerate(events) if event == ("add", *cell))
        events.insert(draw.randint(after + 1, len(events)), ("remove", *cell))
    counter = AgreementCounter()
    units: dict[int, dict[Hashable, int]] = {unit: {} for unit in range(60)}
    for act, unit, label in events:
        units[unit] = getattr(counter, act)(units[unit], label)
    batch = count_agreement(pd.DataFrame(judgments, columns=["task", "label"]))
    assert counter.patterns == batch.patterns
    for level in Level:
        assert counter.alpha(level) == pytest.approx(batch.alpha(level), abs=1e-12)
        assert counter.interval(level) == batch.interval(level)
    assert counter.percent() == pytest.approx(batch.percent(), abs=1e-12)


def test_fleiss_counted_along_equals_the_table() -> None:
    counter = AgreementCounter()
    for row in FLEISS_TABLE:
        counts: dict[Hashable, int] = {}
        labels = [label for label, count in enumerate(row) for _ in range(count)]
        random.Random(2).shuffle(labels)
        for label in labels:
            counts = counter.add(counts, label)
    assert round(counter.fleiss(), 4) == 0.2099


def test_pairs_counted_along_forget_what_is_taken_back() -> None:
    counter = PairCounter()
    for first, second in [("x", "x"), ("x", "y"), ("y", "y")]:
        counter.add(first, second)
    before = counter.kappa()
    counter.add("y", "x")
    counter.remove("y", "x")
    assert counter.kappa() == pytest.approx(before, abs=1e-12)
    assert (counter.shared, counter.alike) == (3, 2)
    with pytest.raises(ValueError, match="no unit was judged"):
        counter.remove("y", "x")


def test_days_add_up_to_the_whole() -> None:
    judgments = _observed(FOUR_OBSERVERS)
    early, late = judgments[judgments["task"] < 5], judgments[judgments["task"] >= 5]
    merged = count_agreement(early).merged(count_agreement(late))
    assert merged.patterns == count_agreement(judgments).patterns
    assert merged.units == 11


def test_a_counter_survives_being_stored() -> None:
    counter = count_agreement(_observed(FOUR_OBSERVERS))
    assert AgreementCounter.from_json(json.loads(json.dumps(counter.to_json()))).patterns == counter.patterns


def test_what_was_never_added_cannot_be_removed() -> None:
    with pytest.raises(ValueError, match="no judgment"):
        AgreementCounter().remove({"x": 1}, "y")
    with pytest.raises(ValueError, match="not counted"):
        AgreementCounter().remove({"x": 2}, "x")


def test_agreement_on_one_class_is_that_of_the_class_and_all_others_as_one() -> None:
    rows = [(unit, worker, "abc"[(unit * worker) % 3]) for unit in range(30) for worker in range(1, 4)]
    frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
    counter = count_agreement(frame)
    apart = count_agreement(frame.assign(label=frame["label"] == "a"))
    assert against_rest(counter, "a").patterns == apart.patterns
    assert units_with(counter, "a") == frame[frame["label"] == "a"]["task"].nunique()
    assert labels_given(counter)[0] == frame["label"].value_counts().idxmax()


def test_a_judgment_written_twice_agrees_with_nobody_and_words_have_no_order_of_their_own() -> None:
    rows = [("t1", "ann", "x"), ("t1", "bob", "y"), ("t2", "ann", "x"), ("t2", "bob", "x")]
    judgments = pd.DataFrame(rows, columns=["task", "worker", "label"])
    twice = pd.concat([judgments, judgments.head(1)])
    assert count_agreement(twice).patterns == count_agreement(judgments).patterns
    assert distance_agreement(twice, _differs).alpha() == distance_agreement(judgments, _differs).alpha()
    with pytest.raises(ValueError, match="need their order"):
        krippendorff_alpha(judgments, "ordinal")


def _differs(one: str, other: str) -> float:
    return float(one != other)


def test_the_mean_over_pairs_equals_the_kappas_of_others() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(3, size=80)
    rows = [
        (task, worker, int(truth[task] if rng.random() < 0.7 else rng.integers(3)))
        for task in range(80)
        for worker in range(6)
        if rng.random() < 0.6
    ]
    judgments = pd.DataFrame(rows, columns=["task", "worker", "label"]).sample(frac=1, random_state=1)
    wide = judgments.pivot(index="task", columns="worker", values="label")
    both = [wide[[one, other]].dropna() for one, other in combinations(wide.columns, 2)]
    kappas = [cohen_kappa_score(pair.iloc[:, 0], pair.iloc[:, 1]) for pair in both]
    found = pairwise_agreement(judgments)
    assert found.kappa() == pytest.approx(np.average(kappas, weights=[len(pair) for pair in both]))
    assert mean_cohen_kappa(judgments) == found.kappa()
    assert found.units == (wide.notna().sum(axis=1) > 1).sum()
    low, high = found.interval(samples=200)
    # Fifteen pairs of some thirty tasks each: draws lie lower than the figure, and the interval is put right for it.
    assert low + 0.03 < found.kappa() < high - 0.03 and high < low + 0.3
    assert math.isnan(pairwise_agreement(judgments.assign(label=1)).kappa())
    assert pairwise_agreement(judgments.head(1)).units == 0
