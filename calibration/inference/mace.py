"""MACE: each person either knows the answer or draws one from a distribution of their own."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.inference.coding import Coded, Floats, tally
from calibration.inference.estimator import Estimator, Fit, class_shares, ensure_rounds, normalised, vote_shares
from calibration.rules.special import digamma

if TYPE_CHECKING:
    import pandas as pd

_SMOOTHING = 0.01
_EVEN_ROUNDS = 10


class MACE(Estimator):
    """Multi-Annotator Competence Estimation.

    Hovy, Berg-Kirkpatrick, Vaswani, Hovy, Learning Whom to Trust with MACE, NAACL-HLT 2013. With a chance of their own
    a person does not look at the task and draws a label from a distribution of their own; else the answer is right.
    Assumes that people who look are never wrong and that spam does not depend on the task; somebody who errs
    systematically is read as a spammer, never as the opposite of the answer. All labels are equally likely beforehand
    for ten rounds, by when spammers who agree with each other are known; then how common each is is estimated along.
    With `even_labels` they stay equally likely, as in the paper, which costs much where one is rare.

    With `bayes` it is the variational form with the published priors: Beta(0.5, 0.5) on spamming, Dirichlet(10) on
    what a spammer answers. Without, it is expectation maximisation, smoothed by 0.01 spread over the possibilities.
    The paper restarts from random values and keeps the likeliest; here every fit starts from the vote, with everybody
    undecided between knowing and spamming. It stops when no probability moves by more than `tolerance`. Ties: the
    commoner label, then the stable hash.

    After a fit also `spamming_` (by worker; `skills_` is one less it) and `strategies_` (workers × labels: what each
    answers when spamming, rows sum to one).
    """

    spamming_: pd.Series[Any]
    strategies_: pd.DataFrame

    def __init__(
        self,
        *,
        bayes: bool = True,
        even_labels: bool = False,
        spamming_prior: tuple[float, float] = (0.5, 0.5),
        strategy_prior: float = 10.0,
        max_iterations: int = 200,
        tolerance: float = 1e-6,
        labels: Iterable[Hashable] | None = None,
    ) -> None:
        super().__init__(labels=labels)
        self.bayes = bayes
        self.even_labels = even_labels
        self.spamming_prior = spamming_prior
        self.strategy_prior = strategy_prior
        self.max_iterations = ensure_rounds(max_iterations)
        self.tolerance = tolerance

    def _estimate(self, coded: Coded) -> Fit:
        probas = vote_shares(coded)
        odds = np.full(len(coded.label), float(len(coded.labels)))  # know or spam at evens, spam at random
        rounds, converged = 0, False
        while rounds < self.max_iterations and not converged:
            rounds += 1
            knew, spam = _counts(coded, probas, odds)
            odds = self._odds(coded, knew, spam)
            is_even = self.even_labels or rounds <= _EVEN_ROUNDS
            shares = np.ones(probas.shape[1]) if is_even else class_shares(probas)
            after = coded.anchor(_posterior(coded, odds, shares))
            still = bool(np.abs(after - probas).max() <= self.tolerance)
            converged = still and (self.even_labels or not is_even)
            probas = after
            self._advance(rounds / self.max_iterations)
        spamming = self._describe(coded, knew, spam)
        return Fit(probas, 1.0 - spamming, rounds, converged)

    def _odds(self, coded: Coded, knew: Floats, spam: Floats) -> Floats:
        """For each judgment: how much likelier it is by knowing than by spamming, were it right."""
        worker, (to_spam, to_know) = coded.worker, self._spamming_prior(coded)
        # The totals of the chances to know and to spam are the same and cancel.
        if self.bayes:
            know = _geometric_mean(knew + to_know)
            spams = _geometric_mean(spam.sum(axis=1) + to_spam)
            draws = spam + self.strategy_prior
            strategies = _geometric_mean(draws) / _geometric_mean(draws.sum(axis=1, keepdims=True))
        else:
            know, spams = knew + to_know, spam.sum(axis=1) + to_spam
            strategies = self._strategies(spam)
        odds: Floats = know[worker] / (spams[worker] * strategies[worker, coded.label])
        return odds

    def _spamming_prior(self, coded: Coded) -> tuple[float, float]:
        return self.spamming_prior if self.bayes else (_SMOOTHING / coded.choices, _SMOOTHING / coded.choices)

    def _strategies(self, spam: Floats) -> Floats:
        drawn = spam + (self.strategy_prior if self.bayes else _SMOOTHING / spam.shape[1])
        chances: Floats = drawn / drawn.sum(axis=1, keepdims=True)
        return chances

    def _describe(self, coded: Coded, knew: Floats, spam: Floats) -> Floats:
        import pandas as pd

        to_spam, to_know = self._spamming_prior(coded)
        spamming: Floats = (spam.sum(axis=1) + to_spam) / (coded.per_worker + to_spam + to_know)
        self.spamming_ = pd.Series(spamming, index=coded.workers, name="spamming")
        self.strategies_ = pd.DataFrame(self._strategies(spam), index=coded.workers, columns=coded.labels)
        return spamming


def _counts(coded: Coded, probas: Floats, odds: Floats) -> tuple[Floats, Floats]:
    """How often each worker knew, and how often each drew each label as spam, on expectation."""
    width = len(coded.labels)
    knew = probas.ravel()[coded.cell] * odds / (1.0 + odds)
    spam = tally(coded.worker * width + coded.label, len(coded.workers) * width, 1.0 - knew)
    return tally(coded.worker, len(coded.workers), knew), spam.reshape(-1, width)


def _posterior(coded: Coded, odds: Floats, shares: Floats) -> Floats:
    # What a judgment says as spam it says of all labels alike, so only what it adds to its own label is summed.
    width = len(coded.labels)
    scores = tally(coded.cell, len(coded.tasks) * width, np.log1p(odds)).reshape(-1, width)
    return normalised(scores + np.log(shares))


def _geometric_mean(counts: Floats) -> Floats:
    """Under a Dirichlet posterior: exp E log of a chance is this of its count over this of the total."""
    means: Floats = np.exp(digamma(counts))
    return means
