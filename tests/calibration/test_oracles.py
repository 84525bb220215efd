"""What crowd-kit found on generated crowds, kept in a file, against what is found here; `make oracles` asks it anew."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.inference_quality import closed_set
from tests.calibration import oracles_crowd_kit as oracles
from tests.calibration.crowds import accuracy

FROZEN = json.loads(oracles.FROZEN.read_text())


@pytest.mark.parametrize("kind", ["plain", "a third swaps two labels", "careful"])
def test_an_independent_implementation_finds_the_same(kind: str) -> None:
    crowd, frozen = oracles.crowds()[kind], FROZEN[kind]
    assert oracles.digest(crowd.judgments) == frozen["judgments"], "the crowd is another one: make oracles FREEZE=yes"
    for name, (estimator, least) in oracles.methods().items():
        theirs = pd.Series([*frozen["labels"][name]], index=crowd.judgments["task"].unique(), dtype=object)
        ours = estimator.fit_predict(crowd.judgments)
        assert oracles.alike(crowd.judgments, name, ours, theirs) >= least, name
        assert accuracy(ours, crowd.truth) >= accuracy(theirs, crowd.truth) - 0.01, name


def test_the_file_says_whose_answers_it_keeps() -> None:
    assert FROZEN["crowd-kit"].startswith("1.4")
    assert set(FROZEN) == {"crowd-kit", *oracles.crowds()}


def test_sets_that_both_sides_are_asked_about_have_closed_labels_and_gold(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("worker,item,label\nw,i,a\nw,i,b\nv,i,a\n")
    (tmp_path / "gold.csv").write_text("item,label\ni,a\nelsewhere,b\n")
    found = closed_set(tmp_path)
    assert found is not None
    assert found[0].to_numpy().tolist() == [["w", "i", "a"], ["v", "i", "a"]] and found[1] == {"i": "a"}
    (tmp_path / "meta.json").write_text(json.dumps({"kind": "boxes"}))
    assert closed_set(tmp_path) is None and closed_set(tmp_path / "nowhere") is None
