"""The API of work: lanes with their conditions, taking, answering, skipping, reporting; and the vendor's board."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from flask import request
from pydantic import Field

from i18n import _, render
from kernel.errors import Forbidden, NotFound
from kernel.money import to_text
from kernel.policy import Actor, Demand, Reason
from labeling.links import for_api
from labeling.queries.content import guideline_text, ontology_of
from labeling.rules.ontology import ontology_json
from marketplace.api.terms import HeldState, LaneState, LeftState, TakenState
from marketplace.operations import answers, planning, reads, returning, taking
from marketplace.passes import work_pass
from marketplace.queries import board as board_queries
from marketplace.queries import eligibility, work
from marketplace.reach import scope_of_answer
from marketplace.values.conditions import CONDITIONS, WITHOUT_TEST
from marketplace.values.work import BARRED, BARRED_TOLD, NO_WORK_WORDS, LaneOffer, NoWork, Task
from web.api import Api, Result
from web.forms import InModel, OutModel, PageQuery, values_of
from web.idempotency import HEADER
from workforce.values import AgreementView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

api = Api("work", "marketplace")


class ConditionOut(OutModel):
    """One condition of a lane, and whether the person meets it; `told` says so in the reader's language."""

    reason: Annotated[str, values_of(CONDITIONS)]
    met: bool
    told: str
    needed: Any
    present: Any
    source: str
    detail: str | None = None


class WorkLaneOut(OutModel):
    """A lane as a person sees it."""

    id: str
    project: str
    locale: str
    task_type: str
    classification: str
    is_open: bool
    rate_micros: int | None
    rate: str | None
    currency: str
    has_test: bool
    conditions: list[ConditionOut]


class LanesOut(OutModel):
    """The lanes of the person's vendor."""

    items: list[WorkLaneOut]


class TaskOut(OutModel):
    """A unit in hand. In its content `picture` and `sound` are links that you may follow for as long as it is yours."""

    id: str
    epoch: int
    lane_id: str
    project: str
    locale: str
    task_type: str
    content: dict[str, Any]
    ontology: dict[str, Any]
    guideline: str | None
    lease_until: datetime
    rate_micros: int
    currency: str
    state: HeldState
    draft: dict[str, Any] | None


class NextOut(OutModel):
    """A unit, or why there is none."""

    assignment: TaskOut | None
    reason: str | None = None
    detail: str | None = None


class NextIn(InModel):
    """Which lane, if not any."""

    lane_id: str | None = None


class AnswerIn(InModel):
    """The answer in the form of its task type, and the fencing number of the assignment."""

    answer: dict[str, Any]
    epoch: int | None = Field(default=None, ge=1, le=2**31 - 1)


class AnswerOut(OutModel):
    """What became of the answer."""

    assignment_id: str
    judgment_id: str
    is_late: bool
    rate_micros: int
    currency: str


class LeaveIn(InModel):
    """Why a unit is skipped or reported."""

    reason: str = Field(max_length=24)
    note: str = Field(default="", max_length=2000)


class LeftOut(OutModel):
    """The unit is back with the others."""

    state: LeftState


class AssignIn(InModel):
    """Units for one person, in order."""

    annotator_id: str = Field(max_length=22)
    unit_ids: list[str] = Field(min_length=1, max_length=1000)


class AssignOut(OutModel):
    """How many units are kept for the person."""

    assigned: int


class DoneRowOut(OutModel):
    """A unit that was taken, and what became of it."""

    assignment_id: str
    project_name: str
    locale: str
    state: TakenState
    at: datetime
    rate_micros: int
    currency: str


class DoneAnswersOut(OutModel):
    """A page of them, newest first."""

    items: list[DoneRowOut]
    next_after: str | None


class BoardLaneOut(OutModel):
    """A lane that goes on, with its figures."""

    lane_id: str
    project_id: str
    project_name: str
    locale: str
    state: LaneState
    units: int
    settled: int
    review: int
    people: int
    able: int
    checked: int
    accuracy: float | None
    low: float
    high: float
    target: float
    deadline_at: datetime | None
    finish_on: date | None
    is_late: bool


class WaitingOut(OutModel):
    """What needs somebody today, counted up to a hundred."""

    requests: int
    applicants: int
    appeals: int
    late_appeals: int
    reviews: int
    payouts: int


class DayOut(OutModel):
    """The answers of a day."""

    day: date
    answers: int


class BoardOut(OutModel):
    """The vendor's board."""

    waiting: WaitingOut
    lanes: list[BoardLaneOut]
    days: list[DayOut]


@api.get("/board", returns=BoardOut)
def board(session: "Session", actor: Actor) -> BoardOut:
    """The vendor's board: what needs somebody today, everything promised, and the answers of the last two weeks."""
    return BoardOut(
        waiting=WaitingOut.model_validate(board_queries.waiting(session)),
        lanes=[BoardLaneOut.model_validate(lane) for lane in board_queries.board_lanes(session)],
        days=[DayOut(day=day, answers=count) for day, count in board_queries.throughput(session)],
    )


@api.get("/lanes", returns=LanesOut)
def lanes(session: "Session", actor: Actor) -> LanesOut:
    """Lanes of the person's vendor, each with every condition, its value and where that comes from."""
    profile = eligibility.person_of(session, actor)
    facts = eligibility.facts_of(session, profile.id) if profile else None
    titles = work.agreements_by_code(session, profile.org_id) if profile else {}
    offers = work.lane_offers(session, facts) if facts else []
    return LanesOut(items=[_lane(offer, titles) for offer in offers])


@api.post("/assignments/next", body=NextIn, returns=NextOut, is_kept=False)
def take(session: "Session", actor: Actor, body: NextIn) -> NextOut:
    """Lease the next unit; the one in hand, if there is one."""
    found = taking.take_next(session, actor, body.lane_id, key=request.headers.get(HEADER))
    if isinstance(found, NoWork):
        return NextOut(assignment=None, reason=found.value, detail=str(NO_WORK_WORDS[found]))
    return NextOut(assignment=_task(session, found))


@api.get("/assignments", query=PageQuery, returns=DoneAnswersOut)
def done(session: "Session", actor: Actor, query: PageQuery) -> DoneAnswersOut:
    """What one has taken and what became of it, newest first."""
    rows, after = work.my_work(session, actor, after=query.after, limit=query.limit)
    return DoneAnswersOut(items=[DoneRowOut.model_validate(row) for row in rows], next_after=after)


@api.get("/assignments/<assignment_id>", returns=TaskOut)
def assignment(session: "Session", actor: Actor, assignment_id: str) -> TaskOut:
    """A unit that is or was in the person's hands."""
    found = reads.see_task(session, actor, assignment_id)
    if found.state == BARRED:
        profile = eligibility.person_of(session, actor)
        agreements = work.agreements_by_code(session, profile.org_id) if profile else {}
        conditions = _lane(found.as_offer(), agreements).conditions
        raise Forbidden("assignment.barred", BARRED_TOLD, conditions=[one.model_dump() for one in conditions])
    if found.state not in ("leased", "expired"):
        raise NotFound("assignment.over", _("This unit is no longer in your hands."))
    return _task(session, found)


@api.post(
    "/assignments/<assignment_id>/answer", body=AnswerIn, returns=AnswerOut, also=(202,),
    scope=lambda: scope_of_answer((request.view_args or {})["assignment_id"]),
)  # fmt: skip
def answer(session: "Session", actor: Actor, assignment_id: str, body: AnswerIn) -> Any:
    """Submit an answer. 202 when the unit had gone to somebody else: it is kept and paid all the same."""
    done = answers.submit_answer(
        session, actor, assignment_id, body.answer, epoch=body.epoch, key=request.headers.get(HEADER)
    )
    return Result(done, 202) if done.is_late else done


@api.put("/assignments/<assignment_id>/draft", body=AnswerIn, returns=LeftOut)
def draft(session: "Session", actor: Actor, assignment_id: str, body: AnswerIn) -> LeftOut:
    """Keep what was typed so far."""
    answers.save_draft(session, actor, assignment_id, body.answer)
    return LeftOut(state="leased")


@api.post("/assignments/<assignment_id>/skip", body=LeaveIn, returns=LeftOut)
def skip(session: "Session", actor: Actor, assignment_id: str, body: LeaveIn) -> LeftOut:
    """Give a unit back with a reason."""
    returning.skip(session, actor, assignment_id, reason=body.reason, note=body.note)
    return LeftOut(state="skipped")


@api.post("/assignments/<assignment_id>/return", returns=LeftOut)
def give_back(session: "Session", actor: Actor, assignment_id: str) -> LeftOut:
    """Give a unit back without a reason, at the end of a day's work."""
    returning.give_back(session, actor, assignment_id)
    return LeftOut(state="returned")


@api.post("/assignments/<assignment_id>/report", body=LeaveIn, returns=LeftOut)
def report(session: "Session", actor: Actor, assignment_id: str, body: LeaveIn) -> LeftOut:
    """Tell what is wrong with a unit, and give it back if it is still in hand."""
    returning.report_problem(session, actor, assignment_id, reason=body.reason, note=body.note)
    return LeftOut(state="reported")


@api.post("/assignments/<assignment_id>/extend", returns=TaskOut, is_kept=False)
def extend(session: "Session", actor: Actor, assignment_id: str) -> TaskOut:
    """Hold a unit for longer, up to a hard end."""
    returning.extend_lease(session, actor, assignment_id)
    return _task(session, reads.see_task(session, actor, assignment_id))


@api.post("/lanes/<lane_id>/assignments", body=AssignIn, returns=AssignOut)
def assign(session: "Session", actor: Actor, lane_id: str, body: AssignIn) -> AssignOut:
    """Assign given units to a given person: a vendor's right."""
    return AssignOut(assigned=planning.assign_units(session, actor, lane_id, body.annotator_id, body.unit_ids))


def _lane(offer: LaneOffer, agreements: Mapping[str, AgreementView]) -> WorkLaneOut:
    return WorkLaneOut(
        id=offer.lane_id, project=offer.project_name, locale=offer.locale, task_type=offer.task_type,
        classification=offer.classification, is_open=offer.is_open, rate_micros=offer.rate_micros,
        rate=None if offer.rate_micros is None else to_text(offer.rate_micros), currency=offer.currency,
        has_test=offer.has_test,
        conditions=[
            ConditionOut(
                reason=demand.reason.value, met=demand.met,
                told=render(offer.told(demand, agreements)), needed=_plain(demand.needed),
                present=_plain(demand.present), source=demand.source, detail=_detail(offer, demand),
            )
            for demand in offer.demands
        ],
    )  # fmt: skip


def _detail(offer: LaneOffer, demand: Demand) -> str | None:
    told = None
    if demand.reason is Reason.LANGUAGE_MISSING:
        told = offer.language_told
    elif demand.reason is Reason.NOT_QUALIFIED and not offer.has_test:
        told = WITHOUT_TEST
    return str(told) if told and not demand.met else None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _task(session: "Session", task: Task) -> TaskOut:
    guideline = guideline_text(session, task.guideline_id, [task.locale, "en"])
    return TaskOut(
        id=task.assignment_id, epoch=task.epoch, lane_id=task.lane_id, project=task.project_name, locale=task.locale,
        task_type=task.task_type, content=for_api(task.content, work_pass(task)),
        ontology=dict(ontology_json(ontology_of(session, task.ontology_id))),
        guideline=guideline[1] if guideline else None, lease_until=task.lease_until, rate_micros=task.rate_micros,
        currency=task.currency, state=task.state, draft=task.draft,
    )  # fmt: skip
