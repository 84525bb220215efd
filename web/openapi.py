"""The API's description, OpenAPI 3.1, made from the declared operations."""

import re
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from kernel.policy import matrix
from web.api import OPERATIONS, Operation, can_be_left_out

_PART = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
_REFERENCE = "#/components/schemas/"
_Shapes = dict[tuple[str, str], Any]  # by endpoint and what it is the shape of
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_FAILURES = {
    "400": "The request could not be read",
    "401": "No valid token",
    "403": "Not open to you now",
    "404": "Not found, or not yours",
    "409": "Something has changed meanwhile",
    "415": "Another kind of data is taken here",
    "422": "Some of it cannot be taken",
    "429": "Too much at once",
    "503": "Not possible for the moment",
    "507": "The disk of the installation is full",
}


@cache
def document() -> dict[str, Any]:
    """The whole description. Operations are declared at import, so one document serves the process."""
    shapes, schemas = _shapes()
    paths: dict[str, Any] = {}
    for operation in sorted(OPERATIONS, key=lambda op: (op.rule, op.method)):
        path = _PART.sub(r"{\1}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, shapes, schemas)
    for name in {_query_name(operation, shapes) for operation in OPERATIONS if operation.query is not None}:
        schemas.pop(name)  # told part by part, as parameters
    return {
        "openapi": "3.1.0",
        "info": {"title": "Polyphony", "version": "1", "description": "Multilingual annotation work."},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _shapes() -> tuple[_Shapes, dict[str, Any]]:
    """The schema of each body, answer and query by (endpoint, which), and the named schemas that they refer to.

    All are made together, so that two models of one name get two names.
    """
    wanted: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = []
    for operation in OPERATIONS:
        for which, mode, model in (
            ("body", "validation", operation.body),
            ("query", "validation", operation.query),
            ("returns", "serialization", operation.returns),
        ):
            if model is not None:
                wanted.append(((operation.endpoint, which), cast(JsonSchemaMode, mode), TypeAdapter(model)))
    found, definitions = TypeAdapter.json_schemas(wanted, ref_template=_REFERENCE + "{model}")
    return {cast(tuple[str, str], key): schema for (key, _mode), schema in found.items()}, definitions.get("$defs", {})


def _operation(operation: Operation, shapes: _Shapes, schemas: dict[str, Any]) -> dict[str, Any]:
    success = _success(operation, shapes)
    entry: dict[str, Any] = {
        "operationId": operation.endpoint.replace("_api.", "."),
        "summary": operation.summary,
        "tags": [operation.endpoint.split("_api.")[0]],
        "parameters": _parameters(operation, shapes, schemas),
        "responses": {str(status): success for status in (operation.status, *operation.also)} | _failures(),
        "x-action": matrix().endpoints.get(operation.endpoint, {}).get("action"),
    }
    if operation.body is not None:
        schema = shapes[operation.endpoint, "body"]
        content = {"application/json": {"schema": schema}}
        entry["requestBody"] = {"required": not can_be_left_out(operation.body), "content": content}
    if operation.public:
        entry["security"] = []
    return entry


def _failures() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": text, "content": content} for status, text in _FAILURES.items()}


def _success(operation: Operation, shapes: _Shapes) -> dict[str, Any]:
    if operation.produces:
        return {"description": "The file", "content": {kind: {} for kind in operation.produces}}
    if operation.returns is None:
        return {"description": "Done"}
    schema = shapes[operation.endpoint, "returns"]
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _query_name(operation: Operation, shapes: _Shapes) -> str:
    return str(shapes[operation.endpoint, "query"]["$ref"].removeprefix(_REFERENCE))


def _parameters(operation: Operation, shapes: _Shapes, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PART.findall(operation.rule)
    ]
    if operation.query is not None:
        schema = schemas[_query_name(operation, shapes)]
        required = set(schema.get("required", []))
        found += [
            {"name": name, "in": "query", "required": name in required, "schema": part}
            for name, part in schema.get("properties", {}).items()
        ]
    if operation.method in ("POST", "PUT", "DELETE"):
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": operation.keyed,
                "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]+$"},
            }
        )
    return found
