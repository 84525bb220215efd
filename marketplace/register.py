"""Joining the application: pages, API and commands of work."""

from flask import Flask, url_for
from sqlalchemy.orm import Session

from i18n import Message, _
from kernel.jobs import Progress
from kernel.policy import Actor
from marketplace.api import access as access_api
from marketplace.api import api as market_api
from marketplace.api import imports as imports_api
from marketplace.api import projects as projects_api
from marketplace.api import proposals as proposals_api
from marketplace.api import protection as protection_api
from marketplace.api import reads as reads_api
from marketplace.api import releases as releases_api
from marketplace.api import requests as requests_api
from marketplace.api import reviews as reviews_api
from marketplace.api import work as work_api
from marketplace.cli import cli
from marketplace.pages import (
    access,
    assurance,
    board,
    grants,
    imports,
    languages,
    media,
    projects,
    proposals,
    protection,
    reads,
    releases,
    requests,
    review,
    work,
)
from marketplace.pages import pages as market_pages
from marketplace.queries.work import assignment_answered, is_content_kept
from web.views.progress import describe_job
from workforce.trail import show_evidence, show_loss

# Imported for the routes they declare.
_ROUTES = (
    access,
    access_api,
    assurance,
    grants,
    imports,
    languages,
    media,
    projects,
    proposals,
    protection,
    reads,
    releases,
    requests,
    imports_api,
    projects_api,
    proposals_api,
    protection_api,
    reads_api,
    releases_api,
    requests_api,
)


def register(app: Flask) -> None:
    """Add everything that work serves."""
    show_evidence("judgment", _own_answer)
    show_evidence("unit", _own_unit)
    show_loss("judgment", _lost_unit)
    _describe_jobs()
    for blueprint in (market_pages, market_api, board.pages, review.pages, work.pages, reviews_api.api, work_api.api):
        app.register_blueprint(blueprint)
    app.cli.add_command(cli)


def _describe_jobs() -> None:
    describe_job("marketplace.check_media", _("The files are being looked at"), _batch)
    describe_job("marketplace.import_media", _("The files are being kept"), _batch)
    for name in ("check_units", "check_gold"):
        describe_job(f"marketplace.{name}", _("The file is being checked"), _batch)
    for name in ("import_units", "import_gold"):
        describe_job(f"marketplace.{name}", _("The rows are being written"), _batch)
    describe_job("marketplace.verify_reads", _("The log of reads is being proven"), _proof)
    describe_job("marketplace.build_release", _("The release is being built"), _release)


def _batch(progress: Progress) -> str:
    return url_for("marketplace.batch", batch_id=progress.result["batch_id"])


def _proof(progress: Progress) -> str:
    return url_for("marketplace.reads", verification=progress.id)


def _release(progress: Progress) -> str:
    return url_for("marketplace.release", release_id=progress.result["release_id"])


def _own_unit(session: Session, actor: Actor, unit_id: str) -> str | None:
    """The page of a unit, for the people of the client whose it is."""
    return url_for("marketplace.unit", unit_id=unit_id) if actor.org_kind == "client" else None


def _own_answer(session: Session, actor: Actor, judgment_id: str) -> str | None:
    assignment_id = assignment_answered(session, actor, judgment_id)
    return url_for("work.done", only=assignment_id) if assignment_id else None


def _lost_unit(session: Session, judgment_id: str) -> Message | None:
    if is_content_kept(session, judgment_id):
        return None
    return _("The content of the unit is not kept any more, so nobody can look at it again.")
