"""Rotation of hidden gold: keys that are worn are used no more; what they gave stays."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import GoldKey, Grade
from calibration.policy import GRADE_RUN
from calibration.rules.rotation import Used, worn
from kernel import audit
from kernel.db import now_of
from kernel.guard import require
from kernel.policy import Actor


def lanes_with_gold(session: Session, actor: Actor) -> list[str]:
    """Lanes that have live gold in use. System scope."""
    require(session, actor, GRADE_RUN)
    return list(
        session.scalars(select(GoldKey.lane_id).where(GoldKey.pool == "live", GoldKey.status == "active").distinct())
    )


def retire_worn(session: Session, actor: Actor, lane_id: str) -> dict[str, int]:
    """Retire a lane's worn keys; returns how many for which reason."""
    require(session, actor, GRADE_RUN)
    keys = session.scalars(
        select(GoldKey)
        .where(GoldKey.lane_id == lane_id, GoldKey.pool == "live", GoldKey.status == "active")
        .with_for_update()
    ).all()
    scores: dict[str, list[float]] = defaultdict(list)
    graded = (
        select(Grade.item_id, Grade.score)
        .join(GoldKey, (GoldKey.org_id == Grade.org_id) & (GoldKey.item_id == Grade.item_id))
        .where(
            GoldKey.lane_id == lane_id, GoldKey.pool == "live", GoldKey.status == "active",
            Grade.key_version == GoldKey.version, Grade.is_void.is_(False),
        )
        .order_by(Grade.at, Grade.id)
    )  # fmt: skip
    for item_id, score in session.execute(graded):
        scores[item_id].append(score)
    used = [Used(key.id, key.added_at, key.exposures, key.exposure_cap, tuple(scores[key.item_id])) for key in keys]
    found = worn(used, now_of(session))
    counts: dict[str, int] = {}
    for key in keys:
        why = found.get(key.id)
        if why is not None:
            key.status = "retired"
            counts[why] = counts.get(why, 0) + 1
            audit.record(session, actor, "gold.retired", "gold_key", key.id, org_id=key.org_id,
                         details={"why": why})  # fmt: skip
    return counts
