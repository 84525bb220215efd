"""The API's description, OpenAPI 3.1, made from the declared operations."""

import re
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from kernel.policy import matrix
from web.api import OPERATIONS, Operation

_PART = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
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
    models = [(op.body, "validation") for op in OPERATIONS if op.body]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schemas: dict[str, Any] = dict(definitions.get("$defs", {}))
    paths: dict[str, Any] = {}
    for operation in sorted(OPERATIONS, key=lambda op: (op.rule, op.method)):
        path = _PART.sub(r"{\1}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
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


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "operationId": operation.endpoint.replace("_api.", "."),
        "summary": operation.summary,
        "tags": [operation.endpoint.split("_api.")[0]],
        "parameters": _parameters(operation, schemas),
        "responses": {str(operation.status): _success(operation, schemas)} | _failures(),
        "x-action": matrix().endpoints.get(operation.endpoint, {}).get("action"),
    }
    if operation.body is not None:
        schema = {"$ref": f"#/components/schemas/{operation.body.__name__}"}
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if operation.public:
        entry["security"] = []
    return entry


def _failures() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": text, "content": content} for status, text in _FAILURES.items()}


def _success(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    if operation.returns is None:
        return {"description": "Done"}
    schema = TypeAdapter(operation.returns).json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    schemas.update(schema.pop("$defs", {}))
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _parameters(operation: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PART.findall(operation.rule)
    ]
    if operation.query is not None:
        schema = operation.query.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.get("$defs", {}))
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
                "required": False,
                "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]+$"},
            }
        )
    return found
