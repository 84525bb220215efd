"""Statements of people and invoices of clients: sums that anybody can check by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kernel import ids
from kernel.errors import Conflict, Forbidden, Invalid, Misuse, NotFound
from kernel.models import AuditEvent
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from payouts import ledger
from payouts.models import LedgerAccount, Transfer
from payouts.operations import earnings
from payouts.operations.invoices import issue_invoice, receive_invoice
from payouts.operations.methods import set_method
from payouts.operations.runs import approve_run, export_run, fail_line, prepare_run, settle_run
from payouts.queries.invoices import invoice_of, invoices
from payouts.queries.runs import lines_of
from payouts.queries.statements import month_bounds, statement_of
from payouts.values import Code, InvoiceLine, InvoiceView
from tests.payouts.books import Books
from workforce.models import Organization


def test_a_statement_adds_up_from_month_to_month(books: Books) -> None:
    worker = books.worker()
    actor = books.as_worker(worker)
    with books.tenant() as session:
        set_method(session, actor, worker.annotator_id, kind="mobile", holder="A", account="+254712345678")
    first, *_rest = books.earn(worker, 7_500, units=7)  # 2 November: 0.0525
    books.pass_time(days=4)
    maker, checker = books.staff(), books.staff()
    with books.tenant() as session:
        run = prepare_run(session, maker, currency="USD")  # 0.05 leaves
    with books.tenant() as session:
        approve_run(session, checker, run.id, total_micros=run.total_micros, sha256=run.file_sha256)
        export_run(session, maker, run.id)
        (line,), _more = lines_of(session, run.id)
    books.now = datetime(2026, 12, 1, tzinfo=UTC)  # the first moment of December
    with books.tenant() as session:
        fail_line(session, maker, line.id, reason="Closed")  # 0.05 comes back
        earnings.reject(session, books.machine, first, receipt_id=books.receipt(session, worker, first))  # 0.0075
    with books.tenant() as session:
        november, december = (statement_of(session, worker.annotator_id, f"2026-{month}") for month in (11, 12))
        (october,) = statement_of(session, worker.annotator_id, "2026-10").books
    assert (october.opening_micros, october.closing_micros, october.movements) == (0, 0, ())
    assert november is not None and december is not None
    (book,), (next_book,) = november.books, december.books
    assert (book.opening_micros, book.closing_micros) == (0, 2_500)
    assert [(one.code, one.micros, one.units, one.rate_micros) for one in book.movements] == [
        (Code.EARNED, 52_500, 7, 7_500), (Code.LOCKED, -50_000, 0, None),
    ]  # fmt: skip
    assert (next_book.opening_micros, next_book.closing_micros) == (2_500, 45_000)
    assert {(one.code, one.micros) for one in next_book.movements} == {(Code.FAILED, 50_000), (Code.REVERSED, -7_500)}
    with books.tenant() as session:
        settle_run(session, maker, run.id)
        assert ledger.verify(session) == []


@pytest.mark.parametrize("month", ["2026-13", "26-11", "2026-1", "november", "2026-11-01", "0000-01", "9999-12"])
def test_a_month_that_does_not_exist_is_refused(month: str) -> None:
    with pytest.raises(Invalid):
        month_bounds(month)


def test_a_month_begins_and_ends_by_the_persons_own_clocks() -> None:
    assert month_bounds("2026-11", "Africa/Nairobi")[0] == datetime(2026, 10, 31, 21, tzinfo=UTC)
    begin, end = month_bounds("2026-03", "America/New_York")  # summer time begins in it
    assert (begin.hour, end.hour, (end - begin).days) == (5, 4, 30)
    assert month_bounds("1999-01")[1] == datetime(1999, 2, 1, tzinfo=UTC)


def test_december_ends_with_the_year() -> None:
    assert month_bounds("2026-12") == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def test_another_vendor_gets_no_statement(books: Books) -> None:
    worker = books.worker()
    other = Books(books.db)
    with other.tenant() as session:
        assert statement_of(session, worker.annotator_id, "2026-11") is None


def _client(books: Books) -> str:
    client_id = ids.new_id()
    with books.system() as session:
        session.add(
            Organization(
                id=client_id, kind="client", name="Acme", name_key=client_id, currency="USD", created_at=books.now
            )
        )
    return client_id


def _issue(books: Books, client_id: str, release_id: str, *lines: InvoiceLine) -> InvoiceView:
    lines = lines or (InvoiceLine("sw-KE", 1_000, 25_500), InvoiceLine("es-MX", 3, 12_345))
    return books.run(
        lambda session: issue_invoice(
            session, system_actor("release accepted"), client_org_id=client_id, vendor_org_id=books.org_id,
            project_id=books.project_id, cause_id=release_id, lines=lines, currency="USD", memo={"project": "Intents"},
        ),
        Scope.system("test"),
    )  # fmt: skip


def test_an_invoice_is_the_sum_of_its_lines_in_whole_cents_and_booked(books: Books) -> None:
    client_id, release_id = _client(books), ids.new_id()
    invoice = _issue(books, client_id, release_id)
    # 1,000 × $0.0255 = $25.50 and 3 × $0.012345 = $0.037035, together $25.537035: $25.53 is asked.
    assert [line.micros for line in invoice.lines] == [25_500_000, 37_035]
    assert (invoice.total_micros, invoice.rounding_micros) == (25_530_000, -7_035)
    assert (invoice.number, invoice.client_name, invoice.due_at) == (1, "Acme", books.now + timedelta(days=30))
    assert _issue(books, client_id, release_id) == invoice
    with books.system() as session:
        assert session.scalars(select(Transfer.code)).all() == ["invoiced"]
        assert sorted(session.scalars(select(LedgerAccount.kind))) == ["receivable", "revenue"]
        assert session.scalars(select(AuditEvent.action)).all() == ["invoice.issued"]
        assert ledger.verify(session) == []


def test_numbers_have_no_gaps_and_each_vendor_its_own(books: Books) -> None:
    client_id, other = _client(books), Books(books.db)
    numbers = [_issue(books, client_id, ids.new_id()).number for _ in range(3)]
    assert (numbers, _issue(other, client_id, ids.new_id()).number) == ([1, 2, 3], 1)


def test_both_parties_see_an_invoice_and_nobody_else(books: Books) -> None:
    client_id, other = _client(books), Books(books.db)
    issued = []
    for _ in range(3):
        issued.append(_issue(books, client_id, ids.new_id()))
        books.pass_time(hours=1)
    with books.system() as session:
        for party in (client_id, books.org_id):
            first, after = invoices(session, party, limit=2)
            rest, end = invoices(session, party, after=after, limit=2)
            assert (first + rest, end) == (issued[::-1], None)
            assert invoice_of(session, party, issued[0].id) == issued[0]
        assert invoices(session, other.org_id) == ([], None)
        assert invoices(session, other.org_id, after=after) == ([], None)
        assert invoice_of(session, other.org_id, issued[0].id) is None


def test_finance_of_the_vendor_notes_that_an_invoice_was_paid_once(books: Books) -> None:
    client_id = _client(books)
    invoice = _issue(books, client_id, ids.new_id())
    finance = books.staff()
    with books.system() as session:
        assert receive_invoice(session, finance, invoice.id).paid_at == books.now
    with pytest.raises(Conflict, match="paid"), books.system() as session:
        receive_invoice(session, finance, invoice.id)
    with books.system() as session:
        assert ledger.verify(session) == []


@pytest.mark.parametrize(("role", "side", "refused"), [
    (Role.FINANCE, "client", NotFound), (Role.FINANCE, "other", NotFound), (Role.VENDOR_MANAGER, "vendor", Forbidden),
])  # fmt: skip
def test_nobody_else_notes_a_payment(books: Books, role: Role, side: str, refused: type[Exception]) -> None:
    client_id = _client(books)
    invoice = _issue(books, client_id, ids.new_id())
    org_id = {"client": client_id, "other": ids.new_id(), "vendor": books.org_id}[side]
    actor = Actor(books.account(), org_id, role)
    with pytest.raises(refused), books.system() as session:
        receive_invoice(session, actor, invoice.id)


def test_an_invoice_for_nothing_or_in_a_tenants_name_is_refused(books: Books) -> None:
    client_id = _client(books)
    with pytest.raises(Invalid):
        _issue(books, client_id, ids.new_id(), InvoiceLine("sw-KE", 0, 25_500))
    with pytest.raises(Misuse), books.tenant() as session:
        issue_invoice(
            session, books.machine, client_org_id=client_id, vendor_org_id=books.org_id, project_id=books.project_id,
            cause_id=ids.new_id(), lines=[{"locale": "sw-KE", "units": 1, "price_micros": 10_000}], currency="USD",
            memo={},
        )  # fmt: skip
