"""The loop through pages on a phone in a real browser: client, vendor, applicant, annotator, reviewer, finance."""

import re
from collections.abc import Callable
from datetime import timedelta
from wsgiref.types import WSGIApplication

import pytest
from playwright.sync_api import Browser, expect

from kernel import clock
from kernel.policy import Role
from tests.journeys.cast import Cast
from tests.journeys.order import CLASSES, GUIDELINE, LOCALE, ONTOLOGY, send_request, truth_of, units_csv, upload
from tests.journeys.test_api_journey import _join_the_pool as join_the_pool
from tests.journeys.walk import Walk, walking
from tests.web.conftest import PASSWORD

EARLIER = ("amina", "baraka", "chiku")
Serve = Callable[[WSGIApplication], str]


@pytest.fixture
def lane(cast: Cast) -> str:
    """Ten days ago: a lane was opened, three people answered its first units, a release was cut, more units came."""
    cast.now = clock.now() - timedelta(days=10)
    _arrive(cast)
    project, lane = _order(cast)
    _work(cast)
    _review_all_but_one(cast)
    cast.later(hours=73)
    cast.seconds()
    cast.renew()
    cast.people["pm"].post(f"/projects/{project}/releases")
    cast.work()
    upload(cast, cast.people["pm"], project, "units", "more.csv", units_csv(6, start=6))
    cast.now = clock.now()
    cast.work()
    return lane


def _arrive(cast: Cast) -> None:
    for org, kind in (("nordlicht", "client"), ("baraza", "vendor"), ("elsewhere", "vendor")):
        cast.org(org, kind)
    for name, org, role in (
        ("pm", "nordlicht", Role.CLIENT_PM), ("manager", "baraza", Role.VENDOR_MANAGER),
        ("reviewer", "baraza", Role.REVIEWER), ("payer", "baraza", Role.FINANCE), ("signer", "baraza", Role.FINANCE),
    ):  # fmt: skip
        cast.join(name, org, role)
    for name in EARLIER:
        cast.join(name, "elsewhere", Role.REVIEWER)


def _order(cast: Cast) -> tuple[str, str]:
    pm, manager = cast.people["pm"], cast.people["manager"]
    sent = send_request(cast, pm, cast.orgs["baraza"], units=12)
    quote = manager.post(f"/requests/{sent['request_id']}/quotes", {"prices": {LOCALE: 250_000}})
    project = pm.post(f"/quotes/{quote['id']}/accept", {})["project_id"]
    pm.post(f"/projects/{project}/ontologies", {"body": ONTOLOGY})
    pm.post(f"/projects/{project}/guidelines", {"texts": GUIDELINE})
    upload(cast, pm, project, "units", "units.csv", units_csv(6))
    lane = str(pm.get(f"/projects/{project}")["lanes"][0]["id"])
    manager.post("/rates", {"lane_id": lane, "amount": "0.05", "currency": "EUR"})
    manager.post(f"/lanes/{lane}/open", {"without_test": True})
    pool = manager.post("/pools", {"name": "East Africa", "about": {"en": "Telephone companies.", "sw": "Karibu"}})
    manager.post("/agreements", {"code": "conduct", "titles": {"en": "Conduct"}, "texts": {"en": "Be careful."}})
    for name in EARLIER:
        person = join_the_pool(cast, name, pool["id"])
        paper = cast.people[name].get("/me")["agreements_to_sign"][0]["id"]
        cast.people[name].post(f"/agreements/{paper}/signatures", {"locale": "en"})
        cast.people[name].put("/payout-method", {"kind": "mobile", "holder": name, "account": "+254712345678"})
        manager.put(f"/lanes/{lane}/waivers/{person}", {"reason": "Known from other work"})
    return project, lane


def _work(cast: Cast) -> None:
    """The first of the units has three readings, so that it comes to review; the others are read alike."""
    first: str | None = None
    for turn, name in enumerate(EARLIER):
        for _unit in range(6):
            task = cast.people[name].post("/assignments/next", {})["assignment"]
            first = first or task["content"]["text"]
            right = truth_of(task["content"])
            given = CLASSES[turn] if task["content"]["text"] == first else right
            cast.later(seconds=15)
            cast.people[name].post(f"/assignments/{task['id']}/answer", {"answer": {"choice": given}})
    cast.seconds()
    cast.seconds()  # the lanes are counted in the round after they were settled


def _review_all_but_one(cast: Cast) -> None:
    reviewer, project = cast.people["reviewer"], cast.people["pm"].get("/projects")["items"][0]["id"]
    waiting = cast.people["pm"].get(f"/projects/{project}")["lanes"][0]["in_review"]
    assert waiting >= 1
    for _review in range(waiting - 1):
        task = reviewer.post("/reviews/next", {})["review"]
        reviewer.post(f"/reviews/{task['id']}/verdict", {"verdict": "accept"})


@pytest.fixture
def address(cast: Cast, lane: str, live_server: Serve) -> str:
    return live_server(cast.app)


def test_everybody_does_their_part_on_a_phone(cast: Cast, lane: str, address: str, browser: Browser) -> None:
    with walking(browser, address, "client") as client, walking(browser, address, "vendor") as vendor:
        client.sign_in(cast.people["pm"].persona.email)
        vendor.sign_in(cast.people["manager"].persona.email)
        _ask_and_accept(client, vendor)
        _apply_and_admit(browser, address, vendor)
        _read_the_report(client)
        client.sign_out()
    _let_in(cast, lane)
    with walking(browser, address, "annotator", locale="ar") as annotator:
        _answer_in_arabic(annotator)
    with walking(browser, address, "without-scripts", has_scripts=False) as bare:
        _answer_without_scripts(bare)
    with walking(browser, address, "reviewer") as reviewer:
        _decide(reviewer, cast.people["reviewer"].persona.email)
    _pay(cast, browser, address)


def _ask_and_accept(client: Walk, vendor: Walk) -> None:
    client.go("/requests/new")
    form = client.page
    form.get_by_label("Name of the project").fill("Farm advice")
    form.get_by_label("Vendor").select_option(label="baraza")
    form.get_by_label("Language 1").fill(LOCALE)
    form.get_by_label("Units", exact=True).first.fill("300")
    form.get_by_label("Needed by").fill(f"{clock.now() + timedelta(days=40):%Y-%m-%d}")
    client.press("Send the request")
    path = client.page.url.removeprefix(client.address)
    vendor.go("/requests")
    vendor.press("Farm advice", role="link", exact=False)
    vendor.page.get_by_label(re.compile("price of a unit")).fill("0.25")
    vendor.press("Send the quote")
    client.go(path)
    expect(client.page.get_by_text("€75.00").first).to_be_visible()
    client.press("Accept quote 1")
    expect(client.page.get_by_role("heading", name="Farm advice")).to_be_visible()


def _apply_and_admit(browser: Browser, address: str, vendor: Walk) -> None:
    vendor.go("/pools")
    path = vendor.page.get_by_text(re.compile(r"/apply/\w+")).first.inner_text()
    with walking(browser, address, "applicant") as applicant:
        applicant.go("/apply/" + path.rpartition("/apply/")[2].strip())
        form = applicant.page
        form.locator("[name=name]").fill("Neema Achieng")
        form.locator("[name=email]").fill("neema@people.example")
        form.locator("[name=password]").fill(PASSWORD)
        form.locator("input[name=locale]").first.fill(LOCALE)
        form.locator("[name=proficiency]").first.select_option("native")
        form.locator("[name=agreement]").first.check()
        applicant.press("Send my application")
    vendor.go("/people")
    vendor.press("Neema Achieng", role="link", exact=False)
    vendor.page.locator("summary", has_text="Verify or turn down").first.click()
    vendor.page.locator("form[action$='/verify'] button").first.click()
    vendor.page.wait_for_load_state("load")
    vendor.look()
    vendor.press("Admit")
    expect(vendor.page.get_by_text("Active").first).to_be_visible()
    for path in ("/people", "/projects"):
        vendor.go(path)
    vendor.sign_out()


def _let_in(cast: Cast, lane: str) -> None:
    manager = cast.people["manager"]
    cast.now = clock.now()
    cast.renew()
    person = next(each for each in manager.get("/people")["items"] if each["name"] == "Neema Achieng")
    manager.put(f"/lanes/{lane}/waivers/{person['id']}", {"reason": "Known from other work"})


def _answer_in_arabic(walk: Walk) -> None:
    """Sign in, start, answer by key and by tap, skip, see the pay, sign out: right to left."""
    walk.sign_in("neema@people.example")
    page = walk.page
    page.locator("header summary").first.click()
    page.locator("header button[value=ar]").click()
    page.wait_for_load_state("load")
    walk.look()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator("form[action='/work/next'] button").first.click()
    page.wait_for_load_state("load")
    walk.look()
    expect(page.locator("h1")).to_contain_text("ماذا يريد العميل")
    first = page.url
    page.keyboard.press("2")
    expect(page.locator("input[value=network]")).to_be_checked()
    page.locator(".actbar .btn-main").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != first)
    walk.look()
    second = page.url
    page.locator("label.opt").first.tap()
    page.locator(".actbar .btn-main").tap()
    page.wait_for_url(lambda url: url != second)
    walk.look()
    third = page.url
    page.locator("#skip summary").click()
    page.locator("#skip form button").click()
    page.wait_for_url(lambda url: url != third)
    walk.look()
    walk.go("/work/done")
    expect(page.locator("tbody tr")).to_have_count(4)
    walk.go("/pay")
    walk.go("/work")
    walk.sign_out()


def _answer_without_scripts(walk: Walk) -> None:
    """The account is in Arabic by now, so that things are found by what they are."""
    walk.sign_in("neema@people.example")
    walk.page.locator("a.btn-main[href^='/work/']").click()
    walk.page.locator("input[type=radio]").first.check()
    walk.page.locator("button[name=stop]").click()
    expect(walk.page).to_have_url(f"{walk.address}/work")
    walk.go("/work/done")
    expect(walk.page.locator("tbody .good")).to_have_count(3)


def _decide(walk: Walk, email: str) -> None:
    walk.sign_in(email)
    walk.go("/review")
    walk.press("Take the oldest")
    walk.page.get_by_label("Fix").check()
    walk.page.get_by_label("Reason, unless you accept").select_option("wrong_class")
    walk.page.locator("summary", has_text="The right label").click()
    walk.page.locator("input[name=choice]").first.check()
    walk.press("Record and take the next")
    expect(walk.page.get_by_text("Decided.")).to_be_visible()


def _pay(cast: Cast, browser: Browser, address: str) -> None:
    with walking(browser, address, "payer") as payer, walking(browser, address, "signer") as signer:
        payer.sign_in(cast.people["payer"].persona.email)
        payer.go("/payout-runs")
        payer.page.locator("[name=currency]").fill("EUR")
        payer.page.locator("form[action='/payout-runs'] button.btn-main").click()
        payer.page.wait_for_url(re.compile(r"/payout-runs/\w+"))
        payer.look()
        signer.sign_in(cast.people["signer"].persona.email)
        signer.page.goto(payer.page.url)
        signer.look()
        signer.page.locator("[name=total]").fill("0.90")
        signer.page.locator("form[action$='/approve'] button").click()
        expect(signer.page.get_by_text("Approved. The file can be taken now.")).to_be_visible()
        signer.look()
        with signer.page.expect_download() as download:
            signer.page.locator("form[action$='/export'] button").click()
        assert b"+254712345678" in download.value.path().read_bytes()
        payer.page.reload()
        payer.look()
        payer.page.locator("form[action$='/settle'] button").click()
        dialog = payer.page.locator("dialog[open]")
        if dialog.count():
            dialog.locator("button[value=yes]").click()
        expect(payer.page.get_by_text("Noted as paid.")).to_be_visible()
        payer.look()


def _read_the_report(client: Walk) -> None:
    client.go("/projects")
    client.press("Support intents", role="link", exact=False)
    client.page.locator("a[href*='/releases']").first.click()
    client.page.wait_for_load_state("load")
    client.look()
    client.page.locator("main a[href^='/releases/']").first.click()
    client.page.wait_for_load_state("load")
    client.look()
    expect(client.page.get_by_text("labels.jsonl").first).to_be_visible()
