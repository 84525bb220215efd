"""What a person reads on the pages of their own work."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from i18n import _
from kernel import clock
from kernel.config import Settings
from kernel.crypto import KeyRing, Sealed
from kernel.policy import Actor, Demand, Reason, Role, system_actor
from kernel.presence import Presence
from marketplace.rules.eligibility import demands_of_class
from marketplace.values.conditions import CONDITIONS, condition_told
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.workforce.browser import Program, Visitor
from workforce.models import Passkey
from workforce.operations.accounts import add_membership, set_locale
from workforce.operations.agreements import publish_agreement
from workforce.operations.receipts import issue_receipt
from workforce.values import CLASS_DEMANDS, Protection
from wsgi import create_app


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


@pytest.fixture
def desk(market: Market) -> Desk:
    return open_desk(market, people=1, unit_count=2, overlap=1)


@pytest.fixture
def person(desk: Desk) -> Actor:
    """The first person at the desk, as a member of the vendor."""
    account_id = desk.people[0].account_id
    assert account_id is not None
    with desk.market.system() as session:
        member = add_membership(
            session, system_actor("test"), account_id=account_id, org_id=desk.market.vendor, role=Role.ANNOTATOR
        )
    return Actor(account_id, desk.market.vendor, Role.ANNOTATOR, member, org_kind="vendor")


@pytest.fixture
def visitor(app: Flask, desk: Desk, person: Actor) -> Visitor:
    """The same in front of a browser."""
    return Visitor(app, desk.db, person)


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", "To be signed: <bdi>Code of conduct, version 1</bdi>"),
        ("sw", "Ya kutiwa saini: <bdi>Kanuni za maadili, toleo la 1</bdi>"),
        ("es", "Por firmar: <bdi>Code of conduct, versión 1</bdi>"),
    ],
)
def test_an_agreement_to_be_signed_is_called_by_its_title(desk: Desk, visitor: Visitor, locale: str, told: str) -> None:
    market, account_id = desk.market, desk.people[0].account_id
    with market.system() as session:
        titles = {"en": "Code of conduct", "sw": "Kanuni za maadili"}
        publish_agreement(
            session, system_actor("test"), code="conduct", titles=titles, texts=dict.fromkeys(titles, "Be kind."),
            org_id=market.vendor,
        )  # fmt: skip
        set_locale(session, desk.people[0], account_id or "", locale)
    for path in ("/work", f"/lanes/{desk.lane}/why"):
        assert told in visitor.text(path)


def test_a_refused_answer_is_found_again_from_its_receipt(desk: Desk, visitor: Visitor) -> None:
    market, annotator_id = desk.market, desk.annotators[0]
    for _number in range(2):
        task = desk.take(0)
        assert task is not None
        desk.answer(0, task)
    refused, other = desk.judgments()
    with market.system() as session:
        receipt_ids = [
            issue_receipt(
                session, system_actor("test"), annotator_id=annotator_id, kind=kind, rule=rule, rule_version="1",
                what=_("Support intents"), why=_("Support intents"), way_back=_("Support intents"),
                evidence=({"kind": "judgment", "id": judgment.id}, {"kind": "review", "id": "R1"}),
                cause_kind="judgment", cause_id=judgment.id,
            )
            for kind, rule, judgment in (("work_rejected", "review", refused), ("lane_paused", "accuracy_gate", other))
        ]  # fmt: skip
    rejected, paused = (visitor.text(f"/receipts/{receipt_id}") for receipt_id in receipt_ids)
    assert "Review of answers, version 1" in rejected and "The review of the answer" in rejected
    link = re.search(r'href="(/work/done\?only=[^"]+)">The answer itself<', rejected)
    assert link is not None
    rows = visitor.text(link[1])
    assert rows.count('<th scope="row">') == 1 and visitor.text("/work/done").count('<th scope="row">') == 2
    # What was checked in secret is told as a number and leads nowhere.
    assert "1 answer whose right answer is known" in paused and "/work/done?only" not in paused
    assert other.id not in paused, "the answer was sent with this id, so that it would tell which unit was a check"
    assert refused.id in rejected


def test_a_unit_whose_key_is_gone_is_told_in_words_and_comes_back_with_its_key(
    desk: Desk, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = desk.take(0)
    assert task is not None and desk.take(0) is not None
    there = f"/work/{task.assignment_id}"
    lost, other = ("t", "A" * 43), ("other", "B" * 42 + "A")
    monkeypatch.setattr(Sealed, "ring", KeyRing((other, lost)))
    assert task.content["text"] in visitor.text(there)
    monkeypatch.setattr(Sealed, "ring", KeyRing((other,)))
    page = visitor.get(there)
    assert page.status_code == 503 and "has to look at its field keys" in page.text
    assert task.content["text"] not in page.text
    monkeypatch.setattr(Sealed, "ring", KeyRing((other, lost)))
    assert task.content["text"] in visitor.text(there)


def test_an_answer_from_a_second_window_is_told_and_the_first_one_stands(desk: Desk, visitor: Visitor) -> None:
    task = desk.take(0)
    assert task is not None
    path = f"/work/{task.assignment_id}"
    assert visitor.post(f"{path}/answer", {"choice": "refund", "stop": "1"}, on="/work").status_code == 303
    assert visitor.post(f"{path}/answer", {"choice": "refund", "stop": "1"}, on="/work").status_code == 303
    assert "already" not in visitor.text("/work"), "a button pressed twice is no other answer"
    sent = visitor.post(f"{path}/answer", {"choice": "other"}, on="/work")
    assert sent.status_code == 303 and desk.assignments()[1].id in sent.headers["Location"]
    told = visitor.text(sent.headers["Location"])
    assert "You have answered this unit already" in told and "“Refund”" in told and "is paid" in told
    (judgment,) = desk.judgments()
    assert judgment.category == "refund"


def test_a_reason_is_chosen_by_the_person_and_never_by_the_form(desk: Desk, visitor: Visitor) -> None:
    task = desk.take(0)
    assert task is not None
    path = f"/work/{task.assignment_id}"
    assert len(re.findall(r'<option value=""( selected)?>Choose a reason', visitor.text(path))) == 2
    for act in ("skip", "report"):
        assert visitor.post(f"{path}/{act}", {"reason": ""}, on=path).status_code == 422
    refused = visitor.post(f"{path}/answer", {}, on=path)
    assert refused.status_code == 422 and "Choose an answer." in refused.get_data(as_text=True)


def publish(desk: Desk, code: str = "conduct") -> str:
    """The next version of an agreement that every work asks for."""
    with desk.market.system() as session:
        return publish_agreement(
            session, system_actor("test"), code=code, titles={"en": "Code of conduct"}, texts={"en": "Be kind."},
            org_id=desk.market.vendor,
        ).id  # fmt: skip


def test_a_unit_in_hand_waits_while_a_new_text_is_to_be_signed(
    desk: Desk, visitor: Visitor, app: Flask, person: Actor
) -> None:
    task = desk.take(0)
    assert task is not None
    here, said = f"/work/{task.assignment_id}", task.content["text"]
    assert said in visitor.text(here)
    agreement = publish(desk)
    home = visitor.text("/work")
    assert "something that it asks for is missing" in home and "See what is missing" in home
    shown = visitor.client.get(here)
    assert shown.status_code == 403 and said not in shown.text
    assert "Code of conduct, version 1" in shown.text and f'href="/me/agreements/{agreement}"' in shown.text
    assert f'action="{here}/return"' in shown.text
    assert visitor.post("/work/next", {}, on="/work").headers["Location"] == here
    program = Program(app, desk.db, person)
    told = program.send("GET", f"/assignments/{task.assignment_id}")
    assert (told.status_code, (told.json or {})["code"]) == (403, "assignment.barred")
    assert [one["reason"] for one in (told.json or {})["conditions"]] == ["NDA_MISSING"]
    visitor.post(f"/me/agreements/{agreement}", {"locale": "en"}, on=f"/me/agreements/{agreement}")
    assert said in visitor.text(here), "the same unit, and nothing of its time was taken"


def test_an_answer_from_an_open_page_is_taken_and_leads_to_what_is_missing_now(desk: Desk, visitor: Visitor) -> None:
    task = desk.take(0)
    assert task is not None
    here = f"/work/{task.assignment_id}"
    visitor.text(here)
    publish(desk)
    sent = visitor.post(f"{here}/answer", {"choice": "refund"}, on="/work")  # as the page that is still open
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/lanes/{desk.lane}/why")
    assert "something now that is missing" in visitor.text(sent.headers["Location"])


def test_a_factor_that_is_there_is_to_be_shown_and_one_that_is_not_to_be_set_up(
    desk: Desk, visitor: Visitor, person: Actor
) -> None:
    desk.protect("restricted-phi")
    shown = "/confirm?next=/work&amp;factor=passkey"
    before = visitor.text("/work")
    assert 'href="/account/passkeys">Set it up' in before and shown not in before
    with desk.market.system() as session:
        session.add(
            Passkey(
                account_id=person.account_id, name="Phone", credential_id="c", credential_hash="h", public_key="k",
                sign_count=0, transports=[], created_at=desk.market.now,
            )
        )  # fmt: skip
    for path in ("/work", f"/lanes/{desk.lane}/why"):
        after = visitor.text(path)
        assert "Set it up" not in after and f"/confirm?next={path}&amp;factor=passkey" in after


CODED = re.compile(r"\b[A-Z]{3,}_[A-Z_]+\b")


NEEDED: dict[Reason, tuple[object, ...]] = {
    Reason.COUNTRY_NOT_ALLOWED: (["KE", "UG"], []), Reason.NDA_MISSING: (None, "conduct 2"),
    Reason.NDA_OUTDATED: ("conduct 2",), Reason.MFA_STALE: (15,), Reason.MFA_MISSING: (15,),
}  # fmt: skip


@pytest.mark.parametrize("source", ["second factor", "passkey"])
@pytest.mark.parametrize("is_met", [True, False])
@pytest.mark.parametrize("reason", CONDITIONS)
def test_no_condition_is_told_by_its_code(reason: Reason, is_met: bool, source: str) -> None:
    for needed in NEEDED.get(reason, ("writing",)):
        told = str(condition_told(Demand(reason, is_met, needed, None, source), locale="sw-KE"))
        assert told and not CODED.search(told) and "[" not in told and "None" not in told


def test_every_reason_that_a_class_can_give_is_a_condition_with_words() -> None:
    """Whatever data of any class demands of anybody is among what the page has words for."""
    protection = Protection(
        agreements=(("nda", 1),), annex=(("health", 1),), countries=frozenset({"KE"}), networks=("10.0.0.0/8",)
    )
    asked = {
        demand.reason
        for name in CLASS_DEMANDS
        for demand in demands_of_class(name, protection, None, Presence(), datetime(2026, 1, 1, tzinfo=UTC))
    }
    assert {Reason.COUNTRY_NOT_ALLOWED, Reason.NETWORK_NOT_ALLOWED, Reason.MFA_MISSING} <= asked <= set(CONDITIONS)
    countries = Demand(Reason.COUNTRY_NOT_ALLOWED, False, ["UG", "KE"], None, "country")
    assert str(condition_told(countries, locale="sw")).endswith("Kenya and Uganda")
