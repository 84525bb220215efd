"""The one-coin model: each person is right with one probability, whatever the label."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np

from calibration.inference.coding import Coded, Floats, tally
from calibration.inference.estimator import (
    Estimator,
    Fit,
    clamp,
    class_shares,
    ensure_rounds,
    expected_right,
    normalised,
    vote_shares,
)


class OneCoin(Estimator):
    """Expectation maximisation with one accuracy per person.

    Zhang, Chen, Zhou, Jordan, Spectral Methods Meet EM, JMLR 17, 2016 (the homogeneous case of Dawid and Skene 1979).
    Assumes that errors are independent, spread evenly over the wrong labels, and that no person favours a label: where
    people share a bias it can do worse than the vote, so hold it to gold. Accuracies have a Beta(4, 1) prior and are
    clamped to (1/K, 0.985], which also keeps the model from reading a person's answers as their opposite. It starts
    from the vote and stops when no probability moves by more than `tolerance`. Ties: the commoner label, then the
    stable hash. `skills_` are the accuracies
    before they are clamped.
    """

    def __init__(
        self,
        *,
        prior: tuple[float, float] = (4.0, 1.0),
        max_iterations: int = 200,
        tolerance: float = 1e-6,
        labels: Iterable[Hashable] | None = None,
    ) -> None:
        super().__init__(labels=labels)
        self.prior = prior
        self.max_iterations = ensure_rounds(max_iterations)
        self.tolerance = tolerance

    def _estimate(self, coded: Coded) -> Fit:
        probas = vote_shares(coded)
        rounds, converged = 0, False
        while rounds < self.max_iterations and not converged:
            rounds += 1
            accuracies = self._accuracies(coded, probas)
            after = coded.anchor(self._posterior(coded, accuracies, class_shares(probas)))
            converged = bool(np.abs(after - probas).max() <= self.tolerance)
            probas = after
            self._advance(rounds / self.max_iterations)
        return Fit(probas, accuracies, rounds, converged)

    def _accuracies(self, coded: Coded, probas: Floats) -> Floats:
        a, b = self.prior
        return (expected_right(coded, probas) + a) / (coded.per_worker + a + b)

    @staticmethod
    def _posterior(coded: Coded, accuracies: Floats, shares: Floats) -> Floats:
        # What all labels of a task have in common cancels, so only the given label's log odds are added.
        bounded = clamp(accuracies, coded.choices)
        odds = np.log(bounded * (coded.choices - 1) / (1.0 - bounded))
        width = len(coded.labels)
        scores = tally(coded.cell, len(coded.tasks) * width, odds[coded.worker])
        return normalised(scores.reshape(-1, width) + np.log(shares))
