"""Decision receipts and appeals as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from i18n import Message


class ReceiptKind(StrEnum):
    """What was decided to a person's disadvantage."""

    NOT_ADMITTED = "not_admitted"
    LANGUAGE_REJECTED = "language_rejected"
    TEST_FAILED = "test_failed"
    LANE_PAUSED = "lane_paused"
    LANE_WARNED = "lane_warned"
    PAUSED = "paused"
    WORK_REJECTED = "work_rejected"
    REMOVED = "removed"
    CLEARANCE_LOWERED = "clearance_lowered"
    DOCUMENT_REFUSED = "document_refused"
    DISPUTE_REJECTED = "dispute_rejected"
    RESTORED = "restored"  # to the person's advantage: what a wrong right answer had taken is given back


class ReceiptState(StrEnum):
    """Whether the decision holds."""

    IN_FORCE = "in_force"
    APPEALED = "appealed"
    OVERTURNED = "overturned"
    ENDED = "ended"


# Instead of words of a person: the appeal was answered by a correction of what the decision had rested on.
ANSWERED_BY_CORRECTION = "corrected"


class Outcome(StrEnum):
    """The answer to an appeal: the decision stands, or it is undone."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True)
class ReceiptView:
    """A decision with its reasons, to be rendered in the reader's language. It does not say which person decided."""

    id: str
    annotator_id: str
    kind: ReceiptKind
    rule: str
    rule_version: str
    what: Message
    why: Message
    way_back: Message
    figure: Mapping[str, Any]  # value, low, high, limit, n; empty where no figure decided
    evidence: tuple[Mapping[str, Any], ...]
    cause_kind: str
    cause_id: str
    lane_id: str | None
    until_at: datetime | None
    ended_at: datetime | None  # when it was over, be it while an appeal waited
    decided_at: datetime
    decided_by_rule: bool
    state: ReceiptState
    appeal: "AppealView | None"


@dataclass(frozen=True)
class AppealView:
    """A person's objection, and the answer once there is one."""

    id: str
    receipt_id: str
    text: str
    opened_at: datetime
    due_at: datetime
    decided_at: datetime | None
    outcome: Outcome | None
    answer: str | None
    held_at: datetime | None  # since when the decision is on hold, as no answer came by its day


@dataclass(frozen=True)
class AppealRow:
    """A line of the list of appeals: about whom (as a pseudonym), about what, until when."""

    appeal: AppealView
    pseudonym: str
    kind: ReceiptKind
    what: Message


@dataclass(frozen=True)
class AppealDecision:
    """What was decided about an appeal, for those who undo what the decision caused."""

    appeal_id: str
    receipt_id: str
    org_id: str
    kind: ReceiptKind
    cause_kind: str
    cause_id: str
    annotator_id: str
    lane_id: str | None
    outcome: Outcome
    is_put_back: bool = False  # it was on hold, was right, and is not over: it holds again
