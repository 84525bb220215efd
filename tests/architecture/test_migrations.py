"""What the check of migrations sees."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, Table

from kernel.db import Base
from kernel.migrations import versions
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


def test_a_migration_changes_rows_as_somebody_who_sees_them() -> None:
    """On PostgreSQL the owner of the tables, as whom migrations run, would change none of an organization's rows."""
    changing = re.compile(r'^(?P<indent> *)op\.execute\(\s*f?"(UPDATE|INSERT|DELETE) ', re.M)
    blind = [
        file.name
        for file in sorted(Path(versions.__path__[0]).glob("*.py"))
        for found in changing.finditer(file.read_text())
        if "with every_row()" not in file.read_text()[: found.start()].rpartition("def ")[2]
    ]
    assert blind == []
    assert changing.search('    op.execute("UPDATE track SET peers = 0")')
