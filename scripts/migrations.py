"""Migrations for developers: check that they are one line that leads to the models, and write the next one."""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from kernel import migrate
from kernel.db import Base, Database
from kernel.registry import load_models


@contextmanager
def migrated() -> Iterator[Database]:
    """An SQLite database at the newest schema, thrown away afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'migrated.db'}")
        try:
            migrate.upgrade(database)
            yield database
        finally:
            database.dispose()


def heads() -> list[str]:
    """The newest migrations; there must be one."""
    return list(ScriptDirectory.from_config(migrate.alembic_config()).get_heads())


def differences(database: Database) -> list[str]:
    """What the models say and the database does not, or the other way round."""
    load_models()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]


def problems() -> list[str]:
    """Everything that is wrong with the migrations, one sentence each."""
    found = heads()
    if len(found) != 1:
        return [f"There must be one newest migration; there are {len(found)}: {', '.join(found)}."]
    with migrated() as database:
        return [f"The models and the migrations differ: {difference}" for difference in differences(database)]


def write(name: str) -> None:
    """Write the next numbered migration from the difference between the models and the newest schema."""
    numbers = [
        int(script.revision) for script in ScriptDirectory.from_config(migrate.alembic_config()).walk_revisions()
    ]
    with migrated() as database:
        config = migrate.alembic_config(database)
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message=name.replace("_", " "), autogenerate=True, rev_id=f"{max(numbers) + 1:04d}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Check migrations, or write the next one.")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("check")
    actions.add_parser("new").add_argument("name")
    chosen = parser.parse_args()
    if chosen.action == "new":
        if not re.fullmatch(r"[a-z][a-z0-9_]{2,40}", chosen.name):
            print("A migration's name is lower-case words joined by _.", file=sys.stderr)
            return 2
        write(chosen.name)
        return 0
    found = problems()
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
