"""Gates at work: what the rules of a lane do to a person, and how that ends."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane
from calibration.models import BehaviourReview, GateFiring, GateRule, Grade, Qualification, Track
from calibration.operations import tracks
from calibration.operations.qualifications import end_earlier_pause
from calibration.operations.rulebook import STANDARD
from calibration.policy import GRADE_RUN, PAUSE_LIFT
from calibration.queries.gates import as_rule
from calibration.queries.people import account_of, cause_of
from calibration.rules import gates as rules
from calibration.rules.tracking import HEIGHTENED_UNITS
from calibration.values import GateAction, GateMetric
from i18n import Message, _, figure
from kernel import audit, ids
from kernel.db import now_of
from kernel.guard import not_found, require
from kernel.policy import Actor, Resource
from workforce.leases import end_leases
from workforce.models import DecisionReceipt
from workforce.operations.receipts import end_receipt, issue_receipt
from workforce.queries.rows import hold_person
from workforce.values import ReceiptState

EVIDENCE_MOST = 50
RULE = "accuracy_gate"


def evaluate_gates(session: Session, actor: Actor, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Ask the rules of these (lane, person) pairs, and let them act; returns the receipts of the pauses."""
    require(session, actor, GRADE_RUN)
    found: dict[str, list[GateRule]] = {}
    lane_ids = {lane_id for lane_id, _person in pairs}
    for rule in session.scalars(
        select(GateRule).where(GateRule.lane_id.in_(lane_ids), GateRule.is_active).order_by(GateRule.name)
    ):
        found.setdefault(rule.lane_id, []).append(rule)
    people = {person for lane_id, person in pairs if lane_id in found}
    known = tracks.tracks_for(session, found, people)
    before = _last_firings(session, found, people)
    receipts = [
        _evaluate(session, actor, rule, known[lane_id, person], before.get((lane_id, person, rule.name)))
        for lane_id, person in pairs
        for rule in found.get(lane_id, ())
    ]
    return [receipt for receipt in receipts if receipt is not None]


def take_back_warning(session: Session, actor: Actor, receipt_id: str) -> bool:
    """A warning was overturned: it is over, and what it rested on counts towards no other. False if it was over."""
    firing = _firing_of(session, receipt_id)
    if firing is None:
        raise not_found()
    require(session, actor, PAUSE_LIFT, Resource("gate_firing", firing.id, vendor_org_id=firing.vendor_org_id,
                                                 org_id=firing.org_id, grant_rights=frozenset()))  # fmt: skip
    return _end(session, firing, "lifted")


def lift_pause(session: Session, actor: Actor, receipt_id: str) -> bool:
    """End the pause that this receipt put in place, because it was overturned or has run its time.

    Returns whether it was still in place. What the pause rested on does not count towards another one.
    """
    row = session.scalars(
        select(Qualification).where(Qualification.pause_receipt_id == receipt_id).with_for_update()
    ).one_or_none()
    if row is None:
        return _end_earlier(session, actor, receipt_id)
    # The vendor's own decision about its own person: no right of the client is asked for.
    require(session, actor, PAUSE_LIFT, Resource("qualification", row.id, vendor_org_id=row.vendor_org_id,
                                                 org_id=row.org_id, grant_rights=frozenset()))  # fmt: skip
    if row.paused_until is None:
        return False
    is_over = row.paused_until <= now_of(session)
    row.paused_until = None
    firing = _firing_of(session, receipt_id)
    if firing is not None:
        _end(session, firing, "time" if is_over else "lifted")
    audit.record(
        session, actor, "pause.lifted", "qualification", row.id, org_id=row.vendor_org_id,
        details={"receipt": receipt_id, "lane": row.lane_id},
    )  # fmt: skip
    return True


def put_pause_back(session: Session, actor: Actor, receipt: DecisionReceipt) -> bool:
    """Pause again by a decision that was on hold and is right, until its own day. False where another pause came, or
    its time is over."""
    row = session.scalars(
        select(Qualification).where(Qualification.pause_receipt_id == receipt.id).with_for_update()
    ).one_or_none()
    if row is None or row.paused_until is not None or receipt.until_at is None or receipt.until_at <= now_of(session):
        return False
    require(session, actor, PAUSE_LIFT, Resource("qualification", row.id, vendor_org_id=row.vendor_org_id,
                                                 org_id=row.org_id, grant_rights=frozenset()))  # fmt: skip
    row.paused_until = receipt.until_at
    firing = _firing_of(session, receipt.id)
    if firing is not None and firing.ended_why == "lifted":
        firing.ended_at = firing.ended_why = None
    audit.record(
        session, actor, "lane.paused", "qualification", row.id, org_id=row.vendor_org_id,
        details={"lane": row.lane_id, "receipt": receipt.id},
    )  # fmt: skip
    end_leases(session, actor, row.annotator_id, lane_id=row.lane_id, cause="gate")
    return True


def _end_earlier(session: Session, actor: Actor, receipt_id: str) -> bool:
    """A pause in whose place a later one has come: nothing is in place any more, and its firing is over."""
    receipt = session.get(DecisionReceipt, receipt_id)
    if receipt is None or receipt.kind != "lane_paused":
        raise not_found()
    require(session, actor, PAUSE_LIFT, Resource("receipt", receipt.id, vendor_org_id=receipt.org_id,
                                                 grant_rights=frozenset()))  # fmt: skip
    firing = _firing_of(session, receipt_id)
    if firing is not None:
        _end(session, firing, "lifted")
    return False


def take_back_recheck(session: Session, firing: GateFiring, track: Track) -> None:
    """End closer checks that a rule asked for on what has been corrected since, unless something else asks for them."""
    if not _end(session, firing, "lifted"):
        return
    session.flush()
    other = select(GateFiring.id).where(
        GateFiring.lane_id == firing.lane_id, GateFiring.annotator_id == firing.annotator_id,
        GateFiring.action == GateAction.RECHECK, GateFiring.ended_at.is_(None),
    )  # fmt: skip
    by_person = select(BehaviourReview.id).where(
        BehaviourReview.lane_id == firing.lane_id, BehaviourReview.annotator_id == firing.annotator_id,
        BehaviourReview.outcome == "more_checks",
    )  # fmt: skip
    if session.scalar(other.limit(1)) is None and session.scalar(by_person.limit(1)) is None:
        track.heightened_to = min(track.heightened_to, track.judged)


def end_pauses(session: Session, actor: Actor, limit: int = 500) -> int:
    """End the pauses whose time is over, with their receipts; returns how many."""
    require(session, actor, GRADE_RUN)
    over = session.execute(
        select(Qualification.annotator_id, Qualification.pause_receipt_id)
        .where(Qualification.paused_until <= now_of(session), Qualification.pause_receipt_id.is_not(None))
        .order_by(Qualification.paused_until)
        .limit(limit)
    ).all()
    for annotator_id in sorted({row.annotator_id for row in over}):
        hold_person(session, annotator_id)
    for _annotator_id, receipt_id in over:
        assert receipt_id is not None
        lift_pause(session, actor, receipt_id)
        end_receipt(session, actor, receipt_id)
    return len(over)


def end_warnings(session: Session, actor: Actor, limit: int = 500) -> int:
    """End the receipts of warnings whose rule was taken out of force meanwhile; returns how many."""
    require(session, actor, GRADE_RUN)
    receipts = session.scalars(
        select(GateFiring.receipt_id)
        .join(DecisionReceipt, DecisionReceipt.id == GateFiring.receipt_id)
        .where(
            GateFiring.ended_why == "rule",
            GateFiring.action == GateAction.WARN,
            DecisionReceipt.state == ReceiptState.IN_FORCE,
        )
        .limit(limit)
    ).all()
    for receipt_id in receipts:
        if receipt_id is not None:
            end_receipt(session, actor, receipt_id)
    return len(receipts)


def _last_firings(
    session: Session, lane_ids: Iterable[str], people: Iterable[str]
) -> dict[tuple[str, str, str], GateFiring]:
    """How each rule acted last on each of these people, by lane, person and the rule's name."""
    rows = session.scalars(
        select(GateFiring)
        .where(GateFiring.lane_id.in_(list(lane_ids)), GateFiring.annotator_id.in_(list(people)))
        .order_by(GateFiring.fired_at)
    )
    return {(row.lane_id, row.annotator_id, row.name): row for row in rows}


def _evaluate(session: Session, actor: Actor, rule: GateRule, track: Track, before: GateFiring | None) -> str | None:
    if rule.action == GateAction.PAUSE:
        return _evaluate_pause(session, actor, rule, track)
    held = before if before is not None and before.ended_at is None else None
    verdict = rules.evaluate(as_rule(rule), tracks.belief(track), held=held is not None)
    if held is not None:
        if not verdict.holds:
            _end(session, held, "recovered")
            if held.receipt_id is not None:
                end_receipt(session, actor, held.receipt_id)
        return None
    is_fresh = before is None or track.checked - before.checks >= rule.minimum_checks
    if verdict.holds and is_fresh:  # acting again needs evidence of its own
        _note(session, actor, rule, track, verdict)
    return None


def _evaluate_pause(session: Session, actor: Actor, rule: GateRule, track: Track) -> str | None:
    verdict = rules.evaluate(as_rule(rule), tracks.belief(track))
    if not verdict.holds:
        return None
    held = _qualification(session, track)
    if held is not None and held.paused_until is not None and held.paused_until > now_of(session):
        return None
    evidence = _evidence(session, track, held)
    if len(evidence) < rule.minimum_checks:  # a second pause needs evidence of its own
        return None
    receipt_id = _pause(session, actor, rule, track, verdict, held, evidence)
    session.add(_firing(session, rule, track, verdict, receipt_id))
    return receipt_id


def _note(session: Session, actor: Actor, rule: GateRule, track: Track, verdict: rules.Verdict) -> None:
    """Warn, which tells the person and changes nothing else, or check the next units more closely."""
    firing = _firing(session, rule, track, verdict, None)
    if rule.action == GateAction.RECHECK:
        track.heightened_to = max(track.heightened_to, track.judged + HEIGHTENED_UNITS)
    else:
        firing.receipt_id = issue_receipt(
            session, actor, annotator_id=track.annotator_id, kind="lane_warned", rule=RULE,
            rule_version=version_told(rule), figure=_figure(verdict), cause_kind="gate_firing", cause_id=firing.id,
            lane_id=track.lane_id, what=_warning_told(session, track), why=_why(verdict), way_back=_WAY_OUT,
        )  # fmt: skip
    session.add(firing)
    audit.record(
        session, actor, "gate.fired", "gate_firing", firing.id, org_id=track.vendor_org_id,
        details={"lane": track.lane_id, "rule": rule.id, "action": rule.action},
    )  # fmt: skip


def _firing(
    session: Session, rule: GateRule, track: Track, verdict: rules.Verdict, receipt_id: str | None
) -> GateFiring:
    return GateFiring(
        id=ids.new_id(), org_id=track.org_id, vendor_org_id=track.vendor_org_id, project_id=track.project_id,
        lane_id=track.lane_id, annotator_id=track.annotator_id, rule_id=rule.id, name=rule.name,
        version=rule.version, action=rule.action, checks=track.checked,
        figures=_figure(verdict) | {"belief": round(verdict.belief, 6)}, receipt_id=receipt_id,
        fired_at=now_of(session), ended_at=None, ended_why=None,
    )  # fmt: skip


def _firing_of(session: Session, receipt_id: str) -> GateFiring | None:
    return session.scalars(select(GateFiring).where(GateFiring.receipt_id == receipt_id)).one_or_none()


def _end(session: Session, firing: GateFiring, why: str) -> bool:
    if firing.ended_at is not None:
        return False
    firing.ended_at, firing.ended_why = now_of(session), why
    return True


def version_told(rule: GateRule) -> str:
    """The version as receipts name it, with the rule's name where a lane has several."""
    return str(rule.version) if rule.name in (None, STANDARD) else f"{rule.name} {rule.version}"


def _qualification(session: Session, track: Track) -> Qualification | None:
    hold_person(session, track.annotator_id)
    return session.scalars(
        select(Qualification)
        .where(Qualification.lane_id == track.lane_id, Qualification.annotator_id == track.annotator_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _evidence(session: Session, track: Track, held: Qualification | None) -> list[str]:
    """The judgments that the verdict rests on, the newest first, without those that an earlier pause rested on.

    Each counts once, as its newest grade says, at the time of its first: an answer that is graded again by a corrected
    key is no newer for it, and one that counts for nothing is no evidence.
    """
    first = func.min(Grade.at)
    judged = (
        select(Grade.judgment_id, first.label("at"), func.max(Grade.key_version).label("version"))
        .where(Grade.lane_id == track.lane_id, Grade.annotator_id == track.annotator_id)
        .group_by(Grade.judgment_id)
    )
    if held is not None and held.pause_receipt_id is not None:
        judged = judged.having(first > _weighed_up_to(session, held.pause_receipt_id))
    each = judged.subquery("judged")
    counting = (
        select(each.c.judgment_id)
        .join(Grade, and_(Grade.judgment_id == each.c.judgment_id, Grade.key_version == each.c.version))
        .where(Grade.is_void.is_(False))
        .order_by(each.c.at.desc(), each.c.judgment_id)
    )
    return list(session.scalars(counting))


def _weighed_up_to(session: Session, receipt_id: str) -> datetime:
    """When the last answer that an earlier pause rested on was first graded."""
    at = session.scalar(select(func.min(Grade.at)).where(Grade.judgment_id == cause_of(session, receipt_id)))
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
        rule_version=version_told(rule),
        figure=_figure(verdict),
        evidence=[{"kind": "judgment", "id": judgment_id} for judgment_id in evidence[:EVIDENCE_MOST]],
        cause_kind="judgment",
        cause_id=evidence[0],
        lane_id=track.lane_id,
        until_at=until,
        **_messages(session, track, verdict, until),
    )
    row = held or _opened(session, track)
    end_earlier_pause(session, row, receipt_id)
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


_WAY_OUT = _(
    "Read the guideline again, above all the examples. This ends by itself when your answers say so. If you think that"
    " this is wrong, appeal: a person who did not decide it will look at it."
)


def _warning_told(session: Session, track: Track) -> Message:
    lane = find_lane(session, track.lane_id)
    return _("A word about your work in %(lane)s: it goes on, and nothing is taken.", lane=lane.name if lane else "")


def _messages(session: Session, track: Track, verdict: rules.Verdict, until: datetime) -> dict[str, Message]:
    lane = find_lane(session, track.lane_id)
    return {
        "what": _("Your work in %(lane)s is paused until %(until)s.", lane=lane.name if lane else "", until=until),
        "why": _why(verdict),
        "way_back": _(
            "The pause ends by itself, and answers given before it do not count towards another one. Use the time to"
            " read the guideline again. If you think that this is wrong, appeal: a person who did not decide it will"
            " look at the evidence. What you have earned stays yours."
        ),
    }


def _why(verdict: rules.Verdict) -> Message:
    figures = {"n": verdict.evidence, "value": figure("percent", verdict.accuracy)}
    if verdict.metric is GateMetric.DRIFT:
        return _(
            "Of %(n)s of your answers the right answer is known. The newest of them were wrong clearly more often than"
            " those before; the accuracy now is about %(value)s.",
            **figures,
        )
    if verdict.metric is GateMetric.ACCURACY_LOWER:
        return _(
            "Of %(n)s of your answers the right answer is known. They show an accuracy of about %(value)s; that is not"
            " yet surely above the %(limit)s this work asks for.",
            limit=figure("percent", verdict.limit),
            **figures,
        )
    return _(
        "Of %(n)s of your answers the right answer is known. They show an accuracy of about %(value)s;"
        " we can be fairly sure that it is under the %(limit)s this work asks for.",
        limit=figure("percent", verdict.limit),
        **figures,
    )
