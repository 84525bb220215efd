"""A lane's pages for vendors and clients: its quality, and the design of its test."""

from typing import Any

from flask import Response, request
from pydantic import Field

from calibration import jobs
from calibration.lanes import lane_of
from calibration.operations import checks, inference, reading, tests
from calibration.pages import pages, pictures
from calibration.policy import GOLD_READ
from calibration.queries.tests import TestView, characteristic
from calibration.rules.testplan import Plan, passes_within
from calibration.values import LaneFacts
from i18n import _
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.jobs import enqueue
from kernel.policy import Role
from kernel.tenancy import Scope
from labeling.queries.content import ontology_of
from web import current
from web.amounts import Percent, percent_of, share_of
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce.pages.words import country_name

MAY_PUBLISH = (Role.CLIENT_ADMIN, Role.CLIENT_QA, Role.VENDOR_MANAGER)
SHARES = ("p0", "p1", "alpha", "beta")
COUNTING = "counting gold for a test's pool"


class DesignForm(FormModel):
    """What the test designer sends."""

    kind: str = "sequential"
    p0: Percent = Field(default=70, ge=5, le=98)
    p1: Percent = Field(default=90, ge=6, le=99)
    alpha: Percent = Field(default=5, ge=0.1, le=49)
    beta: Percent = Field(default=5, ge=0.1, le=49)
    strata: str = "class"
    training_questions: int = Field(default=5, ge=0, le=50)
    attempts_most: int = Field(default=3, ge=1, le=5)
    minutes: int = Field(default=60, ge=5, le=240)
    begin_hours: int = Field(default=24, ge=1, le=168)
    cool_down_hours: str = "24, 168, 720"
    expires_days: int | None = Field(default=None, ge=30, le=1095)
    is_paid: bool = False
    accepted: list[str] = Field(default_factory=list)

    @property
    def hours(self) -> list[int]:
        """The waits after each attempt."""
        try:
            return [int(part) for part in self.cool_down_hours.replace(",", " ").split()]
        except ValueError:
            message = _("Write whole hours with commas between them.")
            raise Invalid("test.hours", message, fields={"cool_down_hours": message}) from None

    @property
    def settings(self) -> dict[str, Any]:
        """What the operations call it."""
        typed = self.model_dump(exclude={"cool_down_hours", "accepted", *SHARES})
        return typed | {name: share_of(getattr(self, name)) for name in SHARES} | {"cool_down_hours": self.hours}


@pages.get("/lanes/<lane_id>/quality")
def lane_quality(lane_id: str) -> Response:
    """How good a lane's labels and people are."""
    with db.reading(current.scope()) as session:
        found = reading.lane_quality(session, current.actor(), lane_id)
        ontology = ontology_of(session, found.lane.ontology_id) if found.lane.ontology_id else None
    return page(
        "calibration/lane_quality.html", found=found, lane=found.lane, quality=found.quality,
        classes=pictures.classes(found.quality, ontology, found.lane.quality_target),
        confusion=pictures.confusion(found.quality, ontology), names=pictures.class_names(ontology),
        agreed=pictures.agreement(found.quality, ontology),
        by_language=pictures.agreement_by_language(found.agreement), known=pictures.classes_met(found.quality),
        weeks=pictures.lane_over_time(found.weeks, found.lane.quality_target),
        country=country_name, gate=found.gate, may_admit=current.actor().role == Role.VENDOR_MANAGER,
        may_read_gold=current.may(GOLD_READ),
    )  # fmt: skip


@pages.post("/lanes/<lane_id>/inference")
def run_inference(lane_id: str) -> Response:
    """Ask for the lane's labels to be inferred anew."""
    actor = current.actor()
    method = request.form.get("method", inference.DEFAULT)
    with db.transaction(current.scope()) as session:
        inference.ensure_may_infer(session, actor, lane_id)
        enqueue(session, jobs.infer_lane, actor=actor, lane_id=lane_id, method=method)
    flash("good", _("The labels are being inferred. The figures change when it is done."))
    return see("calibration.lane_quality", lane_id=lane_id)


class CheckForm(FormModel):
    """What the form of a check sends."""

    about: str = ""
    categories: list[str] = Field(default_factory=list)
    training_questions: int = Field(default=5, ge=0, le=50)
    days: int = Field(default=14, ge=1, le=60)


@pages.get("/lanes/<lane_id>/check")
def lane_check(lane_id: str) -> Response:
    """The check of people who are in: the open one, and a form for the next."""
    return _check(lane_id, empty_form(CheckForm().model_dump()))


@pages.post("/lanes/<lane_id>/check")
def publish_check(lane_id: str) -> Response:
    """Ask the people of a lane to pass a short, paid check."""
    actor, form = current.actor(), read_form(CheckForm)
    if not form.ok:
        return _check(lane_id, form, 422)
    design = checks.CheckDesign(**form.data.model_dump())
    try:
        db.current().run(Scope.system(COUNTING), lambda session: checks.publish_check(session, actor, lane_id, design))
    except (Invalid, Conflict) as problem:
        form.errors = dict(problem.fields if isinstance(problem, Invalid) else {}) or {"": problem.message}
        return _check(lane_id, form, 422)
    flash("good", _("The check is published. Everybody who works here finds it on their page."))
    return see("calibration.lane_check", lane_id=lane_id)


def _check(lane_id: str, form: Form[Any], status: int = 200) -> Response:
    actor = current.actor()
    with db.reading(current.scope()) as session:
        state = checks.look_at_check(session, actor, lane_id)
        lane = lane_of(session, lane_id)
        ontology = ontology_of(session, lane.ontology_id) if lane.ontology_id else None
    return page(
        "calibration/lane_check.html", status, lane=lane, form=form, state=state,
        classes=pictures.class_names(ontology), may_publish=actor.role in MAY_PUBLISH,
    )  # fmt: skip


@pages.get("/lanes/<lane_id>/test")
def lane_test(lane_id: str) -> Response:
    """The designer: what a test would do to people, before anybody meets it. Gold is counted once a design is sent."""
    with db.reading(current.scope()) as session:
        lane, test = reading.lane_test(session, current.actor(), lane_id)
    start = _values_of(test) if test else DesignForm().model_dump()
    return _design(lane, empty_form(start), None, test=test)


@pages.post("/lanes/<lane_id>/test")
def publish_test(lane_id: str) -> Response:
    """Look at a design, or publish it."""
    actor, form = current.actor(), read_form(DesignForm)
    with db.reading(current.scope()) as session:
        lane, test = reading.lane_test(session, actor, lane_id)
    examined = None
    if form.ok:
        try:
            examined = _examined(lane_id, form.data.settings)
            if "preview" in request.form:
                return _design(lane, form, examined, test=test)
            return _published(lane_id, form.data)
        except Invalid as problem:
            form.add(problem)
            if "" not in form.errors:
                form.errors = {"": problem.message, **form.errors}
    return _design(lane, form, examined, test=test, status=422)


def _examined(lane_id: str, settings: dict[str, Any]) -> tests.Examined:
    actor = current.actor()
    with db.reading(Scope.system(COUNTING)) as session:
        return tests.examine_test(session, actor, lane_id, tests.Design(**settings))


def _shown_plans(form: Form[Any], examined: tests.Examined | None, test: TestView | None) -> tuple[Plan, ...]:
    """The plans of what was sent, or before that of the test in force; none where what was sent has none."""
    if examined is not None:
        return examined.plans
    if form.errors:
        return ()
    start = tests.Design(**DesignForm().settings)
    return test.plans if test else tests.plans_for(
        start.kind, start.p0, start.p1, start.alpha, start.beta, start.attempts_most
    )  # fmt: skip


def _published(lane_id: str, design: DesignForm) -> Response:
    actor, settings, accepted = current.actor(), design.settings, design.accepted
    done = db.current().run(
        Scope.system(COUNTING),
        lambda session: tests.publish_test(session, actor, lane_id=lane_id, accepted=accepted, **settings),
    )
    flash("good", _("Version %(version)s of the test is published.", version=done.test.version))
    return see("calibration.lane_test", lane_id=lane_id)


def _values_of(test: TestView) -> dict[str, Any]:
    plan = test.plan
    return {
        **{name: percent_of(getattr(plan, name)) for name in SHARES}, "kind": test.kind,
        "strata": test.strata, "training_questions": test.training_questions, "attempts_most": test.attempts_most,
        "minutes": test.minutes, "begin_hours": test.begin_hours, "expires_days": test.expires_days,
        "is_paid": test.is_paid, "cool_down_hours": ", ".join(map(str, test.cool_down_hours)), "accepted": [],
    }  # fmt: skip


def _design(
    lane: LaneFacts, form: Form[Any], examined: tests.Examined | None, *, test: TestView | None, status: int = 200
) -> Response:
    plans = _shown_plans(form, examined, test)
    points = characteristic(plans) if plans else []
    actor = current.actor()
    return page(
        "calibration/lane_test.html", status, lane=lane, form=form, plans=plans, test=test, points=points,
        within=passes_within(plans, plans[0].p0) if plans else None,
        drawn=pictures.characteristic(points, plans[0], examined.outlook if examined else None) if plans else (),
        examined=examined,
        is_stale=test is not None and (test.ontology_id, test.guideline_id) != (lane.ontology_id, lane.guideline_id),
        is_vendor=actor.org_id == lane.vendor_org_id, may_publish=actor.role in MAY_PUBLISH,
    )  # fmt: skip
