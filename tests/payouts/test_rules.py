"""Rules of money on plain values: what is covered, where money may go, what a file looks like."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import sheets
from kernel.money import payable_part
from payouts.files.payments import Payment, amount_text, sha256, write
from payouts.rules.destinations import faults, kept, typed
from payouts.rules.payments import Candidate, covered, leave_out
from payouts.values import METHOD_HOLD, LeftOut, MethodKind

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SEVEN = tuple((f"e{number}", 7_500) for number in range(7))


@pytest.mark.parametrize(
    ("owed", "paid", "expected"),
    [
        (52_500, 50_000, 6),  # six units are 0.045, the seventh would end at 0.0525
        (52_500, 52_500, 7),
        (52_500, 0, 0),
        (52_500, 7_499, 0),
        (52_500, 7_500, 1),
        (47_500, 40_000, 6),  # 0.005 was paid in advance of the first: 0.04 + 0.005 = 0.045 ends the sixth
    ],
)
def test_a_payment_covers_the_oldest_earnings_wholly(owed: int, paid: int, expected: int) -> None:
    assert covered(SEVEN, owed, paid) == [f"e{number}" for number in range(expected)]


@given(st.lists(st.lists(st.integers(1, 40_000), max_size=8), min_size=1, max_size=6))
def test_runs_after_runs_cover_every_earning_once_and_owe_less_than_a_cent_of_it(weeks: list[list[int]]) -> None:
    waiting: list[tuple[str, int]] = []
    balance, paid_out, covered_sum, number = 0, 0, 0, 0
    for week in weeks:
        for micros in week:
            waiting.append((str(number), micros))
            balance, number = balance + micros, number + 1
        paid = payable_part(balance, "USD")
        done = covered(waiting, balance, paid)
        assert done == [name for name, _micros in waiting[: len(done)]]
        covered_sum += sum(micros for _name, micros in waiting[: len(done)])
        waiting, balance, paid_out = waiting[len(done) :], balance - paid, paid_out + paid
        open_sum = sum(micros for _name, micros in waiting)
        assert 0 <= balance < 10_000
        assert covered_sum <= paid_out
        assert balance == open_sum - (paid_out - covered_sum)


@pytest.mark.parametrize(
    ("owed", "changed", "bad", "expected"),
    [
        (1_000_000, NOW - METHOD_HOLD, False, None),
        (1_000_000, NOW - METHOD_HOLD + timedelta(seconds=1), False, LeftOut.METHOD_CHANGED),
        (1_000_000, None, False, LeftOut.NO_METHOD),
        (1_000_000, NOW - METHOD_HOLD, True, LeftOut.BAD_FIELD),
        (499_999, NOW - METHOD_HOLD, False, LeftOut.BELOW_THRESHOLD),
        (500_000, NOW - METHOD_HOLD, False, None),
    ],
)
def test_who_is_left_out_and_why(owed: int, changed: datetime | None, bad: bool, expected: LeftOut | None) -> None:
    assert leave_out(Candidate("a", owed, (), changed, bad), "USD", 500_000, NOW) is expected


def test_less_than_a_minor_unit_is_never_a_payment() -> None:
    candidate = Candidate("a", 999_999, (), NOW - METHOD_HOLD)
    assert leave_out(candidate, "JPY", 0, NOW) is LeftOut.BELOW_THRESHOLD
    assert leave_out(candidate, "USD", 0, NOW) is None


@pytest.mark.parametrize(
    ("kind", "holder", "account", "bic", "expected"),
    [
        ("bank", "Ana Lopez", "DE89 3704 0044 0532 0130 00", "", set()),
        ("bank", "Ana Lopez", "DE88 3704 0044 0532 0130 00", "", {"account"}),  # a wrong check digit
        ("bank", "Ana Lopez", "0011-2233", "KCBLKENX", set()),
        ("bank", "Ana Lopez", "00112233", "", {"bic"}),
        ("bank", "Ana Lopez", "00112233", "KCB", {"bic"}),
        ("bank", "José", "DE89370400440532013000", "", {"holder"}),
        ("bank", "", "", "", {"holder", "account", "bic"}),
        ("bank", "/Ana", "DE89370400440532013000", "", {"holder"}),
        ("bank", "Ana // Co", "DE89370400440532013000", "", {"holder"}),
        ("bank", "A" * 71, "DE89370400440532013000", "", {"holder"}),
        ("bank", "=cmd", "DE89370400440532013000", "", {"holder"}),
        ("mobile", "Amina Wekesa", "+254 (712) 345-678", "", set()),
        ("mobile", "Amina Wekesa", "0712345678", "", {"account"}),
        ("mobile", "Amina\nWekesa", "+254712345678", "", set()),  # the break is a space like any other
    ],
)
def test_a_field_that_a_bank_would_refuse_is_told_and_not_mended(
    kind: str, holder: str, account: str, bic: str, expected: set[str]
) -> None:
    assert set(faults(typed(MethodKind(kind), holder, account, bic))) == expected


def test_a_destination_comes_back_as_it_was_kept_and_shows_only_its_end() -> None:
    bank = typed(MethodKind.BANK, " Ana  Lopez ", "de89 3704 0044 0532 0130 00")
    phone = typed(MethodKind.MOBILE, "Amina", "+254 712 345 678")
    assert kept("bank", bank.holder, bank.details()) == bank
    assert (bank.holder, bank.mask, phone.mask) == ("Ana Lopez", "…3000", "…678")
    assert set(faults(kept("bank", None, "not json"))) == {"holder", "account", "bic"}
    assert set(faults(kept("mobile", "Amina", "[]"))) == {"account"}


@pytest.mark.parametrize(
    ("micros", "currency", "expected"),
    [
        (12_500_000, "USD", "12.50"),
        (1_250_000_000, "JPY", "1250"),
        (1_250_000, "KWD", "1.250"),
        (10_000, "USD", "0.01"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(micros: int, currency: str, expected: str) -> None:
    assert amount_text(micros, currency) == expected


def test_an_amount_that_no_bank_can_pay_is_refused() -> None:
    with pytest.raises(ValueError, match="minor units"):
        amount_text(7_500, "USD")


def test_the_order_in_which_payments_come_does_not_change_the_file() -> None:
    payments = [
        Payment(name, MethodKind.BANK, "Lopez, Ana", "DE89370400440532013000", "", 10_000, "USD", "Pay 1")
        for name in ("B", "A", "C")
    ]
    assert write(payments) == write(payments[::-1])
    assert write(payments).splitlines()[1] == b'A,bank,"Lopez, Ana",DE89370400440532013000,,0.01,USD,Pay 1'
    assert len(sha256(write(payments))) == 64


@pytest.mark.parametrize("start", list("=+-@\t\r＝＋－＠"))
def test_no_text_in_a_sheet_becomes_a_formula(start: str) -> None:
    assert sheets.safe(f"{start}1+1") == f"'{start}1+1"
    assert sheets.safe(-5) == -5
    assert sheets.write(["What"], [["=1"], [-1]]).decode("utf-8-sig") == "What\r\n'=1\r\n-1\r\n"
