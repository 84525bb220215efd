"""The composition root: builds the application out of the packages; the one place that knows all of them."""

import gc
from importlib import import_module

from flask import Flask

from kernel.config import Settings
from kernel.db import Database
from kernel.start import start
from web import views
from web.app import create_base_app
from web.guards import check_matrix

PACKAGES = ("workforce", "labeling", "payouts", "calibration", "marketplace", "admin")


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """The whole application: every package's pages, API and commands on one base."""
    settings, _ = start(settings, database)
    app = create_base_app(settings)
    views.register(app)
    for package in PACKAGES:
        import_module(f"{package}.register").register(app)
    check_matrix(app)
    return app


def __getattr__(name: str) -> Flask:
    """`wsgi:app`, made when a server asks for it, so that importing this module starts nothing."""
    if name == "app":
        globals()["app"] = create_app()
        # What is loaded now lives as long as the process; looking through it for garbage again and again is waste.
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        found: Flask = globals()["app"]
        return found
    raise AttributeError(name)
