"""`python -m scripts.launch`: start everything, print the address, and stay until told to stop."""

import argparse
import http.client
import io
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from kernel import migrate
from kernel.config import Settings
from kernel.db import Database
from scripts.launch.broker import answers, private_folder, start_embedded
from scripts.launch.checks import CannotStart, checked_settings, ensure_port_is_free, job_workers, wants_demo
from scripts.launch.children import ChildEnded, Children, StopAsked
from scripts.launch.forks import preload
from scripts.launch.lock import only_one

READY_SECONDS = 90.0
ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make run", description="Run Polyphony: web, jobs and schedule.")
    parser.add_argument("--demo", action=argparse.BooleanOptionalAction, help="build the demonstration world, or not")
    chosen = parser.parse_args(arguments)
    os.chdir(ROOT)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # the address is told at once, to a file or a pipe as well
    try:
        settings = checked_settings(os.environ)
        demo = wants_demo(settings, chosen.demo)
        workers = job_workers(os.environ)
        with only_one(settings.data_dir, address_of(settings)):
            ensure_port_is_free(settings.host, settings.port)
            children = Children(environment(settings, os.environ))
            with private_folder() as folder, children.signals():
                return serve(settings, children, folder, workers, demo)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return problem.code


def environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """What every child is told: the settings that were checked, whatever their source."""
    told = {
        "POLYPHONY_ENV": settings.environment,
        "POLYPHONY_DATA": str(settings.data_dir),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",  # else macOS ends the forks of the job worker
    }
    return {**environ, **told}


def serve(settings: Settings, children: Children, folder: Path, workers: int, demo: bool) -> int:
    """Start all, wait, end all. 0 when somebody asked for the end, 1 when it came by itself."""
    try:
        children.add_environment(REDIS_URL=queue_address(settings, children, folder))
        bring_up_to_date(settings)
        children.look()
        preload()
        accounts = demonstration(children) if demo else ""
        start_services(children, workers)
        announce(settings, children, accounts)
        children.watch()
    except StopAsked:
        say("\nStopping …")
        return 0
    except ChildEnded as ended:
        print(ended, file=sys.stderr, flush=True)
        return 1
    finally:
        children.stop()


def queue_address(settings: Settings, children: Children, folder: Path) -> str:
    """The queue's address: the one that is set, which must answer, else that of an embedded server."""
    if settings.redis_url is None:
        return start_embedded(children, folder)
    if not answers(settings.redis_url):
        raise CannotStart("The queue that REDIS_URL names does not answer. Start it, or unset REDIS_URL.")
    return settings.redis_url


def bring_up_to_date(settings: Settings) -> None:
    """Apply the migrations that are missing, here and once, before anybody serves."""
    database = Database(settings.database_url)
    try:
        if not migrate.is_at_head(database):
            say("Bringing the database up to date …")
            migrate.upgrade(database)
    except migrate.CannotUse as problem:
        raise CannotStart(str(problem)) from None
    except DBAPIError as error:
        raise CannotStart(migrate.what_is_wrong(database, error)) from None
    finally:
        database.dispose()


def demonstration(children: Children) -> str:
    """Build the demonstration world if the database is empty; returns what the command says of its accounts."""
    command = ("flask", "--app", "wsgi", "admin", "demo", "--if-empty")
    with tempfile.TemporaryFile() as output:
        code = children.finish(children.fork("demonstration world", *command, output=output))
        output.seek(0)
        told = output.read().decode().strip()
    if code != 0:
        raise CannotStart(f"{told}\nThe demonstration world was not built. Without one: make run DEMO=no".strip())
    return told


def start_services(children: Children, workers: int) -> None:
    """Jobs, schedule and web."""
    children.fork("web server", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app")
    children.fork("schedule", "kernel.ticker")
    for number in range(1, workers + 1):
        children.fork(f"job worker {number}", "kernel.worker")


def announce(settings: Settings, children: Children, accounts: str) -> None:
    """Wait until pages are served, then say where, and who may sign in."""
    if not children.wait_until(lambda: is_ready(settings), READY_SECONDS):
        raise CannotStart(f"The web server was not ready within {READY_SECONDS:.0f} seconds.")
    say(f"\nPolyphony is running: {address_of(settings)}")
    if accounts:
        say(f"\n{accounts}")
    say("\nCtrl-C stops it.")


def address_of(settings: Settings) -> str:
    """Where a browser on this machine finds it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}/"


def is_ready(settings: Settings) -> bool:
    """Whether `/readyz` says that requests can be served."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    headers = {"Host": settings.server_name} if settings.server_name else {}
    try:
        with closing(http.client.HTTPConnection(host, settings.port, timeout=5)) as connection:
            connection.request("GET", "/readyz", headers=headers)
            return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False


def say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
