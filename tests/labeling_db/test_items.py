"""Adding items in bulk and reading them back."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import event, func, select

from kernel.db import Database
from kernel.errors import Misuse
from kernel.tenancy import Scope
from labeling.files.drafts import UnitDraft, content_fingerprint
from labeling.models import Item
from labeling.operations.items import add_items
from labeling.queries.content import items_of
from labeling.values import Classification, ItemView
from tests.labeling_db.conftest import CLIENT, MANAGER, PROJECT, STRANGER, VENDOR


def draft(text: str, locale: str = "sw-KE", reference: str | None = None) -> UnitDraft:
    content = {"text": text}
    return UnitDraft(1, reference, content, locale, None, 0, content_fingerprint(content))


def add(db: Database, drafts: Sequence[UnitDraft], project_id: str = PROJECT) -> list[str]:
    with db.transaction(Scope.tenant(CLIENT)) as session:
        return add_items(
            session,
            MANAGER,
            org_id=CLIENT,
            vendor_org_id=VENDOR,
            project_id=project_id,
            drafts=drafts,
            classification=Classification.INTERNAL,
        )


def count(db: Database) -> int:
    with db.reading(Scope.system("test")) as session:
        return session.scalar(select(func.count()).select_from(Item)) or 0


def test_items_are_written_once_and_come_back_in_order(db: Database) -> None:
    ids = add(db, [draft("moja"), draft("mbili"), draft("moja"), draft("moja", "sw-TZ")])
    assert ids[0] == ids[2] and len(set(ids)) == 3
    assert count(db) == 3
    with db.reading(Scope.tenant(CLIENT)) as session:
        found = items_of(session, ids)
    assert found[ids[1]] == ItemView({"text": "mbili"}, "sw-KE", Classification.INTERNAL)
    assert [found[item_id].locale for item_id in ids] == ["sw-KE", "sw-KE", "sw-KE", "sw-TZ"]


def test_a_content_that_is_there_already_keeps_its_id_and_what_it_came_with(db: Database) -> None:
    (first,) = add(db, [draft("moja", reference="r-1")])
    again = replace(draft(" moja ", reference="r-2"), classification=Classification.PUBLIC)
    new, old, foreign = add(db, [draft("tatu"), again, draft("moja", "en")])
    assert old == first and len({first, new, foreign}) == 3
    with db.reading(Scope.tenant(CLIENT)) as session:
        row = session.get_one(Item, first)
        assert (row.client_ref, row.classification, row.content) == ("r-1", "internal", {"text": "moja"})


def test_another_project_has_items_of_its_own(db: Database) -> None:
    assert add(db, [draft("moja")]) != add(db, [draft("moja")], "other")


def test_a_draft_that_names_its_classification_keeps_it(db: Database) -> None:
    (item_id,) = add(db, [replace(draft("moja"), classification=Classification.RESTRICTED_PII)])
    with db.reading(Scope.tenant(CLIENT)) as session:
        assert items_of(session, [item_id])[item_id].classification is Classification.RESTRICTED_PII


def test_an_item_without_any_classification_is_never_written(db_sqlite: Database) -> None:
    with db_sqlite.transaction(Scope.tenant(CLIENT)) as session, pytest.raises(Misuse):
        add_items(session, MANAGER, org_id=CLIENT, vendor_org_id=None, project_id=PROJECT, drafts=[draft("moja")])
    assert count(db_sqlite) == 0


def test_nothing_to_add_is_nothing_added(db_sqlite: Database) -> None:
    assert add(db_sqlite, []) == []


def test_a_thousand_items_take_one_statement_and_as_duplicates_two(db: Database) -> None:
    drafts = [draft(f"ujumbe {number}") for number in range(1_000)]
    sent: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    first = add(db, drafts)
    about_items = [statement for statement in sent if " item " in statement]
    assert [statement.split()[0] for statement in about_items] == ["INSERT"]
    sent.clear()
    assert add(db, [*drafts[:999], draft("mpya")])[:999] == first[:999]
    about_items = [statement for statement in sent if " item " in statement]
    assert [statement.split()[0] for statement in about_items] == ["INSERT", "SELECT"]
    assert count(db) == 1_001


def test_more_than_a_thousand_at_once_are_refused(db_sqlite: Database) -> None:
    with pytest.raises(Misuse):
        add(db_sqlite, [draft("moja")] * 1_001)


def test_items_are_read_by_those_who_may(db: Database, grant: Callable[[], None]) -> None:
    ids = add(db, [draft("moja")])
    with db.reading(Scope.tenant(VENDOR)) as session:
        assert set(items_of(session, ids)) == set(ids)
    grant()
    for org in (VENDOR, STRANGER):
        with db.reading(Scope.tenant(org)) as session:
            assert items_of(session, ids) == {}


def test_a_vendor_adds_items_for_its_client(db: Database, grant: Callable[[], None]) -> None:
    (first,) = add(db, [draft("moja")])
    with db.transaction(Scope.tenant(VENDOR)) as session:
        ids = add_items(
            session,
            MANAGER,
            org_id=CLIENT,
            vendor_org_id=VENDOR,
            project_id=PROJECT,
            drafts=[draft("moja"), draft("mbili")],
            classification=Classification.PUBLIC,
        )
    assert ids[0] == first and count(db) == 2
