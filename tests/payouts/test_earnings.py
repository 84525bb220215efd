"""Earnings: what is owed when, for what, and how a rejection and an appeal move it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from kernel import ids
from kernel.db import Database
from kernel.errors import Conflict, Invalid, NotFound
from kernel.jobs import enqueue, progress, run_event
from kernel.models import AuditEvent
from kernel.policy import system_actor
from kernel.tenancy import Scope
from payouts import ledger
from payouts.jobs import approve_due
from payouts.models import Transfer
from payouts.operations import earnings
from payouts.queries.balances import balance_of
from payouts.queries.earnings import earning_of, earnings_of
from payouts.values import Code, EarningState
from tests.payouts.books import Books


def _owed(books: Books, annotator_id: str) -> dict[str, int]:
    with books.tenant() as session:
        return {balance.currency: balance.owed_micros for balance in balance_of(session, annotator_id)}


def _sound(books: Books) -> bool:
    with books.system() as session:
        return ledger.verify(session) == []


def test_an_answer_that_waits_is_owed_nothing_and_posts_nothing(books: Books) -> None:
    worker = books.worker()
    with books.tenant() as session:
        books.accrue(session, worker, 7_500)
    with books.tenant() as session:
        (balance,) = balance_of(session, worker.annotator_id)
        assert (balance.owed_micros, balance.pending_micros, balance.pending_units) == (0, 7_500, 1)
        assert session.scalar(select(func.count()).select_from(Transfer)) == 0


def test_seven_units_at_three_quarters_of_a_cent_are_owed_to_the_micro_unit(books: Books) -> None:
    worker = books.worker()
    books.earn(worker, 7_500, units=7)
    with books.tenant() as session:
        (balance,) = balance_of(session, worker.annotator_id)
    # 7 × $0.0075 = $0.0525; a payment carries $0.05, and $0.0025 stays.
    assert (balance.owed_micros, balance.payable_micros, balance.rest_micros) == (52_500, 50_000, 2_500)
    assert [(part.units, part.rate_micros, part.micros) for part in balance.parts] == [(7, 7_500, 52_500)]
    assert balance.parts[0].memo == {"project": "Support intents", "locale": "sw-KE"}
    assert _sound(books)


@pytest.mark.parametrize(
    ("currency", "rate", "units", "owed", "payable", "rest"),
    [
        ("JPY", 1_250_000, 3, 3_750_000, 3_000_000, 750_000),  # ¥1.25 × 3 = ¥3.75: ¥3 and ¥0.75
        ("KWD", 2_500, 5, 12_500, 12_000, 500),  # KD 0.0025 × 5 = KD 0.0125: KD 0.012 and KD 0.0005
        ("KES", 6_500_000, 2, 13_000_000, 13_000_000, 0),  # KSh 6.50 × 2 = KSh 13.00
    ],
)
def test_each_currency_pays_in_its_own_minor_units(
    books: Books, currency: str, rate: int, units: int, owed: int, payable: int, rest: int
) -> None:
    worker = books.worker()
    books.earn(worker, rate, units, currency)
    with books.tenant() as session:
        (balance,) = balance_of(session, worker.annotator_id)
    assert (balance.owed_micros, balance.payable_micros, balance.rest_micros) == (owed, payable, rest)


def test_two_currencies_are_two_balances(books: Books) -> None:
    worker = books.worker()
    books.earn(worker, 10_000, 2, "USD")
    books.earn(worker, 3_000_000, 1, "JPY")
    assert _owed(books, worker.annotator_id) == {"JPY": 3_000_000, "USD": 20_000}
    assert _sound(books)


def test_a_judgment_earns_once_however_often_it_is_submitted_and_accepted(books: Books) -> None:
    worker, judgment = books.worker(), ids.new_id()
    with books.tenant() as session:
        first = books.accrue(session, worker, 7_500, judgment_id=judgment)
        again = books.accrue(session, worker, 9_999, judgment_id=judgment)
        assert again == first
        assert earnings.approve(session, books.machine, [judgment, judgment]).count == 1
    with books.tenant() as session:
        done = earnings.approve(session, books.machine, [judgment])
        assert (done.count, done.totals) == (0, {})
    assert _owed(books, worker.annotator_id) == {"USD": 7_500}
    assert _sound(books)


def test_an_unknown_judgment_is_not_taken_for_a_repetition(books: Books) -> None:
    with pytest.raises(NotFound), books.tenant() as session:
        earnings.approve(session, books.machine, [ids.new_id()])


def test_another_vendor_cannot_reach_an_earning(books: Books) -> None:
    (judgment,) = books.earn(books.worker(), 7_500)
    other = Books(books.db)
    with pytest.raises(NotFound), other.tenant() as session:
        earnings.approve(session, other.machine, [judgment])


def test_silence_approves_when_the_hold_ends_and_not_before(books: Books) -> None:
    worker = books.worker()
    with books.tenant() as session:
        for _ in range(3):
            books.accrue(session, worker, 10_000)
    books.pass_time(hours=71, minutes=59)
    with books.system() as session:
        assert earnings.approve_due(session, system_actor("hold")) == 0
    books.pass_time(minutes=1)
    with books.system() as session:
        assert earnings.approve_due(session, system_actor("hold"), limit=2) == 2
    with books.system() as session:
        assert earnings.approve_due(session, system_actor("hold"), limit=2) == 1
        assert earnings.approve_due(session, system_actor("hold")) == 0
    assert _owed(books, worker.annotator_id) == {"USD": 30_000}
    assert _sound(books)


def test_the_schedule_approves_what_waited_long_enough(books: Books) -> None:
    worker = books.worker()
    with books.tenant() as session:
        for _ in range(3):
            books.accrue(session, worker, 10_000)
    books.pass_time(hours=73)
    with books.at():
        assert run_due(books.db) == 3
    assert _owed(books, worker.annotator_id) == {"USD": 30_000}


def run_due(database: Database) -> int:
    """Ask for the job and carry it; how many earnings it approved."""
    with database.transaction(Scope.system("test")) as session:
        event_id = enqueue(session, approve_due)
    assert event_id is not None
    assert run_event(database, event_id) == "done"
    with database.reading(Scope.system("test")) as session:
        found = progress(session, event_id)
    assert found is not None
    return int(found.result["approved"])


def test_the_hold_of_every_vendor_ends_in_the_system_and_of_one_in_its_tenant(books: Books) -> None:
    other = Books(books.db)
    mine, theirs = books.worker(), other.worker()
    with books.tenant() as session:
        books.accrue(session, mine, 10_000)
    with other.tenant() as session:
        other.accrue(session, theirs, 20_000)
    books.pass_time(days=4)
    with books.tenant() as session:
        assert earnings.approve_due(session, books.machine) == 1
    assert _owed(other, theirs.annotator_id) == {"USD": 0}
    with books.system() as session:
        assert earnings.approve_due(session, system_actor("hold")) == 1
    assert _owed(other, theirs.annotator_id) == {"USD": 20_000}


def test_what_waited_is_rejected_with_a_receipt_and_an_appeal_brings_it_back(books: Books) -> None:
    worker = books.worker()
    with books.tenant() as session:
        judgment = books.accrue(session, worker, 10_000).judgment_id
        receipt = books.receipt(session, worker, judgment)
        rejected = earnings.reject(session, books.machine, judgment, receipt_id=receipt)
        assert (rejected.state, rejected.receipt_id) == (EarningState.REJECTED, receipt)
        assert earnings.reject(session, books.machine, judgment, receipt_id=receipt) == rejected
        assert earnings.approve(session, books.machine, [judgment]).count == 0
    assert _sound(books)
    with books.tenant() as session:
        restored = earnings.restore(session, books.machine, judgment)
        assert earnings.restore(session, books.machine, judgment) == restored
        assert restored.state is EarningState.APPROVED
        with pytest.raises(Conflict):
            earnings.reject(session, books.machine, judgment, receipt_id=receipt)
    assert _owed(books, worker.annotator_id) == {"USD": 10_000}
    assert _sound(books)


def test_what_was_owed_is_reversed_with_a_receipt_and_restored_by_an_entry_of_its_own(books: Books) -> None:
    worker = books.worker()
    first, _second = books.earn(worker, 10_000, units=2)
    with books.tenant() as session:
        receipt = books.receipt(session, worker, first)
        earnings.reject(session, books.machine, first, receipt_id=receipt)
    assert _owed(books, worker.annotator_id) == {"USD": 10_000}
    assert _sound(books)
    with books.tenant() as session:
        earnings.restore(session, books.machine, first)
        codes = session.execute(
            select(Transfer.code, Transfer.reason).where(Transfer.cause_id == first).order_by(Transfer.at)
        )
        assert {(row.code, row.reason) for row in codes} == {
            (Code.EARNED, ""), (Code.REVERSED, f"receipt:{receipt}"), (Code.RESTORED, f"receipt:{receipt}"),
        }  # fmt: skip
    assert _owed(books, worker.annotator_id) == {"USD": 20_000}
    assert _sound(books)


def test_nothing_is_rejected_without_a_receipt_of_that_very_person(books: Books) -> None:
    worker, other = books.worker(), books.worker()
    (judgment,) = books.earn(worker, 10_000)
    with books.tenant() as session:
        strange = books.receipt(session, other, judgment)
        with pytest.raises(Invalid):
            earnings.reject(session, books.machine, judgment, receipt_id=strange)
        with pytest.raises(Conflict):
            earnings.restore(session, books.machine, judgment)
    assert _owed(books, worker.annotator_id) == {"USD": 10_000}


def test_the_list_is_paged_by_key_and_nobody_elses_is_in_it(books: Books) -> None:
    worker = books.worker()
    books.earn(books.worker(), 1_000)
    expected = []
    for _ in range(5):
        expected += books.earn(worker, 10_000)
        books.pass_time(minutes=1)
    with books.tenant() as session:
        first, after = earnings_of(session, worker.annotator_id, limit=2)
        second, more = earnings_of(session, worker.annotator_id, after=after, limit=2)
        third, end = earnings_of(session, worker.annotator_id, after=more, limit=2)
        with pytest.raises(Invalid, match=r"page\.unknown"):
            earnings_of(session, worker.annotator_id, after="nonsense")
        assert earnings_of(session, worker.annotator_id, state=EarningState.PENDING) == ([], None)
    assert end is None
    assert [item.judgment_id for item in first + second + third] == expected[::-1]


def test_an_approval_a_rejection_and_a_restoration_each_leave_their_line_in_the_log(books: Books) -> None:
    worker = books.worker()
    (judgment,) = books.earn(worker, 10_000)
    with books.tenant() as session:
        receipt = books.receipt(session, worker, judgment)
        earnings.reject(session, books.machine, judgment, receipt_id=receipt)
        earnings.restore(session, books.machine, judgment)
    with books.system() as session:
        told = session.scalars(select(AuditEvent.action).where(AuditEvent.object_ref == judgment)).all()
    assert sorted(told) == ["earning.rejected", "earning.restored", "earnings.approved"]


def test_a_pending_earning_says_when_silence_will_accept_it(books: Books) -> None:
    with books.tenant() as session:
        earning = books.accrue(session, books.worker(), 10_000)
        found = earning_of(session, earning.judgment_id)
    assert found is not None
    assert found.due_at == books.now + timedelta(hours=72)
    assert books.run(lambda s: earning_of(s, "nobody"), Scope.tenant(books.org_id)) is None


def test_pay_of_a_judgment_made_just_now_can_be_approved_in_the_same_transaction(books: Books) -> None:
    worker, judgment = books.worker(), ids.new_id()
    with books.tenant() as session:
        noted = earnings.accrue(
            session, books.as_worker(worker), vendor_org_id=books.org_id, annotator_id=worker.annotator_id,
            account_id=worker.account_id, lane_id=books.lane_id, project_id=books.project_id, judgment_id=judgment,
            micros=7_500, currency="USD", memo={"project": "Support intents", "locale": "sw-KE"},
            due_at=books.now + timedelta(hours=72), is_fresh=True,
        )  # fmt: skip
        assert earnings.approve(session, books.machine, [judgment]).totals == {"USD": 7_500}
        found = earning_of(session, judgment)
    assert found is not None
    assert (found.id, found.state, found.memo) == (noted.id, EarningState.APPROVED, noted.memo)
    assert _sound(books)
