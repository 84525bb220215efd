"""What the check of migrations sees."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Integer, Table

from kernel.db import Base
from scripts import migrations


@pytest.fixture
def forgotten_table() -> Iterator[Table]:
    table = Table("forgotten", Base.metadata, Column("id", Integer, primary_key=True))
    yield table
    Base.metadata.remove(table)


def test_a_table_without_a_migration_is_seen(forgotten_table: Table) -> None:
    assert any("forgotten" in problem for problem in migrations.problems())


def test_two_newest_migrations_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "heads", lambda: ["0007", "0008"])
    assert migrations.problems() == ["There must be one newest migration; there are 2: 0007, 0008."]
