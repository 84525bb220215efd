"""Pages of uploads: the file, what was found in it, and the word that has it written."""

from typing import BinaryIO, cast

from flask import Response, url_for
from flask import request as sent

from calibration.reach import with_gold
from i18n import Message, _
from kernel import db, jobs
from kernel.errors import Invalid
from kernel.guard import not_found
from kernel.policy import Role
from kernel.sealed_files import kept_sealed
from kernel.seeing import see as see_noted
from kernel.storage import chunks_of
from labeling.files.media import as_archive
from labeling.links import Pass, for_page
from labeling.rules.media import MEDIA_FIELDS
from labeling.rules.media_links import Door
from labeling.tasktypes.registry import TYPES
from marketplace.models import Project
from marketplace.operations import imports as operations
from marketplace.operations import media as media_acts
from marketplace.pages import pages
from marketplace.queries import imports as queries
from marketplace.queries import projects as project_queries
from marketplace.queries.media import media_of_project
from marketplace.queries.units import class_within
from marketplace.values.actions import Action
from marketplace.values.imports import BATCH_KIND_WORDS, BATCH_STATE_WORDS, PERSONAL_WORDS, BatchKind
from web import current, limits
from web.render import flash, page, see
from web.views.progress import JobCard, card


@pages.get("/projects/<project_id>/imports")
def imports(project_id: str) -> Response:
    """Uploads of a project, and the form for another."""
    return _page(project_id, {})


@pages.post("/projects/<project_id>/imports")
def upload_units(project_id: str) -> Response:
    """Take a file of units."""
    return _upload(project_id, BatchKind.UNITS)


@pages.post("/projects/<project_id>/gold-imports")
def upload_gold(project_id: str) -> Response:
    """Take a file of gold."""
    return _upload(project_id, BatchKind.GOLD)


@pages.post("/projects/<project_id>/media-imports")
def upload_media(project_id: str) -> Response:
    """Take pictures and sounds: single files, or one archive of them."""
    files = [(file.filename, cast(BinaryIO, file.stream)) for file in sent.files.getlist("media") if file.filename]
    if not files:
        return _page(project_id, {"media": _("Choose a file first.")}, 422)
    name = files[0][0] if len(files) == 1 else f"{files[0][0]} + {len(files) - 1}"
    return _receive(project_id, BatchKind.MEDIA, name, as_archive(files), "media")


@pages.get("/projects/<project_id>/media")
def media(project_id: str) -> Response:
    """The pictures and sounds of a project, by the names under which units refer to them."""
    with db.reading(current.scope()) as session:
        project = project_queries.project_of(session, project_id)
        rows, after = media_of_project(session, project_id, after=sent.args.get("after") or None)
        classification = class_within(session, session.get_one(Project, project_id)) if project else ""
    if project is None:
        raise not_found()
    right = Pass(Door.PROJECT, project_id, classification)
    may_look = current.may(Action.UNIT_READ)
    return page(
        "marketplace/media.html", project=project, rows=rows, after=after, may_look=may_look,
        may_erase=current.may(Action.MEDIA_ERASE),
        shown=lambda row: for_page({row.kind: row.id}, right),
    )  # fmt: skip


@pages.post("/media/<media_id>/erase")
def erase_media(media_id: str) -> Response:
    """Remove a picture or sound for good."""
    with db.transaction(with_gold()) as session:
        project_id = media_acts.erase_media(session, current.actor(), media_id)
    flash("good", _("Erased. Units that refer to it have left the work; settled ones show nothing in its place."))
    return see("marketplace.media", project_id=project_id)


@pages.get("/imports/<batch_id>")
def batch(batch_id: str) -> Response:
    """An upload: its check, its findings, and what can be done."""
    found = see_noted(current.scope(), lambda session: operations.see_batch(session, current.actor(), batch_id))
    with db.reading(current.scope()) as session:
        project = project_queries.project_of(session, found.project_id)
        progress = jobs.progress(session, found.job_id) if found.job_id else None
    job = card(progress) if progress and progress.state != "done" else None
    return page(
        "marketplace/batch.html", batch=found, project=project, states=BATCH_STATE_WORDS, job=job,
        batch_kinds=BATCH_KIND_WORDS, kinds=PERSONAL_WORDS, is_clients=found.is_of(current.actor().org_id),
        job_url=url_for("web.job_status", job_id=found.job_id) if found.job_id else "",
    )  # fmt: skip


@pages.post("/imports/<batch_id>/confirm")
def confirm_import(batch_id: str) -> Response:
    """Write the good rows."""
    with db.transaction(current.scope()) as session:
        leave_out = sent.form.get("leave_out_bad") == "1"
        operations.confirm_import(
            session, current.actor(), batch_id, leave_out_bad=leave_out, personal=sent.form.get("personal")
        )
    return see("marketplace.batch", batch_id=batch_id)


@pages.post("/imports/<batch_id>/cancel")
def cancel_import(batch_id: str) -> Response:
    """Stop an upload."""
    with db.transaction(current.scope()) as session:
        operations.cancel_import(session, current.actor(), batch_id)
    flash("wait", _("Cancelled. What was written before that stays."))
    return see("marketplace.batch", batch_id=batch_id)


def job_card(job_id: str | None) -> JobCard | None:
    """The card of a job under way that the reader's organization asked for."""
    if job_id is None:
        return None
    with db.reading(current.scope()) as session:
        progress = jobs.progress(session, job_id)
    return card(progress) if progress and progress.state != "done" else None


def _upload(project_id: str, kind: BatchKind) -> Response:
    file = sent.files.get("file")
    if file is None or not file.filename:
        return _page(project_id, {"file": _("Choose a file first.")}, 422)
    return _receive(project_id, kind, file.filename, cast(BinaryIO, file.stream), "file")


def _receive(project_id: str, kind: BatchKind, name: str, stream: BinaryIO, field: str) -> Response:
    limits.spend("import")
    try:
        with kept_sealed(chunks_of(stream)) as stored, db.transaction(current.scope()) as session:
            made = operations.receive_file(session, current.actor(), project_id, kind=kind, name=name, stored=stored)
    except Invalid as problem:
        return _page(project_id, {field: next(iter(problem.fields.values()))}, 422)
    return see("marketplace.batch", batch_id=made.id)


def _page(project_id: str, errors: dict[str, Message], status: int = 200) -> Response:
    role = current.actor().role
    may_gold = current.may(Action.GOLD_READ)
    kinds = tuple(BatchKind) if may_gold else (BatchKind.UNITS, BatchKind.MEDIA)
    with db.reading(current.scope()) as session:
        project = project_queries.project_of(session, project_id)
        batches, after = queries.batches_of(session, project_id, kinds, after=sent.args.get("after") or None)
    if project is None:
        raise not_found()
    may_units = role in (Role.CLIENT_ADMIN, Role.CLIENT_PM) or "unit:import" in project.rights
    return page(
        "marketplace/imports.html", status, project=project, batches=batches, after=after, errors=errors,
        states=BATCH_STATE_WORDS, kinds=BATCH_KIND_WORDS,
        may_gold=may_gold, may_units=may_units and role != Role.CLIENT_QA,
        fields=(*TYPES[project.row.task_type].content_fields, *MEDIA_FIELDS),
    )  # fmt: skip
