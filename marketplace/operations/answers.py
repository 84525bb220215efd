"""Answers: submitting one is a guarded update of one assignment; what comes late is kept and paid all the same."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, select, update
from sqlalchemy.orm import Session

from calibration.operations import judgments
from calibration.values import NewJudgment
from i18n import _
from kernel import audit
from kernel.crypto import digest
from kernel.db import now_of
from kernel.errors import Conflict, Invalid, Misuse
from kernel.guard import not_found, require
from kernel.hot import Hot, table_of
from kernel.policy import Actor
from labeling.models import Item
from labeling.queries.content import ontology_of
from labeling.tasktypes import registry
from labeling.values import Ontology
from marketplace.models import Assignment, Lane, Project, Slot, Unit
from marketplace.policy import assignment_resource
from marketplace.rules.work import seconds_between
from marketplace.values.work import Submitted
from payouts.operations import earnings

DRAFT_MOST = 64_000


def submit_answer(
    session: Session, actor: Actor, assignment_id: str, payload: Mapping[str, Any], *, epoch: int | None = None,
    key: str | None = None,
) -> Submitted:  # fmt: skip
    """Take an answer. Raises Invalid with the faulty fields; the same answer or key again changes nothing.

    While the slot is still the person's own, the answer counts for the unit's overlap, also when the lease has just
    run out. Otherwise it is kept as a late judgment beside the overlap, and paid.
    """
    held = _load(session, assignment_id)
    require(session, actor, "answer:submit", assignment_resource(held))
    if held.judgment_id is not None:
        return _again(held, key)
    if epoch is not None and epoch > held.epoch:
        raise Conflict("assignment.epoch", _("This page is older than what you hold. Load it again."))
    kind, ontology = registry.get(held.task_type), _ontology(session, held.ontology_id)
    answer = kind.parse(payload, ontology, kind.parse_content(held.content))
    counts = _settle_slot(session, held)
    judgment = NewJudgment(
        org_id=held.org_id, vendor_org_id=held.vendor_org_id or "", project_id=held.project_id,
        lane_id=held.lane_id, unit_id=held.unit_id, item_id=held.item_id, assignment_id=held.id,
        annotator_id=held.annotator_id, account_id=held.account_id, ontology_id=held.ontology_id,
        guideline_id=held.guideline_id, answer=kind.canonical(answer), category=kind.category(answer),
        seconds=seconds_between(held.leased_at, now_of(session)), is_late=not counts,
        labels=kind.categories(ontology), outlook=held.outlook,
    )  # fmt: skip
    recorded = judgments.record(session, actor, judgment)
    _close(session, held, recorded.judgment_id, key, counts)
    if counts:
        _count(session, held, judgment, recorded.outlook)
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
        _L.c.locale, _L.c.task_type, _L.c.hold_hours, _U.c.outlook, _U.c.answered, _I.c.content,
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


def _ontology(session: Session, ontology_id: str) -> Ontology:
    """The label schema, asked for once in a transaction."""
    known: dict[str, Ontology] = session.info.setdefault("ontologies", {})
    if ontology_id not in known:
        known[ontology_id] = ontology_of(session, ontology_id)
    return known[ontology_id]


def _again(held: Any, key: str | None) -> Submitted:
    """The answer that stands. A page sent twice says the same; another key means another answer, which is refused."""
    if key is not None and held.submit_key not in (None, digest(key)):
        raise Conflict("assignment.answered", _("You have answered this unit already; that answer stands."))
    return Submitted(held.id, held.judgment_id, held.state == "late", held.rate_micros, held.currency)


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


def _settle_slot(session: Session, held: Any) -> bool:
    """Fill the slot if it is still this assignment's; False when it has gone to somebody else, or was closed."""
    if held.state not in ("leased", "expired"):
        if held.state == "returned":
            return False
        raise Conflict("assignment.over", _("You gave this unit back; it cannot be answered any more."))
    filled = _FILL.run(session, p_unit=held.unit_id, p_slot=held.slot_no, p_assignment=held.id)
    return filled.rowcount == 1


_CLOSE = Hot(
    update(_A)
    .where(_A.c.id == bindparam("p_id"), _A.c.judgment_id.is_(None), _A.c.state == bindparam("p_before"))
    .values(
        state=bindparam("p_state"), judgment_id=bindparam("p_judgment"), ended_at=bindparam("p_now"),
        submit_key=bindparam("p_key"), draft=None, draft_at=None,
    )
)  # fmt: skip


def _close(session: Session, held: Any, judgment_id: str, key: str | None, counts: bool) -> None:
    changed = _CLOSE.run(
        session, p_id=held.id, p_before=held.state, p_state="answered" if counts else "late",
        p_judgment=judgment_id, p_now=now_of(session), p_key=digest(key) if key else None,
    )  # fmt: skip
    session.info.setdefault("answered", set()).add(held.id)
    if changed.rowcount != 1:
        raise Misuse("an assignment was answered twice at once in spite of its lock")


_COUNT = Hot(
    update(_U)
    .where(_U.c.id == bindparam("p_id"), _U.c.answered == bindparam("p_before"))
    .values(
        answered=_U.c.answered + 1,
        outlook=bindparam("p_outlook"),
        state=case((and_(_U.c.state == "open", _U.c.answered + 1 >= _U.c.overlap), "full"), else_=_U.c.state),
    )
)
_OUTLOOK = Hot(select(_U.c.answered, _U.c.outlook).where(_U.c.id == bindparam("p_id")).with_for_update())


def _count(session: Session, held: Any, judgment: NewJudgment, outlook: Mapping[str, Any]) -> None:
    """One more place of the unit is filled. The bound in the table refuses one too many.

    Where another person's answer came in between, the outlook is reckoned again from what stands now.
    """
    counted = _COUNT.run(session, p_id=held.unit_id, p_before=held.answered, p_outlook=dict(outlook))
    if counted.rowcount != 1:
        answered, before = _OUTLOOK.run(session, p_id=held.unit_id).one()
        anew = judgments.next_outlook(replace(judgment, outlook=before))
        _COUNT.run(session, p_id=held.unit_id, p_before=answered, p_outlook=anew)


def save_draft(session: Session, actor: Actor, assignment_id: str, payload: Mapping[str, Any]) -> None:
    """Keep what was typed so far; it is lost neither with the page nor with the lease."""
    assignment = session.scalars(select(Assignment).where(Assignment.id == assignment_id)).one_or_none()
    if assignment is None:
        raise not_found()
    require(session, actor, "answer:submit", assignment_resource(assignment))
    if assignment.judgment_id is not None:
        raise Conflict("assignment.answered", _("You have answered this unit already; that answer stands."))
    if len(str(payload)) > DRAFT_MOST:
        raise Invalid("draft.size", _("This is longer than a draft can be."))
    assignment.draft, assignment.draft_at = dict(payload), now_of(session)
