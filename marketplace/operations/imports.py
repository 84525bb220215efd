"""Imports: an upload is received, checked, confirmed or cancelled; nothing is written before somebody says so."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.changes import changed_rows
from kernel.db import after_commit, now_of
from kernel.errors import Conflict, Invalid
from kernel.grants import rights_on
from kernel.guard import not_found, require
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor
from kernel.storage import Stored, storage
from labeling.files.rows import FileKind
from labeling.rules.personal import PersonalChoice
from marketplace.models import Batch, Project
from marketplace.operations.loading import project_for
from marketplace.operations.personal import settle_choice
from marketplace.operations.reads import note_read
from marketplace.policy import project_resource
from marketplace.queries.eligibility import demands_on_reader
from marketplace.queries.imports import batch_of, lane_refs
from marketplace.queries.projects import ontologies_of
from marketplace.values.actions import Action
from marketplace.values.imports import BatchKind, BatchState, BatchView, Finding
from marketplace.values.reads import Why
from marketplace.values.requests import Right

_RIGHT = {
    BatchKind.UNITS: Action.UNIT_IMPORT,
    BatchKind.GOLD: Action.GOLD_IMPORT,
    BatchKind.MEDIA: Action.UNIT_IMPORT,
}
_SEE = {
    BatchKind.UNITS: Action.PROJECT_READ,
    BatchKind.GOLD: Action.GOLD_READ,
    BatchKind.MEDIA: Action.PROJECT_READ,
}
_CHECK = {kind: f"marketplace.check_{kind.value}" for kind in BatchKind}
_WRITE = {kind: f"marketplace.import_{kind.value}" for kind in BatchKind}
_ARCHIVE = "zip"
_COUNT = "marketplace.count_lanes"
_CLOSED = ("requested", "quoted", "done", "declined")


def receive_file(
    session: Session, actor: Actor, project_id: str, *, kind: BatchKind, name: str, stored: Stored
) -> BatchView:
    """Take note of an uploaded file and have it checked in the background.

    A batch of gold, and of the client's own pictures, carries no vendor, so that nobody there can see that it exists.
    """
    project = project_for(session, actor, project_id, _RIGHT[kind])
    _ensure_ready(session, project, kind)
    batch = Batch(
        id=ids.new_id(), org_id=project.org_id, vendor_org_id=_vendor(project, kind, actor),
        project_id=project.id, kind=kind.value, name=_file_name(name), format=_format(name, kind),
        stored_name=stored.name, sha256=stored.sha256, state=BatchState.CHECKING.value,
        created_at=now_of(session), created_by=actor.account_id, key=stored.key,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    job = REGISTRY[_CHECK[kind]]
    batch.job_id = enqueue(session, job, actor=actor, org_id=actor.org_id, batch_id=batch.id)
    audit.record(
        session, actor, "batch.uploaded", "batch", batch.id, org_id=project.org_id,
        details={"project": project.id, "sha256": stored.sha256, "size": stored.size},
    )  # fmt: skip
    return _fresh(session, batch.id)


def see_batch(session: Session, actor: Actor, batch_id: str) -> BatchView:
    """An upload, for somebody who may see it: gold is for those who read gold, the first rows of units for those
    who may read units, or brought these in."""
    batch = session.get(Batch, batch_id)
    project = session.get(Project, batch.project_id) if batch else None
    view = batch_of(session, batch_id)
    if batch is None or project is None or view is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, project.id)
    require(session, actor, _SEE[view.kind], project_resource(project, rights))
    is_vendor = actor.org_id != project.org_id
    if is_vendor and Right.PAYLOAD not in (rights or ()) and batch.created_by != actor.account_id:
        return _without_content(view)
    if not view.preview:
        return view
    # What the rows say is of the project's class at least; what they turn out to be is known once they are units.
    if not all(each.met for each in demands_on_reader(session, actor, project, project.classification)):
        return _without_content(view)
    note_read(
        session, actor, Why.LOOKED_AT, unit=batch.id, project=project.id, org=project.org_id,
        classification=project.classification,
    )  # fmt: skip
    return view


def _without_content(view: BatchView) -> BatchView:
    """The upload without anything that its rows say; hints of personal data are made of what they say too."""
    return replace(view, preview=(), personal=replace(view.personal, examples=()))


def note_check(
    session: Session, actor: Actor, batch_id: str, *, counts: dict[str, int], findings: Sequence[Finding],
    preview: Sequence[dict[str, Any]], personal: dict[str, Any],
) -> None:  # fmt: skip
    """Keep what the check found. A batch that was cancelled meanwhile stays cancelled."""
    batch = _held(session, actor, batch_id)
    state = BatchState.CHECKED if counts["good"] or counts["duplicates"] else BatchState.BROKEN
    changed = session.execute(
        update(Batch)
        .where(Batch.id == batch.id, Batch.state == BatchState.CHECKING.value)
        .values(state=state.value, **counts)
    )
    session.refresh(batch)
    if changed_rows(changed):
        batch.findings = [each.to_json() for each in findings]
        batch.preview = list(preview) if batch.kind != BatchKind.GOLD else None
        batch.personal = personal
    if batch.state == BatchState.BROKEN:
        _drop_upload(session, batch)


def confirm_import(
    session: Session, actor: Actor, batch_id: str, *, leave_out_bad: bool = False, personal: str | None = None
) -> BatchView:
    """Write the good rows in the background. Where there are bad ones, it must be said that they are left out; where
    there is personal data, what becomes of it."""
    batch = _held(session, actor, batch_id)
    if batch.state != BatchState.CHECKED:
        raise Conflict("batch.not_checked", _("This file is not waiting to be imported."))
    if batch.good == 0:
        raise Conflict("batch.nothing_new", _("There is nothing new in this file."))
    if batch.bad and not leave_out_bad:
        raise Conflict("batch.has_bad", _("Some rows are wrong. Mend the file, or leave them out."), bad=batch.bad)
    choice = _personal_choice(session, actor, batch, personal)
    _move(session, batch, (BatchState.CHECKED,), BatchState.IMPORTING)
    batch.personal_choice = choice
    job = REGISTRY[_WRITE[BatchKind(batch.kind)]]
    batch.job_id = enqueue(session, job, actor=actor, org_id=actor.org_id, dedupe=batch.id, batch_id=batch.id)
    audit.record(
        session, actor, "batch.confirmed", "batch", batch.id, org_id=batch.org_id,
        details={"good": batch.good, "bad": batch.bad, "personal": choice or ""},
    )  # fmt: skip
    return _fresh(session, batch.id)


def cancel_import(session: Session, actor: Actor, batch_id: str) -> BatchView:
    """Stop an import. Rows that are written already stay; nothing more is written."""
    batch = _held(session, actor, batch_id)
    _move(session, batch, (BatchState.CHECKING, BatchState.CHECKED, BatchState.IMPORTING), BatchState.CANCELLED)
    _drop_upload(session, batch)
    audit.record(session, actor, "batch.cancelled", "batch", batch.id, org_id=batch.org_id)
    return _fresh(session, batch.id)


def finish_import(session: Session, actor: Actor, batch_id: str, *, new: int) -> None:
    """All good rows are written."""
    batch = _held(session, actor, batch_id)
    _move(session, batch, (BatchState.IMPORTING,), BatchState.IMPORTED)
    _drop_upload(session, batch)
    enqueue(session, REGISTRY[_COUNT])  # so that the project's page need not wait for the next round
    audit.record(session, actor, "batch.imported", "batch", batch.id, org_id=batch.org_id, details={"new": new})


def _personal_choice(session: Session, actor: Actor, batch: Batch, wanted: str | None) -> str | None:
    """What is to become of the personal data that was found, as in the rest of the project; that it stays open, the
    client alone can say."""
    view = batch_of(session, batch.id)
    if view is None or not view.personal.units:
        return None
    wanted = wanted or view.project_choice
    if not wanted:
        fault = _("There is personal data in this file. Say whether it is masked, its class raised, or neither.")
        raise Conflict("batch.personal_undecided", fault, units=view.personal.units)
    if wanted not in tuple(PersonalChoice):
        fault = _("Choose one of the values offered.")
        raise Invalid("batch.personal_unknown", fault, {"personal": fault})
    if wanted == PersonalChoice.KEEP and actor.org_id != batch.org_id and view.project_choice is None:
        fault = _("Only the client can leave personal data as it is.")
        raise Invalid("batch.personal_clients", fault, {"personal": fault})
    holds = settle_choice(session, batch.project_id, PersonalChoice(wanted))
    if holds != wanted:
        fault = _("Choose one of the values offered.")
        if holds is PersonalChoice.MASK and batch.kind == BatchKind.GOLD:
            fault = _("Units of this project were masked. Gold has to look like them, so mask it too.")
        raise Invalid("batch.personal_settled", fault, {"personal": fault})
    return wanted


def _held(session: Session, actor: Actor, batch_id: str) -> Batch:
    batch = session.get(Batch, batch_id)
    if batch is None:
        raise not_found()
    project = session.get(Project, batch.project_id)
    assert project is not None
    rights = rights_on(session, actor.org_id, project.id)
    require(session, actor, _RIGHT[BatchKind(batch.kind)], project_resource(project, rights))
    return batch


def _move(session: Session, batch: Batch, states: Sequence[BatchState], state: BatchState) -> None:
    moved = session.execute(
        update(Batch)
        .where(Batch.id == batch.id, Batch.state.in_([each.value for each in states]))
        .values(state=state.value)
    )
    if changed_rows(moved) != 1:
        raise Conflict("batch.state", _("This upload has gone on meanwhile; load the page again."))
    session.refresh(batch)


def _fresh(session: Session, batch_id: str) -> BatchView:
    session.flush()
    view = batch_of(session, batch_id)
    assert view is not None
    return view


def _vendor(project: Project, kind: BatchKind, actor: Actor) -> str | None:
    is_clients_own = kind is BatchKind.GOLD or (kind is BatchKind.MEDIA and actor.org_id == project.org_id)
    return None if is_clients_own else project.vendor_org_id


def _drop_upload(session: Session, batch: Batch) -> None:
    """Pictures and sounds are kept as they were made anew; what was sent is removed as soon as that is over."""
    if batch.kind == BatchKind.MEDIA and batch.stored_name:
        name, batch.stored_name, batch.key = batch.stored_name, "", None
        after_commit(session, lambda: storage().delete(name))


def _ensure_ready(session: Session, project: Project, kind: BatchKind) -> None:
    if project.state in _CLOSED or not lane_refs(session, project.id):
        raise Conflict("project.takes_no_units", _("This project takes no units in its present state."))
    if kind is BatchKind.GOLD and not ontologies_of(session, project.id):
        raise Conflict("gold.no_schema", _("Publish the label schema first; right answers are checked against it."))


def _file_name(name: str) -> str:
    """The last part of whatever path a browser sent, for people to read only."""
    return name.replace("\\", "/").rpartition("/")[2].replace("\0", "")[-200:] or "file"


def _format(name: str, kind: BatchKind) -> str:
    if kind is BatchKind.MEDIA:
        return _ARCHIVE  # files that came one by one are packed on the way
    ending = name.rpartition(".")[2].casefold()
    known = {"csv": FileKind.CSV, "jsonl": FileKind.JSONL, "ndjson": FileKind.JSONL}
    if ending not in known:
        fault = _("Upload a file whose name ends in .csv or .jsonl.")
        raise Invalid("batch.format", fault, {"file": fault})
    return known[ending].value
