"""Disputes as each side sees them: one's own, the vendor's list, the decider's blind case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Attempt, AttemptQuestion, Disclosure, Dispute, GoldKey, GoldKeyVersion, Grade, Judgment
from calibration.queries.people import pseudonyms
from calibration.values import DisputeOutcome, DisputeSource
from kernel import ids
from kernel.guard import not_found
from kernel.paging import Paging
from kernel.policy import Actor, Resource
from labeling.models import Item
from labeling.tasktypes import registry
from workforce.models import Annotator, DecisionReceipt

MOST_ROWS = 200
_DUE = Paging("disputes", Dispute.due_at, Dispute.id)
_DECIDED = Paging("disputes-decided", Dispute.decided_at, Dispute.id, newest_first=True)


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A line of a list: what it is about and how it stands. Content and answers stand on the pages of those who may."""

    id: str
    lane_id: str
    source: DisputeSource
    pseudonym: str | None
    opened_at: datetime
    due_at: datetime
    outcome: DisputeOutcome | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnDispute:
    """One's own objection with the answer to it; `explanation` is the key's, once somebody has decided."""

    row: DisputeRow
    content: Mapping[str, Any]
    locale: str
    ontology_id: str
    answer: Mapping[str, Any]
    text: str
    reply: str
    receipt_id: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute as its decider meets it: two answers in a drawn order, without names."""

    row: DisputeRow
    content: Mapping[str, Any]
    locale: str
    ontology_id: str
    first: Mapping[str, Any]
    second: Mapping[str, Any]
    text: str
    figures: Mapping[str, Any]
    reply: str


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """An exam question of one's own attempt that is over, with one's own answer, and without the right one."""

    position: int
    content: Mapping[str, Any]
    locale: str
    answer: Mapping[str, Any]
    dispute: DisputeRow | None
    item_id: str
    classification: str = ""
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A wrong answer that a decision rests on, as it was shown to its person, with the right one."""

    judgment_id: str
    content: Mapping[str, Any]
    locale: str
    ontology_id: str
    answer: Mapping[str, Any]
    truth: Mapping[str, Any]
    explanation: str
    dispute: DisputeRow | None
    item_id: str
    classification: str = ""
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class OwnReceipt:
    """A decision about the actor, as far as its evidence is concerned."""

    id: str
    annotator_id: str
    kind: str
    rule: str
    lane_id: str | None
    evidence: tuple[Mapping[str, Any], ...]
    resource: Resource

    @property
    def rests_on_checks(self) -> bool:
        """Whether a rule about checked answers paused the person, and not a person for other reasons."""
        return self.kind == "lane_paused" and self.rule == "accuracy_gate"


def key_is_first(dispute_id: str) -> bool:
    """Whether the key's answer stands first before the decider: a draw that depends on the dispute alone."""
    return ids.repeatable(f"dispute:{dispute_id}").random() < 0.5


def disputes(
    session: Session, *, is_open: bool, account_id: str | None = None, after: str | None = None, limit: int = 25
) -> tuple[list[DisputeRow], str | None]:
    """Disputes that this scope sees: the first due first, or the latest decided first; of one person, if named."""
    limit = min(limit, MOST_ROWS)
    paging = _DUE if is_open else _DECIDED
    state = Dispute.decided_at.is_(None) if is_open else Dispute.decided_at.is_not(None)
    statement = select(Dispute).where(state, *paging.after(after)).order_by(*paging.order()).limit(limit + 1)
    if account_id is not None:
        statement = statement.where(Dispute.account_id == account_id)
    rows, next_after = paging.cut(session.scalars(statement).all(), limit)
    names = pseudonyms(session, [row.annotator_id for row in rows if row.annotator_id])
    return [row_of(row, names) for row in rows], next_after


def row_of(row: Dispute, names: Mapping[str, str]) -> DisputeRow:
    """A row as lists show it."""
    return DisputeRow(
        id=row.id, lane_id=row.lane_id, source=DisputeSource(row.source),
        pseudonym=names.get(row.annotator_id) if row.annotator_id else None, opened_at=row.opened_at,
        due_at=row.due_at, outcome=DisputeOutcome(row.outcome) if row.outcome else None, decided_at=row.decided_at,
    )  # fmt: skip


def find_dispute(session: Session, dispute_id: str) -> Dispute | None:
    """The row of a dispute that this scope sees."""
    return session.scalars(select(Dispute).where(Dispute.id == dispute_id)).one_or_none()


def own_dispute(session: Session, row: Dispute) -> OwnDispute:
    """A dispute for whoever opened it."""
    content, locale = _item(session, row.item_id)
    return OwnDispute(
        row_of(row, {}), content, locale, row.ontology_id, row.answer, row.text, row.reply, row.answer_receipt_id
    )


def case_of(session: Session, row: Dispute) -> Case:
    """A dispute for whoever decides it; in a scope that may read keys."""
    content, locale = _item(session, row.item_id)
    truth = session.scalars(select(GoldKey.truth).where(GoldKey.item_id == row.item_id)).one()
    first, second = (truth, row.answer) if key_is_first(row.id) else (row.answer, truth)
    return Case(row_of(row, {}), content, locale, row.ontology_id, first, second, row.text, row.figures, row.reply)


def authors_of(session: Session, row: Dispute) -> list[str]:
    """Who set the right answer that is contested, and who changed it since; in a scope that may read keys."""
    set_by = session.scalars(select(GoldKey.author_id).where(GoldKey.item_id == row.item_id))
    changed_by = session.scalars(
        select(GoldKeyVersion.by_account_id)
        .join(GoldKey, GoldKey.id == GoldKeyVersion.key_id)
        .where(GoldKey.item_id == row.item_id)
        .order_by(GoldKeyVersion.version)
    )
    return [account_id for account_id in (*set_by, *changed_by) if account_id is not None]


def _item(session: Session, item_id: str) -> tuple[Mapping[str, Any], str]:
    row = session.execute(select(Item.content, Item.locale).where(Item.id == item_id)).one()
    return row.content, row.locale


def asked_before(session: Session, attempt: Attempt) -> list[AskedBefore]:
    """The exam questions that somebody answered in an attempt that is over."""
    rows = session.execute(
        select(AttemptQuestion.position, AttemptQuestion.answer, AttemptQuestion.item_id, Item.content, Item.locale)
        .join(Item, Item.id == AttemptQuestion.item_id)
        .where(
            AttemptQuestion.attempt_id == attempt.id,
            AttemptQuestion.stage == "exam",
            AttemptQuestion.answered_at.is_not(None),
        )
        .order_by(AttemptQuestion.position)
    ).all()
    known = _by_item(session, attempt.account_id, [row.item_id for row in rows])
    return [
        AskedBefore(row.position, row.content, row.locale, row.answer or {}, known.get(row.item_id), row.item_id)
        for row in rows
    ]


def dispute_about(session: Session, account_id: str, item_id: str) -> DisputeRow | None:
    """A person's objection to the right answer of an item, if there is one."""
    return _by_item(session, account_id, [item_id]).get(item_id)


def _by_item(session: Session, account_id: str, item_ids: list[str]) -> dict[str, DisputeRow]:
    rows = session.scalars(select(Dispute).where(Dispute.account_id == account_id, Dispute.item_id.in_(item_ids)))
    return {row.item_id: row_of(row, {}) for row in rows}


def own_receipt(session: Session, actor: Actor, receipt_id: str) -> OwnReceipt:
    """A decision about the actor; raises NotFound for another's."""
    found = session.execute(
        select(DecisionReceipt, Annotator.account_id)
        .join(Annotator, (Annotator.org_id == DecisionReceipt.org_id) & (Annotator.id == DecisionReceipt.annotator_id))
        .where(DecisionReceipt.id == receipt_id)
    ).one_or_none()
    if found is None or found.account_id != actor.account_id:
        raise not_found()
    row = found[0]
    resource = Resource("receipt", row.id, org_id=row.org_id, owner_account_id=found.account_id)
    return OwnReceipt(row.id, row.annotator_id, row.kind, row.rule, row.lane_id, tuple(row.evidence), resource)


def disclosed(session: Session, receipt_id: str) -> set[str]:
    """The judgments that were shown with a decision."""
    return set(session.scalars(select(Disclosure.judgment_id).where(Disclosure.receipt_id == receipt_id)))


def counted_wrong(session: Session, task_type: str, judgment_ids: list[str]) -> list[Judgment]:
    """Those of these judgments whose newest grade says that they are wrong, the latest first. System scope."""
    right = registry.get(task_type).counts_as_right
    grades = session.execute(
        select(Grade.judgment_id, Grade.score, Grade.is_void)
        .where(Grade.judgment_id.in_(judgment_ids))
        .order_by(Grade.key_version)
    )
    wrong = {row.judgment_id: not (row.is_void or right(round(1.0 - row.score, 9))) for row in grades}
    found = session.scalars(
        select(Judgment)
        .where(Judgment.id.in_([each for each, is_wrong in wrong.items() if is_wrong]))
        .order_by(Judgment.answered_at.desc(), Judgment.id)
    )
    return list(found)


def shown_evidence(session: Session, receipt: OwnReceipt) -> list[Shown]:
    """What was shown of a decision's evidence, with the right answers as they stand. System scope."""
    rows = session.execute(
        select(Judgment, GoldKey.truth, GoldKey.explanation, Item.content, Item.locale)
        .join(Disclosure, Disclosure.judgment_id == Judgment.id)
        .join(GoldKey, (GoldKey.org_id == Judgment.org_id) & (GoldKey.item_id == Judgment.item_id))
        .join(Item, Item.id == Judgment.item_id)
        .where(Disclosure.receipt_id == receipt.id)
        .order_by(Judgment.answered_at.desc(), Judgment.id)
    ).all()
    if not rows:
        return []
    known = _by_item(session, rows[0][0].account_id, [row[0].item_id for row in rows])
    return [
        Shown(judgment.id, content, locale, judgment.ontology_id, judgment.answer, truth, explanation,
              known.get(judgment.item_id), judgment.item_id)
        for judgment, truth, explanation, content, locale in rows
    ]  # fmt: skip
