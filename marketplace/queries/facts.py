"""What the packages below must know of a lane, which they ask through a provider, as lanes belong to this one."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.values import LaneFacts
from i18n import Message, _
from i18n.figures import figure
from kernel.hot import Hot, table_of
from marketplace.models import Lane, Project
from marketplace.queries.eligibility import demands_of_test
from payouts.values import LaneLabel

LANES_MOST = 500


def lane_facts(session: Session, lane_id: str, annotator_id: str | None = None) -> LaneFacts | None:
    """The facts of a lane that the transaction may see; with its demands on an annotator, if one is named."""
    lane = session.get(Lane, lane_id)
    if lane is None:
        return None
    project = session.get(Project, lane.project_id)
    facts = LaneFacts(
        id=lane.id, org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=lane.project_id,
        locale=lane.locale, task_type=lane.task_type, ontology_id=lane.ontology_id, guideline_id=lane.guideline_id,
        name=_name(project.name, lane.locale) if project else lane.locale, state=lane.state,
        quality_target=lane.quality_target, proficiency=lane.proficiency, modes=tuple(lane.modes),
    )  # fmt: skip
    demands = demands_of_test(session, lane, project, annotator_id) if project and annotator_id else None
    return facts if demands is None else replace(facts, demands=demands)


def _name(project: str, locale: str) -> Message:
    return _("%(project)s, %(language)s", project=project, language=figure("language", locale))


def lane_labels(session: Session) -> list[LaneLabel]:
    """The lanes that the session's tenant works in, as pages of money name them; the newest hundreds."""
    rows = session.execute(
        select(Lane, Project.name)
        .join(Project, Project.id == Lane.project_id)
        .order_by(Project.created_at.desc(), Lane.locale)
        .limit(LANES_MOST)
    )
    return [
        LaneLabel(lane.id, lane.project_id, name, lane.locale, lane.currency, lane.price_micros, lane.overlap)
        for lane, name in rows
    ]


_LANES = table_of(Lane)
_WANTED = Hot(select(_LANES.c.locale).where(_LANES.c.state != "done").distinct())


def locales_wanted(session: Session) -> list[str]:
    """The languages of the lanes of the session's tenant that are not done."""
    return list(_WANTED.run(session).scalars())
