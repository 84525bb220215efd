"""Estimates from a lane's judgments: closed sets with strength, open answers by fusion, keys that hold."""

from typing import Any

import pandas as pd
import pytest

from calibration.operations.estimates import Collected, estimate, truth_category
from calibration.operations.updating import update
from calibration.values import RunView
from labeling.tasktypes import registry
from labeling.values import Ontology
from tests.calibration_db.world import START


def ontology(task_type: str, *classes: str, **options: Any) -> Ontology:
    return registry.read_ontology(
        {
            "task_type": task_type,
            "question": {"en": "?"},
            "classes": [{"id": name, "names": {"en": name}} for name in classes],
            "options": options,
        }
    )


def preferences(rows: list[tuple[str, str, str, int]]) -> pd.DataFrame:
    answers = [{"preference": choice, "strength": strength} for _task, _worker, choice, strength in rows]
    return pd.DataFrame(
        {
            "task": [row[0] for row in rows],
            "worker": [row[1] for row in rows],
            "label": [row[2] for row in rows],
            "item": [row[0] for row in rows],
            "answer": answers,
        }
    )


def test_a_preference_keeps_the_median_strength_of_those_who_share_it() -> None:
    schema = ontology("pairwise", allow_tie=True, strength_steps=3)
    frame = preferences([("u", "x", "a", 1), ("u", "y", "a", 3), ("u", "z", "a", 3), ("u", "v", "b", 1)])
    found = estimate(Collected(frame, {}, registry.get("pairwise"), schema, START), "majority")
    assert [(unit.label, unit.category, unit.judgments) for unit in found.units] == [
        ({"preference": "a", "strength": 3}, "a", 4)
    ]


def test_a_key_nobody_chose_is_the_label_all_the_same() -> None:
    schema = ontology("pairwise", allow_tie=False, strength_steps=3)
    frame = preferences([("u", "x", "a", 1), ("u", "y", "a", 3)])
    truths = {"u": {"preference": "b", "strength": 2}}
    found = estimate(Collected(frame, truths, registry.get("pairwise"), schema, START), "majority")
    assert (found.units[0].label, found.units[0].confidence) == ({"preference": "b", "strength": 2}, 1.0)


def spans(*marks: tuple[int, int, str]) -> dict[str, Any]:
    return {"spans": [{"start": start, "end": end, "label": label} for start, end, label in marks]}


def test_marked_text_is_fused_and_people_are_weighed_by_how_near_they_come() -> None:
    schema = ontology("spans", "PER", "LOC", max_spans=10)
    good, bad = spans((0, 4, "PER"), (10, 15, "LOC")), spans((5, 9, "LOC"))
    rows = [(task, worker, bad if worker == "z" else good) for task in ("u", "v") for worker in ("x", "y", "z")]
    frame = pd.DataFrame(
        {
            "task": [row[0] for row in rows],
            "worker": [row[1] for row in rows],
            "label": [None] * 6,
            "item": [row[0] for row in rows],
            "answer": [row[2] for row in rows],
            "content": [{"text": "Asha lives in Lamu town"}] * 6,
        }
    )
    found = estimate(Collected(frame, {}, registry.get("spans"), schema, START), "dawid-skene")
    assert found.method == "fusion"
    assert [unit.label for unit in found.units] == [good, good]
    # Prior of five answers at .8: (2 + 4) / 7 for those who are right twice, 4 / 7 for the third.
    assert found.skills == {"x": pytest.approx(6 / 7), "y": pytest.approx(6 / 7), "z": pytest.approx(4 / 7)}
    # Of the three pairs of each unit one agrees.
    assert found.agreement["percent"] == pytest.approx(1 / 3)


def test_with_keys_enough_the_temperature_is_fitted_and_keys_are_certain() -> None:
    schema = ontology("choice", "good", "bad")
    rows, truths = [], {}
    for number in range(140):
        truth = "good" if number % 2 else "bad"
        truths[f"u{number}"] = {"choice": truth}
        rows += [(f"u{number}", worker, truth) for worker in ("x", "y", "z")]
    frame = pd.DataFrame(rows, columns=["task", "worker", "label"]).assign(item=lambda table: table["task"])
    found = estimate(Collected(frame, truths, registry.get("choice"), schema, START), "dawid-skene")
    assert found.parameters["gold"] == 140
    assert found.parameters["temperature_fitted"]
    assert found.parameters["ece"] < 0.01 and found.parameters["brier"] < 0.01
    some = dict(list(truths.items())[:60])
    halved = estimate(Collected(frame, some, registry.get("choice"), schema, START), "dawid-skene").parameters
    assert halved["temperature_fitted"] and 20 <= halved["smaller_half"] <= 30
    assert "ece" not in halved and "brier" not in halved, "half of 60 keys fit no temperature for the other half"
    few = dict(list(truths.items())[:9])
    elsewhere = estimate(Collected(frame, few, registry.get("choice"), schema, START, 3.5), "dawid-skene").parameters
    assert (elsewhere["temperature"], elsewhere["temperature_fitted"], "ece" in elsewhere) == (3.5, False, False)
    assert found.parameters["beat_by_vote"] is False
    assert {unit.confidence for unit in found.units} == {1.0}


def test_a_truth_outside_the_schema_anchors_nothing() -> None:
    schema = ontology("choice", "good", "bad")
    assert truth_category(registry.get("choice"), schema, {"choice": "gone"}) is None


def run(method: str, skills: dict[str, float], temperature: float) -> RunView:
    return RunView("r", "lane", method, {"temperature": temperature}, 0, 0, 1, True, skills, {}, START)


def test_between_two_runs_answers_weigh_what_the_last_run_found_of_people() -> None:
    schema = ontology("choice", "good", "bad")
    rows = [("u", "x", "good"), ("u", "y", "bad"), ("v", "x", "good"), ("v", "new", "bad"), ("k", "x", "bad")]
    frame = pd.DataFrame(rows, columns=["task", "worker", "label"]).assign(item=lambda table: table["task"])
    collected = Collected(frame, {"k": {"choice": "good"}}, registry.get("choice"), schema, START)
    found = {unit.unit_id: unit for unit in update(collected, run("dawid-skene", {"x": 0.9, "y": 0.6}, 1.0))}
    # Odds of .9 against .6: 9 / 1.5 = 6. Somebody new is as able as the mean of .75: 9 / 3 = 3.
    assert {found["u"].category, found["v"].category} == {"good"}
    assert [found["u"].confidence, found["v"].confidence] == pytest.approx([6 / 7, 3 / 4])
    assert (found["k"].label, found["k"].confidence, found["k"].majority_category) == ({"choice": "good"}, 1.0, "bad")
    tempered = update(collected, run("dawid-skene", {"x": 0.9, "y": 0.6}, 2.0))
    assert tempered[0].confidence == pytest.approx(6**0.5 / (6**0.5 + 1))
    # Where the vote was delivered all weigh alike.
    assert update(collected, run("majority", {"x": 0.9, "y": 0.6}, 1.0))[0].confidence == pytest.approx(0.5)
    assert update(Collected(frame[:0], {}, registry.get("choice"), schema, START), run("majority", {}, 1.0)) == []


def test_between_two_runs_open_answers_are_fused_with_the_weights_of_the_last_run() -> None:
    schema = ontology("spans", "PER", "LOC")
    good, bad = spans((0, 4, "PER"), (10, 15, "LOC")), spans((5, 9, "LOC"))
    frame = pd.DataFrame(
        {"task": ["u"] * 3, "worker": ["x", "y", "z"], "label": [None] * 3, "item": ["u"] * 3,
         "answer": [good, bad, bad], "content": [{"text": "Asha lives in Lamu town"}] * 3}
    )  # fmt: skip
    collected = Collected(frame, {}, registry.get("spans"), schema, START)
    assert update(collected, run("fusion", {"x": 0.98, "y": 0.5, "z": 0.5}, 1.0))[0].label == good
    assert update(collected, run("fusion", {"x": 0.5, "y": 0.5, "z": 0.5}, 1.0))[0].label == bad
