"""Jobs that go on in somebody's name ask before each portion whether they may still do it."""

import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from kernel.db import Database, after_commit
from kernel.jobs import drain, progress
from kernel.mail import use_mail
from kernel.policy import system_actor
from kernel.tenancy import Scope
from tests.support.letterbox import Box
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import Time, World
from workforce import operations
from workforce.models import Annotator
from workforce.operations import all_people
from workforce.values import ManyAct, PeopleFilter

SYSTEM = system_actor("test")


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def end_role_after_first(monkeypatch: pytest.MonkeyPatch, world: World, name: str) -> None:
    """Have the colleague lose their role when the first portion is committed."""
    jobs = sys.modules["workforce.jobs"]
    carry, portions = getattr(jobs, name), iter((True,))

    def end_role() -> None:
        assert world.colleague.membership_id
        with world.db.transaction(Scope.system("test")) as session:
            operations.end_membership(session, SYSTEM, world.colleague.membership_id)

    def carried(session: Any, *asked: Any, **more: Any) -> Any:
        told = carry(session, *asked, **more)
        if next(portions, False):
            after_commit(session, end_role)
        return told

    monkeypatch.setattr(jobs, name, carried)


def test_a_roster_stops_with_the_role_of_whoever_sent_it_and_somebody_else_sends_the_rest(
    app: Flask, world: World, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    use_mail(box)
    monkeypatch.setattr(sys.modules["workforce.operations.rosters"], "AT_ONCE", 2)
    people = [f"person{number}@example.org" for number in range(5)]
    file = "\n".join(["email,locale", *(f"{email},en" for email in people)])
    colleague = Program(app, world.db, world.colleague)
    sent = {"pool_id": world.pool_id, "file": (BytesIO(file.encode()), "people.csv")}
    place = Visitor(app, world.db, world.colleague).post("/rosters", sent, on="/invitations").headers["Location"]
    first = (colleague.send("POST", f"{place}/send").json or {})["job_id"]
    end_role_after_first(monkeypatch, world, "invite_next")
    drain(world.db)
    assert len(box.letters) == 2
    with world.db.reading(world.vendor) as session:
        stopped = progress(session, first)
    assert stopped is not None and stopped.result["is_stopped"] and stopped.result["invited"] == 2
    manager, program = Visitor(app, world.db, world.manager), Program(app, world.db, world.manager)
    told = program.send("GET", place).json or {}
    assert (told["is_stopped"], told["roster"]["counts"]) == (True, {"invited": 2, "invite": 3})
    text = manager.text(place)
    assert "This stopped before its end" in text and "Invite 3 people" in text
    second = (program.send("POST", f"{place}/send").json or {})["job_id"]
    assert second != first and (program.send("POST", f"{place}/send").json or {})["job_id"] == second
    drain(world.db)
    assert sorted(letter.to for letter in box.letters) == people
    told = program.send("GET", place).json or {}
    assert (told["is_stopped"], told["roster"]["counts"]) == (False, {"invited": 5})
    assert "This stopped" not in manager.text(place)
    by = [event.actor_ref for event in world.audit("person.invited")]
    assert by == [world.colleague.account_id] * 2 + [world.manager.account_id] * 3
    assert (program.send("POST", f"{place}/send").json or {})["code"] == "roster.nobody"


def test_an_act_on_many_stops_with_the_role_of_whoever_asked_and_what_was_done_stays(
    app: Flask, world: World, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_people, "AT_ONCE", 2)
    people = sorted(world.annotator(name)[0].id for name in ("Amina Wanjiru", "Nia Otieno", "Juma Hassan"))
    wanted, act = PeopleFilter(locale="sw"), ManyAct("skill", "seen at work", skill="diving")
    time.now += timedelta(minutes=1)
    with world.db.transaction(world.vendor) as session:
        job = all_people.ask_for_all(session, world.colleague, wanted, act, key="k", expected=3)
    end_role_after_first(monkeypatch, world, "act_on_next")
    drain(world.db)
    with world.db.reading(world.vendor) as session:
        stopped = progress(session, job)
        skilled = ["diving" in session.get_one(Annotator, each).skills for each in people]
    assert stopped is not None and stopped.result == {"changed": 2, "is_stopped": True}
    assert (skilled, stopped.done, stopped.total) == ([True, True, False], 2, 3)
