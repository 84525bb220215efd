"""Qualification tests: looking at a design before anybody meets it, and publishing one whose promises hold."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.lanes import lane_of
from calibration.models import QualificationTest
from calibration.operations.linting import WARNINGS, Finding, lint
from calibration.policy import TEST_PUBLISH, lane_resource
from calibration.queries.gold import pool_counts
from calibration.queries.tests import (
    ENTRANCE,
    LONGEST_WAIT,
    Outlook,
    TestView,
    open_test,
    outlook_of,
    plan_json,
    view_of,
)
from calibration.rules import testplan
from calibration.rules.testplan import Plan
from calibration.values import LaneFacts, PlanImpossible, PlanKind
from i18n import Message, _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import require
from kernel.policy import Actor
from labeling.values import GoldPool
from payouts.queries.rates import rate_of

COOL_DOWN_HOURS = (24, 168, 720)
ATTEMPTS_RANGE = (1, 5)
MINUTES_RANGE = (5, 240)
BEGIN_RANGE = (1, 168)
EXPIRY_RANGE = (30, 1095)
TRAINING_MOST = 50
STRATA = ("class", "class_difficulty", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a test is to be, before it is published."""

    kind: str = PlanKind.SEQUENTIAL.value
    p0: float = 0.7
    p1: float = 0.9
    alpha: float = 0.05
    beta: float = 0.05
    strata: str = "class"
    training_questions: int = 5
    attempts_most: int = 3
    cool_down_hours: Sequence[int] = COOL_DOWN_HOURS
    minutes: int = 60
    begin_hours: int = 24
    expires_days: int | None = None
    is_paid: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """A design looked at: the exact plan of each attempt, what the lint finds, and what it will cost."""

    plans: tuple[Plan, ...]
    findings: tuple[Finding, ...]
    stock: dict[str, int] = field(hash=False)  # exam questions by class
    outlook: Outlook

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What forbids publishing."""
        return tuple(each for each in self.findings if each.is_error)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What the publisher must take on."""
        return tuple(each for each in self.findings if not each.is_error)


@dataclass(frozen=True, slots=True)
class Published:
    """The new version of a test, and what its designer took on."""

    test: TestView
    warnings: tuple[Message, ...]


def examine_test(session: Session, actor: Actor, lane_id: str, design: Design) -> Examined:
    """What a design would do to people and cost, and what is wrong with it. Raises Invalid where there is no plan.

    The transaction must be able to count gold (`Scope.system`, or the client's own `with_gold`); a vendor's person
    learns counts, never a key. What a unit earns is told to the vendor alone.
    """
    lane = lane_of(session, lane_id)
    require(session, actor, TEST_PUBLISH, lane_resource(session, actor, lane))
    return _examined(session, actor, lane, design)


def publish_test(
    session: Session, actor: Actor, *, lane_id: str, accepted: Collection[str] = (), **settings: Any
) -> Published:
    """Publish the next version of a lane's test, in place of the one before; `settings` are those of `Design`.

    Refused: a plan that cannot keep alpha and beta exactly, whatever the lint calls an error, and warnings whose code
    is not among the `accepted`. Only the vendor says whether a test is paid; a client's version keeps what was said.
    """
    lane, design = lane_of(session, lane_id), Design(**settings)
    require(session, actor, TEST_PUBLISH, lane_resource(session, actor, lane))
    examined = _examined(session, actor, lane, design)
    _ensure_publishable(examined, accepted)
    new = new_version(session, actor, lane, examined.plans, design)
    new.accepted = sorted(each.code for each in examined.warnings)
    put_in_force(session, new)
    plan = examined.plans[0]
    audit.record(
        session, actor, "test.published", "qualification_test", new.id, org_id=lane.org_id,
        details={"lane": lane_id, "version": new.version, "questions": plan.questions, "alpha": plan.exact_alpha,
                 "beta": plan.exact_beta, "accepted": new.accepted, "paid": new.is_paid},
    )  # fmt: skip
    return Published(view_of(new), tuple(each.message for each in examined.warnings))


def _examined(session: Session, actor: Actor, lane: LaneFacts, design: Design) -> Examined:
    if lane.ontology_id is None or lane.guideline_id is None:
        raise Conflict("test.no_schema", _("Publish a label schema and a guideline for this lane first."))
    _ensure_sane(design)
    _ensure_payable(session, actor, lane, design)
    stock = pool_counts(session, lane.id, GoldPool.EXAM.value)
    plans = plans_for(
        design.kind, design.p0, design.p1, design.alpha, design.beta, design.attempts_most,
        strata=strata_of(stock, design.strata),
    )  # fmt: skip
    is_vendor = actor.org_id == lane.vendor_org_id
    rate = rate_of(session, lane.id, now_of(session)) if design.is_paid and is_vendor else None
    outlook = outlook_of(plans, sum(stock.values()), rate)
    return Examined(plans, lint(session, lane, plans, stock, design.training_questions), stock, outlook)


def _ensure_publishable(examined: Examined, accepted: Collection[str]) -> None:
    errors = examined.errors
    if errors:
        more = {"findings": [each.code for each in errors]}
        raise Invalid(errors[0].code, errors[0].message, **(more | dict(errors[0].facts)))
    open_ones = [each for each in examined.warnings if each.code not in accepted]
    if open_ones:
        raise Invalid(
            "test.warnings",
            _("Read the warnings and take them on, or change the test."),
            warnings=[each.code for each in open_ones],
            told=[str(each.message) for each in open_ones],
        )


def new_version(
    session: Session, actor: Actor, lane: LaneFacts, plans: Sequence[Plan], design: Design | None = None
) -> QualificationTest:
    """The lane's next version by these plans, not in force yet."""
    design = design or Design(
        kind=plans[0].kind, p0=plans[0].p0, p1=plans[0].p1, alpha=plans[0].alpha, beta=plans[0].beta,
        attempts_most=len(plans),
    )  # fmt: skip
    number = session.scalar(select(func.max(QualificationTest.version)).where(QualificationTest.lane_id == lane.id))
    assert lane.ontology_id is not None and lane.guideline_id is not None
    return QualificationTest(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane.id, version=(number or 0) + 1, kind=PlanKind(design.kind).value, p0=design.p0, p1=design.p1,
        alpha=design.alpha, beta=design.beta, plan={"attempts": [plan_json(plan) for plan in plans]},
        training_questions=design.training_questions, attempts_most=design.attempts_most,
        cool_down_hours=list(design.cool_down_hours), minutes=design.minutes, ontology_id=lane.ontology_id,
        guideline_id=lane.guideline_id, purpose=ENTRANCE, strata=design.strata, begin_hours=design.begin_hours,
        expires_days=design.expires_days, is_paid=design.is_paid, accepted=[], about="", categories=[], due_at=None,
        is_open=True, published_at=now_of(session), published_by=actor.account_id,
    )  # fmt: skip


def put_in_force(session: Session, new: QualificationTest) -> None:
    """In place of the version before; attempts under way end under their own."""
    before = session.scalars(
        select(QualificationTest).where(
            QualificationTest.lane_id == new.lane_id,
            QualificationTest.purpose == new.purpose,
            QualificationTest.is_open,
        )
    )
    for row in before:
        row.is_open = False
    session.add(new)
    session.flush()


def strata_of(stock: Mapping[str, int], strata: str = "class") -> int:
    """How many kinds of questions an exam asks each of before it can be passed."""
    return 1 if strata == "none" else max(1, sum(count > 0 for count in stock.values()))


def plans_for(
    kind: str, p0: float, p1: float, alpha: float, beta: float, attempts: int, *, strata: int = 1
) -> tuple[Plan, ...]:
    """The exact plan of each attempt; raises Invalid where none keeps its promises."""
    if p0 >= p1:
        fault = _("It must be higher than the accuracy that must not pass.")
        raise Invalid("test.impossible", fault, fields={"p1": fault})
    try:
        plans = tuple(
            testplan.plan_for_attempt(p0, p1, alpha, beta, PlanKind(kind), attempt=number, strata=strata)
            for number in range(1, attempts + 1)
        )
    except PlanImpossible:
        raise Invalid(
            "test.impossible",
            _(
                "No test of a sensible length tells these two accuracies apart with these error rates."
                " Put them further apart, or allow more error."
            ),
            fields={"p1": _("Choose a higher accuracy, or a lower one that must not pass.")},
        ) from None
    except ValueError:
        message = _("A test is sequential or of fixed length.")
        raise Invalid("test.kind", message, fields={"kind": message}) from None
    if not all(plan.keeps_its_promises for plan in plans):
        raise Invalid("test.misses", _("The plan does not keep the error rates asked for."))
    return plans


def _ensure_payable(session: Session, actor: Actor, lane: LaneFacts, design: Design) -> None:
    """Only the vendor, whose money it is, makes a test a paid one; what it pays has to be known."""
    if not design.is_paid:
        return
    before = open_test(session, lane.id)
    if actor.org_id != lane.vendor_org_id and not (before and before.is_paid):
        message = _("Whether the test is paid is the vendor’s to say.")
        raise Invalid("test.pay", message, fields={"is_paid": message})
    if actor.org_id == lane.vendor_org_id and rate_of(session, lane.id, now_of(session)) is None:
        message = _("Set what a unit of this lane earns first: an exam question earns the same.")
        raise Invalid("test.no_rate", message, fields={"is_paid": message})


def _ensure_sane(design: Design) -> None:
    ranges = {
        "training_questions": (design.training_questions, (0, TRAINING_MOST)),
        "attempts_most": (design.attempts_most, ATTEMPTS_RANGE),
        "minutes": (design.minutes, MINUTES_RANGE),
        "begin_hours": (design.begin_hours, BEGIN_RANGE),
        "expires_days": (design.expires_days, EXPIRY_RANGE),
    }
    fields: dict[str, Message] = {
        name: _("Between %(least)s and %(most)s.", least=least, most=most)
        for name, (value, (least, most)) in ranges.items()
        if value is not None and not least <= value <= most
    }
    if design.strata not in STRATA:
        fields["strata"] = _("Draw by class, by class and difficulty, or from all alike.")
    if not 1 <= len(design.cool_down_hours) <= ATTEMPTS_RANGE[1]:
        fields["cool_down_hours"] = _("Give the hours to wait after each attempt, one to five of them.")
    elif not all(0 <= hours <= LONGEST_WAIT for hours in design.cool_down_hours):
        fields["cool_down_hours"] = _("Between %(least)s and %(most)s.", least=0, most=LONGEST_WAIT)
    if fields:
        raise Invalid("test.invalid", _("This test cannot be published like that."), fields=fields)


__all__ = [
    "COOL_DOWN_HOURS", "STRATA", "WARNINGS", "Design", "Examined", "Finding", "Published", "examine_test",
    "new_version", "plans_for", "publish_test", "put_in_force", "strata_of",
]  # fmt: skip
