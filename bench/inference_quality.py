"""How right each method of truth inference is on real crowd judgments, beside what others report for the same set.

`python bench/inference_quality.py FOLDER…`: each folder has labels.csv and, to be measured, gold.csv (.gz too). No
gold is shown to a method, but for the names of labels that exist. Figures of others are read from the folder's
README.md or meta.json. A set that cannot be read or measured says why, and the next one follows.
"""

import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

if not __package__:  # run by its path, which leads to this folder and not to the product
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.tables import table
from calibration.files.tables import BadTable, read_keys, read_labels
from calibration.inference import TooManyLabels
from calibration.inference.agreement import count_agreement
from calibration.inference.temperature import calibration_error
from calibration.operations.estimates import METHODS

# What the field calls the methods that are here too.
NAMES = {
    "MV": "majority",
    "Wawa": "weighted",
    "OneCoinDS": "one-coin",
    "DS": "dawid-skene",
    "MACE": "mace",
    "GLAD": "glad",
}
KINDS = ("categorical", "classification")
GOLD = ("gold.csv", "gold.csv.gz")
_SOURCE = re.compile(r"^[-*]?[ ]*(?P<source>[^:\n]*accuracy[^:\n]*):[ ]*(?P<figures>.*)$", re.MULTILINE)
_FIGURE = re.compile(r"([A-Za-z][\w-]*) (0\.\d+)")


def main(folders: Sequence[Path]) -> Iterator[str]:
    """A table for each folder that holds closed labels, and at the end one of all methods on all sets."""
    found: dict[str, dict[str, float]] = {}
    for folder in folders:
        print(f"… {folder.name}", file=sys.stderr, flush=True)
        try:
            if _meta(folder).get("kind", "categorical") not in KINDS:
                continue
            told, found[folder.name] = _set(folder)
        except (BadTable, TooManyLabels, OSError) as problem:
            told = f"{folder.name}: {problem}\n"
        yield told
    measured = {name: figures for name, figures in found.items() if figures}
    if len(measured) > 1:
        rows = [[name, *(f"{figures[method]:.4f}" for method in METHODS)] for name, figures in measured.items()]
        means = [sum(figures[method] for figures in measured.values()) / len(measured) for method in METHODS]
        yield table(
            "Accuracy of every method on every set", ["", *METHODS], [*rows, ["mean", *(f"{m:.4f}" for m in means)]]
        )


def _set(folder: Path) -> tuple[str, dict[str, float]]:
    judgments = _judgments(folder)
    title = f"{folder.name}: {_described(judgments)}"
    if not any((folder / name).exists() for name in GOLD):
        return f"{title}\nno gold, hence no accuracy\n", {}
    gold = _judged(judgments, _gold(folder))
    if not gold:
        return f"{title}\nno gold for any of its items, hence no accuracy\n", {}
    others = published(folder)
    rows, accuracies = [], {}
    for method, kind in METHODS.items():
        start = time.process_time()
        model = kind(labels=set(gold.values()))
        answers = model.fit_predict(judgments)
        seconds = time.process_time() - start
        accuracies[method] = sum(answers[task] == key for task, key in gold.items()) / len(gold)
        said = [f"{figures[method]:.4f}" if method in figures else "" for figures in others.values()]
        error = calibration_error(model.probas_, gold)
        rows.append([method, f"{accuracies[method]:.4f}", f"{error:.3f}", seconds, model.iterations_, *said])
    for name in sorted({name for figures in others.values() for name in figures} - set(METHODS)):
        rows.append([name, "", "", "", "", *(f"{f[name]:.4f}" if name in f else "" for f in others.values())])
    head = ["", "accuracy", "calibration error", "CPU s", "rounds", *others]
    return table(f"{title}, {len(gold):,} with gold", head, rows), accuracies


def closed_set(folder: Path) -> tuple[pd.DataFrame, dict[str, str]] | None:
    """Judgments of a folder with closed labels, and the gold for them; None where it is another kind of set."""
    try:
        if not _is_set(folder) or _meta(folder).get("kind", "categorical") not in KINDS:
            return None
        judgments = _judgments(folder)
        return judgments, _judged(judgments, _gold(folder))
    except BadTable:
        return None


def folders_in(data: Path) -> list[Path]:
    """The sets in a folder, or the folder itself if it is one."""
    return [data] if _is_set(data) else sorted(path for path in data.iterdir() if path.is_dir())


def _is_set(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("labels.csv", "labels.csv.gz"))


def command(arguments: Sequence[str]) -> int:
    """Print the tables of the sets named, or of those in the folders named."""
    folders = [Path(argument) for argument in arguments]
    wrong = [str(folder) for folder in folders if not folder.is_dir()]
    if not folders or wrong:
        print("".join(f"{name} is no folder\n" for name in wrong), end="", file=sys.stderr)
        print("usage: python bench/inference_quality.py FOLDER…, each a set or a folder of sets", file=sys.stderr)
        return 1
    sets = [found for folder in folders for found in folders_in(folder) if _is_set(found)]
    for told in main(sets):
        print(told, flush=True)
    if not sets:
        print("there is no labels.csv in any of them", file=sys.stderr)
    return 0 if sets else 1


def _described(judgments: pd.DataFrame) -> str:
    counter = count_agreement(judgments)
    low, high = counter.interval()
    items, workers = judgments["task"].nunique(), judgments["worker"].nunique()
    return (
        f"alpha {counter.alpha():.3f} ({low:.3f} to {high:.3f}), {counter.percent():.1%} of pairs alike,"
        f" {len(judgments):,} labels, {workers:,} workers, {items:,} items"
    )


def published(folder: Path) -> dict[str, dict[str, float]]:
    """Figures of others by source and method, as far as the folder tells them."""
    found: dict[str, dict[str, float]] = {}
    for source, figures in _SOURCE.findall(_told(folder)):
        named = {NAMES.get(name, name): float(figure) for name, figure in _FIGURE.findall(figures)}
        if named:
            found[source.split(",")[0].split("(")[0].strip()] = named
    return found


def _told(folder: Path) -> str:
    readme = folder / "README.md"
    lines = [readme.read_text(encoding="utf-8", errors="replace")] if readme.exists() else []
    notes = _meta(folder).get("published", [])
    return "\n".join([*lines, *(notes if isinstance(notes, list) else [str(notes)])])


def _meta(folder: Path) -> dict[str, Any]:
    file = folder / "meta.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except ValueError as problem:
        raise BadTable(f"meta.json cannot be read: {problem}") from None
    return found if isinstance(found, dict) else {}


def _judgments(folder: Path) -> pd.DataFrame:
    return read_labels(_file(folder, "labels.csv")).drop_duplicates(["worker", "task"]).astype(object)


def _gold(folder: Path) -> dict[str, str]:
    """The gold of a set, none where there is no file of it."""
    return next((read_keys(folder / name) for name in GOLD if (folder / name).exists()), {})


def _judged(judgments: pd.DataFrame, gold: dict[str, str]) -> dict[str, str]:
    judged = set(judgments["task"])
    return {task: key for task, key in gold.items() if task in judged}


def _file(folder: Path, name: str) -> Path:
    for file in (folder / name, folder / f"{name}.gz"):
        if file.exists():
            return file
    raise BadTable(f"there is no {name}")


if __name__ == "__main__":
    raise SystemExit(command(sys.argv[1:]))
