"""What people are called stands readable nowhere, whatever was written where; and nobody is shut out by it."""

import json
from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import select, text

from admin.operations.own_data import erase_person
from admin.operations.retention import carry_retention
from admin.queries.retention import report
from kernel.crypto import KeyRing, Sealed, digest
from kernel.db import Base
from kernel.ids import new_id
from kernel.policy import Actor, system_actor
from kernel.tenancy import Scope
from tests.workforce.conftest import KEY, Time, World
from workforce import operations, queries
from workforce.models import RoleOffer, Roster, RosterLine
from workforce.operations import many_people, offers, rosters
from workforce.operations.made_files import ask_file
from workforce.operations.own_data import ask_data
from workforce.queries.sign_in import check_password
from workforce.rules.indexes import address_counted_as, address_index
from workforce.rules.names import email_key
from workforce.taking import PEOPLE
from workforce.values import FileLine, PeopleFilter
from workforce.values.own_data import DataKind

SYSTEM, MACHINE = Scope.system("test"), system_actor("test")
NEW = ("new", "B" * 42 + "A")
PASSWORD = "purple otter drums at noon"


def test_a_roster_whose_columns_are_in_another_order_leaves_nobody_readable(world: World) -> None:
    """Of a line that is wrong no cell stands readable, nor what the file is called; they are shown as they stood."""
    swapped = {"email": "sw-KE", "locale": "zawadi@example.org", "name": "Zawadi Mbeki"}
    shifted = {"email": "zawadi@example.org", "locale": "Zawadi Mbeki", "name": "sw-KE"}
    with world.db.transaction(world.vendor) as session:
        lines = [FileLine(number, cells) for number, cells in enumerate((swapped, shifted), 2)]
        kept = rosters.keep_roster(session, world.manager, world.pool_id, name="Zawadi.csv", lines=lines)
        shown = queries.roster_lines(session, kept.id)[0]
        roster = queries.roster_of(session, kept.id)
    assert readable(world, "zawadi") == []
    assert [line.locale for line in shown] == ["zawadi@example.org", "Zawadi Mbeki"]
    assert all("zawadi" in " ".join(str(told) for _column, told in line.faults).casefold() for line in shown)
    assert roster is not None and roster.name == "Zawadi.csv"


def test_what_is_searched_for_and_asked_for_as_a_file_stands_readable_nowhere(world: World) -> None:
    """A kept search, and the mark of a file that is under way, name nobody; nor can a name be tested by the mark."""
    import_module("workforce.jobs")  # as every process does: what makes files
    world.annotator("Nia Otieno")
    wanted = PeopleFilter(text="nia otieno")
    with world.db.transaction(world.vendor) as session:
        many_people.save_search(session, world.manager, name="one", wanted=wanted)
        ask_file(session, world.manager, PEOPLE, wanted.asked())
    assert readable(world, "otieno") == []
    with world.db.transaction(world.vendor) as session:
        assert many_people.saved_searches(session, world.manager)[0].wanted == wanted
    told = json.dumps(wanted.asked(), sort_keys=True)
    assert readable(world, digest(f"{PEOPLE}|{told}")) == []


def test_a_roster_goes_three_months_after_it_was_sent_or_read(world: World, time: Time) -> None:
    """Whoever stands in a line that is wrong is found by no erasure, and so the lines have an end of their own."""
    cells = {"email": "no address", "locale": "sw-KE", "name": "Zawadi Mbeki"}
    with world.db.transaction(world.vendor) as session:
        kept = rosters.keep_roster(
            session, world.manager, world.pool_id, name="Zawadi.csv", lines=[FileLine(2, cells)]
        )  # fmt: skip
    for days, taken in ((90, 0), (2, 1), (1, 0)):
        time.now += timedelta(days=days)
        with world.db.transaction(SYSTEM) as session:
            assert {due.rule.code: due.count for due in report(session)}["rosters"] == taken
            assert carry_retention(session, MACHINE)["rosters"] == taken
    with world.db.transaction(world.vendor) as session:
        assert queries.roster_of(session, kept.id) is None
        assert session.scalars(select(RosterLine)).all() == []
        assert session.get_one(Roster, kept.id).name == ""


def test_an_erasure_takes_what_stood_in_a_wrong_column(world: World, time: Time) -> None:
    """An erased person's name is gone from the line of a roster, whatever column it stood in."""
    nia, _actor = world.annotator("Nia Otieno")
    cells = {"email": "nia.otieno@example.org", "locale": "Nia Otieno", "name": ""}
    with world.db.transaction(world.vendor) as session:
        rosters.keep_roster(session, world.manager, world.pool_id, name="p.csv", lines=[FileLine(2, cells)])
    with world.db.transaction(SYSTEM) as session:
        asked = ask_data(session, Actor(nia.account_id, None, None), nia.account_id, DataKind.ERASURE)
    time.now += timedelta(days=15)
    with world.db.transaction(SYSTEM) as session:
        assert erase_person(session, MACHINE, asked.id)
    assert readable(world, "otieno") == []


def test_who_had_an_address_first_signs_in_though_it_was_written_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    """Two accounts, or two offers, of one address are no fault of a page."""

    def write(name: str) -> str:
        with world.db.transaction(SYSTEM) as session:
            return operations.create_account(
                session, MACHINE, email="zawadi@example.org", name=name, password=PASSWORD
            ).id

    def offer() -> None:
        with world.db.transaction(world.vendor) as session:
            offers.offer_role(
                session, world.manager, email="l@example.org", role="reviewer", locale="en", address_of=str
            )

    first = write("First")
    offer()
    time.now += timedelta(hours=1)
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW,)))  # as a process writes that does not know the old key
    write("Second")
    with world.db.transaction(world.vendor) as session:
        row = RoleOffer(id=new_id(), org_id=world.vendor_id, role="reviewer", offered_at=time.now, expires_at=time.now)
        row.email, row.email_key = "l@example.org", address_index("l@example.org")
        session.add(row)
    time.now += timedelta(hours=1)
    for ring in (KeyRing((NEW, KEY)), KeyRing((KEY, NEW))):
        monkeypatch.setattr(Sealed, "ring", ring)
        with world.db.reading(SYSTEM) as session:
            found = queries.find_account(session, "Zawadi@example.org")
            entered = check_password(session, "zawadi@example.org", PASSWORD)
            assert found is not None and entered is not None and found.id == entered.id == first
        offer()
        time.now += timedelta(hours=1)


def test_tries_are_counted_by_what_nobody_makes_without_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the counts alone cannot test an address by them; every spelling and every order of keys is one."""
    monkeypatch.setattr(Sealed, "ring", KeyRing((KEY, NEW)))
    counted = address_counted_as("nia@example.org")
    assert digest(counted) != digest(email_key("nia@example.org")) and counted != address_counted_as("no address")
    assert counted == address_counted_as(" NIA@Example.ORG ")
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW, KEY)))
    assert counted == address_counted_as("nia@example.org")


def test_what_a_failing_statement_was_given_is_not_in_its_fault(world: World) -> None:
    """The text of a fault of the database, which logs and jobs keep, names nobody."""
    with pytest.raises(Exception, match="nowhere") as caught, world.db.transaction(SYSTEM) as session:
        session.connection().execute(text("SELECT id FROM nowhere WHERE name = :name"), {"name": "Nia Otieno"})
    assert "Otieno" not in str(caught.value)


def readable(world: World, word: str) -> list[str]:
    """The columns in which a word stands as it is."""
    found = []
    with world.db.reading(SYSTEM) as session:
        for table in Base.metadata.sorted_tables:
            for row in session.connection().execute(table.select()).mappings():
                found += [f"{table.name}.{name}" for name, value in row.items() if word in str(value).lower()]
    return found
