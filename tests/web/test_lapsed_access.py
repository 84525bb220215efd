"""What was given and has ended, generated from the addresses and the matrix: every route × an account, a role, a
session, a token, a grant or a proof that is over."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kernel.clock import now
from kernel.db import Base
from kernel.policy import Role, matrix
from kernel.walls import kind_of
from tests.support import is_soak
from tests.web import canaries
from tests.web.conftest import ORG_KIND
from tests.web.conftest import test_settings as settings_of
from tests.web.lapses import (
    CONTENT,
    ENDED,
    GRANTS,
    NO_FACTOR,
    NO_ROLE,
    SENSITIVE,
    SIGN_IN,
    STALE,
    WITHOUT_ROLE,
    Lapse,
    code_of,
    elsewhere,
    holding,
    lapse,
    narrowed,
    proven,
    roles_before,
    shown,
    visitors_before,
)  # fmt: skip
from tests.web.town import (
    ALSO,
    HANDED,
    LEAVING,
    PARTS,
    Case,
    Town,
    Visitor,
    cases,
    chance,
    codes_of,
    guarded,
    hand_out,
    is_asked_here,
    is_one_of,
    is_their_organizations,
    no_such,
    owned,
    plain,
)  # fmt: skip
from workforce.values import CLASS_DEMANDS
from wsgi import create_app


def action_of(case: Case) -> str:
    return str(matrix().endpoints[case.endpoint]["action"])


def also_of(case: Case) -> list[str]:
    return [ALSO[case.endpoint]] if case.endpoint in ALSO else []


@pytest.fixture(autouse=True)
def as_before(town: Town) -> Iterator[None]:
    yield
    town.restore()


@pytest.mark.soak
@pytest.mark.parametrize("what", ENDED, ids=lambda each: each.name)
def test_whose_account_role_session_or_token_has_ended_is_nobody_everywhere(town: Town, what: Lapse) -> None:
    lapse(town, what)
    wrong = []
    for case in guarded(town.app):
        told = what.tells(case)
        for role, visitor in visitors_before(town, case) if told else ():
            if is_asked_here(town.db, role, case):
                answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS), in_brief=True)
                if code_of(answer) != told:
                    wrong.append((role.value, case.endpoint, case.method, answer.status_code, code_of(answer)))
    assert wrong == []


@pytest.mark.soak
@pytest.mark.parametrize("what", ENDED, ids=lambda each: each.name)
def test_what_is_open_to_all_tells_whose_access_has_ended_no_more_than_anybody(town: Town, what: Lapse) -> None:
    lapse(town, what)
    nobody, wrong = Visitor(town.app, town.db, None), []
    for case in cases(town.app):
        if matrix().endpoints[case.endpoint]["action"] != "public" or case.method != "GET" or not what.tells(case):
            continue
        if not (is_soak() or ENDED[chance(case) % len(ENDED)] == what):
            continue
        ids = town.mine.ids_for(town.db, case.rule, PARTS)
        for role, visitor in [(role, town.visitors[role]) for role in roles_before(case, Role)]:
            told = plain(nobody.ask(case, ids))
            # What they did last may still be told to their browser, once.
            if plain(visitor.ask(case, ids)) != told and plain(visitor.ask(case, ids)) != told:
                wrong.append((role.value, case.endpoint))
    assert wrong == []


@pytest.mark.soak
def test_whoever_has_no_role_any_more_reaches_what_is_of_their_account_alone(town: Town) -> None:
    """The matrix names it: what is everybody's own."""
    lapse(town, WITHOUT_ROLE)
    wrong = []
    for case in guarded(town.app):
        is_own = "self" in matrix().actions[action_of(case)].get(Role.ANNOTATOR, ())
        told = (SIGN_IN if case.is_api else None) if is_own else WITHOUT_ROLE.tells(case)
        for role, visitor in visitors_before(town, case):
            if case.endpoint in LEAVING or not is_asked_here(town.db, role, case):
                continue
            if is_own and case.method != "GET" and not (is_soak() or town.db.is_sqlite):
                continue
            answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS), as_part=True)
            if (code_of(answer) in (SIGN_IN, NO_ROLE)) if told is None else code_of(answer) != told:
                wrong.append((role.value, case.endpoint, case.method, answer.status_code, code_of(answer)))
            if case.method != "GET" and answer.status_code < 400:
                town.restore()
                lapse(town, WITHOUT_ROLE)
    assert wrong == []


@pytest.mark.soak
@pytest.mark.parametrize("half", [0, 1])
def test_a_token_is_good_for_its_scopes_alone(town: Town, half: int) -> None:
    """Two tokens that together are good for all: by the names of actions, and by what these are about."""
    about = {action: action.partition(":")[0] for action in matrix().actions}
    of_half = {action for action, word in about.items() if sum(word.encode()) % 2 == half}
    lapse(town, what := narrowed({about[each] for each in of_half} if half else of_half))
    wrong = []
    for case in guarded(town.app):
        if not case.is_api:
            continue
        for role, visitor in visitors_before(town, case):
            if action_of(case) not in of_half and is_asked_here(town.db, role, case):
                answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS))
                if code_of(answer) != what.api:
                    wrong.append((role.value, case.endpoint, case.method, answer.status_code, code_of(answer)))
    assert wrong == []


def proofs() -> list[timedelta | None]:
    """Just in time and just too late for each age that the matrix names, and never."""
    ages = {each.within for each in matrix().fresh.values()}
    minute = timedelta(minutes=1)
    return [None, *sorted({*ages, *(age - minute for age in ages)})]


@pytest.mark.soak
@pytest.mark.parametrize("age", proofs(), ids=str)
def test_a_proof_that_is_older_than_the_matrix_says_is_asked_for_anew_and_no_other(
    town: Town, age: timedelta | None
) -> None:
    lapse(town, what := proven(age))
    wrong = []
    for case in guarded(town.app):
        asked = matrix().fresh.get(action_of(case))
        is_stale = asked is not None and not asked.sensitive and (age is None or age >= asked.within)
        if case.endpoint in LEAVING and not is_stale:
            continue
        for role, visitor in visitors_before(town, case):
            is_told_of = age is None and (is_soak() or (town.db.is_sqlite and is_one_of(4, role, case)))
            if not is_asked_here(town.db, role, case) or not (asked is not None or is_told_of):
                continue
            if not is_stale and any(also in matrix().fresh for also in also_of(case)):
                continue  # what is sent decides
            answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS), as_part=True)
            if (code_of(answer) == STALE) != is_stale:
                wrong.append((role.value, case.endpoint, case.method, answer.status_code, code_of(answer)))
            if case.method != "GET" and answer.status_code < 400:
                town.restore()
                lapse(town, what)
    assert wrong == []


@pytest.mark.soak
def test_without_the_second_factor_that_a_role_asks_for_nothing_is_open_but_what_the_matrix_names(
    town: Town, tmp_path: Path
) -> None:
    settings = replace(settings_of(tmp_path), second_factor_roles=tuple(role.value for role in Role))
    asking, wrong = elsewhere(town, create_app(settings, town.db)), []
    for case in guarded(asking.app):
        for role, visitor in visitors_before(asking, case):
            asked = {action_of(case), *(also for also in also_of(case) if role in matrix().actions[also])}
            is_open = asked <= matrix().without_factor
            if not is_asked_here(town.db, role, case) or (case.endpoint in LEAVING and is_open):
                continue
            answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS), as_part=True)
            if (code_of(answer) == NO_FACTOR) == is_open:
                wrong.append((role.value, case.endpoint, case.method, answer.status_code, code_of(answer)))
            if case.method != "GET" and answer.status_code < 400:
                town.restore()
    assert wrong == []


# What a vendor keeps when its access to a project has ended, beside what was its own from the start.
KEPT = {
    # Its own books: what it has billed, and what came in.
    "payouts.invoice", "payouts.receive", "payouts_api.invoice", "payouts_api.receive_payment",
    # Work that was in hand is taken as late, and paid.
    "work_api.answer",
}  # fmt: skip


def shared_tables(case: Case) -> set[str]:
    """What of a client's the address names, that its vendor sees while a grant lives."""
    tables = {PARTS[name] for name in case.rule.arguments if name in PARTS}
    return {each for each in tables if is_shared(each)}


def is_shared(table: str) -> bool:
    return kind_of(Base.metadata.tables[table]) == "shared"


@pytest.mark.soak
@pytest.mark.parametrize("what", GRANTS, ids=lambda each: each.name)
def test_what_a_vendor_was_shown_by_a_grant_is_as_if_it_did_not_exist_when_the_grant_does_not_live(
    town: Town, what: Lapse
) -> None:
    lapse(town, what)
    wrong = []
    for case in guarded(town.app):
        if not shared_tables(case) or case.endpoint in KEPT:
            continue
        if not (is_soak() or GRANTS[chance(case) % len(GRANTS)] == what):
            continue
        vendors = [role for role in Role if ORG_KIND[role] == "vendor" and codes_of(role, case)]
        asking = [(role, town.visitors[role]) for role in vendors]
        asking += [town.owners[table] for table in shared_tables(case) if table in town.owners]
        for role, visitor in asking:
            if not is_asked_here(town.db, role, case):
                continue
            none = visitor.ask(case, no_such(case.rule), in_brief=True)
            found = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS), in_brief=True)
            if plain(found) != plain(none) or found.status_code < 400:
                wrong.append(
                    (
                        role.value,
                        case.endpoint,
                        case.method,
                        found.status_code,
                        none.status_code,
                        owned(town, role, case),
                    )
                )
            if case.method != "GET" and found.status_code < 400:
                town.restore()
                lapse(town, what)
    assert wrong == []


@pytest.mark.soak
@pytest.mark.parametrize("what", GRANTS, ids=lambda each: each.name)
def test_when_the_grant_does_not_live_a_vendor_keeps_its_people_and_money_and_reads_no_word_of_the_clients(
    town: Town, what: Lapse
) -> None:
    """What opens without naming anything of the client's is still open, and holds what is the vendor's own."""
    lapse(town, what)
    closed, found, seen = [], [], set()
    own = {id(visitor): (role, visitor) for role, visitor in town.owners.values() if ORG_KIND[role] == "vendor"}
    people = own | {id(each): (role, each) for role, each in town.visitors.items() if ORG_KIND[role] == "vendor"}
    for case in guarded(town.app):
        if case.method != "GET" or case.endpoint in LEAVING:
            continue
        if not (is_soak() or GRANTS[chance(case) % len(GRANTS)] == what):
            continue
        for number, (role, visitor) in people.items():
            if not codes_of(role, case) or not is_asked_here(town.db, role, case):
                continue
            answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS))
            is_open = not case.rule.arguments or (number not in own and is_their_organizations(town, role, case))
            if is_open and not shared_tables(case) and answer.status_code not in (200, 303, 409):
                closed.append((role.value, case.endpoint, answer.status_code))
            for _world, column in canaries.seen_in(answer.get_data(as_text=True)):
                seen.add(column)
                if is_shared(column.partition(".")[0]):
                    found.append((role.value, case.endpoint, column))
    assert (closed, found) == ([], [])
    assert "account.name_sealed" in seen
    if is_soak():
        assert {"appeal.text", "decision_receipt.what", "payout_method.mask", "payout_line.mask"} <= seen


@pytest.mark.soak
@pytest.mark.parametrize("what", GRANTS, ids=lambda each: each.name)
def test_what_was_handed_to_a_vendors_people_holds_no_content_when_the_grant_does_not_live(
    town: Town, what: Lapse
) -> None:
    """Evidence of decisions, exams that are over and appeals are theirs; what the client brought is not."""
    if not (town.db.is_sqlite or is_soak()):
        return
    who = hand_out(town)
    lapse(town, what)
    found = []
    for case in guarded(town.app):
        for table, endpoints in HANDED.items():
            if case.endpoint in endpoints and case.method == "GET" and who[table] is not town.visitors[Role.CLIENT_QA]:
                answer = who[table].ask(case, town.mine.ids_for(town.db, case.rule, PARTS))
                words = canaries.seen_in(answer.get_data(as_text=True))
                found += [(table, case.endpoint, column) for _world, column in words if column in CONTENT]
    assert found == []


def readers(town: Town) -> list[tuple[Role, Visitor]]:
    """All of the first world who may meet content."""
    people = [each for each in town.visitors.items() if ORG_KIND[each[0]] == "client"]
    return people + list({id(visitor): (role, visitor) for role, visitor in town.owners.values()}.values())


def contents_met(town: Town, name: str, *, by_token: bool) -> set[tuple[str, str]]:
    """By which routes anybody is shown content of the first world; by a token or a session alone."""
    met = set()
    for case in guarded(town.app):
        if case.method != "GET" or case.is_api != by_token:
            continue
        if not (is_soak() or SENSITIVE[chance(case) % len(SENSITIVE)] == name):
            continue
        for role, visitor in readers(town):
            if codes_of(role, case) and is_asked_here(town.db, role, case):
                answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS))
                if {column for _world, column in canaries.seen_in(answer.get_data(as_text=True))} & CONTENT:
                    met.add((role.value, case.endpoint))
    return met


@pytest.mark.soak
@pytest.mark.parametrize("name", SENSITIVE)
def test_content_is_shown_to_nobody_whose_second_factor_is_older_than_its_class_asks_or_is_none(
    town: Town, name: str
) -> None:
    asked = CLASS_DEMANDS[name]
    assert asked.factor_within is not None
    lapse(town, holding(name))
    late, in_time = now() - asked.factor_within, now() - asked.factor_within + timedelta(minutes=2)
    lapse(town, shown(late, by_passkey=asked.asks_passkey))
    assert contents_met(town, name, by_token=False) == set()
    assert contents_met(town, name, by_token=True) == set(), "a token shows no second factor"
    if is_soak():
        lapse(town, shown(None, by_passkey=False))
        assert contents_met(town, name, by_token=False) == set()
    if asked.asks_passkey:
        lapse(town, shown(now(), by_passkey=False))
        assert contents_met(town, name, by_token=False) == set()
    lapse(town, shown(in_time, by_passkey=asked.asks_passkey))
    page = next(case for case in guarded(town.app) if case.endpoint == "marketplace.unit")
    answer = town.visitors[Role.CLIENT_PM].ask(page, town.mine.ids_for(town.db, page.rule, PARTS))
    assert ("mine", "item.content_sealed") in canaries.seen_in(answer.text)
    sensitive = {action for action, age in matrix().fresh.items() if age.sensitive}
    lapse(town, proven(max(matrix().fresh[action].within for action in sensitive)))
    for case in guarded(town.app):
        for role, visitor in visitors_before(town, case) if action_of(case) in sensitive else ():
            answer = visitor.ask(case, town.mine.ids_for(town.db, case.rule, PARTS), as_part=True)
            assert code_of(answer) == STALE, (role, case.endpoint, answer.status_code)
    if is_soak():
        met = contents_met(town, name, by_token=False)
        assert {"client_pm", "annotator"} <= {role for role, _endpoint in met}, met
