"""What stands in each role's navigation opens."""

import re
from html import unescape

import pytest

from kernel.db import Database
from kernel.policy import Role
from tests.admin.conftest import Office

LINK = re.compile(r'<a[^>]* href="(/[^"]*)"')


@pytest.fixture
def db(db_sqlite: Database) -> Database:
    """What is open to whom does not depend on the database."""
    return db_sqlite


def navigation(text: str) -> list[str]:
    """The addresses in the frame's navigation, the side of staff or the dock of annotators."""
    found = re.findall(r'<nav class="nav nav-(?:side|dock)".*?</nav>', text, re.S)
    return [unescape(path) for part in found for path in LINK.findall(part)]


@pytest.mark.parametrize("role", list(Role))
def test_every_place_in_a_roles_navigation_opens(office: Office, role: Role) -> None:
    places = navigation(office.text(role, "/account"))
    assert places
    answers = {path: office.get(role, path).status_code for path in places}
    assert set(answers.values()) == {200}, answers


def test_what_is_not_open_does_not_stand_there(office: Office) -> None:
    assert "/review" not in navigation(office.text(Role.CLIENT_ADMIN, "/account"))
    assert "/review" in navigation(office.text(Role.CLIENT_QA, "/account"))
    assert "/invoices" not in navigation(office.text(Role.CLIENT_QA, "/account"))
    assert "/invoices" in navigation(office.text(Role.CLIENT_PM, "/account"))
