"""Checks by natives: how many are asked, what follows, what it weighs, how checkers are measured, what is asked."""

import pytest

from calibration.rules.natives import Agreement, agreement_of, outcome_of, places_of, weight_of
from calibration.rules.prompts import SEEDS, seeds_for
from i18n import SHIPPED

Y, N = True, False


@pytest.mark.parametrize(
    ("votes", "places", "outcome", "weight"),
    [
        ([], 2, None, 0.0),
        ([Y], 2, None, 1.4469),
        ([Y, Y], 2, True, 2.8938),  # enough by itself: nine to one needs 2.197
        ([N, N], 2, False, -2.9444),  # as much as a full proof, and no more
        ([Y, N], 3, None, -0.2271),
        ([Y, N, Y], 3, True, 1.2198),
        ([N, Y, N], 3, False, -1.9010),
    ],
)
def test_two_natives_decide_and_a_third_where_they_differ(
    votes: list[bool], places: int, outcome: bool | None, weight: float
) -> None:
    assert (places_of(votes), outcome_of(votes)) == (places, outcome)
    assert weight_of(votes) == pytest.approx(weight, abs=1e-4)


@pytest.mark.parametrize(
    ("pairs", "agreement"),
    [
        ([(Y, Y)] * 9, Agreement(9, 9, None)),  # too few
        ([(Y, Y)] * 12, Agreement(12, 12, None)),  # no chance to be wrong: nothing is shown
        ([(Y, Y)] * 6 + [(N, N)] * 6, Agreement(12, 12, 1.0)),
        ([(Y, Y), (Y, N), (N, Y), (N, N)] * 3, Agreement(12, 6, 0.0)),
        ([(Y, Y)] * 8 + [(Y, N)] * 4, Agreement(12, 8, 0.0)),  # who always says yes agrees by chance alone
    ],
)
def test_agreement_takes_chance_out(pairs: list[tuple[bool, bool]], agreement: Agreement) -> None:
    found = agreement_of(pairs)
    assert (found.checks, found.agreed) == (agreement.checks, agreement.agreed)
    assert found.kappa == (None if agreement.kappa is None else pytest.approx(agreement.kappa))


def test_prompts_are_in_the_language_asked_for_else_in_the_candidates_own() -> None:
    assert set(SEEDS) == set(SHIPPED) and all(len(set(texts)) >= 4 for texts in SEEDS.values())
    assert seeds_for("sw-TZ", "ar") == SEEDS["sw"]
    assert seeds_for("lg-UG", "es-MX") == SEEDS["es"]
    assert seeds_for("lg-UG", "lg") == SEEDS["en"]
