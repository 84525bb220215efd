"""Commands on files: inference, agreement and plans, with figures worked out by hand."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from calibration.cli import cli

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner().invoke(cli, [str(word) for word in words])


def write(folder: Path, name: str, rows: list[str], head: str = "worker,item,label") -> Path:
    path = folder / name
    text = "\n".join([head, *rows]) + "\n"
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


# Units aab, bbb, aa: pairs agree in 1/3, 1 and 1 of cases.
ROWS = ["w1,i1,a", "w2,i1,a", "w3,i1,b", "w1,i2,b", "w2,i2,b", "w3,i2,b", "w1,i3,a", "w2,i3,a"]


@pytest.mark.parametrize("name", ["labels.csv", "labels.csv.gz"])
@pytest.mark.parametrize("head", ["worker,item,label", "Worker,Task,Label"])
def test_inference_writes_a_label_and_a_confidence_for_each_item(
    tmp_path: Path, run: Run, name: str, head: str
) -> None:
    out = tmp_path / "truth.csv"
    result = run("infer", write(tmp_path, name, ROWS, head), "--method", "majority", "--out", out)
    assert result.exit_code == 0, result.output
    truth = pd.read_csv(out)
    assert list(truth.columns) == ["item", "label", "confidence"]
    assert dict(zip(truth["item"], truth["label"], strict=True)) == {"i1": "a", "i2": "b", "i3": "a"}
    # Votes (2, 1) with shares (1/2, 1/2): (2 + .5) / 4.
    assert truth["confidence"][0] == pytest.approx(0.625)


def test_known_labels_hold_an_inference_in_place(tmp_path: Path, run: Run) -> None:
    out, gold = tmp_path / "truth.csv", write(tmp_path, "gold.csv", ["i1,b"], "item,label")
    result = run("infer", write(tmp_path, "labels.csv", ROWS), "--gold", gold, "--out", out)
    assert result.exit_code == 0, result.output
    first = pd.read_csv(out).iloc[0]
    assert (first["item"], first["label"], first["confidence"]) == ("i1", "b", 1.0)


def test_agreement_comes_with_its_interval(tmp_path: Path, run: Run) -> None:
    labels = write(tmp_path, "labels.csv", ROWS)
    percent = json.loads(run("agreement", labels, "--metric", "percent", "--json").output)
    assert percent["value"] == pytest.approx((1 / 3 + 1 + 1) / 3)
    alpha = json.loads(run("agreement", labels, "--metric", "alpha", "--json").output)
    # Off the diagonal stand 2 of 8 coincidences; by chance 2 * 4 * 4 / (8 * 7); 1 - (2/8) / (32/56).
    assert alpha["value"] == pytest.approx(1 - (2 / 8) / (32 / 56))
    assert alpha["low"] <= alpha["value"] <= alpha["high"]


def test_a_figure_that_does_not_fit_the_table_is_refused_in_words(tmp_path: Path, run: Run) -> None:
    labels = write(tmp_path, "labels.csv", ROWS)
    assert "same number of judgments" in run("agreement", labels, "--metric", "fleiss").output
    assert "compares two people" in run("agreement", labels, "--metric", "cohen").output
    assert "are numbers" in run("agreement", labels, "--level", "interval").output


@pytest.mark.parametrize(
    ("head", "rows", "told"),
    [
        ("who,item,label", ROWS, "has no column worker"),
        ("worker,item,label", ["w1,i1,a", "w2,,a"], "empty cell in line 3"),
    ],
)
def test_a_faulty_table_is_told_by_its_place(tmp_path: Path, run: Run, head: str, rows: list[str], told: str) -> None:
    result = run("infer", write(tmp_path, "labels.csv", rows, head), "--out", tmp_path / "truth.csv")
    assert result.exit_code == 1
    assert told in result.output
    assert not (tmp_path / "truth.csv").exists()


def test_a_plan_states_what_it_does_exactly(run: Run) -> None:
    bare = json.loads(run("plan", "--bare", "--json").output)
    assert (bare["questions"], bare["pass_mark"]) == (62, 51)
    assert (round(bare["alpha"], 3), round(bare["beta"], 3)) == (0.05, 0.038)
    assert {name: round(count, 1) for name, count in bare["expected_questions"].items()} == {
        "p0": 19.8, "p1": 24.1, "middle": 31.9, "half": 8.0,
    }  # fmt: skip
    guarded = json.loads(run("plan", "--json").output)
    assert (round(guarded["alpha"], 4), round(guarded["beta"], 4)) == (0.0499, 0.0366)
    fixed = json.loads(run("plan", "--fixed", "--json").output)
    assert (fixed["questions"], fixed["pass_mark"]) == (41, 34)


def test_an_impossible_plan_is_refused(run: Run) -> None:
    result = run("plan", "--p0", "0.9", "--p1", "0.7", "--json")
    assert result.exit_code == 1
    assert "0 < p0 < p1 < 1" in result.output
