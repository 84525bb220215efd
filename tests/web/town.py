"""A town of two worlds behind one application, with somebody of each role: whom the generated tests have ask."""

import copy
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from calibration.models import Attempt, Judgment
from calibration.models.languages import LanguageCheck, LanguageVote
from kernel.clock import now
from kernel.db import Database
from kernel.ids import new_id
from kernel.policy import Role, matrix
from kernel.tenancy import Scope
from marketplace.models import Review
from tests.support import is_soak
from tests.support.databases import PostgresTemplate, SqliteTemplate
from tests.support.process import own_process
from tests.support.words import address_of
from tests.web import canaries
from tests.web.bodies import body_of, key_of
from tests.web.conftest import ORG_KIND, PASSWORD, Persona, csrf_of, make_persona, sign_in, token_of
from tests.web.conftest import test_settings as settings_of
from tests.web.worlds import World, two_worlds
from workforce.hashing import hash_password
from workforce.models import Account, Appeal, DecisionReceipt, Membership
from wsgi import create_app

# Which table the id in a path is of. An address with a part that is not named here fails the test below.
PARTS = {
    "agreement_id": "agreement", "annotator_id": "annotator", "appeal_id": "appeal", "assignment_id": "assignment",
    "attempt_id": "attempt", "backtest_id": "backtest", "batch_id": "batch", "check_id": "language_check",
    "credential_id": "brought_credential", "prompt_id": "language_prompt", "claim_id": "language_claim",
    "dispute_id": "dispute", "invoice_id": "invoice",
    "job_id": "outbox", "key_id": "gold_key", "lane_id": "lane", "line_id": "payout_line",
    "membership_id": "membership", "org_id": "organization", "person_id": "annotator", "pool_id": "pool",
    "document_id": "person_document", "invitation_id": "invitation", "roster_id": "roster",
    "project_id": "project", "quote_id": "quote", "receipt_id": "decision_receipt", "release_id": "release",
    "reset_id": "factor_reset", "data_request_id": "data_request", "made_file_id": "made_file",
    "saved_filter_id": "saved_filter",
    "request_id": "coverage_request", "offer_id": "role_offer", "review_id": "review",
    "media_id": "media", "signal_id": "behaviour_review", "run_id": "payout_run", "session_id": "auth_session",
    "token_id": "account_token", "passkey_id": "passkey", "event_id": "outbox", "unit_id": "unit",
}  # fmt: skip
PLAIN = {
    "token": "no-such-token",
    "month": "2026-11",
    "name": "labels.jsonl",
    "file_name": "labels.jsonl",
    "filename": "app.js",
    "kind": "work_rejected",
}
# These end or change the visitor's own session, so that the visits after them would say nothing.
LEAVING = {"web.sign_out", "web.switch_place", "web.change_password"}
# A route whose operation asks for another action as well, by what is sent.
ALSO = {name: entry["also"] for name, entry in matrix().endpoints.items() if "also" in entry}
SYSTEM = Scope.system("test")
OWN = {"O", "L", "self"}
# Open to a role in the organization, and yet each person's own.
OWN_TABLES = {"saved_filter"}
# Applying needs no membership: an open pool is for everybody who has its address.
OPEN_TO_ALL = {"workforce_api.apply_to_pool"}


# A check of a lane's test is there for whoever passed that test a while ago, and an answer can be contested that a key
# has counted as wrong: nobody in these worlds has either. `tests/calibration_db` asks for them.
NOT_THERE = {
    "calibration.check", "calibration_api.check", "calibration.contest_question", "calibration_api.contest_question",
    "calibration.contest_evidence", "calibration_api.contest_evidence",
}  # fmt: skip
# Open to whom a thing was handed, or once something has happened: `hand_out` has it happen. Whose row says who asks.
HANDED = {
    "review": ("review.task", "review.decide", "review_api.task", "review_api.decide"),
    "language_vote": (
        "calibration.language_task", "calibration_api.language_task", "calibration.judge_language_check",
        "calibration_api.judge_language_check", "calibration.give_back_language_check",
        "calibration_api.give_back_language_check",
    ),
    "appeal": ("calibration.appealed_check", "calibration_api.appealed_check"),
    "attempt": ("calibration.attempt_questions", "calibration_api.attempt_questions"),
    "decision_receipt": (
        "calibration.evidence", "calibration_api.evidence", "calibration.open_evidence",
        "calibration_api.open_evidence",
    ),
    "annotator": ("calibration.waive", "calibration.revoke", "calibration_api.ask_to_test", "work_api.assign"),
}  # fmt: skip
NOT_IN_THIS_WORLD = NOT_THERE.union(*HANDED.values())


@dataclass(frozen=True)
class Case:
    """One method of one route."""

    endpoint: str
    method: str
    rule: Rule

    @property
    def is_api(self) -> bool:
        return self.rule.rule.startswith("/api/")

    def plain(self, part: str) -> str | None:
        return "profile" if (self.endpoint, part) == ("workforce_api.pool_step", "name") else PLAIN.get(part)

    def path(self, ids: dict[str, str]) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: self.plain(part[1]) or ids[part[1]], self.rule.rule)


def cases(app: Flask) -> Iterator[Case]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Case(rule.endpoint, method, rule)


def guarded(app: Flask) -> list[Case]:
    return [case for case in cases(app) if matrix().endpoints[case.endpoint]["action"] != "public"]


class Visitor:
    """A persona with a browser and a token."""

    def __init__(self, app: Flask, database: Database, persona: Persona | None) -> None:
        self.client: FlaskClient = app.test_client()
        self.headers: dict[str, str] = {}
        self.csrf = self.account_id = self.membership_id = ""
        if persona is not None:
            self.account_id, self.membership_id = persona.account_id, persona.membership_id
            assert sign_in(self.client, persona.email) == 303
            self.csrf = csrf_of(self.client, "/account")
            self.headers = {"Authorization": f"Bearer {token_of(database, persona)}"}

    def before(self, app: Flask) -> "Visitor":
        """The same person, as signed in, before another application."""
        other = copy.copy(self)
        other.client = app.test_client()
        for name in ("sid", "form"):
            if (cookie := self.client.get_cookie(name)) is not None:
                other.client.set_cookie(name, cookie.value)
        return other

    def ask(
        self,
        case: Case,
        ids: dict[str, str],
        said: dict[str, Any] | None = None,
        *,
        in_brief: bool = False,
        as_part: bool = False,
    ) -> TestResponse:
        """What the route answers, to the body that it takes with what of it is `said`; `as_part`, a refusal comes as a
        fragment, without the costly frame, and so it does `in_brief`, but in a soak."""
        said = said or {}
        if case.is_api:
            bare = self.client.application.test_client()
            body = None if case.method in ("GET", "DELETE") else body_of(case.endpoint) or {}
            if body is not None:
                body = body | {name: value for name, value in said.items() if name in body}
            sent = self.headers | ({} if case.method == "GET" else key_of(case.endpoint))
            return bare.open(case.path(ids), method=case.method, json=body, headers=sent)
        data = None if case.method == "GET" else {"csrf_token": self.csrf} | said
        headers = {"HX-Request": "true"} if as_part or (in_brief and not is_soak()) else None
        return self.client.open(case.path(ids), method=case.method, data=data, headers=headers)


@dataclass
class Town:
    """Two worlds behind one application, and somebody of each role of the first one, who stays signed in.

    The tests of this file share it: whatever they ask is refused or only looked at, or is taken back at once.
    """

    app: Flask
    db: Database
    mine: World
    theirs: World
    visitors: dict[Role, Visitor]
    owners: dict[str, tuple[Role, Visitor]]  # of each table of people's own things: whose the first world's row is
    restore: Callable[[], None]  # have the database hold what it held before anybody came
    written: list[str]  # what people had written when the worlds were made, and the log or a job holds
    began: datetime = field(default_factory=now)

    def visits(self) -> Iterator[tuple[Role, Case, Visitor]]:
        """Each role of the first world before each guarded route."""
        for role, visitor in self.visitors.items():
            for case in guarded(self.app):
                if case.endpoint not in LEAVING:
                    yield role, case, visitor


@contextmanager
def building(template: SqliteTemplate | PostgresTemplate, folder: Path) -> Iterator[Town]:
    """A town on a copy of a migrated database, for as long as the block."""
    with own_process(), template.copy() as database:
        app = create_app(settings_of(folder), database)
        mine, theirs = two_worlds(database)
        held = canaries.machinery(database)
        written = [each for each in canaries.sentences(database) if each in held]
        for name, world in (("mine", mine), ("theirs", theirs)):
            assert canaries.plant(database, world, name) == set(canaries.SHAPES), "a column without a row has no canary"
        owners = _owners(app, database, mine)
        visitors = {}
        for role in Role:
            persona = make_persona(database, mine.org_of(ORG_KIND[role]), role, f"{role.value}@visit.example")
            visitors[role] = Visitor(app, database, persona)
        kept = template.keep(database)
        yield Town(app, database, mine, theirs, visitors, owners, lambda: template.put(kept, database), written)


def _owners(app: Flask, database: Database, world: World) -> dict[str, tuple[Role, Visitor]]:
    """Whose own the world's row of each table is that an address can name, signed in."""
    found, known = dict[str, tuple[Role, Visitor]](), dict[str, tuple[Role, Visitor]]()
    for table in sorted({PARTS[name] for case in guarded(app) for name in case.rule.arguments if name in PARTS}):
        account_id = world.owner_of(database, table)
        if account_id and account_id not in known and (persona := _persona(database, account_id)):
            known[account_id] = persona.role, Visitor(app, database, persona)
        if account_id in known:
            found[table] = known[account_id]
    return found


def _persona(database: Database, account_id: str) -> Persona | None:
    """Somebody who can sign in; None where a test acted by a name alone."""
    email = f"{account_id}@own.example".lower()
    with database.transaction(SYSTEM) as session:
        account = session.get(Account, account_id)
        if account is None:
            return None
        account.email, account.email_key = email, address_of(email)
        account.password_hash = hash_password(PASSWORD)
        member = session.scalars(select(Membership).where(Membership.account_id == account_id)).one()
        return Persona(email, account_id, member.org_id, member.id, Role(member.role))


def codes_of(role: Role, case: Case) -> frozenset[str]:
    """Under which codes the matrix opens a route to a role."""
    actions = [matrix().endpoints[case.endpoint]["action"], ALSO.get(case.endpoint, "account:self")]
    return frozenset().union(*(matrix().actions[each].get(role, ()) for each in actions[: 1 + (case.endpoint in ALSO)]))


def owned(town: Town, role: Role, case: Case) -> str | None:
    """The table of people's own things that the address names, where the role may reach its own of them alone."""
    tables = {PARTS[name] for name in case.rule.arguments if name in PARTS} & set(town.owners)
    codes = codes_of(role, case)
    return min(tables, default=None) if codes and (codes <= OWN or tables & OWN_TABLES) else None


def is_their_organizations(town: Town, role: Role, case: Case) -> bool:
    """Whether all that an address of the first world names is the organization's, or shown to it, and open by that."""
    tables = {PARTS[name] for name in case.rule.arguments if name in PARTS}
    if case.endpoint in NOT_IN_THIS_WORLD or not codes_of(role, case) - OWN or tables & OWN_TABLES:
        return False
    org_id = town.mine.org_of(ORG_KIND[role])
    return "all" in codes_of(role, case) or all(town.mine.has(town.db, table, org_id) for table in tables)


def no_such(rule: Rule) -> dict[str, str]:
    return {name: new_id() for name in rule.arguments}


def plain(response: TestResponse) -> tuple[int, str]:
    """Status and body, without what differs by request: references, tokens and the ids that were asked for."""
    text = response.get_data(as_text=True)
    text = re.sub(r'"request_id":\s*"\w+"|csrf[-_]token" (content|value)="[^"]+"|class="id ltr">\w+<', "", text)
    return response.status_code, re.sub(r"[0-9A-Za-z]{22}", "", text)


def is_asked_here(database: Database, role: Role, case: Case) -> bool:
    """Every visit on SQLite and in a soak; on PostgreSQL otherwise a sixth of them, always the same one."""
    return database.is_sqlite or is_soak() or is_one_of(6, role, case)


def is_one_of(many: int, role: Role, case: Case) -> bool:
    return chance(case, role.value) % many == 0


def chance(case: Case, more: str = "") -> int:
    """A number that is as good as any, and always the same one for a route."""
    return zlib.crc32(f"{more} {case.endpoint} {case.method}".encode())


def hand_out(town: Town) -> dict[str, Visitor]:
    """Have somebody hold a review and a place at a check by natives, an exam end, an appeal wait and a pause rest on
    answers; who may ask for what."""
    qa, manager = town.visitors[Role.CLIENT_QA], town.visitors[Role.VENDOR_MANAGER]
    later = now() + timedelta(days=1)
    ids = {table: town.mine.id_of(town.db, table) for table in ("review", "language_check", "attempt", "appeal")}
    with town.db.transaction(SYSTEM) as session:
        attempt = session.get_one(Attempt, ids["attempt"])
        attempt.state, appeal = "failed", session.get_one(Appeal, ids["appeal"])
        review = session.get_one(Review, ids["review"])
        review.state, review.verdict, review.lease_until = "leased", None, later
        visitor = address_of("client_qa@visit.example")
        review.reviewer_id = session.scalars(select(Account.id).where(Account.email_key == visitor)).one()
        check = session.get_one(LanguageCheck, ids["language_check"])
        check.state, check.receipt_id = "answered", appeal.receipt_id
        session.add(
            LanguageVote(
                org_id=check.org_id, check_id=check.id, annotator_id=attempt.annotator_id,
                account_id=attempt.account_id, taken_at=now(), held_until=later, micros=1, currency="EUR",
            )
        )  # fmt: skip
        receipt = session.get_one(DecisionReceipt, town.mine.id_of(town.db, "decision_receipt"))
        lane_id, answers = attempt.lane_id, select(Judgment.id).where(Judgment.lane_id == attempt.lane_id)
        receipt.kind, receipt.rule, receipt.lane_id = "lane_paused", "accuracy_gate", lane_id
        receipt.evidence = [{"kind": "judgment", "id": each} for each in session.scalars(answers)]
    whose = {table: town.owners[table][1] for table in ("attempt", "decision_receipt")}
    return {**whose, "review": qa, "language_vote": whose["attempt"], "appeal": manager, "annotator": manager}
