"""A client's gold: the keys of a project, and putting them aside."""

from flask import Response, request

from calibration.lanes import find_lane
from calibration.operations import gold, reading
from calibration.pages import pages
from calibration.reach import with_gold
from i18n import _
from kernel import db
from kernel.seeing import see as see_noted
from labeling.values import GoldPool
from web import current
from web.render import flash, page, see

POOL_WORDS = {
    GoldPool.TRAINING.value: _("Training"),
    GoldPool.EXAM.value: _("Exam"),
    GoldPool.LIVE.value: _("Live work"),
}
SHOWN = 25
STATUS_WORDS = {"active": _("In use"), "suspended": _("In doubt"), "retired": _("Retired")}


@pages.get("/projects/<project_id>/gold")
def project_gold(project_id: str) -> Response:
    """The keys of a project, page by page."""
    pool = request.args.get("pool") or None
    keys, after = see_noted(
        with_gold(),
        lambda session: reading.gold_of_project(
            session,
            current.actor(),
            project_id,
            pool=pool,
            after=request.args.get("after") or None,
            limit=SHOWN,
        ),
    )
    with db.reading(with_gold()) as session:
        forms = reading.gold_forms(session, current.actor(), project_id)
        lanes = {form.lane_id: lane for form in forms if (lane := find_lane(session, form.lane_id)) is not None}
    return page(
        "calibration/gold.html", project_id=project_id, keys=keys, after=after, pool=pool, pools=POOL_WORDS,
        statuses=STATUS_WORDS, forms=[(lanes[form.lane_id], form) for form in forms if form.lane_id in lanes],
    )  # fmt: skip


@pages.post("/projects/<project_id>/gold/<key_id>/retire")
def retire_gold(project_id: str, key_id: str) -> Response:
    """Use a key no more; what it gave stays."""
    with db.transaction(with_gold()) as session:
        gold.retire_key(session, current.actor(), key_id)
    flash("good", _("This gold is used no more."))
    return see("calibration.project_gold", project_id=project_id)


@pages.post("/projects/<project_id>/gold/<key_id>/suspend")
def suspend_gold(project_id: str, key_id: str) -> Response:
    """Stop grading by a key in doubt, and take back what it gave."""
    with db.transaction(with_gold()) as session:
        gold.suspend_key(session, current.actor(), key_id)
    flash("good", _("This gold grades nobody any more, and what it gave is taken back."))
    return see("calibration.project_gold", project_id=project_id)
