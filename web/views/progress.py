"""Jobs under way: the card that a page shows until the work is done."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request, url_for

from i18n import Message, _
from kernel import db, jobs
from kernel.guard import not_found
from web import current
from web.render import page
from web.views import pages

Titles = dict[str, Message]
_titles: Titles = {}
_results: dict[str, Callable[[jobs.Progress], str]] = {}
_tells: dict[str, Callable[[jobs.Progress], Message]] = {}


def describe_job(
    name: str, title: Message, result: Callable[[jobs.Progress], str] | None = None,
    tells: Callable[[jobs.Progress], Message] | None = None,
) -> None:  # fmt: skip
    """Say how a job is called on pages, where its result stands, and what is told of it once it is done."""
    _titles[name] = title
    if tells is not None:
        _tells[name] = tells
    if result is not None:
        _results[name] = result


@dataclass(frozen=True)
class JobCard:
    """What the card shows; see the macro `job`."""

    id: str
    title: str
    state: str
    percent: int | None
    detail: str
    result_url: str
    error: str


_STATES = {"waiting": "waiting", "working": "running", "done": "done", "dead": "failed"}


def card(progress: jobs.Progress) -> JobCard:
    """The card of a job."""
    percent = min(100, 100 * progress.done // progress.total) if progress.total else None
    detail = _("%(done)s of %(total)s", done=progress.done, total=progress.total) if progress.total else ""
    if progress.state == "done" and progress.job in _tells:
        detail = _tells[progress.job](progress)
    result = _results.get(progress.job)
    return JobCard(
        progress.id, str(_titles.get(progress.job, _("Work in the background"))), _STATES[progress.state], percent,
        str(detail), result(progress) if result and progress.state == "done" else "",
        str(_("It failed and will not be tried again. Nothing of its last step was kept.")) if progress.error else "",
    )  # fmt: skip


@pages.get("/jobs/<job_id>")
def job_status(job_id: str) -> Response:
    """How a job of one's organization stands, as a card that renews itself or as a page."""
    with db.reading(current.scope()) as session:
        progress = jobs.progress(session, job_id)
    if progress is None:
        raise not_found()
    template = "web/jobs_status.html" if request.headers.get("HX-Request") else "web/job.html"
    return page(template, job=card(progress), job_url=url_for("web.job_status", job_id=job_id))
