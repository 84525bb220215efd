"""Every list of the API by its pages: cursors are safe in an address, outlive their row, and are refused if unknown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from kernel.db import Base, Database, now_of
from kernel.ids import new_id
from kernel.models import AccessGrant
from kernel.policy import Role, matrix, system_actor
from kernel.tenancy import Scope
from tests.support import is_soak, scale
from tests.web.conftest import ORG_KIND, Persona, make_persona, token_of
from tests.web.town import PARTS
from tests.web.worlds import World, build
from web.api import OPERATIONS, Operation
from web.forms import PageQuery
from workforce.models import Annotator, DecisionReceipt
from workforce.operations.accounts import add_membership

# Parts of addresses that are no ids: the decisions of a lane by their kind, the steps of a pool by their name.
NAMED = {"kind": ["work_rejected", "lane_paused"], "name": ["profile"]}
SAFE = re.compile(r"[A-Za-z0-9_-]+")
BROKEN = (
    "", "zzz", "%00", "no+cursor", "2026-11-22T08:44:53.478502+00:00~x", "WyJlYXJuaW5ncyJd", "W10", "e30", "ODQ",
    "%C3%A9", "1" * 1999,
)  # fmt: skip


PARTS_OF_BROKEN = scale(4, 1)  # each list is asked a part of them in a run, and all in a soak


def paged() -> list[Operation]:
    """The operations that answer with a page of a list."""
    return [each for each in OPERATIONS if each.query is not None and "after" in each.query.model_fields]


@dataclass(frozen=True)
class Reader:
    """Somebody of the world with a token."""

    app: Flask
    token: str

    def get(self, address: str) -> TestResponse:
        return self.app.test_client().get(address, headers={"Authorization": f"Bearer {self.token}"})


def readers(app: Flask, database: Database, world: World) -> Iterator[tuple[Role, Reader]]:
    """Somebody of each role; the annotator is the one who has worked, and got a receipt."""
    for role in Role:
        persona = make_persona(database, world.org_of(ORG_KIND[role]), role, f"{role.value}@pages.example")
        yield role, Reader(app, token_of(database, persona))
    with database.transaction(Scope.system("test")) as session:
        named = select(Annotator.account_id).join(DecisionReceipt, DecisionReceipt.annotator_id == Annotator.id)
        account_id, role = session.scalars(named).first() or "", Role.ANNOTATOR
        place = add_membership(session, system_actor("test"), account_id=account_id, org_id=world.vendor, role=role)
    yield role, Reader(app, token_of(database, Persona("", account_id, world.vendor, place, role)))


def addresses(app: Flask, database: Database, role: Role) -> Iterator[tuple[str, str]]:
    """Each paged list that is open to a role, with its addresses."""
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    for operation in paged():
        if role in matrix().actions[matrix().endpoints[operation.endpoint]["action"]]:
            parts = sorted(rules[operation.endpoint].arguments)
            for ids in product(*(NAMED.get(part) or every_id(database, PARTS[part]) for part in parts)):
                address = operation.rule
                for part, known in zip(parts, ids, strict=True):
                    address = address.replace(f"<{part}>", known)
                yield operation.endpoint, address


def every_id(database: Database, table: str) -> list[str]:
    with database.reading(Scope.system("test")) as session:
        return list(session.scalars(select(Base.metadata.tables[table].c.id)))


def test_each_answer_with_a_cursor_has_a_place_to_put_it(app: Flask) -> None:
    with_cursor = {each.endpoint for each in OPERATIONS if "next_after" in getattr(each.returns, "model_fields", {})}
    assert with_cursor == {each.endpoint for each in paged()}
    assert [each.endpoint for each in paged() if not issubclass(each.query or object, PageQuery)] == []
    assert len(with_cursor) >= 14


def without_links(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is listed, but for signed links: each answer makes its own."""
    return [{name: value for name, value in item.items() if name != "link"} for item in items]


@pytest.mark.soak
@pytest.mark.parametrize("db", ["sqlite", "postgresql"] if is_soak() else ["postgresql"], indirect=True)
def test_pages_follow_each_other_by_cursors_and_a_broken_one_is_told_and_is_never_an_empty_page(
    app: Flask, db: Database
) -> None:
    world = build(db, "Aster")
    with db.transaction(Scope.system("test")) as session:  # the vendor's access has ended by the application's clock
        session.execute(update(AccessGrant).values(until_at=now_of(session) + timedelta(days=30), revoked_at=None))
    lengths: dict[str, int] = {}
    cursors: dict[str, str] = {}
    asked: dict[str, tuple[Reader, str]] = {}
    for role, reader in readers(app, db, world):
        for endpoint, address in addresses(app, db, role):
            if endpoint in cursors and not is_soak():  # a list that had pages had them for somebody else
                continue
            whole = reader.get(f"{address}?limit=200")
            if whole.status_code == 200:
                count = len(whole.get_json()["items"])
                items, found = in_pages(reader, address, max(1, count // 3))
                assert without_links(items) == without_links(whole.get_json()["items"]), (role, endpoint)
                lengths[endpoint] = max(lengths.get(endpoint, 0), len(items))
                asked[endpoint] = reader, address
                cursors |= {endpoint: found[-1]} if found else {}
    assert set(asked) == {each.endpoint for each in paged()}
    assert len(cursors) >= 8, lengths
    assert [cursor for cursor in cursors.values() if not SAFE.fullmatch(cursor)] == []
    wrong = []
    for number, (endpoint, (reader, address)) in enumerate(asked.items()):
        foreign = cursors["admin_api.organizations" if endpoint == "payouts_api.earnings" else "payouts_api.earnings"]
        for cursor in (*BROKEN[number % PARTS_OF_BROKEN :: PARTS_OF_BROKEN], new_id(), foreign):
            answer = reader.get(f"{address}?after={cursor}")
            if answer.status_code != 422 or "after" not in answer.get_json()["fields"]:
                wrong.append((endpoint, cursor, answer.status_code, answer.get_json()))
    assert wrong == []


def in_pages(reader: Reader, address: str, size: int) -> tuple[list[Any], list[str]]:
    """A list's items, read page by page, and the cursors on the way, each put into the address as it stands."""
    items: list[Any] = []
    cursors: list[str] = []
    while True:
        answer = reader.get(f"{address}?limit={size}{f'&after={cursors[-1]}' if cursors else ''}")
        assert answer.status_code == 200, (address, answer.get_json())
        page = answer.get_json()
        items += page["items"]
        if page["next_after"] is None or len(items) > 200:
            return items, cursors
        cursors.append(page["next_after"])
