"""Calibration of posteriors: how sure an estimate says it is, against how often it is right on held-out gold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.inference.coding import Codes, Floats, Gold, known_keys
from calibration.inference.estimator import stable_hash

if TYPE_CHECKING:
    import pandas as pd

LEAST_GOLD = 50
FALLBACK = 2.0
_RANGE = (0.5, 20.0)
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Temperature:
    """A temperature, the number of gold items behind it, and the log loss before and after.

    `fitted` is false when there was too little gold and the fallback was taken.
    """

    tau: float
    gold: int
    fitted: bool
    loss_before: float
    loss_after: float

    def apply(self, probas: pd.DataFrame) -> pd.DataFrame:
        """The posterior with its confidence corrected; no answer changes."""
        import pandas as pd

        return pd.DataFrame(_tempered(probas.to_numpy(float), self.tau), probas.index, probas.columns)


def calibrate(
    probas: pd.DataFrame, gold: Gold, *, fallback: float = FALLBACK, least_gold: int = LEAST_GOLD
) -> Temperature:
    """The temperature tau >= 0.5 for which P^(1/tau) has the smallest log loss on gold.

    The gold must be held out: items that anchored the estimate are certain by construction and would teach too much
    confidence. Under `least_gold` items nothing is fitted and `fallback` holds (the temperature of the task type,
    else 2). Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks, ICML 2017.
    """
    known, keys = _aligned(probas, gold)
    if len(keys) < least_gold:
        return Temperature(fallback, len(keys), False, _loss(known, keys), _loss(_tempered(known, fallback), keys))
    tau = _best_tau(known, keys)
    return Temperature(tau, len(keys), True, _loss(known, keys), _loss(_tempered(known, tau), keys))


def held_out(probas: pd.DataFrame, gold: Gold, least_gold: int = LEAST_GOLD) -> pd.DataFrame | None:
    """The posterior of the gold items, each with the temperature that the other half of the gold asks for.

    What is measured on it flatters nobody, since no key had a part in the temperature it is held against. The halves
    go by a hash of the task, so that an item stays in its half whatever is added. None where one of them is too small
    to fit a temperature.
    """
    import pandas as pd

    one, other = _halves(probas, gold)
    if min(len(one), len(other)) < least_gold:
        return None
    parts = [
        calibrate(probas, by, least_gold=least_gold).apply(probas.loc[[*of]]) for of, by in ((one, other), (other, one))
    ]
    return pd.concat(parts)


def smaller_half(probas: pd.DataFrame, gold: Gold) -> int:
    """How many judged gold items the smaller of the two halves has."""
    return min(map(len, _halves(probas, gold)))


def _halves(probas: pd.DataFrame, gold: Gold) -> tuple[dict[Any, Any], dict[Any, Any]]:
    halves: tuple[dict[Any, Any], dict[Any, Any]] = {}, {}
    for task, label in known_keys(gold).items():
        if task in probas.index:
            halves[stable_hash(task) % 2][task] = label
    return halves


def log_loss(probas: pd.DataFrame, gold: Gold) -> float:
    """Mean negative log probability of the key, over the gold items that were judged."""
    return _loss(*_aligned(probas, gold))


def brier_score(probas: pd.DataFrame, gold: Gold) -> float:
    """Mean squared distance between posterior and key. Brier, Monthly Weather Review 78, 1950."""
    known, keys = _aligned(probas, gold)
    if not len(keys):
        return float("nan")
    return float(((known - np.eye(known.shape[1])[keys]) ** 2).sum(axis=1).mean())


def calibration_error(probas: pd.DataFrame, gold: Gold, bins: int = 10) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy, over equal bins of confidence."""
    known, keys = _aligned(probas, gold)
    if not len(keys):
        return float("nan")
    confidence, right = known.max(axis=1), known.argmax(axis=1) == keys
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(keys))


def may_replace_vote(candidate: pd.DataFrame, vote: pd.DataFrame, gold: Gold, least_gold: int = LEAST_GOLD) -> bool:
    """Whether a model may be delivered instead of the vote: enough held-out gold, and no greater log loss on it."""
    enough = len(_aligned(candidate, gold)[1]) >= least_gold
    return enough and log_loss(candidate, gold) <= log_loss(vote, gold)


def _aligned(probas: pd.DataFrame, gold: Gold) -> tuple[Floats, Codes]:
    """The posterior rows of the gold items, and the columns of their keys."""
    import pandas as pd

    known = known_keys(gold)
    rows = probas.index.get_indexer(pd.Index([*known], tupleize_cols=False))
    labels = pd.Index([*known.values()], dtype=object, tupleize_cols=False)
    columns = probas.columns.get_indexer(labels)[rows >= 0]
    if (columns < 0).any():
        raise ValueError("gold names a label that the posterior does not have")
    return probas.to_numpy(float)[rows[rows >= 0]], columns


def _tempered(probas: Floats, tau: float) -> Floats:
    scores: Floats = np.log(np.maximum(probas, _TINY)) / tau
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def _loss(probas: Floats, keys: Codes) -> float:
    if not len(keys):
        return float("nan")
    return float(-np.log(np.maximum(probas[np.arange(len(keys)), keys], _TINY)).mean())


def _best_tau(known: Floats, keys: Codes) -> float:
    """Golden-section search; the loss is convex in 1/tau, so the one minimum is found."""
    low, high = 1.0 / _RANGE[1], 1.0 / _RANGE[0]
    golden = (5.0**0.5 - 1.0) / 2.0
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = (_loss(_tempered(known, 1.0 / x), keys) for x in (left, right))
    while high - low > 1e-6:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = _loss(_tempered(known, 1.0 / left), keys)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = _loss(_tempered(known, 1.0 / right), keys)
    return 2.0 / (low + high)
