"""Signals in behaviour: raised by the job, decided by a person alone, and never enough by themselves for a pause."""

import pytest
from sqlalchemy import select

from calibration.models import BehaviourLook, BehaviourReview, Qualification, Track
from calibration.operations import behaviour, gates
from calibration.queries.behaviour import rates_of
from kernel.errors import Conflict, Forbidden
from kernel.policy import Actor, Role
from tests.calibration_db.doors import Door
from tests.calibration_db.test_grading import answer_gold
from tests.calibration_db.world import GRADER, World
from workforce.models import DecisionReceipt

SAW = "Forty answers in a minute, and all of them the same."


def crowd(world: World) -> None:
    """Three steady people, and Upesi, who answers very fast and always the same."""
    world.hire("Asha", "Juma", "Neema", "Upesi")
    items = world.add_items(60)
    for number, item in enumerate(items):
        truth = ("good", "bad")[(number // 3) % 2]
        for place, name in enumerate(("Asha", "Juma", "Neema")):
            world.later(seconds=20)
            world.judge(name, item, truth, seconds=20 + (number * 7 + place * 3) % 25)
        world.judge("Upesi", item, "good", seconds=1)
    world.grade()


def test_times_set_by_a_clock_open_a_review_and_are_no_second_kind_beside_speed(world: World) -> None:
    names = ("Asha", "Juma", "Neema", "Saa")
    world.hire(*names)
    for number, item in enumerate(world.add_items(50)):
        for place, name in enumerate(names):
            seconds = 30 + number % 2 if name == "Saa" else 12 + (number * 17 + place * 5) % 50
            world.judge(name, item, ("good", "bad")[(number // 3) % 2], seconds=seconds)
    world.grade()
    assert look(world) == 1
    found = reviews(world)["timing"]
    assert found.annotator_id == world.people["Saa"][0] and len(found.evidence) == 50
    with world.system() as session:
        assert set(rates_of(session, found)) == {"speed"}


def look(world: World) -> int:
    with world.system() as session:
        assert behaviour.lanes_at_work(session, GRADER) == [world.lane]
        return behaviour.look_at_lane(session, GRADER, world.lane)


def reviews(world: World) -> dict[str, BehaviourReview]:
    with world.system() as session:
        return {row.signal: row for row in session.scalars(select(BehaviourReview))}


def test_signals_open_reviews_once_and_change_nothing_for_anybody(world: World) -> None:
    crowd(world)
    assert look(world) == 2
    found = reviews(world)
    assert set(found) == {"speed", "monotony"}
    assert {row.annotator_id for row in found.values()} == {world.people["Upesi"][0]}
    sign = found["speed"].figures["signs"][0]
    assert (sign["name"], sign["measured"], sign["bound"]) == ("too_fast", 1.0, 0.2)
    assert found["speed"].figures["proven"] == {"people": 0, "flagged": 0, "low": 0.0, "high": 1.0}
    assert look(world) == 0, "what waits is not opened again"
    with world.system() as session:
        assert session.scalars(select(Qualification)).all() == []
        assert session.scalars(select(DecisionReceipt)).all() == []


def test_a_vendors_person_decides_over_page_and_api(world: World, vendor: Door, client: Door, annotator: Door) -> None:
    crowd(world)
    look(world)
    for door in (vendor, client, annotator):
        door.enter()  # more than an hour has passed
    queue = vendor.get("/behaviour")
    assert "Very fast answers" in queue and "One answer again and again" in queue
    ids = {row["signal"]: row["id"] for row in vendor.api("GET", "/behaviour")["items"]}
    page = vendor.get(f"/behaviour/{ids['speed']}")
    assert "could not be measured how often honest people are flagged" in page and "A pause of 7 days" in page
    for door in (client, annotator):
        door.get(f"/behaviour/{ids['speed']}", 403)
        door.api("GET", "/behaviour", 403)
    assert "Choose one." in vendor.post(f"/behaviour/{ids['speed']}", 422, note=SAW).get_data(as_text=True)
    assert "Say what you saw" in vendor.post(f"/behaviour/{ids['speed']}", 422, outcome="pause").get_data(as_text=True)
    vendor.post(f"/behaviour/{ids['speed']}", outcome="nothing")
    case = vendor.api("GET", f"/behaviour/{ids['monotony']}")
    assert (case["may_pause"], len(case["evidence"])) == (False, 50), "a signal found empty counts for nothing"
    vendor.api("POST", f"/behaviour/{ids['monotony']}/decision", 409, outcome="pause", note=SAW)
    vendor.api("POST", f"/behaviour/{ids['monotony']}/decision", outcome="more_checks", note=SAW)
    with world.system() as session:
        track = session.scalars(select(Track).where(Track.annotator_id == world.people["Upesi"][0])).one()
        assert track.heightened_to == track.judged + 50
    vendor.api("POST", f"/behaviour/{ids['monotony']}/decision", 409, outcome="nothing")
    assert SAW in vendor.get(f"/behaviour/{ids['monotony']}")
    assert "Checked more closely" in vendor.get("/behaviour?state=decided")


def test_a_pause_takes_two_kinds_of_signals_and_can_be_appealed(world: World) -> None:
    crowd(world)
    look(world)
    ids = {signal: row.id for signal, row in reviews(world).items()}
    himself = Actor(world.people["Upesi"][1], world.vendor, Role.VENDOR_MANAGER, org_kind="vendor")
    with pytest.raises(Forbidden), world.in_vendor() as session:
        behaviour.decide_review(session, himself, ids["speed"], outcome="nothing", note="")
    with world.in_vendor() as session:
        behaviour.decide_review(session, world.as_vendor(), ids["speed"], outcome="pause", note=SAW)
    with world.system() as session:
        receipt = session.scalars(select(DecisionReceipt)).one()
        held = session.scalars(select(Qualification)).one()
        assert (receipt.kind, receipt.rule, receipt.decided_by) == ("lane_paused", "behaviour_review", "manager")
        assert held.paused_until == receipt.until_at
    with pytest.raises(Conflict), world.in_vendor() as session:
        behaviour.decide_review(session, world.as_vendor(), ids["monotony"], outcome="pause", note=SAW)
    with world.in_vendor() as session:
        assert gates.lift_pause(session, world.as_vendor(), receipt.id)


def test_a_pair_with_the_same_mistakes_is_shown_with_what_is_measured_on_proven_people(world: World) -> None:
    names = ("Asha", "Juma", "Neema", "Zuri", "Pili", "Amani", "Tatu")
    world.hire(*names)
    for name in names[2:4]:
        answer_gold(world, name, world.add_gold(41, "live"), rights=41)
    for number, item in enumerate(world.add_items(80)):
        truth = ("good", "bad")[(number // 3) % 2]
        other = "bad" if truth == "good" else "good"
        for name in names[2:]:
            world.judge(name, item, truth, seconds=20 + number % 9)
        for name in names[:2]:
            world.judge(name, item, other if number % 4 == 0 else truth, seconds=20 + number % 7)
    world.grade()
    assert look(world) == 1
    row = reviews(world)["copying"]
    assert {row.annotator_id, row.other_id} == {world.people[name][0] for name in names[:2]}
    assert (row.figures["proven"]["people"], row.figures["proven"]["flagged"]) == (2, 0)
    assert len(row.evidence) == 20


def test_a_signal_that_flags_proven_people_of_one_lane_is_held_back_there(world: World) -> None:
    """Against all other lanes of the vendor that were looked at, those too in which nobody was flagged."""
    crowd(world)
    owner = {"org_id": world.client, "project_id": world.project, "signal": "speed", "at": world.now}
    with world.system() as session:
        for track in session.scalars(select(Track)):
            track.checked, track.a, track.b = 60, 48.0, 2.0
        session.add(BehaviourLook(lane_id="quiet", vendor_org_id=world.vendor, people=400, flagged=0, **owner))
        session.add(BehaviourLook(lane_id="another", vendor_org_id="rival", people=10, flagged=10, **owner))
    assert look(world) == 1
    assert set(reviews(world)) == {"monotony"}, "one of four here, none of four hundred elsewhere"
    with world.system() as session:
        kept = session.get_one(BehaviourLook, (world.lane, "speed"))
        assert (kept.people, kept.flagged) == (4, 1)
