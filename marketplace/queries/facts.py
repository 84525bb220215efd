"""What the packages below must know of a lane, which they ask through a provider, as lanes belong to this one."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import QualificationTest
from calibration.queries.tests import ENTRANCE
from calibration.values import LaneFacts
from i18n import Message, _
from i18n.figures import figure
from kernel.hot import Hot, table_of
from kernel.paging import Paging
from marketplace.models import Lane, Project
from marketplace.queries.eligibility import demands_of_test, who_may_be_tested
from payouts.values import LaneLabel

# Lanes as people look for them; rows name these three columns.
BY_LANE = Paging("lanes", Project.name, Lane.locale, Lane.id)


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
        classification=lane.classification,
    )  # fmt: skip
    demands = demands_of_test(session, lane, project, annotator_id) if project and annotator_id else None
    return facts if demands is None else replace(facts, demands=demands)


def people_for_test(session: Session, lane_id: str, annotator_ids: Sequence[str]) -> frozenset[str]:
    """Those of these people who meet what the lane asks of whoever takes its test."""
    lane = session.get_one(Lane, lane_id)
    return who_may_be_tested(session, lane, session.get_one(Project, lane.project_id), annotator_ids)


def _name(project: str, locale: str) -> Message:
    return _("%(project)s, %(language)s", project=project, language=figure("language", locale))


_LABELS = select(
    Lane.id, Lane.project_id, Project.name, Lane.locale, Lane.currency, Lane.price_micros, Lane.overlap
).join(Project, Project.id == Lane.project_id)


class LaneLabels:
    """The lanes that the session's tenant works in, as pages of money name them."""

    def one(self, session: Session, lane_id: str) -> LaneLabel | None:
        """A lane by its id."""
        row = session.execute(_LABELS.where(Lane.id == lane_id)).one_or_none()
        return LaneLabel(*row) if row else None

    def page(self, session: Session, after: str | None, limit: int) -> tuple[list[LaneLabel], str | None]:
        """Lanes by project and language."""
        statement = _LABELS.where(*BY_LANE.after(after)).order_by(*BY_LANE.order()).limit(limit + 1)
        rows, next_after = BY_LANE.cut(session.execute(statement).all(), limit)
        return [LaneLabel(*row) for row in rows], next_after


_LANES = table_of(Lane)
_WANTED = Hot(select(_LANES.c.locale).where(_LANES.c.state != "done").distinct())


def locales_wanted(session: Session) -> list[str]:
    """The languages of the lanes of the session's tenant that are not done."""
    return list(_WANTED.run(session).scalars())


def lanes_with_tests(session: Session) -> list[tuple[str, Message | str]]:
    """The lanes of the session's tenant whose test is open, with their names: at most 200, by project and language."""
    rows = session.execute(
        select(Lane.id, Lane.locale, Project.name)
        .join(Project, Project.id == Lane.project_id)
        .join(QualificationTest, QualificationTest.lane_id == Lane.id)
        .where(
            QualificationTest.is_open, QualificationTest.purpose == ENTRANCE, Lane.state.in_(("open", "paused"))
        )
        .order_by(*BY_LANE.order())
        .limit(200)
    )  # fmt: skip
    return [(row.id, _name(row.name, row.locale)) for row in rows]


def lanes_named(session: Session, ids: Sequence[str]) -> list[tuple[str, Message | str]]:
    """The first 200 lanes of the session's tenant by project and language, and those of these ids, with their names."""
    lanes = select(Lane.id, Lane.locale, Project.name).join(Project, Project.id == Lane.project_id)
    rows = session.execute(lanes.order_by(*BY_LANE.order()).limit(200)).all()
    more = set(ids) - {row.id for row in rows}
    rows = [*rows, *(session.execute(lanes.where(Lane.id.in_(more))).all() if more else ())]
    return [(row.id, _name(row.name, row.locale)) for row in rows]
