"""Strengths from comparisons of two: the Bradley-Terry model, with people of different reliability if asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calibration.inference.coding import COLUMNS, Codes, Floats, Gold, known_keys, tally
from calibration.inference.estimator import TooManyLabels, ensure_rounds, is_room, stable_hash
from calibration.rules.special import expit, ndtri

if TYPE_CHECKING:
    import pandas as pd

TIE = "tie"
"""The label of a comparison that neither side won; half a win for each."""
_SKILL_PRIOR = (4.0, 1.0)
_BIAS_PRIOR = 1.0
_LEAST = 1e-12
_SCALINGS = 2
_STEPS = 10


class BradleyTerry:
    """Strengths of things that were compared in pairs.

    Bradley and Terry, Rank Analysis of Incomplete Block Designs, Biometrika 39, 1952: i is preferred to j with
    probability s_i / (s_i + s_j). Found by the minorisation of Hunter, MM Algorithms for Generalized Bradley-Terry
    Models, Annals of Statistics 32, 2004. Everything has `prior` virtual ties with a phantom of strength one, so that
    what never lost, or was never compared with the rest, stays finite; without them only comparisons that lead from
    everything to everything give an answer. Assumes that preferences can be put on one line.

    With `noisy` each person compares with a probability of their own, and else takes the left side with another of
    their own (Bugakova, Fedorova, Gusev, Drutsa, Aggregation of Pairwise Comparisons with Reduction of Biases, 2019),
    found by expectation maximisation with a Beta(4, 1) prior on the first and Beta(1 + 1, 1 + 1) on the second. It
    needs more than twenty comparisons a person to be worth it.

    `fit` takes a frame `task`, `worker`, `label`, where a task is a pair of things (left, right) and a label the winner
    or `TIE`; a label that a worker gave to a task more than once counts once. Or it takes a frame `left`, `right`,
    `label` and, if it is known, `worker`, in which each row is a comparison of its own.

    Afterwards `labels_` is the stronger of each task's two and `probas_` the chance of each to be preferred by whoever
    looks, `scores_` are the strengths with a geometric mean of one, `ranking_` the things from the strongest on (ties
    by stable hash), `skills_` the share of a person's comparisons that were real (`noisy`), else that agree with the
    ranking, `left_bias_` (`noisy`), and `iterations_`, `converged_`. Nothing depends on the order of rows.
    """

    labels_: pd.Series[Any]
    scores_: pd.Series[Any]
    ranking_: list[Any]
    skills_: pd.Series[Any]
    left_bias_: pd.Series[Any]
    iterations_: int
    converged_: bool
    _tasks: pd.MultiIndex
    _keys: Mapping[frozenset[Any], Any]
    _pairs: _Pairs
    _model: _Model

    def __init__(
        self, *, noisy: bool = False, prior: float = 1.0, max_iterations: int = 500, tolerance: float = 1e-7
    ) -> None:
        self.noisy = noisy
        self.prior = prior
        self.max_iterations = ensure_rounds(max_iterations)
        self.tolerance = tolerance

    def fit(self, judgments: pd.DataFrame, *, gold: Gold | None = None) -> BradleyTerry:
        """Estimate from comparisons; `gold` (pair of things to winner) stands in place of what was said of a pair."""
        comparisons, self._keys = _by_sides(judgments), _winners(gold)
        pairs = _read(comparisons, self._keys)
        start = _SKILL_PRIOR[0] / sum(_SKILL_PRIOR) if self.noisy else 1.0
        people = len(pairs.workers)
        model = _Model(np.ones(len(pairs.things)), np.full(people, start), np.full(people, 0.5))
        rounds, converged = 0, not len(pairs.winner)
        while rounds < self.max_iterations and not converged:
            rounds += 1
            after = self._improved(pairs, model)
            converged = bool(np.abs(np.log(after.strengths / model.strengths)).max() <= self.tolerance)
            model = after
        self.iterations_, self.converged_ = rounds, converged
        self._tasks = _distinct(comparisons)
        self._publish(pairs, model)
        return self

    def fit_predict(self, judgments: pd.DataFrame, *, gold: Gold | None = None) -> pd.Series[Any]:
        """Estimate, and return the winner of each pair."""
        return self.fit(judgments, gold=gold).labels_

    @property
    def probas_(self) -> pd.DataFrame:
        """Tasks × things: the chance of each of the two to be preferred, certainty for a key; rows sum to one.

        The table is made when it is asked for; raises TooManyLabels where it would take far more memory than the pairs.
        """
        import pandas as pd

        things, tasks = self.scores_.index, list(self._tasks)
        if not is_room(len(tasks) * len(things), len(tasks)):
            size = len(tasks) * len(things) * 8 / 1e9
            raise TooManyLabels(f"a table of {len(tasks):,} pairs of {len(things):,} things would take {size:,.1f} GB")
        table, rows = np.zeros((len(tasks), len(things))), np.arange(len(tasks))
        left, right = (things.get_indexer(self._tasks.get_level_values(side)) for side in (0, 1))
        strengths = self._model.strengths
        table[rows, left] = strengths[left] / (strengths[left] + strengths[right])
        table[rows, right] = 1.0 - table[rows, left]
        for row, pair in enumerate(tasks):
            if frozenset(pair) in self._keys:
                table[row, [left[row], right[row]]] = [float(self._keys[frozenset(pair)] == thing) for thing in pair]
        return pd.DataFrame(table, index=self._tasks, columns=things.rename("label"))

    def intervals(self, confidence: float = 0.95) -> pd.DataFrame:
        """`low` and `high` of each strength, from the observed information on the logarithmic scale.

        Strengths are relative to their mean, so of two things that were only compared with each other both have an
        interval. The matrix has a row for each thing; some thousands are feasible.
        """
        import pandas as pd

        covariance = np.linalg.pinv(_information(self._pairs, self._model, self.prior), hermitian=True)
        covariance = covariance - covariance.mean(axis=0)
        covariance = covariance - covariance.mean(axis=1, keepdims=True)
        reach = np.exp(ndtri(0.5 + confidence / 2.0) * np.sqrt(np.maximum(covariance.diagonal(), 0.0)))
        return pd.DataFrame({"low": self.scores_ / reach, "high": self.scores_ * reach})

    def _improved(self, pairs: _Pairs, model: _Model) -> _Model:
        """One round: who really compared, what that says of people, then better strengths."""
        real = _real(pairs, model) if self.noisy else np.ones(len(pairs.winner))
        size, (a, b) = len(pairs.workers), _SKILL_PRIOR
        skills = (tally(pairs.worker, size, pairs.weight * real) + a) / (
            tally(pairs.worker, size, pairs.weight) + a + b
        )
        idle = pairs.weight * (1.0 - real)
        left = tally(pairs.worker, size, idle * pairs.took_left) + _BIAS_PRIOR
        bias = left / (tally(pairs.worker, size, idle) + 2.0 * _BIAS_PRIOR)
        weights = np.where(pairs.is_known, pairs.weight, pairs.weight * real)
        wins, met = tally(pairs.winner, len(model.strengths), weights), tally(pairs.group, len(pairs.one), weights)
        strengths = model.strengths
        for _ in range(_STEPS):
            strengths = _stronger(pairs, strengths, wins, met, self.prior)
        return _Model(strengths, skills, bias) if self.noisy else replace(model, strengths=strengths)

    def _publish(self, pairs: _Pairs, model: _Model) -> None:
        import pandas as pd

        self._pairs, self._model = pairs, model
        scores = model.strengths / np.exp(np.log(model.strengths).mean()) if len(model.strengths) else model.strengths
        self.scores_ = pd.Series(scores, index=pairs.things, name="score")
        levels = dict(zip(pairs.things, np.round(np.log(scores), 6).tolist(), strict=True))  # else rounding is a reason
        self.ranking_ = sorted(pairs.things, key=lambda thing: (-levels[thing], stable_hash(thing)))
        place = {thing: number for number, thing in enumerate(self.ranking_)}
        winners = [self._keys.get(frozenset(pair), min(pair, key=place.__getitem__)) for pair in self._tasks]
        self.labels_ = pd.Series(winners, index=self._tasks, name="label", dtype=object)
        skills = model.skills if self.noisy else _agreement(pairs, model)
        self.skills_ = pd.Series(skills, index=pairs.workers, name="skill")
        self.left_bias_ = pd.Series(model.left_bias, index=pairs.workers, name="left_bias")


def pairs_from(judgments: pd.DataFrame, sides: Mapping[Any, tuple[Any, Any]]) -> pd.DataFrame:
    """Comparisons from judgments `task`, `worker`, `label` of the pairwise task type: `a`, `b` or `tie`.

    `sides` says what stood on side a and on side b of each task. A strength after a colon, as in `a:2`, is left out.
    """
    import pandas as pd

    rows = []
    for task, worker, label in judgments[["task", "worker", "label"]].itertuples(index=False, name=None):
        preference = str(label).partition(":")[0]
        if preference not in ("a", "b", TIE):
            raise ValueError(f"a preference is a, b or tie, not {label!r}")
        left, right = sides[task]
        rows.append((worker, left, right, {"a": left, "b": right, TIE: TIE}[preference]))
    return pd.DataFrame(rows, columns=["worker", "left", "right", "label"])


@dataclass(frozen=True)
class _Pairs:
    """Comparisons in codes, a tie as two of half the weight; `group` numbers the pairs (one, other) that occur.

    `is_known` marks comparisons whose winner is the key's, and `agrees` those where the person said the same.
    """

    things: pd.Index[Any]
    workers: pd.Index[Any]
    winner: Codes
    loser: Codes
    worker: Codes
    weight: Floats
    took_left: NDArray[np.bool_]
    is_known: NDArray[np.bool_]
    agrees: NDArray[np.bool_]
    one: Codes
    other: Codes
    group: Codes


@dataclass(frozen=True)
class _Model:
    strengths: Floats
    skills: Floats
    left_bias: Floats


def _by_sides(judgments: pd.DataFrame) -> pd.DataFrame:
    """The frame as comparisons with a left and a right side, however it names its pairs."""
    import pandas as pd

    by_sides = "task" not in judgments.columns or {"left", "right"} <= {*judgments.columns}
    missing = [name for name in (("left", "right", "label") if by_sides else COLUMNS) if name not in judgments.columns]
    if missing:
        raise ValueError(
            "comparisons need the columns task, worker and label, where a task is a pair of things, or left, right and"
            f" label; missing: {', '.join(missing)}"
        )
    if by_sides:
        return judgments
    rows = list(dict.fromkeys(judgments[[*COLUMNS]].itertuples(index=False, name=None)))
    if not all(isinstance(task, tuple) and len(task) == 2 for task, _worker, _label in rows):
        raise ValueError("a task of comparisons is a pair of things, (left, right)")
    sides = [(*task, worker, label) for task, worker, label in rows]
    return pd.DataFrame(sides, columns=["left", "right", "worker", "label"], dtype=object)


def _distinct(comparisons: pd.DataFrame) -> pd.MultiIndex:
    """Each pair once, as it was shown, in the order in which they first appear."""
    import pandas as pd

    shown = comparisons[["left", "right"]].drop_duplicates()
    return pd.MultiIndex.from_arrays([shown["left"], shown["right"]], names=["left", "right"])


def _winners(gold: Gold | None) -> dict[frozenset[Any], Any]:
    """The keys by pair, whichever side is which."""
    found: dict[frozenset[Any], Any] = {}
    for pair, key in known_keys(gold).items():
        if key not in pair:
            raise ValueError("the key of a pair is one of the two")
        if found.setdefault(frozenset(pair), key) != key:
            raise ValueError(f"{pair[0]} and {pair[1]} have two keys, one for each")
    return found


def _read(comparisons: pd.DataFrame, winners: Mapping[frozenset[Any], Any]) -> _Pairs:
    import pandas as pd

    used = [name for name in ("left", "right", "label", "worker") if name in comparisons.columns]
    if comparisons[used].isna().to_numpy().any():
        raise ValueError("comparisons must not have empty cells")
    worker, workers = pd.factorize(comparisons.get("worker", pd.Series(0, index=comparisons.index)))
    left, right, label = (comparisons[name].to_numpy(object) for name in ("left", "right", "label"))
    if (left == right).any():
        raise ValueError("nothing can be compared with itself")
    is_tie = (label != left) & (label != right)
    if (label[is_tie] != TIE).any():
        raise ValueError("a comparison is won by its left or its right side, or is a tie")
    codes, things = pd.factorize(np.concatenate([left, right]))
    weight = np.where(is_tie, 0.5, np.concatenate([label == left, label == right]).reshape(2, -1)).ravel()
    rows = np.flatnonzero(weight)  # both wins of each comparison, less those that nobody saw
    first, second = np.tile(codes.reshape(2, -1), 2)[:, rows]
    took_left = rows < len(left)
    group, one, other = _grouped(first, second, len(things))
    key = _keys(winners, pd.Index(things), one, other)[group]
    said = np.where(took_left, first, second)
    winner = np.where(key >= 0, key, said)
    return _Pairs(
        things=pd.Index(things, name="thing"),
        workers=pd.Index(workers, name="worker"),
        winner=winner,
        loser=first + second - winner,
        worker=np.tile(worker, 2)[rows],
        weight=weight[rows],
        took_left=took_left,
        is_known=key >= 0,
        agrees=winner == said,
        one=one,
        other=other,
        group=group,
    )


def _grouped(first: Codes, second: Codes, size: int) -> tuple[Codes, Codes, Codes]:
    """The number of each row's pair whichever side is which, and the two of each pair."""
    pairs, group = np.unique(np.minimum(first, second) * size + np.maximum(first, second), return_inverse=True)
    return group, pairs // max(1, size), pairs % max(1, size)


def _keys(winners: Mapping[frozenset[Any], Any], things: pd.Index[Any], one: Codes, other: Codes) -> Codes:
    """The winner of each pair by its key, -1 where there is none."""
    codes = {thing: code for code, thing in enumerate(things)}
    known = {frozenset(codes.get(thing, -1) for thing in pair): codes.get(key, -1) for pair, key in winners.items()}
    return np.array([known.get(frozenset(pair), -1) for pair in zip(one.tolist(), other.tolist(), strict=True)], int)


def _real(pairs: _Pairs, model: _Model) -> Floats:
    """The chance that each comparison was made by looking."""
    winning = model.strengths[pairs.winner]
    chance = winning / (winning + model.strengths[pairs.loser])
    looking: Floats = model.skills[pairs.worker] * np.where(pairs.is_known, pairs.agrees, chance)
    bias = np.where(pairs.took_left, model.left_bias[pairs.worker], 1.0 - model.left_bias[pairs.worker])
    return looking / (looking + (1.0 - model.skills[pairs.worker]) * bias)


def _stronger(pairs: _Pairs, strengths: Floats, wins: Floats, met: Floats, prior: float) -> Floats:
    """One step of the MM algorithm, wins over what they would be at strength one; then the scale the phantom asks for.

    `wins` by thing, `met` by pair: how often they were compared.
    """
    size = len(strengths)
    shared = met / (strengths[pairs.one] + strengths[pairs.other])
    expected = tally(pairs.one, size, shared) + tally(pairs.other, size, shared) + prior / (strengths + 1.0)
    after: Floats = np.log(np.maximum((wins + prior / 2.0) / expected, _LEAST))
    if not prior:
        after -= after.mean()
        return np.exp(after)
    for _ in range(_SCALINGS):
        against = expit(after)  # the chance of each to beat the phantom, which is a half on average at the right scale
        after += np.clip((0.5 - against).sum() / (against * (1.0 - against)).sum(), -1.0, 1.0)
    return np.exp(after)


def _information(pairs: _Pairs, model: _Model, prior: float) -> Floats:
    """The observed information about the logarithms of the strengths, given what is known of people."""
    size = len(model.strengths)
    winning = model.strengths[pairs.winner]
    p = winning / (winning + model.strengths[pairs.loser])
    bias = np.where(pairs.took_left, model.left_bias[pairs.worker], 1.0 - model.left_bias[pairs.worker])
    skill = np.where(pairs.is_known, 1.0, model.skills[pairs.worker])
    chance = skill * p + (1.0 - skill) * bias
    slope = skill * p * (1.0 - p)
    weight = pairs.weight * ((slope / chance) ** 2 - slope * (1.0 - 2.0 * p) / chance)
    found = np.zeros((size, size))
    np.add.at(found, (pairs.winner, pairs.loser), -weight)
    found += found.T
    phantom = model.strengths / (1.0 + model.strengths) ** 2
    np.fill_diagonal(found, -found.sum(axis=1) + prior * phantom)
    return found


def _agreement(pairs: _Pairs, model: _Model) -> Floats:
    """The share of each worker's comparisons that agree with the strengths."""
    winning, losing = model.strengths[pairs.winner], model.strengths[pairs.loser]
    right = np.where(winning == losing, 0.5, (winning > losing) == pairs.agrees)
    size = len(pairs.workers)
    return tally(pairs.worker, size, pairs.weight * right) / tally(pairs.worker, size, pairs.weight)
