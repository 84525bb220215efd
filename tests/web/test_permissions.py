"""Permissions, generated from the addresses and the matrix: every route × every role × one's own, one's organization's,
a colleague's, another tenant's, none."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from kernel import jobs
from kernel.db import Base, Database
from kernel.models import OutgoingMail
from kernel.policy import Actor, Role, matrix
from kernel.sealed_files import open_sealed
from kernel.tenancy import Scope
from marketplace.models import Release
from payouts.operations import runs
from tests.support import is_soak
from tests.web import canaries
from tests.web.conftest import ORG_KIND
from tests.web.town import (
    HANDED,
    LEAVING,
    NOT_IN_THIS_WORLD,
    OPEN_TO_ALL,
    PARTS,
    PLAIN,
    SYSTEM,
    Town,
    Visitor,
    cases,
    codes_of,
    guarded,
    hand_out,
    is_asked_here,
    is_one_of,
    is_their_organizations,
    no_such,
    owned,
    plain,
)  # fmt: skip
from workforce.models import DataRequest

Result = TypeVar("Result")
# What says that a body was not taken, before anybody looked for what the address names.
UNREAD = {400, 415, 422}


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


@pytest.mark.soak
def test_a_role_that_the_matrix_does_not_name_is_refused_everywhere(town: Town) -> None:
    """The role is decided before any row is read, alike on either database. In a run, one database is asked each route
    for one role and for a third of the others, the other for a ninth; in a soak both are asked everything."""
    world, wrong, asked = town.mine, [], set[tuple[str, str]]()
    for role, case, visitor in town.visits():
        action = matrix().endpoints[case.endpoint]["action"]
        if role in matrix().actions[action] or case.endpoint in OPEN_TO_ALL:
            continue
        is_first = (case.endpoint, case.method) not in asked
        if not (
            is_soak() or is_one_of(9, role, case) or (town.db.is_sqlite and (is_first or is_one_of(3, role, case)))
        ):
            continue
        asked.add((case.endpoint, case.method))
        response = visitor.ask(case, world.ids_for(town.db, case.rule, PARTS), in_brief=True)
        if response.status_code not in (403, 404):
            wrong.append((role.value, case.endpoint, case.method, response.status_code))
    assert wrong == []
    assert [table for table, found in world.known.items() if found is None] == []


@pytest.mark.soak
def test_another_tenants_object_a_colleagues_own_and_none_at_all_answer_alike(town: Town) -> None:
    mine, theirs, wrong = town.mine, town.theirs, []
    for role, case, visitor in town.visits():
        others = []
        if owned(town, role, case):
            others.append(mine)  # nobody owns anything of those who visit
        if ORG_KIND[role] != "operator" and (is_soak() or codes_of(role, case)):
            # The installation's own people see every organization: there is no other tenant to them. Who is refused by
            # role is so before any object is looked for: the test above; the long run asks all the same.
            others.append(theirs)
        if not others or not (case.rule.arguments & set(PARTS)) or case.endpoint in OPEN_TO_ALL:
            continue
        if not is_asked_here(town.db, role, case):
            continue
        none = visitor.ask(case, no_such(case.rule), in_brief=True)
        for world in others:
            found = visitor.ask(case, world.ids_for(town.db, case.rule, PARTS), in_brief=True)
            if plain(found) != plain(none) or found.status_code < 400 or found.status_code in UNREAD:
                whose = "a colleague" if world is mine else "another tenant"
                wrong.append((role.value, whose, case.endpoint, case.method, found.status_code, none.status_code))
    assert wrong == []
    assert [table for table, found in theirs.known.items() if found is None] == [], "random was compared with random"


@pytest.mark.soak
def test_what_is_handed_to_somebody_is_open_to_them(town: Town) -> None:
    """On one database, and on both in a soak, as above."""
    if not (town.db.is_sqlite or is_soak()):
        return
    refused = []
    who = hand_out(town)
    said: dict[str, Any] = {"annotator_id": town.mine.id_of(town.db, "annotator")}
    said |= {"ids": [said["annotator_id"]], "unit_ids": [town.mine.id_of(town.db, "unit")]}
    try:
        for case in sorted(guarded(town.app), key=lambda each: each.method):  # what is only looked at comes first
            for table, endpoints in HANDED.items():
                if case.endpoint in endpoints:
                    answer = who[table].ask(case, town.mine.ids_for(town.db, case.rule, PARTS), said, in_brief=True)
                    if answer.status_code in (401, 403, 404):
                        refused.append((table, case.endpoint, case.method, answer.status_code))
                    if case.method != "GET" and answer.status_code < 400:
                        town.restore()
                        hand_out(town)
    finally:
        town.restore()
    assert refused == []


@pytest.mark.soak
def test_nobody_is_refused_what_is_their_own_or_their_organizations(town: Town) -> None:
    """Whatever is wrong with what is sent, or too late: it is never that there is nothing, or that it is not theirs.

    What an organization's roles write is asked on one database, a third of it in a run and all in a soak: the decision
    is the same on either, and each operation has its tests on both. What they read is asked in the test below.
    """
    refused = []
    for case in guarded(town.app):
        tables = {PARTS[name] for name in case.rule.arguments if name in PARTS}
        if not tables or case.endpoint in NOT_IN_THIS_WORLD or case.endpoint in LEAVING:
            continue
        whose = [town.owners[table] for table in sorted(tables & set(town.owners))]
        asked = [each for each in whose if owned(town, each[0], case) and is_asked_here(town.db, each[0], case)][:1]
        if not asked and case.method != "GET" and (is_soak() or town.db.is_sqlite):
            open_to = [role for role in Role if is_their_organizations(town, role, case)][:1]
            asked = [(role, town.visitors[role]) for role in open_to if is_soak() or is_one_of(3, role, case)]
        for role, visitor in asked:
            response = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS), in_brief=True)
            if response.status_code in (401, 403, 404):
                refused.append((role.value, case.endpoint, case.method, response.status_code))
            if case.method != "GET" and response.status_code < 400:
                town.restore()
    assert refused == []


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
        if case.rule.arguments and not is_asked_here(town.db, role, case):
            continue
        response = visitor.ask(case, mine.ids_for(town.db, case.rule, PARTS))
        is_shown = not case.rule.arguments or is_their_organizations(town, role, case)
        if is_named and is_shown and response.status_code not in (200, 303, 409):
            closed.append((role.value, case.endpoint, response.status_code))
        for world, column in canaries.seen_in(response.get_data(as_text=True)):
            seen.add(column)
            if not canaries.may_see(role, column, abroad=world == "theirs" and not is_everywhere):
                found.append((role.value, case.endpoint, world, column))
    assert (closed, found) == ([], [])
    assert canaries.MET - seen == set()
    held = canaries.machinery(town.db) + caplog.text
    assert (town.written, canaries.seen_in(held)) == ([], set()), "what people write is in no log and no job"


# What sends letters or has a job build a file, of words that were planted.
SENDS = (
    (Role.VENDOR_MANAGER, "workforce_api.send_again"),
    (Role.VENDOR_MANAGER, "workforce_api.send_roster"),
    (Role.CLIENT_PM, "marketplace_api.cut_release"),
)  # fmt: skip


def test_letters_and_files_that_are_made_hold_nothing_of_the_other_tenants(town: Town) -> None:
    """What was planted before they are made is met in them, of one's own world alone."""
    try:
        for role, endpoint in SENDS:
            case = next(each for each in guarded(town.app) if each.endpoint == endpoint)
            answer = town.visitors[role].ask(case, town.mine.ids_for(town.db, case.rule, PARTS))
            assert answer.status_code < 300, (endpoint, answer.text)
        copied = ask_for_copies(town)
        jobs.drain(town.db)
        folder = town.app.config["SETTINGS"].data_dir
        letters = [canaries.letter(path) for path in sorted(folder.rglob("*.eml"))]
        with town.db.reading(SYSTEM) as session:
            letters += [f"{row.to} {row.subject} {row.text}" for row in session.scalars(select(OutgoingMail)).all()]
            copies = session.scalars(select(DataRequest.stored_name).where(DataRequest.kind == "export")).all()
        files = {path.name: canaries.opened(path) for path in sorted(folder.rglob("*")) if path.is_file()}
        files = {name: content for name, content in files.items() if not name.endswith(".eml")}
        files |= deliveries(town)
        files["payments"] = pay(town)
        found = {name: canaries.seen_in(content.decode(errors="replace")) for name, content in files.items()}
        in_letters, in_files = canaries.seen_in(" ".join(letters)), set().union(*found.values())
    finally:
        town.restore()
    assert {world for world, _ in in_letters | in_files} == {"mine"}, (in_letters, in_files)
    assert ("mine", "organization.name") in in_letters and ("mine", "item.content_sealed") in in_files
    assert len(copies) == copied > 1
    assert ("mine", "payout_method.holder_sealed") in found["payments"]
    own = set().union(*(found[name or ""] for name in copies))
    assert {("mine", column) for column in IN_COPIES} <= own, "whose data it is reads what they wrote"


def deliveries(town: Town) -> dict[str, bytes]:
    """What the files of releases say that were built meanwhile; as they lie there they say nothing."""
    found = dict[str, bytes]()
    with town.db.reading(SYSTEM) as session:
        for release in session.scalars(select(Release)):
            for name, key in (release.file_keys or {}).items():
                with open_sealed(name, key) as file:
                    found[name] = file.read()
    return found


# What somebody's own words are, and therefore in the copy of their data.
IN_COPIES = {
    "account.name_sealed", "annotator.about_sealed", "appeal.text", "assignment.note", "judgment.answer",
    "language_check.answer", "passkey.name", "payout_method.holder_sealed", "problem_report.note", "saved_filter.name",
}  # fmt: skip


def ask_for_copies(town: Town) -> int:
    """Everybody of the first world who owns anything asks for their data; returns how many do."""
    case = next(each for each in guarded(town.app) if each.endpoint == "admin_api.ask_own_copy")
    visitors = {id(visitor): visitor for _role, visitor in town.owners.values()}
    for visitor in visitors.values():
        answer = visitor.ask(case, {})
        assert answer.status_code < 300, answer.text
    return len(visitors)


def pay(town: Town) -> bytes:
    """The file of payments of the first world: its run made anew, of what was planted, and signed by somebody else."""

    def run(who: str, act: Callable[[Session, Actor], Result]) -> Result:
        actor = Actor(who, town.mine.vendor, Role.FINANCE, org_kind="vendor")
        return town.db.run(Scope.tenant(town.mine.vendor), lambda session: act(session, actor))

    old = town.mine.id_of(town.db, "payout_run")
    run("one", lambda session, actor: runs.cancel_run(session, actor, old, reason="made anew"))
    made = run("one", lambda session, actor: runs.prepare_run(session, actor, currency="EUR"))
    run(
        "other",
        lambda session, actor: runs.approve_run(
            session, actor, made.id, total_micros=made.total_micros, sha256=made.file_sha256
        ),
    )
    return run("other", lambda session, actor: runs.export_run(session, actor, made.id)).content
