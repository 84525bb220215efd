"""A person's data: all of it in a file, and all of it gone, while books, log and the client's labels stay whole."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from admin import invariants
from admin.cli import cli
from admin.jobs import ask_copy
from admin.operations.retention import carry_retention
from admin.queries.retention import report
from admin.rules.person import LEFT_OUT, SHOWN, way_to
from calibration.models import BehaviourReview, Judgment, Qualification
from i18n import Message
from kernel import audit, clock, jobs
from kernel.crypto import KeyRing, Sealed, new_file_key
from kernel.db import Base, Database
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.ids import new_id
from kernel.policy import Actor, Role, system_actor
from kernel.registry import load_models
from kernel.storage import storage
from kernel.tenancy import Scope
from marketplace.models import Batch, Lane
from payouts import ledger
from payouts.models import PayoutLine, PayoutMethod
from payouts.operations import earnings
from payouts.operations.methods import set_method
from payouts.operations.runs import approve_run, export_run, prepare_run, settle_run
from tests.admin.conftest import Office, desk_on
from tests.marketplace.desk import Desk
from tests.support.words import address_of, all_words
from workforce.models import (
    Account,
    AccountLink,
    Annotator,
    AnnotatorCode,
    DataRequest,
    FactorReset,
    Membership,
    Passkey,
    SavedFilter,
)
from workforce.models.onboarding import ApplicationDraft, BroughtCredential, Invitation, Roster, RosterLine
from workforce.operations.accounts import add_membership
from workforce.operations.clearances import end_identity, set_clearance, verify_identity
from workforce.operations.drafts import key_of_account, save_draft
from workforce.operations.many_people import add_skill
from workforce.operations.own_data import ask_data, cancel_erasure, take_copy
from workforce.operations.receipts import issue_receipt
from workforce.operations.standing import change_standing
from workforce.values.own_data import DataKind

MACHINE = system_actor("test")
EARLIER = "earlier@canary.example"
CANARIES = ("Zawadi Canary", "zawadi@canary.example", "born by the canary lake", "+254712345678")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where payments go is sealed."""
    monkeypatch.setattr(Sealed, "ring", KeyRing((("t", "A" * 43),)))


def named(desk: Desk, number: int) -> Actor:
    """A person of the desk, with words that must not outlive their erasure."""
    person = desk.people[number]
    with desk.market.system() as session:
        account = session.get_one(Account, person.account_id)
        account.name, account.email, account.email_key = CANARIES[0], CANARIES[1], address_of(CANARIES[1])
        profile = session.get_one(Annotator, desk.annotators[number])
        session.add(
            Invitation(id=new_id(), org_id=desk.market.vendor, pool_id=desk.market.pool, email=CANARIES[1],
                       email_key=address_of(CANARIES[1]),
                       name=CANARIES[0], locale="en", note=CANARIES[2], created_at=desk.market.now)
        )  # fmt: skip
        profile.about, profile.country, profile.skills = CANARIES[2], "KE", ["canary-song"]
        session.add(AnnotatorCode(org_id=profile.org_id, annotator_id=profile.id, kind="skill", code="canary-song"))
        session.add_all(left_behind(desk, session, account))
    with desk.vendor() as session:
        set_method(session, person, desk.annotators[number], kind="mobile", holder=CANARIES[0], account=CANARIES[3])
    return person


def suspicions(desk: Desk) -> list[str]:
    """A decision that rests on a check, and a signal that nobody has looked at; returns what must not be told."""
    (judgment,) = desk.judgments()
    shared = {"org_id": judgment.org_id, "vendor_org_id": judgment.vendor_org_id, "project_id": judgment.project_id}
    evidence, words = [{"kind": "judgment", "id": judgment.id}], Message("Your work is paused.")
    with desk.market.system() as session:
        issue_receipt(
            session, MACHINE, annotator_id=judgment.annotator_id, kind="lane_paused", rule="accuracy",
            rule_version="1", what=words, why=words, way_back=words, evidence=evidence, cause_kind="judgment",
            cause_id=judgment.id, lane_id=desk.lane,
        )  # fmt: skip
        session.add(
            BehaviourReview(**shared, lane_id=desk.lane, annotator_id=judgment.annotator_id, signal="copying",
                            figures={}, evidence=evidence, opened_at=desk.market.now, note="")
        )  # fmt: skip
        key = key_of_account(judgment.account_id)
        save_draft(session, MACHINE, desk.market.pool, key=key, content={"about": CANARIES[2]})
    return [judgment.unit_id, judgment.item_id, "copying"]


def test_every_table_of_a_person_is_handed_over_by_named_columns_or_left_out_with_its_reason() -> None:
    load_models()
    tables = {table.name: frozenset(table.columns.keys()) for table in Base.metadata.sorted_tables}
    theirs = {name for name, columns in tables.items() if way_to(name, columns)}
    assert theirs | {"account"} == set(SHOWN) and set(LEFT_OUT) <= set(tables)
    assert all(set(columns) <= tables[name] for name, columns in SHOWN.items())
    assert not any({"unit_id", "item_id", "slot_no", "seed", "password_hash"} & set(row) for row in SHOWN.values())


def test_nothing_is_removed_for_its_age_by_a_job_that_no_rule_announces() -> None:
    removing = {name for name in jobs.PERIODIC if re.search(r"forget|drop|prune|delete|remove|expire|keep", name)}
    assert removing == {"admin.keep_no_longer", "admin.prune"}, "the first carries the rules, the second machinery"


def left_behind(desk: Desk, session: Session, account: Account) -> list[Base]:
    """Words about somebody in places that are easily forgotten, some of them under an address that they had before."""
    vendor, pool, now = desk.market.vendor, desk.market.pool, desk.market.now
    lane = session.get_one(Lane, desk.lane)
    roster = Roster(id=new_id(), org_id=vendor, pool_id=pool, name="file", created_at=now)
    session.add(roster)
    session.flush()
    for held in session.scalars(select(Qualification).where(Qualification.account_id == account.id)):
        held.reason = CANARIES[2]
    save_draft(session, MACHINE, pool, key=key_of_account(account.id), content={"about": CANARIES[2]})
    return [
        AccountLink(id=new_id(), account_id=account.id, kind="address", email=EARLIER, secret_hash="s", epoch=1,
                    expires_at=now, used_at=now),
        Invitation(id=new_id(), org_id=vendor, pool_id=pool, email=EARLIER, email_key=address_of(EARLIER),
                   name=CANARIES[0], locale="en", created_at=now),
        RosterLine(id=new_id(), org_id=vendor, roster_id=roster.id, number=2, email=EARLIER.upper(),
                   email_key=address_of(EARLIER), name=CANARIES[0], locale="xx", note="", outcome="wrong",
                   faults=None),
        SavedFilter(id=new_id(), org_id=vendor, account_id=account.id, name=CANARIES[0], asked="{}"),
        BroughtCredential(id=new_id(), org_id=vendor, annotator_id=desk.annotators[0], key=CANARIES[0], said="{}",
                          issued_at=now, expires_at=now + timedelta(days=9), brought_at=now),
        Passkey(account_id=account.id, name=CANARIES[0], credential_id="kept-key", credential_hash="kept-key",
                public_key="kept-key", sign_count=7, transports=[], created_at=now),
        FactorReset(account_id=account.id, reason=CANARIES[2], asked_at=now, asked_by=account.id),
        BehaviourReview(org_id=lane.org_id, vendor_org_id=vendor, project_id=lane.project_id, lane_id=lane.id,
                        annotator_id=desk.annotators[0], signal="speed", figures={}, evidence=[], opened_at=now,
                        note=CANARIES[2]),
    ]  # fmt: skip


def written_about(desk: Desk) -> None:
    """A vendor's words about a person, in what it gave them and took from them."""
    lead, person = desk.market.manager, desk.annotators[0]
    with desk.vendor() as session:
        add_skill(session, lead, [person], skill="singing", reason=CANARIES[2], is_preview=False)
        verify_identity(session, lead, person, kind="in-person", note="Met at the office.")
        end_identity(session, lead, person, reason=CANARIES[2])
        for level in (1, 0):
            until = desk.market.now + timedelta(days=9) if level else None
            set_clearance(session, lead, person, level=level, until_at=until, reason=CANARIES[2])
        change_standing(session, lead, person, status="paused", reason=CANARIES[2])


def paid(desk: Desk) -> None:
    """Everything that was earned is approved and paid."""
    desk.market.later(days=4)
    maker, checker = (Actor(name, desk.market.vendor, Role.FINANCE, org_kind="vendor") for name in ("maker", "check"))
    with desk.market.system() as session:
        earnings.approve_due(session, MACHINE)
    with desk.vendor() as session:
        run = prepare_run(session, maker, currency="EUR")
    with desk.vendor() as session:
        approve_run(session, checker, run.id, total_micros=run.total_micros, sha256=run.file_sha256)
        export_run(session, maker, run.id)
        settle_run(session, maker, run.id)


def everything(db: Database) -> str:
    """All rows of all tables, opened, but where payments went, which the law asks for."""
    with db.reading(Scope.system("test")) as session:
        return all_words(session, ("payout_line.holder_sealed", "payout_line.details_sealed"))


def test_who_is_erased_is_found_nowhere_and_nothing_else_is_broken(db: Database, tmp_path: Path) -> None:
    with desk_on(db, tmp_path, people=2, unit_count=4, overlap=1) as desk:
        market, person = desk.market, named(desk, 0)
        for _number in range(4):
            task = desk.take(0)
            assert task is not None
            desk.answer(0, task)
        with market.system() as session:
            asked = ask_data(session, person, person.account_id or "", DataKind.ERASURE)
            with pytest.raises(Conflict):
                ask_data(session, person, person.account_id or "", DataKind.ERASURE)
            with pytest.raises(IntegrityError), session.begin_nested():  # asked twice at once
                values = {"id": new_id(), "account_id": person.account_id, "kind": "erasure", "state": "waiting"}
                session.execute(insert(DataRequest).values(asked_at=market.now, due_at=market.now, size=0, **values))
            assert [due.count for due in report(session)] == [0] * 15
            drafts = {due.rule.code: due.next_at for due in report(session)}["drafts"]
            assert drafts == market.now + timedelta(days=30)
            assert report(session)[0].next_at == market.now + timedelta(days=14)
            carry_retention(session, MACHINE)
            assert session.get_one(DataRequest, asked.id).state == "waiting"
        market.later(days=15)
        with market.system() as session:
            assert report(session)[0].count == 1
            carry_retention(session, MACHINE)
            held = session.get_one(DataRequest, asked.id)
            assert (held.state, held.held_up_by) == ("waiting", "owed")
        paid(desk)
        written_about(desk)
        assert [canary for canary in (*CANARIES, EARLIER, EARLIER.upper()) if canary not in everything(db)] == []
        roles = [(market.client, Role.CLIENT_QA), (market.vendor, Role.VENDOR_MANAGER)]
        with market.system() as session:
            for org_id, role in roles:
                add_membership(session, MACHINE, account_id=person.account_id or "", org_id=org_id, role=role)
            assert carry_retention(session, MACHINE)["erasures"] == 0
            live = select(Membership.role).where(Membership.account_id == person.account_id)
            assert session.get_one(DataRequest, asked.id).held_up_by == "last"
            assert len(session.scalars(live.where(Membership.ended_at.is_(None))).all()) == 2, "who waits keeps all"
            other = desk.people[1].account_id or ""
            add_membership(session, MACHINE, account_id=other, org_id=market.vendor, role=Role.VENDOR_MANAGER)
            audit.link_pending(session)
            assert carry_retention(session, MACHINE)["erasures"] == 1
        found = everything(db)
        assert [canary for canary in (*CANARIES, EARLIER, EARLIER.upper(), "canary-song") if canary in found] == []
        with market.system() as session:
            account = session.get_one(Account, person.account_id)
            profile = session.get_one(Annotator, desk.annotators[0])
            assert (account.status, account.password_hash, profile.status) == ("erased", None, "left")
            assert len(session.scalars(select(Judgment).where(Judgment.annotator_id == profile.id)).all()) == 4
            assert session.scalars(select(PayoutMethod)).all() == []
            assert session.scalars(select(ApplicationDraft)).all() == []
            line = session.scalars(select(PayoutLine)).one()  # the law asks where payments went
            assert line.holder == CANARIES[0]
            audit.link_pending(session)
            assert audit.verify(session).ok and ledger.verify(session) == []
            assert [result.id for result in invariants.check(session) if not result.ok] == []
        assert desk.take(0) is None


def test_a_copy_holds_everything_but_secrets_and_is_taken_once_by_its_person(db: Database, tmp_path: Path) -> None:
    with desk_on(db, tmp_path, people=2, unit_count=2, overlap=1) as desk:
        market, person = desk.market, named(desk, 0)
        task = desk.take(0)
        assert task is not None
        desk.answer(0, task)
        secrets = suspicions(desk)
        with market.system() as session:
            asked = ask_copy(session, person, person.account_id or "")
        with clock.use_clock(lambda: market.now):
            jobs.drain(db)
        stale = replace(person, session_ref="s")
        for actor, refusal in ((desk.people[1], NotFound), (stale, Forbidden)):
            with pytest.raises(refusal), market.system() as session:
                take_copy(session, actor, asked.id)
        with market.system() as session:
            name = take_copy(session, person, asked.id)
        with pytest.raises(Conflict), market.system() as session:
            take_copy(session, person, asked.id)
        with storage().open(name) as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
            found = {entry: json.loads(archive.read(entry)) for entry in archive.namelist()}
        assert found["account.json"][0]["name"] == CANARIES[0] and "password_hash" not in found["account.json"][0]
        assert CANARIES[3] in found["payout_method.json"][0]["details"]
        assert [row["answer"] for row in found["judgment.json"]] == [{"choice": "refund"}]
        assert found["annotator.json"][0]["about"] == CANARIES[2]
        assert found["about.json"]["rows"]["earning"] == 1
        assert CANARIES[2] in found["application_draft.json"][0]["content"]
        (receipt,) = found["decision_receipt.json"]
        assert (receipt["evidence"], receipt["cause_id"]) == ([{"kind": "judgment", "count": 1}], None)
        assert found["behaviour_review.json"] == []
        assert [set(row) for row in found["passkey.json"]] == [set(SHOWN["passkey"])] and "kept-key" not in str(found)
        assert [each for each in secrets if each in str(found)] == [] and "slot_no" not in str(found)
        assert {"grade.json", "exposure.json", "totp_factor.json"} & set(found) == set()
        assert desk.annotators[1] not in str(found) and (desk.people[1].account_id or "") not in str(found)
        upload = storage().put([b"text"])
        with market.system() as session:
            lane = session.get_one(Lane, desk.lane)
            batch = Batch(
                id=new_id(), org_id=lane.org_id, vendor_org_id=None, project_id=lane.project_id, kind="units",
                name="never confirmed", format="csv", stored_name=upload.name, sha256=upload.sha256, state="checked",
                findings=[{"line": 1}], preview=[{"text": "x"}], personal={"units": 1, "examples": ["x"]},
                key=new_file_key(), created_at=market.now - timedelta(days=29),
            )  # fmt: skip
            session.add(batch)
            assert carry_retention(session, MACHINE)["uploads"] == 0
        market.later(days=2)
        with market.system() as session:
            taken = carry_retention(session, MACHINE)
            assert (taken["copies"], taken["uploads"], taken["drafts"]) == (1, 1, 0)
            batch = session.get_one(Batch, batch.id)
            assert (batch.state, batch.key, batch.findings, batch.preview, batch.personal) == (
                "cancelled", None, None, None, {"units": 1}
            )  # fmt: skip
        with pytest.raises(FileNotFoundError):
            storage().open(name)
        with market.system() as session:
            erasure = ask_data(session, person, person.account_id or "", DataKind.ERASURE)
            with pytest.raises(NotFound):
                cancel_erasure(session, desk.people[1], erasure.id)
            assert cancel_erasure(session, person, erasure.id).state == "cancelled"
        market.later(days=30)
        with market.system() as session:
            assert {due.rule.code: due.count for due in report(session)}["drafts"] == 1
            assert carry_retention(session, MACHINE)["drafts"] == 1
            assert session.scalars(select(ApplicationDraft)).all() == []


def test_ones_own_data_is_asked_for_on_a_page_and_retention_is_told_without_touching_anything(office: Office) -> None:
    person = office.person(Role.CLIENT_QA)
    assert "Gather my data" in office.text(Role.CLIENT_QA, "/account/data")
    assert office.post(Role.CLIENT_QA, "/account/data/copy").status_code == 303
    office.work()
    with office.db.reading(Scope.system("test")) as session:
        (request_id,) = session.scalars(select(DataRequest.id).where(DataRequest.account_id == person.account_id))
    assert "Take the file" in office.text(Role.CLIENT_QA, "/account/data")
    assert office.post(Role.CLIENT_PM, f"/account/data/{request_id}/file").status_code == 404
    file = office.post(Role.CLIENT_QA, f"/account/data/{request_id}/file")
    assert (file.status_code, file.mimetype, file.data[:2]) == (200, "application/zip", b"PK")
    asked = office.api(Role.CLIENT_QA, "POST", "/me/data/copy").get_json()
    office.work()
    with office.db.transaction(Scope.system("test")) as session:
        row = session.get_one(DataRequest, asked["id"])
        kept, row.stored_name = row.stored_name, "a" * 22
    assert office.api(Role.CLIENT_QA, "POST", f"/me/data/{asked['id']}/file").status_code == 500
    with office.db.transaction(Scope.system("test")) as session:
        row = session.get_one(DataRequest, asked["id"])
        assert row.state == "ready", "what cannot be opened was not taken"
        row.stored_name = kept
    file = office.api(Role.CLIENT_QA, "POST", f"/me/data/{asked['id']}/file")
    assert (file.status_code, file.mimetype, file.data[:2]) == (200, "application/zip", b"PK")
    assert office.api(Role.CLIENT_QA, "POST", f"/me/data/{asked['id']}/file").status_code == 409
    assert office.post(Role.CLIENT_QA, "/account/data/erasure").status_code == 303
    assert "Erased" not in office.text(Role.OPERATOR, "/admin/retention")
    told = office.api(Role.AUDITOR, "GET", "/retention").get_json()["items"]
    assert [one["code"] for one in told] == [
        "erasures",
        "copies",
        "lists",
        "sessions",
        "uploads",
        "contents",
        "released",
        "media",
        "documents",
        "credentials",
        "drafts",
        "rosters",
        "unjudged",
        "recordings",
        "destinations",
    ]
    assert told[0]["count"] == 0 and told[0]["next_at"] is not None
    assert office.get(Role.CLIENT_QA, "/admin/retention").status_code in (403, 404)
    said = office.app.test_cli_runner().invoke(cli, ["retention", "--dry-run"]).output
    assert "erasures" in said and "removed" not in said
