"""A lane at work: units, a rate, people who may work in it, and what each of them does."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import calibration.jobs  # noqa: F401 - jobs are asked for by name
from calibration import contents, lanes
from calibration.models import Judgment
from calibration.operations import qualifications
from kernel import clock
from kernel.db import Database
from kernel.ids import new_id
from kernel.policy import Actor, Role, system_actor
from kernel.presence import Presence
from kernel.tenancy import Scope
from marketplace.models import Assignment, Lane, Project, Slot, Unit
from marketplace.operations import answers, planning, projects, returning, reviewing, taking, units
from marketplace.operations.reads import readable_items
from marketplace.queries.facts import lane_facts
from marketplace.queries.item_classes import item_classes
from marketplace.queries.work import task_of
from marketplace.values.imports import UnitIn
from marketplace.values.work import NoWork, Submitted, Task
from payouts.operations.rates import set_rate
from tests.marketplace.orders import ONTOLOGY, Market
from workforce import leases
from workforce.models import Agreement, AgreementSignature, Annotator
from workforce.operations.standing import change_standing

RATE = 7_500


@dataclass
class Desk:
    """People in front of one open lane."""

    market: Market
    lane: str
    people: list[Actor] = field(default_factory=list)
    annotators: list[str] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.market.db

    @contextmanager
    def vendor(self) -> Iterator[Session]:
        """A transaction in which the vendor's people act."""
        scope = Scope.tenant(self.market.vendor)
        with clock.use_clock(lambda: self.market.now), self.db.transaction(scope) as session:
            yield session

    def take(self, person: int, key: str | None = None) -> Task | None:
        """The unit that the person gets, or None."""
        with self.vendor() as session:
            found = taking.take_next(session, self.people[person], self.lane, key=key)
            return None if isinstance(found, NoWork) else found

    def answer(self, person: int, task: Task | str, choice: str = "refund", key: str | None = None) -> Submitted:
        assignment_id = task if isinstance(task, str) else task.assignment_id
        with self.vendor() as session:
            return answers.submit_answer(session, self.people[person], assignment_id, {"choice": choice}, key=key)

    def skip(self, person: int, task: Task) -> None:
        with self.vendor() as session:
            returning.skip(session, self.people[person], task.assignment_id, reason="unclear")

    def assign(self, person: int, unit_ids: Sequence[str]) -> int:
        manager = self.market.manager
        with self.market.as_(manager) as session:
            return planning.assign_units(session, manager, self.lane, self.annotators[person], unit_ids)

    def seen(self, person: int, task: Task | str) -> Task:
        """The unit as the person's page would show it."""
        assignment_id = task if isinstance(task, str) else task.assignment_id
        with self.vendor() as session:
            return task_of(session, self.people[person], assignment_id)

    def stand(self, person: int, status: str) -> None:
        """The vendor gives the person another standing."""
        manager = self.market.manager
        with self.market.as_(manager) as session:
            change_standing(session, manager, self.annotators[person], status=status, reason="we have to talk")

    def expire(self) -> int:
        with self.market.system() as session:
            return returning.expire_lane(session, system_actor("test"), self.lane)

    def units(self) -> list[Unit]:
        with self.market.system() as session:
            return list(session.scalars(select(Unit).where(Unit.lane_id == self.lane).order_by(Unit.id)))

    def slots(self) -> dict[str, int]:
        """How many slots there are in each state."""
        with self.market.system() as session:
            rows = session.execute(
                select(Slot.state, func.count()).where(Slot.lane_id == self.lane).group_by(Slot.state)
            )
            return {row[0]: row[1] for row in rows}

    def assignments(self) -> list[Assignment]:
        with self.market.system() as session:
            return list(session.scalars(select(Assignment).where(Assignment.lane_id == self.lane)))

    def judgments(self) -> list[Judgment]:
        with self.market.system() as session:
            return list(session.scalars(select(Judgment).where(Judgment.lane_id == self.lane)))

    def protect(self, classification: str, **asked: Any) -> None:
        """Make the lane and its project of a class, whose agreements and places are set unless said otherwise."""
        kept = {"agreements": {"nda": 1}, "annex": {"health": 1}, "countries": ["KE"], "networks": ["192.0.2.0/24"]}
        with self.market.system() as session:
            lane = session.get_one(Lane, self.lane)
            lane.classification = classification
            project = session.get_one(Project, lane.project_id)
            project.classification, project.protection = classification, kept | asked

    def let_in(self, person: int, clearance: int, *, verified: bool = True, signed: bool = True) -> None:
        """Clear a person for a class of data: level, identity, residence, and the agreements of `protect`."""
        now = self.market.now
        with self.market.system() as session:
            row = session.get_one(Annotator, self.annotators[person])
            row.clearance, row.clearance_until = clearance, now + timedelta(days=20)
            row.identity_verified_at, row.country = now if verified else None, "KE"
            for code in ("nda", "health") if signed else ():
                sign(session, self.market, row.id, code)

    def present(self, *, factor: str = "passkey", minutes: int = 5, address: str = "192.0.2.7") -> Presence:
        """Somebody who has just proven who they are, in a network that the project names."""
        at = self.market.now - timedelta(minutes=minutes)
        return Presence(address, None, at, at if factor == "passkey" else None)

    def change_lane(self, **values: float) -> None:
        with self.market.system() as session:
            lane = session.get_one(Lane, self.lane)
            for name, value in values.items():
                setattr(lane, name, value)


def sign(session: Session, market: Market, annotator_id: str, code: str, version: int = 1) -> None:
    """The person signs an agreement of their vendor, which is published for it where it is not there yet."""
    agreement = session.scalars(
        select(Agreement).where(Agreement.org_id == market.vendor, Agreement.code == code, Agreement.version == version)
    ).one_or_none()
    if agreement is None:
        agreement = Agreement(
            id=new_id(), org_id=market.vendor, code=code, version=version, titles={"en": code}, texts={"en": code},
            required_from="restricted-phi", published_at=market.now,
        )  # fmt: skip
        session.add(agreement)
        session.flush()
    known = select(AgreementSignature.id).where(
        AgreementSignature.annotator_id == annotator_id, AgreementSignature.agreement_id == agreement.id
    )
    if session.scalar(known) is None:
        session.add(
            AgreementSignature(
                org_id=market.vendor, annotator_id=annotator_id, agreement_id=agreement.id, code=code, version=version,
                locale="en", text_sha256="0" * 64, signed_at=market.now,
            )
        )  # fmt: skip


def open_desk(
    market: Market, *, people: int, unit_count: int, overlap: int = 3, schema: Mapping[str, Any] = ONTOLOGY,
    content: Mapping[str, str] | None = None,
) -> Desk:  # fmt: skip
    """A lane of the market that is open, with units that need `overlap` answers and people whom the vendor let in.

    `content` is what each unit holds where it is no message; its texts are numbered, as none may stand there twice.
    """
    lanes.use_provider(lane_facts)
    contents.use_guard(readable_items, item_classes)
    leases.use_leases(returning.end_leases)
    leases.use_reviews(reviewing.end_reviews)
    name = f"desk {people} {unit_count} {overlap} {schema!r} {content!r}"
    made = market.begin(name, lambda: _opened(market, people, unit_count, overlap, schema, content))
    return replace(made, market=market, people=[*made.people], annotators=[*made.annotators])


def _opened(
    market: Market, people: int, unit_count: int, overlap: int, schema: Mapping[str, Any],
    content: Mapping[str, str] | None,
) -> Desk:  # fmt: skip
    project_id = market.order(schema=schema)
    with market.system() as session:
        lane = session.scalars(select(Lane).where(Lane.project_id == project_id)).one()
        lane.overlap = overlap
        desk = Desk(market, lane.id)
    add_units(desk, unit_count, content=content)
    with market.as_(market.manager) as session:
        set_rate(session, market.manager, lane_id=desk.lane, micros=RATE, currency="EUR")
    with market.system() as session:
        projects.open_lane(session, market.pm, desk.lane, without_test=True)
    add_people(desk, people)
    return desk


def add_units(desk: Desk, count: int, prefix: str = "message", content: Mapping[str, str] | None = None) -> list[str]:
    parts = content or {"text": prefix}
    made: list[str] = []
    pm = desk.market.pm
    for start in range(0, count, 1000):
        drafts = [
            UnitIn({name: f"{words} {number}" for name, words in parts.items()})
            for number in range(start, min(count, start + 1000))
        ]
        with desk.market.as_(pm) as session:
            made += [unit_id for unit_id in units.add_units(session, pm, desk.lane, drafts).unit_ids if unit_id]
    return made


def add_people(desk: Desk, count: int) -> None:
    """Native speakers whom the vendor has let in without the test."""
    market = desk.market
    hired = market.hire(count, "sw-KE")
    with market.as_(market.manager) as session:
        for annotator_id in hired:
            qualifications.waive(session, market.manager, desk.lane, annotator_id, "known from earlier work")
    with market.system() as session:
        accounts = {
            row[0]: row[1]
            for row in session.execute(select(Annotator.id, Annotator.account_id).where(Annotator.id.in_(hired)))
        }
    desk.annotators += hired
    desk.people += [Actor(accounts[each], market.vendor, Role.ANNOTATOR, org_kind="vendor") for each in hired]
