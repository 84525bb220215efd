"""Setting up a clone: virtual environment, locked dependencies, front-end files, compiled catalogs.

Runs under the system's Python, whichever that is, so it uses the standard library alone and old syntax. What is up to
date is left alone: a stamp in the virtual environment holds the digest of the lock that was installed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
UV = "uv>=0.5,<1"
UV_OPTIONS = {
    "index-url": "--index-url",
    "extra-index-url": "--extra-index-url",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}
UV_ENVIRONMENT = {"cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY"}
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"


class CannotSetUp(Exception):
    """Why this machine or folder cannot be set up, and what to do, in a sentence."""


def refusal(version: tuple[int, int], has_ensurepip: bool) -> str | None:
    """Why a virtual environment cannot be made by this Python, or None when it can."""
    if version < OLDEST:
        return (
            f"Polyphony needs Python {OLDEST[0]}.{OLDEST[1]} or newer, and this is {version[0]}.{version[1]}. "
            "Install a newer one, or name it: make setup PYTHON=/path/to/python3.12"
        )
    if not has_ensurepip:
        return (
            "This Python cannot make virtual environments: its ensurepip module is missing. "
            "On Debian and Ubuntu: apt-get install python3-venv"
        )
    return None


def newer_python() -> str | None:
    """A Python on this machine that is new enough, when the one that runs this is not."""
    return next((found for found in map(shutil.which, NEWER_NAMES) if found), None)


def ensure_writable(root: Path) -> None:
    """Say it now, in words, rather than let pip stumble over it."""
    try:
        with tempfile.TemporaryFile(dir=str(root)):
            pass
    except OSError as error:
        raise CannotSetUp(f"The folder {root} cannot be written to ({error.strerror}). Use one that can.") from None


def venv_python(root: Path) -> Path:
    """The interpreter of the clone's own virtual environment."""
    return root / ".venv" / "bin" / "python"


def ensure_venv(root: Path) -> None:
    """Make `.venv`, or make it anew when its interpreter is gone."""
    python = venv_python(root)
    if python.exists() and subprocess.run([str(python), "-c", "import pip"], stderr=subprocess.DEVNULL).returncode == 0:
        return
    objection = refusal(sys.version_info[:2], importlib.util.find_spec("ensurepip") is not None)
    if objection:
        raise CannotSetUp(objection)
    tell("Making a virtual environment in .venv …")
    run([sys.executable, "-m", "venv", "--clear", str(root / ".venv")], root, "The virtual environment was not made.")


def install(root: Path, lock: str) -> None:
    """Install a lock, unless its stamp says that exactly this one is installed."""
    digest = digest_of([root / lock])
    if stamped(root, lock) == digest:
        return
    tell(f"Installing what {lock} lists; the first time this may take a minute …")
    lines = [line for line in (root / lock).read_text().splitlines() if line.strip() and line[0] not in " #"]
    if lines and not (by_uv(root, lock) or by_pip(root, lines)):
        raise CannotSetUp(f"What {lock} lists was not installed; pip's words above say why.")
    stamp(root, lock, digest)
    if lock == DEVELOPMENT:  # it contains the other one
        stamp(root, RUNTIME, digest_of([root / RUNTIME]))


def pip_of(root: Path) -> list[str]:
    return [str(venv_python(root)), "-m", "pip", "--quiet", "--disable-pip-version-check"]


def by_uv(root: Path, lock: str) -> bool:
    """Install a lock by uv, in a fifth of the time that pip takes; False where uv cannot be had, or cannot do it."""
    fetched = subprocess.run([*pip_of(root), "install", "--no-compile", UV], cwd=str(root), capture_output=True)
    if fetched.returncode != 0:
        return False
    told = subprocess.run([*pip_of(root), "config", "list"], cwd=str(root), capture_output=True, text=True).stdout
    options, environment = uv_options(told)
    python = str(venv_python(root))
    # The lock names everything, so there is nothing to resolve; a version that it names is taken from whichever index
    # has it, as pip does.
    command = [python, "-m", "uv", "pip", "install", "--python", python, "--no-deps", "-r", lock]
    command += ["--index-strategy", "unsafe-best-match", *options]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=str(root), env=env, capture_output=True).returncode == 0


def uv_options(told: str) -> tuple[list[str], dict[str, str]]:
    """What `pip config list` tells of indexes, as uv's options and environment: uv does not read pip's settings."""
    settings: dict[str, str] = {}
    for line in told.splitlines():
        name, _, value = line.partition("=")
        if value[:1] in ("'", '"'):
            settings[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    options = []
    for name, option in UV_OPTIONS.items():
        for value in settings.get(name, "").split():
            options += [option, value]
    environment = {UV_ENVIRONMENT[name]: settings[name] for name in UV_ENVIRONMENT if name in settings}
    return options, environment


def by_pip(root: Path, lines: list[str]) -> bool:
    """Install the lines of a lock by pip: two halves side by side take little more than half the time."""
    pip = [*pip_of(root), "install", "--no-deps", "--no-compile"]  # most of it is never imported
    halves = [half for half in (lines[0::2], lines[1::2]) if half]
    running = [subprocess.Popen([*pip, *half], cwd=str(root)) for half in halves]
    codes = [process.wait() for process in running]
    return not any(codes)


def compile_catalogs(root: Path) -> None:
    """Compile the translations when one changed, or when a compiled one is missing."""
    sources = sorted((root / "i18n").rglob("*.po"))
    digest = digest_of(sources)
    if stamped(root, "catalogs") == digest and all(source.with_suffix(".mo").exists() for source in sources):
        return
    tell("Compiling the translations …")
    run([str(venv_python(root)), "-m", "i18n.compile"], root, "The translations were not compiled.")
    stamp(root, "catalogs", digest)


def install_assets(root: Path) -> None:
    """Front-end files by their own lock; that script knows what is there already."""
    run([str(venv_python(root)), "scripts/assets.py"], root, "The front-end files were not installed.")


def install_browser(root: Path) -> None:
    """A Chromium for the tests that use a real browser."""
    message = "There is no Chromium for the tests."
    run([str(venv_python(root)), "-m", "scripts.browser"], root, message)


def digest_of(files: list[Path]) -> str:
    """One digest over the names and the contents. A new environment has no stamps, so its Python is not in it."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def stamped(root: Path, name: str) -> str | None:
    """What the stamp of this step says, None before its first run."""
    file = root / ".venv" / "stamps" / name
    return file.read_text() if file.exists() else None


def stamp(root: Path, name: str, digest: str) -> None:
    """Note that a step is done for this digest."""
    folder = root / ".venv" / "stamps"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(digest)


def run(command: list[str], root: Path, message: str) -> None:
    """Run a step in the clone; its failure ends the set-up with a sentence."""
    if subprocess.run(command, cwd=str(root)).returncode != 0:
        raise CannotSetUp(message)


def tell(sentence: str) -> None:
    print(sentence, flush=True)


def set_up(root: Path, development: bool = False, browser: bool = False) -> None:
    """Bring a clone to where the product can start, and with `development` to where it can be tested."""
    ensure_writable(root)
    ensure_venv(root)
    install(root, DEVELOPMENT if development else RUNTIME)
    install_assets(root)
    compile_catalogs(root)
    if browser:
        install_browser(root)


def main() -> int:
    parser = argparse.ArgumentParser(description="Set up this clone.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--browser", action="store_true", help="also a Chromium")
    chosen = parser.parse_args()
    if sys.version_info[:2] < OLDEST and not venv_python(ROOT).exists():
        newer = newer_python()
        if newer:
            os.execv(newer, [newer, *sys.argv])
    try:
        set_up(ROOT, chosen.dev, chosen.browser)
    except CannotSetUp as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
