"""The filter above the list of people, on the page and by the API: what it may name, and how it says what is asked."""

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from kernel.db import Database
from kernel.tenancy import Scope
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import World
from workforce.models import AnnotatorCode, Pool


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def test_what_is_not_here_is_refused_by_field_and_each_filter_says_what_it_is_about(app: Flask, world: World) -> None:
    person, _actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        session.add(
            AnnotatorCode(
                org_id=person.org_id, annotator_id=person.id, kind="skill", code="diving"
            )
        )  # fmt: skip
    with world.db.reading(Scope.tenant(world.other_vendor_id)) as session:
        foreign = session.scalars(select(Pool.id)).first()
    manager, program = Visitor(app, world.db, world.manager), Program(app, world.db, world.manager)
    for field, value in (("skill", "juggling"), ("domain", "Medizin"), ("lane", "nothing"), ("pool", foreign)):
        shown = manager.get(f"/people?{field}={value}")
        assert shown.status_code == 422 and f'id="{field}-error"' in shown.text and "Nobody fits" not in shown.text
        assert list((program.send("GET", f"/people?{field}={value}").json or {})["fields"]) == [field]
        assert program.send("POST", "/people/file", {field: value}).status_code == 422
        assert program.send("POST", "/people/searches", {"name": "x", "asked": {field: value}}).status_code == 422
    assert "diving" in manager.text("/people?skill=diving"), "what somebody here states, though it is offered nowhere"
    page = manager.text("/people?hours=1&active_days=9&clearance=1&quality=0.9&skill=diving&domain=medicine")
    chips = re.findall(r'class="chip"><bdi>([^<]+)</bdi>', page)
    assert chips == [
        "Domain: Medicine", "Skill: diving", "Clearance, or more: Confidential",
        "Hours a week, or more: 1", "Earned within so many days: 9", "Accuracy at least: 90%",
    ]  # fmt: skip
    assert 'aria-label="Remove: Hours a week, or more: 1"' in page
