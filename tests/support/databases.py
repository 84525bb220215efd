"""A migrated, empty database for each test, copied from a template that one test process migrates once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

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
        database = Database(f"sqlite:///{self._file}")
        migrate.upgrade(database)
        database.dispose()

    @contextmanager
    def copy(self) -> Iterator[Database]:
        """A database of one's own, gone at the end."""
        file = self._folder / f"test_{next(self._numbers)}.db"
        shutil.copyfile(self._file, file)
        database = Database(f"sqlite:///{file}")
        event.listen(database.engine, "connect", _do_not_wait_for_the_disk)
        try:
            yield database
        finally:
            database.dispose()
            for left in self._folder.glob(f"{file.name}*"):
                left.unlink()


def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


class PostgresTemplate:
    """A migrated database in a cluster to copy."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        database = Database(cluster.create(TEMPLATE), pool_size=0)
        migrate.upgrade(database)
        database.dispose()

    @contextmanager
    def copy(self) -> Iterator[Database]:
        """A database of one's own, gone at the end."""
        url: URL = self._cluster.create(template=TEMPLATE)
        database = Database(url)
        try:
            yield database
        finally:
            database.dispose()
            assert url.database is not None
            self._cluster.drop(url.database)
