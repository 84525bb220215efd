"""The world that the tests of calibration's database rooms share, on either database."""

import pytest

from kernel.db import Database
from tests.calibration_db.world import World, build


@pytest.fixture
def world(db: Database) -> World:
    return build(db)
