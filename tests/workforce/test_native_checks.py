"""The journey of a check by natives, in a browser and through the API, from the rate to the appeal."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from calibration.jobs import end_stranded_checks
from calibration.models import LanguageCheck, LanguageVote
from calibration.operations import natives as acts
from calibration.queries.natives import checkers
from i18n import Message
from kernel import jobs
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import Conflict
from kernel.policy import Actor
from kernel.tenancy import Scope
from marketplace.operations.appeals import decide_appeal
from payouts.models import Earning
from tests.workforce.browser import Program, Visitor
from tests.workforce.conftest import SYSTEM, Time, World
from workforce import operations, queries
from workforce.models import DecisionReceipt
from workforce.operations.pools import set_check_rate
from workforce.values import ClaimStatus, ClaimView, ReceiptKind, ReceiptState, ReceiptView
from wsgi import create_app

TEXT = "Soko letu hufunguliwa alfajiri, na kelele za wauzaji husikika hadi barabarani."
PROMPT = "Eleza soko la Kongowea asubuhi."


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    settings = Settings(
        environment="test", database_url=str(db.url), redis_url=None, data_dir=tmp_path,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip
    return create_app(settings, db)


def written(world: World, annotator_id: str) -> ClaimView:
    with world.db.reading(world.vendor) as session:
        return next(
            each for each in queries.languages_of(session, annotator_id)
            if (each.locale, each.mode) == ("sw-KE", "write")
        )  # fmt: skip


def test_natives_judge_blind_are_paid_and_an_appeal_undoes_what_they_said(app: Flask, world: World, time: Time) -> None:
    amina, amina_actor = world.annotator("Amina Wanjiru")
    natives = [
        world.annotator(name) for name in ("Nia Otieno", "Juma Said", "Zawadi Mrema", "Sefu Baraka", "Rehema Ali")
    ]
    with world.db.transaction(world.vendor) as session:
        for person, _actor in natives:
            claim = next(each for each in queries.claims_of(session, person.id) if each.mode == "write"
                         and each.locale == "sw-KE")  # fmt: skip
            operations.verify_language(session, SYSTEM, claim.id, evidence={"kind": "peer"})
    candidate, manager = Visitor(app, world.db, amina_actor), Visitor(app, world.db, world.manager)
    nia, zawadi = (Visitor(app, world.db, natives[number][1]) for number in (0, 2))
    juma = Program(app, world.db, natives[1][1])
    claim_id, home = written(world, amina.id).id, "/language-checks"
    assert candidate.text("/me/languages").count(f'href="{home}">Have natives check it') == 4, "beside what they judge"
    assert "Have natives check it" not in manager.text(f"/people/{amina.id}/languages")

    # Nobody can be asked before the vendor says what a check earns.
    assert candidate.post(home, {"claim_id": claim_id}).status_code == 303
    assert "has not set what a check earns" in candidate.text(home)
    pool = f"/pools/{world.pool_id}"
    assert manager.post(f"{pool}/check-rate", {"rate": "much", "currency": "KES"}, on=pool).status_code == 422
    assert manager.post(f"{pool}/check-rate", {"rate": "25", "currency": "kes"}, on=pool).status_code == 303
    overview, prompts = f"{home}/overview", "/language-prompts"
    assert manager.post(prompts, {"locale": "xx-YY", "text": PROMPT}, on=overview).status_code == 422
    assert manager.post(prompts, {"locale": "Swahili (Kenya)", "text": PROMPT}, on=overview).status_code == 303

    # The candidate writes, once.
    assert candidate.post(home, {"claim_id": written(world, natives[0][0].id).id}).status_code == 404
    here = candidate.post(home, {"claim_id": claim_id}).headers["Location"]
    assert candidate.post(home, {"claim_id": claim_id}).headers["Location"] == here, "one that is open goes on"
    assert PROMPT in candidate.text(here)
    assert candidate.post(f"{here}/answer", {"text": "Soko."}, on=here).status_code == 422
    assert candidate.post(f"{here}/answer", {"text": TEXT}, on=here).status_code == 303
    assert candidate.post(f"{here}/answer", {"text": TEXT + " Tena."}, on=home).status_code == 303
    assert TEXT in candidate.text(here) and "Tena." not in candidate.text(here)
    assert nia.get(here).status_code == 404, "nobody else's to see"

    # Two natives say no, blind to each other and to who wrote: two more are asked, as two show too little.
    assert candidate.post(f"{home}/next", on=home).headers["Location"] == home, "no native by proof, nor of oneself"
    assert nia.get(f"{here}/judge").status_code == 404, "not before it was taken"
    judge = nia.post(f"{home}/next", on=home).headers["Location"]
    shown = nia.text(judge)
    assert TEXT in shown and "25" in shown
    assert not re.search(f"Amina|{amina.pseudonym}|{amina.id}", shown)
    assert nia.post(f"{here}/verdict", {}, on=judge).status_code == 422
    task = juma.send("POST", f"{home}/next").json["task"]  # type: ignore[index]
    assert (task["answer"], task["micros"]) == (TEXT, 25_000_000)
    assert zawadi.post(f"{home}/next", on=home).headers["Location"] == home, "two are asked, and both places are held"
    assert nia.post(f"{here}/verdict", {"verdict": "no"}, on=judge).status_code == 303
    judged = juma.send("POST", f"{home}/{task['check_id']}/verdict", {"confirms": False})
    assert judged.json == {"confirmed": None}
    assert juma.send("POST", f"{home}/{task['check_id']}/verdict", {"confirms": True}).status_code == 409
    assert written(world, amina.id).evidence == (), "nothing of it counts before the end"
    third = zawadi.post(f"{home}/next", on=home).headers["Location"]
    assert zawadi.post(f"{here}/verdict", {"verdict": "no"}, on=third).status_code == 303
    assert "With the natives" in candidate.text(here), "three of one mind leave it open: from 0 to 56%"
    sefu = Program(app, world.db, natives[3][1])
    assert sefu.send("POST", f"{home}/next").json["task"]["check_id"] == task["check_id"]  # type: ignore[index]
    fourth = sefu.send("POST", f"{home}/{task['check_id']}/verdict", {"confirms": False})
    assert fourth.json == {"confirmed": False}

    # The candidate reads why, and an appeal undoes it.
    assert "Not confirmed" in candidate.text(here)
    claim = written(world, amina.id)
    assert [(piece.kind, piece.strength) for piece in claim.evidence] == [("peer", "against")]
    assert (claim.status, claim.proven) == (ClaimStatus.CLAIMED, None)
    with world.db.transaction(world.vendor) as session:
        (receipt,), _after = queries.receipts_of(session, amina.id)
        assert "4 of them" in str(receipt.why)
        assert receipt.figure == {"value": 0.0, "low": 0.0, "high": 0.4899, "limit": 0.5, "n": 4}
        appeal = operations.open_appeal(session, amina_actor, receipt.id, "They judged what I said.")
        decide_appeal(session, world.manager, appeal.id, outcome="overturned", answer="It was the opinion.")
        assert session.get_one(LanguageCheck, task["check_id"]).state == "undone"
    shown = candidate.text(f"/receipts/{receipt.id}")
    assert here in shown, "the text is met again beside the decision"
    assert "It no longer holds: it was undone." in shown
    assert "until it is taken back" not in shown and "You can ask for another check from" not in shown
    assert [piece.strength for piece in written(world, amina.id).evidence] == ["gone"]

    # Another check: who speaks after the others have decided is paid, and changes nothing.
    with world.db.transaction(world.vendor) as session:  # as if the appeal had not been believed
        session.get_one(DecisionReceipt, receipt.id).state = "in_force"
    time.now += timedelta(minutes=1)
    program = Program(app, world.db, amina_actor)
    made = program.send("POST", home, {"claim_id": claim_id}).json
    assert made is not None
    program.send("POST", f"{home}/{made['id']}/answer", {"text": TEXT})
    judge = nia.post(f"{home}/next", on=home).headers["Location"]
    time.now += timedelta(hours=25)
    for other in (Program(app, world.db, natives[1][1]), Program(app, world.db, natives[2][1])):
        assert other.send("POST", f"{home}/next").json["task"]["check_id"] == made["id"]  # type: ignore[index]
        told = other.send("POST", f"{home}/{made['id']}/verdict", {"confirms": True})
    assert told.json == {"confirmed": True}
    late = Visitor(app, world.db, natives[0][1])
    late_post = late.post(f"{home}/{made['id']}/verdict", {"verdict": "no"}, on=f"{home}/{made['id']}/judge")
    assert late_post.status_code == 303
    claim = written(world, amina.id)
    assert (claim.status, claim.proven) == (ClaimStatus.VERIFIED, "native")
    with world.db.reading(world.vendor) as session:
        assert session.get_one(DecisionReceipt, receipt.id).state == "ended", "natives have confirmed it since"
    assert Program(app, world.db, amina_actor).send("POST", home, {"claim_id": claim_id}).status_code == 409
    with world.db.reading(world.vendor) as session:
        paid = session.execute(select(Earning.micros, Earning.currency, Earning.state, Earning.memo)).all()
        heard = session.scalars(select(LanguageVote.counts).order_by(LanguageVote.voted_at, LanguageVote.id)).all()
    assert [tuple(row)[:3] for row in paid] == [(25_000_000, "KES", "pending")] * 7
    assert {row.memo["locale"] for row in paid} == {"sw-KE"}
    assert sorted(heard) == [False] + [True] * 6
    figures = Program(app, world.db, world.manager).send("GET", overview).json
    assert figures is not None and figures["natives"] == {"write": {"sw-KE": 6}, "speak": {}}
    assert [(row["checks"], row["agreed"], row["kappa"]) for row in figures["checkers"]] == [(1, 1, None)] * 2
    assert amina.pseudonym in Visitor(app, world.db, world.manager).text(overview)


@pytest.mark.parametrize("is_appealed", [False, True])
def test_that_natives_did_not_confirm_a_language_is_over_once_a_manager_proves_it(
    app: Flask, world: World, is_appealed: bool
) -> None:
    amina, amina_actor = world.annotator("Amina Wanjiru")
    natives = [world.annotator(name)[1] for name in ("Nia Otieno", "Juma Said", "Zawadi Mrema", "Sefu Baraka")]
    with world.db.transaction(world.vendor) as session:
        for native in natives:
            person = queries.own_profile(session, native)
            claim = next(each for each in queries.claims_of(session, person.id) if each.mode == "write"
                         and each.locale == "sw-KE")  # fmt: skip
            operations.verify_language(session, SYSTEM, claim.id, evidence={"kind": "peer"})
        set_check_rate(session, world.manager, world.pool_id, micros=25_000_000, currency="KES")
    claim_id = written(world, amina.id).id
    with world.db.transaction(world.vendor) as session:
        check_id = acts.ask_check(session, amina_actor, claim_id).id
        acts.answer_check(session, amina_actor, check_id, TEXT)
    for native in natives:
        with world.db.transaction(world.vendor) as session:
            acts.take_check(session, native)
            outcome = acts.judge_check(session, native, check_id, confirms=False)
    assert outcome is False

    def receipt() -> ReceiptView:
        with world.db.reading(world.vendor) as session:
            return queries.receipts_of(session, amina.id)[0][0]

    refusal = receipt()
    if is_appealed:
        with world.db.transaction(world.vendor) as session:
            appeal = operations.open_appeal(session, amina_actor, refusal.id)
    with world.db.transaction(world.vendor) as session:
        other = next(each for each in queries.claims_of(session, amina.id) if each.locale == "en")
        operations.verify_language(session, world.manager, other.id, evidence={"kind": "document"})
    assert (receipt().id, receipt().ended_at) == (refusal.id, None), "another language is another matter"
    with world.db.transaction(world.vendor) as session:
        operations.verify_language(session, world.manager, claim_id, evidence={"kind": "document"})
    if is_appealed:
        assert receipt().state is ReceiptState.APPEALED, "it is answered all the same"
        with world.db.transaction(world.vendor) as session:
            decide_appeal(session, world.colleague, appeal.id, outcome="upheld", answer="It read as learned.")
    assert (receipt().id, receipt().state) == (refusal.id, ReceiptState.ENDED)


def asked(world: World, *names: str) -> tuple[Actor, str, list[Actor]]:
    """A check of Amina's writing that was answered, and the natives of her vendor with these names."""
    amina, actor = world.annotator("Amina Wanjiru")
    natives = [world.annotator(name) for name in names]
    for person, _native in natives:
        claim = written(world, person.id)
        with world.db.transaction(world.vendor) as session:
            operations.verify_language(session, SYSTEM, claim.id, evidence={"kind": "peer"})
    claim_id = written(world, amina.id).id
    with world.db.transaction(world.vendor) as session:
        set_check_rate(session, world.manager, world.pool_id, micros=25_000_000, currency="KES")
        check_id = acts.ask_check(session, actor, claim_id).id
        acts.answer_check(session, actor, check_id, TEXT)
    return actor, check_id, [native for _person, native in natives]


def says(world: World, native: Actor, check_id: str, confirms: bool) -> bool | None:
    with world.db.transaction(world.vendor) as session:
        task = acts.take_check(session, native)
        assert task is not None and task.check_id == check_id
        return acts.judge_check(session, native, check_id, confirms=confirms)


def state_of(world: World, actor: Actor, check_id: str) -> tuple[str, bool | None]:
    with world.db.reading(world.vendor) as session:
        view = acts.own_check(session, actor, check_id)
    return view.state, view.confirmed


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ((True, False, False), ("Nia Otieno", "Juma Said", "Zawadi Mrema", "Sefu Baraka")),
        ((False, False, True), ("Nia Otieno", "Juma Said", "Zawadi Mrema", "Sefu Baraka")),
        ((False, False), ("Nia Otieno", "Juma Said")),  # two of one mind, and nobody else who could be asked
    ],
)
def test_what_natives_cannot_show_ends_undecided_and_takes_nothing(
    app: Flask, world: World, time: Time, said: tuple[bool, ...], names: tuple[str, ...]
) -> None:
    actor, check_id, natives = asked(world, *names)
    before = written(world, own_id(world, actor))
    for native, confirms in zip(natives, said, strict=False):
        assert says(world, native, check_id, confirms) is None
    assert state_of(world, actor, check_id) == ("undecided", None)
    after = written(world, own_id(world, actor))
    assert (after.evidence, after.status, after.proven) == (before.evidence, before.status, before.proven)
    with world.db.reading(world.vendor) as session:
        assert queries.receipts_of(session, after.annotator_id)[0] == []
        assert len(session.scalars(select(Earning.id)).all()) == len(said), "they are paid all the same"
        assert checkers(session) == [], "nothing was decided that they could be measured by"
        claim_id = session.get_one(LanguageCheck, check_id).claim_id
    candidate, manager = Visitor(app, world.db, actor), Visitor(app, world.db, world.manager)
    shown = candidate.text(f"/language-checks/{check_id}")
    assert "Nothing was decided" in shown and "Undecided" in shown and "Not confirmed" not in shown
    assert "Undecided" in manager.text("/language-checks/overview")
    told = Program(app, world.db, actor).send("GET", f"/language-checks/{check_id}").json
    assert told is not None and (told["state"], told["confirmed"], told["receipt_id"]) == ("undecided", None, None)
    with pytest.raises(Conflict, match=r"language_check\.too_early"), world.db.transaction(world.vendor) as session:
        acts.ask_check(session, actor, claim_id)
    time.now += acts.AGAIN_AFTER
    with world.db.transaction(world.vendor) as session:
        assert acts.ask_check(session, actor, claim_id).id != check_id
    (line,) = world.audit("language_check.undecided")
    assert line.details == {"natives": len(said)}


def run(world: World) -> dict[str, object]:
    with world.db.transaction(Scope.system("test")) as session:
        event_id = jobs.enqueue(session, end_stranded_checks)
    assert event_id is not None and jobs.run_event(world.db, event_id) == "done"
    with world.db.reading(Scope.system("test")) as session:
        found = jobs.progress(session, event_id)
    assert found is not None and found.result is not None
    return dict(found.result)


def own_id(world: World, actor: Actor) -> str:
    with world.db.reading(world.vendor) as session:
        return queries.own_profile(session, actor).id


def test_who_gives_an_answer_back_is_not_asked_for_it_again_and_another_native_judges_it(
    app: Flask, world: World, time: Time
) -> None:
    _actor, check_id, (nia, juma, zawadi, sefu) = asked(world, "Nia Otieno", "Juma Said", "Zawadi Mrema", "Sefu Baraka")
    home, here = "/language-checks", f"/language-checks/{check_id}"
    visitor, program = Visitor(app, world.db, nia), Program(app, world.db, juma)
    assert visitor.post(f"{here}/giving-back", on=home).status_code == 404, "not before it was taken"
    judge = visitor.post(f"{home}/next", on=home).headers["Location"]
    assert "Give it back" in visitor.text(judge)
    assert program.send("POST", f"{home}/next").json["task"]["check_id"] == check_id  # type: ignore[index]
    assert Program(app, world.db, zawadi).send("POST", f"{home}/next").json == {"task": None}, "both places are held"

    assert visitor.post(f"{here}/giving-back", on=judge).headers["Location"] == home
    assert "nothing of it is held against you" in visitor.text(home)
    assert program.send("POST", f"{here}/giving-back").json == {"ok": True}
    again = program.send("POST", f"{here}/giving-back")
    assert (again.status_code, again.json["code"]) == (409, "language_check.given_back")  # type: ignore[index]
    assert program.send("POST", f"{here}/verdict", {"confirms": True}).status_code == 409, "nor judged after that"
    assert visitor.get(judge).status_code == 404
    for later in (timedelta(0), timedelta(days=2)):
        time.now += later
        assert Program(app, world.db, nia).send("POST", f"{home}/next").json == {"task": None}
        assert Program(app, world.db, juma).send("GET", home).json["waiting"] == 0  # type: ignore[index]

    for native in (zawadi, sefu):
        outcome = says(world, native, check_id, confirms=True)
    assert outcome is True
    with world.db.reading(world.vendor) as session:
        paid = set(session.scalars(select(Earning.account_id)))
        measured = {row.annotator_id for row in checkers(session)}
        mine = {queries.own_profile(session, native).id for native in (zawadi, sefu)}
    assert (paid, measured) == ({zawadi.account_id, sefu.account_id}, mine)
    assert len(world.audit("language_check.given_back")) == 2


def test_a_check_that_everybody_else_gave_back_ends_undecided(world: World) -> None:
    actor, check_id, (nia, juma, zawadi) = asked(world, "Nia Otieno", "Juma Said", "Zawadi Mrema")
    for native in (nia, juma):
        assert says(world, native, check_id, confirms=False) is None
    assert state_of(world, actor, check_id) == ("answered", None)
    with world.db.transaction(world.vendor) as session:
        acts.take_check(session, zawadi)
        acts.give_back_check(session, zawadi, check_id)
    assert state_of(world, actor, check_id) == ("undecided", None)


def test_a_check_whose_last_native_has_left_is_ended_by_the_job(world: World) -> None:
    actor, check_id, (nia, juma, zawadi) = asked(world, "Nia Otieno", "Juma Said", "Zawadi Mrema")
    for native in (nia, juma):
        says(world, native, check_id, confirms=False)
    assert run(world) == {"checks": 1, "ended": 0}
    with world.db.transaction(world.vendor) as session:
        person = queries.own_profile(session, zawadi)
        operations.change_standing(session, world.manager, person.id, status="paused", reason="Away.")
    assert run(world) == {"checks": 1, "ended": 1}
    assert state_of(world, actor, check_id) == ("undecided", None)
    assert run(world) == {"checks": 0, "ended": 0}


@pytest.mark.parametrize("text", ["a" * 50, "soko " * 20, "ตลาด" * 20, "12:30 " * 10])
def test_a_sample_that_repeats_itself_is_refused_at_its_field_and_goes_to_nobody(
    app: Flask, world: World, text: str
) -> None:
    amina, actor = world.annotator("Amina Wanjiru")
    with world.db.transaction(world.vendor) as session:
        set_check_rate(session, world.manager, world.pool_id, micros=25_000_000, currency="KES")
    candidate = Visitor(app, world.db, actor)
    here = candidate.post("/language-checks", {"claim_id": written(world, amina.id).id}).headers["Location"]
    refused = candidate.post(f"{here}/answer", {"text": text}, on=here)
    shown = refused.get_data(as_text=True)
    assert refused.status_code == 422 and 'id="text-error"' in shown and text.strip() in shown, "and it stays"
    told = Program(app, world.db, actor).send("POST", f"{here}/answer", {"text": text})
    assert (told.status_code, told.json["code"]) == (422, "language_check.sample")  # type: ignore[index]
    assert state_of(world, actor, here.rsplit("/", 1)[1])[0] == "asked"


@pytest.mark.parametrize(
    ("rule", "high", "is_open"),
    [("language_check", 0.6576, True), ("language_check", 0.4899, False), ("accuracy_gate", 0.6576, False)],
)
def test_a_refusal_by_an_interval_that_holds_the_limit_says_that_it_is_not_shown(
    app: Flask, world: World, rule: str, high: float, is_open: bool
) -> None:
    amina, actor = world.annotator("Amina Wanjiru")
    with world.db.transaction(world.vendor) as session:
        receipt_id = operations.issue_receipt(
            session, SYSTEM, annotator_id=amina.id, kind=ReceiptKind.LANGUAGE_REJECTED, rule=rule, rule_version="1",
            what=Message("No."), why=Message("So."), way_back=Message("Ask."),
            figure={"value": 0.0, "low": 0.0, "high": high, "limit": 0.5, "n": 2},
            cause_kind="language_check", cause_id="old",
        )  # fmt: skip
    shown = Visitor(app, world.db, actor).text(f"/receipts/{receipt_id}")
    assert ("does not show it" in shown) is is_open
