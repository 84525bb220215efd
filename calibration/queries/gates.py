"""A lane's rules about people, version by version, and how they have acted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import GateFiring, GateRule
from calibration.rules import gates as rules
from calibration.values import GateAction, GateMetric
from kernel.db import scope_of
from workforce.models import Account

FIRINGS_MOST = 50


@dataclass(frozen=True, slots=True)
class GateView:
    """One version of a rule. Who wrote it is named to their own organization alone."""

    id: str
    name: str
    version: int
    metric: str
    action: str
    limit: float
    certainty: float
    release: float | None
    minimum_checks: int
    pause_days: int
    is_active: bool
    created_at: datetime
    author: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class FiringView:
    """A rule acted on a person."""

    id: str
    annotator_id: str
    name: str
    version: int
    action: str
    figures: Mapping[str, Any]
    receipt_id: str | None
    fired_at: datetime
    ended_at: datetime | None
    ended_why: str | None


def gate_of(session: Session, lane_id: str) -> GateView | None:
    """The rule in force that pauses first: of those that do, the one with the highest limit."""
    pausing = [rule for rule in rules_of(session, lane_id) if rule.is_active and rule.action == GateAction.PAUSE]
    return max(pausing, key=lambda rule: (rule.limit, rule.name), default=None)


def as_rule(row: GateRule) -> rules.GateRule:
    """A row as the rules read it."""
    return rules.GateRule(
        version=row.version, metric=GateMetric(row.metric), limit=row.limit, action=GateAction(row.action),
        minimum_evidence=max(rules.LEAST_EVIDENCE, row.minimum_checks), confidence=row.certainty, release=row.release,
    )  # fmt: skip


def rules_of(session: Session, lane_id: str) -> tuple[GateView, ...]:
    """Every rule of a lane in every version, by name, the newest first."""
    rows = session.execute(
        select(GateRule, Account.name)
        .outerjoin(Account, Account.id == GateRule.created_by)
        .where(GateRule.lane_id == lane_id)
        .order_by(GateRule.name, GateRule.version.desc())
    ).all()
    own = scope_of(session).org_id
    return tuple(_view(rule, name if own is not None and rule.created_org_id == own else None) for rule, name in rows)


def firings_of(session: Session, lane_id: str, *, limit: int = FIRINGS_MOST) -> tuple[FiringView, ...]:
    """How a lane's rules have acted, the newest first."""
    rows = session.scalars(
        select(GateFiring).where(GateFiring.lane_id == lane_id).order_by(GateFiring.fired_at.desc()).limit(limit)
    )
    return tuple(_firing(session, row) for row in rows)


def firings_on(session: Session, lane_id: str, annotator_id: str) -> tuple[FiringView, ...]:
    """How they have acted on one person. Closer checks are nobody's to know of but the system's."""
    rows = session.scalars(
        select(GateFiring)
        .where(
            GateFiring.lane_id == lane_id,
            GateFiring.annotator_id == annotator_id,
            GateFiring.action != GateAction.RECHECK,
        )
        .order_by(GateFiring.fired_at.desc())
        .limit(FIRINGS_MOST)
    )
    return tuple(_firing(session, row) for row in rows)


def _view(row: GateRule, author: str | None) -> GateView:
    return GateView(
        id=row.id, name=row.name, version=row.version, metric=row.metric, action=row.action, limit=row.limit,
        certainty=row.certainty, release=row.release, minimum_checks=row.minimum_checks, pause_days=row.pause_days,
        is_active=row.is_active, created_at=row.created_at, author=author, ended_at=row.ended_at,
    )  # fmt: skip


def _firing(session: Session, row: GateFiring) -> FiringView:
    scope = scope_of(session)
    is_exact = scope.is_system or scope.org_id == row.org_id  # to others the hour could tell which answer was checked
    return FiringView(
        id=row.id, annotator_id=row.annotator_id, name=row.name, version=row.version, action=row.action,
        figures=row.figures, receipt_id=row.receipt_id, fired_at=row.fired_at if is_exact else _day_of(row.fired_at),
        ended_at=row.ended_at if is_exact or row.ended_at is None else _day_of(row.ended_at), ended_why=row.ended_why,
    )  # fmt: skip


def _day_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
