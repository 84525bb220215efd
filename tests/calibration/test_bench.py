"""The benchmarks of inference: what they measure is what they say, on small sizes."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench import __main__ as command
from bench import inference, inference_quality, tables
from calibration.operations.estimates import METHODS

README = """# a set

- Reference implementation (default tie-break, repeated rows dropped), accuracy: MV 0.8116, DS 0.8426, OneCoinDS 0.8302
- mv_accuracy: 0.8222

## Published figures

- A paper (this set, accuracy): MV 0.897, M-MSR 0.751
"""


def _set(folder: Path) -> Path:
    folder.mkdir()
    rows = [f"w{who},i{item},{'ab'[(item + (who == 4)) % 2]}" for item in range(20) for who in range(5)]
    (folder / "labels.csv").write_text("\n".join(["worker,item,label", *rows, rows[0]]))
    (folder / "gold.csv").write_text("\n".join(["item,label", *(f"i{item},{'ab'[item % 2]}" for item in range(10))]))
    (folder / "README.md").write_text(README)
    return folder


def test_figures_of_others_are_read_by_source_and_method(tmp_path: Path) -> None:
    assert inference_quality.published(_set(tmp_path / "a")) == {
        "Reference implementation": {"majority": 0.8116, "dawid-skene": 0.8426, "one-coin": 0.8302},
        "A paper": {"majority": 0.897, "M-MSR": 0.751},
    }


def test_every_method_has_its_accuracy_beside_those_of_others(tmp_path: Path) -> None:
    bare = _set(tmp_path / "b")
    (bare / "gold.csv").unlink()
    first, second = inference_quality.main([_set(tmp_path / "a"), bare])
    assert "100 labels, 5 workers, 20 items, 10 with gold" in first  # the repeated row is left out
    lines = {line.split()[0]: line.split() for line in first.splitlines()[3:] if line}
    assert set(METHODS) <= set(lines)
    assert lines["majority"][1] == "1.0000" and lines["majority"][-2:] == ["0.8116", "0.8970"]
    assert lines["M-MSR"] == ["M-MSR", "0.7510"]
    assert "no gold" in second


def test_odd_gold_is_told_and_the_next_set_follows(tmp_path: Path) -> None:
    elsewhere, unseen, broken = (_set(tmp_path / name) for name in ("a", "b", "c"))
    (elsewhere / "gold.csv").write_text("item,label\nnever judged,a\n")
    with (unseen / "gold.csv").open("a") as file:
        file.write("\ni11,z")  # a label that nobody gave
    (broken / "meta.json").write_text("{")
    first, second, third, _fourth, every = inference_quality.main([elsewhere, unseen, broken, _set(tmp_path / "d")])
    assert "no gold for any of its items" in first
    assert "11 with gold" in second and " 0.9091 " in second
    assert third.startswith("c: meta.json cannot be read")
    assert [line.split()[0] for line in every.splitlines()[3:]] == ["b", "d", "mean"]


PLACE = Path(inference.__file__).parent
FILES = sorted(file.stem for file in PLACE.glob("*.py") if 'if __name__ == "__main__"' in file.read_text())


@pytest.mark.parametrize("name", FILES)
def test_a_bench_can_be_run_by_its_path_from_anywhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(inference.__file__).with_name(f"{name}.py")
    monkeypatch.chdir(tmp_path)
    # As Python starts a file: its own folder leads the path, and the product's is not on it.
    others = [place for place in sys.path if Path(place or ".").resolve() not in (tmp_path, inference.ROOT)]
    monkeypatch.setattr(sys, "path", [str(file.parent), *others])
    for known in [known for known in sys.modules if known.split(".")[0] == "bench"]:
        monkeypatch.delitem(sys.modules, known)
    runpy.run_path(str(file), run_name="by path")
    assert sys.path[0] == str(inference.ROOT)


def test_accuracies_are_printed_by_the_file_itself(tmp_path: Path) -> None:
    _set(tmp_path / "a")
    done = subprocess.run(
        [sys.executable, inference_quality.__file__, "a"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Reference implementation" in done.stdout


def test_the_bench_takes_a_folder_of_sets_or_a_set(tmp_path: Path) -> None:
    one = _set(tmp_path / "a")
    assert inference_quality.folders_in(tmp_path) == inference_quality.folders_in(one) == [one]
    names = [name for name, _tables in command.parts(None)]
    assert names == ["next and submit", "gold beside work", "truth inference", "search among people"]
    assert len(list(command.parts(tmp_path))) == 6
    assert command.main([str(tmp_path / "nowhere")]) == 2


def test_accuracies_are_asked_for_by_folders_that_are_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inference_quality.command([]) == 1
    assert inference_quality.command([str(tmp_path / "nowhere")]) == 1
    assert "nowhere is no folder" in capsys.readouterr().err
    assert inference_quality.command([str(tmp_path)]) == 1
    (_set(tmp_path / "a") / "gold.csv").unlink()
    assert inference_quality.command([str(tmp_path)]) == 0
    assert "no gold" in capsys.readouterr().out


def test_a_side_runs_alone_and_tells_what_it_took(tmp_path: Path) -> None:
    inference.generate(tmp_path, inference.Size(tasks=2_000, workers=50))
    told = inference._run("ours", tmp_path)
    assert told["rounds"] == inference.ROUNDS
    # Ten thousand judgments need little; what the process that started it holds (this one) is not counted.
    assert told["cpu"] > 0 and 0 <= told["growth"] < 64 * inference.MEBIBYTE < told["peak"]
    assert (np.load(tmp_path / "ours.npy") == np.load(tmp_path / "truth.npy")).mean() > 0.85


def test_generated_judgments_are_by_different_people_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        inference.generate(tmp_path / name, inference.Size(tasks=500, workers=40))
    task, worker, label = (np.load(tmp_path / "first" / f"{name}.npy") for name in ("task", "worker", "label"))
    assert len(np.unique(task * 40 + worker)) == len(task) == 2_500
    assert set(label.tolist()) == {0, 1, 2, 3}
    assert (label == np.load(tmp_path / "again" / "label.npy")).all()


def _pretend(monkeypatch: pytest.MonkeyPatch, *, has_peer: bool, own_peak: int = 150) -> None:
    """Sides that answer the truth at once, the other one at ten times the cost."""
    peak = {"ours": own_peak, "crowd-kit": 500}

    def run(side: str, folder: Path, python: str = sys.executable) -> dict[str, float]:
        if side == "crowd-kit" and not has_peer:
            raise RuntimeError("Traceback …\nModuleNotFoundError: No module named 'crowdkit'\n")
        np.save(folder / f"{side}.npy", np.load(folder / "truth.npy"))
        factor = {"ours": 1, "crowd-kit": 10}[side]
        return {"cpu": 0.5 * factor, "growth": 1024**2 * factor, "peak": peak[side] * 1024**2, "rounds": 20}

    monkeypatch.setattr(inference, "MILLION", inference.Size(tasks=500, workers=40))
    monkeypatch.setattr(inference, "_run", run)


def test_without_the_other_library_the_bench_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pretend(monkeypatch, has_peer=False)
    told = inference._side_by_side(tmp_path, None)
    assert "Polyphony" in told and "crowd-kit: not measured" in told and "requirements-crowd-kit.txt" in told
    wrong = inference._side_by_side(tmp_path, "python")
    assert "Polyphony" in wrong
    assert "crowd-kit: not measured (ModuleNotFoundError: No module named 'crowdkit')" in wrong


def test_both_sides_are_compared_by_time_memory_and_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, has_peer=True)
    told = inference._side_by_side(tmp_path, "python")
    assert "(10.0 times faster): kept" in told and "1.00000 alike" in told and "MISSED" not in told
    assert "0.300" in told  # of the peak, and not of its growth alone
    _pretend(monkeypatch, has_peer=True, own_peak=201)
    assert "at most 0.4 of the peak of memory: MISSED" in inference._side_by_side(tmp_path, "python")


def test_a_missed_promise_ends_the_bench_with_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(told: str) -> Callable[..., list[str]]:
        return lambda *_peer: [told, "another table\n"]

    for kept in (True, False):
        told = tables.promises(("quick", True), ("small", kept))
        monkeypatch.setattr(inference, "main", measured(told))
        monkeypatch.setattr(command, "parts", lambda data, told=told: [("truth inference", measured(told))])
        assert inference.command(None) == command.main([]) == int(not kept)
    assert capsys.readouterr().out.count("small: MISSED") == 2
