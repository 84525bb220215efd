"""Reads of work: what somebody holds, what they have done, why a lane is or is not open to them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from calibration.models import Judgment, Qualification, QualificationTest
from kernel.crypto import place_of, unseal
from kernel.db import now_of
from kernel.guard import not_found
from kernel.hot import Hot, table_of
from kernel.paging import Paging
from kernel.policy import Actor, Demand, Reason
from kernel.presence import here
from labeling.models import Item, opened_content
from marketplace.models import Assignment, Lane, Project, Review, Unit
from marketplace.queries.eligibility import facts_of, lanes_for, needs_of, person_of
from marketplace.rules.eligibility import Admission, demands, language_told
from marketplace.values.work import BARRED, OVER, LaneOffer, Task
from payouts.queries.rates import rate_of
from workforce.queries.agreements import agreements_in_force
from workforce.values import AgreementView, PersonFacts, keeps_drafts_on_server_only, most_sensitive


def open_task(session: Session, actor: Actor, *, key: str | None = None) -> Task | None:
    """The unit that the actor holds now, or the one that was given out under this key."""
    given = {"p_account": actor.account_id, "p_vendor": actor.org_id, "p_now": now_of(session)}
    found = _OPEN.run(session, **given) if key is None else _OPEN_OR_KEY.run(session, p_key=key, **given)
    row = found.one_or_none()
    return _task(row) if row else None


def task_of(session: Session, actor: Actor, assignment_id: str) -> Task:
    """An assignment of the actor's own, whatever its state; raises NotFound for anybody else's.

    What is to be answered is told only while the lease lives and the person may work there at this moment.
    """
    row = _OWN.run(session, p_id=assignment_id, p_account=actor.account_id).one_or_none()
    if row is None:
        raise not_found()
    task = _task(row)
    barriers = barriers_in(session, actor, task) if is_alive(session, task) else None
    if barriers == ():
        return task
    draft = None if keeps_drafts_on_server_only(task.classification) else task.draft
    if barriers:
        return replace(task, content={}, draft=draft, state=BARRED, barriers=barriers)
    return replace(task, content={}, draft=draft, state=OVER if task.state in ("leased", "expired") else task.state)


def is_own(session: Session, actor: Actor, assignment_id: str) -> bool:
    """Whether this transaction sees an assignment, and it is the actor's own."""
    return _OWN.run(session, p_id=assignment_id, p_account=actor.account_id).one_or_none() is not None


def is_alive(session: Session, task: Task) -> bool:
    """Whether the lease runs at this moment."""
    return task.state == "leased" and task.lease_until > now_of(session)


def barriers_in(session: Session, actor: Actor, task: Task) -> tuple[Demand, ...] | None:
    """What the lane asks of a person, and a unit of its class, that the actor does not meet; None without a profile.

    A paused lane lets them finish what they hold.
    """
    lane_id = task.lane_id
    profile, lane = person_of(session, actor), session.get(Lane, lane_id)
    facts = facts_of(session, profile.id) if profile else None
    project = session.get(Project, lane.project_id) if lane else None
    if facts is None or lane is None or project is None:
        return None
    now = now_of(session)
    held = session.scalars(
        select(Qualification).where(
            Qualification.annotator_id == facts.annotator_id,
            Qualification.lane_id == lane_id,
            Qualification.revoked_at.is_(None),
            or_(Qualification.until_at.is_(None), Qualification.until_at > now),
        )
    ).one_or_none()
    admission = Admission(qualified=held is not None, paused_until=held.paused_until if held else None)
    needs = needs_of(lane, project).of_class(task.classification)
    conditions = demands(needs, facts, admission, here(), now)
    return tuple(one for one in conditions if not one.met and one.reason is not Reason.PROJECT_PAUSED)


_A, _L, _P, _I, _U = (table_of(model) for model in (Assignment, Lane, Project, Item, Unit))
_TAKEN = Paging("work", Assignment.leased_at, Assignment.id, newest_first=True)
_TASKS = select(
    _A.c.id, _A.c.epoch, _A.c.lane_id, _P.c.name, _L.c.locale, _L.c.task_type, _L.c.classification, opened_content(_I),
    _A.c.ontology_id, _A.c.guideline_id, _A.c.lease_until, _A.c.rate_micros, _A.c.currency, _A.c.state,
    _A.c.draft_sealed, _A.c.draft_at, _U.c.classification.label("own_class"), _A.c.unit_id, _A.c.project_id,
    _A.c.org_id,
).select_from(
    _A.join(_L, _L.c.id == _A.c.lane_id)
    .join(_P, _P.c.id == _A.c.project_id)
    .join(_I, _I.c.id == _A.c.item_id)
    .join(_U, _U.c.id == _A.c.unit_id)
)  # fmt: skip
_OWN = Hot(_TASKS.where(_A.c.id == bindparam("p_id"), _A.c.account_id == bindparam("p_account")))
_ALIVE = and_(_A.c.state == "leased", _A.c.lease_until > bindparam("p_now"))
_NEWEST = (
    _TASKS.where(_A.c.account_id == bindparam("p_account"), _A.c.vendor_org_id == bindparam("p_vendor"))
    .order_by(_A.c.leased_at.desc())
    .limit(1)
)
_OPEN = Hot(_NEWEST.where(_ALIVE))
_OPEN_OR_KEY = Hot(_NEWEST.where(or_(_ALIVE, _A.c.take_key == bindparam("p_key"))))


def _task(row: Row[*tuple[Any, ...]]) -> Task:
    told = row._asdict()
    own_class, sealed = told.pop("own_class"), told.pop("draft_sealed")
    told["draft"] = _draft(sealed, row.id, row.org_id) if sealed else None
    told["assignment_id"], told["project_name"] = told.pop("id"), told.pop("name")
    return Task(**told | {"classification": most_sensitive(told["classification"], own_class)})


def _draft(sealed: str, assignment_id: str, org_id: str) -> dict[str, Any]:
    place = place_of(Assignment.__tablename__, "draft_sealed", assignment_id, org_id)
    return dict(json.loads(unseal(sealed, place)))


def agreements_by_code(session: Session, vendor_org_id: str) -> dict[str, AgreementView]:
    """A vendor's agreements in force, by the code that a condition names them with."""
    return {one.code: one for one in agreements_in_force(session, vendor_org_id)}


def lane_offers(session: Session, person: PersonFacts) -> list[LaneOffer]:
    """Every open lane of the person's vendor with what it asks: open ones first, then the nearest to open."""
    found = lanes_for(session, person, qualified=False)
    lane_ids = [lane.id for lane, _, _ in found]
    tested = set(
        session.scalars(
            select(QualificationTest.lane_id).where(
                QualificationTest.lane_id.in_(lane_ids), QualificationTest.is_open.is_(True)
            )
        )
    )
    held = {
        row.lane_id: row
        for row in session.scalars(
            select(Qualification).where(
                Qualification.annotator_id == person.annotator_id, Qualification.lane_id.in_(lane_ids)
            )
        )
    }
    offers = []
    for lane, project, conditions in found:
        rate = rate_of(session, lane.id, now_of(session))
        own = held.get(lane.id)
        offers.append(
            LaneOffer(
                lane.id, project.id, project.name, lane.locale, lane.task_type, lane.classification, lane.state,
                rate.micros if rate else None, rate.currency if rate else lane.currency, lane.id in tested,
                conditions, own.paused_until if own else None, own.pause_receipt_id if own else None,
                language_told(needs_of(lane, project), person),
            )
        )  # fmt: skip
    return sorted(offers, key=lambda offer: (not offer.is_open, sum(not demand.met for demand in offer.demands)))


@dataclass(frozen=True)
class DoneRow:
    """A line of "my work": what was done and what became of it, in the person's own terms."""

    assignment_id: str
    project_name: str
    locale: str
    state: str
    at: datetime
    rate_micros: int
    currency: str


def assignment_answered(session: Session, actor: Actor, judgment_id: str) -> str | None:
    """The assignment of the actor's own that ended with this judgment."""
    return session.scalar(
        select(Assignment.id).where(Assignment.judgment_id == judgment_id, Assignment.account_id == actor.account_id)
    )


def is_content_kept(session: Session, judgment_id: str) -> bool:
    """Whether the content of the unit that a judgment is about can be shown again. True for what the scope does not
    see."""
    removed = session.scalar(
        select(Item.removed_at).join(Judgment, Judgment.item_id == Item.id).where(Judgment.id == judgment_id)
    )
    return removed is None


def my_work(
    session: Session, actor: Actor, *, after: str | None = None, only: str | None = None, limit: int = 50
) -> tuple[Sequence[DoneRow], str | None]:
    """What the actor has taken, newest first, paged by key; or `only` one assignment of it."""
    statement = (
        select(Assignment, Project.name, Lane.locale)
        .join(Project, Project.id == Assignment.project_id)
        .join(Lane, Lane.id == Assignment.lane_id)
        .where(
            Assignment.account_id == actor.account_id, Assignment.vendor_org_id == actor.org_id, *_TAKEN.after(after)
        )
        .order_by(*_TAKEN.order())
        .limit(limit + 1)
    )
    if only:
        statement = statement.where(Assignment.id == only)
    rows, next_after = _TAKEN.cut(session.execute(statement).all(), limit)
    items = [
        DoneRow(row.id, name, locale, row.state, row.ended_at or row.leased_at, row.rate_micros, row.currency)
        for row, name, locale in rows
    ]
    return items, next_after


def reviews_waiting(session: Session, org_id: str) -> int:
    """How many reviews wait, counted up to a hundred."""
    rows = session.scalars(
        select(Review.id)
        .where(or_(Review.vendor_org_id == org_id, Review.org_id == org_id), Review.state == "open")
        .limit(100)
    )
    return len(rows.all())
