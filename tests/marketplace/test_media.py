"""Pictures and sounds of a project: brought in, referred to by units, shown by links that end when a right does."""

import pytest
from sqlalchemy import func, select

from kernel.crypto import CannotDecrypt, decrypt_file, encrypt_file, new_file_key, use_keys
from kernel.errors import Forbidden, Invalid
from kernel.tenancy import Scope
from labeling.models import Item, Media, MediaName
from marketplace.models import Batch, Lane, Unit
from marketplace.operations import imports, units
from marketplace.queries import imports as queries
from marketplace.queries.media import media_of_project
from marketplace.queries.releases import UnitRef, settled_units
from marketplace.values.imports import BatchKind, BatchState, UnitIn
from tests.labeling.media_samples import SECRET, archive, located_jpeg, picture, wav
from tests.marketplace.orders import Market, content_of, jsonl_of

pytestmark = pytest.mark.usefixtures("keys")
FILES = {"cats/Älter.png": picture(), "two.jpg": located_jpeg(), "talk.wav": wav()}


@pytest.fixture
def keys() -> None:
    use_keys((("test", "A" * 43),))


def bring(market: Market, project_id: str, files: dict[str, bytes]) -> str:
    """An archive that was checked and kept, without what is refused of it."""
    batch = market.upload(market.pm, project_id, "media.zip", archive(files), BatchKind.MEDIA)
    market.work()
    with market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch.id, leave_out_bad=True)
    market.work()
    return batch.id


def test_files_are_answered_one_by_one_and_kept_sealed_without_what_they_say_beside(market: Market) -> None:
    project_id = market.order()
    bad = {"x.svg": b"<svg/>", "two.JPG": picture("JPEG"), "empty.png": b"", "../up.png": picture()}
    batch = market.upload(market.pm, project_id, "media.zip", archive(FILES | bad), BatchKind.MEDIA)
    market.work()
    with market.as_(market.pm) as session:
        found = imports.see_batch(session, market.pm, batch.id)
        assert (found.state, found.rows, found.good, found.bad) == (BatchState.CHECKED, 7, 3, 4)
        assert [(each.line, each.code) for each in found.findings] == [
            (4, "media.markup"), (5, "media.twice"), (6, "media.empty"), (7, "media.name"),
        ]  # fmt: skip
        assert [row["name"] for row in found.preview] == list(FILES)
        assert session.scalar(select(func.count(Media.id))) == 0
        raw = session.get_one(Batch, batch.id).stored_name
        imports.confirm_import(session, market.pm, batch.id, leave_out_bad=True)
    market.work()
    with market.as_(market.pm) as session:
        assert queries.state_of(session, batch.id) is BatchState.IMPORTED
        rows, _after = media_of_project(session, project_id)
        assert [(row.name, row.kind) for row in rows] == [
            ("cats/Älter.png", "picture"), ("talk.wav", "sound"), ("two.jpg", "picture"),
        ]  # fmt: skip
        kept = session.get_one(Media, rows[2].id)
        stored = content_of(kept.stored_name)
        assert (kept.width, kept.height) == (30, 40) and len(stored) > kept.size
        assert SECRET not in stored and b"JFIF" not in stored
    with pytest.raises(FileNotFoundError):
        content_of(raw)
    with market.as_(market.manager) as session:
        assert session.scalar(select(func.count(Media.id))) == 3
        assert session.scalar(select(func.count(MediaName.id))) == 0
        assert queries.batches_of(session, project_id, tuple(BatchKind))[0] == []
    again = market.upload(
        market.pm, project_id, "more.zip", archive({"TALK.wav": wav(), "two.jpg": wav()}), BatchKind.MEDIA
    )
    market.work()
    with market.as_(market.pm) as session:
        found = imports.see_batch(session, market.pm, again.id)
        assert (found.good, found.duplicates, [each.code for each in found.findings]) == (0, 1, ["media.name_taken"])
    trap = market.upload(market.pm, project_id, "trap.zip", b"PK\x03\x04" + bytes(50), BatchKind.MEDIA)
    market.work()
    with market.as_(market.pm) as session:
        found = imports.see_batch(session, market.pm, trap.id)
        assert (found.state, found.findings[0].code) == (BatchState.BROKEN, "archive.broken")
        assert session.get_one(Batch, trap.id).stored_name == ""
    with pytest.raises(Forbidden), market.as_(market.qa) as session:
        imports.confirm_import(session, market.qa, batch.id)


def test_units_refer_to_files_by_name_and_equal_files_are_equal_content(market: Market) -> None:
    project_id = market.order()
    bring(market, project_id, FILES | {"same.png": picture()})
    lines = [
        {"picture": "cats/älter.PNG"},
        {"picture": "same.png"},
        {"text": "What is said?", "sound": "talk.wav"},
        {"text": "x", "picture": "none.png"},
        {"sound": "two.jpg"},
        {"context": "nothing to judge"},
    ]
    batch = market.upload(market.pm, project_id, "units.jsonl", jsonl_of(lines))
    market.work()
    with market.as_(market.pm) as session:
        found = imports.see_batch(session, market.pm, batch.id)
        assert (found.good, found.duplicates, found.bad) == (2, 1, 3)
        assert [(each.line, each.column, each.code) for each in found.findings] == [
            (4, "picture", "unknown_media"), (5, "sound", "other_media"), (6, "text", "missing"),
        ]  # fmt: skip
        assert [row["content"] for row in found.preview] == [
            {"picture": "cats/älter.PNG"}, {"text": "What is said?", "sound": "talk.wav"},
        ]  # fmt: skip
        imports.confirm_import(session, market.pm, batch.id, leave_out_bad=True)
    market.work()
    with market.as_(market.pm) as session:
        names = {row.id: row.name for row in media_of_project(session, project_id)[0]}
        contents = list(session.scalars(select(Item.content)))
        assert {names.get(each.get("picture") or each["sound"]) for each in contents} == {"cats/Älter.png", "talk.wav"}
        refs = [UnitRef("", row.id, row.item_id) for row in session.scalars(select(Unit))]
        lane_id = session.scalars(select(Lane.id)).one()
        wrong = [UnitIn({"picture": "two.jpg"}), UnitIn({"picture": "none"})]
        with pytest.raises(Invalid) as refused:
            units.add_units(session, market.pm, lane_id, wrong)
        assert list(refused.value.fields) == ["units.1.content.picture"]
        assert units.add_units(session, market.pm, lane_id, wrong[:1]).new == 1
    with market.db.reading(Scope.with_gold(market.client)) as session:
        delivered = [unit.content for unit in settled_units(session, project_id, lane_id, refs)]
        assert {"text": "What is said?", "sound": "talk.wav"} in delivered and {
            "picture": "cats/Älter.png"
        } in delivered
    with market.as_(market.manager) as session, pytest.raises(Invalid):
        units.add_units(session, market.manager, lane_id, wrong[:1])  # a name that the client gave


def test_a_file_cannot_be_put_in_place_of_another() -> None:
    key = new_file_key()
    stored = encrypt_file(key, b"one", "media|file|a|o")
    assert decrypt_file(key, stored, "media|file|a|o") == b"one"
    for other in ((key, stored, "media|file|b|o"), (new_file_key(), stored, "media|file|a|o"), (key, b"", "x")):
        with pytest.raises(CannotDecrypt):
            decrypt_file(*other)
