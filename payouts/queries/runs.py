"""Payout runs, read: the list, one run with whom it left out, and its payments."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.paging import Paging
from payouts.models import PayoutLine, PayoutRun
from payouts.queries.people import Person, people_of
from payouts.values import Excluded, LeftOut, LineState, LineView, MethodKind, RunState, RunView

_NEWEST = Paging("payout-runs", PayoutRun.number, newest_first=True)
_IN_FILE = Paging("payments", PayoutLine.id)
_RUN = (
    PayoutRun.id, PayoutRun.number, PayoutRun.currency, PayoutRun.state, PayoutRun.cutoff_at,
    PayoutRun.threshold_micros, PayoutRun.lines, PayoutRun.total_micros, PayoutRun.file_sha256, PayoutRun.file_name,
    PayoutRun.prepared_by, PayoutRun.prepared_at, PayoutRun.approved_by, PayoutRun.approved_at, PayoutRun.exported_at,
    PayoutRun.settled_at,
)  # fmt: skip
_LINE = (
    PayoutLine.id, PayoutLine.run_id, PayoutLine.annotator_id, PayoutLine.kind, PayoutLine.mask, PayoutLine.micros,
    PayoutLine.currency, PayoutLine.earnings, PayoutLine.state, PayoutLine.reason,
)  # fmt: skip


def run_of(session: Session, run_id: str) -> RunView | None:
    """One run of the session's vendor, with whom it left out."""
    row = session.execute(select(*_RUN, PayoutRun.left_out).where(PayoutRun.id == run_id)).one_or_none()
    if row is None:
        return None
    people = people_of(session, (one["annotator_id"] for one in row.left_out))
    left_out = tuple(
        Excluded(one["annotator_id"], _name(people, one["annotator_id"]), one["micros"], LeftOut(one["why"]))
        for one in row.left_out
    )
    return _run(row, left_out)


def runs(session: Session, *, after: str | None = None, limit: int = 50) -> tuple[list[RunView], str | None]:
    """A page of runs, newest first, without whom they left out, and the cursor of the next one."""
    limit = max(1, min(limit, 200))
    found = select(*_RUN).where(*_NEWEST.after(after)).order_by(*_NEWEST.order()).limit(limit + 1)
    rows, next_after = _NEWEST.cut(session.execute(found).all(), limit)
    return [_run(row, ()) for row in rows], next_after


def lines_of(
    session: Session, run_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[LineView], str | None]:
    """A page of a run's payments, in the order of the file, and the cursor of the next one."""
    limit = max(1, min(limit, 200))
    found = select(*_LINE).where(PayoutLine.run_id == run_id, *_IN_FILE.after(after))
    rows, next_after = _IN_FILE.cut(session.execute(found.order_by(*_IN_FILE.order()).limit(limit + 1)).all(), limit)
    people = people_of(session, (row.annotator_id for row in rows))
    return [_line(row, people) for row in rows], next_after


def line_of(session: Session, line_id: str) -> LineView | None:
    """One payment."""
    row = session.execute(select(*_LINE).where(PayoutLine.id == line_id)).one_or_none()
    return _line(row, people_of(session, [row.annotator_id])) if row else None


def _run(row: Any, left_out: tuple[Excluded, ...]) -> RunView:
    values = {name: value for name, value in row._asdict().items() if name != "left_out"}
    values |= {"state": RunState(row.state), "file_sha256": row.file_sha256 or "", "file_name": row.file_name or ""}
    return RunView(**values, left_out=left_out)


def _line(row: Any, people: dict[str, Person]) -> LineView:
    values = row._asdict() | {"kind": MethodKind(row.kind), "state": LineState(row.state)}
    return LineView(**values, name=_name(people, row.annotator_id))


def _name(people: dict[str, Person], annotator_id: str) -> str:
    return people[annotator_id].name if annotator_id in people else annotator_id
