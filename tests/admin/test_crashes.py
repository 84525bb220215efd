"""Killed in the middle of work, again and again: what was told is kept, nothing is half done, and work goes on."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from admin import invariants
from kernel import clock, ids, jobs
from kernel.db import Database
from tests.admin.conftest import desk_on
from tests.marketplace.desk import Desk
from tests.marketplace.orders import START
from tests.support import is_soak, scale

ROOT = Path(__file__).resolve().parents[2]
HOURS = 3  # between two lives: whatever the dead process held has run out by then


def live(desk: Desk, folder: Path, life: int, answers: int | None) -> list[str]:
    """A process that works until it has told of so many answers, and is killed then; without a number, to the end."""
    command = [
        sys.executable, "-m", "tests.support.victim",
        desk.db.engine.url.render_as_string(hide_password=False), str(folder), str(life * HOURS), desk.lane,
        desk.market.vendor, *(person.account_id or "" for person in desk.people),
    ]  # fmt: skip
    told: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            words = line.split()
            told += words[1:]
            if answers is not None and len(told) >= answers:
                process.kill()
                told += [word for line in process.stdout for word in line.split()[1:] if line.endswith("\n")]
    assert process.returncode == (-9 if answers is not None and len(told) >= answers else 0)
    return told


def look(desk: Desk, told: set[str], *, with_log: bool) -> None:
    kept = {judgment.assignment_id for judgment in desk.judgments()}
    assert told <= kept, "an answer that was confirmed is gone"
    with desk.market.system() as session:
        broken = [result for result in invariants.check(session, with_log=with_log) if not result.ok]
    assert broken == []


@pytest.mark.soak
@pytest.mark.parametrize("db", ["sqlite", "postgresql"] if is_soak() else ["postgresql"], indirect=True)
def test_nothing_that_was_told_is_lost_and_nothing_is_half_done_after_a_kill(db: Database, tmp_path: Path) -> None:
    lives = scale(1, 40)
    with desk_on(db, tmp_path, people=4, unit_count=scale(18, 800), overlap=2) as desk:
        told: set[str] = set()
        for life in range(lives):
            draws = ids.repeatable(f"life {life}")
            told |= set(live(desk, tmp_path, life, draws.randint(3, scale(10, 30))))
            desk.market.now = START + timedelta(hours=(life + 1) * HOURS)
            look(desk, told, with_log=False)
        told |= set(live(desk, tmp_path, lives, None))
        desk.market.now = START + timedelta(hours=(lives + 1) * HOURS)
        desk.expire()
        desk.market.later(days=5)
        finish_jobs(desk)
        look(desk, told, with_log=True)
        assert len(told) >= scale(18, 800), "most units were answered in spite of it all"
        assert all(unit.answered <= unit.overlap for unit in desk.units())


def finish_jobs(desk: Desk) -> None:
    """Carry what the dead have left: every job that is due, until none is."""
    with clock.use_clock(lambda: desk.market.now):
        jobs.start_periodic(desk.db)
        jobs.drain(desk.db)
