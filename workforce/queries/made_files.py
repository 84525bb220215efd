"""Reads of the files that somebody asked for."""

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import guard, jobs
from kernel.db import now_of
from kernel.policy import Actor, Resource
from workforce.making import kind_of_file
from workforce.models import MadeFile
from workforce.policy import Action
from workforce.values.made_files import FileAsked, FileState, FileView

MOST = 50


def files_of(session: Session, actor: Actor) -> list[FileView]:
    """One's own files in the place where one is, newest first."""
    owner = Resource("made_file", org_id=actor.org_id, owner_account_id=actor.account_id)
    guard.require(session, actor, Action.FILE_READ, owner)
    rows = session.scalars(
        select(MadeFile)
        .where(MadeFile.account_id == actor.account_id, MadeFile.org_id == actor.org_id,
               MadeFile.until_at > now_of(session))
        .order_by(MadeFile.asked_at.desc(), MadeFile.id)
        .limit(MOST)
    )  # fmt: skip
    return [file_view(session, row) for row in rows]


def file_of(session: Session, actor: Actor, made_file_id: str) -> FileView:
    """One of them."""
    return file_view(session, own_file(session, actor, made_file_id, Action.FILE_READ))


def own_file(session: Session, actor: Actor, made_file_id: str, action: Action) -> MadeFile:
    """The row, for whoever asked for the file and is where they asked for it. Raises NotFound for everybody else."""
    row = session.get(MadeFile, made_file_id)
    if row is None or row.org_id != actor.org_id or row.until_at <= now_of(session):
        raise guard.not_found()
    resource = Resource("made_file", row.id, org_id=row.org_id, owner_account_id=row.account_id)
    guard.require(session, actor, action, resource)
    return row


def file_view(session: Session, row: MadeFile) -> FileView:
    """As whoever asked for it sees it: what its job gave up did not work."""
    state = FileState(row.state)
    if state is FileState.WAITING and is_given_up(session, row):
        state = FileState.FAILED
    kind = kind_of_file(row.kind)
    return FileView(
        row.id, row.kind, kind.title, kind.name, state, row.asked_at, row.until_at, row.job_id, row.rows, row.size,
        row.sha256,
    )  # fmt: skip


def is_given_up(session: Session, row: MadeFile) -> bool:
    """Whether the job that was to make it will not go on."""
    progress = jobs.progress(session, row.job_id)
    return progress is None or progress.state == "dead"


def waiting_file(session: Session, made_file_id: str) -> FileAsked | None:
    """What a job needs; None where nobody waits for it any more."""
    row = session.get(MadeFile, made_file_id)
    if row is None or row.state != FileState.WAITING:
        return None
    return FileAsked(row.id, row.org_id, row.account_id, row.membership_id, row.kind, json.loads(row.asked))
