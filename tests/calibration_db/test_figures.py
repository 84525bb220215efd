"""Quality where a vendor meets people: on a person's page, on their pool's, and a lane's line over the weeks."""

from datetime import timedelta

from flask import Flask

from calibration.queries.lanes import quality_of_lane
from calibration.queries.weeks import WEEKS, weeks_of_lane
from kernel.policy import Role
from tests.calibration_db.doors import Door
from tests.calibration_db.test_grading import answer_gold
from tests.calibration_db.world import World
from workforce.models import Pool


def test_a_persons_page_their_pools_and_their_lanes_tell_how_good_they_are(
    world: World, app: Flask, vendor: Door
) -> None:
    world.hire("Asha", "Juma")
    items = world.add_gold(54, "live")
    with world.system() as session:
        pool = session.query(Pool.id).filter(Pool.org_id == world.vendor).scalar()
    of_person, of_pool = f"/people/{world.people['Asha'][0]}", f"/pools/{pool}"
    assert "Nothing of what this person answered" in vendor.get(of_person)
    assert "20 checked answers in a lane" in vendor.get(of_pool)
    answer_gold(world, "Asha", items[:4], rights=2)  # long ago: no week of the line, and no part of its first one
    world.grade()
    first = world.now.date()
    world.later(weeks=WEEKS + 2)
    for rights in (24, 15):
        chosen, items = items[4:28], [*items[:4], *items[28:], *items[:28]]
        answer_gold(world, "Asha", chosen, rights=rights)
        world.grade()
        world.later(weeks=1)
    world.judge("Juma", items[0], "good")
    world.grade()
    with world.in_client() as session:
        known = weeks_of_lane(session, world.lane, world.client)
        assert quality_of_lane(session, world.lane).checked == 53
    assert [(week.checked, round(week.accuracy * week.checked)) for week in known[:2]] == [(24, 24), (24, 15)]
    assert known[1].monday - known[0].monday == timedelta(weeks=1) and known[0].monday > first
    assert [week.checked for week in known[2:]] == [1]
    with world.in_vendor() as session:
        told = weeks_of_lane(session, world.lane, world.client)
    assert [(week.checked, round(week.accuracy, 3)) for week in told] == [(20, 1.0), (20, 0.62)], "whole weeks, bluntly"
    vendor = Door(app, world, Role.VENDOR_MANAGER, world.vendor).enter()  # the session before is over
    client = Door(app, world, Role.CLIENT_QA, world.client).enter()
    page = vendor.get(of_person)
    own = f"/lanes/{world.lane}/people/{world.people['Asha'][0]}/quality"
    assert f'href="{own}"' in page and "not yet" not in page
    vendor.get(own)
    page = vendor.get(of_pool)
    assert "Share of right answers by lane" in page and f"/lanes/{world.lane}/people?order=surest" in page
    for door in (vendor, client):
        assert "Share of right answers by week" in door.get(f"/lanes/{world.lane}/quality")
    checks = f"/lanes/{world.lane}/checks"
    page = client.get(f"/lanes/{world.lane}/quality")
    for week in known:
        rows = f"{checks}?week={week.monday.isoformat()}"
        assert f'href="{rows}"' in page and f'href="{rows}"' not in vendor.get(f"/lanes/{world.lane}/quality")
        assert len(client.api("GET", rows)["items"]) == week.checked, "each figure of a week leads to its rows"
        assert "Week from" in client.get(rows)
        last_day = week.monday + timedelta(days=6)
        assert client.api("GET", f"{checks}?week={last_day}") == client.api("GET", rows)
    for wrong in ("soon", "0001-01-01", "9999-12-31"):
        client.get(f"{checks}?week={wrong}", 404)
        client.api("GET", f"{checks}?week={wrong}", 422)
    weeks = vendor.api("GET", f"/lanes/{world.lane}/quality")["weeks"]
    assert [week["checked"] for week in weeks] == [20, 20]
