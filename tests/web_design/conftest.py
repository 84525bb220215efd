"""The stage on which pages are looked at."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page

from tests.web_design.stage import Stage, handler


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(stage))
    stage.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield stage
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    """One tab for one page after the other: a browser spends more on a new profile than on a page of ours.

    Each stage has a port, and so what pages keep in a browser, of its own.
    """
    with browser.new_context() as context:
        yield context.new_page()
