"""Difficulty and discrimination of questions against simulated truth, and questions that differ between languages."""

import numpy as np
import pytest

from calibration.inference.items import (
    Dif,
    Estimated,
    Response,
    compare_groups,
    differing,
    estimate_items,
    expected_share,
    two_sided,
)


def simulate(
    seed: int, people: int, b: np.ndarray, a: np.ndarray | float = 1.0, *, each: int | None = None, guess: float = 0.0,
    group: str = "sw", mean: float = 0.0, shift: dict[int, float] | None = None, names: str = "q",
) -> tuple[list[Response], dict[str, float]]:  # fmt: skip
    generator = np.random.default_rng(seed)
    slopes = np.broadcast_to(a, b.shape)
    responses, truth = [], {}
    for person in range(people):
        ability = generator.normal(mean, 1.0)
        truth[f"{group}{person}"] = ability
        for item in generator.permutation(len(b))[: each or len(b)]:
            harder = (shift or {}).get(int(item), 0.0)
            chance = guess + (1 - guess) / (1 + np.exp(-slopes[item] * (ability - b[item] - harder)))
            responses.append(Response(f"{group}{person}", group, f"{names}{item}", bool(generator.random() < chance)))
    return responses, truth


def against(found: Estimated, b: np.ndarray) -> float:
    told = np.array([found.items[f"q{n}"].difficulty for n in range(len(b))])
    return float(np.sqrt(np.mean((told - b) ** 2)))


@pytest.fixture(scope="module")
def difficulties() -> np.ndarray:
    return np.linspace(-2.0, 2.0, 40)


def test_difficulties_come_back_within_their_stated_errors(difficulties: np.ndarray) -> None:
    responses, _truth = simulate(3, 400, difficulties, each=20)
    found = estimate_items(responses)
    errors = np.array([found.items[f"q{n}"].error for n in range(40)])
    told = np.array([found.items[f"q{n}"].difficulty for n in range(40)])
    assert against(found, difficulties) < 0.25
    assert 0.8 < np.mean(np.abs(told - difficulties) < 2 * errors) <= 1.0
    assert found.items["q0"].discrimination == 1.0  # 200 answers are too few to tell


def test_who_drew_the_harder_questions_is_not_told_weaker() -> None:
    """150 people, 30 questions each, odd ones from the easier two thirds and even ones from the harder.

    The correlation with true ability is to be about .739 by the raw share and .881 by the model; the stock of questions
    behind these two figures is not on record. Here: five draws of 60 even steps of difficulty, eight choices each.
    """
    raw, told = np.zeros(5), np.zeros(5)
    for seed in range(5):
        generator = np.random.default_rng(seed)
        b, ability = np.linspace(-2.0, 2.0, 60), generator.normal(0.0, 1.0, 150)
        responses, shares = [], np.zeros(150)
        for person in range(150):
            asked = generator.choice(40, 30, replace=False) + (0 if person % 2 else 20)
            chance = 0.125 + 0.875 / (1 + np.exp(b[asked] - ability[person]))
            right = generator.random(30) < chance
            shares[person] = right.mean()
            name = f"p{person:03d}"
            responses += [Response(name, "sw", f"q{item}", bool(x)) for item, x in zip(asked, right, strict=True)]
        abilities = estimate_items(responses, guess=0.125).abilities
        raw[seed] = np.corrcoef(shares, ability)[0, 1]
        told[seed] = np.corrcoef([abilities[name] for name in sorted(abilities)], ability)[0, 1]
    assert raw.mean() == pytest.approx(0.739, abs=0.02)
    assert told.mean() == pytest.approx(0.881, abs=0.02)
    assert (told - raw).min() > 0.05


def test_lucky_guesses_are_not_taken_for_ease(difficulties: np.ndarray) -> None:
    responses, _truth = simulate(4, 600, difficulties, guess=0.25, each=20)
    assert against(estimate_items(responses, guess=0.25), difficulties) < 0.35
    assert against(estimate_items(responses), difficulties) > 0.6


def test_discrimination_is_told_from_five_hundred_answers_on() -> None:
    b, a = np.zeros(12), np.where(np.arange(12) < 6, 0.6, 1.8)
    responses, _truth = simulate(5, 900, b, a)
    found = estimate_items(responses).items
    flat = np.mean([found[f"q{n}"].discrimination for n in range(6)])
    sharp = np.mean([found[f"q{n}"].discrimination for n in range(6, 12)])
    assert flat < 0.8 and sharp > 1.4


def test_abilities_do_not_depend_on_the_luck_of_the_draw() -> None:
    """The setting of the method's table: half of the people draw from the easier two thirds, half from the harder."""
    generator = np.random.default_rng(8)
    b = np.sort(generator.normal(0.0, 1.2, 120))
    responses, raw, truth = [], {}, {}
    for person in range(150):
        ability = generator.normal()
        drawn = generator.choice(80, 30, replace=False) + (40 if person % 2 == 0 else 0)
        right = generator.random(30) < 1 / (1 + np.exp(b[drawn] - ability))
        raw[f"p{person}"], truth[f"p{person}"] = float(right.mean()), ability
        responses += [Response(f"p{person}", "sw", f"q{n}", bool(r)) for n, r in zip(drawn, right, strict=True)]
    found = estimate_items(responses).abilities
    people = sorted(truth)
    real = [truth[name] for name in people]
    by_share = np.corrcoef(real, [raw[name] for name in people])[0, 1]
    by_model = np.corrcoef(real, [found[name] for name in people])[0, 1]
    assert by_share < 0.82 and by_model > 0.85


def test_the_order_of_responses_changes_nothing(difficulties: np.ndarray) -> None:
    responses, _truth = simulate(6, 40, difficulties, each=10)
    assert estimate_items(responses) == estimate_items(responses[::-1])


def test_a_wrong_key_shows_in_who_answers_right(difficulties: np.ndarray) -> None:
    responses, _truth = simulate(7, 300, difficulties)
    turned = [Response(r.person, r.group, r.item, not r.right if r.item == "q20" else r.right) for r in responses]
    found = estimate_items(turned).items
    assert [name for name, each in found.items() if each.looks_miskeyed] == ["q20"]


def two_languages(shift: float) -> tuple[list[Response], Estimated]:
    b = np.linspace(-1.5, 1.5, 20)
    one, _t = simulate(21, 500, b)
    other, _t = simulate(22, 500, b, group="es", mean=-0.8, shift={5: shift})
    responses = one + other
    return responses, estimate_items(responses)


def test_a_weaker_group_is_not_mistaken_for_harder_questions() -> None:
    responses, found = two_languages(0.0)
    assert found.groups["sw"] == (0.0, 1.0) or found.groups["es"] == (0.0, 1.0)
    gap = found.groups["es"][0] - found.groups["sw"][0]
    assert gap == pytest.approx(-0.8, abs=0.15)
    assert [each.item for each in differing(responses, found.abilities, "sw", "es") if each.is_flagged] == []


def test_a_question_that_is_harder_in_one_language_is_flagged_and_no_other() -> None:
    responses, found = two_languages(1.2)
    flagged = [each for each in differing(responses, found.abilities, "sw", "es") if each.is_flagged]
    assert [each.item for each in flagged] == ["q5"]
    assert flagged[0].delta > 1.5


def test_a_question_that_differs_does_not_make_others_look_as_if_they_did() -> None:
    """Nine questions, of which one is four logits harder for one group: it bends the scale until it is set apart."""
    b = np.linspace(-2.0, 2.0, 9)
    one, _t = simulate(31, 300, b)
    other, _t = simulate(32, 300, b, group="es", shift={2: 4.0})
    plain = estimate_items(one + other)
    bent = [each.item for each in differing(one + other, plain.abilities, "sw", "es") if each.is_flagged]
    assert len(bent) > 1
    found, differences = compare_groups(one + other)
    assert [each.item for each in differences if each.is_flagged] == ["q2"]
    assert found.items["q2\nes"].difficulty > found.items["q2\nsw"].difficulty + 2.5
    assert "q2" not in found.items


def test_the_common_odds_ratio_is_that_of_the_tables() -> None:
    """One stratum, 40 of 50 right against 25 of 50: odds (40·25)/(10·25) = 4; delta 2.35 ln 4."""
    responses = [Response(f"r{n}", "r", "q", n < 40) for n in range(50)]
    responses += [Response(f"f{n}", "f", "q", n < 25) for n in range(50)]
    (found,) = differing(responses, {each.person: 0.0 for each in responses}, "r", "f")
    assert found.odds == pytest.approx(4.0, abs=0.2)
    assert found.delta == pytest.approx(2.35 * np.log(4.0), abs=0.15)
    # (|40 - 32.5| - .5)^2 / (50 * 50 * 65 * 35 / (100^2 * 99))
    assert found.chi2 == pytest.approx(49.0 / (50 * 50 * 65 * 35 / (100**2 * 99)), rel=1e-6)
    assert found.is_flagged and two_sided(found.chi2) < 0.01


def test_too_few_answers_of_one_group_say_nothing() -> None:
    responses = [Response(f"r{n}", "r", "q", True) for n in range(50)] + [Response("f", "f", "q", False)]
    assert differing(responses, {each.person: 0.0 for each in responses}, "r", "f") == []
    assert not Dif("q", "r", "f", 4.0, 3.2, 2.0).is_flagged


def test_forms_are_compared_by_what_the_same_person_would_reach(difficulties: np.ndarray) -> None:
    responses, _truth = simulate(9, 200, difficulties)
    found = estimate_items(responses).items
    easy = expected_share([found[f"q{n}"] for n in range(20)], 0.0)
    hard = expected_share([found[f"q{n}"] for n in range(20, 40)], 0.0)
    assert easy is not None and hard is not None and easy > 0.65 > 0.35 > hard
    assert expected_share([], 0.0) is None


def test_nothing_answered_says_nothing() -> None:
    assert estimate_items([]) == Estimated({}, {}, {})
