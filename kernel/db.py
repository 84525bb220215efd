"""The database: engine, tables' base, and `transaction()`, which is the only place that commits.

Two databases run the same code. SQLite (WAL) begins every transaction that may write with BEGIN IMMEDIATE; PostgreSQL
takes the role and the organization of the scope for the length of the transaction, so that row-level security applies.
"""

import random
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, ClassVar, Protocol, TypeVar
from weakref import ReferenceType, ref

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, Dialect, Engine, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    declared_attr,
    mapped_column,
)
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

from kernel import clock, ids, many
from kernel.errors import Misuse
from kernel.ports import Port
from kernel.sqlite_texts import json_of_sqlite, sqlite_time, time_of_sqlite
from kernel.tenancy import Moment, Scope

Result = TypeVar("Result")
_RETRY_STATES = {"40001", "40P01", "55P03"}


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime with microseconds, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise Misuse("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        return sqlite_time if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return time_of_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


Json = JSON().with_variant(JSONB(), "postgresql")
Id = String(22)
Micros = BigInteger


class Base(DeclarativeBase):
    """Base of all tables. Constraints are named after the truth they keep, else by this convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UTCDateTime, dict[str, Any]: Json, list[Any]: Json}


class Identified:
    """A random public id as primary key."""

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=ids.new_id)


class Owned:
    """A table whose rows belong to one organization."""

    @declared_attr
    def org_id(cls) -> Mapped[str]:
        return mapped_column(Id, nullable=False, index=False)


class Shared:
    """A table whose rows belong to a client and are seen by one vendor while its grant on the project lives."""

    @declared_attr
    def org_id(cls) -> Mapped[str]:
        return mapped_column(Id, nullable=False)

    @declared_attr
    def vendor_org_id(cls) -> Mapped[str | None]:
        return mapped_column(Id, nullable=True)

    @declared_attr
    def project_id(cls) -> Mapped[str]:
        return mapped_column(Id, nullable=False)


def within(parent: str, column: str, *, org: str = "org_id", name: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that cannot leave the organization: (org, column) refers to (org_id, id) of the parent."""
    return ForeignKeyConstraint([org, column], [f"{parent}.org_id", f"{parent}.id"], name=name)


class Database:
    """One database with its pools. `transaction` and `reading` are the only ways to a connection."""

    def __init__(self, url: str | URL, *, pool_size: int = 5, echo: bool = False) -> None:
        import_module("kernel.walls")  # no session without the wall between tenants, whoever opens it
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, pool_size, echo)
        if self.is_sqlite:
            _prepare_sqlite(self.engine)
        self._reader = self.engine.execution_options(begin="BEGIN")

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[Session]:
        """A transaction that may write: committed when the block ends, rolled back when it raises."""
        with self._session(scope, writes=True) as session:
            yield session
            write_later(session)
            for act in session.info.pop("at_end", {}).values():
                act(session)
            session.commit()
        for effect in session.info.pop("after_commit", ()):
            effect()

    @contextmanager
    def reading(self, scope: Scope) -> Iterator[Session]:
        """A transaction that cannot write, and waits for no writer."""
        with self._session(scope, writes=False) as session:
            yield session

    def run(self, scope: Scope, act: Callable[[Session], Result], attempts: int = 5) -> Result:
        """Run `act` in a transaction of its own, again from the start when the database says that it collided."""
        for attempt in range(1, attempts + 1):
            try:
                with self.transaction(scope) as session:
                    return act(session)
            except DBAPIError as error:
                if attempt == attempts or not is_collision(error):
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))
        raise AssertionError("unreachable")

    def dispose(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _session(self, scope: Scope, *, writes: bool) -> Iterator[Session]:
        session = Session(
            self.engine if writes else self._reader,
            expire_on_commit=False,
            autoflush=True,
        )
        session.info["moment"] = Moment(scope, clock.now())
        session.info["writes"] = writes
        session.info["database"] = self
        try:
            yield session
        finally:
            session.close()


_current: Port[Database] = Port("database")


def use(database: Database) -> None:
    """Make this the process's database."""
    _current.put(database)


def current() -> Database:
    """The process's database; raises Misuse before `use`."""
    return _current.get()


def is_configured() -> bool:
    """Whether `use` was called in this process."""
    return _current.is_set


@contextmanager
def transaction(scope: Scope) -> Iterator[Session]:
    """`current().transaction(scope)`."""
    with current().transaction(scope) as session:
        yield session


@contextmanager
def reading(scope: Scope) -> Iterator[Session]:
    """`current().reading(scope)`."""
    with current().reading(scope) as session:
        yield session


def now_of(session: Session) -> datetime:
    """The one point in time of this transaction."""
    moment: Moment = session.info["moment"]
    return moment.now


def scope_of(session: Session) -> Scope:
    """The scope of this transaction."""
    moment: Moment = session.info["moment"]
    return moment.scope


def after_commit(session: Session, effect: Callable[[], None]) -> None:
    """Do something outside the database once, and only if, this transaction is committed."""
    session.info.setdefault("after_commit", []).append(effect)


def at_end(session: Session, key: Hashable, act: Callable[[Session], None]) -> None:
    """Do something once as the last thing in this transaction, after all rows; several under one key are one."""
    session.info.setdefault("at_end", {})[key] = act


def session_of(connection: Connection) -> Session | None:
    """The session whose transaction a connection carries at this moment."""
    found: ReferenceType[Session] | None = connection.info.get("session")
    session = found() if found else None
    return session if session is not None and session.in_transaction() else None


def is_collision(error: DBAPIError) -> bool:
    """Whether to try again: a lost race for a row or a lock, not a fault of the statement."""
    if isinstance(error, IntegrityError):
        return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(error.orig)
    if isinstance(error, OperationalError) and "locked" in str(error.orig):
        return True
    return getattr(error.orig, "sqlstate", None) in _RETRY_STATES


def insert_ignoring(session: Session, table: Any, rows: list[dict[str, Any]], conflict: list[str]) -> int:
    """Insert rows, leaving out those whose `conflict` columns exist already; returns how many were new."""
    return len(insert_new(session, table, rows, conflict))


def insert_new(session: Session, table: Any, rows: list[dict[str, Any]], conflict: list[str]) -> set[Any]:
    """The same; returns the (first) primary keys of those that were new."""
    if not rows:
        return set()
    _ensure_may_insert(session, table, rows)
    write_later(session)
    return many.insert_new(session.connection(), table.__table__, rows, tuple(conflict))


def _ensure_may_insert(session: Session, table: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    """Whose the rows are is looked at here, where they go to the database without the ORM."""
    scope = scope_of(session)
    if not scope.is_system and issubclass(table, Owned | Shared):
        own = scope.org_id
        for row in rows:
            if own != row.get("org_id") and own != row.get("vendor_org_id"):
                raise Misuse(f"a row of {table.__tablename__} for another organization")
    if not session.info["writes"]:
        raise Misuse("a write in a reading transaction")


def expect_many(session: Session) -> None:
    """This transaction adds many rows at once, perhaps to tables that were nearly empty a moment ago."""
    # SQLite looks up each parameter by its name among all of the statement: thousands of them cost their square.
    connection = session.connection().execution_options(insertmanyvalues_page_size=100)
    if connection.dialect.name != "sqlite":
        # A server process keeps the plans of its foreign keys: those made for an empty table walk the full one.
        connection.exec_driver_sql("DISCARD PLANS")


class Later(dict[str, Any]):
    """A row, or the parameters of an update, on their way: they may be amended until they are sent."""

    is_sent = False


class Sender(Protocol):
    """A statement that is sent once for many parameters: `kernel.hot.Hot`."""

    @property
    def target(self) -> Table: ...

    def send(self, session: Session, given: list[Later]) -> None: ...


def insert_later(session: Session, table: Any, row: dict[str, Any]) -> Later:
    """Insert a row that nothing in this transaction will read soon: with its like, before the table is read or at the
    end. Of many acts in one transaction each table then gets one statement. Constraints are checked that late, too.
    """
    _ensure_may_insert(session, table, [row])
    later = Later(row)
    session.info.setdefault("later", {}).setdefault(table.__table__, []).append(later)
    return later


def send_later(session: Session, sender: Sender, given: dict[str, Any]) -> Later:
    """Have an update sent with its like, before its table is read or at the end, after the rows that wait."""
    if not session.info["writes"]:
        raise Misuse("a write in a reading transaction")
    later = Later(given)
    session.info.setdefault("updates", {}).setdefault(sender, []).append(later)
    return later


def change_later(session: Session, key: Hashable, change: Callable[[], object], tables: frozenset[Table]) -> None:
    """Change these tables before the ORM reads one of them, or at the end; of changes under one key the last."""
    session.info.setdefault("changes", {})[key] = change, tables


def awaited(session: Session, tables: Collection[Table]) -> set[Table]:
    """Those of the tables that have rows or updates on their way."""
    later, updates = session.info.get("later"), session.info.get("updates")
    found = {table for table in later if table in tables} if later else set()
    return found | {sender.target for sender in updates if sender.target in tables} if updates else found


def write_later(session: Session, tables: Collection[Table] | None = None) -> None:
    """Send the rows that wait for it (of these tables alone), after the objects that they may refer to."""
    session.flush()
    later: dict[Table, list[Later]] = session.info.get("later", {})
    for table in [each for each in later if tables is None or each in tables]:
        insert_rows(session, table, later.pop(table))
    updates: dict[Sender, list[Later]] = session.info.get("updates", {})
    for sender in [each for each in updates if tables is None or each.target in tables]:
        sender.send(session, _sent(updates.pop(sender)))
    if tables is None:
        for change, _tables in session.info.pop("changes", {}).values():
            change()


def write_before_reading(session: Session, tables: Collection[Table]) -> None:
    """Send the rows and make the changes that wait for these tables; what waits for others goes on waiting."""
    if waiting := awaited(session, tables):
        write_later(session, waiting)
    changes = session.info.get("changes", {})
    for key in [each for each, (_change, changed) in changes.items() if not changed.isdisjoint(tables)]:
        changes.pop(key)[0]()


def _sent(given: list[Later]) -> list[Later]:
    for each in given:
        each.is_sent = True
    return given


def insert_rows(session: Session, table: Table, rows: list[Later]) -> None:
    """Insert rows that all name the same columns; whose they are was looked at when they were given."""
    many.insert_all(session.connection(), table, _sent(rows))


def _engine(url: URL, pool_size: int, echo: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise Misuse("a database in memory is private to one connection; use a file")
        return create_engine(
            url,
            echo=echo,
            hide_parameters=True,  # a fault is a line of a log, which names nobody
            pool_size=pool_size,
            max_overflow=20,
            connect_args={"timeout": 15},
            json_deserializer=json_of_sqlite,
            paramstyle="named",  # a value that a statement names often is converted and bound once
        )
    if pool_size == 0:
        return create_engine(url, echo=echo, hide_parameters=True, poolclass=NullPool)
    return create_engine(
        url, echo=echo, hide_parameters=True, pool_size=pool_size, max_overflow=10, pool_pre_ping=False,
        connect_args={"options": "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"},
    )  # fmt: skip


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-32768",  # KiB; the default of 2 MiB reads the same pages of an index again and again
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"))


@event.listens_for(Session, "after_begin")
def _enter_scope(session: Session, _transaction: Any, connection: Connection) -> None:
    moment: Moment | None = session.info.get("moment")
    if moment is None:
        raise Misuse("a session outside transaction() or reading()")
    scope = moment.scope
    connection.info["reads_gold"] = scope.reads_gold
    connection.info["session"] = ref(session)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT set_config('role', %s, true), set_config('app.org_id', %s, true), set_config('app.now', %s, true),"
            " set_config('transaction_read_only', %s, true)",
            (
                scope.power.value,
                scope.org_id or "",
                moment.now.isoformat(),
                "off" if session.info["writes"] else "on",
            ),
        )


@event.listens_for(Engine, "before_cursor_execute")
def _keep_gold_secret(
    connection: Connection,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    _context: Any,
    _many: bool,
) -> None:
    if "gold_key" in statement and connection.info.get("reads_gold") is False:
        raise Misuse("a statement about gold in a scope that may not read it")
