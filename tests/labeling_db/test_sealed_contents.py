"""Contents as they are stored: sealed under their client's key, opened where they were written and nowhere else."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import bindparam, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from kernel.crypto import CannotDecrypt, KeyRing, Sealed, place_of
from kernel.db import Database, now_of
from kernel.errors import Misuse
from kernel.hot import Hot, table_of
from kernel.migrate import alembic_config, upgrade
from kernel.tenancy import Power, Scope
from labeling.files.drafts import UnitDraft, content_fingerprint
from labeling.models import Item, MediaUse, opened_content
from labeling.queries.content import items_of
from labeling.values import JsonObject
from marketplace.models import Batch
from tests.labeling_db.conftest import CLIENT, PROJECT, STRANGER, VENDOR
from tests.labeling_db.test_items import add, draft

SAID = "Barua ya siri kwa Asha — “hapa”\n日本"
SYSTEM = Scope.system("test")
_I = table_of(Item)
ONE = Hot(select(_I.c.id, opened_content(_I), _I.c.locale).where(_I.c.id == bindparam("p_id")))


def draft_of(content: JsonObject) -> UnitDraft:
    return replace(draft("x"), content=content, fingerprint=content_fingerprint(content))


@contextmanager
def raw(db: Database) -> Iterator[Connection]:
    """A connection that sees all rows as they lie there."""
    with db.engine.begin() as connection:
        if not db.is_sqlite:
            connection.exec_driver_sql(f"SET LOCAL ROLE {Power.SYSTEM.value}")
        yield connection


def stored(db: Database) -> dict[str, str]:
    with raw(db) as connection:
        return {row[0]: row[1] for row in connection.exec_driver_sql("SELECT id, content_sealed FROM item")}


def test_the_database_holds_nothing_of_what_a_content_says(db: Database) -> None:
    (item_id,) = add(db, [draft(SAID)])
    with raw(db) as connection:
        row = repr(connection.exec_driver_sql("SELECT * FROM item").one())
    assert "siri kwa" not in row and "“hapa”" not in row and "日本" not in row and '"text"' not in row
    assert stored(db)[item_id].startswith("v2|t|")
    with db.reading(Scope.tenant(CLIENT)) as session:
        assert items_of(session, [item_id])[item_id].content == {"text": SAID}
        assert session.get_one(Item, item_id).content == {"text": SAID}
        found = session.execute(select(Item.locale, Item.content)).one()
        assert (found.locale, found.content) == ("sw-KE", {"text": SAID})


def test_every_way_to_read_a_content_keeps_to_the_readers_tenant(db: Database, grant: Callable[[], None]) -> None:
    (item_id,) = add(db, [draft(SAID)])
    for org_id, seen in ((CLIENT, [{"text": SAID}]), (VENDOR, [{"text": SAID}]), (STRANGER, [])):
        with db.reading(Scope.tenant(org_id)) as session:
            assert list(session.scalars(select(Item.content))) == seen
            assert [row.content for row in ONE.run(session, p_id=item_id)] == seen
    grant()  # taken back
    with db.reading(Scope.tenant(VENDOR)) as session:
        assert list(session.scalars(select(Item.content))) == []
        assert list(ONE.run(session, p_id=item_id)) == []


def test_a_content_in_another_row_or_of_another_organization_does_not_open(db: Database) -> None:
    first, second = add(db, [draft("moja"), draft("mbili")])
    texts = stored(db)
    with raw(db) as connection:
        connection.execute(text("UPDATE item SET content_sealed = :s WHERE id = :i"), {"s": texts[first], "i": second})
        connection.execute(text("UPDATE item SET org_id = :o WHERE id = :i"), {"o": STRANGER, "i": first})
    for item_id in (first, second):
        with db.reading(SYSTEM) as session, pytest.raises(CannotDecrypt):
            session.scalars(select(Item.content).where(Item.id == item_id)).one()
        with db.reading(SYSTEM) as session, pytest.raises(CannotDecrypt):
            _ = session.get_one(Item, item_id).content


def test_two_organizations_have_two_keys_under_one_field_key() -> None:
    mine, theirs = place_of("item", "content_sealed", "i", "mine"), place_of("item", "content_sealed", "i", "theirs")
    ring = KeyRing((("k", "B" * 43),))
    with pytest.raises(CannotDecrypt):
        ring.open(ring.seal("x", mine, "v2"), theirs)
    sealed = ring.seal("x", mine, "v2").split("|")
    assert ring.open("|".join(sealed), mine) == "x"
    with pytest.raises(CannotDecrypt):  # the field key itself is not what sealed it
        ring.open("|".join(["v1", *sealed[1:]]), mine)
    with pytest.raises(Misuse):
        ring.seal("x", place_of("item", "content_sealed", "i", None), "v2")


def test_the_database_is_asked_nothing_about_contents(db_sqlite: Database) -> None:
    with db_sqlite.reading(SYSTEM) as session, pytest.raises(Exception, match="compares nothing with it"):
        session.scalars(select(Item.id).where(Item.content == {"text": SAID})).all()


def test_an_object_that_is_changed_is_sealed_anew(db: Database) -> None:
    (item_id,) = add(db, [draft("moja")])
    before = stored(db)[item_id]
    with db.transaction(Scope.tenant(CLIENT)) as session:
        session.get_one(Item, item_id).content = {"text": "mbili"}
    assert stored(db)[item_id] != before
    with db.reading(Scope.tenant(CLIENT)) as session:
        assert session.scalars(select(Item.content)).all() == [{"text": "mbili"}]


def test_which_items_show_a_file_is_known_without_opening_them(db: Database) -> None:
    pictures = [{"picture": "file-1", "text": "a"}, {"picture": "file-1", "text": "b"}, {"sound": "file-2"}]
    first, second, third, _none = add(db, [*map(draft_of, pictures), draft("c")])
    assert add(db, [draft_of(pictures[0])]) == [first], "what is there already is not noted twice"
    with db.reading(Scope.tenant(CLIENT)) as session:
        uses = session.execute(select(MediaUse.item_id, MediaUse.media_id)).all()
    assert sorted(map(tuple, uses)) == sorted([(first, "file-1"), (second, "file-1"), (third, "file-2")])
    with db.reading(Scope.tenant(STRANGER)) as session:
        assert session.scalars(select(MediaUse.item_id)).all() == []


def upload(session: Session, batch_id: str, **told: Any) -> Batch:
    return Batch(
        id=batch_id, org_id=CLIENT, vendor_org_id=VENDOR, project_id=PROJECT, kind="units", name="units.csv",
        format="csv", stored_name="", sha256="0" * 64, state="checked", created_at=now_of(session), **told,
    )  # fmt: skip


def plain(db: Database) -> dict[str, Any]:
    """What stood there before contents were sealed."""
    with raw(db) as connection:
        found = connection.exec_driver_sql("SELECT id, content FROM item").all()
    return {row[0]: json.loads(row[1]) if isinstance(row[1], str) else row[1] for row in found}


def test_contents_that_were_plain_are_sealed_by_the_migration_and_nothing_of_them_stays(db: Database) -> None:
    long = {"text": "mbali " * 2_000 + SAID, "picture": "file-1"}
    contents = [{"text": SAID, "context": "a \\ \" '"}, long, {"text": "c"}, {"sound": "file-2"}, {"text": "e"}]
    made = add(db, [draft_of(each) for each in contents])
    contents += [{"text": f"number {number}"} for number in range(1_000)]  # more than a portion
    made += add(db, [draft_of(each) for each in contents[5:]])
    told = {"findings": [{"line": 1}], "preview": [{"text": SAID}], "personal": {"examples": [SAID]}}
    with db.transaction(SYSTEM) as session:
        session.add_all([upload(session, "told", **told), upload(session, "untold")])
    command.downgrade(alembic_config(db), "0051")
    assert plain(db) == dict(zip(made, contents, strict=True))
    upgrade(db)
    with db.reading(SYSTEM) as session:
        batches = {row.id: row for row in session.scalars(select(Batch))}
        assert {name: getattr(batches["told"], name) for name in told} == told
        untold = batches["untold"]
        assert (untold.findings or [], untold.preview or [], untold.personal) == ([], [], None)
    with db.reading(SYSTEM) as session:
        assert {row.id: row.content for row in session.execute(select(Item.id, Item.content))} == dict(
            zip(made, contents, strict=True)
        )
        uses = session.execute(select(MediaUse.item_id, MediaUse.media_id, MediaUse.org_id, MediaUse.vendor_org_id))
        assert sorted(map(tuple, uses)) == sorted(
            [(made[1], "file-1", CLIENT, VENDOR), (made[3], "file-2", CLIENT, VENDOR)]
        )
    assert {each[:5] for each in stored(db).values()} == {"v2|t|"}
    with raw(db) as connection:
        for table in ("item", "batch"):
            assert "siri kwa" not in repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
    if db.is_sqlite:
        db.dispose()  # the last connection brings into the file what was beside it
        bytes_of_file = Path(str(db.url.database)).read_bytes()
        assert b"mbali mbali" not in bytes_of_file and b"siri kwa" not in bytes_of_file


def test_a_migration_from_the_command_line_takes_the_keys_of_the_environment(
    db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (item_id,) = add(db, [draft(SAID)])
    command.downgrade(alembic_config(db), "0051")
    monkeypatch.setattr(Sealed, "ring", None)
    monkeypatch.setenv("POLYPHONY_DATA", str(tmp_path))
    monkeypatch.setenv("FIELD_KEYS", "mine:" + "QUJD" * 10 + "QUE")
    upgrade(db)
    assert stored(db)[item_id].startswith("v2|mine|")
