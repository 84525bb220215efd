"""Fixtures of the market's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from calibration import lanes
from kernel.db import Database
from kernel.registry import load_models
from kernel.storage import LocalStorage
from marketplace import storage
from marketplace.queries.facts import lane_facts
from tests.marketplace.orders import Market

load_models()


@pytest.fixture
def market(db: Database, tmp_path: Path) -> Iterator[Market]:
    """A market with its organizations, on either database, whose files lie in a folder of the test's own."""
    storage.use_storage(LocalStorage(tmp_path))
    lanes.use_provider(lane_facts)
    made = Market(db)
    made.found()
    yield made
