"""Requests and quotes: a client asks, a vendor answers with a date and a price, the client decides."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, ids
from kernel.changes import changed_rows
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.grants import forget_rights, rights_on
from kernel.guard import not_found, require
from kernel.models import AccessGrant
from kernel.policy import Actor, Resource
from marketplace.models import CoverageRequest, Lane, Project, Quote
from marketplace.operations.loading import project_for
from marketplace.operations.returning import end_leases_of_project
from marketplace.operations.reviewing import end_reviews_of_project
from marketplace.policy import project_resource
from marketplace.queries.projects import vendor_rights
from marketplace.queries.requests import quote_view, supply_for
from marketplace.queries.units import classes_opened
from marketplace.rules import quoting
from marketplace.rules.languages import modes_for
from marketplace.rules.requests import ensure_prices, frame_faults, read_lines
from marketplace.values.actions import Action
from marketplace.values.requests import ALL_RIGHTS, Need, ProjectState, QuoteLine, QuoteView, Right, Sent, usual_rights
from workforce.queries import organization_of
from workforce.rules.names import clean_name
from workforce.values import GRANT_MOST, OrgKind

GRANT_AFTER_DEADLINE = timedelta(days=90)
MOST_VALID_DAYS = 180
LONGEST_REASON = 2_000


def send_request(
    session: Session, actor: Actor, *, name: str, vendor_org_id: str, task_type: str, classification: str,
    lines: Sequence[Mapping[str, Any]], overlap: int, quality_target: float, deadline_at: datetime, currency: str,
    about: str = "", recorded: bool = False,
) -> Sent:  # fmt: skip
    """Ask a vendor for work. The project begins here; the vendor may see it from now on, without any right in it.

    `recorded` is for work that was done elsewhere: its languages are taken as they were written down.
    """
    require(session, actor, Action.REQUEST_SEND, Resource("organization", actor.org_id, org_id=actor.org_id))
    found, faults = read_lines(lines, recorded=recorded)
    faults |= frame_faults(
        name=name, about=about, task_type=task_type, classification=classification, overlap=overlap,
        quality_target=quality_target, deadline_at=deadline_at, currency=currency, now=now_of(session),
    )  # fmt: skip
    vendor = organization_of(session, vendor_org_id)
    if vendor is None or vendor.kind != OrgKind.VENDOR:
        faults["vendor_org_id"] = _("Choose one of the vendors offered.")
    if faults:
        raise Invalid("request.invalid", _("Some of the request is missing or wrong."), faults)
    assert actor.org_id is not None
    project = Project(
        id=ids.new_id(), org_id=actor.org_id, vendor_org_id=vendor_org_id, name=clean_name(name), state="requested",
        task_type=task_type, classification=classification, currency=currency, about=about.strip(),
        created_at=now_of(session), created_by=actor.account_id,
    )  # fmt: skip
    project.project_id = project.id
    session.add(project)
    session.flush()
    request = CoverageRequest(
        id=ids.new_id(), org_id=project.org_id, vendor_org_id=vendor_org_id, project_id=project.id, state="sent",
        lines=[{"locale": line.locale, "units": line.units} for line in found], overlap=overlap,
        quality_target=quality_target, deadline_at=deadline_at, sent_at=now_of(session), sent_by=actor.account_id,
    )  # fmt: skip
    session.add(request)
    _open_grant(session, project, deadline_at)
    audit.record(
        session, actor, "request.sent", "coverage_request", request.id, org_id=project.org_id,
        details={"project": project.id, "vendor": vendor_org_id, "locales": [line.locale for line in found]},
    )  # fmt: skip
    return Sent(request.id, project.id)


def make_quote(
    session: Session, actor: Actor, request_id: str, *, prices: Mapping[str, int], valid_days: int = 14
) -> QuoteView:
    """Answer a request with a price for a unit of each language; people, speed and dates are worked out from facts.

    A new version takes the place of the one before. Vendor's scope: people and promises are the vendor's own.
    """
    request = _request(session, request_id)
    project = project_for(session, actor, request.project_id, Action.QUOTE_MAKE)
    if request.state not in ("sent", "quoted"):
        raise Conflict("request.closed", _("This request has been decided already."))
    if not 1 <= valid_days <= MOST_VALID_DAYS:
        fault = _("A quote is valid for 1 to %(most)s days.", most=MOST_VALID_DAYS)
        raise Invalid("quote.valid_days", fault, {"valid_days": fault})
    lines = _quote_lines(session, request, project, prices)
    quote = _next_quote(session, actor, request, project, lines, valid_days)
    request.state, project.state = "quoted", "quoted"
    audit.record(
        session, actor, "quote.made", "quote", quote.id, org_id=project.org_id,
        details={"request": request.id, "version": quote.version, "total_micros": quote.total_micros},
    )  # fmt: skip
    session.flush()
    return quote_view(quote)


def outlook(session: Session, actor: Actor, request_id: str) -> list[QuoteLine]:
    """What a quote would say of people, speed and dates at this moment, for whoever has to name the prices."""
    request = session.get(CoverageRequest, request_id)
    project = session.get(Project, request.project_id) if request else None
    if request is None or project is None:
        raise not_found()
    rights = rights_on(session, actor.org_id, project.id)
    require(session, actor, Action.QUOTE_MAKE, project_resource(project, rights))
    return _quote_lines(session, request, project, {line["locale"]: 1 for line in request.lines})


def accept_quote(session: Session, actor: Actor, quote_id: str, *, rights: Iterable[str] | None = None) -> str:
    """Accept: the project is there with a lane for each language, and the vendor may do what is ticked; its id.

    `rights` left out are the usual ones of the project's class.
    """
    quote, request, project = _decided(session, actor, quote_id, "accepted")
    chosen = ensure_rights(usual_rights(project.classification) if rights is None else rights)
    if now_of(session) > quote.valid_until:
        raise Conflict("quote.expired", _("This quote is no longer valid. Ask the vendor for a new one."))
    request.state, project.state = "accepted", "draft"
    for line in quote.lines:
        session.add(_lane(project, request, QuoteLine.from_json(line)))
    _change_grant(session, project, rights=list(chosen))
    session.flush()
    audit.record(
        session, actor, "quote.accepted", "quote", quote.id, org_id=project.org_id,
        details={"project": project.id, "version": quote.version, "rights": list(chosen)},
    )  # fmt: skip
    return project.id


def decline_quote(session: Session, actor: Actor, quote_id: str, reason: str) -> None:
    """Decline, with a reason that the vendor reads; the request ends with it."""
    told = reason.strip()
    if not 0 < len(told) <= LONGEST_REASON:
        fault = _("Say why in at most %(most)s letters; the vendor reads it.", most=LONGEST_REASON)
        raise Invalid("quote.reason", fault, {"reason": fault})
    quote, request, project = _decided(session, actor, quote_id, "declined", told)
    request.state, project.state = "declined", "declined"
    audit.record(session, actor, "quote.declined", "quote", quote.id, org_id=project.org_id)


def set_rights(session: Session, actor: Actor, project_id: str, rights: Iterable[str]) -> tuple[str, ...]:
    """Change what the vendor may do in a project; it holds from the vendor's next request on."""
    project = project_for(session, actor, project_id, Action.GRANT_SET)
    chosen = ensure_rights(rights)
    _change_grant(session, project, rights=list(chosen))
    audit.record(
        session, actor, "grant.changed", "project", project.id, org_id=project.org_id, details={"rights": list(chosen)}
    )
    return chosen


def revoke_grant(session: Session, actor: Actor, project_id: str) -> int:
    """End the vendor's access to a project at once, and all its people's leases there; returns how many of these.

    What they had typed is still taken, as late, and paid. The client can give access again, by a new grant.
    """
    project = project_for(session, actor, project_id, Action.GRANT_SET)
    ended = _change_grant(session, project, revoked_at=now_of(session))
    leases = end_leases_of_project(session, actor, project.id, cause="grant")
    reviews = end_reviews_of_project(session, actor, project.id, cause="grant")
    audit.record(
        session, actor, "grant.revoked", "project", project.id, org_id=project.org_id,
        details={"vendor": project.vendor_org_id, "rights": list(ended), "leases": leases, "reviews": reviews},
    )  # fmt: skip
    return leases


def renew_grant(session: Session, actor: Actor, project_id: str, rights: Iterable[str] = ALL_RIGHTS) -> tuple[str, ...]:
    """Give the vendor access to a project again, after it was ended or has run out; returns the rights in it.

    The grant is a new one, so that the history tells both. Before a quote is accepted it carries no right, as ever.
    """
    project = project_for(session, actor, project_id, Action.GRANT_SET)
    chosen = ensure_rights(rights)
    if vendor_rights(session, project) is not None:
        raise Conflict("grant.lives", _("The vendor has access to this project. Change what it may do instead."))
    if project.state == ProjectState.DECLINED:
        raise Conflict("grant.declined", _("This request was declined. Send a new one to the vendor."))
    if project.state in (ProjectState.REQUESTED, ProjectState.QUOTED):
        chosen = ()
    deadline_at = session.scalar(
        select(func.max(CoverageRequest.deadline_at)).where(CoverageRequest.project_id == project.id)
    )
    grant = _open_grant(session, project, max(deadline_at or now_of(session), now_of(session)), chosen)
    audit.record(
        session, actor, "grant.renewed", "access_grant", grant, org_id=project.org_id,
        details={"project": project.id, "vendor": project.vendor_org_id, "rights": list(chosen)},
    )  # fmt: skip
    return chosen


def ensure_rights(rights: Iterable[str]) -> tuple[str, ...]:
    """Known rights, each once, in their own order."""
    wanted = set(rights)
    if unknown := wanted - set(ALL_RIGHTS):
        fault = _("There is no right “%(right)s”.", right=min(unknown)[:40])
        raise Invalid("grant.right", fault, {"rights": fault})
    return tuple(right.value for right in Right if right in wanted)


def _open_grant(session: Session, project: Project, deadline_at: datetime, rights: Sequence[str] = ()) -> str:
    grant = AccessGrant(
        id=ids.new_id(), subject_kind="project", subject_id=project.id, org_id=project.org_id,
        grantee_org_id=project.vendor_org_id, rights=list(rights), from_at=now_of(session),
        until_at=_grant_end(
            classes_opened(session, {project.id: project.classification})[project.id], deadline_at, now_of(session)),
    )  # fmt: skip
    session.add(grant)
    session.flush()
    forget_rights(session)
    return grant.id


def _grant_end(classification: str, deadline_at: datetime, now: datetime) -> datetime:
    """Some time after the work is due, and no later than the most sensitive class of the data allows."""
    until, most = deadline_at + GRANT_AFTER_DEADLINE, GRANT_MOST.get(classification)
    return until if most is None else min(until, now + most)


def _change_grant(session: Session, project: Project, **values: Any) -> Sequence[str]:
    """Change the grant that lives, of which there is one; returns the rights in it."""
    now = now_of(session)
    changed = session.execute(
        update(AccessGrant)
        .where(
            AccessGrant.subject_id == project.id,
            AccessGrant.org_id == project.org_id,
            AccessGrant.revoked_at.is_(None),
            AccessGrant.until_at > now,
        )
        .values(**values)
        .returning(AccessGrant.rights)
    ).all()
    forget_rights(session)
    if len(changed) != 1:
        raise Conflict("grant.over", _("The vendor has no access to this project any more."))
    rights: Sequence[str] = changed[0].rights
    return rights


def _request(session: Session, request_id: str) -> CoverageRequest:
    request = session.scalars(
        select(CoverageRequest).where(CoverageRequest.id == request_id).with_for_update()
    ).one_or_none()
    if request is None:
        raise not_found()
    return request


def _quote_lines(
    session: Session, request: CoverageRequest, project: Project, prices: Mapping[str, int]
) -> list[QuoteLine]:
    locales = [line["locale"] for line in request.lines]
    checked = ensure_prices(prices, locales)
    assert project.vendor_org_id is not None
    supply = supply_for(session, project.vendor_org_id, project.id, project.task_type, locales)
    needs = [
        Need(line["locale"], line["units"], request.overlap, request.deadline_at, checked[line["locale"]])
        for line in request.lines
    ]
    return [quoting.line_of(need, supply[need.locale], now_of(session)) for need in needs]


def _next_quote(
    session: Session, actor: Actor, request: CoverageRequest, project: Project, lines: list[QuoteLine], valid_days: int
) -> Quote:
    session.execute(update(Quote).where(Quote.request_id == request.id, Quote.state == "open").values(state="replaced"))
    before = session.scalar(select(func.max(Quote.version)).where(Quote.request_id == request.id)) or 0
    quote = Quote(
        id=ids.new_id(), org_id=project.org_id, vendor_org_id=project.vendor_org_id, project_id=project.id,
        request_id=request.id, version=before + 1, state="open", lines=[line.to_json() for line in lines],
        total_micros=sum(line.micros for line in lines), currency=project.currency,
        valid_until=now_of(session) + timedelta(days=valid_days), made_at=now_of(session), made_by=actor.account_id,
    )  # fmt: skip
    session.add(quote)
    return quote


def _decided(
    session: Session, actor: Actor, quote_id: str, state: str, reason: str = ""
) -> tuple[Quote, CoverageRequest, Project]:
    """The quote moved from open to `state`, by exactly one of those who try."""
    quote = session.get(Quote, quote_id)
    if quote is None:
        raise not_found()
    project = project_for(session, actor, quote.project_id, Action.QUOTE_DECIDE)
    moved = session.execute(
        update(Quote)
        .where(Quote.id == quote_id, Quote.state == "open")
        .values(state=state, decided_at=now_of(session), decided_by=actor.account_id, reason=reason)
    )
    if changed_rows(moved) != 1:
        raise Conflict("quote.closed", _("This quote was decided or replaced meanwhile."))
    session.refresh(quote)
    return quote, _request(session, quote.request_id), project


def _lane(project: Project, request: CoverageRequest, line: QuoteLine) -> Lane:
    return Lane(
        id=ids.new_id(), org_id=project.org_id, vendor_org_id=project.vendor_org_id, project_id=project.id,
        state="draft", locale=line.locale, task_type=project.task_type, classification=project.classification,
        overlap=request.overlap, quality_target=request.quality_target, volume=line.units,
        price_micros=line.price_micros, currency=project.currency, deadline_at=request.deadline_at,
        modes=modes_for(project.task_type), also=[],
    )  # fmt: skip
