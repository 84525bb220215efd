"""The content of a project goes when its time is over, and all that rests on it stays."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from admin.operations.retention import carry_retention
from admin.queries.retention import report
from calibration.models import Judgment
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.policy import system_actor
from kernel.tenancy import Scope
from labeling.models import Item
from labeling.rules.removed import removed_content, removed_on
from labeling.tasktypes.registry import TYPES
from marketplace.models import Assignment, Project, Unit
from marketplace.operations.keeping import keep_content, remove_content, see_keeping
from marketplace.operations.projects import finish_project
from marketplace.queries.work import is_content_kept
from marketplace.values.keeping import HOLD_WORDS, Hold
from tests.marketplace.desk import open_desk
from tests.marketplace.orders import Market

MACHINE = system_actor("test")


def _due(market: Market) -> int:
    with market.system() as session:
        return {due.rule.code: due.count for due in report(session)}["contents"]


def _taken(market: Market, limit: int = 500) -> int:
    with market.system() as session:
        return carry_retention(session, MACHINE, limit)["contents"]


def _items(market: Market) -> list[Item]:
    with market.system() as session:
        return list(session.scalars(select(Item).order_by(Item.id)))


def test_a_removed_content_keeps_its_shape_and_no_word() -> None:
    gone = removed_content({"text": "Ring me on Monday morning, please.", "context": "ok"}, date(2027, 3, 1))
    assert gone == {"text": "[removed 2027-03-01]" + "█" * 14, "context": "[removed 2027-03-01]"}
    assert TYPES["choice"].content_json(TYPES["choice"].parse_content(gone)) == gone
    assert removed_on(gone["text"]) == date(2027, 3, 1)
    assert removed_on("We removed 2027-03-01") is None
    assert removed_content({"picture": "0a", "text": "x"}, date(2027, 3, 1))["picture"] == "0a"


def test_texts_go_on_their_day_in_portions_while_nobody_needs_them(market: Market) -> None:
    desk = open_desk(market, people=2, unit_count=3, overlap=1)
    task = desk.take(0)
    assert task is not None
    before = _items(market)
    with market.as_(market.pm) as session:
        project_id = session.scalars(select(Project.id)).one()
        assert keep_content(session, market.pm, project_id, 30).until is None
        for days in (29, 3651):
            with pytest.raises(Invalid):
                keep_content(session, market.pm, project_id, days)
        finish_project(session, market.pm, project_id)
    market.later(days=29)
    assert _due(market) == 0
    market.later(days=1)
    assert (_due(market), _taken(market)) == (0, 0), "a unit is in somebody's hands"
    # As it is asked: PostgreSQL locks nothing for whoever only reads.
    with market.db.reading(Scope.system("test")) as session:
        assert see_keeping(session, market.pm, project_id).held_by == (Hold.WORK,)
        with pytest.raises(NotFound):
            see_keeping(session, market.stranger, project_id)
        assert set(HOLD_WORDS) == set(Hold)
    with market.system() as session:
        session.execute(update(Assignment).values(state="expired"))
    assert _due(market) == len(before)
    assert _taken(market, 1) == 1
    assert _due(market) == len(before) - 1
    assert _taken(market) == len(before) - 1
    assert (_due(market), _taken(market)) == (0, 0)
    after = _items(market)
    assert [item.id for item in after] == [item.id for item in before]
    assert {removed_on(item.content["text"]) for item in after} == {market.now.date()}
    assert {item.fingerprint for item in after} == {f"removed:{item.id}" for item in before}
    with market.system() as session:
        assert session.scalar(select(func.count()).select_from(Unit)) == 3
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        keep_content(session, market.pm, project_id, 400)


def test_shortening_gives_a_week_and_only_an_administrator_removes_at_once(market: Market) -> None:
    open_desk(market, people=1, unit_count=1, overlap=1)
    with market.as_(market.pm) as session:
        project_id = session.scalars(select(Project.id)).one()
        finish_project(session, market.pm, project_id)
    market.later(days=100)
    with market.as_(market.pm) as session:
        assert keep_content(session, market.pm, project_id, 30).until == market.now + timedelta(days=7)
    with pytest.raises(Forbidden), market.as_(market.pm) as session:
        remove_content(session, market.pm, project_id)
    assert _due(market) == 0
    with market.as_(market.admin) as session:
        assert remove_content(session, market.admin, project_id).until == market.now
    assert _due(market) == _taken(market) > 0


def test_an_answer_whose_unit_has_lost_its_content_is_told_so_beside_a_decision(market: Market) -> None:
    desk = open_desk(market, people=1, unit_count=1, overlap=1)
    task = desk.take(0)
    assert task is not None
    desk.answer(0, task)
    with market.system() as session:
        judgment_id = session.scalars(select(Judgment.id)).one()

    def kept() -> bool:
        with desk.vendor() as session:
            return is_content_kept(session, judgment_id)

    assert kept()
    with market.system() as session:
        session.execute(update(Item).values(removed_at=market.now))
    assert not kept()
    with market.system() as session:
        assert is_content_kept(session, "another"), "what is not seen is not told as lost"
