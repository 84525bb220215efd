"""What `make check` runs: every check that needs no test, as many at once as there are processors."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The longest first, so that none is left over when the others are done.
CHECKS = {
    "types": ("-m", "mypy"),
    "contracts between packages": ("-c", "from importlinter.cli import lint_imports_command as run; run()"),
    "migrations": ("-m", "scripts.migrations", "check"),
    "translations": ("-m", "i18n.check"),
    "formatting": ("-m", "ruff", "format", "--check", "."),
    "lint": ("-m", "ruff", "check", "."),
}


def check(name: str) -> tuple[str, int, str, float]:
    """The name, the exit code, what was said, and the seconds of one check."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *CHECKS[name]], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return name, done.returncode, done.stdout, time.monotonic() - began


def main() -> int:
    """Run all of them, tell of each as it ends and, where it failed, what it said; 1 if one failed."""
    failed = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, code, said, seconds in pool.map(check, CHECKS):
            print(f"{'ok' if code == 0 else 'FAILED':6} {name} ({seconds:.0f} s)", flush=True)
            if code != 0:
                failed.append(name)
                print(said, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
