"""Rates over the API."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime

from kernel.money import to_text
from kernel.policy import Actor
from payouts.api.routes import api, micros_of
from payouts.operations.rates import set_rate
from web.forms import InModel, OutModel


class RateIn(InModel):
    """What a unit of a lane is to earn."""

    lane_id: str
    amount: str
    currency: str
    from_at: AwareDatetime | None = None


class RateOut(OutModel):
    """What a unit of a lane earns."""

    id: str
    lane_id: str
    amount: str
    currency: str
    from_at: datetime


@api.post("/rates", body=RateIn, returns=RateOut, creates=True)
def rate(session: Any, actor: Actor, body: RateIn) -> RateOut:
    """Set what a unit of a lane earns from now, or from a later moment on."""
    micros = micros_of("amount", body.amount)
    found = set_rate(session, actor, lane_id=body.lane_id, micros=micros, currency=body.currency, from_at=body.from_at)
    return RateOut(
        id=found.id, lane_id=found.lane_id, amount=to_text(found.micros), currency=found.currency, from_at=found.from_at
    )
