"""Migrations: bring a database to the newest schema, and say whether it is there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from kernel.db import Database


def alembic_config(database: Database | None = None) -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["database"] = database
    return config


class CannotUse(Exception):
    """Why a database cannot be brought to this version's form, as a sentence."""


def upgrade(database: Database) -> None:
    """Apply every migration that is missing. Raises CannotUse with the reason why that is not possible."""
    try:
        command.upgrade(alembic_config(database), "head")
    except DBAPIError as error:
        raise CannotUse(what_is_wrong(database, error)) from error
    except CommandError:
        raise CannotUse("The database was made by a newer version of the product than this one.") from None


def what_is_wrong(database: Database, error: DBAPIError) -> str:
    """A sentence about a database that cannot be used, without its password."""
    address = database.url.render_as_string(hide_password=True)
    return f"The database {address} cannot be used: {str(error.orig).strip().splitlines()[0]}"


def is_empty(database: Database) -> bool:
    """Whether no migration was ever applied and no table is there."""
    return not inspect(database.engine).get_table_names()


def is_at_head(database: Database) -> bool:
    """Whether the schema is the one that this code was written for."""
    heads = set(ScriptDirectory.from_config(alembic_config()).get_heads())
    with database.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads
