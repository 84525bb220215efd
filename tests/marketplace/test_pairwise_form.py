"""A preference given on a page without scripts: what its form offers, what it sends, and what is turned down."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from calibration.models import Judgment
from kernel import clock
from kernel.config import Settings
from kernel.policy import Actor, Role, system_actor
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market
from tests.workforce.browser import Visitor
from workforce.operations.accounts import add_membership
from wsgi import create_app

CONTENT = {"prompt": "How do I get my money back?", "a": "Call us, message", "b": "Write to us, message"}


def schema(**options: Any) -> dict[str, Any]:
    return {"task_type": "pairwise", "question": {"en": "Which answer is better?"}, "classes": [], "options": options}


@pytest.fixture
def db(db_sqlite):  # type: ignore[no-untyped-def]
    """The page is the same on either database; what it stands on is tested on both elsewhere."""
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


class Form(HTMLParser):
    """The fields of the form that is sent to an address ending like `action`: each name with the values it offers."""

    def __init__(self, text: str, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.fields, self.checked = action, False, {}, {}  # type: ignore[var-annotated]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.inside = (found.get("action") or "").endswith(self.action)
        elif self.inside and tag == "input":
            self.fields.setdefault(found["name"], []).append(found["value"])
            if "checked" in found or found.get("type") == "hidden":
                self.checked[found["name"]] = found["value"]


class Reader:
    """An annotator with one pair in hand."""

    def __init__(self, app: Flask, market: Market, **options: Any) -> None:
        self.desk: Desk = open_desk(
            market, people=1, unit_count=1, overlap=1, schema=schema(**options), content=CONTENT
        )
        account_id = self.desk.people[0].account_id
        assert account_id is not None
        with market.system() as session:
            member = add_membership(
                session, system_actor("test"), account_id=account_id, org_id=market.vendor, role=Role.ANNOTATOR
            )
        me = Actor(account_id, market.vendor, Role.ANNOTATOR, member, org_kind="vendor")
        self.visitor = Visitor(app, market.db, me)
        task = self.desk.take(0)
        assert task is not None
        self.path = f"/work/{task.assignment_id}"

    @property
    def form(self) -> Form:
        return Form(self.visitor.text(self.path), "/answer")

    def send(self, **chosen: str) -> tuple[int, str]:
        """Press the button with these choices; hidden fields go with them, as a browser sends them."""
        hidden = {name: value for name, value in self.form.checked.items() if name not in ("preference", "strength")}
        answer = self.visitor.client.post(f"{self.path}/answer", data={**hidden, **chosen})
        return answer.status_code, answer.get_data(as_text=True)

    def answers(self) -> list[Any]:
        with self.desk.market.system() as session:
            return list(session.scalars(select(Judgment.answer)))


def test_a_preference_with_its_strength_is_two_rows_of_choices(app: Flask, market: Market) -> None:
    reader = Reader(app, market, allow_tie=True, strength_steps=3)
    page = reader.visitor.text(reader.path)
    assert "How do I get my money back? 0" in page and "Call us, message 0" in page and "Write to us" in page
    assert reader.form.fields["preference"] == ["a", "tie", "b"]
    assert reader.form.fields["strength"] == ["1", "2", "3"]

    for chosen, told in (
        ({}, "#preference"),
        ({"preference": "a"}, "Say how much better it is."),
        ({"strength": "2"}, "#preference"),
        ({"preference": "c", "strength": "1"}, "This preference is not one of the answers."),
        ({"preference": "b", "strength": "4"}, "The number must lie between 1 and 3."),
        ({"preference": "b", "strength": "much"}, "#strength"),
        ({"preference": "a:2:b"}, "#strength"),
    ):
        status, shown = reader.send(**chosen)
        assert status == 422, chosen
        assert "Your answer was not sent yet" in shown and told in shown
        kept = Form(shown, "/answer").checked
        offered = {name: value for name, value in chosen.items() if value in reader.form.fields[name]}
        assert {name: kept[name] for name in offered} == offered  # what was chosen rightly need not be chosen again
    assert reader.answers() == []

    status, _shown = reader.send(preference="b", strength="2")
    assert status in (302, 303)
    assert reader.answers() == [{"preference": "b", "strength": 2}]
    assert "no longer in your hands" in reader.visitor.client.get(reader.path, follow_redirects=True).get_data(
        as_text=True
    )


def test_equally_good_is_an_answer_whatever_strength_was_touched_before(app: Flask, market: Market) -> None:
    reader = Reader(app, market, allow_tie=True, strength_steps=3)
    assert reader.send(preference="tie", strength="3")[0] in (302, 303)
    assert reader.answers() == [{"preference": "tie"}]


def test_few_steps_stand_in_one_row_and_a_tie_only_where_it_is_allowed(app: Flask, market: Market) -> None:
    reader = Reader(app, market, allow_tie=False, strength_steps=2)
    assert reader.form.fields["preference"] == ["a:2", "a:1", "b:1", "b:2"]
    assert "strength" not in reader.form.fields
    status, shown = reader.send(preference="tie")
    assert status == 422 and "This preference is not one of the answers." in shown
    assert reader.send(preference="a:2")[0] in (302, 303)
    assert reader.answers() == [{"preference": "a", "strength": 2}]
