"""Releases: ordered, delivered, and decided by the client; what was delivered is never changed afterwards."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.grants import rights_on
from kernel.guard import not_found, require
from kernel.jobs import REGISTRY, enqueue
from kernel.models import OutboxEvent
from kernel.policy import Actor, Demand, Reason, Resource
from labeling.models import Item
from marketplace.models import LaneProgress, Project, Release
from marketplace.operations.loading import project_for
from marketplace.operations.reads import note_read
from marketplace.policy import project_resource
from marketplace.queries.eligibility import demands_on_reader
from marketplace.queries.lots import lots_of, lots_told, told_of
from marketplace.queries.releases import billable_of, has_settled, release_of
from marketplace.queries.units import class_within
from marketplace.rules.assurance import LotState
from marketplace.values.actions import Action
from marketplace.values.reads import Why
from marketplace.values.releases import ReleaseFile, ReleaseState, ReleaseView
from payouts.operations.invoices import issue_invoice
from workforce.values import CLASS_DEMANDS, ExportRule

LONGEST_REASON = 4_000
OPEN_FOR = timedelta(hours=24)


def cut_release(session: Session, actor: Actor, project_id: str, *, in_spite: str = "") -> ReleaseView:
    """Order the next version: all settled units as they stand when it is built.

    Where a lane has a plan, its sample must have been accepted. The client alone may release in spite of that, with a
    reason that stands in the report.
    """
    project = project_for(session, actor, project_id, Action.RELEASE_CUT)
    _put_aside_broken(session, project_id)
    building = session.scalar(
        select(Release.id).where(Release.project_id == project_id, Release.state == ReleaseState.BUILDING.value)
    )
    if building is not None:
        raise Conflict("release.building", _("A release is being built already."), release_id=building)
    if session.scalar(select(exists().where(Item.project_id == project_id, Item.removed_at.is_not(None)))):
        raise Conflict(
            "release.removed", _("The contents of this project were removed: nothing can be released any more.")
        )
    if not has_settled(session, project_id):
        raise Conflict("release.nothing", _("No unit is settled yet."))
    lots, told = lots_of(session, project_id), in_spite.strip()
    is_held = any(lot.state is not LotState.ACCEPTED for lot in lots)
    if is_held:
        _ensure_in_spite(session, actor, project_id, told)
    before = session.scalar(select(func.max(Release.version)).where(Release.project_id == project_id)) or 0
    release = Release(
        id=ids.new_id(), org_id=project.org_id, vendor_org_id=project.vendor_org_id, project_id=project.id,
        version=before + 1, state=ReleaseState.BUILDING.value, files=[], report={}, asked_at=now_of(session),
        lots=told_of(lots), in_spite=told if is_held else "",
        asked_by=actor.account_id,
    )  # fmt: skip
    session.add(release)
    session.flush()
    # Built in the client's name: leaving gold out takes reading it, which a vendor never may.
    job = REGISTRY["marketplace.build_release"]
    release.job_id = enqueue(session, job, actor=actor, org_id=project.org_id, release_id=release.id)
    audit.record(
        session, actor, "release.ordered", "release", release.id, org_id=project.org_id,
        details={"project": project.id, "version": release.version, "lots": release.lots, "in_spite": release.in_spite},
    )  # fmt: skip
    return _view(session, release.id)


def _ensure_in_spite(session: Session, actor: Actor, project_id: str, told: str) -> None:
    if not told:
        told_lots = lots_told(session, project_id)
        if any(lot.state is LotState.REWORK for lot in told_lots):
            message = _(
                "This lot is being done again. Its release waits for that and for its next sample, or for the client's"
                " word with a reason."
            )
            raise Conflict("release.sample", message, lots=told_of(told_lots))
        message = _(
            "The sample of this lot is not accepted: have it drawn and reviewed, or let the client release it in spite"
            " of that, with a reason."
        )
        raise Conflict("release.sample", message, lots=told_of(told_lots))
    project_for(session, actor, project_id, Action.RELEASE_DECIDE)
    if len(told) > LONGEST_REASON:
        fault = _("Say why in at most %(most)s letters; it stands in the report.", most=LONGEST_REASON)
        raise Invalid("release.in_spite", fault, {"in_spite": fault})


def deliver_release(
    session: Session, actor: Actor, release_id: str, *, units: int, files: Sequence[ReleaseFile],
    report: dict[str, Any], sha256: str,
) -> ReleaseView:  # fmt: skip
    """Put the built files in place, once."""
    release = session.get(Release, release_id)
    if release is None:
        raise not_found()
    require(session, actor, Action.RELEASE_BUILD, Resource("release", release.id, org_id=release.org_id))
    values = {
        "state": ReleaseState.DELIVERED.value, "units": units, "files": [file.to_json() for file in files],
        "report": report, "sha256": sha256, "built_at": now_of(session),
    }  # fmt: skip
    _move(session, release, ReleaseState.BUILDING, values)
    release.file_keys = {file.stored_name: file.key for file in files if file.key is not None}
    audit.record(
        session, actor, "release.delivered", "release", release.id, org_id=release.org_id,
        details={"version": release.version, "units": units, "sha256": sha256},
    )  # fmt: skip
    return _view(session, release.id)


def decide_release(session: Session, actor: Actor, release_id: str, *, accept: bool, reason: str = "") -> ReleaseView:
    """The client's word: accepted, which has the new units invoiced, or returned with reasons."""
    release = session.get(Release, release_id)
    if release is None:
        raise not_found()
    project_for(session, actor, release.project_id, Action.RELEASE_DECIDE)
    told = reason.strip()
    if not accept and not 0 < len(told) <= LONGEST_REASON:
        fault = _("Say what is wrong in at most %(most)s letters; the vendor reads it.", most=LONGEST_REASON)
        raise Invalid("release.reason", fault, {"reason": fault})
    state = ReleaseState.ACCEPTED if accept else ReleaseState.RETURNED
    values = {
        "state": state.value, "decided_at": now_of(session), "decided_by": actor.account_id,
        "reason": told[:LONGEST_REASON],
    }  # fmt: skip
    _move(session, release, ReleaseState.DELIVERED, values)
    if accept:
        _begin_lots(session, release)
        enqueue(session, REGISTRY["marketplace.invoice_release"], actor=actor, dedupe=release.id, release_id=release.id)
    audit.record(
        session, actor, f"release.{state.value}", "release", release.id, org_id=release.org_id,
        details={"version": release.version, "sha256": release.sha256},
    )  # fmt: skip
    return _view(session, release.id)


def _begin_lots(session: Session, release: Release) -> None:
    """What was counted of the lots that went out says nothing of the next ones."""
    session.execute(
        update(LaneProgress)
        .where(LaneProgress.project_id == release.project_id, LaneProgress.lot_rest.is_not(None))
        .values(lot_rest=None, lot_known=0, lot_since=None)
    )


def invoice_release(session: Session, actor: Actor, release_id: str) -> str | None:
    """Invoice what an accepted release brings for the first time; None where it brings nothing new. System scope:
    the number counts over all clients of the vendor, and the books are the vendor's."""
    release = session.get_one(Release, release_id)
    require(session, actor, Action.RELEASE_BUILD, Resource("release", release.id, org_id=release.org_id))
    project = session.get_one(Project, release.project_id)
    lines = [
        {"locale": line.locale, "units": line.units, "price_micros": line.price_micros}
        for line in billable_of(session, release_id)
    ]
    if release.state != ReleaseState.ACCEPTED or release.vendor_org_id is None or not lines:
        return None
    invoice = issue_invoice(
        session, actor, client_org_id=release.org_id, vendor_org_id=release.vendor_org_id,
        project_id=project.id, cause_id=release.id, lines=lines, currency=project.currency,
        memo={"project": project.name, "release": release.version},
    )  # fmt: skip
    return invoice.id


def note_download(session: Session, actor: Actor, release_id: str, name: str) -> ReleaseFile:
    """The file of this name, for somebody who may take it away; the log keeps who did."""
    release = session.get(Release, release_id)
    if release is None:
        raise not_found()
    project = project_for(session, actor, release.project_id, Action.RELEASE_DOWNLOAD)
    classification = class_within(session, project)
    rights = rights_on(session, actor.org_id, project.id)
    demands = (
        *_second_person(release, actor, classification, now_of(session)),
        *demands_on_reader(session, actor, project, classification),
    )
    resource = replace(project_resource(project, rights), classification=classification, demands=demands)
    require(session, actor, Action.RELEASE_DOWNLOAD, resource)
    file = next((ReleaseFile.from_json(each) for each in release.files if each["name"] == name), None)
    if file is None:
        raise not_found()
    if not file.stored_name:
        raise Conflict(
            "release.removed",
            _("The contents of this project were removed, and this file with them. Its manifest stays."),
        )
    file = replace(file, key=(release.file_keys or {}).get(file.stored_name))
    audit.record(
        session, actor, "release.downloaded", "release", release.id, org_id=release.org_id,
        details={"file": file.name, "sha256": file.sha256},
    )  # fmt: skip
    note_read(
        session, actor, Why.EXPORTED, unit=release.id, project=project.id, org=release.org_id,
        classification=classification,
    )  # fmt: skip
    return file


def open_release(session: Session, actor: Actor, release_id: str) -> ReleaseView:
    """Let somebody else of one's organization take the files of restricted data away, for a day."""
    release = session.get(Release, release_id)
    if release is None:
        raise not_found()
    project_for(session, actor, release.project_id, Action.RELEASE_OPEN)
    release.opened_by, release.opened_at = actor.account_id, now_of(session)
    audit.record(session, actor, "release.opened", "release", release.id, org_id=release.org_id)
    return _view(session, release.id)


def lacks_second_person(session: Session, actor: Actor, release_id: str, classification: str) -> bool:
    """Whether somebody else has to let the files out before the actor takes them; for the page that offers them."""
    release = session.get_one(Release, release_id)
    return not all(demand.met for demand in _second_person(release, actor, classification, now_of(session)))


def has_let_out(session: Session, actor: Actor, release_id: str) -> bool:
    """Whether the actor let the files out for somebody else, who may still take them."""
    release = session.get_one(Release, release_id)
    is_open = release.opened_at is not None and now_of(session) - release.opened_at < OPEN_FOR
    return is_open and release.opened_by == actor.account_id


def _second_person(release: Release, actor: Actor, classification: str, now: datetime) -> tuple[Demand, ...]:
    """Restricted data goes out by two people: one lets it out, and another takes it, within a day."""
    asked = CLASS_DEMANDS.get(classification)
    if asked is not None and asked.export is not ExportRule.SECOND_PERSON:
        return ()
    is_open = release.opened_at is not None and now - release.opened_at < OPEN_FOR
    is_another = release.opened_by is not None and release.opened_by != actor.account_id
    return (Demand(Reason.SECOND_PERSON_REQUIRED, is_open and is_another, source="release"),)


def _put_aside_broken(session: Session, project_id: str) -> None:
    """A release whose job has given up stands in nobody's way."""
    dead = select(OutboxEvent.id).where(OutboxEvent.dead_at.is_not(None))
    session.execute(
        update(Release)
        .where(
            Release.project_id == project_id, Release.state == ReleaseState.BUILDING.value, Release.job_id.in_(dead)
        )
        .values(state=ReleaseState.BROKEN.value),
        execution_options={"synchronize_session": False},
    )  # fmt: skip


def _move(session: Session, release: Release, state: ReleaseState, values: dict[str, Any]) -> None:
    moved = session.execute(
        update(Release).where(Release.id == release.id, Release.state == state.value).values(**values)
    )
    if changed_rows(moved) != 1:
        raise Conflict("release.state", _("This release was decided or built meanwhile."))
    session.refresh(release)


def _view(session: Session, release_id: str) -> ReleaseView:
    session.flush()
    view = release_of(session, release_id)
    assert view is not None
    return view
