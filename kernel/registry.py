"""Which packages have tables and jobs, by name only, so that the lowest package need not know the others."""

from importlib import import_module
from importlib.util import find_spec

PACKAGES = (
    "kernel",
    "web",
    "workforce",
    "labeling",
    "payouts",
    "calibration",
    "marketplace",
    "admin",
)


def load_models() -> None:
    """Import every package's tables, so that the metadata is whole."""
    for package in PACKAGES:
        _load(f"{package}.models")


def load_jobs() -> None:
    """Import every package's jobs, so that a worker knows them all."""
    for package in PACKAGES:
        _load(f"{package}.jobs")


def _load(name: str) -> None:
    if find_spec(name) is not None:
        import_module(name)
