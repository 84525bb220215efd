"""The launcher's processes: watched together, ended together."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.launch.children import ChildEnded, Children, StopAsked, session_members

FOREVER = "import time\nwhile True: time.sleep(60)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_child_that_dies_takes_the_rest_down_and_is_named() -> None:
    children = Children(os.environ)
    lasting = children.start("schedule", python(FOREVER))
    children.start("job worker", python("raise SystemExit(3)"))
    with pytest.raises(ChildEnded, match=r"The job worker ended with exit code 3, so the rest is stopped too\."):
        children.watch()
    children.stop()
    assert lasting.process.returncode == -signal.SIGTERM


def test_a_child_that_is_killed_is_told_from_one_that_leaves() -> None:
    children = Children(os.environ)
    victim = children.start("web server", python(FOREVER))
    os.kill(victim.process.pid, signal.SIGKILL)
    with pytest.raises(ChildEnded, match="The web server was ended by signal 9"):
        children.watch()
    children.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_the_wish_to_stop(number: signal.Signals) -> None:
    children = Children(os.environ)
    child = children.start("web server", python(FOREVER))
    with children.signals():
        threading.Timer(0.2, os.kill, (os.getpid(), number)).start()
        with pytest.raises(StopAsked):
            children.watch()
        children.stop()
    assert child.process.returncode == -signal.SIGTERM


def test_who_is_needed_by_others_leaves_last(tmp_path: Path) -> None:
    log = tmp_path / "log"
    leave = (
        "import signal, sys, time\n"
        "def leave(*_):\n open(sys.argv[1], 'a').write(sys.argv[2]); raise SystemExit\n"
        "signal.signal(signal.SIGTERM, leave)\nopen(sys.argv[1] + sys.argv[2], 'w').close()\n"
        "while True: time.sleep(60)"
    )
    children = Children(os.environ)
    children.start("queue", [*python(leave), str(log), "q"], is_needed_by_others=True)
    children.start("worker", [*python(leave), str(log), "w"])
    assert children.wait_until(lambda: all(Path(f"{log}{name}").exists() for name in "qw"), 30)
    children.stop()
    assert log.read_text() == "wq"


def test_what_does_not_leave_in_time_is_killed_with_its_own_children(tmp_path: Path) -> None:
    stubborn = (
        "import os, signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], preexec_fn=os.setpgrp)\n"
        "open(sys.argv[1] + '.part', 'w').write(str(child.pid)); os.rename(sys.argv[1] + '.part', sys.argv[1])\n"
        "while True: time.sleep(60)"
    )
    file = tmp_path / "pid"
    children = Children(os.environ, patience=0.3)
    leader = children.start("job worker", [*python(stubborn), str(file)])
    assert children.wait_until(file.exists, 30)
    assert int(file.read_text()) in session_members(leader.process.pid)
    before = time.monotonic()
    children.stop()
    assert leader.process.returncode == -signal.SIGKILL
    assert time.monotonic() - before < 10
    assert children.wait_until(lambda: not _lives(int(file.read_text())), 10)


def _lives(pid: int) -> bool:
    """Whether a process that is not ours still runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Writes a module that a fork of this process can run, and gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(code: str) -> str:
        name = f"forked_{len(list(tmp_path.glob('forked_*')))}"
        (tmp_path / f"{name}.py").write_text(code)
        return name

    return write


def test_a_process_that_ends_by_itself_gives_its_exit_code(tmp_path: Path, module: Callable[[str], str]) -> None:
    children = Children(os.environ)
    greets = module("import sys\nprint('jambo', *sys.argv[1:]); raise SystemExit(4)")
    with (tmp_path / "out").open("w+b") as output:
        assert children.finish(children.fork("demonstration world", greets, "rafiki", output=output)) == 4
        output.seek(0)
        assert output.read() == b"jambo rafiki\n"
    children.look()


def test_children_are_told_what_was_added_and_nothing_else(module: Callable[[str], str]) -> None:
    children = Children({"PATH": os.environ["PATH"]})
    children.add_environment(REDIS_URL="unix:///queue")
    looks = module(
        "import os, sys\nwanted = {'PATH': os.environ['PATH'], 'REDIS_URL': 'unix:///queue'}\n"
        "raise SystemExit(0 if dict(os.environ) == wanted and os.getsid(0) == os.getpid() else 1)"
    )
    assert children.finish(children.fork("probe", looks)) == 0


@pytest.mark.parametrize(
    ("code", "expected"),
    [("", 0), ("raise SystemExit", 0), ("raise SystemExit('no')", 1), ("1 / 0", 1), ("import os; os._exit(9)", 9)],
)
def test_a_fork_ends_as_an_interpreter_of_its_own_would(
    code: str, expected: int, module: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    children = Children(os.environ)
    assert children.finish(children.fork("probe", module(code))) == expected
    told = capfd.readouterr().err
    assert ("ZeroDivisionError" in told) == ("/" in code)
    assert ("no" in told.split()) == ("'no'" in code)


def test_a_fork_is_told_from_the_others_by_its_name(module: Callable[[str], str]) -> None:
    children = Children(os.environ)
    child = children.fork("schedule", module(FOREVER))
    command = Path(f"/proc/{child.process.pid}/cmdline")
    # On a Mac a fork cannot be given a name without harm, and there is no /proc to read it from.
    named = not command.exists() or children.wait_until(
        lambda: command.read_text().startswith("polyphony: schedule"), 10
    )
    children.stop()
    assert named


def test_a_fork_hears_its_own_signals_from_the_first_moment(module: Callable[[str], str]) -> None:
    """The launcher's handlers note the wish to stop; a fork that had kept them would live on."""
    children = Children(os.environ, patience=20)
    with children.signals():
        forks = [children.fork("schedule", module(FOREVER)) for _ in range(5)]
        before = time.monotonic()
        children.stop()
    assert [fork.process.returncode for fork in forks] == [-signal.SIGTERM] * 5
    assert time.monotonic() - before < 15


def test_waiting_ends_when_the_claim_does_not_come_true() -> None:
    assert not Children(os.environ).wait_until(lambda: False, 0.1)
