"""A lane's rules about people over the API: what holds, every version before it, how they have acted, a new version."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from calibration import jobs
from calibration.api.routes import api
from calibration.operations import reading, rulebook
from calibration.values import GateAction, GateMetric
from kernel.policy import Actor
from web.forms import InModel, OutModel

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class GateIn(InModel):
    """A rule: what it looks at, when it acts and lets go (P(accuracy > limit)), and what it does."""

    name: str = Field(default=rulebook.STANDARD, json_schema_extra={"pattern": f"^{rulebook.NAME.pattern}$"})
    metric: GateMetric = GateMetric.ACCURACY_UPPER
    action: GateAction = GateAction.PAUSE
    limit: float = Field(default=0.8, gt=0, lt=1)
    certainty: float = Field(default=0.9, gt=0.5, lt=1)
    release: float | None = Field(default=None, gt=0, lt=1)
    minimum_checks: int = Field(default=20, ge=10, le=200)
    pause_days: int = Field(default=7, ge=1, le=90)


class GateOut(OutModel):
    """One version of a rule; its author is named to their own organization."""

    name: str
    version: int
    metric: GateMetric
    action: GateAction
    limit: float
    certainty: float
    release: float | None
    minimum_checks: int
    pause_days: int
    is_active: bool
    created_at: datetime
    author: str | None
    ended_at: datetime | None


class FiringOut(OutModel):
    """A rule acted on a person."""

    pseudonym: str
    name: str
    version: int
    action: GateAction
    fired_at: datetime
    ended_at: datetime | None
    ended_why: str | None


class GatesOut(OutModel):
    """A lane's rules in every version, the newest first, and the newest acts of them."""

    rules: list[GateOut]
    firings: list[FiringOut]


class GateEndIn(InModel):
    """The name of the rule that is to hold no longer."""

    name: str = Field(min_length=2, max_length=16)


@api.get("/lanes/<lane_id>/gates", returns=GatesOut)
def lane_gates(session: "Session", actor: Actor, lane_id: str) -> GatesOut:
    """A lane's rules about people, and how they have acted"""
    found = reading.lane_gates(session, actor, lane_id)
    return GatesOut(
        rules=[_gate(rule) for rule in found.rules],
        firings=[
            FiringOut(
                pseudonym=pseudonym, name=each.name, version=each.version, action=GateAction(each.action),
                fired_at=each.fired_at, ended_at=each.ended_at, ended_why=each.ended_why,
            )
            for pseudonym, each in found.firings
        ],
    )  # fmt: skip


@api.get("/lanes/<lane_id>/gate", returns=GateOut | None)
def gate(session: "Session", actor: Actor, lane_id: str) -> Any:
    """The rule in force that pauses first; null where there is none"""
    found = reading.lane_quality(session, actor, lane_id).gate
    return None if found is None else _gate(found)


@api.put("/lanes/<lane_id>/gate", body=GateIn, returns=GateOut)
def set_gate(session: "Session", actor: Actor, lane_id: str, body: GateIn) -> GateOut:
    """Write a rule, or the next version of the rule of that name; it holds from the next check on"""
    rule_id = rulebook.set_gate(session, actor, lane_id, **body.model_dump())
    session.flush()
    return next(_gate(rule) for rule in reading.lane_gates(session, actor, lane_id).rules if rule.id == rule_id)


@api.post("/lanes/<lane_id>/gate/end", body=GateEndIn, returns=None, status=204)
def end_gate(session: "Session", actor: Actor, lane_id: str, body: GateEndIn) -> None:
    """Take a rule out of force; a pause that it began runs its time"""
    rulebook.end_gate(session, actor, lane_id, body.name)


def _gate(rule: Any) -> GateOut:
    names = GateOut.model_fields
    return GateOut(**{name: getattr(rule, name) for name in names})


class RangeOut(OutModel):
    """A 95% interval."""

    low: float
    high: float


class ShareOut(OutModel):
    """A group at everybody's difficulty: its share, and its gap to all others; null where fewer than ten people are."""

    group: str
    people: int | None
    n: int | None
    share: float | None
    interval: RangeOut | None
    gap: float | None
    gap_interval: RangeOut | None
    stands_apart: bool


class GroupsOut(OutModel):
    """By language of the lane, by the country that people live in, and by the language of their pages."""

    locale: list[ShareOut]
    country: list[ShareOut]
    page: list[ShareOut]


class FairnessOut(OutModel):
    """Shares of a project's groups: people who passed at the first go, people paused, answers rejected, and people who
    earn less an hour than half of all."""

    passed: GroupsOut
    paused: GroupsOut
    rejected: GroupsOut | None
    paid_less: GroupsOut | None
    counted_at: datetime | None


@api.get("/lanes/<lane_id>/fairness", returns=FairnessOut)
def lane_fairness(session: "Session", actor: Actor, lane_id: str) -> FairnessOut:
    """How tests, rules, rejections and pay fall on the people of a lane's project, by language and country"""
    found = reading.lane_quality(session, actor, lane_id).fairness
    return FairnessOut(
        passed=_groups(found.passed), paused=_groups(found.paused),
        rejected=None if found.rejected is None else _groups(found.rejected),
        paid_less=None if found.paid_less is None else _groups(found.paid_less), counted_at=found.counted_at,
    )  # fmt: skip


def _groups(found: Any) -> GroupsOut:
    return GroupsOut(**{name: [_share(row) for row in getattr(found, name)] for name in GroupsOut.model_fields})


def _share(row: Any) -> ShareOut:
    interval, gap = (
        None if each is None else RangeOut(low=each.lower, high=each.upper) for each in (row.interval, row.gap_interval)
    )
    return ShareOut(
        group=row.group, people=row.people, n=row.n, share=row.share, interval=interval, gap=row.gap, gap_interval=gap,
        stands_apart=row.stands_apart,
    )  # fmt: skip


class BacktestIn(GateIn):
    """A rule to be tried on what happened, in this lane or in all lanes of its project."""

    wide: bool = False


class BacktestOut(OutModel):
    """A backtest: how far it is, and once it is done what the rule would have done (see the page for the words)."""

    id: str
    lane_id: str
    rule: dict[str, Any]
    wide: bool
    people: int
    done: int
    result: dict[str, Any]
    asked_at: datetime
    finished_at: datetime | None


@api.post("/lanes/<lane_id>/backtests", body=BacktestIn, returns=BacktestOut, status=202)
def ask_backtest(session: "Session", actor: Actor, lane_id: str, body: BacktestIn) -> Any:
    """Replay a proposed rule over what happened: who, which locales, at what cost, what it would have prevented"""
    asked = jobs.begin_backtest(session, actor, lane_id, **body.model_dump())
    return reading.lane_backtests(session, actor, lane_id, asked).shown


@api.get("/lanes/<lane_id>/backtests", returns=list[BacktestOut])
def lane_backtests(session: "Session", actor: Actor, lane_id: str) -> Any:
    """A lane's newest backtests"""
    return list(reading.lane_backtests(session, actor, lane_id).backtests)


@api.get("/lanes/<lane_id>/backtests/<backtest_id>", returns=BacktestOut)
def lane_backtest(session: "Session", actor: Actor, lane_id: str, backtest_id: str) -> Any:
    """A backtest, and what it found"""
    return reading.lane_backtests(session, actor, lane_id, backtest_id).shown
