"""Reads of calibration: people, lanes, gold, tests and attempts."""

from calibration.queries.gold import gold_candidates, items_with_keys, keyed_items, known_beforehand
from calibration.queries.lanes import quality_of_lane
from calibration.queries.people import (
    accuracy_of,
    gold_rate_of,
    qualification_of,
    qualifications_of,
    quality_of_person,
    track_of,
)
from calibration.queries.tests import open_test, open_tests

__all__ = [
    "accuracy_of",
    "gold_candidates",
    "gold_rate_of",
    "items_with_keys",
    "keyed_items",
    "known_beforehand",
    "open_test",
    "open_tests",
    "qualification_of",
    "qualifications_of",
    "quality_of_lane",
    "quality_of_person",
    "track_of",
]
