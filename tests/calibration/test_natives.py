"""Checks by natives: how many are asked, what follows, what it weighs, how checkers are measured, what is asked."""

from itertools import product

import pytest

from calibration.rules.intervals import wilson
from calibration.rules.natives import (
    ALL_AGAINST,
    LIMIT,
    Agreement,
    Verdict,
    agreement_of,
    outcome_of,
    places_of,
    weight_of,
)
from calibration.rules.prompts import SEEDS, seeds_for
from i18n import SHIPPED

Y, N = True, False
YES, NO, OPEN = Verdict.CONFIRMED, Verdict.REFUSED, Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("votes", "places", "outcome", "weight"),
    [
        ([], 2, None, 0.0),
        ([Y], 2, None, 1.4469),
        ([N], 2, None, -1.6740),
        ([Y, Y], 2, YES, 2.8938),  # enough by itself: nine to one needs 2.197
        ([N, N], 4, None, -2.9444),  # as much as a full proof, and yet from 0 to 66% of all natives may confirm
        ([N, N, N], 4, None, -2.9444),  # from 0 to 56%
        ([N, N, N, N], 4, NO, -2.9444),  # from 0 to 49%
        ([N, N, Y], 3, OPEN, -1.9010),
        ([N, N, N, Y], 4, OPEN, -2.9444),
        ([Y, N], 3, None, -0.2271),
        ([Y, N, Y], 3, YES, 1.2198),
        ([N, Y, N], 3, OPEN, -1.9010),
    ],
)
def test_two_natives_confirm_and_what_is_against_somebody_takes_as_many_as_show_it(
    votes: list[bool], places: int, outcome: Verdict | None, weight: float
) -> None:
    assert (places_of(votes), outcome_of(votes)) == (places, outcome)
    assert weight_of(votes) == pytest.approx(weight, abs=1e-4)


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [([], None), ([N], None), ([Y], None), ([N, N], OPEN), ([N, N, N], OPEN), ([Y, N], OPEN), ([Y, N, Y], YES),
     ([Y, Y], YES), ([N, N, N, N], NO)],
)  # fmt: skip
def test_with_nobody_left_to_ask_a_check_ends_undecided_once_two_have_spoken(
    votes: list[bool], outcome: Verdict | None
) -> None:
    assert outcome_of(votes, is_anybody_left=False) == outcome


@pytest.mark.parametrize("is_anybody_left", [True, False])
def test_no_order_of_votes_is_against_somebody_while_the_interval_holds_the_limit(is_anybody_left: bool) -> None:
    endings = 0
    for votes in (list(each) for length in range(5) for each in product((Y, N), repeat=length)):
        outcome = outcome_of(votes, is_anybody_left=is_anybody_left)
        endings += outcome is not None
        if outcome is NO:
            assert wilson(sum(votes), len(votes)).upper < LIMIT
        if outcome is YES:
            assert sum(votes) * 2 > len(votes)
        assert places_of(votes) <= ALL_AGAINST == 4
    assert endings


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
