"""The first wall between tenants: every statement of a session is narrowed to its scope, every new row is checked.

The second wall, PostgreSQL's row-level security, says the same again in the database (`row_security`).
"""

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Executable, Table, and_, bindparam, event, or_, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql import visitors

from kernel.db import (
    Base,
    Id,
    Owned,
    Shared,
    UTCDateTime,
    now_of,
    scope_of,
    write_before_reading,
    write_later,
)
from kernel.errors import Misuse
from kernel.models import AccessGrant
from kernel.tenancy import Power

Statement = TypeVar("Statement", bound=Executable)

# Tables that belong to no organization. A table joins this list only by review: it must hold a person, or machinery.
GLOBAL_TABLES = {
    "access_grant",  # both sides of a grant must see it
    "account",
    "account_link",
    "account_token",
    "alembic_version",
    "audit_event",
    "audit_head",
    "auth_session",
    "data_request",
    "factor_reset",
    "idempotency",
    "membership",
    "name_part",
    "organization",
    "outbox",
    "outgoing_mail",
    "passkey",
    "passkey_challenge",
    "recovery_code",
    "rate_bucket",
    "schedule",
    "totp_factor",
}


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    """Add the tenant's criteria to every ORM statement; refuse one that comes without a scope."""
    session = state.session
    if "moment" not in session.info:
        raise Misuse("a query without a tenant")
    if not session.info["writes"] and not state.is_select:
        raise Misuse("a write in a reading transaction")
    is_constant = bool(state.execution_options.get("constant"))
    if session.info.get("later") or session.info.get("updates") or session.info.get("changes"):
        if is_constant and state.is_select:
            write_before_reading(session, _tables_of(state.statement))
        else:
            write_later(session)
    scope = scope_of(session)
    if scope.is_system:
        return
    org_id = scope.org_id
    if org_id is None:
        raise Misuse("a tenant's scope without an organization")
    if state.is_insert:
        _check_rows(state, org_id)
        return
    if state.is_update and _is_walled(state):
        _check_update(state)
    _present.set((org_id, now_of(session)))
    state.statement = _narrowed(state.statement, is_constant=is_constant)


# The criteria are made once; what they compare with is read from here when a statement is sent.
_present: ContextVar[tuple[str, datetime]] = ContextVar("present")
_ORG = bindparam("wall_org", callable_=lambda: _present.get()[0], type_=Id)
_NOW = bindparam("wall_now", callable_=lambda: _present.get()[1], type_=UTCDateTime())
_LIVE = select(AccessGrant.subject_id).where(
    AccessGrant.grantee_org_id == _ORG,
    AccessGrant.revoked_at.is_(None),
    AccessGrant.from_at <= _NOW,
    AccessGrant.until_at > _NOW,
)
_CRITERIA = (
    with_loader_criteria(
        Owned, lambda cls: cls.org_id == _ORG, include_aliases=True, track_closure_variables=False
    ),
    with_loader_criteria(
        Shared,
        lambda cls: or_(cls.org_id == _ORG, and_(cls.vendor_org_id == _ORG, cls.project_id.in_(_LIVE))),
        include_aliases=True,
        track_closure_variables=False,
    ),
)  # fmt: skip
_kept: dict[Any, Any] = {}


def constant(statement: Statement) -> Statement:
    """A statement of a hot path, made once in a module with parameters: narrowed once as well, not at each use.

    Rows that wait to be sent are sent before it only if it reads their tables.
    """
    return statement.execution_options(constant=True)


def _narrowed(statement: Any, *, is_constant: bool) -> Any:
    if not is_constant:
        return statement.options(*_CRITERIA)
    if statement not in _kept:
        _kept[statement] = statement.options(*_CRITERIA)
    return _kept[statement]


@cache
def _tables_of(statement: Any) -> frozenset[Table]:
    """The tables that a constant statement reads, at whatever depth."""
    return frozenset(each for each in visitors.iterate(statement) if isinstance(each, Table))


def _check_rows(state: ORMExecuteState, org_id: str) -> None:
    if not _is_walled(state):
        return
    statement: Any = state.statement
    if statement.select is not None:
        raise Misuse("rows taken from a query, which nobody can check one by one")
    own, parameters = _values(statement), state.parameters
    sent: list[Any] = parameters if isinstance(parameters, list) else [parameters or {}]
    rows = [own | row for row in sent] if not statement._multi_values else _many_values(statement)
    for row in rows:
        if org_id not in (row.get("org_id"), row.get("vendor_org_id")):
            raise Misuse(f"a row of {_table_of(state)} for another organization")


def _check_update(state: ORMExecuteState) -> None:
    if isinstance(state.parameters, list):
        raise Misuse("rows updated one by one by their keys, which no criteria of a tenant can narrow")
    if "org_id" in _names(state.statement):
        raise Misuse("a row that would go to another organization")


def _is_walled(state: ORMExecuteState) -> bool:
    mapper = state.bind_mapper
    return mapper is not None and issubclass(mapper.class_, Owned | Shared)


def _table_of(state: ORMExecuteState) -> str:
    mapper = state.bind_mapper
    return str(mapper.local_table) if mapper is not None else ""


def _names(statement: Any) -> set[str]:
    """The columns that an update sets."""
    return {str(getattr(key, "key", key)) for key in statement._values or ()}


def _values(statement: Any) -> dict[str, Any]:
    """What stands in `.values(…)`, by the name of its column; anything but a plain value is left out."""
    given = {str(getattr(key, "key", key)): value for key, value in (statement._values or {}).items()}
    return {name: getattr(value, "value", None) for name, value in given.items()}


def _many_values(statement: Any) -> list[dict[str, Any]]:
    """The same for a list of rows; rows without names are rows for nobody, and refused."""
    rows = [row for many in statement._multi_values for row in many]
    return [
        {str(getattr(key, "key", key)): value for key, value in row.items()} if isinstance(row, dict) else {}
        for row in rows
    ]


@event.listens_for(Session, "before_flush")
def _check_objects(session: Session, _context: Any, _instances: Any) -> None:
    if "moment" not in session.info:
        raise Misuse("a flush without a tenant")
    if not session.info["writes"] and (session.new or session.dirty or session.deleted):
        raise Misuse("a write in a reading transaction")
    scope = scope_of(session)
    if scope.is_system:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Owned) and row.org_id != scope.org_id:
            raise Misuse(f"a row of {row.__tablename__} of another organization")  # type: ignore[attr-defined]
        if isinstance(row, Shared) and scope.org_id not in (
            row.org_id,
            row.vendor_org_id,
        ):
            raise Misuse(f"a row of {row.__tablename__} of another organization")  # type: ignore[attr-defined]


def kind_of(table: Table) -> str:
    """`owned`, `shared` or `global`; raises Misuse for a table that is none of them."""
    classes = [mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table]
    if any(issubclass(cls, Owned) for cls in classes):
        return "owned"
    if any(issubclass(cls, Shared) for cls in classes):
        return "shared"
    if table.name in GLOBAL_TABLES:
        return "global"
    raise Misuse(f"{table.name} is neither owned nor shared, nor on the list of global tables")


_LIVE_GRANT = (
    "project_id IN (SELECT subject_id FROM access_grant WHERE grantee_org_id = current_setting('app.org_id', true)"
    " AND revoked_at IS NULL AND from_at <= current_setting('app.now', true)::timestamptz"
    " AND until_at > current_setting('app.now', true)::timestamptz)"
)
_MINE = "org_id = nullif(current_setting('app.org_id', true), '')"


def row_security(kinds: dict[str, str]) -> list[str]:
    """The statements that put row-level security on tables, given each table's kind. PostgreSQL only."""
    statements: list[str] = []
    for table, kind in sorted(kinds.items()):
        if kind == "global":
            continue
        rule = _MINE
        if kind == "shared":
            rule = f"{_MINE} OR (vendor_org_id = nullif(current_setting('app.org_id', true), '') AND {_LIVE_GRANT})"
        statements += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant ON {table} TO {Power.TENANT.value}, {Power.GOLD.value}"
            f" USING ({rule}) WITH CHECK ({rule})",
            f"CREATE POLICY everything ON {table} TO {Power.SYSTEM.value} USING (true) WITH CHECK (true)",
        ]
    return statements


def role_statements() -> list[str]:
    """The statements that create the roles which transactions take. They own nothing and cannot sign in."""
    statements = []
    for role in (power.value for power in Power):
        statements += [
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS;"
            " EXCEPTION WHEN duplicate_object THEN NULL; WHEN unique_violation THEN NULL; END $$",
            f"GRANT {role} TO CURRENT_USER",
            f"GRANT USAGE ON SCHEMA public TO {role}",
        ]
    return statements


def grant_statements(tables: Iterable[str], append_only: set[str], gold: set[str]) -> list[str]:
    """What each role may do: everything but DDL; no change to append-only tables; gold only for two of them."""
    statements = []
    for table in sorted(tables):
        verbs = "SELECT, INSERT" if table in append_only else "SELECT, INSERT, UPDATE, DELETE"
        for power in Power:
            if table in gold and power is Power.TENANT:
                continue
            statements.append(f"GRANT {verbs} ON {table} TO {power.value}")
    return statements
