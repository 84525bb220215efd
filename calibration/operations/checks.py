"""Short paid checks of people who are in, after what they work by has changed: first practice, then a few questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.lanes import find_lane, lane_of
from calibration.models import Attempt, Qualification, QualificationTest
from calibration.operations.linting import lint_pool
from calibration.operations.scoring import Scorer
from calibration.operations.tests import new_version, plans_for, put_in_force, strata_of
from calibration.policy import GRADE_RUN, TEST_PUBLISH, TEST_READ, lane_resource
from calibration.queries.checks import CheckState, check_state, owed
from calibration.queries.gold import pool_counts
from calibration.queries.people import receipt_by_cause
from calibration.queries.tests import CHECK, TestView, test_by_id, view_of
from calibration.values import LaneFacts, PlanKind
from i18n import Message, _
from kernel import audit
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import require
from kernel.policy import Actor, system_actor
from labeling.values import GoldPool
from payouts.queries.rates import rate_of
from workforce.leases import end_leases
from workforce.models import DecisionReceipt
from workforce.operations.receipts import end_receipt, issue_receipt

P0, P1, RISK = 0.6, 0.9, 0.1
ATTEMPTS = 5
MINUTES = 60
DAYS_RANGE = (1, 60)
ABOUT_MOST = 2000
RULE = "check"
PAUSE = timedelta(days=365)  # or until the check is passed, which ends it at once


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDesign:
    """What a check is to be: what has changed, which classes it asks about (all, if none), how much practice, when."""

    about: str
    categories: Sequence[str] = ()
    training_questions: int = 5
    days: int = 14


def publish_check(session: Session, actor: Actor, lane_id: str, design: CheckDesign) -> TestView:
    """Ask the people of a lane to pass a short check by a date. It is work, and paid as such whoever asks for it."""
    lane = lane_of(session, lane_id)
    require(session, actor, TEST_PUBLISH, lane_resource(session, actor, lane))
    _ensure_sane(session, lane, design)
    stock = pool_counts(session, lane.id, GoldPool.EXAM.value)
    asked = {name: count for name, count in stock.items() if not design.categories or name in design.categories}
    plans = plans_for(PlanKind.SEQUENTIAL.value, P0, P1, RISK, RISK, ATTEMPTS, strata=strata_of(asked))
    found = [each for each in lint_pool(session, lane, plans[0], asked) if each.is_error]
    if found:
        raise Invalid(found[0].code, found[0].message, **found[0].facts)
    new = new_version(session, actor, lane, plans)
    new.purpose, new.about, new.categories = CHECK, design.about.strip(), sorted(design.categories)
    new.due_at = now_of(session) + timedelta(days=design.days)
    new.training_questions, new.minutes, new.is_paid, new.cool_down_hours = (
        design.training_questions,
        MINUTES,
        True,
        [0],
    )
    put_in_force(session, new)
    audit.record(
        session, actor, "check.published", "qualification_test", new.id, org_id=lane.org_id,
        details={"lane": lane_id, "categories": new.categories, "due": new.due_at.isoformat()},
    )  # fmt: skip
    return view_of(new)


def look_at_check(session: Session, actor: Actor, lane_id: str) -> CheckState | None:
    """A lane's open check and how many have passed it."""
    lane = lane_of(session, lane_id)
    require(session, actor, TEST_READ, lane_resource(session, actor, lane))
    return check_state(session, lane_id)


def note_passed(session: Session, row: Attempt) -> None:
    """Somebody passed a check: it is owed no more, and a pause that it or one before it had caused ends at once."""
    held = session.scalars(
        select(Qualification)
        .where(Qualification.lane_id == row.lane_id, Qualification.annotator_id == row.annotator_id)
        .with_for_update()
    ).one_or_none()
    if held is None:
        return
    passed = test_by_id(session, row.test_id)
    if held.check_id is not None and test_by_id(session, held.check_id).version > passed.version:
        return  # a newer one was passed before this one was given back
    held.check_id = row.test_id
    _end_failures(session, row)
    if held.pause_receipt_id is None:  # a pause may be on hold while its appeal waits
        return
    receipt = session.get_one(DecisionReceipt, held.pause_receipt_id)
    if receipt.cause_kind == "check" and int(receipt.rule_version) <= passed.version:
        held.paused_until = None
        end_receipt(session, system_actor("check", row.vendor_org_id), receipt.id)


def _end_failures(session: Session, row: Attempt) -> None:
    """Having failed a check is over once it is passed."""
    failed = session.scalars(
        select(DecisionReceipt.id)
        .join(Attempt, Attempt.id == DecisionReceipt.cause_id)
        .where(
            DecisionReceipt.kind == "test_failed", DecisionReceipt.state == "in_force",
            Attempt.test_id == row.test_id, Attempt.annotator_id == row.annotator_id,
        )
    ).all()  # fmt: skip
    for receipt_id in failed:
        end_receipt(session, system_actor("check", row.vendor_org_id), receipt_id)


def pause_overdue(session: Session, actor: Actor, limit: int = 200) -> int:
    """Pause the lane of those who let a check's date go by, with a receipt; returns how many. Once for each check."""
    require(session, actor, GRADE_RUN)
    now = now_of(session)
    late = session.execute(
        select(Qualification, QualificationTest)
        .join(QualificationTest, owed())
        .where(
            QualificationTest.due_at < now,
            Qualification.paused_until.is_(None),
            Qualification.until_at.is_(None) | (Qualification.until_at > now),
        )
        .order_by(QualificationTest.due_at)
        .limit(limit)
        .with_for_update(of=Qualification)
    ).all()
    paused = 0
    for held, test in late:
        lane = find_lane(session, held.lane_id)
        if lane is not None and receipt_by_cause(session, "lane_paused", _cause(test.id, held.annotator_id)) is None:
            _pause(session, actor, lane, held, test)
            paused += 1
    return paused


def _pause(session: Session, actor: Actor, lane: LaneFacts, held: Qualification, test: QualificationTest) -> None:
    until = now_of(session) + PAUSE
    receipt_id = issue_receipt(
        session, actor, annotator_id=held.annotator_id, kind="lane_paused", rule=RULE, rule_version=str(test.version),
        what=_("Your work in %(lane)s is paused until you pass its check.", lane=lane.name),
        why=_("What this work goes by has changed, and the check of it was due on %(at)s.", at=test.due_at),
        way_back=_(
            "Take the check: it is short and paid, begins with practice, and ends the pause at once when you pass. If"
            " you could not take it in time, or think that this is wrong, appeal."
        ),
        cause_kind="check", cause_id=_cause(test.id, held.annotator_id), lane_id=lane.id, until_at=until,
    )  # fmt: skip
    held.paused_until, held.pause_receipt_id = until, receipt_id
    audit.record(
        session, actor, "lane.paused", "qualification", held.id, org_id=held.vendor_org_id,
        details={"lane": lane.id, "check": test.id, "receipt": receipt_id},
    )  # fmt: skip
    end_leases(session, actor, held.annotator_id, lane_id=lane.id, cause="check")


def _cause(test_id: str, annotator_id: str) -> str:
    return f"{test_id}:{annotator_id}"


def _ensure_sane(session: Session, lane: LaneFacts, design: CheckDesign) -> None:
    if lane.ontology_id is None or lane.guideline_id is None:
        raise Conflict("test.no_schema", _("Publish a label schema and a guideline for this lane first."))
    if rate_of(session, lane.id, now_of(session)) is None:
        raise Conflict("test.no_rate", _("A check is paid, and the vendor has not set what this lane earns."))
    fields: dict[str, Message] = {}
    if not 3 <= len(design.about.strip()) <= ABOUT_MOST:
        fields["about"] = _("Say what has changed, in up to %(most)s characters.", most=ABOUT_MOST)
    if not DAYS_RANGE[0] <= design.days <= DAYS_RANGE[1]:
        fields["days"] = _("Between %(least)s and %(most)s.", least=DAYS_RANGE[0], most=DAYS_RANGE[1])
    if not 0 <= design.training_questions <= 50:
        fields["training_questions"] = _("Between %(least)s and %(most)s.", least=0, most=50)
    task_type, ontology = Scorer(session).schema(lane.ontology_id)
    known = task_type.categories(ontology) or ()
    if any(name not in known for name in design.categories):
        fields["categories"] = _("Choose classes of the label schema.")
    if fields:
        raise Invalid("check.invalid", _("This check cannot be published like that."), fields=fields)
