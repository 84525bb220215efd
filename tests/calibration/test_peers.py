"""Accuracy from peers: chance and the peers' own errors are taken out of raw agreement."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from calibration.rules.peers import likeness, peer_accuracies

Pairs = dict[tuple[str, str], tuple[int, float]]


def crowd(classes: int, seed: int) -> tuple[dict[str, float], Pairs, dict[str, float]]:
    """Forty people, four of them guessing, three labels a unit, 450 labels each: (truth, pairs, raw agreement)."""
    draw = np.random.default_rng(seed)
    accuracy = np.concatenate([draw.beta(16, 4, 36), np.full(4, 1 / classes)])
    places = draw.permuted(np.tile(np.arange(40), 450)).reshape(-1, 3)
    shared: Counter[tuple[int, int]] = Counter()
    alike: Counter[tuple[int, int]] = Counter()
    for people in places[[len(set(row)) == 3 for row in places.tolist()]]:
        right = draw.random(3) < accuracy[people]
        given = np.where(right, 0, 1 + draw.integers(0, classes - 1, 3))
        for one, other in combinations(range(3), 2):
            pair = (min(people[one], people[other]), max(people[one], people[other]))
            shared[pair] += 1
            alike[pair] += int(given[one] == given[other])
    pairs = {(f"{a:02}", f"{b:02}"): (n, float(alike[a, b])) for (a, b), n in shared.items()}
    met, same = Counter[str](), Counter[str]()
    for (a, b), (n, s) in pairs.items():
        for person in (a, b):
            met[person] += n
            same[person] += int(s)
    truth = {f"{number:02}": float(share) for number, share in enumerate(accuracy)}
    return truth, pairs, {person: same[person] / met[person] for person in met}


def error(found: dict[str, float], truth: dict[str, float]) -> float:
    return float(np.sqrt(np.mean([(found[person] - truth[person]) ** 2 for person in truth])))


@pytest.mark.parametrize("classes", [2, 4])
def test_accuracy_from_peers_is_near_the_truth_where_raw_agreement_is_far_off(classes: int) -> None:
    truth, pairs, raw = crowd(classes, seed=3)
    assert error(raw, truth) > 0.12
    assert error(peer_accuracies(pairs, 1 / classes), truth) < 0.06


def test_two_people_who_agree_as_chance_would_know_nothing() -> None:
    found = peer_accuracies({("a", "b"): (400, 100.0)}, chance=0.25)
    assert found == {"a": pytest.approx(0.25, abs=1e-3), "b": pytest.approx(0.25, abs=1e-3)}


def test_three_equals_share_the_root_of_their_agreement() -> None:
    # (.82 - .5) / .5 = .64, so that r = .8 and a = .5 + .8 / 2.
    pairs = dict.fromkeys((("a", "b"), ("a", "c"), ("b", "c")), (100, 82.0))
    assert peer_accuracies(pairs, chance=0.5) == {name: pytest.approx(0.9) for name in "abc"}


def test_too_few_shared_units_say_nothing() -> None:
    pairs = {("a", "b"): (29, 29.0), ("b", "c"): (40, 40.0)}
    assert set(peer_accuracies(pairs, chance=0.5)) == {"b", "c"}
    assert peer_accuracies({}, chance=0.5) == {}


def test_likeness_adds_up_exactly_in_any_order() -> None:
    parts = [likeness(distance / 7) for distance in range(8)] * 1000
    assert sum(parts) == sum(reversed(parts)) == sum(sorted(parts))
    assert (likeness(0.0), likeness(1.0), likeness(0.5)) == (1.0, 0.0, 0.5)
