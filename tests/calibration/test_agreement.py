"""Agreement coefficients against known tables, and counters against the batch."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Hashable
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from calibration.inference import (
    AgreementCounter,
    Level,
    PairCounter,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    krippendorff_interval,
    percent_agreement,
)
from calibration.inference.agreement import count_agreement

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
