"""The operator's home: what needs somebody today, and how the installation does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Response, url_for
from markupsafe import Markup

from admin.pages import pages
from admin.queries import events, machinery
from admin.values import Check, Health, Measurement
from i18n import Message, _, formats, ngettext
from kernel import db
from kernel.audit import INSTALLATION, LINK_WITHIN
from kernel.tenancy import Scope
from web import plots
from web.render import page
from web.sessions import request_time

_DUE_WITHIN = timedelta(minutes=2)
_CHECKED_WITHIN = timedelta(hours=36)


@dataclass(frozen=True)
class Need:
    """One thing that somebody has to look at: how bad, in words, and where to go."""

    kind: str
    badge: Message
    words: Message
    url: str
    action: Message


@pages.get("/admin")
def home() -> Response:
    """What needs somebody today."""
    with db.reading(Scope.system("operator's home page")) as session:
        state = machinery.health(session)
        figures = machinery.measurement(session)
        verified = events.last_check(session, events.VERIFICATION)
        checked = events.last_check(session, events.INVARIANTS)
    now = request_time()
    return page(
        "admin/home.html", needs=needs(state, verified, checked, now), state=state, figures=figures, verified=verified,
        checked=checked, now=now, judgments=_plot(figures, figures.judgments if figures else {}, machinery.DAYS, now),
        jobs=_plot(figures, figures.jobs if figures else {}, 7, now),
    )  # fmt: skip


def needs(state: Health, verified: Check | None, checked: Check | None, now: datetime) -> list[Need]:
    """What somebody has to look at today, the worst first."""
    log, jobs = url_for("admin.audit"), url_for("admin.jobs")
    told = url_for("admin.audit", chain=INSTALLATION, object_type="verification")
    found = [
        _broken(verified, _("Tampered"), _("The last verification of the audit log found a breach."), told),
        _broken(checked, _("Broken"), _("The last check of the invariants found rows that break a rule."), told),
        Need("bad", _("Dead jobs"), _dead(state.dead_jobs), jobs, _("Decide")) if state.dead_jobs else None,
        _late(state.late_appeals),
        _failing(state, jobs),
        _waiting(
            state.due_since, now, _DUE_WITHIN, _("Jobs wait"),
            _("Work in the background is not carried. Is a worker running?"), jobs,
        ),
        _waiting(
            state.unlinked_since, now, LINK_WITHIN, _("Log waits"),
            _("Events of the log are not linked into their chains. Is a worker running?"), log,
        ),
        _stale(verified, now, log),
    ]  # fmt: skip
    return [need for need in found if need]


def _broken(check: Check | None, badge: Message, words: Message, url: str) -> Need | None:
    return Need("bad", badge, words, url, _("See it")) if check and not check.ok else None


def _late(appeals: int) -> Need | None:
    if not appeals:
        return None
    words = ngettext(
        "%(num)s appeal was not answered by its day.", "%(num)s appeals were not answered by their day.", appeals
    )
    return Need("bad", _("Late appeals"), words, url_for("workforce.appeals"), _("Read"))


def _failing(state: Health, url: str) -> Need | None:
    if not state.failing:
        return None
    oldest = state.failing[0]
    words = ngettext(
        "%(n)s job has failed more than once since %(since)s and is tried again. %(job)s: %(error)s",
        "%(n)s jobs have failed more than once since %(since)s and are tried again. %(job)s: %(error)s",
        state.failing_jobs,
        n=state.failing_jobs,
        since=oldest.since,
        job=oldest.job,
        error=oldest.error or "–",
    )
    return Need("bad", _("Jobs fail"), words, url, _("Look"))


def _dead(count: int) -> Message:
    return ngettext(
        "%(n)s job has failed for good and waits for your decision.",
        "%(n)s jobs have failed for good and wait for your decision.",
        count,
        n=count,
    )


def _waiting(
    since: datetime | None, now: datetime, within: timedelta, badge: Message, words: Message, url: str
) -> Need | None:
    late = since is not None and now - since > within
    return Need("wait", badge, words, url, _("Look")) if late else None


def _stale(verified: Check | None, now: datetime, url: str) -> Need | None:
    if verified is not None and now - verified.at <= _CHECKED_WITHIN:
        return None
    return Need("wait", _("Unverified"), _("The audit log was not verified since yesterday."), url, _("Verify it"))


@dataclass(frozen=True)
class DayPlot:
    """A plot of counts by day, with the same as rows."""

    svg: Markup
    rows: list[list[str]]
    total: int


def _plot(figures: Measurement | None, counted: Mapping[date, int], days: int, now: datetime) -> DayPlot:
    """The whole days up to yesterday and the part of today; a day on which nothing happened is a nought."""
    today = now.date()
    span = [today - timedelta(days=back) for back in range(days - 1, -1, -1)] if figures else []
    points = [plots.Point(float(day.toordinal()), float(counted.get(day, 0))) for day in span]
    total, top = sum(counted.get(day, 0) for day in span), max((counted.get(day, 0) for day in span), default=0)
    label = _("%(n)s in %(days)s days, %(most)s on the busiest", n=total, days=days, most=top)
    ends = [*span[:1], *span[-1:]]
    svg = plots.line(
        points if total else [], label=str(label),
        y_ticks=plots.ticks(0.0, float(max(top, 4)), formats.number, about=4),
        x_ticks=[plots.Tick(float(day.toordinal()), formats.date(day, length="short")) for day in ends],
        last=formats.number(counted.get(today, 0)), too_few=str(_("Nothing in these days.")),
    )  # fmt: skip
    head = [str(_("Day")), str(_("Count"))]
    rows = [[formats.date(day), formats.number(counted.get(day, 0))] for day in span]
    return DayPlot(svg, [head, *rows] if rows else [], total)
