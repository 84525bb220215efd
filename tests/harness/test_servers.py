"""The queue, the browser and the web server that tests can ask for."""

import urllib.request
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import redis

from tests.support.postgres import Cluster

if TYPE_CHECKING:
    from playwright.sync_api import Page

LiveServer = Callable[[WSGIApplication], str]


def hello(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return ["<title>Habari</title><h1 dir='auto'>مرحبا</h1>".encode()]


def test_the_queue_is_a_real_server_and_starts_empty(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_the_queue_is_empty_again_for_the_next_test(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.get("left") is None


def test_an_application_is_served_on_a_real_port(live_server: LiveServer) -> None:
    with urllib.request.urlopen(live_server(hello)) as answer:
        assert answer.status == 200


def test_a_real_browser_opens_a_served_page(live_server: LiveServer, page: "Page") -> None:
    page.goto(live_server(hello))
    assert page.title() == "Habari"
    assert page.inner_text("h1") == "مرحبا"


def test_a_cluster_leaves_no_process_and_no_file_behind() -> None:
    with Cluster() as cluster:
        folder, process = cluster.folder, cluster._process
        assert process is not None and process.poll() is None
    assert process.poll() is not None
    assert not folder.exists()
