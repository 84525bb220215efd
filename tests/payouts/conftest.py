"""Fixtures of money: a vendor's books on either database."""

import pytest

from kernel.db import Database
from tests.payouts.books import Books


@pytest.fixture
def books(db: Database) -> Books:
    """An empty set of books."""
    return Books(db)
