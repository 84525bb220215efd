"""Drawing a test's questions: strata in turn, in shuffled blocks, the least shown first, from a stored seed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

TERCILES = 3


def draw(
    strata: Mapping[str, Sequence[str]], count: int, seed: int, *, shown: Mapping[str, int] | None = None,
    classes: Mapping[str, str] | None = None,
) -> list[str]:  # fmt: skip
    """`count` items in blocks that hold one of each stratum, or all of them if there are fewer.

    Where a class has several strata, a block begins with one of each of the `classes` of items, so that as many
    questions as there are classes ask each of them.

    Strata and items are shuffled, and of a stratum the items that were `shown` least come first; one that is used up
    is left out of later blocks. The same items and seed give the same draw, in whatever order they come.
    """
    generator = np.random.default_rng(seed)
    queues = {name: _queue(sorted(items), generator, shown or {}) for name, items in sorted(strata.items())}
    drawn: list[str] = []
    while len(drawn) < count and any(queues.values()):
        block = [queue.pop() for queue in queues.values() if queue]
        drawn += _each_class_first(_shuffled(block, generator), classes or {})
    return drawn[:count]


def all_touched(strata: str, asked: Iterable[int]) -> bool:
    """Whether each class of a draw was asked by now, so that somebody may pass; a draw from all alike promises none."""
    return strata == "none" or all(asked)


def _each_class_first(block: Sequence[str], classes: Mapping[str, str]) -> list[str]:
    """The block with the first item of each class before the further ones."""
    first = {classes.get(item, item): item for item in reversed(block)}
    return sorted(block, key=lambda item: first[classes.get(item, item)] != item)


def terciles(difficulties: Mapping[str, float | None]) -> dict[str, int]:
    """Of each item the third of the pool it belongs to by difficulty, 0 the easiest; what is unknown is in between."""
    known = sorted(value for value in difficulties.values() if value is not None)
    if len(known) < TERCILES:
        return dict.fromkeys(difficulties, 1)
    edges = [known[len(known) * part // TERCILES] for part in range(1, TERCILES)]
    return {item: 1 if value is None else bisect_right(edges, value) for item, value in difficulties.items()}


def _queue(items: Sequence[str], generator: np.random.Generator, shown: Mapping[str, int]) -> list[str]:
    """Shuffled, then the most shown first: what is popped from the end was shown least."""
    return sorted(_shuffled(items, generator), key=lambda item: -shown.get(item, 0))


def _shuffled(items: Sequence[str], generator: np.random.Generator) -> list[str]:
    return [items[place] for place in generator.permutation(len(items))]
