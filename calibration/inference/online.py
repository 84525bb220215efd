"""One unit's outlook while its judgments come in: a posterior that each answer moves in a handful of operations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the judgments so far say about one unit: unnormalised log scores by label, and how many judgments.

    Assumes independent errors and, unless a confusion row is given, wrong answers spread evenly over the other
    labels. Accuracies are clamped to [1/K + 0.01, 0.985], so that one answer never decides by itself. Ties go to the
    label with the smallest stable hash.
    """

    labels: tuple[str, ...]
    scores: tuple[float, ...]
    judgments: int = 0

    @classmethod
    def start(cls, labels: Sequence[str], shares: Mapping[str, float] | None = None) -> Outlook:
        """The outlook before the first judgment: even, or by how common each label is."""
        if len(set(labels)) != len(labels) or not labels:
            raise ValueError("an outlook needs labels, each of them once")
        prior = dict.fromkeys(labels, 1.0) if shares is None else shares
        return cls(tuple(labels), tuple(math.log(max(prior.get(label, 0.0), 1e-6)) for label in labels))

    def add(self, label: str, accuracy: float) -> Outlook:
        """The outlook after a judgment by somebody of this accuracy."""
        return self._moved(self._gain(label, accuracy), 1)

    def remove(self, label: str, accuracy: float) -> Outlook:
        """The outlook without a judgment added with this accuracy, when it is void."""
        return self._moved([-gain for gain in self._gain(label, accuracy)], -1)

    def add_row(self, chances: Mapping[str, float]) -> Outlook:
        """The outlook after a judgment, from the chance of that very answer under each true label."""
        return self._moved([math.log(max(chances[label], 1e-3)) for label in self.labels], 1)

    def probabilities(self, temperature: float = 1.0) -> dict[str, float]:
        """The posterior; a temperature above one takes back over-confidence measured on gold."""
        top = max(self.scores)
        weights = [math.exp((score - top) / temperature) for score in self.scores]
        total = sum(weights)
        return {label: weight / total for label, weight in zip(self.labels, weights, strict=True)}

    def leader(self, temperature: float = 1.0) -> tuple[str, float]:
        """The likeliest label and its probability."""
        top = max(self.scores)
        rivals = [label for label, score in zip(self.labels, self.scores, strict=True) if score >= top - 1e-9]
        label = min(rivals, key=lambda name: blake2b(name.encode(), digest_size=8).digest())
        return label, self.probabilities(temperature)[label]

    def entropy(self, temperature: float = 1.0) -> float:
        """What is still unknown, in bits."""
        return _bits(self.probabilities(temperature).values())

    def information(self, accuracy: float, temperature: float = 1.0) -> float:
        """How many bits one more judgment by somebody of this accuracy tells of the label, on average."""
        choices = len(self.labels)
        if choices < 2:
            return 0.0
        right, wrong = self._chances(accuracy)
        answers = (p * right + (1.0 - p) * wrong for p in self.probabilities(temperature).values())
        return _bits(answers) - _bits([right, *[wrong] * (choices - 1)])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, small enough for a column."""
        return {"labels": list(self.labels), "scores": list(self.scores), "judgments": self.judgments}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Outlook:
        return cls(tuple(stored["labels"]), tuple(map(float, stored["scores"])), int(stored["judgments"]))

    def _gain(self, label: str, accuracy: float) -> list[float]:
        if label not in self.labels:
            raise KeyError(label)
        right, wrong = map(math.log, self._chances(accuracy))
        return [right if known == label else wrong for known in self.labels]

    def _chances(self, accuracy: float) -> tuple[float, float]:
        """How likely somebody names the true label, and each of the others."""
        choices = max(2, len(self.labels))
        a = min(0.985, max(1.0 / choices + 0.01, accuracy))
        return a, (1.0 - a) / (choices - 1)

    def _moved(self, gains: list[float], judgments: int) -> Outlook:
        scores = tuple(score + gain for score, gain in zip(self.scores, gains, strict=True))
        return Outlook(self.labels, scores, self.judgments + judgments)


def _bits(chances: Iterable[float]) -> float:
    return -sum(p * math.log2(p) for p in chances if p > 0.0)
