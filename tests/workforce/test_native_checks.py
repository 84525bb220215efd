"""The journey of a check by natives, in a browser and through the API, from the rate to the appeal."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from calibration.models import LanguageCheck, LanguageVote
from calibration.operations import natives as acts
from kernel.config import Settings
from kernel.db import Database
from marketplace.operations.appeals import decide_appeal
from payouts.models import Earning
from tests.workforce.browser import Program, Visitor
from tests.workforce.conftest import SYSTEM, Time, World
from workforce import operations, queries
from workforce.models import DecisionReceipt
from workforce.operations.pools import set_check_rate
from workforce.values import ClaimStatus, ClaimView, ReceiptState, ReceiptView
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
    natives = [world.annotator(name) for name in ("Nia Otieno", "Juma Said", "Zawadi Mrema")]
    with world.db.transaction(world.vendor) as session:
        for person, _actor in natives:
            claim = next(each for each in queries.claims_of(session, person.id) if each.mode == "write"
                         and each.locale == "sw-KE")  # fmt: skip
            operations.verify_language(session, SYSTEM, claim.id, evidence={"kind": "peer"})
    candidate, manager = Visitor(app, world.db, amina_actor), Visitor(app, world.db, world.manager)
    nia, zawadi = (Visitor(app, world.db, natives[number][1]) for number in (0, 2))
    juma = Program(app, world.db, natives[1][1])
    claim_id, home = written(world, amina.id).id, "/language-checks"

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

    # Two natives differ, blind to each other and to who wrote; a third decides.
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
    assert nia.post(f"{here}/verdict", {"verdict": "yes"}, on=judge).status_code == 303
    judged = juma.send("POST", f"{home}/{task['check_id']}/verdict", {"confirms": False})
    assert judged.json == {"confirmed": None}
    assert juma.send("POST", f"{home}/{task['check_id']}/verdict", {"confirms": True}).status_code == 409
    third = zawadi.post(f"{home}/next", on=home).headers["Location"]
    assert zawadi.post(f"{here}/verdict", {"verdict": "no"}, on=third).status_code == 303

    # The candidate reads why, and an appeal undoes it.
    assert "Not confirmed" in candidate.text(here)
    claim = written(world, amina.id)
    assert [(piece.kind, piece.strength) for piece in claim.evidence] == [("peer", "against")]
    assert (claim.status, claim.proven) == (ClaimStatus.CLAIMED, None)
    with world.db.transaction(world.vendor) as session:
        (receipt,), _after = queries.receipts_of(session, amina.id)
        assert "2 of them" in str(receipt.why)
        assert receipt.figure == {"value": 0.3333, "low": 0.0615, "high": 0.7923, "limit": 0.5, "n": 3}
        appeal = operations.open_appeal(session, amina_actor, receipt.id, "They judged what I said.")
        decide_appeal(session, world.manager, appeal.id, outcome="overturned", answer="It was the opinion.")
        assert session.get_one(LanguageCheck, task["check_id"]).state == "undone"
    assert f"{here}" in candidate.text(f"/receipts/{receipt.id}"), "the text is met again beside the decision"
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
    assert [tuple(row)[:3] for row in paid] == [(25_000_000, "KES", "pending")] * 6
    assert {row.memo["locale"] for row in paid} == {"sw-KE"}
    assert sorted(heard) == [False, True, True, True, True, True]
    figures = Program(app, world.db, world.manager).send("GET", overview).json
    assert figures is not None and figures["natives"] == {"write": {"sw-KE": 4}, "speak": {}}
    assert [(row["checks"], row["agreed"], row["kappa"]) for row in figures["checkers"]] == [(1, 1, None)] * 2
    assert amina.pseudonym in Visitor(app, world.db, world.manager).text(overview)


@pytest.mark.parametrize("is_appealed", [False, True])
def test_that_natives_did_not_confirm_a_language_is_over_once_a_manager_proves_it(
    app: Flask, world: World, is_appealed: bool
) -> None:
    amina, amina_actor = world.annotator("Amina Wanjiru")
    natives = [world.annotator(name)[1] for name in ("Nia Otieno", "Juma Said")]
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
