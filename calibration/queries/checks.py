"""Checks of people who are in: which a person still owes, and how many of a lane's people have passed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from calibration.models import Qualification, QualificationTest
from calibration.queries.tests import CHECK, TestView, open_check
from kernel.db import now_of


@dataclass(frozen=True, slots=True)
class OwedCheck:
    """A check that a person has still to pass, and until when."""

    lane_id: str
    about: str
    due_at: datetime
    questions: int
    is_paid: bool


@dataclass(frozen=True, slots=True)
class CheckState:
    """A lane's open check, and how far its people are."""

    test: TestView
    people: int
    passed: int


def owed() -> ColumnElement[bool]:
    """A qualification that is in force and older than its lane's open check, which it has not passed."""
    return and_(
        QualificationTest.lane_id == Qualification.lane_id,
        QualificationTest.is_open,
        QualificationTest.purpose == CHECK,
        Qualification.since_at < QualificationTest.published_at,
        Qualification.basis != "none",
        Qualification.revoked_at.is_(None),
        or_(Qualification.check_id.is_(None), Qualification.check_id != QualificationTest.id),
    )


def checks_owed(session: Session, annotator_id: str) -> list[OwedCheck]:
    """What this person has still to pass, the nearest first."""
    now = now_of(session)
    rows = session.scalars(
        select(QualificationTest)
        .join(Qualification, owed())
        .where(
            Qualification.annotator_id == annotator_id,
            or_(Qualification.until_at.is_(None), Qualification.until_at > now),
        )
        .order_by(QualificationTest.due_at)
    )
    return [
        OwedCheck(row.lane_id, row.about, row.due_at, int(row.plan["attempts"][0]["questions"]), row.is_paid)
        for row in rows
        if row.due_at is not None
    ]


def check_state(session: Session, lane_id: str) -> CheckState | None:
    """The open check of a lane with its progress; None where there is none."""
    test = open_check(session, lane_id)
    if test is None:
        return None
    concerned = (
        Qualification.lane_id == lane_id,
        Qualification.since_at < test.published_at,
        Qualification.basis != "none",
        Qualification.revoked_at.is_(None),
    )
    people = session.scalar(select(func.count()).select_from(Qualification).where(*concerned))
    passed = session.scalar(
        select(func.count()).select_from(Qualification).where(*concerned, Qualification.check_id == test.id)
    )
    return CheckState(test, int(people or 0), int(passed or 0))
