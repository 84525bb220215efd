"""The outlook of one unit while its judgments come in."""

from __future__ import annotations

import json
import math
from itertools import permutations

import pytest

from calibration.inference import Outlook

THREE = Outlook.start(["0", "1", "2"])


def test_three_judgments_give_the_known_posterior() -> None:
    outlook = THREE.add("0", 0.8).add("0", 0.7).add("1", 0.9)
    # .8 * .7 * .05 : .1 * .15 * .9 : .1 * .15 * .05
    assert [round(p, 4) for p in outlook.probabilities().values()] == [0.6627, 0.3195, 0.0178]
    assert outlook.leader()[0] == "0"
    assert outlook.judgments == 3


@pytest.mark.parametrize(("labels", "sure"), [(2, 0.9698), (4, 0.9897)])
def test_two_good_people_who_agree_settle_a_unit(labels: int, sure: float) -> None:
    outlook = Outlook.start([str(k) for k in range(labels)]).add("1", 0.85).add("1", 0.85)
    assert outlook.leader()[1] == pytest.approx(sure, abs=5e-5)


def test_the_order_of_judgments_does_not_matter() -> None:
    given = [("0", 0.8), ("1", 0.7), ("0", 0.6)]
    results = []
    for order in permutations(given):
        outlook = THREE
        for label, accuracy in order:
            outlook = outlook.add(label, accuracy)
        results.append(list(outlook.probabilities().values()))
    assert all(result == pytest.approx(results[0], abs=1e-12) for result in results)


def test_a_void_judgment_leaves_no_trace() -> None:
    before = THREE.add("0", 0.8)
    after = before.add("1", 0.9).remove("1", 0.9)
    assert after.scores == pytest.approx(before.scores, abs=1e-12)
    assert after.judgments == 1


def test_nobody_is_trusted_blindly_and_nobody_counts_against_their_own_answer() -> None:
    assert Outlook.start(["x", "y"]).add("x", 1.0).probabilities()["x"] == pytest.approx(0.985)
    assert Outlook.start(["x", "y"]).add("x", 0.0).probabilities()["x"] == pytest.approx(0.51)


def test_common_labels_start_ahead() -> None:
    outlook = Outlook.start(["x", "y"], {"x": 0.9, "y": 0.1})
    assert outlook.probabilities() == pytest.approx({"x": 0.9, "y": 0.1})
    # .9 * .2 against .1 * .8
    assert outlook.add("y", 0.8).probabilities()["y"] == pytest.approx(0.08 / 0.26)


def test_a_confusion_row_speaks_of_each_label() -> None:
    outlook = Outlook.start(["x", "y"]).add_row({"x": 0.6, "y": 0.2})
    assert outlook.probabilities()["x"] == pytest.approx(0.75)


def test_a_temperature_lowers_confidence_and_keeps_the_leader() -> None:
    outlook = Outlook.start(["x", "y"]).add("x", 0.9)
    # Odds 9 at temperature 2 are odds 3.
    leader, probability = outlook.leader(2.0)
    assert leader == "x"
    assert probability == pytest.approx(0.75)


def test_doubt_is_measured_in_bits() -> None:
    assert Outlook.start(["a", "b", "c", "d"]).entropy() == pytest.approx(2.0)
    outlook = Outlook.start(["x", "y"]).add("x", 0.9)
    assert outlook.entropy() == pytest.approx(-0.9 * math.log2(0.9) - 0.1 * math.log2(0.1))


def test_it_survives_being_stored() -> None:
    outlook = THREE.add("2", 0.77)
    assert Outlook.from_dict(json.loads(json.dumps(outlook.to_dict()))) == outlook


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(KeyError):
        THREE.add("7", 0.8)
    with pytest.raises(ValueError, match="once"):
        Outlook.start(["x", "x"])


@pytest.mark.parametrize(("sure", "bits"), [(0.6, (0.114, 0.376, 0.690)), (0.95, (0.023, 0.081, 0.167))])
def test_what_one_more_judgment_tells_is_as_computed(sure: float, bits: tuple[float, ...]) -> None:
    outlook = Outlook.start(["x", "y"], {"x": sure, "y": 1 - sure})
    assert [round(outlook.information(a), 3) for a in (0.70, 0.85, 0.95)] == list(bits)
    assert Outlook.start(["only"]).information(0.9) == 0.0


def test_a_unit_nobody_judged_always_has_the_most_to_tell() -> None:
    """Why what a judgment tells cannot say whether to ask again or to go on: it would never ask again."""
    for labels in (["x", "y"], ["x", "y", "z", "u"]):
        fresh = Outlook.start(labels)
        told = [outlook.information(0.85) for outlook in (fresh, fresh.add("x", 0.6), fresh.add("x", 0.9))]
        assert told == sorted(told, reverse=True) and told[0] > told[-1] > 0.0
        contested = fresh.add("x", 0.85).add("y", 0.85)
        assert contested.information(0.85) <= told[0] + 1e-12
