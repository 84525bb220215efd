"""The API of running the installation: the log and its verification, jobs under way, dead letters, organizations."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from flask import Response, send_file
from pydantic import Field

from admin.jobs import ask_copy, ask_verification
from admin.operations import dead_letters
from admin.operations.founding import found_organization
from admin.operations.own_data import open_copy
from admin.policy import Action, chain_resource, reads_every_chain
from admin.queries import events, machinery
from admin.queries.retention import report
from admin.values import EventFilter
from i18n import current_locale
from kernel import jobs
from kernel.audit import INSTALLATION
from kernel.guard import not_found, require
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current
from web.api import Api, Result
from web.forms import InModel, OutModel, PageQuery, values_of
from workforce.confirming import role_offer_address
from workforce.operations import own_data as own_data_operations
from workforce.policy import Action as PeopleAction
from workforce.queries import organizations as organizations_by_name
from workforce.queries.own_data import data_requests_of
from workforce.values import OrgKind
from workforce.values.own_data import DataKind, DataState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

api = Api("admin", __name__)

DataKindName = Annotated[str, values_of(DataKind)]
DataStateName = Annotated[str, values_of(DataState)]


def every_tenant() -> Scope:
    """Dead letters and organizations are the installation's; the operations ask for permission themselves."""
    return Scope.system("running the installation")


class EventsQuery(PageQuery):
    """Which events: those of one's own organization; who reads them all names a chain, or has every one."""

    chain: str | None = Field(default=None, max_length=32)
    action: str = Field(default="", max_length=64)
    object_type: str = Field(default="", max_length=40)
    object_ref: str = Field(default="", max_length=64)
    actor: str = Field(default="", max_length=64)
    since: datetime | None = None
    until: datetime | None = None


class EventOut(OutModel):
    """One event, with its place and hash once it is linked."""

    id: str
    chain: str
    seq: int | None
    at: datetime
    actor_ref: str | None
    actor: str
    action: str
    object_type: str
    object_ref: str | None
    outcome: str
    reasons: list[str]
    request_id: str | None
    details: dict[str, Any]
    hash: str | None
    is_withheld: bool  # who did it is not told to those who may be asked to answer an appeal about it


class EventsOut(OutModel):
    """A page of events, newest first."""

    items: list[EventOut]
    next_after: str | None


class VerificationIn(InModel):
    """Which chain to verify; none stands for one's own organization's, or for all to whom they are open."""

    chain: str | None = Field(default=None, max_length=32)


class JobRef(OutModel):
    """A job that was asked for; `GET /api/v1/jobs/{job_id}` tells how it stands."""

    job_id: str


class JobOut(OutModel):
    """How a job stands."""

    id: str
    job: str
    state: str
    done: int
    total: int | None
    result: dict[str, Any]


class DeadJobOut(OutModel):
    """A job that failed for good."""

    id: str
    job: str
    queue: str
    org_id: str | None
    args: dict[str, Any]
    attempts: int
    created_at: datetime
    dead_at: datetime
    last_error: str


class DeadJobsOut(OutModel):
    """A page of dead letters."""

    items: list[DeadJobOut]
    next_after: str | None


class FailingJobOut(OutModel):
    """A job that has failed more than once and is tried again."""

    id: str
    job: str
    attempts: int
    since: datetime
    next_at: datetime
    error: str


class FailingJobsOut(OutModel):
    """The oldest of them, and how many there are in all."""

    items: list[FailingJobOut]
    count: int


class OrganizationIn(InModel):
    """A new organization and whoever will run it: by a letter, or at once with a name and a password."""

    kind: OrgKind
    name: str = Field(min_length=1, max_length=120)
    email: str = Field(min_length=3, max_length=254)
    person: str = Field(default="", max_length=120)
    password: str | None = Field(default=None, max_length=1024)
    country: str | None = Field(default=None, max_length=2)
    currency: str = Field(default="USD", min_length=3, max_length=3)


class OrganizationOut(OutModel):
    """An organization."""

    id: str
    kind: OrgKind
    name: str
    country: str | None
    currency: str
    created_at: datetime


class OrganizationsOut(OutModel):
    """A page of organizations."""

    items: list[OrganizationOut]
    next_after: str | None


class FoundedOut(OutModel):
    """What was founded; no account yet where a letter offers the role. No answer of the API carries a password."""

    org_id: str
    org_name: str
    account_id: str | None
    email: str
    role: str


@api.get("/audit", query=EventsQuery, returns=EventsOut)
def audit_events(session: "Session", actor: Actor, query: EventsQuery) -> dict[str, Any]:
    """Events of the audit log, newest first."""
    chain = _chain(actor, query.chain)
    require(session, actor, Action.AUDIT_READ, chain_resource(chain))
    wanted = EventFilter(
        chain, query.action, query.object_type, query.object_ref, query.actor, _aware(query.since), _aware(query.until)
    )
    names_of = None if reads_every_chain(actor) else actor.org_id
    rows, after = events.events(
        session,
        wanted,
        names_of=names_of,
        is_blind=current.may(PeopleAction.APPEAL_DECIDE),
        after=query.after,
        limit=query.limit,
    )
    return {"items": [vars(row) for row in rows], "next_after": after}


@api.post("/audit/verification", body=VerificationIn, returns=JobRef, status=202)
def verify_audit(session: "Session", actor: Actor, body: VerificationIn) -> Result:
    """Verify a chain of the audit log, or all, in the background."""
    return Result({"job_id": ask_verification(session, actor, _chain(actor, body.chain))}, 202)


@api.get("/jobs/<job_id>", returns=JobOut)
def job(session: "Session", actor: Actor, job_id: str) -> dict[str, Any]:
    """How a job of one's organization stands."""
    progress = jobs.progress(session, job_id)
    if progress is None:
        raise not_found()
    return {name: getattr(progress, name) for name in JobOut.model_fields}


@api.get("/admin/jobs", query=PageQuery, returns=DeadJobsOut, scope=every_tenant)
def dead_jobs(session: "Session", actor: Actor, query: PageQuery) -> dict[str, Any]:
    """Jobs that failed for good."""
    require(session, actor, Action.JOB_READ)
    rows, after = machinery.dead_jobs(session, after=query.after, limit=query.limit)
    return {"items": [vars(row) for row in rows], "next_after": after}


@api.get("/admin/jobs/failing", returns=FailingJobsOut, scope=every_tenant)
def failing_jobs(session: "Session", actor: Actor) -> FailingJobsOut:
    """Jobs that have failed more than once and are tried again, the oldest first."""
    require(session, actor, Action.JOB_READ)
    found = machinery.health(session)
    return FailingJobsOut(
        items=[FailingJobOut.model_validate(each) for each in found.failing], count=found.failing_jobs
    )


@api.post("/admin/jobs/<job_id>/retry", returns=DeadJobOut, scope=every_tenant)
def retry_job(session: "Session", actor: Actor, job_id: str) -> dict[str, Any]:
    """Try a dead job again from now."""
    return vars(dead_letters.retry_job(session, actor, job_id))


@api.post("/admin/jobs/<job_id>/discard", returns=DeadJobOut, scope=every_tenant)
def discard_job(session: "Session", actor: Actor, job_id: str) -> dict[str, Any]:
    """Give a dead job up."""
    return vars(dead_letters.discard_job(session, actor, job_id))


@api.get("/admin/organizations", query=PageQuery, returns=OrganizationsOut, scope=every_tenant)
def organizations(session: "Session", actor: Actor, query: PageQuery) -> OrganizationsOut:
    """All organizations, by name."""
    rows, after = organizations_by_name(session, after=query.after, limit=query.limit)
    return OrganizationsOut(items=[OrganizationOut.model_validate(row) for row in rows], next_after=after)


@api.post("/admin/organizations", body=OrganizationIn, returns=FoundedOut, creates=True, scope=every_tenant)
def create_organization(session: "Session", actor: Actor, body: OrganizationIn) -> dict[str, Any]:
    """Found an organization. A letter offers the role that runs it; with `password`, the account is made at once."""
    founded = found_organization(
        session, actor, kind=body.kind, name=body.name, email=body.email, person=body.person,
        country=body.country, currency=body.currency, password=body.password,
        locale=current_locale(), address_of=role_offer_address,
    )  # fmt: skip
    return {name: getattr(founded, name) for name in FoundedOut.model_fields}


def _chain(actor: Actor, wanted: str | None) -> str | None:
    """A chain that is named is asked for as it is, and refused where it is not the actor's."""
    return wanted if reads_every_chain(actor) else wanted or actor.org_id or INSTALLATION


def _aware(when: datetime | None) -> datetime | None:
    """A time without a zone is told in UTC."""
    return when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when


class DataRequestOut(OutModel):
    """What somebody asked of their data."""

    id: str
    kind: DataKindName
    state: DataStateName
    asked_at: datetime
    due_at: datetime
    done_at: datetime | None
    held_up_by: str
    size: int
    sha256: str | None


class DataRequestsOut(OutModel):
    """The latest fifty, newest first."""

    items: list[DataRequestOut]


class DueOut(OutModel):
    """What a rule of retention takes now (counted up to a hundred thousand), and when it takes the next."""

    code: str
    days: int
    count: int
    next_at: datetime | None


class RetentionOut(OutModel):
    """Every rule of retention."""

    items: list[DueOut]


@api.get("/me/data", returns=DataRequestsOut, scope=every_tenant)
def own_data(session: "Session", actor: Actor) -> DataRequestsOut:
    """What you asked of your data."""
    rows = data_requests_of(session, actor.account_id or "")
    return DataRequestsOut(items=[DataRequestOut.model_validate(row) for row in rows])


@api.post("/me/data/copy", returns=DataRequestOut, creates=True, scope=every_tenant)
def ask_own_copy(session: "Session", actor: Actor) -> DataRequestOut:
    """Ask for a copy of everything that is held about you."""
    return DataRequestOut.model_validate(ask_copy(session, actor, actor.account_id or ""))


@api.post("/me/data/erasure", returns=DataRequestOut, creates=True, scope=every_tenant)
def ask_erasure(session: "Session", actor: Actor) -> DataRequestOut:
    """Ask to be erased; it is carried after the waiting time."""
    return DataRequestOut.model_validate(
        own_data_operations.ask_data(session, actor, actor.account_id or "", DataKind.ERASURE)
    )


@api.post("/me/data/<data_request_id>/cancel", returns=DataRequestOut, scope=every_tenant)
def cancel_erasure(session: "Session", actor: Actor, data_request_id: str) -> DataRequestOut:
    """Take the asking for an erasure back."""
    return DataRequestOut.model_validate(own_data_operations.cancel_erasure(session, actor, data_request_id))


@api.post(
    "/me/data/<data_request_id>/file", returns=None, produces=("application/zip",), scope=every_tenant, is_kept=False
)  # fmt: skip
def take_copy(session: "Session", actor: Actor, data_request_id: str) -> Response:
    """Take the file with your data, once."""
    return send_file(
        open_copy(session, actor, data_request_id), mimetype="application/zip", as_attachment=True,
        download_name="my-data.zip", etag=False, max_age=0,
    )  # fmt: skip


@api.get("/retention", returns=RetentionOut, scope=every_tenant)
def retention(session: "Session", actor: Actor) -> RetentionOut:
    """What is removed next, and when; nothing is changed by asking."""
    require(session, actor, Action.RETENTION_READ)
    return RetentionOut(
        items=[DueOut(code=due.rule.code, days=due.rule.days, count=due.count, next_at=due.next_at)
               for due in report(session)]
    )  # fmt: skip
