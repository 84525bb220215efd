"""Disputes: contested with a reason, decided blind by somebody else, and what a wrong key took is given back."""

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from calibration.models import (
    Attempt,
    AttemptQuestion,
    Dispute,
    GoldKey,
    GoldKeyVersion,
    Grade,
    Qualification,
    Track,
)
from calibration.operations import attempts, disputes, gold, rulebook, tracks
from calibration.queries import gold_rate_of
from calibration.queries.disputes import disclosed, key_is_first
from i18n import Message
from kernel import clock
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.jobs import drain
from kernel.policy import Actor, Role
from payouts.models import Earning
from payouts.operations import earnings
from tests.calibration_db.doors import Door
from tests.calibration_db.test_attempts import answer, publish, start
from tests.calibration_db.test_grading import FOLDED, answer_gold, paused_world, row_of, wrong
from tests.calibration_db.world import GRADER, START, World
from workforce.models import DecisionReceipt
from workforce.operations.receipts import issue_receipt

WHY = "Hii ni sifa, sio lawama."
JUDGE = "judge"


def work(world: World) -> None:
    with clock.use_clock(lambda: world.now):
        drain(world.db)


def side(dispute_id: str, *, of_key: bool) -> str:
    return "first" if key_is_first(dispute_id) == of_key else "second"


def judge_of(world: World, name: str = JUDGE, role: Role = Role.CLIENT_QA) -> Actor:
    return Actor(name, world.client, role, org_kind="client")


def decide(world: World, dispute_id: str, choice: str, by: str = JUDGE, role: Role = Role.CLIENT_QA) -> None:
    with world.in_client() as session:
        disputes.decide(session, judge_of(world, by, role), dispute_id, choice=choice, reply="I read it again.")
    work(world)


def receipts(world: World, name: str = "Asha") -> set[tuple[str, str, str]]:
    with world.system() as session:
        rows = session.scalars(select(DecisionReceipt).where(DecisionReceipt.annotator_id == world.people[name][0]))
        return {(row.kind, row.state, row.cause_kind) for row in rows}


def contest_pause(world: World, receipt_id: str) -> list[str]:
    """The person asks for the evidence and contests the next five answers that counted against them."""
    actor, made = world.annotator("Asha"), []
    with world.system() as session:
        disputes.open_evidence(session, actor, receipt_id)
    with world.system() as session:
        of_receipt = Grade.judgment_id.in_(disclosed(session, receipt_id))
        fresh = Grade.item_id.not_in(select(Dispute.item_id))
        found = select(Grade.judgment_id).where(of_receipt, fresh).distinct().order_by(Grade.judgment_id).limit(5)
        judgments = session.scalars(found).all()
    for judgment_id in judgments:
        with world.system() as session:
            made.append(disputes.contest_evidence(session, actor, receipt_id, judgment_id, WHY).dispute_id)
    return made


def earn(world: World, judgment_id: str, state: str) -> None:
    """Pay for an answer, pending, owed, or refused with a receipt."""
    annotator, account = world.people["Asha"]
    with world.system() as session:
        earnings.accrue(
            session, GRADER, vendor_org_id=world.vendor, annotator_id=annotator, account_id=account,
            lane_id=world.lane, project_id=world.project, judgment_id=judgment_id, micros=50_000, currency="EUR",
            memo={}, due_at=world.now,
        )  # fmt: skip
        if state == "approved":
            earnings.approve(session, GRADER, [judgment_id])
        if state == "rejected":
            receipt = issue_receipt(
                session, GRADER, annotator_id=annotator, kind="work_rejected", rule="review", rule_version="1",
                what=Message("w"), why=Message("y"), way_back=Message("b"), cause_kind="judgment",
                cause_id=judgment_id, lane_id=world.lane,
            )  # fmt: skip
            earnings.reject(session, GRADER, judgment_id, receipt_id=receipt)


def owed(world: World) -> int:
    with world.system() as session:
        kept = Earning.state.in_(("pending", "approved"))
        return int(session.scalar(select(func.coalesce(func.sum(Earning.micros), 0)).where(kept)) or 0)


def test_a_pause_that_rested_on_wrong_keys_is_lifted_with_pay_and_the_person_is_told(world: World) -> None:
    receipt_id = paused_world(world)  # 8 of 21 right
    with world.system() as session:
        refused = session.scalars(select(Grade.judgment_id).where(Grade.score == 0.0)).first()
    assert refused is not None
    earn(world, refused, "rejected")
    decided, paused = 0, True
    while paused:
        for dispute_id in contest_pause(world, receipt_id):
            decide(world, dispute_id, side(dispute_id, of_key=False))
            decided += 1
        with world.system() as session:
            paused = session.scalars(select(Qualification.paused_until)).one() is not None
    with world.system() as session:
        statuses = list(session.scalars(select(GoldKey.status)))
        assert (statuses.count("active"), statuses.count("retired")) == (8, 13), "what was shown is used no more"
        assert session.scalars(select(Track.right)).one() == 8 + decided
        versions = session.execute(select(GoldKeyVersion.version, GoldKeyVersion.cause)).all()
        assert sorted(map(tuple, versions)) == [(1, "added")] * decided + [(2, "corrected")] * decided
    while owed(world) == 0:  # until the answer whose pay was refused is among the contested ones
        for dispute_id in contest_pause(world, receipt_id):
            decide(world, dispute_id, side(dispute_id, of_key=False))
    assert receipts(world) == {
        ("lane_paused", "overturned", "judgment"), ("work_rejected", "overturned", "judgment"),
        ("restored", "ended", "receipt"), ("restored", "ended", "dispute"),
    }  # fmt: skip


def test_an_exam_that_wrong_keys_failed_is_passed_or_costs_nothing(world: World) -> None:
    world.hire("Asha", "Juma")
    world.add_gold(200, "exam")
    publish(world, training_questions=0)
    views = {}
    for name, pattern in (("Asha", (1,) * 8 + (0,) * 4), ("Juma", (0,) * 8)):
        view = start(world, name)
        for is_right in pattern * 5:
            if view.is_live:
                view = answer(world, view, right=bool(is_right), name=name).attempt
        views[name] = view
        assert view.state == "failed"
    actor = world.annotator("Asha")
    with world.system() as session:
        asked = session.scalars(
            select(AttemptQuestion)
            .where(AttemptQuestion.attempt_id == views["Asha"].id, AttemptQuestion.answered_at.is_not(None))
            .order_by(AttemptQuestion.position)
        ).all()
        wrongs = [question.position for question in asked if not question.score]
        first_right = next(question.position for question in asked if question.score)
    with world.system() as session:
        made = disputes.contest_question(session, actor, views["Asha"].id, first_right, WHY)
        assert made.had_counted_as_right
    with world.system() as session:
        keys = session.scalars(select(GoldKey.status).where(GoldKey.status != "active")).all()
        assert keys == ["retired"], "whoever learns that an answer was right has learned the key"
    contested = []
    for position in wrongs[:4]:
        with world.system() as session:
            contested.append(disputes.contest_question(session, actor, views["Asha"].id, position, WHY).dispute_id)
    with pytest.raises(Conflict), world.system() as session:
        disputes.contest_question(session, actor, views["Asha"].id, wrongs[4], WHY)
    decide(world, contested[0], "neither")
    with world.system() as session:
        state = session.get_one(Attempt, views["Asha"].id).state
    for dispute_id in contested[1:]:
        decide(world, dispute_id, side(dispute_id, of_key=False))
    with world.system() as session:
        row = session.get_one(Attempt, views["Asha"].id)
        assert (state, row.state, row.next_at) == ("ended", "ended", None), "a free attempt"
        assert session.get_one(Attempt, views["Juma"].id).state == "failed"
    assert ("test_failed", "overturned", "attempt") in receipts(world)
    assert receipts(world, "Juma") == {("test_failed", "in_force", "attempt")}
    again = start(world)
    assert again.number == 2 and again.exam_most == 62, "the plan is the first attempt's"


def test_a_failed_exam_is_passed_once_its_right_answers_suffice(world: World) -> None:
    world.hire("Asha")
    world.add_gold(200, "exam")
    plan = publish(world, training_questions=0, kind="fixed", p0=0.65, p1=0.95).test.plan
    view = start(world)
    while view.is_live:  # one right answer short of passing
        view = answer(world, view, right=view.position < plan.pass_mark - 1).attempt
    assert view.state == "failed"
    with world.system() as session:
        made = disputes.contest_question(session, world.annotator("Asha"), view.id, plan.questions - 1, WHY)
    decide(world, made.dispute_id, "both")
    with world.system() as session:
        row = session.get_one(Attempt, view.id)
        held = session.scalars(select(Qualification)).one()
        assert (row.state, held.basis, held.attempt_id) == ("passed", "test", view.id)
    assert ("restored", "ended", "receipt") in receipts(world)


def test_an_exam_whose_time_ran_out_stays_failed_whatever_its_questions_become(world: World) -> None:
    world.hire("Asha")
    world.add_gold(200, "exam")
    publish(world, training_questions=0)
    view = start(world)
    for is_right in (False, True, False):
        view = answer(world, view, right=is_right).attempt
    world.later(days=1)
    with world.system() as session:
        attempts.end_overdue(session, GRADER)
    for position, choice in ((0, "key"), (2, "neither")):
        with world.system() as session:
            made = disputes.contest_question(session, world.annotator("Asha"), view.id, position, WHY)
        decide(world, made.dispute_id, side(made.dispute_id, of_key=True) if choice == "key" else choice)
        with world.system() as session:
            row = session.get_one(Attempt, view.id)
            assert row.state == "failed" and row.next_at is not None
    assert ("test_failed", "in_force", "attempt") in receipts(world)


def contested_practice(world: World) -> str:
    """A practice question that somebody has answered otherwise than its key, and contests."""
    world.add_gold(92, "exam")
    world.add_gold(1, "training")
    publish(world, training_questions=1)
    view = start(world)
    answer(world, view, right=False)
    with world.system() as session:
        return disputes.contest_question(session, world.annotator("Asha"), view.id, 0, WHY).dispute_id


def test_neither_the_keys_author_nor_whoever_decided_before_may_decide(world: World) -> None:
    world.hire("Asha")
    dispute_id = contested_practice(world)
    with world.system() as session:
        session.execute(update(GoldKey).values(author_id="author"))
        key = session.scalars(select(GoldKey).where(GoldKey.pool == "training")).one()
        gold.amend(session, judge_of(world, "corrector"), key, "corrected", truth=(key.truth, key.category))
        assert session.scalars(select(GoldKey.status).where(GoldKey.pool == "training")).one() == "suspended"
    with pytest.raises(Forbidden):
        decide(world, dispute_id, "both", by="author")
    with pytest.raises(Forbidden):
        decide(world, dispute_id, "both", by="corrector")
    with pytest.raises(Forbidden):
        decide(world, dispute_id, "both", by=world.people["Asha"][1])
    decide(world, dispute_id, side(dispute_id, of_key=True))
    assert ("dispute_rejected", "in_force", "dispute") in receipts(world)
    with pytest.raises(Conflict):
        decide(world, dispute_id, "both", by="somebody else")
    with world.system() as session:
        assert session.scalars(select(GoldKey.status).where(GoldKey.pool == "training")).one() == "active"
        disputes.reopen(session, GRADER, dispute_id)
    with pytest.raises(Forbidden):
        decide(world, dispute_id, "both")
    # Where the only person for quality has set or changed the key, the client's project manager decides.
    decide(world, dispute_id, "both", by="somebody else", role=Role.CLIENT_PM)
    assert ("restored", "ended", "dispute") in receipts(world)


@pytest.mark.parametrize("end", ["void", "lapse"])
def test_a_question_declared_void_is_not_revived_by_a_later_decision(world: World, end: str) -> None:
    world.hire("Asha", "Juma")
    world.add_gold(92, "exam")
    world.add_gold(1, "training")
    publish(world, training_questions=1)
    views = {name: start(world, name) for name in ("Asha", "Juma")}
    for name, view in views.items():
        answer(world, view, right=False, name=name)
    with world.system() as session:
        first = disputes.contest_question(session, world.annotator("Asha"), views["Asha"].id, 0, WHY).dispute_id
    world.later(days=5 if end == "lapse" else 0)
    if end == "void":
        decide(world, first, "neither")
    with world.system() as session:
        second = disputes.contest_question(session, world.annotator("Juma"), views["Juma"].id, 0, WHY).dispute_id
    if end == "lapse":
        world.later(days=3)
        with world.system() as session:
            assert disputes.lapse_overdue(session, GRADER) == 1
            assert set(session.scalars(select(Dispute.outcome))) == {"lapsed"}, "the other one has its answer with it"
        work(world)
    else:
        decide(world, second, side(second, of_key=True), by="somebody else")
    with world.system() as session:
        key = session.scalars(select(GoldKey).where(GoldKey.pool == "training")).one()
        assert (key.voided, key.status) == (True, "retired")


def test_whoever_objects_wrongly_is_checked_more_for_fifty_units(world: World) -> None:
    world.hire("Asha")
    answer_gold(world, "Asha", world.add_gold(40, "live"), rights=40)
    world.grade()
    annotator = world.people["Asha"][0]
    with world.system() as session:
        before = gold_rate_of(session, world.lane, annotator)
    dispute_id = contested_practice(world)
    decide(world, dispute_id, side(dispute_id, of_key=True))
    with world.system() as session:
        assert gold_rate_of(session, world.lane, annotator) == pytest.approx(before + 0.10)
        session.execute(update(Track).values(judged=Track.judged + 50))
        assert gold_rate_of(session, world.lane, annotator) == pytest.approx(before)


def test_nobody_else_can_contest_and_a_live_exam_cannot_be_contested(world: World) -> None:
    world.hire("Asha", "Juma")
    world.add_gold(200, "exam")
    publish(world, training_questions=0)
    view = answer(world, start(world), right=False).attempt
    for name, position in (("Asha", 0), ("Juma", 0), ("Asha", 5)):
        with pytest.raises(NotFound), world.system() as session:
            disputes.contest_question(session, world.annotator(name), view.id, position, WHY)
    with pytest.raises(Forbidden), world.system() as session:
        disputes.contest_question(session, world.as_vendor(), view.id, 0, WHY)


def test_a_contested_key_grades_nobody_until_it_is_decided(world: World) -> None:
    receipt_id = paused_world(world)
    world.hire("Juma")
    dispute_id = contest_pause(world, receipt_id)[0]
    with world.system() as session:
        item = session.get_one(Dispute, dispute_id).item_id
    world.later(hours=1)
    world.judge("Juma", item, wrong(world.truth(item)))
    assert world.grade().graded == 0
    decide(world, dispute_id, side(dispute_id, of_key=False))
    assert (row_of(world, "Juma")["right"], row_of(world, "Juma")["checked"]) == (1.0, 1)


@pytest.mark.parametrize("state", ["pending", "approved", "rejected"])
def test_whatever_is_decided_pay_owed_never_decreases(world: World, state: str) -> None:
    receipt_id = paused_world(world)
    contested = contest_pause(world, receipt_id)
    with world.system() as session:
        for dispute_id in contested:
            item = session.get_one(Dispute, dispute_id).item_id
            judgment = session.scalars(select(Grade.judgment_id).where(Grade.item_id == item)).first()
            assert judgment is not None
            session.info[dispute_id] = judgment
        judged = [session.info[dispute_id] for dispute_id in contested]
    for judgment_id in judged:
        earn(world, judgment_id, state)
    before = owed(world)
    for dispute_id, outcome in zip(contested, ("key", "theirs", "both", "neither", "lapse"), strict=True):
        if outcome == "lapse":
            world.later(days=6)
            with world.system() as session:
                assert disputes.lapse_overdue(session, GRADER) == 1
            work(world)
        else:
            named = {"key": side(dispute_id, of_key=True), "theirs": side(dispute_id, of_key=False)}
            decide(world, dispute_id, named.get(outcome, outcome))
        after = owed(world)
        assert after >= before
        assert (after > before) == (state == "rejected" and outcome != "key")
        before = after


DAYS = st.integers(0, 40)
EVENT = st.tuples(DAYS, st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from(["good", "bad"]), st.booleans())


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENT, max_size=30))
def test_void_and_rebuild_is_as_if_it_had_never_happened(events: list[tuple[int, float, str, bool]]) -> None:
    """Of the same answers, some under keys that are voided afterwards: what is left equals never having had them."""
    grades: list[Grade] = []
    never: list[tracks.Event] = []
    at = START
    for number, (days, score, name, is_void) in enumerate(events):
        at += timedelta(days=days, seconds=1)
        judgment = f"j{number:04}"
        values = {"judgment_id": judgment, "truth_category": name, "category": name, "at": at}
        grades.append(Grade(key_version=1, score=1.0 - score if is_void else score, is_void=False, **values))
        if is_void:
            later = {**values, "at": at + timedelta(days=100)}
            grades.append(Grade(key_version=2, score=0.0, is_void=True, **later))
        else:
            never.append(tracks.Event(at, score, name, name))
    rebuilt, fresh = (tracks.empty_track("o", "v", "p", "l", "a", START) for _ in range(2))
    for track, folded in ((rebuilt, tracks.in_force(grades)), (fresh, never)):
        for event in folded:
            tracks.fold(track, event)
    assert [getattr(rebuilt, name) for name in FOLDED] == [getattr(fresh, name) for name in FOLDED]


def test_a_dispute_goes_through_the_pages_of_each_side(
    world: World, annotator: Door, vendor: Door, client: Door
) -> None:
    world.add_gold(92, "exam")
    world.add_gold(1, "training")
    vendor.post(f"/lanes/{world.lane}/test", training_questions="1")
    where = annotator.post(f"/tests/{world.lane}/attempts").headers["Location"]
    with world.system() as session:
        truth = session.scalars(select(GoldKey.category).where(GoldKey.pool == "training")).one()
    lesson = annotator.post(f"{where}/answers", position=0, choice=wrong(truth or "")).headers["Location"]
    assert "This right answer is wrong" in annotator.get(lesson)
    short = annotator.post(f"{where}/disputes", position=0, text="", lesson=0).headers["Location"]
    assert "Say why, in up to" in annotator.get(short)
    mine = annotator.post(f"{where}/disputes", position=0, text=WHY, lesson=0).headers["Location"]
    page = annotator.get(mine)
    assert WHY in page and "you are believed" in page
    assert "Your objection" in annotator.get(lesson)
    assert "Practice question" in annotator.get("/disputes")
    shown = vendor.get("/disputes")
    assert world.people["Asha"][0][:8] in shown and WHY not in shown
    assert WHY not in vendor.get(mine) and vendor.api("GET", mine)["case"] is None
    case = client.get(mine)
    assert "Answer A" in case and WHY in case and world.people["Asha"][0][:8] not in case
    assert "Decide" not in vendor.get(mine)
    assert "Choose one." in client.post(mine, 422, reply="Read again.").get_data(as_text=True)
    assert "Say why" in client.post(mine, 422, verdict="both", reply="").get_data(as_text=True)
    client.post(mine, 422, verdict="other", reply="Read again.")
    client.post(mine, verdict="other", reply="Read again.", choice=wrong(truth or ""))
    work(world)
    told = annotator.get(mine)
    receipt = re.search(r'href="(/receipts/\w+)"', told)
    assert receipt is not None and "Corrected" in told
    page = annotator.get(receipt[1])
    assert "was accepted" in page and "Read again." in page and "In your favour" in page and "You disagree?" not in page
    assert "Corrected" in client.get("/disputes?state=decided")


def test_a_dispute_goes_through_the_api_of_each_side(world: World, annotator: Door, vendor: Door, client: Door) -> None:
    receipt_id = paused_person(world)
    path = f"/receipts/{receipt_id}"
    assert annotator.api("GET", f"{path}/evidence") == {"items": []}
    with_keys = annotator.api("POST", f"{path}/evidence")["items"]
    assert len(with_keys) == 13 and with_keys == annotator.api("GET", f"{path}/evidence")["items"]
    assert "Look at your answers" in annotator.get(path)
    assert "These 13 answers counted as wrong." in annotator.get(f"{path}/evidence")
    sent = {"judgment_id": with_keys[0]["judgment_id"], "text": WHY}
    made = annotator.api("POST", f"{path}/disputes", 201, **sent)
    annotator.api("POST", f"{path}/disputes", 409, **sent)
    annotator.post(f"{path}/disputes", judgment_id=with_keys[1]["judgment_id"], text=WHY)
    vendor.api("GET", f"{path}/evidence", 403)
    listed = client.api("GET", "/disputes")["items"]
    assert [row["source"] for row in listed] == ["live", "live"]
    found = client.api("GET", f"/disputes/{made['dispute_id']}")
    assert found["may_decide"] and found["own"] is None and {"first", "second"} <= found["case"].keys()
    decided = client.api(
        "POST", f"/disputes/{made['dispute_id']}/decision", choice=side(made["dispute_id"], of_key=True), reply="No."
    )
    assert (decided["dispute"]["outcome"], decided["may_decide"]) == ("rejected", False)
    work(world)
    own = annotator.api("GET", f"/disputes/{made['dispute_id']}")["own"]
    told = annotator.api("GET", f"/receipts/{own['receipt_id']}")
    assert (told["kind"], told["state"]) == ("dispute_rejected", "in_force")
    vendor.api("POST", f"/disputes/{made['dispute_id']}/decision", 403, choice="both", reply="Yes.")


def paused_person(world: World) -> str:
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, minimum_checks=20, pause_days=7)
    answer_gold(world, "Asha", world.add_gold(21, "live"), rights=8)
    world.grade()
    with world.system() as session:
        return session.scalars(select(Qualification.pause_receipt_id)).one() or ""


def test_a_key_that_proven_people_contradict_suspends_itself_and_a_person_restores_it(
    world: World, client: Door, vendor: Door
) -> None:
    names = [f"P{number}" for number in range(6)]
    world.hire(*names)
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, minimum_checks=20)
    known, doubted = world.add_gold(12, "live"), world.add_gold(1, "live")[0]
    for name in names:
        answer_gold(world, name, known, rights=12)
    world.grade()
    for name in names[:4]:
        answer_gold(world, name, [doubted], rights=0)
    world.grade()
    assert client.api("GET", "/disputes")["items"] == [], "four answers say nothing"
    before = row_of(world, names[5])
    answer_gold(world, names[4], [doubted], rights=0)
    world.grade()
    with world.system() as session:
        key = session.scalars(select(GoldKey).where(GoldKey.item_id == doubted)).one()
        assert (key.status, key.voided, key.version) == ("suspended", True, 2)
    found = client.api("GET", "/disputes")["items"]
    assert [(row["source"], row["pseudonym"]) for row in found] == [("people", None)]
    assert row_of(world, names[0])["a"] == before["a"], "as if it had never been asked"
    last = row_of(world, names[4])
    assert (last["judged"], last["checked"], last["a"]) == (13, 12, before["a"]), "nor the person whose answer told"
    assert "Proven people answer otherwise" in vendor.get("/disputes")
    page = client.get(f"/disputes/{found[0]['id']}")
    assert "0 of 5 proven people answered as the right answer says" in page
    decide(world, found[0]["id"], side(found[0]["id"], of_key=True))
    with world.system() as session:
        key = session.scalars(select(GoldKey).where(GoldKey.item_id == doubted)).one()
        assert (key.status, key.voided, key.version) == ("active", False, 3)
    assert (row_of(world, names[0])["checked"], row_of(world, names[0])["right"]) == (13, 12.0)
    answer_gold(world, names[5], [doubted], rights=0)
    world.grade()
    assert client.api("GET", "/disputes")["items"] == [], "what a person has weighed is not held against the key again"
