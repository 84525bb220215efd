"""Joining the application: pages, API and commands of work, and what the packages below ask about lanes."""

from flask import Flask, url_for
from sqlalchemy.orm import Session

from calibration import lanes
from i18n import _
from kernel.config import Settings
from kernel.jobs import Progress
from kernel.policy import Actor
from marketplace.api import api as market_api
from marketplace.api import imports as imports_api
from marketplace.api import projects as projects_api
from marketplace.api import releases as releases_api
from marketplace.api import requests as requests_api
from marketplace.api import reviews as reviews_api
from marketplace.api import work as work_api
from marketplace.cli import cli
from marketplace.operations import returning
from marketplace.operations.appeals import decide_appeal
from marketplace.pages import board, grants, imports, projects, releases, requests, review, work
from marketplace.pages import pages as market_pages
from marketplace.queries.facts import lane_facts, lane_labels
from marketplace.queries.work import assignment_answered
from marketplace.storage import local_storage, use_storage
from payouts.queries.lanes import use_lanes
from web.views.progress import describe_job
from workforce import desk, leases
from workforce.trail import show_evidence

# Imported for the routes they declare.
_ROUTES = (grants, imports, projects, releases, requests, imports_api, projects_api, releases_api, requests_api)


def register(app: Flask) -> None:
    """Add everything that work serves."""
    settings: Settings = app.config["SETTINGS"]
    use_storage(local_storage(settings))
    lanes.use_provider(lane_facts)
    use_lanes(lane_labels)
    desk.use_desk(decide_appeal)
    show_evidence("judgment", _own_answer)
    leases.use_leases(returning.end_leases)
    _describe_jobs()
    for blueprint in (market_pages, market_api, board.pages, review.pages, work.pages, reviews_api.api, work_api.api):
        app.register_blueprint(blueprint)
    app.cli.add_command(cli)


def _describe_jobs() -> None:
    for name in ("check_units", "check_gold"):
        describe_job(f"marketplace.{name}", _("The file is being checked"), _batch)
    for name in ("import_units", "import_gold"):
        describe_job(f"marketplace.{name}", _("The rows are being written"), _batch)
    describe_job("marketplace.build_release", _("The release is being built"), _release)


def _batch(progress: Progress) -> str:
    return url_for("marketplace.batch", batch_id=progress.result["batch_id"])


def _release(progress: Progress) -> str:
    return url_for("marketplace.release", release_id=progress.result["release_id"])


def _own_answer(session: Session, actor: Actor, judgment_id: str) -> str | None:
    assignment_id = assignment_answered(session, actor, judgment_id)
    return url_for("work.done", only=assignment_id) if assignment_id else None
