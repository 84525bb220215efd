"""The vendor's page of a lane's people: who works there, and opening or closing it to one of them by hand."""

from typing import Any

from flask import Response, request, url_for

from calibration.addresses import test_address
from calibration.operations import asking, qualifications, reading
from calibration.pages import pages
from i18n import Message, _, ngettext
from kernel import db
from kernel.errors import Conflict, Invalid
from web import current
from web.render import flash, page, see

STANDING_WORDS: dict[str, tuple[Message, str]] = {
    "open": (_("Works here"), "good"),
    "paused": (_("Paused"), "wait"),
    "expired": (_("Qualification expired"), "wait"),
    "revoked": (_("Taken out"), "bad"),
    "testing": (_("Test under way"), "plain"),
    "failed": (_("Test not passed"), "wait"),
    "new": (_("Not let in yet"), "plain"),
}


@pages.get("/lanes/<lane_id>/people")
def lane_people(lane_id: str) -> Response:
    """Everybody of the vendor who claims the lane's language."""
    text, after = request.args.get("text", "").strip(), request.args.get("after") or None
    order, least = request.args.get("order", ""), _share(request.args.get("least", ""))
    with db.reading(current.scope()) as session:
        lane, people, next_after = reading.lane_people(
            session, current.actor(), lane_id, text=text, is_ranked=order == "surest", least=least, after=after
        )
    kept: dict[str, Any] = {"text": text or None, "order": order or None}
    kept["least"] = None if least is None else round(least * 100)
    return page(
        "calibration/lane_people.html", lane=lane, people=people, words=STANDING_WORDS, text=text, order=order,
        least=kept["least"],
        first_url=url_for("calibration.lane_people", lane_id=lane_id, **kept) if after else "",
        next_url=url_for("calibration.lane_people", lane_id=lane_id, after=next_after, **kept)
        if next_after else "",
    )  # fmt: skip


@pages.post("/lanes/<lane_id>/people/admit")
def waive(lane_id: str) -> Response:
    """Open the lane to a person without its test."""
    person, reason = _sent()
    try:
        with db.transaction(current.scope()) as session:
            qualifications.waive(session, current.actor(), lane_id, person, reason)
        flash("good", _("The lane is open to this person. Your reason stands in the audit log."))
    except (Invalid, Conflict) as problem:
        _tell(problem)
    return see("calibration.lane_people", lane_id=lane_id)


@pages.post("/lanes/<lane_id>/people/remove")
def revoke(lane_id: str) -> Response:
    """Close the lane to a person, who reads why and may appeal."""
    person, reason = _sent()
    try:
        with db.transaction(current.scope()) as session:
            qualifications.revoke(session, current.actor(), lane_id, person, reason)
        flash("wait", _("The lane is closed to this person. They read your reason and can appeal."))
    except (Invalid, Conflict) as problem:
        _tell(problem)
    return see("calibration.lane_people", lane_id=lane_id)


@pages.post("/people/tests")
def ask_to_test() -> Response:
    """Show who of those who are chosen would be asked to take a lane's test; written when it is sent from there."""
    lane_id, is_preview = request.form.get("lane_id", ""), request.form.get("sure") != "1"
    try:
        # A look changes nothing, so that nobody's writing waits for it.
        with (db.reading if is_preview else db.transaction)(current.scope()) as session:
            lane, planned = asking.ask_to_test(
                session, current.actor(), lane_id, request.form.getlist("ids"), address=test_address(lane_id),
                is_preview=is_preview,
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        _tell(problem)
        return see("workforce.people")
    if is_preview:
        return page("calibration/ask_to_test.html", lane=lane, planned=planned)
    written = sum(one.is_possible for one in planned)
    flash("good", ngettext("%(num)s letter is on its way.", "%(num)s letters are on their way.", written))
    return see("workforce.people")


def _share(percent: str) -> float | None:
    """What was typed as a percentage; None where it is none."""
    return int(percent) / 100 if percent.isdecimal() and len(percent) < 4 else None


def _sent() -> tuple[str, str]:
    return request.form.get("annotator_id", ""), request.form.get("reason", "")


def _tell(problem: Invalid | Conflict) -> None:
    if problem.message is not None:
        flash("bad", problem.message)
