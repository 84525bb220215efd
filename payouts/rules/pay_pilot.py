"""What a unit should pay: from the times of a pilot to a price that three of four people can live on.

Times with a pause in them are left out by the spread of their logarithms, so that neither an idle hour nor a stray
click moves the figure; each person has one voice. A price is made for the 75th percentile, as one made for the median
leaves half of the people under the floor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log
from statistics import fmean, median

SPREADS = 3.5
PER_SPREAD = 1.4826  # makes the median distance of a normal distribution its standard deviation
OVERHEAD = 0.10
HOUR = 3600


def without_idle(seconds: Sequence[float]) -> list[float]:
    """The times without those that lie far from the median on the scale of logarithms."""
    known = [value for value in seconds if value > 0]
    if len(known) < 3:
        return known
    logs = [log(value) for value in known]
    middle = median(logs)
    spread = PER_SPREAD * median(abs(value - middle) for value in logs)
    if spread == 0:
        return [value for value, at in zip(known, logs, strict=True) if at == middle]
    return [value for value, at in zip(known, logs, strict=True) if abs(at - middle) <= SPREADS * spread]


def idle_cut_mean(seconds: Sequence[float]) -> float | None:
    """The mean time without idle ones: what an answer costs."""
    kept = without_idle(seconds)
    return fmean(kept) if kept else None


def nearest_rank(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed: of 21 the 75th percentile is the 16th."""
    if not values or not 0.0 < share <= 1.0:
        raise ValueError("a rank needs values, and a share over 0 and at most 1")
    return sorted(values)[ceil(share * len(values) - 1e-9) - 1]


@dataclass(frozen=True, slots=True)
class PilotTimes:
    """The times of a task: what it costs on average, and what a price is made for, with how many people spoke."""

    mean: float
    slow: float
    people: int


def pilot_times(by_person: Mapping[str, Sequence[float]]) -> PilotTimes | None:
    """From seconds by person: the mean of people's medians, and their 75th percentile; None without any."""
    kept = without_idle([value for values in by_person.values() for value in values])
    if not kept:
        return None
    low, high = min(kept), max(kept)
    own = [[value for value in values if low <= value <= high] for values in by_person.values()]
    medians = [median(values) for values in own if values]
    return PilotTimes(fmean(medians), nearest_rank(medians, 0.75), len(medians))


def price_for(seconds: float, hourly_micros: int, overhead: float = 0.0) -> int:
    """The price of a unit, in micro-units, at which this time earns the hourly floor; rounded up to a micro-unit."""
    if seconds < 0 or hourly_micros < 0 or overhead < 0:
        raise ValueError("time, floor and overhead must not be negative")
    return ceil(hourly_micros * seconds * (1.0 + overhead) / HOUR - 1e-6)


def hourly_of(price_micros: int, seconds: float, overhead: float = OVERHEAD) -> int | None:
    """What an hour earns at this price, unpaid time counted in; None where no time is known."""
    return None if seconds <= 0 else int(price_micros * HOUR / (seconds * (1.0 + overhead)))
