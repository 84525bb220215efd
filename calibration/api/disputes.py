"""Objections to right answers over the API: made, listed, decided blind."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from calibration.api.routes import api
from calibration.operations import disputes as acts
from calibration.operations import hearing
from calibration.passes import attempt_pass, dispute_pass, evidence_pass
from calibration.queries.disputes import DisputeRow
from calibration.reach import of_disputes, of_objections, with_gold
from calibration.values import DisputeChoice, DisputeOutcome, DisputeSource
from kernel.policy import Actor
from labeling.links import for_api
from web.forms import InModel, OutModel, PageQuery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class DisputesQuery(PageQuery):
    """Which objections: those that wait or those that were decided, and where the page before ended."""

    is_open: bool = True


class DisputeOut(OutModel):
    """An objection as lists tell it. One of several people has no pseudonym."""

    id: str
    lane_id: str
    source: DisputeSource
    pseudonym: str | None
    opened_at: datetime
    due_at: datetime
    outcome: DisputeOutcome | None
    decided_at: datetime | None

    @classmethod
    def of(cls, row: DisputeRow) -> "DisputeOut":
        return cls.model_validate(row)


class DisputesOut(OutModel):
    """A page of objections."""

    items: list[DisputeOut]
    next_after: str | None


class OwnOut(OutModel):
    """What whoever objected reads."""

    content: dict[str, Any]
    answer: dict[str, Any]
    text: str
    reply: str
    receipt_id: str | None


class CaseOut(OutModel):
    """What whoever decides reads: two answers, one of them the key's, in a drawn order."""

    content: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]
    text: str
    figures: dict[str, Any]
    reply: str


class HeardOut(OutModel):
    """One objection, as far as the caller may see it."""

    dispute: DisputeOut
    own: OwnOut | None
    case: CaseOut | None
    may_decide: bool
    is_withheld: bool


class QuestionIn(InModel):
    """The question of the attempt, and why its right answer is wrong."""

    position: int = Field(ge=0)
    text: str = Field(min_length=3, max_length=2000)


class DisputeEvidenceIn(InModel):
    """The answer that a decision rests on, and why the right one is wrong."""

    judgment_id: str = Field(max_length=22)
    text: str = Field(min_length=3, max_length=2000)


class ContestedOut(OutModel):
    """What became of an objection at once."""

    dispute_id: str
    had_counted_as_right: bool
    due_at: datetime


class DisputeDecisionIn(InModel):
    """Which of the two answers is right; `answer` where it is another one."""

    choice: DisputeChoice
    reply: str = Field(min_length=3, max_length=2000)
    answer: dict[str, Any] | None = None


class AskedOut(OutModel):
    """A question of an exam that is over, with one's own answer."""

    position: int
    content: dict[str, Any]
    answer: dict[str, Any]
    dispute_id: str | None
    is_withheld: bool


class ShownOut(OutModel):
    """An answer that counted as wrong in a decision, with the right one."""

    judgment_id: str
    content: dict[str, Any]
    answer: dict[str, Any]
    truth: dict[str, Any]
    explanation: str
    dispute_id: str | None
    is_withheld: bool


@api.get("/disputes", query=DisputesQuery, returns=DisputesOut, scope=of_disputes)
def disputes(session: "Session", actor: Actor, query: DisputesQuery) -> DisputesOut:
    """Objections to right answers: your own, or all that you look after"""
    rows, after = hearing.dispute_list(session, actor, is_open=query.is_open, after=query.after, limit=query.limit)
    return DisputesOut(items=[DisputeOut.of(row) for row, _lane in rows], next_after=after)


@api.get("/disputes/<dispute_id>", returns=HeardOut, scope=of_disputes)
def dispute(session: "Session", actor: Actor, dispute_id: str) -> HeardOut:
    """One objection, as far as you may see it"""
    return _heard(session, actor, dispute_id)


@api.post("/disputes/<dispute_id>/decision", body=DisputeDecisionIn, returns=HeardOut, scope=with_gold)
def decide_dispute(session: "Session", actor: Actor, dispute_id: str, body: DisputeDecisionIn) -> HeardOut:
    """Decide which answer is right; who objected is not told to you"""
    acts.decide(session, actor, dispute_id, choice=body.choice, reply=body.reply, answer=body.answer)
    return _heard(session, actor, dispute_id)


@api.get("/attempts/<attempt_id>/questions", returns=list[AskedOut])
def attempt_questions(session: "Session", actor: Actor, attempt_id: str) -> list[AskedOut]:
    """The questions of your exam once it is over, with your answers"""
    found = hearing.past_exam(session, actor, attempt_id)
    right = attempt_pass(found.lane, attempt_id)
    return [
        AskedOut(
            position=one.position, content=for_api(one.content, right), answer=dict(one.answer),
            dispute_id=one.dispute.id if one.dispute else None, is_withheld=one.is_withheld,
        )
        for one in found.questions
    ]  # fmt: skip


@api.post("/attempts/<attempt_id>/disputes", body=QuestionIn, returns=ContestedOut, creates=True, scope=of_objections)
def contest_question(session: "Session", actor: Actor, attempt_id: str, body: QuestionIn) -> ContestedOut:
    """Object to the right answer of a practice question, or of an exam that is over"""
    return ContestedOut.model_validate(acts.contest_question(session, actor, attempt_id, body.position, body.text))


@api.get("/receipts/<receipt_id>/evidence", returns=list[ShownOut], scope=of_objections)
def evidence(session: "Session", actor: Actor, receipt_id: str) -> list[ShownOut]:
    """The answers that count against you in a decision, once you asked to see them"""
    return _shown(session, actor, receipt_id)


@api.post("/receipts/<receipt_id>/evidence", returns=list[ShownOut], scope=of_objections)
def open_evidence(session: "Session", actor: Actor, receipt_id: str) -> list[ShownOut]:
    """Ask to see them; their right answers are used no more"""
    acts.open_evidence(session, actor, receipt_id)
    session.flush()
    return _shown(session, actor, receipt_id)


@api.post(
    "/receipts/<receipt_id>/disputes", body=DisputeEvidenceIn, returns=ContestedOut, creates=True, scope=of_objections
)
def contest_evidence(session: "Session", actor: Actor, receipt_id: str, body: DisputeEvidenceIn) -> ContestedOut:
    """Object to a right answer that a decision about you rests on"""
    return ContestedOut.model_validate(acts.contest_evidence(session, actor, receipt_id, body.judgment_id, body.text))


def _shown(session: "Session", actor: Actor, receipt_id: str) -> list[ShownOut]:
    found = hearing.evidence_of(session, actor, receipt_id)
    right = evidence_pass(found.lane, receipt_id)
    return [
        ShownOut(
            judgment_id=one.judgment_id, content=for_api(one.content, right), answer=dict(one.answer),
            truth=dict(one.truth), explanation=one.explanation, dispute_id=one.dispute.id if one.dispute else None,
            is_withheld=one.is_withheld,
        )
        for one in found.shown
    ]  # fmt: skip


def _heard(session: "Session", actor: Actor, dispute_id: str) -> HeardOut:
    found = hearing.dispute_for(session, actor, dispute_id)
    own, case = found.own, found.case
    right = dispute_pass(found.lane, dispute_id, is_own=own is not None)
    return HeardOut(
        dispute=DisputeOut.of(found.row),
        own=None if own is None else OwnOut(
            content=for_api(own.content, right), answer=dict(own.answer), text=own.text, reply=own.reply,
            receipt_id=own.receipt_id,
        ),
        case=None if case is None else CaseOut(
            content=for_api(case.content, right), first=dict(case.first), second=dict(case.second), text=case.text,
            figures=dict(case.figures), reply=case.reply,
        ),
        may_decide=found.may_decide,
        is_withheld=found.is_withheld,
    )  # fmt: skip
