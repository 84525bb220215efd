"""Two complete worlds side by side, each a client with its vendor, people, work and money, for permission tests."""

from dataclasses import dataclass, field

from sqlalchemy import select, update
from werkzeug.routing import Rule

from i18n import Message
from kernel.db import Base, Database
from kernel.ids import new_id
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from labeling.models import Guideline
from marketplace.models import Lane, LanePerson, Project
from marketplace.operations import releases, reviewing, settling
from payouts.operations import earnings, methods, runs
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market, csv_of
from tests.web.conftest import make_persona, token_of
from workforce.models import Account
from workforce.operations import agreements, appeals, create_organization, receipts


@dataclass(frozen=True)
class World:
    """A client with its vendor; `canaries` are texts that nobody of another world may ever read."""

    client: str
    vendor: str
    operator: str
    canaries: tuple[str, ...]
    known: dict[str, str | None] = field(default_factory=dict)  # an id of each table that was asked for

    def org_of(self, kind: str) -> str:
        return {"client": self.client, "vendor": self.vendor, "operator": self.operator}[kind]

    def ids_for(self, database: Database, rule: Rule, parts: dict[str, str]) -> dict[str, str]:
        """An id of this world for each part of an address; a random one where this world has no such row."""
        return {name: self._id(database, parts[name]) for name in rule.arguments if name in parts}

    def _id(self, database: Database, table: str) -> str:
        if table not in self.known:
            self.known[table] = self._find(database, table)
        return self.known[table] or new_id()

    def _find(self, database: Database, table: str) -> str | None:
        columns = Base.metadata.tables[table].c
        organizations = (self.client, self.vendor)
        owner = columns.org_id if "org_id" in columns else columns.get("account_id", columns.id)
        with database.reading(Scope.system("test")) as session:
            if "org_id" not in columns and "account_id" in columns:
                members = Base.metadata.tables["membership"].c
                statement = select(columns.id).join(
                    Base.metadata.tables["membership"], members.account_id == columns.account_id
                ).where(members.org_id.in_(organizations))  # fmt: skip
            else:
                statement = select(columns.id).where(owner.in_(organizations))
            return session.scalars(statement.order_by(columns.id).limit(1)).first()


def two_worlds(database: Database) -> tuple[World, World]:
    """Two worlds on one database, and one operator over both."""
    return build(database, "Aster"), build(database, "Zinnia")


def build(database: Database, name: str) -> World:
    """A world with something in nearly every table."""
    market = Market(database)
    market.found()
    desk = open_desk(market, people=2, unit_count=6, overlap=2)
    canaries = (f"{name}-project-canary", f"{name}-guideline-canary", f"{name}-person-canary", f"{name}-unit-canary")
    _name(market, desk, canaries)
    _work(market, desk)
    _decide(market, desk, canaries)
    _pay(market, desk)
    _deliver(market, desk)
    operator = _operator(database)
    return World(market.client, market.vendor, operator, canaries)


def _name(market: Market, desk: Desk, canaries: tuple[str, ...]) -> None:
    with market.system() as session:
        session.execute(update(Project).where(Project.org_id == market.client).values(name=canaries[0]))
        session.execute(update(Guideline).where(Guideline.org_id == market.client).values(texts={"en": canaries[1]}))
        for person in desk.people:
            session.execute(update(Account).where(Account.id == person.account_id).values(name=canaries[2]))
    market.send()
    market.upload(market.pm, _project(market, desk), "units.csv", csv_of([{"text": canaries[3], "locale": "sw-KE"}]))
    market.work()


def _project(market: Market, desk: Desk) -> str:
    with market.system() as session:
        return session.get_one(Lane, desk.lane).project_id


def _work(market: Market, desk: Desk) -> None:
    for _turn in range(5):
        for person in range(2):
            task = desk.take(person)
            assert task is not None
            at_odds = person == 1 and task.content["text"] in ("message 0", "message 1")
            desk.answer(person, task, "network" if at_odds else "refund")
    assert desk.take(0) is not None  # one is left in hand
    with market.system() as session:
        session.execute(update(LanePerson).values(planned_to=0))
        session.execute(update(Lane).where(Lane.id == desk.lane).values(review_share=0.0, weak_below=0.7))
    with market.system() as session:
        settling.settle_lane(session, system_actor("test"), desk.lane)


def _decide(market: Market, desk: Desk, canaries: tuple[str, ...]) -> None:
    with market.as_(market.qa) as session:
        reviewing.take_review(session, market.qa)
    with market.as_(market.manager) as session:
        agreements.publish_agreement(
            session, market.manager, code="nda", titles={"en": canaries[1]}, texts={"en": canaries[1]},
            required_from="confidential",
        )  # fmt: skip
    with market.system() as session:
        receipt_id = receipts.issue_receipt(
            session, system_actor("test", market.vendor), annotator_id=desk.annotators[0], kind="work_rejected",
            rule="review", rule_version="1", what=_text(canaries[2]), why=_text("why"), way_back=_text("back"),
            cause_kind="test", cause_id=new_id(),
        )  # fmt: skip
    with desk.vendor() as session:
        appeals.open_appeal(session, desk.people[0], receipt_id, canaries[2])


def _text(words: str) -> Message:
    return Message(words)


def _pay(market: Market, desk: Desk) -> None:
    finance = make_persona(market.db, market.vendor, Role.FINANCE, f"finance-{market.vendor[:8].lower()}@pay.example")
    token_of(market.db, finance)
    actor = Actor(finance.account_id, market.vendor, Role.FINANCE, org_kind="vendor")
    for person, annotator in zip(desk.people, desk.annotators, strict=True):
        with desk.vendor() as session:
            methods.set_method(session, person, annotator, kind="mobile", holder="Some Body", account="+254712345678")
    market.later(days=5)
    with market.as_(actor) as session:
        earnings.approve_due(session, system_actor("test", market.vendor))
    with market.as_(actor) as session:
        runs.prepare_run(session, actor, currency="EUR")


def _deliver(market: Market, desk: Desk) -> None:
    with market.as_(market.pm) as session:
        release = releases.cut_release(session, market.pm, _project(market, desk))
    market.work()
    with market.as_(market.pm) as session:
        releases.decide_release(session, market.pm, release.id, accept=True)
    market.work()


def _operator(database: Database) -> str:
    organizations = Base.metadata.tables["organization"].c
    with database.transaction(Scope.system("test")) as session:
        found = session.scalars(select(organizations.id).where(organizations.kind == "operator")).first()
        return found or create_organization(session, system_actor("test"), kind="operator", name="Polyphony").id
