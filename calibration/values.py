"""The vocabulary of calibration: decisions, signals, gate actions, and the errors its rules raise."""

from __future__ import annotations

from enum import StrEnum


class TestDecision(StrEnum):
    """What a qualification test says after the questions asked so far."""

    __test__ = False  # pytest would otherwise collect a class whose name starts with "Test"

    PASS = "pass"
    FAIL = "fail"
    CONTINUE = "continue"


class PlanKind(StrEnum):
    """A sequential test stops as soon as it knows; a fixed one has a set length and a pass mark."""

    SEQUENTIAL = "sequential"
    FIXED = "fixed"


class DriftSignal(StrEnum):
    """What the error chart of one person says: nothing, look closer, or the accuracy has fallen."""

    NONE = "none"
    WARNING = "warning"
    ALARM = "alarm"


class GateMetric(StrEnum):
    """Which end of the accuracy interval a gate looks at: surely too low, or not yet surely high enough."""

    ACCURACY_UPPER = "accuracy_upper"
    ACCURACY_LOWER = "accuracy_lower"


class GateAction(StrEnum):
    """What a gate does to further assignments; no gate touches pay that is owed."""

    RAISE_GOLD = "raise_gold"
    REVIEW_ALL = "review_all"
    RETRAIN = "retrain"
    PAUSE = "pause"


class PlanImpossible(ValueError):
    """No test within the allowed length keeps both promises about error."""
