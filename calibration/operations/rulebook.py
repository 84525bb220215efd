"""A lane's rules as data: a new version of one, and its end."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.lanes import lane_of
from calibration.models import GateFiring, GateRule
from calibration.policy import GATE_SET, lane_resource
from calibration.rules import gates as rules
from calibration.values import GateAction, GateMetric
from i18n import Message, _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import require
from kernel.policy import Actor

STANDARD = "accuracy"
SAME = ("lane_id", "name", "metric", "action", "limit", "certainty", "release", "minimum_checks", "pause_days")
NAME = re.compile(r"[a-z][a-z0-9-]{1,15}")


def set_gate(
    session: Session, actor: Actor, lane_id: str, *, limit: float, certainty: float = 0.9,
    minimum_checks: int = 20, pause_days: int = 7, name: str = STANDARD, metric: str = GateMetric.ACCURACY_UPPER,
    action: str = GateAction.PAUSE, release: float | None = None,
) -> str:  # fmt: skip
    """Give a lane a rule, or the next version of the rule of that name; it holds from the next check on.

    The rule that is in force already, sent again, changes nothing.
    """
    lane = lane_of(session, lane_id)
    require(session, actor, GATE_SET, lane_resource(session, actor, lane))
    draft = GateRule(
        lane_id=lane_id, name=name, version=0, metric=metric, action=action, limit=limit, certainty=certainty,
        release=release, minimum_checks=minimum_checks, pause_days=pause_days,
    )  # fmt: skip
    ensure_sane(draft)
    same = session.scalar(
        select(GateRule.id).where(
            GateRule.is_active,
            *(getattr(GateRule, field) == getattr(draft, field) for field in SAME if getattr(draft, field) is not None),
            *(getattr(GateRule, field).is_(None) for field in SAME if getattr(draft, field) is None),
        )
    )
    if same is not None:
        return same
    now = now_of(session)
    draft.version = 1
    for before in session.scalars(
        select(GateRule).where(GateRule.lane_id == lane_id, GateRule.name == name).order_by(GateRule.version)
    ):
        draft.version = before.version + 1
        if before.is_active:
            before.is_active, before.ended_at, before.ended_by = False, now, actor.account_id
            if before.action != draft.action:
                _end_firings(session, lane_id, name)
    draft.id, draft.is_active, draft.created_at = ids.new_id(), True, now
    draft.org_id, draft.vendor_org_id, draft.project_id = lane.org_id, lane.vendor_org_id, lane.project_id
    draft.created_by, draft.created_org_id = actor.account_id, actor.org_id
    session.add(draft)
    audit.record(
        session, actor, "gate.set", "gate_rule", draft.id, org_id=lane.org_id,
        details={
            "lane": lane_id, "name": name, "version": draft.version, "metric": draft.metric, "action": draft.action,
            "limit": limit, "certainty": certainty,
        },
    )  # fmt: skip
    return draft.id


def end_gate(session: Session, actor: Actor, lane_id: str, name: str) -> None:
    """Take a rule out of force. What it warned of or checks more closely ends with it; a pause runs its time."""
    lane = lane_of(session, lane_id)
    require(session, actor, GATE_SET, lane_resource(session, actor, lane))
    rule = session.scalars(
        select(GateRule).where(GateRule.lane_id == lane_id, GateRule.name == name, GateRule.is_active)
    ).one_or_none()
    if rule is None:
        raise Conflict("gate.none", _("There is no rule of that name in force."))
    rule.is_active, rule.ended_at, rule.ended_by = False, now_of(session), actor.account_id
    _end_firings(session, lane_id, name)
    audit.record(
        session, actor, "gate.ended", "gate_rule", rule.id, org_id=lane.org_id,
        details={"lane": lane_id, "name": name, "version": rule.version},
    )  # fmt: skip


def _end_firings(session: Session, lane_id: str, name: str) -> None:
    open_firings = select(GateFiring).where(
        GateFiring.lane_id == lane_id, GateFiring.name == name, GateFiring.ended_at.is_(None),
        GateFiring.action != GateAction.PAUSE,
    )  # fmt: skip
    for firing in session.scalars(open_firings):
        firing.ended_at, firing.ended_why = now_of(session), "rule"


def ensure_sane(row: GateRule) -> None:
    """Refuse a rule that could decide on a handful of answers, flutter, or hold for ever."""
    fields: dict[str, Message] = {}
    if not NAME.fullmatch(row.name):
        fields["name"] = _("A rule's name is 2 to 16 small letters, digits and hyphens, and begins with a letter.")
    if row.metric not in set(GateMetric):
        fields["metric"] = _("Choose what the rule looks at.")
    if row.action not in set(GateAction):
        fields["action"] = _("Choose what the rule does.")
    if not 0 < row.limit < 1:
        fields["limit"] = _("The limit lies between 0 and 1.")
    if not 0.5 < row.certainty < 1:
        fields["certainty"] = _("The certainty lies between 0.5 and 1.")
    if row.minimum_checks < rules.LEAST_EVIDENCE:
        fields["minimum_checks"] = _("A rule needs at least %(n)s checked answers.", n=rules.LEAST_EVIDENCE)
    if not 1 <= row.pause_days <= 90:
        fields["pause_days"] = _("A pause lasts between 1 and 90 days.")
    if row.release is not None and row.action == GateAction.PAUSE:
        fields["release"] = _("A pause ends by its time, or when somebody lifts it: it lets go at no probability.")
    if not fields and row.release is not None:
        fires = row.certainty if row.metric == GateMetric.ACCURACY_LOWER else 1 - row.certainty
        if not fires + rules.LEAST_GAP <= row.release < 1:
            fields["release"] = _("It must let go at a clearly higher probability than it acts at, and under 1.")
    if fields:
        raise Invalid("gate.invalid", _("This rule cannot be used."), fields=fields)
