"""GLAD: how able each person is, and how easy each task."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.inference.coding import Coded, Codes, Floats, tally
from calibration.inference.estimator import Estimator, Fit, class_shares, ensure_rounds, normalised, vote_shares
from calibration.rules.special import expit

if TYPE_CHECKING:
    import pandas as pd

_HALVINGS = 4
_LONGEST_STEP = 1.0
_FARTHEST = 500.0  # log odds beyond which an exponential would overflow
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Parameters:
    """Ability of each worker, and the logarithm of the easiness of each task."""

    ability: Floats
    easiness: Floats


class GLAD(Estimator):
    """Generative model of labels, abilities and difficulties.

    Whitehill, Ruvolo, Wu, Bergsma, Movellan, Whose Vote Should Count More, NIPS 2009. A person of ability a is right
    on a task of easiness b > 0 with probability 1 / (1 + exp(-a b)); a wrong answer is any other label alike. Assumes
    that errors are independent given ability and easiness, and that nobody favours a label. A negative ability is
    somebody who is wrong more often than a coin. Abilities have a normal prior N(1, 1), and so has log b.

    Each round of expectation maximisation improves abilities, then easiness, by one Newton step at once for all people
    and all tasks; a step that would make things worse is halved. All labels are equally likely beforehand, as in the
    paper; without `even_labels` their shares are estimated along, which made it worse on public sets. It starts from
    the vote and stops when no probability moves by more than `tolerance`. Ties: the commoner label, then the stable
    hash.

    After a fit also `abilities_` (by worker) and `easiness_` (by task). `skills_` is each person's mean chance to be
    right over the tasks they judged.
    """

    abilities_: pd.Series[Any]
    easiness_: pd.Series[Any]

    def __init__(
        self,
        *,
        even_labels: bool = True,
        ability_prior: tuple[float, float] = (1.0, 1.0),
        easiness_prior: tuple[float, float] = (1.0, 1.0),
        max_iterations: int = 200,
        tolerance: float = 1e-5,
        labels: Iterable[Hashable] | None = None,
    ) -> None:
        super().__init__(labels=labels)
        self.even_labels = even_labels
        self.ability_prior = ability_prior
        self.easiness_prior = easiness_prior
        self.max_iterations = ensure_rounds(max_iterations)
        self.tolerance = tolerance

    def _estimate(self, coded: Coded) -> Fit:
        probas = vote_shares(coded)
        found = _Parameters(
            np.full(len(coded.workers), self.ability_prior[0]), np.full(len(coded.tasks), self.easiness_prior[0])
        )
        rounds, converged = 0, False
        while rounds < self.max_iterations and not converged:
            rounds += 1
            found = self._improved(coded, probas.ravel()[coded.cell], found)
            shares = np.ones(probas.shape[1]) if self.even_labels else class_shares(probas)
            after = coded.anchor(_posterior(coded, _logits(coded, found), shares))
            converged = bool(np.abs(after - probas).max() <= self.tolerance)
            probas = after
            self._advance(rounds / self.max_iterations)
        return Fit(probas, self._describe(coded, found), rounds, converged)

    def _improved(self, coded: Coded, right: Floats, found: _Parameters) -> _Parameters:
        """Parameters that explain better which judgments are right; `right` is the chance of each to be so."""

        def by_ability(ability: Floats) -> tuple[Floats, Floats]:
            return _logits(coded, replace(found, ability=ability)), np.exp(found.easiness)[coded.task]

        better = replace(found, ability=_climb(found.ability, coded.worker, right, by_ability, self.ability_prior))

        def by_easiness(easiness: Floats) -> tuple[Floats, Floats]:
            logits = _logits(coded, replace(better, easiness=easiness))
            return logits, logits

        easiness = _climb(found.easiness, coded.task, right, by_easiness, self.easiness_prior)
        return replace(better, easiness=easiness)

    def _describe(self, coded: Coded, found: _Parameters) -> Floats:
        import pandas as pd

        self.abilities_ = pd.Series(found.ability, index=coded.workers, name="ability")
        self.easiness_ = pd.Series(np.exp(found.easiness), index=coded.tasks, name="easiness")
        return tally(coded.worker, len(coded.workers), expit(_logits(coded, found))) / coded.per_worker


def _logits(coded: Coded, found: _Parameters) -> Floats:
    """The log odds of each judgment to be right."""
    logits = found.ability[coded.worker] * np.exp(found.easiness)[coded.task]
    return np.clip(logits, -_FARTHEST, _FARTHEST, out=logits)


def _posterior(coded: Coded, logits: Floats, shares: Floats) -> Floats:
    # What all labels of a task have in common cancels, so only the given label's log odds are added.
    width = len(coded.labels)
    odds = logits + np.log(coded.choices - 1)
    return normalised(tally(coded.cell, len(coded.tasks) * width, odds).reshape(-1, width) + np.log(shares))


def _climb(
    value: Floats,
    owner: Codes,
    right: Floats,
    predict: Callable[[Floats], tuple[Floats, Floats]],
    prior: tuple[float, float],
) -> Floats:
    """One Newton step for many values at once, none of which concerns another's judgments; never makes one worse.

    `predict` gives each judgment's log odds to be right, and how they move with the value of its owner.
    """
    mean, variance = prior
    size = len(value)

    def objective(value: Floats, logits: Floats, wrong: Floats) -> Floats:
        return tally(owner, size, right * logits + np.log(wrong)) - (value - mean) ** 2 / (2.0 * variance)

    logits, slopes = predict(value)
    wrong = expit(-logits)
    reached = objective(value, logits, wrong) - _ROUNDING
    gradient = tally(owner, size, (right - 1.0 + wrong) * slopes) - (value - mean) / variance
    curvature = tally(owner, size, wrong * (1.0 - wrong) * slopes**2) + 1.0 / variance
    step = np.clip(gradient / curvature, -_LONGEST_STEP, _LONGEST_STEP)
    for _ in range(_HALVINGS):
        logits, _slopes = predict(value + step)
        worse = objective(value + step, logits, expit(-logits)) < reached
        if not worse.any():
            return value + step
        step[worse] /= 2.0
    step[worse] = 0.0
    return value + step
