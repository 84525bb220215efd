"""A person's quality in a lane day by day, as one reader may see it: exact for who owns the gold, else blunt.

Blunt is what the person and their vendor see: nothing under twenty checks, steps of five per cent, whole days that are
over. A day is told when something was answered on it, whether any of that was checked or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Track, TrackDay
from calibration.queries.lanes import PAIRS_MOST, Confusion
from calibration.rules import blunting, tracking
from calibration.rules.intervals import Interval
from kernel.db import now_of, scope_of

DAYS_MOST = 180
BLUNT_STEP = 0.05
TOLD_SHARE = 0.1
"""A pair of classes that is mixed up less often is not worth anybody's time, and may be chance."""


@dataclass(frozen=True, slots=True)
class QualityDay:
    """One day: what was answered, and what was known at its end; None before anything may be told."""

    day: date
    judged: int
    seconds: int
    checked: int | None
    accuracy: float | None
    interval: Interval | None
    drifted: bool  # the chart of errors rose to its alarm on this day


@dataclass(frozen=True, slots=True)
class ClassRecall:
    """How surely one class is recognised; a class that was checked too seldom is not told of."""

    name: str
    checked: int
    accuracy: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class QualityHistory:
    """A person's quality in a lane up to a day, with the days that led there."""

    lane_id: str
    annotator_id: str
    is_blunt: bool
    as_of: date
    judged: int
    seconds: int
    days: tuple[QualityDay, ...]
    classes: tuple[ClassRecall, ...]
    confusions: tuple[Confusion, ...]
    table: Mapping[str, Mapping[str, int]]
    peer_accuracy: float | None

    @property
    def newest(self) -> QualityDay | None:
        """The last day on which anything was known."""
        return next((day for day in reversed(self.days) if day.accuracy is not None), None)


def history_of(
    session: Session, lane_id: str, annotator_id: str, owner_id: str, *, as_of: date | None = None
) -> QualityHistory:
    """The last half year up to a day; `owner_id` is whose gold it is."""
    scope = scope_of(session)
    is_blunt = not (scope.is_system or scope.org_id == owner_id)
    today = now_of(session).astimezone(UTC).date()
    last = today - timedelta(days=1) if is_blunt else today
    last = min(last, as_of) if as_of is not None else last
    track = session.scalars(
        select(Track).where(Track.lane_id == lane_id, Track.annotator_id == annotator_id)
    ).one_or_none()
    if track is None:
        return QualityHistory(lane_id, annotator_id, is_blunt, last, 0, 0, (), (), (), {}, None)
    known = _state_at(session, track, last)
    days = _days(session, track, last, is_blunt)
    classes = dict(known.classes) if known else {}
    return QualityHistory(
        lane_id=lane_id,
        annotator_id=annotator_id,
        is_blunt=is_blunt,
        as_of=last,
        judged=track.judged,
        seconds=track.seconds,
        days=days,
        classes=tuple(
            _class(name, kept, is_blunt)
            for name, kept in sorted(classes.items())
            if not is_blunt or kept["n"] >= blunting.FROM
        ),
        **_confused(known.confusion if known else {}, is_blunt),
        peer_accuracy=_peer_accuracy(track, is_blunt),
    )


def coarse(share: float) -> float:
    """A share in the steps in which it may be told."""
    return round(round(share / BLUNT_STEP) * BLUNT_STEP, 2)


def _of(track: Track) -> tuple[Any, ...]:
    return TrackDay.lane_id == track.lane_id, TrackDay.annotator_id == track.annotator_id


def _state_at(session: Session, track: Track, day: date) -> TrackDay | None:
    """What all grades up to the end of a day add up to."""
    return session.scalars(
        select(TrackDay)
        .where(*_of(track), TrackDay.day <= day, TrackDay.graded_at.is_not(None))
        .order_by(TrackDay.day.desc())
        .limit(1)
    ).first()


def _days(session: Session, track: Track, last: date, is_blunt: bool) -> tuple[QualityDay, ...]:
    rows = session.execute(
        select(
            TrackDay.day, TrackDay.judged, TrackDay.seconds, TrackDay.checked, TrackDay.a, TrackDay.b,
            TrackDay.alarms, TrackDay.graded_at,
        )
        .where(*_of(track), TrackDay.day <= last)
        .order_by(TrackDay.day.desc())
        .limit(DAYS_MOST)
    ).all()  # fmt: skip
    held: Any = _state_at(session, track, rows[-1].day - timedelta(days=1)) if rows else None
    told = held.alarms if held else 0
    found = []
    for row in reversed(rows):
        held = row if row.graded_at is not None else held
        if row.judged:  # a day of grading alone, shortly after midnight, is told with the next day of work
            found.append(_day(row, held, held is not None and held.alarms > told, is_blunt))
            told = held.alarms if held else 0
    return tuple(found)


def _day(row: Any, held: Any, drifted: bool, is_blunt: bool) -> QualityDay:
    if held is None or (is_blunt and held.checked < blunting.FROM):
        return QualityDay(row.day, row.judged, row.seconds, None, None, None, False)
    state = tracking.Track(a=held.a, b=held.b)
    interval = tracking.interval(state)
    if not is_blunt:
        return QualityDay(row.day, row.judged, row.seconds, held.checked, state.accuracy, interval, drifted)
    blunt = Interval(coarse(interval.lower), coarse(interval.upper))
    checked = held.checked // blunting.TENS * blunting.TENS
    return QualityDay(row.day, row.judged, row.seconds, checked, coarse(state.accuracy), blunt, drifted)


def _class(name: str, kept: Mapping[str, Any], is_blunt: bool) -> ClassRecall:
    state = tracking.Track(a=kept["a"], b=kept["b"])
    interval = tracking.interval(state)
    if not is_blunt:
        return ClassRecall(name, kept["n"], state.accuracy, interval)
    blunt = Interval(coarse(interval.lower), coarse(interval.upper))
    return ClassRecall(name, kept["n"] // blunting.TENS * blunting.TENS, coarse(state.accuracy), blunt)


def _confused(table: Mapping[str, Mapping[str, int]], is_blunt: bool) -> dict[str, Any]:
    """The pairs that are mixed up most, and the table where counts may be told."""
    pairs: list[Confusion] = []
    for truth, answers in table.items():
        total = sum(answers.values())
        if is_blunt and total < blunting.FROM:
            continue
        pairs += [_pair(truth, answer, count, total, is_blunt) for answer, count in answers.items() if answer != truth]
    told = [pair for pair in pairs if pair.share >= TOLD_SHARE or (not is_blunt and pair.count)]
    told.sort(key=lambda pair: (-pair.share, pair.truth, pair.answer))
    return {"confusions": tuple(told[:PAIRS_MOST]), "table": {} if is_blunt else dict(table)}


def _pair(truth: str, answer: str, count: int, total: int, is_blunt: bool) -> Confusion:
    share = count / total
    return Confusion(truth, answer, 0, coarse(share)) if is_blunt else Confusion(truth, answer, count, share)


def _peer_accuracy(track: Track, is_blunt: bool) -> float | None:
    if track.peer_accuracy is None:
        return None
    return coarse(track.peer_accuracy) if is_blunt else track.peer_accuracy


def mean_seconds(days: Sequence[QualityDay]) -> float | None:
    """Seconds for one answer over these days."""
    judged = sum(day.judged for day in days)
    return sum(day.seconds for day in days) / judged if judged else None
