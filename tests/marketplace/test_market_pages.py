"""Requests, projects, uploads and releases through the browser's and the program's door."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from calibration.models import Consensus, GoldProposal
from kernel import clock, ids
from kernel.config import Settings
from kernel.models import AuditEvent
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from marketplace.models import Lane, Project, Release, Unit
from marketplace.operations.counting import count_lane
from marketplace.operations.reads import note_read
from marketplace.operations.settling import ask_reviews
from marketplace.queries.projects import vendor_rights
from marketplace.values.reads import Why
from payouts.operations.rates import set_rate
from tests.marketplace.delivered import Work, lane_with_people
from tests.marketplace.orders import Market, csv_of, jsonl_of
from tests.support import contract
from tests.support.house import infer_lane
from web.openapi import document
from workforce.models import Account, Organization
from workforce.operations.accounts import add_membership, create_account
from workforce.operations.tokens import create_token
from wsgi import create_app

PASSWORD = "a quiet river under seven bridges"


@pytest.fixture
def db(db_sqlite):  # type: ignore[no-untyped-def]
    """Pages are the same on either database; what they stand on is tested on both elsewhere."""
    return db_sqlite


@pytest.fixture
def app(market: Market, tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(
        environment="test", database_url=str(market.db.url), redis_url=None, data_dir=tmp_path,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip
    app = create_app(settings, market.db)
    with clock.use_clock(lambda: market.now):
        yield app


class Door:
    """Somebody's browser and token."""

    def __init__(self, app: Flask, market: Market, role: Role, org_id: str) -> None:
        self.client: FlaskClient = app.test_client()
        email = f"{ids.new_id()}@people.example"
        machine = system_actor("test")
        with market.db.transaction(Scope.system("test")) as session:
            account = create_account(session, machine, email=email, name="Somebody", password=PASSWORD)
            member = add_membership(session, machine, account_id=account.id, org_id=org_id, role=role)
            secret = create_token(
                session, machine, account_id=account.id, membership_id=member, name="t", scopes=("all",), days=1
            )[1]
        self.headers = {"Authorization": f"Bearer {secret}"}
        answer = self.post("/sign-in", {"email": email, "password": PASSWORD}, "/sign-in")
        assert answer.status_code == 303

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    def post(self, path: str, data: dict, page: str):  # type: ignore[no-untyped-def]
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get(page).text)
        assert token is not None
        return self.client.post(path, data=data | {"csrf_token": token[1]})

    def send(self, path: str, data: dict, page: str) -> str:
        """Send a form that is taken; where the browser goes next."""
        answer = self.post(path, data, page)
        assert answer.status_code == 303, answer.text[:2000]
        return str(answer.headers["Location"])

    def ask(self, method: str, path: str, json: object = None, status: int = 200) -> dict:
        operation = contract.operation_at(self.client.application, method, path)
        headers = self.headers | contract.demanded_headers(operation, ids.new_id())
        answer = self.client.open(f"/api/v1{path}", method=method, json=json, headers=headers)
        assert answer.status_code == status, answer.text[:2000]
        contract.assert_described(operation, answer)
        return answer.get_json(silent=True) or {}


def reads_file(door: Door, market: Market, **asked: str) -> str:
    """The file of who saw a client's data, once it is made."""
    place = door.send("/reads/file", asked, "/reads")
    market.work()
    return str(door.post(f"{place}/content", {}, place).text)


@pytest.fixture
def pm(app: Flask, market: Market) -> Door:
    return Door(app, market, Role.CLIENT_PM, market.client)


@pytest.fixture
def manager(app: Flask, market: Market) -> Door:
    return Door(app, market, Role.VENDOR_MANAGER, market.vendor)


REQUEST = {
    "name": "Support intents", "task_type": "choice", "classification": "internal", "overlap": "3",
    "quality_percent": "85", "deadline": "2026-04-01", "currency": "eur", "about": "Messages <b>",
}  # fmt: skip


def test_vendors_of_a_new_request_are_found_by_name_a_page_at_a_time(app: Flask, market: Market, pm: Door) -> None:
    with market.system() as session:
        for number in range(30):
            session.add(
                Organization(
                    id=f"v{number:02}", kind="vendor", name=f"Zed {number:02}", name_key=f"zed {number:02}",
                    created_at=market.now,
                )
            )  # fmt: skip
    first = pm.post("/requests/new", REQUEST | {"vendor_name": "ZED", "find": "1"}, "/requests/new").text
    assert [f"Zed {number:02}" in first for number in (0, 24, 25)] == [True, True, False]
    cursor = re.search(r'name="vendors_after" value="([^"]+)"', first)
    assert cursor is not None
    typed = REQUEST | {"vendor_name": "ZED", "vendor_org_id": "v03", "vendors_after": cursor[1]}
    then = pm.post("/requests/new", typed, "/requests/new").text
    assert [f"Zed {number:02}" in then for number in (0, 3, 25, 29)] == [False, True, True, True]
    assert '<option value="v03" selected>' in then and 'value="Support intents"' in then
    assert 'name="vendors_after"' not in then


def test_from_request_to_open_lane_in_a_browser(app: Flask, market: Market, pm: Door, manager: Door) -> None:
    market.hire(3, "sw-KE")
    form = REQUEST | {"vendor_org_id": market.vendor, "locale": ["Swahili (Kenya)", ""], "units": ["1 000", ""]}
    longer = pm.post("/requests/new", form | {"more": "1"}, "/requests/new").text
    assert longer.count('id="locale-') == 5 and 'value="Swahili (Kenya)"' in longer
    assert '<option value="Arabic (Egypt)">العربية (مصر) · ar-EG</option>' in longer
    path = pm.send("/requests/new", form, "/requests/new")
    assert "Support intents" in pm.get("/requests")
    offered = manager.get(path)
    assert "Messages &lt;b&gt;" in offered
    assert "What your people can do, by language" in offered and "What your people" not in pm.get(path)
    wrong = manager.post(f"{path}/quotes", {"price.sw-KE": "a lot", "valid_days": "14"}, path)
    assert wrong.status_code == 422
    manager.send(f"{path}/quotes", {"price.sw-KE": "0,05", "valid_days": "14"}, path)
    quoted = pm.get(path)
    assert "€50.00" in quoted
    accept = re.search(r'action="(/quotes/\w+/accept)"', quoted)
    assert accept is not None
    project = pm.send(accept[1], {"rights": ["project:configure", "unit:import"]}, path)
    assert "The label schema is not published yet." in pm.get(project)
    setup = f"{project}/setup"
    pm.send(f"{project}/guideline", {"text.en": "Choose one."}, setup)
    body = '{"task_type": "choice", "question": {"en": "What?"}, "classes": [{"id": "a", "names": {"en": "A"}}]}'
    refused = pm.post(f"{project}/ontology", {"body": body}, setup)
    assert refused.status_code == 422
    body = body.replace("}]", '}, {"id": "b", "names": {"en": "B"}}]')
    pm.send(f"{project}/ontology", {"body": body, "changelog": ""}, setup)
    lines = {"question.en": "What?", "classes.en": "a | Apples | Red ones\nb | Berries\nb | Again"}
    refused = pm.post(f"{project}/ontology?by=form", lines, setup)
    assert refused.status_code == 422 and "Line 3: the id “b” stands here twice." in refused.text
    assert "a | Apples | Red ones" in refused.text, "what was typed stands there again"
    pm.send(f"{project}/ontology?by=form", lines | {"classes.en": "a | Apples | Red ones\nb | Berries"}, setup)
    assert "a | Apples | Red ones\nb | Berries</textarea>" in pm.get(setup)
    file = (io.BytesIO(csv_of([{"id": "1", "text": "one a@x.example"}, {"id": "2", "text": ""}])), "units.csv")
    batch = manager.send(f"{project}/imports", {"file": file}, f"{project}/imports")
    assert "The file is being checked" in manager.get(batch)
    market.work()
    checked = manager.get(batch)
    assert "Leave out the 1 row that is wrong" in checked
    assert "<code" in checked and "text</code>" in checked
    assert "e-mail addresses" in checked and "a@x.example" not in checked and 'value="keep"' not in checked
    manager.send(batch + "/confirm", {"leave_out_bad": "1", "personal": "mask"}, batch)
    market.work()
    assert "It was masked." in manager.get(batch)
    with market.as_(market.pm) as session:
        unit_id = session.scalars(select(Unit.id)).one()
    assert "[e-mail 1]" in pm.get(f"/units/{unit_id}")
    admin = Door(app, market, Role.CLIENT_ADMIN, market.client)
    refused = admin.post(f"/units/{unit_id}/original", {"why": " "}, f"/units/{unit_id}")
    assert refused.status_code == 422 and "Say why" in refused.text
    shown = admin.post(f"/units/{unit_id}/original", {"why": "a complaint"}, f"/units/{unit_id}")
    assert "one a@x.example" in shown.text
    assert admin.ask("POST", f"/units/{unit_id}/original", {"why": "again"})["content"] == {"text": "one a@x.example"}
    assert "<bdi>a complaint</bdi>" in admin.get("/reads") and ",a complaint," in reads_file(admin, market)
    assert {row["reason"] for row in admin.ask("GET", "/reads?why=original")["items"]} == {"again", "a complaint"}
    assert "a complaint" in admin.get("/admin/audit?action=content.read")
    with market.as_(market.manager) as session:
        lane_id = session.scalars(select(Lane.id)).one()
        set_rate(session, market.manager, lane_id=lane_id, micros=7_500, currency="EUR")
    assert pm.post(f"/lanes/{lane_id}/open", {}, project).status_code == 409
    pm.send(f"/lanes/{lane_id}/open", {"without_test": "1"}, project)
    assert "Open" in manager.get(project)
    asked = f"/lanes/{lane_id}/languages"
    wanted = {"proficiency": "C1", "modes": ["read", "write"], "distance_most": "4", "also": "swc, Arabic (Egypt)"}
    assert pm.post(asked, wanted | {"modes": []}, asked).status_code == 422
    assert "xx-YY" in pm.post(asked, wanted | {"also": "xx-YY"}, asked).text
    market.hire(1, "sw-TZ")
    shown = pm.post(f"{asked}/preview", wanted, asked)
    assert "That takes 4 people" in shown.text and "sw-TZ" in shown.text
    assert pm.post(f"{asked}/preview", wanted | {"distance_most": "9"}, asked).status_code == 422
    told = pm.ask("POST", f"{asked}/preview", {"modes": ["read"]})
    assert (told["people"], told["missing_modes"], told["by_distance"][4]["people"]) == (3, [], 4)
    pm.send(asked, wanted, project)
    assert 'value="sw-CD, ar-EG"' in manager.get(asked)
    (lane,) = pm.ask("GET", f"/projects/{project.rpartition('/')[2]}")["lanes"]
    assert (lane["proficiency"], lane["modes"], lane["also"]) == ("C1", ["read", "write"], ["sw-CD", "ar-EG"])
    pm.ask("PUT", asked, {"modes": ["sing"]}, 422)
    assert pm.ask("PUT", asked, {"modes": ["read"]})["distance_most"] == 0
    pm.send(f"/lanes/{lane_id}/pause", {}, project)
    assert "Paused" in pm.get("/projects")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Africa/Nairobi", "UTC", "America/Los_Angeles"])
def test_a_day_that_is_typed_is_the_day_that_is_shown_wherever_its_writer_lives(
    market: Market, pm: Door, zone: str
) -> None:
    with market.system() as session:
        session.execute(update(Account).values(time_zone=zone))
    line = {"vendor_org_id": market.vendor, "locale": "sw-KE", "units": "10"}
    place = pm.send("/requests/new", REQUEST | line, "/requests/new")
    assert "Apr 1, 2026" in pm.get(place)
    far = pm.post("/requests/new", REQUEST | line | {"deadline": "9999-12-31"}, "/requests/new")
    assert far.status_code == 422


def test_faults_of_a_request_stand_beside_its_lines(market: Market, pm: Door) -> None:
    form = REQUEST | {"vendor_org_id": market.vendor, "locale": ["sw-KE", "sw-KE"], "units": ["5", "many"]}
    answer = pm.post("/requests/new", form, "/requests/new")
    assert answer.status_code == 422
    assert "sw-KE stands here twice." in answer.text
    assert 'id="lines.1.units-error"' in answer.text
    first = re.search(r'action="/requests/new">.*?(<button[^>]*>)', answer.text, re.DOTALL)
    assert first is not None and "name=" not in first[1], "Enter in a field sends the request, and asks for no lines"


@pytest.mark.parametrize(
    ("classification", "usual"),
    [("confidential", ["project:configure", "unit:import", "unit:payload"]),
     ("restricted-pii", ["project:configure", "unit:import"]),
     ("restricted-phi", ["project:configure", "unit:import"])],
)  # fmt: skip
def test_a_vendor_is_let_read_restricted_units_by_whoever_says_so_alone(
    market: Market, pm: Door, manager: Door, classification: str, usual: list[str]
) -> None:
    request_id, project_id = market.send(classification=classification)
    path = f"/requests/{request_id}"
    manager.send(f"{path}/quotes", {"price.sw-KE": "1", "valid_days": "14"}, path)
    shown = pm.get(path)
    assert re.findall(r'name="rights" value="([^"]+)" checked', shown) == usual
    quote = re.search(r'action="/quotes/(\w+)/accept"', shown)
    assert quote is not None
    pm.ask("POST", f"/quotes/{quote[1]}/accept", {})
    with market.system() as session:
        assert sorted(vendor_rights(session, session.get_one(Project, project_id)) or ()) == usual


def test_a_quote_is_declined_with_a_reason(market: Market, pm: Door, manager: Door) -> None:
    request_id, _project = market.send()
    path = f"/requests/{request_id}"
    manager.send(f"{path}/quotes", {"price.sw-KE": "1", "valid_days": "14"}, path)
    decline = re.search(r'action="(/quotes/\w+/decline)"', pm.get(path))
    assert decline is not None
    assert pm.post(decline[1], {"reason": ""}, path).status_code == 422
    pm.send(decline[1], {"reason": "Too dear"}, path)
    assert "Too dear" in manager.get(path)


@pytest.fixture
def work(market: Market) -> Work:
    found = lane_with_people(market)
    found.settle("a", ["refund", "refund", "other"], "refund")
    found.settle("b", ["network"] * 3, "network")
    found.grade("refund", "refund", 25)
    found.grade("refund", "other", 5)
    return found


def test_a_release_is_read_taken_away_and_accepted(market: Market, work: Work, pm: Door, manager: Door) -> None:
    project = f"/projects/{work.project_id}"
    work.decide("work_rejected", "work_rejected", "lane_paused")
    work.alarm(2, followed=1)
    path = manager.send(f"{project}/releases", {}, project)
    assert "Being built" in pm.get(path)
    market.work()
    report = pm.get(path)
    assert "Figures by language" in report and "Refund" in report and "83" in report
    for line in (
        "Swahili (Kenya): the chart of errors of one person rose to its alarm.",
        "Work looked at again after 1 of 2 alarms; people paused by decisions in force: 1.",
        "Swahili (Kenya): half of the judgments took less than",
        "2 judgments are not paid, by decisions of people that can be appealed.",
    ):
        assert line in report, line
    file = pm.client.get(f"{path}/files/labels.csv")
    assert file.status_code == 200
    assert file.headers["Content-Disposition"] == "attachment; filename=labels.csv"
    assert file.text.startswith("id,unit,locale,text,context,label,")
    assert manager.client.get(f"{path}/files/labels.csv").status_code == 403
    assert f'href="{path}/files/labels.csv"' in pm.get(path)
    with market.system() as session:
        session.get_one(Project, work.project_id).classification = "restricted-pii"
    assert f'href="{path}/files' not in pm.get(path) and "labels.csv" in pm.get(path), "somebody lets them out first"
    pm.send(f"{path}/opening", {}, path)
    let_out = pm.get(path)
    assert f'href="{path}/files' not in let_out, "and somebody else takes them"
    assert "For a day somebody else of your organization may" in let_out
    with market.system() as session:
        session.get_one(Release, path.rpartition("/")[2]).opened_by = "a colleague"
    assert f'href="{path}/files/labels.csv"' in pm.get(path)
    assert "Release 1" in pm.get(project)
    assert pm.post(f"{path}/decide", {"decision": "return", "reason": ""}, path).status_code == 422
    pm.send(f"{path}/decide", {"decision": "accept"}, path)
    assert "Accepted" in pm.get("/releases")


def test_a_vendor_reads_blunt_figures_only(market: Market, work: Work, pm: Door, manager: Door) -> None:
    ordered = pm.ask("POST", f"/projects/{work.project_id}/releases", status=201)
    market.work()
    path = f"/releases/{ordered['id']}"
    exact, blunt = pm.ask("GET", path)["report"], manager.ask("GET", path)["report"]
    assert exact["accuracy"]["n"] == 30 and exact["accuracy"]["value"] == 0.833333
    assert (blunt["accuracy"]["n"], blunt["accuracy"]["value"]) == (30, 0.83)
    assert exact["confusion_pairs"] and not blunt["confusion_pairs"] and not blunt["confusion"]["counts"]
    assert manager.get(path)


def test_gold_is_uploaded_on_a_page_that_a_vendor_cannot_open(
    app: Flask, market: Market, work: Work, pm: Door, manager: Door
) -> None:
    qa = Door(app, market, Role.CLIENT_QA, market.client)
    page = f"/projects/{work.project_id}/imports"
    gold = jsonl_of([{"id": "g", "text": "My money", "label": "refund", "pool": "exam"}])
    path = qa.send(f"/projects/{work.project_id}/gold-imports", {"file": (io.BytesIO(gold), "gold.jsonl")}, page)
    market.work()
    assert "Import 1 row" in qa.get(path)
    assert "gold.jsonl" in qa.get(page)
    manager.get(path, 404)
    assert "Import 1 row" in pm.get(path)
    assert "gold.jsonl" not in manager.get(page)


def test_a_program_is_told_how_a_time_and_other_values_are_written(market: Market, pm: Door) -> None:
    body = {"name": "API", "vendor_org_id": market.vendor, "task_type": "choice", "classification": "public",
            "lines": [{"locale": "sw-KE", "units": 10}]}  # fmt: skip
    for wrong in ("2027-01-01", "2027-01-01T00:00:00", "soon", "2027-02-30T00:00:00Z"):
        told = pm.ask("POST", "/requests", body | {"deadline_at": wrong}, 422)["fields"]["deadline_at"]
        assert told.startswith("Write the time with its time zone, like 2027-01-31T17:00:00Z")
    odd = {"deadline_at": "2027-01-01T00:00:00Z", "name": ["a"], "lines": {"sw-KE": 1}, "overlap": 1.5}
    told = pm.ask("POST", "/requests", body | odd, 422)["fields"]
    assert (told["name"], told["lines"]) == ("A text is expected here.", "A list is expected here.")
    assert told["overlap"] == "A whole number is expected here."


def test_the_description_of_the_api_names_the_values_that_there_are(pm: Door) -> None:
    parts = document()["components"]["schemas"]
    asked = parts["RequestIn"]["properties"]
    assert (
        asked["task_type"]["enum"] == ["choice", "pairwise", "spans"]
        and "restricted-phi" in asked["classification"]["enum"]
    )
    assert parts["QuoteIn"]["properties"]["prices"]["additionalProperties"]["pattern"]
    assert parts["LaneOut"]["properties"]["state"]["enum"] == ["draft", "open", "paused", "done"]
    assert "live" in parts["ProjectRowOut"]["properties"]["state"]["enum"]


def test_the_program_does_what_the_pages_do(market: Market, pm: Door, manager: Door) -> None:
    sent = pm.ask(
        "POST", "/requests",
        {"name": "API", "vendor_org_id": market.vendor, "task_type": "choice", "classification": "public",
         "lines": [{"locale": "sw-KE", "units": 10}], "overlap": 2, "deadline_at": "2026-04-01T00:00:00Z"},
        201,
    )  # fmt: skip
    assert manager.ask("GET", "/requests")["items"][0]["id"] == sent["request_id"]
    quotes = f"/requests/{sent['request_id']}/quotes"
    for wrong in (0.1, 1, "0,10", "abc", "0.0000001"):
        told = manager.ask("POST", quotes, {"prices": {"sw-KE": wrong}}, 422)["fields"]
        assert told == {"prices.sw-KE": 'Write the amount as a text such as "0.10", with at most six decimals.'}
    assert manager.ask("POST", quotes, {"prices_micros": {"sw-KE": 50_000}}, 201)["total"] == "0.5"
    quote = manager.ask("POST", quotes, {"prices": {"sw-KE": "0.04"}}, 201)
    line = quote["lines"][0]
    assert (quote["total"], quote["total_micros"]) == ("0.4", 400_000)
    assert (line["price"], line["price_micros"], line["amount"]) == ("0.04", 40_000, "0.4")
    project_id = pm.ask("POST", f"/quotes/{quote['id']}/accept", {})["project_id"]
    body = {"task_type": "choice", "question": {"en": "?"}, "classes": [
        {"id": name, "names": {"en": name}} for name in "ab"
    ]}  # fmt: skip
    assert pm.ask("POST", f"/projects/{project_id}/ontologies", {"body": body}, 201)["version"] == 1
    assert pm.ask("POST", f"/projects/{project_id}/guidelines", {"texts": {"en": "Do."}}, 201)["version"] == 1
    (lane,) = pm.ask("GET", f"/projects/{project_id}")["lanes"]
    units = {"units": [{"id": "1", "content": {"text": "one"}}]}
    first = manager.ask("POST", f"/lanes/{lane['id']}/units", units, 201)
    assert manager.ask("POST", f"/lanes/{lane['id']}/units", units, 201)["unit_ids"] == first["unit_ids"]
    problem = pm.ask("POST", f"/lanes/{lane['id']}/open", {}, 409)
    assert (problem["code"], problem["missing"]) == ("lane.not_ready", ["rate", "test"])
    content = '{"text": "two"}\n' + '{"text": "' + "x" * 150_000 + '"}\n'
    batch = pm.ask("POST", f"/projects/{project_id}/batches", {"name": "more.jsonl", "content": content}, 201)
    market.work()
    checked = pm.ask("GET", f"/batches/{batch['id']}")
    assert (checked["state"], checked["good"], checked["bad"]) == ("checked", 1, 1)
    pm.ask("POST", f"/batches/{batch['id']}/confirm", {"leave_out_bad": True})
    market.work()
    assert pm.ask("GET", f"/projects/{project_id}")["lanes"][0]["units"] == 2
    pm.ask("PUT", f"/projects/{project_id}/rights", {"rights": []})
    manager.ask("POST", f"/lanes/{lane['id']}/units", units, 403)
    with market.as_(market.pm) as session:
        assert session.scalars(select(Release)).all() == []


def test_who_may_see_the_data_is_set_on_a_page_and_by_a_program(market: Market, work: Work, pm: Door) -> None:
    page = f"/projects/{work.project_id}/protection"
    typed = {"agreements": "nda 2", "annex": "", "countries": "ke, TZ", "networks": "192.0.2.0/24\n"}
    assert pm.send(page, typed, page).endswith(page)
    kept = pm.ask("GET", page)
    assert (kept["agreements"], kept["countries"], kept["networks"]) == ({"nda": 2}, ["KE", "TZ"], ["192.0.2.0/24"])
    faulty = pm.post(page, typed | {"networks": "anywhere", "agreements": "N D A"}, page)
    assert faulty.status_code == 422 and "anywhere" in faulty.text and "no network" in faulty.text
    assert pm.ask("PUT", page, {"networks": ["x"]}, 422)["fields"].keys() == {"networks"}
    for nowhere in ("ZZ", "EU", "QQ", "Kenya"):
        assert pm.ask("PUT", page, {"countries": ["KE", nowhere]}, 422)["fields"].keys() == {"countries"}
    assert pm.ask("GET", page) == kept
    rows = pm.ask("GET", f"/projects/{work.project_id}/units?classification=internal")["items"]
    unit = f"/units/{rows[0]['id']}"
    assert rows[0]["id"] in pm.get(f"/projects/{work.project_id}/units") and "Set the class" in pm.get(unit)
    told = pm.get(unit)
    assert "is shut to everybody until it is" in told and "an annex for health data" in told, "said before the click"
    place = pm.send(f"{unit}/classification", {"classification": "restricted-pii"}, unit)
    assert place.endswith(f"/projects/{work.project_id}/units") and "You do not see it yourself" in pm.get(place)
    pm.get(unit, 403)
    assert pm.ask("GET", unit, status=403)["code"].startswith("not_allowed")
    assert pm.ask("PUT", f"{unit}/classification", {"classification": "internal", "reason": "x"}, 403)
    assert pm.ask("PUT", f"/projects/{work.project_id}/classification", {"classification": "secret"}, 422)
    page = f"/projects/{work.project_id}/classification"
    pm.send(page, {"classification": "confidential", "reason": ""}, f"/projects/{work.project_id}/protection")
    assert pm.ask("GET", f"/projects/{work.project_id}")["project"]["classification"] == "confidential"


def test_a_lane_whose_data_nobody_can_see_is_not_opened_and_one_that_is_open_says_so(
    market: Market, work: Work, pm: Door
) -> None:
    shut, project = "Nobody sees the data", f"/projects/{work.project_id}"
    with market.system() as session:
        session.execute(update(Lane).where(Lane.project_id == work.project_id).values(state="open"))
    assert shut not in pm.get(project)
    pm.send(f"{project}/classification", {"classification": "restricted-phi", "reason": ""}, f"{project}/protection")
    assert shut in pm.get(project), "an open lane stays open, and its page says why nothing comes of it"
    (lane,) = pm.ask("GET", project)["lanes"]
    pm.send(f"/lanes/{lane['id']}/pause", {}, project)
    refused = pm.ask("POST", f"/lanes/{lane['id']}/open", {"without_test": True}, 409)
    assert (refused["code"], refused["missing"]) == ("lane.not_ready", ["protection", "units", "rate"])
    asked = {"agreements": "nda 1", "annex": "health 1", "countries": "KE", "networks": "192.0.2.0/24"}
    pm.send(f"{project}/protection", asked, f"{project}/protection")
    still = pm.ask("POST", f"/lanes/{lane['id']}/open", {"without_test": True}, 409)
    assert still["missing"] == ["units", "rate"] and shut not in pm.get(project)


def test_who_saw_the_data_is_a_page_with_filters_a_file_and_a_proof(market: Market, pm: Door, manager: Door) -> None:
    with market.as_(market.pm) as session:
        for who in ("=1+1", "client-pm"):
            actor = Actor(who, market.client, Role.CLIENT_PM, org_kind="client")
            note_read(
                session, actor, Why.LOOKED_AT, unit=f"={who}"[:22], project="p", org=market.client,
                classification="restricted-pii",
            )  # fmt: skip
    told = pm.get("/reads")
    assert told.count("looked at") >= 2 and "Prove that nothing was changed" in told
    assert "Nothing in the log fits" in pm.get("/reads?why=exported")
    for wrong in ("since=yesterday", "until=9999-12-31", "why=fun", "role=king"):
        assert "looked at</td>" not in pm.get(f"/reads?{wrong}", 422), "what is wrong is not answered with everything"
        assert pm.post("/reads/file", dict([wrong.split("=")]), "/reads").status_code == 422
    pm.ask("GET", "/reads?since=0001-01-01T00:00:00%2B14:00", status=422)
    pm.ask("GET", "/reads?why=fun", status=422)
    with market.system() as session:
        project_id = ids.new_id()
        foreign = Project(
            id=project_id, project_id=project_id, org_id=market.vendor, name="Not theirs", state="draft",
            classification="public", task_type="choice", currency="USD", created_at=market.now,
        )  # fmt: skip
        session.add(foreign)
    for impossible in (
        {"project": "nothing"}, {"project": project_id}, {"unit": "no such unit"},
        {"since": "2026-03-02", "until": "2026-03-01"},
    ):  # fmt: skip
        field, typed = list(impossible.items())[-1]
        told = pm.get("/reads?" + urlencode(impossible), 422)
        assert f'id="{field}-error"' in told and "Nobody was shown" not in told and typed in told
        assert "Not theirs" not in told, "of another organization's project nothing is told"
        assert pm.post("/reads/file", impossible, "/reads").status_code == 422
        is_time = field == "until"
        times = {name: f"{value}T00:00:00Z" if is_time else value for name, value in impossible.items()}
        assert list(pm.ask("GET", "/reads?" + urlencode(times), status=422)["fields"]) == [field]
    file = reads_file(pm, market, why="looked_at").lstrip("\ufeff")
    with market.system() as session:
        taken = session.scalars(select(AuditEvent).where(AuditEvent.action == "reads.exported")).one()
        assert taken.details["rows"] == len(file.splitlines()) - 1 and taken.details["asked"] == {"why": "looked_at"}
    assert file.splitlines()[0].startswith("at,unit,project") and ",'=client-pm," in file
    assert pm.ask("POST", "/reads/file", {"why": "looked_at", "since": "2026-01-01T00:00:00Z"}, 202)["kind"] == "reads"
    assert pm.send("/reads/verification", {"since": ""}, "/reads").startswith("/jobs/")
    assert len(pm.ask("GET", "/reads?why=looked_at&limit=1")["items"]) == 1
    assert pm.ask("POST", "/reads/verification", {}, 202)["job_id"]
    manager.get("/reads", 403)
    manager.ask("GET", "/reads", status=403)


def test_access_is_reviewed_on_a_page_that_shows_first_what_will_happen(
    market: Market, work: Work, pm: Door, manager: Door
) -> None:
    assert "Nobody has access" in manager.get("/access")
    assert work.project_id in pm.get("/access")
    assert pm.post("/access/review", {"act": "end", "reason": ""}, "/access").status_code == 422
    chosen = {"ids": work.project_id, "act": "end", "reason": "done"}
    shown = pm.post("/access/review", chosen, "/access")
    assert shown.status_code == 200 and "ends at once" in shown.text
    assert pm.ask("GET", "/access")["items"][0]["id"] == work.project_id
    pm.send("/access/review", chosen | {"sure": "1"}, "/access")
    assert pm.ask("GET", "/access")["items"] == []
    assert pm.ask("POST", "/access/review", {"ids": [work.project_id], "act": "renew"}, 404)
    manager.get(f"/projects/{work.project_id}", 404)


def test_a_stranger_finds_nothing(app: Flask, market: Market, work: Work) -> None:
    stranger = Door(app, market, Role.CLIENT_ADMIN, market.other_client)
    for path in (f"/projects/{work.project_id}", f"/projects/{work.project_id}/imports"):
        stranger.get(path, 404)
    assert stranger.ask("GET", "/projects")["items"] == []
    stranger.ask("GET", f"/projects/{work.project_id}", status=404)
    stranger.ask("GET", f"/projects/{work.project_id}/releases", status=404)
    assert stranger.ask("POST", f"/projects/{work.project_id}/releases", status=404)["code"] == "not_found"


def test_settled_units_are_made_gold_on_a_page_and_over_the_api(market: Market, app: Flask) -> None:
    work = lane_with_people(market)
    for reference in ("a", "b"):
        work.settle(reference, ["refund"] * 3, "refund")
    with market.system() as session:
        lane = session.get_one(Lane, work.lane_id)
        for reference, unit_id in work.units.items():
            session.add(
                GoldProposal(
                    id=reference, org_id=lane.org_id, project_id=lane.project_id, lane_id=lane.id, unit_id=unit_id,
                    item_id=session.get_one(Unit, unit_id).item_id, label={"choice": "refund"}, category="refund",
                    confidence=0.995, people=3, proven=2, answers=3, third=2, proposed_at=market.now,
                )
            )  # fmt: skip
    address = f"/projects/{work.project_id}/gold-proposals"
    qa = Door(app, market, Role.CLIENT_QA, market.client)
    page = qa.get(address)
    assert "Message a" in page and "99.5%" in page and "2 proven" in page and "hard" in page
    assert qa.post(address, {"decision": "accept"}, address).status_code == 422, "nothing was chosen"
    qa.send(address, {"decision": "accept", "chosen": ["a"], "pool": "live"}, address)
    assert "1 unit is gold now." in qa.get(address)
    api = f"/api/v1{address}"
    told = app.test_client().get(api, headers=qa.headers).get_json()
    assert [row["id"] for row in told["items"]] == ["b"]
    done = app.test_client().post(api, json={"refuse": ["b"]}, headers=qa.headers).get_json()
    assert done == {"accepted": 0, "refused": 1, "gone": 0}
    assert "Nothing is proposed at present." in qa.get(address)
    assert "from a settled unit" in qa.get(f"/projects/{work.project_id}/gold")
    Door(app, market, Role.VENDOR_MANAGER, market.vendor).get(address, 403)
    assert "Reviewers" in Door(app, market, Role.CLIENT_ADMIN, market.client).get("/reviewers")


CHOSEN = re.compile(r'name="verdict" value="[a-z]+" checked')


def test_a_reviewer_is_asked_again_where_the_consensus_moved_since_it_was_shown(app: Flask, market: Market) -> None:
    work = lane_with_people(market)
    unit_id = work.settle("a", ["refund", "refund", "other"], "refund")
    with market.system() as session:
        infer_lane(session, market.pm, work.lane_id)
        ask_reviews(session, session.get_one(Lane, work.lane_id), [(unit_id, "weak")], of="settled")

    def move(label: str) -> None:
        with market.system() as session:
            session.execute(update(Consensus).values(label={"choice": label}))

    qa = Door(app, market, Role.CLIENT_QA, market.client)
    task = qa.send("/review/next", {}, "/review")
    shown = qa.get(task)
    assert not CHOSEN.search(shown), "a verdict that stands there already is given without looking"
    unsaid = qa.post(task, {"note": "hm"}, "/review")
    assert unsaid.status_code == 422 and "Choose one." in unsaid.text and not CHOSEN.search(unsaid.text)
    move("other")
    asked_again = qa.post(task, {"verdict": "accept"}, "/review")
    assert asked_again.status_code == 409 and "changed since you were shown it" in asked_again.text
    assert not CHOSEN.search(asked_again.text)
    first, second = (re.findall(r'name="mark" value="([0-9a-f]{64})"', text)[0] for text in (shown, asked_again.text))
    assert first != second
    assert qa.post(task, {"verdict": "accept", "mark": first}, "/review").status_code == 409, "sent by an older tab"
    move("network")
    told = qa.ask("POST", f"/reviews/{task.split('/')[-1]}/verdict", {"verdict": "accept"}, 409)
    assert (told["code"], told["consensus"]) == ("review.moved", {"choice": "network"})
    again = qa.ask("GET", f"/reviews/{task.split('/')[-1]}")
    assert (again["consensus"], again["mark"] in (first, second)) == ({"choice": "network"}, False)
    assert qa.send(task, {"verdict": "accept"}, "/review").endswith("/review")
    with market.system() as session:
        assert session.get_one(Unit, unit_id).label == {"choice": "network"}


def test_rules_of_answers_and_samples_are_set_and_hold_a_release(app: Flask, market: Market) -> None:
    work = lane_with_people(market)
    work.settle("a", ["refund", "refund", "other"], "refund")
    with market.system() as session:
        session.get_one(Lane, work.lane_id).overlap = 3
        count_lane(session, market.pm, work.lane_id)
    pm = Door(app, market, Role.CLIENT_PM, market.client)
    rules, sample = f"/lanes/{work.lane_id}/assurance", f"/projects/{work.project_id}/sample"
    assert "3 answers were agreed" in pm.get(rules)
    wrong = pm.post(rules, {"overlap_least": "3", "overlap_target": "nan", "lot_limit": "0"}, rules)
    assert wrong.status_code == 422 and "This must be a number." in wrong.text
    assert "Answers and samples" in pm.get(pm.send(rules, {"overlap_least": "2", "overlap_target": "92.5"}, rules))
    asked = {"overlap_least": 2, "overlap_target": 0.925, "lot_limit": 0.1, "lot_allowed": 1}
    lane = pm.ask("PUT", f"/lanes/{work.lane_id}/assurance", asked)
    assert {name: lane[name] for name in asked} == asked
    assert "92.5" in pm.get(rules)
    # The highest target there is, as it is typed and as it is shown.
    assert pm.send(
        rules, {"overlap_least": "2", "overlap_target": "99.9", "lot_limit": "10", "lot_allowed": "1"}, rules
    )
    assert 'value="99.9"' in pm.get(rules)
    with market.system() as session:
        count_lane(session, market.pm, work.lane_id)
    held = pm.post(f"/projects/{work.project_id}/releases", {}, sample)
    assert held.status_code == 409 and "The sample of this lot is not accepted" in held.text
    pm.ask("POST", f"/projects/{work.project_id}/releases", status=409)
    assert pm.send(sample, {}, sample).endswith(sample)
    (lot,) = pm.ask("POST", f"/projects/{work.project_id}/sample")["items"]
    assert (lot["units"], lot["state"]) == (1, "waiting")
    assert pm.ask("GET", f"/projects/{work.project_id}/sample")["items"] == [lot]
    # Its sample finds it wrong: how it may be done again stands beside it, for both sides.
    work.review("a", "fix", "other")
    with market.system() as session:
        session.get_one(Lane, work.lane_id).lot_allowed = 0
        count_lane(session, market.pm, work.lane_id)
    again = f"/lanes/{work.lane_id}/rework"
    vendor = Door(app, market, Role.VENDOR_MANAGER, market.vendor)
    assert "At most 1 review" in pm.get(sample) and "Do it again" in vendor.get(sample)
    missing = vendor.post(again, {"kind": "review", "reason": " "}, sample)
    assert missing.status_code == 422 and "both sides read it" in missing.text
    pm.ask("POST", again, {"kind": "nothing", "reason": "x"}, status=422)
    (lot,) = pm.ask("GET", f"/projects/{work.project_id}/sample")["items"]
    assert lot["offers"] == [{"kind": "review", "units": 1, "micros": None, "currency": None}]
    done_again = pm.ask("POST", again, {"kind": "review", "reason": "one of one"}, status=201)
    assert (done_again["state"], done_again["rework_kind"], done_again["reworks"]) == ("rework", "review", 1)
    pm.ask("POST", again, {"kind": "review", "reason": "one of one"}, status=409)
    assert vendor.post(again, {"kind": "review", "reason": "x"}, sample).status_code == 409
    assert "being done again" in vendor.get(sample) and "one of one" in vendor.get(sample)
    spite = f"/projects/{work.project_id}/releases/in-spite"
    assert pm.post(spite, {"in_spite": " "}, sample).status_code == 422
    assert pm.send(spite, {"in_spite": "a trial"}, sample).startswith("/releases/")
    pm.ask("POST", spite, {"reason": ""}, status=422)
