"""Tables of money. The books belong to a vendor; an invoice is shared with the client it is for."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.crypto import Sealed
from kernel.db import Base, Id, Identified, Micros, Owned, Shared, within


class Rate(Identified, Owned, Base):
    """What an annotator earns for a unit of a lane, from a date on. Never changed: a new one follows."""

    __tablename__ = "rate"
    __table_args__ = (
        Index("ix_rate_lane", "org_id", "lane_id", "from_at"),
        CheckConstraint("micros > 0", name="rate_is_positive"),
    )
    lane_id: Mapped[str] = mapped_column(Id)
    micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
    from_at: Mapped[datetime]
    set_by: Mapped[str | None] = mapped_column(Id)


class LedgerAccount(Identified, Owned, Base):
    """One account of a vendor's books, in one currency. Only accounts of persons carry a running balance."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "kind", "holder_id", "currency", name="uq_ledger_account"),
    )
    kind: Mapped[str] = mapped_column(String(20))  # wages, payable, clearing, bank, receivable, revenue
    holder_id: Mapped[str] = mapped_column(Id, default="")  # an annotator, a client, or nobody
    currency: Mapped[str] = mapped_column(String(3))
    balance_micros: Mapped[int | None] = mapped_column(Micros)  # credits minus debits, of a person's account


class Transfer(Identified, Owned, Base):
    """An entry with exactly two postings: debit one account, credit another. Append-only; a mistake is reversed."""

    __tablename__ = "transfer"
    __table_args__ = (
        UniqueConstraint("org_id", "cause_kind", "cause_id", "code", name="uq_transfer_once_per_cause"),
        Index("ix_transfer_debit", "org_id", "debit_id", "at"),
        Index("ix_transfer_credit", "org_id", "credit_id", "at"),
        within("ledger_account", "debit_id"),
        within("ledger_account", "credit_id"),
        CheckConstraint("micros > 0", name="amount_is_positive"),
        CheckConstraint("debit_id <> credit_id", name="accounts_differ"),
    )
    debit_id: Mapped[str] = mapped_column(Id)
    credit_id: Mapped[str] = mapped_column(Id)
    micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
    code: Mapped[str] = mapped_column(String(20))  # values.Code
    cause_kind: Mapped[str] = mapped_column(String(20))  # unit, payout_line, invoice
    cause_id: Mapped[str] = mapped_column(String(64))
    reverses_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text, default="")
    memo: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Earning(Identified, Owned, Base):
    """One person's pay for one unit, from pending to paid."""

    __tablename__ = "earning"
    __table_args__ = (
        UniqueConstraint("org_id", "cause_kind", "cause_id", name="uq_earning_once_per_cause"),
        Index("ix_earning_annotator", "org_id", "annotator_id", "earned_at"),
        Index("ix_earning_due", "org_id", "state", "due_at"),
        Index("ix_earning_of_lane", "lane_id", "state"),
        Index("ix_earning_state", "org_id", "state", "annotator_id", "earned_at"),
        Index("ix_earning_line", "org_id", "payout_line_id"),
        Index("ix_earning_cause", "cause_id"),  # the system looks judgments up without naming their vendor
        within("annotator", "annotator_id"),
        within("payout_line", "payout_line_id"),
        CheckConstraint("state IN ('pending', 'approved', 'rejected', 'paid')", name="state_is_known"),
        CheckConstraint("micros > 0", name="amount_is_positive"),
        CheckConstraint("state <> 'rejected' OR receipt_id IS NOT NULL", name="rejected_has_receipt"),
        CheckConstraint("state <> 'paid' OR payout_line_id IS NOT NULL", name="paid_has_payment"),
        CheckConstraint(
            "payout_line_id IS NULL OR state IN ('approved', 'paid')", name="only_approved_is_in_a_payment"
        ),
    )
    annotator_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    lane_id: Mapped[str] = mapped_column(Id)
    project_id: Mapped[str] = mapped_column(Id)
    cause_kind: Mapped[str] = mapped_column(String(20))  # unit
    cause_id: Mapped[str] = mapped_column(Id)  # the judgment
    micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    memo: Mapped[dict[str, Any]]  # project and locale as they were called then
    earned_at: Mapped[datetime]
    due_at: Mapped[datetime]  # silence until then approves
    approved_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    receipt_id: Mapped[str | None] = mapped_column(Id)
    payout_line_id: Mapped[str | None] = mapped_column(Id)  # the payment that covers it wholly


class PayoutMethod(Identified, Owned, Base):
    """Where a person wants to be paid. Details are sealed; the mask is what pages show."""

    __tablename__ = "payout_method"
    __table_args__ = (
        UniqueConstraint("org_id", "annotator_id", name="uq_payout_method_once"),
        within("annotator", "annotator_id"),
    )
    annotator_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))  # bank, mobile
    holder_sealed: Mapped[str | None] = mapped_column(Text)
    details_sealed: Mapped[str | None] = mapped_column(Text)
    mask: Mapped[str] = mapped_column(String(40))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str | None] = mapped_column(Id)

    holder = Sealed("holder_sealed")
    details = Sealed("details_sealed")


class PayoutRun(Identified, Owned, Base):
    """A set of payments, made by one person and approved by another."""

    __tablename__ = "payout_run"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "number", name="uq_payout_run_number"),
        CheckConstraint("approved_by IS NULL OR approved_by <> prepared_by", name="two_people"),
        CheckConstraint("state IN ('draft', 'approved', 'exported', 'settled', 'cancelled')", name="state_is_known"),
    )
    number: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(10))
    cutoff_at: Mapped[datetime]
    threshold_micros: Mapped[int] = mapped_column(Micros, default=0)
    left_out: Mapped[list[Any]]  # [{"annotator_id", "micros", "why"}]: who stays for a later run, and why
    lines: Mapped[int]
    total_micros: Mapped[int] = mapped_column(Micros)
    prepared_by: Mapped[str] = mapped_column(Id)
    prepared_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None]
    exported_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    file_name: Mapped[str | None] = mapped_column(String(80))
    file_sha256: Mapped[str | None] = mapped_column(String(64))


class PayoutLine(Identified, Owned, Base):
    """One payment of a run."""

    __tablename__ = "payout_line"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        UniqueConstraint("org_id", "run_id", "annotator_id", name="uq_payout_line_once"),
        Index("ix_payout_line_annotator", "org_id", "annotator_id"),
        Index("ix_payout_line_of_run", "org_id", "run_id", "id"),
        within("payout_run", "run_id"),
        within("annotator", "annotator_id"),
        CheckConstraint("micros > 0", name="amount_is_positive"),
        CheckConstraint("state IN ('open', 'settled', 'failed', 'cancelled')", name="state_is_known"),
    )
    run_id: Mapped[str] = mapped_column(Id)
    annotator_id: Mapped[str] = mapped_column(Id)
    micros: Mapped[int] = mapped_column(Micros)
    currency: Mapped[str] = mapped_column(String(3))
    earnings: Mapped[int]
    # Where the money goes, as it stood when the run was made: a later change cannot touch a run that is locked.
    kind: Mapped[str] = mapped_column(String(20))
    holder_sealed: Mapped[str | None] = mapped_column(Text)
    details_sealed: Mapped[str | None] = mapped_column(Text)
    mask: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10), default="open")
    reason: Mapped[str] = mapped_column(Text, default="")

    holder = Sealed("holder_sealed")
    details = Sealed("details_sealed")


class Invoice(Identified, Shared, Base):
    """What a client owes for a release: units and prices, numbered without gaps by vendor."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("vendor_org_id", "number", name="uq_invoice_number"),
        UniqueConstraint("org_id", "cause_kind", "cause_id", name="uq_invoice_once_per_cause"),
    )
    number: Mapped[int]
    cause_kind: Mapped[str] = mapped_column(String(20))  # release
    cause_id: Mapped[str] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(String(3))
    lines: Mapped[list[Any]]  # [{"locale", "units", "price_micros", "micros"}]
    total_micros: Mapped[int] = mapped_column(Micros)
    memo: Mapped[dict[str, Any]]
    issued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
