"""Values of money: accounts of the books, codes of entries, states, and what queries and operations return."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kernel.money import payable_part


class Kind(StrEnum):
    """What an account of the books stands for."""

    WAGES = "wages"  # what work has cost the vendor
    PAYABLE = "payable"  # what the vendor owes a person
    CLEARING = "clearing"  # what is on its way to a person
    BANK = "bank"  # money that left, or came in
    RECEIVABLE = "receivable"  # what a client owes the vendor
    REVENUE = "revenue"


# Accounts of persons carry a running balance, which is never negative. The others are summed when somebody asks, so
# that a thousand approvals at once do not wait for one row.
PERSONAL = frozenset({Kind.PAYABLE, Kind.CLEARING})


class Code(StrEnum):
    """Why money moved. A cause moves it at most once under each code."""

    EARNED = "earned"  # wages → payable: a unit was accepted
    REVERSED = "reversed"  # payable → wages: an accepted unit was rejected, with a receipt
    RESTORED = "restored"  # wages → payable: that rejection was overturned
    LOCKED = "locked"  # payable → clearing: a payment was put into a run
    RELEASED = "released"  # clearing → payable: the run was sent back before it left
    SETTLED = "settled"  # clearing → bank: the bank has paid
    FAILED = "failed"  # clearing → payable: the bank has refused
    RETURNED = "returned"  # bank → payable: the money came back after it was paid
    INVOICED = "invoiced"  # receivable → revenue
    RECEIVED = "received"  # bank → receivable


UNIT, PAYOUT_LINE, INVOICE = "unit", "payout_line", "invoice"  # kinds of causes


@dataclass(frozen=True, order=True)
class Book:
    """An account of a vendor's books, named rather than numbered; with a currency it is one row."""

    org_id: str
    kind: Kind
    holder_id: str = ""


@dataclass(frozen=True)
class Entry:
    """One movement: debit one account, credit another."""

    cause: tuple[str, str]
    code: Code
    debit: Book
    credit: Book
    micros: int
    currency: str
    memo: dict[str, Any]
    reason: str = ""
    reverses_id: str | None = None


class EarningState(StrEnum):
    """From the answer to the money: pending, approved by acceptance or by silence, paid; or rejected."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAID = "paid"


class RunState(StrEnum):
    """A draft holds its money already (it is locked); only a second person sends it on."""

    DRAFT = "draft"
    APPROVED = "approved"
    EXPORTED = "exported"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class LineState(StrEnum):
    """What became of one payment."""

    OPEN = "open"
    SETTLED = "settled"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LeftOut(StrEnum):
    """Why a person with a balance is not in a run."""

    BELOW_THRESHOLD = "below_threshold"
    NO_METHOD = "no_method"
    METHOD_CHANGED = "method_changed"
    BAD_FIELD = "bad_field"


METHOD_HOLD = timedelta(hours=72)
INVOICE_DUE = timedelta(days=30)


class MethodKind(StrEnum):
    """How a person is paid."""

    BANK = "bank"
    MOBILE = "mobile"


@dataclass(frozen=True)
class LaneLabel:
    """A lane as pages of money name it."""

    lane_id: str
    project_id: str
    project: str
    locale: str
    currency: str
    price_micros: int | None = None
    overlap: int = 1  # answers to each unit, each of which earns the rate


@dataclass(frozen=True)
class RateView:
    """What a unit of a lane earns, from a date on."""

    id: str
    lane_id: str
    micros: int
    currency: str
    from_at: datetime
    set_by: str | None


@dataclass(frozen=True)
class EarningView:
    """One person's pay for one unit."""

    id: str
    org_id: str
    judgment_id: str
    annotator_id: str
    lane_id: str
    project_id: str
    micros: int
    currency: str
    state: EarningState
    memo: dict[str, Any]
    earned_at: datetime
    due_at: datetime
    approved_at: datetime | None
    paid_at: datetime | None
    receipt_id: str | None
    payout_line_id: str | None


@dataclass(frozen=True)
class Approved:
    """What an approval did: how many earnings became owed, and how much in each currency."""

    count: int
    totals: dict[str, int]


@dataclass(frozen=True)
class Part:
    """Units at one rate in one lane: what an amount is made of."""

    lane_id: str
    rate_micros: int
    units: int
    micros: int
    memo: dict[str, Any]


@dataclass(frozen=True)
class Balance:
    """How a person stands in one currency."""

    currency: str
    owed_micros: int  # approved, and not in a run
    on_the_way_micros: int  # in a run that was sent and is not settled yet
    pending_micros: int
    pending_units: int
    prepared_micros: int = 0  # in a run that was not sent yet: it may still be sent back
    parts: tuple[Part, ...] = ()  # what is approved and not wholly paid
    waiting: tuple[Part, ...] = ()

    @property
    def payable_micros(self) -> int:
        """What the next run would pay: whole minor units."""
        return payable_part(self.owed_micros, self.currency)

    @property
    def rest_micros(self) -> int:
        """What stays because no payment can carry it."""
        return self.owed_micros - self.payable_micros

    @property
    def in_advance_micros(self) -> int:
        """What earlier payments already covered of the oldest unit that is not wholly paid."""
        return sum(part.micros for part in self.parts) - self.owed_micros


@dataclass(frozen=True)
class MethodView:
    """A payout method as it may be shown: masked."""

    id: str
    annotator_id: str
    kind: MethodKind
    mask: str
    changed_at: datetime

    @property
    def holds_until(self) -> datetime:
        """Runs leave the person out until then."""
        return self.changed_at + METHOD_HOLD


@dataclass(frozen=True)
class Excluded:
    """Somebody with a balance whom a run left out."""

    annotator_id: str
    name: str
    micros: int
    why: LeftOut


@dataclass(frozen=True)
class LineView:
    """One payment of a run."""

    id: str
    run_id: str
    annotator_id: str
    name: str
    kind: MethodKind
    mask: str
    micros: int
    currency: str
    earnings: int
    state: LineState
    reason: str


@dataclass(frozen=True)
class RunView:
    """A payout run with what an approver signs: total, number of payments, hash of the file."""

    id: str
    number: int
    currency: str
    state: RunState
    cutoff_at: datetime
    threshold_micros: int
    lines: int
    total_micros: int
    file_sha256: str
    file_name: str
    prepared_by: str
    prepared_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    exported_at: datetime | None
    settled_at: datetime | None
    left_out: tuple[Excluded, ...] = ()


@dataclass(frozen=True)
class PayoutFile:
    """The file for the bank, always the same bytes for the same run."""

    name: str
    content: bytes
    sha256: str


@dataclass(frozen=True)
class InvoiceLine:
    """Units of one locale at one price."""

    locale: str
    units: int
    price_micros: int

    @property
    def micros(self) -> int:
        return self.units * self.price_micros


@dataclass(frozen=True)
class InvoiceView:
    """What a client owes a vendor for a release."""

    id: str
    number: int
    client_org_id: str
    vendor_org_id: str
    client_name: str
    vendor_name: str
    project_id: str
    cause_id: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    total_micros: int
    memo: dict[str, Any]
    issued_at: datetime
    due_at: datetime
    paid_at: datetime | None

    @property
    def rounding_micros(self) -> int:
        """What was left off so that the total is in whole minor units; never positive."""
        return self.total_micros - sum(line.micros for line in self.lines)


@dataclass(frozen=True)
class Movement:
    """One line of a statement."""

    code: Code
    at: datetime
    micros: int  # added, or taken when negative
    units: int
    rate_micros: int | None
    memo: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True)
class CurrencyStatement:
    """A month of one person's account: what was there, what was added and taken, what is left."""

    currency: str
    opening_micros: int
    movements: tuple[Movement, ...]
    closing_micros: int


@dataclass(frozen=True)
class Statement:
    """A month by the clocks of a zone, by currency."""

    annotator_id: str
    name: str
    month: str
    from_at: datetime
    until_at: datetime
    books: tuple[CurrencyStatement, ...] = field(default=())
    zone: str = "UTC"
