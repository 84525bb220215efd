"""A client's home: what needs somebody today, how far each project is, and who there is for each language asked for.

Everything is read from ready-made counts or counted up to a hundred; the number of statements is the same at any size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from calibration.models import QualificationTest
from calibration.queries.lanes import is_told_exactly
from calibration.rules.intervals import wilson
from kernel.db import now_of
from labeling.models import Guideline
from marketplace.models import Batch, CoverageRequest, Lane, LaneProgress, Project, Quote, Release, Review, Unit
from marketplace.queries.corrections import newest_corrected
from marketplace.rules.lanes import gaps_of
from marketplace.rules.protection import is_shut
from marketplace.rules.quoting import assumed_speed, promised_a_day
from workforce.models import Annotator, LanguageClaim
from workforce.values import Protection

COUNTED_TO = 100
ENOUGH = 20
_GOES_ON = ("draft", "live", "paused")


@dataclass(frozen=True)
class Pending:
    """So many things of one kind that wait, counted up to a hundred, and the one that has waited longest."""

    count: int = 0
    first_id: str = ""


@dataclass(frozen=True)
class ClientWaiting:
    """What waits for a client's people."""

    quotes: Pending  # requests with a quote
    releases: Pending
    reviews: Pending
    incomplete: Pending  # projects with lanes that lack something
    ready: Pending  # projects with lanes that only have to be opened
    uploads: Pending
    corrected: Pending = Pending()  # labels of the newest releases, corrected since; the id is a release's


@dataclass(frozen=True)
class Accuracy:
    """What was measured in a lane on known answers."""

    locale: str
    value: float
    low: float
    high: float
    target: float


@dataclass(frozen=True)
class ProjectProgress:
    """How far a project is: its units, and the accuracy of its weakest language of which enough is known.

    `checked` is None for its vendor while there are too few checks, since a count that grows tells which unit was one.
    """

    units: int
    settled: int
    review: int
    checked: int | None
    weakest: Accuracy | None


@dataclass(frozen=True)
class Coverage:
    """One language that was asked for: verified people in good standing, who worked last week, units to be done, and
    how many people these need until their deadlines."""

    locale: str
    verified: int
    at_work: int
    left: int
    needed: int = 0

    @property
    def shares(self) -> tuple[float, float]:
        """Who is at work, and who else is there, each as a share of whoever is needed, or of all there are if more."""
        whole = max(self.needed, self.verified, self.at_work, 1)
        return self.at_work / whole, max(0, self.verified - self.at_work) / whole


@dataclass(frozen=True)
class LaneAtWork:
    """A lane that goes on: who worked there in the last seven days, units to be done, and people these need."""

    locale: str
    people: int
    left: int
    needed: float = 0.0


def waiting_for_client(session: Session, uploads: Iterable[str]) -> ClientWaiting:
    """What waits for the people of the scope's client; `uploads` are the kinds that the reader may decide on."""
    now = now_of(session)
    of_projects = select(Project.id).where(Project.state.in_(_GOES_ON))
    of_lanes = select(Lane.id).where(Lane.project_id.in_(of_projects))
    incomplete, ready = _lanes_to_open(session)
    return ClientWaiting(
        quotes=_pending(
            session,
            select(Quote.request_id).where(Quote.state == "open", Quote.valid_until > now).order_by(Quote.made_at),
        ),
        releases=_pending(
            session,
            select(Release.id)
            .where(Release.project_id.in_(of_projects), Release.state == "delivered")
            .order_by(Release.asked_at),
        ),
        reviews=_pending(session, select(Review.id).where(Review.lane_id.in_(of_lanes), Review.state == "open")),
        incomplete=incomplete,
        ready=ready,
        uploads=_pending(
            session,
            select(Batch.id)
            .where(Batch.project_id.in_(of_projects), Batch.state == "checked", Batch.kind.in_(list(uploads)))
            .order_by(Batch.created_at),
        ),
        corrected=_pending(session, newest_corrected(_GOES_ON)),
    )


def _pending(session: Session, statement: Select[Any]) -> Pending:
    found = session.scalars(statement.limit(COUNTED_TO)).all()
    return Pending(len(found), found[0]) if found else Pending()


def _lanes_to_open(session: Session) -> tuple[Pending, Pending]:
    """Lanes that were never opened: those that lack something, and those that lack nothing but the word. The vendor's
    rate is not the client's to mend, nor to see."""
    has_unit = exists().where(Unit.lane_id == Lane.id, Unit.org_id == Lane.org_id, Unit.state == "open")
    has_test = exists().where(QualificationTest.lane_id == Lane.id, QualificationTest.is_open)
    rows = session.execute(
        select(
            Lane.project_id,
            Lane.locale,
            Lane.ontology_id,
            Guideline.texts,
            Project.classification,
            Project.protection,
            has_unit,
            has_test,
        )
        .join(Project, Project.id == Lane.project_id)
        .outerjoin(Guideline, Guideline.id == Lane.guideline_id)
        .where(Lane.state == "draft", Project.state.in_(_GOES_ON))
        .order_by(Project.created_at, Project.id)
        .limit(COUNTED_TO)
    ).all()
    incomplete: list[str] = []
    ready: list[str] = []
    for project_id, locale, ontology_id, texts, classification, protection, units, test in rows:
        gaps = gaps_of(
            ontology_id=ontology_id, guideline_texts=texts, locale=locale, units=int(units), has_rate=True,
            has_test=test, is_shut=is_shut(classification, Protection.from_json(protection)),
        )  # fmt: skip
        (incomplete if gaps else ready).append(project_id)
    return _first(incomplete), _first(ready)


def _first(project_ids: Sequence[str]) -> Pending:
    return Pending(len(project_ids), project_ids[0]) if project_ids else Pending()


def progress_of(session: Session, project_ids: Sequence[str]) -> dict[str, ProjectProgress]:
    """How far these projects are."""
    rows = session.execute(
        select(Lane.project_id, Lane.locale, Lane.quality_target, LaneProgress)
        .join(LaneProgress, LaneProgress.lane_id == Lane.id)
        .where(Lane.project_id.in_(project_ids))
    ).all()
    is_exact = is_told_exactly(session, [row[3].org_id for row in rows])
    return {
        project_id: _sum([row[1:] for row in rows if row.project_id == project_id], is_exact)
        for project_id in {row.project_id for row in rows}
    }


def _sum(found: Sequence[Any], is_exact: bool) -> ProjectProgress:
    counts = [row for _locale, _target, row in found]
    known = [(locale, target, *_checks(row, is_exact)) for locale, target, row in found]
    measured = [_accuracy(*one) for one in known if one[2] >= ENOUGH]
    checked = max((each[2] for each in known), default=0)
    return ProjectProgress(
        sum(row.units for row in counts), sum(row.settled for row in counts), sum(row.review for row in counts),
        checked if is_exact else checked or None,
        min(measured, key=lambda each: each.value - each.target, default=None),
    )  # fmt: skip


def _checks(row: LaneProgress, is_exact: bool) -> tuple[int, float]:
    return (row.checked, row.right) if is_exact else (row.told_checked, row.told_right)


def _accuracy(locale: str, target: float, checked: int, right: float) -> Accuracy:
    interval = wilson(right, checked)
    return Accuracy(locale, right / checked, interval.lower, interval.upper, target)


def asked_for(session: Session) -> list[tuple[str, str]]:
    """The vendors and languages of what was asked for and goes on."""
    rows = session.execute(
        select(CoverageRequest.vendor_org_id, CoverageRequest.lines)
        .join(Project, Project.id == CoverageRequest.project_id)
        .where(CoverageRequest.state != "declined", Project.state.in_(("requested", "quoted", *_GOES_ON)))
        .order_by(CoverageRequest.sent_at.desc())
        .limit(COUNTED_TO)
    )
    return sorted({(vendor, line["locale"]) for vendor, lines in rows for line in lines if vendor})


def coverage(
    session: Session, asked: Sequence[tuple[str, str]], lanes: Sequence[LaneAtWork]
) -> list[Coverage]:  # fmt: skip
    """Who there is for these (vendor, language), and who is at work in the `lanes`.

    System scope: people belong to the vendor, and the client is told of them how many there are.
    """
    now = now_of(session)
    locales = sorted({locale for _vendor, locale in asked})
    rows = session.execute(
        select(LanguageClaim.locale, func.count(func.distinct(Annotator.id)))
        .join(Annotator, (Annotator.id == LanguageClaim.annotator_id) & (Annotator.org_id == LanguageClaim.org_id))
        .where(
            LanguageClaim.org_id.in_(sorted({vendor for vendor, _locale in asked})),
            LanguageClaim.locale.in_(locales),
            LanguageClaim.mode == "read",
            LanguageClaim.status == "verified",
            or_(LanguageClaim.until_at.is_(None), LanguageClaim.until_at > now),
            Annotator.status == "active",
        )
        .group_by(LanguageClaim.locale)
    )
    verified = {row[0]: int(row[1]) for row in rows}
    return [
        Coverage(
            locale, verified.get(locale, 0), max((lane.people for lane in lanes if lane.locale == locale), default=0),
            sum(lane.left for lane in lanes if lane.locale == locale),
            ceil(sum(lane.needed for lane in lanes if lane.locale == locale) - 1e-9),
        )
        for locale in locales
    ]  # fmt: skip


def lanes_at_work(session: Session) -> list[LaneAtWork]:
    """Each lane that goes on, with people needed at the speed that quotes assume."""
    now = now_of(session)
    rows = session.execute(
        select(
            Lane.locale,
            LaneProgress.people,
            LaneProgress.units - LaneProgress.settled,
            Lane.overlap,
            Lane.deadline_at,
            Lane.task_type,
        )
        .join(LaneProgress, LaneProgress.lane_id == Lane.id)
        .join(Project, Project.id == Lane.project_id)
        .where(Lane.state != "done", Project.state.in_(_GOES_ON))
    )
    return [
        LaneAtWork(
            locale, people, left, promised_a_day([(left * overlap, deadline)], now) / assumed_speed(task_type)
        )
        for locale, people, left, overlap, deadline, task_type in rows
    ]  # fmt: skip
