"""Rates: what a unit earns is set ahead by the vendor and never changed; a new rate follows the old one."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from i18n import Message, _, figure, ngettext
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid, NotFound
from kernel.guard import require
from kernel.money import MICROS, is_currency
from kernel.policy import Actor
from payouts.models import Rate
from payouts.policy import Action, books_of
from payouts.queries.lanes import has_directory, lane_of
from payouts.queries.rates import rate_history, rate_of
from payouts.values import LaneLabel, RateView

UNUSUAL = "rate.unusual"
MOST_MICROS = 100_000_000 * MICROS


def set_rate(
    session: Session, actor: Actor, *, lane_id: str, micros: int, currency: str, from_at: datetime | None = None,
    confirmed: bool = False,
) -> RateView:  # fmt: skip
    """What a unit of the lane earns from `from_at` on (now, where it is left out). The same rate again changes nothing.

    Units that are handed out already keep the rate they were handed out with. A rate that costs more than the client
    pays, or in another currency, is set only by somebody who has `confirmed` it.
    """
    require(session, actor, Action.RATE_SET, books_of(actor.org_id, "rate"))
    now = now_of(session)
    from_at = now if from_at is None else from_at
    _ensure_sound(micros, currency, from_at, now)
    lane = _lane(session, lane_id)
    if lane is not None and not confirmed:
        _ensure_usual(lane, micros, currency)
    in_force = rate_of(session, lane_id, from_at)
    if in_force is not None and (in_force.micros, in_force.currency) == (micros, currency):
        return in_force
    if any(rate.from_at == from_at for rate in rate_history(session, lane_id)):
        raise Conflict("rate.same_moment", _("Another rate begins at that very moment."))
    rate = RateView(ids.new_id(), lane_id, micros, currency, from_at, actor.account_id)
    session.execute(insert(Rate), [{**vars(rate), "org_id": _vendor(actor)}])
    details = {"micros": micros, "currency": currency, "from": from_at.isoformat()}
    audit.record(session, actor, "rate.set", "lane", lane_id, details=details)
    return rate


def _vendor(actor: Actor) -> str:
    if actor.org_id is None:
        raise Invalid("rate.no_vendor", _("A rate belongs to a vendor."))
    return actor.org_id


def _ensure_sound(micros: int, currency: str, from_at: datetime, now: datetime) -> None:
    faults = {}
    if not 0 < micros <= MOST_MICROS:
        faults["amount"] = _("A rate is more than nothing.")
    if not is_currency(currency):
        faults["currency"] = _("There is no such currency.")
    if from_at < now:
        faults["from_at"] = _("A rate cannot begin in the past.")
    if faults:
        raise Invalid("rate.invalid", _("This rate cannot be set."), faults)


def _lane(session: Session, lane_id: str) -> LaneLabel | None:
    """The lane, which must be one that the vendor works in; None where nobody can say which there are."""
    if not has_directory():
        return None
    found = lane_of(session, lane_id)
    if found is None:
        raise NotFound("lane.unknown", _("There is no such lane."))
    return found


def _ensure_usual(lane: LaneLabel, micros: int, currency: str) -> None:
    doubt = rate_doubt(lane, micros, currency)
    if doubt is not None:
        raise Invalid(UNUSUAL, _("This rate is unusual. Confirm it, if it is meant."), {"confirm": doubt})


def rate_doubt(lane: LaneLabel, micros: int, currency: str) -> Message | None:
    """Why somebody should look at a rate twice; None where nothing is unusual about it."""
    if currency != lane.currency:
        return _("The client pays this lane in %(theirs)s, and the rate is in %(ours)s.", theirs=lane.currency,
                 ours=currency)  # fmt: skip
    if lane.price_micros is not None and micros * lane.overlap > lane.price_micros:
        return ngettext(
            "A unit would cost %(cost)s for its %(num)s answer, and the client pays %(price)s for it.",
            "A unit would cost %(cost)s for its %(num)s answers, and the client pays %(price)s for it.",
            lane.overlap, cost=figure("exact_money", micros * lane.overlap, currency),
            price=figure("exact_money", lane.price_micros, currency),
        )  # fmt: skip
    return None
