"""An act on all who fit a filter: counted and shown first, then done by one job, portion by portion.

What is asked waits sealed for its job, for it holds a reason about people and perhaps a name that was looked for.
"""

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from i18n import Message, _
from kernel import audit, guard, ids
from kernel.crypto import digest, place_of, seal, unseal
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.jobs import REGISTRY, asked_before, enqueue
from kernel.policy import Actor, Resource
from workforce.models import Annotator, AnnotatorCode
from workforce.operations import many_people
from workforce.policy import Action
from workforce.queries.finding import conditions
from workforce.rules.clearances import clean_level
from workforce.rules.names import clean_code, clean_text
from workforce.rules.profiles import MOST_CODES
from workforce.rules.standing import clean_end
from workforce.values import ManyAct, PeopleFilter, PlanForAll, PlannedAct, Standing

AT_ONCE = 100
SHOWN_FIRST = 20
JOB = "workforce.act_on_people"
_ACTIONS = {"standing": Action.PEOPLE_STANDING, "skill": Action.PEOPLE_SKILL, "clearance": Action.PEOPLE_CLEAR}
_STAYS = _("stays: not possible from there")


def plan_for_all(session: Session, actor: Actor, wanted: PeopleFilter, act: ManyAct) -> PlanForAll:
    """What the act would do to all who fit: counted in the database, with the first of them one by one."""
    act, counted = _cleaned(session, actor, act), 0
    left_out: dict[Message, int] = {}
    for person, number in _alike(session, actor, wanted, act):
        counted += number
        fault = _why_not(session, actor, person, act)
        if fault is not None:
            left_out[fault] = left_out.get(fault, 0) + number
    first = session.scalars(_all(session, wanted, now_of(session)).limit(SHOWN_FIRST)).all()
    return PlanForAll(
        ids.new_id(), counted, counted - sum(left_out.values()),
        tuple(_act(session, actor, first, act, is_preview=True)) if first else (),
        tuple(sorted(left_out.items(), key=lambda one: -one[1])),
    )  # fmt: skip


def ask_for_all(
    session: Session, actor: Actor, wanted: PeopleFilter, act: ManyAct, *, key: str, expected: int
) -> str:  # fmt: skip
    """Have a job do it to all who fit at this moment, in the actor's name; returns the job. Under the same key it is
    one job, however often it is asked for. Raises Conflict where it would change another number than was shown."""
    act = _cleaned(session, actor, act)
    if not 0 < len(key) <= 40:
        fault = _("Look at what it does first.")
        raise Invalid("people.key", fault, {"key": fault})
    mark = digest("|".join((actor.org_id or "", actor.account_id or "", key)))
    known = asked_before(session, REGISTRY[JOB], mark)
    if known is not None:
        return known
    plan = plan_for_all(session, actor, wanted, act)
    if plan.possible != expected:
        message = _("Meanwhile this would change %(n)s people. Look again.", n=plan.possible)
        raise Conflict("people.changed", message, field="expected")
    if not plan.possible:
        raise Conflict("people.nobody", _("Nobody among them would be changed by this."))
    told = {"wanted": wanted.asked(), "act": _plain(act), "asked_at": now_of(session).isoformat()}
    job_id = enqueue(
        session, REGISTRY[JOB], actor=actor, org_id=actor.org_id, dedupe=mark, account_id=actor.account_id,
        membership_id=actor.membership_id, mark=mark, total=plan.count, asked=seal(json.dumps(told), _place(mark)),
    )  # fmt: skip
    assert job_id is not None
    audit.record(
        session, actor, "people.act_asked", "people", actor.org_id,
        details={"act": act.kind, "asked": sorted(wanted.asked()), "count": plan.count, "possible": plan.possible},
    )  # fmt: skip
    return job_id


def act_on_next(session: Session, actor: Actor, mark: str, asked: str, *, after: str) -> tuple[int, int, str]:
    """Do what was asked to the next of those who fit; returns how many that were, how many of them were changed, and
    after whom it goes on, which is nobody once all are done."""
    told = json.loads(unseal(asked, _place(mark)))
    wanted, act = PeopleFilter(**told["wanted"]), _read(told["act"])
    page = _all(session, wanted, datetime.fromisoformat(told["asked_at"])).where(Annotator.id > after)
    found = session.scalars(page.limit(AT_ONCE)).all()
    changed = sum(one.is_possible for one in _act(session, actor, found, act, is_preview=False)) if found else 0
    return len(found), changed, found[-1] if len(found) == AT_ONCE else ""


def _cleaned(session: Session, actor: Actor, act: ManyAct) -> ManyAct:
    """The act, for somebody who may do it; raises Invalid for what nobody could be changed to."""
    everybody = Resource("people", org_id=actor.org_id, author_account_id=many_people.ANYBODY)
    guard.require(session, actor, _ACTIONS[act.kind], everybody)
    act = replace(act, reason=clean_text(act.reason, "reason", 2000))
    if act.kind == "skill":
        return replace(act, skill=clean_code(act.skill, "skill"))
    if act.kind == "clearance":
        clean_level(1 if act.level is None else act.level, act.until_at, now_of(session))
    elif act.status not in set(Standing):
        fault = _("Choose one of the values offered.")
        raise Invalid("people.status", fault, {"status": fault})
    else:
        clean_end(Standing(act.status), act.until_at, now_of(session))
    return act


def _all(session: Session, wanted: PeopleFilter, asked_at: datetime) -> Any:
    """The ids of all who fit, in the order of the list; who came after it was asked for was not looked at."""
    return (
        select(Annotator.id)
        .where(*conditions(session, wanted), Annotator.applied_at <= asked_at)
        .order_by(Annotator.id)
    )


def _alike(session: Session, actor: Actor, wanted: PeopleFilter, act: ManyAct) -> list[tuple[Annotator, int]]:
    """All who fit, in groups of those whom the act treats alike: one like each of the group, and how many they are."""
    now = now_of(session)
    facts: dict[str, Any] = {
        "own": case((Annotator.account_id == (actor.account_id or ""), 1), else_=0),
        "status": Annotator.status,
    }
    until = Annotator.clearance_until
    if act.kind == "skill":
        facts |= {"has": _among(_skilled().where(AnnotatorCode.code == act.skill)), "full": _among(_full())}
    if act.kind == "clearance":
        facts |= {"clearance": Annotator.clearance, "holds": until > now, "long": until >= act.until_at}
    columns = [fact.label(name) for name, fact in facts.items()]
    fits = and_(*conditions(session, wanted), Annotator.applied_at <= now)
    each = select(*columns, until.label("until")).where(fits).subquery()
    groups = select(*(each.c[name] for name in facts), func.min(each.c.until).label("until"), func.count().label("n"))
    found = []
    for row in session.execute(groups.group_by(*(each.c[name] for name in facts))):
        skills = [act.skill] * getattr(row, "has", 0) + ["-"] * (MOST_CODES * getattr(row, "full", 0))
        like = Annotator(
            account_id=actor.account_id if row.own else "", status=row.status, skills=skills,
            clearance=getattr(row, "clearance", 0), clearance_until=row.until,
        )  # fmt: skip
        found.append((like, row.n))
    return found


def _among(people: Any) -> Any:
    """Whether somebody is one of these; as a number, which both databases group by."""
    return case((Annotator.id.in_(people), 1), else_=0)


def _skilled() -> Any:
    return select(AnnotatorCode.annotator_id).where(AnnotatorCode.kind == "skill")


def _full() -> Any:
    """Who has as many skills as one may have."""
    return _skilled().group_by(AnnotatorCode.annotator_id).having(func.count() >= MOST_CODES)


def _why_not(session: Session, actor: Actor, person: Annotator, act: ManyAct) -> Message | None:
    if act.kind == "skill":
        return many_people.why_no_skill(actor, person, act.skill)
    if act.kind == "clearance":
        level = person.clearance if act.level is None else act.level
        return many_people.why_no_clearance(actor, person, level, act.until_at, now_of(session))
    return None if many_people.standing_may_become(actor, person, Standing(act.status)) else _STAYS


def _act(session: Session, actor: Actor, chosen: Any, act: ManyAct, *, is_preview: bool) -> list[PlannedAct]:
    if act.kind == "skill":
        return many_people.add_skill(session, actor, chosen, skill=act.skill, reason=act.reason, is_preview=is_preview)
    if act.kind == "clearance":
        return many_people.set_clearances(
            session, actor, chosen, level=act.level, until_at=act.until_at, reason=act.reason, is_preview=is_preview
        )
    planned = many_people.change_standings(
        session, actor, chosen, status=act.status, reason=act.reason, is_preview=is_preview, until_at=act.until_at
    )
    word = STANDS.get(act.status, _STAYS)
    return [PlannedAct(one.id, one.name, one.is_possible, word if one.is_possible else _STAYS) for one in planned]


# What many can be brought to.
STANDS = {"active": _("Active"), "paused": _("Paused"), "suspended": _("Suspended")}


def _plain(act: ManyAct) -> dict[str, Any]:
    return asdict(act) | {"until_at": act.until_at.isoformat() if act.until_at else None}


def _read(told: dict[str, Any]) -> ManyAct:
    until = told["until_at"]
    return ManyAct(**(told | {"until_at": datetime.fromisoformat(until) if until else None}))


def _place(mark: str) -> str:
    return place_of("outbox_event", "asked", mark, None)
