"""Pages of an annotator's work: what is open and why not, the unit in hand, what was done."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Response, request
from pydantic import Field

from calibration.lanes import find_lane
from calibration.queries.checks import checks_owed
from calibration.queries.people import ShownQuality, quality_of_person
from i18n import _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found, require
from kernel.policy import Reason
from kernel.seeing import see as see_noted
from kernel.tenancy import Scope
from labeling.links import for_page
from labeling.queries.content import guideline_text, ontology_of
from labeling.tasktypes import registry
from labeling.values import InvalidAnswer
from labeling.watermark import watermark_of
from marketplace.operations import answers, reads, returning, taking
from marketplace.passes import work_pass
from marketplace.queries import eligibility, work
from marketplace.reach import scope_of_answer
from marketplace.values.work import BARRED, NO_WORK_WORDS, REPORT_WORDS, SKIP_WORDS, LaneOffer, Submitted, Task
from payouts.queries import balance_of
from web import current, plots
from web.forms import FormModel, read_form
from web.pages import Pages
from web.render import flash, page, see
from web.sessions import request_time
from workforce.pages import words
from workforce.queries import factor_kinds, steps_of
from workforce.values import is_watermarked, keeps_drafts_on_server_only

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pages = Pages("work", "marketplace")

ENOUGH = 20
QUALITY_MOST = 4  # lanes whose figure stands on the home page; the others on the page of quality


class Leave(FormModel):
    """What the forms for skipping and reporting send."""

    reason: str = ""
    note: str = Field(default="", max_length=2000)


@pages.get("/work")
def home() -> Response:
    """An annotator's home: the unit in hand, the lanes that are open, and what would open the others."""
    with db.reading(current.scope()) as session:
        profile = eligibility.person_of(session, current.actor())
        facts = eligibility.facts_of(session, profile.id) if profile else None
        task = work.open_task(session, current.actor()) if facts else None
        is_barred = task is not None and work.barriers_in(session, current.actor(), task) != ()
        offers = work.lane_offers(session, facts) if facts else []
        done, _after = work.my_work(session, current.actor(), limit=5)
        balances = balance_of(session, profile.id) if profile else []
        steps = steps_of(session, profile.id) if profile else []
        titles = work.agreements_by_code(session, profile.org_id) if profile else {}
        quality = quality_of_person(session, profile.id, limit=QUALITY_MOST) if profile else []
        owed = checks_owed(session, profile.id) if profile else []
        named = {row.lane_id for row in quality} | {check.lane_id for check in owed}
        lanes = {lane_id: find_lane(session, lane_id) for lane_id in named}
    claimed = {claim.locale.partition("-")[0] for claim in facts.claims} if facts else set()
    closed = [offer for offer in offers if not offer.is_open]
    return page(
        "marketplace/work_home.html", profile=profile, task=task, is_barred=is_barred, done=done, balances=balances,
        enough=ENOUGH, agreements=titles, factors=_factors(offers), steps=steps, words=words,
        open_offers=[offer for offer in offers if offer.is_open],
        other_offers=[offer for offer in closed if offer.locale.partition("-")[0] in claimed],
        foreign_offers=[offer for offer in closed if offer.locale.partition("-")[0] not in claimed],
        owed=[(lane.name, row) for row in owed if (lane := lanes[row.lane_id]) is not None],
        quality=[
            (lane.name, row, _mark(row)) for row in quality if (lane := lanes[row.lane_id]) is not None
        ],
    )  # fmt: skip


def _mark(row: ShownQuality) -> str:
    """The figure on its range; nothing while too little was checked. All rows have one scale."""
    if row.accuracy is None or row.low is None or row.high is None:
        return ""
    return plots.whisker(
        row.accuracy, row.low, row.high, scale=(0.0, 1.0), width=140, label=str(_("Right answers with their range"))
    )


@pages.get("/work/done")
def done() -> Response:
    """What the person has done, newest first; or the one piece of it that a decision is about."""
    with db.reading(current.scope()) as session:
        rows, after = work.my_work(
            session, current.actor(), after=request.args.get("after") or None, only=request.args.get("only")
        )
    return page("marketplace/work_done.html", rows=rows, after=after)


@pages.post("/work/next")
def take() -> Response:
    """Take the next unit, of one lane or of any."""
    lane_id = request.form.get("lane_id") or None
    found = db.current().run(current.scope(), lambda session: taking.take_next(session, current.actor(), lane_id))
    if isinstance(found, Task):
        if lane_id and found.lane_id != lane_id:
            flash("wait", _("You hold this unit already. Answer it or give it back before you begin with another."))
        return see("work.task", assignment_id=found.assignment_id)
    with db.reading(current.scope()) as session:
        held = work.open_task(session, current.actor())
    if held is not None:  # it asks more than the person meets just now, and tells so itself
        return see("work.task", assignment_id=held.assignment_id)
    flash("wait", NO_WORK_WORDS[found])
    return see("work.home")


@pages.get("/work/<assignment_id>")
def task(assignment_id: str) -> Response:
    """The unit in hand, with its guideline and editor."""
    return _show(assignment_id)


def _show(assignment_id: str, errors: dict[str, Any] | None = None, typed: Any = None, status: int = 200) -> Response:
    person = current.person()
    assert person is not None
    found = see_noted(current.scope(), lambda session: reads.see_task(session, current.actor(), assignment_id))
    with db.reading(current.scope()) as session:
        if found.state == BARRED:
            return _barred(session, found)
        if found.state not in ("leased", "expired"):
            flash("good" if found.state in ("answered", "late") else "wait", _("This unit is no longer in your hands."))
            return see("work.home")
        ontology = ontology_of(session, found.ontology_id)
        guideline = guideline_text(session, found.guideline_id, [person.locale, found.locale, "en"])
        profile = eligibility.person_of(session, current.actor()) if is_watermarked(found.classification) else None
        pseudonym = profile.pseudonym if profile else ""
    over = found.lease_until <= request_time()
    content = for_page(found.content, work_pass(found))
    return page(
        "marketplace/task.html", status, task=found, ontology=ontology, guideline=guideline, over=over,
        answer=typed if typed is not None else found.draft, errors=errors or {}, skip_words=SKIP_WORDS,
        report_words=REPORT_WORDS, content=content,
        in_page_only=keeps_drafts_on_server_only(found.classification),
        watermark=watermark_of(found.classification, pseudonym),
    )  # fmt: skip


def _factors(offers: Iterable[LaneOffer]) -> frozenset[str]:
    """The kinds of second factor that the reader has set up, where one of them asks for what was not shown yet."""
    if all(demand.reason != Reason.MFA_MISSING for offer in offers for demand in offer.demands):
        return frozenset()
    with db.reading(Scope.system("which factors the reader has set up")) as session:
        return factor_kinds(session, current.actor().account_id or "")


def _barred(session: "Session", task: Task) -> Response:
    """A unit in hand that its holder may not see at the moment: what is missing, and how to get it."""
    profile = eligibility.person_of(session, current.actor())
    agreements = work.agreements_by_code(session, profile.org_id) if profile else {}
    offer = task.as_offer()
    return page(
        "marketplace/task_barred.html", 403, task=task, offer=offer, agreements=agreements, factors=_factors([offer])
    )


@pages.post("/work/<assignment_id>/answer")
def answer(assignment_id: str) -> Response:
    """Send the answer; then the next unit of the same lane, if the person goes on."""
    actor, scope = current.actor(), scope_of_answer(assignment_id)
    with db.reading(scope) as session:
        found = work.task_of(session, actor, assignment_id)
    payload: dict[str, Any] = {}
    try:
        payload = dict(registry.get(found.task_type).from_form(request.form))
        done: Submitted | None = db.current().run(
            scope, lambda session: answers.submit_answer(session, actor, assignment_id, payload)
        )
    except (InvalidAnswer, Invalid) as problem:
        return _show(assignment_id, problem.fields or {"": problem.message}, payload, 422)
    except Conflict as problem:
        if problem.code != "assignment.answered":
            raise
        flash("wait", problem.message)
        done = None
    if done is not None and done.is_late:
        flash("good", _("Your answer came after the unit had gone to somebody else. It is kept and paid."))
    if "stop" in request.form:
        flash("good", _("Sent. Come back whenever you like."))
        return see("work.home")
    following = db.current().run(current.scope(), lambda session: taking.take_next(session, actor, found.lane_id))
    if isinstance(following, Task):
        return see("work.task", assignment_id=following.assignment_id)
    with db.reading(current.scope()) as session:
        profile = eligibility.person_of(session, actor)
        facts = eligibility.facts_of(session, profile.id) if profile else None
        offers = work.lane_offers(session, facts) if facts else []
    if any(offer.lane_id == found.lane_id and not offer.is_open for offer in offers):
        flash("wait", _("Sent. This work asks for something now that is missing."))
        return see("work.why", lane_id=found.lane_id)
    flash("good", _("Sent. There is nothing more for you here just now."))
    return see("work.home")


@pages.post("/work/<assignment_id>/draft")
def draft(assignment_id: str) -> Response:
    """Keep what was typed so far."""
    actor, scope = current.actor(), current.scope()
    with db.reading(scope) as session:
        found = work.task_of(session, actor, assignment_id)
    try:
        payload = dict(registry.get(found.task_type).from_form(request.form))
    except InvalidAnswer:
        return Response(status=204)  # nothing is chosen yet, so there is nothing to keep
    with db.transaction(scope) as session:
        answers.save_draft(session, actor, assignment_id, payload)
    return Response(status=204)


@pages.post("/work/<assignment_id>/skip")
def skip(assignment_id: str) -> Response:
    """Give the unit back with a reason, and go on to the next one."""
    form = read_form(Leave)
    actor, scope = current.actor(), current.scope()
    with db.reading(scope) as session:
        found = work.task_of(session, actor, assignment_id)
    try:
        with db.transaction(scope) as session:
            returning.skip(session, actor, assignment_id, reason=form.values.get("reason", ""), note=form.note)
    except Invalid as problem:
        return _show(assignment_id, problem.fields, status=422)
    flash("good", _("Skipped. You do not meet this unit again, and nothing is held against you."))
    following = db.current().run(scope, lambda session: taking.take_next(session, actor, found.lane_id))
    if isinstance(following, Task):
        return see("work.task", assignment_id=following.assignment_id)
    return see("work.home")


@pages.post("/work/<assignment_id>/report")
def report(assignment_id: str) -> Response:
    """Tell what is wrong with the unit."""
    form = read_form(Leave)
    try:
        with db.transaction(current.scope()) as session:
            returning.report_problem(
                session, current.actor(), assignment_id, reason=form.values.get("reason", ""), note=form.note
            )
    except Invalid as problem:
        return _show(assignment_id, problem.fields, status=422)
    flash("good", _("Thank you. Somebody will look at this unit."))
    return see("work.home")


@pages.post("/work/<assignment_id>/extend")
def extend(assignment_id: str) -> Response:
    """Hold the unit for longer."""
    with db.transaction(current.scope()) as session:
        returning.extend_lease(session, current.actor(), assignment_id)
    return see("work.task", assignment_id=assignment_id)


@pages.post("/work/<assignment_id>/return")
def give_back(assignment_id: str) -> Response:
    """Stop for now: the unit goes back to others."""
    with db.transaction(current.scope()) as session:
        returning.give_back(session, current.actor(), assignment_id)
    return see("work.home")


@pages.get("/lanes/<lane_id>/why")
def why(lane_id: str) -> Response:
    """Why a lane is open to the person, or which step would open it."""
    with db.reading(current.scope()) as session:
        require(session, current.actor(), "work:see")
        profile = eligibility.person_of(session, current.actor())
        facts = eligibility.facts_of(session, profile.id) if profile else None
        offers = [offer for offer in work.lane_offers(session, facts) if offer.lane_id == lane_id] if facts else []
        titles = work.agreements_by_code(session, profile.org_id) if profile else {}
    if not offers:
        raise not_found()
    return page("marketplace/lane_why.html", offer=offers[0], agreements=titles, factors=_factors(offers))
