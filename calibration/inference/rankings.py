"""Rankings by several people, made into one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np

from calibration.inference.coding import Floats
from calibration.inference.distances import ranking_distance, ranks
from calibration.inference.estimator import stable_hash
from calibration.inference.fusion import Fusion

Ranks: TypeAlias = dict[Any, float]
_TINY = 1e-9


@dataclass(frozen=True)
class _Ballots:
    """What was ranked, and for each person 1 where the row stands before the column, -1 behind, 0 else."""

    things: list[Any]
    before: Floats


class Rankings(Fusion[Ranks, _Ballots]):
    """The order that contradicts people least.

    It minimises the weighted number of pairs that stand the other way round in somebody's ranking (Kemeny, Mathematics
    without Numbers, Daedalus 88, 1959): it starts from the order by weighted wins less losses, which is Borda's where
    everybody ranks everything, and moves single things to better places until no move helps. That is a local optimum;
    where majorities decide every pair and form no cycle, it is the only one.

    Rankings may leave things out and may have ties; the answer has none: even pairs go by Borda, then by stable hash.
    The people's weights come from their distance, (1 - tau-b) / 2.

    A label is a mapping from things to ranks, 1 being best, or a sequence from the best on in which tied things form
    a sequence of their own. The answer is a tuple from the best on.
    """

    def _read(self, label: Any) -> Ranks:
        found = ranks(label)
        return {thing: found[thing] for thing in sorted(found, key=str)}

    def _show(self, label: Ranks) -> tuple[Any, ...]:
        order = sorted(label, key=lambda thing: (label[thing], str(thing)))
        tied = (tuple(things) for _rank, things in groupby(order, key=label.__getitem__))
        return tuple(things[0] if len(things) == 1 else things for things in tied)

    def _distance(self, one: Ranks, other: Ranks) -> float:
        return ranking_distance(one, other)

    def _prepare(self, labels: Sequence[Ranks]) -> _Ballots:
        things = sorted({thing for label in labels for thing in label}, key=stable_hash)
        before = np.zeros((len(labels), len(things), len(things)))
        for person, label in enumerate(labels):
            given = np.array([label.get(thing, np.nan) for thing in things])
            before[person] = np.nan_to_num(np.sign(given[None, :] - given[:, None]))
        return _Ballots(things, before)

    def _merge(self, prepared: _Ballots, weights: Floats) -> Ranks:
        margins = np.tensordot(weights, prepared.before, axes=1)
        borda = np.round(margins.sum(axis=1), 9)
        order = _improved(sorted(range(len(prepared.things)), key=lambda place: (-borda[place], place)), margins)
        return {prepared.things[place]: float(rank) for rank, place in enumerate(order)}


def _improved(order: list[int], margins: Floats) -> list[int]:
    """Move one thing at a time to where most pairs are right by weight, until nothing is gained."""
    moved = True
    while moved:
        moved = False
        for thing in list(order):
            place = order.index(thing)
            rest = order[:place] + order[place + 1 :]
            # At each place the thing wins against those behind and loses against those before it.
            wins = np.concatenate([[0.0], np.cumsum(margins[thing, rest])])
            gains = wins[-1] - 2.0 * wins
            best = int(np.argmax(gains))
            if gains[best] > gains[place] + _TINY:
                order = [*rest[:best], thing, *rest[best:]]
                moved = True
    return order
