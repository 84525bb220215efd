"""Hot statements and rows written later: as walled as everything else, and written in time."""

import pytest
from sqlalchemy import Select, bindparam, event, exists, func, select, update
from sqlalchemy.orm import Session

from kernel.db import Database, change_later, insert_later, now_of
from kernel.errors import Misuse
from kernel.hot import Hot, table_of
from kernel.models import AccessGrant, AuditEvent
from kernel.tenancy import Scope
from kernel.walls import constant
from labeling.models import Item
from tests.kernel.conftest import Time
from tests.kernel.test_first_wall import CHECK, VENDOR, A, B, grant, item, tenant, world
from workforce.models import Organization, Pool

__all__ = ["world"]

POOL, ITEM, ORG = table_of(Pool), table_of(Item), table_of(Organization)
POOLS = Hot(select(POOL.c.id))
READ = frozenset({POOL})
NAMES, PLACES = constant(select(Pool.name)), constant(select(Item.id))
ITEMS = Hot(select(ITEM.c.id).where(ITEM.c.locale == bindparam("p_locale")))
RENAME = Hot(update(POOL).where(POOL.c.id == bindparam("p_id")).values(name=bindparam("p_name")))


def items(session: Session) -> set[str]:
    return set(ITEMS.run(session, p_locale="sw-KE").scalars())


def test_a_tenant_reads_its_own_rows_and_the_system_everybodys(world: Database) -> None:
    for org_id in (A, B, VENDOR):
        with tenant(world, org_id) as session:
            assert POOLS.run(session).scalars().all() == [f"pool-{org_id}"]
    with world.transaction(CHECK) as session:
        assert len(POOLS.run(session).scalars().all()) == 3


def test_a_vendor_reads_shared_rows_while_its_grant_lives(world: Database, time: Time) -> None:
    with tenant(world, VENDOR) as session:
        assert items(session) == {f"item-{A}"}
    time.passes(days=2)
    with tenant(world, VENDOR) as session:
        assert items(session) == set()
    with tenant(world, A) as session:
        assert items(session) == {f"item-{A}"}


def test_a_grant_that_is_taken_back_holds_from_the_next_transaction_on(world: Database) -> None:
    with world.transaction(CHECK) as session:
        session.get_one(AccessGrant, f"grant-{A}").revoked_at = now_of(session)
    with tenant(world, VENDOR) as session:
        assert items(session) == set()


INNER: list[Select[str]] = [
    select(ORG.c.id).where(exists().where(POOL.c.org_id == ORG.c.id)),
    select(ORG.c.id).where(ORG.c.id.in_(select(POOL.c.org_id))),
    select(ORG.c.id).where(ORG.c.id == select(POOL.c.org_id).where(POOL.c.name == "All").limit(1).scalar_subquery()),
    select(ORG.c.id).where(exists().where(POOL.c.org_id == ORG.c.id, exists().where(POOL.c.name == "All"))),
]


@pytest.mark.parametrize("number", range(len(INNER)))
def test_inner_selects_are_narrowed_too(world: Database, number: int) -> None:
    with tenant(world, A) as session:
        assert set(Hot(INNER[number]).run(session).scalars()) == {A}


def test_a_correlated_table_stays_correlated(world: Database) -> None:
    with_pools = Hot(
        select(ITEM.c.id).where(exists().where(POOL.c.org_id == ITEM.c.org_id, ITEM.c.locale.is_not(None)))
    )
    with world.transaction(CHECK) as session:
        grant(session, B, until=now_of(session))
    with tenant(world, A) as session:
        assert with_pools.run(session).scalars().all() == [f"item-{A}"]


def test_an_update_reaches_no_other_tenant(world: Database) -> None:
    with tenant(world, A) as session:
        assert RENAME.run(session, p_id=f"pool-{B}", p_name="Taken").rowcount == 0
        assert RENAME.run(session, p_id=f"pool-{A}", p_name="Mine").rowcount == 1
    with world.reading(CHECK) as session:
        assert sorted(session.scalars(select(Pool.name))) == ["All", "All", "Mine"]


def test_an_outer_join_cannot_be_hot(world: Database) -> None:
    statement = Hot(select(ORG.c.id).select_from(ORG.outerjoin(POOL, POOL.c.org_id == ORG.c.id)))
    with tenant(world, A) as session, pytest.raises(Misuse, match="outer join"):
        statement.run(session)


def test_what_only_reads_cannot_write(world: Database) -> None:
    with world.reading(Scope.tenant(A)) as session:
        with pytest.raises(Misuse):
            RENAME.run(session, p_id=f"pool-{A}", p_name="x")
        with pytest.raises(Misuse):
            insert_later(session, Pool, {"id": "new", "org_id": A})


def pool(name: str, org_id: str, session: Session) -> dict[str, object]:
    return {"id": name, "org_id": org_id, "name": name, "about": {}, "created_at": now_of(session)}


def test_a_later_row_is_there_for_every_way_of_reading_and_at_the_end(world: Database) -> None:
    with tenant(world, A) as session:
        insert_later(session, Pool, pool("hot", A, session))
        assert sorted(POOLS.run(session).scalars()) == ["hot", f"pool-{A}"]
        insert_later(session, Pool, pool("orm", A, session))
        assert session.scalar(select(func.count(Pool.id))) == 3
        insert_later(session, Pool, pool("got", A, session))
        assert session.get(Pool, "got") is not None
        insert_later(session, Pool, pool("end", A, session))
    with tenant(world, A) as session:
        assert sorted(session.scalars(select(Pool.id))) == ["end", "got", "hot", "orm", f"pool-{A}"]


def test_later_rows_of_one_table_are_one_statement(world: Database) -> None:
    sent: list[str] = []
    event.listen(
        world.engine, "before_cursor_execute", lambda _c, _cur, statement, *_more: sent.append(statement)
    )  # fmt: skip
    with tenant(world, A) as session:
        for number in range(20):
            insert_later(session, Pool, pool(f"p{number}", A, session))
    assert sum(statement.startswith("INSERT INTO pool") for statement in sent) == 1


def test_a_later_row_of_another_organization_is_refused_at_once(world: Database) -> None:
    with tenant(world, A) as session:
        with pytest.raises(Misuse):
            insert_later(session, Pool, pool("x", B, session))
        with pytest.raises(Misuse):
            insert_later(session, Item, item("x", B, f"project-{B}") | {"vendor_org_id": None})
    with tenant(world, VENDOR) as session:
        insert_later(session, Item, item("new", A, f"project-{A}"))
    with tenant(world, A) as session:
        assert items(session) == {f"item-{A}", "new"}


def test_a_later_row_is_written_after_what_it_refers_to(world: Database) -> None:
    with tenant(world, A) as session:
        session.add(Pool(id="first", org_id=A, name="first", about={}, created_at=now_of(session)))
        insert_later(session, AuditEvent, event_of(session))
    with world.reading(CHECK) as session:
        assert session.get(Pool, "first") is not None and session.get(AuditEvent, "e1") is not None


def event_of(session: Session) -> dict[str, object]:
    return {
        "id": "e1", "chain": A, "at": now_of(session), "org_id": A, "action": "x", "object_type": "x",
        "outcome": "done", "reasons": [], "details": {},
    }  # fmt: skip


def test_an_exception_takes_later_rows_and_changes_with_it(world: Database) -> None:
    with pytest.raises(ZeroDivisionError), tenant(world, A) as session:
        insert_later(session, Pool, pool("x", A, session))
        change_later(session, "name", lambda: RENAME.run(session, p_id=f"pool-{A}", p_name="x"), READ)
        raise ZeroDivisionError
    with tenant(world, A) as session:
        assert list(session.scalars(select(Pool.name))) == ["All"]


def test_of_several_changes_under_one_key_the_last_one_is_made_once(world: Database) -> None:
    made: list[str] = []
    with tenant(world, A) as session:
        change_later(session, "place", lambda: made.append("first"), READ)
        change_later(session, "place", lambda: made.append("second"), READ)
        change_later(session, "other", lambda: made.append("other"), READ)
        assert made == []
        session.scalar(select(func.count(Pool.id)))
        assert made == ["second", "other"]
    assert made == ["second", "other"]


def test_a_constant_statement_is_preceded_by_what_its_own_tables_await_and_by_nothing_else(world: Database) -> None:
    made: list[str] = []
    with tenant(world, A) as session:
        row = insert_later(session, Pool, pool("new", A, session))
        change_later(session, "name", lambda: made.append("renamed"), READ)
        session.scalars(PLACES).all()
        assert (row.is_sent, len(made)) == (False, 0)
        assert set(session.scalars(NAMES)) == {"All", "new"}
        assert (row.is_sent, len(made)) == (True, 1)
    assert made == ["renamed"]
