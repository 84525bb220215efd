"""How an exam ends: the lane opens, or the person is told why not, on which figure, and when they may try again."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from calibration.models import Attempt
from calibration.operations.checks import note_passed
from calibration.operations.qualifications import open_lane
from calibration.queries.attempts import attempts_of, tries_before
from calibration.queries.tests import CHECK, TestView
from calibration.rules.intervals import wilson
from calibration.rules.retries import hours_after_leaving, neglected_classes
from calibration.rules.testplan import Plan
from calibration.values import LaneFacts
from i18n import Message, _, figure, ngettext
from kernel import audit
from kernel.db import now_of
from kernel.policy import system_actor
from workforce.operations.evidence import note_exam
from workforce.operations.receipts import issue_receipt

RULE = "qualification_test"


def conclude(session: Session, lane: LaneFacts, row: Attempt, test: TestView, plan: Plan, *, passed: bool) -> None:
    """Write the outcome of a closed attempt. A class that is hardly ever recognised fails, whatever the total."""
    neglected = neglected_classes({name: (right, asked) for name, (asked, right) in row.by_class.items()})
    actor = system_actor("qualification test", row.vendor_org_id)
    row.state = "passed" if passed and not neglected else "failed"
    if row.state == "passed" and row.purpose == CHECK:
        note_passed(session, row)
    elif row.state == "passed":
        until = now_of(session) + timedelta(days=test.expires_days) if test.expires_days else None
        open_lane(
            session, lane, row.annotator_id, row.account_id, basis="test", attempt_id=row.id, reason="", by=None,
            until_at=until,
        )  # fmt: skip
        note_exam(
            session, actor, row.annotator_id, locale=lane.locale, modes=lane.modes, level=lane.proficiency,
            lane_id=lane.id,
        )  # fmt: skip
    else:
        row.next_at = _next_at(session, row, test)
        _explain(session, lane, row, test, plan, neglected if passed else ())
    audit.record(
        session, actor, f"attempt.{row.state}", "attempt", row.id, org_id=row.vendor_org_id,
        details={"lane": lane.id, "asked": row.asked, "right": row.right, "test": test.version},
    )  # fmt: skip


def _next_at(session: Session, row: Attempt, test: TestView) -> datetime | None:
    """When another attempt is possible; None when this was the last one."""
    tries = tries_before(session, row) + 1
    if tries >= test.attempts_most:
        return None
    hours = test.cool_down_hours[min(tries, len(test.cool_down_hours)) - 1]
    return now_of(session) + timedelta(hours=hours)


def leave(session: Session, row: Attempt, test: TestView) -> None:
    """An attempt that ended without an answer: it costs nothing, but leaving often after a question was shown waits."""
    row.state = "ended"
    if not row.by_class or row.purpose == CHECK:  # nothing of the exam was shown; checks have a date to be passed by
        return
    left = sum(
        each.state == "ended"
        and each.called_off_at is None
        and each.asked == 0
        and bool(each.by_class)
        and each.number < row.number
        for each in attempts_of(session, row.lane_id, row.account_id)
    )
    hours = hours_after_leaving(left, test.cool_down_hours)
    row.next_at = now_of(session) + timedelta(hours=hours) if hours else None


def _explain(
    session: Session, lane: LaneFacts, row: Attempt, test: TestView, plan: Plan, neglected: tuple[str, ...]
) -> str:
    interval = wilson(row.right, row.asked)
    return issue_receipt(
        session,
        system_actor("qualification test", row.vendor_org_id),
        annotator_id=row.annotator_id,
        kind="test_failed",
        rule=RULE,
        rule_version=str(test.version),
        what=(
            _("You did not pass the check of what changed in %(lane)s.", lane=lane.name)
            if row.purpose == CHECK
            else _("You did not pass the test for %(lane)s.", lane=lane.name)
        ),
        why=_why(row, plan, neglected),
        way_back=_way_back(row),
        figure={
            "value": round(row.right / row.asked, 4),
            "low": round(interval.lower, 4),
            "high": round(interval.upper, 4),
            "limit": round(plan.slope, 4),
            "n": row.asked,
        },
        evidence=[{"kind": "attempt", "id": row.id}],
        cause_kind="attempt",
        cause_id=row.id,
        lane_id=lane.id,
        until_at=row.next_at,
    )


def _why(row: Attempt, plan: Plan, neglected: tuple[str, ...]) -> Message:
    if row.ended_at is not None and row.ended_at > row.deadline_at:
        return ngettext(
            "The time was over after %(num)s answer, and the test could not be decided by then. Right answers:"
            " %(right)s.",
            "The time was over after %(num)s answers, and the test could not be decided by then. Right answers:"
            " %(right)s.",
            row.asked,
            right=row.right,
        )
    if neglected:
        return _(
            "In all you answered %(right)s of %(asked)s questions right. But answers of the kind %(classes)s were"
            " hardly ever recognised, and the work needs every kind.",
            right=row.right,
            asked=row.asked,
            classes=list(neglected),
        )
    return _(
        "You answered %(right)s of %(asked)s questions right. People who are right in %(p1)s of cases pass almost"
        " always, people who are right in %(p0)s or less almost never; your answers were clearly nearer to the latter.",
        right=row.right,
        asked=row.asked,
        p1=figure("percent", plan.p1),
        p0=figure("percent", plan.p0),
    )


def _way_back(row: Attempt) -> Message:
    if row.next_at is None:
        return _("This was the last attempt. If you think that the test was wrong about you, appeal.")
    return _(
        "You can try again from %(at)s, with other questions. Read the guideline first; the result shows which kinds"
        " of questions went wrong. If you think that the test was wrong about you, appeal.",
        at=row.next_at,
    )
