"""What must be so before anything starts; each check ends in a sentence that says what to do."""

import errno
import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

from kernel.config import Settings, UnsafeConfiguration


class CannotStart(Exception):
    """Why the product cannot start, in words for the person at the terminal, and the exit code."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


def checked_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of the environment, refused with every problem at once."""
    ensure_data_folder(Path(environ.get("POLYPHONY_DATA", "var")).absolute())
    try:
        return Settings.from_environment(environ)
    except UnsafeConfiguration as problem:
        raise CannotStart(str(problem), code=2) from None


def ensure_data_folder(folder: Path) -> None:
    """The folder of the embedded database and of files, made when missing, must take a new file."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written to ({error.strerror}). "
            "Set POLYPHONY_DATA to a folder that can."
        ) from None


def ensure_port_is_free(host: str, port: int) -> None:
    """Bind it as the web server will, and let go again."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise CannotStart(f"HOST is {host!r}, which is no address of this machine.") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CannotStart(_about_port(host, port, error)) from None


def _about_port(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return f"Port {port} on {host} is taken. Stop what uses it, or choose another one: PORT={other} make run"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} is reserved for the system. Choose one above 1023: PORT=8000 make run"
    return f"HOST is {host!r}, which is no address of this machine ({os.strerror(error.errno or 0)})."


def wants_demo(settings: Settings, asked: bool | None) -> bool:
    """Whether to build the demonstration world: by default in development only, and never in production."""
    if settings.is_production and asked:
        raise CannotStart("A demonstration world is refused in production: its accounts are known.", code=2)
    return settings.environment == "development" if asked is None else asked


def job_workers(environ: Mapping[str, str]) -> int:
    """How many processes carry jobs."""
    text = environ.get("JOB_WORKERS") or "2"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 64):
        raise CannotStart(f"JOB_WORKERS is {text!r}; it must be a whole number from 1 to 64.", code=2)
    return int(text)
