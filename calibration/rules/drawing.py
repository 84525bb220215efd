"""Drawing questions: by class in turn, in an order that a stored seed repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def draw(by_class: Mapping[str, Sequence[str]], count: int, seed: int) -> list[str]:
    """`count` items in blocks that hold one of each class, or all of them if there are fewer.

    Classes and items are shuffled; a class that is used up is left out of later blocks. The same items and seed give
    the same draw, in whatever order they come.
    """
    generator = np.random.default_rng(seed)
    queues = {name: _shuffled(sorted(items), generator) for name, items in sorted(by_class.items())}
    drawn: list[str] = []
    while len(drawn) < count and any(queues.values()):
        block = [queue.pop() for queue in queues.values() if queue]
        drawn += _shuffled(block, generator)
    return drawn[:count]


def _shuffled(items: Sequence[str], generator: np.random.Generator) -> list[str]:
    return [items[place] for place in generator.permutation(len(items))]
