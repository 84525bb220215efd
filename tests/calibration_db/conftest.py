"""The world that the tests of calibration's database rooms share, on either database, and the doors into it."""

from pathlib import Path

import pytest
from flask import Flask

from calibration import contents, lanes
from calibration import register as calibration
from kernel.config import Settings
from kernel.db import Database
from kernel.policy import Role
from kernel.start import start
from labeling import register as labeling
from tests.calibration_db.doors import Door
from tests.calibration_db.world import World, all_readable, build, classes_as_stated
from web import views
from web.app import create_base_app
from workforce import register as workforce
from workforce import trail


@pytest.fixture
def world(db: Database) -> World:
    return build(db)


@pytest.fixture
def app(world: World, tmp_path: Path) -> Flask:
    settings = Settings(
        environment="test", database_url="sqlite:///unused.db", redis_url=None, data_dir=tmp_path,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip
    start(settings, world.db)
    lanes.use_provider(world.facts)  # there are no lanes here but the world's
    app = create_base_app(settings)
    views.register(app)
    lanes.use_provider(world.facts)
    lanes.use_people_for_test(world.suits)
    contents.use_guard(all_readable, classes_as_stated)  # nor classes of units
    for package in (workforce, labeling, calibration):
        package.register(app)
    trail.show_evidence("unit", lambda _session, _actor, _unit_id: None)  # nor their pages, which another test may have
    return app


@pytest.fixture
def annotator(app: Flask, world: World) -> Door:
    """An active annotator who has signed in."""
    world.hire("Asha")
    return Door(app, world, Role.ANNOTATOR, world.vendor, works_as="Asha").enter()


@pytest.fixture
def vendor(app: Flask, world: World) -> Door:
    return Door(app, world, Role.VENDOR_MANAGER, world.vendor).enter()


@pytest.fixture
def client(app: Flask, world: World) -> Door:
    return Door(app, world, Role.CLIENT_QA, world.client).enter()
