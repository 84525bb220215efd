"""The Dawid-Skene model: each person has a confusion matrix, steadied by what the whole pool confuses."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.inference.coding import Coded, Codes, Floats
from calibration.inference.estimator import (
    Estimator,
    Fit,
    class_shares,
    ensure_fits,
    ensure_rounds,
    normalised,
    vote_shares,
)

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

_LEAST = 0.01


@dataclass(frozen=True)
class _Given:
    """The (worker, label) pairs that occur, with who gave what: what was never given takes no memory.

    `by_task` is tasks × pairs (how often), `by_worker` workers × pairs and `by_label` labels × pairs (which is whose).
    """

    worker: Codes
    label: Codes
    by_task: csr_array
    by_worker: csr_array
    by_label: csr_array


@dataclass(frozen=True)
class _Model:
    """Everybody's confusions as they are computed: `counts` and `pool` as given × true, totals as workers × true."""

    counts: Floats  # pairs × true
    pool: Floats  # given × true, columns sum to one
    totals: Floats  # workers × true


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
    on a task drawn by the class shares. Memory grows with the pairs of worker and label that occur, times the labels;
    only `confusions_` and `counts_` are whole tables, made when they are asked for.
    """

    class_shares_: pd.Series[float]

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
        self.max_iterations = ensure_rounds(max_iterations)
        self.tolerance = tolerance

    @property
    def confusions_(self) -> pd.DataFrame:
        """How probably each worker gives each label, by the true label."""
        coded, given, model, _probas = self._kept
        wide = self._table(coded, given, model.counts) + self.pooling * model.pool.T + _LEAST
        return self._framed(coded, wide / wide.sum(axis=2, keepdims=True))

    @property
    def counts_(self) -> pd.DataFrame:
        """How often each worker gave each label, by the true label, on expectation."""
        coded, given, _model, probas = self._kept
        return self._framed(coded, self._table(coded, given, given.by_task.T @ probas))

    def _cells(self, coded: Coded) -> int:
        pairs = min(len(coded.task), len(coded.workers) * len(coded.labels))
        return (len(coded.tasks) + len(coded.workers) + len(coded.labels) + pairs) * len(coded.labels)

    def _estimate(self, coded: Coded) -> Fit:
        given, earlier = self._given(coded)
        probas = vote_shares(coded)
        rounds, converged = 0, False
        while rounds < self.max_iterations and not converged:
            rounds += 1
            model = self._model(given, given.by_task.T @ probas + earlier)
            after = coded.anchor(self._posterior(given, model, class_shares(probas)))
            np.subtract(after, probas, out=probas)
            converged = bool(max(probas.max(), -probas.min()) <= self.tolerance)
            probas = after
            self._advance(rounds / self.max_iterations)
        self._kept = coded, given, model, probas
        shares = class_shares(probas)
        self._publish_shares(coded, shares)
        return Fit(probas, self._skills(given, model, shares), rounds, converged)

    def _given(self, coded: Coded) -> tuple[_Given, Floats | float]:
        """The pairs that occur here or in the history, and the history's counts of them."""
        import pandas as pd
        from scipy.sparse import csr_array

        width = len(coded.labels)
        before = self._before(coded)
        known = before.any(axis=2).ravel().nonzero()[0] if before is not None else np.empty(0, dtype=coded.pair.dtype)
        place, pairs = pd.factorize(np.concatenate([coded.pair, known]), sort=True)
        worker, label = np.divmod(pairs, width)
        place, every = place[: len(coded.pair)].astype(coded.pair.dtype), np.arange(len(pairs))

        def marks(rows: Codes, columns: Codes, height: int) -> csr_array:
            return csr_array((np.ones(len(rows)), (rows, columns)), shape=(height, len(pairs)))

        given = _Given(
            worker,
            label,
            marks(coded.task, place, len(coded.tasks)),
            marks(worker, every, len(coded.workers)),
            marks(label, every, width),
        )
        return given, 0.0 if before is None else before[worker, label]

    def _before(self, coded: Coded) -> Floats | None:
        """The history's counts in the order of this fit's workers and labels (workers × given × true)."""
        import pandas as pd

        if self.history is None:
            return None
        size = len(coded.workers), len(coded.labels), len(coded.labels)
        ensure_fits(coded, size[0] * size[1] * size[2])
        rows = pd.MultiIndex.from_product([coded.workers, coded.labels])
        table = self.history.reindex(index=rows, columns=coded.labels, fill_value=0.0).to_numpy(float)
        return table.reshape(size).transpose(0, 2, 1)

    def _model(self, given: _Given, counts: Floats) -> _Model:
        pool = given.by_label @ counts + 1e-9
        pool /= pool.sum(axis=0)
        totals = given.by_worker @ counts + (self.pooling + _LEAST * len(pool))
        return _Model(counts, pool, totals)

    def _posterior(self, given: _Given, model: _Model, shares: Floats) -> Floats:
        """Tasks × labels. What a person gave is as probable as they gave it before, drawn towards the pool."""
        chances = self.pooling * model.pool[given.label]
        chances += model.counts
        chances += _LEAST
        chances /= model.totals[given.worker]
        scores = given.by_task @ np.log(chances, out=chances)
        scores += np.log(shares)
        return normalised(scores)

    def _skills(self, given: _Given, model: _Model, shares: Floats) -> Floats:
        right = np.zeros_like(model.totals)
        right[given.worker, given.label] = model.counts[np.arange(len(given.label)), given.label]
        right += self.pooling * model.pool.diagonal() + _LEAST
        skills: Floats = (right / model.totals) @ shares
        return skills

    def _publish_shares(self, coded: Coded, shares: Floats) -> None:
        import pandas as pd

        self.class_shares_ = pd.Series(shares, index=coded.labels)

    def _table(self, coded: Coded, given: _Given, counts: Floats) -> Floats:
        """Counts by pair as a whole table, workers × true × given."""
        size = len(coded.workers), len(coded.labels), len(coded.labels)
        ensure_fits(coded, size[0] * size[1] * size[2])
        wide = np.zeros(size)
        wide[given.worker, :, given.label] = counts
        return wide

    def _framed(self, coded: Coded, table: Floats) -> pd.DataFrame:
        import pandas as pd

        rows: Any = pd.MultiIndex.from_product([coded.workers, coded.labels], names=["worker", "truth"])
        return pd.DataFrame(table.reshape(len(rows), len(coded.labels)), index=rows, columns=coded.labels)
