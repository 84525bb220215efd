"""Invariants: a lane at work breaks none of them, and each is shown what would break it."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from admin import invariants
from admin.invariants import references
from kernel import clock, jobs
from kernel.db import Database
from kernel.hot import table_of
from kernel.tenancy import Scope
from marketplace.models import Lane, Project
from payouts.models import Rate
from tests.admin.conftest import desk_on
from tests.marketplace.desk import Desk


def breaches(desk: Desk, *numbers: str) -> dict[str, int]:
    """The invariants that are broken, of all or of these, and how often."""
    with clock.use_clock(lambda: desk.market.now), desk.db.reading(Scope.system("test")) as session:
        return {
            result.id: result.breaches for result in invariants.check(session, numbers=numbers or None) if not result.ok
        }


def busy(desk: Desk) -> None:
    """Two units are answered by three people, one is skipped, one is held, one lease has run out."""
    for person in range(3):
        for _ in range(2):
            task = desk.take(person)
            assert task is not None
            desk.answer(person, task)
    task = desk.take(0)
    assert task is not None
    desk.skip(0, task)
    assert desk.take(1) is not None
    desk.market.later(minutes=31)
    desk.expire()
    assert desk.take(2) is not None
    desk.market.later(hours=80)
    with clock.use_clock(lambda: desk.market.now):
        jobs.start_periodic(desk.db)
        jobs.drain(desk.db)
    assert desk.take(0) is not None


def test_the_numbers_are_those_of_the_list() -> None:
    assert [invariant.id for invariant in invariants.INVARIANTS] == [f"I{number}" for number in range(1, 17)]


def test_an_empty_installation_breaks_nothing(db: Database) -> None:
    with db.reading(Scope.system("test")) as session:
        results = invariants.check(session)
    assert [result.id for result in results if not result.ok] == []
    assert len(results) == 16


def test_a_lane_at_work_breaks_nothing(desk: Desk) -> None:
    busy(desk)
    assert breaches(desk) == {}


# What somebody who owns the database could write past every wall, and which rule notices it. `first` and `last` are
# judgments of the lane; the rules that follow from the broken one may be broken as well.
BREAKS = [
    ("I1", "UPDATE earning SET annotator_id = 'somebody' WHERE cause_id = :first"),
    ("I1", "UPDATE judgment SET account_id = 'somebody' WHERE id = :first"),
    ("I2", "DELETE FROM judgment WHERE id = :first"),
    ("I2", "DELETE FROM earning WHERE cause_id = :first"),
    ("I3", "UPDATE transfer SET micros = micros + 1 WHERE cause_id = :first"),
    ("I3", "UPDATE ledger_account SET balance_micros = balance_micros - 1 WHERE kind = 'payable'"),
    ("I4", "UPDATE transfer SET code = 'reversed' WHERE cause_id = :first"),
    ("I5", "UPDATE unit SET overlap = answered - 1 WHERE answered > 0"),
    ("I5", "UPDATE unit SET answered = 0 WHERE answered > 0"),
    ("I5", "UPDATE slot SET assignment_id = 'other' WHERE state = 'leased'"),
    ("I6", "UPDATE judgment SET unit_id = (SELECT unit_id FROM judgment WHERE id = :last), account_id ="
           " (SELECT account_id FROM judgment WHERE id = :last) WHERE id = :first"),
    ("I7", "UPDATE assignment SET judgment_id = 'lost' WHERE judgment_id = :first"),
    ("I7", "UPDATE judgment SET unit_id = 'other' WHERE id = :first"),
    ("I8", "UPDATE slot SET assignment_id = NULL WHERE state = 'leased'"),
    ("I8", "UPDATE slot SET state = 'leased' WHERE state = 'free'"),
    ("I9", "UPDATE assignment SET state = 'leased', lease_until = '2099-01-01' WHERE state IN ('expired', 'skipped')"),
    ("I10", "UPDATE outbox SET dead_at = done_at WHERE done_at IS NOT NULL"),
    ("I12", "UPDATE ledger_account SET balance_micros = -1 WHERE kind = 'payable'"),
    ("I13", "DELETE FROM audit_event WHERE action = 'rate.set'"),
    ("I13", "DELETE FROM audit_event WHERE action = 'request.sent'"),
    ("I13", "DELETE FROM audit_event WHERE action = 'quote.accepted'"),
    ("I13", "UPDATE access_grant SET revoked_at = '2026-03-02'"),
    ("I13", "INSERT INTO invoice (id, org_id, vendor_org_id, project_id, number, cause_kind, cause_id, currency, lines,"
            " total_micros, memo, issued_at, due_at) SELECT 'untold', org_id, vendor_org_id, project_id, 1, 'release',"
            " 'untold', 'EUR', '[]', 1, '{}', '2026-03-02', '2026-03-30' FROM lane"),
    ("I14", "UPDATE audit_event SET actor_ref = 'innocent' WHERE action = 'rate.set'"),
    ("I15", "UPDATE unit SET project_id = 'other'"),
    ("I15", "UPDATE item SET vendor_org_id = 'rival'"),
    ("I15", "UPDATE assignment SET annotator_id = 'stranger'"),
    ("I16", "UPDATE assignment SET leased_at = '2099-01-01' WHERE judgment_id = :first"),
    ("I16", "DELETE FROM audit_event WHERE action = 'unit.taken'"),
]  # fmt: skip


def test_each_rule_notices_what_breaks_it(db_sqlite: Database, tmp_path: Path) -> None:
    with desk_on(db_sqlite, tmp_path) as desk:
        busy(desk)
        judgments = sorted(judgment.id for judgment in desk.judgments())
        for number, statement in BREAKS:
            with broken(desk, statement.replace(":first", f"'{judgments[0]}'").replace(":last", f"'{judgments[-1]}'")):
                assert number in breaches(desk, number), statement
        assert breaches(desk) == {}


class broken:
    """A statement that nothing refuses, taken back at the end: the file of the database is put in its place again."""

    def __init__(self, desk: Desk, statement: str) -> None:
        self.desk, self.statement = desk, statement
        self.file = Path(str(desk.db.url.database))

    def __enter__(self) -> None:
        with self.desk.db.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.kept = self.file.read_bytes()
            for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                raw.execute(f"DROP TRIGGER {name}")
            for switch in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
                raw.execute(f"PRAGMA {switch}")
            assert raw.execute(self.statement).rowcount > 0, self.statement
            raw.execute("PRAGMA ignore_check_constraints = OFF")

    def __exit__(self, *fault: object) -> None:
        self.desk.db.engine.dispose()
        for left in self.file.parent.glob(f"{self.file.name}-*"):
            left.unlink()
        self.file.write_bytes(self.kept)


def test_a_row_that_refers_to_another_tenants_row_is_found_where_it_stands(desk: Desk) -> None:
    market, elsewhere = desk.market, {"org_id": desk.market.other_client, "vendor_org_id": desk.market.other_vendor}
    with market.system() as session:
        for table, changed in (
            (table_of(Project), {"id": "strange-project", "project_id": "strange-project"}),
            (table_of(Lane), {"id": "strange-lane", "project_id": "strange-project"}),
        ):
            row = dict(session.execute(select(table)).mappings().one()) | elsewhere | changed
            session.execute(insert(table).values({name: row[name] for name in row if name in table.columns}))
        lane_alone = {"lane.guideline_id": 1, "lane.ontology_id": 1}  # the copy goes on naming the first one's schema
        assert standing(session) == lane_alone
        session.execute(update(Rate).values(lane_id="strange-lane"))
        assert standing(session) == lane_alone | {"rate.lane_id": 1}
        (found,) = [result for result in invariants.check(session) if result.id == "I15"]
        assert "rate.lane_id: 1" in found.where


def standing(session: Session) -> dict[str, int]:
    return {name: rows for name, rows in references.strange_references(session).items() if rows}


def test_references_are_read_from_the_tables_and_a_large_one_is_asked_part_by_part(desk: Desk) -> None:
    named = {each.name: each for each in references.references()}
    for name, target in (
        ("rate.lane_id", "lane"), ("lane.ontology_id", "ontology"), ("slot.lane_id", "lane"),
        ("assignment.item_id", "item"),
        ("assignment.annotator_id", "annotator"), ("unit.project_id", "project"),
        ("appeal.receipt_id", "decision_receipt"),
    ):  # fmt: skip
        assert named[name].target.name == target
    days = {references.letter_of(desk.market.now + timedelta(days=day)) for day in range(62)}
    assert days == set(references.LETTERS)
    with desk.market.system() as session:
        whole = session.scalar(references.strange(named["unit.lane_id"]))
        parts = [session.scalar(references.strange(named["unit.lane_id"], letter)) for letter in references.LETTERS]
    assert whole == sum(part or 0 for part in parts) == 0


def test_an_event_that_waits_too_long_is_a_breach(desk: Desk) -> None:
    desk.take(0)
    desk.market.later(seconds=61)
    assert breaches(desk) == {"I14": 1}
    desk.market.now -= timedelta(seconds=30)
    assert breaches(desk) == {}


def test_the_log_can_be_left_out(db: Database) -> None:
    with db.reading(Scope.system("test")) as session:
        assert "I14" not in {result.id for result in invariants.check(session, with_log=False)}
