"""From evidence to a level: an ordinal model with fading weights, and the bound that work rests on.

The level is one of seven. What a person states is the prior: the level itself is likeliest, each one below it a third
as likely as the one above, and better than stated is rarer still. A piece of evidence for a level makes each level
below it less likely by its ratio, once for every step; one against it does the same with the level and those above. A
level is proven when it is met with 95%, and evidence that is not the person's own word backs it with a ratio of nine.
Nobody is proven above what they state.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from math import exp, log

from i18n.matching import Level
from workforce.values.languages import Estimate, Evidence, Steps

BELOW, ABOVE = 0.35, 0.25
SURE = 0.95
STRONG = log(9)
FAIR = log(3)
FULL = log(0.95 / 0.05)  # a person of the vendor stands for it: wrong in one case of twenty, either way
EXAM = FULL / 2  # the exam of a lane shows the language only in part
WORK_MOST = log(4)
WORK_FROM = 20
WORK_FADES = 365.0
HISTORY = log(1.5)
VERIFIED_FOR = timedelta(days=730)
FADES = VERIFIED_FOR.days / log(FULL / STRONG)  # so slowly that one full proof, standing alone, holds so long
LONGEST = 3650
MOST_PIECES = 50
GONE = 0.05  # weight that counts as none
_EXACTLY = 1e-9

_LEVELS = tuple(Level)


def prior(stated: Level) -> list[float]:
    """How likely each level is when nothing is known but what the person says."""
    shares = [BELOW ** (stated - level) if level <= stated else ABOVE ** (level - stated) for level in _LEVELS]
    return [share / sum(shares) for share in shares]


def weight_at(piece: Evidence, now: datetime) -> float:
    """What is left of a piece's weight."""
    if piece.until_at is not None and piece.until_at <= now:
        return 0.0
    days = max((now - piece.at).total_seconds(), 0.0) / 86_400
    return piece.weight * exp(-days / piece.fades_days)


def estimate(stated: str, pieces: Sequence[Evidence], now: datetime) -> Estimate:
    """The level that the evidence speaks for, with its 90% interval and what is proven."""
    level = Level.parse(stated)
    weighed = [(piece.kind, Level.parse(piece.level), weight_at(piece, now)) for piece in pieces]
    reached = _reached(level, weighed)
    middle, low, high = (
        max(each for each in _LEVELS if reached[each] >= share - _EXACTLY) for share in (0.5, SURE, 1 - SURE)
    )
    return Estimate(middle.code, low.code, high.code, _proven(level, weighed, reached))


def is_measured(pieces: Iterable[Evidence], now: datetime) -> bool:
    """Whether anything but the person's own word says how well they know it, for them or against them. Without that an
    estimate only says again what they state, with an interval that nobody has looked for."""
    return any(piece.kind != "history" and abs(weight_at(piece, now)) > GONE for piece in pieces)


def steps_of(stated: str, pieces: Sequence[Evidence], now: datetime) -> Steps:
    """What is proven from now on while nothing new comes: `[level, until]` from the highest level down.

    What speaks against a person does not fade here, so that nothing opens by waiting for a mere reckoning.
    """
    return [list(step) for step in _steps(stated, tuple(pieces), now)]


@lru_cache(maxsize=256)
def _steps(stated: str, pieces: tuple[Evidence, ...], now: datetime) -> tuple[tuple[str, str], ...]:
    """Kept, as one act often gives the same evidence to many claims at the same moment."""
    against = [piece for piece in pieces if piece.weight < 0]
    kept = [
        Evidence(piece.kind, piece.level, weight_at(piece, now), now, 1e12, piece.until_at) for piece in against
    ] + [piece for piece in pieces if piece.weight >= 0]

    def proven_after(days: int) -> int:
        found = estimate(stated, kept, now + timedelta(days=days)).proven
        return Level.parse(found) if found else 0

    steps: list[tuple[str, str]] = []
    days = 0
    while (level := proven_after(days)) and days <= LONGEST:
        low, high = days, LONGEST + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if proven_after(middle) >= level else (low, middle)
        steps.append((Level(level).code, (now + timedelta(days=low)).isoformat()))
        days = low + 1
    return tuple(steps)


def proven_at(steps: Iterable[Sequence[str]], now: datetime) -> str | None:
    """The level that is proven at this moment."""
    return next((level for level, until in steps if datetime.fromisoformat(until) > now), None)


def until_of(stated: str, steps: Iterable[Sequence[str]]) -> datetime | None:
    """Until when the stated level itself is proven."""
    return next((datetime.fromisoformat(until) for level, until in steps if level == stated), None)


def strength_of(weight: float, left: float) -> str:
    """A word for a piece's weight now."""
    if abs(left) <= GONE:
        return "gone"
    if weight < 0:
        return "against"
    return "strong" if left >= STRONG - _EXACTLY else "fair" if left >= FAIR else "weak"


def work_weight(right: float, checked: int) -> float:
    """What checked answers say of the language: as a native's (90% right) or as a stranger's (70%), within limits, as
    answers of one kind of work are alike and also show the task itself."""
    if checked < WORK_FROM:
        return 0.0
    told = right * log(0.9 / 0.7) + (checked - right) * log(0.1 / 0.3)
    return max(-WORK_MOST, min(WORK_MOST, told))


def _reached(stated: Level, weighed: Sequence[tuple[str, Level, float]]) -> dict[Level, float]:
    """For each level the probability that the person is there or above."""
    shares = prior(stated)
    logs = [
        log(share) + sum(_told(level, at, weight) for _kind, at, weight in weighed)
        for level, share in zip(_LEVELS, shares, strict=True)
    ]
    top = max(logs)
    likely = [exp(each - top) for each in logs]
    return {level: sum(likely[place:]) / sum(likely) for place, level in enumerate(_LEVELS)}


def _told(level: Level, at: Level, weight: float) -> float:
    """What a piece for (or against) `at` takes from the likelihood of `level`, in logs."""
    return -weight * max(at - level, 0) if weight > 0 else weight * max(level - at + 1, 0)


def _proven(stated: Level, weighed: Sequence[tuple[str, Level, float]], reached: dict[Level, float]) -> str | None:
    for level in sorted((each for each in _LEVELS if each <= stated), reverse=True):
        backed = sum(
            weight for kind, at, weight in weighed if kind != "history" and (at >= level if weight > 0 else at <= level)
        )
        if reached[level] >= SURE - _EXACTLY and backed >= STRONG - _EXACTLY:
            return level.code
    return None
