"""Money through the browser's and the program's door, with the people who use it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from kernel import ids
from kernel.config import Settings
from kernel.policy import Role, system_actor
from kernel.start import start
from kernel.tenancy import Scope
from payouts import register as payouts
from payouts.models import LedgerAccount, PayoutMethod, PayoutRun
from payouts.operations.invoices import issue_invoice
from payouts.queries import lanes
from payouts.queries.runs import line_of, lines_of, run_of
from payouts.values import InvoiceLine, LaneLabel, LineState, RunState
from tests.payouts.books import Books, KnownLanes, Worker
from web import limits, views
from web.app import create_base_app
from workforce import register as workforce
from workforce.models import Account
from workforce.operations.accounts import add_membership, create_account, create_organization
from workforce.operations.tokens import create_token

PASSWORD = "a quiet river under seven bridges"


@pytest.fixture
def app(books: Books, tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(
        environment="test", database_url="sqlite:///unused.db", redis_url=None, data_dir=tmp_path,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip
    start(settings, books.db)
    app = create_base_app(settings)
    views.register(app)
    workforce.register(app)
    payouts.register(app)
    with books.at():
        yield app


class Door:
    """Somebody's browser and token."""

    def __init__(self, app: Flask, books: Books, role: Role, org_id: str, name: str) -> None:
        self.app, self.books = app, books
        email = f"{ids.new_id()}@example.org"
        with books.db.transaction(Scope.system("test")) as session:
            machine = system_actor("test")
            account = create_account(session, machine, email=email, name=name, password=PASSWORD)
            self.account_id = account.id
            membership = add_membership(session, machine, account_id=account.id, org_id=org_id, role=role)
        self.worker = books.worker(account_id=account.id) if role is Role.ANNOTATOR else None
        with books.db.transaction(Scope.system("test")) as session:
            _token, secret = create_token(
                session, machine, account_id=account.id, membership_id=membership, name="t", scopes=("all",), days=1
            )
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.client: FlaskClient = app.test_client()
        self.email = email

    def enter(self) -> "Door":
        """Sign in."""
        answer = self._post("/sign-in", {"email": self.email, "password": PASSWORD}, "/sign-in")
        assert answer.status_code == 303
        return self

    def get(self, path: str) -> str:
        """A page that must be there."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def post(self, path: str, page: str, **data: str) -> Any:
        """Send a form that stands on a page."""
        return self._post(path, data, page)

    def _post(self, path: str, data: dict[str, str], page: str) -> Any:
        text = self.client.get(page).get_data(as_text=True)
        token = text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
        return self.client.post(path, data={**data, "csrf_token": token})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A call of the API, as a client without cookies."""
        return self.app.test_client().open(
            f"/api/v1{path}",
            method=method,
            json=body,
            headers={**self.headers, "Idempotency-Key": ids.new_id(), **headers},
        )


@pytest.fixture
def door(app: Flask, books: Books) -> Callable[..., Door]:
    """`door(role)` is somebody of the vendor, `door(role, org_id)` of another organization."""

    def make(role: Role, org_id: str | None = None, name: str = "Grace Atieno") -> Door:
        return Door(app, books, role, org_id or books.org_id, name)

    return make


@pytest.fixture
def amina(books: Books, door: Callable[..., Door]) -> tuple[Door, Worker]:
    """An annotator with seven accepted units and one that waits."""
    person = door(Role.ANNOTATOR, name="Amina Wekesa")
    worker = person.worker
    assert worker is not None
    books.earn(worker, 7_500, units=7)
    with books.tenant() as session:
        books.accrue(session, worker, 10_000)
    return person, worker


def _old_method(books: Books, worker: Worker) -> None:
    with books.system() as session:
        session.execute(update(PayoutMethod).values(changed_at=books.now.replace(year=2020)))


def test_a_person_reads_what_they_are_owed_and_why(amina: tuple[Door, Worker]) -> None:
    person, _worker = amina
    text = person.enter().get("/pay")
    for words in ("$0.0525", "7 units × $0.0075", "Support intents", "$0.05", "$0.0025", "$0.01", "Say it now"):
        assert words in text
    assert "Waiting" in person.get("/pay?state=pending")
    assert "No lines here" in person.get("/pay?state=paid")


def test_a_person_sets_where_they_are_paid_and_sees_only_its_end(amina: tuple[Door, Worker], books: Books) -> None:
    person, _worker = amina
    person.enter()
    bad = person.post("/pay/method", "/pay/method", kind="mobile", holder="أمينة", account="0712")
    assert bad.status_code == 422
    assert "country code" in bad.get_data(as_text=True)
    sent = {"kind": "mobile", "holder": "Amina Wekesa", "account": "+254 712 345 678"}
    assert person.post("/pay/method", "/pay/method", **sent).status_code == 303
    text = person.get("/pay/method")
    assert "…678" in text and "712345678" not in text and "712 345 678" not in text.split("<form")[0]
    with books.system() as session:
        method = session.scalars(select(PayoutMethod)).one()
        assert "712345678" not in (method.details_sealed or "")
        assert "712345678" in (method.details or "")


def test_a_statement_can_be_read_and_taken_as_a_table(amina: tuple[Door, Worker]) -> None:
    person, _worker = amina
    text = person.enter().get("/pay/statements/2026-11")
    assert "Balance after" in text and "$0.0525" in text and 'class="doc"' in text
    rows = person.client.get("/pay/statements/2026-11/file").get_data().decode("utf-8-sig").splitlines()
    assert rows[2].endswith("Accepted units,Support intents,7,0.0075,0.0525,USD,")
    assert person.client.get("/pay/statements/2026-13").status_code == 422
    assert "Nothing moved in this month." in person.get("/pay/statements/1999-01")


def test_two_people_send_a_run_and_the_bank_pays_it(
    amina: tuple[Door, Worker], books: Books, door: Callable[..., Door]
) -> None:
    person, worker = amina
    body = {"kind": "mobile", "holder": "Amina Wekesa", "account": "+254712345678"}
    assert person.call("PUT", "/payout-method", body).status_code == 200
    grace, wycliffe = door(Role.FINANCE).enter(), door(Role.FINANCE, name="Wycliffe Mutua").enter()
    refused = grace.post("/payout-runs", "/payout-runs", currency="usd", threshold="nonsense")
    assert refused.status_code == 422
    early = grace.post("/payout-runs", "/payout-runs", currency="usd", threshold="0")
    assert "nobody to pay" in early.get_data(as_text=True)
    _old_method(books, worker)
    made = grace.post("/payout-runs", "/payout-runs", currency="usd", threshold="0.01")
    assert made.status_code == 303
    path = made.headers["Location"]
    with books.tenant() as session:
        run = run_of(session, path.rsplit("/", 1)[1])
    assert run is not None
    assert "another person has to approve" in grace.get(path)
    assert grace.post(f"{path}/approve", path, total="0.05", sha256=run.file_sha256).status_code == 403
    text = wycliffe.get(path)
    assert run.file_sha256 in text and "1 payment with a total of" in text and "$0.05" in text
    wrong = wycliffe.post(f"{path}/approve", path, total="0.06", sha256=run.file_sha256)
    assert (wrong.status_code, "This is not the total of the run." in wrong.get_data(as_text=True)) == (422, True)
    changed = wycliffe.post(f"{path}/approve", path, total="0.05", sha256="0" * 64)
    assert (changed.status_code, "not the one that you were shown" in changed.get_data(as_text=True)) == (422, True)
    assert wycliffe.post(f"{path}/approve", path, total="0.05", sha256=run.file_sha256).status_code == 303
    taken = wycliffe.post(f"{path}/export", path)
    assert taken.headers["X-Content-SHA256"] == run.file_sha256
    assert grace.client.get(f"{path}/file").get_data() == taken.get_data()
    assert grace.post(f"{path}/settle", path).status_code == 303
    assert "Noted as paid" in grace.get(path)
    with books.tenant() as session:
        done = run_of(session, run.id)
        (line,), _more = lines_of(session, run.id)
    assert done is not None and done.state is RunState.SETTLED
    assert grace.post(f"/payout-lines/{line.id}/fail", path, reason="Closed").status_code == 303
    with books.tenant() as session:
        back = line_of(session, line.id)
    assert back is not None and (back.state, back.reason) == (LineState.FAILED, "Closed")
    assert "Closed" in grace.get(path)
    assert "Run 1" in grace.get("/payout-runs")


def test_a_run_is_sent_back_on_its_page(amina: tuple[Door, Worker], books: Books, door: Callable[..., Door]) -> None:
    person, worker = amina
    person.call("PUT", "/payout-method", {"kind": "mobile", "holder": "Amina", "account": "+254712345678"})
    _old_method(books, worker)
    grace = door(Role.FINANCE).enter()
    path = grace.post("/payout-runs", "/payout-runs", currency="USD").headers["Location"]
    assert "Not approved yet" in grace.get(path) and "On its way" not in grace.get(path)
    (balance,) = person.call("GET", "/earnings").get_json()["balances"]
    assert (balance["on_the_way"], balance["in_preparation"]) == ("0", "0.05")
    assert "$0.05 is in a payout that is being prepared" in person.enter().get("/pay")
    assert grace.post(f"{path}/cancel", path, reason="").status_code == 422
    assert grace.post(f"{path}/cancel", path, reason="Wrong cut-off").status_code == 303
    with books.system() as session:
        assert session.scalars(select(PayoutRun.state)).all() == ["cancelled"]
    assert "Sent back" in grace.get(path)


def test_the_api_does_what_the_pages_do(amina: tuple[Door, Worker], books: Books, door: Callable[..., Door]) -> None:
    person, worker = amina
    mine = person.call("GET", "/earnings?limit=3").get_json()
    (balance,) = mine["balances"]
    assert (balance["owed"], balance["payable"], balance["pending"], balance["pending_units"]) == (
        "0.0525", "0.05", "0.01", 1,
    )  # fmt: skip
    assert [(part["units"], part["rate"], part["amount"]) for part in balance["made_of"]] == [(7, "0.0075", "0.0525")]
    assert len(mine["items"]) == 3
    rest = person.call("GET", "/earnings", None).get_json()
    assert len(rest["items"]) == 8 and rest["next_after"] is None
    (book,) = person.call("GET", "/statements/2026-11").get_json()["books"]
    assert (book["opening"], book["closing"], book["movements"][0]["units"]) == ("0", "0.0525", 7)
    bad = person.call("PUT", "/payout-method", {"kind": "bank", "holder": "A", "account": "DE00", "bic": "?"})
    assert (bad.status_code, set(bad.get_json()["fields"])) == (422, {"bic"})
    person.call("PUT", "/payout-method", {"kind": "mobile", "holder": "Amina", "account": "+254712345678"})
    _old_method(books, worker)
    maker, checker = door(Role.FINANCE), door(Role.FINANCE)
    made = maker.call("POST", "/payout-runs", {"currency": "USD"}, **{"Idempotency-Key": "k" * 32})
    again = maker.call("POST", "/payout-runs", {"currency": "USD"}, **{"Idempotency-Key": "k" * 32})
    run = made.get_json()
    assert (made.status_code, again.get_json(), run["total"], run["payments"]) == (201, run, "0.05", 1)
    signed = {"total": run["total"], "sha256": run["sha256"]}
    path = f"/payout-runs/{run['id']}"
    assert maker.call("POST", f"{path}/approve", signed).status_code == 403
    assert checker.call("GET", f"{path}/file").status_code == 409
    assert checker.call("POST", f"{path}/approve", signed).get_json()["state"] == "approved"
    file = checker.call("POST", f"{path}/export").get_json()
    content = maker.call("GET", f"{path}/file").get_data()
    assert (file["sha256"], file["size"]) == (run["sha256"], len(content))
    assert maker.call("POST", f"{path}/settle").get_json()["state"] == "settled"
    assert [one["number"] for one in checker.call("GET", "/payout-runs").get_json()["items"]] == [1]
    assert maker.call("GET", "/payout-runs/nothing").status_code == 404
    assert person.call("GET", "/payout-runs").status_code == 403


def test_a_program_sends_a_run_back_and_notes_a_payment_that_failed(
    amina: tuple[Door, Worker], books: Books, door: Callable[..., Door]
) -> None:
    person, worker = amina
    assert person.call("GET", "/payout-method").get_json() is None
    person.call("PUT", "/payout-method", {"kind": "mobile", "holder": "Amina", "account": "+254712345678"})
    assert person.call("GET", "/payout-method").get_json()["kind"] == "mobile"
    _old_method(books, worker)
    maker, checker = door(Role.FINANCE), door(Role.FINANCE)
    first = maker.call("POST", "/payout-runs", {"currency": "USD"}).get_json()
    path = f"/payout-runs/{first['id']}"
    assert maker.call("POST", f"{path}/cancel", {"reason": " "}).status_code == 422
    assert maker.call("POST", f"{path}/cancel", {"reason": "Wrong cut-off"}).get_json()["state"] == "cancelled"
    assert maker.call("POST", f"{path}/cancel", {"reason": "Again"}).status_code == 409
    run = maker.call("POST", "/payout-runs", {"currency": "USD"}).get_json()
    path = f"/payout-runs/{run['id']}"
    checker.call("POST", f"{path}/approve", {"total": run["total"], "sha256": run["sha256"]})
    maker.call("POST", f"{path}/export")
    lines = maker.call("GET", f"{path}/lines").get_json()
    assert ([line["amount"] for line in lines["items"]], lines["next_after"]) == (["0.05"], None)
    fail = f"/payout-lines/{lines['items'][0]['id']}/fail"
    assert person.call("POST", fail, {"reason": "No such number"}).status_code == 403
    assert maker.call("POST", fail, {"reason": "No such number"}).get_json()["state"] == "failed"
    assert maker.call("POST", fail, {"reason": "No such number"}).status_code == 409
    assert person.call("GET", "/earnings").get_json()["balances"][0]["payable"] == "0.05"
    assert maker.call("GET", "/payout-runs/nothing/lines").status_code == 404


def test_statements_taken_too_often_are_told_to_wait_on_both_ways_together(
    amina: tuple[Door, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.MOST, "export", 2)
    person = amina[0].enter()
    assert person.call("GET", "/statements/2026-11").status_code == 200
    assert person.client.get("/pay/statements/2026-11/file").status_code == 200
    for answer in (person.call("GET", "/statements/2026-11"), person.client.get("/pay/statements/2026-11/file")):
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert person.client.get("/pay/statements/2026-11").status_code == 200  # to read it is no export


def test_a_manager_sets_rates_for_the_lanes_there_are(books: Books, door: Callable[..., Door]) -> None:
    known = LaneLabel(books.lane_id, books.project_id, "Support intents", "sw-KE", "USD")
    lanes.use_lanes(KnownLanes(known))
    manager = door(Role.VENDOR_MANAGER).enter()
    assert "None yet" in manager.get("/rates")
    sent = {"lane_id": books.lane_id, "currency": "usd"}
    assert manager.post("/rates", "/rates", amount="much", **sent).status_code == 422
    euros = sent | {"currency": "eur"}
    asked = manager.post("/rates", "/rates", amount="0.0075", **euros)
    assert asked.status_code == 422 and 'name="confirm" value="7500 EUR"' in asked.get_data(as_text=True)
    assert manager.post("/rates", "/rates", amount="1.00", confirm="7500 EUR", **euros).status_code == 422
    unusual = sent | {"currency": "EUR", "amount": "0.0075", "from_at": "2030-01-01T00:00:00Z"}
    assert manager.call("POST", "/rates", unusual).get_json()["code"] == "rate.unusual"
    assert manager.call("POST", "/rates", unusual | {"confirm": True}).status_code == 201
    assert manager.post("/rates", "/rates", amount="0.0075", **sent).status_code == 303
    assert "$0.0075" in manager.get("/rates")
    (listed,) = manager.call("GET", "/rates").get_json()["items"]
    assert (listed["project"], listed["rate"]["amount"]) == ("Support intents", "0.0075")
    later = {"lane_id": books.lane_id, "amount": "0.008", "currency": "USD", "from_at": "2100-01-01T00:00:00Z"}
    assert manager.call("POST", "/rates", later).get_json()["amount"] == "0.008"
    assert manager.call("POST", "/rates", later | {"lane_id": "other"}).status_code == 404
    assert manager.call("POST", "/rates", later | {"amount": "0.00000001"}).status_code == 422
    assert door(Role.FINANCE).call("POST", "/rates", later).status_code == 403


def test_an_invoice_is_read_on_both_sides_and_paid_on_one(app: Flask, books: Books, door: Callable[..., Door]) -> None:
    with books.db.transaction(Scope.system("test")) as session:
        client_id = create_organization(session, system_actor("test"), kind="client", name="Acme").id
    invoice = books.run(
        lambda session: issue_invoice(
            session, system_actor("test"), client_org_id=client_id, vendor_org_id=books.org_id,
            project_id=books.project_id, cause_id=ids.new_id(), lines=[InvoiceLine("sw-KE", 1_000, 25_500)],
            currency="USD", memo={"project": "Intents"},
        ),
        Scope.system("test"),
    )  # fmt: skip
    vendor, client = door(Role.FINANCE).enter(), door(Role.CLIENT_ADMIN, client_id).enter()
    path = f"/invoices/{invoice.id}"
    for side in (vendor, client):
        assert "Invoice 1" in side.get("/invoices")
        assert "$25.50" in side.get(f"/invoices/{invoice.id}")
        assert side.call("GET", "/invoices").get_json()["items"][0]["total"] == "25.5"
    assert client.post(f"/invoices/{invoice.id}/paid", "/invoices").status_code == 403
    assert vendor.post(f"/invoices/{invoice.id}/paid", "/invoices").status_code == 303
    assert "Paid on" in client.get(f"/invoices/{invoice.id}")
    assert client.call("GET", path).get_json() == vendor.call("GET", path).get_json()
    assert client.call("POST", f"{path}/paid").status_code == 403
    assert vendor.call("POST", f"{path}/paid").status_code == 409
    other = Books(books.db)
    stranger = Door(app, other, Role.FINANCE, other.org_id, "Stranger").enter()
    assert stranger.client.get(f"/invoices/{invoice.id}").status_code == 404
    assert [stranger.call(*ask).status_code for ask in (("GET", path), ("POST", f"{path}/paid"))] == [404, 404]
    assert "No invoices yet" in stranger.get("/invoices")


def test_the_command_proves_the_books_and_fails_on_a_breach(app: Flask, books: Books) -> None:
    books.earn(books.worker(), 7_500)
    runner = app.test_cli_runner()
    sound = runner.invoke(args=["payouts", "verify"])
    assert sound.exit_code == 0
    assert all(line.startswith("ok ") for line in sound.output.splitlines())
    assert len(sound.output.splitlines()) == 11
    with books.system() as session:
        session.execute(update(LedgerAccount).where(LedgerAccount.kind == "payable").values(balance_micros=1))
    broken = runner.invoke(args=["payouts", "verify"])
    assert broken.exit_code == 1
    assert "BREACH balances_are_sums" in broken.output


def test_a_page_in_arabic_has_the_same_figures(amina: tuple[Door, Worker], books: Books) -> None:
    person, _worker = amina
    with books.system() as session:
        session.execute(update(Account).where(Account.id == person.account_id).values(locale="ar"))
    text = person.enter().get("/pay")
    assert 'dir="rtl"' in text
