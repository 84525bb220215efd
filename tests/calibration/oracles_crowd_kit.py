"""The same crowds through this product and through crowd-kit, side by side: `make oracles`.

`make oracles DATA=folder` adds the sets of closed labels in the folder. `make oracles FREEZE=yes` writes what crowd-kit
finds on the generated crowds to `frozen_crowd_kit.json`, which the suite holds this product to without crowd-kit.

crowd-kit pins older libraries and therefore lives in an environment of its own (`bench/requirements-crowd-kit.txt`);
CROWD_KIT names its Python. Run by that Python this file is the other side: it reads a table and writes what it finds.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FROZEN = Path(__file__).with_name("frozen_crowd_kit.json")
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
    answers: dict[str, Any] = {"version": version("crowd-kit")}
    for method in methods:
        name, settings = PEERS[method]
        found = getattr(import_module("crowdkit.aggregation"), name)(**settings)
        told = found.fit_predict(frame.rename(columns={"label": "text"}) if method == "rover" else frame)
        answers[method] = {str(key): value for key, value in told.items()}
    out.write_text(json.dumps(answers))


Compared = tuple[str, str, float, float, float, float]
"""The method and the crowd, how good both sides are, in how much they are the same, and in how much they must be."""


def main(python: str, folders: list[Path]) -> int:
    """Compare on generated crowds and on the sets in the folders; the number of comparisons that fall short."""
    print(f"{'method':22} {'crowd':26} {'here':>9} {'crowd-kit':>9} {'same':>9}  at least")
    short = 0
    for part in (_classes(python), _strengths(python), _texts(python), _sets(python, folders)):
        for name, crowd, ours, theirs, same, least in part:
            verdict = "" if same >= least else "  FAILED"
            print(f"{name:22} {crowd:26} {ours:9.4f} {theirs:9.4f} {same:9.4f}  {least:.2f}{verdict}", flush=True)
            short += same < least
    return short


def methods() -> dict[str, tuple[Any, float]]:
    """The methods for closed labels as the other side has them, and in how many answers the two must be the same."""
    from calibration.inference import GLAD, MACE, DawidSkene, MajorityVote, OneCoin

    return {
        "majority": (MajorityVote(), 1.0),
        "dawid-skene": (DawidSkene(pooling=0.0), 0.98),
        # The priors are not the same.
        "one-coin": (OneCoin(), 0.96),
        "mace": (MACE(even_labels=True), 0.98),
        "mace-em": (MACE(even_labels=True, bayes=False), 0.96),
        "glad": (GLAD(), 0.98),
    }


def crowds() -> dict[str, Any]:
    """The generated crowds with closed labels, the same each time."""
    from tests.calibration.crowds import make_crowd

    return {
        "plain": make_crowd(1, tasks=300, workers=15, each=6),
        "a third swaps two labels": make_crowd(2, tasks=300, workers=15, each=6, swappers=5),
        "careful": make_crowd(3, tasks=300, workers=15, each=4, mean=0.9),
    }


def digest(judgments: pd.DataFrame) -> str:
    """What tells whether judgments are still those that the other side has seen."""
    return hashlib.sha256(judgments.to_csv(index=False).encode()).hexdigest()


def freeze(python: str) -> None:
    """Write what the other side finds on the generated crowds: its labels by method, in the order of the tasks."""
    frozen: dict[str, Any] = {}
    for kind, crowd in crowds().items():
        told = _ask(python, [*methods()], crowd.judgments)
        tasks = crowd.judgments["task"].unique()
        labels = {name: "".join(told[name][task] for task in tasks) for name in methods()}
        frozen["crowd-kit"] = told["version"]
        frozen[kind] = {"judgments": digest(crowd.judgments), "labels": labels}
    FROZEN.write_text(json.dumps(frozen, indent=1) + "\n")


def alike(judgments: pd.DataFrame, name: str, ours: "pd.Series[Any]", theirs: "pd.Series[Any]") -> float:
    """The share of the same answers; of votes, where they are not even, which are broken differently."""
    same = ours.to_numpy() == theirs[ours.index].to_numpy()
    return float(same[_decided(judgments)[ours.index] if name == "majority" else slice(None)].mean())


def _classes(python: str) -> Iterator[Compared]:
    """Accuracy of both sides, and in how many answers they are the same."""
    for kind, crowd in crowds().items():
        yield from _closed(python, kind, crowd.judgments, crowd.truth, {})


def _closed(
    python: str, kind: str, judgments: pd.DataFrame, truth: "pd.Series[Any]", leasts: dict[str, float]
) -> Iterator[Compared]:
    from tests.calibration.crowds import accuracy

    told = _ask(python, [*methods()], judgments)
    for name, (estimator, least) in methods().items():
        ours, theirs = estimator.fit_predict(judgments), pd.Series(told[name], dtype=object)
        same = alike(judgments, name, ours, theirs)
        yield name, kind, accuracy(ours, truth), accuracy(theirs, truth), same, leasts.get(name, least)


# Real people break what the models assume, so that different priors and starts lead to different ends; what is the same
# model on both sides stays the same. The other one-coin model has no prior and takes some people for the opposite of
# what they say, which cost it much on a set of birds that most people take for one another.
REAL = {"one-coin": 0.75, "mace": 0.8, "mace-em": 0.8, "glad": 0.9, "dawid-skene": 0.95}


def _sets(python: str, folders: list[Path]) -> Iterator[Compared]:
    """The same on sets with closed labels and gold."""
    from bench.inference_quality import closed_set, folders_in

    for folder in (found for place in folders for found in folders_in(place)):
        judgments, gold = closed_set(folder) or (pd.DataFrame(), {})
        if gold:
            truth = pd.Series(gold, dtype=object)
            yield from _closed(python, folder.name[:26], judgments, truth, REAL)


def _decided(judgments: pd.DataFrame) -> "pd.Series[bool]":
    """For each task, whether one label has more votes than any other."""
    votes = judgments.groupby(["task", "label"]).size().unstack(fill_value=0)
    return votes.eq(votes.max(axis=1), axis=0).sum(axis=1) == 1


def _strengths(python: str) -> list[Compared]:
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


def _texts(python: str) -> list[Compared]:
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


def _ask(python: str, wanted: list[str], frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        table, out = Path(place) / "table.csv", Path(place) / "answers.json"
        frame.to_csv(table, index=False)
        subprocess.run([python, __file__, "answer", ",".join(wanted), str(table), str(out)], check=True)
        answers: dict[str, dict[str, Any]] = json.loads(out.read_text())
        return answers


if __name__ == "__main__":
    peer = os.environ.get("CROWD_KIT", str(OWN_PLACE))
    match sys.argv[1:]:
        case ["answer", wanted, table, out]:
            answer(wanted.split(","), Path(table), Path(out))
        case ["--freeze"]:
            freeze(peer)
        case named:
            sys.exit(min(1, main(peer, [Path(name) for name in named])))
