"""Permissions, generated from the addresses and the matrix: every route × every role × own, other tenant's, none."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from kernel.db import Base, Database
from kernel.ids import new_id
from kernel.policy import Role, matrix
from tests.support import is_soak
from tests.support.process import own_process
from tests.web import canaries
from tests.web.bodies import body_of, key_of
from tests.web.conftest import ORG_KIND, Persona, csrf_of, make_persona, sign_in, token_of
from tests.web.conftest import test_settings as settings_of
from tests.web.worlds import World, two_worlds
from wsgi import create_app

# Which table the id in a path is of. An address with a part that is not named here fails the test below.
PARTS = {
    "agreement_id": "agreement", "annotator_id": "annotator", "appeal_id": "appeal", "assignment_id": "assignment",
    "attempt_id": "attempt", "backtest_id": "backtest", "batch_id": "batch", "check_id": "language_check",
    "prompt_id": "language_prompt", "claim_id": "language_claim",
    "dispute_id": "dispute", "invoice_id": "invoice",
    "job_id": "outbox", "key_id": "gold_key", "lane_id": "lane", "line_id": "payout_line",
    "membership_id": "membership", "org_id": "organization", "person_id": "annotator", "pool_id": "pool",
    "document_id": "person_document", "invitation_id": "invitation", "roster_id": "roster",
    "project_id": "project", "quote_id": "quote", "receipt_id": "decision_receipt", "release_id": "release",
    "reset_id": "factor_reset", "data_request_id": "data_request", "saved_filter_id": "saved_filter",
    "request_id": "coverage_request", "review_id": "review",
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
# Applying needs no membership: an open pool is for everybody who has its address.
OPEN_TO_ALL = {"workforce_api.apply_to_pool"}


@dataclass(frozen=True)
class Case:
    """One method of one route."""

    endpoint: str
    method: str
    rule: Rule

    @property
    def is_api(self) -> bool:
        return self.rule.rule.startswith("/api/")

    def path(self, ids: dict[str, str]) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: PLAIN.get(part[1]) or ids[part[1]], self.rule.rule)


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
        self.csrf = ""
        if persona is not None:
            assert sign_in(self.client, persona.email) == 303
            self.csrf = csrf_of(self.client, "/account")
            self.headers = {"Authorization": f"Bearer {token_of(database, persona)}"}

    def ask(self, case: Case, ids: dict[str, str], *, in_brief: bool = False) -> TestResponse:
        """What the route answers; `in_brief`, a refusal comes as a fragment, without the costly frame."""
        if case.is_api:
            bare = self.client.application.test_client()
            body = None if case.method in ("GET", "DELETE") else body_of(case.endpoint) or {}
            sent = self.headers | ({} if case.method == "GET" else key_of(case.endpoint))
            return bare.open(case.path(ids), method=case.method, json=body, headers=sent)
        data = None if case.method == "GET" else {"csrf_token": self.csrf}
        headers = {"HX-Request": "true"} if in_brief and not is_soak() else None
        return self.client.open(case.path(ids), method=case.method, data=data, headers=headers)


@dataclass
class Town:
    """Two worlds behind one application, and somebody of each role of the first one, who stays signed in.

    The tests of this file share it: whatever they ask is refused or only looked at, so that none changes it.
    """

    app: Flask
    db: Database
    mine: World
    theirs: World
    visitors: dict[Role, Visitor]
    written: list[str]  # what people had written when the worlds were made, and the log or a job holds

    def visits(self) -> Iterator[tuple[Role, Case, Visitor]]:
        """Each role of the first world before each guarded route."""
        for role, visitor in self.visitors.items():
            for case in guarded(self.app):
                if case.endpoint not in LEAVING:
                    yield role, case, visitor


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    name = "sqlite_template" if request.param == "sqlite" else "postgres_template"
    with own_process(), request.getfixturevalue(name).copy() as database:
        app = create_app(settings_of(tmp_path_factory.mktemp("town")), database)
        mine, theirs = two_worlds(database)
        held = canaries.machinery(database)
        written = [each for each in canaries.sentences(database) if each in held]
        for name, world in (("mine", mine), ("theirs", theirs)):
            canaries.plant(database, world, name)
        visitors = {}
        for role in Role:
            persona = make_persona(database, mine.org_of(ORG_KIND[role]), role, f"{role.value}@visit.example")
            visitors[role] = Visitor(app, database, persona)
        yield Town(app, database, mine, theirs, visitors, written)


# What says that a body was not taken, before anybody looked for what the address names.
UNREAD = {400, 415, 422}


def no_such(rule: Rule) -> dict[str, str]:
    return {name: new_id() for name in rule.arguments}


def plain(response: TestResponse) -> tuple[int, str]:
    """Status and body, without what differs by request: references, tokens and the ids that were asked for."""
    text = response.get_data(as_text=True)
    text = re.sub(r'"request_id":\s*"\w+"|csrf[-_]token" (content|value)="[^"]+"|class="id ltr">\w+<', "", text)
    return response.status_code, re.sub(r"[0-9A-Za-z]{22}", "", text)


def test_every_part_of_an_address_names_a_table(app: Flask) -> None:
    unknown = {name for case in cases(app) for name in case.rule.arguments} - set(PARTS) - set(PLAIN)
    assert unknown == set()
    assert {PARTS[name] for name in PARTS} <= set(Base.metadata.tables)


def test_every_column_has_a_canary_or_is_said_to_have_none() -> None:
    assert canaries.undecided() == set()


def test_a_route_without_a_line_in_the_matrix_keeps_the_application_from_starting(app: Flask) -> None:
    from kernel.errors import Misuse
    from web.guards import check_matrix

    app.url_map.add(Rule("/secret-door", endpoint="marketplace.secret_door"))
    with pytest.raises(Misuse, match=r"marketplace\.secret_door"):
        check_matrix(app)


def test_nobody_gets_in_without_signing_in(app: Flask, db: Database) -> None:
    nobody = Visitor(app, db, None)
    wrong = []
    for case in guarded(app):
        response = nobody.ask(case, no_such(case.rule))
        is_sent_away = response.status_code == 303 and response.headers["Location"].startswith("/sign-in")
        is_asked_for_a_token = response.status_code == 401 and response.headers.get("WWW-Authenticate") == "Bearer"
        if not (is_asked_for_a_token if case.is_api else is_sent_away or response.status_code == 401):
            wrong.append((case.endpoint, case.method, response.status_code))
    assert wrong == []


def is_asked_here(database: Database, role: Role, case: Case) -> bool:
    """Every visit on SQLite and in a soak; on PostgreSQL otherwise a third of them, always the same one."""
    third = zlib.crc32(f"{role.value} {case.endpoint} {case.method}".encode()) % 3
    return database.is_sqlite or is_soak() or third == 0


@pytest.mark.soak
def test_a_role_that_the_matrix_does_not_name_is_refused_everywhere(town: Town) -> None:
    """The role is decided before any row is read, alike on either database: one of them is asked everything."""
    world, wrong = town.mine, []
    for role, case, visitor in town.visits():
        action = matrix().endpoints[case.endpoint]["action"]
        if role in matrix().actions[action] or case.endpoint in OPEN_TO_ALL or not is_asked_here(town.db, role, case):
            continue
        response = visitor.ask(case, world.ids_for(town.db, case.rule, PARTS), in_brief=True)
        if response.status_code not in (403, 404):
            wrong.append((role.value, case.endpoint, case.method, response.status_code))
    assert wrong == []
    assert [table for table, found in world.known.items() if found is None] == []


@pytest.mark.soak
def test_another_tenants_object_and_none_at_all_answer_alike(town: Town) -> None:
    theirs, wrong = town.theirs, []
    for role, case, visitor in town.visits():
        if ORG_KIND[role] == "operator":
            continue  # the installation's own people see every organization: there is no other tenant to them
        if not is_soak() and role not in matrix().actions[matrix().endpoints[case.endpoint]["action"]]:
            continue  # refused by role before any object is looked for: the test above; the long run asks all the same
        if not (case.rule.arguments & set(PARTS)) or case.endpoint in OPEN_TO_ALL:
            continue
        if not is_asked_here(town.db, role, case):
            continue
        other = visitor.ask(case, theirs.ids_for(town.db, case.rule, PARTS), in_brief=True)
        none = visitor.ask(case, no_such(case.rule), in_brief=True)
        if plain(other) != plain(none) or other.status_code < 400 or other.status_code in UNREAD:
            wrong.append((role.value, case.endpoint, case.method, other.status_code, none.status_code))
    assert wrong == []
    assert [table for table, found in theirs.known.items() if found is None] == [], "random was compared with random"


@pytest.mark.soak
def test_each_role_sees_what_is_its_own_and_nothing_of_the_other_tenants(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """Lists and homes open for each role that the matrix names. Of what was planted into every column of words, the
    other world's is nowhere, and one's own is where the matrix lets it be seen; logs, jobs and the audit log hold none.
    """
    mine = town.mine
    closed, found, seen = [], [], set()
    for role, case, visitor in town.visits():
        is_named = role in matrix().actions[matrix().endpoints[case.endpoint]["action"]]
        is_everywhere = ORG_KIND[role] == "operator"  # the installation's own people see every organization
        if case.method != "GET" or (is_everywhere and case.rule.arguments) or not (is_named or is_soak()):
            continue
        response = visitor.ask(case, mine.ids_for(town.db, case.rule, PARTS))
        if is_named and not case.rule.arguments and response.status_code not in (200, 303):
            closed.append((role.value, case.endpoint, response.status_code))
        for world, column in canaries.seen_in(response.get_data(as_text=True)):
            seen.add(column)
            if not canaries.may_see(role, column, abroad=world == "theirs" and not is_everywhere):
                found.append((role.value, case.endpoint, world, column))
    assert (closed, found) == ([], [])
    assert canaries.MET - seen == set()
    held = canaries.machinery(town.db) + caplog.text
    assert (town.written, canaries.seen_in(held)) == ([], set()), "what people write is in no log and no job"
