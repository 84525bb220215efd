"""Uploads: what is found in them, what is written, what a crash leaves, and who may."""

import hashlib
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from calibration.models import GoldKey
from kernel import clock
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.models import AccessGrant, OutboxEvent
from kernel.policy import Role
from kernel.sealed_files import open_sealed
from kernel.tenancy import Scope
from labeling.models import Item
from marketplace.models import Batch, Lane, Slot, Unit
from marketplace.operations import imports, units
from marketplace.queries import imports as queries
from marketplace.values.imports import BatchKind, BatchState, UnitIn
from tests.marketplace.orders import Market, content_of, csv_of, jsonl_of
from tests.support import scale
from tests.web.conftest import make_persona, sign_in, token_of
from tests.web.conftest import test_settings as settings_in
from web import limits
from wsgi import create_app

TWO = [{"locale": "sw-KE", "units": 1000}, {"locale": "ar-EG", "units": 500}]


def checked(market: Market, project_id: str, name: str, content: bytes, kind: BatchKind = BatchKind.UNITS) -> str:
    actor = market.pm if kind is BatchKind.UNITS else market.qa
    batch = market.upload(actor, project_id, name, content, kind)
    assert batch.state is BatchState.CHECKING
    market.work()
    return batch.id


def test_a_check_tells_every_fault_by_line_and_column_and_writes_nothing(market: Market) -> None:
    project_id = market.order(TWO)
    content = (
        "id,locale,text,classification\n"
        "1,sw-KE,Naomba kurudishiwa pesa,\n"
        "2,fr-FR,Bonjour,\n"
        "3,ar-EG,,\n"
        "4,sw-KE,Naomba  kurudishiwa pesa,\n"
        "5,ar-EG,مرحبا,top-secret\n"
        "6,ar-EG,مرحبا,public\n"
        "7,sw-KE,too,many,fields\n"
    ).encode()
    batch_id = checked(market, project_id, "units.csv", content)
    with market.as_(market.pm) as session:
        batch = queries.batch_of(session, batch_id)
        assert batch is not None
        assert (batch.state, batch.rows, batch.good, batch.duplicates, batch.bad) == ("checked", 7, 2, 1, 4)
        places = [(finding.line, finding.column) for finding in batch.findings]
        assert places[:4] == [(3, "locale"), (4, "text"), (6, "classification"), (8, None)]
        assert [row["reference"] for row in batch.preview] == ["1", "6"]
        assert session.scalar(select(func.count(Unit.id))) == 0


def test_an_upload_lies_encrypted_and_what_its_check_found_is_sealed(market: Market) -> None:
    project_id = market.order(TWO)
    sent = csv_of([{"id": "1", "locale": "sw-KE", "text": "siri kubwa ya mteja"}])
    batch_id = market.upload(market.pm, project_id, "units.csv", sent).id
    with market.as_(market.pm) as session:
        row = session.get_one(Batch, batch_id)
        lying, told = content_of(row.stored_name), row.sha256
        assert b"siri" not in lying and b"locale" not in lying
        assert str(row.key_sealed).startswith("v2|") and told == hashlib.sha256(sent).hexdigest()
        with open_sealed(row.stored_name, row.key) as file:
            assert file.read() == sent
    market.work()
    with market.as_(market.pm) as session:
        row = session.get_one(Batch, batch_id)
        assert row.preview[0]["reference"] == "1" and "siri" not in str((row.preview_sealed, row.findings_sealed))


def test_an_id_names_one_content_for_each_language(market: Market) -> None:
    project_id = market.order(TWO)

    def file_of(*rows: tuple[str, str, str]) -> bytes:
        return csv_of([{"id": name, "locale": locale, "text": text} for name, locale, text in rows])

    first = file_of(
        ("1", "sw-KE", "A"), ("1", "sw-KE", "B"), ("2", "sw-KE", "A"), ("1", "ar-EG", "C"), ("3", "sw-KE", "B")
    )
    batch_id = checked(market, project_id, "units.csv", first)
    with market.as_(market.pm) as session:
        batch = queries.batch_of(session, batch_id)
        assert batch is not None
        assert (batch.rows, batch.good, batch.duplicates, batch.bad) == (5, 3, 1, 1)
        assert [(each.line, each.column, each.code) for each in batch.findings] == [(3, "id", "id.twice")]
        imports.confirm_import(session, market.pm, batch_id, leave_out_bad=True)
    market.work()
    with market.as_(market.pm) as session:
        found = session.execute(select(Item.client_ref, Item.locale, Item.content)).all()
        assert sorted((row[0], row[1], row[2]["text"]) for row in found) == [
            ("1", "ar-EG", "C"), ("1", "sw-KE", "A"), ("3", "sw-KE", "B"),
        ]  # fmt: skip
    again = checked(
        market, project_id, "more.csv", file_of(("1", "sw-KE", "D"), ("3", "ar-EG", "E"), ("9", "sw-KE", "A"))
    )
    with market.as_(market.pm) as session:
        batch = queries.batch_of(session, again)
        assert batch is not None
        assert (batch.good, batch.duplicates) == (1, 1)
        assert [(each.line, each.code) for each in batch.findings] == [(2, "id.twice")]
    gold = file_of(("1", "sw-KE", "F"), ("1", "sw-KE", "G"), ("3", "sw-KE", "H")).decode().splitlines()
    rows = [f"{gold[0]},label,pool", f"{gold[1]},refund,live", f"{gold[2]},refund,exam", f"{gold[3]},refund,exam"]
    told = checked(market, project_id, "gold.csv", "\n".join(rows).encode(), BatchKind.GOLD)
    with market.as_(market.qa) as session:
        batch = queries.batch_of(session, told)
        assert batch is not None
        # Questions of an exam are delivered to nobody, so that their ids may be those of work.
        assert [(each.line, each.code) for each in batch.findings] == [(2, "id.twice")]
    with market.as_(market.pm) as session:
        lane_id = session.scalars(select(Lane.id).where(Lane.locale == "sw-KE")).one()
        with pytest.raises(Invalid) as refused:
            units.add_units(session, market.pm, lane_id, [UnitIn({"text": "new"}, "7"), UnitIn({"text": "D"}, "1")])
    assert set(refused.value.fields) == {"units.1.id"}


def test_bad_rows_are_left_out_only_when_somebody_says_so(market: Market) -> None:
    project_id = market.order()
    batch_id = checked(market, project_id, "units.jsonl", b'{"text": "one"}\n{"text": 5}\n{"text": "two"}\n')
    with pytest.raises(Conflict) as caught, market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch_id)
    assert caught.value.code == "batch.has_bad"
    with market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch_id, leave_out_bad=True)
    market.work()
    with market.as_(market.pm) as session:
        batch = queries.batch_of(session, batch_id)
        assert batch is not None and batch.state is BatchState.IMPORTED
        texts = session.scalars(select(Item.content)).all()
        assert sorted(content["text"] for content in texts) == ["one", "two"]
        slots = session.scalars(select(Slot)).all()
        assert Counter(slot.unit_id for slot in slots).values() and {slot.state for slot in slots} == {"free"}
        assert sorted(slot.slot_no for slot in slots) == [1, 1, 2, 2, 3, 3]
        assert len({slot.route_key for slot in slots}) == 6
        assert session.scalars(select(Lane.route_epoch)).one() == 1
    assert len(market.audited("batch.imported")) == 1


def test_a_file_without_one_good_row_cannot_be_imported(market: Market) -> None:
    project_id = market.order()
    batch_id = checked(market, project_id, "units.csv", b"what\n1\n")
    with market.as_(market.pm) as session:
        batch = queries.batch_of(session, batch_id)
        assert batch is not None and batch.state is BatchState.BROKEN
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch_id, leave_out_bad=True)


def test_a_file_must_say_what_it_is(market: Market) -> None:
    project_id = market.order()
    with pytest.raises(Invalid):
        market.upload(market.pm, project_id, "units.xlsx", b"PK")


def test_four_hundred_lines_survive_a_crash_in_the_middle_without_a_unit_twice(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id = market.order()
    rows = [{"id": str(number), "text": f"Message number {number}"} for number in range(400)]
    batch_id = checked(market, project_id, "units.csv", csv_of(rows))
    with market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch_id)
    write, calls = units._insert_units, []

    def falls_once(*given: object) -> dict[str, str]:
        calls.append(given)
        written = write(*given)  # type: ignore[arg-type]
        if len(calls) == 2:
            raise RuntimeError("the power went out")
        return written

    monkeypatch.setattr(units, "_insert_units", falls_once)
    market.work()
    with market.as_(market.pm) as session:
        assert session.scalar(select(func.count(Unit.id))) == 200  # the second chunk left nothing behind
        job = session.scalars(select(OutboxEvent).where(OutboxEvent.job == "marketplace.import_units")).one()
        assert (job.done_at, job.step) == (None, {"line": 201, "taken": 200, "new": 200})
    market.later(minutes=1)
    market.work()
    with market.as_(market.pm) as session:
        assert session.scalar(select(func.count(Unit.id))) == 400
        assert session.scalar(select(func.count(func.distinct(Unit.item_id)))) == 400
        assert session.scalar(select(func.count()).select_from(Slot)) == 1200
        assert session.scalars(select(Batch.state)).one() == "imported"
        job = session.scalars(select(OutboxEvent).where(OutboxEvent.job == "marketplace.import_units")).one()
        assert job.result == {"batch_id": batch_id, "new": 400}


def test_units_sent_too_often_are_told_to_wait(market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.MOST, "units", 1)
    client = create_app(settings_in(tmp_path), market.db).test_client()
    market.order()
    with market.as_(market.pm) as session:
        path = f"/api/v1/lanes/{session.scalars(select(Lane.id)).one()}/units"
    with clock.use_clock(lambda: market.now):
        persona = make_persona(market.db, market.client, Role.CLIENT_PM, "pm@nordlicht.example")
        head = {"Authorization": f"Bearer {token_of(market.db, persona)}"}
        sent = [client.post(path, json={"units": [{"content": {"text": "one"}}]}, headers=head) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 429]


@pytest.mark.soak
def test_pages_are_answered_while_a_large_file_is_checked_and_written(market: Market, tmp_path: Path) -> None:
    count = scale(3_000, 100_000)
    project_id = market.order()
    content = "id,text\n" + "".join(f"{number},Message number {number}\n" for number in range(count))
    client = create_app(settings_in(tmp_path), market.db).test_client()
    with clock.use_clock(lambda: market.now):
        persona = make_persona(market.db, market.client, Role.CLIENT_PM, "pm@nordlicht.example")
        assert sign_in(client, persona.email) == 303
        batch = market.upload(market.pm, project_id, "large.csv", content.encode())
        assert pages_during_the_work(market, client, f"/imports/{batch.id}") >= 1
        with market.as_(market.pm) as session:
            found = queries.batch_of(session, batch.id)
            assert found is not None and (found.rows, found.good, found.bad) == (count, count, 0)
            imports.confirm_import(session, market.pm, batch.id)
        assert pages_during_the_work(market, client, f"/projects/{project_id}") >= 1
    with market.as_(market.pm) as session:
        assert session.scalars(select(Batch.state)).one() == "imported"
        assert session.scalar(select(func.count(Unit.id))) == count
        assert session.scalar(select(func.count()).select_from(Slot)) == 3 * count


def pages_during_the_work(market: Market, client: FlaskClient, path: str) -> int:
    """How often a page was answered while another thread carried every job that was due."""
    jobs, answered = threading.Thread(target=market.work), 0
    jobs.start()
    while jobs.is_alive():
        assert client.get(path).status_code == 200
        answered += jobs.is_alive()
    jobs.join()
    return answered


def test_the_same_file_again_brings_nothing_and_says_so(market: Market) -> None:
    project_id = market.order()
    content = csv_of([{"id": "1", "text": "one"}])
    first = checked(market, project_id, "monday.csv", content)
    with market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, first)
    market.work()
    market.later(minutes=1)
    second = checked(market, project_id, "tuesday.csv", content)
    with market.as_(market.pm) as session:
        batch = queries.batch_of(session, second)
        assert batch is not None
        assert (batch.same_as, batch.good, batch.duplicates) == ("monday.csv", 0, 1)
    with pytest.raises(Conflict) as caught, market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, second)
    assert caught.value.code == "batch.nothing_new"


def test_a_cancelled_import_writes_nothing(market: Market) -> None:
    project_id = market.order()
    batch_id = checked(market, project_id, "units.csv", csv_of([{"id": "1", "text": "one"}]))
    with market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch_id)
        imports.cancel_import(session, market.pm, batch_id)
    market.work()
    with market.as_(market.pm) as session:
        assert session.scalar(select(func.count(Unit.id))) == 0
        assert session.scalars(select(Batch.state)).one() == "cancelled"
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        imports.cancel_import(session, market.pm, batch_id)


@pytest.mark.parametrize(
    ("who", "rights", "problem"),
    [
        ("manager", ["project:configure", "unit:payload"], Forbidden),
        ("qa", [], Forbidden),
        ("rival", [], NotFound),
        ("stranger", [], NotFound),
    ],
)
def test_only_who_may_import_uploads(market: Market, who: str, rights: list[str], problem: type[Exception]) -> None:
    project_id = market.order(rights=rights)
    with pytest.raises(problem):
        market.upload(getattr(market, who), project_id, "units.csv", b"text\none\n")


def test_a_vendor_with_the_right_imports(market: Market) -> None:
    project_id = market.order(rights=["unit:import"])
    batch = market.upload(market.manager, project_id, "units.csv", csv_of([{"id": "1", "text": "one"}]))
    market.work()
    with market.as_(market.manager) as session:
        imports.confirm_import(session, market.manager, batch.id)
    market.work()
    with market.as_(market.pm) as session:
        assert session.scalar(select(func.count(Unit.id))) == 1


GOLD = [
    {"id": "g1", "text": "I want my money back", "label": "refund", "pool": "exam", "explanation": "Money back."},
    {"id": "g2", "text": "No signal at home", "label": "network", "pool": "live"},
    {"id": "g3", "text": "Hello there", "label": "other", "pool": "training"},
    {"id": "g4", "text": "Who knows", "label": "nonsense", "pool": "exam"},
    {"id": "g5", "text": "Ordinary work", "label": "other", "pool": "live"},
]


def test_gold_becomes_keys_and_only_live_gold_is_a_unit_with_no_free_place(market: Market) -> None:
    project_id = market.order()
    with market.as_(market.pm) as session:
        lane_id = session.scalars(select(Lane.id)).one()
        units.add_units(session, market.pm, lane_id, [UnitIn({"text": "Ordinary work"}, "w1")])
    gold = [row | ({"classification": "restricted-phi"} if row["id"] == "g2" else {}) for row in GOLD]
    batch_id = checked(market, project_id, "gold.jsonl", jsonl_of(gold), BatchKind.GOLD)
    with market.gold() as session:
        batch = queries.batch_of(session, batch_id)
        assert batch is not None
        assert (batch.good, batch.duplicates, batch.bad, batch.preview) == (3, 0, 2, ())
        assert [(found.line, found.column, found.code) for found in batch.findings] == [
            (4, "label", "unknown_class"),
            (5, None, "gold.is_a_unit"),
        ]
    with market.as_(market.qa) as session:
        imports.confirm_import(session, market.qa, batch_id, leave_out_bad=True)
    market.work()
    with market.gold() as session:
        keys = session.execute(
            select(Item.client_ref, GoldKey.pool, GoldKey.truth, GoldKey.category)
            .join(Item, Item.id == GoldKey.item_id)
            .order_by(Item.client_ref)
        ).all()
        assert [tuple(key) for key in keys] == [
            ("g1", "exam", {"choice": "refund"}, "refund"),
            ("g2", "live", {"choice": "network"}, "network"),
            ("g3", "training", {"choice": "other"}, "other"),
        ]
        gold_units = session.execute(
            select(Unit.id, Item.client_ref, Unit.overlap, Unit.batch_id, Unit.classification)
            .join(Item, Item.id == Unit.item_id)
            .where(Item.client_ref != "w1")
        ).all()
        assert [tuple(row)[1:] for row in gold_units] == [("g2", 30, None, "restricted-phi")]
        grant = session.scalars(select(AccessGrant).where(AccessGrant.subject_id == project_id)).one()
        assert grant.until_at <= market.now + timedelta(days=30), "gold is met by the vendor's people as units are"
        assert session.scalars(select(Slot).where(Slot.unit_id == gold_units[0].id)).all() == []
    with market.as_(market.manager) as session:
        assert session.scalars(select(Batch)).all() == []  # the vendor cannot know that there was an upload


def test_gold_twice_is_gold_once(market: Market) -> None:
    project_id = market.order()
    for name in ("a.jsonl", "b.jsonl"):
        batch_id = checked(market, project_id, name, jsonl_of(GOLD[:2]), BatchKind.GOLD)
        if name == "a.jsonl":
            with market.as_(market.qa) as session:
                imports.confirm_import(session, market.qa, batch_id)
            market.work()
    with market.gold() as session:
        batch = queries.batch_of(session, batch_id)
        assert batch is not None and (batch.good, batch.duplicates) == (0, 2)
        assert session.scalar(select(func.count(GoldKey.id))) == 2


def test_a_vendor_never_uploads_gold(market: Market) -> None:
    project_id = market.order()
    with pytest.raises((Forbidden, NotFound)):
        market.upload(market.manager, project_id, "gold.jsonl", jsonl_of(GOLD), BatchKind.GOLD)


def test_a_program_adds_units_and_a_replay_returns_the_same_ones(market: Market) -> None:
    market.order()
    drafts = [UnitIn({"text": "one"}, "1"), UnitIn({"text": "two"}, "2"), UnitIn({"text": "one"}, "1 again")]
    with market.as_(market.pm) as session:
        lane_id = session.scalars(select(Lane.id)).one()
        first = units.add_units(session, market.pm, lane_id, drafts)
    with market.as_(market.pm) as session:
        second = units.add_units(session, market.pm, lane_id, drafts)
    assert (first.new, second.new) == (2, 0)
    assert first.unit_ids == second.unit_ids
    assert first.unit_ids[0] == first.unit_ids[2] != first.unit_ids[1]
    with market.as_(market.pm) as session:
        assert session.scalar(select(func.count()).select_from(Slot)) == 6


def test_a_fault_in_one_of_a_programs_units_refuses_all(market: Market) -> None:
    market.order()
    with market.as_(market.pm) as session:
        lane_id = session.scalars(select(Lane.id)).one()
    drafts = [UnitIn({"text": "one"}), UnitIn({"text": ""}), UnitIn({"text": "x"}, classification="top-secret")]
    with pytest.raises(Invalid) as caught, market.as_(market.pm) as session:
        units.add_units(session, market.pm, lane_id, drafts)
    assert sorted(caught.value.fields) == ["units.1.content.text", "units.2.classification"]
    with market.db.reading(Scope.system("test")) as session:
        assert session.scalar(select(func.count(Unit.id))) == 0


def test_only_who_may_import_adds_units(market: Market) -> None:
    market.order(rights=[])
    with market.as_(market.pm) as session:
        lane_id = session.scalars(select(Lane.id)).one()
    for actor, problem in ((market.manager, Forbidden), (market.rival, NotFound), (market.stranger, NotFound)):
        with pytest.raises(problem), market.as_(actor) as session:
            units.add_units(session, actor, lane_id, [UnitIn({"text": "one"})])
