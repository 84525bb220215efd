"""Commands of work: `flask --app wsgi marketplace replay FOLDER`."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kernel import clock, db
from kernel.tenancy import Scope
from marketplace.replay.plan import plan_replay
from marketplace.replay.play import Stopped, play
from marketplace.replay.reading import BrokenFolder, read_folder
from marketplace.replay.report import as_table, report_of, write_json
from marketplace.rules.requests import MOST_OVERLAP
from web.commands import Commands

cli = Commands("marketplace", help="Work: replaying recorded judgments.")
FOLDER = click.Path(file_okay=True, path_type=Path)
FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


class Bars:
    """A progress bar for each phase, on standard error."""

    @contextmanager
    def phase(self, name: str, length: int) -> Iterator[Callable[[int], None]]:
        with click.progressbar(length=max(1, length), label=f"{name:16}", file=sys.stderr) as bar:
            yield bar.update
            bar.update(max(0, bar.length - bar.pos if bar.length else 0))


def _overlap(_context: click.Context, _option: click.Parameter, given: int | None) -> int | None:
    if given is not None and not 1 <= given <= MOST_OVERLAP:
        raise click.BadParameter(
            f"{given} is refused, since a unit holds 1 to {MOST_OVERLAP} answers and a replay leaves out none silently;"
            f" --overlap {MOST_OVERLAP} takes the first {MOST_OVERLAP} people of each unit"
        )
    return given


@cli.command("replay")
@click.argument("folder", type=FOLDER)
@click.option("--overlap", type=int, callback=_overlap, help="Take the first so many workers of each unit, at most 50.")
@click.option("--limit-units", type=click.IntRange(min=1), help="Play the first so many units.")
@click.option("--report", "file", type=FILE, help="Also write the figures to this JSON file.")
def replay(folder: Path, overlap: int | None, limit_units: int | None, file: Path | None) -> None:
    """Play FOLDER (labels.csv[.gz], gold.csv, items.jsonl[.gz]) from the accounts to the accepted release."""
    start = clock.monotonic()
    try:
        found = read_folder(folder)
        plan = plan_replay(found, overlap=overlap, limit_units=limit_units)
    except BrokenFolder as broken:
        raise click.ClickException(f"{broken}\nNothing was written.") from None
    if file is not None and not os.access(file if file.exists() else file.resolve().parent, os.W_OK):
        raise click.ClickException(f"the report cannot be written to {file}\nNothing was written.")
    if file is not None and file.exists() and any(each.exists() and file.samefile(each) for each in found.read):
        raise click.ClickException(f"the report would replace {file}, which the replay reads\nNothing was written.")
    try:
        played = play(db.current(), plan, found.title, Bars())
    except Stopped as stopped:
        raise click.ClickException(str(stopped)) from stopped
    with db.reading(Scope.system("replay")) as session:
        report = report_of(session, plan, played, clock.monotonic() - start)
    click.echo(as_table(report))
    if file is not None:
        write_json(report, file)
    if not report.is_sound:
        raise SystemExit(1)
