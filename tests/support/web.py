"""The real application behind a real port, for tests that speak HTTP or drive a browser."""

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any
from wsgiref.types import WSGIApplication

from flask import Flask
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from werkzeug.routing import Rule
from werkzeug.serving import make_server


class CompiledTemplates(FileSystemBytecodeCache):
    """What templates were compiled to: in memory for the applications of this process, as files for those beside it."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))
        if bucket.code is None:
            super().load_bytecode(bucket)
            self._keep(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._keep(bucket)
        super().dump_bytecode(bucket)

    def _keep(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    """Most tests build an application: templates and rules of addresses are compiled for the first of them."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates(_folder_of_the_run())}
    Rule.compile = _compile  # type: ignore[method-assign, assignment]


def _folder_of_the_run() -> str:
    """Made and removed by the process that begins a run; those that it starts find it in their environment."""
    folder = os.environ.get("COMPILED_TEMPLATES")
    if folder is None or not Path(folder).is_dir():
        folder = os.environ["COMPILED_TEMPLATES"] = tempfile.mkdtemp(prefix="templates-")
        atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: str, maker: int) -> None:
    if os.getpid() == maker:  # and no child that it forked
        shutil.rmtree(folder, ignore_errors=True)


_compile_rule = Rule.compile
_compiled: dict[tuple[Any, ...], tuple[Any, ...]] = {}


def _compile(rule: Rule) -> None:
    """What a rule is compiled to hangs on nothing but these words; the product has no converters of its own."""
    assert rule.map is not None
    defaults = tuple(sorted((rule.defaults or {}).items()))
    key = rule.rule, defaults, rule.subdomain, rule.host, rule.merge_slashes, rule.map.host_matching
    if key not in _compiled:
        given = frozenset(rule.arguments)
        _compile_rule(rule)
        builders = (rule._build.__func__, rule._build_unknown.__func__)  # type: ignore[attr-defined]
        _compiled[key] = rule._parts, rule._trace, rule._converters, frozenset(rule.arguments) - given, builders
    rule._parts, rule._trace, rule._converters, found, builders = _compiled[key]
    rule.arguments = rule.arguments | found
    rule._build, rule._build_unknown = (each.__get__(rule, None) for each in builders)


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
