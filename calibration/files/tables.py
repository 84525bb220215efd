"""Tables of labels as CSV, plain or compressed: what goes into inference from a file, and what comes out."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

# The field's tables name the same column differently.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "worker": ("worker", "annotator", "performer", "user"),
    "task": ("task", "item", "unit", "question"),
    "label": ("label", "answer", "truth"),
}


class BadTable(ValueError):
    """The file is no table of labels; says which column is missing or which cell is empty."""


def read_labels(path: Path) -> pd.DataFrame:
    """Columns `worker`, `task`, `label`, as text, from a CSV (also .gz)."""
    return _read(path, ("worker", "task", "label"))


def read_keys(path: Path) -> dict[str, str]:
    """Known labels by task."""
    table = _read(path, ("task", "label"))
    return dict(zip(table["task"], table["label"], strict=True))


def write_answers(path: Path, answers: pd.DataFrame) -> None:
    """`item,label,confidence`, by item, with six digits."""
    answers.to_csv(path, index_label="item", float_format="%.6f")


def _read(path: Path, wanted: tuple[str, ...]) -> pd.DataFrame:
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    names = {str(name).strip().lower(): name for name in raw.columns}
    found = {}
    for column in wanted:
        source = next((names[alias] for alias in COLUMNS[column] if alias in names), None)
        if source is None:
            raise BadTable(f"{path.name} has no column {' or '.join(COLUMNS[column])}")
        found[column] = raw[source]
    table = pd.DataFrame(found)
    empty = (table == "").any(axis=1).to_numpy()
    if empty.any():
        raise BadTable(f"{path.name} has an empty cell in line {int(empty.argmax()) + 2}")
    return table
