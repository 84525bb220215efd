"""Files that jobs make: one for two clicks, sealed from its first byte, for whoever asked alone, for a day."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from admin.operations.own_data import erase_person
from admin.operations.retention import carry_retention
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.jobs import drain
from kernel.models import OutboxEvent
from kernel.policy import Actor
from kernel.registry import load_jobs
from kernel.storage import LocalStorage, storage, use_storage
from kernel.tenancy import Scope
from tests.workforce.conftest import SYSTEM, Time, World
from workforce import operations, taking
from workforce.models import MadeFile
from workforce.operations import made_files
from workforce.operations.own_data import ask_data
from workforce.queries.made_files import file_of, files_of
from workforce.values.made_files import FileState, FileView
from workforce.values.own_data import DataKind

load_jobs()
EVERYBODY = Scope.system("test")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    use_storage(LocalStorage(tmp_path))
    return tmp_path


def _ask(world: World, actor: Actor | None = None, **asked: object) -> FileView:
    with world.db.transaction(world.vendor) as session:
        return made_files.ask_file(session, actor or world.manager, taking.PEOPLE, asked)


def _stands(world: World, asked: FileView) -> FileState:
    with world.db.reading(world.vendor) as session:
        return file_of(session, world.manager, asked.id).state


def _take(world: World, asked: FileView, actor: Actor | None = None, scope: Scope | None = None) -> bytes:
    with world.db.transaction(scope or world.vendor) as session:
        return b"".join(made_files.take_file(session, actor or world.manager, asked.id).pieces)


def _stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_two_clicks_are_one_job_and_its_file_is_sealed_and_told_of_in_the_log(world: World, folder: Path) -> None:
    amina, _actor = world.annotator("Amina Wanjiru")
    world.annotator("Nia Otieno")
    asked = _ask(world, text="wanjiru")
    assert _ask(world, text="wanjiru").id == asked.id and _ask(world).id != asked.id
    theirs = _ask(world, world.colleague, text="wanjiru")
    assert theirs.id != asked.id
    assert (_stands(world, asked), drain(world.db)) == (FileState.WAITING, 3)
    content = _take(world, asked)
    (line,) = content.decode("utf-8-sig").splitlines()[1:]
    assert line.startswith(f"{amina.id},{amina.pseudonym},Amina Wanjiru,")
    assert all(b"Amina" not in path.read_bytes() for path in _stored(folder)) and len(_stored(folder)) == 3
    told = next(one for one in world.audit("people.exported") if one.details["file"] == asked.id)
    assert told.actor_ref == world.manager.account_id
    assert told.details == {
        "file": asked.id, "asked": {"text": True}, "rows": 1, "sha256": sha256(content).hexdigest(),
        "size": len(content),
    }  # fmt: skip
    assert _take(world, asked) == content, "a download that broke off is begun again"
    assert [one.object_ref for one in world.audit("file.taken")] == [asked.id, asked.id]
    assert _ask(world, text="wanjiru").id != asked.id, "what changed since is in another file"
    with world.db.reading(world.vendor) as session:
        assert len(files_of(session, world.manager)) == 3 and len(files_of(session, world.colleague)) == 1


def test_nobody_else_takes_it_and_after_a_day_it_is_gone(world: World, folder: Path, time: Time) -> None:
    asked = _ask(world)
    drain(world.db)
    for other, scope in (
        (world.colleague, world.vendor), (world.stranger, Scope.tenant(world.other_vendor_id)),
        (world.operator, EVERYBODY), (world.reviewer, world.vendor),
    ):  # fmt: skip
        with pytest.raises((NotFound, Forbidden)):
            _take(world, asked, other, scope)
    assert world.audit("file.taken") == []
    time.now += timedelta(hours=23, minutes=59)
    assert _take(world, asked)
    time.now += timedelta(minutes=1)
    with pytest.raises(NotFound):
        _take(world, asked)
    with world.db.transaction(EVERYBODY) as session:
        assert carry_retention(session, SYSTEM)["lists"] == 1
    with world.db.reading(EVERYBODY) as session:
        assert session.scalars(select(MadeFile)).all() == [] and _stored(folder) == []


def test_whose_role_ended_has_no_file(world: World, folder: Path) -> None:
    ready = _ask(world, world.colleague)
    drain(world.db)
    waiting = _ask(world, world.colleague, text="amina")
    with world.db.transaction(EVERYBODY) as session:
        assert world.colleague.membership_id is not None
        operations.end_membership(session, SYSTEM, world.colleague.membership_id)
    drain(world.db)
    with world.db.reading(EVERYBODY) as session:
        assert session.get_one(MadeFile, waiting.id).state == "refused" and len(_stored(folder)) == 1
    former = Actor(world.colleague.account_id, world.vendor_id, None)
    with pytest.raises((NotFound, Forbidden)):
        _take(world, ready, former)


def test_who_is_erased_leaves_no_file_behind(world: World, folder: Path, time: Time) -> None:
    asked = _ask(world, world.colleague)
    drain(world.db)
    assert len(_stored(folder)) == 1
    with world.db.transaction(EVERYBODY) as session:
        request = ask_data(session, world.colleague, world.colleague.account_id or "", DataKind.ERASURE)
    time.now += timedelta(days=14)
    with world.db.transaction(EVERYBODY) as session:
        session.get_one(MadeFile, asked.id).until_at = time.now + timedelta(days=1)  # were it kept for longer
        assert erase_person(session, SYSTEM, request.id)
    with world.db.reading(EVERYBODY) as session:
        assert session.get(MadeFile, asked.id) is None and _stored(folder) == []


def test_a_wrong_filter_is_refused_before_a_job_begins(world: World) -> None:
    wrong: dict[str, Any]
    for wrong in ({"locale": "klingonese"}, {"country": "QQ"}):
        with pytest.raises(Invalid):
            _ask(world, None, **wrong)
    with pytest.raises((NotFound, Forbidden)):
        _ask(world, world.reviewer)
    assert (drain(world.db), world.audit("file.asked")) == (0, [])


def test_a_full_disk_leaves_nothing_and_another_try_works(
    world: World, folder: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.annotator("Amina Wanjiru")
    asked, whole = _ask(world), made_files.keep_file

    def full(*_anything: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(made_files, "keep_file", full)
    for _attempt in range(3):
        assert _stands(world, asked) is FileState.WAITING
        assert drain(world.db) == 1
        time.now += timedelta(minutes=1)
    assert _stands(world, asked) is FileState.FAILED and _stored(folder) == []
    with pytest.raises(Conflict):
        _take(world, asked)
    monkeypatch.setattr(made_files, "keep_file", whole)
    again = _ask(world)
    assert again.id != asked.id and drain(world.db) == 1
    assert b"Amina Wanjiru" in _take(world, again) and _stands(world, asked) is FileState.FAILED


def test_a_worker_that_dies_in_the_middle_leaves_nothing_readable_and_the_next_goes_on(
    world: World, folder: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.annotator("Amina Wanjiru")
    asked, unlink = _ask(world), Path.unlink
    monkeypatch.setattr("kernel.sheets._PIECE", 1)  # every line is a piece that goes to the disk

    class Killed(BaseException):
        """No `except Exception` holds it, as none holds a signal."""

    def killed(_file: int) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr("os.fsync", killed)
        dying.setattr(Path, "unlink", lambda path, missing_ok=False: None)  # whoever is killed cleans nothing up
        with pytest.raises(Killed):
            drain(world.db)
    assert Path.unlink is unlink
    (half,) = _stored(folder)
    assert half.suffix == ".part" and b"Amina" not in half.read_bytes() and half.stat().st_size > 100
    assert drain(world.db) == 0, "its claim lasts for ten minutes"
    time.now += timedelta(minutes=11)
    assert drain(world.db) == 1 and b"Amina Wanjiru" in _take(world, asked)
    written = datetime.fromtimestamp(half.stat().st_mtime, UTC)
    for seconds, swept, left in ((-1, 0, 2), (1, 1, 1), (1, 0, 1)):
        assert storage().sweep(written + timedelta(seconds=seconds)) == swept and len(_stored(folder)) == left
    assert b"Amina Wanjiru" in _take(world, asked)
    with world.db.reading(EVERYBODY) as session:
        event = session.scalars(select(OutboxEvent).where(OutboxEvent.job == made_files.JOB)).one()
        assert (event.attempts, event.progress, event.total) == (2, 1, 1)
