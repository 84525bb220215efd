"""Who of a vendor could work in a lane, and what keeps each of them out or lets them in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Attempt, Qualification
from calibration.queries.people import ShownQuality, shown_of, surest_in_lane, view_of
from calibration.values import LaneFacts, QualificationView
from kernel.db import now_of
from workforce.queries import find_people
from workforce.values import PersonRow, Standing


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """How somebody's newest attempt at the lane's test stands."""

    number: int
    state: str  # training, exam, passed, failed, ended
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An active person who claims the lane's language, with what opens or closes the lane to them."""

    person: PersonRow
    qualification: QualificationView | None
    reason: str
    attempt: LastAttempt | None
    quality: ShownQuality | None = None

    @property
    def standing(self) -> str:
        """One word for the lane's page: open, paused, expired, revoked, testing, failed or new."""
        if self.qualification is not None:
            return self.qualification.state
        if self.attempt is None:
            return "new"
        return {"failed": "failed", "training": "testing", "exam": "testing"}.get(self.attempt.state, "new")

    @property
    def can_be_admitted(self) -> bool:
        """Whether a waiver would change anything."""
        return self.standing in ("new", "testing", "failed", "expired", "revoked")


def candidates(
    session: Session, lane: LaneFacts, *, text: str = "", is_ranked: bool = False, least: float | None = None,
    after: str | None = None, limit: int = 25,
) -> tuple[list[Candidate], str | None]:  # fmt: skip
    """People page by page, five statements a page however many people there are.

    Ranked, those of whom enough is known come by the lower end of their range; `least` keeps to those not below it.
    """
    if is_ranked or least is not None:
        people, next_after = _ranked(session, lane, text, least, after, limit)
    else:
        people, next_after = find_people(
            session, status=Standing.ACTIVE, locale=_language(lane), text=text or None, after=after, limit=limit
        )
    ids = [person.id for person in people]
    held = {
        row.annotator_id: row
        for row in session.scalars(
            select(Qualification).where(Qualification.lane_id == lane.id, Qualification.annotator_id.in_(ids))
        )
    }
    tried, known = _last_attempts(session, lane, ids), shown_of(session, lane.id, ids)
    now = now_of(session)
    found = [
        Candidate(
            person,
            view_of(held[person.id], now) if person.id in held else None,
            held[person.id].reason if person.id in held else "",
            tried.get(person.id),
            known.get(person.id),
        )
        for person in people
    ]
    return found, next_after


def _language(lane: LaneFacts) -> str:
    return lane.locale.partition("-")[0]


def _ranked(
    session: Session, lane: LaneFacts, text: str, least: float | None, after: str | None, limit: int
) -> tuple[list[PersonRow], str | None]:
    """A page of the ranking; its cursor is the place in it."""
    ranking = [each.annotator_id for each in surest_in_lane(session, lane.id, least)]
    place = int(after) if after and after.isdecimal() and len(after) < 10 else 0
    found: list[PersonRow] = []
    while len(found) < limit and place < len(ranking):
        part = ranking[place : place + limit]
        rows, _next = find_people(
            session, status=Standing.ACTIVE, locale=_language(lane), text=text or None, among=part, limit=limit
        )
        by_id = {row.id: row for row in rows}
        for annotator_id in part:
            if len(found) == limit:
                break
            place += 1
            found += [by_id[annotator_id]] if annotator_id in by_id else []
    return found, str(place) if place < len(ranking) else None


def _last_attempts(session: Session, lane: LaneFacts, annotator_ids: Sequence[str]) -> dict[str, LastAttempt]:
    rows = session.execute(
        select(Attempt.annotator_id, Attempt.number, Attempt.state, Attempt.next_at)
        .where(
            Attempt.vendor_org_id == lane.vendor_org_id,
            Attempt.annotator_id.in_(annotator_ids),
            Attempt.lane_id == lane.id,
        )
        .order_by(Attempt.number)
    )
    return {row.annotator_id: LastAttempt(row.number, row.state, row.next_at) for row in rows}
