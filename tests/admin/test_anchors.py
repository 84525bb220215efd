"""Anchors of the log by the schedule: a signed line for each chain that grew; a rewrite of all of it runs into them."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from admin import jobs as admin_jobs
from admin.operations import anchor_files
from admin.rules import anchors
from admin.values import Anchor
from kernel import audit, clock, jobs
from kernel.db import Database
from kernel.policy import Actor, Role
from kernel.tenancy import Scope
from tests.web.conftest import test_settings as settings_of
from wsgi import create_app

SYSTEM = Scope.system("test")
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
VERA = Actor("vera", "vendor", Role.VENDOR_MANAGER, session_ref="session-1")


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    """An installation with a key of its own."""
    key = tmp_path / "key.pem"
    key.write_bytes(anchors.new_key())
    return create_app(replace(settings_of(tmp_path), anchor_key_file=key), db)


def write(db: Database, *names: str) -> None:
    for name in names:
        with db.transaction(SYSTEM) as session:
            audit.record(session, VERA, name, "pool", "pool-1", org_id="vendor")


def carry(db: Database, job: jobs.Job, at: datetime) -> dict[str, Any]:
    """Ask for a job at this time, carry it, and hand over its result."""
    with clock.use_clock(lambda: at):
        with db.transaction(SYSTEM) as session:
            event_id = jobs.enqueue(session, job)
        assert event_id is not None
        assert jobs.run_event(db, event_id) == "done"
        with db.reading(SYSTEM) as session:
            found = jobs.progress(session, event_id)
    assert found is not None
    return found.result


def rewrite(db: Database) -> None:
    """Somebody who owns the database tells the whole chain anew, and every link of it holds."""
    with db.engine.begin() as connection:
        for name in ("keeps", "stays"):
            connection.execute(text(f"DROP TRIGGER audit_event_{name}{'' if db.is_sqlite else ' ON audit_event'}"))
        connection.execute(text("DELETE FROM audit_event"))
        connection.execute(text("DELETE FROM audit_head"))
    write(db, "a", "innocent", "c")


def lines(file: Path) -> list[tuple[str, int]]:
    return [(line["chain"], line["seq"]) for line in map(json.loads, file.read_text().splitlines())]


def test_each_chain_that_grew_is_anchored_and_every_day_begins_with_all(app: Flask, db: Database) -> None:
    folder = anchor_files.folder(app.config["SETTINGS"])
    with clock.use_clock(lambda: NOW):
        write(db, "a", "b")
    assert carry(db, admin_jobs.anchor_audit, NOW) == {"anchored": 1}
    assert carry(db, admin_jobs.anchor_audit, NOW + timedelta(minutes=5)) == {"anchored": 0}
    with clock.use_clock(lambda: NOW + timedelta(minutes=6)):
        write(db, "c")
    assert carry(db, admin_jobs.anchor_audit, NOW + timedelta(minutes=10)) == {"anchored": 1}
    assert carry(db, admin_jobs.anchor_audit, NOW + timedelta(days=1)) == {"anchored": 1}
    assert lines(folder / "2026-03-04.jsonl") == [("vendor", 2), ("vendor", 3)]
    assert lines(folder / "2026-03-05.jsonl") == [("vendor", 3)]


def test_a_chain_that_was_rewritten_as_a_whole_runs_into_its_anchors(app: Flask, db: Database) -> None:
    folder = anchor_files.folder(app.config["SETTINGS"])
    with clock.use_clock(lambda: NOW):
        write(db, "a", "b", "c")
    carry(db, admin_jobs.anchor_audit, NOW)
    assert carry(db, admin_jobs.verify_audit, NOW)["breaches"] == 0
    with clock.use_clock(lambda: NOW):
        rewrite(db)
    with db.reading(SYSTEM) as session:
        assert audit.verify(session).ok, "the chain by itself holds"
    found = carry(db, admin_jobs.verify_audit, NOW)
    assert (found["breaches"], found["first"]) == (1, {"chain": "vendor", "seq": 3, "kind": "anchor"})
    told = app.test_cli_runner().invoke(args=["admin", "audit-verify", "--anchors", str(folder)])
    assert (told.exit_code, told.stdout) == (1, "tampered: chain vendor, place 3, anchor\n")


def test_a_line_that_was_changed_is_a_breach_and_hinders_no_further_anchors(app: Flask, db: Database) -> None:
    file = anchor_files.day_file(app.config["SETTINGS"], NOW)
    with clock.use_clock(lambda: NOW):
        write(db, "a", "b")
    carry(db, admin_jobs.anchor_audit, NOW)
    file.write_text(file.read_text().replace('"count":2', '"count":3') + "half a li\n")
    found = carry(db, admin_jobs.verify_audit, NOW)
    assert (found["breaches"], found["first"]["kind"]) == (1, "anchor_signature")
    with clock.use_clock(lambda: NOW):
        write(db, "c")
    assert carry(db, admin_jobs.anchor_audit, NOW)["anchored"] == 2  # the verification is an event of its own chain


def test_a_full_disk_leaves_no_half_line(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.config["SETTINGS"]
    file, key = anchor_files.day_file(settings, NOW), anchor_files.key_bytes(settings)
    anchor = Anchor("vendor", 2, "ab", 2, NOW)
    anchor_files.append(file, [anchor], key)
    whole = file.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        anchor_files.append(file, [replace(anchor, seq=3)], key)
    assert file.read_bytes() == whole


def test_production_makes_up_no_key(app: Flask) -> None:
    with pytest.raises(ValueError, match="AUDIT_ANCHOR_KEY is missing"):
        anchor_files.key_bytes(replace(app.config["SETTINGS"], environment="production", anchor_key_file=None))
