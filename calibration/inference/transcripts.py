"""Transcripts of several people put together word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from calibration.inference.coding import Floats
from calibration.inference.distances import sequence_distance
from calibration.inference.fusion import Fusion, distances, heaviest, medoid

Words: TypeAlias = tuple[str, ...]
_NONE = ""
"""What stands in a slot for which somebody has no word."""


@dataclass(frozen=True)
class _Lattice:
    """Aligned transcripts: a row for each, a column for each slot, and how far apart the transcripts lie."""

    rows: list[list[str]]
    apart: Floats


class Transcripts(Fusion[Words, _Lattice]):
    """Word by word, what most of the weight heard.

    After ROVER (Fiscus, A Post-Processing System to Yield Reduced Word Error Rates, ASRU 1997): the transcripts of a
    task are aligned into slots one after the other, beginning with the medoid and going from near to far, and each
    slot is decided by weighted vote, where "no word" is a candidate like any other. Ties go to the word of the
    medoid, then to the smallest stable hash. Here the weights are people's own, estimated along from the word error
    rates of their transcripts (the mean of both directions). Assumes that one wording is right: for free translation
    leave the weights equal, by `max_iterations=1`.

    Labels are texts; words are what white space separates, or single characters with `unit="character"`, for scripts
    without spaces. Bring texts into one spelling first: words that differ by a capital are different words.
    """

    def __init__(self, *, unit: Literal["word", "character"] = "word", **settings: Any) -> None:
        super().__init__(**settings)
        self.unit = unit

    def _read(self, label: Any) -> Words:
        return tuple(str(label).split()) if self.unit == "word" else tuple(str(label))

    def _show(self, label: Words) -> str:
        return (" " if self.unit == "word" else "").join(label)

    def _distance(self, one: Words, other: Words) -> float:
        return 0.0 if one == other else sequence_distance(one, other)

    def _prepare(self, labels: Sequence[Words]) -> _Lattice:
        apart = distances(labels, sequence_distance)
        first = medoid(apart, np.ones(len(labels)))
        order = sorted(range(len(labels)), key=lambda place: (apart[first, place], place))
        return _Lattice(_aligned(labels, order), apart)

    def _merge(self, prepared: _Lattice, weights: Floats) -> Words:
        favourite = prepared.rows[medoid(prepared.apart, weights)]
        each = weights.tolist()
        return tuple(
            word
            for slot, preferred in zip(zip(*prepared.rows, strict=True), favourite, strict=True)
            if (word := _elected(slot, each, preferred)) != _NONE
        )


def _elected(slot: Sequence[str], weights: Sequence[float], preferred: str) -> str:
    if slot.count(slot[0]) == len(slot):
        return slot[0]
    votes: dict[str, float] = {}
    for word, weight in zip(slot, weights, strict=True):
        votes[word] = votes.get(word, 0.0) + weight
    return str(heaviest(votes, preferred))


def _aligned(transcripts: Sequence[Words], order: Sequence[int]) -> list[list[str]]:
    """Rows of equal length, in the order of the transcripts; `order` says which is aligned when."""
    rows: dict[int, list[str]] = {}
    known: dict[Words, int] = {}
    for place in order:
        words = transcripts[place]
        if words not in known:
            known[words] = place
            rows = _with(rows, place, words)
        else:
            rows[place] = list(rows[known[words]])
    return [rows[place] for place in range(len(transcripts))]


def _with(rows: dict[int, list[str]], place: int, words: Words) -> dict[int, list[str]]:
    """The rows with one more, slots being added where it has a word that none of the slots around can take."""
    wider: dict[int, list[str]] = {key: [] for key in rows}
    added: list[str] = []
    for slot, word in _path(_counts(rows), words, max(1, len(rows))):
        added.append(word)
        for key, row in rows.items():
            wider[key].append(row[slot] if slot is not None else _NONE)
    return {**wider, place: added}


def _counts(rows: dict[int, list[str]]) -> list[dict[str, int]]:
    """For each slot, how many rows have each word there."""
    found: list[dict[str, int]] = []
    for slot in zip(*rows.values(), strict=True):
        counts: dict[str, int] = {}
        for word in slot:
            counts[word] = counts.get(word, 0) + 1
        found.append(counts)
    return found


def _path(slots: Sequence[dict[str, int]], words: Words, size: int) -> list[tuple[int | None, str]]:
    """The cheapest way through slots and words, as pairs (slot or none, word or none).

    A word in a slot costs as many as have something else there, and so does passing a slot over; a new slot costs all.
    """
    costs = [[size * count for count in range(len(words) + 1)]]
    for counts in slots:
        above, passing = costs[-1], size - counts.get(_NONE, 0)
        row = [above[0] + passing]
        for column, word in enumerate(words):
            here = above[column] + size - counts.get(word, 0)
            row.append(min(here, above[column + 1] + passing, row[column] + size))
        costs.append(row)
    return _traced(costs, slots, words, size)


def _traced(
    costs: Sequence[Sequence[int]], slots: Sequence[dict[str, int]], words: Words, size: int
) -> list[tuple[int | None, str]]:
    path: list[tuple[int | None, str]] = []
    slot, column = len(slots), len(words)
    while slot or column:
        cost = costs[slot][column]
        counts = slots[slot - 1] if slot else {}
        if slot and column and cost == costs[slot - 1][column - 1] + size - counts.get(words[column - 1], 0):
            slot, column = slot - 1, column - 1
            path.append((slot, words[column]))
        elif slot and cost == costs[slot - 1][column] + size - counts.get(_NONE, 0):
            slot -= 1
            path.append((slot, _NONE))
        else:
            column -= 1
            path.append((None, words[column]))
    return path[::-1]
