"""A small world of calibration: a client, a vendor, one lane, its people and gold, written straight into the tables."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from calibration import contents, lanes
from calibration.models import GoldKey, GoldSet
from calibration.operations import grading, judgments
from calibration.values import GradeSummary, LaneFacts, NewJudgment, Recorded
from kernel import clock, ids
from kernel.db import Database
from kernel.models import AccessGrant
from kernel.policy import Actor, Demand, Role, system_actor
from kernel.tenancy import Scope
from labeling.models import Guideline, Item, Ontology, sealed_content
from labeling.rules.ontology import ontology_json
from labeling.tasktypes import registry
from tests.support.words import address_of
from workforce.models import Account, Annotator, Organization, Pool
from workforce.naming import call

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
GRADER = system_actor("grading")
CLASSES = ("good", "bad")


def choice_ontology(*classes: str) -> dict[str, Any]:
    return ontology_json(
        registry.read_ontology(
            {
                "task_type": "choice",
                "question": {"en": "What is it?"},
                "classes": [{"id": name, "names": {"en": name.title()}} for name in classes],
                "options": {},
            }
        )
    )


def all_readable(
    session: Session, actor: Actor, project_id: str, item_ids: Collection[str], *, is_own: bool, is_noted: bool,
    met: str,
) -> dict[str, str]:  # fmt: skip
    """There are no classes of units here, and nobody is refused."""
    return classes_as_stated(session, project_id, item_ids)


def classes_as_stated(session: Session, project_id: str, item_ids: Collection[str]) -> dict[str, str]:
    """Each item's own class, as there are no units here."""
    rows = session.query(Item.id, Item.classification).filter(Item.id.in_(list(item_ids)))
    return {row.id: row.classification for row in rows}


@dataclass
class World:
    """What a test needs to act: organizations, the lane, its people, and the hands of a clock."""

    db: Database
    now: datetime = START
    client: str = field(default_factory=ids.new_id)
    vendor: str = field(default_factory=ids.new_id)
    project: str = field(default_factory=ids.new_id)
    lane: str = field(default_factory=ids.new_id)
    ontology: str = field(default_factory=ids.new_id)
    guideline: str = field(default_factory=ids.new_id)
    gold_set: str = field(default_factory=ids.new_id)
    people: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> (annotator, account)
    lane_state: str = "open"
    classification: str = ""  # of the lane; what is not stated is above all
    demands: tuple[Demand, ...] = ()  # of the lane, on whomever it is asked about

    def facts(self, session: Session, lane_id: str, annotator_id: str | None = None) -> LaneFacts | None:
        if lane_id != self.lane:
            return None
        facts = LaneFacts(
            id=self.lane,
            org_id=self.client,
            vendor_org_id=self.vendor,
            project_id=self.project,
            locale="sw-KE",
            task_type="choice",
            ontology_id=self.ontology,
            guideline_id=self.guideline,
            name="Mood, Swahili",
            state=self.lane_state,
            classification=self.classification,
        )
        return replace(facts, demands=self.demands) if annotator_id else facts

    def suits(self, session: Session, lane_id: str, annotator_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(annotator_ids if all(each.met for each in self.demands) else ())

    def annotator(self, name: str) -> Actor:
        return Actor(self.people[name][1], self.vendor, Role.ANNOTATOR, org_kind="vendor")

    def as_vendor(self) -> Actor:
        return Actor("manager", self.vendor, Role.VENDOR_MANAGER, org_kind="vendor")

    def as_client(self) -> Actor:
        return Actor("owner", self.client, Role.CLIENT_QA, org_kind="client")

    def later(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    @contextmanager
    def system(self) -> Iterator[Session]:
        with clock.use_clock(lambda: self.now), self.db.transaction(Scope.system("test")) as session:
            yield session

    @contextmanager
    def in_vendor(self) -> Iterator[Session]:
        with clock.use_clock(lambda: self.now), self.db.transaction(Scope.tenant(self.vendor)) as session:
            yield session

    @contextmanager
    def in_client(self) -> Iterator[Session]:
        with clock.use_clock(lambda: self.now), self.db.transaction(Scope.with_gold(self.client)) as session:
            yield session

    def hire(self, *names: str) -> None:
        """Active annotators of the vendor."""
        with self.system() as session:
            pool = session.query(Pool.id).filter(Pool.org_id == self.vendor).scalar()
            for name in names:
                account, annotator = ids.new_id(), ids.new_id()
                self.people[name] = (annotator, account)
                email = f"{name}-{account[:6]}@people.example".lower()
                row = Account(
                    id=account, email=email, email_key=address_of(email), created_at=self.now, auth_epoch=0,
                    status="active",
                )  # fmt: skip
                session.add(row)
                call(session, row, name=name)
                session.flush()
                session.add(
                    Annotator(
                        id=annotator,
                        org_id=self.vendor,
                        account_id=account,
                        pool_id=pool,
                        pseudonym=f"W-{annotator[:8]}",
                        status="active",
                        applied_at=self.now,
                        skills=[],
                        domains=[],
                    )
                )
                session.flush()

    def add_items(self, count: int) -> list[str]:
        made = [ids.new_id() for _ in range(count)]
        rows = [
            {
                "id": item, "org_id": self.client, "vendor_org_id": self.vendor, "project_id": self.project,
                "locale": "sw-KE", "classification": "internal", "fingerprint": item,
                "content_sealed": sealed_content(item, self.client, {"text": f"text of {item}"}),
            }
            for item in made
        ]  # fmt: skip
        if rows:
            with self.system() as session:
                session.execute(insert(Item), rows)
        return made

    def add_gold(self, count: int, pool: str, classes: tuple[str, ...] = CLASSES) -> list[str]:
        """Items with keys, the classes in turn."""
        made = self.add_items(count)
        rows = [
            {
                "org_id": self.client, "gold_set_id": self.gold_set, "item_id": item, "lane_id": self.lane,
                "pool": pool, "truth": {"choice": classes[place % len(classes)]},
                "category": classes[place % len(classes)], "explanation": f"because {place}",
            }
            for place, item in enumerate(made)
        ]  # fmt: skip
        if rows:
            with self.system() as session:
                session.execute(insert(GoldKey), rows)
        return made

    def truth(self, item_id: str) -> str:
        with self.system() as session:
            return str(session.query(GoldKey.category).filter(GoldKey.item_id == item_id).scalar())

    def judge(self, name: str, item_id: str, choice: str, *, unit_id: str | None = None, is_late: bool = False,
              outlook: dict[str, Any] | None = None, seconds: int = 10) -> Recorded:  # fmt: skip
        annotator, account = self.people[name]
        new = NewJudgment(
            org_id=self.client,
            vendor_org_id=self.vendor,
            project_id=self.project,
            lane_id=self.lane,
            unit_id=unit_id or item_id,
            item_id=item_id,
            assignment_id=ids.new_id(),
            annotator_id=annotator,
            account_id=account,
            ontology_id=self.ontology,
            guideline_id=self.guideline,
            answer={"choice": choice},
            category=choice,
            seconds=seconds,
            is_late=is_late,
            labels=CLASSES,
            outlook=outlook or {},
        )
        with self.in_vendor() as session:
            return judgments.record(session, self.annotator(name), new)

    def grade(self) -> GradeSummary:
        with self.system() as session:
            return grading.grade_pending(session, GRADER)


def build(db: Database, classes: tuple[str, ...] = CLASSES) -> World:
    """The world before anybody works in it."""
    world = World(db)
    owner = {"org_id": world.client, "vendor_org_id": world.vendor, "project_id": world.project}
    with world.system() as session:
        for org, kind in ((world.client, "client"), (world.vendor, "vendor")):
            session.add(Organization(id=org, kind=kind, name=org, name_key=org, created_at=world.now))
        session.add(
            AccessGrant(
                subject_kind="project",
                subject_id=world.project,
                org_id=world.client,
                grantee_org_id=world.vendor,
                rights=["work"],
                from_at=START - timedelta(days=1),
                until_at=START + timedelta(days=3650),
            )
        )
        session.add(Pool(id=ids.new_id(), org_id=world.vendor, name="All", about={}, created_at=world.now))
        session.add(
            Ontology(
                id=world.ontology,
                version=1,
                task_type="choice",
                body=choice_ontology(*classes),
                fingerprint="f" * 64,
                published_at=world.now,
                **owner,
            )
        )
        session.add(Guideline(id=world.guideline, version=1, texts={"en": "Read."}, published_at=world.now, **owner))
        session.add(
            GoldSet(
                id=world.gold_set, org_id=world.client, project_id=world.project, name="First", created_at=world.now
            )
        )
    lanes.use_provider(world.facts)
    lanes.use_people_for_test(world.suits)
    contents.use_guard(all_readable, classes_as_stated)
    return world
