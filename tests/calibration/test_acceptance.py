"""How many units to look at so that an error rate may be stated, and what plans by quality level let through."""

import pytest

from calibration.rules.acceptance import acceptance_probability, sample_size, stated_limit


@pytest.mark.parametrize(
    ("limit", "none", "two", "lot"), [(0.01, 299, 628, 238), (0.02, 149, 313, 132), (0.05, 59, 124, 56)]
)
def test_the_sizes_that_state_a_limit_with_confidence(limit: float, none: int, two: int, lot: int) -> None:
    assert sample_size(limit) == none
    assert sample_size(limit, allowed=2) == two
    assert sample_size(limit, lot=1000) == lot


def test_a_plan_by_quality_level_accepts_far_worse_every_second_time() -> None:
    assert acceptance_probability(125, 7, 0.0612) == pytest.approx(0.50, abs=0.005)
    assert acceptance_probability(125, 7, 0.092) == pytest.approx(0.10, abs=0.01)
    assert acceptance_probability(80, 5, 0.071) == pytest.approx(0.50, abs=0.01)


def test_what_is_drawn_from_a_small_lot_says_more() -> None:
    # A tenth of the lot counts as a stream; more of it leaves less unknown.
    assert acceptance_probability(100, 0, 0.02, lot=1000) == acceptance_probability(100, 0, 0.02)
    assert acceptance_probability(500, 0, 0.02, lot=1000) < acceptance_probability(500, 0, 0.02)
    assert acceptance_probability(1000, 19, 0.02, lot=1000) == 0.0
    assert acceptance_probability(1000, 20, 0.02, lot=1000) == pytest.approx(1.0)


def test_the_limit_that_a_sample_states_is_that_of_clopper_and_pearson() -> None:
    assert stated_limit(100, 2) == pytest.approx(0.0616, abs=5e-5)
    assert stated_limit(299, 0) <= 0.01 < stated_limit(298, 0)
    assert (stated_limit(0, 0), stated_limit(5, 5)) == (1.0, 1.0)


@pytest.mark.parametrize(("limit", "confidence"), [(0.0, 0.95), (1.0, 0.95), (0.02, 1.0)])
def test_what_no_sample_can_state_is_refused(limit: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="strictly between"):
        sample_size(limit, confidence=confidence)
