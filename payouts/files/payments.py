"""The payments file: one line for each payment, always the same bytes for the same payments.

A bank reads it, so nothing in it is altered or escaped for a spreadsheet; a field that a bank would refuse has kept its
payment out of the run before.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from kernel.money import MICROS, minor_micros
from payouts.values import MethodKind

HEAD = ("end_to_end_id", "kind", "holder", "account", "bic", "amount", "currency", "remittance")


@dataclass(frozen=True)
class Payment:
    """One payment as the bank sees it. The end-to-end id is the payment's own, so that it never changes."""

    end_to_end_id: str
    kind: MethodKind
    holder: str
    account: str
    bic: str
    micros: int
    currency: str
    remittance: str


def write(payments: Iterable[Payment]) -> bytes:
    """The file, in ASCII with CRLF (RFC 4180); raises ValueError for what is not in whole minor units."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for payment in sorted(payments, key=lambda one: one.end_to_end_id):
        writer.writerow(
            (
                payment.end_to_end_id, payment.kind.value, payment.holder, payment.account, payment.bic,
                amount_text(payment.micros, payment.currency), payment.currency, payment.remittance,
            )
        )  # fmt: skip
    return text.getvalue().encode("ascii")


def sha256(content: bytes) -> str:
    """The hash by which the two people who sign a run know the file."""
    return hashlib.sha256(content).hexdigest()


def amount_text(micros: int, currency: str) -> str:
    """`12.50` in USD, `1250` in JPY, `1.250` in KWD."""
    minor = minor_micros(currency)
    if micros % minor:
        raise ValueError(f"{micros} is not in whole minor units of {currency}")
    digits = len(str(MICROS // minor)) - 1
    return f"{Decimal(micros) / MICROS:.{digits}f}"
