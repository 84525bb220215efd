"""Gates: rules about accuracy as data, what they do to a person, and how that ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane, lane_of
from calibration.models import GateRule, Grade, Qualification, Track
from calibration.operations import tracks
from calibration.policy import GATE_SET, GRADE_RUN, PAUSE_LIFT, lane_resource
from calibration.queries.people import account_of, cause_of
from calibration.rules import gates as rules
from calibration.values import GateAction, GateMetric
from i18n import Message, _, figure
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Invalid
from kernel.guard import not_found, require
from kernel.policy import Actor, Resource
from workforce.leases import end_leases
from workforce.operations.receipts import end_receipt, issue_receipt

EVIDENCE_MOST = 50
RULE = "accuracy_gate"


def set_gate(
    session: Session, actor: Actor, lane_id: str, *, limit: float, certainty: float = 0.9,
    minimum_checks: int = 20, pause_days: int = 7,
) -> str:  # fmt: skip
    """Give a lane a new version of its rule: pause whose accuracy is under `limit` with this certainty."""
    lane = lane_of(session, lane_id)
    require(session, actor, GATE_SET, lane_resource(session, actor, lane))
    _ensure_sane(limit, certainty, minimum_checks, pause_days)
    before = session.scalars(select(GateRule).where(GateRule.lane_id == lane_id).order_by(GateRule.version)).all()
    for rule in before:
        rule.is_active = False
    new = GateRule(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane_id, version=before[-1].version + 1 if before else 1, limit=limit, certainty=certainty,
        minimum_checks=minimum_checks, pause_days=pause_days, is_active=True, created_at=now_of(session),
    )  # fmt: skip
    session.add(new)
    audit.record(
        session, actor, "gate.set", "gate_rule", new.id, org_id=lane.org_id,
        details={"lane": lane_id, "version": new.version, "limit": limit, "certainty": certainty},
    )  # fmt: skip
    return new.id


def evaluate_gates(session: Session, actor: Actor, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Ask the rules of these (lane, person) pairs, and pause whom they name; returns the receipts."""
    require(session, actor, GRADE_RUN)
    lane_ids = {lane_id for lane_id, _person in pairs}
    found = {
        rule.lane_id: rule
        for rule in session.scalars(
            select(GateRule).where(GateRule.lane_id.in_(lane_ids), GateRule.is_active).order_by(GateRule.version)
        )
    }
    known = tracks.tracks_for(session, found, {person for lane_id, person in pairs if lane_id in found})
    receipts = [
        _evaluate(session, actor, found[lane_id], known[lane_id, person])
        for lane_id, person in pairs
        if lane_id in found
    ]
    return [receipt for receipt in receipts if receipt is not None]


def lift_pause(session: Session, actor: Actor, receipt_id: str) -> bool:
    """End the pause that this receipt put in place, because it was overturned or has run its time.

    Returns whether it was still in place. What the pause rested on does not count towards another one.
    """
    row = session.scalars(
        select(Qualification).where(Qualification.pause_receipt_id == receipt_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise not_found()
    # The vendor's own decision about its own person: no right of the client is asked for.
    require(session, actor, PAUSE_LIFT, Resource("qualification", row.id, vendor_org_id=row.vendor_org_id,
                                                 org_id=row.org_id, grant_rights=frozenset()))  # fmt: skip
    if row.paused_until is None:
        return False
    row.paused_until = None
    audit.record(
        session, actor, "pause.lifted", "qualification", row.id, org_id=row.vendor_org_id,
        details={"receipt": receipt_id, "lane": row.lane_id},
    )  # fmt: skip
    return True


def end_pauses(session: Session, actor: Actor, limit: int = 500) -> int:
    """End the pauses whose time is over, with their receipts; returns how many."""
    require(session, actor, GRADE_RUN)
    receipts = session.scalars(
        select(Qualification.pause_receipt_id)
        .where(Qualification.paused_until <= now_of(session), Qualification.pause_receipt_id.is_not(None))
        .order_by(Qualification.paused_until)
        .limit(limit)
    ).all()
    for receipt_id in receipts:
        assert receipt_id is not None
        lift_pause(session, actor, receipt_id)
        end_receipt(session, actor, receipt_id)
    return len(receipts)


def _evaluate(session: Session, actor: Actor, rule: GateRule, track: Track) -> str | None:
    verdict = rules.evaluate(_as_rule(rule), tracks.belief(track))
    if not verdict.holds:
        return None
    held = _qualification(session, track)
    if held is not None and held.paused_until is not None and held.paused_until > now_of(session):
        return None
    evidence = _evidence(session, track, held)
    if len(evidence) < rule.minimum_checks:  # a second pause needs evidence of its own
        return None
    return _pause(session, actor, rule, track, verdict, held, evidence)


def _as_rule(row: GateRule) -> rules.GateRule:
    return rules.GateRule(
        version=row.version, metric=GateMetric.ACCURACY_UPPER, limit=row.limit, action=GateAction.PAUSE,
        minimum_evidence=max(rules.LEAST_EVIDENCE, row.minimum_checks), confidence=row.certainty,
    )  # fmt: skip


def _qualification(session: Session, track: Track) -> Qualification | None:
    return session.scalars(
        select(Qualification).where(
            Qualification.lane_id == track.lane_id, Qualification.annotator_id == track.annotator_id
        )
    ).one_or_none()


def _evidence(session: Session, track: Track, held: Qualification | None) -> list[str]:
    """The newest judgments the verdict rests on, without those that an earlier pause already rested on."""
    events = (
        select(Grade.judgment_id)
        .where(Grade.lane_id == track.lane_id, Grade.annotator_id == track.annotator_id, Grade.is_void.is_(False))
        .order_by(Grade.at.desc())
        .limit(EVIDENCE_MOST)
    )
    if held is not None and held.pause_receipt_id is not None:
        events = events.where(Grade.at > _weighed_up_to(session, held.pause_receipt_id))
    return list(session.scalars(events))


def _weighed_up_to(session: Session, receipt_id: str) -> datetime:
    """When the last answer that an earlier pause rested on was graded."""
    at = session.scalar(select(func.max(Grade.at)).where(Grade.judgment_id == cause_of(session, receipt_id)))
    return at or now_of(session)


def _pause(
    session: Session, actor: Actor, rule: GateRule, track: Track, verdict: rules.Verdict,
    held: Qualification | None, evidence: list[str],
) -> str:  # fmt: skip
    until = now_of(session) + timedelta(days=rule.pause_days)
    receipt_id = issue_receipt(
        session,
        actor,
        annotator_id=track.annotator_id,
        kind="lane_paused",
        rule=RULE,
        rule_version=str(rule.version),
        figure=_figure(verdict),
        evidence=[{"kind": "judgment", "id": judgment_id} for judgment_id in evidence],
        cause_kind="judgment",
        cause_id=evidence[0],
        lane_id=track.lane_id,
        until_at=until,
        **_messages(session, track, verdict, until),
    )
    row = held or _opened(session, track)
    row.paused_until, row.pause_receipt_id = until, receipt_id
    audit.record(
        session, actor, "lane.paused", "qualification", row.id, org_id=track.vendor_org_id,
        details={"lane": track.lane_id, "rule": rule.id, "receipt": receipt_id},
    )  # fmt: skip
    end_leases(session, actor, track.annotator_id, lane_id=track.lane_id, cause="gate")
    return receipt_id


def _opened(session: Session, track: Track) -> Qualification:
    """A row that holds the pause of somebody without a qualification; it opens nothing, now or when the pause ends."""
    row = Qualification(
        id=ids.new_id(), org_id=track.org_id, vendor_org_id=track.vendor_org_id, project_id=track.project_id,
        lane_id=track.lane_id, annotator_id=track.annotator_id,
        account_id=account_of(session, track.annotator_id), basis="none", attempt_id=None, reason="",
        since_at=now_of(session), until_at=now_of(session), revoked_at=None, granted_by=None,
    )  # fmt: skip
    session.add(row)
    return row


def _figure(verdict: rules.Verdict) -> dict[str, Any]:
    return {
        "value": round(verdict.accuracy, 4),
        "low": round(verdict.interval.lower, 4),
        "high": round(verdict.interval.upper, 4),
        "limit": verdict.limit,
        "n": verdict.evidence,
    }


def _messages(session: Session, track: Track, verdict: rules.Verdict, until: datetime) -> dict[str, Message]:
    lane = find_lane(session, track.lane_id)
    return {
        "what": _("Your work in %(lane)s is paused until %(until)s.", lane=lane.name if lane else "", until=until),
        "why": _(
            "Of %(n)s of your answers the right answer is known. They show an accuracy of about %(value)s;"
            " we can be fairly sure that it is under the %(limit)s this work asks for.",
            n=verdict.evidence,
            value=figure("percent", verdict.accuracy),
            limit=figure("percent", verdict.limit),
        ),
        "way_back": _(
            "The pause ends by itself, and answers given before it do not count towards another one. Use the time to"
            " read the guideline again. If you think that this is wrong, appeal: a person who did not decide it will"
            " look at the evidence. What you have earned stays yours."
        ),
    }


def _ensure_sane(limit: float, certainty: float, minimum_checks: int, pause_days: int) -> None:
    fields: dict[str, Message] = {}
    if not 0 < limit < 1:
        fields["limit"] = _("The limit lies between 0 and 1.")
    if not 0.5 < certainty < 1:
        fields["certainty"] = _("The certainty lies between 0.5 and 1.")
    if minimum_checks < rules.LEAST_EVIDENCE:
        fields["minimum_checks"] = _("A pause needs at least %(n)s checked answers.", n=rules.LEAST_EVIDENCE)
    if not 1 <= pause_days <= 90:
        fields["pause_days"] = _("A pause lasts between 1 and 90 days.")
    if fields:
        raise Invalid("gate.invalid", _("This rule cannot be used."), fields=fields)
