"""Stating a language: nothing is chosen for the person, what is missing is told at its place, what was typed stays."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from i18n.matching import Mode
from kernel.db import Database
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import World
from workforce import operations, queries
from workforce.operations.invitations import invite
from workforce.pages.stated import LANGUAGE_ROWS, Row, languages_in, rows_shown
from workforce.rules.profiles import ALL_MODES

PASSWORD = "seven quiet rivers run"
CHOSEN = re.compile(r"<option[^>]*\sselected[^>]*>|<input[^>]*\schecked[^>]*>")
SELECTS = re.compile(r'<select[^>]*name="(\w+)".*?</select>', re.DOTALL)
HOME = "/me/languages"


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def form(**changes: object) -> dict[str, object]:
    return {
        "name": "Nia Otieno", "email": "nia@example.org", "password": PASSWORD, "country": "KE", "weekly_hours": "12",
        "time_zone": "Africa/Nairobi", **changes,
    }  # fmt: skip


def levels_chosen(shown: str) -> list[str]:
    """Every level and mode that stands chosen in the forms of a page."""
    selects = [match[0] for match in SELECTS.finditer(shown) if match[1] == "proficiency"]
    assert selects
    found = [each for select in selects for each in CHOSEN.findall(select)]
    boxes = re.findall(r'<input type="checkbox" name="modes"[^>]*>', shown)
    assert len(boxes) >= len(Mode)
    told = [re.findall(r'value="([^"]*)"', each)[0] for each in [*found, *CHOSEN.findall(" ".join(boxes))]]
    return [each for each in told if each]


def stated_by(world: World, email: str) -> list[tuple[str, str, str]]:
    with world.db.reading(world.vendor) as session:
        account = queries.find_account(session, email)
        assert account is not None
        person = queries.annotator_of(session, account.id, world.vendor_id)
        assert person is not None
        claims = queries.claims_of(session, person.id)
    return [(each.locale, each.mode, each.proficiency) for each in claims]


def test_no_form_has_a_level_or_a_mode_chosen_before_the_person_chooses(app: Flask, world: World) -> None:
    with world.db.transaction(world.vendor) as session:
        secret = _invite(session, world)
    _person, actor = world.annotator()
    assert levels_chosen(Visitor(app, world.db).text(f"/apply/{world.pool_id}")) == []
    invitation = Visitor(app, world.db).text(f"/invitation/{secret}")
    assert levels_chosen(invitation) == [] and 'value="sw-KE"' in invitation
    assert levels_chosen(Visitor(app, world.db, actor).text(HOME)) == []


def _invite(session: Session, world: World) -> str:
    secrets: list[str] = []

    def address_of(secret: str) -> str:
        secrets.append(secret)
        return f"https://example.org/invitation/{secret}"

    invite(
        session, world.manager, pool_id=world.pool_id, email="zawadi@example.org", locale="sw-KE", address_of=address_of
    )
    return secrets[-1]


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"locale": ["Swahili (Kenya)"], "proficiency": [""]}, {"proficiency-1", "modes-1"}),
        ({"locale": ["sw-KE"], "proficiency": ["native"]}, {"modes-1"}),
        ({"locale": ["sw-KE"], "proficiency": [""], "modes": ["1-read"]}, {"proficiency-1"}),
        ({"locale": ["sw-KE", "en"], "proficiency": ["native", ""], "modes": ["1-read", "2-read"]}, {"proficiency-2"}),
        ({"locale": ["sw-KE", ""], "proficiency": ["native", "C1"], "modes": ["1-read"]}, {"locale-2", "modes-2"}),
        ({"locale": ["sw-KE", ""], "proficiency": ["native", ""], "modes": ["1-read", "2-speak"]},
         {"locale-2", "proficiency-2"}),
        ({"locale": ["sw-KE", "xx-YY"], "proficiency": ["native", "D1"], "modes": ["1-read", "2-sing"]},
         {"locale-2", "proficiency-2", "modes-2"}),
        ({"locale": ["", ""], "proficiency": ["", ""]}, {"languages"}),
        ({"locale": ["sw-KE", "sw-KE"], "proficiency": ["C1", "C2"], "modes": ["1-read", "2-read"]}, {"languages"}),
    ],
)  # fmt: skip
def test_what_a_row_leaves_out_is_told_at_its_field_and_what_was_entered_stays(
    app: Flask, world: World, typed: dict[str, list[str]], fields: set[str]
) -> None:
    visitor, path = Visitor(app, world.db), f"/apply/{world.pool_id}"
    refused = visitor.post(path, form(**typed))
    shown = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert set(re.findall(r'id="([a-z]+(?:-\d)?)-error"', shown)) == fields
    for field in fields:
        assert f'href="#{field}"' in shown and f'id="{field}"' in shown, "the summary leads to it"
    entered = [*[each for each in typed["proficiency"] if each and each != "D1"],
               *[each for each in typed.get("modes", []) if each != "2-sing"]]  # fmt: skip
    assert sorted(levels_chosen(shown)) == sorted(entered)
    for locale in filter(None, typed["locale"]):
        assert f'value="{locale}"' in shown
    assert 'value="Nia Otieno"' in shown
    with world.db.reading(world.vendor) as session:
        assert queries.find_account(session, "nia@example.org") is None


def test_an_application_states_what_was_chosen_and_nothing_more(app: Flask, world: World) -> None:
    visitor, path = Visitor(app, world.db), f"/apply/{world.pool_id}"
    chosen = form(
        locale=["", "Swahili (Kenya)", "en", ""], proficiency=["", "native", "C1", ""],
        modes=["2-read", "2-speak", "3-listen"],
    )  # fmt: skip
    assert visitor.post(f"{path}/draft", chosen, on=path).status_code == 303
    assert sorted(levels_chosen(visitor.text(path))) == ["2-read", "2-speak", "3-listen", "C1", "native"], "as begun"
    assert visitor.post(path, chosen).status_code == 303
    assert stated_by(world, "nia@example.org") == [
        ("en", "listen", "C1"), ("sw-KE", "read", "native"), ("sw-KE", "speak", "native"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"locale": "lg-UG"}, {"proficiency", "modes"}),
        ({"locale": "lg-UG", "modes": ["read"]}, {"proficiency"}),
        ({"locale": "lg-UG", "proficiency": "C1"}, {"modes"}),
        ({"proficiency": "C1", "modes": ["read"], "history": "dream"}, {"locale", "history"}),
    ],
)
def test_another_language_is_asked_for_everything_that_was_left_out(
    app: Flask, world: World, typed: dict[str, Any], fields: set[str]
) -> None:
    person, actor = world.annotator()
    refused = Visitor(app, world.db, actor).post(HOME, typed, on=HOME)
    shown = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert set(re.findall(r'id="([a-z]+)-error"', shown)) == fields
    assert levels_chosen(shown) == [*filter(None, [typed.get("proficiency")]), *typed.get("modes", [])]
    assert f'value="{typed["locale"]}"' in shown if "locale" in typed else True
    with world.db.reading(world.vendor) as session:
        assert {claim.locale for claim in queries.claims_of(session, person.id)} == {"en", "sw-KE"}


@pytest.mark.parametrize("left_out", ["proficiency", "modes"])
def test_the_api_takes_no_level_and_no_mode_for_granted(app: Flask, world: World, left_out: str) -> None:
    person, actor = world.annotator()
    whole = {"locale": "lg-UG", "proficiency": "B2", "modes": ["read"]}
    part = {name: value for name, value in whole.items() if name != left_out}
    program = Program(app, world.db, actor)
    answer = program.send("POST", HOME, part)
    assert (answer.status_code, set(answer.json["fields"])) == (422, {left_out})  # type: ignore[index]
    assert program.send("POST", HOME, {**whole, "modes": []}).status_code == 422
    stranger = {
        "email": "new@people.example", "name": "Zuhura Ali", "password": PASSWORD, "country": "KE",
        "time_zone": "UTC", "weekly_hours": 1, "languages": [part],
    }  # fmt: skip
    asked = app.test_client().post(f"/api/v1/pools/{world.pool_id}/applicants", json=stranger)
    assert (asked.status_code, set(asked.json["fields"])) == (422, {f"languages.0.{left_out}"})  # type: ignore[index]
    with world.db.reading(world.vendor) as session:
        assert {claim.locale for claim in queries.claims_of(session, person.id)} == {"en", "sw-KE"}
    assert program.send("POST", HOME, whole).status_code == 201
    with world.db.reading(world.vendor) as session:
        claims = [(each.mode, each.proficiency) for each in queries.claims_of(session, person.id)
                  if each.locale == "lg-UG"]  # fmt: skip
    assert claims == [("read", "B2")]


def test_rows_are_read_as_they_stand_and_padded_with_empty_ones() -> None:
    values = {"locale": ["sw-KE"], "proficiency": ["C1", "B2"], "modes": ["1-read", "2-write", "9-read", "read"]}
    assert rows_shown(values) == [Row(1, "sw-KE", "C1", ("read",)), Row(2, "", "B2", ("write",)), Row(3), Row(4)]
    assert languages_in(values) == [("sw-KE", "C1", ("read",)), ("", "B2", ("write",))]
    assert rows_shown({}) == [Row(number) for number in range(1, LANGUAGE_ROWS + 1)]


def test_a_language_without_modes_told_by_a_program_within_stands_for_all(world: World) -> None:
    person, actor = world.applicant(languages=(("sw-KE", "native"),))
    with world.db.transaction(world.vendor) as session:
        operations.claim_language(session, actor, person.id, locale="sw-TZ", proficiency="C1", modes=["speak"])
        claims = [(each.locale, each.mode) for each in queries.claims_of(session, person.id)]
    assert sorted(claims) == sorted([*(("sw-KE", mode) for mode in ALL_MODES), ("sw-TZ", "speak")])
