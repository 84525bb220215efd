"""Recording judgments: two inserts for every unit, and an outlook that moves with each of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select

from calibration.models import Judgment, PendingGrade
from calibration.operations import judgments
from calibration.values import NewJudgment
from kernel.errors import NotFound
from tests.calibration_db.world import World


@contextmanager
def recorded_sql(world: World) -> Iterator[list[str]]:
    """Statements sent to the database while the block runs, those that open the transaction left out."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "SELECT set_config")):
            seen.append(statement)

    event.listen(world.db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.db.engine, "before_cursor_execute", note)


def test_a_judgment_costs_two_inserts_and_waits_for_grading_whether_or_not_its_answer_is_known(world: World) -> None:
    world.hire("Asha")
    gold, work = world.add_gold(1, "live")[0], world.add_items(1)[0]
    with recorded_sql(world) as on_gold:
        known = world.judge("Asha", gold, "bad")
    with recorded_sql(world) as on_work:
        unknown = world.judge("Asha", work, "bad")
    assert on_gold == on_work
    assert [statement.split()[0] for statement in on_gold] == ["INSERT", "INSERT"]
    with world.system() as session:
        assert set(session.scalars(select(PendingGrade.judgment_id))) == {known.judgment_id, unknown.judgment_id}
        assert session.get_one(Judgment, known.judgment_id).answer == {"choice": "bad"}


def test_an_outlook_follows_bayes_rule_with_the_accuracy_it_is_given(world: World) -> None:
    world.hire("Asha", "Juma")
    item = world.add_items(1)[0]
    first = world.judge("Asha", item, "good")
    # Accuracy .8 on two classes: odds 4 : 1.
    assert first.outlook["leader"] == "good"
    assert first.outlook["confidence"] == pytest.approx(0.8)
    second = world.judge("Juma", item, "good", outlook=first.outlook)
    # Odds 16 : 1.
    assert second.outlook["confidence"] == pytest.approx(16 / 17)
    assert second.outlook["judgments"] == 2


def test_a_late_judgment_is_kept_and_moves_nothing(world: World) -> None:
    world.hire("Asha", "Juma")
    item = world.add_items(1)[0]
    first = world.judge("Asha", item, "good")
    late = world.judge("Juma", item, "bad", outlook=first.outlook, is_late=True)
    assert late.outlook == first.outlook
    with world.system() as session:
        assert session.get_one(Judgment, late.judgment_id).is_late


def test_nobody_records_a_judgment_in_another_persons_name(world: World) -> None:
    world.hire("Asha", "Juma")
    item = world.add_items(1)[0]
    annotator, account = world.people["Asha"]
    new = NewJudgment(
        org_id=world.client, vendor_org_id=world.vendor, project_id=world.project, lane_id=world.lane, unit_id=item,
        item_id=item, assignment_id="a", annotator_id=annotator, account_id=account, ontology_id=world.ontology,
        guideline_id=world.guideline, answer={"choice": "good"}, category="good", seconds=1,
    )  # fmt: skip
    with pytest.raises(NotFound), world.in_vendor() as session:
        judgments.record(session, world.annotator("Juma"), new)
