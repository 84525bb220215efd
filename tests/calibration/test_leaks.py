"""Signs that an exam was known: how often each is raised about honest people, and when it is raised at all."""

import numpy as np
import pytest

from calibration.rules.leaks import fast_and_perfect, pace, seen_before, shared_network
from calibration.rules.retries import weak_classes


def test_the_pace_is_the_median_between_answers_and_leaves_out_absence() -> None:
    assert pace([0, 10, 30, 40, 4000, 4020]) == 20.0
    assert pace([0, 1, 2]) is None


def test_only_the_fastest_of_a_crowd_with_nearly_all_right_is_flagged() -> None:
    others = [float(10 + place) for place in range(39)]
    sign = fast_and_perfect(9.0, others, 12, 12)
    assert sign is not None and sign.measured == sign.false_positives == 1 / 40
    assert fast_and_perfect(12.5, others, 12, 12) is None  # the fourth of forty
    assert fast_and_perfect(9.0, others, 11, 12) is None
    assert fast_and_perfect(9.0, others[:18], 12, 12) is None
    assert fast_and_perfect(None, others, 12, 12) is None


def test_honest_people_are_the_fastest_no_more_often_than_is_said() -> None:
    generator = np.random.default_rng(7)
    flagged = 0
    for _ in range(1000):
        paces = generator.lognormal(3.0, 0.5, 40).tolist()
        flagged += fast_and_perfect(paces[0], paces[1:], 12, 12) is not None
    assert flagged / 1000 == pytest.approx(0.05, abs=0.02)


def test_a_shared_network_tells_how_common_sharing_is() -> None:
    others = ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "unknown", None]
    sign = shared_network("10.0.0.0/24", others, 12, 12)
    assert sign is not None and (sign.measured, sign.false_positives) == (0.2, 0.5)
    assert shared_network("10.9.0.0/24", others, 12, 12) is None
    assert shared_network("unknown", others, 12, 12) is None
    assert shared_network("10.0.0.0/24", others, 10, 12) is None


def test_knowing_old_questions_and_not_fresh_ones_is_found_as_often_as_stated() -> None:
    generator = np.random.default_rng(11)
    runs = 4000

    def flagged(old: int, old_share: float, new: int, new_share: float) -> float:
        olds, news = generator.binomial(old, old_share, runs), generator.binomial(new, new_share, runs)
        return sum(seen_before(int(a), old, int(b), new) is not None for a, b in zip(olds, news, strict=True)) / runs

    assert flagged(40, 0.98, 20, 0.75) == pytest.approx(0.69, abs=0.04)
    assert flagged(20, 0.98, 20, 0.80) == pytest.approx(0.28, abs=0.04)
    assert flagged(40, 0.85, 20, 0.85) < 0.02


def test_too_few_questions_or_no_difference_say_nothing() -> None:
    assert seen_before(7, 7, 0, 20) is None
    assert seen_before(20, 20, 20, 20) is None


def test_the_weakest_classes_come_first_and_one_question_says_nothing() -> None:
    answers = {"a": (1, 4), "b": (0, 1), "c": (2, 4), "d": (5, 5), "e": (1, 8), "f": (1, 2)}
    assert weak_classes(answers, 0.8) == ("e", "a", "c")
