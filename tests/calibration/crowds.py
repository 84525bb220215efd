"""Small crowds with a known truth, and slow, plain versions of the estimators to hold the fast ones against."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Crowd:
    """Judgments with the truth behind them."""

    judgments: pd.DataFrame
    truth: pd.Series


def make_crowd(
    seed: int, *, tasks: int = 600, workers: int = 30, each: int = 5, swappers: int = 0, mean: float = 0.75
) -> Crowd:
    """Three labels; each task judged by `each` random workers; the first `swappers` workers swap labels a and b."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, size=tasks, p=[0.4, 0.35, 0.25])
    accuracies = rng.beta(mean * 20, (1 - mean) * 20, workers)
    rows = []
    for task in range(tasks):
        for worker in rng.choice(workers, size=each, replace=False):
            right = rng.random() < accuracies[worker]
            label = truth[task] if right else (truth[task] + rng.integers(1, 3)) % 3
            if worker < swappers and label < 2:
                label = 1 - label
            rows.append((f"t{task}", f"w{worker}", "abc"[label]))
    answers = pd.Series([*"abc"])[truth].set_axis([f"t{task}" for task in range(tasks)])
    return Crowd(frame(rows), answers)


def frame(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


def accuracy(found: pd.Series, truth: pd.Series) -> float:
    return float((found[truth.index] == truth).mean())


def plain_one_coin(rows: list[tuple[str, str, str]], labels: list[str], rounds: int) -> dict[str, dict[str, float]]:
    """One-coin EM in dictionaries: accuracies with a Beta(4, 1) prior, clamped to [1/K + .01, .985]."""
    posterior = _vote_shares(rows, labels)
    size = len(labels)
    for _ in range(rounds):
        right: dict[str, float] = defaultdict(float)
        given: dict[str, int] = defaultdict(int)
        for task, worker, label in rows:
            right[worker] += posterior[task][label]
            given[worker] += 1
        skill = {w: min(0.985, max(1 / size + 0.01, (right[w] + 4) / (given[w] + 5))) for w in given}
        shares = _shares(posterior, labels)
        posterior = {
            task: _normalised(
                {
                    k: math.log(shares[k])
                    + sum(
                        math.log(skill[w] if y == k else (1 - skill[w]) / (size - 1)) for t, w, y in rows if t == task
                    )
                    for k in labels
                }
            )
            for task in posterior
        }
    return posterior


def plain_dawid_skene(
    rows: list[tuple[str, str, str]], labels: list[str], rounds: int, pooling: float, gold: dict[str, str]
) -> dict[str, dict[str, float]]:
    """Dawid-Skene EM in dictionaries, with pooled rows and fixed keys."""
    certain = {task: {k: float(k == key) for k in labels} for task, key in gold.items()}
    posterior = _vote_shares(rows, labels) | certain
    for _ in range(rounds):
        counts: dict[tuple[str, str, str], float] = defaultdict(float)
        pooled: dict[tuple[str, str], float] = defaultdict(float)
        for task, worker, label in rows:
            for k in labels:
                counts[worker, k, label] += posterior[task][k]
                pooled[k, label] += posterior[task][k]

        chance = partial(_chance, counts, pooled, labels, pooling)
        shares = _shares(posterior, labels)
        posterior = {
            task: _normalised(
                {
                    k: math.log(shares[k]) + sum(math.log(chance(w, k, y)) for t, w, y in rows if t == task)
                    for k in labels
                }
            )
            for task in posterior
        } | certain
    return posterior


def _chance(
    counts: dict[tuple[str, str, str], float],
    pooled: dict[tuple[str, str], float],
    labels: list[str],
    pooling: float,
    worker: str,
    k: str,
    label: str,
) -> float:
    """How probably this worker gives this label when k is true."""
    total = sum(pooled[k, other] for other in labels)
    cells = {other: counts[worker, k, other] + pooling * pooled[k, other] / total + 0.01 for other in labels}
    return cells[label] / sum(cells.values())


def _vote_shares(rows: list[tuple[str, str, str]], labels: list[str]) -> dict[str, dict[str, float]]:
    votes: dict[str, list[str]] = defaultdict(list)
    for task, _, label in rows:
        votes[task].append(label)
    return {task: {k: given.count(k) / len(given) for k in labels} for task, given in votes.items()}


def _shares(posterior: dict[str, dict[str, float]], labels: list[str]) -> dict[str, float]:
    return {k: (sum(row[k] for row in posterior.values()) + 1) / (len(posterior) + len(labels)) for k in labels}


def _normalised(scores: dict[str, float]) -> dict[str, float]:
    top = max(scores.values())
    weights = {k: math.exp(score - top) for k, score in scores.items()}
    return {k: weight / sum(weights.values()) for k, weight in weights.items()}
