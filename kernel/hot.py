"""Hot statements: those of every take and submit, written once, narrowed to the tenant once, and sent without the ORM.

They say the same as the first wall says of ORM statements (`kernel.walls`): in a tenant's scope each table that is
owned or shared, at whatever depth it is named, is limited to what the tenant may see.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from itertools import chain
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Join,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    or_,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import FromClause

from kernel import many
from kernel.db import Id, Later, UTCDateTime, awaited, now_of, scope_of, send_later, write_later
from kernel.errors import Misuse
from kernel.models import AccessGrant
from kernel.walls import kind_of

Statement = TypeVar("Statement", bound=Select[Any] | Update)
_ORG = bindparam("wall_org", type_=Id)
_NOW = bindparam("wall_now", type_=UTCDateTime().with_variant(String(), "sqlite"))  # there it is a text all along
_GRANT = cast(Table, AccessGrant.__table__)


class Hot(Generic[Statement]):
    """A select or update over tables (`Model.__table__`) with parameters for everything that changes."""

    def __init__(self, statement: Statement) -> None:
        self._plain = statement
        self._walled: Any = None
        self._tables = frozenset(each for each in visitors.iterate(statement) if isinstance(each, Table))

    def run(self, session: Session, **given: Any) -> CursorResult[*tuple[Any, ...]]:
        """Send it in the session's scope and transaction."""
        self._prepare(session)
        statement, present = self._in_scope(session)
        return session.connection().execute(statement, given | present)

    def run_all(self, session: Session, given: Sequence[Mapping[str, Any]]) -> int:
        """Send an update for many rows at once; returns how many it changed."""
        self._prepare(session)
        statement, present = self._in_scope(session)
        return many.execute_all(session.connection(), statement, present, given)

    def _prepare(self, session: Session) -> None:
        if not session.info["writes"] and isinstance(self._plain, Update):
            raise Misuse("a write in a reading transaction")
        if any(each.__table__ in self._tables for each in chain(session.new, session.dirty, session.deleted)):
            session.flush()
        waiting = awaited(session, self._tables)
        if waiting:
            write_later(session, waiting)

    def _in_scope(self, session: Session) -> tuple[Any, dict[str, Any]]:
        if scope_of(session).is_system:
            return self._plain, {}
        if self._walled is None:
            self._walled = _narrowed(self._plain)
        return self._walled, _present(session)

    def later(self, session: Session, **given: Any) -> Later:
        """Send an update at the end, or before its table is read; it changes one row, or the transaction fails."""
        return send_later(session, self, given)

    @property
    def target(self) -> Table:
        """The table that an update changes."""
        return cast(Table, cast(Update, self._plain).table)

    def send(self, session: Session, given: list[Later]) -> None:
        """Send an update for many rows, each of which has to be there as the update expects it."""
        changed = self.run_all(session, given)
        if changed != len(given):
            raise Misuse(f"{len(given)} rows of {self.target.name} were to change, and {changed} did")


def _present(session: Session) -> dict[str, Any]:
    """What the criteria compare with, made ready once in a transaction, as they name it many times."""
    found: dict[str, Any] | None = session.info.get("wall")
    if found is None:
        now: Any = now_of(session)
        if session.get_bind().dialect.name == "sqlite":
            now = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        found = session.info["wall"] = {"wall_org": scope_of(session).org_id, "wall_now": now}
    return found


def table_of(model: Any) -> Table:
    """The table of a mapped class."""
    return cast(Table, model.__table__)


def _narrowed(statement: Any, around: frozenset[Table] = frozenset()) -> Any:
    """The statement with the tenant's criterion for each table that it reads itself, in its inner selects first.

    A table that stands in the statement around it is correlated, and limited there already, unless it is all that is
    read here.
    """
    tables = frozenset(_tables_of(_sources(statement)))
    own = (tables - around) or tables

    def narrow(element: Any, **_: Any) -> Any:
        is_inner = isinstance(element, Select) and element is not statement
        return _narrowed(element, around | tables) if is_inner else None

    inner = visitors.replacement_traverse(statement, {}, narrow)
    return inner.where(*(_criterion(table) for table in sorted(own, key=str) if kind_of(table) != "global"))


def _sources(statement: Any) -> list[FromClause]:
    if isinstance(statement, Update | Delete):
        return [cast(FromClause, statement.table)]
    return list(statement.get_final_froms())


def _tables_of(sources: list[FromClause]) -> Iterator[Table]:
    for source in sources:
        if isinstance(source, Join):
            if source.isouter or source.full:
                raise Misuse("an outer join in a hot statement: its criteria would leave rows out")
            yield from _tables_of([source.left, source.right])
        elif isinstance(source, Table):
            yield source
        else:
            raise Misuse(f"a hot statement reads {type(source).__name__}, which cannot be narrowed")


def _criterion(table: Table) -> ColumnElement[bool]:
    columns = table.c
    if kind_of(table) == "owned":
        return columns.org_id == _ORG
    granted = exists().where(
        _GRANT.c.subject_id == columns.project_id,
        _GRANT.c.grantee_org_id == _ORG,
        _GRANT.c.revoked_at.is_(None),
        _GRANT.c.from_at <= _NOW,
        _GRANT.c.until_at > _NOW,
    )
    return or_(columns.org_id == _ORG, and_(columns.vendor_org_id == _ORG, granted))
