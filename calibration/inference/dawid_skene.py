"""The Dawid-Skene model: each person has a confusion matrix, steadied by what the whole pool confuses."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from calibration.inference.coding import Coded, Floats
from calibration.inference.estimator import Estimator, Fit, class_shares, normalised, vote_shares

if TYPE_CHECKING:
    import pandas as pd

_LEAST = 0.01


class DawidSkene(Estimator):
    """Expectation maximisation with one confusion matrix per person.

    Dawid and Skene, Maximum Likelihood Estimation of Observer Error-Rates, Applied Statistics 28, 1979; here each row
    of a person's matrix is drawn towards the pool's with the strength of `pooling` answers (5 is right when people
    gave ten answers per label and more, 2 for small noisy sets, 0 is the model of 1979). Assumes that a person's
    errors depend on the true label only and are independent between people. With three judgments a task or fewer, no
    gold and hard items it may do worse than the vote. Posteriors are over-confident: `calibrate` them on gold.

    Known keys hold in every round. `history` adds confusion counts from earlier work, in the shape that `counts_` has
    after a fit. It starts from the vote and stops when no probability moves by more than `tolerance`. Ties: the
    commoner label, then the stable hash.

    After a fit also `confusions_` (rows: worker and true label, columns: label given, rows sum to one), `counts_`
    (the expected counts behind it, without history or prior) and `class_shares_`. `skills_` is the chance to be right
    on a task drawn by the class shares.
    """

    confusions_: pd.DataFrame
    counts_: pd.DataFrame
    class_shares_: pd.Series[float]
    progress: Callable[[float], None] | None = None
    """Told after each round the share of `max_iterations` that is done."""

    def __init__(
        self,
        *,
        pooling: float = 5.0,
        history: pd.DataFrame | None = None,
        max_iterations: int = 200,
        tolerance: float = 1e-6,
        labels: Iterable[Hashable] | None = None,
    ) -> None:
        super().__init__(labels=labels)
        self.pooling = pooling
        self.history = history
        self.max_iterations = max_iterations
        self.tolerance = tolerance

    def _estimate(self, coded: Coded) -> Fit:
        earlier = self._earlier(coded)
        probas = vote_shares(coded)
        rounds, converged = 0, False
        while rounds < self.max_iterations and not converged:
            rounds += 1
            confusions = self._confusions(_counts(coded, probas) + earlier)
            after = coded.anchor(_posterior(coded, confusions, class_shares(probas)))
            np.subtract(after, probas, out=probas)
            converged = bool(max(probas.max(), -probas.min()) <= self.tolerance)
            probas = after
            if self.progress is not None:
                self.progress(rounds / self.max_iterations)
        self._describe(coded, confusions, probas)
        skills = np.einsum("wkk,k->w", confusions, class_shares(probas))
        return Fit(probas, skills, rounds, converged)

    def _confusions(self, counts: Floats) -> Floats:
        """Counts (workers × true × given) as probabilities, drawn towards the pool's rows."""
        pool = counts.sum(axis=0) + 1e-9
        pool /= pool.sum(axis=1, keepdims=True)
        steadied = counts + self.pooling * pool + _LEAST
        chances: Floats = steadied / steadied.sum(axis=2, keepdims=True)
        return chances

    def _earlier(self, coded: Coded) -> Floats:
        """The history's counts in the order of this fit's workers and labels; zero where there is none."""
        import pandas as pd

        size = len(coded.workers), len(coded.labels), len(coded.labels)
        if self.history is None:
            return np.zeros(size)
        rows = pd.MultiIndex.from_product([coded.workers, coded.labels])
        return self.history.reindex(index=rows, columns=coded.labels, fill_value=0.0).to_numpy(float).reshape(size)

    def _describe(self, coded: Coded, confusions: Floats, probas: Floats) -> None:
        import pandas as pd

        rows = pd.MultiIndex.from_product([coded.workers, coded.labels], names=["worker", "truth"])
        shape = len(rows), len(coded.labels)
        self.confusions_ = pd.DataFrame(confusions.reshape(shape), index=rows, columns=coded.labels)
        self.counts_ = pd.DataFrame(_counts(coded, probas).reshape(shape), index=rows, columns=coded.labels)
        self.class_shares_ = pd.Series(class_shares(probas), index=coded.labels)


def _counts(coded: Coded, probas: Floats) -> Floats:
    """Expected counts, workers × true × given."""
    cells = coded.incidence.T @ probas
    return cells.reshape(len(coded.workers), len(coded.labels), len(coded.labels)).transpose(0, 2, 1)


def _posterior(coded: Coded, confusions: Floats, shares: Floats) -> Floats:
    by_answer = np.log(confusions).transpose(0, 2, 1).reshape(-1, len(coded.labels))
    scores = coded.incidence @ np.ascontiguousarray(by_answer)
    scores += np.log(shares)
    return normalised(scores)
