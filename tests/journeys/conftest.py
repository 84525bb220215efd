"""The whole application, and an empty cast for it."""

from pathlib import Path

import pytest
from flask import Flask

from kernel.db import Database
from tests.journeys.cast import Cast
from tests.web.conftest import test_settings as settings_in
from wsgi import create_app


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    return create_app(settings_in(tmp_path), db)


@pytest.fixture
def cast(app: Flask, db: Database) -> Cast:
    return Cast(app, db)
