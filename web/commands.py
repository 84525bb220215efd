"""Commands on the database: an empty one is brought up to date first, one that does not fit is told in a sentence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from kernel import db, migrate

_HELP = ("--help",)


class CannotRun(click.ClickException):
    """The command did not begin; code 2 tells it from a finding, which is 1."""

    exit_code = 2


class Commands(click.Group):
    """A group of commands; those in `without_database` work on files alone or look at the database themselves."""

    def __init__(self, name: str, *, help: str, without_database: Collection[str] = ()) -> None:
        super().__init__(name, help=help, callback=with_appcontext(self._prepare))
        self._without_database = frozenset(without_database)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As every group does, noting whether help alone is asked for."""
        ctx.meta[__name__] = any(word in _HELP for word in args)
        return super().parse_args(ctx, args)

    def _prepare(self, **_options: Any) -> None:
        ctx = click.get_current_context()
        if ctx.invoked_subcommand not in self._without_database and not ctx.meta.get(__name__):
            ensure_database(db.current())


def ensure_database(database: db.Database) -> None:
    """Bring an empty database up to date; raise CannotRun for one of another version, or one that does not answer."""
    try:
        if migrate.is_at_head(database):
            return
        if not migrate.is_empty(database):
            raise CannotRun(
                "The database has not the form that this version works with. "
                "Bring it up to date: flask --app wsgi admin migrate"
            )
        click.echo("Bringing the database up to date …", err=True)
        migrate.upgrade(database)
    except migrate.CannotUse as problem:
        raise CannotRun(str(problem)) from None
    except DBAPIError as error:
        raise CannotRun(migrate.what_is_wrong(database, error)) from None
