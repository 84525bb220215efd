"""People of a vendor: the list with its filters, one person in full, and the decisions about them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Response, request, url_for
from pydantic import Field

from i18n import Message, _
from kernel import db
from kernel.db import now_of
from kernel.errors import Invalid
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.pages import pages, words
from workforce.rules.standing import next_standings
from workforce.values import IDENTITY_KINDS, Standing

PAGE = 25
_FILTERS = ("text", "status", "locale")


class Reason(FormModel):
    """What a form of decline or rejection sends."""

    reason: str = Field(max_length=2000)


class StandingForm(Reason):
    """What the form of standing sends."""

    status: Standing


class ClearanceForm(Reason):
    """What the form of clearance sends: a level, and the last day on which it holds."""

    level: int
    until: date | None = None


class IdentityForm(FormModel):
    """What the form of an identity check sends."""

    kind: str = Field(max_length=20)


@pages.get("/people")
def people() -> Response:
    """People by standing, language and name."""
    asked = {name: request.args.get(name, "").strip() for name in _FILTERS}
    status = Standing(asked["status"]) if asked["status"] in set(Standing) else None
    after = request.args.get("after") or None
    with db.reading(queries.reach(current.actor())) as session:
        rows, next_after = queries.find_people(
            session,
            status=status,
            locale=words.language_typed(asked["locale"]) or None,
            text=asked["text"] or None,
            after=after,
            limit=PAGE,
        )
        counts = queries.count_by_status(session)
        pools, _more = queries.pools(session, limit=200)
    return page(
        "workforce/people.html", rows=rows, counts=counts, total=sum(counts.values()), pool_count=len(pools),
        asked=asked, chips=_chips(asked), words=words,
        standings=[(one.value, str(words.STANDINGS[one][0])) for one in Standing],
        next_url=url_for("workforce.people", **_kept(asked), after=next_after) if next_after else "",
        first_url=url_for("workforce.people", **_kept(asked)) if after else "",
    )  # fmt: skip


@pages.get("/people/<annotator_id>")
def person(annotator_id: str) -> Response:
    """One person: profile, languages with their proof, history, decisions."""
    return _show(annotator_id, empty_form())


@pages.post("/people/<annotator_id>/admit")
def admit(annotator_id: str) -> Response:
    """Admit an applicant."""
    with db.transaction(queries.reach(current.actor())) as session:
        operations.admit(session, current.actor(), annotator_id)
    return _done(annotator_id, _("Admitted."))


@pages.post("/people/<annotator_id>/decline")
def decline(annotator_id: str) -> Response:
    """Turn an application down."""
    form = read_form(Reason)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.decline(session, current.actor(), annotator_id, form.data.reason)
        except Invalid as problem:
            form.add(problem)
    return (
        _done(annotator_id, _("Declined. The person reads your reason and can appeal."))
        if form.ok
        else _show(annotator_id, form, 422)
    )


@pages.post("/people/<annotator_id>/standing")
def change_standing(annotator_id: str) -> Response:
    """Pause, end or bring back."""
    form = read_form(StandingForm)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.change_standing(
                    session, current.actor(), annotator_id, status=form.data.status, reason=form.data.reason
                )
        except Invalid as problem:
            form.add(problem)
    return _done(annotator_id, _("Changed.")) if form.ok else _show(annotator_id, form, 422)


@pages.post("/people/<annotator_id>/clearance")
def set_clearance(annotator_id: str) -> Response:
    """Give, change or end a clearance."""
    form = read_form(ClearanceForm)
    if form.ok:
        try:
            until = form.data.until
            with db.transaction(queries.reach(current.actor())) as session:
                operations.set_clearance(
                    session, current.actor(), annotator_id, level=form.data.level, reason=form.data.reason,
                    until_at=datetime.combine(until + timedelta(days=1), time(), UTC) if until else None,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
    return _done(annotator_id, _("Changed.")) if form.ok else _show(annotator_id, form, 422)


@pages.post("/people/<annotator_id>/identity")
def verify_identity(annotator_id: str) -> Response:
    """Take an identity as verified."""
    form = read_form(IdentityForm)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.verify_identity(session, current.actor(), annotator_id, kind=form.data.kind)
        except Invalid as problem:
            form.add(problem)
    return _done(annotator_id, _("Verified.")) if form.ok else _show(annotator_id, form, 422)


@pages.post("/people/<annotator_id>/identity/end")
def end_identity(annotator_id: str) -> Response:
    """Take an identity as verified no longer."""
    form = read_form(Reason)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.end_identity(session, current.actor(), annotator_id, reason=form.data.reason)
        except Invalid as problem:
            form.add(problem)
    return _done(annotator_id, _("Changed.")) if form.ok else _show(annotator_id, form, 422)


def _done(annotator_id: str, message: Message) -> Response:
    flash("good", message)
    return see("workforce.person", annotator_id=annotator_id)


def _show(annotator_id: str, form: Form[Any], status: int = 200) -> Response:
    with db.reading(queries.reach(current.actor())) as session:
        detail = queries.person_for(session, current.actor(), annotator_id)
        receipts, _after = queries.receipts_of(session, annotator_id, limit=10)
        signed = queries.signatures_of(session, annotator_id)
        to_sign = queries.agreements_to_sign(session, annotator_id, detail.annotator.org_id)
        facts = queries.person_facts(session, annotator_id, now_of(session))
        steps = queries.steps_of(session, annotator_id)
        documents = queries.documents_of(session, annotator_id)
    standings = [one for one in next_standings(detail.annotator.status) if one is not Standing.LEFT]
    return page(
        "workforce/person.html", status, detail=detail, person=detail.annotator, receipts=receipts, signed=signed,
        to_sign=to_sign, words=words, errors=form.errors, typed=form.values,
        standings=[(one.value, str(words.STANDINGS[one][0])) for one in standings],
        facts=facts, identity_kinds=[(kind, str(name)) for kind, name in IDENTITY_KINDS.items()],
        clearances=[(str(level), str(name)) for level, name in enumerate(words.CLEARANCES)],
        steps=steps, documents=documents, is_self=detail.annotator.account_id == current.actor().account_id,
    )  # fmt: skip


def _kept(asked: dict[str, str], but: str = "") -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value and name != but}


def _chips(asked: dict[str, str]) -> list[tuple[str, str]]:
    shown = {**asked}
    if shown["status"] in set(Standing):
        shown["status"] = str(words.STANDINGS[Standing(shown["status"])][0])
    return [(shown[name], url_for("workforce.people", **_kept(asked, name))) for name in _FILTERS if asked[name]]
