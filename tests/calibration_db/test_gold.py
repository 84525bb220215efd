"""Gold: added whole or not at all, read by its owner alone, and never met twice."""

import pytest
from sqlalchemy import func, select

from calibration.models import GoldKey
from calibration.operations import exposures, gold, rotation
from calibration.queries import gold_candidates, items_with_keys
from calibration.queries.gold import keys_of_project
from calibration.values import GoldAdded, GoldRow
from kernel.errors import Conflict, Forbidden, Invalid, Misuse
from kernel.policy import system_actor
from tests.calibration_db.world import World


def add(world: World, rows: list[GoldRow], set_name: str = "Swahili, first") -> GoldAdded:
    with world.in_client() as session:
        return gold.add_gold(
            session, world.as_client(), project_id=world.project, lane_id=world.lane, set_name=set_name, rows=rows
        )


def test_keys_are_added_once_and_a_repetition_is_passed_over(world: World) -> None:
    items = world.add_items(2)
    rows = [GoldRow(items[0], {"choice": "good"}, "exam", "Praise."), GoldRow(items[1], {"choice": "bad"}, "live")]
    assert (add(world, rows).added, add(world, rows).known) == (2, 2)
    with world.in_client() as session:
        shown, more = keys_of_project(session, world.project)
        assert more is None
        assert {(key.category, key.pool, key.set_name, key.status) for key in shown} == {
            ("good", "exam", "Swahili, first", "active"),
            ("bad", "live", "Swahili, first", "active"),
        }


def test_one_wrong_row_keeps_all_of_them_out_and_each_fault_is_named(world: World) -> None:
    items = world.add_items(2)
    rows = [
        GoldRow(items[0], {"choice": "good"}, "exam"),
        GoldRow(items[1], {"choice": "ugly"}, "exam"),
        GoldRow("nowhere", {"choice": "good"}, "exam"),
        GoldRow(items[0], {"choice": "good"}, "exam"),
    ]
    with pytest.raises(Invalid) as problem:
        add(world, rows)
    assert set(problem.value.fields) == {"rows[1].truth.choice", "rows[2].item_id", "rows[3].item_id"}
    with world.system() as session:
        assert session.scalar(select(func.count()).select_from(GoldKey)) == 0


def test_an_upload_cannot_turn_a_key_over(world: World) -> None:
    item = world.add_items(1)[0]
    add(world, [GoldRow(item, {"choice": "good"}, "exam")])
    with pytest.raises(Invalid) as problem:
        add(world, [GoldRow(item, {"choice": "bad"}, "exam")])
    assert problem.value.code == "gold.contradiction"


def test_a_vendor_can_neither_read_nor_write_gold(world: World) -> None:
    item = world.add_items(1)[0]
    with pytest.raises(Forbidden), world.in_vendor() as session:
        gold.add_gold(
            session, world.as_vendor(), project_id=world.project, lane_id=world.lane, set_name="X",
            rows=[GoldRow(item, {"choice": "good"}, "exam")],
        )  # fmt: skip
    with pytest.raises(Misuse), world.in_vendor() as session:
        session.scalars(select(GoldKey)).all()


def test_a_person_is_never_offered_an_item_they_have_met(world: World) -> None:
    world.hire("Asha")
    items = world.add_gold(3, "live")
    world.add_gold(2, "exam")
    account = world.people["Asha"][1]
    with world.system() as session:
        assert set(gold_candidates(session, world.lane, account, 10)) == set(items)
        assert exposures.note(
            session, system_actor("test"), world.client, world.vendor, world.project, account, items[0], "live"
        )
        assert not exposures.note(
            session, system_actor("test"), world.client, world.vendor, world.project, account, items[0], "exam"
        )
        assert set(gold_candidates(session, world.lane, account, 10)) == set(items[1:])
        assert session.scalars(select(GoldKey.exposures).where(GoldKey.item_id == items[0])).one() == 1


def test_the_least_worn_keys_come_first_and_worn_out_ones_not_at_all(world: World) -> None:
    items = world.add_gold(3, "live")
    with world.system() as session:
        for item, count in zip(items, (30, 7, 2), strict=True):
            session.query(GoldKey).filter(GoldKey.item_id == item).update({"exposures": count})
        assert gold_candidates(session, world.lane, "somebody", 10) == [items[2], items[1]]


def test_a_key_that_is_put_aside_is_used_no_more(world: World) -> None:
    item = world.add_gold(1, "live")[0]
    with world.in_client() as session:
        key = session.scalars(select(GoldKey.id)).one()
        assert gold.retire_key(session, world.as_client(), key) == item
    with pytest.raises(Conflict), world.in_client() as session:
        gold.suspend_key(session, world.as_client(), key)
    with world.system() as session:
        assert gold_candidates(session, world.lane, "somebody", 10) == []
        assert items_with_keys(session, [item, "other"]) == {item}


def test_worn_keys_are_retired_by_the_job_and_say_why(world: World) -> None:
    items = world.add_gold(3, "live")
    with world.system() as session:
        session.query(GoldKey).filter(GoldKey.item_id == items[0]).update({"exposures": 30})
        assert rotation.lanes_with_gold(session, system_actor("schedule")) == [world.lane]
        assert rotation.retire_worn(session, system_actor("schedule"), world.lane) == {"shown": 1}
        assert rotation.retire_worn(session, system_actor("schedule"), world.lane) == {}
        assert set(gold_candidates(session, world.lane, "somebody", 10)) == set(items[1:])
