"""Taking work: leasing the next unit of a lane that the person may see, by a pick that costs the same at any size.

The order is: what is kept for this person, what has come back, then the free slots after the person's place in the
lane. A guarded update and two unique constraints keep the overlap and "nobody twice"; a lost race is tried again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Update
from sqlalchemy.orm import Session

from kernel import audit, ids
from kernel.db import Later, change_later, insert_later, now_of
from kernel.guard import not_found, require
from kernel.hot import Hot, table_of
from kernel.policy import Actor, Demand
from marketplace.models import Assignment, Lane, LanePerson, Project
from marketplace.operations import picks
from marketplace.operations.picks import BAND_MOST
from marketplace.operations.reads import note_read, noted
from marketplace.operations.returning import expire_lane
from marketplace.policy import unit_resource, work_resource
from marketplace.queries.eligibility import lanes_open_to, reach_in, unit_demands
from marketplace.queries.work import barriers_in, is_alive, open_task
from marketplace.values.reads import Why
from marketplace.values.work import NoWork, Task
from payouts.queries import rate_of
from payouts.values import RateView
from workforce.queries import facts_of_account
from workforce.values import PersonFacts, is_restricted, most_sensitive, rank_of

_END = 1 << 62
_PLACES = frozenset({table_of(LanePerson)})


@dataclass(frozen=True)
class _Offer:
    """A lane that is open to the person, with what it pays; None where the vendor has set no rate."""

    lane: Lane
    project: Project
    demands: tuple[Demand, ...]
    rate: RateView | None
    reach: int  # the rank of the most sensitive units that the person may be handed


@dataclass
class _Place:
    """Where the person stands in a lane."""

    id: str
    cursor: int
    epoch: int
    taken: int
    begun: int  # what they had taken when this transaction began
    looked_to: int = 0  # all that is kept for them until they have taken so many was read
    ahead: list["_Kept"] = field(default_factory=list)  # of that, what is left; what is due latest at the end


@dataclass(frozen=True)
class Handed:
    """What this transaction has handed out itself and not sent yet, so that it need not be read for its answer."""

    row: Later  # of the assignment
    slot: Later | None  # the update that leases the slot; None where the slot is leased already
    lane: Lane
    project: Project
    content: dict[str, Any]


def handed_out(session: Session, assignment_id: str) -> Handed | None:
    """An assignment of this very transaction that nobody else, and no statement, has seen so far."""
    found: Handed | None = session.info.get("handed", {}).get(assignment_id)
    return None if found is None or found.row.is_sent else found


@dataclass(frozen=True, slots=True)
class _Kept:
    """A slot that is kept for a person and locked for this transaction, with what is in it."""

    unit_id: str
    slot_no: int
    serve_from: int
    item_id: str
    content: dict[str, Any]
    classification: str | None


@dataclass
class _Desk:
    """What is known of a person for the length of one transaction, whose time stands still.

    The person's row is locked, so that two tabs cannot both count no open lease, and their places are theirs alone. A
    right that is taken away is seen by the next transaction: this is kept in the session and nowhere else.
    """

    person: PersonFacts
    offers: list[_Offer]
    places: dict[str, _Place] = field(default_factory=dict)
    has_looked: bool = False
    holds: str | None = None  # the assignment that this transaction has handed to them last

    @property
    def annotator_id(self) -> str:
        return self.person.annotator_id


def take_next(session: Session, actor: Actor, lane_id: str | None = None, *, key: str | None = None) -> Task | NoWork:
    """Lease the most useful unit that the actor may see; the unit they hold already, if they hold one.

    `key` is the caller's idempotency key: the same key answers with the same assignment.
    """
    desk = _desk(session, actor, lane_id)
    held = None if _is_free(session, desk, key) else open_task(session, actor, key=key)
    if held is not None:
        return _held(session, actor, desk, held)
    desk.has_looked = True
    for offer in desk.offers:
        require(session, actor, "assignment:take", work_resource(offer.lane, actor, offer.demands))
        if offer.rate is not None:
            task = _take_from(session, actor, desk, offer, offer.rate, key)
            if task is not None:
                return task
    return NoWork.ALL_WITH_OTHERS if desk.offers else NoWork.NOTHING_OPEN


def _held(session: Session, actor: Actor, desk: _Desk, task: Task) -> Task | NoWork:
    """What the person holds already, or held under the same key; its content only while they may work on it."""
    if not is_alive(session, task):
        return replace(task, content={})
    rank = rank_of(task.classification)
    is_open = any(offer.lane.id == task.lane_id and rank <= offer.reach for offer in desk.offers)
    if is_open or barriers_in(session, actor, task) == ():
        return noted(session, actor, task)
    return NoWork.NOTHING_OPEN


def _is_free(session: Session, desk: _Desk, key: str | None) -> bool:
    """Whether this transaction knows already that the person holds nothing: it looked, or it took the answer itself."""
    if key is not None or not desk.has_looked:
        return False
    return desk.holds is None or desk.holds in session.info.get("answered", ())


def _desk(session: Session, actor: Actor, lane_id: str | None) -> _Desk:
    desks: dict[tuple[str | None, ...], _Desk] = session.info.setdefault("desks", {})
    mark = actor.account_id, actor.org_id, lane_id
    if mark not in desks:
        desks[mark] = _look_up(session, actor, lane_id)
    return desks[mark]


def _look_up(session: Session, actor: Actor, lane_id: str | None) -> _Desk:
    now = now_of(session)
    person = facts_of_account(session, actor.account_id or "", actor.org_id or "", now)
    if person is None:
        raise not_found()
    offers = [
        _Offer(lane, project, demands, rate_of(session, lane.id, now), reach_in(session, lane, project, person))
        for lane, project, demands in lanes_open_to(session, person, lane_id)
    ]
    return _Desk(person, offers)


def _take_from(
    session: Session, actor: Actor, desk: _Desk, offer: _Offer, rate: RateView, key: str | None
) -> Task | None:
    """Lease a unit of this lane to the person, or None when there is none for them."""
    lane, assignment_id = offer.lane, ids.new_id()
    place = _place(session, actor, desk, lane)
    kept = _from_ahead(session, actor, desk, offer, place)
    if kept is not None:
        place.taken += 1
        change_later(session, place.id, partial(_move, session, place), _PLACES)
        slot = picks.MOVE_SLOT.later(
            session, p_unit=kept.unit_id, p_slot=kept.slot_no, p_before="kept", p_state="leased",
            p_until=_lease_end(session, lane), p_assignment=assignment_id,
        )  # fmt: skip
        return _hand_out(session, actor, desk, offer, kept, slot, rate, key, assignment_id)
    claim = _Claim(session, lane, actor, desk.annotator_id, assignment_id, offer.reach)
    before = place.cursor, place.epoch, place.taken
    pick = _pick(claim, place)
    if pick is None and expire_lane(session, actor, lane.id, limit=BAND_MOST):
        pick = claim.returned()
    pick = pick or claim.overlooked()
    if pick is None:
        place.epoch = lane.route_epoch
    else:
        place.taken += 1
    if (place.cursor, place.epoch, place.taken) != before:
        change_later(session, place.id, partial(_move, session, place), _PLACES)
    if pick is None:
        return None
    _meet(place, pick[0])
    held = _Kept(pick[0], pick[1], 0, *picks.CONTENT.run(session, p_unit=pick[0]).one())
    return _hand_out(session, actor, desk, offer, held, None, rate, key, assignment_id)


def _lease_end(session: Session, lane: Lane) -> datetime:
    return now_of(session) + timedelta(minutes=lane.lease_minutes)


def _from_ahead(session: Session, actor: Actor, desk: _Desk, offer: _Offer, place: _Place) -> _Kept | None:
    """The next slot that is kept for a person who goes on taking within one transaction: several are read at once.

    What is due latest goes first, as in `picks.KEPT`, and what has been read is locked. None says nothing about others.
    """
    most = min(BAND_MOST, 8 * (place.taken - place.begun))
    if most and not place.ahead and place.taken >= place.looked_to:
        rows = picks.AHEAD.run(
            session, p_lane=offer.lane.id, p_account=actor.account_id, p_annotator=desk.annotator_id,
            p_taken=place.taken + most - 1, p_most=most, p_reach=offer.reach,
        ).all()  # fmt: skip
        place.ahead = [_Kept(*row) for row in reversed(rows)]
        place.looked_to = place.taken + most if len(rows) < most else 0
    due = next((kept for kept in reversed(place.ahead) if kept.serve_from <= place.taken), None)
    if due is not None:
        _meet(place, due.unit_id)
    return due


def _meet(place: _Place, unit_id: str) -> None:
    """Nobody meets a unit twice, in whatever way they came to it."""
    place.ahead = [kept for kept in place.ahead if kept.unit_id != unit_id]


def forget_ahead(session: Session) -> None:
    """Slots have been kept for somebody: what this transaction has read is not all that there is any more."""
    for desk in session.info.get("desks", {}).values():
        for place in desk.places.values():
            place.ahead, place.looked_to = [], 0


def _move(session: Session, place: _Place) -> None:
    picks.MOVE.run(session, p_id=place.id, p_cursor=place.cursor, p_epoch=place.epoch, p_taken=place.taken)


def _place(session: Session, actor: Actor, desk: _Desk, lane: Lane) -> _Place:
    place = desk.places.get(lane.id)
    if place is None:
        row = picks.PLACE.run(session, p_lane=lane.id, p_annotator=desk.annotator_id).one_or_none()
        place = (
            _Place(row.id, row.cursor, row.route_epoch, row.taken, row.taken)
            if row
            else _first_place(session, actor, desk, lane)
        )
        desk.places[lane.id] = place
    return place


def _first_place(session: Session, actor: Actor, desk: _Desk, lane: Lane) -> _Place:
    place = _Place(ids.new_id(), -1, lane.route_epoch, 0, 0)
    insert_later(
        session, LanePerson,
        {
            "id": place.id, "org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id,
            "project_id": lane.project_id, "lane_id": lane.id, "annotator_id": desk.annotator_id,
            "account_id": actor.account_id or "", "cursor": place.cursor, "taken": 0, "planned_to": 0,
            "seed": ids.new_seed(), "route_epoch": place.epoch,
        },
    )  # fmt: skip
    return place


_Pick = tuple[str, int, int]  # unit, number of the slot, route key


@dataclass(frozen=True)
class _Claim:
    """A person at a lane, about to lease a slot for one assignment."""

    session: Session
    lane: Lane
    actor: Actor
    annotator_id: str
    assignment_id: str
    reach: int

    def kept(self, taken: int) -> _Pick | None:
        """A slot that is kept for this person and due, of a unit that they have not met meanwhile."""
        return self._lease(picks.KEPT, p_account=self.actor.account_id, p_annotator=self.annotator_id, p_taken=taken)

    def returned(self, *, is_wanted: bool = True) -> _Pick | None:
        """A slot that somebody gave back, of a unit that the person has not met; looked for only, if none is wanted."""
        return self._lease(picks.RETURNED, is_wanted, p_account=self.actor.account_id)

    def free(self, cursor: int, *, is_wanted: bool = True) -> _Pick | None:
        """The first free slot after a place in the order, of a unit that the person has not met; or only looked for."""
        return self._lease(picks.FREE, is_wanted, p_account=self.actor.account_id, p_cursor=cursor)

    def overlooked(self) -> _Pick | None:
        """One of the first free slots in the order: somebody passed over it while another held it who then let go."""
        return self._lease(picks.OVERLOOKED, p_account=self.actor.account_id)

    def _lease(self, statement: Hot[Update], is_wanted: bool = True, **given: Any) -> _Pick | None:
        row = statement.run(
            self.session, p_lane=self.lane.id, p_until=_lease_end(self.session, self.lane),
            p_assignment=self.assignment_id, p_wanted=int(is_wanted), p_reach=self.reach, **given,
        ).one_or_none()  # fmt: skip
        return (row[0], row[1], row[2]) if row else None


def _pick(claim: _Claim, place: _Place) -> _Pick | None:
    """What is kept, else what has come back, else the next free slot: all are looked for, lest the time tell which."""
    kept = claim.kept(place.taken)
    returned = claim.returned(is_wanted=kept is None)
    if kept or returned:
        claim.free(place.cursor, is_wanted=False)
        return kept or returned
    return _free(claim, place)


def _free(claim: _Claim, place: _Place) -> _Pick | None:
    """The first free slot after the person's place; at the end, once more from the start if slots were added."""
    pick = claim.free(place.cursor)
    if pick is None and place.epoch < claim.lane.route_epoch:
        place.epoch = claim.lane.route_epoch
        pick = claim.free(-1)
    place.cursor = _END if pick is None else pick[2]
    return pick


def _hand_out(
    session: Session, actor: Actor, desk: _Desk, offer: _Offer, kept: _Kept, slot: Later | None, rate: RateView,
    key: str | None, assignment_id: str,
) -> Task:  # fmt: skip
    now, lane = now_of(session), offer.lane
    until = _lease_end(session, lane)
    assert lane.ontology_id is not None and lane.guideline_id is not None, "an open lane has both"
    classification = most_sensitive(lane.classification, kept.classification)
    if classification != lane.classification:  # the lane's own class was asked about before
        demands = unit_demands(session, lane, offer.project, desk.person, classification)
        require(session, actor, "assignment:take", unit_resource(lane, actor, kept.unit_id, classification, demands))
    row = insert_later(
        session, Assignment,
        {
            "id": assignment_id, "org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id,
            "project_id": lane.project_id, "lane_id": lane.id, "unit_id": kept.unit_id, "item_id": kept.item_id,
            "slot_no": kept.slot_no, "annotator_id": desk.annotator_id, "account_id": actor.account_id,
            "state": "leased", "epoch": 1, "leased_at": now, "lease_until": until, "rate_micros": rate.micros,
            "currency": rate.currency, "ontology_id": lane.ontology_id, "guideline_id": lane.guideline_id,
            "take_key": key, "submit_key": None, "judgment_id": None, "ended_at": None,
        },
    )  # fmt: skip
    session.info.setdefault("handed", {})[assignment_id] = Handed(row, slot, lane, offer.project, kept.content)
    desk.holds = assignment_id
    audit.record(
        session, actor, "unit.taken", "assignment", assignment_id, org_id=lane.org_id,
        details={"lane": lane.id, "class": classification}, link=is_restricted(classification),
    )  # fmt: skip
    note_read(
        session, actor, Why.HANDED_OUT, unit=kept.unit_id, project=lane.project_id, org=lane.org_id,
        classification=classification,
    )  # fmt: skip
    return Task(
        assignment_id, 1, lane.id, offer.project.name, lane.locale, lane.task_type, classification, kept.content,
        lane.ontology_id, lane.guideline_id, until, rate.micros, rate.currency, "leased", None, None, kept.unit_id,
        lane.project_id, lane.org_id,
    )  # fmt: skip
