"""Many people at once: changed after a look at what that does, and searched for."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from i18n import Message, _, figure
from kernel import audit, guard, ids
from kernel.crypto import BY_TENANT, place_of, seal
from kernel.db import insert_ignoring, now_of
from kernel.errors import Conflict, Invalid
from kernel.policy import Actor, Resource
from workforce.models import Annotator, SavedFilter
from workforce.operations.clearances import set_clearance
from workforce.operations.codes import keep_codes
from workforce.operations.standing import change_standing
from workforce.policy import Action, annotator_resource
from workforce.queries.people import chosen, search_people
from workforce.rules.clearances import clean_level, clearance_at
from workforce.rules.names import clean_code, clean_text
from workforce.rules.profiles import MOST_CODES
from workforce.rules.standing import clean_end, may_change
from workforce.values import PeopleFilter, Planned, PlannedAct, SavedSearch, Standing

MOST_SAVED = 50
ANYBODY = "anybody"  # many people have no one author; each is asked about before they are changed
_OUT = (Standing.LEFT, Standing.DECLINED)
_OWN = _("is yourself: somebody else has to do it")
_NOT_HERE = _("does not work here")


def change_standings(
    session: Session, actor: Actor, annotator_ids: Sequence[str], *, status: str, reason: str, is_preview: bool,
    until_at: datetime | None = None,
) -> list[Planned]:  # fmt: skip
    """What a standing would do to each of these people; done, all or none, unless this is a preview. Who cannot be
    brought there from where they stand is left as they are."""
    guard.require(session, actor, Action.PEOPLE_READ, Resource("people", org_id=actor.org_id))
    try:
        after = Standing(status)
    except ValueError:
        fault = _("Choose one of the values offered.")
        raise Invalid("people.status", fault, {"status": fault}) from None
    told, until_at = clean_text(reason, "reason", 2000), clean_end(after, until_at, now_of(session))
    planned = [
        Planned(
            person.id,
            name,
            Standing(person.status),
            standing_may_become(actor, person, after),
        )
        for person, name in chosen(session, annotator_ids)
    ]
    for one in planned if not is_preview else ():
        if one.is_possible:
            change_standing(session, actor, one.id, status=status, reason=told, until_at=until_at)
    return planned


def standing_may_become(actor: Actor, person: Annotator, after: Standing) -> bool:
    """Whether an act on many brings this person to that standing; nobody changes their own by it."""
    is_other = person.account_id != actor.account_id
    return is_other and after is not Standing.LEFT and may_change(Standing(person.status), after)


def add_skill(
    session: Session, actor: Actor, annotator_ids: Sequence[str], *, skill: str, reason: str, is_preview: bool
) -> list[PlannedAct]:
    """Put a skill on each of these people that a vendor knows they have; done, unless this is a preview."""
    guard.require(
        session, actor, Action.PEOPLE_SKILL, Resource("people", org_id=actor.org_id, author_account_id=ANYBODY)
    )
    code, told = clean_code(skill, "skill"), clean_text(reason, "reason", 2000)
    planned = []
    for person, name in chosen(session, annotator_ids, is_locked=not is_preview):
        fault = why_no_skill(actor, person, code)
        planned.append(PlannedAct(person.id, name, fault is None, fault or _("gets the skill")))
        if fault is None and not is_preview:
            guard.require(session, actor, Action.PEOPLE_SKILL, annotator_resource(person))
            person.skills = [*person.skills, code]
            keep_codes(session, person)
            audit.record(
                session, actor, "skill.added", "annotator", person.id, org_id=person.org_id,
                details={"skill": code}, words=told, about=person.id,
            )  # fmt: skip
    session.flush()
    return planned


def why_no_skill(actor: Actor, person: Annotator, code: str) -> Message | None:
    """Why this person does not get the skill."""
    if person.account_id == actor.account_id:
        return _OWN
    if person.status in _OUT:
        return _NOT_HERE
    if code in person.skills:
        return _("has it already")
    is_full = len(person.skills) >= MOST_CODES
    return _("has %(n)s skills already", n=MOST_CODES) if is_full else None


def set_clearances(
    session: Session, actor: Actor, annotator_ids: Sequence[str], *, level: int | None, until_at: datetime | None,
    reason: str, is_preview: bool,
) -> list[PlannedAct]:  # fmt: skip
    """Give each of these people a clearance until a day, or renew the one they hold where no level is named; done,
    unless this is a preview. Whoever holds more than the level named, or that level for as long, is left as they are:
    less than there was is a decision about one person."""
    guard.require(
        session, actor, Action.PEOPLE_CLEAR, Resource("people", org_id=actor.org_id, author_account_id=ANYBODY)
    )
    now, told = now_of(session), clean_text(reason, "reason", 2000)
    clean_level(1 if level is None else level, until_at, now)
    planned = []
    for person, name in chosen(session, annotator_ids, is_locked=not is_preview):
        after = person.clearance if level is None else level
        fault = why_no_clearance(actor, person, after, until_at, now)
        planned.append(PlannedAct(person.id, name, fault is None, fault or _cleared(person, after, now)))
        if fault is None and not is_preview:
            set_clearance(session, actor, person.id, level=after, until_at=until_at, reason=told)
    return planned


def why_no_clearance(
    actor: Actor, person: Annotator, after: int, until_at: datetime | None, now: datetime
) -> Message | None:
    """Why this person does not get that clearance until then."""
    if person.account_id == actor.account_id:
        return _OWN
    if person.status in _OUT:
        return _NOT_HERE
    if not after:
        return _("has none that could be renewed")
    if clearance_at(person.clearance, person.clearance_until, now) > after:
        return _("holds a higher one: lower it on the person's own page")
    if person.clearance == after and person.clearance_until and until_at and person.clearance_until >= until_at:
        return _("holds it for at least as long")
    try:
        clean_level(after, until_at, now)
    except Invalid as problem:
        fault: Message = problem.message
        return fault
    return None


def _cleared(person: Annotator, after: int, now: datetime) -> Message:
    """What changes, in words."""
    if clearance_at(person.clearance, person.clearance_until, now):
        return _("takes the place of one that ends on %(date)s", date=figure("date", person.clearance_until))
    if person.clearance == after and person.clearance_until is not None:
        return _("is renewed; it ended on %(date)s", date=figure("date", person.clearance_until))
    return _("is given")


def save_search(session: Session, actor: Actor, *, name: str, wanted: PeopleFilter) -> SavedSearch:
    """Keep a search under a name; the same name again is the new search."""
    owner = _own(session, actor)
    clean = clean_text(name, "name", 60)
    search_people(session, wanted, limit=1)  # what cannot be searched for is not kept
    wanted_row = select(SavedFilter).where(
        SavedFilter.org_id == actor.org_id, SavedFilter.account_id == owner, SavedFilter.name == clean
    )
    row = session.scalars(wanted_row).one_or_none()
    if row is None:
        kept = session.scalar(select(func.count(SavedFilter.id)).where(SavedFilter.account_id == owner)) or 0
        if kept >= MOST_SAVED:
            raise Conflict("filters.many", _("You have %(most)s kept searches. Forget one first.", most=MOST_SAVED))
        row_id, org_id = ids.new_id(), actor.org_id or ""
        place = place_of("saved_filter", "asked_sealed", row_id, org_id)
        asked = seal(json.dumps(wanted.asked()), place, BY_TENANT)
        new = {"id": row_id, "org_id": org_id, "account_id": owner, "name": clean, "asked_sealed": asked}
        insert_ignoring(session, SavedFilter, [new], ["org_id", "account_id", "name"])
        row = session.scalars(wanted_row).one()
    row.asked = json.dumps(wanted.asked())
    session.flush()
    return SavedSearch(row.id, row.name, wanted)


def forget_search(session: Session, actor: Actor, saved_filter_id: str) -> None:
    """Keep a search no longer."""
    owner = _own(session, actor)
    row = session.get(SavedFilter, saved_filter_id)
    if row is None or row.account_id != owner:
        raise guard.not_found()
    session.delete(row)
    session.flush()


def saved_searches(session: Session, actor: Actor) -> list[SavedSearch]:
    """One's own kept searches, by name."""
    rows = session.scalars(
        select(SavedFilter)
        .where(SavedFilter.account_id == (actor.account_id or ""), SavedFilter.org_id == actor.org_id)
        .order_by(SavedFilter.name)
    )  # fmt: skip
    return [SavedSearch(row.id, row.name, PeopleFilter(**json.loads(row.asked or "{}"))) for row in rows]


def _own(session: Session, actor: Actor) -> str:
    guard.require(session, actor, Action.PEOPLE_SEARCH, Resource("people", org_id=actor.org_id))
    if actor.org_id is None or actor.account_id is None:
        raise guard.not_found()
    return actor.account_id
