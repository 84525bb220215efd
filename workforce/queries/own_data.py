"""Reads of what people asked of their data."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from workforce.models import DataRequest
from workforce.values.own_data import DataKind, DataRequestView, DataState

MOST = 50


def data_requests_of(session: Session, account_id: str) -> list[DataRequestView]:
    """What a person asked for, newest first."""
    rows = session.scalars(
        select(DataRequest)
        .where(DataRequest.account_id == account_id)
        .order_by(DataRequest.asked_at.desc(), DataRequest.id)
        .limit(MOST)
    )
    return [data_request_view(row) for row in rows]


def data_request_view(row: DataRequest) -> DataRequestView:
    """One request as its person sees it."""
    return DataRequestView(
        row.id, row.account_id, DataKind(row.kind), DataState(row.state), row.asked_at, row.due_at, row.done_at,
        row.held_up_by, row.size, row.sha256,
    )  # fmt: skip
