"""Calibration through the browser's and the program's door, with the people who use it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event, select

from calibration.models import AttemptQuestion, Consensus, FairnessCell, GateRule, GoldKey, Qualification
from calibration.operations import attempts, fairness, rulebook
from calibration.operations.tests import WARNINGS
from kernel import clock, ids
from kernel.jobs import drain
from kernel.policy import Demand, Reason, Role, system_actor
from payouts.models import Earning
from tests.calibration_db.doors import Door
from tests.calibration_db.world import World
from workforce.models import Annotator


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Every statement sent while the block runs."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(world.db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.db.engine, "before_cursor_execute", note)


def right_answer(world: World, attempt_id: str, position: int) -> str:
    with world.system() as session:
        item = session.scalars(
            select(AttemptQuestion.item_id).where(
                AttemptQuestion.attempt_id == attempt_id, AttemptQuestion.position == position
            )
        ).one()
        return str(session.scalars(select(GoldKey.category).where(GoldKey.item_id == item)).one())


def test_a_person_takes_a_test_in_the_browser_from_practice_to_an_open_lane(
    world: World, annotator: Door, vendor: Door
) -> None:
    world.add_gold(92, "exam")
    world.add_gold(2, "training")
    vendor.post(f"/lanes/{world.lane}/test", training_questions="2", cool_down_hours="24")
    begin = annotator.get(f"/tests/{world.lane}")
    assert "at most 62 questions" in begin
    where = annotator.post(f"/tests/{world.lane}/attempts").headers["Location"]
    attempt = where.rsplit("/", 1)[-1]
    assert "Practice, question 1 of 2" in annotator.get(where)
    for position in range(14):
        choice = right_answer(world, attempt, position)
        if position == 0:
            choice = "bad" if choice == "good" else "good"
        told = annotator.post(f"{where}/answers", position=position, choice=choice).headers["Location"]
        page = annotator.get(told)
        if position == 0:
            assert "Not quite." in page and "because" in page
    assert "You passed" in page
    assert "12 of 12" in re.sub(r"<[^>]+>", "", page)
    with world.system() as session:
        assert session.scalars(select(Qualification.basis)).one() == "test"
    assert "You have qualified for this work already." in annotator.get(f"/tests/{world.lane}")


def test_a_failed_test_says_why_and_when_to_come_back(world: World, annotator: Door, vendor: Door) -> None:
    world.add_gold(92, "exam")
    vendor.post(f"/lanes/{world.lane}/test", training_questions="0")
    where = annotator.post(f"/tests/{world.lane}/attempts").headers["Location"]
    attempt = where.rsplit("/", 1)[-1]
    for position in range(8):
        wrong = "bad" if right_answer(world, attempt, position) == "good" else "good"
        annotator.post(f"{where}/answers", position=position, choice=wrong)
    page = annotator.get(where)
    assert "What to read" in page and "to learn" in page
    assert "You did not pass this time" in page
    assert "You can try again from" in page
    receipt = re.search(r'href="(/receipts/[^"]+)"', page)
    assert receipt is not None
    told = annotator.get(receipt[1])
    assert "You answered 0 of 8 questions right." in told
    way = re.search(r'href="(/attempts/[^"]+)">The attempt at the test: 0 of 8 questions answered right<', told)
    assert way is not None
    assert "Test for a language of a project, version 1" in told
    annotator.get(way[1])
    assert "You can try again from" in annotator.get(f"/tests/{world.lane}")


def test_an_empty_answer_is_told_and_costs_nothing(world: World, annotator: Door, vendor: Door) -> None:
    world.add_gold(92, "exam")
    vendor.post(f"/lanes/{world.lane}/test", training_questions="0")
    where = annotator.post(f"/tests/{world.lane}/attempts").headers["Location"]
    answer = annotator.post(f"{where}/answers", 422, position=0)
    assert "Your answer was not sent yet" in answer.get_data(as_text=True)


def test_an_exam_out_of_time_says_so_until_its_result_is_written(world: World, annotator: Door, vendor: Door) -> None:
    world.add_gold(92, "exam")
    vendor.post(f"/lanes/{world.lane}/test", training_questions="0", minutes="5")
    where = annotator.post(f"/tests/{world.lane}/attempts").headers["Location"]
    annotator.post(f"{where}/answers", position=0, choice="good")
    world.later(minutes=6)
    assert "Your result stands here within a few minutes." in annotator.get(where)
    with world.system() as session:
        attempts.end_overdue(session, system_actor("schedule"))
    assert "The time was over before the test could be decided." in annotator.get(where)


def test_the_designer_sees_what_a_test_does_before_publishing(world: World, vendor: Door, client: Door) -> None:
    design = f"/lanes/{world.lane}/test"
    page = vendor.get(design)
    assert "No test is published yet." in page
    world.add_gold(10, "exam")
    shown = vendor.post(design, 200, preview="1", p0="60%", p1="85,0").get_data(as_text=True)
    assert "Questions at most" in shown and "A hundred people from outside" in shown
    assert "this lane has 10: 62 are missing" in shown
    assert "How long the gold lasts" in shown
    early = vendor.post(design, 200, preview="1", p0="30", p1="60").get_data(as_text=True)
    assert ">20%<" in early and early.count(">30%<") > page.count(">30%<")  # the axis begins before p0, which is marked
    refused = vendor.post(design, 422).get_data(as_text=True)
    assert "One attempt may need 92 exam questions, and this lane has 10: 82 are missing." in refused
    assert "8.4%" in refused and "if they use all of 3 attempts" in refused
    for low, high, told in (("90", "70", "higher than the accuracy that must not pass"), ("80", "81", "further apart")):
        assert told in vendor.post(design, 422, p0=low, p1=high).get_data(as_text=True)
    for nonsense, told in (("0.7", "at least 5"), ("nan", "must be a number"), ("99", "at most 98")):
        assert told in vendor.post(design, 422, p0=nonsense).get_data(as_text=True)
    for waits in ("99999999999", "-1", "1, 2, 3, 4, 5, 6"):
        vendor.post(design, 422, cool_down_hours=waits)
        vendor.api("PUT", f"{design}", 422, cool_down_hours=[int(each) for each in waits.split(",")])
    world.add_gold(82, "exam")
    warned = vendor.post(design, 422, accepted=[]).get_data(as_text=True)
    assert "Read the warnings and take them on" in warned and "I take this on" in warned
    assert "Whether the test is paid is the vendor’s to say." in client.post(design, 422, is_paid="1").get_data(
        as_text=True
    )
    client.post(design, expires_days="365", strata="class_difficulty")
    again = vendor.get(design)
    assert "Version 1 is published" in again and 'value="365"' in again and "Who passes" in again
    refused = vendor.post(design, 422, p0="90", p1="70").get_data(as_text=True)
    assert "Who passes" not in refused  # the curves of the version in force would look like those of what was sent


def test_a_program_looks_at_a_design_before_it_publishes_it(world: World, annotator: Door, vendor: Door) -> None:
    world.add_gold(92, "exam")
    address = f"/lanes/{world.lane}/test"
    told = vendor.api("POST", f"{address}/preview", training_questions=0)
    assert [plan["attempt"] for plan in told["plans"]] == [1, 2, 3]
    assert [(each["code"], each["is_error"]) for each in told["findings"]] == [("test.pool_thin", False)]
    assert (told["stock"], told["outlook"]["pay_micros"]) == ({"bad": 46, "good": 46}, None)
    refused = vendor.api("PUT", address, 422, training_questions=0)
    assert (refused["code"], refused["warnings"]) == ("test.warnings", ["test.pool_thin"])
    vendor.api("PUT", address, training_questions=0, accepted=["test.pool_thin"])
    annotator.api("POST", f"{address}/preview", 403, training_questions=0)


def test_quality_pages_of_person_vendor_and_client(world: World, annotator: Door, vendor: Door, client: Door) -> None:
    for place, item in enumerate(world.add_gold(24, "live")):
        truth = world.truth(item)
        world.judge("Asha", item, truth if place else "bad")
    world.grade()
    own = annotator.get("/quality")
    assert "90%" in own and "From at least 20 checked answers" in own
    assert annotator.api("GET", "/quality")["items"][0]["checks"] == 20
    for door in (vendor, client):
        page = door.get(f"/lanes/{world.lane}/quality")
        assert "Accuracy by class" in page
        door.post(f"/lanes/{world.lane}/inference")
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    told = client.api("GET", f"/lanes/{world.lane}/quality")
    assert (told["units"], told["agreement_by_locale"]) == (24, [])  # nobody has answered what another did
    page = client.get(f"/lanes/{world.lane}/quality")
    assert "Answer by answer" in page and f"/projects/{world.project}/gold" in page
    assert told["fit"] is None and told["unfit"]["least"] == 50 > told["unfit"]["smaller_half"] > 0
    assert f"It takes 50 in each; the smaller has {told['unfit']['smaller_half']}." in page
    assert "It takes 50 in each" not in vendor.get(f"/lanes/{world.lane}/quality")
    assert "What is taken for what: rows" in page and "Accuracy by class: rows" in page
    cell = f"/lanes/{world.lane}/checks?truth=good&answer=bad"
    assert cell.replace("&", "&amp;") in page, "each figure leads to its rows"
    (wrong,) = client.api("GET", cell)["items"]
    assert (wrong["truth"], wrong["answer"], wrong["score"]) == ("good", "bad", 0.0)
    assert wrong["item_id"] in client.get(cell) and wrong["pseudonym"] in client.get(cell)
    assert len(client.api("GET", f"/lanes/{world.lane}/checks")["items"]) == 24
    vendor.get(cell, 403)
    weak = f"/lanes/{world.lane}/weak"
    assert client.api("GET", weak)["items"] == [] and "There is nothing here" in client.get(weak)
    vendor.get(
        weak, 403
    )  # known units are never weak: whoever may not read gold learns how many there are, and no more
    with world.system() as session:
        session.scalars(select(Consensus).limit(1)).one().confidence = 0.5
    (row,) = client.api("GET", weak)["items"]
    assert weak in client.get(f"/lanes/{world.lane}/quality") and weak not in vendor.get(f"/lanes/{world.lane}/quality")
    assert set(row) == {"unit_id", "category", "confidence", "at"} and row["unit_id"] in client.get(weak)
    split = f"/lanes/{world.lane}/split"
    assert client.api("GET", split)["items"] == [], "of one answer nobody disagrees"
    world.hire("Juma")
    with world.system() as session:
        right = set(session.scalars(select(Consensus.item_id))) - {wrong["item_id"]}
        items = sorted(right)[:3]
    for item, says in zip(items, ("other", "same", "other"), strict=True):
        truth = world.truth(item)
        world.judge("Juma", item, truth if says == "same" else {"good": "bad", "bad": "good"}[truth])
    world.later(minutes=3)
    client.post(f"/lanes/{world.lane}/inference")
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    rows = client.api("GET", split)["items"]
    assert {each["agreed"] for each in rows} == {0.0} and set(rows[0]) == {"unit_id", "category", "agreed", "at"}
    assert rows[0]["unit_id"] in client.get(split)
    first = client.api("GET", f"{split}?limit=1")
    assert [*first["items"], *client.api("GET", f"{split}?limit=50&after={first['next_after']}")["items"]] == rows
    page = client.get(f"/lanes/{world.lane}/quality")
    assert split in page and "Agreement by language, each with its 95% interval" in page
    assert split not in vendor.get(f"/lanes/{world.lane}/quality")
    vendor.get(split, 403)
    vendor.post(f"/lanes/{world.lane}/gate", limit="75")
    with world.system() as session:
        assert session.scalars(select(GateRule.limit)).one() == 0.75
    annotator.get(f"/lanes/{world.lane}/quality", 403)


def test_a_persons_quality_by_day_is_the_same_coarse_figures_for_them_and_their_vendor(
    world: World, annotator: Door, vendor: Door, client: Door
) -> None:
    items = world.add_gold(48, "live")
    for day in range(2):
        for place, item in enumerate(items[day * 24 : day * 24 + 24]):
            truth = world.truth(item)
            right = truth == "good" or place % 4 == 3
            world.judge("Asha", item, truth if right else "good", seconds=12)
        world.grade()
        own = annotator.api("GET", f"/quality/{world.lane}")
        assert [each["judged"] for each in own["days"]] == [24] * day  # a day is told when it is over
        world.later(days=1)
    path = f"/lanes/{world.lane}/people/{world.people['Asha'][0]}/quality"
    own = annotator.api("GET", f"/quality/{world.lane}")
    assert vendor.api("GET", path) == own
    client.api("GET", path, 403)
    first, second = own["days"]
    assert (first["checked"], first["seconds"], second["checked"]) == (20, 288, 40)
    assert {figure for each in own["days"] for figure in (each["accuracy"], each["low"], each["high"])} <= {
        round(step * 0.05, 2) for step in range(21)
    }
    recalls = {each["name"]: each for each in own["classes"]}
    assert recalls["good"]["accuracy"] > 0.9 > 0.65 > recalls["bad"]["accuracy"]
    assert [(pair["truth"], pair["answer"], pair["share"]) for pair in own["mixed_up"]] == [("bad", "good", 0.5)]
    before = vendor.api("GET", f"{path}?day={first['day']}")
    assert (before["days"], before["as_of"]) == ([first], first["day"])
    for door, address in ((vendor, path), (annotator, f"/quality/{world.lane}")):
        page = door.enter().get(address)
        assert "Right answers over time" in page and "Bad" in page
        assert "Right answers over time" in door.get(f"{address}?day=yesterday")
    vendor.get(f"/lanes/{world.lane}/people/{ids.new_id()}/quality", 404)


def test_who_lacks_what_a_lane_asks_reads_its_tests_terms_and_not_its_guideline(
    world: World, annotator: Door, vendor: Door
) -> None:
    world.add_gold(92, "exam")
    vendor.post(f"/lanes/{world.lane}/test", training_questions="0")
    address = f"/tests/{world.lane}"
    assert "Start the test" in annotator.get(address)
    assert annotator.api("GET", address)["guideline"] == "Read."
    world.demands = (Demand(Reason.CLEARANCE_LOW, met=False),)
    page = annotator.get(address)
    assert "You cannot take this test yet." in page and "needs a clearance" in page
    assert "Read the guideline first" not in page and "Start the test" not in page
    told = annotator.api("GET", address)
    assert (told["guideline"], told["may_start"], told["missing"]) == (None, False, ["CLEARANCE_LOW"])


def test_gold_is_the_clients_page_alone(world: World, annotator: Door, vendor: Door, client: Door) -> None:
    world.add_gold(2, "live")
    page = client.get(f"/projects/{world.project}/gold?pool=live")
    assert "because 0" in page
    for door in (annotator, vendor):
        door.get(f"/projects/{world.project}/gold", 403)
    act = re.search(rf"/projects/{world.project}/gold/(\w+)/suspend", page)
    assert act is not None
    client.post(act[0])
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    assert "In doubt" in client.get(f"/projects/{world.project}/gold")


def test_a_program_takes_the_same_test_under_the_same_rules(world: World, annotator: Door, vendor: Door) -> None:
    world.add_gold(92, "exam")
    published = vendor.api("PUT", f"/lanes/{world.lane}/test", training_questions=0, accepted=WARNINGS)
    assert (published["questions"], published["version"]) == (62, 1)
    assert len(published["characteristic"]) == 26
    view = annotator.api("POST", f"/tests/{world.lane}/attempts", 201)
    assert view["ontology"]["task_type"] == "choice"
    while view["question"]:
        choice = right_answer(world, view["id"], view["position"])
        sent = {"position": view["position"], "answer": {"choice": choice}}
        told = annotator.api("POST", f"/attempts/{view['id']}/answers", **sent)
        assert told["feedback"] is None
        view = told["attempt"]
    assert (view["state"], view["outcome"]["asked"]) == ("passed", 12)
    assert annotator.api("GET", f"/attempts/{view['id']}") == view
    vendor.api("POST", f"/tests/{world.lane}/attempts", 403)
    annotator.api("PUT", f"/lanes/{world.lane}/test", 403, kind="fixed")


def test_how_a_rule_falls_on_languages_stands_on_the_lanes_page(
    world: World, annotator: Door, vendor: Door, client: Door
) -> None:
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.9)
    for item in world.add_gold(24, "live"):
        world.judge("Asha", item, "good")  # half of them are bad
    world.grade()
    assert vendor.api("GET", f"/lanes/{world.lane}/fairness")["counted_at"] is None
    with world.system() as session:
        for annotator_id, _account in world.people.values():
            session.get_one(Annotator, annotator_id).country = "KE"
        annotator_id, account_id = world.people["Asha"]
        session.add(
            Earning(
                id=ids.new_id(), org_id=world.vendor, annotator_id=annotator_id, account_id=account_id,
                lane_id=world.lane, project_id=world.project, cause_kind="unit", cause_id=ids.new_id(), micros=50_000,
                currency="USD", state="pending", memo={}, earned_at=world.now, due_at=world.now,
            )
        )  # fmt: skip
        assert fairness.projects_at_work(session, system_actor("test")) == [world.project]
        fairness.count_fairness(session, system_actor("test"), world.project)
    with world.system() as session:
        cells = session.scalars(select(FairnessCell)).all()
        assert {(cell.outcome, cell.kind, cell.name, cell.third, cell.hits, cell.n, cell.people) for cell in cells} == {
            ("paused", "locale", "sw-KE", 1, 1, 1, 1), ("paused", "country", "KE", 1, 1, 1, 1),
            ("rejected", "locale", "sw-KE", 1, 0, 24, 1), ("rejected", "country", "KE", 1, 0, 24, 1),
            ("paused", "page", "en", 1, 1, 1, 1), ("rejected", "page", "en", 1, 0, 24, 1),
            ("paid_less", "locale", "sw-KE", 1, 0, 1, 1), ("paid_less", "country", "KE", 1, 0, 1, 1),
            ("paid_less", "page", "en", 1, 0, 1, 1),
        }  # fmt: skip
    (row,) = vendor.api("GET", f"/lanes/{world.lane}/fairness")["rejected"]["country"]
    assert (row["group"], row["share"], row["people"], row["stands_apart"]) == ("KE", None, None, False), "one person"
    with world.system() as session:
        for cell in session.scalars(select(FairnessCell)):
            cell.people, cell.hits, cell.n = 30, 12, 30
            for name, hits in (({"locale": "ar-EG", "country": "EG", "page": "ar"}[cell.kind], 3),):
                session.add(
                    FairnessCell(
                        org_id=cell.org_id, vendor_org_id=cell.vendor_org_id, project_id=cell.project_id,
                        outcome=cell.outcome, kind=cell.kind, name=name, third=1, hits=hits, n=30, people=30,
                        counted_at=cell.counted_at,
                    )
                )  # fmt: skip
    told = vendor.api("GET", f"/lanes/{world.lane}/fairness")["paused"]["country"]
    assert [(row["group"], row["share"], row["gap"], row["stands_apart"]) for row in told] == [
        ("EG", 0.1, -0.3, True), ("KE", 0.4, 0.3, True),
    ]  # fmt: skip
    told = client.api("GET", f"/lanes/{world.lane}/fairness")
    assert told["rejected"] is None and told["paid_less"] is None, "pay and rejections are the vendor's to know"
    page = vendor.get(f"/lanes/{world.lane}/quality")
    assert "The same for everybody?" in page and "Kenya" in page and "stands apart" in page
    paused = f"/lanes/{world.lane}/decisions?kind=lane_paused"
    assert paused in page
    (decided,) = vendor.api("GET", paused)["items"]
    assert (decided["state"], decided["kind"]) == ("in_force", "lane_paused")
    assert f"{decided['receipt_id']}" in vendor.get(paused)
    assert vendor.api("GET", f"/lanes/{world.lane}/decisions")["items"] == []
    vendor.get(f"/lanes/{world.lane}/decisions?kind=left", 404)
    client.get(paused, 403)
    annotator.api("GET", f"/lanes/{world.lane}/fairness", 403)


def test_the_owner_of_a_lane_sees_what_more_answers_would_buy(world: World, vendor: Door, client: Door) -> None:
    world.hire(*(f"P{number}" for number in range(5)))
    items = world.add_gold(20, "live")
    for name in list(world.people):
        for item in items:
            world.judge(name, item, world.truth(item), seconds=30)
    world.grade()
    client.post(f"/lanes/{world.lane}/inference")
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    (agreed,) = client.api("GET", f"/lanes/{world.lane}/quality")["agreement_by_locale"]
    assert (agreed["locale"], agreed["alpha"], agreed["units"]) == ("sw-KE", 1.0, 20)
    page = client.get(f"/lanes/{world.lane}/quality")
    assert "Agreement by class: rows" in page and "Agreement by language: table" in page
    assert "What more answers would buy" in page and "2 to 5, until 95% sure" in page
    told = re.sub(r"<[^>]+>", " ", vendor.get(f"/lanes/{world.lane}/quality"))
    assert "What more answers would buy" not in told and "Time for one answer" in told and "30 seconds" in told


def test_a_program_sets_the_rule_and_asks_for_inference_as_the_page_does(
    world: World, annotator: Door, vendor: Door, client: Door
) -> None:
    assert vendor.api("GET", f"/lanes/{world.lane}/gate") is None
    rule = vendor.api("PUT", f"/lanes/{world.lane}/gate", limit=0.75, minimum_checks=30)
    assert (rule["version"], rule["limit"], rule["minimum_checks"]) == (1, 0.75, 30)
    assert client.api("GET", f"/lanes/{world.lane}/gate") == rule | {"author": None}
    warn = vendor.api("PUT", f"/lanes/{world.lane}/gate", name="word", action="warn", limit=0.9, release=0.6)
    assert (warn["version"], warn["author"]) == (1, "Somebody")
    assert vendor.api("GET", f"/lanes/{world.lane}/gate")["name"] == "accuracy"
    known = client.api("GET", f"/lanes/{world.lane}/gates")["rules"]
    assert [(each["name"], each["author"]) for each in known] == [("accuracy", None), ("word", None)]
    vendor.api("PUT", f"/lanes/{world.lane}/gate", 422, name="word", limit=0.9, release=0.05)
    held = vendor.api("PUT", f"/lanes/{world.lane}/gate", 422, limit=0.75, release=0.6)
    assert held["fields"]["release"].startswith("A pause ends by its time")
    page = vendor.get(f"/lanes/{world.lane}/gates?name=word")
    assert "In force" in page and 'value="60"' in page
    vendor.post(f"/lanes/{world.lane}/gate", 422, name="NO")
    refused = vendor.api("PUT", f"/lanes/{world.lane}/gate", 422, name="pause\u202e", limit=0.9)
    assert refused["fields"]["name"].startswith("A rule's name is 2 to 16 small letters")
    where = vendor.post(f"/lanes/{world.lane}/backtests", name="strict", limit="90").headers["Location"]
    assert "It waits for its turn." in vendor.get(where)
    told = vendor.api("POST", f"/lanes/{world.lane}/backtests", 202, name="strict", limit=0.9, wide=True)
    vendor.api("POST", f"/lanes/{world.lane}/backtests", 422, name="strict", limit=2)
    annotator.api("POST", f"/lanes/{world.lane}/backtests", 403, limit=0.9)
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    assert "Nobody: the rule would never have acted." in vendor.get(where)
    found = vendor.api("GET", f"/lanes/{world.lane}/backtests/{told['id']}")
    assert (found["wide"], found["result"]["acted"]) == (True, 0)
    assert len(client.api("GET", f"/lanes/{world.lane}/backtests")["items"]) == 2
    vendor.post(f"/lanes/{world.lane}/gate/end", name="word")
    vendor.api("POST", f"/lanes/{world.lane}/gate/end", 409, name="word")
    vendor.api("PUT", f"/lanes/{world.lane}/gate", 422, limit=1.5)
    annotator.api("PUT", f"/lanes/{world.lane}/gate", 403, limit=0.5)
    for item in world.add_gold(3, "live"):
        world.judge("Asha", item, world.truth(item))
    vendor.api("POST", f"/lanes/{world.lane}/inference", 422, method="a guess")
    asked = vendor.api("POST", f"/lanes/{world.lane}/inference", 202, method="dawid-skene")
    assert asked["job_id"]
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    assert vendor.api("GET", f"/lanes/{world.lane}/quality")["units"] == 3
    annotator.api("POST", f"/lanes/{world.lane}/inference", 403, method="dawid-skene")


def test_the_command_tries_a_rule_on_what_happened(app: Flask, world: World) -> None:
    world.hire("Asha")
    for item in world.add_gold(24, "live"):
        world.judge("Asha", item, "good")  # half of them are bad
    world.grade()
    run = app.test_cli_runner()
    told = json.loads(run.invoke(args=["calibration", "backtest", "--lane", world.lane, "--json"]).output)
    assert (told["people"], told["acted"], told["answers"]) == (1, 1, 20)
    assert told["rows"][0]["annotator_id"] == world.people["Asha"][0]
    words = run.invoke(args=["calibration", "backtest", "--project", world.project, "--limit", "0.3"]).output
    assert re.search(r"acted +0\n", words) and re.search(r"sw-KE +0 of 1", words)
    for wrong in (["--lane", "none"], [], ["--lane", world.lane, "--limit", "2"]):
        assert run.invoke(args=["calibration", "backtest", *wrong]).exit_code != 0
    assert "there is no lane nowhere" in run.invoke(args=["calibration", "backtest", "--lane", "nowhere"]).output


def test_a_program_reads_a_test_before_it_is_taken(world: World, annotator: Door, vendor: Door) -> None:
    annotator.api("GET", f"/tests/{world.lane}", 404)
    vendor.api("GET", f"/lanes/{world.lane}/test", 404)
    world.add_gold(92, "exam")
    published = vendor.api("PUT", f"/lanes/{world.lane}/test", training_questions=0, accepted=WARNINGS)
    assert vendor.api("GET", f"/lanes/{world.lane}/test")["id"] == published["id"]
    before = annotator.api("GET", f"/tests/{world.lane}")
    assert (before["questions_most"], before["attempts_left"], before["may_start"]) == (62, 3, True)
    begun = annotator.api("POST", f"/tests/{world.lane}/attempts", 201)
    assert annotator.api("GET", f"/tests/{world.lane}")["live_attempt_id"] == begun["id"]
    annotator.api("GET", f"/lanes/{world.lane}/test", 403)


def test_a_program_reads_gold_and_puts_keys_aside_for_the_client_alone(
    world: World, annotator: Door, vendor: Door, client: Door
) -> None:
    world.add_gold(3, "live")
    path = f"/projects/{world.project}/gold"
    first = client.api("GET", f"{path}?pool=live&limit=2")
    rest = client.api("GET", f"{path}?limit=2&after={first['next_after']}")
    keys = [key["id"] for key in first["items"] + rest["items"]]
    assert len(set(keys)) == 3 and rest["next_after"] is None
    for door in (annotator, vendor):
        door.api("GET", path, 403)
        door.api("POST", f"/gold/{keys[0]}/suspend", 403)
    client.api("POST", f"/gold/{keys[0]}/retire", 204)
    assert client.api("POST", f"/gold/{keys[1]}/suspend", 202)["job_id"]
    client.api("POST", f"/gold/{keys[1]}/suspend", 409)
    client.api("POST", f"/gold/{ids.new_id()}/retire", 404)
    with clock.use_clock(lambda: world.now):
        drain(world.db)
    assert [key["status"] for key in client.api("GET", path)["items"]] == ["retired", "suspended", "active"]


def test_no_statement_in_an_annotators_or_a_vendors_name_speaks_of_keys(
    world: World, annotator: Door, vendor: Door
) -> None:
    """Pages that read run without any; where an exam compares answers, it does so in the system's name alone."""
    world.add_gold(92, "exam")
    items = world.add_gold(21, "live")
    vendor.post(f"/lanes/{world.lane}/test", training_questions="0")
    where = annotator.post(f"/tests/{world.lane}/attempts").headers["Location"]
    with statements(world) as seen:
        annotator.get("/quality")
        annotator.get(f"/tests/{world.lane}")
        annotator.get(where)
        annotator.api("GET", "/quality")
        annotator.get(f"/quality/{world.lane}")
        vendor.get(f"/lanes/{world.lane}/quality")
        vendor.get(f"/lanes/{world.lane}/people/{world.people['Asha'][0]}/quality")
        vendor.get(f"/lanes/{world.lane}/test")
        vendor.api("GET", f"/lanes/{world.lane}/quality")
        for item in items:
            world.judge("Asha", item, "good")
    assert len(seen) > 60
    assert [statement for statement in seen if "gold_key" in statement] == []


def test_nineteen_checks_look_like_none_to_a_person_and_their_vendor(
    app: Flask, world: World, annotator: Door, vendor: Door
) -> None:
    """The same answers at the same time, of one person to known items and of another to unknown ones."""
    world.hire("Juma")
    other = Door(app, world, Role.ANNOTATOR, world.vendor, works_as="Juma").enter()
    before = vendor.api("GET", f"/lanes/{world.lane}/quality")
    for known, unknown in zip(world.add_gold(19, "live"), world.add_items(19), strict=True):
        world.judge("Asha", known, "good")
        world.judge("Juma", unknown, "good")
    assert world.grade().graded == 19
    assert annotator.api("GET", "/quality") == other.api("GET", "/quality")
    own = re.compile(r"<main.*</main>", re.DOTALL)
    pages = [own.search(door.get("/quality")) for door in (annotator, other)]
    assert pages[0] and pages[1] and pages[0][0] == pages[1][0]
    after = vendor.api("GET", f"/lanes/{world.lane}/quality")
    assert {name for name in after if after[name] != before[name]} == {"judgments", "people"}
    world.later(days=1)
    told = [vendor.api("GET", f"/lanes/{world.lane}/people/{world.people[name][0]}/quality") for name in world.people]
    assert [{**each, "annotator_id": ""} for each in told] == [{**told[0], "annotator_id": ""}] * 2
