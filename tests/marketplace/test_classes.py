"""Units of their own class: raised by a file, a program or a person; handed out to those whom that class lets in."""

import pytest
from sqlalchemy import select

from kernel import audit_words, presence
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.models import AccessGrant, AuditEvent
from labeling.models import Item
from marketplace.models import Assignment, Lane, Slot, Unit
from marketplace.operations import protecting, taking, units
from marketplace.queries import access
from marketplace.queries.units import units_of_project
from marketplace.values.imports import UnitIn
from marketplace.values.work import NoWork
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market


@pytest.fixture
def desk(market: Market) -> Desk:
    return open_desk(market, people=2, unit_count=2, overlap=1)


def classify(desk: Desk, unit_id: str, name: str, reason: str = "", who: str = "pm") -> None:
    actor = getattr(desk.market, who)
    with desk.market.as_(actor) as session:
        protecting.classify_unit(session, actor, unit_id, classification=name, reason=reason)


def reads(desk: Desk) -> list[AuditEvent]:
    with desk.market.system() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.object_type == "content"))
        return sorted(found, key=lambda event: event.seq or 0)


def test_a_raised_unit_goes_only_to_whom_its_class_lets_in_and_its_reading_is_linked_at_once(desk: Desk) -> None:
    desk.protect("internal")
    pm, raised = desk.market.pm, desk.units()[0].id
    classify(desk, raised, "restricted-pii")
    with desk.market.as_(pm) as session:
        draft = UnitIn({"text": "one more"}, "r-1", "restricted-phi")
        (by_program,) = units.add_units(session, pm, desk.lane, [draft]).unit_ids
    desk.let_in(0, 2)
    with presence.use(desk.present()):
        with desk.vendor() as session:  # who is not cleared gets the plain unit, and nothing after it
            plain = taking.take_next(session, desk.people[1], desk.lane)
            assert not isinstance(plain, NoWork) and plain.classification == "internal"
        desk.answer(1, plain)
        assert desk.take(1) is None
        task = desk.take(0)
        assert task is not None and task.classification == "restricted-pii" and task.unit_id == raised
        (line,) = reads(desk)
        assert (line.object_ref, line.actor_ref, line.org_id) == (raised, desk.people[0].account_id, desk.market.client)
        assert line.hash is not None and line.details["why"] == "handed_out"
        assert desk.seen(0, task).content
        for moment in (desk.present(minutes=300), desk.present(address="203.0.113.1"), presence.NOWHERE):
            with presence.use(moment):  # the very next request of the same lease
                assert desk.seen(0, task).content == {} and desk.take(0) is None
        desk.answer(0, task)
        assert desk.take(0) is None, "health data asks for more"
        desk.let_in(0, 3)
        last = desk.take(0)
        assert last is not None and last.unit_id == by_program
    with desk.market.system() as session:
        assert sorted(session.scalars(select(Slot.class_rank))) == [0, 3, 4]
        assert session.get_one(Unit, by_program).classification == "restricted-phi"
        assert session.scalar(select(Assignment.id).where(Assignment.unit_id == by_program)) == last.assignment_id


def test_classes_are_raised_by_those_who_run_the_work_and_lowered_by_an_administrator_with_a_reason(desk: Desk) -> None:
    market, unit_id = desk.market, desk.units()[0].id
    with market.system() as session:
        project_id = session.get_one(Lane, desk.lane).project_id
    for who, problem in (("manager", Forbidden), ("rival", NotFound), ("stranger", NotFound)):
        with pytest.raises(problem):
            classify(desk, unit_id, "confidential", who=who)
    classify(desk, unit_id, "confidential", who="qa")
    for who, reason, fault in (("qa", "public after all", Forbidden), ("admin", " ", Invalid)):
        with pytest.raises(fault):
            classify(desk, unit_id, "internal", reason, who=who)
    with pytest.raises(Invalid):
        classify(desk, unit_id, "public", "x", who="admin")
    classify(desk, unit_id, "internal", "no names in it", who="admin")
    assert desk.units()[0].classification is None
    classify(desk, unit_id, "restricted-pii")
    with market.system() as session:
        grant = session.scalars(select(AccessGrant).where(AccessGrant.subject_id == project_id)).one()
        assert (grant.until_at - market.now).days == 90, "one unit shortens what the vendor sees them all by"
        assert access.grants_of(session, market.client)[0][0].classification == "restricted-pii"
    classify(desk, unit_id, "confidential", "masked by now", who="admin")

    def of_project(actor_name: str, name: str, reason: str = "") -> None:
        actor = getattr(market, actor_name)
        with market.as_(actor) as session:
            protecting.classify_project(session, actor, project_id, classification=name, reason=reason)

    of_project("pm", "restricted-phi")
    with market.system() as session:
        grant = session.scalars(select(AccessGrant).where(AccessGrant.subject_id == project_id)).one()
        assert (grant.until_at - market.now).days == 30
    with pytest.raises(Forbidden):
        of_project("pm", "internal", "a mistake")
    of_project("admin", "internal", "a mistake")
    with market.as_(market.pm) as session:
        rows, after = units_of_project(session, project_id)
        assert sorted(row.classification for row in rows) == ["confidential", "internal"] and after is None
        assert [row.id for row in units_of_project(session, project_id, classification="confidential")[0]] == [unit_id]
        session.get_one(Unit, unit_id).state = "settled"
        session.get_one(Item, session.get_one(Unit, unit_id).item_id).client_ref = "complaint 17"
        session.flush()
        for rows, _after in (
            units_of_project(session, project_id, state="settled"),
            units_of_project(session, project_id, reference="complaint 17"),
            units_of_project(session, project_id, state="settled", classification="confidential"),
        ):
            assert [row.id for row in rows] == [unit_id]
        assert units_of_project(session, project_id, state="settled", reference="another")[0] == []
    with market.as_(market.qa) as session, pytest.raises(Forbidden, match="mfa_missing"):
        protecting.see_unit(session, market.qa, unit_id)
    with presence.use(desk.present()), market.as_(market.qa) as session:
        assert protecting.see_unit(session, market.qa, unit_id).content
    assert reads(desk) == [], "what is confidential is not noted, what is restricted is"
    with market.system() as session:
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "project.classified")).all()
        assert not any("a mistake" in str(each.details) for each in told)
        assert list(audit_words.words_of(session, (each.id for each in told)).values()) == ["a mistake"]
