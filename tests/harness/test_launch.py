"""The launcher: what it refuses, in which words, and that one command starts and ends everything."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from kernel.config import Settings
from scripts.launch import checks
from scripts.launch.broker import answers, private_folder, start_embedded
from scripts.launch.children import Children
from scripts.launch.lock import only_one
from tests.support import is_soak

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(data: Path, **environ: str) -> "subprocess.Popen[str]":
    told = {"PATH": os.environ["PATH"], "HOME": str(data.parent), "POLYPHONY_DATA": str(data), **environ}
    command = [sys.executable, "-m", "scripts.launch", "--no-demo"]
    return subprocess.Popen(
        command, cwd=ROOT, env=told, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def refused(data: Path, **environ: str) -> tuple[int, str]:
    process = launch(data, **environ)
    output, errors = process.communicate(timeout=60)
    assert output == ""
    return process.returncode, errors


def test_a_taken_port_is_said_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = refused(tmp_path / "data", PORT=str(port))
    assert code == 1
    assert errors.startswith(f"Port {port} on 127.0.0.1 is taken. Stop what uses it, or choose another one: PORT=")


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    code, errors = refused(tmp_path / "data", HOST="192.0.2.1", PORT="8000")
    assert (code, errors.split(",")[0]) == (1, "HOST is '192.0.2.1'")


def test_a_data_folder_that_takes_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    code, errors = refused(tmp_path / "data")
    assert code == 1
    assert errors.startswith(f"The data folder {tmp_path / 'data'} cannot be written to (")
    assert errors.endswith("Set POLYPHONY_DATA to a folder that can.\n")


def test_unsafe_settings_are_listed_line_by_line(tmp_path: Path) -> None:
    code, errors = refused(tmp_path / "data", POLYPHONY_ENV="production", PORT="99999")
    lines = errors.splitlines()
    assert code == 2
    assert lines[0] == "These settings are refused:"
    assert "  - PORT is '99999'; it must be a whole number from 1 to 65535." in lines
    assert any(line.startswith("  - SECRET_KEY is missing") for line in lines)


def test_a_queue_that_does_not_answer_is_said(tmp_path: Path) -> None:
    code, errors = refused(tmp_path / "data", PORT=str(free_port()), REDIS_URL=f"redis://127.0.0.1:{free_port()}")
    assert (code, errors) == (1, "The queue that REDIS_URL names does not answer. Start it, or unset REDIS_URL.\n")


def test_a_database_that_does_not_answer_is_said_without_its_password(tmp_path: Path, valkey_url: str) -> None:
    url = f"postgresql://somebody:sesame@127.0.0.1:{free_port()}/polyphony"
    code, errors = refused(tmp_path / "data", PORT=str(free_port()), REDIS_URL=valkey_url, DATABASE_URL=url)
    assert code == 1
    assert errors.startswith("The database postgresql+psycopg://somebody:***@127.0.0.1:")
    assert "sesame" not in errors


@pytest.mark.parametrize(
    ("environment", "asked", "builds"),
    [("development", None, True), ("development", False, False), ("test", None, False), ("test", True, True)],
)
def test_the_demonstration_world_is_built_in_development(
    environment: str, asked: bool | None, builds: bool, tmp_path: Path
) -> None:
    settings = Settings.from_environment({"POLYPHONY_ENV": environment, "POLYPHONY_DATA": str(tmp_path)})
    assert checks.wants_demo(settings, asked) is builds


def test_the_demonstration_world_is_refused_in_production(tmp_path: Path) -> None:
    settings = Settings("production", "sqlite://", None, tmp_path, "secret")
    assert checks.wants_demo(settings, None) is False
    with pytest.raises(checks.CannotStart, match="refused in production") as problem:
        checks.wants_demo(settings, True)
    assert problem.value.code == 2


@pytest.mark.parametrize("text", ["0", "many", "65", "-1"])
def test_a_senseless_number_of_job_workers_is_refused(text: str) -> None:
    with pytest.raises(checks.CannotStart, match=f"JOB_WORKERS is '{text}'"):
        checks.job_workers({"JOB_WORKERS": text})


def test_the_embedded_queue_is_ours_alone_and_ends_with_us() -> None:
    children = Children(os.environ)
    with private_folder() as folder:
        url = start_embedded(children, folder)
        assert answers(url)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "valkey.sock").stat().st_mode & 0o777 == 0o700
        children.stop()
        assert not answers(url)
    assert not folder.exists()


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ends(claim: "Callable[[], bool]", seconds: float) -> bool:
    """Whether something ceases to be true within so many seconds."""
    end = time.monotonic() + seconds
    while claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def ctrl_c(process: "subprocess.Popen[str]") -> None:
    """As a terminal does it: to the whole group in the foreground at once."""
    os.killpg(process.pid, signal.SIGINT)


def terminated(process: "subprocess.Popen[str]") -> None:
    """As a supervisor does it: to the one process that it started."""
    process.send_signal(signal.SIGTERM)


def killed(process: "subprocess.Popen[str]") -> None:
    """As the kernel does it when memory runs out: without a word to anybody."""
    process.kill()


@pytest.mark.soak
@pytest.mark.parametrize("end", [ctrl_c, killed, terminated] if is_soak() else [ctrl_c, killed])
def test_one_command_serves_and_one_signal_ends_everything(
    end: "Callable[[subprocess.Popen[str]], None]", tmp_path: Path
) -> None:
    port = free_port()
    process = launch(tmp_path / "data", PORT=str(port), JOB_WORKERS="1")
    assert process.stdout is not None
    try:
        told = ""
        while "Ctrl-C stops it." not in told:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            told += line
        assert f"Polyphony is running: http://127.0.0.1:{port}/" in told
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        with pytest.raises(checks.CannotStart, match=f"process {process.pid} serves it at http://127.0.0.1:{port}/"):
            only_one(tmp_path / "data", "").__enter__()
        end(process)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    if end is killed:
        assert process.returncode == -signal.SIGKILL
    else:
        assert (process.returncode, output.strip()) == (0, "Stopping …"), errors
    with only_one(tmp_path / "data", "http://the.next/"):
        assert (tmp_path / "data" / "launcher.lock").read_text() == f"{os.getpid()} http://the.next/\n"
    assert ends(lambda: is_taken(port), 30)
