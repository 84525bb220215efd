"""The vendor's page of a lane's people: who is let in without a test, who is taken out, and who may look."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from calibration.models import Qualification, Track
from calibration.pages import roster
from calibration.queries.criteria import work_criteria
from kernel import db, ids
from kernel.models import OutgoingMail
from kernel.policy import Demand, Reason
from payouts.models import Rate
from tests.calibration_db.doors import Door
from tests.calibration_db.test_attempts import publish
from tests.calibration_db.test_web import statements
from tests.calibration_db.world import World
from workforce.figures import use_criteria
from workforce.models import Annotator, LanguageClaim


def speak(world: World, name: str, locale: str = "sw-KE") -> str:
    annotator_id = world.people[name][0]
    with world.system() as session:
        session.add(
            LanguageClaim(
                id=ids.new_id(),
                org_id=world.vendor,
                annotator_id=annotator_id,
                locale=locale,
                proficiency="native",
                claimed_at=world.now,
                verified_at=None,
                verified_by=None,
                until_at=None,
            )
        )
    return annotator_id


def standing(door: Door, world: World) -> dict[str, str]:
    return {one["name"]: one["standing"] for one in door.api("GET", f"/lanes/{world.lane}/people")["items"]}


def test_a_manager_opens_and_closes_a_lane_to_somebody_with_a_reason(world: World, vendor: Door) -> None:
    world.hire("Bahati", "Chausiku", "Dalili")
    person = speak(world, "Bahati")
    speak(world, "Chausiku", "sw")
    speak(world, "Dalili", "fr")
    assert standing(vendor, world) == {"Bahati": "new", "Chausiku": "new"}
    path = f"/lanes/{world.lane}/people"
    vendor.post(f"{path}/admit", annotator_id=person, reason="ab")
    assert "Give a reason" in vendor.get(path)
    assert standing(vendor, world)["Bahati"] == "new"
    vendor.post(f"{path}/admit", annotator_id=person, reason="Two years of the same work")
    page = vendor.get(path)
    assert "Two years of the same work" in page and "Works here" in page
    vendor.post(f"{path}/remove", annotator_id=person, reason="Asked to leave the lane")
    assert standing(vendor, world)["Bahati"] == "revoked"
    vendor.post(f"{path}/remove", annotator_id=person, reason="Asked to leave the lane")
    assert "no qualification here" in vendor.get(path)
    assert "receipt_id" in _removed_by_api(vendor, world, person)


def _removed_by_api(vendor: Door, world: World, person: str) -> dict[str, str]:
    vendor.api("PUT", f"/lanes/{world.lane}/waivers/{person}", reason="Known from other work")
    done: dict[str, str] = vendor.api("PUT", f"/lanes/{world.lane}/removals/{person}", reason="Asked to leave")
    return done


def test_nobody_else_sees_or_decides_who_works_in_a_lane(
    world: World, annotator: Door, vendor: Door, client: Door
) -> None:
    person = speak(world, "Asha")
    path = f"/lanes/{world.lane}/people"
    for door in (annotator, client):
        door.get(path, 403)
        door.post(f"{path}/admit", 403, annotator_id=person, reason="Because I say so")
    vendor.post(f"{path}/admit", 404, annotator_id="nobody", reason="Because I say so")
    with world.system() as session:
        assert session.query(Qualification).count() == 0


def test_the_page_costs_the_same_for_one_person_and_for_twenty(world: World, vendor: Door, app: Flask) -> None:
    counts = []
    for names in (["P0"], [f"P{number}" for number in range(1, 20)]):
        world.hire(*names)
        for name in names:
            speak(world, name)
        vendor.get(f"/lanes/{world.lane}/people")
        with statements(world) as seen:
            page = vendor.get(f"/lanes/{world.lane}/people")
        counts.append(len(seen))
    assert page.count("<tr>") == 21
    assert counts[0] == counts[1]


def test_people_are_ranked_by_what_is_sure_of_them(world: World, vendor: Door) -> None:
    world.hire("Bahati", "Chausiku", "Dalili", "Eshe")
    low = {"Bahati": 0.7, "Chausiku": 0.9, "Dalili": 0.8}
    with world.system() as session:
        for name in ("Bahati", "Chausiku", "Dalili", "Eshe"):
            shown = {"accuracy": 0.95, "low": low[name], "high": 1.0, "checks": 20} if name in low else {}
            session.add(
                Track(
                    id=ids.new_id(), org_id=world.client, vendor_org_id=world.vendor, project_id=world.project,
                    lane_id=world.lane, annotator_id=world.people[name][0], judged=30, confusion={}, classes={},
                    shown=shown, shown_at=world.now if shown else None, updated_at=world.now,
                )
            )  # fmt: skip
    for name in world.people:
        speak(world, name)
    path = f"/lanes/{world.lane}/people"
    first = vendor.api("GET", f"{path}?order=surest&limit=2")
    assert [(each["name"], each["low"]) for each in first["items"]] == [("Chausiku", 0.9), ("Dalili", 0.8)]
    rest = vendor.api("GET", f"{path}?order=surest&limit=2&after={first['next_after']}")
    assert ([each["name"] for each in rest["items"]], rest["next_after"]) == (["Bahati"], None)
    assert [each["name"] for each in vendor.api("GET", f"{path}?least=0.75&text=Dalili")["items"]] == ["Dalili"]
    vendor.api("GET", f"{path}?least=2", 422)
    page = vendor.get(f"{path}?order=surest&least=75")
    assert page.index("Chausiku") < page.index("Dalili") and "Bahati" not in page and 'value="75"' in page
    assert "Nobody fits what you asked for." in vendor.get(f"{path}?least=99")


def test_a_look_at_whom_a_test_would_ask_costs_the_same_for_two_people_and_for_twenty(
    world: World, vendor: Door
) -> None:
    world.add_gold(200, "exam")
    publish(world)
    counts = []
    for names in (["P0", "P1"], [f"P{number}" for number in range(2, 20)]):
        world.hire(*names)
        chosen = [person for person, _account in world.people.values()]
        with statements(world) as seen:
            items = vendor.api("POST", f"/lanes/{world.lane}/test-invitations", ids=chosen, preview=True)["items"]
        assert len(items) == len(chosen)
        counts.append(len(seen))
    assert counts[1] <= counts[0]


def test_people_are_asked_to_take_a_test_once_and_found_by_what_a_unit_pays_them(world: World, vendor: Door) -> None:
    world.hire("Bahati", "Chausiku", "Dalili")
    world.add_gold(200, "exam")
    ids_of = {name: person for name, (person, _account) in world.people.items()}
    everybody = list(ids_of.values())
    path = f"/lanes/{world.lane}/test-invitations"
    assert vendor.api("POST", path, 409, ids=everybody)["code"] == "test.none"
    publish(world)
    vendor.api("PUT", f"/lanes/{world.lane}/waivers/{ids_of['Bahati']}", reason="Known from other work")
    with world.system() as session:
        session.get_one(Annotator, ids_of["Dalili"]).status = "paused"

    def asked(**more: object) -> dict[str, bool]:
        items = vendor.api("POST", path, ids=everybody, **more)["items"]
        return {name: one["is_asked"] for name, person in ids_of.items() for one in items if one["id"] == person}

    one = {"Bahati": False, "Chausiku": True, "Dalili": False}
    form: dict[str, Any] = {"ids": everybody, "lane_id": world.lane}
    with pytest.MonkeyPatch.context() as patch:  # a look writes nothing, and has no transaction that could
        patch.setattr(roster, "db", SimpleNamespace(reading=db.reading))
        assert "is asked" in vendor.post("/people/tests", 200, **form).get_data(as_text=True)
    assert asked(preview=True) == one, "a look writes nothing"
    vendor.post("/people/tests", **form, sure="1")
    assert asked() == dict.fromkeys(one, False), "once in two weeks"
    vendor.post("/people/tests", 404, ids=["x" * 22], lane_id=world.lane)
    vendor.post("/people/tests", 404, ids=everybody, lane_id="x" * 22)
    vendor.api("POST", path, 422, ids=[])
    world.later(days=15)
    with world.system() as session:
        assert session.query(OutgoingMail).count() == 1
        (letter,) = session.query(OutgoingMail)
        assert f"/tests/{world.lane}" in (letter.text or "")
    world.demands = (Demand(Reason.CLEARANCE_LOW, False),)
    assert asked() == dict.fromkeys(one, False), "what the lane asks for is not met"
    world.demands = ()
    assert asked() == one

    use_criteria(work_criteria)
    with world.system() as session:
        for days, micros in ((3, 90_000), (1, 50_000)):
            session.add(
                Rate(id=ids.new_id(), org_id=world.vendor, lane_id=world.lane, micros=micros, currency="USD",
                     from_at=world.now - timedelta(days=days))
            )  # fmt: skip
    for cost, currency, found in (("0.05", "USD", ["Bahati"]), ("0.049", "USD", []), ("9", "EUR", [])):
        rows = vendor.api("GET", f"/people?cost={cost}&currency={currency}")["items"]
        assert [row["name"] for row in rows] == found, (cost, currency)
