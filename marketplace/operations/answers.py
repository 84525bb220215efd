"""Answers: submitting one is a guarded update of one assignment; what comes late is kept and paid all the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Integer, and_, bindparam, case, select, update
from sqlalchemy.orm import Session

from calibration.operations import judgments
from calibration.queries.judgments import answer_of
from calibration.values import NewJudgment
from i18n import Message, _, current_locale
from kernel import audit
from kernel.crypto import digest
from kernel.db import Later, change_later, now_of, scope_of
from kernel.errors import Conflict, Invalid, Misuse
from kernel.grants import rights_on
from kernel.guard import not_found, require
from kernel.hot import Hot, table_of
from kernel.policy import Actor
from labeling.models import Item, opened_content
from labeling.queries.content import ontology_of
from labeling.tasktypes import registry
from labeling.values import InvalidAnswer, Ontology
from marketplace.models import Assignment, Lane, Project, Slot, Unit
from marketplace.operations.picks import MOVE_SLOT
from marketplace.operations.returning import free_slots, own_assignment
from marketplace.operations.taking import Handed, handed_out
from marketplace.policy import assignment_resource
from marketplace.queries.work import task_of
from marketplace.rules.work import seconds_between
from marketplace.values.work import Submitted
from payouts.operations import earnings
from workforce.values import keeps_drafts_on_server_only

DRAFT_MOST = 64_000


def submit_answer(
    session: Session, actor: Actor, assignment_id: str, payload: Mapping[str, Any], *, epoch: int | None = None,
    key: str | None = None, seconds: int | None = None,
) -> Submitted:  # fmt: skip
    """Take an answer. Raises Invalid with the faulty fields; the same answer or key again changes nothing.

    While the slot is still the person's own, the answer counts for the unit's overlap, also when the lease has just
    run out. Otherwise it is kept as a late judgment beside the overlap, and paid: so it is when a pause, a suspension
    or the end of the vendor's access has ended the lease. `seconds` is how long it took where that was recorded
    elsewhere; else it is the time since the unit was handed out.
    """
    handed = handed_out(session, assignment_id)
    held: Any = _Held.of(handed) if handed else _load(session, assignment_id)
    require(session, actor, "answer:submit", assignment_resource(held))
    if held.judgment_id is not None:
        return _again(session, held, key, payload)
    if epoch is not None and _is_stale(session, held, epoch):
        raise Conflict("assignment.epoch", _("This page is older than what you hold. Load it again."))
    kind, ontology = registry.get(held.task_type), ontology_of(session, held.ontology_id)
    answer = kind.parse(payload, ontology, kind.parse_content(held.content))
    counts = _settle_slot(session, actor, held, handed)
    judgment = NewJudgment(
        org_id=held.org_id, vendor_org_id=held.vendor_org_id or "", project_id=held.project_id,
        lane_id=held.lane_id, unit_id=held.unit_id, item_id=held.item_id, assignment_id=held.id,
        annotator_id=held.annotator_id, account_id=held.account_id, ontology_id=held.ontology_id,
        guideline_id=held.guideline_id, answer=kind.canonical(answer), category=kind.category(answer),
        seconds=seconds_between(held.leased_at, now_of(session)) if seconds is None else seconds, is_late=not counts,
        labels=kind.categories(ontology), outlook=held.outlook,
    )  # fmt: skip
    recorded = judgments.record(session, actor, judgment)
    _close(session, held, handed, recorded.judgment_id, key, counts)
    if counts:
        _count_later(session, held, judgment, recorded.outlook)
    earnings.accrue(
        session, actor, vendor_org_id=held.vendor_org_id or "", annotator_id=held.annotator_id,
        account_id=held.account_id, lane_id=held.lane_id, project_id=held.project_id,
        judgment_id=recorded.judgment_id, micros=held.rate_micros, currency=held.currency,
        memo={"project": held.project_name, "locale": held.locale},
        due_at=now_of(session) + timedelta(hours=held.hold_hours), is_fresh=True,
    )  # fmt: skip
    audit.record(
        session, actor, "answer.submitted", "assignment", held.id, org_id=held.org_id,
        details={"late": not counts}, link=False,
    )  # fmt: skip
    return Submitted(held.id, recorded.judgment_id, not counts, held.rate_micros, held.currency)


_A, _U, _L, _I, _P = (table_of(model) for model in (Assignment, Unit, Lane, Item, Project))
_S = table_of(Slot)
_LOAD = Hot(
    select(
        _A.c.id, _A.c.org_id, _A.c.vendor_org_id, _A.c.project_id, _A.c.lane_id, _A.c.unit_id, _A.c.item_id,
        _A.c.slot_no, _A.c.annotator_id, _A.c.account_id, _A.c.state, _A.c.epoch, _A.c.leased_at, _A.c.lease_until,
        _A.c.rate_micros, _A.c.currency, _A.c.ontology_id, _A.c.guideline_id, _A.c.submit_key, _A.c.judgment_id,
        _L.c.locale, _L.c.task_type, _L.c.hold_hours, _U.c.outlook, _U.c.answered, opened_content(_I),
        _P.c.name.label("project_name"),
    )
    .select_from(
        _A.join(_L, _L.c.id == _A.c.lane_id)
        .join(_U, _U.c.id == _A.c.unit_id)
        .join(_I, _I.c.id == _A.c.item_id)
        .join(_P, _P.c.id == _A.c.project_id)
    )
    .where(_A.c.id == bindparam("p_id"))
    .with_for_update(of=_A)
)  # fmt: skip


def _load(session: Session, assignment_id: str) -> Any:
    """The assignment, locked, with what its answer needs of the lane, the unit, the item and the project."""
    row = _LOAD.run(session, p_id=assignment_id).one_or_none()
    if row is None:
        raise not_found()
    return row


@dataclass(frozen=True, slots=True)
class _Held:
    """The same of an assignment that this very transaction has handed out, without reading it."""

    id: str
    org_id: str
    vendor_org_id: str | None
    project_id: str
    lane_id: str
    unit_id: str
    item_id: str
    slot_no: int
    annotator_id: str
    account_id: str
    epoch: int
    leased_at: datetime
    lease_until: datetime
    rate_micros: int
    currency: str
    ontology_id: str
    guideline_id: str
    locale: str
    task_type: str
    hold_hours: int
    content: dict[str, Any]
    project_name: str
    state: str = "leased"
    submit_key: None = None
    judgment_id: str | None = None
    answered: None = None  # nobody has counted the unit's answers yet
    outlook: None = None

    @classmethod
    def of(cls, handed: Handed) -> "_Held":
        row, lane = handed.row, handed.lane
        return cls(
            row["id"], row["org_id"], row["vendor_org_id"], row["project_id"], row["lane_id"], row["unit_id"],
            row["item_id"], row["slot_no"], row["annotator_id"], row["account_id"], row["epoch"], row["leased_at"],
            row["lease_until"], row["rate_micros"], row["currency"], row["ontology_id"], row["guideline_id"],
            lane.locale, lane.task_type, lane.hold_hours, handed.content, handed.project.name,
            state=row["state"], submit_key=row["submit_key"], judgment_id=row["judgment_id"],
        )  # fmt: skip


def _again(session: Session, held: Any, key: str | None, payload: Mapping[str, Any]) -> Submitted:
    """The answer that stands. The same key or the same answer gets what it got before; another answer, as from a
    second window, is refused in words: which one stands, and that it is paid."""
    if key is None or held.submit_key != digest(key):
        kind, ontology = registry.get(held.task_type), ontology_of(session, held.ontology_id)
        kept = kind.parse(answer_of(session, held.judgment_id), ontology, kind.parse_content(held.content))
        if not _says(kind, held, ontology, payload, kept):
            raise Conflict("assignment.answered", _stands(kind.describe(kept, ontology, current_locale())))
    return Submitted(held.id, held.judgment_id, held.state == "late", held.rate_micros, held.currency)


def _says(kind: Any, held: Any, ontology: Ontology, payload: Mapping[str, Any], kept: Any) -> bool:
    try:
        return bool(kind.parse(payload, ontology, kind.parse_content(held.content)) == kept)
    except InvalidAnswer:
        return False


def _stands(answer: Message | str) -> Message:
    return _(
        "You have answered this unit already, perhaps in another window: “%(answer)s”. That answer stands and is paid;"
        " the one that came now was not taken in its place.",
        answer=answer,
    )


_FILL = Hot(
    update(_S)
    .where(
        _S.c.unit_id == bindparam("p_unit"),
        _S.c.slot_no == bindparam("p_slot"),
        _S.c.assignment_id == bindparam("p_assignment"),
        _S.c.state.in_(("leased", "free")),
    )
    .values(state="answered", back_at=None, lease_until=None)
)


def _is_stale(session: Session, held: Any, epoch: int) -> bool:
    """Whether an answer names another fencing number than the lease has. Once it is over, an older one does no harm."""
    is_alive = held.state == "leased" and held.lease_until > now_of(session)
    return bool(epoch > held.epoch or (is_alive and epoch < held.epoch))


def _settle_slot(session: Session, actor: Actor, held: Any, handed: Handed | None) -> bool:
    """Fill the slot if it is still this assignment's; False when it has gone to somebody else, or was closed."""
    if handed:
        _fill_later(session, held, handed.slot)
        return True
    if held.state not in ("leased", "expired"):
        if held.state == "returned":
            return False
        raise Conflict("assignment.over", _("You gave this unit back; it cannot be answered any more."))
    if not _has_access(session, actor, held):
        free_slots(session, [held.id])
        return False
    filled = _FILL.run(session, p_unit=held.unit_id, p_slot=held.slot_no, p_assignment=held.id)
    return filled.rowcount == 1


def _has_access(session: Session, actor: Actor, held: Any) -> bool:
    """Whether the vendor's access to the project lives. A tenant's transaction would not see the unit without it."""
    if not scope_of(session).is_system:
        return True
    return rights_on(session, actor.org_id, held.project_id) is not None


def _fill_later(session: Session, held: Any, slot: Later | None) -> None:
    """The slot was leased by this transaction, so that it is nobody else's."""
    if slot is not None and not slot.is_sent:
        slot.update(p_state="answered", p_until=None)
    else:
        MOVE_SLOT.later(
            session, p_unit=held.unit_id, p_slot=held.slot_no, p_before="leased", p_state="answered", p_until=None,
            p_assignment=held.id,
        )  # fmt: skip


_CLOSE = Hot(
    update(_A)
    .where(_A.c.id == bindparam("p_id"), _A.c.judgment_id.is_(None), _A.c.state == bindparam("p_before"))
    .values(
        state=bindparam("p_state"), judgment_id=bindparam("p_judgment"), ended_at=bindparam("p_now"),
        submit_key=bindparam("p_key"), draft_sealed=None, draft_at=None,
    )
)  # fmt: skip


def _close(
    session: Session, held: Any, handed: Handed | None, judgment_id: str, key: str | None, counts: bool
) -> None:  # fmt: skip
    state, submit_key = "answered" if counts else "late", digest(key) if key else None
    session.info.setdefault("answered", set()).add(held.id)
    if handed and not handed.row.is_sent:
        handed.row.update(state=state, judgment_id=judgment_id, ended_at=now_of(session), submit_key=submit_key)
        return
    changed = _CLOSE.run(
        session, p_id=held.id, p_before=held.state, p_state=state, p_judgment=judgment_id, p_now=now_of(session),
        p_key=submit_key,
    )  # fmt: skip
    if changed.rowcount != 1:
        raise Misuse("an assignment was answered twice at once in spite of its lock")


_COUNT = Hot(
    update(_U)
    .where(_U.c.id == bindparam("p_id"), _U.c.answered == bindparam("p_before"))
    .values(
        answered=_U.c.answered + bindparam("p_more", type_=Integer),
        outlook=bindparam("p_outlook"),
        state=case(
            (and_(_U.c.state == "open", _U.c.answered + bindparam("p_more", type_=Integer) >= _U.c.overlap), "full"),
            else_=_U.c.state,
        ),
    )
)
_OUTLOOKS = Hot(
    select(_U.c.id, _U.c.answered, _U.c.outlook)
    .where(_U.c.id.in_(bindparam("p_ids", expanding=True)))
    .order_by(_U.c.id)
    .with_for_update()
)
_AT_ONCE = 500
_COUNTED = frozenset({_U})


@dataclass(slots=True)
class _Counted:
    """The answers of a transaction to one unit, which fill as many of its places."""

    judgments: list[NewJudgment] = field(default_factory=list)
    before: int | None = None  # how many there were, where that was read
    outlook: Mapping[str, Any] = field(default_factory=dict)  # and what comes of it with the only answer here


def _count_later(session: Session, held: Any, judgment: NewJudgment, outlook: Mapping[str, Any]) -> None:
    """One more place of the unit is filled. The bound in the table refuses one too many."""
    counted: dict[str, _Counted] = session.info.setdefault("counted", {})
    unit = counted.setdefault(held.unit_id, _Counted())
    unit.judgments.append(judgment)
    unit.before, unit.outlook = held.answered, outlook
    change_later(session, "counted", partial(_count, session), _COUNTED)


def _count(session: Session) -> None:
    """Count what was answered. An only answer is counted on what its unit was when it was read.

    Where another person's answer came in between, or there are several, the outlook is reckoned from what stands now.
    """
    counted: dict[str, _Counted] = session.info.pop("counted")
    for unit_id, unit in list(counted.items()):
        if len(unit.judgments) == 1 and unit.before is not None:
            given = {"p_id": unit_id, "p_before": unit.before, "p_more": 1, "p_outlook": dict(unit.outlook)}
            if _COUNT.run(session, **given).rowcount == 1:
                del counted[unit_id]
    wanted = sorted(counted)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = _OUTLOOKS.run(session, p_ids=wanted[start : start + _AT_ONCE]).all()
        given_all = [_recount(row, counted[row.id].judgments) for row in rows]
        if _COUNT.run_all(session, given_all) != len(wanted[start : start + _AT_ONCE]):
            raise Misuse("a unit was counted by somebody else in spite of its lock")


def _recount(row: Any, given: Sequence[NewJudgment]) -> dict[str, Any]:
    outlook = row.outlook
    for judgment in given:
        outlook = judgments.next_outlook(judgment, outlook)
    return {"p_id": row.id, "p_before": row.answered, "p_more": len(given), "p_outlook": outlook}


def save_draft(session: Session, actor: Actor, assignment_id: str, payload: Mapping[str, Any]) -> None:
    """Keep what was typed so far, sealed. It is lost neither with the page nor with the lease; but where a class keeps
    drafts on the server alone, only while the person may see the unit, and it goes with the lease.
    """
    assignment = own_assignment(session, actor, assignment_id, "answer:submit")
    if assignment.judgment_id is not None:
        raise Conflict("assignment.answered", _("You have answered this unit already; that answer stands."))
    task = task_of(session, actor, assignment_id)
    is_closed = keeps_drafts_on_server_only(task.classification) and not task.content
    if is_closed or assignment.state not in ("leased", "expired"):
        raise Conflict("assignment.over", _("This unit is not in your hands any more."), state=assignment.state)
    if len(str(payload)) > DRAFT_MOST:
        raise Invalid("draft.size", _("This is longer than a draft can be."))
    assignment.draft, assignment.draft_at = json.dumps(dict(payload), ensure_ascii=False), now_of(session)
