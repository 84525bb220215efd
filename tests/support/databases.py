"""A migrated, empty database for each test: SQLite copies a file, PostgreSQL empties a database that was used before.

An engine outlives the test, since what SQLAlchemy has compiled for it costs more than most tests do by themselves; what
a test hangs on its database does not.
"""

import copy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import event
from sqlalchemy.engine import URL

from kernel import migrate
from kernel.db import Database
from tests.support.postgres import TEMPLATE, Cluster


class SqliteTemplate:
    """A migrated file to copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "template.db"
        self._numbers = count(1)
        self._idle: list[tuple[Path, Database]] = []
        database = Database(f"sqlite:///{self._file}")
        migrate.upgrade(database)
        database.dispose()

    def keep(self, database: Database) -> Any:
        """What is in a database now, to be put into others."""
        kept = self._folder / f"kept_{next(self._numbers)}.db"
        with database.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("VACUUM INTO ?", (str(kept),))
        return kept

    def put(self, kept: Any, database: Database) -> None:
        """Have what was kept of another in a database, and nothing else."""
        database.dispose()
        assert database.url.database is not None
        shutil.copyfile(kept, database.url.database)

    @contextmanager
    def copy(self) -> Iterator[Database]:
        """A database of one's own, gone at the end."""
        file, database = self._idle.pop() if self._idle else self._another()
        shutil.copyfile(self._file, file)
        try:
            yield _for_one_test(database)
        finally:
            database.dispose()
            for left in self._folder.glob(f"{file.name}*"):
                left.unlink()
            self._idle.append((file, database))

    def _another(self) -> tuple[Path, Database]:
        file = self._folder / f"test_{next(self._numbers)}.db"
        database = Database(f"sqlite:///{file}")
        event.listen(database.engine, "connect", _do_not_wait_for_the_disk)
        return file, database


def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _for_one_test(database: Database) -> Database:
    """The same pool and the same compiled statements behind an engine of its own: listeners on it go with the test."""
    own = copy.copy(database)
    own.engine = database.engine.execution_options()
    own._reader = own.engine.execution_options(begin="BEGIN")
    return own


class PostgresTemplate:
    """A migrated database in a cluster to copy."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._idle: list[Database] = []
        self._admins = dict[str, psycopg.Connection[Any]]()  # of each database that waits or is in use
        database = Database(cluster.create(TEMPLATE), pool_size=0)
        migrate.upgrade(database)
        database.dispose()
        with cluster.admin(TEMPLATE) as session:
            self._shape = _shape(session)

    def close(self) -> None:
        """End the connections that were kept."""
        while self._admins:
            self._admins.popitem()[1].close()

    def keep(self, database: Database) -> Any:
        """What is in a database now, to be put into others: rows by table, and where the sequences stand."""
        assert database.url.database is not None
        session = self._admin(database.url.database)
        rows = dict[str, bytes]()
        for (name,) in session.execute(_USED).fetchall():
            with (
                session.cursor() as cursor,
                cursor.copy(SQL("COPY {} TO STDOUT").format(Identifier(name))) as lines,
            ):
                rows[name] = b"".join(bytes(line) for line in lines)
        return rows, session.execute(_SEQUENCES).fetchall()

    def put(self, kept: Any, database: Database) -> None:
        """Have what was kept of another in a database, and nothing else."""
        rows, sequences = kept
        assert database.url.database is not None
        session = self._admin(database.url.database)
        _empty(session)
        with session.transaction():
            session.execute("SET LOCAL session_replication_role = replica")  # each key holds once all is there
            for name, lines in rows.items():
                with (
                    session.cursor() as cursor,
                    cursor.copy(SQL("COPY {} FROM STDIN").format(Identifier(name))) as into,
                ):
                    into.write(lines)
            for name, value in sequences:
                session.execute("SELECT setval(%s, %s)", (name, value))

    @contextmanager
    def copy(self) -> Iterator[Database]:
        """A database of one's own. At its end it is emptied for the next test, or dropped if its schema was touched."""
        database = self._idle.pop() if self._idle else Database(self._cluster.create(template=TEMPLATE))
        try:
            yield _for_one_test(database)
        finally:
            database.dispose()
            if self._is_as_before(database.url):
                self._idle.append(database)

    def _is_as_before(self, url: URL) -> bool:
        assert url.database is not None
        session = self._admin(url.database)
        session.execute(_ALONE)
        same = _shape(session) == self._shape
        if same:
            _empty(session)
        else:
            self._admins.pop(url.database).close()
            self._cluster.drop(url.database)
        return same

    def _admin(self, name: str) -> "psycopg.Connection[Any]":
        """A connection that stays: a new one would read the catalogs anew. A test may have ended it."""
        session = self._admins.get(name)
        try:
            if session is not None:
                session.execute("SELECT 1")
                return session
        except psycopg.OperationalError:
            pass
        self._admins[name] = self._cluster.admin(name)
        return self._admins[name]


_ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_USED = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
  AND pg_relation_size(oid) > 0
"""
_SEQUENCES = "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL"
# Everything in a schema that a statement can change, in a few hashes.
_SHAPE = """
SELECT
  (SELECT md5(string_agg(concat_ws(' ', relname, relkind, relacl, relrowsecurity), ',' ORDER BY oid))
   FROM pg_class WHERE relnamespace = 'public'::regnamespace),
  (SELECT md5(string_agg(concat_ws(' ', attname, atttypid, attnotnull, attacl), ',' ORDER BY attrelid, attnum))
   FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0),
  (SELECT md5(string_agg(concat_ws(' ', conname, convalidated), ',' ORDER BY oid)) FROM pg_constraint),
  (SELECT md5(string_agg(concat_ws(' ', tgname, tgenabled), ',' ORDER BY oid)) FROM pg_trigger WHERE NOT tgisinternal),
  (SELECT md5(string_agg(concat_ws(' ', polname, polroles, polqual, polwithcheck), ',' ORDER BY oid)) FROM pg_policy),
  (SELECT md5(string_agg(concat_ws(' ', proname, prosrc, proacl), ',' ORDER BY oid)) FROM pg_proc WHERE oid >= 16384),
  (SELECT md5(string_agg(version_num, ',')) FROM alembic_version)
"""


def _shape(session: "psycopg.Connection[Any]") -> Any:
    return session.execute(_SHAPE).fetchone()


def _empty(session: "psycopg.Connection[Any]") -> None:
    """Delete what is there. To truncate would be dearer: PostgreSQL makes new files for each table and index."""
    tables = [Identifier(name) for (name,) in session.execute(_USED).fetchall()]
    if tables:
        with session.transaction():
            session.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor keys say no
            for table in tables:
                session.execute(SQL("DELETE FROM {}").format(table))
        session.execute(SQL("VACUUM (ANALYZE false) {}").format(SQL(", ").join(tables)))
