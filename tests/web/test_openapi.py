"""The description of the API: a body that fits it is taken, and what it says is demanded is demanded."""

from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient

from kernel.db import Database
from kernel.policy import Role
from tests.web.bodies import body_of
from tests.web.conftest import make_org, make_persona, token_of
from web.api import OPERATIONS
from web.openapi import document

KEYED = {
    "marketplace_api.upload", "marketplace_api.upload_media", "marketplace_api.confirm_import",
    "payouts_api.prepare_payout_run",
    "payouts_api.approve_payout_run", "payouts_api.cancel_payout_run", "payouts_api.export_payout_run",
    "payouts_api.settle_payout_run", "payouts_api.fail_payment",
}  # fmt: skip


@pytest.fixture
def db(db_sqlite: Database) -> Database:
    """What is asked here is the same on either database."""
    return db_sqlite


def described() -> dict[str, dict[str, Any]]:
    """The operations by their id."""
    found = [each for methods in document()["paths"].values() for each in methods.values()]
    assert len({each["operationId"] for each in found}) == len(found) == len(OPERATIONS)
    return {each["operationId"]: each for each in found}


def test_the_described_body_of_each_operation_is_the_one_that_it_takes(app: Flask) -> None:
    components = document()["components"]
    for operation in OPERATIONS:
        entry = described()[operation.endpoint.replace("_api.", ".")]
        assert ("requestBody" in entry) == (operation.body is not None)
        if operation.body is not None:
            schema = entry["requestBody"]["content"]["application/json"]["schema"]
            jsonschema_rs.validate({**schema, "components": components}, body_of(operation.endpoint))


def test_no_answer_is_a_bare_array(app: Flask) -> None:
    arrays = [
        name for name, entry in described().items() for answer in entry["responses"].values()
        for held in answer.get("content", {}).values() if held.get("schema", {}).get("type") == "array"
    ]  # fmt: skip
    assert arrays == []
    answer = described()["calibration.quality"]["responses"]["200"]["content"]["application/json"]["schema"]
    listed = document()["components"]["schemas"][answer["$ref"].rpartition("/")[2]]
    assert listed["properties"]["items"]["items"]["$ref"].endswith("/QualityOut")


def test_what_needs_no_content_says_so(app: Flask) -> None:
    needed = {name: entry["requestBody"]["required"] for name, entry in described().items() if "requestBody" in entry}
    assert (needed["work.take"], needed["work.skip"]) == (False, True)


def test_a_key_is_demanded_of_payouts_and_imports_and_said_to_be(db: Database, client: FlaskClient) -> None:
    demanded = {
        name for name, entry in described().items()
        for part in entry["parameters"] if part["name"] == "Idempotency-Key" and part["required"]
    }  # fmt: skip
    assert demanded == {name.replace("_api.", ".") for name in KEYED}
    payer = make_persona(db, make_org(db, "vendor", "Weavers"), Role.FINANCE, "payer@example.org")
    headers = {"Authorization": f"Bearer {token_of(db, payer)}"}
    answer = client.post("/api/v1/payout-runs", json={"currency": "EUR"}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "idempotency.missing")
    assert "Send an Idempotency-Key with this" in answer.get_json()["detail"]
