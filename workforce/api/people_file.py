"""The API of a vendor's people as files: asked for, made by a job, and taken for a day."""

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Response
from pydantic import Field

from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current, limits
from web.forms import InModel, OutModel
from workforce import queries, taking
from workforce.api import api
from workforce.api.people_shapes import PeopleFileIn
from workforce.operations import made_files as acts
from workforce.queries.made_files import file_of
from workforce.values import InvitationState
from workforce.values.made_files import FileState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class MadeFileOut(OutModel):
    """A file that was asked for; `GET /jobs/{job_id}` tells how far it is, `/files/{id}/content` hands it over."""

    id: str
    kind: str
    name: str
    state: FileState
    asked_at: datetime
    until_at: datetime
    job_id: str
    rows: int
    size: int
    sha256: str | None


def _reach() -> Scope:
    return queries.reach(current.actor())


@api.post(
    "/people/file", body=PeopleFileIn, returns=MadeFileOut, status=202, before=limits.spends("export"), scope=_reach,
)  # fmt: skip
def people_file(session: "Session", actor: Actor, body: PeopleFileIn) -> MadeFileOut:
    """Ask for a file of all people who fit, as a table in which no cell is a formula; one is under way at a time."""
    return MadeFileOut.model_validate(acts.ask_file(session, actor, taking.PEOPLE, body.wanted(session).asked()))


@api.post(
    "/pools/<pool_id>/steps-file", returns=MadeFileOut, status=202, before=limits.spends("export"), scope=_reach,
)  # fmt: skip
def steps_file(session: "Session", actor: Actor, pool_id: str) -> MadeFileOut:
    """Ask for a file of how far each of a pool's people is, one column a step."""
    return MadeFileOut.model_validate(acts.ask_file(session, actor, taking.STEPS, {"pool_id": pool_id}))


class InvitationsFileIn(InModel):
    """Which invitations; what is left out asks for nothing."""

    pool: str = Field(default="", max_length=22)
    state: InvitationState | None = None


@api.post(
    "/invitations/file", body=InvitationsFileIn, returns=MadeFileOut, status=202, before=limits.spends("export")
)  # fmt: skip
def invitations_file(session: "Session", actor: Actor, body: InvitationsFileIn) -> MadeFileOut:
    """Ask for a file of the invitations that fit."""
    asked = {name: value for name, value in body.model_dump(mode="json").items() if value}
    return MadeFileOut.model_validate(acts.ask_file(session, actor, taking.INVITATIONS, asked))


@api.get("/files/<made_file_id>", returns=MadeFileOut, scope=_reach)
def made_file(session: "Session", actor: Actor, made_file_id: str) -> MadeFileOut:
    """How a file that you asked for stands."""
    return MadeFileOut.model_validate(file_of(session, actor, made_file_id))


@api.post(
    "/files/<made_file_id>/content", returns=None, produces=("text/csv",), before=limits.spends("export"),
    scope=_reach, is_kept=False,
)  # fmt: skip
def take_file(session: "Session", actor: Actor, made_file_id: str) -> Response:
    """Take a file that you asked for, as often as you like in its day; the log keeps each taking."""
    taken = acts.take_file(session, actor, made_file_id)
    response = Response(taken.pieces, mimetype="text/csv")
    response.headers["Content-Length"] = str(taken.size)
    return response
