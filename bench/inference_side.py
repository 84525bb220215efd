"""One side of the inference benchmark, alone in its process: fit Dawid-Skene and tell what it took.

It runs under two interpreters, this product's and one that has crowd-kit, and therefore imports nothing but numpy and
pandas until it knows which side it is.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

if not __package__:  # run by its path, which leads to this folder and not to the product
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

COLUMNS = ("task", "worker", "label")


def main(side: str, folder: Path, rounds: int) -> dict[str, Any]:
    """Fit the judgments in the folder; CPU seconds, growth of the memory peak, and the answers beside them."""
    fit = {"ours": _ours, "crowd-kit": _crowd_kit}[side]()
    frame = pd.DataFrame({name: np.load(folder / f"{name}.npy") for name in COLUMNS})
    loaded = _forget_the_peak()
    cpu, wall = time.process_time(), time.perf_counter()
    answers, took = fit(frame, rounds)
    told = {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "growth": _peak() - loaded,
        "peak": _peak(),
        "rounds": took,
    }
    np.save(folder / f"{side}.npy", answers.sort_index().to_numpy())
    return told


def _ours() -> Callable[[pd.DataFrame, int], tuple[Any, int]]:
    import_module("scipy.sparse")  # the other side has loaded all of its libraries as well
    from calibration.inference import DawidSkene

    def fit(frame: pd.DataFrame, rounds: int) -> tuple[Any, int]:
        model = DawidSkene(pooling=0.0, max_iterations=rounds, tolerance=0.0)
        return model.fit_predict(frame), model.iterations_

    return fit


def _crowd_kit() -> Callable[[pd.DataFrame, int], tuple[Any, int]]:
    peer = import_module("crowdkit.aggregation")

    def fit(frame: pd.DataFrame, rounds: int) -> tuple[Any, int]:
        model = peer.DawidSkene(n_iter=rounds, tol=-1.0)  # never satisfied, so that it does all rounds
        return model.fit_predict(frame), len(model.loss_history_)

    return fit


def _forget_the_peak() -> int:
    """Start measuring the peak from here, where the system can; the bytes in use now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return _peak()


def _peak() -> int:
    """The most memory that this process has held, in bytes."""
    try:
        return _status("VmHWM")  # unlike getrusage it leaves out what the process was before it became this program
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python bench/inference_side.py ours|crowd-kit FOLDER ROUNDS, where FOLDER has the judgments")
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
