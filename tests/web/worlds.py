"""Two complete worlds side by side, each a client with its vendor, people, work and money, for permission tests."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from werkzeug.routing import Rule

from calibration.lanes import lane_of
from calibration.models import BehaviourReview, GoldKey
from calibration.operations import attempts, backtests, disputes, natives, prompts, tests
from i18n import Message
from kernel import audit
from kernel.crypto import place_of, seal
from kernel.db import Base, Database, now_of
from kernel.ids import new_id
from kernel.models import AccessGrant
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from labeling.models import Guideline, Item, ItemOriginal
from marketplace.models import Assignment, Lane, LanePerson, LotRework, Project, Unit
from marketplace.operations import imports, releases, returning, reviewing
from marketplace.values.imports import BatchKind
from payouts.operations import earnings, methods, runs
from tests.labeling.media_samples import archive, picture
from tests.marketplace.desk import Desk, add_units, open_desk
from tests.marketplace.orders import Market, csv_of
from tests.support.house import settle_lane
from tests.web.conftest import make_persona, token_of
from web.models import AuthSession
from workforce.files.rosters import read_roster
from workforce.models import (
    Account,
    AccountLink,
    Annotator,
    DataRequest,
    FactorReset,
    LanguageClaim,
    LanguageEvidence,
    MadeFile,
    Passkey,
    SavedFilter,
    StandingChange,
)
from workforce.models.onboarding import ApplicationDraft, BroughtCredential, DocumentLook, PersonDocument
from workforce.naming import call
from workforce.operations import (
    agreements,
    appeals,
    create_organization,
    documents,
    invitations,
    offers,
    pools,
    receipts,
    rosters,
)
from workforce.operations.accounts import add_membership
from workforce.queries import claims_of
from workforce.rules.documents import cleaned

RULE: dict[str, Any] = {
    "name": "strict", "metric": "accuracy_upper", "action": "pause", "limit": 0.8, "certainty": 0.9,
    "minimum_checks": 20, "pause_days": 7,
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """A client with its vendor; `canaries` are texts that nobody of another world may ever read."""

    client: str
    vendor: str
    operator: str
    canaries: tuple[str, ...]
    known: dict[str, str | None] = field(default_factory=dict)  # an id of each table that was asked for
    sides: dict[str, set[str]] = field(default_factory=dict)  # the organizations that see that row

    def org_of(self, kind: str) -> str:
        return {"client": self.client, "vendor": self.vendor, "operator": self.operator}[kind]

    def ids_for(self, database: Database, rule: Rule, parts: dict[str, str]) -> dict[str, str]:
        """An id of this world for each part of an address; a random one where this world has no such row."""
        return {name: self.id_of(database, parts[name]) for name in rule.arguments if name in parts}

    def id_of(self, database: Database, table: str) -> str:
        """An id of this world in a table; a random one where there is none."""
        if table not in self.known:
            self.known[table] = self._find(database, table)
        return self.known[table] or new_id()

    def owner_of(self, database: Database, table: str) -> str | None:
        """The account of the person whose own this world's row of a table is; None where it is nobody's own."""
        source = Base.metadata.tables[table]
        person, people = source.c.get("annotator_id", source.c.id), Base.metadata.tables["annotator"]
        if "account_id" in source.c:
            statement = select(source.c.account_id)
        elif table == "annotator" or "annotator_id" in source.c:
            statement = select(people.c.account_id).join(source, people.c.id == person)
        else:
            return None
        with database.reading(Scope.system("test")) as session:
            return session.scalars(statement.where(source.c.id == self.id_of(database, table))).first()

    def has(self, database: Database, table: str, org_id: str) -> bool:
        """Whether this world's row of a table is of the organization, or is shown to it while a grant lives."""
        columns = Base.metadata.tables[table].c
        sides = [columns[name] for name in ("org_id", "vendor_org_id") if name in columns] or [columns.id]
        if table not in self.sides:
            with database.reading(Scope.system("test")) as session:
                row = session.execute(select(*sides).where(columns.id == self.id_of(database, table))).first()
            self.sides[table] = set(row or ())
        return org_id in self.sides[table]

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
    canaries = tuple(f"{name}-{thing}-canary" for thing in ("project", "guideline", "person", "unit", "upload", "gold"))
    desk = open_desk(market, people=2, unit_count=1, overlap=2)
    add_units(desk, 5, canaries[3])
    _name(market, desk, canaries)
    _import(market, market.pm, _project(market, desk), [{"text": canaries[4], "locale": "sw-KE"}], BatchKind.UNITS)
    _bring_picture(market, desk, f"{canaries[4]}.png")
    held = _work(market, desk)
    _examine(market, desk, canaries)
    _decide(market, desk, canaries)
    _pay(market, desk)
    _have_read(market, desk)
    _deliver(market, desk)
    _invite(market)
    _hand_in(desk)
    _write_down(market, desk)
    _stay(market)
    operator = _operator(database)
    return World(
        market.client, market.vendor, operator, canaries, {"project": _project(market, desk), "assignment": held}
    )


def _name(market: Market, desk: Desk, canaries: tuple[str, ...]) -> None:
    with market.system() as session:
        session.execute(update(Project).where(Project.org_id == market.client).values(name=canaries[0]))
        session.execute(update(Guideline).where(Guideline.org_id == market.client).values(texts={"en": canaries[1]}))
        for person in desk.people:
            call(session, session.get_one(Account, person.account_id), name=canaries[2])
    market.send()


def _import(market: Market, actor: Actor, project_id: str, rows: list[dict[str, str]], kind: BatchKind) -> None:
    """Upload a file and have its rows written."""
    batch = market.upload(actor, project_id, f"{kind.value}.csv", csv_of(rows), kind)
    market.work()
    with market.as_(actor) as session:
        imports.confirm_import(session, actor, batch.id)
    market.work()


def _bring_picture(market: Market, desk: Desk, name: str) -> None:
    files = archive({name: picture()})
    batch = market.upload(market.pm, _project(market, desk), "media.zip", files, BatchKind.MEDIA)
    market.work()
    with market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch.id)
    market.work()


def _project(market: Market, desk: Desk) -> str:
    with market.system() as session:
        return session.get_one(Lane, desk.lane).project_id


def _work(market: Market, desk: Desk) -> str:
    """People answer; returns what one of them is left with."""
    for _turn in range(6):
        for person in range(2):
            task = desk.take(person)
            assert task is not None
            at_odds = person == 1 and task.content["text"].endswith(("canary 0", "canary 1"))
            desk.answer(person, task, "network" if at_odds else "refund")
    held = desk.take(0)
    assert held is not None  # one is left in hand
    with market.system() as session:
        lasting = now_of(session) + timedelta(days=3650)  # the application's clock is ahead of the market's
        session.execute(update(Assignment).where(Assignment.id == held.assignment_id).values(lease_until=lasting))
        full = session.execute(
            select(Unit.id, Item.content)
            .join(Item, Item.id == Unit.item_id)
            .where(Unit.state == "full", Unit.lane_id == desk.lane)
        ).all()
        # Not one that somebody is to find in the delivery, if there is another.
        reported = min(full, key=lambda row: "unit-canary" in row.content["text"]).id
    with desk.vendor() as session:
        assignment = next(
            each
            for each in desk.assignments()
            if each.unit_id == reported and each.account_id == desk.people[0].account_id
        )
        returning.report_problem(session, desk.people[0], assignment.id, reason="harmful", note="Look at this.")
    with market.system() as session:
        session.execute(update(LanePerson).values(planned_to=0))
        session.execute(update(Lane).where(Lane.id == desk.lane).values(review_share=0.0, weak_below=0.7))
    with market.system() as session:
        settle_lane(session, system_actor("test"), desk.lane)
    return held.assignment_id


def _examine(market: Market, desk: Desk, canaries: tuple[str, ...]) -> None:
    """Known answers, a test that they are enough for, and somebody in the middle of it."""
    rows = [
        {"text": f"{canaries[5]} {number}", "locale": "sw-KE", "label": ("refund", "network", "other")[number % 3],
         "pool": "exam"}
        for number in range(12)
    ]  # fmt: skip
    _import(market, market.qa, _project(market, desk), rows, BatchKind.GOLD)
    with market.system() as session:
        tests.publish_test(
            session, market.qa, lane_id=desk.lane, kind="fixed", p0=0.5, p1=0.95, alpha=0.2, beta=0.2,
            training_questions=0, attempts_most=1, accepted=tests.WARNINGS,
        )  # fmt: skip
        backtests.ask_backtest(session, market.qa, desk.lane, **RULE)
    hired = market.hire(1, "sw-KE")[0]
    with market.system() as session:
        account_id = session.get_one(Annotator, hired).account_id
        attempts.start_attempt(session, Actor(account_id, market.vendor, Role.ANNOTATOR, org_kind="vendor"), desk.lane)
    with market.system() as session:
        key = session.scalars(select(GoldKey).where(GoldKey.lane_id == desk.lane).limit(1)).one()
        disputes.open_by_people(
            session, system_actor("test"), key, lane_of(session, desk.lane), {"choice": "other"}, {}
        )  # fmt: skip
        session.add(
            BehaviourReview(
                id=new_id(), org_id=market.client, vendor_org_id=market.vendor, lane_id=desk.lane,
                project_id=session.get_one(Lane, desk.lane).project_id, annotator_id=hired, signal="speed",
                figures={}, evidence=[], opened_at=now_of(session),
            )
        )  # fmt: skip


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
    _ask_for_reset(market, finance.account_id)
    _sign_in(market, finance.account_id)
    actor = Actor(finance.account_id, market.vendor, Role.FINANCE, org_kind="vendor")
    for person, annotator in zip(desk.people, desk.annotators, strict=True):
        with desk.vendor() as session:
            methods.set_method(session, person, annotator, kind="mobile", holder="Some Body", account="+254712345678")
    market.later(days=5)
    with market.as_(actor) as session:
        earnings.approve_due(session, system_actor("test", market.vendor))
    with market.as_(actor) as session:
        runs.prepare_run(session, actor, currency="EUR")


def _ask_for_reset(market: Market, account_id: str) -> None:
    """Two people of the operator are to take somebody's second factor off, who has a passkey."""
    with market.system() as session:
        session.add(
            FactorReset(
                id=new_id(), account_id=account_id, reason="the phone is gone", asked_at=now_of(session),
                asked_by=account_id,
            )
        )  # fmt: skip
        session.add(
            Passkey(
                id=new_id(), account_id=account_id, name="Phone", credential_id=new_id(), credential_hash=new_id(),
                public_key="", sign_count=0, transports=[], created_at=now_of(session),
            )
        )  # fmt: skip


def _have_read(market: Market, desk: Desk) -> None:
    """A person's text that natives of their vendor will read, to a prompt of the vendor's own."""
    with desk.vendor() as session:
        pools.set_check_rate(session, market.manager, market.pool, micros=50_000, currency="EUR")
        prompts.add_prompt(session, market.manager, locale="sw-KE", text="Tell of a market day.")
        claim = next(each for each in claims_of(session, desk.annotators[0]) if each.mode == "write")
        natives.ask_check(session, desk.people[0], claim.id)


def _invite(market: Market) -> None:
    """Somebody who was asked in, and a roster that was not sent."""
    with market.as_(market.manager) as session:
        manager, name = market.manager, market.vendor[:8].lower()
        invitations.invite(
            session, manager, pool_id=market.pool, email=f"guest-{name}@invited.example", locale="sw-KE",
            address_of=lambda secret: f"https://polyphony.example/invitation/{secret}",
        )  # fmt: skip
        offers.offer_role(
            session, manager, email=f"colleague-{name}@invited.example", role="reviewer", locale="en",
            address_of=lambda secret: f"https://polyphony.example/role/{secret}",
        )  # fmt: skip
        lines = read_roster(b"email,locale\nx@invited.example,en\n", "people.csv")
        rosters.keep_roster(session, manager, market.pool, name="people.csv", lines=lines)


def _hand_in(desk: Desk) -> None:
    """A document that waits for the vendor."""
    with desk.vendor() as session:
        documents.upload_document(
            session,
            desk.people[0],
            desk.annotators[0],
            kind="identity",
            name="card.pdf",
            clean=cleaned(b"%PDF-1.7\n%%EOF\n", "card.pdf"),
        )


def _write_down(market: Market, desk: Desk) -> None:
    """What is rarely there: words beside the log, why a standing was changed, a document looked at and a lot sent back,
    an application that was begun, and what units said before they were masked."""
    with market.system() as session:
        now, lane = now_of(session), session.get_one(Lane, desk.lane)
        shared = {"org_id": lane.org_id, "vendor_org_id": lane.vendor_org_id, "project_id": lane.project_id}
        audit.record(session, market.pm, "project.classified", "project", lane.project_id, words="It names people.")
        for item_id in session.scalars(select(Unit.item_id).where(Unit.org_id == market.client).distinct()).all():
            session.add(ItemOriginal(id=item_id, **shared, content='{"text": "as it was"}'))
        session.add(
            LotRework(
                **shared, lane_id=lane.id, round=1, kind="review", state="done", reason="Too many were wrong.",
                asked_at=now, done_at=now,
            )
        )  # fmt: skip
        session.add(
            StandingChange(
                org_id=market.vendor, annotator_id=desk.annotators[0], status="active", reason="back again", at=now
            )
        )
        document_id = session.scalars(select(PersonDocument.id).where(PersonDocument.org_id == market.vendor)).one()
        session.add(
            DocumentLook(
                org_id=market.vendor, document_id=document_id, role="vendor_manager", reason="is it valid?", at=now
            )
        )
        claim_id = session.scalars(select(LanguageClaim.id).where(LanguageClaim.org_id == market.vendor)).first()
        session.add(
            LanguageEvidence(
                org_id=market.vendor, claim_id=claim_id, kind="document", source="manager", level="B2", weight=1.0,
                fades_days=365.0, note="a certificate", at=now,
            )
        )  # fmt: skip
        session.add(
            BroughtCredential(
                id=(brought_id := new_id()), org_id=market.vendor, annotator_id=desk.annotators[0], key="k" * 43,
                said_sealed=seal(
                    json.dumps({"issuer": "Elsewhere", "vendor": "Other Words"}),
                    place_of("brought_credential", "said_sealed", brought_id, market.vendor),
                ),
                issued_at=now, expires_at=now + timedelta(days=3650), brought_at=now,
            )
        )  # fmt: skip
        session.add(
            AccountLink(
                id=new_id(), account_id=desk.people[0].account_id, kind="address", email="new@one.example",
                secret_hash=new_id(), epoch=0, expires_at=now,
            )
        )  # fmt: skip
        session.add(
            ApplicationDraft(
                id=new_id(), org_id=market.vendor, pool_id=market.pool, key_hash=new_id(), content="{}", saved_at=now,
                expires_at=now + timedelta(days=3650),
            )
        )  # fmt: skip


def _sign_in(market: Market, account_id: str) -> None:
    """A browser in which the person has been since this morning."""
    with market.system() as session:
        now, until = now_of(session), now_of(session) + timedelta(days=3650)
        session.add(
            AuthSession(
                secret_hash=new_id(), account_id=account_id, created_at=now, seen_at=now, idle_until=until,
                absolute_until=until, network="", agent="", epoch=0,
            )
        )  # fmt: skip
        session.add(SavedFilter(id=new_id(), org_id=market.vendor, account_id=account_id, name="mine", asked="{}"))
        session.add(
            MadeFile(
                id=(file_id := new_id()), org_id=market.vendor, account_id=account_id, kind="people", state="ready",
                asked_sealed=seal("{}", place_of("made_file", "asked_sealed", file_id, market.vendor)),
                asked_at=now, until_at=until, job_id=new_id(), rows=0, size=0,
            )
        )  # fmt: skip
        session.add(DataRequest(account_id=account_id, kind="erasure", state="waiting", asked_at=now, due_at=until))


def _stay(market: Market) -> None:
    """People are members of their vendor, and its grants hold on: the application's clock is ahead of the market's."""
    with market.system() as session:
        for account_id in session.scalars(select(Annotator.account_id).where(Annotator.org_id == market.vendor)).all():
            add_membership(
                session, system_actor("test"), account_id=account_id, org_id=market.vendor, role=Role.ANNOTATOR
            )  # fmt: skip
        lasting = now_of(session) + timedelta(days=3650)
        session.execute(update(AccessGrant).where(AccessGrant.org_id == market.client).values(until_at=lasting))


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
