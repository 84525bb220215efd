"""From a test designed to a person restored with pay, through pages on phones: failed, waited, passed, worked, paused
on wrong keys, contested them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import select

from calibration.models import Dispute, Judgment
from kernel import clock
from kernel.db import Database
from kernel.policy import Role
from kernel.tenancy import Scope
from marketplace.models import Lane
from marketplace.operations.settling import ask_reviews
from tests.journeys.cast import START, Cast
from tests.journeys.order import CLASSES, GUIDELINE, LOCALE, ONTOLOGY, class_said, saying, send_request, upload
from tests.journeys.steps import everything_adds_up, hire, people_arrive
from tests.journeys.walk import Walk, walking
from tests.support import is_soak, scale

Serve = Callable[[WSGIApplication], str]
UNITS, LIVE, WRONG = 160, 14, 5
"""Of ten checks one at least meets a wrong key, which is enough for the rule, wherever it comes; and nobody may object
to more answers at a time than are wrong here."""
NAMES = {"refund": "Refund", "network": "Network", "other": "Something else"}


@pytest.fixture(params=["sqlite", "postgresql"] if is_soak() else ["sqlite"])
def db(request: pytest.FixtureRequest) -> Database:
    """SQLite day by day, as the loop goes through PostgreSQL. In a soak PostgreSQL too: a wrong key is decided, graded
    again and paid for there across the walls between the client's gold, the vendor's books and the person."""
    database: Database = request.getfixturevalue(f"db_{request.param}")
    return database


@pytest.fixture
def walks(cast: Cast, browser: Browser, live_server: Serve) -> Iterator[dict[str, Walk]]:
    """The client's two people, the vendor's manager and an annotator, each with a phone."""

    def at_its_time(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with clock.use_clock(cast.time):
            return cast.app(environ, start_response)

    with clock.use_clock(cast.time):
        people_arrive(cast)
        cast.join("judge", "nordlicht", Role.CLIENT_QA)
        hire(cast, ["neema"])
    with walking(browser, live_server(at_its_time)) as walker:
        yield {name: walker(name, has_scripts=name != "qa") for name in ("qa", "judge", "manager", "neema")}


@pytest.mark.soak
def test_whoever_is_refused_and_paused_on_wrong_keys_is_restored_with_pay(
    cast: Cast, walks: dict[str, Walk], db: Database
) -> None:
    lane = order(cast)
    design(cast, walks, lane)
    neema = enter(cast, walks, "neema")
    assert take(neema, lane, right=False) == "You did not pass this time"
    expect(neema.page.get_by_text("You can try again from")).to_be_visible()
    neema.press("Look at your answers, and object where you are sure", role="link")
    expect(neema.page.get_by_text("I am sure that this was right").first).to_be_visible()
    neema.go(f"/tests/{lane}")
    expect(neema.page.locator("form[action$='/attempts']")).to_have_count(0)
    cast.later(hours=25)
    cast.renew()
    assert take(enter(cast, walks, "neema"), lane, right=True) == "You passed"
    answered = work_by_program(cast, scale(16, 0)) + work_until_paused(cast, neema)
    contested = contest(neema := enter(cast, walks, "neema"))
    refused = refuse(cast, lane)
    assert pay_shown(cast, neema, refused) == ("Refused", "rejected")
    decide(cast, walks, contested)
    assert pay_shown(cast, neema, refused) == ("Approved", "approved")
    restored(neema)
    answered += work_by_hand(cast, neema, 1)
    everything_is_paid(cast, answered)
    everything_adds_up(db)


def enter(cast: Cast, walks: dict[str, Walk], name: str) -> Walk:
    """Sign in, new or back after the session has ended."""
    walks[name].page.context.clear_cookies()
    walks[name].sign_in(cast.people[name].persona.email)
    return walks[name]


def order(cast: Cast) -> str:
    """A project with units, and with gold of which some live keys are wrong; its lane."""
    pm, qa, manager = (cast.people[name] for name in ("pm", "qa", "manager"))
    request = send_request(cast, pm, cast.orgs["baraza"], units=UNITS, overlap=1)
    quote = manager.post(f"/requests/{request['request_id']}/quotes", {"prices": {LOCALE: "0.25"}})
    project = pm.post(f"/quotes/{quote['id']}/accept", {})["project_id"]
    lane = pm.get(f"/projects/{project}")["lanes"][0]["id"]
    pm.post(f"/projects/{project}/ontologies", {"body": ONTOLOGY})
    pm.post(f"/projects/{project}/guidelines", {"texts": GUIDELINE})
    rows = [f'{number},"{saying(number, "ujumbe")[1]}"' for number in range(UNITS)]
    upload(cast, pm, project, "units", "units.csv", "\n".join(["id,text", *rows]) + "\n")
    upload(cast, qa, project, "gold", "gold.csv", gold())
    manager.post("/rates", {"lane_id": lane, "amount": "0.05", "currency": "EUR"})
    return str(lane)


def gold() -> str:
    rows = ["text,label,pool,explanation"]
    for pool, count in (("exam", 40), ("live", LIVE)):
        for number in range(count):
            right, text = saying(number, pool)
            label = mistaken(text) if pool == "live" and number < WRONG else right
            rows.append(f'"{text}","{label}","{pool}","The customer names it."')
    return "\n".join(rows) + "\n"


def mistaken(text: str) -> str:
    """A class that the text is not of."""
    return CLASSES[(CLASSES.index(class_said(text)) + 1) % len(CLASSES)]


def design(cast: Cast, walks: dict[str, Walk], lane: str) -> None:
    """The client designs the test and sees what it does; the vendor sets the rule that pauses, and opens the lane."""
    qa = enter(cast, walks, "qa")
    qa.go(f"/lanes/{lane}/test")
    for name, value in (("p0", "50"), ("p1", "95"), ("alpha", "10"), ("beta", "10"), ("training_questions", "0")):
        qa.page.locator(f"[name={name}]").fill(value)
    qa.press("Show what it does")
    for box in qa.page.locator("[name=accepted]").all():
        box.check()
    qa.press("Publish")
    expect(qa.page.get_by_text("Version 1 of the test is published.")).to_be_visible()
    manager = enter(cast, walks, "manager")
    manager.go(f"/lanes/{lane}/gates")
    manager.send(f"/lanes/{lane}/gate", limit="90", certainty="60", minimum_checks="10", pause_days="14")
    expect(manager.page.get_by_text("The rule holds from the next check on.")).to_be_visible()
    cast.people["manager"].post(f"/lanes/{lane}/open", {})


def take(walk: Walk, lane: str, *, right: bool) -> str:
    """Take the test to its end; what the result says first."""
    walk.go(f"/tests/{lane}")
    walk.send("/attempts")
    while walk.page.locator("form[action$='/answers']").count():
        text = walk.page.locator("main").inner_text()
        choose(walk, class_said(text) if right else mistaken(text))
        walk.act(walk.page.locator(".actbar .btn-main").tap)
    return walk.page.locator("h1").inner_text()


def choose(walk: Walk, choice: str) -> None:
    walk.page.locator("label.opt", has=walk.page.locator(f"input[value={choice}]")).tap()


def work_by_hand(cast: Cast, walk: Walk, count: int) -> int:
    """Take work, answer so many units rightly by tapping, and stop."""
    walk.go("/work")
    walk.act(walk.page.locator("form[action='/work/next'] button").first.tap)
    for number in range(1, count + 1):
        cast.later(seconds=20)
        choose(walk, class_said(walk.page.locator("main .unit .txt").inner_text()))
        walk.act(walk.page.locator("button[name=stop]" if number == count else ".actbar .btn-main").tap)
    return count


def refuse(cast: Cast, lane: str) -> str:
    """A reviewer who believes the wrong key refuses one of the contested answers; which that was.

    Reviews are asked for of units without a key, so that this one has to be asked for here; it has waited longest.
    """
    with clock.use_clock(lambda: START), cast.db.transaction(Scope.system("test")) as session:
        of_dispute = (Dispute.org_id == Judgment.org_id) & (Dispute.item_id == Judgment.item_id)
        judgment = session.scalars(select(Judgment).join(Dispute, of_dispute).order_by(Judgment.id)).first()
        assert judgment is not None
        ask_reviews(session, session.get_one(Lane, lane), [(judgment.unit_id, "sample")])
        contested = judgment.id
    reviewer = cast.people["reviewer"]
    review = reviewer.post("/reviews/next", {})["review"]
    assert [each["judgment_id"] for each in review["answers"]] == [contested]
    verdict = {"verdict": "reject", "reason": "wrong_class", "judgment_ids": [contested]}
    assert reviewer.post(f"/reviews/{review['id']}/verdict", verdict)["rejected"] == 1
    return contested


def pay_shown(cast: Cast, walk: Walk, judgment: str) -> tuple[str, str]:
    """What the pay page calls the lines in the state of this answer's pay, and that state."""
    (state,) = {row["state"] for row in earnings(cast) if row["judgment_id"] == judgment}
    walk.go(f"/pay?state={state}")
    return walk.page.locator("tbody .badge").first.inner_text(), state


def earnings(cast: Cast) -> list[dict[str, Any]]:
    return list(cast.people["neema"].get("/earnings?limit=200")["items"])


def work_by_program(cast: Cast, count: int) -> int:
    """Answer rightly through the API, too little for the rule to fire; how many answers were given."""
    neema = cast.people["neema"]
    for number in range(count):
        if number % 4 == 0:
            cast.seconds()
        task = neema.post("/assignments/next", {})["assignment"]
        cast.later(seconds=20)
        answer = {"answer": {"choice": class_said(task["content"]["text"])}, "epoch": task["epoch"]}
        neema.post(f"/assignments/{task['id']}/answer", answer)
    return count


def work_until_paused(cast: Cast, walk: Walk) -> int:
    """Answer rightly by tapping, checks among the units, until the rule pauses; how many answers were given."""
    walk.go("/work")
    walk.act(walk.page.locator("form[action='/work/next'] button").first.tap)
    count = 0
    while (unit := walk.page.locator("main .unit .txt")).count():
        if count % 4 == 0:
            cast.seconds()
        cast.later(seconds=20)
        choose(walk, class_said(unit.inner_text()))
        walk.act(walk.page.locator(".actbar .btn-main").tap)
        count += 1
    assert count < UNITS
    return count


def contest(neema: Walk) -> int:
    """Read the decision, ask for the answers it rests on, and object to each right answer that is wrong."""
    neema.go("/receipts")
    neema.act(neema.page.locator("main a[href^='/receipts/']", has_text="paused").first.tap)
    neema.press("Look at your answers, and object to a right answer", role="link")
    neema.press("Show them")
    answers = neema.page.locator("ol > li")
    shown = answers.count()
    assert 1 <= shown <= WRONG
    for number in range(shown):
        one = answers.nth(number)
        one.locator("summary").tap()
        one.locator("textarea").fill("Mteja anasema wazi anachotaka.")
        neema.act(one.get_by_role("button", name="Send the objection").tap)
        expect(neema.page.get_by_text("Your objection was sent.")).to_be_visible()
        neema.page.go_back()
        neema.again()
    expect(neema.page.get_by_text("Waits")).to_have_count(shown)
    return shown


def decide(cast: Cast, walks: dict[str, Walk], contested: int) -> None:
    """Whoever set the keys may not decide; somebody else does, without knowing which answer is the key's."""
    qa, judge = enter(cast, walks, "qa"), enter(cast, walks, "judge")
    qa.go("/disputes")
    qa.act(qa.page.locator("tbody a").first.tap)
    expect(qa.page.get_by_text("somebody else decides")).to_be_visible()
    manager = enter(cast, walks, "manager")
    manager.go("/disputes")
    expect(manager.page.locator("tbody tr")).to_have_count(contested)
    for _number in range(contested):
        judge.go("/disputes")
        judge.act(judge.page.locator("tbody a").first.tap)
        right = NAMES[class_said(judge.page.locator("main .unit .txt").inner_text())]
        chosen = "first" if right in side(judge, "first").inner_text() else "second"
        judge.page.locator(f"[name=verdict][value={chosen}]").check()
        judge.send(judge.path, reply="The text says so.")
        cast.work()
    judge.go("/disputes")
    expect(judge.page.get_by_text("No objections wait")).to_be_visible()


def side(walk: Walk, name: str) -> Locator:
    return walk.page.locator(f"section[aria-labelledby={name}]")


def restored(neema: Walk) -> None:
    """The pause is undone and the refusal too, the person told in decisions of their own, the work open."""
    neema.go("/receipts")
    expect(neema.page.get_by_text("is paid after all").first).to_be_visible()
    expect(neema.page.get_by_text("is lifted").first).to_be_visible()
    neema.act(neema.page.locator("main a", has_text="is lifted").first.tap)
    expect(neema.page.get_by_text("In your favour")).to_be_visible()
    expect(neema.page.get_by_text("all answers that it had touched were counted again")).to_be_visible()


def everything_is_paid(cast: Cast, answered: int) -> None:
    """Nothing but time is needed for the pay of all answers."""
    cast.later(hours=73)
    cast.work()
    cast.renew()
    found = earnings(cast)
    assert len(found) == answered
    assert {(row["state"], row["amount"]) for row in found} == {("approved", "0.05")}
