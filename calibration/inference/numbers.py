"""Numbers that several people gave, made into one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calibration.inference.coding import Floats
from calibration.inference.fusion import Fusion, weighted_median


class Numbers(Fusion[float, Floats]):
    """The weighted median: where half of the weight lies on either side, or the middle of the two it lies between.

    A median, since one slip of a digit would move an average as far as it likes. Two numbers are wholly apart from
    `apart` on (in the unit of the labels) and nearer in proportion; who is mostly that far off the answers weighs
    next to nothing. Without it, `apart_` is twice the median of how far labels lie from their task's plain median,
    those left out that lie on it: it follows the unit, and few wild labels do not move it. One where nobody differs.
    A variance of each person's own (Gaussian errors) is not estimated: it takes twenty and more labels of everybody,
    and errors of digits are not Gaussian.
    """

    apart_: float

    def __init__(
        self, *, apart: float | None = None, prior: tuple[float, float] = (4.0, 1.0), max_iterations: int = 20,
        tolerance: float = 1e-6, skills: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(prior=prior, max_iterations=max_iterations, tolerance=tolerance, skills=skills)
        if apart is not None and not (math.isfinite(apart) and apart > 0.0):
            raise ValueError("apart is a number above zero")
        self.apart = apart

    def _read(self, label: Any) -> float:
        try:
            number = math.nan if isinstance(label, bool) else float(label)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{label!r} is not a finite number")
        return number + 0.0  # so that -0.0 and 0.0 look alike

    def _begin(self, prepared: Sequence[Floats]) -> None:
        away = np.concatenate([np.abs(values - np.median(values)) for values in prepared] or [np.empty(0)])
        away = away[away > 0.0]
        self.apart_ = self.apart or (2.0 * float(np.median(away)) if len(away) else 1.0)

    def _prepare(self, labels: Sequence[float]) -> Floats:
        return np.array(labels, dtype=float)

    def _merge(self, prepared: Floats, weights: Floats) -> float:
        return weighted_median(list(zip(prepared.tolist(), weights.tolist(), strict=True)))

    def _distance(self, one: float, other: float) -> float:
        return min(1.0, abs(one - other) / self.apart_)
