"""What of a decision's evidence may be shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from workforce.values import ReceiptKind

_NAMED = (
    ReceiptKind.WORK_REJECTED, ReceiptKind.NOT_ADMITTED, ReceiptKind.PAUSED, ReceiptKind.REMOVED,
    ReceiptKind.LANGUAGE_REJECTED,
)  # fmt: skip


def shown_evidence(kind: str, evidence: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The pieces as they are told to the person and their vendor.

    Answers that were checked in secret are a number: whoever answers is told the id of each answer, so that an id here
    would tell which of the units were checks. An answer that a reviewer refused is named; its own page shows it. What
    a person of the vendor named is shown as it was named: they do not know which units are checks either.
    """
    if kind in _NAMED:
        return tuple(evidence)
    others = tuple(item for item in evidence if item["kind"] != "judgment")
    checked = len(evidence) - len(others)
    return (({"kind": "judgment", "count": checked},) if checked else ()) + others
