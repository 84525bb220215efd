"""Reads of releases, and of everything that goes into one. Building reads gold, to leave it out and to grade by it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from calibration.models import Consensus, Grade, InferenceRun, Judgment, Track
from calibration.queries.gold import settled_keys
from kernel.db import scope_of
from kernel.paging import Paging
from labeling.files.drafts import media_stated
from labeling.models import Guideline, Item, Ontology
from labeling.tasktypes.registry import read_ontology
from labeling.values import Ontology as LabelSchema
from marketplace.models import Lane, LotRework, ProblemReport, Project, Release, Review, Unit
from marketplace.queries.corrections import corrected_counts
from marketplace.queries.imports import became_gold, items_never_work
from marketplace.queries.media import names_in
from marketplace.rules.qa import Drift, LaneFigures, blunted
from marketplace.rules.releases import billable_lines, pseudonym
from marketplace.values.releases import (
    Billable,
    Graded,
    ReleaseFile,
    ReleaseState,
    ReleaseView,
    Sampled,
    Settled,
    Verdict,
    Vote,
)
from workforce.models import DecisionReceipt

MOST_ROWS = 200
_NEWEST = Paging("releases", Release.asked_at, Release.id, newest_first=True)


@dataclass(frozen=True)
class BuildLane:
    """A lane whose units are released."""

    id: str
    locale: str
    target: float


@dataclass(frozen=True)
class BuildPlan:
    """What a release is built from."""

    release_id: str
    project_id: str
    project_name: str
    version: int
    state: ReleaseState
    task_type: str
    ontology: LabelSchema
    lanes: tuple[BuildLane, ...]
    versions: dict[str, int]  # of ontologies and guidelines, by id
    lots: tuple[dict[str, Any], ...] = ()  # what their samples said as the release was ordered
    in_spite: str = ""  # why it was ordered in spite of them


@dataclass(frozen=True)
class UnitRef:
    """A settled unit in the order of the release."""

    client_ref: str
    unit_id: str
    item_id: str


def release_of(session: Session, release_id: str) -> ReleaseView | None:
    """A release that the scope sees."""
    row = session.get(Release, release_id)
    return _views(session, [row])[0] if row else None


def releases_of(
    session: Session, project_id: str | None = None, *, after: str | None = None, limit: int = 50
) -> tuple[list[ReleaseView], str | None]:
    """The releases of a project, or of all that the scope sees, newest first."""
    limit = min(limit, MOST_ROWS)
    statement = select(Release).where(*_NEWEST.after(after)).order_by(*_NEWEST.order()).limit(limit + 1)
    if project_id:
        statement = statement.where(Release.project_id == project_id)
    rows, next_after = _NEWEST.cut(session.scalars(statement).all(), limit)
    return _views(session, rows), next_after


def schema_of(session: Session, project_id: str) -> LabelSchema | None:
    """The newest label schema of a project, for the names of its classes."""
    row = session.scalars(
        select(Ontology).where(Ontology.project_id == project_id).order_by(Ontology.version.desc()).limit(1)
    ).first()
    return read_ontology(row.body) if row else None


def has_settled(session: Session, project_id: str) -> bool:
    """Whether anything could be released."""
    lanes = select(Lane.id).where(Lane.project_id == project_id)
    found = select(Unit.id).where(Unit.lane_id.in_(lanes), Unit.state == "settled").limit(1)
    return session.scalar(found) is not None


def billable_of(session: Session, release_id: str) -> tuple[Billable, ...]:
    """What an accepted release owes: the units that no release accepted before it has brought."""
    release = session.get_one(Release, release_id)
    accepted = session.scalars(
        select(Release.report).where(
            Release.project_id == release.project_id, Release.state == ReleaseState.ACCEPTED.value,
            Release.id != release.id, Release.decided_at < release.decided_at,
        )
    ).all()  # fmt: skip
    rows = session.execute(select(Lane.locale, Lane.price_micros).where(Lane.project_id == release.project_id))
    return billable_lines(release.report, accepted, {row.locale: row.price_micros for row in rows})


def plan_of(session: Session, release_id: str) -> BuildPlan | None:
    """What to build, or None where there is no such release or no label schema."""
    release = session.get(Release, release_id)
    if release is None:
        return None
    project = session.get_one(Project, release.project_id)
    ontologies = session.scalars(
        select(Ontology).where(Ontology.project_id == project.id).order_by(Ontology.version)
    ).all()
    guidelines = session.execute(select(Guideline.id, Guideline.version).where(Guideline.project_id == project.id))
    lanes = session.scalars(select(Lane).where(Lane.project_id == project.id).order_by(Lane.locale, Lane.id))
    if not ontologies:
        return None
    return BuildPlan(
        release.id, project.id, project.name, release.version, ReleaseState(release.state), project.task_type,
        read_ontology(ontologies[-1].body),
        tuple(BuildLane(lane.id, lane.locale, lane.quality_target) for lane in lanes),
        {row.id: row.version for row in ontologies} | {row.id: row.version for row in guidelines},
        tuple(release.lots), release.in_spite,
    )  # fmt: skip


def lanes_to_infer(session: Session, plan: BuildPlan) -> list[str]:
    """Lanes with judgments that no run of inference has seen yet."""
    counts = session.execute(
        select(Judgment.lane_id, func.count())
        .where(Judgment.project_id == plan.project_id, Judgment.is_late.is_(False))
        .group_by(Judgment.lane_id)
    )
    seen = {lane.id: _newest_run(session, lane.id) for lane in plan.lanes}
    stale = [lane_id for lane_id, count in counts if (run := seen.get(lane_id)) is None or run.judgments < count]
    return sorted(stale)


def settled_refs(session: Session, lane_id: str) -> list[UnitRef]:
    """The settled units of a lane in the order of the release, without those whose answer was known beforehand."""
    rows = session.execute(
        select(Item.client_ref, Unit.id, Unit.item_id)
        .join(Item, (Item.id == Unit.item_id) & (Item.org_id == Unit.org_id))
        .where(Unit.lane_id == lane_id, Unit.state == "settled")
    ).all()
    keyed = items_never_work(session, [row.item_id for row in rows])
    refs = [UnitRef(row.client_ref or "", row.id, row.item_id) for row in rows if row.item_id not in keyed]
    return sorted(refs, key=lambda ref: (ref.client_ref, ref.unit_id))


def settled_units(session: Session, project_id: str, lane_id: str, refs: Sequence[UnitRef]) -> list[Settled]:
    """These units with their labels and judgments, in the same order; at most a thousand at once."""
    unit_ids = [ref.unit_id for ref in refs]
    rows = session.execute(
        select(Unit, Item, Consensus.label, Consensus.confidence)
        .join(Item, (Item.id == Unit.item_id) & (Item.org_id == Unit.org_id))
        .outerjoin(Consensus, (Consensus.unit_id == Unit.id) & (Consensus.org_id == Unit.org_id))
        .where(Unit.lane_id == lane_id, Unit.id.in_(unit_ids))
    )
    since = became_gold(session, [ref.item_id for ref in refs])
    votes = _votes(session, project_id, unit_ids, since)
    reviews = _verdicts(session, project_id, unit_ids)
    found = {
        unit.id: Settled(
            unit.id, item.id, item.locale, item.client_ref, item.content, unit.label or {}, unit.label_source or "",
            confidence if label == unit.label else None, reviews.get(unit.id, ()), votes.get(unit.id, ()),
            unit.label_source == "consensus" and label is not None and label != unit.label,
        )
        for unit, item, label, confidence in rows
    }  # fmt: skip
    return _as_the_client_calls_them(session, [found[unit_id] for unit_id in unit_ids if unit_id in found])


def _as_the_client_calls_them(session: Session, units: Sequence[Settled]) -> list[Settled]:
    """The units with their pictures and sounds under the names that the client gave them."""
    names = names_in(session, [unit.content for unit in units])
    return [
        replace(unit, content=unit.content | {field: names.get(file, file) for field, file in stated.items()})
        if (stated := media_stated(unit.content)) else unit
        for unit in units
    ]  # fmt: skip


def figures_of(session: Session, lane: BuildLane, decided: Mapping[tuple[str, str], int]) -> LaneFigures:
    """What is known of a lane besides its released units; `decided` counts decisions by lane and kind."""
    run = _newest_run(session, lane.id)
    rest = session.execute(
        select(Unit.item_id, Unit.state).where(Unit.lane_id == lane.id, Unit.state != "settled")
    ).all()
    never_work = items_never_work(session, [row.item_id for row in rest])
    left_out = Counter(row.state == "cancelled" for row in rest if row.item_id not in never_work)
    reports = session.scalar(
        select(func.count(ProblemReport.id))
        .join(Unit, Unit.id == ProblemReport.unit_id)
        .where(Unit.lane_id == lane.id, ProblemReport.closed_at.is_(None))
    )
    return LaneFigures(
        lane.locale, lane.target, left_out[False], reports or 0,
        run.method if run else None, run.agreement if run else {}, _sampled(session, lane.id),
        run.parameters if run else {}, left_out[True], _drift(session, lane.id, decided),
    )  # fmt: skip


def decisions_in_force(session: Session, lane_ids: Sequence[str]) -> dict[tuple[str, str], int]:
    """How many decisions about people stand, by lane and kind. They are the vendor's: for the system's scope."""
    rows = session.execute(
        select(DecisionReceipt.lane_id, DecisionReceipt.kind, func.count())
        .where(DecisionReceipt.lane_id.in_(list(lane_ids)), DecisionReceipt.state.in_(("in_force", "appealed")))
        .group_by(DecisionReceipt.lane_id, DecisionReceipt.kind)
    )
    return {(str(row[0]), row[1]): row[2] for row in rows}


def _drift(session: Session, lane_id: str, decided: Mapping[tuple[str, str], int]) -> Drift:
    """What the charts of a lane's people said, who was paused, and whose judgments are not paid."""
    alarms, people, followed = session.execute(
        select(
            func.coalesce(func.sum(Track.alarms), 0),
            func.count(Track.id),
            func.coalesce(func.sum(Track.alarms_seen), 0),
        ).where(Track.lane_id == lane_id, Track.alarms > 0)
    ).one()
    paused, refused = (decided.get((lane_id, kind), 0) for kind in ("lane_paused", "work_rejected"))
    return Drift(int(alarms), people, int(followed), paused, refused)


def grades_of(session: Session, plan: BuildPlan) -> list[Graded]:
    """The judgments of the project compared with keys: of each its newest grade, unless that one voids it."""
    locales = {lane.id: lane.locale for lane in plan.lanes}
    settled = settled_keys(list(locales))
    rows = session.execute(
        select(
            Grade.item_id.in_(settled).label("by_settled"),
            Grade.judgment_id,
            Grade.lane_id,
            Grade.truth_category,
            Grade.category,
            Grade.score,
            Grade.is_void,
        )
        .where(Grade.lane_id.in_(list(locales)))
        .order_by(Grade.judgment_id, Grade.key_version)
    )
    newest = {row.judgment_id: row for row in rows}
    return [
        Graded(locales[row.lane_id], row.truth_category, row.category, row.score, bool(row.by_settled))
        for row in newest.values()
        if not row.is_void
    ]


def _views(session: Session, rows: Sequence[Release]) -> list[ReleaseView]:
    names = _names(session, [row.project_id for row in rows])
    corrected = corrected_counts(session, [row.id for row in rows])
    return [_view(session, row, names, corrected.get(row.id, 0)) for row in rows]


def _view(session: Session, row: Release, names: Mapping[str, str], corrected: int) -> ReleaseView:
    """The row as a value; its owner and the system see exact figures, everybody else blunt ones."""
    scope = scope_of(session)
    is_exact = scope.is_system or scope.org_id == row.org_id
    return ReleaseView(
        id=row.id, project_id=row.project_id, project_name=names.get(row.project_id, ""), version=row.version,
        state=ReleaseState(row.state), units=row.units,
        files=tuple(ReleaseFile.from_json(each) for each in row.files), sha256=row.sha256,
        report=row.report if is_exact else blunted(row.report), job_id=row.job_id, asked_at=row.asked_at,
        built_at=row.built_at, decided_at=row.decided_at, reason=row.reason,
        corrected=corrected,
    )  # fmt: skip


def _names(session: Session, project_ids: Sequence[str]) -> dict[str, str]:
    rows = session.execute(select(Project.id, Project.name).where(Project.id.in_(sorted(set(project_ids)))))
    return {row.id: row.name for row in rows}


def _votes(
    session: Session, project_id: str, unit_ids: Sequence[str], since: Mapping[str, datetime]
) -> dict[str, tuple[Vote, ...]]:
    """The judgments by unit, without those that only checked people after the unit had become gold."""
    rows = session.scalars(
        select(Judgment)
        .join(Unit, (Unit.org_id == Judgment.org_id) & (Unit.id == Judgment.unit_id))
        .where(Judgment.project_id == project_id, Unit.id.in_(unit_ids))
        .order_by(Judgment.answered_at, Judgment.id)
    )
    found: dict[str, tuple[Vote, ...]] = {}
    for row in rows:
        if row.item_id in since and row.answered_at > since[row.item_id]:
            continue
        vote = Vote(
            pseudonym(project_id, row.annotator_id), row.answer, row.ontology_id, row.guideline_id, row.is_late,
            row.answered_at, row.seconds,
        )  # fmt: skip
        found[row.unit_id] = (*found.get(row.unit_id, ()), vote)
    return found


def _verdicts(session: Session, project_id: str, unit_ids: Sequence[str]) -> dict[str, tuple[Verdict, ...]]:
    rows = session.scalars(
        select(Review)
        .join(Unit, (Unit.org_id == Review.org_id) & (Unit.id == Review.unit_id))
        .where(Unit.id.in_(unit_ids), Review.state == "done", Review.verdict.is_not(None), Review.planted.is_(None))
        .order_by(Review.round, Review.done_at, Review.id)
    )
    found: dict[str, tuple[Verdict, ...]] = {}
    for row in rows:
        person = pseudonym(project_id, row.reviewer_id or "")
        verdict = Verdict(person, row.verdict or "", row.reason, row.round, row.done_at)
        found[row.unit_id] = (*found.get(row.unit_id, ()), verdict)
    return found


def _newest_run(session: Session, lane_id: str) -> InferenceRun | None:
    return session.scalars(
        select(InferenceRun)
        .where(InferenceRun.lane_id == lane_id)
        .order_by(InferenceRun.at.desc(), InferenceRun.id)
        .limit(1)
    ).one_or_none()


def _sampled(session: Session, lane_id: str) -> Sampled:
    """What came of the reviews that the random sample asked for; the first look at a unit is the one that counts.

    What was said of a lot before it was done again is no figure of what is released; the lots tell of it.
    """
    is_look = or_(and_(Review.why == "sample", Review.round == 1), Review.why == "second")
    is_of_before = exists().where(
        LotRework.org_id == Review.org_id, LotRework.lane_id == Review.lane_id, Review.asked_at <= LotRework.begun_at,
        or_(LotRework.lot_since.is_(None), Review.asked_at > LotRework.lot_since),
    )  # fmt: skip
    rows = session.scalars(
        select(Review.verdict).where(
            Review.lane_id == lane_id, is_look, Review.state == "done", Review.planted.is_(None), ~is_of_before
        )
    ).all()
    return Sampled(len(rows), sum(verdict != "accept" for verdict in rows))
