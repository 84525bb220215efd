"""Which lanes a person may work in, with every condition: the "why (not) me", and the candidates for the next unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from calibration.models import Qualification
from kernel.db import now_of
from kernel.policy import Actor, Demand, Reason
from kernel.presence import Presence, here
from kernel.walls import constant
from marketplace.models import Lane, Project
from marketplace.rules.eligibility import Admission, LaneNeeds, demands, demands_of_class, reach_of
from workforce.queries import annotator_of, facts_of_people, person_facts
from workforce.values import CLASS_DEMANDS, CLASSES, AnnotatorView, PersonFacts, Protection, Standing

CANDIDATES_MOST = 50
PROJECTS_MOST = 500


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
        found.append((lane, project, demands(needs_of(lane, project), person, admission, here(), now)))
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
        Protection.from_json(project.protection),
    )  # fmt: skip


def demands_of_test(session: Session, lane: Lane, project: Project, annotator_id: str) -> tuple[Demand, ...] | None:
    """What a person has to meet before the lane's test shows them its content; None for nobody that the scope sees.

    That is all that work in the lane asks, but the test itself; a test may be taken while the lane is paused.
    """
    person = facts_of(session, annotator_id)
    return None if person is None else _demands_of_test(session, lane, project, person, here())


def who_may_be_tested(session: Session, lane: Lane, project: Project, annotator_ids: Sequence[str]) -> frozenset[str]:
    """Those of these people who could take the lane's test: as many statements for one as for hundreds.

    Whoever asks them is not they: networks and proofs are looked at when they come.
    """
    now, allowed = now_of(session), set[str]()
    for annotator_id, person in facts_of_people(session, annotator_ids, now).items():
        at_home = Presence(country=person.country, second_factor_at=now, passkey_at=now)
        asked = _demands_of_test(session, lane, project, person, at_home)
        if _all_met(demand for demand in asked if demand.reason is not Reason.NETWORK_NOT_ALLOWED):
            allowed.add(annotator_id)
    return frozenset(allowed)


def _demands_of_test(
    session: Session, lane: Lane, project: Project, person: PersonFacts, presence: Presence
) -> tuple[Demand, ...]:
    asked = demands(needs_of(lane, project), person, Admission(qualified=True), presence, now_of(session))
    return tuple(demand for demand in asked if demand.reason is not Reason.PROJECT_PAUSED)


def reach_in(session: Session, lane: Lane, project: Project, person: PersonFacts) -> int:
    """How sensitive the units of a lane are that the person may be handed there at this moment."""
    return reach_of(needs_of(lane, project), person, here(), now_of(session))


def unit_demands(
    session: Session, lane: Lane, project: Project, person: PersonFacts, classification: str
) -> tuple[Demand, ...]:
    """What a unit's own class asks of the person, beside what its lane asks."""
    protection = Protection.from_json(project.protection)
    return tuple(demands_of_class(classification, protection, person, here(), now_of(session)))


def demands_on_reader(session: Session, actor: Actor, project: Project, classification: str) -> tuple[Demand, ...]:
    """What content of this class in this project asks of somebody who reviews, checks or looks at it.

    For a vendor's reviewer their own active profile speaks. The client's own people need no clearance for what is
    their organization's, yet have to be where it may be read, and to have proven that it is they.
    """
    reader, protection = reader_of(session, actor), Protection.from_json(project.protection)
    return _on_reader(session, actor, reader, protection, classification)


def demands_on_own(session: Session, actor: Actor, project: Project, classification: str) -> tuple[Demand, ...]:
    """The same of somebody who looks at their own test or at a decision about them, whatever their standing."""
    profile = profile_of_reviewer(session, actor)
    facts = facts_of(session, profile.id) if profile else None
    return _on_reader(session, actor, facts, Protection.from_json(project.protection), classification)


def profile_of_reviewer(session: Session, actor: Actor) -> AnnotatorView | None:
    """The working profile of somebody who reviews for a vendor, if they have one; read once in a transaction."""
    known: dict[Actor, AnnotatorView | None] = session.info.setdefault("reviewers", {})
    if actor not in known:
        known[actor] = person_of(session, actor) if actor.org_kind == "vendor" else None
    return known[actor]


def reader_of(session: Session, actor: Actor) -> PersonFacts | None:
    """The facts of a vendor's reader; None for a client's, and for whoever has no active profile."""
    profile = profile_of_reviewer(session, actor)
    return facts_of(session, profile.id) if profile and profile.status is Standing.ACTIVE else None


@dataclass(frozen=True)
class Readable:
    """Which content an actor may read now: classes open in any project, and projects in which others are."""

    anywhere: frozenset[str]
    in_projects: dict[str, tuple[str, ...]]


def readable_by(session: Session, actor: Actor) -> Readable:
    """What the actor may read of the projects that the scope sees, of which the newest hundreds are looked at.

    Found out once in a transaction.
    """
    known: dict[Actor, Readable] = session.info.setdefault("readable", {})
    if actor not in known:
        known[actor] = _readable_by(session, actor)
    return known[actor]


def _readable_by(session: Session, actor: Actor) -> Readable:
    reader = reader_of(session, actor)

    def is_open(protection: Protection, name: str) -> bool:
        return all(demand.met for demand in _on_reader(session, actor, reader, protection, name))

    anywhere = frozenset(name for name in CLASSES if is_open(Protection(), name))
    anywhere &= {name for name in CLASSES if not CLASS_DEMANDS[name].asks_project_agreement}
    rows = session.execute(
        select(Project.id, Project.protection).order_by(Project.created_at.desc()).limit(PROJECTS_MOST)
    ).all()
    found: dict[str, tuple[str, ...]] = {}
    for name in CLASSES:
        if name not in anywhere:
            found[name] = tuple(row.id for row in rows if is_open(Protection.from_json(row.protection), name))
    return Readable(anywhere, found)


def _on_reader(
    session: Session, actor: Actor, reader: PersonFacts | None, protection: Protection, classification: str
) -> tuple[Demand, ...]:
    is_vendor = actor.org_kind == "vendor"
    return tuple(demands_of_class(classification, protection, reader, here(), now_of(session), is_vendor=is_vendor))


def facts_of(session: Session, annotator_id: str) -> PersonFacts | None:
    """What eligibility asks of a person, as it is in this transaction."""
    return person_facts(session, annotator_id, now_of(session))


def _all_met(conditions: Iterable[Demand]) -> bool:
    return all(demand.met for demand in conditions)
