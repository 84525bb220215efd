"""Appeals for those who answer them: the list by deadline, one with its decision, the answer."""

from flask import Response, request
from pydantic import Field

from i18n import _
from kernel import clock, db
from kernel.errors import Invalid
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import desk, queries, trail
from workforce.pages import evidence, pages, words
from workforce.values import Outcome


class AnswerForm(FormModel):
    """What the form of an answer sends."""

    outcome: Outcome
    answer: str = Field(max_length=4000)


@pages.get("/appeals")
def appeals() -> Response:
    """Appeals that wait, the first due first; or those that were answered."""
    is_open = request.args.get("state") != "answered"
    with db.reading(queries.reach(current.actor())) as session:
        rows, after = queries.appeals(session, is_open=is_open, after=request.args.get("after") or None, limit=25)
    return page("workforce/appeals.html", rows=rows, after=after, is_open=is_open, words=words, now=clock.now())


@pages.get("/appeals/<appeal_id>")
def appeal_case(appeal_id: str) -> Response:
    """One appeal with what was decided; who decided is not told."""
    return _show(appeal_id, empty_form())


@pages.post("/appeals/<appeal_id>")
def answer_appeal(appeal_id: str) -> Response:
    """Answer it."""
    form = read_form(AnswerForm)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                desk.answer(session, current.actor(), appeal_id, outcome=form.data.outcome, answer=form.data.answer)
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _show(appeal_id, form, 422)
    flash("good", _("Answered. The person reads it on the receipt."))
    return see("workforce.appeals")


def _show(appeal_id: str, form: Form[AnswerForm], status: int = 200) -> Response:
    with db.reading(queries.reach(current.actor())) as session:
        appeal, receipt, pseudonym = queries.appeal_for(session, current.actor(), appeal_id)
        pieces = {str(item["id"]): str(item["kind"]) for item in receipt.evidence if "id" in item}
        losses = trail.losses_of(session, receipt.evidence)
        found = {each: trail.address_of_case(session, current.actor(), kind, each) for each, kind in pieces.items()}
    links = {each: address for each, address in found.items() if address}
    return page(
        "workforce/appeal.html", status, appeal=appeal, receipt=receipt, pseudonym=pseudonym, form=form,
        errors=form.errors, words=words, outcomes=[(one.value, str(told), "") for one, told in words.OUTCOMES.items()],
        rule=evidence.rule_told(receipt), evidence=evidence.evidence_told(receipt, links, losses),
        rests_on_reason=evidence.rests_on_reason(receipt),
    )  # fmt: skip
