"""From a client's request to lanes that are open: schema, guideline, units, gold, a test where the gold allows one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from calibration.models import GoldKey
from calibration.operations import tests
from kernel import clock, jobs
from kernel.errors import Conflict, Invalid
from kernel.sealed_files import kept_sealed
from kernel.tenancy import Scope
from labeling.models import Item
from marketplace.operations import imports, ontologies, projects, requests, units
from marketplace.queries.projects import lanes_of
from marketplace.replay.cast import ME, Stage
from marketplace.replay.plan import Plan, PlannedUnit, schema_of
from marketplace.values.imports import CHUNK, BatchKind, UnitIn
from payouts.operations.rates import set_rate

CURRENCY = "USD"
RATE = 10_000  # one cent a judgment, so that everybody can be paid in whole cents
_PRICE = 20_000
# From the strictest test to the mildest: the first that the exam gold can carry is published.
_TESTS = ((0.6, 0.88, 0.1, 0.1), (0.5, 0.9, 0.1, 0.1), (0.5, 0.85, 0.2, 0.2))


@dataclass
class Order:
    """A project that is being replayed: lanes and units by what the data call them."""

    project_id: str
    name: str
    lanes: dict[str, str] = field(default_factory=dict)  # locale -> lane
    units: dict[str, str] = field(default_factory=dict)  # item -> unit
    exam_items: dict[str, str] = field(default_factory=dict)  # item of the data -> item of the exam
    tested: set[str] = field(default_factory=set)  # locales whose lane has a test


def place_order(stage: Stage, plan: Plan, title: str) -> Order:
    """The client asks, the vendor quotes, the client accepts and says what is to be done."""
    lines = [{"locale": locale, "units": len(plan.units_of(locale))} for locale in plan.locales]
    with stage.acting("pm") as (session, actor):
        sent = requests.send_request(
            session, actor, name=plan.name[:120], vendor_org_id=stage.vendor, task_type="choice",
            classification="internal", lines=lines, overlap=plan.overlap,
            quality_target=0.8, deadline_at=stage.now + timedelta(days=60), currency=CURRENCY, about=title,
            recorded=True,
        )  # fmt: skip
    prices = dict.fromkeys(plan.locales, _PRICE * plan.overlap)
    with stage.acting("manager") as (session, actor):
        quote = requests.make_quote(session, actor, sent.request_id, prices=prices)
    with stage.acting("pm") as (session, actor):
        requests.accept_quote(session, actor, quote.id)
        question = title or f"Which class fits? ({plan.name})"
        ontologies.publish_ontology(session, actor, sent.project_id, schema_of(plan.classes, question))
        ontologies.publish_guideline(session, actor, sent.project_id, {"en": f"Choose the class that fits. {title}"})
        lanes = {lane.locale: lane.id for lane in lanes_of(session, sent.project_id)}
    return Order(sent.project_id, plan.name, lanes)


def bring_units(stage: Stage, order: Order, locale: str, wanted: Sequence[PlannedUnit]) -> None:
    """Add units to a lane, each with as many places as people judged it; at most a thousand at once."""
    drafts = [
        UnitIn({"text": unit.text, "context": unit.context}, unit.item, overlap=unit.overlap) for unit in wanted[:CHUNK]
    ]
    with stage.acting("pm") as (session, actor):
        added = units.add_units(session, actor, order.lanes[locale], drafts, personal="keep")
    for unit, unit_id in zip(wanted, added.unit_ids, strict=True):
        assert unit_id is not None, "a new project has no item that is not a unit"
        order.units[unit.item] = unit_id


def bring_gold(stage: Stage, order: Order, plan: Plan) -> None:
    """Upload the exam's half of the gold, as copies that are no units, and have it checked and written by the jobs."""
    rows = [
        {
            "id": unit.item, "locale": unit.locale, "text": unit.text, "context": f"{unit.context} (test)",
            "label": plan.exam_truth[unit.item], "pool": "exam",
        }
        for unit in plan.units
        if unit.item in plan.exam_truth
    ]  # fmt: skip
    if not rows:
        return
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    with stage.acting("qa") as (session, actor), kept_sealed([content], ".jsonl") as stored:
        batch = imports.receive_file(
            session, actor, order.project_id, kind=BatchKind.GOLD, name="gold.jsonl", stored=stored
        )
    carry(stage, batch.job_id)
    with stage.acting("qa") as (session, actor):
        batch = imports.confirm_import(session, actor, batch.id, personal="keep")
    carry(stage, batch.job_id)
    with stage.system() as session:
        found = session.execute(
            select(Item.client_ref, Item.id)
            .join(GoldKey, (GoldKey.org_id == Item.org_id) & (GoldKey.item_id == Item.id))
            .where(Item.project_id == order.project_id, GoldKey.pool == "exam")
        )
        order.exam_items = {str(row[0]): row[1] for row in found}


def open_lanes(stage: Stage, order: Order) -> None:
    """Set what a judgment earns, publish a test where there is gold enough, and open."""
    for locale, lane_id in order.lanes.items():
        with stage.acting("manager") as (session, actor):
            set_rate(session, actor, lane_id=lane_id, micros=RATE, currency=CURRENCY)
        if order.exam_items and _publish_test(stage, lane_id):
            order.tested.add(locale)
        with stage.system() as session:
            projects.open_lane(session, stage.staff["pm"], lane_id, without_test=locale not in order.tested)


def _publish_test(stage: Stage, lane_id: str) -> bool:
    """Whether a test stands now: the strictest of those that the exam pool can carry."""
    for p0, p1, alpha, beta in _TESTS:
        try:
            with stage.system() as session:
                tests.publish_test(
                    session, stage.staff["qa"], lane_id=lane_id, p0=p0, p1=p1, alpha=alpha, beta=beta,
                    training_questions=0, attempts_most=1, minutes=240, accepted=tests.WARNINGS,
                )  # fmt: skip
        except (Invalid, Conflict):
            continue
        return True
    return False


def carry(stage: Stage, event_id: str | None) -> Mapping[str, object]:
    """Have a job done here and now; raises Conflict with its last words when it fails."""
    assert event_id is not None, "the act asked for a job"
    with clock.use_clock(lambda: stage.now):
        jobs.run_event(stage.database, event_id)
        with stage.database.reading(Scope.system("replay")) as session:
            state = jobs.progress(session, event_id)
    assert state is not None
    if state.state != "done":
        raise Conflict("replay.job", f"the job {state.job} is {state.state}: {state.error or 'somebody else has it'}")
    return state.result


__all__ = ["CURRENCY", "ME", "RATE", "Order", "bring_gold", "bring_units", "carry", "open_lanes", "place_order"]
