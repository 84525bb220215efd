"""Backtests: asking for one, running it over the events of people, and what it found, in words that tell no gold."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane, lane_of
from calibration.models import Backtest, GateRule, Judgment, QualificationTest, Track
from calibration.operations import tracks
from calibration.operations.rulebook import ensure_sane
from calibration.policy import GATE_SET, GRADE_RUN, lane_resource
from calibration.queries.gates import as_rule
from calibration.queries.history import BLUNT_STEP, coarse
from calibration.rules import backtest as rules
from calibration.rules import blunting
from calibration.rules.gates import LEAST_GAP
from calibration.values import GateMetric
from kernel import audit, ids
from kernel.db import now_of
from kernel.guard import not_found, require
from kernel.policy import Actor

ROWS_MOST = 200
CHUNK = 50
FIELDS = ("name", "metric", "action", "limit", "certainty", "release", "minimum_checks", "pause_days")


@dataclass(frozen=True, slots=True)
class Subject:
    """A person in a lane, whose record the rule is held against."""

    lane_id: str
    annotator_id: str
    locale: str


def ask_backtest(session: Session, actor: Actor, lane_id: str, *, wide: bool = False, **fields: Any) -> str:
    """Ask for a proposed rule to be replayed over a lane, or over all lanes of its project; returns the backtest."""
    lane = lane_of(session, lane_id)
    require(session, actor, GATE_SET, lane_resource(session, actor, lane))
    checked(fields)
    if actor.org_id != lane.org_id:
        fields = dict(checked(_blunted(fields)))
    row = Backtest(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane_id, rule={name: fields.get(name) for name in FIELDS}, wide=wide, people=0, done=0, result={},
        asked_at=now_of(session), asked_by=actor.account_id, finished_at=None,
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "backtest.asked", "backtest", row.id, org_id=lane.org_id, details={"lane": lane_id})
    return row.id


def _blunted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as those who do not own the gold may try it: a finer one would tell how single checks came out."""
    release, certainty = fields.get("release"), _step(fields["certainty"], 0.5 + BLUNT_STEP)
    if release is not None:
        fires = certainty if fields["metric"] == GateMetric.ACCURACY_LOWER else 1 - certainty
        release = max(_step(release, BLUNT_STEP), fires + LEAST_GAP)
    return {
        **fields, "limit": _step(fields["limit"], BLUNT_STEP), "certainty": certainty, "release": release,
        "minimum_checks": max(fields["minimum_checks"], blunting.FROM),
    }  # fmt: skip


def _step(share: float, least: float) -> float:
    return min(max(coarse(share), least), 1 - BLUNT_STEP)


def checked(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """These fields, if they write a rule that could be set; raises Invalid."""
    ensure_sane(_row(fields))
    return fields


def proposal_of(fields: Mapping[str, Any]) -> rules.Proposal:
    """The rule that these fields write."""
    return rules.Proposal(as_rule(_row(fields)), int(fields["pause_days"]))


def _row(fields: Mapping[str, Any]) -> GateRule:
    return GateRule(version=0, **{name: fields.get(name) for name in FIELDS})


def subjects(session: Session, actor: Actor, backtest_id: str) -> list[Subject]:
    """Everybody whose record the backtest is held against. System scope."""
    require(session, actor, GRADE_RUN)
    row = _of(session, backtest_id)
    found = subjects_of(session, actor, row.project_id if row.wide else None, row.lane_id)
    row.people = len(found)
    return found


def subjects_of(session: Session, actor: Actor, project_id: str | None, lane_id: str | None) -> list[Subject]:
    """The people of a lane, or of all lanes of a project, in a steady order."""
    require(session, actor, GRADE_RUN)
    wanted = Track.project_id == project_id if project_id is not None else Track.lane_id == lane_id
    rows = session.execute(
        select(Track.lane_id, Track.annotator_id).where(wanted).order_by(Track.lane_id, Track.annotator_id)
    ).all()
    facts = {lane: find_lane(session, lane) for lane in {row.lane_id for row in rows}}
    locales = {lane: known.locale for lane, known in facts.items() if known is not None}
    return [Subject(row.lane_id, row.annotator_id, locales[row.lane_id]) for row in rows if row.lane_id in locales]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One person's record under the rule, and which other rules of their lane would have acted on them as well."""

    subject: Subject
    checked: int
    answered: int
    acts: list[rules.Act]
    others: list[str]


def replay(
    session: Session, actor: Actor, proposal: rules.Proposal, people: Iterable[Subject],
    others: Mapping[str, Mapping[str, rules.Proposal]], progress: Callable[[int], None] | None = None,
) -> list[Replayed]:  # fmt: skip
    """What the rule, and the `others` of each lane, would have done to each of these people by the end of yesterday.

    The day ends in UTC. System scope, as grades are the client's.
    """
    require(session, actor, GRADE_RUN)
    today = now_of(session).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[Replayed] = []
    for subject in people:
        events = tracks.events_of(session, subject.lane_id, subject.annotator_id)
        scored = [(event.at, event.score) for event in events if event.at < today]
        answered = session.scalars(
            select(Judgment.answered_at)
            .where(
                Judgment.lane_id == subject.lane_id,
                Judgment.annotator_id == subject.annotator_id,
                Judgment.answered_at < today,
            )
            .order_by(Judgment.answered_at)
        ).all()
        acts = rules.replay(proposal, scored, answered)
        beside = others.get(subject.lane_id, {})
        also = [name for name, other in beside.items() if rules.replay(other, scored, answered)]
        found.append(Replayed(subject, len(scored), len(answered), acts, also))
        if progress is not None:
            progress(len(found))
    return found


def run_chunk(session: Session, actor: Actor, backtest_id: str, people: Sequence[Subject]) -> list[dict[str, Any]]:
    """Replay some of the people, and note how far it is; returns their rows for `finish`."""
    row = _of(session, backtest_id)
    others = other_rules(session, actor, {one.lane_id for one in people}, str(row.rule["name"]))
    found = replay(session, actor, proposal_of(row.rule), people, others)
    row.done += len(people)
    return [asdict(each) | {"acts": [_kept(act) for act in each.acts]} for each in found]


def finish(session: Session, actor: Actor, backtest_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add up what was found, and keep it as it may be shown to a vendor: days, steps of 5%, tens of answers."""
    require(session, actor, GRADE_RUN)
    row = _of(session, backtest_id)
    found = [
        Replayed(**{**each, "subject": Subject(**each["subject"]), "acts": [_read(act) for act in each["acts"]]})
        for each in rows
    ]
    row.result = summary(session, actor, {row.lane_id}, str(row.rule["name"]), proposal_of(row.rule), found)
    row.finished_at = now_of(session)


def summary(
    session: Session, actor: Actor, lane_ids: Collection[str], name: str, proposal: rules.Proposal,
    found: Sequence[Replayed],
) -> dict[str, Any]:  # fmt: skip
    """Who, which locales, at what cost, what it would have prevented, and what speaks against the rule.

    The rule is held against the other rules of each lane in which somebody was replayed, and of `lane_ids`.
    """
    measured = [each for each in found if not rules.never_measured(each.checked, proposal)]
    acts = [(each.subject, act) for each in measured for act in each.acts]
    lanes = {*lane_ids, *(each.subject.lane_id for each in found)}
    others = other_rules(session, actor, lanes, name)
    locales = rules.by_locale((each.subject.locale, each.acts) for each in measured)
    return {
        "people": len(measured),
        "acted": sum(bool(each.acts) for each in measured),
        "acts": len(acts),
        "answers": _tens(sum(each.answered for each in found)),
        "prevented": _tens(sum(act.prevented for _subject, act in acts)),
        "wrong_prevented": _tens(sum(act.wrong for _subject, act in acts)),
        "days": proposal.pause_days * len(acts) if proposal.pauses else 0,
        "mistakes": sum(act.is_mistake for _subject, act in acts),
        "locales": [asdict(each) | {"prevented": _tens(each.prevented)} for each in locales],
        "rows": [_told(subject, act) for subject, act in sorted(acts, key=lambda pair: pair[1].at)][:ROWS_MOST],
        "others": [
            {"lane_id": lane_id} | _beside(other, [each for each in measured if each.subject.lane_id == lane_id])
            for lane_id in sorted(others)
            for other in others[lane_id]
        ],
        "contradictions": _contradictions(session, proposal, others),
    }


def _contradictions(
    session: Session, proposal: rules.Proposal, others: Mapping[str, Mapping[str, rules.Proposal]]
) -> list[dict[str, Any]]:
    """What speaks against the rule: by itself once, and beside the rules and the test of each lane with its lane."""
    by_itself = rules.contradictions(proposal, {})
    return [asdict(each) | {"lane_id": None} for each in by_itself] + [
        asdict(each) | {"lane_id": lane_id}
        for lane_id in sorted(others)
        for each in rules.contradictions(proposal, others[lane_id], _passes_from(session, lane_id))
        if each not in by_itself
    ]


def _beside(name: str, measured: Sequence[Replayed]) -> dict[str, Any]:
    """On how many of a lane's people another rule of that lane would have acted as well."""
    mine = [bool(each.acts) for each in measured]
    theirs = [name in each.others for each in measured]
    both = sum(a and b for a, b in zip(mine, theirs, strict=True))
    return {"name": name, "both": both, "only_this": sum(mine) - both, "only_other": sum(theirs) - both}


def other_rules(
    session: Session, actor: Actor, lane_ids: Collection[str], name: str
) -> dict[str, dict[str, rules.Proposal]]:
    """The other rules in force in each of these lanes, by name."""
    require(session, actor, GRADE_RUN)
    rows = session.scalars(
        select(GateRule)
        .where(GateRule.lane_id.in_(lane_ids), GateRule.is_active, GateRule.name != name)
        .order_by(GateRule.name)
    )
    found: dict[str, dict[str, rules.Proposal]] = {lane_id: {} for lane_id in lane_ids}
    for row in rows:
        found[row.lane_id][row.name] = rules.Proposal(as_rule(row), row.pause_days)
    return found


def _passes_from(session: Session, lane_id: str) -> float | None:
    """The accuracy that the lane's test must let pass."""
    return session.scalar(
        select(QualificationTest.p1)
        .where(QualificationTest.lane_id == lane_id, QualificationTest.is_open)
        .order_by(QualificationTest.version.desc())
        .limit(1)
    )


def _of(session: Session, backtest_id: str) -> Backtest:
    row = session.get(Backtest, backtest_id)
    if row is None:
        raise not_found()
    return row


def _tens(count: float) -> int:
    return int(count // blunting.TENS) * blunting.TENS


def _told(subject: Subject, act: rules.Act) -> dict[str, Any]:
    return {
        "lane_id": subject.lane_id, "annotator_id": subject.annotator_id, "locale": subject.locale,
        "on": tracks.day_of(act.at).isoformat(), "until": tracks.day_of(act.until).isoformat() if act.until else None,
        "accuracy": coarse(act.accuracy), "low": coarse(act.low), "high": coarse(act.high),
        "checks": _tens(act.checks), "prevented": _tens(act.prevented), "is_mistake": act.is_mistake,
    }  # fmt: skip


def _kept(act: rules.Act) -> dict[str, Any]:
    return asdict(act) | {"at": act.at.isoformat(), "until": act.until.isoformat() if act.until else None}


def _read(kept: Mapping[str, Any]) -> rules.Act:
    until = datetime.fromisoformat(kept["until"]) if kept["until"] else None
    return rules.Act(**{**kept, "at": datetime.fromisoformat(kept["at"]), "until": until})
