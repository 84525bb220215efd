"""Reads about disputes that ask for permission first: each side sees what it may, and the decider not whose is what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from calibration.contents import readable
from calibration.lanes import find_lane, lane_of
from calibration.operations.attempts import look_at
from calibration.policy import (
    ATTEMPT_ANSWER,
    DISPUTE_DECIDE,
    DISPUTE_OPEN,
    DISPUTE_READ,
    attempt_resource,
    dispute_resource,
    lane_resource,
)
from calibration.queries.attempts import LIVE, content_of, find_attempt, is_overdue, questions_of
from calibration.queries.disputes import (
    AskedBefore,
    Case,
    DisputeRow,
    OwnDispute,
    Shown,
    asked_before,
    authors_of,
    case_of,
    disputes,
    find_dispute,
    own_dispute,
    own_receipt,
    row_of,
    shown_evidence,
)
from calibration.queries.people import pseudonyms
from calibration.queries.tests import test_by_id
from calibration.values import LaneFacts
from kernel.db import now_of, scope_of
from kernel.guard import check, not_found, require
from kernel.policy import Actor, Resource, Role


@dataclass(frozen=True, slots=True)
class Heard:
    """A dispute as this reader may see it: their own, the case to decide, or the line of the list alone."""

    row: DisputeRow
    lane: LaneFacts
    own: OwnDispute | None = None
    case: Case | None = None
    may_decide: bool = False
    item_id: str = ""
    is_withheld: bool = False  # its content asks more of this reader than is proven
    classification: str = ""  # of the content that is shown


@dataclass(frozen=True, slots=True)
class PastExam:
    """The questions of an exam that is over, for the person who took it."""

    lane: LaneFacts
    ontology_id: str
    questions: list[AskedBefore]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The answers that count against a person in a decision; none before the person asked to see them."""

    receipt_id: str
    lane: LaneFacts
    shown: list[Shown]


def dispute_list(
    session: Session, actor: Actor, *, is_open: bool, after: str | None = None, limit: int = 25
) -> tuple[list[tuple[DisputeRow, LaneFacts | None]], str | None]:
    """Disputes with their lanes: one's own for an annotator, else all that the scope sees."""
    is_person = actor.role == Role.ANNOTATOR
    require(session, actor, DISPUTE_READ)
    rows, next_after = disputes(
        session, is_open=is_open, account_id=actor.account_id if is_person else None, after=after, limit=limit
    )
    lanes = {lane_id: find_lane(session, lane_id) for lane_id in {row.lane_id for row in rows}}
    return [(row, lanes[row.lane_id]) for row in rows], next_after


def dispute_for(session: Session, actor: Actor, dispute_id: str, *, is_noted: bool = True) -> Heard:
    """One dispute; keys are read in a scope that may, and shown to those alone who may decide and read the item.

    What it is about is shown to its own person, too, as the class of its content allows. `is_noted` is False where
    nothing of it is shown.
    """
    row = find_dispute(session, dispute_id)
    if row is None:
        raise not_found()
    lane = lane_of(session, row.lane_id)
    if actor.account_id == row.account_id:
        require(session, actor, DISPUTE_READ, Resource("dispute", row.id, owner_account_id=row.account_id))
        own = own_dispute(session, row)
        classes = readable(session, actor, row.project_id, {row.item_id}, is_own=True, is_noted=is_noted)
        if row.item_id not in classes:
            return Heard(own.row, lane, own=replace(own, content={}, answer={}), is_withheld=True)
        return Heard(own.row, lane, own=own, item_id=row.item_id, classification=classes[row.item_id])
    if actor.role == Role.ANNOTATOR:
        raise not_found()
    require(session, actor, DISPUTE_READ, lane_resource(session, actor, lane))
    shown = row_of(row, pseudonyms(session, [row.annotator_id] if row.annotator_id else []))
    if not scope_of(session).reads_gold or scope_of(session).is_system:
        return Heard(shown, lane)
    classes = readable(session, actor, row.project_id, {row.item_id}, is_noted=is_noted)
    if row.item_id not in classes:
        return Heard(shown, lane, is_withheld=True)
    resource = dispute_resource(actor, row, authors_of(session, row))
    may_decide = row.decided_at is None and check(actor, DISPUTE_DECIDE, resource, now_of(session)).allow
    return Heard(
        shown, lane, case=case_of(session, row), may_decide=may_decide, item_id=row.item_id,
        classification=classes[row.item_id],
    )  # fmt: skip


def past_exam(session: Session, actor: Actor, attempt_id: str) -> PastExam:
    """The questions of one's own exam, once it is over; each with its content as its class allows."""
    row = find_attempt(session, attempt_id)
    if row is None:
        raise not_found()
    require(session, actor, ATTEMPT_ANSWER, attempt_resource(row))
    if row.state in LIVE:
        raise not_found()
    ontology_id = test_by_id(session, row.test_id).ontology_id
    asked = asked_before(session, row)
    classes = readable(session, actor, row.project_id, {one.item_id for one in asked}, is_own=True)
    questions = [
        replace(one, classification=classes[one.item_id]) if one.item_id in classes
        else replace(one, content={}, answer={}, is_withheld=True)
        for one in asked
    ]  # fmt: skip
    return PastExam(lane_of(session, row.lane_id), ontology_id, questions)


def contents_met(session: Session, actor: Actor, attempt_id: str) -> tuple[LaneFacts, dict[str, Mapping[str, Any]]]:
    """By item what one's own attempt may show again: the question at hand and the practice that was answered; once it
    is over, its exam as well."""
    view = look_at(session, actor, attempt_id, is_noted=False)
    row = find_attempt(session, attempt_id)
    assert row is not None
    is_asked = view.question is not None and not is_overdue(row, now_of(session))  # which a job ends a little later
    met = [
        asked.item_id
        for asked in questions_of(session, attempt_id).values()
        if (asked.stage == "training" and asked.position < row.position)
        or (is_asked and asked.position == row.position)
    ]
    found = {item_id: content_of(session, item_id)[0] for item_id in met}
    if view.stage is None and row.state not in LIVE:
        found |= {one.item_id: one.content for one in asked_before(session, row)}
    return lane_of(session, row.lane_id), found


def evidence_of(session: Session, actor: Actor, receipt_id: str, *, is_noted: bool = True) -> Evidence:
    """What a decision about oneself rests on, as far as it was shown, and as the class of each answered unit allows.

    System scope: it reads keys, retired ones. `is_noted` is False where nothing of it is shown.
    """
    receipt = own_receipt(session, actor, receipt_id)
    require(session, actor, DISPUTE_OPEN, receipt.resource)
    if not receipt.rests_on_checks or receipt.lane_id is None:
        raise not_found()
    lane, found = lane_of(session, receipt.lane_id), shown_evidence(session, receipt)
    items = {one.item_id for one in found}
    classes = readable(session, actor, lane.project_id, items, is_own=True, is_noted=is_noted)
    shown = [
        replace(one, classification=classes[one.item_id]) if one.item_id in classes
        else replace(one, content={}, answer={}, truth={}, explanation="", is_withheld=True)
        for one in found
    ]  # fmt: skip
    return Evidence(receipt_id, lane, shown)


def rests_on_checks(session: Session, actor: Actor, receipt_id: str) -> bool:
    """Whether a decision about the actor rests on checked answers, which they may ask to see."""
    return own_receipt(session, actor, receipt_id).rests_on_checks
