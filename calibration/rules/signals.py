"""Signals in how somebody works: too fast, always the same answer, the same mistakes as somebody else.

A signal asks a person to look and decides nothing. Each is told with how often it is raised about honest people: by
construction, and as measured on people whose accuracy is proven.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median, stdev

from calibration.rules.special import bdtrc, chdtr, ndtr, pdtrc

LAST = 50  # units that speed is judged on
FAST_Z = -3.5
FAST_SHARE = 0.2
RARE = 1e-4
COMMON_LEAST = 20  # units that two people must share to be compared
PRIOR = 0.02
SENSITIVITY = 0.9
ODDS_LEAST = 19.0
FAMILIES_LEAST = 2
UNFAIR_RATIO = 1.25
HONEST_LEAST = 3
"""Honest people of a group under whom nothing can be said of how often they are flagged."""
PRIOR_HONEST = (1.0, 50.0)
"""How often honest people are flagged, so many of so many, where nobody else was looked at yet."""
REGULAR = 0.1
REGULAR_FROM = 5.0  # seconds; under that, whole seconds hide how times vary
OTHERS_LEAST = 3
FAMILIES = {"timing": "speed"}
"""Signals that rest on the same figures as another one: both together are one kind of signal, not two."""
_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: what was measured, the bound it passed, and how often honest people pass it."""

    name: str
    measured: float
    bound: float
    false_positives: float


def pace_of(seconds: Sequence[float]) -> tuple[float, float] | None:
    """Median and spread (from the median absolute deviation) of log seconds; None where there is no spread."""
    if len(seconds) < COMMON_LEAST:
        return None
    logs = [math.log(max(1.0, each)) for each in seconds]
    middle = median(logs)
    spread = _MAD * median(abs(each - middle) for each in logs)
    return (middle, spread) if spread > 0.0 else None


def too_fast(seconds: Sequence[float], pace: tuple[float, float] | None) -> Sign | None:
    """More than a fifth of somebody's last units far faster than the lane's pace, on the scale of log seconds."""
    last = list(seconds)[-LAST:]
    if pace is None or len(last) < COMMON_LEAST:
        return None
    middle, spread = pace
    share = sum((math.log(max(1.0, each)) - middle) / spread < FAST_Z for each in last) / len(last)
    if share <= FAST_SHARE:
        return None
    by_chance = float(bdtrc(math.floor(FAST_SHARE * len(last)), len(last), float(ndtr(FAST_Z))))
    return Sign("too_fast", share, FAST_SHARE, by_chance)


def spread_of(seconds: Sequence[float]) -> float | None:
    """How much somebody's last times vary, on the scale of log seconds; None where there are too few."""
    last = list(seconds)[-LAST:]
    return stdev(math.log(max(1.0, each)) for each in last) if len(last) == LAST else None


def too_regular(seconds: Sequence[float], others: Sequence[float]) -> Sign | None:
    """Somebody's last times vary hardly at all, and far less than those of the steadiest of the others.

    `others` are the spreads of other people of the lane. Were the person as steady as the steadiest tenth of them,
    the variance of log seconds would follow a chi-square law; as some are steadier yet, a tenth of what is promised is
    asked of it. Work that takes everybody the same time raises nothing.
    """
    own, last = spread_of(seconds), list(seconds)[-LAST:]
    if own is None or len(others) < OTHERS_LEAST:
        return None
    middle = sum(math.log(max(1.0, each)) for each in last) / LAST
    usual = sorted(others)[len(others) // 10]
    if middle < math.log(REGULAR_FROM) or usual <= 0.0 or own / middle >= REGULAR:
        return None
    by_chance = float(chdtr(LAST - 1, (LAST - 1) * (own / usual) ** 2))
    return Sign("too_regular", by_chance, RARE / 10, RARE) if by_chance < RARE / 10 else None


def longest_run(answers: Sequence[str]) -> tuple[str, int]:
    """The answer that was given most often in a row, and how often."""
    runs = [(len(list(run)), name) for name, run in groupby(answers)]
    length, name = max(runs, default=(0, ""), key=lambda run: run[0])
    return name, length


def monotony(answers: Sequence[str], shares: Mapping[str, float]) -> Sign | None:
    """One answer so often in a row that chance hardly explains it; `shares` are those of the person's own items.

    P(a run of L or more in n) is at most n (1 - p) p^L.
    """
    name, length = longest_run(answers)
    share = min(0.99, max(1.0 / max(2, len(shares)), shares.get(name, 0.0)))
    bound = min(1.0, len(answers) * (1.0 - share) * share**length)
    return Sign("monotony", bound, RARE, RARE) if answers and bound < RARE else None


def wrong_answers(answers: Sequence[tuple[str, str]], labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """How wrong answers fall, by what was right: from (right, given) of everybody, with one more of each."""
    found: dict[str, dict[str, float]] = {}
    for truth in labels:
        counts = {label: 1.0 for label in labels if label != truth}
        for right, given in answers:
            if right == truth and given in counts:
                counts[given] += 1.0
        total = sum(counts.values())
        found[truth] = {label: count / total for label, count in counts.items()}
    return found


def same_mistakes(
    first: Sequence[str], second: Sequence[str], truths: Sequence[str], wrong: Mapping[str, Mapping[str, float]],
    pairs: int = 1,
) -> Sign | None:  # fmt: skip
    """Two people with more identical wrong answers on common units than they would have independently.

    Their number is close to Poisson, with the product of both error rates and the chance that two errors are the same
    as its mean. `truths` are the labels without these two people; `pairs` are compared, each at its share of the bound.
    """
    n = len(truths)
    if n < COMMON_LEAST:
        return None
    same = sum(a == b != truth for a, b, truth in zip(first, second, truths, strict=True))
    errors = [
        (sum(given != truth for given, truth in zip(answers, truths, strict=True)) + 1.0) / (n + 2.0)
        for answers in (first, second)
    ]
    alike = {truth: sum(share**2 for share in falls.values()) for truth, falls in wrong.items()}
    mean = errors[0] * errors[1] * sum(alike.get(truth, 1.0) for truth in truths)
    probability = float(pdtrc(same - 1, mean)) if same else 1.0
    bound = RARE / max(1, pairs)
    return Sign("same_mistakes", probability, bound, RARE) if probability < bound else None


def rate(nominal: float, flagged: int, proven: int) -> float:
    """How often honest people are flagged, for a decision: the greater of what is promised and what was measured."""
    measured = (flagged + 1.0) / (proven + 2.0) if proven else 0.0
    return max(nominal, measured)


def odds(rates: Sequence[float]) -> float:
    """The odds that somebody with these signals, of independent families, did what they stand for."""
    found = PRIOR / (1.0 - PRIOR)
    for each in rates:
        found *= SENSITIVITY / max(each, RARE)
    return found


def may_pause(rates: Mapping[str, float]) -> bool:
    """Whether a person may pause somebody for signals: two families at least, and odds of nineteen to one."""
    return len(rates) >= FAMILIES_LEAST and odds(list(rates.values())) >= ODDS_LEAST


def is_unfair(flagged: int, people: int, others_flagged: float, others: float) -> bool:
    """Whether honest people of a group are flagged more often than others, surely: the signal is switched off there.

    The ratio of the two rates is over the limit, and the lower end of its 95% interval over one.
    """
    if people < HONEST_LEAST or not others or not flagged:
        return False
    one, two = flagged / people, (others_flagged + 0.5) / (others + 1.0)
    error = math.sqrt((1.0 - one) / flagged + (1.0 - two) / (others_flagged + 0.5))
    log_ratio = math.log(one / two)
    return log_ratio > math.log(UNFAIR_RATIO) and log_ratio - 1.96 * error > 0.0
