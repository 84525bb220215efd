"""Accuracy from peers, without any known answer: pairwise agreement, corrected for chance.

If everybody errs independently and evenly over K classes, P(w and v agree) = 1/K + (1 - 1/K) r_w r_v with
r = (K a - 1) / (K - 1): the table of agreements, chance taken out, has rank one. Raw agreement is biased by chance and
by the peers' own errors; r is not. Shared bias still counts as skill, so that this only ever stands beside gold.
"""

from collections.abc import Mapping

import numpy as np

ROUNDS = 200
LEAST_SHARED = 30
STEPS = 1024
"""Likeness is counted in steps of 1/1024, which floating point adds up exactly in any order."""

Pairs = Mapping[tuple[str, str], tuple[int, float]]


def likeness(distance: float) -> float:
    """How alike two answers at this distance are, in [0, 1]."""
    return round((1.0 - distance) * STEPS) / STEPS


def peer_accuracies(pairs: Pairs, chance: float, *, least: int = LEAST_SHARED) -> dict[str, float]:
    """The accuracy of each person from (shared, alike) by pair; people with fewer than `least` shared units get none.

    `chance` is the likeness of two answers drawn at random: 1/K for K classes. Alternating least squares, each pair
    weighing by its shared units; half a step at a time, as whole ones would swing between two people for ever.
    """
    if not 0.0 <= chance < 1.0:
        raise ValueError(f"chance must lie in [0, 1), got {chance}")
    people = sorted({person for pair in pairs for person in pair})
    if not people:
        return {}
    place = {person: number for number, person in enumerate(people)}
    one = np.array([place[first] for first, _ in pairs] + [place[second] for _, second in pairs])
    other = np.array([place[second] for _, second in pairs] + [place[first] for first, _ in pairs])
    shared = np.array([n for n, _ in pairs.values()] * 2, dtype=float)
    alike = np.array([same for _, same in pairs.values()] * 2, dtype=float)
    above_chance = (alike / np.maximum(shared, 1.0) - chance) / (1.0 - chance)
    skill = np.full(len(people), 0.7)
    for _ in range(ROUNDS):
        drawn = np.bincount(one, shared * above_chance * skill[other], len(people))
        norm = np.bincount(one, shared * skill[other] ** 2, len(people))
        fresh = np.clip(drawn / np.maximum(norm, 1e-9), 0.0, 1.0)
        skill = (skill + fresh) / 2.0
    seen = np.bincount(one, shared, len(people))
    return {
        person: float(skill[number] * (1.0 - chance) + chance)
        for person, number in place.items()
        if seen[number] >= least
    }
