"""Payments: who is in a run, how much leaves, and which earnings a payment covers.

The rule of covering: earnings are paid in the order in which they were earned, oldest first, each wholly or not at all.
A payment is in whole minor units, so it may end inside an earning; that earning stays open, and what was paid of it
counts towards it in the next run. So a person's balance is always the open earnings less that part, "paid" means paid
to the last micro-unit, and no unit is ever paid twice. Seven units at $0.0075 are $0.0525: the payment is $0.05, six
units ($0.045) are paid, $0.005 is in advance of the seventh, and the balance of $0.0025 is what the seventh still gets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.money import payable_part
from payouts.values import METHOD_HOLD, LeftOut


@dataclass(frozen=True)
class Candidate:
    """A person with a balance: what is owed up to the cut-off, the earnings that are open, and how they are paid."""

    annotator_id: str
    owed_micros: int
    open_earnings: tuple[tuple[str, int], ...]  # (id, micros), oldest first
    method_changed_at: datetime | None
    has_faults: bool = False


def leave_out(candidate: Candidate, currency: str, threshold_micros: int, now: datetime) -> LeftOut | None:
    """Why this person stays for a later run; None when they are paid in this one."""
    amount = payable_part(candidate.owed_micros, currency)
    if amount == 0 or candidate.owed_micros < threshold_micros:
        return LeftOut.BELOW_THRESHOLD
    if candidate.method_changed_at is None:
        return LeftOut.NO_METHOD
    if now < candidate.method_changed_at + METHOD_HOLD:
        return LeftOut.METHOD_CHANGED
    return LeftOut.BAD_FIELD if candidate.has_faults else None


def covered(open_earnings: Sequence[tuple[str, int]], owed_micros: int, paid_micros: int) -> list[str]:
    """The earnings that a payment covers wholly: oldest first, up to the first whose end it does not reach."""
    in_advance = sum(micros for _id, micros in open_earnings) - owed_micros
    left = paid_micros + in_advance
    found: list[str] = []
    for earning_id, micros in open_earnings:
        left -= micros
        if left < 0:
            break
        found.append(earning_id)
    return found
