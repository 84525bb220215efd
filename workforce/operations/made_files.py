"""Files that jobs make: asked for, kept sealed for a day, taken by whoever asked, as often as they like that day.

Whether they may have it is asked when they ask, when it is made, and each time it is taken.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.crypto import place_of, seal
from kernel.db import after_commit, insert_ignoring, now_of
from kernel.errors import Conflict
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor
from kernel.sealed_files import open_sealed
from kernel.storage import chunks_of, storage
from workforce.making import kind_of_file
from workforce.models import MadeFile
from workforce.policy import Action
from workforce.queries.made_files import file_view, is_given_up, own_file
from workforce.rules.indexes import asked_mark
from workforce.values.made_files import FileAsked, FileMade, FileState, FileTaken, FileView
from workforce.values.own_data import KEPT

JOB = "workforce.make_file"


def ask_file(session: Session, actor: Actor, kind: str, asked: dict[str, Any]) -> FileView:
    """Have a job make a file; while one of the same is under way for the same person, that one it is."""
    made = kind_of_file(kind)
    made.allow(session, actor, asked)
    if actor.org_id is None or actor.account_id is None:
        raise guard.not_found()
    told, now = json.dumps(asked, sort_keys=True), now_of(session)
    mark = asked_mark(kind, told)
    given_up = _under_way(session, actor, mark)
    if given_up is not None and is_given_up(session, given_up):
        given_up.state, given_up.under_way = FileState.FAILED.value, None
        session.flush()
    file_id, job_id = ids.new_id(), ids.new_id()
    new = {
        "id": file_id, "org_id": actor.org_id, "account_id": actor.account_id, "membership_id": actor.membership_id,
        "kind": kind, "asked_sealed": seal(told, place_of("made_file", "asked_sealed", file_id, actor.org_id)),
        "under_way": mark, "state": FileState.WAITING.value, "asked_at": now, "until_at": now + KEPT,
        "job_id": job_id, "rows": 0, "size": 0,
    }  # fmt: skip
    is_new = insert_ignoring(session, MadeFile, [new], ["org_id", "account_id", "under_way"]) == 1
    row = _under_way(session, actor, mark)
    assert row is not None
    if is_new:
        job = enqueue(session, REGISTRY[JOB], actor=actor, org_id=actor.org_id, made_file_id=file_id)
        assert job is not None
        row.job_id = job
        session.flush()
        audit.record(
            session, actor, "file.asked", "made_file", file_id, details={"kind": kind, "asked": made.for_log(asked)}
        )
    return file_view(session, row)


def keep_file(session: Session, actor: Actor, asked: FileAsked, made: FileMade) -> bool:
    """The file is ready for a day; False where nobody waits for it any more. The log has who, what, how much, which."""
    row = session.get(MadeFile, asked.id, with_for_update=True)
    if row is None or row.state != FileState.WAITING:
        return False
    row.state, row.under_way, row.until_at = FileState.READY.value, None, now_of(session) + KEPT
    row.stored_name, row.key = made.stored_name, made.key
    row.rows, row.size, row.sha256 = made.rows, made.size, made.sha256
    session.flush()
    kind = kind_of_file(asked.kind)
    audit.record(
        session, actor, kind.told_as, asked.kind, asked.org_id, org_id=asked.org_id,
        details={
            "file": row.id, "asked": kind.for_log(asked.asked), "rows": made.rows, "sha256": made.sha256,
            "size": made.size,
        },
    )  # fmt: skip
    return True


def refuse_file(session: Session, actor: Actor, made_file_id: str) -> None:
    """Whoever asked may not have it any more: it is not made."""
    row = session.get(MadeFile, made_file_id, with_for_update=True)
    if row is not None and row.state == FileState.WAITING:
        row.state, row.under_way = FileState.REFUSED.value, None
        session.flush()
        audit.record(session, actor, "file.refused", "made_file", row.id, org_id=row.org_id, details={"kind": row.kind})


def take_file(session: Session, actor: Actor, made_file_id: str) -> FileTaken:
    """Hand it over to whoever asked for it, if they may still have it. It is opened before that is on record, so that
    a file that cannot be read was not taken."""
    row = own_file(session, actor, made_file_id, Action.FILE_TAKE)
    kind = kind_of_file(row.kind)
    if row.state != FileState.READY or row.stored_name is None or row.key is None:
        raise Conflict("file.not_ready", _("There is no file to take: it is being made, or could not be made."))
    kind.allow(session, actor, json.loads(row.asked))
    file = open_sealed(row.stored_name, row.key)
    audit.record(
        session, actor, "file.taken", "made_file", row.id,
        details={"kind": row.kind, "rows": row.rows, "sha256": row.sha256},
    )  # fmt: skip
    return FileTaken(kind.name, row.size, _pieces(file))


def forget_made(session: Session, actor: Actor, whose: ColumnElement[bool]) -> None:
    """Drop files: their rows, with the keys, and what is stored once that is committed."""
    for row in session.scalars(select(MadeFile).where(whose)).all():
        if row.stored_name is not None:
            after_commit(session, partial(storage().delete, row.stored_name))
        session.delete(row)
    session.flush()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        yield from chunks_of(file)


def _under_way(session: Session, actor: Actor, mark: str) -> MadeFile | None:
    return session.scalars(
        select(MadeFile).where(
            MadeFile.org_id == actor.org_id, MadeFile.account_id == actor.account_id, MadeFile.under_way == mark
        )
    ).one_or_none()
