"""Grading: tracks folded from grades, proved by folding again; gates that pause with evidence; regrading."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, func, select

from calibration.connect import accuracies
from calibration.models import (
    GateFiring,
    GateRule,
    GoldKey,
    Grade,
    PeerPair,
    PendingGrade,
    Qualification,
    Track,
    TrackDay,
)
from calibration.operations import gates, gold, grading, rulebook, tracks
from calibration.queries import gold_rate_of, qualification_of, quality_of_person, track_of
from calibration.queries.criteria import work_criteria
from kernel import ids
from kernel.db import now_of
from kernel.errors import Forbidden, Invalid, NotFound
from tests.calibration_db.world import GRADER, World
from workforce.figures import use_criteria
from workforce.models import DecisionReceipt
from workforce.queries import search_people
from workforce.values import PeopleFilter

FOLDED = (*tracks.STATE, "judged", "seconds", "updated_at", "shown", "shown_at", "peers", "peers_same")


def row_of(world: World, name: str) -> dict[str, object]:
    with world.system() as session:
        track = session.scalars(select(Track).where(Track.annotator_id == world.people[name][0])).one()
        return {column: getattr(track, column) for column in FOLDED}


def days_of(world: World, name: str) -> dict[date, dict[str, object]]:
    with world.system() as session:
        rows = session.scalars(select(TrackDay).where(TrackDay.annotator_id == world.people[name][0]))
        columns = (*tracks.STATE, "judged", "seconds", "graded_at")
        return {row.day: {column: getattr(row, column) for column in columns} for row in rows}


def wrong(truth: str) -> str:
    return "bad" if truth == "good" else "good"


def answer_gold(world: World, name: str, items: list[str], *, rights: int) -> None:
    """The first `rights` items answered right, the others wrong."""
    for place, item in enumerate(items):
        truth = world.truth(item)
        world.later(seconds=1)
        world.judge(name, item, truth if place < rights else wrong(truth))


def test_work_and_gold_are_taken_up_alike_and_only_gold_leaves_a_grade(world: World) -> None:
    world.hire("Asha")
    item, work = world.add_gold(1, "live")[0], world.add_items(1)[0]
    world.judge("Asha", item, "good", seconds=7)
    world.judge("Asha", work, "bad", seconds=5)
    summary = world.grade()
    assert (summary.judgments, summary.graded, summary.more) == (2, 1, False)
    assert world.grade().judgments == 0
    with world.system() as session:
        assert session.scalar(select(func.count()).select_from(PendingGrade)) == 0
        grade = session.scalars(select(Grade)).one()
        assert (grade.score, grade.truth_category, grade.category, grade.org_id) == (1.0, "good", "good", world.client)
    kept = row_of(world, "Asha")
    # Beta(8, 2) pales by 0.98 towards (1.6, 0.4), and gains one right answer.
    assert kept["a"] == pytest.approx(0.98 * 8 + 0.02 * 1.6 + 1)
    assert kept["b"] == pytest.approx(0.98 * 2 + 0.02 * 0.4)
    assert (kept["judged"], kept["checked"], kept["seconds"]) == (2, 1, 12)
    assert kept["confusion"] == {"good": {"good": 1}}


def test_folding_all_events_again_gives_the_stored_track_bit_for_bit(world: World) -> None:
    world.hire("Asha", "Juma")
    items = world.add_gold(24, "live")
    for day in range(4):
        answer_gold(world, "Asha", items[day * 6 : day * 6 + 6], rights=6 - day)
        answer_gold(world, "Juma", items[day * 6 : day * 6 + 6], rights=5)
        world.grade()
        world.later(days=day, hours=5)
    world.judge("Asha", world.add_items(1)[0], "good")  # waits still, and counts for neither
    for name in ("Asha", "Juma"):
        before, days = row_of(world, name), days_of(world, name)
        with world.system() as session:
            tracks.rebuild_track(session, GRADER, world.lane, world.people[name][0])
        assert row_of(world, name) == before
        assert days_of(world, name) == days
    assert row_of(world, "Asha")["checked"] == 24


def test_any_day_that_was_kept_is_the_fold_of_all_events_up_to_its_end(world: World) -> None:
    world.hire("Asha")
    items = world.add_gold(24, "live")
    for day in range(4):
        answer_gold(world, "Asha", items[day * 6 : day * 6 + 6], rights=5 - day)
        world.judge("Asha", world.add_items(1)[0], "good", seconds=30)
        world.grade()
        world.later(days=1 + day, hours=1)
    world.judge("Asha", world.add_items(1)[0], "good", seconds=30)  # a day of work in which nothing was checked
    world.grade()
    kept = days_of(world, "Asha")
    start = min(kept)
    assert [(day - start).days for day in sorted(kept)] == [0, 1, 3, 6, 10]
    assert [kept[day]["checked"] for day in sorted(kept)] == [6, 12, 18, 24, 0]
    assert [kept[day]["graded_at"] is None for day in sorted(kept)] == [False] * 4 + [True]
    assert {(row["judged"], row["seconds"]) for day, row in kept.items() if row["checked"]} == {(7, 90)}
    with world.system() as session:
        events = tracks.events_of(session, world.lane, world.people["Asha"][0])
        for one in sorted(kept)[:4]:
            again = tracks.empty_track("", "", "", "", "", world.now)
            for event in events:
                if tracks.day_of(event.at) <= one:
                    tracks.fold(again, event)
            assert {name: getattr(again, name) for name in tracks.STATE} == {
                name: kept[one][name] for name in tracks.STATE
            }
    # .92 after the first day, then 2.02, 4.22 (over 4, an alarm), and from 3.85 over it again.
    assert [kept[day]["alarms"] for day in sorted(kept)[:4]] == [0, 0, 1, 2]


def test_each_class_has_a_posterior_of_its_own_that_pales_on_its_own(world: World) -> None:
    world.hire("Asha")
    items = world.add_gold(3, "live")  # good, bad, good
    answer_gold(world, "Asha", items[:2], rights=1)
    world.grade()
    world.later(days=10)
    answer_gold(world, "Asha", items[2:], rights=1)
    world.grade()
    classes = row_of(world, "Asha")["classes"]
    assert isinstance(classes, dict)
    # Beta(8, 2) after one answer is (8.872, 1.968) if it was right and (7.872, 2.968) if not; ten days and one more.
    faded = 0.995**10
    a = 0.98 * (faded * 8.872 + (1 - faded) * 1.6) + 0.02 * 1.6 + 1
    assert (classes["bad"]["a"], classes["bad"]["b"]) == pytest.approx((7.872, 2.968))
    assert (classes["good"]["a"], classes["good"]["n"]) == (pytest.approx(a), 2)


def test_answers_to_the_same_unit_are_compared_once_whoever_comes_first(world: World) -> None:
    world.hire("Asha", "Juma", "Neema")
    items = world.add_items(4)
    for item, letters in zip(items[:2], ["ggg", "ggb"], strict=True):
        for name, letter in zip(("Asha", "Juma", "Neema"), letters, strict=True):
            world.judge(name, item, "good" if letter == "g" else "bad")
    world.grade()
    world.judge("Asha", items[2], "bad")
    world.judge("Asha", items[3], "bad")
    world.grade()
    for name, letters in (("Neema", "bg"), ("Juma", "bb")):
        for item, letter in zip(items[2:], letters, strict=True):
            world.judge(name, item, "good" if letter == "g" else "bad")
        world.grade()
    world.judge("Neema", items[0], "bad", is_late=True)
    world.grade()
    with world.system() as session:
        found = {row.annotator_id: (row.peers, row.peers_same) for row in session.scalars(select(Track))}
        pairs = sorted(session.execute(select(PeerPair.shared, PeerPair.same)).all())
    told = {name: found[world.people[name][0]] for name in ("Asha", "Juma", "Neema")}
    assert told == {"Asha": (8, 6.0), "Juma": (8, 6.0), "Neema": (8, 4.0)}
    assert pairs == [(4, 2.0), (4, 2.0), (4, 4.0)]


def test_a_voided_key_leaves_the_track_as_if_it_had_never_been(world: World) -> None:
    world.hire("Asha", "Juma")
    items = world.add_gold(9, "live")
    answer_gold(world, "Asha", items, rights=7)
    answer_gold(world, "Juma", items[:4] + items[5:], rights=6)
    world.grade()
    with world.system() as session:
        key = session.execute(select(GoldKey.id).where(GoldKey.item_id == items[4])).scalar_one()
        gold.suspend_key(session, GRADER, key)
        assert grading.regrade_item(session, GRADER, items[4]) == 1
    voided, never = row_of(world, "Asha"), row_of(world, "Juma")
    assert [voided[name] for name in ("a", "b", "cusum", "checked", "right", "confusion")] == [
        never[name] for name in ("a", "b", "cusum", "checked", "right", "confusion")
    ]


def test_a_corrected_key_grades_everybody_again_and_keeps_the_first_grade(world: World) -> None:
    world.hire("Asha")
    item = world.add_gold(1, "live")[0]
    world.judge("Asha", item, "bad")
    world.grade()
    assert row_of(world, "Asha")["right"] == 0.0
    with world.in_client() as session:
        key = session.execute(select(GoldKey.id)).scalar_one()
        gold.correct_key(session, world.as_client(), key, truth={"choice": "bad"}, explanation="On second thought.")
    with world.system() as session:
        grading.regrade_item(session, GRADER, item)
        scores = session.execute(select(Grade.key_version, Grade.score).order_by(Grade.key_version)).all()
        assert [tuple(row) for row in scores] == [(1, 0.0), (2, 1.0)]
    assert (row_of(world, "Asha")["right"], row_of(world, "Asha")["checked"]) == (1.0, 1)


def test_regrading_first_waits_for_the_judgments_that_are_being_graded(world: World) -> None:
    world.hire("Asha")
    item = world.add_gold(1, "live")[0]
    world.judge("Asha", item, "good")
    said: list[str] = []
    with world.system() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        grading.regrade_item(session, GRADER, item)
        waits = next(place for place, text in enumerate(said) if "pending_grade" in text)
        assert waits < next(place for place, text in enumerate(said) if "FROM grade" in text)
        assert ("FOR UPDATE OF pending_grade" in said[waits]) == (connection.dialect.name == "postgresql")


def test_what_a_person_sees_of_their_quality_is_coarse_and_comes_once_a_day_after_twenty_checks(world: World) -> None:
    world.hire("Asha")
    annotator = world.people["Asha"][0]
    items = world.add_gold(40, "live")
    answer_gold(world, "Asha", items[:19], rights=19)
    world.grade()
    world.later(days=1)
    answer_gold(world, "Asha", items[19:23], rights=4)
    world.grade()
    with world.in_vendor() as session:
        first = quality_of_person(session, annotator)[0]
        (carried,) = accuracies(session, annotator)
        assert (carried.accuracy, carried.low, carried.high, carried.checks) == (
            first.accuracy, first.low, first.high, first.checks
        ), "a credential carries what they are told"  # fmt: skip
        use_criteria(work_criteria)
        assert first.low is not None
        for quality, found in ((first.low, [annotator]), (first.low + 0.01, [])):
            rows = search_people(session, PeopleFilter(quality=quality))[0]
            assert [row.id for row in rows] == found, "people are found by what they are told"
    assert (first.judged, first.checks, first.accuracy) == (23, 20, 0.95)
    world.later(hours=23)
    answer_gold(world, "Asha", items[23:40], rights=0)
    world.grade()
    with world.in_vendor() as session:
        second = quality_of_person(session, annotator)[0]
    assert (second.judged, second.checks, second.accuracy) == (40, 20, 0.95)
    world.later(hours=1)
    world.judge("Asha", world.add_items(1)[0], "good")
    world.grade()
    with world.in_vendor() as session:
        third = quality_of_person(session, annotator)[0]
    assert third.checks == 40
    assert third.accuracy is not None and third.accuracy < 0.7


def paused_world(world: World) -> str:
    """A gate, and a person whose twenty-first check makes it fire; returns the receipt."""
    world.hire("Asha")
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, minimum_checks=20, pause_days=7)
    answer_gold(world, "Asha", world.add_gold(21, "live"), rights=8)
    assert world.grade().paused == 1
    with world.system() as session:
        return session.scalars(select(Qualification.pause_receipt_id)).one() or ""


def test_a_gate_pauses_with_a_receipt_that_states_figure_limit_evidence_and_way_back(world: World) -> None:
    receipt_id = paused_world(world)
    with world.system() as session:
        receipt = session.get_one(DecisionReceipt, receipt_id)
        state = qualification_of(session, world.lane, world.people["Asha"][0], now_of(session))
        track = track_of(session, world.lane, world.people["Asha"][0])
    assert (receipt.kind, receipt.org_id, receipt.decided_by) == ("lane_paused", world.vendor, None)
    assert (receipt.figure["n"], receipt.figure["limit"]) == (21, 0.8)
    assert receipt.figure["low"] < receipt.figure["value"] < receipt.figure["high"]
    assert len(receipt.evidence) == 21
    assert {tuple(sorted(each)) for each in receipt.evidence} == {("id", "kind")}
    assert state is not None and state.is_paused and state.paused_until == receipt.until_at
    assert track is not None and track.interval.lower < 0.8


def test_a_gate_never_fires_on_a_handful_of_answers(world: World) -> None:
    world.hire("Asha")
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8)
    answer_gold(world, "Asha", world.add_gold(19, "live"), rights=0)
    assert world.grade().paused == 0


def test_a_lifted_pause_does_not_come_back_on_the_same_evidence(world: World) -> None:
    receipt_id = paused_world(world)
    with world.in_vendor() as session:
        assert gates.lift_pause(session, world.as_vendor(), receipt_id)
        assert not gates.lift_pause(session, world.as_vendor(), receipt_id)
    world.later(hours=1)
    answer_gold(world, "Asha", world.add_gold(19, "live"), rights=0)
    assert world.grade().paused == 0
    answer_gold(world, "Asha", world.add_gold(1, "live"), rights=0)
    assert world.grade().paused == 1


def graded_again(world: World, is_void: bool, most: int) -> None:
    """Some answers are graded once more, by a key that was corrected: as wrong as before, or counting for nothing."""
    with world.system() as session:
        for grade in session.scalars(select(Grade).where(Grade.score == 0.0).order_by(Grade.id).limit(most)).all():
            again = {column: getattr(grade, column) for column in grade.__table__.columns.keys()}  # noqa: SIM118
            again |= {"id": ids.new_id(), "key_version": 2, "is_void": is_void, "at": world.now}
            session.add(Grade(**again))


def test_what_is_graded_again_is_no_newer_for_it(world: World) -> None:
    receipt_id = paused_world(world)
    with world.in_vendor() as session:
        assert gates.lift_pause(session, world.as_vendor(), receipt_id)
    world.later(hours=1)
    graded_again(world, False, 13)
    answer_gold(world, "Asha", world.add_gold(8, "live"), rights=0)
    assert world.grade().paused == 0, "eight answers since the first pause"


def test_a_rule_that_asks_for_many_answers_acts_on_them_and_what_counts_for_nothing_is_no_evidence(
    world: World,
) -> None:
    world.hire("Asha")
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, minimum_checks=60, pause_days=7)
    answer_gold(world, "Asha", world.add_gold(59, "live"), rights=0)
    assert world.grade().paused == 0
    graded_again(world, True, 4)
    world.later(minutes=1)
    answer_gold(world, "Asha", world.add_gold(4, "live"), rights=0)
    assert world.grade().paused == 0, "four of them count for nothing"
    world.later(minutes=1)
    answer_gold(world, "Asha", world.add_gold(1, "live"), rights=0)
    assert world.grade().paused == 1
    with world.system() as session:
        receipt = session.scalars(select(DecisionReceipt)).one()
        voided = set(session.scalars(select(Grade.judgment_id).where(Grade.is_void)))
    assert len(receipt.evidence) == 50 and not voided & {each["id"] for each in receipt.evidence}


def test_an_appeal_about_an_earlier_pause_can_be_granted_once_a_later_one_has_come(world: World) -> None:
    earlier = paused_world(world)
    world.later(days=7, minutes=1)  # its time is over, and the job that ends it is late
    answer_gold(world, "Asha", world.add_gold(20, "live"), rights=0)
    assert world.grade().paused == 1
    with world.in_vendor() as session:
        assert not gates.lift_pause(session, world.as_vendor(), earlier)
        ended = {row.receipt_id: row.ended_why for row in session.scalars(select(GateFiring))}
        held = session.scalars(select(Qualification)).one()
        assert held.pause_receipt_id != earlier and held.paused_until is not None
        assert ended == {earlier: "lifted", held.pause_receipt_id: None}
    with pytest.raises(NotFound), world.in_vendor() as session:
        gates.lift_pause(session, world.as_vendor(), "nothing")


def firings_of(world: World) -> list[tuple[str, int, str, str | None]]:
    with world.system() as session:
        rows = session.scalars(select(GateFiring).order_by(GateFiring.fired_at, GateFiring.name))
        return [(row.name, row.version, row.action, row.ended_why) for row in rows]


def test_a_warning_tells_the_person_once_and_ends_when_they_have_recovered(world: World) -> None:
    world.hire("Asha")
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.85, name="word", action="warn")
    items = world.add_gold(70, "live")
    for start in (0, 21, 30):  # the rule goes on holding, and says nothing more
        answer_gold(world, "Asha", items[start : start + 9 + 12 * (start == 0)], rights=9)
        assert world.grade().paused == 0
    assert firings_of(world) == [("word", 1, "warn", None)]
    with world.system() as session:
        receipt = session.scalars(select(DecisionReceipt)).one()
        assert (receipt.kind, receipt.rule_version, receipt.evidence) == ("lane_warned", "word 1", [])
        assert receipt.figure["n"] == 21
    answer_gold(world, "Asha", items[39:70], rights=31)
    world.grade()
    assert firings_of(world) == [("word", 1, "warn", "recovered")]
    with world.system() as session:
        assert session.scalars(select(DecisionReceipt.state)).one() == "ended"


def test_a_rule_that_is_sent_again_is_no_new_version(world: World) -> None:
    with world.in_vendor() as session:
        first, again, other, back = (
            rulebook.set_gate(session, world.as_vendor(), world.lane, limit=limit) for limit in (0.8, 0.8, 0.85, 0.8)
        )
        versions = session.scalars(select(GateRule.version).order_by(GateRule.version)).all()
    assert first == again and len({first, other, back}) == 3
    assert versions == [1, 2, 3]


def test_a_warning_ends_when_its_rule_begins_to_pause(world: World) -> None:
    world.hire("Asha")
    with world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.85, name="word", action="warn")
    answer_gold(world, "Asha", world.add_gold(21, "live"), rights=9)
    world.grade()
    for action, why in (("warn", None), ("pause", "rule")):
        with world.in_vendor() as session:
            rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, name="word", action=action)
        assert firings_of(world) == [("word", 1, "warn", why)]
    with world.system() as session:
        assert gates.end_warnings(session, GRADER) == 1


def test_drift_is_checked_more_closely_and_nobody_is_told(world: World) -> None:
    world.hire("Asha")
    with world.in_vendor() as session:
        rulebook.set_gate(
            session, world.as_vendor(), world.lane, limit=0.5, name="drift", metric="drift", action="recheck"
        )
    items = world.add_gold(28, "live")
    answer_gold(world, "Asha", items[:20], rights=20)
    world.grade()
    answer_gold(world, "Asha", items[20:25], rights=0)  # five errors reach 4.58, over the alarm at 4
    world.grade()
    assert firings_of(world) == [("drift", 1, "recheck", None)]
    with world.system() as session:
        assert session.scalar(select(func.count()).select_from(DecisionReceipt)) == 0
        assert session.scalars(select(Track.heightened_to)).one() == 25 + 50
        assert gold_rate_of(session, world.lane, world.people["Asha"][0]) >= 0.13
    with world.in_client() as session:
        rulebook.end_gate(session, world.as_client(), world.lane, "drift")
    assert firings_of(world) == [("drift", 1, "recheck", "rule")]


def test_rules_of_one_lane_have_versions_of_their_own_and_each_pause_names_its_rule(world: World) -> None:
    world.hire("Asha")
    with world.in_vendor() as session:
        for name, limit in (("accuracy", 0.8), ("accuracy", 0.75), ("strict", 0.9)):
            rulebook.set_gate(session, world.as_vendor(), world.lane, limit=limit, name=name)
    with world.system() as session:
        rows = session.execute(select(GateRule.name, GateRule.version, GateRule.is_active, GateRule.created_by))
        assert sorted(tuple(row) for row in rows) == [
            ("accuracy", 1, False, "manager"), ("accuracy", 2, True, "manager"), ("strict", 1, True, "manager"),
        ]  # fmt: skip
    answer_gold(world, "Asha", world.add_gold(21, "live"), rights=17)  # surely under .9, and not surely under .75
    assert world.grade().paused == 1
    assert firings_of(world) == [("strict", 1, "pause", None)]
    with world.system() as session:
        assert session.scalars(select(DecisionReceipt.rule_version)).one() == "strict 1"
    world.later(days=7, minutes=1)
    with world.system() as session:
        assert gates.end_pauses(session, GRADER) == 1
    assert firings_of(world) == [("strict", 1, "pause", "time")]


def test_a_rule_that_cannot_work_is_refused_at_its_field(world: World) -> None:
    changes: list[tuple[dict[str, Any], str]] = [
        ({"name": "Strict!"}, "name"), ({"metric": "luck"}, "metric"), ({"action": "fire"}, "action"),
        ({"limit": 1.0}, "limit"), ({"release": 0.1}, "release"), ({"pause_days": 365}, "pause_days"),
    ]  # fmt: skip
    for change, field in changes:
        with pytest.raises(Invalid) as problem, world.in_vendor() as session:
            rulebook.set_gate(session, world.as_vendor(), world.lane, **({"limit": 0.8} | change))
        assert set(problem.value.fields) == {field}


def test_an_annotator_may_neither_lift_a_pause_nor_set_a_gate(world: World) -> None:
    receipt_id = paused_world(world)
    with pytest.raises(Forbidden), world.in_vendor() as session:
        gates.lift_pause(session, world.annotator("Asha"), receipt_id)
    with pytest.raises(Forbidden), world.in_vendor() as session:
        rulebook.set_gate(session, world.annotator("Asha"), world.lane, limit=0.1)


def test_a_gate_that_would_decide_on_three_answers_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as problem, world.in_vendor() as session:
        rulebook.set_gate(session, world.as_vendor(), world.lane, limit=0.8, minimum_checks=3)
    assert set(problem.value.fields) == {"minimum_checks"}


def test_the_share_of_checks_falls_as_a_person_proves_themselves(world: World) -> None:
    world.hire("Asha")
    with world.system() as session:
        assert gold_rate_of(session, world.lane, world.people["Asha"][0]) == pytest.approx(0.284, abs=0.02)
    answer_gold(world, "Asha", world.add_gold(40, "live"), rights=40)
    world.grade()
    with world.system() as session:
        assert gold_rate_of(session, world.lane, world.people["Asha"][0]) == pytest.approx(0.03)


def test_a_warning_or_a_long_absence_raises_the_share_of_checks_for_fifty_units(world: World) -> None:
    world.hire("Asha", "Juma")
    people = [world.people[name][0] for name in ("Asha", "Juma")]
    for name in ("Asha", "Juma"):
        answer_gold(world, name, world.add_gold(40, "live"), rights=40)
    world.grade()
    world.later(days=31)
    answer_gold(world, "Asha", world.add_gold(1, "live"), rights=1)
    answer_gold(world, "Juma", world.add_gold(3, "live"), rights=0)
    world.grade()
    with world.system() as session:
        rows = {row.annotator_id: row.heightened_to for row in session.scalars(select(Track))}
        assert [rows[person] for person in people] == [91, 93]
        assert gold_rate_of(session, world.lane, people[0]) == pytest.approx(0.13)
