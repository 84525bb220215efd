"""Review: a second person takes a unit with its answers, and accepts, fixes, returns or rejects, with a reason.

Nobody reviews a unit that they answered. A rejection is per judgment, writes a receipt to each person it touches, and
takes their pending pay for that unit; everything else leaves pay alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select, update
from sqlalchemy.orm import Session

from calibration.models import Consensus, Judgment
from i18n import Message, _
from kernel import audit
from kernel.db import change_later, now_of
from kernel.errors import Conflict, Forbidden, Invalid, NeedsWriting, NotFound
from kernel.grants import rights_on
from kernel.guard import require
from kernel.hot import Hot, table_of
from kernel.policy import Actor
from labeling.models import Item, opened_content
from labeling.queries.content import ontology_of
from labeling.tasktypes import registry
from marketplace.models import Lane, ProblemReport, Project, Review, Unit
from marketplace.operations.reads import note_read
from marketplace.operations.settling import ask_more, settle_unit
from marketplace.policy import lane_resource, review_resource
from marketplace.queries.eligibility import demands_on_reader, profile_of_reviewer
from marketplace.queries.review_queue import asked_by, held_by, is_vendors_side, oldest
from marketplace.rules.planting import Planted
from marketplace.values.reads import Why
from marketplace.values.work import REVIEW_WORDS, ReviewReason, Verdict
from payouts.operations import earnings
from web.json_text import sha256_of
from workforce.models import Membership
from workforce.operations import receipts
from workforce.values import Standing, most_sensitive

LEASE = timedelta(minutes=30)


@dataclass(frozen=True)
class ReviewAnswer:
    """One judgment as a reviewer sees it: what was answered, without a name."""

    judgment_id: str
    answer: dict[str, Any]
    is_late: bool


@dataclass(frozen=True)
class ReviewTask:
    """A unit in a reviewer's hands, with its answers in an order that says nothing of their authors."""

    id: str
    unit_id: str
    lane_id: str
    project_name: str
    locale: str
    task_type: str
    content: dict[str, Any]
    ontology_id: str
    guideline_id: str
    why: str
    consensus: dict[str, Any] | None
    confidence: float | None
    answers: tuple[ReviewAnswer, ...]
    lease_until: datetime
    classification: str
    project_id: str
    org_id: str

    @property
    def mark(self) -> str:
        """What stands for the consensus that is shown here: a verdict brings it back."""
        return _mark(self.consensus)


def take_review(session: Session, actor: Actor, lane_id: str | None = None) -> ReviewTask | None:
    """Lease the oldest open review that is not of the actor's own work; the one in hand, if there is one."""
    require(session, actor, "review:take")
    _ensure_standing(session, actor)
    asked = asked_by(session, actor)
    review = _in_hand(session, actor, asked) or _claim(session, actor, lane_id, asked)
    return _shown(session, actor, review, _task(session, review)) if review else None


def _mark(label: dict[str, Any] | None) -> str:
    return sha256_of(label)


def review_task(session: Session, actor: Actor, review_id: str) -> ReviewTask:
    """A review that the actor holds; raises NotFound for anybody else's, and for one that is in hand no more."""
    return _task(session, _own(session, actor, review_id))


def _own(session: Session, actor: Actor, review_id: str) -> Review:
    _ensure_standing(session, actor)
    review = session.scalars(
        select(Review).where(Review.id == review_id, Review.reviewer_id == actor.account_id, Review.state == "leased")
    ).one_or_none()
    if review is None:
        raise _gone()
    _ensure_may_read(session, actor, review.lane_id, review.unit_id)
    return review


def see_review(session: Session, actor: Actor, review_id: str) -> ReviewTask:
    """A review that the actor holds, for the page that shows it; raises NotFound for anybody else's."""
    review = _own(session, actor, review_id)
    return _shown(session, actor, review, _task(session, review))


def _shown(session: Session, actor: Actor, review: Review, task: ReviewTask) -> ReviewTask:
    """The task, with the consensus kept that it shows: this one is what the reviewer may accept."""
    seen = dict(task.consensus or {})
    if review.shown != seen:
        if not session.info["writes"]:
            raise NeedsWriting("a consensus that is shown and would not be kept")
        review.shown = seen
    note_read(
        session, actor, Why.REVIEWED, unit=task.unit_id, project=task.project_id, org=task.org_id,
        classification=task.classification,
    )  # fmt: skip
    return task


def end_reviews(session: Session, actor: Actor, account_id: str, org_id: str, *, cause: str) -> int:
    """Give back at once what an account holds for an organization, since its right has ended; returns how many."""
    theirs = [Review.reviewer_id == account_id, or_(Review.vendor_org_id == org_id, Review.org_id == org_id)]
    return _give_back(session, actor, theirs, cause)


def end_reviews_of_project(session: Session, actor: Actor, project_id: str, *, cause: str) -> int:
    """The same of all that the vendor's people hold in a project; the client's scope. Returns how many."""
    own = select(Membership.account_id).where(Membership.org_id == actor.org_id, Membership.ended_at.is_(None))
    mine = [Review.org_id == actor.org_id, Review.project_id == project_id, Review.reviewer_id.not_in(own)]
    return _give_back(session, actor, mine, cause)


def _give_back(session: Session, actor: Actor, which: list[ColumnElement[bool]], cause: str) -> int:
    ended = session.execute(
        update(Review)
        .where(*which, Review.state == "leased")
        .values(state="open", reviewer_id=None, lease_until=None)
        .returning(Review.id, Review.org_id)
    ).all()
    for review_id, org_id in ended:
        audit.record(
            session, actor, "review.ended", "review", review_id, org_id=org_id, details={"cause": cause}, link=False
        )
    return len(ended)


def _ensure_standing(session: Session, actor: Actor) -> None:
    """Whoever is paused, suspended or gone as one of the vendor's people reviews nothing either."""
    profile = profile_of_reviewer(session, actor)
    if profile is not None and profile.status in (Standing.PAUSED, Standing.SUSPENDED, Standing.LEFT):
        told = _("You are not active with this vendor at present, so that you cannot review. Your decisions say why.")
        raise Forbidden("review.standing", told)


def _gone() -> NotFound:
    """The same for a review that never was, is somebody else's, or left the person's hands with their access."""
    return NotFound("review.over", _("This review is not in your hands, or not any more. Take the next one."))


def _in_hand(session: Session, actor: Actor, asked: dict[str, Any]) -> Review | None:
    """What the actor holds. Who was found to hold nothing before holds what this transaction gave them since."""
    given: dict[Actor, Review] = session.info.get("given_reviews", {})
    if actor in given:
        review = given[actor]
        return review if review.state == "leased" and review.reviewer_id == actor.account_id else None
    return session.scalars(held_by(is_vendors_side(actor)), asked).one_or_none()


def _claim(session: Session, actor: Actor, lane_id: str | None, asked: dict[str, Any]) -> Review | None:
    if lane_id is not None:
        _ensure_may_read(session, actor, lane_id)
        asked = {**asked, "p_lane": lane_id}
    side, now = (is_vendors_side(actor), lane_id is not None), now_of(session)
    review = session.scalars(oldest(*side, was_leased=False), asked).one_or_none()
    review = review or session.scalars(oldest(*side, was_leased=True), asked).one_or_none()
    if review is None:
        return None
    review.state, review.reviewer_id, review.lease_until = "leased", actor.account_id, now + LEASE
    _held(session)[review.id] = review
    session.info.setdefault("given_reviews", {})[actor] = review
    audit.record(session, actor, "review.taken", "review", review.id, org_id=review.org_id, link=False)
    return review


def _held(session: Session) -> dict[str, Review]:
    """The reviews that this transaction has locked, so that it need not ask for them again."""
    held: dict[str, Review] = session.info.setdefault("reviews", {})
    return held


def _ensure_may_read(session: Session, actor: Actor, lane_id: str, unit_id: str | None = None) -> None:
    """Say which agreement, clearance, proof or place the class of a lane, or of one unit in it, asks for."""
    lane = session.get(Lane, lane_id)
    project = session.get(Project, lane.project_id) if lane else None
    if lane is None or project is None:
        return
    own = session.scalar(select(Unit.classification).where(Unit.id == unit_id)) if unit_id else None
    demands = demands_on_reader(session, actor, project, most_sensitive(lane.classification, own))
    if not all(demand.met for demand in demands):
        rights = rights_on(session, actor.org_id, lane.project_id)
        require(session, actor, "review:take", replace(lane_resource(lane, rights), demands=demands))


def _task(session: Session, review: Review) -> ReviewTask:
    unit = _UNIT.run(session, p_unit=review.unit_id).one()
    of_unit = {"p_org": review.org_id, "p_unit": review.unit_id}
    answers = tuple(ReviewAnswer(row.id, row.answer, row.is_late) for row in _ANSWERS.run(session, **of_unit))
    planted = Planted.from_json(review.planted) if review.planted is not None else None
    if planted is not None:
        answers = tuple(replace(each, answer=dict(planted.answers[each.judgment_id])) for each in answers
                        if each.judgment_id in planted.answers)  # fmt: skip
    if unit.label is not None:
        session.info.setdefault("reviewed_labels", {})[review.id] = unit.label
    return ReviewTask(
        review.id, unit.id, unit.lane_id, unit.name, unit.locale, unit.task_type, unit.content, unit.ontology_id or "",
        unit.guideline_id or "", review.why, dict(planted.consensus) if planted else unit.label,
        unit.confidence, answers, review.lease_until or now_of(session),
        most_sensitive(unit.class_of_lane, unit.classification), unit.project_id, unit.org_id,
    )  # fmt: skip


_U, _L, _P, _I, _C = (table_of(model) for model in (Unit, Lane, Project, Item, Consensus))


def _of_consensus(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return select(column).where(_C.c.org_id == _U.c.org_id, _C.c.unit_id == _U.c.id).scalar_subquery()


_UNIT = Hot(
    select(
        _U.c.id, _U.c.org_id, _U.c.lane_id, _U.c.project_id, _U.c.classification, _L.c.locale, _L.c.task_type,
        _L.c.ontology_id, _L.c.guideline_id, _L.c.classification.label("class_of_lane"), _P.c.name, opened_content(_I),
        _of_consensus(_C.c.label).label("label"), _of_consensus(_C.c.confidence).label("confidence"),
    )
    .select_from(
        _U.join(_L, _L.c.id == _U.c.lane_id).join(_P, _P.c.id == _U.c.project_id).join(_I, _I.c.id == _U.c.item_id)
    )
    .where(_U.c.id == bindparam("p_unit"))
)  # fmt: skip
_J, _REPORT = table_of(Judgment), table_of(ProblemReport)
_ANSWERS = Hot(
    select(_J.c.id, _J.c.answer, _J.c.is_late)
    .where(_J.c.org_id == bindparam("p_org"), _J.c.unit_id == bindparam("p_unit"))
    .order_by(_J.c.answered_at, _J.c.id)
)
_ANSWER_REPORTS = Hot(
    update(_REPORT)
    .where(
        _REPORT.c.org_id == bindparam("p_org"), _REPORT.c.unit_id == bindparam("p_unit"), _REPORT.c.closed_at.is_(None)
    )
    .values(closed_at=bindparam("p_now"), closed_by=bindparam("p_account"), answer=bindparam("p_answer"))
)  # fmt: skip


@dataclass(frozen=True)
class Decided:
    """What a verdict did."""

    review_id: str
    verdict: str
    rejected: int


def decide_review(
    session: Session, actor: Actor, review_id: str, *, verdict: str, reason: str | None = None, note: str = "",
    label: dict[str, Any] | None = None, judgment_ids: tuple[str, ...] = (), mark: str = "",
) -> Decided:  # fmt: skip
    """Give the verdict on a review in hand. A fix brings a label, a rejection names its judgments, both a reason.

    `mark` is that of the task as the reviewer had it before them; without one, what they were sent last counts.
    """
    _ensure_standing(session, actor)
    review = _held(session).get(review_id) or session.get(Review, review_id, with_for_update=True)
    if review is None:
        raise _gone()
    rights = rights_on(session, actor.org_id, review.project_id)
    require(session, actor, "review:decide", review_resource(review, rights))
    if review.state == "done" and review.reviewer_id == actor.account_id and review.verdict == verdict:
        return Decided(review.id, verdict, len(review.judgment_ids))
    if review.state != "leased" or review.reviewer_id != actor.account_id:
        raise Conflict("review.over", _("This review is not in your hands any more."))
    _ensure_complete(verdict, reason)
    if verdict == Verdict.REJECT and actor.org_id != review.vendor_org_id:
        raise Forbidden(
            "review.reject", _("Only the vendor's reviewers reject work. Fix the label, or return the unit.")
        )
    review.verdict, review.reason, review.note = Verdict(verdict).value, reason, note[:2000]
    review.state, review.done_at, review.lease_until = "done", now_of(session), None
    if review.planted is not None:
        rejected = _only_note(session, review, label, judgment_ids)
    else:
        rejected = _carry_out(session, actor, review, label, judgment_ids, mark)
        _answer_reports(session, actor, review, verdict)
    audit.record(
        session, actor, "review.decided", "review", review.id, org_id=review.org_id,
        details={"verdict": verdict, "reason": reason, "unit": review.unit_id, "rejected": rejected},
    )  # fmt: skip
    return Decided(review.id, verdict, rejected)


def _ensure_complete(verdict: str, reason: str | None) -> None:
    if verdict not in set(Verdict):
        raise Invalid("review.verdict", _("Choose a verdict."), {"verdict": _("Choose one.")})
    if verdict in (Verdict.FIX, Verdict.RETURN, Verdict.REJECT) and reason not in set(ReviewReason):
        raise Invalid("review.reason", _("Say why, with one of the reasons offered."), {"reason": _("Choose one.")})


def _carry_out(
    session: Session, actor: Actor, review: Review, label: dict[str, Any] | None, judgment_ids: tuple[str, ...],
    mark: str,
) -> int:  # fmt: skip
    if review.verdict == Verdict.ACCEPT:
        settle_unit(session, review.unit_id, _accepted_label(session, review, mark), "review")
        return 0
    if review.verdict == Verdict.FIX:
        review.label = _checked_label(session, review, label)
        settle_unit(session, review.unit_id, review.label, "review")
        return 0
    if review.verdict == Verdict.RETURN:
        ask_more(session, review.lane_id, [review.unit_id], of=("full", "review"), is_back=True)
        return 0
    return _reject(session, actor, review, judgment_ids, label)


def _accepted_label(session: Session, review: Review, mark: str) -> dict[str, Any]:
    """The consensus, if it is the one that the reviewer was shown."""
    known: dict[str, dict[str, Any]] = session.info.get("reviewed_labels", {})
    label = known.get(review.id) or _UNIT.run(session, p_unit=review.unit_id).one().label
    if label is None:
        raise Conflict("review.no_consensus", _("There is no consensus to accept yet. Fix it or return it."))
    # What was sent last may have gone to another tab: the mark says what stands before the reviewer.
    if mark != _mark(label) if mark else review.shown is not None and review.shown != label:
        message = _("The consensus has changed since you were shown it. Look at it again, and decide.")
        raise Conflict("review.moved", message, consensus=dict(label))
    return dict(label)


def _only_note(
    session: Session, review: Review, label: dict[str, Any] | None, judgment_ids: tuple[str, ...]
) -> int:  # fmt: skip
    """Where the label was known the verdict tells of its reviewer alone: nobody's label, answer or pay is touched."""
    if review.verdict == Verdict.FIX or (review.verdict == Verdict.REJECT and label is not None):
        review.label = _checked_label(session, review, label)
    if review.verdict == Verdict.REJECT:
        review.judgment_ids = [judgment.id for judgment in _named(session, review, judgment_ids)]
    return len(review.judgment_ids)


def _answer_reports(session: Session, actor: Actor, review: Review, verdict: str) -> None:
    """Whoever reported a problem of the unit has their answer: somebody has looked at it."""
    given: list[dict[str, Any]] = session.info.setdefault("answered_reports", [])
    given.append(
        {
            "p_org": review.org_id, "p_unit": review.unit_id, "p_now": now_of(session), "p_account": actor.account_id,
            "p_answer": verdict,
        }
    )  # fmt: skip
    change_later(session, "answered_reports", partial(_write_answers, session), frozenset({_REPORT}))


def _write_answers(session: Session) -> None:
    _ANSWER_REPORTS.run_all(session, session.info.pop("answered_reports"))


def _checked_label(session: Session, review: Review, label: dict[str, Any] | None) -> dict[str, Any]:
    if label is None:
        raise Invalid("review.label", _("A fix needs the right label."), {"label": _("This is needed.")})
    unit = _UNIT.run(session, p_unit=review.unit_id).one()
    kind = registry.get(unit.task_type)
    answer = kind.parse(label, ontology_of(session, unit.ontology_id or ""), kind.parse_content(unit.content))
    return dict(kind.canonical(answer))


def _reject(
    session: Session, actor: Actor, review: Review, judgment_ids: tuple[str, ...], label: dict[str, Any] | None
) -> int:
    judgments = _named(session, review, judgment_ids)
    review.judgment_ids = [judgment.id for judgment in judgments]
    for judgment in judgments:
        receipt_id = _receipt(session, actor, review, judgment)
        earnings.reject(session, actor, judgment.id, receipt_id=receipt_id)
    if label is not None:
        review.label = _checked_label(session, review, label)
        settle_unit(session, review.unit_id, review.label, "review")
    else:
        ask_more(session, review.lane_id, [review.unit_id], of=("full", "review"), is_back=True)
    return len(judgments)


def _named(session: Session, review: Review, judgment_ids: tuple[str, ...]) -> Sequence[Judgment]:
    judgments = session.scalars(
        select(Judgment).where(Judgment.unit_id == review.unit_id, Judgment.id.in_(judgment_ids or ("",)))
    ).all()
    if not judgments or len(judgments) != len(set(judgment_ids)):
        raise Invalid(
            "review.judgments", _("Say which answers are rejected."), {"judgment_ids": _("Choose at least one.")}
        )
    return judgments


def _receipt(session: Session, actor: Actor, review: Review, judgment: Judgment) -> str:
    reason: Message = REVIEW_WORDS[review.reason or ReviewReason.WRONG_CLASS]
    return receipts.issue_receipt(
        session, actor, annotator_id=judgment.annotator_id, kind="work_rejected", rule="review",
        rule_version="1",
        what=_("One of your answers was not accepted, and is not paid."),
        why=_("A reviewer decided: %(reason)s.", reason=reason),
        way_back=_("You can appeal. Somebody else then looks at it, and what was withheld is paid if you are right."),
        evidence=({"kind": "judgment", "id": judgment.id}, {"kind": "review", "id": review.id}),
        cause_kind="judgment", cause_id=judgment.id, lane_id=judgment.lane_id,
    )  # fmt: skip
