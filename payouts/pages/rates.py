"""Rates on a screen: what each lane pays now, and a new rate from a moment on."""

from typing import Any

from flask import Response, request

from i18n import Message, _
from kernel import db
from kernel.errors import Conflict, Invalid
from payouts.operations.rates import set_rate
from payouts.pages.amounts import may, read_moment
from payouts.pages.routes import pages
from payouts.policy import Action
from payouts.queries.lanes import lanes
from payouts.queries.rates import current_rates
from web import current
from web.amounts import read_amount
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from web.sessions import request_time


class RateForm(FormModel):
    """A new rate, as typed."""

    lane_id: str
    amount: str
    currency: str
    from_at: str = ""
    after: str = ""  # the page of the list on which it was typed
    confirm: str = ""  # the rate that somebody was asked about and meant


@pages.get("/rates")
def rates() -> Response:
    """What each lane pays."""
    return _page(empty_form())


@pages.post("/rates")
def set_lane_rate() -> Response:
    """Set what a lane pays."""
    form = read_form(RateForm)
    if form.ok:
        amount, from_at = read_amount(form.data.amount), read_moment(form.data.from_at)
        if isinstance(amount, Message):
            form.errors["amount"] = amount
        elif isinstance(from_at, Message):
            form.errors["from_at"] = from_at
        else:
            _set(form, amount, from_at)
    if not form.ok:
        return _page(form, 422)
    flash("good", _("The new rate is set. Units that are handed out already keep theirs."))
    return see("payouts.rates", after=form.data.after or None)


def _set(form: Form[RateForm], micros: int, from_at: Any) -> None:
    try:
        db.current().run(
            current.scope(),
            lambda session: set_rate(
                session, current.actor(), lane_id=form.data.lane_id, micros=micros,
                currency=form.data.currency.upper(), from_at=from_at,
                confirmed=form.data.confirm == _asked(form, micros),
            ),
        )  # fmt: skip
    except Invalid as problem:
        form.add(problem)
        form.values["confirm"] = _asked(form, micros)
    except Conflict as problem:
        form.errors["from_at"] = problem.message


def _asked(form: Form[RateForm], micros: int) -> str:
    """What exactly is confirmed, so that another amount is asked about anew."""
    return f"{micros} {form.data.currency.upper()}"


def _page(form: Form[Any], status: int = 200) -> Response:
    here = request.args.get("after") or form.after or None
    with db.reading(current.scope()) as session:
        found, after = lanes(session, after=here)
        in_force = current_rates(session, request_time(), [lane.lane_id for lane in found])
    return page(
        "payouts/rates.html", status, lanes=found, rates=in_force, form=form, may_set=may(Action.RATE_SET), here=here,
        after=after,
    )  # fmt: skip
