"""Commands of running the installation, with their exit codes, as scripts know them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives import serialization
from flask import Flask
from sqlalchemy import select

from kernel import audit, jobs, migrate
from kernel.db import Database
from kernel.models import AuditEvent, OutboxEvent
from kernel.policy import Role, system_actor
from tests.admin.conftest import SYSTEM, Office
from tests.web.conftest import sign_in
from web.commands import CannotRun, ensure_database
from workforce.models import Account, Membership, Organization


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["admin", *words])


def create(app: Flask, **changed: str) -> Result:
    wanted = {
        "email": "grace@baraza.test", "name": "Grace Atieno", "org": "Baraza", "org-kind": "vendor",
        "role": "vendor_manager", **changed,
    }  # fmt: skip
    return run(app, "create-account", *(word for name, value in wanted.items() for word in (f"--{name}", value)))


def test_an_account_is_made_with_its_organization_and_a_password_that_is_told_once(app: Flask, db: Database) -> None:
    done = create(app)
    assert done.exit_code == 0, done.output
    password = done.stdout.splitlines()[-1]
    assert len(password) == 20
    assert sign_in(app.test_client(), "grace@baraza.test", password) == 303
    with db.reading(SYSTEM) as session:
        places = select(Organization.name, Organization.kind, Membership.role).join(
            Membership, Membership.org_id == Organization.id
        )
        assert [tuple(row) for row in session.execute(places)] == [("Baraza", "vendor", "vendor_manager")]


def test_a_second_account_joins_the_organization_however_its_name_is_written(app: Flask, db: Database) -> None:
    create(app)
    done = create(app, email="peter@baraza.test", org="BARAZA", role="finance", password="seven quiet rivers run")
    assert (done.exit_code, done.stdout) == (0, "peter@baraza.test is finance of Baraza.\n")
    with db.reading(SYSTEM) as session:
        assert len(session.scalars(select(Organization.id)).all()) == 1


def test_a_known_account_gets_a_further_role_and_keeps_its_password(app: Flask, db: Database) -> None:
    create(app)
    done = create(app, role="finance")
    assert (done.exit_code, done.stdout) == (0, "grace@baraza.test is finance of Baraza.\n")
    refused = create(app, role="finance", password="another password altogether")
    assert refused.exit_code == 1
    assert "exists already" in refused.output
    with db.reading(SYSTEM) as session:
        assert len(session.scalars(select(Account.id)).all()) == 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"password": "short"}, "Use at least 15 characters"),
        ({"email": "nobody"}, ""),
        ({"role": "client_admin"}, "does not have this role"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    app: Flask, db: Database, changed: dict[str, str], told: str
) -> None:
    done = create(app, **changed)
    assert done.exit_code == 1
    assert told in done.output and "Traceback" not in done.output
    with db.reading(SYSTEM) as session:
        assert session.scalars(select(Organization.id)).all() == []


def test_an_organization_of_another_kind_is_not_taken_for_this_one(app: Flask) -> None:
    create(app)
    done = create(app, **{"email": "x@y.test", "org-kind": "client", "role": "client_admin"})
    assert done.exit_code == 1
    assert "Baraza is a vendor, not a client." in done.output


@pytest.mark.parametrize("email", ["vendor@demo.example", "VENDOR@Demo.Example", "annotator.sw@demo.example"])
def test_demonstration_accounts_do_not_exist_in_production(app: Flask, email: str) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], environment="production")
    done = create(app, email=email)
    assert done.exit_code == 1
    assert "do not exist in production" in done.output
    assert create(app).exit_code == 0


def write(db: Database, *names: str, chain: str = "vendor") -> None:
    for name in names:
        with db.transaction(SYSTEM) as session:
            audit.record(session, system_actor("test"), name, "pool", None, org_id=chain)


def tamper(db: Database, *statements: str) -> None:
    with db.engine.begin() as connection:
        for name in ("keeps", "stays"):
            connection.exec_driver_sql(f"DROP TRIGGER audit_event_{name}{'' if db.is_sqlite else ' ON audit_event'}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_whole_log_verifies_and_the_run_is_itself_an_event(app: Flask, office: Office) -> None:
    write(office.db, "a", "b")
    done = run(app, "audit-verify")
    assert (done.exit_code, done.stdout) == (0, "ok: 2 events in 1 chains; 0 wait to be linked\n")
    assert [(event.outcome, event.details["events"]) for event in office.told("audit.verified")] == [("done", 2)]
    assert run(app, "audit-verify", "--chain", "vendor").exit_code == 0


def test_a_log_that_was_tampered_with_fails_with_the_first_bad_place(app: Flask, office: Office) -> None:
    write(office.db, "a", "b", "c")
    tamper(office.db, "UPDATE audit_event SET action = 'x' WHERE seq = 2")
    done = run(app, "audit-verify")
    assert (done.exit_code, done.stdout) == (1, "tampered: chain vendor, place 2, content\n")
    (told,) = office.told("audit.verified")
    assert told.outcome == "failed"
    assert told.details["first"] == [{"chain": "vendor", "seq": 2, "kind": "content"}]


def test_what_cannot_be_looked_at_has_a_code_of_its_own(app: Flask, tmp_path: Path) -> None:
    assert run(app, "audit-verify", "--chain", "nobody").exit_code == 2
    assert run(app, "audit-verify", "--anchors", str(tmp_path / "none")).exit_code == 2


def test_anchors_show_a_rewrite_that_the_chain_cannot_show(app: Flask, db: Database, tmp_path: Path) -> None:
    write(db, "a", "b")
    file = tmp_path / "anchors.jsonl"
    assert run(app, "audit-anchor", "--out", str(file)).exit_code == 0
    assert run(app, "audit-verify", "--anchors", str(file)).exit_code == 0
    tamper(db, "DELETE FROM audit_event", "DELETE FROM audit_head")
    write(db, "a", "innocent")
    assert run(app, "audit-verify").exit_code == 0
    done = run(app, "audit-verify", "--anchors", str(file))
    assert (done.exit_code, done.stdout) == (1, "tampered: chain vendor, place 2, anchor\n")


def test_an_anchor_says_where_the_chain_stood_and_is_written_once(app: Flask, db: Database, tmp_path: Path) -> None:
    write(db, "a", "b")
    file = tmp_path / "anchors.jsonl"
    for _ in range(2):
        run(app, "audit-anchor", "--out", str(file))
    write(db, "c")
    run(app, "audit-anchor", "--out", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["chain"], line["seq"], line["count"]) for line in lines] == [("vendor", 2, 2), ("vendor", 3, 3)]
    with db.reading(SYSTEM) as session:
        hashes = {row.seq: row.hash for row in session.execute(select(AuditEvent.seq, AuditEvent.hash))}
    assert [line["hash"] for line in lines] == [hashes[2], hashes[3]]
    key = tmp_path / "audit_anchor_key.pem"
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("told", "other"),
    [
        ('"seq":2', '"seq":1'), ('"count":2', '"count":1'), ('"chain":"vendor"', '"chain":"v"'),
        ('"signature":"', '"signature":"AAAA'), ("{", "["),
    ],
)  # fmt: skip
def test_an_anchor_that_was_changed_is_no_anchor(
    app: Flask, db: Database, tmp_path: Path, told: str, other: str
) -> None:
    write(db, "a", "b")
    file = tmp_path / "anchors.jsonl"
    run(app, "audit-anchor", "--out", str(file))
    file.write_text(file.read_text().replace(told, other))
    done = run(app, "audit-verify", "--anchors", str(file))
    assert done.exit_code == 1
    assert "line 1" in done.output


def test_the_key_can_lie_elsewhere_and_its_public_half_verifies(app: Flask, db: Database, tmp_path: Path) -> None:
    from admin.rules import anchors

    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(anchors.new_key())
    key = anchors.checking_key(private.read_bytes())
    public.write_bytes(key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    write(db, "a")
    file = tmp_path / "anchors.jsonl"
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, anchor_key_file=private)
    assert run(app, "audit-anchor", "--out", str(file)).exit_code == 0
    app.config["SETTINGS"] = replace(settings, anchor_key_file=public)
    assert run(app, "audit-verify", "--anchors", str(file)).exit_code == 0
    assert run(app, "audit-anchor", "--out", str(file)).exit_code == 1  # the public half cannot sign
    app.config["SETTINGS"] = settings  # a key of its own, which signed nothing here
    done = run(app, "audit-verify", "--anchors", str(file))
    assert done.exit_code == 1 and "another key" in done.output


def test_invariants_are_one_line_each(app: Flask, office: Office) -> None:
    done = run(app, "invariants")
    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert [line.split()[:3] for line in lines] == [[f"I{number}", "ok", "0"] for number in range(1, 17)]
    assert [event.outcome for event in office.told("invariants.checked")] == ["done"]


def test_a_broken_invariant_fails(app: Flask, office: Office) -> None:
    write(office.db, "a", "b")
    tamper(office.db, "UPDATE audit_event SET action = 'x' WHERE seq = 2")
    done = run(app, "invariants")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[13].split()[:3] == ["I14", "BROKEN", "1"]
    assert done.stdout.splitlines()[14].strip() == "vendor:2:content: 1"
    assert office.told("invariants.checked")[0].details["broken"] == {"I14": 1}


def dead(db: Database) -> str:
    """A job that failed for good."""
    with db.transaction(SYSTEM) as session:
        event_id = jobs.enqueue(session, jobs.REGISTRY["admin.link_audit"])
        assert event_id is not None
        session.flush()
        row = session.get_one(OutboxEvent, event_id)
        row.attempts, row.dead_at, row.last_error = 8, row.created_at, "RuntimeError: the other side is away"
    return event_id


def test_dead_letters_are_listed_tried_again_and_given_up(app: Flask, office: Office) -> None:
    first, second = dead(office.db), dead(office.db)
    listed = run(app, "jobs", "list").stdout
    assert first in listed and second in listed and "the other side is away" in listed
    assert run(app, "jobs", "retry", first).exit_code == 0
    assert run(app, "jobs", "discard", second).exit_code == 0
    assert run(app, "jobs", "list").stdout == ""
    assert jobs.run_event(office.db, first) == "done"
    assert jobs.run_event(office.db, second) == "gone"
    assert [event.object_ref for event in office.told("job.retried")] == [first]
    assert [event.object_ref for event in office.told("job.discarded")] == [second]
    again = run(app, "jobs", "retry", second)
    assert again.exit_code == 1 and "not waiting for a decision" in again.output
    assert run(app, "jobs", "retry", "nothing").exit_code == 1


def test_an_operator_made_by_the_command_can_sign_in(app: Flask, office: Office) -> None:
    create(
        app, email="otto@ops.test", org="Operations", role=Role.OPERATOR.value, password="seven quiet rivers run",
        **{"org-kind": "operator"},
    )  # fmt: skip
    assert sign_in(app.test_client(), "otto@ops.test", "seven quiet rivers run") == 303


def test_a_command_brings_an_empty_database_up_to_date(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    ensure_database(empty)
    assert migrate.is_at_head(empty)
    ensure_database(empty)  # and leaves one that fits alone
    empty.dispose()


def test_a_command_tells_of_a_database_that_does_not_fit_and_changes_nothing(tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with other.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('from_tomorrow')")
    with pytest.raises(CannotRun, match="Bring it up to date: flask --app wsgi admin migrate"):
        ensure_database(other)
    with pytest.raises(migrate.CannotUse, match="made by a newer version"):
        migrate.upgrade(other)
    other.dispose()


def test_a_command_tells_of_a_database_that_is_away(tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path / 'nowhere' / 'far.db'}")
    with pytest.raises(CannotRun, match="cannot be used: unable to open database file"):
        ensure_database(away)


def test_the_migrations_are_a_command_that_may_be_repeated(app: Flask) -> None:
    done = run(app, "migrate")
    assert (done.exit_code, done.stdout) == (0, "The database is up to date.\n")
