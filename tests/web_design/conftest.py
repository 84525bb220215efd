"""The stage on which pages are looked at."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest

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
