"""Fixtures of the market's tests."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calibration import contents, lanes
from kernel import storage
from kernel.db import Database
from kernel.registry import load_models
from kernel.storage import LocalStorage
from marketplace.operations.reads import readable_items
from marketplace.queries.facts import lane_facts
from marketplace.queries.item_classes import item_classes
from tests.marketplace.orders import Market

load_models()


@pytest.fixture
def market(db: Database, tmp_path: Path, begin_with: Callable[[str, Callable[[], Any]], Any]) -> Market:
    """A market with its organizations, on either database, whose files lie in a folder of the test's own."""
    storage.use_storage(LocalStorage(tmp_path))
    lanes.use_provider(lane_facts)
    contents.use_guard(readable_items, item_classes)
    return replace(begin_with("market", lambda: _founded(db)), db=db, keeper=begin_with)


def _founded(db: Database) -> Market:
    made = Market(db)
    made.found()
    return made
