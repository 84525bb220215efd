"""Commands on files: inference, agreement and plans, with figures worked out by hand."""

import gzip
import io
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from calibration.cli import cli
from calibration.operations.estimates import METHODS

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner().invoke(cli, [str(word) for word in words])


def write(folder: Path, name: str, rows: list[str], head: str = "worker,item,label") -> Path:
    path = folder / name
    text = "\n".join([head, *rows]) + "\n"
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
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
    out, gold = tmp_path / "truth.csv", write(tmp_path, "gold.csv", ["i1,b", "elsewhere,a"], "item,label")
    result = run("infer", write(tmp_path, "labels.csv", ROWS), "--gold", gold, "--out", out)
    assert result.exit_code == 0, result.output
    assert "3 items from 8 labels by 3 workers" in result.output and "1 of 2 known labels held" in result.output
    first = pd.read_csv(out).iloc[0]
    assert (first["item"], first["label"], first["confidence"]) == ("i1", "b", 1.0)


def told(run: Run, labels: Path, metric: str, *more: str) -> dict[str, Any]:
    result = run("agreement", labels, "--metric", metric, "--json", *more)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert list(figures) == ["metric", "value", "low", "high", "units", "judgments"]
    assert figures["metric"] == metric
    return figures


def test_agreement_comes_with_its_interval(tmp_path: Path, run: Run) -> None:
    labels = write(tmp_path, "labels.csv", ROWS)
    percent = told(run, labels, "percent")
    assert percent["value"] == pytest.approx((1 / 3 + 1 + 1) / 3)
    # All three units may be the torn one, or none of them.
    assert (percent["low"], percent["high"]) == (pytest.approx(1 / 3), pytest.approx(1.0))
    alpha = told(run, labels, "nominal")
    # Off the diagonal stand 2 of 8 coincidences; by chance 2 * 4 * 4 / (8 * 7); 1 - (2/8) / (32/56).
    assert alpha["value"] == pytest.approx(1 - (2 / 8) / (32 / 56))
    assert alpha["low"] <= alpha["value"] <= alpha["high"]
    assert (alpha["units"], alpha["judgments"]) == (3, 8)


FOUR_OBSERVERS = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
OBSERVED = [
    f"o{observer},u{unit},{value}"
    for observer, row in enumerate(FOUR_OBSERVERS)
    for unit, value in enumerate(row)
    if value != "."
]


@pytest.mark.parametrize(
    ("level", "value"), [("nominal", 0.7434), ("ordinal", 0.8154), ("interval", 0.8491), ("ratio", 0.7974)]
)
def test_alpha_on_every_level(tmp_path: Path, run: Run, level: str, value: float) -> None:
    figures = told(run, write(tmp_path, "labels.csv.gz", OBSERVED), level)
    assert round(figures["value"], 4) == value
    assert figures["low"] < value < figures["high"]
    assert (figures["units"], figures["judgments"]) == (11, 41)


def test_named_grades_come_with_their_order(tmp_path: Path, run: Run) -> None:
    names = dict(zip("12345", ["poor", "fair", "good", "fine", "best"], strict=True))
    labels = write(tmp_path, "labels.csv", [row[:-1] + names[row[-1]] for row in OBSERVED])
    order = ",".join(names.values())
    assert round(told(run, labels, "ordinal", "--order", order)["value"], 4) == 0.8154
    refused = run("agreement", labels, "--metric", "ordinal", "--order", "poor,fair,good,fine")
    assert refused.exit_code == 1
    assert "line 20: this label is not in the order given" in refused.output


def test_two_people_on_what_both_have_judged(tmp_path: Path, run: Run) -> None:
    cells = {("x", "x"): 20, ("x", "y"): 5, ("y", "x"): 10, ("y", "y"): 15}
    pairs = [pair for pair, units in cells.items() for _unit in range(units)]
    rows = [f"w{who},i{unit},{label}" for unit, pair in enumerate(pairs) for who, label in enumerate(pair)]
    figures = told(run, write(tmp_path, "labels.csv", [*rows, "w0,alone,x"]), "cohen")
    assert figures["value"] == pytest.approx(0.4)
    assert 0.1 < figures["low"] < 0.4 < figures["high"] < 0.7
    assert (figures["units"], figures["judgments"]) == (50, 101)


def test_kappa_of_more_people_is_the_mean_over_their_pairs(tmp_path: Path, run: Run) -> None:
    # w1 and w2 share four items (kappa 1/2), w1 and w3 two (kappa 1), w2 and w3 the same two (0: they differ on one).
    rows = ["w1,i1,a", "w2,i1,a", "w3,i1,a", "w1,i2,b", "w2,i2,a", "w3,i2,b", "w1,i3,b", "w2,i3,b"]
    figures = told(run, write(tmp_path, "labels.csv", [*rows, "w1,i4,a", "w2,i4,a", "w1,alone,b"]), "cohen")
    assert figures["value"] == pytest.approx((4 * 0.5 + 2 * 1.0 + 2 * 0.0) / 8)
    assert (figures["units"], figures["judgments"]) == (4, 11)
    assert figures["low"] <= figures["value"] <= figures["high"]


def test_fleiss_kappa_of_equal_units(tmp_path: Path, run: Run) -> None:
    rows = ["w1,i1,a", "w2,i1,a", "w1,i2,a", "w2,i2,b", "w1,i3,b", "w2,i3,b"]
    # Two of three units agree; by chance 1/2.
    assert told(run, write(tmp_path, "labels.csv", rows), "fleiss")["value"] == pytest.approx((2 / 3 - 1 / 2) / 0.5)


def test_whoever_labels_an_item_twice_counts_once(tmp_path: Path, run: Run) -> None:
    twice = write(tmp_path, "twice.csv", [*ROWS, "w1,i1,b", "w3,i1,b"])
    once = write(tmp_path, "once.csv", ROWS)
    assert told(run, twice, "nominal") == told(run, once, "nominal")
    for labels in (twice, once):
        result = run("infer", labels, "--method", "majority", "--out", labels.with_suffix(".out"))
        assert result.exit_code == 0
        said = "1 label left out, the first on line 10: the worker had given another one" in result.stderr
        assert said is (labels == twice)
    assert (tmp_path / "twice.out").read_text() == (tmp_path / "once.out").read_text()


def test_a_figure_that_cannot_be_told_is_null(tmp_path: Path, run: Run) -> None:
    figures = told(run, write(tmp_path, "labels.csv", ["w1,i1,a", "w2,i2,a"]), "nominal")
    assert (figures["value"], figures["low"], figures["high"], figures["units"]) == (None, None, None, 0)
    assert "No item has two labels" in run("agreement", tmp_path / "labels.csv").stderr
    gold = write(tmp_path, "gold.csv", ["elsewhere,a"], "item,label")
    result = run("infer", tmp_path / "labels.csv", "--gold", gold, "--out", tmp_path / "truth.csv")
    assert "None of the known labels is of an item in this file" in result.stderr
    assert "0 of 1 known label held" in result.stdout


def test_without_json_each_figure_has_a_line(tmp_path: Path, run: Run) -> None:
    lines = run("agreement", write(tmp_path, "labels.csv", ROWS)).output.splitlines()
    assert [line.split()[0] for line in lines] == ["metric", "value", "low", "high", "units", "judgments"]


@pytest.mark.parametrize(
    ("metric", "rows", "said"),
    [
        ("fleiss", ROWS, "same number of judgments"),
        ("cohen", ROWS[:1], "compares people with one another; this file has 1"),
        ("interval", ROWS, "labels.csv, line 2: on this level a label is a number"),
        ("interval", ["w1,i1,1", "w2,i1,nan"], "line 3: on this level a label is a number"),
        ("ordinal", ["w1,i1,1", "w2,i1,2", "", "w1,i2,fair"], "line 5: on this level a label is a number"),
        ("ratio", ["w1,i1,1", "w2,i1,-2"], "line 3: on this level a label is a number of 0 or more"),
    ],
)
def test_a_figure_that_does_not_fit_the_table_is_refused_in_words(
    tmp_path: Path, run: Run, metric: str, rows: list[str], said: str
) -> None:
    result = run("agreement", write(tmp_path, "labels.csv", rows), "--metric", metric, "--json")
    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"who,item,label\nw,i,a\n", "line 1: there is no column worker or annotator"),
        (b"worker;item;label\nw;i;a\n", "only: worker;item;label; the columns seem to be separated by semicolons"),
        (b"worker,item,label,Label\nw,i,a,a\n", "line 1: the column label is there twice"),
        (b"worker,item,task,label\nw,i,t,a\n", "line 1: both item and task are there"),
        (b"worker,item,label\nw1,i,a\nw2,,a\n", "line 3: the item is empty"),
        (b"worker,item,label\nw1,i,a\n\nw2,i, \n", "line 4: the label is empty"),
        (b"worker,item,label\nw1,i,a\nw2,i\n", "line 3: too few fields, 2 instead of 3"),
        (b"worker,item,label,note\nw1,i,a,\nw2,i,a\n", "line 3: too few fields, 3 instead of 4"),
        (b"worker,item,label\nw1,i,a,b\nw2,i,a\n", "line 2: too many fields, 4 instead of 3"),
        (b'worker,item,label\n"w\n1",i,a\nw2,i\n', "line 4: too few fields"),
        (b'worker,item,label\nw1,i,a\nw2,i,"a\nw3,i,a\n', "line 4: unexpected end of data"),
        (b"worker,item,label\nw1,i,a\nw2,i,caf\xe9\n", "line 3: this is not UTF-8 (byte 0xe9)"),
        ("worker,item,label\nw1,i,a\n".encode("utf-16"), "line 1: this is not UTF-8"),
        (b"worker,item,label\rw1,i,a\r", "line 1: lines end in a carriage return alone; save it with line feeds"),
        (b"worker,item,label\nw1,i,a\nw2,i,a\0b\n", "line 3: the label has a NUL in it"),
        (b"", "labels.csv is empty"),
        (b"worker,item,label\n", "labels.csv has a header, but no rows"),
    ],
)
@pytest.mark.parametrize("command", ["infer", "agreement"])
def test_a_faulty_table_is_told_by_its_line(tmp_path: Path, run: Run, command: str, text: bytes, said: str) -> None:
    labels, out = tmp_path / "labels.csv", tmp_path / "truth.csv"
    labels.write_bytes(text)
    result = run(command, labels, *(["--out", out] if command == "infer" else ["--json"]))
    assert result.exit_code == 1
    assert said in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]


PACKED = gzip.compress(b"".join([b"worker,item,label\n", *(b"w%d,i%d,a\n" % (n, n * n) for n in range(2999))]), mtime=0)
KEPT = zlib.decompressobj(wbits=31).decompress(PACKED[:-2000]).count(b"\n")  # lines of what is left of it


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"worker,item\nw1,i\n", "labels.csv.gz, line 1: there is no column label"),
        (PACKED[:-2000], f"labels.csv.gz, line {KEPT + 1}: the compressed file is cut off or damaged here"),
        (PACKED[: len(PACKED) // 2] + b"?" * 99, "the compressed file is cut off or damaged here"),
        (PACKED + b"junk", "labels.csv.gz, line 3001: the compressed file is cut off or damaged here"),
        (gzip.compress(b"worker,item,label\nw1,i,a\nw2,i\n", mtime=0), "line 3: too few fields"),
    ],
)
def test_a_broken_compressed_table_is_told_too(tmp_path: Path, run: Run, data: bytes, said: str) -> None:
    labels = tmp_path / "labels.csv.gz"
    labels.write_bytes(data)
    result = run("infer", labels, "--out", tmp_path / "truth.csv")
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "truth.csv").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [(["i1,a", "i2,"], "gold.csv, line 3: the label is empty"),
     (["i1,a", "i2,b", "i1,b"], "gold.csv, line 4: i1 has two labels, a and b")],
)  # fmt: skip
def test_faulty_gold_is_told_by_its_line(tmp_path: Path, run: Run, rows: list[str], said: str) -> None:
    gold = write(tmp_path, "gold.csv", rows, "item,label")
    result = run("infer", write(tmp_path, "labels.csv", ROWS), "--gold", gold, "--out", tmp_path / "truth.csv")
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "truth.csv").exists()


def test_a_byte_order_mark_spaces_and_other_columns_do_no_harm(tmp_path: Path, run: Run) -> None:
    labels, out = tmp_path / "labels.csv", tmp_path / "truth.csv.gz"
    labels.write_text('\ufeffnote, Annotator ,label,task\r\n,w1, a ,"i,1"\r\n\r\nx,w2,a,"i,1"\r\n', encoding="utf-8")
    result = run("infer", labels, "--method", "majority", "--out", out, "--skills", tmp_path / "skills.csv")
    assert result.exit_code == 0, result.output
    assert gzip.decompress(out.read_bytes()).decode() == 'item,label,confidence\n"i,1",a,1.000000\n'
    assert (tmp_path / "skills.csv").read_text() == "worker,skill\nw1,1.000000\nw2,1.000000\n"


def test_what_was_there_stays_when_writing_fails(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "truth.csv"
    out.write_text("earlier")

    def full_disk(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    result = run("infer", write(tmp_path, "labels.csv", ROWS), "--out", out)
    assert result.exit_code == 1
    assert "No space left" in result.output
    assert out.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv", "truth.csv"]


def test_a_compressed_file_is_read_whatever_its_name(tmp_path: Path, run: Run) -> None:
    packed = write(tmp_path, "labels.csv.gz", ROWS).rename(tmp_path / "labels.csv")
    assert told(run, packed, "percent")["judgments"] == len(ROWS)


def test_what_is_written_replaces_nothing_that_is_needed(tmp_path: Path, run: Run) -> None:
    labels, out, link = write(tmp_path, "labels.csv", ROWS), tmp_path / "truth.csv", tmp_path / "link.csv"
    link.symlink_to(out)
    assert run("infer", labels, "--out", link).exit_code == 0
    assert link.is_symlink() and out.read_text().startswith("item,label,confidence")
    before = labels.read_text()
    link.unlink()
    link.symlink_to(labels)
    for more in (["--out", link], ["--out", labels], ["--out", out, "--skills", out], ["--out", out, "--gold", out]):
        refused = run("infer", labels, *more)
        assert refused.exit_code == 2 and "are the same file" in refused.output
    assert labels.read_text() == before
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR)  # both ends, so that nobody waits
    assert run("infer", labels, "--out", pipe, "--skills", "/dev/null").exit_code == 0
    assert os.read(end, 10_000).decode() == out.read_text() and pipe.is_fifo()
    os.close(end)


def test_a_place_that_cannot_be_written_to_is_told_before_the_work(tmp_path: Path, run: Run) -> None:
    result = run("infer", write(tmp_path, "labels.csv", ROWS), "--out", tmp_path / "nowhere" / "truth.csv")
    assert result.exit_code == 1
    assert "no folder that can be written to" in result.output


def test_every_method_reads_the_same_file(tmp_path: Path, run: Run) -> None:
    labels = write(
        tmp_path, "labels.csv", [f"w{who},i{unit},{'ab'[unit % 2]}" for unit in range(9) for who in range(3)]
    )
    for method in (*METHODS, "majority-vote", "weighted-vote"):
        out = tmp_path / f"{method}.csv"
        assert run("infer", labels, "--method", method, "--out", out).exit_code == 0, method
        assert pd.read_csv(out)["label"].tolist() == [*"abababab", "a"], method


def test_numbers_come_out_as_their_weighted_median(tmp_path: Path, run: Run) -> None:
    out = tmp_path / "truth.csv"
    rows = ["w1,i1,3", "w2,i1,4", "w3,i1,400", "w1,i2,7.5", "w2,i2,7.5", "w1,i3,2", "w2,i3,9"]
    labels, gold = write(tmp_path, "labels.csv", rows), write(tmp_path, "gold.csv", ["i3,2"], "item,label")
    result = run("infer", labels, "--method", "weighted-median", "--gold", gold, "--out", out)
    assert result.exit_code == 0, result.output
    assert "3 items from 7 labels by 3 workers: weighted-median" in result.output
    told = pd.read_csv(out).set_index("item")
    assert told["label"].to_dict() == {"i1": 4.0, "i2": 7.5, "i3": 2.0}
    sure = told["confidence"].to_dict()
    assert sure["i2"] == sure["i3"] == 1.0 > sure["i1"] > 0.0
    wrong = write(tmp_path, "wrong.csv", ["i3,two"], "item,label")
    for files in ([write(tmp_path, "words.csv", [*rows, "w3,i3,two"])], [labels, "--gold", wrong]):
        result = run("infer", *files, "--method", "weighted-median", "--out", out)
        assert result.exit_code == 1
        line = 9 if len(files) == 1 else 2
        assert f"line {line}: for weighted-median a label is a number" in result.output


def test_who_sits_before_it_sees_how_far_it_is(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("calibration.cli.sys", type("Terminal", (), {"stderr": shown}))
    result = run("infer", write(tmp_path, "labels.csv", ROWS), "--out", tmp_path / "truth.csv")
    assert result.exit_code == 0, result.output
    assert "reading" in shown.getvalue() and "inferring" in shown.getvalue() and "100%" in shown.getvalue()
    assert "reading" not in result.output


def test_a_plan_states_what_it_does_exactly(run: Run) -> None:
    bare = json.loads(run("plan", "--bare", "--json").output)
    assert (bare["questions"], bare["pass_mark"]) == (62, 51)
    assert (round(bare["alpha"], 3), round(bare["beta"], 3)) == (0.05, 0.038)
    assert {name: round(count, 1) for name, count in bare["expected_questions"].items()} == {
        "p0": 19.8, "p1": 24.1, "middle": 31.9, "half": 8.0,
    }  # fmt: skip
    guarded = json.loads(run("plan", "--json").output)
    assert (round(guarded["alpha"], 4), round(guarded["beta"], 4)) == (0.0499, 0.0366)
    many = json.loads(run("plan", "--classes", "30", "--json").output)
    assert many["classes"] == 30 and many["alpha"] <= 0.05 and many["expected_questions"]["p1"] > 33
    assert run("plan", "--classes", "0").exit_code == 2
    fixed = json.loads(run("plan", "--fixed", "--json").output)
    assert (fixed["questions"], fixed["pass_mark"]) == (41, 34)
    assert "A fixed test of 5 questions keeps the same errors" in run("plan", "--p0", "0.5", "--p1", "0.99").output
    assert "fixed test" not in run("plan").output


def test_an_impossible_plan_is_refused(run: Run) -> None:
    result = run("plan", "--p0", "0.9", "--p1", "0.7", "--json")
    assert result.exit_code == 1
    assert "0 < p0 < p1 < 1" in result.output
