"""Grading: judgments compared with keys, some while after they were given, all of them taken up alike."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from calibration.models import Dispute, GoldKey, Grade, Judgment, PendingGrade, Track, TrackDay
from calibration.operations import doubting, gates, peering, tracks
from calibration.operations.scoring import Scored, Scorer
from calibration.policy import GRADE_RUN
from calibration.values import SETTLED, GradeSummary
from kernel import audit, ids
from kernel.db import now_of
from kernel.guard import require
from kernel.policy import Actor
from labeling.models import Item

CHUNK = 500  # parameters of one IN list; SQLite has a limit
WAITING_MOST = timedelta(days=1)  # for a judgment to be graded, were the job ever so late


@dataclass(frozen=True, slots=True)
class _Taken:
    """A judgment to be looked at, with the key of its item if there is one."""

    judgment: Judgment
    key_version: int | None
    truth: dict[str, Any] | None
    also: list[Any] | None = None

    @property
    def needs_content(self) -> bool:
        """Whether it can only be compared by reading what was judged."""
        return self.truth is not None or self.judgment.category is None


def grade_pending(session: Session, actor: Actor, limit: int = 2000) -> GradeSummary:
    """Take up the judgments that wait, oldest first: grade those with a key, fold tracks, evaluate gates.

    Taking them up and forgetting that they waited is one transaction, so that each is graded once.
    """
    require(session, actor, GRADE_RUN)
    taken = _take(session, limit)
    if not taken:
        return GradeSummary(0, 0, 0, False)
    people, days = _tracks_of(session, taken)
    contents = _contents(session, (each.judgment.item_id for each in taken if each.needs_content))
    graded = _grade(session, taken, people, days, contents)
    peering.compare_with_peers(session, [each.judgment for each in taken], people, contents)
    for row in people.values():
        tracks.renew_shown(row, now_of(session))
    _forget(session, [each.judgment.id for each in taken])
    session.flush()
    for dispute_id in doubting.doubt_keys(session, actor, [each.judgment.id for each in taken if each.truth]):
        regrade_item(session, actor, session.get_one(Dispute, dispute_id).item_id)  # before anybody is paused for it
    paused = gates.evaluate_gates(session, actor, sorted(graded))
    return GradeSummary(len(taken), sum(graded.values()), len(paused), len(taken) == limit)


def regrade_item(session: Session, actor: Actor, item_id: str) -> int:
    """Grade all judgments of an item again after its key was changed or voided; returns how many people it touches.

    A changed key is a further grade under its new version; a suspended key voids what it gave.
    """
    require(session, actor, GRADE_RUN)
    key = session.scalars(select(GoldKey).where(GoldKey.item_id == item_id)).one()
    _await_grading(session, key)
    judgments = _to_regrade(session, key)
    times = _times(session, judgments)
    rows = [_regraded(session, judgment, key, at) for (judgment, _first), at in zip(judgments, times, strict=True)]
    if rows:
        session.execute(insert(Grade), rows)
    pairs = {(judgment.lane_id, judgment.annotator_id) for judgment, _at in judgments}
    for lane_id, annotator_id in sorted(pairs):
        tracks.rebuild_track(session, actor, lane_id, annotator_id)
    audit.record(
        session, actor, "gold.regraded", "gold_key", key.id, org_id=key.org_id,
        details={"version": key.version, "judgments": len(rows), "people": len(pairs)},
    )  # fmt: skip
    return len(pairs)


def _await_grading(session: Session, key: GoldKey) -> None:
    """Wait until judgments of the item that are being graded at this moment, under the key as it was, have grades."""
    session.execute(
        select(PendingGrade.judgment_id)
        .join(Judgment, Judgment.id == PendingGrade.judgment_id)
        .where(Judgment.org_id == key.org_id, Judgment.item_id == key.item_id)
        .order_by(PendingGrade.at, PendingGrade.judgment_id)
        .with_for_update(of=PendingGrade)
    ).all()


def _times(session: Session, judgments: Sequence[tuple[Judgment, datetime | None]]) -> list[datetime]:
    """When each grade is noted: now; a judgment's first grade comes after all that its person's track has folded."""
    now, times = now_of(session), []
    last: dict[tuple[str, str], datetime] = {}
    for judgment, first in judgments:
        pair = judgment.lane_id, judgment.annotator_id
        if first is not None:
            times.append(max(now, first))
            continue
        if pair not in last:
            track = tracks.tracks_for(session, [pair[0]], [pair[1]])[pair]
            last[pair] = tracks.next_tick(track, now)
        times.append(last[pair])
        last[pair] += tracks.TICK
    return times


def _take(session: Session, limit: int) -> list[_Taken]:
    """The judgments that have waited longest, locked so that a second grader waits for the first.

    It does not pass by: of two judgments of one unit the later taken must find the other, to count their pair.
    """
    rows = session.execute(
        select(Judgment, GoldKey.version, GoldKey.truth, GoldKey.also)
        .select_from(PendingGrade)
        .join(Judgment, Judgment.id == PendingGrade.judgment_id)
        .outerjoin(
            GoldKey,
            (GoldKey.org_id == Judgment.org_id)
            & (GoldKey.item_id == Judgment.item_id)
            & (GoldKey.pool == "live")
            & (GoldKey.status == "active")
            & _is_no_source(),
        )
        .order_by(PendingGrade.at, PendingGrade.judgment_id)
        .limit(limit)
        .with_for_update(of=PendingGrade)
    )
    return [_Taken(*row) for row in rows]


def _is_no_source() -> ColumnElement[bool]:
    """Whether a judgment can be graded by a key: what a key was made from cannot, as it would confirm itself."""
    return or_(GoldKey.source != SETTLED, GoldKey.added_at.is_(None), Judgment.answered_at > GoldKey.added_at)


_People = dict[tuple[str, str], Track]
_Days = dict[tuple[str, str, date], TrackDay]


def _tracks_of(session: Session, taken: Sequence[_Taken]) -> tuple[_People, _Days]:
    """The tracks and days of everybody who judged, counted up; people seen for the first time get theirs."""
    now = now_of(session)
    judgments = [each.judgment for each in taken]
    found = tracks.tracks_for(session, (j.lane_id for j in judgments), (j.annotator_id for j in judgments))
    keys = {(j.lane_id, j.annotator_id, tracks.day_of(at)) for j in judgments for at in (j.answered_at, now)}
    days = tracks.days_for(session, keys)
    people: _People = {}
    for j in judgments:
        pair = j.lane_id, j.annotator_id
        row = found.get(pair) or people.get(pair)
        if row is None:
            row = tracks.empty_track(j.org_id, j.vendor_org_id, j.project_id, j.lane_id, j.annotator_id, now)
            session.add(row)
        people[pair] = row
        row.judged += 1
        row.seconds += j.seconds
        day = _day(session, days, row, tracks.day_of(j.answered_at))
        day.judged += 1
        day.seconds += j.seconds
    return people, days


def _day(session: Session, days: _Days, track: Track, day: date) -> TrackDay:
    key = track.lane_id, track.annotator_id, day
    if key not in days:
        days[key] = tracks.empty_day(track, day)
        session.add(days[key])
    return days[key]


def _grade(
    session: Session, taken: Sequence[_Taken], people: _People, days: _Days, contents: dict[str, Any]
) -> dict[tuple[str, str], int]:
    """Write the grades and fold them; returns how many each (lane, person) got."""
    scorer, now, rows = Scorer(session), now_of(session), []
    counts: dict[tuple[str, str], int] = {}
    for each in taken:
        if each.truth is None or each.key_version is None:
            continue
        judgment, pair = each.judgment, (each.judgment.lane_id, each.judgment.annotator_id)
        truths = (each.truth, *(each.also or ()))
        scored = scorer.compare_key(judgment.ontology_id, judgment.answer, truths, contents[judgment.item_id])
        if scored is None:  # the key speaks of classes that the person could not choose
            continue
        at = tracks.next_tick(people[pair], now)
        rows.append(_row(judgment, each.key_version, scored, at))
        away = at - people[pair].updated_at
        tracks.fold(people[pair], tracks.Event(at, scored.score, scored.truth_category, scored.category))
        tracks.heighten(people[pair], away)
        tracks.keep_day(_day(session, days, people[pair], tracks.day_of(at)), people[pair])
        counts[pair] = counts.get(pair, 0) + 1
    if rows:
        session.execute(insert(Grade), rows)
    return counts


def _row(judgment: Judgment, version: int, scored: Scored, at: datetime, is_void: bool = False) -> dict[str, Any]:
    return {
        "id": ids.new_id(), "org_id": judgment.org_id, "lane_id": judgment.lane_id, "judgment_id": judgment.id,
        "item_id": judgment.item_id, "annotator_id": judgment.annotator_id, "key_version": version,
        "truth_category": scored.truth_category, "category": scored.category, "score": scored.score,
        "is_void": is_void, "at": at,
    }  # fmt: skip


def _contents(session: Session, item_ids: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for chunk in _chunks(sorted(set(item_ids))):
        rows = session.execute(select(Item.id, Item.content).where(Item.id.in_(chunk)))
        found.update({row.id: row.content for row in rows})
    return found


def _forget(session: Session, judgment_ids: list[str]) -> None:
    for chunk in _chunks(judgment_ids):
        session.execute(
            delete(PendingGrade).where(PendingGrade.judgment_id.in_(chunk)),
            execution_options={"synchronize_session": False},
        )


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _to_regrade(session: Session, key: GoldKey) -> list[tuple[Judgment, datetime | None]]:
    """Judgments of a live key's item without a grade under its version, with the time of their first grade, if any.

    Judgments that came while the key was contested have none at all; those that still wait are graded in their turn.
    """
    if key.pool != "live":
        return []
    grades = session.execute(
        select(Grade.judgment_id, Grade.key_version, Grade.at).where(
            Grade.org_id == key.org_id, Grade.item_id == key.item_id
        )
    )
    first: dict[str, datetime] = {}
    done: set[str] = set()
    for judgment_id, version, at in grades:
        first[judgment_id] = min(at, first.get(judgment_id, at))
        if version >= key.version:
            done.add(judgment_id)
    since = session.scalar(
        select(func.min(Dispute.opened_at)).where(Dispute.org_id == key.org_id, Dispute.item_id == key.item_id)
    )
    came = and_(
        Judgment.lane_id == key.lane_id,
        Judgment.item_id == key.item_id,
        Judgment.answered_at >= (since or now_of(session)) - WAITING_MOST,
    )
    judgments = session.scalars(
        select(Judgment)
        .join(GoldKey, GoldKey.id == key.id)
        .outerjoin(PendingGrade, PendingGrade.judgment_id == Judgment.id)
        .where(
            _is_no_source(),
            Judgment.org_id == key.org_id,
            PendingGrade.judgment_id.is_(None),
            or_(Judgment.id.in_(first), came),
        )
        .order_by(Judgment.answered_at, Judgment.id)
    )
    found = [(judgment, first.get(judgment.id)) for judgment in judgments if judgment.id not in done]
    return [(judgment, at) for judgment, at in found if at is not None or not key.voided]


def _regraded(session: Session, judgment: Judgment, key: GoldKey, at: datetime) -> dict[str, Any]:
    content = _contents(session, [judgment.item_id])[judgment.item_id]
    truths = (key.truth, *key.also)
    scored = Scorer(session).compare_key(judgment.ontology_id, judgment.answer, truths, content)
    void = Scored(0.0, False, None, None)
    is_void = scored is None or key.voided
    return _row(judgment, key.version, scored or void, at, is_void)
