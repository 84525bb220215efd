"""A person asks for a copy of everything that is held about them, or for its erasure, and takes that back."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.db import now_of
from kernel.errors import Conflict
from kernel.policy import Actor
from workforce.models import DataRequest
from workforce.policy import Action, account_resource
from workforce.queries.own_data import data_request_view
from workforce.values.own_data import KEPT, WAIT, DataKind, DataRequestView, DataState


def ask_data(session: Session, actor: Actor, account_id: str, kind: DataKind) -> DataRequestView:
    """Ask for a copy, or for the erasure, of one's data; one of each kind at a time."""
    guard.require(session, actor, Action.ACCOUNT_DATA, account_resource(account_id))
    now = now_of(session)
    open_states = (DataState.WAITING.value, DataState.READY.value)
    there = select(DataRequest.id).where(
        DataRequest.account_id == account_id, DataRequest.kind == kind.value, DataRequest.state.in_(open_states)
    )
    if session.scalar(there.limit(1)):
        raise _asked()
    row = DataRequest(
        id=ids.new_id(), account_id=account_id, kind=kind.value, state=DataState.WAITING.value, asked_at=now,
        due_at=now + (WAIT if kind is DataKind.ERASURE else KEPT), held_up_by="", size=0,
    )  # fmt: skip
    session.add(row)
    try:
        session.flush()
    except IntegrityError as cause:  # asked twice at once
        raise _asked() from cause
    audit.record(session, actor, f"data.{kind.value}_asked", "account", account_id)
    return data_request_view(row)


def _asked() -> Conflict:
    return Conflict("data.asked", _("You have asked for this already; it is under way."))


def cancel_erasure(session: Session, actor: Actor, request_id: str) -> DataRequestView:
    """Take the asking for an erasure back while it waits."""
    row = _own(session, actor, request_id, Action.ACCOUNT_SELF)
    if row.kind != DataKind.ERASURE or row.state != DataState.WAITING:
        raise Conflict("data.not_waiting", _("This is over, or is no erasure."))
    row.state, row.done_at = DataState.CANCELLED.value, now_of(session)
    session.flush()
    audit.record(session, actor, "data.erasure_cancelled", "account", row.account_id)
    return data_request_view(row)


def take_copy(session: Session, actor: Actor, request_id: str) -> str:
    """Hand over the file of an export, once; returns the name it is stored under."""
    row = _own(session, actor, request_id, Action.ACCOUNT_DATA)
    if row.state != DataState.READY or row.stored_name is None or row.due_at <= now_of(session):
        raise Conflict("data.no_file", _("There is no file to take: it is being made, was taken, or its day is over."))
    row.state, row.done_at = DataState.TAKEN.value, now_of(session)
    session.flush()
    audit.record(
        session, actor, "data.export_taken", "account", row.account_id, details={"sha256": row.sha256, "size": row.size}
    )
    return row.stored_name


def _own(session: Session, actor: Actor, request_id: str, action: Action) -> DataRequest:
    row = session.get(DataRequest, request_id, with_for_update=True)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, action, account_resource(row.account_id))
    return row
