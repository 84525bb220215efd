"""People of a lane over the API: the quality of one over time, for their vendor and themselves; asked to its test."""

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from calibration.addresses import test_address
from calibration.api.routes import api
from calibration.operations import asking, reading
from calibration.operations.reading import PersonPage
from i18n import render
from kernel.policy import Actor
from web.forms import InModel, OutModel

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class AsOfQuery(InModel):
    """The last day to tell of; without it, the newest."""

    day: date | None = None


class DayOfChecksOut(OutModel):
    """One day: what was answered, and what was known at its end (null while too little was)."""

    day: date
    judged: int
    seconds: int
    checked: int | None
    accuracy: float | None
    low: float | None
    high: float | None
    drifted: bool


class WeekOut(OutModel):
    """The checked answers of one week, by its Monday; half a year of them at most."""

    monday: date
    checked: int
    accuracy: float
    low: float
    high: float


class RecallOut(OutModel):
    """How surely one class is recognised; one that was checked too seldom is not told of."""

    name: str
    checked: int
    accuracy: float
    low: float
    high: float


class MixedUpOut(OutModel):
    """How large a share of one class was taken for another."""

    truth: str
    answer: str
    share: float


class AskToTestIn(InModel):
    """Many people, and whether this only asks who of them would get a letter."""

    ids: list[str] = Field(min_length=1, max_length=200)
    preview: bool = False


class AskedPersonOut(OutModel):
    """One of them: whether they are written to, and why not, in the caller's language."""

    id: str
    is_asked: bool
    told: str


class AskedToTestOut(OutModel):
    """All of them."""

    items: list[AskedPersonOut]


class HistoryOut(OutModel):
    """A person's quality in a lane day by day: whole days, steps of 5%, nothing under twenty checks."""

    lane_id: str
    annotator_id: str
    as_of: date
    judged: int
    seconds: int
    peer_accuracy: float | None
    days: list[DayOfChecksOut]
    classes: list[RecallOut]
    mixed_up: list[MixedUpOut]


@api.get("/lanes/<lane_id>/people/<annotator_id>/quality", query=AsOfQuery, returns=HistoryOut)
def person_quality(session: "Session", actor: Actor, lane_id: str, annotator_id: str, query: AsOfQuery) -> HistoryOut:
    """One of your people in a lane, day by day"""
    return _history(reading.person_quality(session, actor, lane_id, annotator_id, as_of=query.day))


@api.get("/quality/<lane_id>", query=AsOfQuery, returns=HistoryOut)
def own_quality(session: "Session", actor: Actor, lane_id: str, query: AsOfQuery) -> HistoryOut:
    """One's own quality in a lane, day by day"""
    return _history(reading.own_quality(session, actor, lane_id, as_of=query.day))


@api.post("/lanes/<lane_id>/test-invitations", body=AskToTestIn, returns=AskedToTestOut)
def ask_to_test(session: "Session", actor: Actor, lane_id: str, body: AskToTestIn) -> AskedToTestOut:
    """Write to people of your own that a lane's test is open to them, unless `preview` is true"""
    _lane, planned = asking.ask_to_test(
        session, actor, lane_id, body.ids, address=test_address(lane_id), is_preview=body.preview
    )
    told = [AskedPersonOut(id=one.id, is_asked=one.is_possible, told=render(one.told)) for one in planned]
    return AskedToTestOut(items=told)


def _history(found: PersonPage) -> HistoryOut:
    history = found.history
    return HistoryOut(
        lane_id=history.lane_id, annotator_id=history.annotator_id, as_of=history.as_of, judged=history.judged,
        seconds=history.seconds, peer_accuracy=history.peer_accuracy,
        days=[
            DayOfChecksOut(
                day=day.day, judged=day.judged, seconds=day.seconds, checked=day.checked, accuracy=day.accuracy,
                low=day.interval.lower if day.interval else None, high=day.interval.upper if day.interval else None,
                drifted=day.drifted,
            )
            for day in history.days
        ],
        classes=[
            RecallOut(
                name=each.name, checked=each.checked, accuracy=each.accuracy, low=each.interval.lower,
                high=each.interval.upper,
            )
            for each in history.classes
        ],
        mixed_up=[MixedUpOut(truth=each.truth, answer=each.answer, share=each.share) for each in history.confusions],
    )  # fmt: skip
