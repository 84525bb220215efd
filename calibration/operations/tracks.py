"""Tracks: what the graded answers of one person in one lane add up to, as a fold that can be repeated exactly."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from calibration.models import Folded, Grade, Judgment, PendingGrade, Track, TrackDay
from calibration.policy import GRADE_RUN
from calibration.rules import tracking
from calibration.values import DriftSignal
from kernel import audit, ids
from kernel.guard import not_found, require
from kernel.policy import Actor

SHOWN_FROM = 20
SHOWN_STEP = 0.05
SHOWN_EVERY = timedelta(days=1)
TICK = timedelta(microseconds=1)
STATE = ("checked", "right", "a", "b", "cusum", "since_normal", "alarms", "confusion", "classes")


@dataclass(frozen=True, slots=True)
class Event:
    """One graded answer: when it was first graded, and the score that counts for it now."""

    at: datetime
    score: float
    truth: str | None
    answer: str | None


def start_state() -> dict[str, Any]:
    """The fold over nothing."""
    start = tracking.start_track()
    return {
        "checked": 0, "right": 0.0, "a": start.a, "b": start.b, "cusum": 0.0, "since_normal": 0, "alarms": 0,
        "confusion": {}, "classes": {},
    }  # fmt: skip


def empty_track(org_id: str, vendor_org_id: str | None, project_id: str, lane_id: str, annotator_id: str,
                now: datetime) -> Track:  # fmt: skip
    """The row of somebody of whom nothing is known yet."""
    return Track(
        id=ids.new_id(), org_id=org_id, vendor_org_id=vendor_org_id, project_id=project_id, lane_id=lane_id,
        annotator_id=annotator_id, judged=0, peers=0, peers_same=0.0, peer_accuracy=None, seconds=0, shown={},
        shown_at=None, updated_at=now, **start_state(),
    )  # fmt: skip


def empty_day(track: Track, day: date) -> TrackDay:
    """A day of this track on which nothing has happened yet."""
    return TrackDay(
        org_id=track.org_id, vendor_org_id=track.vendor_org_id, project_id=track.project_id, lane_id=track.lane_id,
        annotator_id=track.annotator_id, day=day, judged=0, seconds=0, graded_at=None, **start_state(),
    )  # fmt: skip


def belief(row: Folded) -> tracking.Track:
    """The row as the rules read it."""
    return tracking.Track(
        a=row.a, b=row.b, n=row.checked, right=row.right, cusum=row.cusum, since_normal=row.since_normal,
        alarms=row.alarms,
    )  # fmt: skip


def next_tick(row: Track, now: datetime) -> datetime:
    """A time for the next grade of this track, later than all before: the order of grades is the order of times."""
    return max(now, row.updated_at + TICK)


def fold(row: Track, event: Event) -> None:
    """Take one graded answer in. What is known pales by whole days without any, as `tracking.decay` says."""
    state = tracking.take(belief(row), row.updated_at if row.checked else None, event.at, event.score)
    row.a, row.b, row.checked, row.right, row.cusum = state.a, state.b, state.n, state.right, state.cusum
    row.since_normal, row.alarms = state.since_normal, state.alarms
    row.confusion = _counted(row.confusion, event)
    row.classes = _believed(row.classes, event)
    row.updated_at = event.at


def _counted(confusion: dict[str, Any], event: Event) -> dict[str, Any]:
    if event.truth is None or event.answer is None:
        return confusion
    answers = confusion.get(event.truth, {})
    return {**confusion, event.truth: {**answers, event.answer: answers.get(event.answer, 0) + 1}}


def _believed(classes: dict[str, Any], event: Event) -> dict[str, Any]:
    """The posterior of the class that was right, folded as the whole is; the other classes stand still."""
    if event.truth is None:
        return classes
    known = classes.get(event.truth)
    state = class_belief(known) if known else tracking.start_track()
    state = tracking.take(state, datetime.fromisoformat(known["at"]) if known else None, event.at, event.score)
    kept = {"a": state.a, "b": state.b, "n": state.n, "right": state.right, "at": event.at.isoformat()}
    return {**classes, event.truth: kept}


def class_belief(kept: dict[str, Any]) -> tracking.Track:
    """One class of a row as the rules read it."""
    return tracking.Track(a=kept["a"], b=kept["b"], n=kept["n"], right=kept["right"])


def keep_day(day: TrackDay, track: Track) -> None:
    """Note in a day's row what the track says now; the last grade of the day has the last word."""
    for name in STATE:
        setattr(day, name, getattr(track, name))
    day.graded_at = track.updated_at


def renew_shown(row: Track, now: datetime) -> None:
    """Renew what the person sees: once a day at most, never on fewer than twenty checks, in steps of five per cent.

    It is looked at whenever a judgment of the person was taken up, with a known answer or without, so that neither the
    figure nor the time at which it changes tells one from the other.
    """
    if row.shown_at is not None and now - row.shown_at < SHOWN_EVERY:
        return
    row.shown_at = now
    if row.checked >= SHOWN_FROM:
        state = belief(row)
        interval = tracking.interval(state)
        row.shown = {
            "accuracy": _coarse(state.accuracy),
            "low": _coarse(interval.lower),
            "high": _coarse(interval.upper),
            "checks": row.checked // 10 * 10,
        }
        row.shown_low = row.shown["low"]


def _coarse(share: float) -> float:
    return round(round(share / SHOWN_STEP) * SHOWN_STEP, 2)


def rebuild_track(session: Session, actor: Actor, lane_id: str, annotator_id: str) -> Track:
    """Fold all events of a person in a lane again, for a correction or a proof; the result equals the running fold.

    The days are folded again with it. Agreement with peers and the snapshot that the person sees are not made of
    grades, and stay.
    """
    require(session, actor, GRADE_RUN)
    row = session.scalars(
        select(Track).where(Track.lane_id == lane_id, Track.annotator_id == annotator_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise not_found()
    refold(session, row)
    audit.record(session, actor, "track.rebuilt", "track", row.id, org_id=row.org_id)
    return row


def refold(session: Session, row: Track) -> None:
    """Bring a track and its days to what its events say, from the first one on."""
    for name, value in start_state().items():
        setattr(row, name, value)
    session.execute(delete(TrackDay).where(*_of(row)))
    days = {day.day: day for day in _days_answered(session, row)}
    for event in events_of(session, row.lane_id, row.annotator_id):
        fold(row, event)
        keep_day(days.setdefault(day_of(event.at), empty_day(row, day_of(event.at))), row)
    session.add_all(days.values())
    row.judged, row.seconds = sum(day.judged for day in days.values()), sum(day.seconds for day in days.values())


def day_of(at: datetime) -> date:
    """The day, in UTC, on which something happened."""
    return at.astimezone(UTC).date()


def _of(row: Track) -> tuple[Any, ...]:
    return TrackDay.lane_id == row.lane_id, TrackDay.annotator_id == row.annotator_id


def _days_answered(session: Session, row: Track) -> Iterator[TrackDay]:
    """The days on which the person answered what the grading job has been through."""
    days: dict[date, TrackDay] = {}
    for at, seconds in session.execute(_taken_up(row)):
        day = days.setdefault(day_of(at), empty_day(row, day_of(at)))
        day.judged, day.seconds = day.judged + 1, day.seconds + seconds
    yield from days.values()


def heighten(row: Track, away: timedelta) -> None:
    """Check somebody more for a while after their chart has warned, or after they were long away."""
    if belief(row).signal is not DriftSignal.NONE or (row.checked > 1 and away > tracking.LONG_ABSENCE):
        row.heightened_to = max(row.heightened_to, row.judged + tracking.HEIGHTENED_UNITS)


def track_until(session: Session, row: Track, at: datetime) -> tracking.Track:
    """What a track would have said at a moment, had its answers then been graded as they are now."""
    state, since = tracking.start_track(), None
    for event in events_of(session, row.lane_id, row.annotator_id):
        if event.at > at:
            break
        if since is not None:
            state = tracking.decay(state, (event.at - since) // timedelta(days=1))
        state, since = tracking.update(state, event.score), event.at
    return state


def events_of(session: Session, lane_id: str, annotator_id: str) -> list[Event]:
    """The graded answers that count, in the order in which they were first graded.

    Of several grades of one judgment the newest key's counts; a void one counts for nothing.
    """
    grades = session.scalars(
        select(Grade)
        .where(Grade.lane_id == lane_id, Grade.annotator_id == annotator_id)
        .order_by(Grade.judgment_id, Grade.key_version)
    ).all()
    return in_force(grades)


def in_force(grades: Iterable[Grade]) -> list[Event]:
    """Grades as they count: each judgment's newest, at the time of its first, unless that one is void."""
    first: dict[str, datetime] = {}
    newest: dict[str, Grade] = {}
    for grade in grades:
        first[grade.judgment_id] = min(grade.at, first.get(grade.judgment_id, grade.at))
        newest[grade.judgment_id] = grade
    kept = [grade for grade in newest.values() if not grade.is_void]
    kept.sort(key=lambda grade: (first[grade.judgment_id], grade.judgment_id))
    return [Event(first[g.judgment_id], g.score, g.truth_category, g.category) for g in kept]


def _taken_up(row: Track) -> Select[datetime, int]:
    """Judgments of a track that the grading job has been through: when, and the seconds spent on each."""
    return (
        select(Judgment.answered_at, Judgment.seconds)
        .outerjoin(PendingGrade, PendingGrade.judgment_id == Judgment.id)
        .where(
            Judgment.lane_id == row.lane_id,
            Judgment.annotator_id == row.annotator_id,
            PendingGrade.judgment_id.is_(None),
        )
    )


def tracks_for(session: Session, lane_ids: Iterable[str], annotator_ids: Iterable[str]) -> dict[tuple[str, str], Track]:
    """The rows of these people in these lanes, by lane and person, held until the transaction ends."""
    rows = session.scalars(
        select(Track)
        .where(Track.lane_id.in_(set(lane_ids)), Track.annotator_id.in_(set(annotator_ids)))
        .with_for_update()
    )
    return {(row.lane_id, row.annotator_id): row for row in rows}


def days_for(session: Session, keys: Iterable[tuple[str, str, date]]) -> dict[tuple[str, str, date], TrackDay]:
    """The rows of these days, by lane, person and day, as far as there are any."""
    lanes, people, days = (set(part) for part in zip(*keys, strict=True))
    rows = session.scalars(
        select(TrackDay).where(
            TrackDay.lane_id.in_(lanes), TrackDay.annotator_id.in_(people), TrackDay.day.in_(days)
        )
    )  # fmt: skip
    return {(row.lane_id, row.annotator_id, row.day): row for row in rows}
