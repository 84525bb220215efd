"""When a qualification test may be tried again, and the class check that no lucky total can outweigh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from calibration.rules.intervals import beta_quantile

LEAST_PER_CLASS = 6
_WAITS = (timedelta(0), timedelta(hours=24), timedelta(days=7))
_LAST_WAIT = timedelta(days=30)


def wait_before(attempt: int) -> timedelta:
    """How long after the previous attempt this one may start: a day, a week, then a month."""
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    return _WAITS[attempt - 1] if attempt <= len(_WAITS) else _LAST_WAIT


def hours_after_leaving(left_before: int, cool_down_hours: Sequence[int]) -> int:
    """How long somebody waits who saw a question of the exam and left without an answer, not for the first time.

    It costs no attempt: a connection may be lost. But whoever leaves again and again would see one question after the
    other for nothing, and so waits as after attempts that failed.
    """
    return cool_down_hours[min(left_before, len(cool_down_hours)) - 1] if left_before and cool_down_hours else 0


def neglected_classes(answers: Mapping[str, tuple[float, int]], floor: float = 0.5) -> tuple[str, ...]:
    """The classes a person almost surely cannot recognise, from (right, asked) per class.

    Somebody who always gives the most common answer can reach a good total. A class counts once six of its questions
    were asked, when even the upper end of the 90% Beta interval of its recall is under the floor.
    """
    return tuple(
        name
        for name, (right, asked) in sorted(answers.items())
        if asked >= LEAST_PER_CLASS and beta_quantile(right + 1.0, asked - right + 1.0, 0.95) < floor
    )


def weak_classes(answers: Mapping[str, tuple[float, int]], limit: float, most: int = 3) -> tuple[str, ...]:
    """The classes to learn, from (right, asked) per class: recognised less often than the limit, the weakest first.

    One question says nothing; of equally weak classes the one that was asked more comes first.
    """
    shares = {name: right / asked for name, (right, asked) in answers.items() if asked > 1}
    under = [name for name, share in shares.items() if share < limit]
    return tuple(sorted(under, key=lambda name: (shares[name], -answers[name][1], name))[:most])
