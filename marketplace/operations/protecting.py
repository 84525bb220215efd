"""How sensitive a project and its units are, and what the client asks of whoever reads them.

A class is raised by those who run the project and lowered by the client's administrator alone, with a reason. All of it
is asked anew at each hand-out and each fetch, so that it holds from the next request on.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from i18n import Message, _
from kernel import audit
from kernel.errors import Invalid
from kernel.grants import rights_on
from kernel.guard import not_found, require
from kernel.policy import Actor
from labeling.models import ItemOriginal
from marketplace.models import Lane, Project, Unit
from marketplace.operations.classes import look_at_exams, raise_units, shorten_grant
from marketplace.operations.loading import project_for
from marketplace.operations.reads import note_original, note_read
from marketplace.policy import client_unit_resource, project_resource
from marketplace.queries.eligibility import demands_on_reader
from marketplace.queries.units import UnitView, unit_of
from marketplace.rules.protection import clean_protection
from marketplace.values.actions import Action
from marketplace.values.reads import Why
from workforce.values import CLASSES, Protection, most_sensitive, rank_of

LONGEST_REASON = 2_000


def set_protection(
    session: Session, actor: Actor, project_id: str, *, agreements: Mapping[str, int], annex: Mapping[str, int],
    countries: Sequence[str], networks: Sequence[str],
) -> Protection:  # fmt: skip
    """Set which agreements, countries and networks the classes of a project ask for; raises Invalid by field."""
    project = project_for(session, actor, project_id, Action.PROJECT_PROTECT)
    before = Protection.from_json(project.protection)
    found = clean_protection(agreements, annex, countries, networks)
    project.protection = found.to_json()
    session.flush()
    audit.record(
        session, actor, "project.protected", "project", project.id, org_id=project.org_id,
        details={"before": before.to_json(), "after": found.to_json()},
    )  # fmt: skip
    return found


def classify_project(session: Session, actor: Actor, project_id: str, *, classification: str, reason: str) -> None:
    """Make a project and its lanes more or less sensitive; units of a higher class of their own keep it."""
    project = project_for(session, actor, project_id, Action.PROJECT_PROTECT)
    told = _checked(classification, reason)
    before = project.classification
    if rank_of(classification) < rank_of(before):
        rights = rights_on(session, actor.org_id, project.id)
        require(session, actor, Action.CLASS_LOWER, project_resource(project, rights))
        _need_reason(told)
    project.classification = classification
    session.execute(
        update(Lane).where(Lane.project_id == project.id, Lane.org_id == project.org_id)
        .values(classification=classification)
    )  # fmt: skip
    shorten_grant(session, project.id, classification)
    if rank_of(classification) > rank_of(before):
        look_at_exams(session, actor, project.id)
    session.flush()
    audit.record(
        session, actor, "project.classified", "project", project.id, org_id=project.org_id,
        details={"before": before, "after": classification}, words=told,
    )  # fmt: skip


def classify_unit(session: Session, actor: Actor, unit_id: str, *, classification: str, reason: str) -> UnitView:
    """Make one unit more sensitive than its lane, or, back to what its lane is, no longer so."""
    unit = session.scalars(select(Unit).where(Unit.id == unit_id).with_for_update()).one_or_none()
    lane = session.get(Lane, unit.lane_id) if unit else None
    if unit is None or lane is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, unit.project_id)
    resource = client_unit_resource(unit, rights)
    require(session, actor, Action.UNIT_CLASSIFY, resource)
    told, before = _checked(classification, reason), most_sensitive(lane.classification, unit.classification)
    if rank_of(classification) < rank_of(lane.classification):
        fault = _("A unit is never less sensitive than its project. Lower the project instead.")
        raise Invalid("class.below_project", fault, {"classification": fault})
    if rank_of(classification) < rank_of(before):
        require(session, actor, Action.CLASS_LOWER, resource)
        _need_reason(told)
    raise_units(session, [unit.id], classification if classification != lane.classification else None)
    shorten_grant(session, unit.project_id, classification)
    if rank_of(classification) > rank_of(before):
        look_at_exams(session, actor, unit.project_id)
    session.refresh(unit)
    audit.record(
        session, actor, "unit.classified", "unit", unit.id, org_id=unit.org_id,
        details={"before": before, "after": classification}, words=told,
    )  # fmt: skip
    return _view(session, unit.id)


def open_unit(session: Session, actor: Actor, unit_id: str, action: Action) -> tuple[Unit, Project, UnitView]:
    """A unit, its project and its content, where the actor may do this to it and meets what its class asks."""
    unit = session.get(Unit, unit_id)
    project = session.get(Project, unit.project_id) if unit else None
    if unit is None or project is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, unit.project_id)
    view = _view(session, unit.id)
    demands = demands_on_reader(session, actor, project, view.classification)
    require(session, actor, action, client_unit_resource(unit, rights, demands))
    return unit, project, view


def see_unit(session: Session, actor: Actor, unit_id: str) -> UnitView:
    """A unit with its content, for those of the client who may read it; the reading is noted where its class asks."""
    unit, project, view = open_unit(session, actor, unit_id, Action.UNIT_READ)
    note_read(
        session, actor, Why.LOOKED_AT, unit=unit.id, project=project.id, org=unit.org_id,
        classification=view.classification,
    )  # fmt: skip
    return view


def see_original(session: Session, actor: Actor, unit_id: str, *, why: str) -> tuple[UnitView, dict[str, Any]]:
    """A unit with what it said before its personal data was masked. Always noted, whatever its class, with the
    reason."""
    unit, project, view = open_unit(session, actor, unit_id, Action.UNIT_ORIGINAL)
    original = session.get(ItemOriginal, unit.item_id)
    if original is None:
        raise not_found()
    told = why.strip()
    if not told or len(told) > LONGEST_REASON or "\0" in told:
        fault = _("Say why in at most %(most)s letters.", most=LONGEST_REASON)
        raise Invalid("original.why", fault, {"why": fault})
    note_original(
        session, actor, unit=unit.id, project=project.id, org=unit.org_id, classification=view.classification,
        reason=told,
    )  # fmt: skip
    return view, json.loads(original.content)


def _view(session: Session, unit_id: str) -> UnitView:
    session.flush()
    found = unit_of(session, unit_id)
    if found is None:
        raise not_found()
    return found


def _checked(classification: str, reason: str) -> str:
    if classification not in CLASSES:
        fault = _("Choose one of the values offered.")
        raise Invalid("class.unknown", fault, {"classification": fault})
    told = reason.strip()
    if len(told) > LONGEST_REASON or "\0" in told:
        raise _reason_fault(_("Say why in at most %(most)s letters.", most=LONGEST_REASON))
    return told


def _need_reason(told: str) -> None:
    if not told:
        raise _reason_fault(_("Say why it may be less protected; the log keeps it."))


def _reason_fault(fault: Message) -> Invalid:
    return Invalid("class.reason", fault, {"reason": fault})
