"""Exposures: who met which item under a known answer, so that nobody does so twice in their life."""

from collections.abc import Iterable

from sqlalchemy import update
from sqlalchemy.orm import Session

from calibration.models import Exposure, GoldKey
from calibration.values import LaneFacts
from kernel import ids
from kernel.db import insert_ignoring, now_of
from kernel.policy import Actor


def note(
    session: Session, actor: Actor, org_id: str, vendor_org_id: str | None, project_id: str, account_id: str,
    item_id: str, use: str,
) -> bool:  # fmt: skip
    """Note that a person meets an item in this use (training, exam, live); False if they had met it before."""
    return _note(session, org_id, vendor_org_id, project_id, account_id, item_id, use)


def _note(
    session: Session, org_id: str, vendor_org_id: str | None, project_id: str, account_id: str, item_id: str, use: str
) -> bool:
    row = {
        "id": ids.new_id(),
        "org_id": org_id,
        "vendor_org_id": vendor_org_id,
        "project_id": project_id,
        "account_id": account_id,
        "item_id": item_id,
        "use": use,
        "at": now_of(session),
    }
    is_new = insert_ignoring(session, Exposure, [row], ["org_id", "account_id", "item_id"]) == 1
    if is_new:
        session.execute(
            update(GoldKey)
            .where(GoldKey.org_id == org_id, GoldKey.item_id == item_id)
            .values(exposures=GoldKey.exposures + 1),
            execution_options={"synchronize_session": False},
        )
    return is_new


def note_all(session: Session, lane: LaneFacts, account_id: str, item_ids: Iterable[str], use: str) -> None:
    """The same for several items of a lane."""
    for item_id in item_ids:
        _note(session, lane.org_id, lane.vendor_org_id, lane.project_id, account_id, item_id, use)
