"""Acceptance sampling: how many units of a lot to look at so that its error rate may be stated with confidence.

A plan (n, c) accepts a lot if at most c of n drawn units are wrong. A plan by acceptable quality level alone lets far
worse lots through every second time; what a contract can state is a limit with a confidence.
"""

from __future__ import annotations

from math import exp, floor, lgamma

from calibration.rules.special import bdtr

LARGEST_SHARE = 0.1
"""Of a lot, up to which a sample may be reckoned as if it were drawn with replacement."""


def acceptance_probability(sample: int, allowed: int, error_rate: float, lot: int | None = None) -> float:
    """P(accept): at most `allowed` of `sample` units are wrong, in an endless stream or in a lot of this size."""
    if lot is None or sample <= LARGEST_SHARE * lot:
        return _in_a_stream(allowed, sample, error_rate)
    return _in_a_lot(allowed, sample, round(error_rate * lot), lot)


def sample_size(limit: float, *, confidence: float = 0.95, allowed: int = 0, lot: int | None = None) -> int:
    """The fewest units with which at most `allowed` errors show, with this confidence, an error rate of at most limit.

    A lot that is worse than the limit has more than `limit * lot` wrong units; the nearest such lot decides it.
    """
    if not 0.0 < limit < 1.0 or not 0.0 < confidence < 1.0:
        raise ValueError("limit and confidence lie strictly between 0 and 1")
    low, high = allowed + 1, lot if lot is not None else _enough(limit, confidence, allowed)
    while low < high:
        middle = (low + high) // 2
        if _missed(middle, limit, allowed, lot) <= 1.0 - confidence:
            high = middle
        else:
            low = middle + 1
    return low


def _missed(sample: int, limit: float, allowed: int, lot: int | None) -> float:
    """The probability that a lot just over the limit passes all the same."""
    if lot is None:
        return _in_a_stream(allowed, sample, limit)
    return _in_a_lot(allowed, sample, min(lot, floor(limit * lot + 1e-9) + 1), lot)


def _enough(limit: float, confidence: float, allowed: int) -> int:
    size = 2 * (allowed + 1)
    while _missed(size, limit, allowed, None) > 1.0 - confidence:
        size *= 2
    return size


def stated_limit(sample: int, wrong: int, *, confidence: float = 0.95) -> float:
    """The highest error rate that so many wrong of so many units leave possible with this confidence."""
    if sample < 1 or wrong >= sample:
        return 1.0
    low, high = wrong / sample, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (low, middle) if _in_a_stream(wrong, sample, middle) <= 1.0 - confidence else (middle, high)
    return high


def _in_a_stream(allowed: int, sample: int, error_rate: float) -> float:
    """P(at most so many wrong) where every unit is wrong with the same probability."""
    return 1.0 if allowed >= sample else float(bdtr(allowed, sample, error_rate))


def _in_a_lot(allowed: int, sample: int, wrong: int, lot: int) -> float:
    """The same drawn without replacement from a lot with `wrong` wrong units."""
    least = max(0, sample - (lot - wrong))
    most = min(allowed, sample, wrong)
    whole = _log_choose(lot, sample)
    return sum(
        exp(_log_choose(wrong, k) + _log_choose(lot - wrong, sample - k) - whole) for k in range(least, most + 1)
    )


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
