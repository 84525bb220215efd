"""Documents: only pictures and scans, sealed, shown for a reason that the person reads, and forgotten."""

import struct
import zlib
from base64 import b64encode
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from admin.operations.retention import carry_retention
from admin.queries.retention import report
from i18n import render
from kernel.db import Database
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.policy import Actor, system_actor
from kernel.tenancy import Scope
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import Time, World
from web.models import AuthSession
from workforce import operations, queries
from workforce.models import PersonDocument
from workforce.operations import documents
from workforce.queries.documents import is_document_kept
from workforce.rules.documents import cleaned, media_type_of
from workforce.values import AnnotatorView, ReceiptKind, ReceiptState, ReceiptView


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0\0" * 2)) + chunk(b"IEND", b"")


JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x02\x00\x02\x01\x01\x11\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\x34\xff\xd9"
)
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"


@pytest.mark.parametrize(("content", "name"), [(png(), "a.PNG"), (JPEG, "a.jpeg"), (PDF, "паспорт.pdf")])
def test_photographs_and_scans_are_taken(content: bytes, name: str) -> None:
    assert media_type_of(content, name) in ("image/png", "image/jpeg", "application/pdf")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "a.png"),
        (b"<!doctype html><script>x()</script>", "a.jpg"),
        (b"GIF89a" + b"\0" * 40, "a.gif"),
        (png(), "a.html"),
        (png(), "a.jpg"),
        (png() + b"<script>", "a.png"),
        (png()[:-6], "a.png"),
        (png(60_000, 60_000), "a.png"),
        (png().replace(b"IDAT", b"IDAX"), "a.png"),
        (JPEG + b"PK\x03\x04", "a.jpg"),
        (JPEG[:12], "a.jpg"),
        (b"\xff\xd8\xff\xc0\x00\x02", "a.jpg"),
        (PDF.replace(b"<<>>", b"<</JavaScript (x)>>"), "a.pdf"),
        (b"%PDF-1.7 cut", "a.pdf"),
        (b"%PDF-1.7" + b"x" * 5_300_000 + b"%%EOF", "a.pdf"),
        (b"", "a.pdf"),
    ],
)
def test_anything_else_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        media_type_of(content, name)
    assert set(refused.value.fields) == {"file"}


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def test_a_document_is_sealed_shown_for_a_reason_decided_and_forgotten(app: Flask, world: World, time: Time) -> None:
    person, actor = world.annotator()
    own = Visitor(app, world.db, actor)
    sent = {"kind": "identity", "file": (BytesIO(png()), "../../etc/\u202ecard.png")}
    assert own.post("/me/documents", {**sent, "file": (BytesIO(b"<svg/>"), "a.png")}).status_code == 422
    assert own.post("/me/documents", sent).status_code == 303
    with world.db.reading(world.vendor) as session:
        (document,) = queries.documents_of(session, person.id)
        sealed = session.scalars(select(PersonDocument.content_sealed)).one()
        steps = {one.code: one.owner for one in queries.steps_of(session, person.id)}
    assert (document.name, document.media_type) == ("card.png", "image/png")
    assert sealed and b64encode(png()).decode()[:20] not in sealed and steps["email"] == "person"
    place = f"/documents/{document.id}"
    manager, stranger = Visitor(app, world.db, world.manager), Program(app, world.db, world.stranger)
    page = f"/people/{person.id}"
    assert manager.post(f"{place}/look", {"reason": " "}, on=page).headers["Location"] == page
    program = Program(app, world.db, world.manager)
    for unseen in ({"is_accepted": True}, {"is_accepted": False, "reason": "no"}):
        told = program.send("POST", f"{place}/decision", unseen)
        assert (told.status_code, (told.json or {})["code"]) == (409, "document.unseen"), "nobody decides unseen"
    assert f'action="{place}/decision"' not in manager.text(page)
    shown = manager.post(f"{place}/look", {"reason": "Checking the name"}, on=page)
    assert shown.status_code == 200
    assert f'src="data:image/png;base64,{b64encode(png()).decode()}"' in shown.text
    assert f'action="{place}/decision"' in shown.text and f'action="{place}/decision"' in manager.text(page)
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert shown.headers["Cache-Control"] == "no-store" and shown.headers["X-Content-Type-Options"] == "nosniff"
    for outcome in ({}, {"outcome": ""}, {"outcome": "Accept"}):
        assert manager.post(f"{place}/decision", {**outcome, "reason": "x"}, on=page).headers["Location"] == page
    assert state_of(world, document.id) == ("waiting", True), "what is neither decides nothing"
    for refused in (stranger, Program(app, world.db, world.reviewer), Program(app, world.db, actor)):
        assert refused.send("POST", f"{place}/look", {"reason": "x"}).status_code in (403, 404)
    (line,) = world.audit("document.read")
    assert (line.actor_ref, line.object_ref, line.org_id) == (world.manager.account_id, document.id, world.vendor_id)
    assert "Checking the name" in own.text("/me/documents")
    with world.db.transaction(Scope.system("test")) as session:
        session.execute(update(AuthSession).values(proven_at=time.now - timedelta(minutes=15)))
    asked = manager.post(f"{place}/look", {"reason": "Once more"}, on=page)
    assert asked.status_code == 403 and 'name="proof_password"' in asked.text, "an open browser is not enough"
    assert 'name="reason" value="Once more"' in asked.text
    assert len(world.audit("document.read")) == 1
    decided = program.send("POST", f"{place}/decision", {"is_accepted": True})
    assert (decided.json or {})["state"] == "accepted"
    assert program.send("POST", f"{place}/decision", {"is_accepted": False, "reason": "no"}).status_code == 409
    with world.db.reading(world.vendor) as session:
        found = queries.annotator_by_id(session, person.id)
        assert found is not None and found.identity_verified_at == time.now
    assert own.post(f"/me{place}/withdraw", on="/me/documents").status_code == 409
    with pytest.raises(Conflict), world.db.transaction(world.vendor) as session:  # somebody decided in between
        set_committed_value(session.get_one(PersonDocument, document.id), "state", "waiting")
        documents.withdraw_document(session, actor, document.id)
    time.now += timedelta(days=31)
    with world.db.transaction(Scope.system("test")) as session:
        assert {due.rule.code: due.count for due in report(session)}["documents"] == 1, "told before it goes"
        assert carry_retention(session, system_actor("test"))["documents"] == 1
        assert carry_retention(session, system_actor("test"))["documents"] == 0
    program = Program(app, world.db, world.manager)
    assert (program.send("POST", f"{place}/look", {"reason": "x"}).json or {})["code"] == "document.gone"


def hand_in(world: World, person: AnnotatorView, actor: Actor, kind: str = "identity") -> str:
    with world.db.transaction(world.vendor) as session:
        clean = cleaned(png(), "card.png")
        return documents.upload_document(session, actor, person.id, kind=kind, name="card.png", clean=clean).id


def refuse(world: World, document_id: str) -> ReceiptView:
    with world.db.transaction(world.vendor) as session:
        documents.look_at_document(session, world.manager, document_id, reason="Checking the name")
        document = documents.decide_document(
            session, world.manager, document_id, is_accepted=False, reason="The name cannot be read."
        )
        return queries.receipts_of(session, document.annotator_id)[0][0]


def state_of(world: World, document_id: str) -> tuple[str, bool]:
    with world.db.reading(world.vendor) as session:
        row = session.get_one(PersonDocument, document_id)
        return row.state, row.content is not None


def answer(world: World, appeal_id: str, outcome: str) -> None:
    with world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.colleague, appeal_id, outcome=outcome, answer="Looked at again.")


def test_a_refused_document_is_a_decision_whose_overturn_has_it_looked_at_again(world: World, time: Time) -> None:
    person, actor = world.annotator()
    document_id = hand_in(world, person, actor)
    receipt = refuse(world, document_id)
    assert (receipt.kind, receipt.rule, receipt.rule_version) == (ReceiptKind.DOCUMENT_REFUSED, "document", "1")
    assert receipt.evidence == ({"kind": "document", "id": document_id},)
    assert render(receipt.what, "en") == "The proof of your identity that you handed in was not accepted."
    assert "The name cannot be read." in render(receipt.why, "en")
    time.now += timedelta(days=29)
    with world.db.transaction(world.vendor) as session:
        appeal = operations.open_appeal(session, actor, receipt.id)
    time.now += timedelta(days=3)  # the thirty days are over, and the appeal waits
    with world.db.transaction(Scope.system("test")) as session:
        assert {due.rule.code: due.count for due in report(session)}["documents"] == 0
        assert carry_retention(session, system_actor("test"))["documents"] == 0
    with pytest.raises(Forbidden), world.db.transaction(world.vendor) as session:
        operations.decide_appeal(session, world.manager, appeal.id, outcome="overturned", answer="Mine.")
    answer(world, appeal.id, "overturned")
    assert state_of(world, document_id) == ("waiting", True)
    time.now += timedelta(minutes=1)
    again = refuse(world, document_id)
    assert again.id != receipt.id and again.state is ReceiptState.IN_FORCE, "another decision, with its own appeal"


def test_a_document_whose_appeal_is_answered_goes_by_its_age_again(world: World, time: Time) -> None:
    person, actor = world.annotator()
    document_id = hand_in(world, person, actor)
    receipt = refuse(world, document_id)
    with world.db.transaction(world.vendor) as session:
        appeal = operations.open_appeal(session, actor, receipt.id)
    time.now += timedelta(days=31)
    answer(world, appeal.id, "upheld")
    with world.db.transaction(Scope.system("test")) as session:
        assert carry_retention(session, system_actor("test"))["documents"] == 1
    assert state_of(world, document_id) == ("refused", False)


def test_an_overturn_says_so_where_nothing_is_left_to_look_at(world: World, time: Time) -> None:
    person, actor = world.annotator()
    document_id = hand_in(world, person, actor)
    receipt = refuse(world, document_id)
    with world.db.transaction(world.vendor) as session:
        appeal = operations.open_appeal(session, actor, receipt.id)
        assert is_document_kept(session, document_id)
        documents.withdraw_document(session, actor, document_id)
    time.now += timedelta(minutes=1)
    answer(world, appeal.id, "overturned")
    assert state_of(world, document_id) == ("withdrawn", False)
    with world.db.reading(world.vendor) as session:
        assert not is_document_kept(session, document_id)
        assert is_document_kept(session, receipt.id), "what is not there is not told as lost"
        told = queries.receipts_of(session, person.id)[0][0]
    assert told.kind is ReceiptKind.RESTORED and "its content is not kept any more" in render(told.what, "en")


def test_a_refusal_is_over_once_another_document_is_accepted_in_its_place_or_it_is_withdrawn(
    world: World, time: Time
) -> None:
    person, actor = world.annotator()
    first, certificate = hand_in(world, person, actor), hand_in(world, person, actor, "certificate")
    for each in (first, certificate):
        refuse(world, each)
    accepted = hand_in(world, person, actor)
    with world.db.transaction(world.vendor) as session:
        documents.look_at_document(session, world.manager, accepted, reason="Checking the name")
        documents.decide_document(session, world.manager, accepted, is_accepted=True)

    def states() -> dict[str, ReceiptState]:
        with world.db.reading(world.vendor) as session:
            found = queries.receipts_of(session, person.id)[0]
        return {receipt.cause_id.partition("@")[0]: receipt.state for receipt in found}

    assert states() == {first: ReceiptState.ENDED, certificate: ReceiptState.IN_FORCE}
    with world.db.transaction(world.vendor) as session:
        documents.withdraw_document(session, actor, certificate)
    assert states() == {first: ReceiptState.ENDED, certificate: ReceiptState.ENDED}
