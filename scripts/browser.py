"""The Chromium that tests and screenshots drive: where it is, and how to get one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PLAYWRIGHT_PLACES = (".cache/ms-playwright", "Library/Caches/ms-playwright")
PLAYWRIGHT_FILES = ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Every page is the product's own: a process for each of them costs more than the page. Profiles stay apart.
    "--process-per-site",
    "--renderer-process-limit=1",
)
ADVICE = "No Chromium was found. Install one (Debian: apt-get install chromium), or set CHROMIUM to its path."


def find(environ: Mapping[str, str] | None = None) -> str | None:
    """The browser to use: the one that CHROMIUM names, else one that is installed, else Playwright's own."""
    env = os.environ if environ is None else environ
    named = env.get("CHROMIUM")
    if named:
        return shutil.which(named)
    installed = (shutil.which(name, path=env.get("PATH")) for name in NAMES)
    apps = (app for app in MAC_APPS if Path(app).exists())
    return next((found for found in (*installed, *apps, *_of_playwright(env)) if found), None)


def _of_playwright(env: Mapping[str, str]) -> list[str]:
    home = Path(env.get("HOME", "/nonexistent"))
    places = [Path(env["PLAYWRIGHT_BROWSERS_PATH"])] if env.get("PLAYWRIGHT_BROWSERS_PATH") else []
    places += [home / place for place in PLAYWRIGHT_PLACES]
    patterns = [f"chromium-*/{file}" for file in PLAYWRIGHT_FILES]
    return [str(file) for place in places for pattern in patterns for file in sorted(place.glob(pattern), reverse=True)]


def install() -> None:
    """Get one: from Debian's packages when we may, else the build that Playwright brings. A failure is no exception."""
    if sys.platform.startswith("linux") and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], env=quiet)
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


def main() -> int:
    if find() is None and not os.environ.get("CHROMIUM"):
        print("Installing Chromium for the tests …", flush=True)
        install()
    if find() is None:
        print(ADVICE, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
