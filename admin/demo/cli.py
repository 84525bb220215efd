"""The command `flask --app wsgi admin demo`: builds the demonstration world, and tells who can sign in to it."""

import sys

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from admin.demo import accounts, play, wishes
from kernel import clock, db, queue
from kernel.config import Settings
from kernel.tenancy import Scope
from web import current
from workforce.models import Organization

_WIDTH = 30


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Build it only if there is no organization yet; never an error.")
@click.option("--small", is_flag=True, help="A smaller world, for tests.")
@with_appcontext
def demo(if_empty: bool, small: bool) -> None:
    """Build the demonstration world, if the database is empty, and print its accounts. Refused in production."""
    settings = current.settings()
    if settings.is_production:
        raise click.ClickException("A demonstration world is refused in production: its accounts are known.")
    with db.reading(Scope.system("demonstration")) as session:
        is_empty = session.scalar(select(Organization.id).limit(1)) is None
        is_there = accounts.is_there(session)
    if is_empty:
        _build(settings, wishes.SMALL if small else wishes.FULL)
    elif not is_there:
        if not if_empty:
            raise click.ClickException("A demonstration world needs an empty database; this one has organizations.")
        return
    click.echo(accounts.told(accounts.kept_password(settings), settings.demo_password))


def _build(settings: Settings, size: wishes.Size) -> None:
    password = accounts.new_password(settings)
    queue.use_transport(queue.Null())  # the jobs of the play are carried here, not by workers
    play.build(db.current(), password=password, ends=clock.now(), size=size, tell=_bar)
    accounts.keep_password(settings, password)
    click.echo("", err=True)


def _bar(share: float) -> None:
    """How far the play is: a bar on a terminal, a line for each tenth elsewhere."""
    if sys.stderr.isatty():
        done = round(share * _WIDTH)
        click.echo(f"\rDemonstration world  [{'#' * done}{' ' * (_WIDTH - done)}] {share:4.0%}", nl=False, err=True)
        return
    tenth = int(share * 10)
    if tenth > _told[-1]:
        _told.append(tenth)
        click.echo(f"Demonstration world {share:.0%}", err=True)


_told = [-1]
