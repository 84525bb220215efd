"""The proof: each kind of damage is found by the check that is there for it."""

import pytest
from sqlalchemy import delete, select, text, update

from kernel.errors import Conflict, Misuse
from payouts import ledger
from payouts.models import Earning, LedgerAccount, PayoutLine, PayoutRun
from payouts.operations.methods import set_method
from payouts.operations.runs import approve_run, export_run, prepare_run, settle_run
from payouts.values import Book, Code, Entry, Kind
from tests.payouts.books import Books, Worker


def _busy(books: Books, end: str = "draft") -> Worker:
    """Books with everything in them: what waits, what is owed, a run at its `end`."""
    worker = books.worker()
    with books.tenant() as session:
        set_method(
            session, books.as_worker(worker), worker.annotator_id, kind="mobile", holder="A", account="+254712345678"
        )
        books.accrue(session, worker, 10_000)
    books.earn(worker, 7_500, units=7)
    books.pass_time(hours=72)
    maker, checker = books.staff(), books.staff()
    with books.tenant() as session:
        run = prepare_run(session, maker, currency="USD")
        if end == "settled":
            approve_run(session, checker, run.id, total_micros=run.total_micros, sha256=run.file_sha256)
            export_run(session, maker, run.id)
            settle_run(session, maker, run.id)
    return worker


def _failing(books: Books) -> set[str]:
    with books.system() as session:
        return {finding.code for finding in ledger.prove(session) if not finding.ok}


@pytest.mark.parametrize("end", ["draft", "settled"])
def test_sound_books_pass_every_check(books: Books, end: str) -> None:
    _busy(books, end)
    with books.system() as session:
        findings = ledger.prove(session)
    assert [finding.code for finding in findings] == list(ledger.CHECKS)
    assert all(finding.ok for finding in findings)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (update(LedgerAccount).where(LedgerAccount.kind == "payable").values(balance_micros=1), "balances_are_sums"),
        (update(LedgerAccount).where(LedgerAccount.kind == "clearing").values(balance_micros=-5), "not_negative"),
        (update(LedgerAccount).where(LedgerAccount.kind == "wages").values(currency="EUR"), "one_currency"),
        (update(LedgerAccount).where(LedgerAccount.kind == "wages").values(currency="EUR"), "debits_equal_credits"),
        (update(Earning).where(Earning.state == "pending").values(state="approved"), "earned_once"),
        (update(Earning).where(Earning.payout_line_id.is_(None)).values(micros=1), "owed_is_earned"),
        (update(Earning).values(micros=Earning.micros + 1), "earned_once"),
        (update(Earning).values(state="pending", payout_line_id=None), "earned_once"),
        (update(Earning).values(payout_line_id=None), "payments_cover"),
        (update(PayoutRun).values(total_micros=1), "runs_are_sums"),
        (update(PayoutRun).values(lines=2), "runs_are_sums"),
        (update(PayoutLine).values(state="settled"), "payments_moved"),
        (update(PayoutLine).values(state="settled"), "clearing_is_open"),
        (update(PayoutLine).values(micros=10_000), "payments_moved"),
        (delete(Earning).where(Earning.payout_line_id.is_(None)), "earned_once"),
    ],
)  # fmt: skip
def test_damage_is_found(books: Books, damage: object, found: str) -> None:
    _busy(books)
    with books.system() as session:
        session.execute(damage, execution_options={"synchronize_session": False})  # type: ignore[call-overload]
    assert found in _failing(books)


def test_a_breach_names_its_check_first(books: Books) -> None:
    _busy(books)
    with books.system() as session:
        session.execute(update(PayoutRun).values(lines=2))
    with books.tenant() as session:
        assert ledger.verify(session) == ["runs_are_sums: run 1 is not the sum of its payments"]


@pytest.mark.parametrize("statement", ["UPDATE transfer SET micros = 1", "DELETE FROM transfer"])
def test_the_database_itself_refuses_to_change_an_entry(books: Books, statement: str) -> None:
    _busy(books)
    with pytest.raises(Exception, match=r"append-only|permission denied"), books.system() as session:
        session.execute(text(statement))
    assert _failing(books) == set()


def _entry(books: Books, micros: int = 5_000, cause: str = "one", **more: object) -> dict:
    return {
        "cause": ("adjustment", cause), "code": Code.EARNED, "debit": Book(books.org_id, Kind.WAGES),
        "credit": Book(books.org_id, Kind.PAYABLE, "someone"), "micros": micros, "currency": "USD", "memo": {}, **more,
    }  # fmt: skip


def test_a_cause_posts_once_and_never_another_amount(books: Books) -> None:
    with books.tenant() as session:
        first = ledger.post(session, **_entry(books))
        assert ledger.post(session, **_entry(books)) == first
        with pytest.raises(Misuse, match="another amount"):
            ledger.post(session, **_entry(books, 6_000))
        with pytest.raises(Misuse, match="two organizations"):
            ledger.post(session, **_entry(books, cause="two", credit=Book("other", Kind.PAYABLE, "someone")))


def test_no_balance_of_a_person_goes_below_zero(books: Books) -> None:
    back = {"debit": Book(books.org_id, Kind.PAYABLE, "someone"), "credit": Book(books.org_id, Kind.WAGES)}
    with books.tenant() as session:
        ledger.post(session, **_entry(books, 5_000))
        ledger.post(session, **_entry(books, 5_000, "two", code=Code.REVERSED, **back))
    with pytest.raises(Conflict, match="not_covered"), books.tenant() as session:
        ledger.post(session, **_entry(books, 1, "three", code=Code.REVERSED, **back))


def test_many_entries_of_one_person_move_the_balance_by_their_sum(books: Books) -> None:
    with books.tenant() as session:
        ledger.post_all(session, [Entry(**_entry(books, micros, str(micros))) for micros in range(1, 1_001)])
        assert ledger.post_all(session, []) == []
    with books.tenant() as session:
        balance = session.scalar(select(LedgerAccount.balance_micros).where(LedgerAccount.kind == "payable"))
    assert balance == 500_500


def test_an_entry_of_a_unit_without_an_earning_is_found(books: Books) -> None:
    with books.tenant() as session:
        ledger.post(session, **_entry(books, cause="ghost") | {"cause": ("unit", "ghost")})
    assert _failing(books) == {"earned_once", "owed_is_earned"}


def test_a_tenant_proves_its_own_books_and_the_system_all(books: Books) -> None:
    other = Books(books.db)
    _busy(other)
    with books.system() as session:
        session.execute(update(PayoutRun).values(lines=9))
    with books.tenant() as session:
        assert ledger.verify(session) == []
    with other.tenant() as session:
        assert len(ledger.verify(session)) == 1
