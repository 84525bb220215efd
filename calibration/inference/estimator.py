"""What all estimators share: the table they read, the results they leave, and the rule that breaks ties."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import reduce
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.inference.coding import Coded, Codes, Floats, Gold, encode, tally

if TYPE_CHECKING:
    import pandas as pd

_TIE = 1e-9
_MOST_CELLS = 64_000_000  # of numbers in one array: half a gigabyte
_CELLS_EACH = 16  # a judgment; where there are so many judgments, their number is what takes the memory
_WIDE = 64


class TooManyLabels(ValueError):
    """So many different labels that the estimate would not fit into memory; says so in a sentence."""


@dataclass(frozen=True)
class Fit:
    """What an estimator found, in codes: the posterior (tasks × labels), accuracies by worker, and how it ended."""

    probas: Floats
    skills: Floats
    iterations: int = 1
    converged: bool = True


class Estimator(ABC):
    """An estimator of truth from judgments.

    After `fit_predict`:

    - `labels_`: the answer of each task (Series by task);
    - `probas_`: the posterior, tasks × labels, rows summing to one;
    - `skills_`: estimated accuracy of each worker (Series by worker), as it was found: where a method keeps accuracies
      within bounds, so that one vote never decides by itself, it does so for their weights alone;
    - `iterations_`, `converged_`: rounds taken, and whether the result had stopped moving.

    Ties go to the label that is commoner over all tasks, then to the smallest hash of task and label: the same on
    every machine, and no label profits from its name as a whole. A label that a worker gave to a task more than once
    counts once. Tasks, workers and labels are anything that can be hashed.

    `labels` names labels that exist though nobody may have chosen them.
    """

    labels_: pd.Series[Any]
    probas_: pd.DataFrame
    skills_: pd.Series[Any]
    iterations_: int
    converged_: bool
    progress: Callable[[float], None] | None = None
    """Told after each round the share of the most rounds that is done."""

    def __init__(self, *, labels: Iterable[Hashable] | None = None) -> None:
        self.labels = None if labels is None else tuple(labels)

    def fit(self, judgments: pd.DataFrame, *, gold: Gold | None = None) -> Estimator:
        """Estimate from judgments; `gold` (task to label) holds those answers fixed."""
        coded = encode(judgments, gold, self.labels)
        ensure_fits(coded, self._cells(coded))
        self._publish(coded, self._estimate(coded) if len(coded.task) else _nothing(coded))
        return self

    def fit_predict(self, judgments: pd.DataFrame, *, gold: Gold | None = None) -> pd.Series[Any]:
        """Estimate, and return the answer of each task."""
        return self.fit(judgments, gold=gold).labels_

    def _advance(self, share: float) -> None:
        if self.progress is not None:
            self.progress(share)

    def _cells(self, coded: Coded) -> int:
        """How many numbers the largest arrays of an estimate hold together."""
        return (len(coded.tasks) + len(coded.workers)) * len(coded.labels)

    @abstractmethod
    def _estimate(self, coded: Coded) -> Fit:
        """The estimate for at least one judgment."""

    def _publish(self, coded: Coded, fit: Fit) -> None:
        import pandas as pd

        best = choose(coded, fit.probas)
        self.labels_ = pd.Series(coded.labels.take(best).to_numpy(), index=coded.tasks, name="label")
        self.probas_ = pd.DataFrame(fit.probas, index=coded.tasks, columns=coded.labels)
        self.skills_ = pd.Series(fit.skills, index=coded.workers, name="skill")
        self.iterations_, self.converged_ = fit.iterations, fit.converged


def ensure_fits(coded: Coded, cells: int) -> None:
    """Raise TooManyLabels, before anything large is made, where an estimate would take far more than its judgments."""
    if is_room(cells, len(coded.task)):
        return
    raise TooManyLabels(
        f"{len(coded.labels):,} different labels are too many to compare for {len(coded.tasks):,} tasks and"
        f" {len(coded.workers):,} workers: it would take {cells * 8 / 1e9:,.1f} GB and more. Labels of so many kinds"
        " are mostly free text, which is fused or compared by distance, not voted on"
    )


def is_room(cells: int, judgments: int) -> bool:
    """Whether arrays of so many numbers may be made for so many judgments."""
    return cells <= max(_MOST_CELLS, _CELLS_EACH * judgments)


def ensure_rounds(max_iterations: int) -> int:
    """The most rounds as they were given; ValueError where not one is allowed."""
    if max_iterations < 1:
        raise ValueError("max_iterations is 1 or more: nothing can be estimated in no round")
    return max_iterations


def choose(coded: Coded, probas: Floats) -> Codes:
    """The code of each task's answer, ties broken as `Estimator` says."""
    if not probas.size:
        return np.empty(0, dtype=np.intp)
    best: Codes = probas.argmax(axis=1)
    leading = probas >= probas[np.arange(len(probas)), best][:, None] - _TIE
    shares = probas.mean(axis=0)
    for row in np.flatnonzero(leading.sum(axis=1) > 1).tolist():
        rivals = np.flatnonzero(leading[row])
        rivals = rivals[shares[rivals] >= shares[rivals].max() - _TIE]
        best[row] = min(rivals, key=lambda code: stable_hash(coded.tasks[row], coded.labels[code]))
    return best


def stable_hash(*parts: object) -> int:
    """A hash that is the same in every process, unlike Python's own."""
    return int.from_bytes(blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest())


def normalised(scores: Floats) -> Floats:
    """Rows of log scores as probabilities."""
    # Reducing along short rows is slow in numpy; going by whole columns is several times faster. Long rows: as usual.
    is_wide = scores.shape[1] > _WIDE
    scores = scores - (scores.max(axis=1) if is_wide else reduce(np.maximum, scores.T))[:, None]
    np.exp(scores, out=scores)
    scores /= (scores.sum(axis=1) if is_wide else reduce(np.add, scores.T))[:, None]
    return scores


def clamp(accuracies: Floats, choices: int) -> Floats:
    """Accuracies kept inside (1/K, 0.985], so that no single answer ever decides by itself."""
    return np.clip(accuracies, 1.0 / choices + 0.01, 0.985)


def class_shares(probas: Floats) -> Floats:
    """How common each label is, with one pseudo-count for each."""
    shares: Floats = (probas.sum(axis=0) + 1.0) / (probas.shape[0] + probas.shape[1])
    return shares


def vote_shares(coded: Coded) -> Floats:
    """Each task's votes as shares, with known keys at certainty: where every iteration starts."""
    return coded.anchor(coded.votes / coded.votes.sum(axis=1, keepdims=True))


def expected_right(coded: Coded, probas: Floats) -> Floats:
    """How many of each worker's judgments are right, on expectation under the posterior."""
    return tally(coded.worker, len(coded.workers), probas.ravel()[coded.cell])


def _nothing(coded: Coded) -> Fit:
    return Fit(np.zeros((0, len(coded.labels))), np.zeros(0), iterations=0)
