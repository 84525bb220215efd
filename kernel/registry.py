"""Which packages have tables, jobs and ports to fill, by name only, so that the lowest need not know the others."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from kernel.config import Settings

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


def connect_all(settings: Settings) -> None:
    """Let every package put in place what the packages below it ask for."""
    for package in PACKAGES:
        module = _load(f"{package}.connect")
        if module is not None:
            module.connect(settings)


def _load(name: str) -> ModuleType | None:
    return import_module(name) if find_spec(name) is not None else None
