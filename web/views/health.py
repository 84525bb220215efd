"""Health: alive, able to serve, and the API's description."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

from flask import Response, jsonify
from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError

from kernel import db, queue
from kernel.migrate import is_at_head
from kernel.tenancy import Scope
from web import current
from web.openapi import document
from web.views import pages

_BLOCK = 4096
_at_head: list[bool] = []


@pages.get("/healthz")
def healthz() -> Response:
    """The process is alive."""
    return Response("ok", mimetype="text/plain")


@pages.get("/readyz")
def readyz() -> Response:
    """The process can serve: database and files work; a queue that is away only degrades."""
    try:
        with db.reading(Scope.system("readiness")) as session:
            session.scalar(select(literal(1)))
        if not _at_head:
            if not is_at_head(db.current()):
                return Response("migrations", 503, mimetype="text/plain")
            _at_head.append(True)
    except SQLAlchemyError:
        return Response("database", 503, mimetype="text/plain")
    if not _can_write(current.settings().data_dir):
        return Response("files", 503, mimetype="text/plain")
    transport = queue.transport()
    there: Callable[[], bool] | None = getattr(transport, "is_there", None)
    return Response("ready" if there is None or there() else "degraded", mimetype="text/plain")


def _can_write(folder: Path) -> bool:
    """Whether a block can be written into the data folder: a full or read-only disk is told before work is lost."""
    try:
        with TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * _BLOCK)
            probe.flush()
    except OSError:
        return False
    return True


@pages.get("/api/v1/openapi.json")
def openapi() -> Response:
    """The API's description, OpenAPI 3.1."""
    return jsonify(document())
