"""The API of uploads: a file as the request's body, its check, and the word that has it written."""

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from calibration.reach import with_gold
from i18n import _
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.guard import not_found
from kernel.policy import Actor, decide
from kernel.sealed_files import kept_sealed
from kernel.storage import chunks_of
from labeling.files.media import as_archive
from labeling.links import Pass, link_to
from labeling.rules.media import MediaKind
from labeling.rules.media_links import Door
from marketplace.api import api
from marketplace.api.requests import DoneOut
from marketplace.api.terms import BatchKindName, BatchState, PersonalChoiceName
from marketplace.models import Project
from marketplace.operations import imports as operations
from marketplace.operations import media as media_acts
from marketplace.queries.imports import batches_of
from marketplace.queries.media import media_of_project
from marketplace.queries.projects import project_of
from marketplace.queries.units import class_within
from marketplace.values.actions import Action
from marketplace.values.imports import BatchKind, BatchView
from web import current, limits
from web.forms import InModel, OutModel, PageQuery, values_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


_COLUMNS = (
    "Each row is a unit. Fields of any: `id` (yours; it names one content in each language), `locale` (may be left out"
    " where the project has one), `classification` (public, internal, confidential, restricted-pii or restricted-phi;"
    " the lane's own where that is above). Fields of the content, by task type: choice `text` and `context`; pairwise"
    " `prompt`, `a` and `b`; spans `text`; in JSONL they may stand in an object `content` instead. Gold has besides:"
    " `label` (the right answer as a text; in JSONL `answer` may be the answer as an object instead), `pool` (training,"
    " exam or live), `explanation`, and `link` (one name for the same question in every language)."
)


class BatchIn(InModel):
    """A file of units or gold as text, CSV (with a header) or JSONL; what is larger is sent as several files."""

    kind: BatchKind = BatchKind.UNITS
    name: str = Field(
        max_length=200, description="What the file is called: its ending, .csv or .jsonl, says how to read it."
    )
    content: str = Field(max_length=50_000_000, description=_COLUMNS)


class MediaIn(InModel):
    """A picture, a sound or a ZIP archive of them, in base64; larger archives are uploaded on the page, or in parts."""

    name: str = Field(min_length=1, max_length=200)
    content: str = Field(min_length=1, max_length=50_000_000)


class MediaOut(OutModel):
    """A file of a project under its name; units refer to it by that in their field `picture` or `sound`. The link is
    for those who may read units."""

    id: str
    name: str
    kind: Annotated[str, values_of(MediaKind)]
    media_type: str
    size: int
    width: int | None
    height: int | None
    link: str | None


class MediaListOut(OutModel):
    """A page of them, by name."""

    items: list[MediaOut]
    next_after: str | None


class ConfirmIn(InModel):
    """Whether rows that are wrong are left out, and what becomes of personal data, where some was found."""

    leave_out_bad: bool = False
    personal: PersonalChoiceName | None = None


class RowFindingOut(OutModel):
    """What is wrong on a line."""

    line: int
    column: str | None
    code: str
    message: str


class PersonalExampleOut(OutModel):
    """A hint of one datum; nobody is told more of it here."""

    line: int
    kind: str
    hint: str


class PersonalOut(OutModel):
    """Personal data found in good rows: in how many units, which kinds in how many, and what is proposed."""

    units: int
    kinds: dict[str, int]
    examples: list[PersonalExampleOut]
    proposal: PersonalChoiceName | None
    choices: list[PersonalChoiceName]
    choice: PersonalChoiceName | None


class BatchOut(OutModel):
    """An upload as it stands."""

    id: str
    project_id: str
    kind: BatchKindName
    name: str
    format: str
    sha256: str
    state: BatchState
    rows: int
    good: int
    duplicates: int
    bad: int
    findings: list[RowFindingOut]
    preview: list[dict[str, Any]]
    personal: PersonalOut
    same_as: str | None
    created_at: datetime


class BatchRowOut(OutModel):
    """An upload in a list; its findings and first rows stand at the upload itself."""

    id: str
    kind: BatchKindName
    name: str
    format: str
    sha256: str
    state: BatchState
    rows: int
    good: int
    duplicates: int
    bad: int
    created_at: datetime


class BatchesOut(OutModel):
    """A page of the uploads of a project, newest first."""

    items: list[BatchRowOut]
    next_after: str | None


@api.get("/projects/<project_id>/batches", query=PageQuery, returns=BatchesOut)
def batch_list(session: "Session", actor: Actor, project_id: str, query: PageQuery) -> BatchesOut:
    """The uploads of a project; those of gold are told only to people who may read gold."""
    if project_of(session, project_id) is None:
        raise not_found()
    reads_gold = decide(actor, "gold:read", None, now_of(session)).allow
    kinds = tuple(BatchKind) if reads_gold else (BatchKind.UNITS, BatchKind.MEDIA)
    rows, after = batches_of(session, project_id, kinds, after=query.after, limit=query.limit)
    return BatchesOut(items=[BatchRowOut.model_validate(row) for row in rows], next_after=after)


@api.post(
    "/projects/<project_id>/batches", body=BatchIn, returns=BatchOut, creates=True, keyed=True,
    before=limits.spends("import"),
)  # fmt: skip
def upload(session: "Session", actor: Actor, project_id: str, body: BatchIn) -> BatchOut:
    """Upload a file of units or gold; it is checked in the background."""
    try:
        content = body.content.encode()
    except UnicodeEncodeError:
        fault = _("This is not text that can be kept.")
        raise Invalid("batch.encoding", fault, {"content": fault}) from None
    with kept_sealed([content]) as stored:
        made = operations.receive_file(session, actor, project_id, kind=body.kind, name=body.name, stored=stored)
    return batch_out(made)


@api.post(
    "/projects/<project_id>/media", body=MediaIn, returns=BatchOut, creates=True, keyed=True,
    before=limits.spends("import"),
)  # fmt: skip
def upload_media(session: "Session", actor: Actor, project_id: str, body: MediaIn) -> BatchOut:
    """Upload a picture, a sound or a ZIP archive of them; each file is checked by its content in the background."""
    try:
        content = b64decode(body.content, validate=True)
    except (NotBase64, ValueError) as error:
        fault = _("This is not base64.")
        raise Invalid("batch.encoding", fault, {"content": fault}) from error
    with kept_sealed(chunks_of(as_archive([(body.name, BytesIO(content))]))) as stored:
        made = operations.receive_file(session, actor, project_id, kind=BatchKind.MEDIA, name=body.name, stored=stored)
    return batch_out(made)


@api.get("/projects/<project_id>/media", query=PageQuery, returns=MediaListOut)
def media(session: "Session", actor: Actor, project_id: str, query: PageQuery) -> MediaListOut:
    """The pictures and sounds of a project, by the names under which units refer to them."""
    if project_of(session, project_id) is None:
        raise not_found()
    rows, after = media_of_project(session, project_id, after=query.after, limit=query.limit)
    right = Pass(Door.PROJECT, project_id, class_within(session, session.get_one(Project, project_id)))
    may_look = current.may(Action.UNIT_READ)
    items = [
        MediaOut(
            id=row.id, name=row.name, kind=row.kind, media_type=row.media_type, size=row.size, width=row.width,
            height=row.height, link=link_to(row.id, right) if may_look else None,
        )
        for row in rows
    ]  # fmt: skip
    return MediaListOut(items=items, next_after=after)


@api.post("/media/<media_id>/erase", returns=DoneOut, scope=with_gold)
def erase_media(session: "Session", actor: Actor, media_id: str) -> DoneOut:
    """Remove a picture or sound for good; units that refer to it leave the work, known answers to them grade nobody."""
    media_acts.erase_media(session, actor, media_id)
    return DoneOut()


@api.get("/batches/<batch_id>", returns=BatchOut)
def batch(session: "Session", actor: Actor, batch_id: str) -> BatchOut:
    """An upload with its findings."""
    return batch_out(operations.see_batch(session, actor, batch_id))


@api.post("/batches/<batch_id>/confirm", body=ConfirmIn, returns=BatchOut, keyed=True)
def confirm_import(session: "Session", actor: Actor, batch_id: str, body: ConfirmIn) -> BatchOut:
    """Have the good rows written."""
    return batch_out(
        operations.confirm_import(session, actor, batch_id, leave_out_bad=body.leave_out_bad, personal=body.personal)
    )


@api.post("/batches/<batch_id>/cancel", returns=BatchOut)
def cancel_import(session: "Session", actor: Actor, batch_id: str) -> BatchOut:
    """Cancel an upload."""
    return batch_out(operations.cancel_import(session, actor, batch_id))


def batch_out(view: BatchView) -> BatchOut:
    """The upload as the API tells it, its findings in the caller's language."""
    names = set(BatchOut.model_fields) - {"findings", "preview", "personal"}
    findings = [
        RowFindingOut(line=each.line, column=each.column, code=each.code, message=str(each.message))
        for each in view.findings
    ]
    personal = PersonalOut(
        units=view.personal.units, kinds=dict(view.personal.kinds),
        examples=[PersonalExampleOut(**each) for each in view.personal.examples], proposal=view.proposal,
        choices=list(view.personal_choices) if view.personal.units else [], choice=view.personal_choice,
    )  # fmt: skip
    return BatchOut(
        personal=personal,
        **{name: getattr(view, name) for name in names},
        findings=findings,
        preview=[dict(row) for row in view.preview],
    )
