"""Where content was removed every page says so in its reader's words, and none breaks or shows what stands for it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from kernel.clock import now
from kernel.policy import Role
from kernel.tenancy import Scope
from labeling.models import Item
from labeling.rules.removed import FILLER, removed_content
from tests.support import is_soak
from tests.web.town import HANDED, PARTS, Case, Town, Visitor, guarded, hand_out, is_asked_here

SYSTEM = Scope.system("test")
TOLD = "was removed on"


@pytest.fixture
def emptied(town: Town) -> Iterator[Town]:
    """The town after all content of its clients has gone."""
    with town.db.transaction(SYSTEM) as session:
        for item in session.scalars(select(Item)):
            item.content, item.removed_at = removed_content(item.content, now().date()), now()
    try:
        yield town
    finally:
        town.restore()


def read_by(town: Town) -> Iterator[tuple[Role | str, Visitor, str, str]]:
    """Every page that a role or an owner opens in this world, with its address and text."""
    who = hand_out(town)
    asked: list[tuple[Role | str, Visitor, Case]] = [
        (role, visitor, case) for role, case, visitor in town.visits() if is_asked_here(town.db, role, case)
    ]
    asked += [
        (table, who[table], case) for case in guarded(town.app) for table in HANDED if case.endpoint in HANDED[table]
    ]
    for reader, visitor, case in asked:
        if case.method == "GET" and not case.is_api:
            answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS))
            assert answer.status_code < 500, (reader, case.endpoint)
            if answer.mimetype == "text/html":
                yield reader, visitor, case.endpoint, answer.get_data(as_text=True)


@pytest.mark.soak
def test_no_page_shows_what_stands_in_the_place_of_removed_content(emptied: Town) -> None:
    wrong, told = [], set[str]()
    for reader, _visitor, endpoint, text in read_by(emptied):
        if FILLER in text or "[removed" in text:
            wrong.append((str(reader), endpoint))
        if TOLD in text:
            told.add(endpoint)
    assert wrong == []
    if emptied.db.is_sqlite or is_soak():
        assert {"marketplace.unit", "calibration.project_gold", "calibration.dispute", "review.task"} <= told, told
