"""The same crowds through this product and through crowd-kit, side by side: `make oracles`.

crowd-kit pins older libraries and therefore lives in an environment of its own (`bench/requirements-crowd-kit.txt`);
CROWD_KIT names its Python. Run by that Python this file is the other side: it reads a table and writes what it finds.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent.parent
OWN_PLACE = ROOT / "var" / "crowd-kit" / "bin" / "python"
PEERS: dict[str, tuple[str, dict[str, Any]]] = {
    "majority": ("MajorityVote", {}),
    "dawid-skene": ("DawidSkene", {"n_iter": 200, "tol": 1e-9}),
    "one-coin": ("OneCoinDawidSkene", {"n_iter": 200, "tol": 1e-9}),
    "mace": ("MACE", {"n_restarts": 1, "n_iter": 100}),
    "mace-em": ("MACE", {"n_restarts": 1, "n_iter": 100, "method": "em"}),
    "glad": ("GLAD", {}),
    "noisy-bradley-terry": ("NoisyBradleyTerry", {}),
    "rover": ("ROVER", {"tokenizer": str.split, "detokenizer": " ".join}),
}


def answer(methods: list[str], table: Path, out: Path) -> None:
    """The other side: what crowd-kit makes of a table, by each method."""
    frame = pd.read_csv(table, dtype=str, keep_default_na=False)
    answers = {}
    for method in methods:
        name, settings = PEERS[method]
        found = getattr(import_module("crowdkit.aggregation"), name)(**settings)
        told = found.fit_predict(frame.rename(columns={"label": "text"}) if method == "rover" else frame)
        answers[method] = {str(key): value for key, value in told.items()}
    out.write_text(json.dumps(answers))


def main(python: str) -> int:
    """Compare on generated crowds; the number of comparisons that fall short."""
    comparisons = [*_classes(python), *_strengths(python), *_texts(python)]
    print(f"{'method':22} {'crowd':26} {'here':>9} {'crowd-kit':>9} {'same':>9}  at least")
    for name, crowd, ours, theirs, same, least in comparisons:
        verdict = "" if same >= least else "  FAILED"
        print(f"{name:22} {crowd:26} {ours:9.4f} {theirs:9.4f} {same:9.4f}  {least:.2f}{verdict}")
    return sum(same < least for *_rest, same, least in comparisons)


def _classes(python: str) -> list[tuple[str, str, float, float, float, float]]:
    """Accuracy of both sides, and in how many answers they are the same."""
    from calibration.inference import GLAD, MACE, DawidSkene, MajorityVote, OneCoin
    from tests.calibration.crowds import accuracy, make_crowd

    methods: dict[str, tuple[Any, float]] = {
        "majority": (MajorityVote(), 1.0),
        "dawid-skene": (DawidSkene(pooling=0.0), 0.98),
        # The priors are not the same.
        "one-coin": (OneCoin(), 0.96),
        "mace": (MACE(even_labels=True), 0.98),
        "mace-em": (MACE(even_labels=True, bayes=False), 0.96),
        "glad": (GLAD(), 0.98),
    }
    found = []
    for kind, crowd in {
        "plain": make_crowd(1, tasks=300, workers=15, each=6),
        "a third swaps two labels": make_crowd(2, tasks=300, workers=15, each=6, swappers=5),
        "careful": make_crowd(3, tasks=300, workers=15, each=4, mean=0.9),
    }.items():
        told = _ask(python, [*methods], crowd.judgments)
        for name, (estimator, least) in methods.items():
            ours = estimator.fit_predict(crowd.judgments)
            theirs = pd.Series(told[name], dtype=object)[ours.index]
            alike = ours.to_numpy() == theirs.to_numpy()
            # Even votes are broken differently.
            same = float(alike[_decided(crowd.judgments)[ours.index] if name == "majority" else slice(None)].mean())
            found.append((name, kind, accuracy(ours, crowd.truth), accuracy(theirs, crowd.truth), same, least))
    return found


def _decided(judgments: pd.DataFrame) -> "pd.Series[bool]":
    """For each task, whether one label has more votes than any other."""
    votes = judgments.groupby(["task", "label"]).size().unstack(fill_value=0)
    return votes.eq(votes.max(axis=1), axis=0).sum(axis=1) == 1


def _strengths(python: str) -> list[tuple[str, str, float, float, float, float]]:
    """Kendall's tau of both sides with the truth, and with each other."""
    from calibration.inference import BradleyTerry
    from calibration.inference.distances import tau_b
    from tests.calibration.test_bradley_terry import make_comparisons

    found = []
    for seed, left_takers in ((1, 0), (2, 4)):
        frame, strength = make_comparisons(seed, left_takers=left_takers, each=60)
        ours = (-BradleyTerry(noisy=True).fit(frame).scores_).to_dict()
        theirs = {
            thing: -score
            for thing, score in _ask(python, ["noisy-bradley-terry"], frame)["noisy-bradley-terry"].items()
        }
        truth = {thing: -score for thing, score in strength.items()}
        kind = f"{left_takers} of 10 take the left"
        found.append(("noisy-bradley-terry", kind, tau_b(ours, truth), tau_b(theirs, truth), tau_b(ours, theirs), 0.8))
    return found


def _texts(python: str) -> list[tuple[str, str, float, float, float, float]]:
    """One less the mean word distance of both sides to the truth, and to each other."""
    from calibration.inference import Transcripts
    from tests.calibration.test_fusion import KINDS, crowd

    kind = KINDS["transcripts"]
    judgments, truth = crowd(kind, tasks=60, cares=(0.9, 0.85, 0.85, 0.8, 0.8))
    ours = Transcripts(max_iterations=1).fit_predict(judgments)
    theirs = _ask(python, ["rover"], judgments)["rover"]

    def near(one: Any, other: Any) -> float:
        return 1.0 - float(np.mean([kind.distance(one[task], other[task]) for task in truth]))

    return [("rover", "equal weights", near(ours, truth), near(theirs, truth), near(ours, theirs), 0.9)]


def _ask(python: str, methods: list[str], frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        table, out = Path(place) / "table.csv", Path(place) / "answers.json"
        frame.to_csv(table, index=False)
        subprocess.run([python, __file__, ",".join(methods), str(table), str(out)], check=True)
        answers: dict[str, dict[str, Any]] = json.loads(out.read_text())
        return answers


if __name__ == "__main__":
    if len(sys.argv) == 4:
        answer(sys.argv[1].split(","), Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(min(1, main(os.environ.get("CROWD_KIT", str(OWN_PLACE)))))
