"""Judgments as numbers: a frame of tasks, workers and labels turned into integer codes and sparse counts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("task", "worker", "label")

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.signedinteger[Any]]
Gold: TypeAlias = "Mapping[Any, Any] | pd.Series[Any] | pd.DataFrame"


@dataclass(frozen=True)
class Coded:
    """Judgments in codes; `task[j]`, `worker[j]` and `label[j]` point into `tasks`, `workers` and `labels`.

    `anchored` are the tasks whose key is known, `keys` the codes of their keys.
    """

    tasks: pd.Index[Any]
    workers: pd.Index[Any]
    labels: pd.Index[Any]
    task: Codes
    worker: Codes
    label: Codes
    anchored: Codes
    keys: Codes

    @property
    def choices(self) -> int:
        """How many labels there are; at least two, as one alone leaves nothing to choose."""
        return max(2, len(self.labels))

    @cached_property
    def cell(self) -> Codes:
        """Where each judgment falls in a flattened table of tasks × labels."""
        return self.task * len(self.labels) + self.label

    @cached_property
    def votes(self) -> Floats:
        """Tasks × labels: how often each label was given."""
        shape = len(self.tasks), len(self.labels)
        return tally(self.cell, shape[0] * shape[1]).reshape(shape)

    @cached_property
    def per_worker(self) -> Floats:
        """How many judgments each worker gave."""
        return tally(self.worker, len(self.workers))

    @cached_property
    def pair(self) -> Codes:
        """Worker and label of each judgment as one number: worker * labels + label."""
        pairs: Codes = self.worker * len(self.labels) + self.label
        return pairs

    def anchor(self, probas: Floats) -> Floats:
        """The posterior with every known key set to certainty, in place."""
        probas[self.anchored] = 0.0
        probas[self.anchored, self.keys] = 1.0
        return probas


def tally(codes: Codes, size: int, weights: NDArray[Any] | None = None) -> Floats:
    """How often each code below `size` occurs, or the sum of the weights that stand beside it."""
    sums: Floats = np.bincount(codes, weights=weights, minlength=size).astype(np.float64, copy=False)
    return sums


def encode(judgments: pd.DataFrame, gold: Gold | None = None, labels: Iterable[Hashable] | None = None) -> Coded:
    """Code a frame; keys of tasks that nobody judged are left out, labels never chosen are kept.

    Labels are sorted, tasks and workers stand in the order in which they first appear. A label that a worker gave to a
    task more than once counts once: it is the same judgment, sent or written again.
    """
    import pandas as pd

    ensure_columns(judgments)
    task, tasks = _factorized(judgments["task"])
    worker, workers = _factorized(judgments["worker"])
    label, seen = _factorized(judgments["label"])
    keys = _keys_among(tasks, known_keys(gold))
    first = _first_ones(task, worker, label, (len(tasks), len(seen)))
    if first is not None:
        task, worker, label = task[first], worker[first], label[first]
    known = _label_set(seen, keys, labels)
    narrow = _narrowest(max(len(tasks), len(workers)) * len(known))
    return Coded(
        tasks=tasks.rename("task"),
        workers=workers.rename("worker"),
        labels=known,
        task=task.astype(narrow, copy=False),
        worker=worker.astype(narrow, copy=False),
        label=known.get_indexer(seen).astype(narrow)[label] if len(label) else label.astype(narrow),
        anchored=tasks.get_indexer(keys.index),
        keys=known.get_indexer(pd.Index(keys.to_numpy(), dtype=known.dtype, tupleize_cols=False)),
    )


def ensure_columns(judgments: pd.DataFrame, names: Sequence[str] = COLUMNS) -> None:
    """ValueError, with the names that are missing, where a frame of judgments has not all of its columns."""
    missing = [name for name in names if name not in judgments.columns]
    if missing:
        needed = f"{', '.join(names[:-1])} and {names[-1]}"
        raise ValueError(f"judgments need the columns {needed}; missing: {', '.join(missing)}")


def known_keys(gold: Gold | None) -> dict[Any, Any]:
    """Known labels by task, of a mapping, a series, or a frame with the columns task and label.

    ValueError where it is none of them, where a label is missing, and where a task has two different ones.
    """
    import pandas as pd

    if gold is None:
        return {}
    if isinstance(gold, pd.DataFrame):
        if not {"task", "label"} <= {*gold.columns}:
            raise ValueError("known labels in a frame need the columns task and label")
        pairs: Iterable[tuple[Any, Any]] = zip(gold["task"], gold["label"], strict=True)
    elif isinstance(gold, Mapping | pd.Series):
        pairs = gold.items()
    else:
        raise ValueError("known labels are a mapping of task to label, a series, or a frame with task and label")
    keys: dict[Any, Any] = {}
    for task, label in pairs:
        if pd.api.types.is_scalar(label) and pd.isna(label):
            raise ValueError("a known label must not be missing")
        if task in keys and keys[task] != label:
            raise ValueError(f"{task} has two known labels, {keys[task]} and {label}")
        keys[task] = label
    return keys


def _keys_among(tasks: pd.Index[Any], known: Mapping[Any, Any]) -> pd.Series[Any]:
    """The keys of tasks that were judged."""
    import pandas as pd

    index = pd.Index([*known], tupleize_cols=False)
    keys = pd.Series([*known.values()], index=index, dtype=object)
    keys = keys[keys.index.isin(tasks)]
    if len(index) and not len(keys):
        strangers = sorted(set(map(str, index)) & set(map(str, tasks)))
        if strangers:
            raise ValueError(
                f"known labels and judgments name tasks in different types: {strangers[0]} is in both, but not the same"
            )
    return keys


def _first_ones(task: Codes, worker: Codes, label: Codes, sizes: tuple[int, int]) -> NDArray[np.bool_] | None:
    """Where a judgment is not the repetition of an earlier one; None where no worker judged a task twice."""
    import pandas as pd

    tasks, labels = sizes
    pair = worker.astype(np.int64) * tasks + task
    ordered = np.sort(pair)
    if not (ordered[1:] == ordered[:-1]).any():
        return None
    judgment = pd.factorize(pair)[0].astype(np.int64) * labels + label
    first: NDArray[np.bool_] = ~pd.Series(judgment).duplicated().to_numpy()
    return first


def _factorized(column: pd.Series[Any]) -> tuple[Codes, pd.Index[Any]]:
    """Codes by first appearance and what they stand for; a category is taken by its code, never spelled out."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, order = pd.factorize(column.cat.codes.to_numpy())
        known = column.cat.categories.take(order[order >= 0]).to_flat_index()
        empty = bool((order < 0).any())
    elif column.dtype == object:
        codes, found = pd.factorize(column.to_numpy())
        known = pd.Index(found, dtype=object, tupleize_cols=False)  # a tuple is a name like any other
        empty = bool((codes < 0).any())
    else:
        codes, uniques = pd.factorize(column)
        known = pd.Index(uniques)
        empty = bool((codes < 0).any())
    if empty:
        raise ValueError("judgments must not have empty cells")
    return codes.astype(_narrowest(len(known)), copy=False), known


def _narrowest(largest: int) -> type[np.signedinteger[Any]]:
    """Half the memory wherever the numbers are small enough."""
    return np.int32 if largest <= np.iinfo(np.int32).max else np.int64


def _label_set(seen: pd.Index[Any], keys: pd.Series[Any], named: Iterable[Hashable] | None) -> pd.Index[Any]:
    import pandas as pd

    given = {*seen, *(named or ())}
    ungiven = {*keys.to_list()} - given
    strangers = sorted({*map(str, ungiven)} & {*map(str, given)}) if ungiven else []
    if strangers:
        raise ValueError(
            f"known labels and judgments write labels in different types: {strangers[0]} is in both, but not the same"
        )
    everything = given | ungiven
    try:
        ordered = sorted(everything)
    except TypeError:
        ordered = sorted(everything, key=lambda label: (type(label).__name__, str(label)))
    known: pd.Index[Any] = pd.Index(ordered, name="label", tupleize_cols=False)
    return known
