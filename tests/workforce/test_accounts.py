"""Organizations, accounts, passwords, roles and tokens."""

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from kernel.crypto import digest
from kernel.errors import Conflict, Forbidden, Invalid, Misuse, NotFound, Unauthenticated
from kernel.policy import NOBODY, Actor, Role
from kernel.tenancy import Scope
from tests.workforce.conftest import SYSTEM, Time, World
from workforce import hashing, operations, queries
from workforce.models import Account, AccountToken
from workforce.rules.scripts import looks
from workforce.values import PasswordSettings

TEST = Scope.system("test")
GOOD = "purple otter drums at noon"


class Watched:
    """A hasher that remembers which hashes it was asked about."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self.hasher = hasher
        self.verified: list[str] = []

    def verify(self, stored: str, text: str) -> bool:
        self.verified.append(stored)
        return self.hasher.verify(stored, text)


def test_two_organizations_cannot_have_the_same_name(world: World) -> None:
    with pytest.raises(Conflict, match=r"organization\.name_taken"), world.db.transaction(TEST) as session:
        operations.create_organization(session, SYSTEM, kind="client", name=" baraza  LANGUAGE works")


@pytest.mark.parametrize("name", ["Вагаzа Lаnguаgе Wоrks", "Baraza-Language W0rks", "Baraza Language VVorks", "ΒARAZA"])
def test_an_organization_does_not_look_like_another_one(world: World, name: str) -> None:
    with world.db.transaction(TEST) as session:
        operations.create_organization(session, SYSTEM, kind="client", name="Baraza")
    with pytest.raises((Conflict, Invalid)) as refused, world.db.transaction(TEST) as session:
        operations.create_organization(session, SYSTEM, kind="client", name=name)
    assert refused.value.code in ("organization.name_taken", "name.invalid", "invalid.name")


def test_names_that_only_sound_alike_or_differ_by_an_accent_are_two() -> None:
    pairs = (("Café", "Cafe"), ("Иван", "Ivan"), ("Ольга", "Olga"), ("นา", "น้า"), ("王伟", "王維"), ("نور", "نورا"))
    assert all(looks(one) != looks(other) for one, other in pairs)
    assert all(looks(one) == looks(other) for one, other in (("Apple", "аррӏе"), ("SPOC", "ЅРОС"), ("nora", "n0ra")))


def test_only_the_operator_founds_organizations(world: World) -> None:
    with pytest.raises(Forbidden), world.db.transaction(TEST) as session:
        operations.create_organization(session, world.manager, kind="client", name="Mine")
    with world.db.transaction(TEST) as session:
        made = operations.create_organization(
            session, world.operator, kind="client", name="Acme", country="KE", currency="KES"
        )
    (line,) = [line for line in world.audit("organization.created") if line.org_id == made.id]
    assert line.actor_ref == world.operator.account_id


@pytest.mark.parametrize("wrong", [{"country": "XX"}, {"currency": "QQQ"}, {"name": "\u202e"}])
def test_an_organization_with_unknown_country_or_currency_is_refused(world: World, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid), world.db.transaction(TEST) as session:
        operations.create_organization(session, SYSTEM, **{"kind": "client", "name": "Acme", **wrong})


def test_an_address_belongs_to_one_account_however_it_is_written(world: World) -> None:
    with world.db.transaction(TEST) as session:
        made = operations.create_account(session, SYSTEM, email="Nia@Bücher.example", name="Nia", locale="es-MX")
    assert (made.email, made.locale) == ("Nia@Bücher.example", "es")
    with pytest.raises(Conflict, match=r"account\.email_taken"), world.db.transaction(TEST) as session:
        operations.create_account(session, SYSTEM, email="nia@xn--bcher-kva.example", name="Nia Two")


def test_nobody_makes_accounts_without_permission(world: World) -> None:
    for actor, refusal in ((NOBODY, Unauthenticated), (world.finance, Forbidden)):
        with pytest.raises(refusal), world.db.transaction(TEST) as session:
            operations.create_account(session, actor, email="a@example.org", name="A")


def test_a_password_opens_its_own_account_and_no_other(world: World) -> None:
    world.account("Nia Otieno", password=GOOD)
    with world.db.reading(TEST) as session:
        found = operations.check_password(session, " NIA.otieno@example.org", GOOD)
        assert found is not None and found.name == "Nia Otieno"
        assert operations.check_password(session, "nia.otieno@example.org", GOOD + "!") is None
        assert operations.check_password(session, "nobody@example.org", GOOD) is None
        assert operations.check_password(session, "no address", GOOD) is None
        assert operations.check_password(session, "nia.otieno@example.org", "x" * 5000) is None
        assert operations.check_password(session, "vera.manager@example.org", GOOD) is None  # has no password


def test_unknown_and_suspended_accounts_cost_the_same_work_as_a_wrong_password(world: World) -> None:
    account_id = world.account("Nia Otieno", password=GOOD)
    with world.db.transaction(TEST) as session:
        row = session.get(Account, account_id)
        assert row is not None
        row.status = "suspended"
    current = hashing._current()
    current.hasher = watched = Watched(current.hasher)  # type: ignore[assignment]
    with world.db.reading(TEST) as session:
        assert operations.check_password(session, "nia.otieno@example.org", GOOD) is None
        assert operations.check_password(session, "nobody@example.org", GOOD) is None
    assert watched.verified == [current.dummy, current.dummy]


def test_a_hash_of_cheaper_days_is_renewed_at_sign_in(world: World) -> None:
    account_id = world.account("Nia Otieno", password=GOOD)
    hashing.use_settings(PasswordSettings(time_cost=2, memory_kib=16))
    with world.db.transaction(TEST) as session:
        assert operations.renew_hash(session, Actor(account_id, None, None), account_id, GOOD)
        assert not operations.renew_hash(session, Actor(account_id, None, None), account_id, GOOD)
    with world.db.reading(TEST) as session:
        row = session.get(Account, account_id)
        assert row is not None and row.password_hash is not None
        assert row.password_hash.startswith("$argon2id$v=19$m=16,t=2,p=1$")
        assert operations.check_password(session, "nia.otieno@example.org", GOOD) is not None


def test_the_parameters_of_a_hash_are_strong_unless_somebody_sets_them() -> None:
    assert PasswordSettings() == PasswordSettings(time_cost=2, memory_kib=19 * 1024, parallelism=1)


def test_only_the_system_may_skip_the_check_of_a_password(world: World) -> None:
    with world.db.transaction(TEST) as session:
        operations.create_account(
            session, SYSTEM, email="d@demo.example", name="Demo", password="demo", check_strength=False
        )
        assert operations.check_password(session, "d@demo.example", "demo") is not None
    with pytest.raises(Misuse), world.db.transaction(TEST) as session:
        operations.create_account(
            session, world.operator, email="e@demo.example", name="E", password="demo", check_strength=False
        )


def test_people_change_their_own_password_and_their_sessions_end(world: World) -> None:
    account_id = world.account("Nia Otieno", password=GOOD)
    own = Actor(account_id, None, None)
    with world.db.transaction(TEST) as session:
        operations.set_password(session, own, account_id, "seven green kettles sing")
    with world.db.reading(TEST) as session:
        found = operations.check_password(session, "nia.otieno@example.org", "seven green kettles sing")
        assert found is not None and found.auth_epoch == 1
        assert operations.check_password(session, "nia.otieno@example.org", GOOD) is None
    (line,) = world.audit("account.password_changed")
    assert (line.actor_ref, line.object_ref) == (account_id, account_id)


def test_nobody_else_sets_ones_password(world: World) -> None:
    account_id = world.account("Nia Otieno", password=GOOD)
    for actor in (world.manager, world.operator, world.stranger):
        with pytest.raises(NotFound), world.db.transaction(TEST) as session:
            operations.set_password(session, actor, account_id, "seven green kettles sing")


def test_a_manager_gives_roles_in_their_own_organization_only(world: World) -> None:
    account_id = world.account("New Hand")
    with world.db.transaction(TEST) as session:
        operations.add_membership(
            session, world.manager, account_id=account_id, org_id=world.vendor_id, role="reviewer"
        )
    (line,) = [line for line in world.audit("membership.added") if line.actor_ref == world.manager.account_id]
    assert line.details == {"account": account_id, "role": "reviewer"}
    for actor in (world.stranger, world.client_admin):
        with pytest.raises(NotFound), world.db.transaction(TEST) as session:
            operations.add_membership(session, actor, account_id=account_id, org_id=world.vendor_id, role="finance")


def test_nobody_gives_a_role_to_themselves(world: World) -> None:
    assert world.manager.account_id
    with pytest.raises(Forbidden, match="self_approval"), world.db.transaction(TEST) as session:
        operations.add_membership(
            session, world.manager, account_id=world.manager.account_id, org_id=world.vendor_id, role="finance"
        )


@pytest.mark.parametrize("role", ["operator", "auditor", "client_admin", "annotator"])
def test_a_manager_gives_no_role_above_their_own(world: World, role: str) -> None:
    account_id = world.account("New Hand")
    with pytest.raises(Forbidden, match="role_missing"), world.db.transaction(TEST) as session:
        operations.add_membership(session, world.manager, account_id=account_id, org_id=world.vendor_id, role=role)


def test_an_organization_has_the_roles_of_its_kind_only(world: World) -> None:
    account_id = world.account("New Hand")
    with pytest.raises(Invalid, match="role_unfit"), world.db.transaction(TEST) as session:
        operations.add_membership(
            session, world.operator, account_id=account_id, org_id=world.vendor_id, role="auditor"
        )


def test_a_role_that_ends_takes_sessions_and_tokens_along_and_can_be_given_again(world: World) -> None:
    reviewer = world.reviewer
    assert reviewer.account_id and reviewer.membership_id
    with world.db.transaction(TEST) as session:
        _view, secret = operations.create_token(
            session, reviewer, account_id=reviewer.account_id, membership_id=reviewer.membership_id,
            name="script", scopes=["all"], days=30,
        )  # fmt: skip
        operations.end_membership(session, world.manager, reviewer.membership_id)
    with world.db.reading(TEST) as session:
        assert operations.actor_of_token(session, secret) is None
        assert queries.actor_of(session, reviewer.account_id) is None
        account = queries.account_of(session, reviewer.account_id)
        assert account is not None and account.auth_epoch == 0, "their sessions in other places go on"
    with world.db.transaction(TEST) as session:
        again = operations.add_membership(
            session, world.manager, account_id=reviewer.account_id, org_id=world.vendor_id, role="reviewer"
        )
        assert again == reviewer.membership_id
        assert operations.actor_of_token(session, secret) is None
    assert len(world.audit("membership.ended")) == 1


def test_the_last_manager_stays(world: World) -> None:
    with world.db.transaction(TEST) as session:
        assert world.colleague.membership_id and world.manager.membership_id
        operations.end_membership(session, world.manager, world.colleague.membership_id)
    with pytest.raises(Conflict, match=r"membership\.last"), world.db.transaction(TEST) as session:
        operations.end_membership(session, world.operator, world.manager.membership_id)


def test_a_token_acts_as_its_account_in_one_place_with_its_scopes(world: World) -> None:
    manager = world.manager
    assert manager.account_id and manager.membership_id
    with world.db.transaction(TEST) as session:
        view, secret = operations.create_token(
            session, manager, account_id=manager.account_id, membership_id=manager.membership_id,
            name="script", scopes=["people", "pool:read"], days=30,
        )  # fmt: skip
        row = session.get(AccountToken, view.id)
        assert row is not None and row.secret_hash == digest(secret)
        found = operations.actor_of_token(session, secret)
    assert found is not None
    assert (found.account_id, found.org_id, found.role) == (manager.account_id, world.vendor_id, Role.VENDOR_MANAGER)
    assert found.scopes == frozenset({"people", "pool:read"})
    (line,) = world.audit("token.created")
    assert line.details == {"scopes": ["people", "pool:read"], "days": 30}


def test_a_token_ends_by_time_and_by_revocation(world: World, time: Time) -> None:
    manager = world.manager
    assert manager.account_id and manager.membership_id
    with world.db.transaction(TEST) as session:
        made = [
            operations.create_token(
                session, manager, account_id=manager.account_id, membership_id=manager.membership_id,
                name=name, scopes=["all"], days=10,
            )
            for name in ("one", "two")
        ]  # fmt: skip
        operations.revoke_token(session, manager, made[0][0].id)
        assert operations.actor_of_token(session, made[0][1]) is None
        assert [view.name for view in queries.tokens_of(session, manager.account_id)] == ["two"]
    time.now += timedelta(days=10)
    with world.db.reading(TEST) as session:
        assert operations.actor_of_token(session, made[1][1]) is None
        assert operations.actor_of_token(session, "pph_unknown") is None
        assert operations.actor_of_token(session, "") is None


def test_others_cannot_make_or_end_ones_tokens(world: World) -> None:
    manager = world.manager
    assert manager.account_id and manager.membership_id
    with world.db.transaction(TEST) as session:
        view, _secret = operations.create_token(
            session, manager, account_id=manager.account_id, membership_id=manager.membership_id,
            name="one", scopes=["all"], days=10,
        )  # fmt: skip
    for actor in (world.colleague, world.stranger):
        with pytest.raises(NotFound), world.db.transaction(TEST) as session:
            operations.revoke_token(session, actor, view.id)
        with pytest.raises(NotFound), world.db.transaction(TEST) as session:
            operations.create_token(
                session, actor, account_id=manager.account_id, membership_id=manager.membership_id,
                name="two", scopes=["all"], days=10,
            )  # fmt: skip
        with pytest.raises(NotFound), world.db.transaction(TEST) as session:
            assert actor.account_id
            operations.create_token(
                session, actor, account_id=actor.account_id, membership_id=manager.membership_id,
                name="two", scopes=["all"], days=10,
            )  # fmt: skip


def test_a_token_makes_no_tokens(world: World) -> None:
    manager = world.manager
    assert manager.account_id and manager.membership_id
    with world.db.transaction(TEST) as session:
        _view, secret = operations.create_token(
            session, manager, account_id=manager.account_id, membership_id=manager.membership_id,
            name="one", scopes=["all"], days=10,
        )  # fmt: skip
        by_token = operations.actor_of_token(session, secret)
        assert by_token is not None
        with pytest.raises(Forbidden, match=r"token\.by_token"):
            operations.create_token(
                session, by_token, account_id=manager.account_id, membership_id=manager.membership_id,
                name="two", scopes=["all"], days=365,
            )  # fmt: skip


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 366}, {"scopes": []}, {"scopes": ["everything"]}])
def test_a_token_has_an_end_and_known_scopes(world: World, wrong: dict[str, object]) -> None:
    manager = world.manager
    assert manager.account_id and manager.membership_id
    asked: dict[str, Any] = {"name": "one", "scopes": ["all"], "days": 10, **wrong}
    with pytest.raises(Invalid), world.db.transaction(TEST) as session:
        operations.create_token(
            session, manager, account_id=manager.account_id, membership_id=manager.membership_id, **asked
        )


def test_an_applicant_gets_no_token_before_admission(world: World) -> None:
    person, actor = world.applicant()
    assert actor.account_id and actor.membership_id
    asked: dict[str, Any] = {
        "account_id": actor.account_id,
        "membership_id": actor.membership_id,
        "name": "x",
        "days": 1,
    }
    with pytest.raises(Conflict, match=r"token\.not_admitted"), world.db.transaction(TEST) as session:
        operations.create_token(session, actor, scopes=["all"], **asked)
    with world.db.transaction(world.vendor) as session:
        operations.admit(session, world.manager, person.id)
        operations.create_token(session, actor, scopes=["all"], **asked)


def test_the_use_of_a_token_is_remembered_to_ten_minutes(world: World, time: Time) -> None:
    manager, first = world.manager, time.now
    assert manager.account_id and manager.membership_id
    with world.db.transaction(TEST) as session:
        view, secret = operations.create_token(
            session, manager, account_id=manager.account_id, membership_id=manager.membership_id,
            name="one", scopes=["all"], days=10,
        )  # fmt: skip
    seen = []
    for minutes in (0, 9, 2):
        time.now += timedelta(minutes=minutes)
        with world.db.transaction(TEST) as session:
            actor = operations.actor_of_token(session, secret)
            assert actor is not None
            operations.note_use(session, actor)
        with world.db.reading(TEST) as session:
            row = session.get(AccountToken, view.id)
            assert row is not None
            seen.append(row.last_used_at)
    assert seen == [first, first, first + timedelta(minutes=11)]
