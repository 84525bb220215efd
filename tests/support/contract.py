"""Whether an answer of the API is what its description says: for any test that asks through the real application."""

from functools import cache
from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.test import TestResponse

from web.api import OPERATIONS, Operation
from web.idempotency import HEADER
from web.openapi import document


def operation_at(app: Flask, method: str, path: str) -> Operation:
    """The operation that stands at an address below `/api/v1`."""
    endpoint, _parts = app.url_map.bind("localhost").match(f"/api/v1{path.partition('?')[0]}", method=method)
    return _operation(endpoint)


def demanded_headers(operation: Operation, key: str) -> dict[str, str]:
    """What the operation demands beside the token."""
    return {HEADER: key} if operation.keyed else {}


def assert_described(operation: Operation, answer: TestResponse) -> None:
    """Status, kind and shape of the answer stand in the description of the operation."""
    described = _described(operation.endpoint)["responses"].get(str(answer.status_code))
    assert described is not None, f"{operation.endpoint} does not tell of {answer.status_code}"
    kinds = described.get("content", {})
    if not kinds:
        assert answer.data == b"", f"{operation.endpoint} tells of no content"
        return
    assert answer.mimetype in kinds, f"{operation.endpoint} tells of {sorted(kinds)}, not of {answer.mimetype}"
    if "schema" in kinds[answer.mimetype]:
        _validator(operation.endpoint, str(answer.status_code), answer.mimetype).validate(answer.get_json())


@cache
def _operation(endpoint: str) -> Operation:
    return next(each for each in OPERATIONS if each.endpoint == endpoint)


@cache
def _described(endpoint: str) -> dict[str, Any]:
    name = endpoint.replace("_api.", ".")
    every = (each for methods in document()["paths"].values() for each in methods.values())
    return next(each for each in every if each["operationId"] == name)


@cache
def _validator(endpoint: str, status: str, kind: str) -> Any:
    schema = _described(endpoint)["responses"][status]["content"][kind]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]})
