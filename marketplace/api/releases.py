"""The API of releases: ordering, reading, deciding, and taking files away."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Response, send_file

from kernel import db
from kernel.guard import not_found
from kernel.policy import Actor
from marketplace.api import api
from marketplace.api.terms import ReleaseState
from marketplace.operations import releases as operations
from marketplace.queries import projects as project_queries
from marketplace.queries import releases as queries
from marketplace.storage import storage
from marketplace.values.releases import MIME, ReleaseView
from web import current, limits
from web.forms import InModel, OutModel

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ReleaseFileOut(OutModel):
    """A file of a release."""

    name: str
    format: str
    sha256: str
    size: int


class ReleaseOut(OutModel):
    """A release with its QA report."""

    id: str
    project_id: str
    project_name: str
    version: int
    state: ReleaseState
    units: int
    files: list[ReleaseFileOut]
    sha256: str | None
    report: dict[str, Any]
    asked_at: datetime
    built_at: datetime | None
    decided_at: datetime | None
    reason: str


class ReleasesOut(OutModel):
    """Releases, newest first."""

    items: list[ReleaseOut]


class ReleaseDecisionIn(InModel):
    """The client's word."""

    accept: bool
    reason: str = ""


@api.get("/projects/<project_id>/releases", returns=ReleasesOut)
def release_list(session: "Session", actor: Actor, project_id: str) -> ReleasesOut:
    """The releases of a project."""
    if project_queries.project_of(session, project_id) is None:
        raise not_found()
    return ReleasesOut(items=[_out(view) for view in queries.releases_of(session, project_id)])


@api.post("/projects/<project_id>/releases", returns=ReleaseOut, creates=True)
def cut_release(session: "Session", actor: Actor, project_id: str) -> ReleaseOut:
    """Order a release; it is built in the background."""
    return _out(operations.cut_release(session, actor, project_id))


@api.get("/releases/<release_id>", returns=ReleaseOut)
def release(session: "Session", actor: Actor, release_id: str) -> ReleaseOut:
    """A release with its QA report."""
    found = queries.release_of(session, release_id)
    if found is None:
        raise not_found()
    return _out(found)


@api.post("/releases/<release_id>/decision", body=ReleaseDecisionIn, returns=ReleaseOut)
def decide_release(session: "Session", actor: Actor, release_id: str, body: ReleaseDecisionIn) -> ReleaseOut:
    """Accept a release, or return it with reasons."""
    return _out(operations.decide_release(session, actor, release_id, accept=body.accept, reason=body.reason))


@api.post("/releases/<release_id>/opening", returns=ReleaseOut)
def open_release(session: "Session", actor: Actor, release_id: str) -> ReleaseOut:
    """Let a colleague take the files of restricted data away, for a day."""
    return _out(operations.open_release(session, actor, release_id))


@api.get(
    "/releases/<release_id>/files/<name>", returns=None, produces=tuple(MIME.values()),
    before=limits.spends("export"),
)  # fmt: skip
def download(session: "Session", actor: Actor, release_id: str, name: str) -> Response:
    """A file of a release; the log keeps who took it."""
    with db.transaction(current.scope()) as writing:
        file = operations.note_download(writing, actor, release_id, name)
    return send_file(
        storage().open(file.stored_name), mimetype=MIME[file.format], as_attachment=True, download_name=file.name,
        etag=False, max_age=0,
    )  # fmt: skip


def _out(view: ReleaseView) -> ReleaseOut:
    names = set(ReleaseOut.model_fields) - {"files"}
    files = [
        ReleaseFileOut(name=file.name, format=file.format, sha256=file.sha256, size=file.size) for file in view.files
    ]
    return ReleaseOut(**{name: getattr(view, name) for name in names}, files=files)
