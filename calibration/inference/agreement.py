"""Agreement of a finished batch: percent, Cohen, Fleiss and Krippendorff from a frame of judgments.

What has classes is counted into the counters that also run along with live work, so a batch and a stream cannot differ.
Structured labels (spans, boxes, transcripts, rankings) come with a distance of their own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from calibration.inference.coding import Codes, Floats, ensure_columns, tally
from calibration.inference.counters import (
    SEED,
    AgreementCounter,
    Label,
    Level,
    PairCounter,
    Pattern,
    bootstrap,
    pattern_of,
)

if TYPE_CHECKING:
    import pandas as pd

Distance: TypeAlias = Callable[[Any, Any], float]
PAIRS = 10_000


def count_agreement(judgments: pd.DataFrame) -> AgreementCounter:
    """The counter of a frame with the columns `task` and `label`; empty labels are missing judgments.

    Where there is a column `worker` too, a label that a worker gave to a task more than once counts once.
    """
    import pandas as pd

    known = _known(judgments)
    label, labels = pd.factorize(known["label"])
    task, tasks = pd.factorize(known["task"])
    width = max(1, len(labels))
    cells, counts = np.unique(task.astype(np.int64) * width + label, return_counts=True)
    most = int(counts.max(initial=0)) + 1
    kinds, kind = np.unique(cells % width * most + counts, return_inverse=True)
    names = labels.tolist()
    shown = [(names[code // most], code % most) for code in kinds.tolist()]
    found: Counter[Pattern] = Counter()
    for codes, units in _alike(cells // width, kind, len(tasks)):
        pattern = pattern_of(dict(shown[code] for code in codes))
        if sum(count for _, count in pattern) >= 2:
            found[pattern] += units
    return AgreementCounter(found)


def _known(judgments: pd.DataFrame) -> pd.DataFrame:
    """The judgments that are not missing, without repetitions where it is known whose they are."""
    ensure_columns(judgments, ("task", "label"))
    known = judgments[judgments["label"].notna()]
    return known.drop_duplicates(["worker", "task", "label"]) if "worker" in known.columns else known


def percent_agreement(judgments: pd.DataFrame) -> float:
    """The share of agreeing pairs within a task, as a mean over tasks with two judgments or more."""
    return count_agreement(judgments).percent()


def cohen_kappa(first: Iterable[Label], second: Iterable[Label]) -> float:
    """Cohen's kappa of two people's labels for the same tasks, in the same order."""
    return count_pairs(first, second).kappa()


def count_pairs(first: Iterable[Label], second: Iterable[Label]) -> PairCounter:
    """The counter of two people's labels for the same tasks, in the same order."""
    return PairCounter(Counter(zip(first, second, strict=True)))


def mean_cohen_kappa(judgments: pd.DataFrame) -> float:
    """Cohen's kappa of every two people, as a mean weighted by the tasks that both have judged."""
    return pairwise_agreement(judgments).kappa()


@dataclass(frozen=True)
class PairwiseAgreement:
    """What every two people gave to what both have judged: one entry for each such pair on each task.

    `task` and `pair` number the shared tasks and the pairs; `first` and `second` the cells (pair, label) of what the
    one and the other gave, and `pair_of_cell` says whose a cell is.
    """

    task: Codes
    pair: Codes
    first: Codes
    second: Codes
    pair_of_cell: Codes
    units: int

    def kappa(self) -> float:
        """The weighted mean; pairs whom chance alone would make agree always say nothing, and nan where all do."""
        return self._mean(np.ones(self.units))

    def interval(self, **options: Any) -> tuple[float, float]:
        """Its interval when tasks are drawn again; options as those of `krippendorff_interval`.

        Two people who share few tasks share still fewer different ones in a draw, and agree less beyond chance by that
        alone; hence percentiles are moved by what the middle of the draws differs from the figure.
        """
        if not self.units or math.isnan(self.kappa()):
            return math.nan, math.nan
        drawn: list[Floats] = []

        def figures(rows: Floats) -> Floats:
            drawn.append(np.array([self._mean(weights) for weights in rows]))
            return drawn[-1]

        low, high = bootstrap(np.ones(self.units), figures, **options)
        moved = self.kappa() - float(np.nanmedian(np.concatenate(drawn)))
        return max(-1.0, low + moved), min(1.0, high + moved)

    def _mean(self, drawn: Floats) -> float:
        weights, pairs, cells = drawn[self.task], int(self.pair.max(initial=-1)) + 1, len(self.pair_of_cell)
        shared = tally(self.pair, pairs, weights)
        alike = tally(self.pair, pairs, weights * (self.first == self.second))
        together = tally(self.first, cells, weights) * tally(self.second, cells, weights)
        by_chance = tally(self.pair_of_cell, pairs, together)
        # Kappa is (alike/n - chance/n²) / (1 - chance/n²), here times n for its weight.
        room = shared**2 - by_chance
        says = room > 0.5  # whole numbers
        if not says.any():
            return math.nan
        kappas = (alike[says] * shared[says] - by_chance[says]) / room[says]
        return float(np.average(kappas, weights=shared[says]))


def pairwise_agreement(judgments: pd.DataFrame) -> PairwiseAgreement:
    """Count a frame of `task`, `worker`, `label` by pairs of people; of labels of one worker to one task the first."""
    import pandas as pd

    ensure_columns(judgments)
    known = judgments[judgments["label"].notna()].drop_duplicates(["worker", "task"])
    worker, label, task = (pd.factorize(known[name])[0].astype(np.int64) for name in ("worker", "label", "task"))
    order = np.lexsort((worker, task))
    lengths = np.bincount(task, minlength=0)
    starts = np.cumsum(lengths) - lengths
    ones, others = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for length in np.unique(lengths[lengths > 1]).tolist():
        rows = order[starts[lengths == length, None] + np.arange(length)]
        one, other = np.triu_indices(length, 1)
        ones.append(rows[:, one].ravel())
        others.append(rows[:, other].ravel())
    one, other = np.concatenate(ones), np.concatenate(others)
    shared, tasks = pd.factorize(task[one])
    pair = pd.factorize(worker[one] * (int(worker.max(initial=0)) + 1) + worker[other])[0].astype(np.int64)
    width = int(label.max(initial=0)) + 1
    cell, cells = pd.factorize(np.concatenate([pair * width + label[one], pair * width + label[other]]))
    return PairwiseAgreement(shared, pair, cell[: len(pair)], cell[len(pair) :], cells // width, len(tasks))


def fleiss_kappa(judgments: pd.DataFrame) -> float:
    """Fleiss' kappa; every task needs the same number of judgments."""
    return count_agreement(judgments).fleiss()


def krippendorff_alpha(
    judgments: pd.DataFrame, level: Level | str | Distance = Level.NOMINAL, order: Sequence[Label] | None = None
) -> float:
    """Krippendorff's alpha; missing judgments are allowed, and tasks with one judgment do not count.

    `level` may be a distance between two labels instead, in which case labels can be anything. Where there are more
    than 10,000 pairs of labels, the disagreement by chance is taken from so many of them, always the same. Ordered
    categories are compared in their own order where no `order` is given.
    """
    if callable(level):
        return distance_agreement(judgments, level).alpha()
    return count_agreement(judgments).alpha(level, _order_of(judgments, level) if order is None else order)


def krippendorff_interval(
    judgments: pd.DataFrame,
    level: Level | str | Distance = Level.NOMINAL,
    order: Sequence[Label] | None = None,
    **options: Any,
) -> tuple[float, float]:
    """The bootstrap interval over tasks, without which alpha should not be reported.

    `order` is that of `krippendorff_alpha`. Options: `confidence` (0.95), `samples` (1000), `seed`, and `progress`,
    which is told the share that is done.
    """
    if callable(level):
        return distance_agreement(judgments, level).interval(**options)
    return count_agreement(judgments).interval(
        level, _order_of(judgments, level) if order is None else order, **options
    )


def _order_of(judgments: pd.DataFrame, level: Level | str) -> Sequence[Label] | None:
    """The order that ordered categories bring along, where an order is asked for."""
    import pandas as pd

    kind = judgments["label"].dtype
    if Level(level) is not Level.ORDINAL or not isinstance(kind, pd.CategoricalDtype) or not kind.ordered:
        return None
    return kind.categories.tolist()


@dataclass(frozen=True)
class DistanceAgreement:
    """Agreement by distance: how far labels of a task lie apart, against how far any two labels do.

    `within` is the mean distance in each task times its labels, `sizes` how many labels it has; `apart` are distances
    of pairs of labels out of `every` possible ones, and `tasks` the two tasks of each pair.
    """

    within: Floats
    sizes: Floats
    apart: Floats
    tasks: NDArray[np.int64]
    every: int

    def alpha(self) -> float:
        """Krippendorff's alpha; nan where all labels are the same."""
        return float(self._of(np.ones((1, len(self.sizes))))[0]) if len(self.sizes) else math.nan

    def interval(self, **options: Any) -> tuple[float, float]:
        """Its percentile interval when tasks are drawn again; options as those of `krippendorff_interval`."""
        if not len(self.sizes):
            return math.nan, math.nan
        return bootstrap(np.ones(len(self.sizes)), self._of, **options)

    def _of(self, weights: Floats) -> Floats:
        labels = weights @ self.sizes
        one, other = self.tasks
        by_chance = np.array([(row[one] * row[other]) @ self.apart for row in weights])
        by_chance *= 2.0 * self.every / len(self.apart)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(by_chance > 0.0, 1.0 - (labels - 1.0) * (weights @ self.within) / by_chance, np.nan)


def distance_agreement(
    judgments: pd.DataFrame, distance: Distance, *, pairs: int = PAIRS, seed: int = SEED
) -> DistanceAgreement:
    """Measure the distances that alpha needs: all within tasks, and over all labels at most `pairs` of them."""
    ensure_columns(judgments, ("task", "label"))
    groups: dict[Any, list[Any]] = {}
    known = judgments[judgments["label"].notna()]
    workers = known["worker"].tolist() if "worker" in known.columns else range(len(known))
    before: dict[Any, list[Any]] = {}
    for task, worker, label in zip(known["task"].tolist(), workers, known["label"].tolist(), strict=True):
        own = before.setdefault((task, worker), [])
        if label not in own:
            own.append(label)
            groups.setdefault(task, []).append(label)
    shared = [labels for labels in groups.values() if len(labels) > 1]
    within = [2.0 * sum(distance(*pair) for pair in combinations(labels, 2)) / (len(labels) - 1) for labels in shared]
    labels = [label for group in shared for label in group]
    place = np.repeat(np.arange(len(shared)), [len(group) for group in shared])
    every = len(labels) * (len(labels) - 1) // 2
    one, other = _some_pairs(len(labels), min(pairs, every), seed)
    apart = [distance(labels[i], labels[j]) for i, j in zip(one.tolist(), other.tolist(), strict=True)]
    return DistanceAgreement(
        within=np.array(within),
        sizes=np.array([len(group) for group in shared], dtype=float),
        apart=np.array(apart),
        tasks=np.array([place[one], place[other]]),
        every=every,
    )


def _some_pairs(size: int, pairs: int, seed: int) -> NDArray[np.int64]:
    """All pairs of different places below `size` where there are so many, else so many drawn at random."""
    if pairs == size * (size - 1) // 2:
        return np.array(np.triu_indices(size, 1))
    generator = np.random.default_rng(seed)
    one = generator.integers(0, size, pairs)
    return np.array([one, (one + generator.integers(1, size, pairs)) % size])


def _alike(task: NDArray[Any], kind: NDArray[Any], tasks: int) -> Iterable[tuple[list[int], int]]:
    """Which kinds of cells tasks have, and how many tasks have just these; cells come sorted by task."""
    lengths = np.bincount(task, minlength=tasks)
    starts = np.cumsum(lengths) - lengths
    for length in np.unique(lengths).tolist():
        rows = kind[starts[lengths == length, None] + np.arange(length)]
        # One number for each row, made anew after each column so that it never grows large.
        numbers = rows[:, 0]
        for column in rows.T[1:]:
            numbers = np.unique(numbers * (int(kind.max()) + 1) + column, return_inverse=True)[1]
        _, first, units = np.unique(numbers, return_index=True, return_counts=True)
        yield from zip(rows[first].tolist(), units.tolist(), strict=True)


def against_rest(counter: AgreementCounter, label: Label) -> AgreementCounter:
    """The same judgments as if there were this label and the rest alone."""
    found: Counter[Pattern] = Counter()
    for pattern, units in counter.patterns.items():
        given, size = dict(pattern).get(label, 0), sum(count for _label, count in pattern)
        found[pattern_of({True: given, False: size - given})] += units
    return AgreementCounter(found)


def units_with(counter: AgreementCounter, label: Label) -> int:
    """Units to which at least one person gave this label."""
    return sum(units for pattern, units in counter.patterns.items() if label in dict(pattern))


def labels_given(counter: AgreementCounter) -> list[Label]:
    """The labels given, the one given most often first."""
    given: Counter[Label] = Counter()
    for pattern, units in counter.patterns.items():
        for label, count in pattern:
            given[label] += count * units
    return sorted(given, key=lambda label: (-given[label], repr(label)))


def agreed_by_unit(frame: pd.DataFrame) -> dict[str, float]:
    """The share of pairs of answers that agree, by unit, of those with a pair."""
    same = frame.groupby(["task", "label"], sort=False, observed=True).size()
    counts = frame.groupby("task", sort=False, observed=True).size()
    pairs = (same * (same - 1)).groupby(level="task", sort=False, observed=True).sum()
    counts = counts[counts > 1]
    return {str(task): float(share) for task, share in (pairs[counts.index] / (counts * (counts - 1))).items()}
