"""Settled work for tests of releases: units with judgments, grades and reviews, written straight into the tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calibration.models import GoldKey, GoldSet, Grade, Judgment, Track
from i18n.messages import Message
from kernel import ids
from kernel.policy import system_actor
from labeling.models import Item
from marketplace.models import Lane, Review, Unit
from marketplace.operations import units
from marketplace.values.imports import UnitIn
from tests.marketplace.orders import Market
from workforce.operations.receipts import issue_receipt


@dataclass
class Work:
    """A lane with its people."""

    market: Market
    project_id: str
    lane_id: str
    people: tuple[str, ...]
    units: dict[str, str] = field(default_factory=dict)  # the client's reference -> unit

    def settle(self, reference: str, answers: Sequence[str], label: str, source: str = "consensus") -> str:
        """A unit with the answers of the people in their order, settled."""
        market = self.market
        with market.as_(market.pm) as session:
            added = units.add_units(
                session, market.pm, self.lane_id, [UnitIn({"text": f"Message {reference}"}, reference)]
            )
        unit_id = str(added.unit_ids[0])
        self.units[reference] = unit_id
        with market.system() as session:
            unit = session.get_one(Unit, unit_id)
            lane = session.get_one(Lane, self.lane_id)
            for person, answer in zip(self.people, answers, strict=False):
                session.add(_judgment(market, lane, unit, person, answer))
            unit.state, unit.label, unit.label_source = "settled", {"choice": label}, source
            unit.answered, unit.settled_at = len(answers), market.now
        return unit_id

    def grade(self, truth: str, answer: str, count: int, *, void: bool = False) -> None:
        """So many judgments on hidden gold of one class, all with one answer."""
        with self.market.system() as session:
            lane = session.get_one(Lane, self.lane_id)
            for _number in range(count):
                judgment = _checked(session, self, lane)
                session.add(_grade(self, judgment, truth, answer, void))

    def review(self, reference: str, verdict: str, label: str | None = None, why: str = "sample") -> None:
        """A finished review; a fix changes the unit's label."""
        with self.market.system() as session:
            unit = session.get_one(Unit, self.units[reference])
            session.add(
                Review(
                    org_id=unit.org_id, vendor_org_id=unit.vendor_org_id, project_id=unit.project_id,
                    lane_id=unit.lane_id, unit_id=unit.id, why=why, state="done", verdict=verdict,
                    reason=None if verdict == "accept" else "wrong_class",
                    label={"choice": label} if label else None, judgment_ids=[], asked_at=self.market.now,
                    done_at=self.market.now,
                )
            )  # fmt: skip
            if label:
                unit.label, unit.label_source = {"choice": label}, "review"

    def decide(self, *kinds: str) -> None:
        """Decisions of the vendor about the first of the people, each for a cause of its own."""
        told, actor = Message("Told."), system_actor("test", self.market.vendor)
        with self.market.system() as session:
            for kind in kinds:
                issue_receipt(
                    session, actor, annotator_id=self.people[0], kind=kind, rule="review", rule_version="1", what=told,
                    why=told, way_back=told, cause_kind="judgment", cause_id=ids.new_id(), lane_id=self.lane_id,
                )  # fmt: skip

    def alarm(self, alarms: int, *, followed: int) -> None:
        """The first person's chart of errors rose so many times; after some of them their work was looked at again."""
        with self.market.system() as session:
            lane = session.get_one(Lane, self.lane_id)
            session.add(
                Track(
                    org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id, lane_id=lane.id,
                    annotator_id=self.people[0], confusion={}, classes={}, shown={}, updated_at=self.market.now,
                    alarms=alarms, alarms_seen=followed,
                )
            )  # fmt: skip

    def make_gold(self, reference: str, truth: str) -> None:
        """Turn a unit into hidden gold."""
        with self.market.system() as session:
            unit = session.get_one(Unit, self.units[reference])
            gold_set = GoldSet(
                id=ids.new_id(), org_id=unit.org_id, project_id=unit.project_id, name=reference,
                created_at=self.market.now,
            )  # fmt: skip
            session.add(gold_set)
            session.flush()
            session.add(
                GoldKey(
                    org_id=unit.org_id, gold_set_id=gold_set.id, item_id=unit.item_id, lane_id=unit.lane_id,
                    pool="live", truth={"choice": truth}, category=truth,
                )
            )  # fmt: skip

    def relabel(self, reference: str, label: str) -> None:
        """A later review says otherwise."""
        with self.market.system() as session:
            session.execute(
                update(Unit)
                .where(Unit.id == self.units[reference])
                .values(label={"choice": label}, label_source="review")
            )


def lane_with_people(market: Market, count: int = 3, locale: str = "sw-KE") -> Work:
    """An ordered project of one language, and people of the vendor."""
    made = market.begin(f"lane with people {count} {locale}", lambda: _lane_with_people(market, count, locale))
    return replace(made, market=market, units=dict(made.units))


def _lane_with_people(market: Market, count: int, locale: str) -> Work:
    people = tuple(sorted(market.hire(count, locale)))
    project_id = market.order([{"locale": locale, "units": 100}])
    with market.system() as session:
        lane_id = session.scalars(select(Lane.id).where(Lane.project_id == project_id)).one()
    return Work(market, project_id, lane_id, people)


def _judgment(market: Market, lane: Lane, unit: Unit, person: str, answer: str) -> Judgment:
    return Judgment(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane.id, unit_id=unit.id, item_id=unit.item_id, assignment_id=ids.new_id(), annotator_id=person,
        account_id=person, ontology_id=lane.ontology_id, guideline_id=lane.guideline_id,
        answer={"choice": answer}, category=answer, answered_at=market.now, seconds=20,
    )  # fmt: skip


def _grade(work: Work, judgment: Judgment, truth: str, answer: str, void: bool) -> Grade:
    return Grade(
        org_id=work.market.client, lane_id=work.lane_id, judgment_id=judgment.id, item_id=judgment.item_id,
        annotator_id=work.people[0], key_version=1, truth_category=truth, category=answer,
        score=1.0 if truth == answer else 0.0, is_void=void, at=work.market.now,
    )  # fmt: skip


def _checked(session: Session, work: Work, lane: Lane) -> Judgment:
    """A judgment on an item outside the released units; late, so that agreement does not see it."""
    item = Item(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        locale=lane.locale, classification="internal", content={"text": "x"}, fingerprint=ids.new_id(),
    )  # fmt: skip
    session.add(item)
    session.flush()
    judgment = _judgment(work.market, lane, Unit(id=ids.new_id(), item_id=item.id), work.people[0], "refund")
    judgment.is_late = True
    session.add(judgment)
    session.flush()
    return judgment
