"""Joining the application: pages, API and commands of calibration."""

from flask import Flask, url_for

from calibration.api import api
from calibration.cli import cli
from calibration.pages import gates, gold, lanes, learning, pages, people, roster
from workforce.trail import show_evidence

# Imported for the routes they declare.
_ROUTES = (gates, gold, lanes, learning, people, roster)


def register(app: Flask) -> None:
    """Add everything that calibration serves."""
    show_evidence("attempt", lambda _session, _actor, attempt_id: url_for("calibration.attempt", attempt_id=attempt_id))
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.cli.add_command(cli)
