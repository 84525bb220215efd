"""The real application behind a real port, for tests that speak HTTP or drive a browser."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any
from wsgiref.types import WSGIApplication

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule
from werkzeug.serving import make_server


class CompiledTemplates(BytecodeCache):
    """What templates were compiled to, for every application of this process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    """Most tests build an application: templates and the makers of addresses are compiled for the first of them."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()}
    Rule._compile_builder = _builder  # type: ignore[method-assign, assignment]


_compile_builder = Rule._compile_builder
_builders: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


def _builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    key = (*rule._trace, append_unknown, *sorted((rule.defaults or {}).items()))
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


@contextmanager
def serving(app: WSGIApplication, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve on a random port, with a thread for each request; yields the address without a slash at its end."""
    server = make_server(host, 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="live-server", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
