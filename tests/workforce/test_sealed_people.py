"""People whose names and addresses are sealed: found by them all the same, also while the keys are turned over."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.operations import resealing
from admin.operations.own_data import erase_person
from kernel.crypto import KeyRing, Sealed
from kernel.errors import Conflict, Misuse
from kernel.indexing import Index, index_of
from kernel.policy import Actor, system_actor
from kernel.tenancy import Scope
from tests.workforce.conftest import KEY, Time, World
from tests.workforce.test_two_at_once import Act, beside
from workforce import operations, queries
from workforce.models import Account, Invitation, NamePart, RosterLine
from workforce.naming import call
from workforce.operations import invitations as acts
from workforce.operations import rosters
from workforce.operations.accounts import set_profile
from workforce.operations.addresses import change_address, confirm_address
from workforce.operations.own_data import ask_data
from workforce.rules.indexes import MOST_LETTERS, MOST_PARTS, beginnings, sought
from workforce.rules.names import LONGEST_NAME
from workforce.values import FileLine
from workforce.values.own_data import DataKind

NEW = ("new", "B" * 42 + "A")
SYSTEM, MACHINE = Scope.system("test"), system_actor("test")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Amina Wanjiru", "ami"), ("Amina Wanjiru", "WAN"), ("Amina Wanjiru", "wanj am"),
        ("José Álvarez", "alva jose"),
        ("Nguyễn Thị Hoa", "nguyen"), ("Нина Соколова", "сокол"), ("أمينة الزهراء", "الزه"),
        ("Müller-Lüdenscheidt", "lud"),
        ("O’Brien", "obri"), ("O'Brien", "o’b"), ("王小明", "小明"), ("王小明", "王"), ("สมชาย ใจดี", "ชาย"),
        ("김민수", "민수"),
        ("Σοφία Παπαδοπούλου", "σοφια παπα"), ("İpek Yılmaz", "ipek"), ("Straße Groß", "gross"),
        ("Đặng Łukasz", "dang lukasz"), ("Yıldız Øystein", "yildiz oyst"), ("Ɗanladi", "danla"), ("O´Brien", "obri"),
        ("Amina Wanjiru", "wanj a"), ("Amina Wanjiru", "amina w"), ("مصطفى", "مصطفي"), ("یاسمین", "ياسمين"),
        ("अमिता शर्मा", "शर्मा"), ("ချစ်ဦး", "ဦး"), ("Konstantinos P", "konstantinos p"), ("X Æ", "x"),
    ],
)  # fmt: skip
def test_a_name_is_found_by_the_beginnings_of_its_words_however_they_are_typed(name: str, typed: str) -> None:
    assert sought(typed) and set(sought(typed)) <= set(beginnings(name))


@pytest.mark.parametrize("typed", ["mina", "a", "wanjiruu", "ami om", "ina wan", "小明"])
def test_a_name_is_not_found_by_what_it_does_not_begin_with(typed: str) -> None:
    assert not set(sought(typed)) <= set(beginnings("Amina Wanjiru"))


@pytest.mark.parametrize("typed", ["", "%", "_", "…", "-", "' '"])
def test_what_has_no_letters_looks_for_nothing(typed: str) -> None:
    assert sought(typed) == []


@given(st.text(max_size=LONGEST_NAME))
def test_whatever_a_name_is_its_beginnings_are_few_and_its_words_find_it(name: str) -> None:
    parts = beginnings(name)
    assert len(parts) <= MOST_PARTS and all(len(part) <= MOST_LETTERS for part in parts)
    if len(parts) < MOST_PARTS:
        assert set(sought(name)) <= set(parts)


def test_nothing_readable_is_written_where_a_digest_belongs(world: World) -> None:
    with pytest.raises(Exception, match="readable text") as caught, world.db.transaction(SYSTEM) as session:
        session.execute(select(Account).where(Account.email_key == "nia@example.org"))
    assert isinstance(caught.value.__cause__ or caught.value, Misuse)
    assert index_of("a", "address") != index_of("a", "name") != index_of("b", "name")


def test_a_new_name_is_found_and_the_old_one_is_not(world: World) -> None:
    nia, actor = world.annotator("Nia Otieno")
    with world.db.transaction(SYSTEM) as session:
        set_profile(session, actor, nia.account_id, name="Nia Wambui", locale="en", time_zone="UTC")
    assert called(world, "wambui") == called(world, "nia") == {nia.id} and called(world, "otieno") == set()


def test_people_are_found_and_sign_in_while_the_keys_are_turned_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nia, _actor = world.annotator("Nia Otieno")
    invite(world, "omar@example.org")
    everywhere(world, nia.id)
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW, KEY)))
    everywhere(world, nia.id)
    lela, lelas = world.annotator("Lela Otieno")  # under the new key at once
    takes_an_address(world, lelas, "nia.otieno@example.org")
    assert called(world, "otieno") == {nia.id, lela.id}
    before = keys(world)
    assert {"t", "new"} == {key.partition("|")[0] for key in before}
    assert turned(world) == len(before) - 1 and turned(world) == 0
    assert {"new"} == {key.partition("|")[0] for key in keys(world)}
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW,)))  # the old key is taken away
    everywhere(world, nia.id)
    assert called(world, "otieno") == {nia.id, lela.id}
    with world.db.reading(SYSTEM) as session:
        parts = session.scalars(select(NamePart.part).where(NamePart.account_id == nia.account_id)).all()
        assert len(parts) == len(beginnings("Nia Otieno")), "those of the old key are gone"


def test_two_processes_that_write_by_different_keys_do_not_write_one_address_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def new_account(session: Session) -> None:
        operations.create_account(session, MACHINE, email="nia@example.org", name="Nia")

    def asked_in(session: Session) -> None:
        acts.invite(session, world.manager, pool_id=world.pool_id, email="o@example.org", locale="en", address_of=str)

    def offered(session: Session) -> None:
        operations.offers.offer_role(
            session, world.manager, email="l@example.org", role="reviewer", locale="en", address_of=str
        )

    def by(ring: KeyRing, act: Act) -> Act:
        def run(session: Session) -> None:
            monkeypatch.setattr(Sealed, "ring", ring)
            act(session)

        return run

    old, new = KeyRing((KEY, NEW)), KeyRing((NEW, KEY))
    for scope, act, code in (
        (SYSTEM, new_account, "account.email_taken"), (world.vendor, asked_in, "invitation.exists"),
        (world.vendor, offered, "offer.too_often"),
    ):  # fmt: skip
        assert beside(world, (scope, by(old, act)), (scope, by(new, act))) == code


def test_a_name_that_was_given_by_a_process_of_the_old_order_is_digested_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nia, actor = world.annotator("Nia Otieno")
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW, KEY)))
    turned(world)
    monkeypatch.setattr(Sealed, "ring", KeyRing((KEY, NEW)))
    with world.db.transaction(SYSTEM) as session:
        for name in ("Nia Achieng", "Nia Wambui"):
            set_profile(session, actor, nia.account_id, name=name, locale="en", time_zone="UTC")
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW, KEY)))
    assert called(world, "wambui") == {nia.id} and turned(world) == 1
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW,)))
    assert called(world, "wambui") == {nia.id} and called(world, "achieng") == called(world, "otieno") == set()


def test_an_address_that_was_written_twice_is_told_and_stops_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nia, _actor = world.annotator("Nia Otieno")
    world.annotator("Lela Otieno")
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW,)))  # as a process writes that does not know the old key
    with world.db.transaction(SYSTEM) as session:
        operations.create_account(session, MACHINE, email="nia.otieno@example.org", name="Twice")
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW, KEY)))
    accounts = next(index for index in resealing.index_columns() if index.table.name == "account")
    before = len(keys(world))
    with world.db.transaction(SYSTEM) as session:
        portion = resealing.reindex(session, world.manager, accounts, None)
    assert (portion.unreadable, portion.sealed) == (1, before - 2)
    with world.db.reading(SYSTEM) as session:
        assert session.scalars(select(Account.email_key).where(Account.id == nia.account_id)).one().startswith("t|")
    assert called(world, "nia") == {nia.id}, "whom no digest was made for anew is found as before"


def test_who_is_erased_between_the_reading_of_a_roster_and_its_job_stops_nobody_elses_invitation(
    world: World, time: Time
) -> None:
    nia, _actor = world.annotator("Nia Otieno")
    lines = [FileLine(n, {"email": f"{name}@example.org", "locale": "en"}) for n, name in enumerate("abc", 2)]
    with world.db.transaction(world.vendor) as session:
        roster = rosters.keep_roster(session, world.manager, world.pool_id, name="p.csv", lines=lines)
    with world.db.transaction(SYSTEM) as session:
        call(session, session.get_one(Account, nia.account_id), email="a@example.org")  # it is theirs by now
        asked = ask_data(session, Actor(nia.account_id, None, None), nia.account_id, DataKind.ERASURE)
    time.now += timedelta(days=15)
    with world.db.transaction(SYSTEM) as session:
        assert erase_person(session, MACHINE, asked.id)
    with world.db.transaction(world.vendor) as session:
        (emptied,) = session.scalars(select(RosterLine).where(RosterLine.email_key.is_(None)))
        assert (emptied.number, emptied.outcome) == (2, "wrong")
        emptied.outcome = "invite"  # as an erasure left it before it said so
    with world.db.transaction(world.vendor) as session:
        assert rosters.invite_next(session, world.manager, roster.id, str) == 3
        assert rosters.invite_next(session, world.manager, roster.id, str) == 0
    with world.db.reading(world.vendor) as session:
        outcomes = session.execute(select(RosterLine.number, RosterLine.outcome).order_by(RosterLine.number)).all()
        assert [tuple(row) for row in outcomes] == [(2, "wrong"), (3, "invited"), (4, "invited")]
        assert {row.email for row in session.scalars(select(Invitation))} == {"b@example.org", "c@example.org"}


def test_a_digest_that_no_key_can_make_anew_is_counted_and_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.annotator("Nia Otieno")
    before = keys(world)
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW,)))
    with world.db.transaction(SYSTEM) as session:
        accounts = next(index for index in resealing.index_columns() if index.table.name == "account")
        portion = resealing.reindex(session, world.manager, accounts, None)
    assert portion.sealed == 0 and portion.unreadable == len(before) and keys(world) == before


def everywhere(world: World, nia: str) -> None:
    """Somebody is found by name and address, is told twice by nobody, and nobody is asked in twice."""
    assert called(world, "otie ni") == called(world, "NIA.otieno@example.org") == {nia}
    with world.db.reading(SYSTEM) as session:
        account = queries.find_account(session, "Nia.Otieno@Example.org")
        assert account is not None and account.name == "Nia Otieno"
    with pytest.raises(Conflict, match="account"), world.db.transaction(SYSTEM) as session:
        operations.create_account(
            session, Actor(None, None, None, system_reason="test"), email="nia.otieno@example.org", name="N"
        )
    for email in ("nia.otieno@example.org", "OMAR@example.org"):
        with pytest.raises(Conflict):
            invite(world, email)
    with world.db.reading(world.vendor) as session:
        (found,), _after = queries.invitations(session, address="Omar@example.org")
        assert found.email == "omar@example.org"


def takes_an_address(world: World, actor: Actor, email: str) -> None:
    """Somebody asks for an address that is another's by now."""
    secrets: list[str] = []
    own = Actor(actor.account_id, None, None)

    def address(secret: str) -> str:
        secrets.append(secret)
        return secret

    with world.db.transaction(SYSTEM) as session:
        change_address(session, own, actor.account_id or "", email, address)
    with pytest.raises(Conflict, match="email_taken"), world.db.transaction(SYSTEM) as session:
        confirm_address(session, system_actor("test"), secrets[0])


def called(world: World, typed: str) -> set[str]:
    with world.db.reading(world.vendor) as session:
        return {row.id for row in queries.find_people(session, text=typed)[0]}


def invite(world: World, email: str) -> None:
    with world.db.transaction(world.vendor) as session:
        acts.invite(
            session, world.manager, pool_id=world.pool_id, email=email, locale="en", address_of=lambda secret: secret
        )


def keys(world: World) -> set[str]:
    with world.db.reading(SYSTEM) as session:
        return {key for model in (Account, Invitation) for key in session.scalars(select(model.email_key))}


def turned(world: World) -> int:
    """How many digests were made anew, a few at a time; everything else is sealed anew first."""
    done = 0
    for column in resealing.sealed_columns():
        with world.db.transaction(SYSTEM) as session:
            assert resealing.reseal(session, world.manager, column, None, 1000).unreadable == 0
    for index in resealing.index_columns():
        after, more = None, True
        while more:
            with world.db.transaction(SYSTEM) as session:
                portion = resealing.reindex(session, world.manager, index, after, 2)
            assert portion.unreadable == 0
            done, after, more = done + portion.sealed, portion.after, portion.after is not None
    return done


def test_the_models_say_which_columns_are_digests() -> None:
    names = {str(index) for index in resealing.index_columns()}
    assert names == {f"{table}.email_key" for table in ("account", "invitation", "role_offer", "roster_line")}
    assert isinstance(index_of("x", "address"), Index) and Invitation.email_key.type.__class__.__name__ == "Indexed"
