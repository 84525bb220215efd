"""A person's own pay: balance, lines, statements, and where they are paid."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request

from i18n import _, formats, render
from kernel import db, sheets
from kernel.errors import Invalid
from kernel.guard import not_found
from kernel.money import to_text
from payouts.operations.methods import set_method
from payouts.pages import words
from payouts.pages.amounts import zone
from payouts.pages.routes import pages
from payouts.queries.balances import balance_of
from payouts.queries.earnings import earnings_of
from payouts.queries.methods import method_of
from payouts.queries.people import Person, person_of_account
from payouts.queries.statements import statement_of
from payouts.values import EarningState, MethodKind, Statement
from web import current, limits
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from web.sessions import request_time


@pages.get("/pay")
def pay() -> Response:
    """What I am owed, what it is made of, and every line."""
    chosen = request.args.get("state", "")
    state = EarningState(chosen) if chosen in set(EarningState) else None
    with db.reading(current.scope()) as session:
        me = _me(session)
        items, after = earnings_of(session, me.annotator_id, state=state, after=request.args.get("after") or None)
        balances, method = balance_of(session, me.annotator_id), method_of(session, me.annotator_id)
    return page(
        "payouts/pay.html", balances=balances, method=method, items=items, after=after, state=state,
        states=EarningState, words=words, month=_month(), now=request_time(),
    )  # fmt: skip


@pages.get("/pay/statements/<month>")
def statement(month: str) -> Response:
    """A month of my account, to read or to print."""
    found = _statement(month)
    earlier = (found.from_at.astimezone(ZoneInfo(found.zone)) - timedelta(days=1)).strftime("%Y-%m")
    return page("payouts/statement.html", statement=found, words=words, earlier=earlier)


@pages.get("/pay/statements/<month>/file")
def statement_file(month: str) -> Response:
    """The same month as a table for a spreadsheet."""
    limits.spend("export")
    found = _statement(month)
    head = [_("Date"), _("What"), _("Project"), _("Units"), _("Rate"), _("Amount"), _("Currency"), _("Note")]
    content = sheets.write([render(word) for word in head], _rows(found))
    response = Response(content, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="statement-{month}.csv"'
    return response


class MethodForm(FormModel):
    """Where to be paid, as typed."""

    kind: MethodKind
    holder: str
    account: str
    bic: str = ""


@pages.get("/pay/method")
def method() -> Response:
    """Where I am paid."""
    return _method_page(empty_form({"kind": MethodKind.MOBILE.value}))


@pages.post("/pay/method")
def set_my_method() -> Response:
    """Change where I am paid."""
    form = read_form(MethodForm)
    if form.ok:
        try:
            _save(form.data)
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _method_page(form, 422)
    flash("good", _("Kept. Payments go there from 72 hours after a change."))
    return see("payouts.method")


def _save(data: MethodForm) -> None:
    def act(session: Any) -> None:
        me = _me(session)
        set_method(
            session, current.actor(), me.annotator_id, kind=data.kind, holder=data.holder, account=data.account,
            bic=data.bic,
        )  # fmt: skip

    db.current().run(current.scope(), act)


def _method_page(form: Form[Any], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        kept = method_of(session, _me(session).annotator_id)
    return page("payouts/method.html", status, method=kept, form=form, words=words, now=request_time())


def _me(session: Any) -> Person:
    """The signed-in person as an annotator of the place they chose."""
    actor = current.actor()
    found = person_of_account(session, actor.account_id or "", actor.org_id or "")
    if found is None:
        raise not_found()
    return found


def _month() -> str:
    return request_time().astimezone(ZoneInfo(zone())).strftime("%Y-%m")


def _statement(month: str) -> Statement:
    with db.reading(current.scope()) as session:
        found = statement_of(session, _me(session).annotator_id, month)
    if found is None:
        raise not_found()
    return found


def _rows(found: Statement) -> list[list[object]]:
    rows: list[list[object]] = []
    for book in found.books:
        if not (book.movements or book.opening_micros):
            continue
        rows.append(_row(found.from_at, render(_("Balance before")), {}, book.opening_micros, book.currency))
        for one in book.movements:
            rate = to_text(one.rate_micros) if one.rate_micros is not None else ""
            what = render(words.MOVEMENT[one.code])
            rows.append(_row(one.at, what, one.memo, one.micros, book.currency, one.units or "", rate, one.reason))
        rows.append(_row(found.until_at, render(_("Balance after")), {}, book.closing_micros, book.currency))
    return rows


def _row(
    at: Any, what: str, memo: Mapping[str, Any], micros: int, currency: str, units: object = "", rate: str = "",
    note: str = "",
) -> list[object]:  # fmt: skip
    day = formats.date(at, zone())
    return [day, what, str(memo.get("project", "")), units, rate, sheets.Amount(micros), currency, note]
