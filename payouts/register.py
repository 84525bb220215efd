"""Registration: puts the pages, the API and the commands of money on the application."""

from flask import Flask

from payouts.api import api
from payouts.cli import cli
from payouts.pages import pages


def register(app: Flask) -> None:
    """Make this package part of the application."""
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.cli.add_command(cli)
