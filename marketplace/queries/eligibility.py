"""Which lanes a person may work in, with every condition: the "why (not) me", and the candidates for the next unit."""

from collections.abc import Sequence

from sqlalchemy import Row, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from calibration.models import Qualification
from kernel.db import now_of
from kernel.policy import Actor, Demand, Reason
from kernel.walls import constant
from marketplace.models import Lane, Project
from marketplace.rules.eligibility import CLEARANCE, Admission, LaneNeeds, demands, demands_of_class
from workforce.queries import annotator_of, person_facts
from workforce.values import AnnotatorView, PersonFacts, Standing

CANDIDATES_MOST = 50


def person_of(session: Session, actor: Actor) -> AnnotatorView | None:
    """The actor's working profile with the vendor in whose name they act."""
    if actor.account_id is None or actor.org_id is None:
        return None
    return annotator_of(session, actor.account_id, actor.org_id)


def lanes_open_to(
    session: Session, person: PersonFacts, lane_id: str | None = None
) -> list[tuple[Lane, Project, tuple[Demand, ...]]]:
    """The lanes for which the person is qualified and meets every condition, most urgent first."""
    return [found for found in lanes_for(session, person, qualified=True, lane_id=lane_id) if _all_met(found[2])]


def lanes_for(
    session: Session, person: PersonFacts, *, qualified: bool, lane_id: str | None = None
) -> list[tuple[Lane, Project, tuple[Demand, ...]]]:
    """Open lanes with the person's conditions; `qualified` keeps to those that a test or waiver has opened."""
    now = now_of(session)
    found = []
    for lane, project, qualification in _rows(session, person, qualified=qualified, lane_id=lane_id):
        lives = qualification is not None and (qualification.until_at is None or qualification.until_at > now)
        admission = Admission(
            qualified=lives,
            paused_until=qualification.paused_until if qualification else None,
            receipt_id=qualification.pause_receipt_id if qualification else None,
        )
        found.append((lane, project, demands(needs_of(lane, project), person, admission, now)))
    return found


def _rows(
    session: Session, person: PersonFacts, *, qualified: bool, lane_id: str | None
) -> Sequence[Row[Lane, Project, Qualification]]:
    statement = _QUALIFIED if qualified else _EVERY
    given = {"p_annotator": person.annotator_id, "p_vendor": person.org_id}
    if lane_id is None:
        return session.execute(statement, given).all()
    of_one = _QUALIFIED_IN if qualified else _EVERY_IN
    return session.execute(of_one, {**given, "p_lane": lane_id}).all()


def _lanes(*, qualified: bool) -> Select[Lane, Project, Qualification]:
    joined = and_(
        Qualification.lane_id == Lane.id,
        Qualification.annotator_id == bindparam("p_annotator"),
        Qualification.revoked_at.is_(None),
    )
    return (
        select(Lane, Project, Qualification)
        .join(Project, Project.id == Lane.project_id)
        .join(Qualification, joined, isouter=not qualified)
        .where(Lane.vendor_org_id == bindparam("p_vendor"), Lane.state == "open")
        .order_by(Lane.priority.desc(), Lane.deadline_at, Lane.id)
        .limit(CANDIDATES_MOST)
    )


_QUALIFIED, _EVERY = constant(_lanes(qualified=True)), constant(_lanes(qualified=False))
_QUALIFIED_IN = constant(_lanes(qualified=True).where(Lane.id == bindparam("p_lane")))
_EVERY_IN = constant(_lanes(qualified=False).where(Lane.id == bindparam("p_lane")))


def needs_of(lane: Lane, project: Project) -> LaneNeeds:
    """What a lane asks of a person."""
    return LaneNeeds(
        lane.state, project.state, lane.locale, lane.proficiency, lane.distance_most, lane.classification,
        lane.skill, lane.domain, tuple(lane.modes), tuple(lane.also),
    )  # fmt: skip


def demands_of_test(session: Session, lane: Lane, project: Project, annotator_id: str) -> tuple[Demand, ...] | None:
    """What a person has to meet before the lane's test shows them its content; None for nobody that the scope sees.

    That is all that work in the lane asks, but the test itself; a test may be taken while the lane is paused.
    """
    person = facts_of(session, annotator_id)
    if person is None:
        return None
    asked = demands(needs_of(lane, project), person, Admission(qualified=True), now_of(session))
    return tuple(demand for demand in asked if demand.reason is not Reason.PROJECT_PAUSED)


def demands_of_review(session: Session, actor: Actor) -> dict[str, tuple[Demand, ...]]:
    """By classification, what its answers ask of a vendor's reviewer, for whom their own active profile speaks.

    The client's own people read what is their organization's.
    """
    profile = person_of(session, actor) if actor.org_kind == "vendor" else None
    person = facts_of(session, profile.id) if profile and profile.status is Standing.ACTIVE else None
    is_asked = actor.org_kind == "vendor"
    return {name: tuple(demands_of_class(name, person)) if is_asked else () for name in CLEARANCE}


def facts_of(session: Session, annotator_id: str) -> PersonFacts | None:
    """What eligibility asks of a person, as it is in this transaction."""
    return person_facts(session, annotator_id, now_of(session))


def _all_met(conditions: tuple[Demand, ...]) -> bool:
    return all(demand.met for demand in conditions)
