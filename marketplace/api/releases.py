"""The API of releases: ordering, reading, deciding, and taking files away."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from flask import Response, send_file
from pydantic import Field

from kernel import db
from kernel.guard import not_found
from kernel.policy import Actor
from kernel.sealed_files import open_sealed
from marketplace.api import api
from marketplace.api.terms import ReleaseState
from marketplace.models import Release
from marketplace.operations import assurance, rework
from marketplace.operations import releases as operations
from marketplace.queries import projects as project_queries
from marketplace.queries import releases as queries
from marketplace.queries.corrections import corrections_of
from marketplace.queries.lots import offers_in, told_of
from marketplace.rules.assurance import Lot, LotState, ReworkKind
from marketplace.values.releases import MIME, ReleaseView
from web import current, limits
from web.forms import InModel, OutModel, PageQuery, values_of

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
    corrected: int


class ReleasesOut(OutModel):
    """A page of releases, newest first."""

    items: list[ReleaseOut]
    next_after: str | None


class CorrectionOut(OutModel):
    """A delivered label that was corrected: its class before and now, null where answers form no closed set.

    `client_ref` is empty for the vendor.
    """

    unit_id: str
    client_ref: str
    locale: str
    before: str | None
    after: str | None
    cause: Annotated[str, values_of(("consensus", "review", "objection"))]
    at: datetime
    carried_by: int | None


class CorrectionsOut(OutModel):
    """A page of corrections, newest first."""

    items: list[CorrectionOut]
    next_after: str | None


class InSpiteIn(InModel):
    """Why the client has a lot released whose sample is not accepted."""

    reason: str = Field(min_length=1, max_length=4_000)


class ReworkIn(InModel):
    """How a rejected lot is done again, and why; both sides read it."""

    kind: Annotated[str, values_of(ReworkKind)]
    reason: str = Field(min_length=1, max_length=4_000)


class ReworkOfferOut(OutModel):
    """A way in which a rejected lot may be done again, with the most answers or reviews that it takes."""

    kind: Annotated[str, values_of(ReworkKind)]
    units: int
    micros: int | None
    currency: str | None


class LotOut(OutModel):
    """What waits to be released in a lane with a plan, and what came of its sample."""

    lane_id: str
    locale: str
    limit: float
    allowed: int
    units: int
    needed: int
    asked: int
    checked: int
    wrong: int
    state: Annotated[str, values_of(LotState)]
    reworks: int
    rework_kind: Annotated[str, values_of(("", *ReworkKind))]
    rework_left: int
    rework_reason: str
    offers: list[ReworkOfferOut] = Field(default_factory=list)


class LotsOut(OutModel):
    """The lots of a project's lanes with a plan."""

    items: list[LotOut]


class ReleaseDecisionIn(InModel):
    """The client's word."""

    accept: bool
    reason: str = ""


@api.get("/projects/<project_id>/releases", query=PageQuery, returns=ReleasesOut)
def release_list(session: "Session", actor: Actor, project_id: str, query: PageQuery) -> ReleasesOut:
    """The releases of a project."""
    if project_queries.project_of(session, project_id) is None:
        raise not_found()
    rows, after = queries.releases_of(session, project_id, after=query.after, limit=query.limit)
    return ReleasesOut(items=[_out(view) for view in rows], next_after=after)


@api.post("/projects/<project_id>/releases", returns=ReleaseOut, creates=True)
def cut_release(session: "Session", actor: Actor, project_id: str) -> ReleaseOut:
    """Order a release; it is built in the background. A 409 names the lots whose sample is not accepted."""
    return _out(operations.cut_release(session, actor, project_id))


@api.post("/projects/<project_id>/releases/in-spite", body=InSpiteIn, returns=ReleaseOut, creates=True)
def cut_in_spite(session: "Session", actor: Actor, project_id: str, body: InSpiteIn) -> ReleaseOut:
    """Order a release in spite of samples that are not accepted; the reason stands in its report."""
    return _out(operations.cut_release(session, actor, project_id, in_spite=body.reason))


@api.get("/projects/<project_id>/sample", returns=LotsOut)
def release_sample(session: "Session", actor: Actor, project_id: str) -> LotsOut:
    """What waits to be released in lanes with a plan, and what its sample says."""
    if project_queries.project_of(session, project_id) is None:
        raise not_found()
    return LotsOut(
        items=[
            LotOut.model_validate({**told_of([lot])[0], "offers": [asdict(offer) for offer in offers]})
            for lot, offers in offers_in(session, project_id)
        ]
    )


@api.post("/projects/<project_id>/sample", returns=LotsOut)
def draw_sample(session: "Session", actor: Actor, project_id: str) -> LotsOut:
    """Have a random sample of each lot reviewed; it is drawn in the background."""
    return _lots(assurance.draw_sample(session, actor, project_id))


@api.post("/lanes/<lane_id>/rework", body=ReworkIn, returns=LotOut, creates=True)
def rework_lot(session: "Session", actor: Actor, lane_id: str, body: ReworkIn) -> LotOut:
    """Have a rejected lot done again, in the background; `offers` of a lot name the ways and what they take."""
    return LotOut.model_validate(told_of([rework.order_rework(session, actor, lane_id, body.kind, body.reason)])[0])


@api.get("/releases/<release_id>", returns=ReleaseOut)
def release(session: "Session", actor: Actor, release_id: str) -> ReleaseOut:
    """A release with its QA report."""
    found = queries.release_of(session, release_id)
    if found is None:
        raise not_found()
    return _out(found)


@api.get("/releases/<release_id>/corrections", query=PageQuery, returns=CorrectionsOut)
def corrections(session: "Session", actor: Actor, release_id: str, query: PageQuery) -> CorrectionsOut:
    """The labels of a release that were corrected since; `carried_by` is the version of the first release with them."""
    row = session.get(Release, release_id)
    if row is None:
        raise not_found()
    rows, after = corrections_of(session, row, after=query.after, limit=query.limit)
    return CorrectionsOut(items=[CorrectionOut.model_validate(asdict(each)) for each in rows], next_after=after)


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
        open_sealed(file.stored_name, file.key), mimetype=MIME[file.format], as_attachment=True,
        download_name=file.name, etag=False, max_age=0,
    )  # fmt: skip


def _lots(lots: list[Lot]) -> LotsOut:
    return LotsOut(items=[LotOut.model_validate(lot) for lot in told_of(lots)])


def _out(view: ReleaseView) -> ReleaseOut:
    names = set(ReleaseOut.model_fields) - {"files"}
    files = [
        ReleaseFileOut(name=file.name, format=file.format, sha256=file.sha256, size=file.size) for file in view.files
    ]
    return ReleaseOut(**{name: getattr(view, name) for name in names}, files=files)
