"""The second wall: PostgreSQL itself hides rows, keys and verbs from the role that serves a tenant."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg.errors
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from kernel.db import Base, Database
from kernel.tenancy import Power
from kernel.walls import kind_of
from tests.kernel.conftest import NOW, Time
from tests.kernel.test_first_wall import VENDOR, A, B, world  # noqa: F401  the same world, behind the other wall

pytestmark = pytest.mark.parametrize("db", ["postgresql"], indirect=True)
NOT_ALLOWED = psycopg.errors.InsufficientPrivilege


@contextmanager
def raw(database: Database, power: Power, org_id: str = "") -> Iterator[Connection]:
    """A connection of the role, past SQLAlchemy's sessions and so past the first wall; rolled back at the end."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql(f"SET ROLE {power.value}")
        connection.exec_driver_sql(
            "SELECT set_config('app.org_id', %s, true), set_config('app.now', %s, true)", (org_id, NOW.isoformat())
        )
        yield connection
        connection.rollback()
        connection.exec_driver_sql("RESET ROLE")


def column(connection: Connection, statement: str) -> list[Any]:
    return [row[0] for row in connection.exec_driver_sql(statement)]


def refused(connection: Connection, statement: str, kind: type[Exception]) -> bool:
    with pytest.raises(DBAPIError) as error:
        connection.exec_driver_sql(statement)
    return isinstance(error.value.orig, kind)


@pytest.fixture
def walled(world: Database) -> Database:  # noqa: F811
    return world


def test_owned_rows_of_others_are_hidden(walled: Database) -> None:
    for org_id in (A, B):
        with raw(walled, Power.TENANT, org_id) as connection:
            assert column(connection, "SELECT id FROM pool") == [f"pool-{org_id}"]


def test_nobody_in_particular_sees_nothing(walled: Database) -> None:
    with raw(walled, Power.TENANT) as connection:
        assert column(connection, "SELECT id FROM pool UNION SELECT id FROM item") == []


def test_shared_rows_are_seen_by_the_vendor_under_a_live_grant_only(walled: Database) -> None:
    with raw(walled, Power.TENANT, VENDOR) as connection:
        assert column(connection, "SELECT id FROM item") == ["item-client-a"]
        connection.exec_driver_sql("SELECT set_config('app.now', '2026-03-05T09:00:00+00:00', true)")
        assert column(connection, "SELECT id FROM item") == []


def test_the_system_sees_every_row(walled: Database) -> None:
    with raw(walled, Power.SYSTEM) as connection:
        assert sorted(column(connection, "SELECT id FROM item")) == ["item-client-a", "item-client-b"]


def test_a_row_for_another_tenant_is_refused_by_its_check(walled: Database) -> None:
    statement = (
        "INSERT INTO pool (id, org_id, name, about, is_open, created_at)"
        f" VALUES ('new', '{B}', 'New', '{{}}', true, now())"
    )
    with raw(walled, Power.TENANT, A) as connection:
        assert refused(connection, statement, NOT_ALLOWED)


def test_a_row_cannot_be_moved_to_another_tenant(walled: Database) -> None:
    with raw(walled, Power.TENANT, A) as connection:
        assert refused(connection, f"UPDATE pool SET org_id = '{B}'", NOT_ALLOWED)


def test_rows_of_others_are_neither_changed_nor_removed(walled: Database) -> None:
    with raw(walled, Power.TENANT, A) as connection:
        assert connection.exec_driver_sql("UPDATE pool SET name = 'x' WHERE id = 'pool-client-b'").rowcount == 0
        assert connection.exec_driver_sql("DELETE FROM item WHERE id = 'item-client-b'").rowcount == 0


def test_the_tenants_role_has_no_way_to_gold(walled: Database) -> None:
    for verb in ("SELECT id FROM gold_key", "UPDATE gold_key SET version = 2", "DELETE FROM gold_key"):
        with raw(walled, Power.TENANT, A) as connection:
            assert refused(connection, verb, NOT_ALLOWED)
        with raw(walled, Power.GOLD, A) as connection:
            connection.exec_driver_sql(verb)


@pytest.mark.parametrize("power", list(Power))
def test_no_role_changes_or_removes_an_event(walled: Database, power: Power) -> None:
    for table in ("judgment", "grade", "transfer", "agreement_signature"):
        for verb in (f"UPDATE {table} SET org_id = org_id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with raw(walled, power, A) as connection:
                assert refused(connection, verb, NOT_ALLOWED)


@pytest.mark.parametrize("power", list(Power))
def test_no_role_may_change_the_schema_or_the_walls(walled: Database, power: Power) -> None:
    for verb in (
        "CREATE TABLE mine (id int)", "DROP TABLE pool", "ALTER TABLE pool DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON pool", "TRUNCATE audit_event", "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ):  # fmt: skip
        with raw(walled, power, A) as connection:
            assert refused(connection, verb, NOT_ALLOWED)


def test_no_role_signs_in_or_passes_the_walls(walled: Database) -> None:
    names = ", ".join(f"'{power.value}'" for power in Power)
    with walled.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT rolname, rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname IN ({names})"
        ).all()
    assert len(rows) == len(Power)
    assert {tuple(row[1:]) for row in rows} == {(False, False, False)}


def test_every_table_that_belongs_to_somebody_has_both_policies_and_is_forced(walled: Database) -> None:
    kinds = {table.name: kind_of(table) for table in Base.metadata.sorted_tables}
    with walled.engine.connect() as connection:
        forced = set(column(connection, "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"))
        policies: dict[str, set[str]] = {}
        for table, policy in connection.exec_driver_sql("SELECT tablename, policyname FROM pg_policies"):
            policies.setdefault(table, set()).add(policy)
    walled_tables = {name for name, kind in kinds.items() if kind != "global"}
    assert forced == walled_tables
    assert policies == {name: {"tenant", "everything"} for name in walled_tables}


def test_every_policy_says_what_the_kind_of_its_table_says(walled: Database) -> None:
    kinds = {table.name: kind_of(table) for table in Base.metadata.sorted_tables}
    with walled.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT tablename, qual FROM pg_policies WHERE policyname = 'tenant'")
        rules = {row[0]: row[1] for row in found}
    assert {name: "access_grant" in rule for name, rule in rules.items()} == {
        name: kind == "shared" for name, kind in kinds.items() if kind != "global"
    }
    assert all("app.org_id" in rule for rule in rules.values())


def test_a_scope_does_not_outlive_its_transaction_on_a_pooled_connection(walled: Database, time: Time) -> None:
    from sqlalchemy import select

    from kernel.tenancy import Scope
    from workforce.models import Pool

    with walled.reading(Scope.tenant(A)) as session:
        assert session.scalars(select(Pool.id)).all() == ["pool-client-a"]
    with walled.engine.connect() as connection:
        assert column(connection, "SELECT current_setting('app.org_id', true)") in ([""], [None])
        assert column(connection, "SELECT current_user") == ["polyphony_owner"]


def test_a_reading_transaction_is_read_only_to_the_database_too(walled: Database, time: Time) -> None:
    from kernel.tenancy import Scope

    with walled.reading(Scope.tenant(A)) as session, pytest.raises(DBAPIError) as error:
        session.connection().exec_driver_sql("UPDATE pool SET name = 'x'")
    assert isinstance(error.value.orig, psycopg.errors.ReadOnlySqlTransaction)
