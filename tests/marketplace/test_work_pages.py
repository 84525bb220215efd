"""What a person reads on the pages of their own work."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from i18n import _
from kernel import clock
from kernel.config import Settings
from kernel.crypto import KeyRing, Sealed
from kernel.policy import Actor, Role, system_actor
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.workforce.browser import Visitor
from workforce.operations.accounts import add_membership, set_locale
from workforce.operations.agreements import publish_agreement
from workforce.operations.receipts import issue_receipt
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
def visitor(app: Flask, desk: Desk) -> Visitor:
    """The first person at the desk, in front of a browser."""
    account_id = desk.people[0].account_id
    assert account_id is not None
    with desk.market.system() as session:
        member = add_membership(
            session, system_actor("test"), account_id=account_id, org_id=desk.market.vendor, role=Role.ANNOTATOR
        )
    me = Actor(account_id, desk.market.vendor, Role.ANNOTATOR, member, org_kind="vendor")
    return Visitor(app, desk.db, me)


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
    monkeypatch.setattr(Sealed, "ring", KeyRing((("other", "B" * 42 + "A"),)))
    page = visitor.get(there)
    assert page.status_code == 503 and "has to look at its field keys" in page.text
    assert task.content["text"] not in page.text
    monkeypatch.setattr(Sealed, "ring", KeyRing((("other", "B" * 42 + "A"), ("t", "A" * 43))))
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
