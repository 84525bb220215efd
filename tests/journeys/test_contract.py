"""The API keeps to its own description: no fault of the server whatever is sent, and answers as they are declared."""

from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from kernel.db import Database
from kernel.ids import new_id
from kernel.policy import Role, matrix
from tests.support import scale
from tests.web.conftest import ORG_KIND, make_org, make_persona, token_of
from web.idempotency import HEADER

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
ROLES = tuple(Role)


@pytest.fixture
def db(db_sqlite: Database) -> Database:
    """What is asked here is the same on either database."""
    return db_sqlite


@pytest.fixture
def headers(db: Database) -> dict[Role, dict[str, str]]:
    """A token of each role."""
    orgs = {kind: make_org(db, kind, f"The {kind}") for kind in ("client", "vendor", "operator")}
    people = {role: make_persona(db, orgs[ORG_KIND[role]], role, f"{role.value}@contract.example") for role in ROLES}
    return {role: {"Authorization": f"Bearer {token_of(db, person)}"} for role, person in people.items()}


def operations(app: Flask, headers: dict[str, str]) -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=headers)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.soak
def test_every_operation_answers_as_it_is_described(app: Flask, headers: dict[Role, dict[str, str]]) -> None:
    """The tokens take turns among the roles that may do it; a few examples for each operation."""
    broken = []
    for number, operation in enumerate(operations(app, headers[ROLES[0]])):
        try:
            _ask(operation, headers[_role_for(operation, number)])
        except* AssertionError as faults:
            broken.append(f"{operation.label}: {faults.exceptions[0]}")
    assert broken == [], "\n\n".join(broken)


def _ask(operation: Any, token: dict[str, str]) -> None:
    @settings(
        max_examples=scale(2, 60), deadline=timedelta(seconds=20), database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        case.validate_response(case.call(headers=token), checks=CHECKS, headers=token)

    answers()


def _role_for(operation: Any, number: int) -> Role:
    """A role that may do it, so that more is met than refusals; where there is none here, any of them."""
    allowed = matrix().actions.get(operation.definition.raw["x-action"], {})
    able = [role for role in ROLES if role in allowed] or list(ROLES)
    return able[number % len(able)]


@settings(max_examples=scale(2, 30), deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.from_regex(r"[a-z]{12,20}", fullmatch=True))
def test_a_field_that_is_not_described_is_refused(app: Flask, headers: dict[Role, dict[str, str]], name: str) -> None:
    for operation in operations(app, headers[ROLES[0]]):
        if not operation.body:
            continue
        role = _role_for(operation, 0)
        path = operation.path.replace("{", "").replace("}", "")
        sent = headers[role] | {HEADER: new_id()}
        answer = app.test_client().open(path, method=operation.method.upper(), json={name: 1}, headers=sent)
        assert answer.status_code in (403, 404, 422), (operation.label, answer.status_code)
        if answer.status_code == 422:
            assert name in answer.get_json()["fields"], operation.label
