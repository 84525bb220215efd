"""Reads of requests and quotes, and of the supply that a quote rests on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kernel.db import now_of
from kernel.paging import Paging
from labeling.models import Guideline
from marketplace.models import CoverageRequest, Lane, LaneDay, LaneProgress, Project, Quote
from marketplace.queries.names import org_names
from marketplace.rules import quoting
from marketplace.rules.lanes import is_readable
from marketplace.values.requests import QuoteLine, QuoteView, RequestLine, RequestView, SpeedSource, Supply
from workforce.queries import supply as supply_of_people

MOST_ROWS = 200
_NEWEST = Paging("requests", CoverageRequest.sent_at, CoverageRequest.id, newest_first=True)


def request_of(session: Session, request_id: str) -> RequestView | None:
    """A request that the scope sees, with the quote that counts."""
    row = session.execute(_requests().where(CoverageRequest.id == request_id)).first()
    return _views(session, [(row[0], row[1])])[0] if row else None


def request_of_project(session: Session, project_id: str) -> str | None:
    """The request that opened a project."""
    return session.scalar(select(CoverageRequest.id).where(CoverageRequest.project_id == project_id))


def find_requests(
    session: Session, *, state: str | None = None, after: str | None = None, limit: int = 50
) -> tuple[list[RequestView], str | None]:
    """The requests that the scope sees, newest first; `after` is the page before's cursor."""
    limit = min(limit, MOST_ROWS)
    statement = _requests().where(*_NEWEST.after(after)).order_by(*_NEWEST.order()).limit(limit + 1)
    if state:
        statement = statement.where(CoverageRequest.state == state)
    rows, next_after = _NEWEST.cut(session.execute(statement).all(), limit)
    return _views(session, [(row[0], row[1]) for row in rows]), next_after


def count_requests(session: Session, state: str) -> int:
    """How many requests of the scope are in a state."""
    return session.scalar(select(func.count()).where(CoverageRequest.state == state)) or 0


def quote_of(session: Session, quote_id: str) -> QuoteView | None:
    """A version of a quote."""
    row = session.get(Quote, quote_id)
    return quote_view(row) if row else None


def quotes_of(session: Session, request_id: str) -> list[QuoteView]:
    """All versions, newest first."""
    rows = session.scalars(select(Quote).where(Quote.request_id == request_id).order_by(Quote.version.desc()).limit(50))
    return [quote_view(row) for row in rows]


def supply_for(
    session: Session, vendor_org_id: str, project_id: str, task_type: str, locales: Sequence[str]
) -> dict[str, Supply]:
    """For each language: verified natives of exactly it, their speed, and what the vendor's open lanes need of them."""
    found = supply_of_people(session, vendor_org_id)
    people = {row.locale: int(row.by_proficiency.get("native", 0)) for row in found}
    hours = {row.locale: row.weekly_hours["native"] for row in found if "native" in row.weekly_hours}
    speeds = _measured(session, vendor_org_id, task_type, locales, hours)
    promised = _promised(session, vendor_org_id, locales)
    texts = _guideline_locales(session, project_id)
    assumed = quoting.assumed_speed(task_type)
    return {
        locale: Supply(
            people.get(locale, 0),
            speeds.get(locale, assumed),
            SpeedSource.MEASURED if locale in speeds else SpeedSource.ASSUMED,
            promised.get(locale, 0.0),
            is_readable(texts, locale),
        )
        for locale in locales
    }


def _measured(
    session: Session, vendor_org_id: str, task_type: str, locales: Sequence[str], hours: Mapping[str, float]
) -> dict[str, float]:
    """The speed of one person a day by their pace in the last fourteen days, where enough work was seen."""
    since = (now_of(session) - quoting.MEASURED_OVER).date()
    rows = session.execute(
        select(Lane.locale, func.sum(LaneDay.judgments), func.sum(LaneDay.people), func.sum(LaneDay.seconds))
        .join(LaneDay, (LaneDay.lane_id == Lane.id) & (LaneDay.org_id == Lane.org_id))
        .where(
            Lane.vendor_org_id == vendor_org_id,
            Lane.task_type == task_type,
            Lane.locale.in_(locales),
            LaneDay.day > since,
        )
        .group_by(Lane.locale)
    )
    speeds = {
        locale: quoting.measured_speed(int(judged), int(days), int(seconds), hours.get(locale))
        for locale, judged, days, seconds in rows
    }
    return {locale: speed for locale, speed in speeds.items() if speed is not None}


def _promised(session: Session, vendor_org_id: str, locales: Sequence[str]) -> dict[str, float]:
    """Judgments a day that the vendor's lanes of these languages still need until their deadlines.

    What was accepted is promised, opened or not, and whether or not its units have come yet. Hidden checks are nobody's
    promise, so that units are counted as they are settled, and not places as they are filled.
    """
    rows = session.execute(
        select(Lane.locale, Lane.deadline_at, Lane.volume, Lane.overlap, LaneProgress)
        .outerjoin(LaneProgress, (LaneProgress.lane_id == Lane.id) & (LaneProgress.org_id == Lane.org_id))
        .where(
            Lane.vendor_org_id == vendor_org_id,
            Lane.state != "done",
            Lane.locale.in_(locales),
        )
    )
    lanes: dict[str, list[tuple[int, datetime | None]]] = {}
    for locale, deadline, volume, overlap, progress in rows:
        answered = progress.full + progress.review + progress.settled if progress is not None else 0
        lanes.setdefault(locale, []).append((quoting.still_promised(volume, overlap, answered), deadline))
    return {locale: quoting.promised_a_day(found, now_of(session)) for locale, found in lanes.items()}


def _guideline_locales(session: Session, project_id: str) -> Iterable[str]:
    texts = session.scalar(
        select(Guideline.texts).where(Guideline.project_id == project_id).order_by(Guideline.version.desc()).limit(1)
    )
    return tuple(texts or ())


def _requests() -> Select[CoverageRequest, Project]:
    return select(CoverageRequest, Project).join(
        Project, (Project.id == CoverageRequest.project_id) & (Project.org_id == CoverageRequest.org_id)
    )


def _views(session: Session, rows: Sequence[tuple[CoverageRequest, Project]]) -> list[RequestView]:
    names = org_names(session, (org for row, _project in rows for org in (row.org_id, row.vendor_org_id)))
    quotes = _newest_quotes(session, [row.id for row, _project in rows])
    return [_view(row, project, names, quotes.get(row.id)) for row, project in rows]


def _newest_quotes(session: Session, request_ids: Sequence[str]) -> dict[str, QuoteView]:
    rows = session.scalars(select(Quote).where(Quote.request_id.in_(request_ids)).order_by(Quote.version))
    return {row.request_id: quote_view(row) for row in rows}  # the highest version comes last


def _view(row: CoverageRequest, project: Project, names: dict[str, str], quote: QuoteView | None) -> RequestView:
    vendor = row.vendor_org_id or ""
    return RequestView(
        id=row.id, project_id=row.project_id, name=project.name, org_id=row.org_id, vendor_org_id=vendor,
        client_name=names.get(row.org_id, ""), vendor_name=names.get(vendor, ""), state=row.state,
        task_type=project.task_type, classification=project.classification,
        lines=tuple(RequestLine(line["locale"], line["units"]) for line in row.lines),
        overlap=row.overlap, quality_target=row.quality_target, deadline_at=row.deadline_at,
        currency=project.currency, about=project.about, sent_at=row.sent_at, quote=quote,
    )  # fmt: skip


def quote_view(row: Quote) -> QuoteView:
    """The row as a value."""
    return QuoteView(
        id=row.id, request_id=row.request_id, project_id=row.project_id, version=row.version, state=row.state,
        lines=tuple(QuoteLine.from_json(line) for line in row.lines),
        total_micros=row.total_micros, currency=row.currency, valid_until=row.valid_until,
        made_at=row.made_at, made_by=row.made_by, decided_at=row.decided_at, reason=row.reason,
    )  # fmt: skip
