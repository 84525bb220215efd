"""Standing: from where to where it may change, which changes are adverse, and who may apply once more."""

from datetime import datetime, timedelta

from i18n import _
from kernel.errors import Invalid
from workforce.values import ReceiptKind, Standing

REAPPLY_AFTER = timedelta(days=30)
LONGEST_PAUSE = timedelta(days=366)

# The changes that a vendor makes by hand; admission and decline have acts of their own.
_CHANGES: dict[Standing, frozenset[Standing]] = {
    Standing.ACTIVE: frozenset({Standing.PAUSED, Standing.SUSPENDED, Standing.LEFT}),
    Standing.PAUSED: frozenset({Standing.ACTIVE, Standing.SUSPENDED, Standing.LEFT}),
    Standing.SUSPENDED: frozenset({Standing.ACTIVE, Standing.LEFT}),
    Standing.LEFT: frozenset({Standing.ACTIVE}),
    Standing.APPLIED: frozenset({Standing.LEFT}),
    Standing.DECLINED: frozenset(),
}
_CAUSED = {
    ReceiptKind.NOT_ADMITTED: Standing.DECLINED, ReceiptKind.PAUSED: Standing.PAUSED,
    ReceiptKind.REMOVED: Standing.SUSPENDED,
}  # fmt: skip
_ADVERSE = {Standing.PAUSED: ReceiptKind.PAUSED, Standing.SUSPENDED: ReceiptKind.REMOVED}


def may_change(before: Standing, after: Standing) -> bool:
    """Whether a standing may follow on another."""
    return after in _CHANGES[before]


def clean_end(after: Standing, until_at: datetime | None, now: datetime) -> datetime | None:
    """Until when a change by hand holds: a pause may say so, nothing else ends by itself; raises Invalid."""
    if until_at is None:
        return None
    fault = None
    if after is not Standing.PAUSED:
        fault = _("Only a pause ends by itself.")
    elif until_at <= now:
        fault = _("Choose a day that is not over yet.")
    elif until_at > now + LONGEST_PAUSE + timedelta(days=1):  # the last day counts to its end, where the reader is
        fault = _("A pause that ends by itself lasts %(days)s days at most.", days=LONGEST_PAUSE.days)
    if fault is not None:
        raise Invalid("standing.until", fault, {"until": fault})
    return until_at


def next_standings(before: Standing) -> tuple[Standing, ...]:
    """What a form offers."""
    return tuple(standing for standing in Standing if may_change(before, standing))


def receipt_kind_of(after: Standing) -> ReceiptKind | None:
    """The kind of receipt that a change to this standing must write; None where it is not adverse."""
    return _ADVERSE.get(after)


def is_own_choice(after: Standing) -> bool:
    """Whether people may make this change for themselves."""
    return after is Standing.LEFT


def may_apply_again(status: Standing, changed_at: datetime, now: datetime) -> bool:
    """Whether somebody who has a profile may apply once more."""
    if status is Standing.LEFT:
        return True
    return status is Standing.DECLINED and now >= changed_at + REAPPLY_AFTER


def caused_by(kind: ReceiptKind) -> Standing | None:
    """The standing that a decision of this kind puts somebody in; None where it is about something else."""
    return _CAUSED.get(kind)


def restored(kind: ReceiptKind) -> Standing | None:
    """The standing that an overturned decision gives back; None where it was about something else."""
    if kind is ReceiptKind.NOT_ADMITTED:
        return Standing.APPLIED
    return Standing.ACTIVE if kind in (ReceiptKind.PAUSED, ReceiptKind.REMOVED) else None
