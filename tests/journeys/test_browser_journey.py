"""The whole loop through pages, on phones in a real browser: from applications to labels delivered and people paid."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from i18n.tags import display_name
from kernel import clock
from kernel.db import Database
from kernel.mail import use_mail
from kernel.policy import Role
from labeling.rules.schema_lines import class_lines
from tests.journeys.cast import Cast
from tests.journeys.order import CLASSES, GUIDELINE, LOCALE, ONTOLOGY, class_said, gold_csv, units_csv
from tests.journeys.steps import everything_adds_up
from tests.journeys.walk import Walk, walking
from tests.support import is_soak
from tests.support.letterbox import Box
from tests.web.conftest import PASSWORD

Serve = Callable[[WSGIApplication], str]
UNITS = 6
DISPUTED = ("ujumbe 0.", "ujumbe 4.")  # everybody reads these in a way of their own
ANNOTATORS = ("neema", "layla", "juma")
EMAIL = {
    "neema": "neema@people.example", "layla": "layla@people.example", "juma": "juma@people.example",
    "reviewer": "zawadi@baraza.example",
}  # fmt: skip


class Stage:
    """Everybody with a phone of their own, before one application and one clock."""

    def __init__(self, cast: Cast, walker: Callable[..., Walk]) -> None:
        self.cast, self._walker, self._walks = cast, walker, dict[str, Walk]()

    def enter(self, name: str, *, locale: str = "en", has_scripts: bool = True) -> Walk:
        """Somebody new."""
        self._walks[name] = self._walker(name, locale=locale, has_scripts=has_scripts)
        return self._walks[name]

    def sign_in(self, name: str) -> Walk:
        """Somebody of the staff, new or back after their session has ended."""
        walk = self._walks.get(name) or self.enter(name)
        walk.sign_in(EMAIL.get(name) or self.cast.people[name].persona.email)
        return walk

    def __getitem__(self, name: str) -> Walk:
        return self._walks[name]


@pytest.fixture(params=["sqlite", "postgresql"] if is_soak() else ["postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """The loop in a browser goes through PostgreSQL's walls day by day, the journey of quality through SQLite. In a
    soak each goes through both."""
    database: Database = request.getfixturevalue(f"db_{request.param}")
    return database


@pytest.fixture
def stage(cast: Cast, browser: Browser, live_server: Serve) -> Iterator[Stage]:
    def at_its_time(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with clock.use_clock(cast.time):
            return cast.app(environ, start_response)

    # Day by day axe looks at each part that pages are made of, and at the pages of the journey of quality. In a soak at
    # these too; they are made of the same templates on either database: once is enough.
    with walking(browser, live_server(at_its_time), has_axe=is_soak() and not cast.db.is_sqlite) as walker:
        yield Stage(cast, walker)


@pytest.mark.soak
def test_the_loop_through_pages_on_phones(stage: Stage, db: Database) -> None:
    arrive(stage)
    hire(stage)
    project = order(stage)
    configure(stage, project)
    bring_in(stage, project)
    lane = open_the_lane(stage, project)
    for name in ("neema", "layla"):
        qualify(stage[name], lane, HANDS[name])
    let_in(stage["manager"], lane, "Juma Otieno")
    work(stage, project)
    review(stage, project)
    pay(stage)
    deliver(stage, project)
    everything_adds_up(db)


# Step 1: people.


def arrive(stage: Stage) -> None:
    """Staff sign in; the manager adds a reviewer to the team, who sets a password at the address she was handed."""
    cast = stage.cast
    cast.org("nordlicht", "client")
    cast.org("baraza", "vendor")
    for name, org, role in (
        ("pm", "nordlicht", Role.CLIENT_PM), ("qa", "nordlicht", Role.CLIENT_QA),
        ("manager", "baraza", Role.VENDOR_MANAGER), ("payer", "baraza", Role.FINANCE),
        ("signer", "baraza", Role.FINANCE),
    ):  # fmt: skip
        cast.join(name, org, role)
    for name in ("pm", "qa", "manager"):
        stage.sign_in(name)
    manager, reviewer = stage["manager"], stage.enter("reviewer")
    box = Box()
    use_mail(box)
    manager.go("/team")
    manager.send("/team", email=EMAIL["reviewer"], role="reviewer")
    stage.cast.seconds()
    reviewer.go(box.address(EMAIL["reviewer"]))
    reviewer.send(reviewer.path, name="Zawadi Mwangi", password=PASSWORD)


def hire(stage: Stage) -> None:
    """An agreement and a pool; three people apply, sign, prove their language and are admitted."""
    manager = stage["manager"]
    manager.go("/agreements")
    manager.send(
        "/agreements", code="conduct", **{"title-en": "Conduct", "text-en": "Be careful with texts."},
        **{"title-sw": "Maadili", "text-sw": "Tunza maandishi ya watu."},
    )  # fmt: skip
    manager.go("/pools")
    manager.send("/pools", name="East Africa", **{"about-en": "Messages in Swahili.", "about-sw": "Karibu kwetu."})
    address = manager.page.locator("a[href^='/apply/']").first.get_attribute("href") or ""
    apply(stage.enter("neema"), address, "Neema Achieng", "sw")
    apply(stage.enter("layla", locale="ar"), address, "ليلى حسن", "ar")
    apply(stage.enter("juma", has_scripts=False), address, "Juma Otieno", "en")
    for name in ("Neema Achieng", "ليلى حسن", "Juma Otieno"):
        admit(manager, name)
    for walk in (stage[name] for name in ANNOTATORS):
        walk.go("/pay/method")
        walk.page.locator("[name=kind][value=mobile]").check()
        walk.send("/pay/method", holder="Somebody Here", account="+254712345678")


def apply(walk: Walk, address: str, name: str, language: str) -> None:
    """Read the page in the own language, fill it in, agree, send it."""
    walk.go(address)
    if walk.page.locator("html").get_attribute("lang") != language:
        walk.act(walk.page.locator(f".langs button[value={language}]").tap)
    expect(walk.page.locator("html")).to_have_attribute("lang", language)
    form = walk.page
    form.locator("input[name=locale]").first.fill(display_name(LOCALE, language))
    form.locator("[name=proficiency]").first.select_option("native")
    for mode in ("read", "write", "listen", "speak"):
        form.locator(f"[name=modes][value='1-{mode}']").check()
    form.locator("[name=country]").select_option("KE")
    form.locator("[name=time_zone]").select_option("Africa/Nairobi")
    form.locator("details", has=form.locator(".txt")).locator("summary").tap()
    form.locator("[name=agreement]").check()
    walk.send(address, name=name, email=EMAIL[walk.name], password=PASSWORD)
    assert walk.path == "/me", f"{walk.name} is at {walk.path}"


def admit(manager: Walk, name: str) -> None:
    manager.go("/people")
    manager.press(name, role="link")
    manager.press("Levels, evidence, decisions", role="link")
    manager.page.locator("summary", has_text="Verify").first.tap()
    for mode in manager.page.locator("details[open] form[action$='/verify'] [name=modes]").all():
        mode.check()
    manager.send("/verify", kind="peer", note="We spoke.")
    manager.press(name, role="link")
    manager.press("Admit")
    expect(manager.page.get_by_text("Admitted.")).to_be_visible()


# Step 2: request, quote, project.


def order(stage: Stage) -> str:
    """The address of the project that comes of a request and its quote."""
    pm, manager = stage["pm"], stage["manager"]
    pm.go("/requests")
    pm.press("New request", role="link", number=0)
    needed = stage.cast.now + timedelta(days=30)
    pm.send(
        "/requests/new", name="Support intents", task_type="choice", locale=LOCALE, units=str(UNITS), overlap="2",
        quality_percent="85", deadline=f"{needed:%Y-%m-%d}", currency="EUR", about="Messages to a telephone company.",
    )  # fmt: skip
    manager.go("/requests")
    manager.press("Support intents", role="link")
    manager.send("/quotes", **{f"price.{LOCALE}": "0.25"})
    pm.again()
    expect(pm.page.get_by_text("€1.50").first).to_be_visible()
    pm.press("Accept quote 1")
    assert re.fullmatch(r"/projects/\w+", pm.path), pm.path
    return pm.path


# Step 3: label schema and guideline.


def configure(stage: Stage, project: str) -> None:
    pm = stage["pm"]
    pm.press("Label schema and guideline", role="link")
    question, lines = ONTOLOGY["question"]["en"], class_lines(ONTOLOGY, "en", is_first=True)
    pm.send("/ontology?by=form", **{"question.en": question, "classes.en": "one line"})
    expect(pm.page.get_by_text("Nothing was published. Mend this first:")).to_be_visible()
    pm.send("/ontology?by=form", **{"question.en": question, "classes.en": lines})
    pm.page.get_by_text("As JSON, for experts").tap()
    pm.send("/ontology", body=json.dumps(ONTOLOGY, ensure_ascii=False))
    pm.send("/guideline", **{"text.en": GUIDELINE["en"], "other_locale": "sw", "other_text": GUIDELINE["sw"]})
    expect(pm.page.get_by_text("The guideline is published.")).to_be_visible()


# Step 4: units and gold.


def bring_in(stage: Stage, project: str) -> None:
    """A broken file, of which nothing is written; then units and gold."""
    pm, qa = stage["pm"], stage["qa"]
    upload(stage, pm, project, "/imports", "broken.csv", 'id,text\nu90,"Habari."\nu91,""\n')
    wrong = pm.page.locator("section", has=pm.page.get_by_role("heading", name="What is wrong")).locator("tbody tr")
    expect(wrong).to_have_count(1)
    expect(wrong.locator("th")).to_have_text("3")
    pm.press("Cancel")
    pm.go(project)
    expect(pm.page.get_by_text("no units yet")).to_be_visible()
    upload(stage, pm, project, "/imports", "units.csv", units_csv(UNITS))
    confirm(stage, pm, f"Import {UNITS} rows")
    upload(stage, qa, project, "/gold-imports", "gold.csv", gold_csv(exam=12, live=3, training=2))
    confirm(stage, qa, "Import 17 rows")
    qa.go(f"{project}/gold")
    expect(qa.page.locator("tbody tr")).to_have_count(17)
    stage["manager"].go(f"{project}/imports")
    expect(stage["manager"].page.get_by_text("gold.csv")).to_have_count(0)


def upload(stage: Stage, walk: Walk, project: str, form: str, name: str, content: str) -> None:
    walk.go(f"{project}/imports")
    file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    walk.page.locator(f"form[action$='{form}'] input[type=file]").set_input_files(file)
    walk.send(form)
    stage.cast.work()
    walk.again()


def confirm(stage: Stage, walk: Walk, words: str) -> None:
    walk.press(words)
    stage.cast.work()
    walk.again()
    expect(walk.page.locator(".badge", has_text="Imported")).to_be_visible()


# Step 5: test, rate, open lane, qualification.


def open_the_lane(stage: Stage, project: str) -> str:
    """The client publishes a test, the vendor sets what a unit earns, and opens the lane; its id."""
    qa, manager = stage["qa"], stage["manager"]
    qa.go(project)
    qa.press("Quality", role="link", exact=True)
    qa.press("The test of this lane", role="link")
    lane = qa.path.split("/")[2]
    form = qa.page
    for name, value in (("p0", "50"), ("p1", "95"), ("alpha", "10"), ("beta", "10"), ("attempts_most", "1")):
        form.locator(f"[name={name}]").fill(value)
    qa.press("Show what it does")
    for warning in form.locator("[name=accepted]").all():
        warning.check()
    qa.send(f"/lanes/{lane}/test", training_questions="2")
    expect(qa.page.get_by_text("Version 1 of the test is published.")).to_be_visible()
    manager.go(project)
    expect(manager.page.get_by_role("button", name="Open")).to_have_count(0)
    manager.press("Rates", role="link", number=-1)
    manager.send("/rates", amount="0.05")
    manager.go(project)
    manager.press("Open")
    expect(manager.page.get_by_text("The lane is open.")).to_be_visible()
    return lane


def qualify(walk: Walk, lane: str, answer: Callable[[Walk, str], None]) -> None:
    """From what opens the work, through practice and exam, to the result."""
    walk.go("/work")
    walk.act(walk.page.locator(f"a[href='/tests/{lane}']").tap)
    walk.send("/attempts")
    lessons = questions = 0
    while walk.page.locator("form[action$='/answers'], main a[href*='/attempts/']").count():
        if walk.page.locator("form[action$='/answers']").count():
            answer(walk, class_said(walk.page.locator("main").inner_text()))
            questions += 1
        else:
            walk.act(walk.page.locator(".actbar a").tap)
            lessons += 1
    assert lessons == 2 and 4 <= questions - lessons <= 11
    walk.act(walk.page.locator("main a.btn-main").tap)
    expect(walk.page.locator("form[action='/work/next']").first).to_be_visible()


def let_in(manager: Walk, lane: str, name: str) -> None:
    """Somebody whom the vendor knows needs no test."""
    manager.go(f"/lanes/{lane}/people")
    row = manager.page.locator("tbody tr", has_text=name)
    row.locator("summary").tap()
    row.locator("[name=reason]").fill("Known from other work.")
    manager.act(row.locator("form button.btn").tap)
    expect(manager.page.locator("tbody tr", has_text=name)).to_contain_text("Known from other work.")


# Step 6: work.


def by_tap(walk: Walk, choice: str) -> None:
    choose(walk, choice)
    walk.act(walk.page.locator(".actbar .btn-main").tap)


def by_key(walk: Walk, choice: str) -> None:
    walk.page.keyboard.press(str(CLASSES.index(choice) + 1))
    expect(walk.page.locator(f"input[value={choice}]")).to_be_checked()
    walk.act(lambda: walk.page.keyboard.press("Enter"))


HANDS = {"neema": by_tap, "layla": by_key, "juma": by_tap}


def work(stage: Stage, project: str) -> None:
    """One unit is skipped, another reported; then everybody answers two at a time until nothing is left."""
    stage.cast.seconds()
    skipped = leave_one(stage["layla"], "skip", but="")
    reported = leave_one(stage["neema"], "report", but=skipped)
    assert skipped != reported
    busy = set(ANNOTATORS)
    while busy:
        busy = {name for name in sorted(busy) if answer_two(stage, name)}
        stage.cast.seconds()
    stage["pm"].go(project)
    expect(stage["pm"].page.get_by_text("in review").first).to_be_visible()
    for name, path in (("juma", "/work/done"), ("neema", "/quality"), ("manager", "/board")):
        stage[name].go(path)


def leave_one(walk: Walk, how: str, but: str) -> str:
    """Answer until another unit comes than that one, and leave it; what it said."""
    walk.go("/work")
    walk.act(walk.page.locator("form[action='/work/next'] button").tap)
    while (text := said(walk)) == but:
        HANDS[walk.name](walk, opinion(walk.name, text))
    walk.page.locator(f"#{how} summary").tap()
    walk.send(f"/{how}", reason={"skip": "unclear", "report": "broken"}[how])
    return text


def said(walk: Walk) -> str:
    return walk.page.locator("main .unit .txt").inner_text()


def answer_two(stage: Stage, name: str) -> bool:
    """Answer two units and stop, or as many as there are; False if there was none."""
    walk = stage[name]
    walk.go("/work")
    walk.act(walk.page.locator("a.btn-main[href^='/work/'], form[action='/work/next'] button").first.tap)
    if not is_unit(walk):
        return False
    stage.cast.later(seconds=15)
    HANDS[name](walk, opinion(name, said(walk)))
    if is_unit(walk):
        stage.cast.later(seconds=15)
        choose(walk, opinion(name, said(walk)))
        walk.act(walk.page.locator("button[name=stop]").tap)
    return True


def is_unit(walk: Walk) -> bool:
    return re.fullmatch(r"/(work|review)/\w{16,}", walk.path) is not None


def choose(walk: Walk, choice: str) -> None:
    walk.page.locator("label.opt", has=walk.page.locator(f"input[value={choice}]")).tap()


def opinion(name: str, text: str) -> str:
    right = class_said(text)
    if not any(mark in text for mark in DISPUTED):
        return right
    return CLASSES[(CLASSES.index(right) + ANNOTATORS.index(name)) % len(CLASSES)]


# Steps 7 and 8: jobs have graded and settled; the reviewer decides what waits.


def review(stage: Stage, project: str) -> None:
    """One label is mended, one answer rejected, the rest accepted; who was rejected appeals, and is believed."""
    stage.cast.seconds()
    reviewer = stage["reviewer"]
    reviewer.go("/review")
    reviewer.press("Take the oldest")
    verdicts = iter(("fix", "reject"))
    count = 0
    while is_unit(reviewer):
        decide(reviewer, next(verdicts, "accept"))
        count += 1
    assert count >= 2
    appeal(stage)
    stage.cast.seconds()
    stage["pm"].go(project)
    expect(stage["pm"].page.get_by_text(f"{UNITS} of {UNITS}").first).to_be_visible()


def decide(reviewer: Walk, verdict: str) -> None:
    page, right = reviewer.page, class_said(said(reviewer))
    page.locator(f"[name=verdict][value={verdict}]").check()
    if verdict != "accept":
        page.get_by_label("Reason, unless you accept").select_option("wrong_class")
        page.locator("summary", has_text="The right label").tap()
        page.locator(f"input[name=choice][value={right}]").check()
    if verdict == "reject":
        page.locator("[name=judgment_ids]").first.check()
    reviewer.press("Record and take the next")
    expect(page.get_by_text("Decided.")).to_be_visible()


def appeal(stage: Stage) -> None:
    """The one whose answer was rejected reads why and disagrees; the manager, who did not decide, answers."""
    manager = stage["manager"]
    rejected = [walk for walk in (stage[name] for name in ANNOTATORS) if receipt_of(walk)]
    assert len(rejected) == 1
    walk = rejected[0]
    receipt = walk.path
    walk.send("/appeal", text="Ujumbe huu unaweza kusomwa kwa njia mbili.")
    manager.go("/appeals")
    manager.act(manager.page.locator("tbody a").first.tap)
    manager.page.locator("[name=outcome][value=overturned]").check()
    manager.send(manager.path, answer="Both readings are fair.")
    walk.go(receipt)
    expect(walk.page.get_by_text("Both readings are fair.")).to_be_visible()


def receipt_of(walk: Walk) -> bool:
    """Open the decision about somebody's work, if there is one."""
    walk.go("/receipts")
    link = walk.page.locator("main a[href^='/receipts/']")
    if link.count():
        walk.act(link.first.tap)
    return walk.path != "/receipts"


# Step 9: money.


def pay(stage: Stage) -> None:
    """Silence is acceptance; one makes the run, another signs it, the file leaves, the bank pays."""
    stage.cast.later(hours=73)
    stage.cast.seconds()
    payer, signer = stage.sign_in("payer"), stage.sign_in("signer")
    payer.go("/payout-runs")
    payer.send("/payout-runs", currency="EUR")
    run = payer.path
    signer.go(run)
    total = signer.page.locator(".fig", has_text="To be paid").locator(".fig-v").inner_text()
    signer.send("/approve", total="1")
    expect(signer.page.get_by_role("alert")).to_be_visible()
    signer.send("/approve", total=total.removeprefix("€"))
    expect(signer.page.get_by_text("Approved. The file can be taken now.")).to_be_visible()
    payer.again()
    with payer.page.expect_download() as download:
        payer.page.get_by_role("button", name="Take the file").tap()
    content = download.value.path().read_bytes()
    assert content.count(b"+254712345678") == len(ANNOTATORS)
    payer.again()
    assert hashlib.sha256(content).hexdigest() in payer.page.locator("main").inner_text()
    payer.press("Note the rest as paid")
    expect(payer.page.get_by_text("Noted as paid.")).to_be_visible()
    for name in ("neema", "layla"):
        walk = stage.sign_in(name)
        walk.go("/pay")
        expect(walk.page.locator("tbody .badge.act").first).to_be_visible()
    stage["layla"].go(f"/pay/statements/{stage.cast.now:%Y-%m}")


# Step 10: delivery.


def deliver(stage: Stage, project: str) -> None:
    """A release is cut, read, taken away and accepted, and its invoice is there for both."""
    pm, payer = stage.sign_in("pm"), stage["payer"]
    pm.go(project)
    pm.press("Cut a release")
    stage.cast.work()
    pm.again()
    expect(pm.page.get_by_text("reports of problems")).to_have_count(0)  # the reviewer has answered the one
    with pm.page.expect_download() as download:
        pm.page.get_by_role("link", name="labels.jsonl").tap()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert sorted(line["id"] for line in lines) == [f"u{number}" for number in range(UNITS)]
    pm.press("Accept release 1")
    stage.cast.work()
    pm.go("/releases")
    for walk in (pm, payer):
        walk.go("/invoices")
        expect(walk.page.locator("tbody")).to_contain_text("€1.50")
    payer.act(payer.page.locator("tbody a").tap)
    payer.press("The client has paid")
