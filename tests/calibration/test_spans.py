"""Spans: borders, nesting, classes and input forms worked out by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from calibration.inference import Spans
from calibration.operations.estimates import Collected, estimate
from labeling.tasktypes import registry
from labeling.tasktypes.span_matching import Span
from tests.calibration_db.world import START
from tests.labeling.schemas import ontology


def marked(*labels: Any) -> pd.DataFrame:
    return pd.DataFrame([("t", f"w{n}", label) for n, label in enumerate(labels)], columns=["task", "worker", "label"])


def fused(*labels: Any) -> Any:
    return Spans(max_iterations=1).fit_predict(marked(*labels))["t"]


def test_borders_are_medians_and_what_few_marked_is_dropped() -> None:
    assert fused([(0, 10, "P"), (40, 44, "Q")], [(0, 12, "P")], [(2, 12, "P")]) == (Span(0, 12, "P"),)


def test_a_span_inside_another_is_kept_apart() -> None:
    inner, outer = (0, 10, "ORG"), (0, 21, "ORG")
    assert fused([inner, outer], [outer, inner], [outer]) == (Span(0, 10, "ORG"), Span(0, 21, "ORG"))


def test_classes_are_never_mixed() -> None:
    assert fused([(0, 5, "P")], [(0, 5, "Q")], [(0, 5, "P")]) == (Span(0, 5, "P"),)


def test_where_most_mark_nothing_there_is_nothing() -> None:
    found = Spans()
    assert found.fit_predict(marked([], [], [(0, 5, "P")]))["t"] == ()
    assert found.skills_.tolist() == pytest.approx([5 / 6, 5 / 6, 4 / 6])


def test_spans_are_read_from_tuples_mappings_and_answers_and_counted_once() -> None:
    forms = [[(0, 5, "P"), (0, 5, "P")], [{"start": 0, "end": 5, "label": "P"}], [Span(0, 5, "P")]]
    found = Spans()
    assert found.fit_predict(marked(*forms))["t"] == (Span(0, 5, "P"),)
    assert found.confidence_["t"] == 1.0


def test_a_span_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="before it ends"):
        fused([(5, 5, "P")])


def test_the_spans_of_a_lane_are_fused_by_weights_estimated_along() -> None:
    text = "Ada Lovelace met Charles Babbage in London"
    right = [(0, 12), (17, 32), (36, 42)]
    careful = {"spans": [{"start": start, "end": end, "label": "P"} for start, end in right]}
    hasty = {"spans": careful["spans"][:1]}
    rows = [(f"u{n}", worker, careful) for n in range(8) for worker in ("ann", "bob")]
    rows += [(f"u{n}", worker, hasty) for n in range(8) for worker in ("cyd",)]
    # Alone, two hasty people against one would leave the rest of the text unmarked.
    rows += [("last", "ann", careful), ("last", "cyd", hasty), ("last", "dee", {"spans": []})]
    frame = pd.DataFrame(rows, columns=["task", "worker", "answer"])
    frame = frame.assign(label=None, item=frame["task"], content=frame["task"].map(lambda _task: {"text": text}))
    found = estimate(Collected(frame, {}, registry.get("spans"), ontology("spans", "P"), START), "dawid-skene")
    units = {unit.unit_id: unit for unit in found.units}
    assert units["u0"].label == units["last"].label == careful
    assert units["u0"].judgments == 3
    assert 0.0 < units["last"].confidence < units["u0"].confidence < 1.0
    assert found.method == "fusion" and found.converged
    assert found.skills["ann"] > found.skills["dee"] > found.skills["cyd"]
    # A key holds, unless it is none of this schema's answers.
    keys = {"u0": hasty, "u1": {"spans": [{"start": 0, "end": 3, "label": "Q"}]}}
    held = estimate(Collected(frame, keys, registry.get("spans"), ontology("spans", "P"), START), "dawid-skene")
    units = {unit.unit_id: unit for unit in held.units}
    assert (units["u0"].label, units["u0"].confidence) == (hasty, 1.0)
    assert units["u1"].label == careful
    assert held.parameters == {"gold": 1}
