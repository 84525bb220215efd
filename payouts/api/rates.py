"""Rates over the API: what each lane earns, and a new rate from a moment on."""

from datetime import datetime
from typing import Any

from kernel.db import now_of
from kernel.money import from_text, to_text
from kernel.policy import Actor
from payouts.api.routes import api
from payouts.operations.rates import set_rate
from payouts.queries.lanes import lanes
from payouts.queries.rates import current_rates
from payouts.values import RateView
from web.amounts import Amount
from web.forms import InModel, Instant, OutModel, PageQuery


class RateIn(InModel):
    """What a unit of a lane is to earn."""

    lane_id: str
    amount: Amount
    currency: str
    from_at: Instant | None = None
    confirm: bool = False  # that a rate over the price, or in another currency, is meant


class RateOut(OutModel):
    """What a unit of a lane earns."""

    id: str
    lane_id: str
    amount: str
    currency: str
    from_at: datetime


class LaneRateOut(OutModel):
    """A lane with the rate in force; none where it was not set yet."""

    lane_id: str
    project: str
    locale: str
    currency: str
    rate: RateOut | None


class LaneRatesOut(OutModel):
    """A page of the lanes of one's organization, by project and locale."""

    items: list[LaneRateOut]
    next_after: str | None


@api.get("/rates", query=PageQuery, returns=LaneRatesOut)
def rate_list(session: Any, actor: Actor, query: PageQuery) -> LaneRatesOut:
    """What a unit of each lane earns now."""
    found, after = lanes(session, after=query.after, limit=query.limit)
    in_force = current_rates(session, now_of(session), [lane.lane_id for lane in found])
    items = [
        LaneRateOut(
            lane_id=lane.lane_id, project=lane.project, locale=lane.locale, currency=lane.currency,
            rate=_rate(in_force[lane.lane_id]) if lane.lane_id in in_force else None,
        )
        for lane in found
    ]  # fmt: skip
    return LaneRatesOut(items=items, next_after=after)


@api.post("/rates", body=RateIn, returns=RateOut, creates=True)
def rate(session: Any, actor: Actor, body: RateIn) -> RateOut:
    """Set what a unit of a lane earns from now, or from a later moment on."""
    micros = from_text(body.amount)
    return _rate(
        set_rate(
            session,
            actor,
            lane_id=body.lane_id,
            micros=micros,
            currency=body.currency,
            from_at=body.from_at,
            confirmed=body.confirm,
        )
    )


def _rate(found: RateView) -> RateOut:
    return RateOut(
        id=found.id, lane_id=found.lane_id, amount=to_text(found.micros), currency=found.currency, from_at=found.from_at
    )
