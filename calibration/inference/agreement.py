"""Agreement of a finished batch: percent, Cohen, Fleiss and Krippendorff from a frame of judgments.

Each is counted into the counters that also run along with live work, so a batch and a stream cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from calibration.inference.counters import SEED, AgreementCounter, Label, Level, PairCounter, pattern_of

if TYPE_CHECKING:
    import pandas as pd


def count_agreement(judgments: pd.DataFrame) -> AgreementCounter:
    """The counter of a frame with the columns `task` and `label`; empty labels are missing judgments."""
    import pandas as pd

    known = judgments[judgments["label"].notna()]
    label, labels = pd.factorize(known["label"], sort=True)
    task, tasks = pd.factorize(known["task"])
    width = len(labels)
    votes = np.bincount(task * width + label, minlength=len(tasks) * width).reshape(len(tasks), width)
    rows, units = np.unique(votes[votes.sum(axis=1) >= 2], axis=0, return_counts=True)
    names = list(labels.tolist())
    patterns = [pattern_of(dict(zip(names, row, strict=True))) for row in rows.tolist()]
    return AgreementCounter(Counter(dict(zip(patterns, units.tolist(), strict=True))))


def percent_agreement(judgments: pd.DataFrame) -> float:
    """The share of agreeing pairs within a task, as a mean over tasks with two judgments or more."""
    return count_agreement(judgments).percent()


def cohen_kappa(first: Iterable[Label], second: Iterable[Label]) -> float:
    """Cohen's kappa of two people's labels for the same tasks, in the same order."""
    counter = PairCounter()
    for pair in zip(first, second, strict=True):
        counter.add(*pair)
    return counter.kappa()


def fleiss_kappa(judgments: pd.DataFrame) -> float:
    """Fleiss' kappa; every task needs the same number of judgments."""
    return count_agreement(judgments).fleiss()


def krippendorff_alpha(
    judgments: pd.DataFrame, level: Level | str = Level.NOMINAL, order: Sequence[Label] | None = None
) -> float:
    """Krippendorff's alpha; missing judgments are allowed, and tasks with one judgment do not count."""
    return count_agreement(judgments).alpha(level, order)


def krippendorff_interval(
    judgments: pd.DataFrame,
    level: Level | str = Level.NOMINAL,
    order: Sequence[Label] | None = None,
    *,
    confidence: float = 0.95,
    samples: int = 1000,
    seed: int = SEED,
) -> tuple[float, float]:
    """The bootstrap interval over tasks, without which alpha should not be reported."""
    return count_agreement(judgments).interval(level, order, confidence=confidence, samples=samples, seed=seed)
