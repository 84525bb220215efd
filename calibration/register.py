"""Joining the application: pages, API and commands of calibration."""

from flask import Flask, url_for

from calibration.api import api
from calibration.cli import cli
from calibration.pages import disputes, gates, gold, lanes, learning, pages, people, roster
from workforce.trail import show_evidence, show_whole

# Imported for the routes they declare.
_ROUTES = (disputes, gates, gold, lanes, learning, people, roster)


def register(app: Flask) -> None:
    """Add everything that calibration serves."""
    show_evidence("attempt", lambda _session, _actor, attempt_id: url_for("calibration.attempt", attempt_id=attempt_id))
    show_evidence("dispute", lambda _session, _actor, dispute_id: url_for("calibration.dispute", dispute_id=dispute_id))
    show_whole(
        "lane_paused", lambda _session, _actor, receipt_id: url_for("calibration.evidence", receipt_id=receipt_id)
    )
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.cli.add_command(cli)
