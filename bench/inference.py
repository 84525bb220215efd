"""Truth inference beside crowd-kit on the same judgments in the same run, and what one judgment costs as it comes in.

Each side runs alone in a process of its own and is measured by its CPU time and by its peak of memory, of which the
table also tells how far it rises above the loaded judgments. crowd-kit needs an environment of
its own, made from `bench/requirements-crowd-kit.txt`; CROWD_KIT names its Python, and without it only this product is
measured. It ends with an error where a promise was missed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

if not __package__:  # run by its path, which leads to this folder and not to the product
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.tables import is_missed, promises, table
from calibration.inference import AgreementCounter, Outlook

ROOT = Path(__file__).resolve().parent.parent
SIDE = Path(__file__).with_name("inference_side.py")
OWN_PLACE = ROOT / "var" / "crowd-kit" / "bin" / "python"
SEED, ROUNDS, CLASSES, EACH = 20260101, 20, 4, 5
MEBIBYTE = 1024**2
MOST_CPU, MOST_MEMORY, LEAST_ALIKE, MOST_BYTES = 1 / 7, 0.4, 0.999, 2 * 1024**3


@dataclass(frozen=True)
class Size:
    """How many judgments a run infers from."""

    tasks: int
    workers: int

    @property
    def judgments(self) -> int:
        return self.tasks * EACH


MILLION, TEN_MILLION = Size(200_000, 2_000), Size(2_000_000, 20_000)


def main(crowd_kit: str | None = None) -> Iterator[str]:
    """Tables: both sides on a million judgments, this product on ten million, and one judgment at a time."""
    peer = crowd_kit or os.environ.get("CROWD_KIT") or (str(OWN_PLACE) if OWN_PLACE.exists() else None)
    with tempfile.TemporaryDirectory() as place:
        yield _side_by_side(Path(place), peer)
        yield _large(Path(place))
    yield _one_by_one()


def command(crowd_kit: str | None) -> int:
    """Print the tables; 1 where a promise was missed."""
    missed = False
    for told in main(crowd_kit):
        print(told, flush=True)
        missed = missed or is_missed(told)
    return int(missed)


def _side_by_side(folder: Path, peer: str | None) -> str:
    generate(folder, MILLION)
    ours = _run("ours", folder)
    lines = [_line("Polyphony", folder, "ours", ours)]
    try:
        tail = _compared(folder, ours, lines, peer)
    except (RuntimeError, OSError) as problem:
        tail = f"crowd-kit: not measured ({str(problem).strip().splitlines()[-1]})\n"
    head = ["", "CPU s", "peak MiB", "growth MiB", "rounds", "accuracy"]
    title = f"Dawid-Skene on {MILLION.judgments:,} judgments ({MILLION.tasks:,} tasks, {MILLION.workers:,} workers)"
    return table(title, head, lines) + tail


def _compared(folder: Path, ours: dict[str, Any], lines: list[list[object]], peer: str | None) -> str:
    """Adds the other side's line and the ratio; what the product promises, and whether it was kept."""
    if peer is None:
        return (
            "crowd-kit: not measured, as no Python that has it was named. Once:\n"
            "  python3 -m venv var/crowd-kit\n"
            "  var/crowd-kit/bin/pip install -r bench/requirements-crowd-kit.txt\n"
            "or CROWD_KIT=/path/to/its/python make bench\n"
        )
    theirs = _run("crowd-kit", folder, peer)
    lines.append(_line("crowd-kit", folder, "crowd-kit", theirs))
    alike = float((_answers(folder, "ours") == _answers(folder, "crowd-kit")).mean())
    cpu, peak, growth = (ours[figure] / theirs[figure] for figure in ("cpu", "peak", "growth"))
    lines.append(["ratio", f"{cpu:.3f}", f"{peak:.3f}", f"{growth:.3f}", "", f"{alike:.5f} alike"])
    return promises(
        (f"at most a seventh of the CPU time ({1 / cpu:.1f} times faster)", cpu <= MOST_CPU),
        (f"at most {MOST_MEMORY} of the peak of memory", peak <= MOST_MEMORY),
        (f"labels alike in {LEAST_ALIKE:.1%}", alike >= LEAST_ALIKE),
    )


def _large(folder: Path) -> str:
    generate(folder, TEN_MILLION)
    ours = _run("ours", folder)
    title = f"Dawid-Skene on {TEN_MILLION.judgments:,} judgments in one process"
    lines = [[ours["cpu"], ours["wall"], f"{ours['peak'] / MEBIBYTE:,.0f}", ours["rounds"]]]
    return table(title, ["CPU s", "seconds", "peak MiB", "rounds"], lines) + promises(
        ("under 2 GiB", ours["peak"] < MOST_BYTES)
    )


def _line(name: str, folder: Path, side: str, told: dict[str, Any]) -> list[object]:
    right = float((_answers(folder, side) == np.load(folder / "truth.npy")).mean())
    memory = (f"{told[figure] / MEBIBYTE:,.0f}" for figure in ("peak", "growth"))
    return [name, told["cpu"], *memory, told["rounds"], f"{right:.5f}"]


def _answers(folder: Path, side: str) -> Any:
    return np.load(folder / f"{side}.npy")


def _run(side: str, folder: Path, python: str = sys.executable) -> dict[str, Any]:
    """One side in a process of its own; what it told."""
    print(f"… {side}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [python, str(SIDE), side, str(folder), str(ROUNDS)], capture_output=True, text=True, cwd=folder
    )
    if done.returncode:
        raise RuntimeError(f"{side}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def generate(folder: Path, size: Size) -> None:
    """Judgments of a crowd in which each person has an accuracy of their own for each class, in random order."""
    print(f"… {size.judgments:,} judgments", file=sys.stderr, flush=True)
    rng = np.random.default_rng(SEED)
    shares = np.arange(CLASSES, 0, -1) / (CLASSES * (CLASSES + 1) / 2)
    truth = rng.choice(CLASSES, size=size.tasks, p=shares).astype(np.int32)
    accuracy = rng.beta(7.0, 3.0, size=(size.workers, CLASSES)).astype(np.float32)
    task = np.repeat(np.arange(size.tasks, dtype=np.int32), EACH)
    steps = rng.integers(1, size.workers // EACH, size=(size.tasks, EACH), dtype=np.int32)
    first = rng.integers(size.workers, size=(size.tasks, 1), dtype=np.int32)
    worker = ((first + steps.cumsum(axis=1, dtype=np.int32)) % size.workers).ravel()  # five different people
    real = truth[task]
    wrong = (real + rng.integers(1, CLASSES, size=len(task), dtype=np.int32)) % CLASSES
    label = np.where(rng.random(len(task), dtype=np.float32) < accuracy[worker, real], real, wrong)
    order = rng.permutation(len(task))
    for name, column in (("task", task), ("worker", worker), ("label", label)):
        np.save(folder / f"{name}.npy", column[order].astype(np.int32))
    np.save(folder / "truth.npy", truth)


def _one_by_one() -> str:
    labels = [f"label {number}" for number in range(CLASSES)]
    before = Outlook.start(labels).add(labels[0], 0.8).add(labels[1], 0.7)
    counter = AgreementCounter()
    counts: dict[Hashable, int] = {labels[0]: 2, labels[1]: 1}
    for _unit in range(1000):
        counter.add(counter.add(counter.add({}, labels[0]), labels[0]), labels[1])

    def there_and_back() -> None:
        counter.add(counts, labels[0])
        counter.remove({**counts, labels[0]: 3}, labels[0])

    lines = [
        ["posterior of a unit: add a judgment", _microseconds(lambda: before.add(labels[0], 0.9))],
        ["posterior of a unit: its leading label", _microseconds(before.leader)],
        ["agreement: add a judgment and take it back", _microseconds(there_and_back)],
        ["agreement: alpha", _microseconds(counter.alpha)],
    ]
    return table(f"One judgment as it comes in ({CLASSES} labels)", ["", "microseconds"], lines)


def _microseconds(act: Callable[[], object], times: int = 2_000) -> float:
    """The quickest of several rounds, as whatever else the machine does only ever adds."""
    rounds = []
    for _round in range(7):
        start = time.perf_counter()
        for _time in range(times):
            act()
        rounds.append((time.perf_counter() - start) / times * 1e6)
    return min(rounds)


if __name__ == "__main__":
    raise SystemExit(command(sys.argv[1] if len(sys.argv) > 1 else None))
