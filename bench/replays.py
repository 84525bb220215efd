"""Replays of real data: how many judgments a second the whole system takes, and how right its labels are."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.next_task import settings_in
from bench.tables import table
from kernel import clock, db
from kernel.tenancy import Scope
from marketplace.replay.plan import plan_replay
from marketplace.replay.play import play
from marketplace.replay.reading import BrokenFolder, read_folder
from marketplace.replay.report import Report, report_of
from tests.support.databases import SqliteTemplate
from wsgi import create_app

UNITS = 100


class Silent:
    """Tells nobody how far a replay is."""

    @contextmanager
    def phase(self, name: str, length: int) -> Iterator[Callable[[int], None]]:
        yield lambda done: None


def main(data: Path) -> list[str]:
    """One table: a line for each classification set in the folder, or for the folder itself if it is one."""
    is_set = any((data / name).exists() for name in ("labels.csv", "labels.csv.gz"))
    rows = []
    for folder in [data] if is_set else sorted(path for path in data.iterdir() if path.is_dir()):
        print(f"… {folder.name}", file=sys.stderr, flush=True)
        try:
            report = _play(folder)
        except BrokenFolder:
            continue  # another kind of set, which the command itself says in words
        rows.append(
            [
                report.name, report.workers, report.units, report.judgments,
                report.judgments / report.phases["working"], report.judgments_per_second,
                _share(report.majority_accuracy), _share(report.consensus_accuracy),
            ]
        )  # fmt: skip
    head = ["", "workers", "units", "judgments", "a second", "with all else", "majority", "consensus"]
    return [table(f"Replays of the first {UNITS} units, on SQLite", head, rows)] if rows else []


def _play(folder: Path) -> Report:
    found = read_folder(folder)
    plan = plan_replay(found, limit_units=UNITS)
    with tempfile.TemporaryDirectory() as place, SqliteTemplate(Path(place)).copy() as database:
        db.use(database)
        create_app(settings_in(Path(place) / "files"), database)
        start = clock.monotonic()
        played = play(database, plan, found.title, Silent())
        with database.reading(Scope.system("bench")) as session:
            return report_of(session, plan, played, clock.monotonic() - start)


def _share(accuracy: float | None) -> str:
    return "-" if accuracy is None else f"{accuracy:.4f}"
