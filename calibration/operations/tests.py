"""Qualification tests: publishing one only if its promises hold and there is gold enough to keep them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.lanes import lane_of
from calibration.models import QualificationTest
from calibration.operations.scoring import Scorer
from calibration.policy import TEST_PUBLISH, lane_resource
from calibration.queries.gold import pool_counts
from calibration.queries.tests import TestView, plan_json, view_of
from calibration.rules import testplan
from calibration.rules.testplan import Plan
from calibration.values import LaneFacts, PlanImpossible, PlanKind
from i18n import Message, _, ngettext
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import require
from kernel.policy import Actor
from labeling.values import GoldPool

COOL_DOWN_HOURS = (24, 168, 720)
POOL_FACTOR = 3
ATTEMPTS_RANGE = (1, 5)
MINUTES_RANGE = (5, 240)
TRAINING_MOST = 50


@dataclass(frozen=True, slots=True)
class Published:
    """The new version of a test, and what its designer should know of its gold."""

    test: TestView
    warnings: tuple[Message, ...]


def publish_test(
    session: Session, actor: Actor, *, lane_id: str, kind: str = PlanKind.SEQUENTIAL.value, p0: float = 0.7,
    p1: float = 0.9, alpha: float = 0.05, beta: float = 0.05, training_questions: int = 5, attempts_most: int = 3,
    cool_down_hours: Sequence[int] = COOL_DOWN_HOURS, minutes: int = 60,
) -> Published:  # fmt: skip
    """Publish the next version of a lane's test, in place of the one before.

    Refused: a plan that cannot keep alpha and beta exactly; an exam pool with fewer questions than one attempt may
    need, or without a class of the label schema. The transaction must be able to count gold (`Scope.system`, or the
    client's own `with_gold`); a vendor's person learns the counts, never a key.
    """
    lane = lane_of(session, lane_id)
    require(session, actor, TEST_PUBLISH, lane_resource(session, actor, lane))
    if lane.ontology_id is None or lane.guideline_id is None:
        raise Conflict("test.no_schema", _("Publish a label schema and a guideline for this lane first."))
    _ensure_sane(training_questions, attempts_most, cool_down_hours, minutes)
    plans = plans_for(kind, p0, p1, alpha, beta, attempts_most)
    warnings = _check_gold(session, lane, plans[0], training_questions)
    before = session.scalars(
        select(QualificationTest).where(QualificationTest.lane_id == lane_id).order_by(QualificationTest.version)
    ).all()
    for row in before:
        row.is_open = False
    new = QualificationTest(
        id=ids.new_id(), org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        lane_id=lane_id, version=before[-1].version + 1 if before else 1, kind=PlanKind(kind).value, p0=p0, p1=p1,
        alpha=alpha, beta=beta, plan={"attempts": [plan_json(plan) for plan in plans]},
        training_questions=training_questions, attempts_most=attempts_most, cool_down_hours=list(cool_down_hours),
        minutes=minutes, ontology_id=lane.ontology_id, guideline_id=lane.guideline_id, is_open=True,
        published_at=now_of(session), published_by=actor.account_id,
    )  # fmt: skip
    session.add(new)
    session.flush()
    audit.record(
        session, actor, "test.published", "qualification_test", new.id, org_id=lane.org_id,
        details={"lane": lane_id, "version": new.version, "questions": plans[0].questions,
                 "alpha": plans[0].exact_alpha, "beta": plans[0].exact_beta},
    )  # fmt: skip
    return Published(view_of(new), warnings)


def plans_for(kind: str, p0: float, p1: float, alpha: float, beta: float, attempts: int) -> tuple[Plan, ...]:
    """The exact plan of each attempt; raises Invalid where none keeps its promises."""
    try:
        plans = tuple(
            testplan.plan_for_attempt(p0, p1, alpha, beta, PlanKind(kind), attempt=number)
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


def _check_gold(session: Session, lane: LaneFacts, plan: Plan, training: int) -> tuple[Message, ...]:
    exam = pool_counts(session, lane.id, GoldPool.EXAM.value)
    total = sum(exam.values())
    if total < plan.questions:
        raise Invalid(
            "test.pool_too_small",
            _(
                "One attempt may need %(needed)s exam questions, and this lane has %(present)s. Add gold to the exam"
                " pool, or ask for less certainty.",
                needed=plan.questions,
                present=total,
            ),
            needed=plan.questions,
            present=total,
        )
    missing, unasked = _missing_classes(session, lane, exam)
    if missing:
        raise Invalid(
            "test.class_missing",
            _("The exam pool has no question for these classes: %(classes)s.", classes=missing),
            classes=missing,
        )
    trained = sum(pool_counts(session, lane.id, GoldPool.TRAINING.value).values())
    return (*_warnings(plan, total, trained, training), *unasked)


def _missing_classes(session: Session, lane: LaneFacts, exam: dict[str, int]) -> tuple[list[str], tuple[Message, ...]]:
    """Classes of the label schema that the exam cannot ask for, and a warning for other answers never right in it."""
    assert lane.ontology_id is not None
    task_type, ontology = Scorer(session).schema(lane.ontology_id)
    absent = [name for name in task_type.categories(ontology) or () if not exam.get(name)]
    classes = [name for name in absent if ontology.has_class(name)]
    others = [name for name in absent if not ontology.has_class(name)]
    note = _("No exam question has one of these answers: %(answers)s.", answers=others)
    return classes, (note,) if others else ()


def _warnings(plan: Plan, exam: int, training_pool: int, training: int) -> tuple[Message, ...]:
    found = []
    if exam < POOL_FACTOR * plan.questions:
        found.append(
            ngettext(
                "The exam pool has %(num)s question. %(wanted)s would let people try again, and keep answers from"
                " going round.",
                "The exam pool has %(num)s questions. %(wanted)s would let people try again, and keep answers from"
                " going round.",
                exam,
                wanted=POOL_FACTOR * plan.questions,
            )
        )
    if training_pool < training:
        found.append(
            ngettext(
                "There is %(num)s training question instead of %(wanted)s.",
                "There are %(num)s training questions instead of %(wanted)s.",
                training_pool,
                wanted=training,
            )
        )
    return tuple(found)


def _ensure_sane(training: int, attempts: int, hours: Sequence[int], minutes: int) -> None:
    fields: dict[str, Message] = {}
    if not 0 <= training <= TRAINING_MOST:
        fields["training_questions"] = _("Between 0 and %(most)s.", most=TRAINING_MOST)
    if not ATTEMPTS_RANGE[0] <= attempts <= ATTEMPTS_RANGE[1]:
        fields["attempts_most"] = _("Between 1 and %(most)s.", most=ATTEMPTS_RANGE[1])
    if not MINUTES_RANGE[0] <= minutes <= MINUTES_RANGE[1]:
        fields["minutes"] = _("Between %(least)s and %(most)s.", least=MINUTES_RANGE[0], most=MINUTES_RANGE[1])
    if not hours or any(hour < 0 for hour in hours):
        fields["cool_down_hours"] = _("Give the hours to wait after each attempt.")
    if fields:
        raise Invalid("test.invalid", _("This test cannot be published like that."), fields=fields)
