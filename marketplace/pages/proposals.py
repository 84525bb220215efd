"""Pages of gold from settled units: what is proposed, accepted or refused many at a time."""

from flask import Response, request
from pydantic import Field

from calibration.pages.gold import POOL_WORDS
from calibration.reach import with_gold
from i18n import Message, _, ngettext
from kernel import db
from kernel.errors import Invalid
from kernel.seeing import see as see_noted
from labeling.values import GoldPool
from marketplace.operations import proposals
from marketplace.pages import pages
from web import current
from web.forms import FormModel, read_form
from web.render import flash, page, see

THIRDS: tuple[Message, ...] = (_("easy"), _("middling"), _("hard"))


class ProposalsForm(FormModel):
    """Which proposals, and what is to become of them."""

    chosen: list[str] = Field(default_factory=list)
    decision: str = "accept"
    pool: str = GoldPool.LIVE.value


@pages.get("/projects/<project_id>/gold-proposals")
def gold_proposals(project_id: str) -> Response:
    """The settled units that could check people, with who is behind each label."""
    return _show(project_id, {})


@pages.post("/projects/<project_id>/gold-proposals")
def decide_gold_proposals(project_id: str) -> Response:
    """Make gold of those chosen, or put them aside."""
    form = read_form(ProposalsForm)
    if not form.ok:
        return _show(project_id, form.errors, 422)
    which = {"refuse" if form.data.decision == "refuse" else "accept": tuple(form.data.chosen)}
    try:
        with db.transaction(with_gold()) as session:
            done = proposals.decide_proposals(session, current.actor(), project_id, pool=form.data.pool, **which)
    except Invalid as problem:
        return _show(project_id, {name or "": text for name, text in problem.fields.items()}, 422)
    if done.accepted:
        flash("good", ngettext("%(num)s unit is gold now.", "%(num)s units are gold now.", done.accepted))
    if done.refused:
        flash("good", ngettext("%(num)s unit was put aside.", "%(num)s units were put aside.", done.refused))
    if done.gone:
        gone = ngettext(
            "%(num)s unit is not what it was any more, and was left out.",
            "%(num)s units are not what they were any more, and were left out.", done.gone,
        )  # fmt: skip
        flash("wait", gone)
    return see("marketplace.gold_proposals", project_id=project_id)


def _show(project_id: str, errors: dict[str, Message], status: int = 200) -> Response:
    project, rows, after = see_noted(
        with_gold(),
        lambda session: proposals.read_proposals(
            session, current.actor(), project_id, after=request.args.get("after") or None
        ),
    )
    return page(
        "marketplace/gold_proposals.html", status, project=project, rows=rows, after=after, pools=POOL_WORDS,
        thirds=THIRDS, errors=errors,
    )  # fmt: skip
