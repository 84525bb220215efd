"""The fixtures that give each test a database of its own."""

import pytest
from sqlalchemy import event, func, select, text

import kernel.db
from kernel import migrate
from kernel.db import Database, now_of
from kernel.models import AuditHead
from kernel.tenancy import Scope
from tests.support.databases import PostgresTemplate, SqliteTemplate

SYSTEM = Scope.system("a test of the harness")


def _count(database: Database) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(func.count()).select_from(AuditHead)).one()


def _write(database: Database) -> None:
    with database.transaction(SYSTEM) as session:
        session.add(AuditHead(chain="x", seq=0, hash="0", at=now_of(session)))


def test_a_database_is_migrated_and_in_use(db: Database) -> None:
    assert migrate.is_at_head(db)
    assert kernel.db.current() is db


def test_a_database_starts_empty_and_takes_a_row(db: Database) -> None:
    assert _count(db) == 0
    _write(db)
    assert _count(db) == 1


def test_a_row_of_one_test_is_not_met_by_the_next(db: Database) -> None:
    assert _count(db) == 0
    _write(db)


def test_postgresql_is_real_and_its_user_is_no_superuser(db_postgresql: Database) -> None:
    with db_postgresql.engine.connect() as connection:
        assert connection.execute(text("SELECT current_setting('is_superuser')")).scalar_one() == "off"
        assert connection.dialect.name == "postgresql"


def test_two_databases_can_stand_side_by_side(db_sqlite: Database, db_postgresql: Database) -> None:
    _write(db_sqlite)
    assert (_count(db_sqlite), _count(db_postgresql)) == (1, 0)


def test_what_a_test_hangs_on_its_database_goes_with_it(request: pytest.FixtureRequest) -> None:
    heard: list[str] = []
    template: SqliteTemplate = request.getfixturevalue("sqlite_template")
    for turn in range(2):
        with template.copy() as database:
            if turn == 0:
                event.listen(database.engine, "before_cursor_execute", lambda *call: heard.append(call[2]))
            assert _count(database) == 0
            _write(database)
            assert _count(database) == 1
        if turn == 0:
            told = len(heard)
    assert told > 0 and len(heard) == told


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE extra (id int)", "ALTER TABLE pool DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE audit_event DISABLE TRIGGER USER", "ALTER TABLE audit_head ALTER seq DROP NOT NULL",
        "GRANT DELETE ON audit_event TO PUBLIC", "DROP POLICY tenant ON pool",
        "UPDATE alembic_version SET version_num = 'x'",
    ],
)  # fmt: skip
def test_a_database_whose_schema_was_touched_is_not_used_again(request: pytest.FixtureRequest, change: str) -> None:
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    with template.copy() as database:
        touched = database.url.database
        with database.engine.begin() as connection:
            connection.execute(text(change))
    with template.copy() as database:
        assert database.url.database != touched
        used = database.url.database
        _write(database)
    with template.copy() as database:
        assert (database.url.database, _count(database)) == (used, 0)
