"""Joining the application: pages, API and commands of calibration."""

from flask import Flask, url_for
from sqlalchemy.orm import Session

from calibration.api import api
from calibration.cli import cli
from calibration.operations import reading, voices
from calibration.operations.hearing import rests_on_checks
from calibration.pages import behaviour, disputes, gates, gold, lanes, learning, natives, pages, people, roster, rows
from calibration.policy import PERSON_QUALITY
from calibration.queries.natives import is_answer_kept
from i18n import Message, _
from kernel.policy import Actor
from web import current
from workforce.figures import LaneFigure, use_figures
from workforce.trail import show_case, show_evidence, show_loss, show_whole

# Imported for the routes they declare.
_ROUTES = (behaviour, disputes, gates, gold, lanes, learning, natives, people, roster, rows)


def register(app: Flask) -> None:
    """Add everything that calibration serves."""
    show_evidence("attempt", lambda _session, _actor, attempt_id: url_for("calibration.attempt", attempt_id=attempt_id))
    show_evidence("dispute", lambda _session, _actor, dispute_id: url_for("calibration.dispute", dispute_id=dispute_id))
    show_evidence(
        "language_check", lambda _session, _actor, check_id: url_for("calibration.language_check", check_id=check_id)
    )
    show_case("language_check", _appealed)
    show_loss("language_check", _lost_recording)
    show_whole("lane_paused", _evidence)
    use_figures(of_person=_person_figures, of_pool=_pool_figures)
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.cli.add_command(cli)


def _appealed(session: Session, actor: Actor, check_id: str) -> str | None:
    """What natives judged, for whoever may answer the appeal against it."""
    may_look = voices.is_appealed_to(session, actor, check_id)
    return url_for("calibration.appealed_check", check_id=check_id) if may_look else None


def _lost_recording(session: Session, check_id: str) -> Message | None:
    if is_answer_kept(session, check_id):
        return None
    return _("The recording itself is not kept any more, so nobody can hear it again.")


def _evidence(session: Session, actor: Actor, receipt_id: str) -> str | None:
    """Where a pause by a rule shows the answers that it rests on; other pauses rest on no checks."""
    return (
        url_for("calibration.evidence", receipt_id=receipt_id) if rests_on_checks(session, actor, receipt_id) else None
    )


def _person_figures(session: Session, actor: Actor, annotator_id: str) -> list[LaneFigure] | None:
    if not current.may(PERSON_QUALITY):
        return None
    return [
        LaneFigure(
            lane=lane.name, locale=lane.locale, people=1, answers=row.judged, accuracy=row.accuracy, low=row.low,
            high=row.high,
            address=url_for("calibration.person_quality", lane_id=lane.id, annotator_id=annotator_id),
        )
        for lane, row in reading.person_by_lane(session, actor, annotator_id)
    ]  # fmt: skip


def _pool_figures(session: Session, actor: Actor, pool_id: str) -> list[LaneFigure] | None:
    if not current.may(PERSON_QUALITY):
        return None
    return [
        LaneFigure(
            lane=lane.name, locale=lane.locale, people=row.people, answers=row.answers, accuracy=row.accuracy,
            low=row.interval.lower, high=row.interval.upper,
            address=url_for("calibration.lane_people", lane_id=lane.id, order="surest"),
        )
        for lane, row in reading.pool_by_lane(session, actor, pool_id)
    ]  # fmt: skip
