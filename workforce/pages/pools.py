"""Pools of a vendor: the list with the address of each application page, making one, changing one."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from markupsafe import Markup

from i18n import SHIPPED, Message, _, formats
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from kernel.money import to_text
from web import current
from web.amounts import read_amount
from web.forms import Form, FormModel, empty_form, read_form
from web.plots import Interval, ticks, whiskers
from web.render import flash, page, see
from workforce import operations, queries
from workforce.figures import LaneFigure, figures_of_pool
from workforce.pages import pages, words
from workforce.values import STEPS, Owner, PoolView


class PoolForm(FormModel):
    """What the form of a pool sends, beside one text per language."""

    name: str
    is_open: bool = False


@pages.get("/pools")
def pools() -> Response:
    """All pools, and the form for another one."""
    return _list(empty_form({"is_open": True}))


@pages.post("/pools")
def create_pool() -> Response:
    """Make a pool."""
    form = read_form(PoolForm)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                operations.create_pool(
                    session, current.actor(), name=form.data.name, about=_texts(), is_open=form.data.is_open
                )
        except (Invalid, Conflict) as problem:
            _take_over(form, problem)
    if not form.ok:
        return _list(form, 422)
    flash("good", _("The pool is there. Send its address to people who might apply."))
    return see("workforce.pools")


@pages.get("/pools/<pool_id>")
def pool(pool_id: str) -> Response:
    """One pool in its form."""
    view = _pool(pool_id)
    return _one(view, empty_form({"name": view.name, "is_open": view.is_open}), dict(view.about))


@pages.post("/pools/<pool_id>")
def change_pool(pool_id: str) -> Response:
    """Change a pool."""
    view, form = _pool(pool_id), read_form(PoolForm)
    # A text in a language that the form does not offer stays as it is.
    kept = {locale: text for locale, text in view.about.items() if locale not in SHIPPED}
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                operations.change_pool(
                    session, current.actor(), pool_id, name=form.data.name, about=kept | _texts(),
                    is_open=form.data.is_open,
                )  # fmt: skip
        except (Invalid, Conflict) as problem:
            _take_over(form, problem)
    if not form.ok:
        return _one(view, form, _texts(), 422)
    flash("good", _("Saved."))
    return see("workforce.pools")


@pages.get("/pools/<pool_id>/onboarding")
def pool_onboarding(pool_id: str) -> Response:
    """What the people of a pool have done on their way in, and whose turn it is; who waits at one of the steps."""
    view, asked = _pool(pool_id), request.args.get("step", "")
    owner = Owner(request.args["owner"]) if request.args.get("owner") in set(Owner) else Owner.PERSON
    code = asked if asked in view.steps else ""
    with db.reading(queries.reach(current.actor())) as session:
        counts = queries.step_counts(session, pool_id)
        rows, after = (
            queries.people_at_step(session, pool_id, code, owner, after=request.args.get("after"))
            if code
            else ([], None)
        )
    return page(
        "workforce/onboarding.html", pool=view, counts=counts, names=STEPS, step=code, owner=owner, rows=rows,
        words=words, owners=words.OWNERS,
        next_url=url_for("workforce.pool_onboarding", pool_id=pool_id, step=code, owner=owner.value, after=after)
        if after else "",
    )  # fmt: skip


@pages.post("/pools/<pool_id>/steps")
def set_steps(pool_id: str) -> Response:
    """Choose what people are asked for: each step has its place, or none."""
    view = _pool(pool_id)
    form = empty_form({"name": view.name, "is_open": view.is_open})
    try:
        with db.transaction(current.scope()) as session:
            operations.set_steps(session, current.actor(), pool_id, _steps_typed())
    except Invalid as problem:
        form.add(problem)
        return _one(view, form, dict(view.about), 422)
    flash("good", _("Saved."))
    return see("workforce.pool", pool_id=pool_id)


@pages.post("/pools/<pool_id>/check-rate")
def set_check_rate(pool_id: str) -> Response:
    """Set what a native earns for judging a text."""
    view, micros = _pool(pool_id), read_amount(request.form.get("rate", ""))
    form = empty_form({"name": view.name, "is_open": view.is_open})
    try:
        if isinstance(micros, Message):
            raise Invalid("pool.check_rate", micros, {"rate": micros})
        with db.transaction(current.scope()) as session:
            operations.set_check_rate(
                session, current.actor(), pool_id, micros=micros,
                currency=request.form.get("currency", "").strip().upper(),
            )  # fmt: skip
    except Invalid as problem:
        form.add(problem)
    if not form.ok:
        return _one(view, form, dict(view.about), 422)
    flash("good", _("Saved."))
    return see("workforce.pool", pool_id=pool_id)


def _pool(pool_id: str) -> PoolView:
    with db.reading(queries.reach(current.actor())) as session:
        view = queries.pool_of(session, pool_id)
    if view is None:
        raise not_found()
    return view


def _steps_typed() -> list[str]:
    """Steps in the order of the places that were typed; raises Invalid for what is no place."""
    places: list[tuple[int, str]] = []
    for code in STEPS:
        typed = request.form.get(f"step-{code}", "").strip()
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 3):
            message = _("A whole number is expected here.")
            raise Invalid("steps.invalid", message, fields={f"step-{code}": message})
        if typed and int(typed):
            places.append((int(typed), code))
    return [code for _place, code in sorted(places, key=lambda each: each[0])]


def _texts() -> dict[str, str]:
    typed = {locale: request.form.get(f"about-{locale}", "").strip() for locale in SHIPPED}
    return {locale: text for locale, text in typed.items() if text}


def _take_over(form: Form[Any], problem: Invalid | Conflict) -> None:
    if isinstance(problem, Invalid):
        form.add(problem)
    else:
        form.errors["name"] = problem.message


def _list(form: Form[Any], status: int = 200) -> Response:
    with db.reading(queries.reach(current.actor())) as session:
        rows, after = queries.pools(session, after=request.args.get("after") or None)
    texts = _texts() if request.method == "POST" else {}
    return page(
        "workforce/pools.html", status, rows=rows, after=after, form=form, errors=form.errors, texts=texts,
        shipped=SHIPPED,
    )  # fmt: skip


def _one(view: PoolView, form: Form[Any], texts: dict[str, str], status: int = 200) -> Response:
    with db.reading(queries.reach(current.actor())) as session:
        lanes = figures_of_pool(session, current.actor(), view.id)
    return page(
        "workforce/pool.html", status, pool=view, lanes=lanes, drawn=_drawn(lanes or ()), form=form,
        errors=form.errors, texts=texts, shipped=SHIPPED, step_names=STEPS,
        rate=request.form.get("rate") or to_text(view.check_micros),
        step_places={code: place for place, code in enumerate(view.steps, start=1)},
    )  # fmt: skip


def _drawn(lanes: Sequence[LaneFigure]) -> Markup:
    """The quality of the pool's people, lane by lane."""
    rows = [
        Interval(str(one.lane), one.accuracy, one.low, one.high)
        for one in lanes
        if one.accuracy is not None and one.low is not None and one.high is not None
    ]
    return whiskers(
        rows,
        label=str(_("Share of right answers by lane, with its 95% range")),
        x_ticks=ticks(
            max(0.0, min((one.low for one in lanes if one.low is not None), default=0.5) - 0.05), 1.0, formats.percent
        ),
    )
