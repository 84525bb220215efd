"""Words for states and reasons, and with which badge they are shown; shared by the pages and the statement's file."""

from i18n import Message, _
from payouts.values import Code, EarningState, LeftOut, LineState, MethodKind, RunState

Badge = tuple[Message, str]

EARNING: dict[EarningState, Badge] = {
    EarningState.PENDING: (_("Waiting"), "wait"),
    EarningState.APPROVED: (_("Approved"), "good"),
    EarningState.REJECTED: (_("Refused"), "bad"),
    EarningState.PAID: (_("Paid"), "act"),
}

RUN: dict[RunState, Badge] = {
    RunState.DRAFT: (_("Waits for a second person"), "wait"),
    RunState.APPROVED: (_("Approved"), "good"),
    RunState.EXPORTED: (_("Sent to the bank"), "wait"),
    RunState.SETTLED: (_("Paid"), "act"),
    RunState.CANCELLED: (_("Sent back"), "plain"),
}

LINE: dict[LineState, Badge] = {
    LineState.OPEN: (_("On its way"), "wait"),
    LineState.SETTLED: (_("Paid"), "act"),
    LineState.FAILED: (_("Came back"), "bad"),
    LineState.CANCELLED: (_("Sent back"), "plain"),
}

# A payment of a run that has not left yet is on its way nowhere.
NOT_SENT: dict[RunState, Badge] = {
    RunState.DRAFT: (_("Not approved yet"), "wait"),
    RunState.APPROVED: (_("Not sent yet"), "wait"),
}


def line_told(state: LineState, run: RunState) -> Badge:
    """How a payment stands, which its run says as long as the payment itself is open."""
    return NOT_SENT.get(run, LINE[state]) if state is LineState.OPEN else LINE[state]


LEFT_OUT: dict[LeftOut, Message] = {
    LeftOut.BELOW_THRESHOLD: _("Under the threshold; it rolls forward"),
    LeftOut.NO_METHOD: _("Has not said yet where to be paid"),
    LeftOut.METHOD_CHANGED: _("Changed the payout method within the last 72 hours"),
    LeftOut.BAD_FIELD: _("A bank would refuse the name or the number"),
}

METHOD: dict[MethodKind, Message] = {
    MethodKind.BANK: _("Bank account"),
    MethodKind.MOBILE: _("Mobile money"),
}

MOVEMENT: dict[Code, Message] = {
    Code.EARNED: _("Accepted units"),
    Code.REVERSED: _("Refused units, with receipts"),
    Code.RESTORED: _("Units given back by an appeal"),
    Code.LOCKED: _("Payment"),
    Code.RELEASED: _("Payment sent back before it left"),
    Code.FAILED: _("Payment that the bank refused"),
    Code.RETURNED: _("Payment that came back"),
}

# Where a run stands among the steps of its page; one that was sent back shows none as done.
STEPS: tuple[Message, ...] = (_("Made"), _("Approved"), _("Sent"), _("Paid"))
STEP_OF: dict[RunState, int] = {
    RunState.DRAFT: 1, RunState.APPROVED: 2, RunState.EXPORTED: 3, RunState.SETTLED: 4, RunState.CANCELLED: 0,
}  # fmt: skip
