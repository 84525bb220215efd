"""Exposures: who met which item under a known answer, so that nobody does so twice in their life."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from calibration.models import Exposure, GoldKey
from calibration.values import LaneFacts
from kernel import ids
from kernel.db import change_later, insert_new, now_of
from kernel.hot import Hot, table_of
from kernel.policy import Actor


def note(
    session: Session, actor: Actor, org_id: str, vendor_org_id: str | None, project_id: str, account_id: str,
    item_id: str, use: str,
) -> bool:  # fmt: skip
    """Note that a person meets an item in this use (training, exam, live); False if they had met it before."""
    row = _row(session, org_id, vendor_org_id, project_id, account_id, item_id, use)
    return _write(session, [row]) == 1


def _row(
    session: Session, org_id: str, vendor_org_id: str | None, project_id: str, account_id: str, item_id: str, use: str
) -> dict[str, Any]:
    return {
        "id": ids.new_id(), "org_id": org_id, "vendor_org_id": vendor_org_id, "project_id": project_id,
        "account_id": account_id, "item_id": item_id, "use": use, "at": now_of(session),
    }  # fmt: skip


def _write(session: Session, rows: list[dict[str, Any]]) -> int:
    """Write what is new, and count it with the keys; returns how much is new."""
    new = insert_new(session, Exposure, rows, ["org_id", "account_id", "item_id"])
    met = [row for row in rows if row["id"] in new]
    if met:
        _SHOWN.run_all(session, [{"p_org": row["org_id"], "p_item": row["item_id"]} for row in met])
    return len(met)


_K = table_of(GoldKey)
_NOTED = frozenset({_K, table_of(Exposure)})
_SHOWN = Hot(
    update(_K)
    .where(_K.c.org_id == bindparam("p_org"), _K.c.item_id == bindparam("p_item"))
    .values(exposures=_K.c.exposures + 1)
)


def note_all(session: Session, lane: LaneFacts, account_id: str, item_ids: Iterable[str], use: str) -> None:
    """The same for several items of a lane, written before they are read again or at the end."""
    noted: list[dict[str, Any]] = session.info.setdefault("noted", [])
    for item_id in item_ids:
        noted.append(_row(session, lane.org_id, lane.vendor_org_id, lane.project_id, account_id, item_id, use))
    if noted:
        change_later(session, "noted", partial(_write_noted, session), _NOTED)


def _write_noted(session: Session) -> None:
    _write(session, session.info.pop("noted"))
