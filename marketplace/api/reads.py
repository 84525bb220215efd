"""The API of reads: who was shown restricted content, and the proof of the chain that says so."""

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from kernel.guard import require
from kernel.policy import Actor, Resource, Role
from marketplace.api import api
from marketplace.operations import reads as operations
from marketplace.queries.reads import reads_of, refuse_impossible
from marketplace.values.actions import Action
from marketplace.values.reads import ReadFilter, Why
from web import limits
from web.forms import InModel, Instant, OutModel, PageQuery
from workforce.api.people_file import MadeFileOut
from workforce.operations.made_files import ask_file

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ReadsFileIn(InModel):
    """Which reads a file is to hold."""

    unit: str = Field(default="", max_length=200, description="Its id, or what your file called it.")
    project: str = Field(default="", max_length=22)
    reader: str = Field(default="", max_length=64, description="The pseudonym of a person.")
    role: Role | None = None
    why: Why | None = None
    since: Instant | None = None
    until: Instant | None = None


class ReadsQuery(ReadsFileIn, PageQuery):
    """Which reads."""


class ReadOut(OutModel):
    """One read, with its place in the chain and the hash there."""

    id: str
    at: datetime
    unit: str
    project: str
    project_name: str
    classification: str
    reader: str
    name: str
    role: str
    why: str
    reason: str
    seq: int | None
    hash: str | None


class ReadsOut(OutModel):
    """A page of reads, newest first."""

    items: list[ReadOut]
    next_after: str | None


class ChainProofIn(InModel):
    """From when on the chain is proven; all of it, if nothing is said."""

    since: Instant | None = None


class ChainProofOut(OutModel):
    """The job that does it; `GET /jobs/{job_id}` tells how far it is and what it found."""

    job_id: str


@api.get("/reads", query=ReadsQuery, returns=ReadsOut)
def reads(session: "Session", actor: Actor, query: ReadsQuery) -> ReadsOut:
    """Who was shown your restricted content."""
    require(session, actor, Action.READS_SEE, Resource("reads", actor.org_id, org_id=actor.org_id))
    wanted = ReadFilter(**query.model_dump(exclude={"after", "limit"}, exclude_none=True))
    refuse_impossible(session, actor.org_id or "", wanted)
    rows, after = reads_of(session, actor.org_id or "", wanted, after=query.after, limit=query.limit)
    return ReadsOut(items=[ReadOut.model_validate(row) for row in rows], next_after=after)


@api.post("/reads/file", body=ReadsFileIn, returns=MadeFileOut, status=202, before=limits.spends("export"))
def reads_file(session: "Session", actor: Actor, body: ReadsFileIn) -> MadeFileOut:
    """Ask for a file of the reads that fit."""
    wanted = ReadFilter(**body.model_dump(exclude_none=True))
    asked = operations.asked_of(wanted)
    return MadeFileOut.model_validate(ask_file(session, actor, operations.FILE, asked))


@api.post("/reads/verification", body=ChainProofIn, returns=ChainProofOut, status=202)
def verify_reads(session: "Session", actor: Actor, body: ChainProofIn) -> ChainProofOut:
    """Prove the chain that holds the reads."""
    return ChainProofOut(job_id=operations.ask_verification(session, actor, body.since))
