"""Who of a vendor could work in a lane, and what keeps each of them out or lets them in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Attempt, Qualification
from calibration.queries.people import view_of
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
    session: Session, lane: LaneFacts, *, text: str = "", after: str | None = None, limit: int = 25
) -> tuple[list[Candidate], str | None]:
    """People page by page, four statements a page however many people there are."""
    language = lane.locale.partition("-")[0]
    people, next_after = find_people(
        session, status=Standing.ACTIVE, locale=language, text=text or None, after=after, limit=limit
    )
    ids = [person.id for person in people]
    held = {
        row.annotator_id: row
        for row in session.scalars(
            select(Qualification).where(Qualification.lane_id == lane.id, Qualification.annotator_id.in_(ids))
        )
    }
    tried = _last_attempts(session, lane, ids)
    now = now_of(session)
    found = [
        Candidate(
            person,
            view_of(held[person.id], now) if person.id in held else None,
            held[person.id].reason if person.id in held else "",
            tried.get(person.id),
        )
        for person in people
    ]
    return found, next_after


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
