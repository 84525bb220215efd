"""The API of projects: lanes, label schemas, guidelines, rights, and small batches of units."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from i18n import render
from kernel.guard import not_found
from kernel.policy import Actor
from kernel.tenancy import Scope
from marketplace.api import api
from marketplace.api.requests import DoneOut
from marketplace.api.terms import ClassificationName, LaneState, PersonalChoiceName, ProjectState, TaskTypeName
from marketplace.operations import assurance, keeping, ontologies, projects, units
from marketplace.operations import requests as request_operations
from marketplace.queries import projects as queries
from marketplace.rules.assurance import Assurance
from marketplace.values.imports import UnitIn
from marketplace.values.keeping import Hold
from marketplace.values.requests import ProjectView
from web import limits
from web.forms import InModel, OutModel, PageQuery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ProjectRowOut(OutModel):
    """A project in a list."""

    id: str
    name: str
    state: ProjectState
    client_name: str
    vendor_name: str
    task_type: TaskTypeName
    classification: ClassificationName
    currency: str
    created_at: datetime


class ProjectsOut(OutModel):
    """A page of projects; `next_after` asks for the next one."""

    items: list[ProjectRowOut]
    next_after: str | None


class LaneOut(OutModel):
    """A lane with its counts."""

    id: str
    project_id: str
    locale: str
    state: LaneState
    task_type: TaskTypeName
    classification: ClassificationName
    overlap: int
    quality_target: float
    volume: int
    price_micros: int
    price: str
    currency: str
    deadline_at: datetime | None
    ontology_id: str | None
    guideline_id: str | None
    proficiency: str
    modes: tuple[str, ...]
    distance_most: int
    also: tuple[str, ...]
    overlap_least: int | None
    overlap_target: float | None
    lot_limit: float | None
    lot_allowed: int
    units: int
    open_units: int
    in_review: int
    cancelled: int
    settled: int
    answered: int


class VersionOut(OutModel):
    """A version of a label schema or a guideline."""

    id: str
    version: int
    changelog: str
    published_at: datetime
    locales: tuple[str, ...]
    body: dict[str, Any]


class ProjectOut(OutModel):
    """A project in full."""

    project: ProjectRowOut
    about: str
    request_id: str | None
    lanes: list[LaneOut]
    ontologies: list[VersionOut]
    guidelines: list[VersionOut]
    rights: list[str]


class OntologyIn(InModel):
    """The next version of a label schema."""

    body: dict[str, Any]
    changelog: str = ""


class GuidelineIn(InModel):
    """The next version of a guideline, one text for each locale."""

    texts: dict[str, str]
    changelog: str = ""


class RightsIn(InModel):
    """What the vendor may do."""

    rights: list[str]


class KeepingIn(InModel):
    """How many days after its end a project's content stays."""

    days: int


class KeptOut(OutModel):
    """How long a project's content is kept, when the last of it was removed, and what it is still needed for."""

    days: int
    until: datetime | None
    removed_at: datetime | None
    held_by: list[Hold]


class OpenIn(InModel):
    """How a lane is opened."""

    without_test: bool = False


class LaneLanguagesIn(InModel):
    """Whom a lane takes by language: A1 to C2 or native; read, write, listen, speak; 0 is exactly the lane's locale."""

    proficiency: str = Field(default="native", max_length=6)
    modes: list[str] = Field(min_length=1, max_length=4)
    distance_most: int = 0
    also: list[str] = Field(default_factory=list, max_length=10)


class DistanceOut(OutModel):
    """How many people are taken where varieties may lie so far."""

    distance: int
    people: int


class VarietyOut(OutModel):
    """A locale that people claim: how many have it proven as asked, whether it is taken, and why (not)."""

    locale: str
    people: int
    is_taken: bool
    why: str


class TakersOut(OutModel):
    """Counts of the vendor's active people. `missing_modes`: nobody who fits is proven in them."""

    people: int
    by_distance: list[DistanceOut]
    varieties: list[VarietyOut]
    missing_modes: list[str]


class AssuranceIn(InModel):
    """How sure labels have to be. Without `overlap_least` and `overlap_target` each unit gets all answers agreed;
    without `lot_limit` nothing is sampled before a release."""

    overlap_least: int | None = None
    overlap_target: float | None = Field(default=None, allow_inf_nan=False)
    lot_limit: float | None = Field(default=None, allow_inf_nan=False)
    lot_allowed: int = 0


class OneUnitIn(InModel):
    """A unit: content as its task type shows it, and the client's own id for it."""

    id: str | None = None
    content: dict[str, Any]
    classification: str | None = None


class UnitsIn(InModel):
    """Up to a thousand units."""

    units: list[OneUnitIn] = Field(max_length=1000)
    personal: PersonalChoiceName | None = None


class AddedOut(OutModel):
    """The units in the order they were sent; null where the content is in the project, but not as a unit."""

    unit_ids: tuple[str | None, ...]
    new: int


@api.get("/projects", query=PageQuery, returns=ProjectsOut)
def project_list(session: "Session", actor: Actor, query: PageQuery) -> ProjectsOut:
    """List projects, newest first."""
    rows, after = queries.find_projects(session, after=query.after, limit=query.limit)
    return ProjectsOut(items=[_row_out(row) for row in rows], next_after=after)


@api.get("/projects/<project_id>", returns=ProjectOut)
def project(session: "Session", actor: Actor, project_id: str) -> ProjectOut:
    """A project with its lanes and versions."""
    found = queries.project_of(session, project_id)
    if found is None:
        raise not_found()
    return _project_out(found)


@api.post("/projects/<project_id>/ontologies", body=OntologyIn, returns=VersionOut, creates=True)
def publish_ontology(session: "Session", actor: Actor, project_id: str, body: OntologyIn) -> Any:
    """Publish the next version of the label schema."""
    return ontologies.publish_ontology(session, actor, project_id, body.body, changelog=body.changelog)


@api.post("/projects/<project_id>/guidelines", body=GuidelineIn, returns=VersionOut, creates=True)
def publish_guideline(session: "Session", actor: Actor, project_id: str, body: GuidelineIn) -> Any:
    """Publish the next version of the guideline."""
    return ontologies.publish_guideline(session, actor, project_id, body.texts, changelog=body.changelog)


@api.put("/projects/<project_id>/rights", body=RightsIn, returns=DoneOut)
def set_rights(session: "Session", actor: Actor, project_id: str, body: RightsIn) -> DoneOut:
    """Set what the vendor may do."""
    request_operations.set_rights(session, actor, project_id, body.rights)
    return DoneOut()


@api.post("/projects/<project_id>/grant/revocation", returns=DoneOut)
def revoke_grant(session: "Session", actor: Actor, project_id: str) -> DoneOut:
    """End the vendor's access at once; what its people had typed is kept as late, and paid."""
    request_operations.revoke_grant(session, actor, project_id)
    return DoneOut()


@api.post("/projects/<project_id>/grant", body=RightsIn, returns=DoneOut)
def renew_grant(session: "Session", actor: Actor, project_id: str, body: RightsIn) -> DoneOut:
    """Give the vendor access again after it was ended or ran out, with these rights"""
    request_operations.renew_grant(session, actor, project_id, body.rights)
    return DoneOut()


@api.post("/projects/<project_id>/finish", returns=DoneOut)
def finish_project(session: "Session", actor: Actor, project_id: str) -> DoneOut:
    """End a project: nothing more goes out, and what is in somebody's hands can still be answered."""
    projects.finish_project(session, actor, project_id)
    return DoneOut()


@api.get("/projects/<project_id>/keeping", returns=KeptOut, scope=lambda: Scope.system("what holds content back"))
def project_keeping(session: "Session", actor: Actor, project_id: str) -> Any:
    """How long a project's content stays, and what holds it back."""
    return keeping.see_keeping(session, actor, project_id)


@api.put("/projects/<project_id>/keeping", body=KeepingIn, returns=KeptOut)
def keep_content(session: "Session", actor: Actor, project_id: str, body: KeepingIn) -> Any:
    """Say how many days after its end a project's content stays."""
    return keeping.keep_content(session, actor, project_id, body.days)


@api.post("/projects/<project_id>/content/removal", returns=KeptOut)
def remove_content(session: "Session", actor: Actor, project_id: str) -> Any:
    """Let the content of a project that has ended go now; the hourly job takes it once nobody needs it any more."""
    return keeping.remove_content(session, actor, project_id)


@api.post("/lanes/<lane_id>/open", body=OpenIn, returns=LaneOut, scope=lambda: Scope.system("opening a lane"))
def open_lane(session: "Session", actor: Actor, lane_id: str, body: OpenIn) -> Any:
    """Open a lane; a 409 names everything that is missing."""
    return projects.open_lane(session, actor, lane_id, without_test=body.without_test)


@api.post("/lanes/<lane_id>/pause", returns=LaneOut)
def pause_lane(session: "Session", actor: Actor, lane_id: str) -> Any:
    """Pause a lane."""
    return projects.pause_lane(session, actor, lane_id)


@api.put("/lanes/<lane_id>/languages", body=LaneLanguagesIn, returns=LaneOut)
def set_lane_languages(session: "Session", actor: Actor, lane_id: str, body: LaneLanguagesIn) -> Any:
    """Say whom a lane takes by language; it holds from everybody's next step on."""
    return projects.set_lane_languages(session, actor, lane_id, **body.model_dump())


@api.post("/lanes/<lane_id>/languages/preview", body=LaneLanguagesIn, returns=TakersOut,
          scope=lambda: Scope.system("how many people a lane's languages take"))  # fmt: skip
def preview_lane_languages(session: "Session", actor: Actor, lane_id: str, body: LaneLanguagesIn) -> TakersOut:
    """How many proven people of the vendor each choice of languages takes; nothing is changed."""
    found = projects.preview_lane_languages(session, actor, lane_id, **body.model_dump())
    return TakersOut(
        people=found.people, missing_modes=list(found.missing_modes),
        by_distance=[DistanceOut(distance=distance, people=people) for distance, people in found.by_distance],
        varieties=[
            VarietyOut(locale=one.locale, people=one.people, is_taken=one.is_taken, why=render(one.why))
            for one in found.varieties
        ],
    )  # fmt: skip


@api.put("/lanes/<lane_id>/assurance", body=AssuranceIn, returns=LaneOut)
def set_lane_assurance(session: "Session", actor: Actor, lane_id: str, body: AssuranceIn) -> Any:
    """Say how many answers a unit gets, and by which sample lots are released; units that nobody has met follow it."""
    assurance.set_assurance(session, actor, lane_id, Assurance(**body.model_dump()))
    return queries.lane_of(session, lane_id)


@api.post("/lanes/<lane_id>/units", body=UnitsIn, returns=AddedOut, creates=True, before=limits.spends("units"))
def add_units(session: "Session", actor: Actor, lane_id: str, body: UnitsIn) -> Any:
    """Add units; content that is a unit already keeps the unit it has."""
    drafts = [UnitIn(each.content, each.id, each.classification) for each in body.units]
    return units.add_units(session, actor, lane_id, drafts, personal=body.personal)


def _row_out(row: Any) -> ProjectRowOut:
    return ProjectRowOut(**{name: getattr(row, name) for name in ProjectRowOut.model_fields})


def _project_out(found: ProjectView) -> ProjectOut:
    return ProjectOut(
        project=_row_out(found.row), about=found.about, request_id=found.request_id,
        lanes=[LaneOut.model_validate(lane) for lane in found.lanes],
        ontologies=[VersionOut.model_validate(each) for each in found.ontologies],
        guidelines=[VersionOut.model_validate(each) for each in found.guidelines], rights=list(found.rights),
    )  # fmt: skip
