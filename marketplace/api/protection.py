"""The API of classification: what a project asks of readers, its class, its units and theirs."""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from calibration.reach import with_gold
from kernel.grants import rights_on
from kernel.guard import not_found, require
from kernel.policy import Actor
from labeling.links import for_api
from marketplace.api import api
from marketplace.api.requests import DoneOut
from marketplace.api.terms import ClassificationName
from marketplace.models import Project
from marketplace.operations import cancelling, protecting
from marketplace.passes import unit_pass
from marketplace.policy import project_resource
from marketplace.queries.units import UnitView, units_of_project
from marketplace.values.actions import Action
from marketplace.values.work import UNIT_STATES
from web.forms import InModel, OutModel, PageQuery
from workforce.values import CLASSES, Protection

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ProtectionIn(InModel):
    """What readers must have signed, by code and version, and where they must be."""

    agreements: dict[str, int] = Field(default_factory=dict, max_length=50)
    annex: dict[str, int] = Field(
        default_factory=dict, max_length=50, description="Asked for health data, beside the others."
    )
    countries: list[str] = Field(default_factory=list, max_length=250)
    networks: list[str] = Field(default_factory=list, max_length=250, description="In CIDR form.")


class ProtectionOut(OutModel):
    """The same, as it holds."""

    classification: ClassificationName
    agreements: dict[str, int]
    annex: dict[str, int]
    countries: list[str]
    networks: list[str]


class ClassIn(InModel):
    """A class, and why; lowering it needs a reason."""

    classification: ClassificationName
    reason: str = Field(default="", max_length=2000)


class UnitQuery(PageQuery):
    """Which units."""

    classification: str = Field(default="", pattern=f"^({'|'.join(CLASSES)})?$")
    state: str = Field(default="", pattern=f"^({'|'.join(UNIT_STATES)})?$")
    reference: str = Field(default="", max_length=200, description="What your file called it.")


class UnitRowOut(OutModel):
    """A unit in a list, without its content."""

    id: str
    reference: str | None
    locale: str
    classification: ClassificationName
    is_raised: bool
    is_cancelled: bool


class UnitsPageOut(OutModel):
    """A page of units; `next_after` asks for the next one."""

    items: list[UnitRowOut]
    next_after: str | None


class WhyIn(InModel):
    """Why the original is needed."""

    why: str = Field(min_length=1, max_length=2_000)


class CancelIn(InModel):
    """Why the unit is taken out."""

    reason: str = Field(min_length=1, max_length=2_000)


class UnitOut(OutModel):
    """A unit with its content."""

    id: str
    project_id: str
    lane_id: str
    reference: str | None
    locale: str
    task_type: str
    classification: ClassificationName
    content: dict[str, Any]
    is_masked: bool
    is_cancelled: bool


@api.get("/projects/<project_id>/protection", returns=ProtectionOut)
def protection(session: "Session", actor: Actor, project_id: str) -> ProtectionOut:
    """What a project asks of its readers."""
    return _protection(readable_project(session, actor, project_id))


@api.put("/projects/<project_id>/protection", body=ProtectionIn, returns=ProtectionOut)
def set_protection(session: "Session", actor: Actor, project_id: str, body: ProtectionIn) -> ProtectionOut:
    """Set what a project asks of its readers; it holds from their next request on."""
    protecting.set_protection(session, actor, project_id, **body.model_dump())
    return _protection(readable_project(session, actor, project_id))


@api.put("/projects/<project_id>/classification", body=ClassIn, returns=DoneOut)
def classify_project(session: "Session", actor: Actor, project_id: str, body: ClassIn) -> DoneOut:
    """Make a project more sensitive or, as the client's administrator and with a reason, less so."""
    protecting.classify_project(session, actor, project_id, classification=body.classification, reason=body.reason)
    return DoneOut()


@api.get("/projects/<project_id>/units", query=UnitQuery, returns=UnitsPageOut)
def units(session: "Session", actor: Actor, project_id: str, query: UnitQuery) -> UnitsPageOut:
    """The units of a project, by id and without content."""
    project = readable_project(session, actor, project_id, Action.UNIT_READ)
    rows, after = units_of_project(
        session, project.id, classification=query.classification, state=query.state, reference=query.reference,
        after=query.after, limit=query.limit,
    )  # fmt: skip
    return UnitsPageOut(items=[UnitRowOut.model_validate(row) for row in rows], next_after=after)


@api.get("/units/<unit_id>", returns=UnitOut)
def unit(session: "Session", actor: Actor, unit_id: str) -> UnitOut:
    """A unit with its content; of restricted data the reading is noted."""
    found = protecting.see_unit(session, actor, unit_id)
    return _unit_out(found, found.content)


@api.post("/units/<unit_id>/original", body=WhyIn, returns=UnitOut)
def original(session: "Session", actor: Actor, unit_id: str, body: WhyIn) -> UnitOut:
    """A unit with what it said before its personal data was masked; the reading is noted with its reason."""
    found, content = protecting.see_original(session, actor, unit_id, why=body.why)
    return _unit_out(found, content)


def _unit_out(found: UnitView, content: dict[str, Any]) -> UnitOut:
    told = {name: getattr(found, name) for name in UnitOut.model_fields}
    return UnitOut(**told | {"content": for_api(content, unit_pass(found))})


@api.put("/units/<unit_id>/classification", body=ClassIn, returns=UnitRowOut)
def classify_unit(session: "Session", actor: Actor, unit_id: str, body: ClassIn) -> UnitRowOut:
    """Raise one unit above its project, or take that back."""
    found = protecting.classify_unit(session, actor, unit_id, classification=body.classification, reason=body.reason)
    return UnitRowOut(
        id=found.id, reference=found.reference, locale=found.locale, classification=found.classification,
        is_raised=found.classification != found.lane_class, is_cancelled=found.is_cancelled,
    )  # fmt: skip


@api.post("/units/<unit_id>/cancellation", body=CancelIn, returns=DoneOut, scope=with_gold)
def cancel_unit(session: "Session", actor: Actor, unit_id: str, body: CancelIn) -> DoneOut:
    """Take one unit out of the work for good; what was answered stays and is paid. One that is settled stays: 409."""
    cancelling.cancel_unit(session, actor, unit_id, reason=body.reason)
    return DoneOut()


def readable_project(session: "Session", actor: Actor, project_id: str, action: str = Action.PROJECT_READ) -> Project:
    """The project, if the actor may do this to it."""
    project = session.get(Project, project_id)
    if project is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, project.id)
    require(session, actor, action, project_resource(project, rights))
    return project


def _protection(project: Project) -> ProtectionOut:
    return ProtectionOut(classification=project.classification, **Protection.from_json(project.protection).to_json())
