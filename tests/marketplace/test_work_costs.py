"""What a take and an answer cost: a fixed number of statements, by indexes, and no more rows as a lane grows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, text

from kernel.db import Database
from marketplace.models import Assignment
from tests.marketplace.desk import Desk, add_people, add_units, open_desk
from tests.marketplace.orders import Market

# Of a person who has been in the lane before. Changing one of these is a decision, not an accident.
TAKE, ANSWER = 14, 9
NO_WORK_MORE = 8
# What may be read from end to end, by whatever index: it does not grow with the work.
SMALL = {"access_grant": "as many rows as projects that are shared with a vendor"}
# A page of an index more or less, a row that another act has moved: for all statements of an act together.
FEW_ROWS, FEW_STEPS = 10, 40


@contextmanager
def counted(db: Database) -> Iterator[list[tuple[str, Any]]]:
    """The statements with their parameters that are sent within the block, without those that open a transaction."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if "set_config" not in statement and not statement.startswith("BEGIN"):
            sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def costs(desk: Desk, person: int = 0) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    with counted(desk.db) as taking:
        task = desk.take(person)
    assert task is not None
    with counted(desk.db) as answering:
        desk.answer(person, task)
    return taking, answering


@pytest.fixture
def desk(market: Market) -> Desk:
    desk = open_desk(market, people=3, unit_count=30, overlap=3)
    costs(desk)
    return desk


def test_a_take_and_an_answer_have_a_fixed_number_of_statements(desk: Desk) -> None:
    taking, answering = costs(desk)
    assert len(taking) == TAKE, "\n".join(statement for statement, _ in taking)
    assert len(answering) == ANSWER, "\n".join(statement for statement, _ in answering)


def test_a_unit_that_is_kept_or_has_come_back_is_taken_by_the_statements_of_any_other(desk: Desk) -> None:
    free, _answering = costs(desk)
    waiting = [unit.id for unit in desk.units()]
    with desk.market.system() as session:
        met = {row.unit_id for row in session.scalars(select(Assignment))}
    assert desk.assign(0, [next(unit_id for unit_id in waiting if unit_id not in met)]) == 1
    kept, _answering = costs(desk)
    given_back = desk.take(1)
    assert given_back is not None
    desk.skip(1, given_back)
    returned, _answering = costs(desk)
    assert [what for what, _ in kept] == [what for what, _ in returned] == [what for what, _ in free]


def test_neither_depends_on_how_many_units_and_people_there_are(desk: Desk) -> None:
    add_units(desk, 1500, prefix="more")
    add_people(desk, 20)
    taking, answering = costs(desk)
    assert (len(taking), len(answering)) == (TAKE, ANSWER)


def test_finding_nothing_costs_a_few_statements_more(desk: Desk) -> None:
    for person in range(3):
        while (task := desk.take(person)) is not None:
            desk.answer(person, task)
    with counted(desk.db) as sent:
        assert desk.take(0) is None
    assert len(sent) <= TAKE + NO_WORK_MORE


def test_no_statement_of_a_take_or_an_answer_walks_through_a_table_of_work(desk: Desk) -> None:
    add_units(desk, 1500, prefix="more")
    if not desk.db.is_sqlite:  # which chooses by what it sees, and sees a table of three rows
        analyze(desk.db)
    taking, answering = costs(desk)
    with desk.db.engine.connect() as connection:
        if not desk.db.is_sqlite:
            connection.execute(text("SET enable_seqscan = off"))  # small tables are walked whatever indexes there are
        for statement, parameters in taking + answering:
            walked = scans(desk.db, connection, statement, parameters)
            assert walked <= SMALL.keys(), statement


def scans(db: Database, connection: Any, statement: str, parameters: Any) -> set[str]:
    """The tables that a statement reads from end to end, by the plan of the database."""
    if statement.startswith("INSERT"):
        return set()
    given = parameters[0] if isinstance(parameters, list) else parameters
    if db.is_sqlite:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
        return {match.group(1) for row in rows if (match := re.match(r"SCAN (?!CONSTANT)(\w+)", row[3]))}
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", given).all()
    return {match.group(1) for row in rows if (match := re.search(r"Seq Scan on (\w+)", row[0]))}


def test_the_pick_looks_at_no_more_of_a_lane_fifty_times_as_long(desk: Desk) -> None:
    analyze(desk.db)
    before = effort_of_picking(desk)
    add_units(desk, 1500, prefix="more")
    analyze(desk.db)
    assert effort_of_picking(desk) <= before * 1.5
    if not desk.db.is_sqlite:  # of some thousand slots the planner takes the same way when it is left to itself
        assert effort_of_picking(desk, is_left_to_itself=True) <= before * 1.5


def test_no_take_answer_or_assignment_looks_at_more_rows_of_a_lane_fifty_times_as_long(desk: Desk) -> None:
    analyze(desk.db)
    before = effort_of_all(desk)
    add_units(desk, 1500, prefix="more")
    analyze(desk.db)
    after = effort_of_all(desk)
    few = FEW_STEPS if desk.db.is_sqlite else FEW_ROWS
    assert all(more <= less + few for less, more in zip(before, after, strict=True)), (before, after)


def analyze(db: Database) -> None:
    """Let the planner know how large the tables are, as the servers do by themselves after a while."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("COMMIT")


def effort_of_picking(desk: Desk, *, is_left_to_itself: bool = False) -> float:
    """What the picks of a take look at: rows of slots on PostgreSQL, steps of the machine on SQLite.

    PostgreSQL walks through small tables whatever indexes there are; it is kept from that unless left to itself.
    """
    with counted(desk.db) as sent:
        task = desk.take(0)
    assert task is not None
    desk.answer(0, task)
    picks = [(statement, given) for statement, given in sent if statement.startswith("UPDATE slot")]
    assert len(picks) == 3, "kept, returned, free"
    if desk.db.is_sqlite:
        return sum(steps_taken(desk.db, statement, given) for statement, given in picks)
    return sum(rows_read(desk.db, statement, given, is_left_to_itself) for statement, given in picks)


def effort_of_all(desk: Desk) -> tuple[float, float, float]:
    """What all statements of a take, an answer and an assignment look at, measured where and when they are sent."""
    with measured(desk.db) as taking:
        task = desk.take(0)
    assert task is not None
    with measured(desk.db) as answering:
        desk.answer(0, task)
    with desk.market.system() as session:
        met = set(session.scalars(select(Assignment.unit_id)))
    fresh = next(unit.id for unit in desk.units() if unit.id not in met)
    with measured(desk.db) as assigning:
        desk.assign(1, [fresh])
    return sum(taking), sum(answering), sum(assigning)


@contextmanager
def measured(db: Database) -> Iterator[list[float]]:
    """Steps of SQLite's machine, or rows that PostgreSQL looks at, of everything that is sent within the block."""
    found: list[float] = []

    def step() -> int:
        found.append(1)
        return 0

    def note(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool) -> None:
        if db.is_sqlite:
            cursor.connection.set_progress_handler(step, 10)
        elif "set_config" not in statement:
            given = parameters[0] if is_many else parameters
            with cursor.connection.transaction(force_rollback=True), cursor.connection.cursor() as other:
                other.execute("SET LOCAL enable_seqscan = off")
                plan = other.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given).fetchone()[0]
                found.extend(looked_at(plan[0]["Plan"]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
        if db.is_sqlite:
            with db.engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                raw.set_progress_handler(None, 0)


def steps_taken(db: Database, statement: str, parameters: Any) -> float:
    """How far SQLite's machine goes for a statement, in a transaction that is undone; counted in tens."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    with db.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.set_progress_handler(count, 10)
        connection.exec_driver_sql(statement, parameters).all()
        raw.set_progress_handler(None, 0)
        connection.rollback()
    return steps[0]


def rows_read(db: Database, statement: str, parameters: Any, is_left_to_itself: bool) -> float:
    """How many rows of slots PostgreSQL looks at for a statement, in a transaction that is undone."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL enable_seqscan = {'on' if is_left_to_itself else 'off'}")
        plan: Any = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar()
        connection.rollback()
    return sum(looked_at(plan[0]["Plan"], "slot"), start=0.0)


def looked_at(node: dict[str, Any], table: str | None = None) -> Iterator[float]:
    """The rows that a plan has read of one table, or of any."""
    if "Scan" in node["Node Type"] and node.get("Relation Name") and table in (None, node["Relation Name"]):
        yield (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    for child in node.get("Plans", ()):
        yield from looked_at(child, table)
