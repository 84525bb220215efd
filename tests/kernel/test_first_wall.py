"""The first wall: every statement of a session is narrowed to its scope, whichever way it is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, exists, func, insert, literal, select, union_all, update
from sqlalchemy.orm import Session, aliased

from kernel.db import Base, Database, insert_ignoring, now_of
from kernel.errors import Misuse
from kernel.models import AccessGrant
from kernel.tenancy import Scope
from kernel.walls import kind_of
from labeling.models import Item, sealed_content
from tests.kernel.conftest import Time
from workforce.models import Organization, Pool

A, B, VENDOR = "client-a", "client-b", "vendor"
CHECK = Scope.system("test")


def item(name: str, org_id: str, project_id: str) -> dict[str, Any]:
    return {
        "id": name, "org_id": org_id, "vendor_org_id": VENDOR, "project_id": project_id, "locale": "sw-KE",
        "classification": "internal", "content_sealed": sealed_content(name, org_id, {"text": name}),
        "fingerprint": name,
    }  # fmt: skip


@pytest.fixture
def world(db: Database, time: Time) -> Database:
    """Two clients with an item each, shared with one vendor, which has a pool and a live grant on A's project."""
    with db.transaction(CHECK) as session:
        now = now_of(session)
        for name, kind in ((A, "client"), (B, "client"), (VENDOR, "vendor")):
            session.add(Organization(id=name, kind=kind, name=name, name_key=name, created_at=now))
        session.flush()
        for org_id in (A, B, VENDOR):
            session.add(Pool(id=f"pool-{org_id}", org_id=org_id, name="All", about={}, created_at=now))
        for org_id in (A, B):
            session.add(Item(**item(f"item-{org_id}", org_id, f"project-{org_id}")))
        grant(session, A, until=now + timedelta(days=1))
    return db


def grant(session: Session, org_id: str, **times: Any) -> None:
    now = now_of(session)
    session.add(
        AccessGrant(
            id=f"grant-{org_id}", subject_kind="project", subject_id=f"project-{org_id}", org_id=org_id,
            grantee_org_id=VENDOR, rights=[], from_at=times.pop("from_at", now),
            until_at=times.pop("until", now), **times,
        )
    )  # fmt: skip
    session.flush()


@contextmanager
def tenant(db: Database, org_id: str) -> Iterator[Session]:
    with db.transaction(Scope.tenant(org_id)) as session:
        yield session


def pools(session: Session) -> list[str]:
    return sorted(session.scalars(select(Pool.id)))


def items(session: Session) -> list[str]:
    return sorted(session.scalars(select(Item.id)))


def test_a_query_without_a_scope_is_refused(world: Database) -> None:
    with Session(world.engine) as session, pytest.raises(Misuse, match="without a tenant"):
        session.scalars(select(Pool.id)).all()


def test_even_a_statement_about_nothing_needs_a_scope(world: Database) -> None:
    with Session(world.engine) as session, pytest.raises(Misuse):
        session.scalar(select(literal(1)))


def test_a_row_cannot_be_written_without_a_scope(world: Database) -> None:
    with Session(world.engine) as session:
        session.add(Pool(id="x", org_id=A, name="x", about={}, created_at=None))
        with pytest.raises(Misuse):
            session.flush()


READS: list[Callable[[Session], set[str]]] = [
    lambda session: set(session.scalars(select(Pool.id))),
    lambda session: {row.id for row in session.scalars(select(Pool))},
    lambda session: set(session.scalars(select(aliased(Pool).id))),
    lambda session: {name for name in (f"pool-{org}" for org in (A, B)) if session.get(Pool, name)},
    lambda session: set(session.scalars(select(Organization.id).join(Pool, Pool.org_id == Organization.id))),
    lambda session: set(session.scalars(select(Organization.id).where(exists().where(Pool.org_id == Organization.id)))),
    lambda session: set(session.scalars(select(select(Pool.id).subquery().c.id))),
    lambda session: set(session.scalars(select(select(Pool.id).cte("mine").c.id))),
    lambda session: set(session.scalars(select(Organization.id).where(Organization.id.in_(select(Pool.org_id))))),
    lambda session: set(session.scalars(union_all(select(Pool.id), select(Pool.id)))),
    lambda session: {str(session.scalar(select(func.count(Pool.id))))},
]


def test_however_it_is_written_a_query_reads_one_tenant(world: Database) -> None:
    for number, read in enumerate(READS):
        with tenant(world, A) as session:
            assert read(session) in ({"pool-client-a"}, {A}, {"1"}), f"way {number} of reading"


def test_each_transaction_has_its_own_tenant(world: Database) -> None:
    found = []
    for org_id in (A, B, VENDOR, A):
        with tenant(world, org_id) as session:
            found.append(pools(session))
    assert found == [["pool-client-a"], ["pool-client-b"], ["pool-vendor"], ["pool-client-a"]]


def test_the_system_reads_everybody(world: Database) -> None:
    with world.reading(CHECK) as session:
        assert len(pools(session)) == 3


def test_a_vendor_sees_what_is_shared_while_the_grant_lives(world: Database, time: Time) -> None:
    with tenant(world, VENDOR) as session:
        assert items(session) == ["item-client-a"]
    time.passes(days=1)
    with tenant(world, VENDOR) as session:
        assert items(session) == []
    with tenant(world, A) as session:
        assert items(session) == ["item-client-a"]


@pytest.mark.parametrize(
    ("times", "sees"),
    [
        ({"until": timedelta(hours=1)}, True),
        ({"until": timedelta(0)}, False),
        ({"until": timedelta(hours=1), "from_at": timedelta(seconds=1)}, False),
        ({"until": timedelta(hours=1), "revoked_at": timedelta(0)}, False),
    ],
)
def test_a_grant_counts_only_within_its_time(
    world: Database, time: Time, times: dict[str, timedelta], sees: bool
) -> None:
    with world.transaction(CHECK) as session:
        grant(session, B, **{name: time.now + length for name, length in times.items()})
    with tenant(world, VENDOR) as session:
        assert ("item-client-b" in items(session)) == sees


def test_a_grant_to_another_vendor_opens_nothing(world: Database) -> None:
    with tenant(world, "other-vendor") as session:
        assert items(session) == []


def test_another_tenants_rows_are_neither_changed_nor_removed(world: Database) -> None:
    with tenant(world, A) as session:
        session.execute(update(Pool).where(Pool.id == "pool-client-b").values(name="taken"))
        session.execute(delete(Pool).where(Pool.id == "pool-client-b"))
        session.execute(update(Item).values(locale="en"))
    with world.reading(CHECK) as session:
        assert session.scalar(select(Pool.name).where(Pool.id == "pool-client-b")) == "All"
        assert dict(session.execute(select(Item.id, Item.locale)).all()) == {
            "item-client-a": "en", "item-client-b": "sw-KE",
        }  # fmt: skip


def new_pool(**values: Any) -> dict[str, Any]:
    return {"id": "new", "name": "New", "about": {}, "is_open": True, "created_at": Time().now, **values}


WRITES: list[Callable[[Session], Any]] = [
    lambda session: session.add(Pool(**new_pool(org_id=B))),
    lambda session: session.execute(insert(Pool), [new_pool(org_id=B)]),
    lambda session: session.execute(insert(Pool), new_pool(org_id=B)),
    lambda session: session.execute(insert(Pool).values(**new_pool(org_id=B))),
    lambda session: session.execute(insert(Pool).values([new_pool(org_id=A), new_pool(id="two", org_id=B)])),
    lambda session: session.execute(insert(Pool).values({Pool.org_id: B}), [new_pool()]),
    lambda session: session.execute(insert(Pool).from_select(["id", "org_id"], select(Organization.id, literal(B)))),
    lambda session: insert_ignoring(session, Pool, [new_pool(org_id=B)], ["org_id", "name"]),
    lambda session: session.execute(insert(Item), [item("new", B, "project-client-b") | {"vendor_org_id": None}]),
    lambda session: session.execute(update(Pool).values(org_id=B)),
    lambda session: session.execute(update(Pool), [{"id": "pool-client-b", "name": "taken"}]),
]


def test_however_it_is_written_a_row_for_another_tenant_is_refused(world: Database) -> None:
    for number, write in enumerate(WRITES):
        with pytest.raises(Misuse, match=r"row"), tenant(world, A) as session:
            write(session)
            session.flush()
        with world.reading(CHECK) as session:
            assert {tuple(row) for row in session.execute(select(Pool.id, Pool.org_id, Pool.name))} == {
                ("pool-client-a", A, "All"), ("pool-client-b", B, "All"), ("pool-vendor", VENDOR, "All"),
            }, f"way {number} of writing"  # fmt: skip


OWN: list[Callable[[Session], Any]] = [
    lambda session: session.execute(insert(Pool).values(**new_pool(org_id=A))),
    lambda session: session.execute(insert(Pool), [new_pool(org_id=A)]),
    lambda session: session.add(Pool(**new_pool(org_id=A))),
]


def test_a_row_of_ones_own_is_written_in_any_way(world: Database) -> None:
    for write in OWN:
        with tenant(world, A) as session:
            write(session)
            session.flush()
            assert pools(session) == ["new", "pool-client-a"]
            session.rollback()


def test_a_reading_transaction_writes_nothing(world: Database) -> None:
    with world.reading(CHECK) as session:
        with pytest.raises(Misuse):
            session.execute(update(Pool).values(name="x"))
        session.add(Pool(**new_pool(org_id=A)))
        with pytest.raises(Misuse):
            session.flush()


def test_a_statement_about_gold_is_refused_to_whom_it_is_a_secret(world: Database) -> None:
    from calibration.models import GoldKey

    with world.reading(Scope.tenant(A)) as session, pytest.raises(Misuse):
        session.scalars(select(GoldKey.id)).all()
    with world.reading(Scope.with_gold(A)) as session:
        assert session.scalars(select(GoldKey.id)).all() == []


def test_every_table_is_owned_shared_or_on_the_list() -> None:
    kinds = {table.name: kind_of(table) for table in Base.metadata.sorted_tables}
    assert set(kinds.values()) == {"owned", "shared", "global"}
    assert kinds["gold_key"] == "owned" and kinds["judgment"] == "shared" and kinds["account"] == "global"


def test_a_table_that_is_nothing_is_refused() -> None:
    from sqlalchemy import Column, MetaData, String, Table

    with pytest.raises(Misuse, match="neither owned nor shared"):
        kind_of(Table("stray", MetaData(), Column("id", String, primary_key=True)))


def test_a_block_that_raises_leaves_nothing(world: Database) -> None:
    with pytest.raises(RuntimeError), tenant(world, A) as session:
        session.add(Pool(**new_pool(org_id=A)))
        session.flush()
        raise RuntimeError
    with tenant(world, A) as session:
        assert pools(session) == ["pool-client-a"]


def test_a_time_without_a_zone_is_refused(world: Database) -> None:
    with pytest.raises(Exception, match="a time without a zone"), tenant(world, A) as session:
        session.execute(update(Pool).values(created_at=Time().now.replace(tzinfo=None)))


def test_times_come_back_in_utc_with_their_microseconds(world: Database) -> None:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    told = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=ZoneInfo("Africa/Nairobi"))
    with tenant(world, A) as session:
        session.execute(update(Pool).values(created_at=told))
    with tenant(world, A) as session:
        found = session.scalars(select(Pool.created_at)).one()
    assert found.isoformat() == "2026-03-04T09:00:00.123456+00:00"
