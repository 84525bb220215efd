"""Slow, plain versions of the published equations, in loops and dictionaries, to hold the fast ones against."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeAlias

from scipy.special import digamma

Row: TypeAlias = tuple[str, str, str]
"""Task, worker, label."""
Posterior: TypeAlias = dict[str, dict[str, float]]


def plain_edits(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """The edit distance from the whole table of prefixes."""
    table = [[i + j if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i, x in enumerate(one, 1):
        for j, y in enumerate(other, 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (x != y))
    return table[-1][-1]


def plain_mace(rows: list[Row], labels: list[str], rounds: int, *, bayes: bool, even: bool) -> Posterior:
    """MACE: the chance that each judgment was known, the two M-steps of the paper, and the product over judgments."""
    posterior = vote_shares(rows, labels)
    workers = {worker for _task, worker, _label in rows}
    know, spam = dict.fromkeys(workers, 0.5), dict.fromkeys(workers, 0.5)
    strategy = {worker: {k: 1 / len(labels) for k in labels} for worker in workers}
    for done in range(rounds):
        knew: dict[str, float] = defaultdict(float)
        drew: dict[tuple[str, str], float] = defaultdict(float)
        for task, worker, label in rows:
            known = know[worker] / (know[worker] + spam[worker] * strategy[worker][label]) * posterior[task][label]
            knew[worker] += known
            drew[worker, label] += 1 - known
        for worker in workers:
            counts = [drew[worker, k] for k in labels]
            if bayes:
                know[worker], spam[worker] = variational([knew[worker] + 0.5, sum(counts) + 0.5])
                strategy[worker] = dict(zip(labels, variational([count + 10 for count in counts]), strict=True))
            else:
                know[worker], spam[worker] = smoothed([knew[worker], sum(counts)], 0.01 / len(labels))
                strategy[worker] = dict(zip(labels, smoothed(counts, 0.01 / len(labels)), strict=True))
        share = dict.fromkeys(labels, 1.0) if even or done < 10 else class_shares(posterior, labels)
        scores = {task: {k: math.log(share[k]) for k in labels} for task in posterior}
        for task, worker, label in rows:
            for k in labels:
                scores[task][k] += math.log(spam[worker] * strategy[worker][label] + know[worker] * (label == k))
        posterior = {task: normalised(row) for task, row in scores.items()}
    return posterior


def variational(counts: list[float]) -> list[float]:
    return [math.exp(digamma(count) - digamma(sum(counts))) for count in counts]


def smoothed(counts: list[float], each: float) -> list[float]:
    return [(count + each) / (sum(counts) + each * len(counts)) for count in counts]


def plain_glad_scores(
    rows: list[Row], labels: list[str], ability: Mapping[Any, float], easiness: Mapping[Any, float]
) -> Posterior:
    """GLAD: the log probability of each task's judgments together with each label, all labels being equally likely."""
    scores = {task: {k: -math.log(len(labels)) for k in labels} for task, _worker, _label in rows}
    for task, worker, label in rows:
        right = 1 / (1 + math.exp(-ability[worker] * easiness[task]))
        for k in labels:
            scores[task][k] += math.log(right if label == k else (1 - right) / (len(labels) - 1))
    return scores


def plain_glad_objective(
    rows: list[Row], labels: list[str], ability: Mapping[Any, float], easiness: Mapping[Any, float]
) -> float:
    """What GLAD maximises: the log probability of all judgments, and of the parameters under N(1, 1)."""
    scores = plain_glad_scores(rows, labels, ability, easiness)
    judgments = sum(math.log(sum(math.exp(score) for score in row.values())) for row in scores.values())
    abilities = sum((value - 1) ** 2 / 2 for value in ability.values())
    return judgments - abilities - sum((math.log(value) - 1) ** 2 / 2 for value in easiness.values())


def vote_shares(rows: list[Row], labels: list[str]) -> Posterior:
    votes: dict[str, list[str]] = defaultdict(list)
    for task, _worker, label in rows:
        votes[task].append(label)
    return {task: {k: given.count(k) / len(given) for k in labels} for task, given in votes.items()}


def class_shares(posterior: Posterior, labels: list[str]) -> dict[str, float]:
    return {k: (sum(row[k] for row in posterior.values()) + 1) / (len(posterior) + len(labels)) for k in labels}


def normalised(scores: Mapping[str, float]) -> dict[str, float]:
    top = max(scores.values())
    weights = {k: math.exp(score - top) for k, score in scores.items()}
    return {k: weight / sum(weights.values()) for k, weight in weights.items()}


def plain_bradley_terry(wins: Mapping[tuple[str, str], float], things: list[str], rounds: int) -> dict[str, float]:
    """Hunter's MM algorithm without any prior: wins over the sum of meetings by strengths, geometric mean one."""
    strength = dict.fromkeys(things, 1.0)
    for _ in range(rounds):
        after = {}
        for i in things:
            won = sum(wins.get((i, j), 0) for j in things)
            met = sum((wins.get((i, j), 0) + wins.get((j, i), 0)) / (strength[i] + strength[j]) for j in things)
            after[i] = won / met
        middle = math.exp(sum(math.log(value) for value in after.values()) / len(after))
        strength = {i: value / middle for i, value in after.items()}
    return strength


def plain_noisy_objective(
    rows: list[tuple[str, str, str, str]],
    strength: Mapping[Any, float],
    skill: Mapping[Any, float],
    bias: Mapping[Any, float],
) -> float:
    """The noisy Bradley-Terry model: log probability of comparisons (worker, left, right, winner) and of its priors.

    A virtual tie of each strength with a phantom, Beta(4 + 1, 1 + 1) on skills and Beta(2, 2) on biases, so that their
    modes are the means of Beta(4, 1) and Beta(1, 1) posteriors.
    """
    found = 0.0
    for worker, left, right, winner in rows:
        chance = strength[winner] / (strength[left] + strength[right])
        found += math.log(skill[worker] * chance + (1 - skill[worker]) * abs((winner != left) - bias[worker]))
    found += sum(0.5 * math.log(s / (s + 1) / (s + 1)) for s in strength.values())
    found += sum(4 * math.log(g) + math.log(1 - g) for g in skill.values())
    return found + sum(math.log(q * (1 - q)) for q in bias.values())
