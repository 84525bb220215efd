"""Payout runs: who is in them, what they cover, two people, one file, and every way they can end."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from kernel.models import AuditEvent
from kernel.policy import Actor, Role
from kernel.tenancy import Scope
from payouts import ledger
from payouts.models import PayoutMethod, PayoutRun
from payouts.operations import earnings
from payouts.operations.methods import set_method
from payouts.operations.runs import approve_run, cancel_run, export_run, fail_line, file_of, prepare_run, settle_run
from payouts.queries.balances import balance_of
from payouts.queries.earnings import earnings_of
from payouts.queries.runs import lines_of, run_of, runs
from payouts.values import EarningState, LeftOut, LineState, RunState, RunView
from tests.payouts.books import Books, Worker

IBAN = "DE89 3704 0044 0532 0130 00"


def _payee(books: Books, name: str = "Amina Wekesa", account: str = "+254 712 345 678") -> Worker:
    """A person with a payout method that is older than the hold."""
    worker = books.worker(name)
    kind = "mobile" if account.startswith("+") else "bank"
    actor = books.as_worker(worker)
    with books.tenant() as session:
        set_method(session, actor, worker.annotator_id, kind=kind, holder=name, account=account)
    books.pass_time(hours=72)
    return worker


def _prepare(books: Books, maker: Actor, currency: str = "USD", **more: object) -> RunView:
    with books.tenant() as session:
        return prepare_run(session, maker, currency=currency, **more)  # type: ignore[arg-type]


def _approve(books: Books, checker: Actor, run: RunView) -> RunView:
    with books.tenant() as session:
        return approve_run(session, checker, run.id, total_micros=run.total_micros, sha256=run.file_sha256)


def _exported(books: Books, maker: Actor, checker: Actor) -> RunView:
    run = _prepare(books, maker)
    _approve(books, checker, run)
    with books.tenant() as session:
        export_run(session, maker, run.id)
    return run


def _owed(books: Books, worker: Worker) -> tuple[int, int]:
    with books.tenant() as session:
        (balance,) = balance_of(session, worker.annotator_id)
    return balance.owed_micros, balance.prepared_micros + balance.on_the_way_micros


def _states(books: Books, worker: Worker) -> list[str]:
    """The states of a person's earnings, oldest first."""
    with books.tenant() as session:
        items, _more = earnings_of(session, worker.annotator_id, limit=200)
    return [item.state.value for item in reversed(items)]


def _breaches(books: Books) -> list[str]:
    with books.system() as session:
        return ledger.verify(session)


@pytest.fixture
def maker(books: Books) -> Actor:
    return books.staff(name="Grace Atieno")


@pytest.fixture
def checker(books: Books) -> Actor:
    return books.staff(name="Wycliffe Mutua")


def test_a_run_goes_from_draft_to_paid_and_the_money_with_it(books: Books, maker: Actor, checker: Actor) -> None:
    worker = _payee(books)
    for _ in range(7):
        books.earn(worker, 7_500)
        books.pass_time(minutes=1)
    run = _prepare(books, maker)
    assert (run.number, run.state, run.lines, run.total_micros) == (1, RunState.DRAFT, 1, 50_000)
    assert _owed(books, worker) == (2_500, 50_000)
    assert _approve(books, checker, run).approved_by == checker.account_id
    with books.tenant() as session:
        file = export_run(session, maker, run.id)
        (line,) = lines_of(session, run.id)[0]
    assert file.name == "payout-00001-USD.csv"
    assert file.sha256 == run.file_sha256
    assert file.content.decode() == (
        "end_to_end_id,kind,holder,account,bic,amount,currency,remittance\r\n"
        f"{line.id},mobile,Amina Wekesa,+254712345678,,0.05,USD,Pay 1\r\n"
    )
    with books.tenant() as session:
        assert settle_run(session, maker, run.id).state is RunState.SETTLED
    # $0.05 pays six units of $0.0075 ($0.045); $0.005 is in advance of the seventh, which still gets $0.0025.
    assert _states(books, worker) == ["paid"] * 6 + ["approved"]
    assert _owed(books, worker) == (2_500, 0)
    with books.tenant() as session:
        (balance,) = balance_of(session, worker.annotator_id)
        told = session.scalars(
            select(AuditEvent.action).where(AuditEvent.object_ref == run.id).order_by(AuditEvent.seq)
        ).all()
    assert balance.in_advance_micros == 5_000
    assert told == ["payout_run.prepared", "payout_run.approved", "payout_run.exported", "payout_run.settled"]
    assert _breaches(books) == []


def test_the_rest_of_one_run_is_paid_by_the_next(books: Books, maker: Actor, checker: Actor) -> None:
    worker = _payee(books)
    books.earn(worker, 7_500, units=7)
    first = _exported(books, maker, checker)
    with books.tenant() as session:
        settle_run(session, maker, first.id)
    books.pass_time(days=7)
    books.earn(worker, 7_500)  # $0.0025 + $0.0075 = $0.01, exactly a cent
    second = _exported(books, maker, checker)
    assert (second.number, second.total_micros) == (2, 10_000)
    with books.tenant() as session:
        settle_run(session, maker, second.id)
    assert _states(books, worker) == ["paid"] * 8
    assert _owed(books, worker) == (0, 0)
    assert _breaches(books) == []


@pytest.mark.parametrize(
    ("currency", "rate", "units", "amount", "total"),
    [
        ("JPY", 1_250_000, 3, "3", 3_000_000),
        ("KWD", 2_500, 5, "0.012", 12_000),
        ("USD", 6_500_000, 2, "13.00", 13_000_000),
    ],
)
def test_amounts_in_the_file_have_the_currencys_decimals(
    books: Books, maker: Actor, checker: Actor, currency: str, rate: int, units: int, amount: str, total: int
) -> None:
    worker = _payee(books, account=IBAN)
    books.earn(worker, rate, units, currency)
    run = _prepare(books, maker, currency)
    assert run.total_micros == total
    _approve(books, checker, run)
    with books.tenant() as session:
        row = export_run(session, maker, run.id).content.decode().splitlines()[1].split(",")
    assert row[3] == "DE89370400440532013000"
    assert row[5:7] == [amount, currency]


def test_whoever_is_left_out_is_named_with_the_reason(books: Books, maker: Actor) -> None:
    paid, poor, nowhere = _payee(books, "Paid"), _payee(books, "Poor"), books.worker("Nowhere")
    strange = _payee(books, "Strange")
    changed = _payee(books, "Changed")
    with books.tenant() as session:
        set_method(
            session, books.as_worker(changed), changed.annotator_id, kind="mobile", holder="Changed",
            account="+254700000001",
        )  # fmt: skip
    with books.tenant() as session:
        method = session.scalars(select(PayoutMethod).where(PayoutMethod.annotator_id == strange.annotator_id)).one()
        method.holder = "محمد"  # imported from elsewhere: a bank would refuse it
    books.pass_time(hours=71, minutes=59)
    for worker, micros in ((paid, 2_000_000), (poor, 900_000), (nowhere, 3_000_000), (strange, 4_000_000)):
        books.earn(worker, micros)
    books.earn(changed, 5_000_000)
    run = _prepare(books, maker, threshold_micros=1_000_000)
    assert (run.lines, run.total_micros) == (1, 2_000_000)
    assert {(one.name, one.why, one.micros) for one in run.left_out} == {
        ("Poor", LeftOut.BELOW_THRESHOLD, 900_000),
        ("Nowhere", LeftOut.NO_METHOD, 3_000_000),
        ("Strange", LeftOut.BAD_FIELD, 4_000_000),
        ("Changed", LeftOut.METHOD_CHANGED, 5_000_000),
    }
    assert _owed(books, changed) == (5_000_000, 0)
    books.pass_time(minutes=1)
    later = _prepare(books, maker, threshold_micros=1_000_000)
    assert later.total_micros == 5_000_000


def test_what_was_approved_after_the_cut_off_waits_for_the_next_run(books: Books, maker: Actor) -> None:
    worker = _payee(books)
    books.earn(worker, 1_000_000)
    cutoff = books.now
    books.pass_time(hours=1)
    books.earn(worker, 500_000)
    run = _prepare(books, maker, cutoff_at=cutoff)
    assert run.total_micros == 1_000_000
    assert _owed(books, worker) == (500_000, 1_000_000)
    assert _breaches(books) == []


def test_what_waits_or_was_rejected_is_not_in_a_run(books: Books, maker: Actor) -> None:
    worker = _payee(books)
    (kept, gone) = books.earn(worker, 1_000_000, units=2)
    with books.tenant() as session:
        books.accrue(session, worker, 5_000_000)
        earnings.reject(session, books.machine, gone, receipt_id=books.receipt(session, worker, gone))
    run = _prepare(books, maker)
    assert run.total_micros == 1_000_000
    with books.tenant() as session:
        receipt = books.receipt(session, worker, kept)
        with pytest.raises(Conflict, match="in_payment"):
            earnings.reject(session, books.machine, kept, receipt_id=receipt)


def test_a_second_run_right_after_the_first_finds_nobody(books: Books, maker: Actor) -> None:
    worker = _payee(books)
    books.earn(worker, 1_000_000)
    _prepare(books, maker)
    with pytest.raises(Conflict, match="nobody"):
        _prepare(books, maker)
    assert len(runs_of(books)) == 1
    assert _owed(books, worker) == (0, 1_000_000)


def runs_of(books: Books) -> list[RunView]:
    with books.tenant() as session:
        return runs(session)[0]


def test_two_runs_prepared_at_once_lock_the_money_once(books: Books, maker: Actor, checker: Actor) -> None:
    workers = [_payee(books, f"Person {letter}") for letter in "ABC"]
    for worker in workers:
        books.earn(worker, 1_000_000, units=3)
    results = _at_once(books, [lambda s, by=by: prepare_run(s, by, currency="USD") for by in (maker, checker)])
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "RunView"]
    assert [run.total_micros for run in runs_of(books)] == [9_000_000]
    assert _breaches(books) == []


def test_two_approvals_at_once_are_one(books: Books, maker: Actor, checker: Actor) -> None:
    books.earn(_payee(books), 1_000_000)
    run = _prepare(books, maker)
    third = books.staff(name="Third Person")
    acts = [
        lambda s, by=by: approve_run(s, by, run.id, total_micros=run.total_micros, sha256=run.file_sha256)
        for by in (checker, third)
    ]
    results = _at_once(books, acts)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "RunView"]
    with books.system() as session:
        approvals = session.scalars(
            select(AuditEvent.actor_ref).where(AuditEvent.action == "payout_run.approved")
        ).all()
    assert len(approvals) == 1


def _at_once(books: Books, acts: list) -> list[object]:
    """Run acts in threads that begin together; what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def one(place: int) -> None:
        with books.at():
            barrier.wait()
            try:
                results[place] = books.db.run(Scope.tenant(books.org_id), acts[place])
            except Exception as problem:
                results[place] = problem

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_nobody_approves_their_own_run(books: Books, maker: Actor) -> None:
    books.earn(_payee(books), 1_000_000)
    run = _prepare(books, maker)
    with pytest.raises(Forbidden, match="self_approval"):
        _approve(books, maker, run)


def test_the_database_itself_refuses_one_person_in_both_places(books: Books, maker: Actor) -> None:
    books.earn(_payee(books), 1_000_000)
    run = _prepare(books, maker)
    with pytest.raises(IntegrityError, match="two_people"), books.system() as session:
        session.execute(
            update(PayoutRun).where(PayoutRun.id == run.id).values(state="approved", approved_by=maker.account_id)
        )


def test_nobody_approves_a_run_that_pays_them(books: Books, maker: Actor) -> None:
    worker = _payee(books)
    books.earn(worker, 1_000_000)
    run = _prepare(books, maker)
    payee = Actor(worker.account_id, books.org_id, Role.FINANCE, org_kind="vendor")
    with pytest.raises(Forbidden, match="own_payment"):
        _approve(books, payee, run)


@pytest.mark.parametrize(
    ("more", "sha256", "problem", "code"),
    [(1, None, Invalid, "other_total"), (0, "0" * 64, Conflict, "not_as_signed"), (1, "", Conflict, "not_as_signed")],
)
def test_an_approval_is_of_exactly_what_was_shown(
    books: Books, maker: Actor, checker: Actor, more: int, sha256: str | None, problem: type[Problem], code: str
) -> None:
    books.earn(_payee(books), 1_000_000)
    run = _prepare(books, maker)
    shown = run.file_sha256 if sha256 is None else sha256
    with pytest.raises(problem, match=code), books.tenant() as session:
        approve_run(session, checker, run.id, total_micros=run.total_micros + more, sha256=shown)


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.VENDOR_MANAGER, Role.AUDITOR, Role.OPERATOR, Role.REVIEWER])
def test_only_finance_makes_and_approves_runs(books: Books, maker: Actor, role: Role) -> None:
    books.earn(_payee(books), 1_000_000)
    other = books.staff(role)
    with pytest.raises(Forbidden):
        _prepare(books, other)
    run = _prepare(books, maker)
    with pytest.raises(Forbidden):
        _approve(books, other, run)


def test_another_vendor_does_not_know_of_a_run(books: Books, maker: Actor) -> None:
    books.earn(_payee(books), 1_000_000)
    run = _prepare(books, maker)
    other = Books(books.db)
    stranger = other.staff()
    with pytest.raises(NotFound), other.tenant() as session:
        approve_run(session, stranger, run.id, total_micros=run.total_micros, sha256=run.file_sha256)
    with other.tenant() as session:
        assert run_of(session, run.id) is None


def test_the_file_is_the_same_bytes_whenever_it_is_asked_for(books: Books, maker: Actor, checker: Actor) -> None:
    workers = [_payee(books, f"Person {letter}", IBAN) for letter in "ABC"]
    for worker in workers:
        books.earn(worker, 1_000_000)
    run = _prepare(books, maker)
    with pytest.raises(Conflict, match="not_approved"), books.tenant() as session:
        export_run(session, maker, run.id)
    _approve(books, checker, run)
    with books.tenant() as session:
        first = export_run(session, maker, run.id)
    with books.tenant() as session:  # a change now must not reach a run that is locked
        set_method(
            session, books.as_worker(workers[0]), workers[0].annotator_id, kind="mobile", holder="Person A",
            account="+254799999999",
        )  # fmt: skip
    with books.tenant() as session:
        settle_run(session, maker, run.id)
        assert export_run(session, checker, run.id) == first == file_of(session, checker, run.id)


def test_a_payment_that_fails_is_owed_again_and_in_the_next_run(books: Books, maker: Actor, checker: Actor) -> None:
    good, bad = _payee(books, "Good"), _payee(books, "Bad")
    books.earn(good, 7_500, units=7)
    books.earn(bad, 7_500, units=7)
    run = _exported(books, maker, checker)
    with books.tenant() as session:
        line = next(line for line in lines_of(session, run.id)[0] if line.annotator_id == bad.annotator_id)
        with pytest.raises(Invalid):
            fail_line(session, maker, line.id, reason=" ")
        failed = fail_line(session, maker, line.id, reason="Account closed")
        assert (failed.state, failed.reason) == (LineState.FAILED, "Account closed")
        with pytest.raises(Conflict):
            fail_line(session, maker, line.id, reason="Account closed")
    with books.tenant() as session:
        settle_run(session, maker, run.id)
    assert _owed(books, good) == (2_500, 0)
    assert _owed(books, bad) == (52_500, 0)
    assert _states(books, bad) == ["approved"] * 7
    assert _breaches(books) == []
    again = _prepare(books, maker)
    assert (again.lines, again.total_micros) == (1, 50_000)
    assert _breaches(books) == []


def test_money_that_comes_back_after_it_was_paid_is_owed_again(books: Books, maker: Actor, checker: Actor) -> None:
    worker = _payee(books)
    books.earn(worker, 1_000_000)
    run = _exported(books, maker, checker)
    with books.tenant() as session:
        settle_run(session, maker, run.id)
        (line,) = lines_of(session, run.id)[0]
        fail_line(session, maker, line.id, reason="Returned by the bank")
    assert _owed(books, worker) == (1_000_000, 0)
    assert _states(books, worker) == ["approved"]
    assert _breaches(books) == []


def test_a_run_is_sent_back_with_a_reason_until_its_file_has_left(books: Books, maker: Actor, checker: Actor) -> None:
    worker = _payee(books)
    books.earn(worker, 1_000_000)
    run = _prepare(books, maker)
    with books.tenant() as session:
        assert cancel_run(session, checker, run.id, reason="Wrong cut-off").state is RunState.CANCELLED
    assert _owed(books, worker) == (1_000_000, 0)
    assert _states(books, worker) == ["approved"]
    assert _breaches(books) == []
    second = _exported(books, maker, checker)
    with pytest.raises(Conflict, match="state"), books.tenant() as session:
        cancel_run(session, checker, second.id, reason="Too late")
    with pytest.raises(Conflict, match="state"), books.tenant() as session:
        settle_run(session, maker, run.id)


def test_a_payment_that_comes_back_after_a_later_one_leaves_its_part_of_a_unit_owed(
    books: Books, maker: Actor, checker: Actor
) -> None:
    worker = _payee(books)
    books.earn(worker, 7_500, units=2)
    first = _prepare(books, maker)  # a cent: the first unit, and a third of the second
    books.earn(worker, 5_000)
    _prepare(books, maker)  # a cent more: the rest of the second, and the third
    with books.tenant() as session:
        cancel_run(session, checker, first.id, reason="Wrong file")
    assert (_owed(books, worker), _states(books, worker)) == ((10_000, 10_000), ["approved"] * 3)
    assert _breaches(books) == []
    again = _prepare(books, maker)
    assert (again.total_micros, _owed(books, worker)) == (10_000, (0, 20_000))
    assert _breaches(books) == []


def test_a_reversal_that_would_take_what_was_paid_in_advance_is_refused(
    books: Books, maker: Actor, checker: Actor
) -> None:
    worker = _payee(books)
    judgments = books.earn(worker, 7_500, units=7)
    run = _exported(books, maker, checker)
    with books.tenant() as session:
        settle_run(session, maker, run.id)
        items, _more = earnings_of(session, worker.annotator_id, state=EarningState.APPROVED)
    (last,) = items
    assert last.judgment_id in judgments
    with pytest.raises(Conflict, match="not_covered"), books.tenant() as session:
        receipt = books.receipt(session, worker, last.judgment_id)
        earnings.reject(session, books.machine, last.judgment_id, receipt_id=receipt)
    assert _owed(books, worker) == (2_500, 0)
    assert _breaches(books) == []


def test_runs_and_payments_are_paged_by_key(books: Books, maker: Actor) -> None:
    workers = [_payee(books, f"Person {number}") for number in range(3)]
    for _ in range(3):
        for worker in workers:
            books.earn(worker, 1_000_000)
        _prepare(books, maker)
        books.pass_time(minutes=1)
    with books.tenant() as session:
        first, after = runs(session, limit=2)
        second, end = runs(session, after=after, limit=2)
        assert [run.number for run in first + second] == [3, 2, 1]
        assert end is None
        lines, more = lines_of(session, first[0].id, limit=2)
        rest, end_of_lines = lines_of(session, first[0].id, after=more, limit=2)
    assert (len(lines), len(rest), end_of_lines) == (2, 1, None)


@pytest.mark.parametrize(
    ("values", "field"),
    [({"currency": "XXZ"}, "currency"), ({"threshold_micros": -1}, "threshold"), ({"days": 1}, "cutoff_at")],
)
def test_a_run_that_makes_no_sense_is_refused(books: Books, maker: Actor, values: dict, field: str) -> None:
    asked = {name: value for name, value in values.items() if name != "days"}
    if "days" in values:
        asked["cutoff_at"] = books.now + timedelta(days=values["days"])
    with pytest.raises(Invalid) as refused:
        _prepare(books, maker, **({"currency": "USD"} | asked))
    assert set(refused.value.fields) == {field}
