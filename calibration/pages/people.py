"""A person's quality in a lane over time: for their vendor, and the same figures for the person."""

from datetime import date

from flask import Response, request, url_for

from calibration.operations import reading
from calibration.operations.reading import PersonPage
from calibration.pages import pages, pictures
from calibration.pages.words import ACTIONS, ENDS, limit_told
from calibration.values import GateMetric
from i18n import _, formats
from kernel import db
from labeling.queries.content import ontology_of
from labeling.values import Ontology
from web import current
from web.render import page


@pages.get("/lanes/<lane_id>/people/<annotator_id>/quality")
def person_quality(lane_id: str, annotator_id: str) -> Response:
    """One person of the vendor's in a lane, day by day."""
    with db.reading(current.scope()) as session:
        found = reading.person_quality(session, current.actor(), lane_id, annotator_id, as_of=_as_of())
        ontology = ontology_of(session, found.lane.ontology_id) if found.lane.ontology_id else None
    here = url_for("calibration.person_quality", lane_id=lane_id, annotator_id=annotator_id)
    return _shown("calibration/person_quality.html", found, ontology, str(_("error rate rose")), here)


@pages.get("/quality/<lane_id>")
def own_quality(lane_id: str) -> Response:
    """One's own quality in a lane, day by day."""
    with db.reading(current.scope()) as session:
        found = reading.own_quality(session, current.actor(), lane_id, as_of=_as_of())
        ontology = ontology_of(session, found.lane.ontology_id) if found.lane.ontology_id else None
    here = url_for("calibration.own_quality", lane_id=lane_id)
    return _shown("calibration/own_quality.html", found, ontology, str(_("a change")), here)


def _as_of() -> date | None:
    """The day that was asked for; what cannot be read is no wish at all."""
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def _shown(template: str, found: PersonPage, ontology: Ontology | None, drift: str, here: str) -> Response:
    history = found.history
    by_limit = {rule.limit: rule for rule in found.gates if rule.metric != GateMetric.DRIFT}
    limits = [(limit, str(limit_told(by_limit[limit].action, formats.percent(limit)))) for limit in sorted(by_limit)]
    return page(
        template, found=found, lane=found.lane, history=history, actions=ACTIONS, ends=ENDS,
        names=pictures.class_names(ontology), here=here,
        drawn=pictures.over_time(history, limits, drift), speed=pictures.speed_over_time(history),
        classes=pictures.class_recalls(history, ontology),
    )  # fmt: skip
