"""Decision receipts: the list of one's own, one in full, and the appeal against it."""

import math

from flask import Response, request
from markupsafe import Markup

from i18n import _, formats
from kernel import clock, db
from kernel.errors import Invalid
from web import current
from web.plots.marks import wide_whisker
from web.plots.values import Target, Tick
from web.render import flash, page, see
from workforce import operations, queries, trail
from workforce.pages import evidence, pages, words
from workforce.rules.appeals import due_at, may_appeal
from workforce.values import ReceiptView


@pages.get("/receipts")
def receipts() -> Response:
    """The decisions about oneself, newest first."""
    with db.reading(current.scope()) as session:
        person = queries.own_profile(session, current.actor())
        rows, after = queries.receipts_of(session, person.id, after=request.args.get("after") or None, limit=25)
    return page("workforce/receipts.html", rows=rows, after=after, words=words)


@pages.get("/receipts/<receipt_id>")
def receipt(receipt_id: str) -> Response:
    """One decision: what, why, on which evidence, the way back, and how to disagree."""
    return _show(receipt_id)


@pages.post("/receipts/<receipt_id>/appeal")
def appeal(receipt_id: str) -> Response:
    """Disagree, with one click."""
    try:
        with db.transaction(queries.reach(current.actor())) as session:
            operations.open_appeal(session, current.actor(), receipt_id, request.form.get("text", ""))
    except Invalid as problem:
        return _show(receipt_id, problem)
    flash("good", _("Your appeal was sent. Somebody who did not decide this will answer."))
    return see("workforce.receipt", receipt_id=receipt_id)


def _show(receipt_id: str, problem: Invalid | None = None) -> Response:
    with db.reading(queries.reach(current.actor())) as session:
        view, person = queries.receipt_for(session, current.actor(), receipt_id)
        losses = trail.losses_of(session, view.evidence)
    is_own = person.account_id == current.actor().account_id
    links = _links(view) if is_own else {}
    whole = _whole(view) if is_own else None
    return page(
        "workforce/receipt.html", 422 if problem else 200, receipt=view, person=person, is_own=is_own,
        may_appeal=is_own
        and may_appeal(view.kind, view.state, view.ended_at, view.appeal is not None, clock.now()),
        due_at=due_at(clock.now()),
        picture=_picture(view), text=request.form.get("text", ""), errors=problem.fields if problem else {},
        words=words, rule=evidence.rule_told(view), evidence=evidence.evidence_told(view, links, losses),
        rests_on_reason=evidence.rests_on_reason(view),
        whole=whole, decided_by=evidence.decider_told(view), is_open=evidence.is_left_open(view), now=clock.now(),
    )  # fmt: skip


def _links(view: ReceiptView) -> dict[str, str]:
    """The addresses of the pages on which the person meets the evidence again, by its id."""
    found = {}
    with db.reading(current.scope()) as session:
        for item in view.evidence:
            if "id" in item:
                address = trail.address_of(session, current.actor(), item["kind"], item["id"])
                if address:
                    found[item["id"]] = address
    return found


def _whole(view: ReceiptView) -> str | None:
    with db.reading(current.scope()) as session:
        return trail.address_of_whole(session, current.actor(), view.kind, view.id)


def _picture(view: ReceiptView) -> Markup | None:
    """The figure on its interval against the limit, if a figure decided."""
    figure = view.figure
    if not {"value", "low", "high"} <= figure.keys():
        return None
    value, low, high = (float(figure[name]) for name in ("value", "low", "high"))
    limit = float(figure["limit"]) if figure.get("limit") is not None else None
    lowest = min(low, limit) if limit is not None else low
    start = max(0.0, math.floor(lowest * 10 - 1) / 10)
    shown = {name: formats.percent(number) for name, number in (("value", value), ("low", low), ("high", high))}
    target = None
    if limit is not None:
        words_of_limit = _("limit %(limit)s", limit=formats.percent(limit))
        target = Target(limit, str(words_of_limit))
    label = _("%(value)s, between %(low)s and %(high)s", **shown)
    return wide_whisker(
        value, low, high, ends=(Tick(start, formats.percent(start)), Tick(1.0, formats.percent(1))),
        label=str(label), target=target,
    )  # fmt: skip
