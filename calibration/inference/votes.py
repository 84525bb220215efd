"""Voting: one person one vote, and votes weighted by how reliable each person is."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.inference.coding import Coded, Floats, tally
from calibration.inference.estimator import (
    Estimator,
    Fit,
    choose,
    clamp,
    class_shares,
    normalised,
    vote_shares,
)

if TYPE_CHECKING:
    import pandas as pd

_GOLD_PRIOR = (8.0, 2.0)
_PEER_PRIOR = (4.0, 1.0)


class MajorityVote(Estimator):
    """The label that most people gave.

    Assumes that all are equally reliable and that errors are independent. The posterior is (votes + share of the
    label over all judgments) / (n + 1), so that one vote is not certainty; ties therefore go to the commoner label,
    then to the stable hash. A worker's skill is the share of their judgments that equal the answer.

    With `is_model`, the posterior is the one of people who are all right equally often, as often as they agree with
    the answer (with a Beta(4, 1) prior): it tells three equal answers from three that differ, which shares hardly do.
    The answers are the same, but for ties, which go as `Estimator` says.
    """

    def __init__(self, *, is_model: bool = False, labels: Iterable[Hashable] | None = None) -> None:
        super().__init__(labels=labels)
        self.is_model = is_model

    def _estimate(self, coded: Coded) -> Fit:
        shares = coded.votes.sum(axis=0) / coded.votes.sum()
        probas = (coded.votes + shares) / (coded.votes.sum(axis=1, keepdims=True) + 1.0)
        coded.anchor(probas)
        agreed = _agreement(coded, probas)
        if self.is_model:
            probas = coded.anchor(normalised(coded.votes * _common_log_odds(coded, agreed)))
        return Fit(probas, agreed / coded.per_worker)


def _common_log_odds(coded: Coded, agreed: Floats) -> float:
    """What one vote weighs among people who are all as good as the whole pool is at agreeing with the answer."""
    a, b = _PEER_PRIOR
    accuracy = clamp(np.array([(agreed.sum() + a) / (len(coded.task) + a + b)]), coded.choices)[0]
    return float(np.log(accuracy * (coded.choices - 1) / (1.0 - accuracy)))


class WeightedVote(Estimator):
    """Votes weighted by the log odds of each person's accuracy.

    The posterior of label k is proportional to its share times the product of a(K-1)/(1-a) over the people who gave
    it. Assumes errors that are independent and spread evenly over the other labels (Nitzan and Paroush, International
    Economic Review 23, 1982). Accuracies are, in this order: those given in `skills`; for people who judged gold,
    their gold record with a Beta(8, 2) prior; else agreement with the majority vote with a Beta(4, 1) prior. For the
    weights they are clamped, so that one vote never decides by itself; `skills_` are what they were before. Ties: the
    commoner label, then the stable hash.
    """

    def __init__(
        self, *, skills: Mapping[Any, float] | pd.Series[Any] | None = None, labels: Iterable[Hashable] | None = None
    ) -> None:
        super().__init__(labels=labels)
        self.skills = skills

    def _estimate(self, coded: Coded) -> Fit:
        start = vote_shares(coded)
        accuracies = self._accuracies(coded)
        bounded = clamp(accuracies, coded.choices)
        weights = np.log(bounded * (coded.choices - 1) / (1.0 - bounded))
        scores = tally(coded.cell, start.size, weights[coded.worker]).reshape(start.shape)
        scores = scores + np.log(class_shares(start))
        return Fit(coded.anchor(normalised(scores)), accuracies)

    def _accuracies(self, coded: Coded) -> Floats:
        agreed = _agreement(coded, MajorityVote()._estimate(coded).probas)
        a, b = _PEER_PRIOR
        accuracies = (agreed + a) / (coded.per_worker + a + b)
        right, asked = _gold_record(coded)
        a, b = _GOLD_PRIOR
        accuracies = np.where(asked > 0, (right + a) / (asked + a + b), accuracies)
        given = np.array([self._given(worker) for worker in coded.workers])
        return np.where(np.isnan(given), accuracies, given)

    def _given(self, worker: object) -> float:
        return float("nan") if self.skills is None else float(self.skills.get(worker, float("nan")))


def _agreement(coded: Coded, probas: Floats) -> Floats:
    """How many of each worker's judgments equal the chosen answer."""
    equal = coded.label == choose(coded, probas)[coded.task]
    return tally(coded.worker, len(coded.workers), equal)


def _gold_record(coded: Coded) -> tuple[Floats, Floats]:
    """Right answers, and all answers, of each worker on tasks with a known key."""
    key = np.full(len(coded.tasks), -1, dtype=np.intp)
    key[coded.anchored] = coded.keys
    graded = key[coded.task] >= 0
    right = graded & (key[coded.task] == coded.label)
    size = len(coded.workers)
    return tally(coded.worker, size, right), tally(coded.worker, size, graded)
