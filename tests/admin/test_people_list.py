"""A vendor's list of people through the browser's and the program's door: filters, many at once, and a file."""

from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qsl

import pytest
from werkzeug.test import TestResponse

from kernel import clock
from kernel.db import Database
from kernel.jobs import drain
from kernel.policy import Role
from kernel.tenancy import Scope
from tests.admin.conftest import Office
from tests.web.conftest import make_persona
from workforce.models import Account, Annotator
from workforce.naming import call

MANAGER = Role.VENDOR_MANAGER


@pytest.fixture
def db(db_sqlite: Database) -> Database:
    """Pages are the same on either database; what they stand on is tested on both elsewhere."""
    return db_sqlite


def _by_page(office: Office, path: str, **asked: str) -> TestResponse:
    """The file that is asked for with a button, once it is made."""
    place = office.post(MANAGER, path, **asked).headers["Location"]
    assert "It waits for its turn." in office.text(MANAGER, place)
    drain(office.db)
    assert "It has 1 line." in office.text(MANAGER, place) and place in office.text(MANAGER, "/files")
    return office.post(MANAGER, f"{place}/content")


def _by_api(office: Office, path: str, asked: dict[str, str] | None = None) -> TestResponse:
    """The same by a program."""
    asking = office.api(MANAGER, "POST", path, json=asked)
    assert asking.status_code == 202 and asking.get_json()["state"] == "waiting"
    place = f"/files/{asking.get_json()['id']}"
    assert office.api(MANAGER, "POST", f"{place}/content").status_code == 409
    drain(office.db)
    made = office.api(MANAGER, "GET", place).get_json()
    taken = office.api(MANAGER, "POST", f"{place}/content")
    assert (made["state"], made["rows"], made["size"]) == ("ready", 1, len(taken.data))
    assert made["sha256"] == sha256(taken.data).hexdigest()
    return taken


def test_people_are_searched_changed_and_taken_away(office: Office) -> None:
    person = office.person(Role.ANNOTATOR)
    with office.db.transaction(Scope.system("test")) as session:
        call(session, session.get_one(Account, person.account_id), name="=HYPERLINK(1)")
    (row,) = office.api(MANAGER, "GET", "/people?hours=0&text=hyper").get_json()["items"]
    assert office.api(MANAGER, "GET", "/people?clearance=2").get_json()["items"] == []
    assert office.api(MANAGER, "GET", "/people?quality=0.9&active_days=7").get_json()["items"] == []
    assert list(office.api(MANAGER, "GET", "/people?lane=none").get_json()["fields"]) == ["lane"]
    assert office.api(MANAGER, "GET", "/people?mode=sing").status_code == 422
    for sent in (office.api(MANAGER, "GET", "/people?text=a%00b"), office.get(MANAGER, "/people?text=a%00b"),
                 office.post(MANAGER, "/people/searches", name="a\0b")):  # fmt: skip
        assert sent.status_code == 422
    shown = office.text(MANAGER, "/people?text=HYPER&hours=&clearance=0&quality=0%25&cost=&currency=USD&mode=")
    assert "=HYPERLINK(1)" in shown and 'name="ids"' in shown
    asked = {"ids": row["id"], "status": "paused", "reason": "we have to talk"}
    assert "This will happen" in office.post(MANAGER, "/people/standings", **asked).get_data(as_text=True)
    assert office.post(MANAGER, "/people/standings", **(asked | {"status": "king"})).status_code == 422
    assert office.post(MANAGER, "/people/standings", **(asked | {"sure": "1"})).status_code == 303
    body = {"ids": [row["id"]], "status": "active", "reason": "talked", "preview": True}
    planned = office.api(MANAGER, "POST", "/people/standings", json=body).get_json()["items"]
    assert [(one["before"], one["is_possible"]) for one in planned] == [("paused", True)]
    kept_as = {"name": "Talkers", "text": "HYPER", "hours": "5"}
    assert office.post(MANAGER, "/people/searches", **(kept_as | {"hours": "many"})).status_code == 303
    assert "Talkers" not in office.text(MANAGER, "/people"), "what cannot be asked is not kept"
    assert office.post(MANAGER, "/people/searches", **kept_as).status_code == 303
    assert "Talkers" in office.text(MANAGER, "/people")
    (kept,) = office.api(MANAGER, "GET", "/people/searches").get_json()["items"]
    assert kept["asked"] == {"text": "HYPER", "hours": 5}
    assert office.api(MANAGER, "DELETE", f"/people/searches/{kept['id']}").status_code == 204
    for file in (_by_page(office, "/people/file", text="hyper"), _by_api(office, "/people/file", {"text": "hyper"})):
        assert file.mimetype == "text/csv" and ",'=HYPERLINK(1)," in file.get_data(as_text=True)
    assert [event.details["rows"] for event in office.told("people.exported")] == [1, 1]
    assert [event.details["asked"] for event in office.told("people.exported")] == [{"text": True}] * 2
    ids = {"ids": row["id"], "reason": "as agreed"}
    assert "gets the skill" in office.post(MANAGER, "/people/skills", **ids, skill="diving").get_data(as_text=True)
    assert office.post(MANAGER, "/people/skills", **ids, skill="no code!").status_code == 422
    assert office.post(MANAGER, "/people/skills", **ids, skill="diving", sure="1").status_code == 303
    late = {"until": f"{clock.now() + timedelta(days=20):%Y-%m-%d}", "level": "1"}
    for wrong in ("soon", "9999-12-31"):
        assert office.post(MANAGER, "/people/clearances", **ids, level="1", until=wrong).status_code == 422
    assert "is given" in office.post(MANAGER, "/people/clearances", **ids, **late).get_data(as_text=True)
    assert office.post(MANAGER, "/people/clearances", **ids, **late, sure="1").status_code == 303
    (held,) = office.api(MANAGER, "GET", "/people?skill=diving&clearance=1").get_json()["items"]
    assert held["id"] == row["id"]
    body = {"ids": [row["id"]], "reason": "once more", "preview": True}
    (told,) = office.api(MANAGER, "POST", "/people/skills", json=body | {"skill": "diving"}).get_json()["items"]
    assert (told["is_possible"], told["told"]) == (False, "has it already")
    until = {"until_at": f"{clock.now() + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"}
    (told,) = office.api(MANAGER, "POST", "/people/clearances", json=body | until).get_json()["items"]
    assert told["is_possible"] and told["told"].startswith("takes the place of one that ends on ")
    assert office.api(MANAGER, "POST", "/people/clearances", json=body | until | {"level": 4}).status_code == 422
    with office.db.reading(Scope.system("test")) as session:
        pool = session.query(Annotator.pool_id).scalar()
    assert f'href="/people?pool={pool}"' in office.text(MANAGER, f"/pools/{pool}")
    assert "=HYPERLINK(1)" in office.text(MANAGER, f"/people?pool={pool}")
    assert office.get(MANAGER, f"/people?pool={'x' * 22}").status_code == 422
    assert office.api(MANAGER, "GET", "/people?cost=0.05&currency=usd").status_code == 422
    assert office.api(MANAGER, "GET", "/people?cost=0.05&currency=USD").get_json()["items"] == []
    assert "Nobody fits" in office.text(MANAGER, "/people?cost=0.05&currency=EUR")
    assert office.post(Role.REVIEWER, "/people/file").status_code in (403, 404)


def test_the_steps_of_a_pools_people_are_taken_away(office: Office) -> None:
    office.person(Role.ANNOTATOR)
    with office.db.reading(Scope.system("test")) as session:
        pool = session.query(Annotator.pool_id).scalar()
    assert office.api(MANAGER, "PUT", f"/pools/{pool}/steps", json={"steps": ["payout"]}).status_code == 200
    made = _by_page(office, f"/pools/{pool}/onboarding/file")
    assert made.get_data(as_text=True).splitlines()[1].endswith(",active,person")
    table = _by_api(office, f"/pools/{pool}/steps-file")
    assert table.get_data(as_text=True).startswith("\ufeffid,pseudonym,status,payout")
    assert office.post(MANAGER, f"/pools/{'x' * 22}/onboarding/file").status_code == 404


def test_all_who_fit_are_changed_by_a_job_after_a_look(office: Office) -> None:
    vendor = office.org_of(Role.ANNOTATOR)
    people = [make_persona(office.db, vendor, Role.ANNOTATOR, f"{name}@office.example") for name in ("one", "two")]
    with office.db.transaction(Scope.system("test")) as session:
        rows = [session.query(Annotator).filter_by(account_id=one.account_id).one() for one in people]
        rows[0].weekly_hours, rows[1].weekly_hours = 77, 78
    here, sent = "/people/standings?hours=77", {"status": "paused", "reason": "we have to talk", "all": "1"}
    shown = office.post(MANAGER, here, **sent).get_data(as_text=True)
    assert "2 people fit." in shown and 'name="ids" type="hidden"' not in shown
    key = shown.split('name="key" value="')[1].split('"')[0]
    done = sent | {"sure": "1", "key": key, "expected": "2"}
    for wrong in ({"expected": "3"}, {"expected": ""}, {"key": ""}, {"key": "x" * 41}, {"reason": " "}):
        assert office.post(MANAGER, here, **(done | wrong)).status_code == 422, wrong
    assert office.post(MANAGER, "/people/standings?hours=many", **sent).status_code == 422
    past = office.post(MANAGER, here, **sent, until="2020-01-01")
    assert past.status_code == 422 and '<option value="1" selected>With all who fit' in past.get_data(as_text=True)
    assert office.post(Role.REVIEWER, here, **done).status_code in (403, 404)
    places = [office.post(MANAGER, here, **done).headers["Location"] for _time in range(2)]
    assert places[0] == places[1]
    drain(office.db)
    assert "2 people were changed." in office.text(MANAGER, places[0])
    late = {"until": f"{clock.now() + timedelta(days=20):%Y-%m-%d}", "level": "1", "reason": "agreed", "all": "1"}
    for path, more in (("clearances", late), ("skills", {"skill": "diving", "reason": "seen", "all": "1"})):
        shown = office.post(MANAGER, f"/people/{path}?hours=78", **more).get_data(as_text=True)
        assert "1 person fits." in shown and "1 of them is changed" in shown
        assert ("Until the end of <b>" in shown) == (path == "clearances")
    body = {"asked": {"hours": 78}, "reason": "seen", "skill": "diving"}
    plan = office.api(MANAGER, "POST", "/people/skills", json=body | {"preview": True}).get_json()["for_all"]
    assert (plan["count"], plan["possible"], plan["left_out"], len(plan["first"])) == (1, 1, [], 1)
    ask = body | {"key": plan["key"], "expected": 1}
    refused: tuple[tuple[dict[str, object], int], ...] = (
        ({"expected": 2}, 409), ({"key": ""}, 422), ({"ids": [rows[0].id]}, 422), ({"skill": "="}, 422),
        ({"asked": {"hours": 999}}, 422),
    )  # fmt: skip
    for changed, status in refused:
        assert office.api(MANAGER, "POST", "/people/skills", json=ask | changed).status_code == status, changed
    (job,) = {office.api(MANAGER, "POST", "/people/skills", json=ask).get_json()["job_id"] for _time in range(2)}
    drain(office.db)
    assert office.api(MANAGER, "GET", f"/jobs/{job}").get_json()["result"]["changed"] == 1
    plan = office.api(MANAGER, "POST", "/people/skills", json=body | {"preview": True}).get_json()["for_all"]
    assert (plan["possible"], plan["left_out"]) == (0, [{"told": "has it already", "count": 1}])
    nobody = office.api(MANAGER, "POST", "/people/skills", json=body | {"key": plan["key"], "expected": 0})
    assert (nobody.status_code, nobody.get_json()["code"]) == (409, "people.nobody")
    soon = f"{clock.now() + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"
    for path, more in (("standings", {"status": "active"}), ("clearances", {"until_at": soon})):
        asked = {"asked": {"hours": 77}, "reason": "talked", "preview": True} | more
        found = office.api(MANAGER, "POST", f"/people/{path}", json=asked).get_json()
        assert found["for_all"]["count"] == 2 and found["items"] == [] and found["job_id"] is None


def test_a_filter_that_is_wrong_finds_nobody_and_says_so(office: Office) -> None:
    for asked in (
        "status=nope", "locale=klingonese", "proficiency=Z9", "country=QQ", "clearance=9", "hours=abc", "quality=nan",
        "quality=101", "cost=-1", "currency=ZZZ&cost=1",
    ):  # fmt: skip
        name, found = asked.partition("=")[0], office.get(MANAGER, f"/people?{asked}")
        shown = found.get_data(as_text=True)
        assert found.status_code == 422 and f'id="{name}-error"' in shown and 'name="ids"' not in shown, asked
        sent = office.api(MANAGER, "POST", "/people/file", json=dict(parse_qsl(asked)))
        assert sent.status_code == 422 and name in sent.get_json()["fields"], asked
    assert office.post(MANAGER, "/people/file", hours="abc").status_code == 422
    assert office.told("file.asked") == [] and office.work() == 0, "a file is never wider than what was asked"
