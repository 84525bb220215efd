"""Inference over a lane: labels, confidence, skills and agreement, written in one piece and again without twins."""

import math

import pytest
from sqlalchemy import delete, func, insert, select

from calibration.inference.temperature import FALLBACK
from calibration.models import Consensus, InferenceRun, Judgment, Track
from calibration.operations import inference
from calibration.operations.updating import update
from calibration.queries import quality_of_lane
from calibration.values import RunView
from kernel import ids
from kernel.errors import Conflict, Invalid
from kernel.policy import system_actor
from tests.calibration_db.world import START, World
from tests.support import scale
from tests.support.house import infer_lane

ENGINE = system_actor("inference")


def infer(world: World, method: str = "dawid-skene") -> RunView:
    with world.system() as session:
        return infer_lane(session, ENGINE, world.lane, method)


def three_people_on(world: World, items: list[str], answers: list[str]) -> None:
    """`answers[i]` holds the three people's answers to item i: `ggb` is good, good, bad."""
    for item, given in zip(items, answers, strict=True):
        for name, letter in zip(("Asha", "Juma", "Neema"), given, strict=True):
            world.judge(name, item, "good" if letter == "g" else "bad")


def test_a_majority_run_writes_labels_confidence_and_agreement(world: World) -> None:
    world.hire("Asha", "Juma", "Neema")
    items = world.add_items(4)
    three_people_on(world, items, ["ggg", "ggb", "bbb", "bbg"])
    run = infer(world, "majority")
    assert (run.method, run.units, run.judgments, run.converged) == ("majority", 4, 12, True)
    # Two units agree wholly, two in one of three pairs: (1 + 1/3 + 1 + 1/3) / 4.
    assert run.agreement["percent"] == pytest.approx(2 / 3)
    # Observed disagreement 1/3; expected 2 * 6 * 6 / (12 * 11) = 6/11; alpha = 1 - 11/18.
    assert run.agreement["alpha"] == pytest.approx(1 - 11 / 18, abs=1e-6)
    with world.system() as session:
        rows = {row.unit_id: row for row in session.scalars(select(Consensus))}
        # 10 of 12 answers agree with the vote: accuracy (10 + 4) / (12 + 5) = 14/17, odds 14/3 a vote; without gold
        # the temperature is 2, which takes the root of them.
        odds = math.sqrt(14 / 3)
        assert [rows[item].agreed for item in items] == pytest.approx([1, 1 / 3, 1, 1 / 3])
        assert rows[items[0]].label == {"choice": "good"}
        assert rows[items[0]].confidence == pytest.approx(odds**3 / (odds**3 + 1))
        assert rows[items[1]].label == {"choice": "good"}
        assert rows[items[1]].confidence == pytest.approx(odds**2 / (odds**2 + odds))
        assert (rows[items[3]].category, rows[items[3]].majority_category) == ("bad", "bad")


def test_a_second_run_replaces_labels_and_keeps_the_first_run_on_record(world: World) -> None:
    world.hire("Asha", "Juma", "Neema")
    items = world.add_items(2)
    three_people_on(world, items, ["ggb", "bbb"])
    infer(world, "majority")
    again = infer(world, "dawid-skene")
    with world.system() as session:
        assert session.scalar(select(func.count()).select_from(InferenceRun)) == 2
        assert set(session.scalars(select(Consensus.run_id))) == {again.id}
        assert session.scalar(select(func.count()).select_from(Consensus)) == 2


def test_a_label_from_answers_that_were_read_earlier_replaces_none_of_later_ones(world: World) -> None:
    world.hire("Asha", "Juma", "Neema")
    item = world.add_items(1)[0]
    world.judge("Asha", item, "good")
    run = infer(world, "majority")
    with world.system() as session:
        before = inference.collect(session, ENGINE, world.lane, [item])
    world.later(minutes=3)
    world.judge("Juma", item, "bad")
    world.judge("Neema", item, "bad")
    with world.system() as session:
        after = inference.collect(session, ENGINE, world.lane, [item])
    for collected in (after, before):  # whoever read first has thought for minutes
        world.later(minutes=1)
        with world.system() as session:
            inference.store_units(session, ENGINE, run, update(collected, run), collected.at)
    with world.system() as session:
        label = session.scalars(select(Consensus)).one()
        assert (label.category, label.judgments, label.at) == ("bad", 3, after.at)


def test_a_known_key_holds_the_label_whatever_people_said(world: World) -> None:
    world.hire("Asha", "Juma", "Neema")
    gold = world.add_gold(2, "live")  # good, bad
    three_people_on(world, gold, ["bbb", "bbb"])
    infer(world)
    with world.system() as session:
        row = session.scalars(select(Consensus).where(Consensus.unit_id == gold[0])).one()
        assert (row.category, row.majority_category, row.confidence) == ("good", "bad", 1.0)


def test_late_judgments_have_no_vote(world: World) -> None:
    world.hire("Asha", "Juma")
    item = world.add_items(1)[0]
    world.judge("Asha", item, "good")
    world.judge("Juma", item, "bad", is_late=True)
    run = infer(world, "majority")
    assert run.judgments == 1


def test_a_lane_without_judgments_and_an_unknown_method_are_refused(world: World) -> None:
    with pytest.raises(Conflict):
        infer(world)
    world.hire("Asha")
    world.judge("Asha", world.add_items(1)[0], "good")
    with pytest.raises(Invalid):
        infer(world, "guess")


def test_a_vendor_sees_a_lanes_quality_bluntly_and_its_owner_exactly(world: World) -> None:
    world.hire("Asha")
    items = world.add_gold(34, "live")
    for place, item in enumerate(items):
        truth = world.truth(item)
        world.judge("Asha", item, truth if place >= 7 else ("bad" if truth == "good" else "good"))
    world.grade()
    with world.in_client() as session:
        exact = quality_of_lane(session, world.lane)
    with world.in_vendor() as session:
        assert quality_of_lane(session, world.lane).checked is None, "the day is not over"
    world.later(days=1)
    with world.in_vendor() as session:
        blunt = quality_of_lane(session, world.lane)
    assert exact.checked == 34
    assert exact.accuracy == pytest.approx(27 / 34)
    assert blunt.checked == 30
    assert blunt.accuracy == pytest.approx(0.79)
    assert [each.name for each in exact.classes] == ["bad", "good"]
    assert exact.classes[1].recall == pytest.approx(13 / 17)
    assert (exact.confusions[0].truth, exact.confusions[0].answer, exact.confusions[0].count) == ("good", "bad", 4)
    assert blunt.classes == ()
    run = infer(world)
    fit = {"ece": 0.02, "brier": 0.1, "temperature": 1.5, "gold": 60}
    with world.system() as session:
        session.get_one(InferenceRun, run.id).parameters = fit | {"temperature_fitted": True}
    with world.in_client() as session:
        told = quality_of_lane(session, world.lane)
        assert (told.fit, told.unfit) == (fit, None)
    with world.in_vendor() as session:
        assert quality_of_lane(session, world.lane).fit is None
    with world.system() as session:
        session.get_one(InferenceRun, run.id).parameters = {"temperature": 1.5, "gold": 60, "smaller_half": 28,
                                                            "temperature_fitted": True}  # fmt: skip
    with world.in_client() as session:
        told = quality_of_lane(session, world.lane)
        assert (told.fit, told.unfit) == (None, {"smaller_half": 28, "least": 50})
    with world.in_vendor() as session:
        assert quality_of_lane(session, world.lane).unfit is None, "how many checks there are is the owner's to know"
    world.later(hours=1)
    again = infer(world)
    assert (again.parameters["temperature"], again.parameters["temperature_fitted"]) == (1.5, False)
    with world.system() as session:
        asked = [inference.collect(session, ENGINE, world.lane, units).fallback for units in (None, items[:1])]
        assert asked == [1.5, FALLBACK], "between two runs the last one's holds, and the project's is not looked for"
        session.execute(delete(Track))
        session.get_one(InferenceRun, again.id).parameters = fit
    with world.in_client() as session:
        assert quality_of_lane(session, world.lane).fit == fit
    with world.in_vendor() as session:
        assert quality_of_lane(session, world.lane).fit is None, "of nobody a track is kept yet"


@pytest.mark.soak
def test_thousands_of_judgments_are_inferred_in_portions_and_stored(world: World) -> None:
    count = scale(3_000, 10_000)
    world.hire(*(f"P{number}" for number in range(30)))
    items, people = world.add_items(count), list(world.people.values())
    owner = {"org_id": world.client, "vendor_org_id": world.vendor, "project_id": world.project, "lane_id": world.lane}
    rows = [
        owner
        | {
            "id": ids.new_id(), "unit_id": item, "item_id": item, "assignment_id": ids.new_id(),
            "annotator_id": people[(place + nth) % 30][0], "account_id": people[(place + nth) % 30][1],
            "ontology_id": world.ontology, "guideline_id": world.guideline, "answer": {"choice": label},
            "category": label, "is_late": False, "answered_at": START, "seconds": 3,
        }
        for place, item in enumerate(items)
        for nth in range(3)
        for label in ["good" if (place + nth * 7) % 5 else "bad"]
    ]  # fmt: skip
    with world.system() as session:
        session.execute(insert(Judgment), rows)
    run = infer(world)
    assert run.judgments == 3 * count
    with world.system() as session:
        assert session.scalar(select(func.count()).select_from(Consensus)) == count
