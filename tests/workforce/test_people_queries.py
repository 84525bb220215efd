"""Reads of people: what eligibility asks, what a vendor searches, what it has to offer."""

import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, func, select

from i18n import render
from kernel import clock
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.jobs import drain, progress
from kernel.models import OutboxEvent
from kernel.policy import Actor
from kernel.registry import load_jobs
from kernel.tenancy import Scope
from tests.workforce.conftest import SYSTEM, Time, World
from workforce import operations, queries, taking
from workforce.models import Annotator, LanguageClaim
from workforce.operations import all_people, many_people
from workforce.queries import finding
from workforce.queries.steps import step_portion
from workforce.values import ClaimFacts, ClaimStatus, ManyAct, Owner, PeopleFilter, PlanForAll, Standing, SupplyRow


def test_the_facts_of_a_person_take_three_statements(world: World) -> None:
    person, _actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        for code in ("conduct", "nda"):
            operations.publish_agreement(session, world.manager, code=code, titles={"en": "T"}, texts={"en": "X"})
    statements: list[str] = []
    with world.db.reading(world.vendor) as session:
        session.connection()
        event.listen(world.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        facts = queries.person_facts(session, person.id, person.applied_at)
    assert len([text for text in statements if text.lstrip().startswith("SELECT")]) == 3
    assert facts is not None and facts.is_active
    assert facts.claims[0] == ClaimFacts("en", "listen", "C1", ClaimStatus.CLAIMED, None)
    assert [claim.locale for claim in facts.claims] == ["en"] * 4 + ["sw-KE"] * 4
    assert (facts.skills, facts.domains) == (frozenset({"transcription"}), frozenset({"medicine"}))
    assert (facts.signed, [one.code for one in facts.demanded]) == ({}, ["conduct", "nda"])


def test_a_clearance_that_ended_counts_for_nothing(world: World, time: Time) -> None:
    person, _actor = world.annotator()
    with world.db.transaction(world.vendor) as session:
        row = session.get(Annotator, person.id)
        assert row is not None
        row.clearance, row.clearance_until = 2, time.now + timedelta(days=1)
    with world.db.reading(world.vendor) as session:
        assert queries.person_facts(session, person.id, time.now).clearance == 2
        assert queries.person_facts(session, person.id, time.now + timedelta(days=1)).clearance == 0


def test_another_vendor_sees_nobody(world: World) -> None:
    person, _actor = world.annotator()
    with world.db.reading(Scope.tenant(world.other_vendor_id)) as session:
        assert queries.person_facts(session, person.id, person.applied_at) is None
        assert queries.person_detail(session, person.id) is None
        assert queries.annotator_of(session, person.account_id, world.vendor_id) is None
        assert queries.find_people(session) == ([], None)
        assert queries.pool_of(session, world.pool_id) is None
        assert queries.receipts_of(session, person.id) == ([], None)
        assert queries.supply(session, world.vendor_id) == []


@pytest.mark.parametrize("most_named", [500, 0])
def test_people_are_found_by_standing_language_and_name(
    world: World, most_named: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_NAMED", most_named)  # as if very many were called so
    amina, _actor = world.annotator("Amina Wanjiru")
    nia, _actor = world.applicant("Nia Otieno", (("sw-TZ", "native"),))
    jose, _actor = world.applicant("José Álvarez", (("es-MX", "native"), ("swg", "B1")))

    def found(**asked: object) -> set[str]:
        with world.db.reading(world.vendor) as session:
            return {row.id for row in queries.find_people(session, **asked)[0]}  # type: ignore[arg-type]

    assert found() == {amina.id, nia.id, jose.id}
    assert found(status=Standing.APPLIED) == {nia.id, jose.id}
    assert found(locale="sw") == {amina.id, nia.id}
    assert found(locale="SW_ke") == {amina.id}
    assert found(locale="no such tag") == set()
    assert found(text="wanj") == {amina.id}
    assert found(text="Álvarez") == {jose.id}
    assert found(text="%") == set()
    assert found(text=nia.pseudonym.lower()) == {nia.id}
    assert found(text="NIA.otieno@example.org") == {nia.id}
    assert found(text="nia.otieno@") == set()


def test_a_list_of_people_shows_their_languages_and_hides_their_address(world: World) -> None:
    world.annotator("Amina Wanjiru")
    with world.db.reading(world.vendor) as session:
        (row,), after = queries.find_people(session)
    assert after is None
    assert (row.name, row.email_masked) == ("Amina Wanjiru", "a•••@example.org")
    assert [claim.locale for claim in row.claims if claim.mode == "read"] == ["en", "sw-KE"]


def test_pages_of_people_hold_everybody_once(world: World) -> None:
    made = {world.applicant(f"Person {letter}")[0].id for letter in "ABCDE"}
    seen: list[str] = []
    after = None
    with world.db.reading(world.vendor) as session:
        while True:
            rows, after = queries.find_people(session, after=after, limit=2)
            seen += [row.id for row in rows]
            if after is None:
                break
        assert queries.count_by_status(session) == {Standing.APPLIED: 5}
    assert len(seen) == 5 and set(seen) == made


def test_the_supply_counts_active_people_with_a_proven_language(world: World, time: Time) -> None:
    people = [world.annotator(name)[0] for name in ("Amina Wanjiru", "Nia Otieno", "Juma Said")]
    world.applicant("Still Applying")
    with world.db.transaction(world.vendor) as session:
        for person in people:
            for claim in queries.claims_of(session, person.id):
                if claim.locale == "sw-KE" or person is people[0]:
                    operations.verify_language(session, SYSTEM, claim.id, evidence={"kind": "imported"})
        operations.change_standing(session, SYSTEM, people[2].id, status="paused", reason="A pause.")
    with world.db.reading(Scope.system("forecast")) as session:
        assert queries.supply(session, world.vendor_id) == [
            SupplyRow("en", 1, {"C1": 1}, {"C1": 20.0}),
            SupplyRow("sw-KE", 2, {"native": 2}, {"native": 20.0}),
        ]
        assert queries.supply(session, world.other_vendor_id) == []
    time.now += timedelta(days=731)
    with world.db.reading(Scope.system("forecast")) as session:
        assert queries.supply(session, world.vendor_id) == []


@pytest.mark.parametrize("count", [0, 3])
def test_pseudonyms_are_read_in_one_go(world: World, count: int) -> None:
    people = [world.applicant(f"Person {number}")[0] for number in range(count)]
    with world.db.reading(world.vendor) as session:
        found = queries.pseudonyms_of(session, [person.id for person in people] + ["unknown"])
    assert found == {person.id: person.pseudonym for person in people}


def test_a_team_lists_everybody_but_annotators(world: World) -> None:
    world.annotator()
    with world.db.reading(Scope.system("test")) as session:
        rows, after = queries.members_of(session, world.vendor_id)
        first, next_after = queries.members_of(session, world.vendor_id, limit=3)
        rest, _end = queries.members_of(session, world.vendor_id, after=next_after, limit=3)
        clients, _after = queries.organizations(session, kind="client")  # type: ignore[arg-type]
    assert after is None
    assert sorted(row.role for row in rows) == ["finance", "reviewer", "vendor_manager", "vendor_manager"]
    assert [row.membership_id for row in first + rest] == [row.membership_id for row in rows]
    assert [organization.name for organization in clients] == ["Telco"]


def test_people_are_searched_by_what_is_asked_of_them_in_few_statements_a_page(world: World, time: Time) -> None:
    amina, _actor = world.annotator("Amina Wanjiru")
    nia, _actor = world.applicant("Nia Otieno", (("sw-TZ", "native"),))
    with world.db.transaction(world.vendor) as session:
        row = session.get_one(Annotator, amina.id)
        row.clearance, row.clearance_until, row.weekly_hours = 2, time.now + timedelta(days=1), 30
    statements: list[str] = []
    event.listen(world.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    def found(**asked: object) -> set[str]:
        with world.db.reading(world.vendor) as session:
            session.connection()
            statements.clear()
            rows = queries.search_people(session, PeopleFilter(**asked))[0]  # type: ignore[arg-type]
            read = [text for text in statements if "annotator" in text or "language_claim" in text]
            assert len(read) <= 2 + ("locale" in asked) + ("text" in asked)
            return {row.id for row in rows}

    both, one, none = {amina.id, nia.id}, {amina.id}, set[str]()
    assert found(skill="transcription") >= one and found(skill="transcript") == none and found(skill='"') == none
    assert found(domain="medicine", hours=30) == one and found(hours=31) == none
    assert found(clearance=2) == one and found(clearance=3) == none
    assert found(mode="write", locale="sw") == both and found(mode="write", locale="sw", proven=True) == none
    assert found(locale="en", proficiency="C1") == one and found(locale="en", proficiency="C2") == none
    assert found(country="XX") == none
    with world.db.transaction(world.vendor) as session:
        operations.update_profile(
            session, SYSTEM, nia.id, country="TZ", time_zone="Africa/Nairobi", weekly_hours=3, skills=["diving"],
            domains=["law", "medicine"], about=None,
        )  # fmt: skip
    assert (found(skill="diving"), found(domain="law")) == ({nia.id}, {nia.id})
    assert found(skill="transcription") == one and found(domain="medicine") == both
    with world.db.transaction(world.vendor) as session:
        many_people.add_skill(session, world.manager, [amina.id], skill="diving", reason="seen", is_preview=False)
    assert found(skill="diving", domain="medicine") == both
    assert found(pool=world.pool_id) == both and found(pool="x" * 22) == none
    assert found(text="otieno", locale="sw") == {nia.id} and found(locale="sw-UG") == none
    with world.db.transaction(world.vendor) as session:
        spoken = next(each for each in queries.claims_of(session, nia.id) if each.mode == "speak")
        ended, soon, later = (time.now + timedelta(days=days) for days in (-1, 1, 4))
        session.get_one(LanguageClaim, spoken.id).steps = [
            ["native", ended.isoformat()],
            ["C1", soon.isoformat()],
            ["A2", later.isoformat()],
        ]
        first = next(each for each in queries.claims_of(session, amina.id) if each.locale == "sw-KE")
        operations.verify_language(session, SYSTEM, first.id, evidence={"kind": "imported"}, until_at=later)
    assert found(locale="sw", proven=True, proficiency="native") == one, "proven lower than stated is not proven"
    assert found(locale="sw", proven=True, proficiency="C1") == both, "a step at the level is as good as the statement"
    assert found(locale="sw", proven=True, proficiency="C2") == one and found(proven=True, mode="speak") == {nia.id}
    time.now = soon
    assert found(clearance=1) == none
    assert found(locale="sw", proven=True, proficiency="C1") == one, "a step ends too"
    time.now = later - timedelta(minutes=1)
    assert found(locale="sw", proven=True) == {nia.id}, "what has ended is not proven"
    assert found(locale="sw", proven=True, proficiency="A2") == {nia.id}
    assert found(locale="sw", proven=True, proficiency="B1") == none
    with world.db.transaction(world.vendor) as session:
        session.get_one(LanguageClaim, spoken.id).status = ClaimStatus.REJECTED
    assert found(proven=True) == none


def test_the_standing_of_many_is_changed_after_a_look_and_searches_are_ones_own(world: World) -> None:
    amina, _actor = world.annotator("Amina Wanjiru")
    nia, _actor = world.applicant("Nia Otieno", (("sw-TZ", "native"),))
    both = [amina.id, nia.id]
    until = clock.now() + timedelta(days=5)
    told: dict[str, Any] = {"status": "paused", "reason": "the project ends", "until_at": until}
    with world.db.transaction(world.vendor) as session:
        planned = many_people.change_standings(session, world.manager, both, **told, is_preview=True)
        assert {one.id: one.is_possible for one in planned} == {amina.id: True, nia.id: False}
        assert session.get_one(Annotator, amina.id).status == "active"
        many_people.change_standings(session, world.manager, both, **told, is_preview=False)
        assert [session.get_one(Annotator, each).status for each in both] == ["paused", "applied"]
        assert queries.receipts_of(session, amina.id)[0][0].until_at == until
    with world.db.transaction(world.vendor) as session:
        for asked, problem in (
            ({"annotator_ids": []}, Invalid), ({"annotator_ids": both, "status": "emperor"}, Invalid),
            ({"annotator_ids": both, "reason": " "}, Invalid), ({"annotator_ids": [*both, "x" * 22]}, NotFound),
        ):  # fmt: skip
            with pytest.raises(problem):
                many_people.change_standings(session, world.manager, **(told | asked), is_preview=False)
        saved = many_people.save_search(session, world.manager, name="Doctors", wanted=PeopleFilter(domain="medicine"))
        many_people.save_search(session, world.manager, name="Doctors", wanted=PeopleFilter(domain="law"))
        assert [one.wanted.domain for one in many_people.saved_searches(session, world.manager)] == ["law"]
        assert many_people.saved_searches(session, world.colleague) == []
        with pytest.raises(NotFound):
            many_people.forget_search(session, world.colleague, saved.id)
        many_people.forget_search(session, world.manager, saved.id)
        assert many_people.saved_searches(session, world.manager) == []
    with world.db.transaction(world.vendor) as session, pytest.raises(Forbidden):
        many_people.save_search(session, world.reviewer, name="mine", wanted=PeopleFilter())


def test_an_act_on_all_who_fit_is_counted_first_and_done_once_by_a_job(
    world: World, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_people, "AT_ONCE", 2)
    load_jobs()
    people = [world.annotator(name)[0] for name in ("Amina Wanjiru", "Nia Otieno", "Juma Hassan", "Zawadi Diallo")]
    paused, both = people[3], PeopleFilter(locale="sw")
    soon = time.now + timedelta(days=30)
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(session, world.manager, paused.id, status="paused", reason="ill")
        session.get_one(Annotator, people[0].id).account_id = world.manager.account_id or ""
        session.flush()
        many_people.add_skill(session, world.manager, [people[1].id], skill="diving", reason="seen", is_preview=False)
        operations.set_clearance(session, world.manager, people[2].id, level=2, until_at=soon, reason="seen")

    def plan(act: ManyAct, actor: Actor = world.manager, wanted: PeopleFilter = both) -> PlanForAll:
        with world.db.reading(world.vendor) as session:
            return all_people.plan_for_all(session, actor, wanted, act)

    def ask(act: ManyAct, key: str, expected: int, actor: Actor = world.manager) -> str:
        with world.db.transaction(world.vendor) as session:
            return all_people.ask_for_all(session, actor, both, act, key=key, expected=expected)

    pause = ManyAct("standing", " the project ends ", status="paused", until_at=soon)
    skill = ManyAct("skill", "seen at work", skill="diving")
    clear = ManyAct("clearance", "for the project", level=1, until_at=soon)
    acts = (pause, skill, clear)
    told = {act.kind: plan(act) for act in acts}
    assert {kind: (one.count, one.possible) for kind, one in told.items()} == {
        "standing": (4, 2), "skill": (4, 2), "clearance": (4, 2),
    }  # fmt: skip
    for one in told.values():  # what is counted in the database is what is found out one by one
        assert one.possible == sum(each.is_possible for each in one.first)
        alone = [each.told for each in one.first if not each.is_possible]
        assert {render(told): count for told, count in one.left_out} == Counter(render(each) for each in alone)
    assert "is yourself: somebody else has to do it" in {render(told) for told, _n in told["skill"].left_out}
    with monkeypatch.context() as patch:
        for module in (all_people, many_people):
            patch.setattr(module, "MOST_CODES", 1)
        full = plan(replace(skill, skill="surveying"))
        assert full.possible == 0 and {render(told): count for told, count in full.left_out} == Counter(
            render(one.told) for one in full.first
        )
    assert plan(skill, wanted=PeopleFilter(locale="is")).count == 0
    for actor, act, key, expected, problem in (
        (world.reviewer, skill, "k", 2, Forbidden), (world.manager, skill, "k", 3, Conflict),
        (world.manager, skill, "", 2, Invalid), (world.manager, replace(skill, skill="=cmd()"), "k", 2, Invalid),
        (world.manager, replace(pause, status="emperor"), "k", 2, Invalid),
        (world.manager, replace(clear, until_at=time.now), "k", 2, Invalid),
        (world.manager, replace(pause, until_at=time.now), "k", 2, Invalid),
        (world.manager, replace(skill, reason=" "), "k", 2, Invalid), (world.finance, pause, "k", 2, Forbidden),
    ):  # fmt: skip
        with pytest.raises(problem):
            ask(act, key, expected, actor)
    jobs = [ask(act, told[act.kind].key, told[act.kind].possible) for act in acts]
    assert jobs == [ask(act, told[act.kind].key, told[act.kind].possible) for act in acts], "asked twice it is one job"
    with world.db.reading(Scope.system("test")) as session:
        kept = str([row.args for row in session.scalars(select(OutboxEvent)) if row.job == all_people.JOB])
    assert "project" not in kept and "seen" not in kept
    time.now += timedelta(minutes=20)
    world.annotator("Late Comer")
    drain(world.db)
    assert jobs == [ask(act, told[act.kind].key, told[act.kind].possible) for act in acts], "nor again when it is done"
    assert drain(world.db) == 0
    with world.db.reading(world.vendor) as session:
        done = [progress(session, each) for each in jobs]
        rows = [session.get_one(Annotator, person.id) for person in people]
        assert soon in {one.until_at for one in queries.receipts_of(session, people[1].id)[0]}
    assert [one and (one.state, one.done, one.total, one.result["changed"]) for one in done] == [("done", 4, 4, 2)] * 3
    assert [row.status for row in rows] == ["active", "paused", "paused", "paused"]
    assert ["diving" in row.skills for row in rows] == [False, True, True, True]
    assert [row.clearance for row in rows] == [0, 1, 2, 1]
    ref = {event.actor_ref for event in world.audit("skill.added") + world.audit("clearance.set")}
    assert ref == {world.manager.account_id} and len(world.audit("skill.added")) == 3
    assert [event.details["possible"] for event in world.audit("people.act_asked")] == [2, 2, 2]
    again = plan(pause)
    assert (again.count, again.possible) == (5, 1)
    with world.db.transaction(world.vendor) as session:
        assert world.colleague.membership_id
        job = all_people.ask_for_all(session, world.colleague, both, pause, key="k", expected=2)
    with world.db.transaction(Scope.system("test")) as session:
        operations.end_membership(session, SYSTEM, world.colleague.membership_id)
    drain(world.db)
    with world.db.reading(world.vendor) as session:
        stopped = progress(session, job)
    assert stopped is not None and stopped.result == {"changed": 0, "is_stopped": True}, "who may no longer do it"


def test_files_of_people_are_read_portion_by_portion_and_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = sorted(world.annotator(name)[0].id for name in ("Amina Wanjiru", "Nia Otieno", "Juma Hassan"))
    with world.db.transaction(world.vendor) as session:
        operations.set_steps(session, world.manager, world.pool_id, ["profile"])
        pool = queries.pool_of(session, world.pool_id)
        assert pool is not None
    written: list[int] = []
    reading, elsewhere = (
        partial(world.db.reading, scope) for scope in (world.vendor, Scope.tenant(world.other_vendor_id))
    )
    for portion in (1, 2, 3, 1000):
        for name in ("people", "steps"):
            monkeypatch.setattr(sys.modules[f"workforce.queries.{name}"], "PORTION", portion)
        for pieces in (
            taking.people_file(reading, PeopleFilter(locale="sw"), written.append),
            taking.steps_file(reading, pool, written.append),
        ):  # fmt: skip
            lines = b"".join(pieces).decode("utf-8-sig").splitlines()
            assert [line.partition(",")[0] for line in lines] == ["id", *people], portion
            assert written[-1] == 3
    other = taking.people_file(elsewhere, PeopleFilter(), written.append)
    assert len(b"".join(other).splitlines()) == 1


def test_skills_and_clearances_are_given_to_many_after_a_look(world: World, time: Time) -> None:
    amina, _actor = world.annotator("Amina Wanjiru")
    nia, _actor = world.annotator("Nia Otieno")
    gone, leaver = world.annotator("Lea Gone")
    with world.db.transaction(world.vendor) as session:
        operations.change_standing(session, leaver, gone.id, status="left", reason="I leave.")
        session.get_one(Annotator, nia.id).skills = ["diving"]
        session.flush()
        operations.set_clearance(
            session, world.manager, nia.id, level=2, until_at=time.now + timedelta(days=5), reason="was seen"
        )
    ids, soon = [amina.id, nia.id, gone.id], time.now + timedelta(days=30)
    skill = {"skill": "Diving ", "reason": "seen at work"}
    with world.db.transaction(world.vendor) as session:
        for is_preview, before in ((True, ["transcription"]), (False, ["transcription"])):
            assert session.get_one(Annotator, amina.id).skills == before
            planned = many_people.add_skill(session, world.manager, ids, **skill, is_preview=is_preview)
            assert {one.id for one in planned if one.is_possible} == {amina.id}
        assert session.get_one(Annotator, amina.id).skills == ["transcription", "diving"]
        renewed = many_people.set_clearances(
            session, world.manager, ids, level=None, until_at=soon, reason="renewed", is_preview=False
        )
        assert {one.id for one in renewed if one.is_possible} == {nia.id}
        given = many_people.set_clearances(
            session, world.manager, ids, level=1, until_at=soon, reason="one for all", is_preview=False
        )
        assert {one.id for one in given if one.is_possible} == {amina.id}, "nobody gets less than they have"
        shorter = many_people.set_clearances(
            session, world.manager, ids, level=None, until_at=time.now + timedelta(days=1), reason="?", is_preview=False
        )
        assert [one.is_possible for one in shorter] == [False, False, False], "nor what they have for a shorter time"
        higher = many_people.set_clearances(
            session, world.manager, ids, level=2, until_at=soon, reason="?", is_preview=True
        )
        assert {one.id: render(one.told).split(" on ")[0] for one in higher} == {
            amina.id: "takes the place of one that ends", nia.id: "holds it for at least as long",
            gone.id: "does not work here",
        }  # fmt: skip
        held = [(row.clearance, row.clearance_until) for row in (session.get_one(Annotator, one) for one in ids)]
        assert held == [(1, soon), (2, soon), (0, None)]
    assert [set(event.details) for event in world.audit("skill.added")] == [{"skill", "words"}]
    refused: list[tuple[dict[str, object], type[Exception]]] = [
        ({"skill": "=cmd()"}, Invalid), ({"reason": ""}, Invalid), ({"annotator_ids": []}, Invalid),
        ({"annotator_ids": ["x" * 22]}, NotFound), ({"actor": world.reviewer}, Forbidden),
    ]  # fmt: skip
    for changed, problem in refused:
        asked = {"actor": world.manager, "annotator_ids": ids, "is_preview": False} | skill | changed
        with world.db.transaction(world.vendor) as session, pytest.raises(problem):
            many_people.add_skill(session, **asked)  # type: ignore[arg-type]
    for level, until in ((3, time.now + timedelta(days=32)), (1, time.now), (9, soon)):
        with world.db.transaction(world.vendor) as session, pytest.raises(Invalid):
            many_people.set_clearances(
                session, world.manager, ids, level=level, until_at=until, reason="too long", is_preview=True
            )
    with world.db.transaction(world.vendor) as session:
        operations.set_steps(session, world.manager, world.pool_id, ["profile", "identity"])
        told = {row[0]: row[3] for row in step_portion(session, world.pool_id, None)[0]}
    assert told == {amina.id: [Owner.NOBODY, Owner.PERSON], nia.id: [Owner.NOBODY, Owner.PERSON]}
    time.now = soon
    with world.db.transaction(world.vendor) as session:
        (late,) = many_people.set_clearances(
            session, world.manager, [nia.id], level=None, until_at=soon + timedelta(days=9), reason="?", is_preview=True
        )
    assert late.is_possible and render(late.told).startswith("is renewed; it ended on ")


def test_many_conditions_are_planned_in_parts_for_their_transaction_alone(world: World) -> None:
    many = PeopleFilter(
        text="amina", status="active", locale="sw", skill="transcription", domain="general", country="KE", clearance=1,
        hours=5, active_days=30,
    )  # fmt: skip
    told = []
    for wanted in (PeopleFilter(), many, PeopleFilter()):
        with world.db.reading(world.vendor) as session:
            queries.search_people(session, wanted)
            if not world.db.is_sqlite:
                told.append(session.scalar(select(func.current_setting("join_collapse_limit"))))
    assert told == ([] if world.db.is_sqlite else ["8", "4", "8"])
