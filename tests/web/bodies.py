"""A body that each write of the API takes: made from its schema, and by hand where the schema does not say it all."""

import json
from functools import cache
from typing import Any

from kernel.ids import new_id
from marketplace.values.requests import ALL_RIGHTS
from tests.marketplace.orders import ONTOLOGY
from web.api import OPERATIONS
from web.idempotency import HEADER

# What an operation asks of a value beyond its type, so that it looks for the object that the address names.
BY_HAND: dict[str, dict[str, Any]] = {
    "calibration_api.answer": {"answer": {"choice": "refund"}},
    "calibration_api.decide_dispute": {"choice": "both", "reply": "both are right"},
    "calibration_api.contest_question": {"text": "it is wrong"},
    "calibration_api.contest_evidence": {"text": "it is wrong"},
    "marketplace_api.publish_ontology": {"body": ONTOLOGY},
    "calibration_api.answer_language_check": {"text": "Every text that is sent to natives has some length."},
    "calibration_api.record_language_check": {"content": "UklGRg=="},
    "workforce_api.set_check_rate": {"micros": 50_000, "currency": "EUR"},
    "marketplace_api.set_lane_languages": {"modes": ["read"]},
    "marketplace_api.set_rights": {"rights": list(ALL_RIGHTS)},
    "marketplace_api.renew_grant": {"rights": list(ALL_RIGHTS)},
    "marketplace_api.make_quote": {"prices": {"sw-KE": "0.05"}},
    "marketplace_api.add_units": {"units": [{"content": {"text": "one more"}}]},
    "marketplace_api.upload": {"name": "units.csv", "content": "text,locale\none more,sw-KE\n"},
    "marketplace_api.upload_media": {"name": "a.png", "content": "iVBORw0KGgo="},
    "marketplace_api.rework_lot": {"kind": "review", "reason": "too many are wrong"},
    "review_api.decide": {"verdict": "accept"},
    "workforce_api.upload_roster": {"content": "ZW1haWwsbG9jYWxlCnhAZXhhbXBsZS5vcmcsZW4K"},
    "workforce_api.upload_document": {"name": "a.pdf", "kind": "identity", "content": "JVBERi0xLjcKJSVFT0YK"},
    "workforce_api.change_standing": {"status": "left"},
    "workforce_api.invite": {"email": "x@example.org"},
    "workforce_api.confirm_factor": {"code": "000000"},
    "work_api.answer": {"answer": {"choice": "refund"}},
    "work_api.draft": {"answer": {"choice": "refund"}},
    "work_api.skip": {"reason": "unclear"},
    "work_api.report": {"reason": "unclear"},
    "payouts_api.approve_payout_run": {"total": "1.00", "sha256": "0" * 64},
}


def key_of(endpoint: str) -> dict[str, str]:
    """The header that this operation demands beside the token."""
    operation = next(each for each in OPERATIONS if each.endpoint == endpoint)
    return {HEADER: new_id()} if operation.keyed else {}


@cache
def body_of(endpoint: str) -> dict[str, Any] | None:
    """A body of this operation; None where it takes none."""
    operation = next(each for each in OPERATIONS if each.endpoint == endpoint)
    if operation.body is None:
        return None
    schema = operation.body.model_json_schema()
    made = _example(schema, schema.get("$defs", {})) | BY_HAND.get(endpoint, {})
    operation.body.model_validate_json(json.dumps(made), strict=True)
    return made


def _example(schema: dict[str, Any], named: dict[str, Any]) -> Any:
    """The smallest value that a schema allows."""
    if "$ref" in schema:
        return _example(named[schema["$ref"].rpartition("/")[2]], named)
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], named)
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"]
    if kind == "object":
        return {name: _example(schema["properties"][name], named) for name in schema.get("required", ())} or _map(
            schema, named
        )
    if kind == "array":
        return [_example(schema["items"], named)]
    if kind == "string":
        return (
            "2026-12-01T12:00:00Z"
            if schema.get("format") == "date-time"
            else "en".ljust(schema.get("minLength", 0), "n")
        )
    return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": True}[kind]


def _map(schema: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    values = schema.get("additionalProperties")
    return {"en": _example(values, named)} if isinstance(values, dict) else {}
