"""The rows behind a lane's figures, as pages."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Response, request, url_for

from calibration.operations import rows
from calibration.pages import pages, pictures
from calibration.queries.weeks import FIRST_WEEK, LAST_WEEK, monday_of
from calibration.reach import with_gold
from calibration.values import LaneFacts
from i18n import _
from kernel import db
from kernel.guard import not_found
from labeling.queries.content import ontology_of
from web import current
from web.render import page
from workforce.trail import address_of

DECISION_WORDS = {"work_rejected": _("Answers rejected"), "lane_paused": _("People paused")}
STATE_WORDS = {
    "in_force": (_("In force"), "plain"),
    "appealed": (_("Appealed"), "wait"),
    "overturned": (_("Overturned"), "good"),
    "ended": (_("Ended"), "plain"),
}


@pages.get("/lanes/<lane_id>/weak")
def lane_weak(lane_id: str) -> Response:
    """The units whose labels are weak."""
    return _units("weak", rows.lane_weak, lane_id)


@pages.get("/lanes/<lane_id>/split")
def lane_split(lane_id: str) -> Response:
    """The units that people answered differently."""
    return _units("split", rows.lane_split, lane_id)


@pages.get("/lanes/<lane_id>/checks")
def lane_checks(lane_id: str) -> Response:
    """The answers that were compared with gold, of one cell of the matrix or of one week where they are named."""
    cell = {name: request.args.get(name) or None for name in ("truth", "answer")}
    week = _week()
    kept = cell | {"week": week.isoformat() if week else None}
    with db.reading(with_gold()) as session:
        lane, found, after = rows.lane_checks(
            session, current.actor(), lane_id, truth=cell["truth"], answer=cell["answer"], week=week, after=_after()
        )
        names = _names(session, lane)
    return _page("checks", lane, found, after, kept, names=names, cell=cell, week=week)


@pages.get("/lanes/<lane_id>/decisions")
def lane_decisions(lane_id: str) -> Response:
    """The vendor's decisions of one kind about people in this lane."""
    kind = request.args.get("kind") or rows.KINDS[0]
    with db.reading(current.scope()) as session:
        lane, found, after = rows.lane_decisions(session, current.actor(), lane_id, kind, after=_after())
    return _page(
        "decisions", lane, found, after, {"kind": kind}, title=DECISION_WORDS[kind], states=STATE_WORDS
    )  # fmt: skip


def _units(what: str, read: Callable[..., tuple[LaneFacts, Any, str | None]], lane_id: str) -> Response:
    """Units of a lane, each with the address where the reader may look at it."""
    with db.reading(current.scope()) as session:
        lane, found, after = read(session, current.actor(), lane_id, after=_after())
        names = _names(session, lane)
        places = {row.unit_id: address_of(session, current.actor(), "unit", row.unit_id) for row in found}
    return _page(what, lane, found, after, {}, names=names, places=places)


def _week() -> date | None:
    """The Monday of the week asked for, if one is."""
    asked = request.args.get("week")
    if not asked:
        return None
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        raise not_found() from None
    if not FIRST_WEEK <= day <= LAST_WEEK:
        raise not_found()
    return monday_of(day)


def _after() -> str | None:
    return request.args.get("after") or None


def _names(session: Any, lane: LaneFacts) -> dict[str, str]:
    return pictures.class_names(ontology_of(session, lane.ontology_id) if lane.ontology_id else None)


def _page(what: str, lane: LaneFacts, found: Any, after: str | None, kept: dict[str, Any], **more: Any) -> Response:
    here = f"calibration.lane_{what}"
    return page(
        "calibration/lane_rows.html", what=what, lane=lane, rows=found,
        next_url=url_for(here, lane_id=lane.id, after=after, **kept) if after else "",
        first_url=url_for(here, lane_id=lane.id, **kept) if _after() else "", **more,
    )  # fmt: skip
