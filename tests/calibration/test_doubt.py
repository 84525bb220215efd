"""When proven people contradict a key: the figures of the rule, how seldom it is wrong, and how soon it is right."""

import pytest

from calibration.rules.doubt import ANSWERS_LEAST, Proven, doubt


def answers(right: int, wrong: int, accuracy: float = 0.9) -> list[Proven]:
    return [Proven("good", True, accuracy)] * right + [Proven("bad", False, accuracy)] * wrong


@pytest.mark.parametrize(
    ("right", "wrong", "by_other", "by_chance"),
    [
        (0, 4, False, False),  # four say nothing
        (0, 5, True, True),
        (2, 3, True, True),  # one vote more at 0.9 gives the other answer 0.9; two right of five come in 0.9% of cases
        (3, 3, False, False),  # even: the other answer has 0.5; three right of six come in 1.6% of cases
        (6, 5, False, True),  # 0.3%
        (8, 2, False, False),
    ],
)
def test_a_key_is_doubted_where_another_answer_is_likely_or_so_few_right_ones_improbable(
    right: int, wrong: int, by_other: bool, by_chance: bool
) -> None:
    found = doubt(answers(right, wrong), "good", 2)
    assert (found.by_other, found.by_chance) == (by_other, by_chance)
    assert found.is_serious == (by_other or by_chance)
    assert (found.answers, found.right) == (right + wrong, right)


def test_the_figures_are_those_of_the_binomial_and_of_the_one_coin_posterior() -> None:
    found = doubt(answers(2, 3), "good", 2)
    assert found.probability == pytest.approx(0.1**5 + 5 * 0.9 * 0.1**4 + 10 * 0.81 * 0.1**3)
    assert found.other == "bad"
    assert found.sureness == pytest.approx(0.9)
    three = doubt([Proven("good", True, 0.8), Proven("bad", False, 0.9)] * 3, "good", 3)
    odds = (0.9 * 2 / 0.1) ** 3, (0.8 * 2 / 0.2) ** 3, 1.0
    assert three.sureness == pytest.approx(odds[0] / sum(odds))


def test_answers_without_a_closed_set_are_weighed_by_chance_alone() -> None:
    found = doubt([Proven(None, False, 0.9)] * 5, None, 0)
    assert (found.by_other, found.by_chance, found.other) == (False, True, None)
    assert not doubt([], "good", 2).is_serious


def ever_doubted(accuracy_of_key: float, most: int = 30) -> tuple[float, float]:
    """The probability that a key is doubted within so many proven answers, and the mean number until then; exact."""
    alive = {0: 1.0}
    doubted = mean = 0.0
    for n in range(1, most + 1):
        after: dict[int, float] = {}
        for right, share in alive.items():
            for hit, chance in ((1, accuracy_of_key), (0, 1.0 - accuracy_of_key)):
                after[right + hit] = after.get(right + hit, 0.0) + share * chance
        alive = {}
        for right, share in after.items():
            if n >= ANSWERS_LEAST and doubt(answers(right, n - right), "good", 2).is_serious:
                doubted, mean = doubted + share, mean + share * n
            else:
                alive[right] = share
    return doubted, mean / doubted


def test_a_right_key_is_seldom_doubted_and_a_wrong_one_nearly_at_once() -> None:
    """Looked at after every answer, of people who are right in 90% of cases."""
    false_alarm, _ = ever_doubted(0.9)
    found, mean = ever_doubted(0.1)
    assert false_alarm == pytest.approx(0.026, abs=0.002)
    assert found > 0.9999 and mean < 5.2
