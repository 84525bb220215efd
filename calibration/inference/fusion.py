"""What aggregators of structured labels share: merge by weight, weigh by distance, again until nothing moves."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np

from calibration.inference.coding import COLUMNS, Codes, Floats, Gold, ensure_columns, known_keys, tally
from calibration.inference.estimator import TooManyLabels, ensure_rounds, is_room, stable_hash

if TYPE_CHECKING:
    import pandas as pd

Label = TypeVar("Label")
"""A label as it is compared and merged."""
Prepared = TypeVar("Prepared")
"""What can be made of one task's labels once, before anybody's weight is known."""
_MOST_SKILL = 0.985
_TINY = 1e-9


class Fusion(ABC, Generic[Label, Prepared]):
    """An aggregator of labels that have an inner structure, so that two of them are near or far and not just unequal.

    It starts with equal weights, merges each task's labels, and estimates how far from the merged labels each person
    is on average; in the next round people weigh the negative logarithm of that. A kind of label says only how labels
    are read, how far apart two lie, and how several are merged.

    The loop and the weights are those of Li, Li, Gao, Zhao, Fan, Han, Resolving Conflicts in Heterogeneous Data by
    Truth Discovery, SIGMOD 2014, with a Beta(4, 1) prior instead of their normalisation, so that somebody with few
    judgments is taken for a decent colleague. Assumes that errors are independent, and that who is near the others is
    near the truth. Keys hold in every round; a judgment that stands alone and without a key says nothing of its
    author.

    After `fit_predict`: `labels_` and `confidence_` by task (the mean nearness of its labels by weight; one for keys),
    `probas_`, `skills_` by worker (mean nearness, with the prior), `iterations_`, `converged_`. Nothing depends on the
    order of rows, and a label that a worker gave to a task more than once counts once.
    """

    labels_: pd.Series[Any]
    confidence_: pd.Series[Any]
    skills_: pd.Series[Any]
    iterations_: int
    converged_: bool
    _fitted: tuple[list[_Group[Label, Prepared]], dict[Any, Label], Floats]

    def __init__(
        self, *, prior: tuple[float, float] = (4.0, 1.0), max_iterations: int = 20, tolerance: float = 1e-6,
        skills: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        self.prior = prior
        self.skills = skills
        self.max_iterations = ensure_rounds(max_iterations)
        self.tolerance = tolerance

    def fit(self, judgments: pd.DataFrame, *, gold: Gold | None = None) -> Self:
        """Estimate from judgments; `gold` (task to label) holds those answers fixed.

        Where `skills` of all people were given these hold, and labels are merged with them once.
        """
        groups, workers = self._grouped(judgments)
        keys = {task: self._read(label) for task, label in known_keys(gold).items()}
        self._begin([group.prepared for group in groups])
        weights, skills = np.ones(len(workers)), np.full(len(workers), self.prior[0] / sum(self.prior))
        if self.skills is not None:
            skills = np.array([self.skills[str(worker)] for worker in workers])
            weights = _weights(skills)
        rounds, converged = 0, False
        while rounds < self.max_iterations and not converged:
            rounds += 1
            merged = [self._merged(group, keys, weights) for group in groups]
            near = [self._nearness(group, label) for group, label in zip(groups, merged, strict=True)]
            after = skills if self.skills is not None else self._skills(groups, near, keys, len(workers))
            converged = not len(workers) or bool(np.abs(after - skills).max() <= self.tolerance)
            skills, weights = after, _weights(after)
        self.iterations_, self.converged_ = rounds, converged
        sure = _weights(skills)
        confidence = [
            1.0 if group.task in keys else float(np.average(values, weights=sure[group.workers]))
            for group, values in zip(groups, near, strict=True)
        ]
        self._publish(groups, workers, merged, confidence, skills)
        self._fitted = groups, keys, sure
        return self

    def fit_predict(self, judgments: pd.DataFrame, *, gold: Gold | None = None) -> pd.Series[Any]:
        """Estimate, and return the label of each task."""
        return self.fit(judgments, gold=gold).labels_

    @property
    def probas_(self) -> pd.DataFrame:
        """Tasks × labels as they were given: the share of the weight that stands behind each; rows sum to one.

        A key has all of its task. What is fused of several labels is mostly none of them: how near they come to it is
        `confidence_`. The table is made when it is asked for; raises TooManyLabels where it would take far more memory
        than the judgments.
        """
        import pandas as pd

        groups, keys, weights = self._fitted
        shares = [self._shares(group, keys, weights) for group in groups]
        given = sorted({label for row in shares for label in row}, key=str)
        cells, judgments = len(groups) * len(given), sum(len(group.labels) for group in groups)
        if not is_room(cells, judgments):
            raise TooManyLabels(
                f"a table of {len(groups):,} tasks and {len(given):,} different labels would take"
                f" {cells * 8 / 1e9:,.1f} GB"
            )
        table, place = np.zeros((len(groups), len(given))), {label: column for column, label in enumerate(given)}
        for number, row in enumerate(shares):
            table[number, [place[label] for label in row]] = [*row.values()]
        columns = pd.Index(given, dtype=object, name="label", tupleize_cols=False)
        return pd.DataFrame(table, index=self.labels_.index, columns=columns)

    def _shares(self, group: _Group[Label, Prepared], keys: Mapping[Any, Label], weights: Floats) -> dict[Any, float]:
        """The share of the weight behind each label of a task."""
        if group.task in keys:
            return {self._show(keys[group.task]): 1.0}
        whole, found = float(weights[group.workers].sum()), dict[Any, float]()
        for label, code in zip(group.labels, group.workers.tolist(), strict=True):
            shown = self._show(label)
            found[shown] = found.get(shown, 0.0) + float(weights[code]) / whole
        return found

    @abstractmethod
    def _read(self, label: Any) -> Label:
        """A label as it was given, in the form in which it is compared; equal labels become equal forms."""

    @abstractmethod
    def _prepare(self, labels: Sequence[Label]) -> Prepared:
        """What merging a task's labels needs, whoever gave them; they stand in an order of their own."""

    def _begin(self, prepared: Sequence[Prepared]) -> None:
        """What must be known of all tasks before the first is merged; most kinds of labels need nothing."""
        return

    @abstractmethod
    def _merge(self, prepared: Prepared, weights: Floats) -> Label:
        """The label that a task's labels amount to, each with the weight in its place."""

    @abstractmethod
    def _distance(self, one: Label, other: Label) -> float:
        """How far apart two labels lie, in [0, 1]."""

    def _show(self, label: Label) -> Any:
        """A label as it is returned; equal ones look equal."""
        return label

    def _grouped(self, judgments: pd.DataFrame) -> tuple[list[_Group[Label, Prepared]], pd.Index[Any]]:
        import pandas as pd

        ensure_columns(judgments)
        if judgments[[*COLUMNS]].isna().to_numpy().any():
            raise ValueError("judgments must not have empty cells")
        worker, workers = pd.factorize(judgments["worker"])
        members: dict[Hashable, list[tuple[Label, int]]] = {}
        before: dict[tuple[Hashable, int], list[Label]] = {}
        for task, code, label in zip(judgments["task"], worker.tolist(), judgments["label"], strict=True):
            own, read = before.setdefault((task, code), []), self._read(label)
            if read not in own:
                own.append(read)
                members.setdefault(task, []).append((read, code))
        groups = []
        for task, several in members.items():
            # Sorted, so that what depends on the order of labels does not depend on the order of rows.
            several.sort(key=lambda each: (str(each[0]), str(workers[each[1]])))
            labels = [label for label, _code in several]
            codes = np.array([code for _label, code in several])
            groups.append(_Group(task, labels, codes, self._prepare(labels)))
        return groups, pd.Index(workers, name="worker")

    def _merged(self, group: _Group[Label, Prepared], keys: dict[Any, Label], weights: Floats) -> Label:
        return keys[group.task] if group.task in keys else self._merge(group.prepared, weights[group.workers])

    def _nearness(self, group: _Group[Label, Prepared], merged: Label) -> Floats:
        return np.array([1.0 - self._distance(label, merged) for label in group.labels])

    def _skills(
        self, groups: Sequence[_Group[Label, Prepared]], near: Sequence[Floats], keys: dict[Any, Label], people: int
    ) -> Floats:
        telling = [place for place, group in enumerate(groups) if len(group.labels) > 1 or group.task in keys]
        workers = np.concatenate([groups[place].workers for place in telling] or [np.empty(0, dtype=np.intp)])
        nearness = np.concatenate([near[place] for place in telling] or [np.empty(0)])
        a, b = self.prior
        skills: Floats = (tally(workers, people, nearness) + a) / (tally(workers, people) + a + b)
        return skills

    def _publish(
        self,
        groups: Sequence[_Group[Label, Prepared]],
        workers: pd.Index[Any],
        merged: Sequence[Label],
        confidence: Sequence[float],
        skills: Floats,
    ) -> None:
        import pandas as pd

        tasks = pd.Index([group.task for group in groups], name="task", tupleize_cols=False)
        labels = np.empty(len(merged), dtype=object)
        labels[:] = [self._show(label) for label in merged]
        self.labels_ = pd.Series(labels, index=tasks, name="label", dtype=object)
        self.confidence_ = pd.Series(np.array(confidence, dtype=float), index=tasks, name="confidence")
        self.skills_ = pd.Series(skills, index=workers, name="skill")


@dataclass(frozen=True)
class _Group(Generic[Label, Prepared]):
    """One task: its labels, the codes of who gave them, and what was prepared of them."""

    task: Hashable
    labels: list[Label]
    workers: Codes
    prepared: Prepared


def medoid(apart: Floats, weights: Floats) -> int:
    """The place of the label with the least weighted distance to all; the first of several."""
    return int(np.argmin(np.round(apart @ weights, 9)))


def distances(labels: Sequence[Any], distance: Callable[[Any, Any], float]) -> Floats:
    """Every label's distance to every other."""
    apart = np.zeros((len(labels), len(labels)))
    for row, one in enumerate(labels):
        for column in range(row):
            apart[row, column] = apart[column, row] = 0.0 if one == labels[column] else distance(one, labels[column])
    return apart


def heaviest(weights: dict[Any, float], preferred: Any) -> Any:
    """The key with the greatest weight; of several, the preferred one, else the one with the smallest stable hash."""
    most = max(weights.values()) * (1.0 - 1e-9)
    leaders = [key for key, weight in weights.items() if weight >= most]
    return preferred if preferred in leaders else min(leaders, key=stable_hash)


def weighted_median(values: list[tuple[float, float]]) -> float:
    """The value at which half of the weight is reached, or the middle of two between which it lies."""
    values = sorted(values)
    half = math.fsum(weight for _value, weight in values) / 2.0
    reached = np.cumsum([weight for _value, weight in values])
    low, high = (int(np.argmax(reached >= half * factor)) for factor in (1.0 - _TINY, 1.0 + _TINY))
    return (values[low][0] + values[high][0]) / 2.0


def _weights(skills: Floats) -> Floats:
    """Weights from mean nearness, none below zero: to follow somebody's opposite has no meaning for such labels."""
    weights: Floats = -np.log(1.0 - np.minimum(skills, _MOST_SKILL))
    return weights
