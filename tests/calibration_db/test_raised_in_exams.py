"""Questions that become more sensitive while a test runs: another takes their place, or the test is called off."""

import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from calibration import jobs
from calibration.models import Attempt, AttemptQuestion, Exposure, GoldKey
from calibration.operations import attempts, leaks
from calibration.queries.attempts import AttemptView
from calibration.queries.attempts import test_start as start_of
from kernel import clock, mail
from kernel.db import Database
from kernel.jobs import drain, enqueue
from kernel.models import AuditEvent
from kernel.policy import Demand, Reason, Role
from kernel.tenancy import Scope
from labeling.models import Item
from tests.calibration_db.doors import Door
from tests.calibration_db.test_attempts import answer, publish, ready, run, start
from tests.calibration_db.world import GRADER, World, build
from tests.support import scale
from tests.support.words import address_of
from workforce.models import Account, DecisionReceipt, Membership


@pytest.fixture(autouse=True)
def internal(world: World) -> None:
    world.classification = "internal"


def questions(world: World, view: AttemptView) -> dict[int, str]:
    with world.system() as session:
        rows = session.execute(
            select(AttemptQuestion.position, AttemptQuestion.item_id).where(AttemptQuestion.attempt_id == view.id)
        )
        return {row.position: row.item_id for row in rows}


def raise_class(world: World, *items: str) -> None:
    with world.system() as session:
        session.execute(update(Item).where(Item.id.in_(items)).values(classification="restricted-phi"))


def look(world: World) -> None:
    """What is asked for as soon as something of the project becomes more sensitive."""
    with world.system() as session:
        enqueue(session, jobs.look_at_exams, project_id=world.project)
    with clock.use_clock(lambda: world.now):
        drain(world.db)


def row_of(world: World, view: AttemptView) -> Attempt:
    with world.system() as session:
        row = session.get_one(Attempt, view.id)
        session.expunge(row)
        return row


def seen(world: World, view: AttemptView) -> AttemptView:
    with world.in_vendor() as session:
        return attempts.look_at(session, world.annotator("Asha"), view.id)


def everything_but(world: World, *items: str) -> list[str]:
    with world.system() as session:
        return list(session.scalars(select(GoldKey.item_id).where(GoldKey.item_id.not_in(items))))


def test_another_question_of_its_kind_takes_the_place_of_one_that_was_raised_and_time_is_given_back(
    world: World,
) -> None:
    ready(world, minutes=30)
    view = answer(world, start(world), right=True).attempt
    before, due = questions(world, view), view.deadline_at
    world.later(minutes=7)
    raise_class(world, before[1])
    shown = seen(world, view)
    assert shown.question is not None and shown.question.is_withheld and shown.question.content == {}
    look(world)
    after, row = questions(world, view), row_of(world, view)
    assert 1 not in after and after[2] not in before.values() and world.truth(after[2]) == world.truth(before[1])
    assert after == {0: before[0], 2: after[2]} | {place + 1: item for place, item in before.items() if place > 1}
    assert (row.state, row.position, row.asked, row.right, row.number) == ("exam", 2, 1, 1, 1)
    assert row.deadline_at == due + timedelta(minutes=7)
    look(world)
    assert questions(world, view) == after, "once more changes nothing"
    # An answer to the old one that was on its way is taken for nothing.
    late = answer_at(world, view, 1)
    assert (late.exam_asked, late.position) == (1, 2) and late.question is not None and late.question.content
    with world.system() as session:
        met = set(session.scalars(select(Exposure.item_id)))
        assert met == {before[0], before[1], after[2]}
        told = [(event.action, event.details) for event in session.scalars(select(AuditEvent))]
    assert [details for action, details in told if action == "attempt.asked_anew"] == [{"lane": world.lane}]
    world.later(minutes=1)
    raise_class(world, after[2])
    look(world)
    assert row_of(world, view).deadline_at == due + timedelta(minutes=8), "no minute is given back twice"
    view = run(world, seen(world, view), right=True)
    assert (view.state, view.exam_asked) == ("passed", 12)
    with world.system() as session:
        assert session.scalar(select(func.count()).select_from(DecisionReceipt)) == 0
        leaks.look_for_leaks(session, GRADER)


def answer_at(world: World, view: AttemptView, position: int) -> AttemptView:
    with world.system() as session:
        return attempts.answer_question(
            session, world.annotator("Asha"), view.id, position, {"choice": "good"}
        ).attempt  # fmt: skip


def test_a_question_further_on_is_drawn_anew_when_its_turn_comes_and_an_answer_given_counts(world: World) -> None:
    ready(world)
    view = start(world)
    before = questions(world, view)
    raise_class(world, before[1])
    view = answer(world, view, right=True).attempt
    assert view.question is not None and not view.question.is_withheld
    assert view.position == 2 and view.question.item_id not in before.values()
    raise_class(world, before[0])
    look(world)
    assert (row_of(world, view).asked, row_of(world, view).right) == (1, 1)


def test_where_nothing_of_its_kind_is_left_the_test_is_called_off_and_costs_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters: list[tuple[str, str, str]] = []
    monkeypatch.setattr(mail, "post", lambda _session, *letter: letters.append(letter))
    ready(world, attempts_most=1)
    world.hire("Juma")
    with world.system() as session:
        session.add(Account(id="boss", email="boss@v.example", email_key=address_of("boss@v.example"), name="B",
                            created_at=world.now, auth_epoch=0))  # fmt: skip
        session.flush()
        session.add(
            Membership(account_id="boss", org_id=world.vendor, role=Role.VENDOR_MANAGER.value, from_at=world.now)
        )
    view = answer(world, start(world), right=False).attempt
    other = start(world, "Juma")
    mine = questions(world, view)
    kind = world.truth(mine[1])
    raise_class(world, *everything_but(world))
    look(world)
    row = row_of(world, view)
    assert (row.state, row.called_off_at, row.short_of, row.next_at) == ("ended", world.now, kind, None)
    over = seen(world, view)
    assert (over.state, over.is_called_off, over.outcome, over.question) == ("ended", True, None, None)
    assert list(questions(world, view)) == [0], "what was not answered is not kept"
    with world.system() as session:
        assert session.scalars(select(DecisionReceipt.id)).all() == []
        begin = start_of(session, world.lane, world.people["Asha"][1])
        assert begin is not None and (begin.may_start, begin.attempts_left, begin.attempt_number) == (True, 1, 1)
    assert row_of(world, other).state == "ended", "hers was raised as well"
    assert [to for to, _subject, _text in letters] == ["boss@v.example"], "one letter for a day, whoever it befell"
    short = {kind, row_of(world, other).short_of or ""}
    assert any(f": {each}." in letters[0][2] for each in short) and not any(
        item in letters[0][2] for item in mine.values()
    )


def test_whom_a_project_shuts_out_is_told_that_the_test_was_called_off_and_others_go_on(
    world: World, annotator: Door
) -> None:
    world.add_gold(200, "exam")
    publish(world, training_questions=0)
    where = annotator.post(f"/tests/{world.lane}/attempts").headers["Location"]
    world.classification = "restricted-phi"
    look(world)
    assert "Send the answer" in annotator.get(where)
    world.demands = (Demand(Reason.CLEARANCE_LOW, met=False),)
    look(world)
    with world.system() as session:
        row = session.scalars(select(Attempt)).one()
        assert (row.state, row.short_of, row.called_off_at is not None) == ("ended", None, True)
        assert session.scalars(select(DecisionReceipt.id)).all() == []
    world.demands = ()
    assert "This test was called off" in annotator.get(where)


def test_the_page_of_a_question_that_was_raised_shows_another_at_once(world: World, annotator: Door) -> None:
    world.add_gold(200, "exam")
    publish(world, training_questions=0)
    where = annotator.post(f"/tests/{world.lane}/attempts").headers["Location"]
    with world.system() as session:
        at_hand = session.scalars(select(AttemptQuestion.item_id).where(AttemptQuestion.position == 0)).one()
    raise_class(world, at_hand)
    page = annotator.get(where)
    assert "text of" in page and at_hand not in page and 'name="position" value="1"' in page


def test_a_practice_question_is_drawn_anew_from_practice(world: World) -> None:
    ready(world, training=8)
    publish(world, training_questions=4)
    view = start(world)
    before = questions(world, view)
    raise_class(world, before[0])
    look(world)
    after = questions(world, view)
    view = seen(world, view)
    assert (view.stage, view.position, view.training_count, view.training_number) == ("training", 1, 4, 1)
    with world.system() as session:
        pool = session.scalars(select(GoldKey.pool).where(GoldKey.item_id == after[1])).one()
    assert pool == "training" and after[1] not in before.values()


def test_two_tabs_that_ask_for_the_next_question_draw_one(db_postgresql: Database) -> None:
    world = build(db_postgresql)
    world.classification = "internal"
    ready(world)
    view = start(world)
    before = questions(world, view)
    raise_class(world, before[0])
    both = threading.Barrier(2)

    def ask() -> None:
        both.wait(10)
        with clock.use_clock(lambda: world.now):
            world.db.run(Scope.system("tab"), lambda it: attempts.ask_anew(it, world.annotator("Asha"), view.id))

    tabs = [threading.Thread(target=ask) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    after = questions(world, view)
    assert len(after) == 62 and min(after) == 1 and len(set(after.values()) - set(before.values())) == 1
    with world.system() as session:
        renewed = select(func.count()).where(AuditEvent.action == "attempt.asked_anew")
        assert session.scalar(renewed) == 1


STEPS = st.lists(st.sampled_from(["right", "wrong", "raise", "raise later", "wait", "look"]), max_size=25)


@settings(
    max_examples=scale(12, 100), deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(steps=STEPS)
def test_whatever_is_raised_when_every_answer_counts_once_and_nothing_raised_is_asked(
    world: World, steps: list[str]
) -> None:
    """The answers given are the answers counted, no question is asked twice, and none above its lane is ever shown."""
    name = f"P{len(world.people)}"
    if not world.people:
        world.add_gold(200, "exam")
        publish(world, training_questions=0)
    world.hire(name)
    with world.system() as session:
        session.execute(update(Item).values(classification="internal"))
    view, given_right, given_all = start(world, name), 0, 0
    for step in steps:
        row, asked = row_of(world, view), questions(world, view)
        if row.state != "exam":
            break
        if step in ("right", "wrong"):
            view = answer_as(world, view, name, right=step == "right")
            given_all, given_right = given_all + 1, given_right + (step == "right")
        elif step == "wait":
            world.later(seconds=20)
        elif step == "look":
            look(world)
        else:
            raise_class(world, asked[row.position] if step == "raise" else asked[max(asked)])
            look(world)
        with world.in_vendor() as session:
            view = attempts.look_at(session, world.annotator(name), view.id)
        row, asked = row_of(world, view), questions(world, view)
        assert (row.asked, row.right) == (given_all, given_right)
        assert len(set(asked.values())) == len(asked)
        if view.question is not None:
            assert not view.question.is_withheld and len(asked) == 62
            assert row.deadline_at > world.now
        with world.system() as session:
            receipts = session.scalar(select(func.count()).where(DecisionReceipt.annotator_id == world.people[name][0]))
        assert receipts == (row.state == "failed")
    if row_of(world, view).state == "exam":
        with world.system() as session:
            session.execute(update(Attempt).where(Attempt.id == view.id).values(state="ended"))


def answer_as(world: World, view: AttemptView, name: str, *, right: bool) -> AttemptView:
    return answer(world, view, right=right, name=name).attempt
