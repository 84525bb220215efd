"""Joining the application: pages, API and commands of calibration."""

from flask import Flask

from calibration.api import api
from calibration.cli import cli
from calibration.pages import gold, lanes, learning, pages, roster

# Imported for the routes they declare.
_ROUTES = (gold, lanes, learning, roster)


def register(app: Flask) -> None:
    """Add everything that calibration serves."""
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.cli.add_command(cli)
