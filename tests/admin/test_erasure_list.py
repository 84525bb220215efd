"""Who was erased stays erased: the signed list is applied to a copy of the database from before."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from admin import jobs as admin_jobs
from admin.cli import cli
from admin.operations import erasure_list
from admin.rules import anchors
from kernel import audit, clock, db
from kernel.db import Database
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from tests.admin.test_anchors import carry
from tests.support.words import all_words
from tests.web.conftest import Persona, make_org, make_persona
from tests.web.conftest import test_settings as settings_of
from workforce import operations
from workforce.models import Account, AgreementSignature, DataRequest, Membership, SignaturePlace
from workforce.operations.own_data import ask_data
from workforce.values.own_data import DataKind
from wsgi import create_app

SYSTEM, MACHINE = Scope.system("test"), system_actor("test")
CANARIES = ("canary@person.example", "198.51.100.0/24")


@pytest.fixture
def app(db_sqlite: Database, tmp_path: Path) -> Flask:
    key = tmp_path / "key.pem"
    key.write_bytes(anchors.new_key())
    return create_app(replace(settings_of(tmp_path), anchor_key_file=key), db_sqlite)


def a_person_who_signed(database: Database) -> Persona:
    vendor = make_org(database, "vendor", "Baraza")
    person = make_persona(database, vendor, Role.ANNOTATOR, CANARIES[0])
    with database.transaction(Scope.tenant(vendor)) as session:
        agreement = operations.publish_agreement(
            session, Actor("m", vendor, Role.VENDOR_MANAGER, org_kind="vendor"), code="nda", titles={"en": "N"},
            texts={"en": "Keep it."},
        )  # fmt: skip
        signing = Actor(person.account_id, vendor, Role.ANNOTATOR, person.membership_id, org_kind="vendor")
        operations.sign_agreement(session, signing, agreement.id, locale="en", network=CANARIES[1])
    return person


def left_of(database: Database) -> list[str]:
    with database.reading(SYSTEM) as session:
        found = all_words(session)
    return [canary for canary in CANARIES if canary in found]


def copy_of(database: Database, place: Path) -> Database:
    with sqlite3.connect(database.url.database or "") as source, sqlite3.connect(place) as target:
        source.backup(target)
    return Database(f"sqlite:///{place}")


def test_a_restored_backup_brings_nobody_back(app: Flask, db_sqlite: Database, tmp_path: Path) -> None:
    person, settings = a_person_who_signed(db_sqlite), app.config["SETTINGS"]
    file, now = erasure_list.list_file(settings), clock.now()
    backup = copy_of(db_sqlite, tmp_path / "before.db")
    with db_sqlite.transaction(SYSTEM) as session:
        ask_data(session, Actor(person.account_id, None, None), person.account_id, DataKind.ERASURE)
    asked = copy_of(db_sqlite, tmp_path / "asked.db")
    assert carry(db_sqlite, admin_jobs.keep_no_longer, now)["listed"] == 0
    told = carry(db_sqlite, admin_jobs.keep_no_longer, now + timedelta(days=15))
    assert (told["erasures"], told["listed"], told["again"]) == (1, 1, 0)
    assert left_of(db_sqlite) == []
    with db_sqlite.reading(SYSTEM) as session:
        assert session.scalars(select(SignaturePlace)).all() == []
        assert session.scalars(select(AgreementSignature.version)).all() == [1], "that it was signed stays"
    (line,) = file.read_text().splitlines()
    assert person.account_id in line and not any(canary in line for canary in CANARIES)

    for old in (backup, asked):
        assert left_of(old) == list(CANARIES)
        db.use(old)
        assert app.test_cli_runner().invoke(cli, ["replay-erasures"]).output.endswith("1 erased again\n")
        assert left_of(old) == []
        with old.transaction(SYSTEM) as session:
            assert session.get_one(Account, person.account_id).status == "erased"
            assert session.scalars(select(DataRequest.state)).all() == ["done"]
            audit.link_pending(session)
            assert audit.verify(session).ok
        assert app.test_cli_runner().invoke(cli, ["replay-erasures"]).output == "0 erased again\n"


def test_a_line_that_nobody_signed_erases_nobody_and_whoever_runs_a_place_alone_waits(
    app: Flask, db_sqlite: Database, tmp_path: Path
) -> None:
    person, file = a_person_who_signed(db_sqlite), erasure_list.list_file(app.config["SETTINGS"])
    file.parent.mkdir(parents=True)
    forged = anchors.sign(
        {"account": person.account_id, "request": "r" * 22, "at": "2026-01-01T00:00:00+00:00"},
        anchors.signing_key(anchors.new_key()),
    )
    file.write_text(f"no line at all\n{forged}\n")
    refused = app.test_cli_runner().invoke(cli, ["replay-erasures"])
    assert refused.exit_code == 1 and "line 2: signed by another key" in refused.output
    assert "line 1: it is no signed line" in refused.output and "\n0 erased again" in f"\n{refused.output}"
    own = anchors.signing_key((tmp_path / "key.pem").read_bytes())
    file.write_text(
        anchors.sign({"account": person.account_id, "request": "r" * 22, "at": "2026-01-01T00:00:00+00:00"}, own)
    )
    with db_sqlite.transaction(SYSTEM) as session:
        session.get_one(Membership, person.membership_id).role = Role.VENDOR_MANAGER.value
    waits = app.test_cli_runner().invoke(cli, ["replay-erasures"])
    assert waits.exit_code == 2 and "runs an organization alone" in waits.output
    assert left_of(db_sqlite) == list(CANARIES)


def test_after_a_change_of_key_the_list_is_written_on_and_what_is_odd_in_it_keeps_nobody(
    app: Flask, db_sqlite: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, now, vendor = erasure_list.list_file(app.config["SETTINGS"]), clock.now(), make_org(db_sqlite, "vendor", "B")
    people = sorted(
        make_persona(db_sqlite, vendor, Role.ANNOTATOR, f"{name}@person.example").account_id for name in "abc"
    )
    retired, own = anchors.new_key(), (tmp_path / "key.pem").read_bytes()
    (tmp_path / "retired.pem").write_bytes(retired)
    with db_sqlite.transaction(SYSTEM) as session:
        ask_data(session, Actor(people[2], None, None), people[2], DataKind.ERASURE)

    def line(account: str, key: bytes) -> str:
        told = {"account": account, "request": account[::-1], "at": "2026-01-01T00:00:00+00:00"}
        return anchors.sign(told, anchors.signing_key(key))

    file.parent.mkdir(parents=True)
    forged = line(people[1], own).replace("2026-01-01", "2027-01-01")
    odd = "\n".join(('{"account": "\x00"}', "[" * 100_000, '{"a": 1.5, "key": "", "signature": ""}'))
    written = "\n".join((line(people[0], retired), line(people[1], own), forged, line(people[2], retired), odd))
    file.write_bytes(written.encode() + b"\xff\n")

    told = carry(db_sqlite, admin_jobs.keep_no_longer, now + timedelta(days=15))
    assert (told["erasures"], told["listed"], told["again"], told["passed_over"]) == (1, 1, 1, 4)
    assert "passed over: 4; line 1: signed by another key" in caplog.text
    done = app.test_cli_runner().invoke(cli, ["replay-erasures", "--key", str(tmp_path / "retired.pem")])
    assert done.exit_code == 1 and f"{people[0]}  erased again\n1 erased again\n" in done.output
    assert "line 1:" not in done.output and "line 3:" not in done.output, "of several lines any sound one counts"
    told = carry(db_sqlite, admin_jobs.keep_no_longer, now + timedelta(days=15, hours=1))
    assert (told["listed"], told["again"], told["passed_over"]) == (1, 0, 3), "anew under the key there is"
    with db_sqlite.reading(SYSTEM) as session:
        assert set(session.scalars(select(Account.status).where(Account.id.in_(people)))) == {"erased"}
    assert set(erasure_list.read(file, anchors.checking_key(own)).sound) == set(people)
