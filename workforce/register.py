"""What workforce puts into the application: the directory of accounts, its pages, its API, its commands."""

from flask import Flask

from web.identity import use_directory
from workforce.api import api
from workforce.cli import cli
from workforce.directory import AccountDirectory
from workforce.pages import pages


def register(app: Flask) -> None:
    """Register all of it."""
    use_directory(AccountDirectory())
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.cli.add_command(cli)
