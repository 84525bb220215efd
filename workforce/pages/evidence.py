"""Words of receipts: what a rule is called, and what each piece of evidence is, with the way to it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from i18n import Message, _, ngettext
from workforce.values import ReceiptKind, ReceiptView

RULES: dict[str, Message] = {
    "accuracy_gate": _("Accuracy of checked answers"),
    "behaviour_review": _("Review of a signal by a person"),
    "gold_dispute": _("Objections to right answers"),
    "admission": _("Admission of applicants"),
    "clearance": _("Clearance and proof of identity"),
    "document": _("Documents that people hand in"),
    "language_check": _("Check by natives"),
    "language-evidence": _("Proof of a language"),
    "late_appeal": _("Appeals that nobody answered by their day"),
    "qualification_revoked": _("Who works in a language of a project"),
    "qualification_test": _("Test for a language of a project"),
    "review": _("Review of answers"),
    "standing": _("Standing with the vendor"),
}
# Decisions that a person of the vendor makes by hand: what they rest on is what that person named.
BY_HAND = ("admission", "language-evidence", "standing")
IDS_SHOWN = 50


@dataclass(frozen=True)
class Evidence:
    """The pieces of one kind that a decision rests on; a single one may have an address where it is met again. `losses`
    say what of them is not kept any more."""

    told: Message | str
    ids: tuple[str, ...]
    address: str | None
    losses: tuple[Message, ...] = ()


def rule_told(receipt: ReceiptView) -> Message | str:
    """The name of the rule that decided; a rule without one is shown by its code."""
    return RULES.get(receipt.rule, receipt.rule)


def rests_on_reason(receipt: ReceiptView) -> bool:
    """Whether whoever decided by hand named nothing that the decision rests on."""
    return receipt.rule in BY_HAND and not receipt.evidence and not receipt.decided_by_rule


def is_left_open(receipt: ReceiptView) -> bool:
    """Whether natives decided on a figure whose interval holds the limit, as they could by the first version."""
    figure = receipt.figure
    if receipt.rule != "language_check" or not {"low", "high", "limit"} <= figure.keys():
        return False
    return float(figure["low"]) <= float(figure["limit"]) <= float(figure["high"])


def decider_told(receipt: ReceiptView) -> Message:
    """Who decided, as far as the person is told."""
    if receipt.decided_by_rule:
        return _("The rule, by itself.")
    if receipt.cause_kind == "dispute":
        return _("A person of the client, who had not set the right answer.")
    return _("A person of your vendor.")


def evidence_told(
    receipt: ReceiptView, links: Mapping[str, str], losses: Mapping[str, Message] | None = None
) -> list[Evidence]:
    """What the decision rests on, kind by kind in the order given, and what of it is not kept any more."""
    gone = losses or {}
    by_kind: dict[str, list[str]] = {}
    counts: Counter[str] = Counter()
    for item in receipt.evidence:
        kind = str(item["kind"])
        by_kind.setdefault(kind, []).extend([str(item["id"])] if "id" in item else [])
        counts[kind] += int(item.get("count", 1))
    return [
        Evidence(
            _told(receipt, kind, counts[kind]),
            tuple(ids[:IDS_SHOWN]),
            links.get(ids[0]) if len(ids) == 1 else None,
            tuple({str(gone[each]): gone[each] for each in ids if each in gone}.values()),
        )
        for kind, ids in by_kind.items()
    ]


def _told(receipt: ReceiptView, kind: str, count: int) -> Message | str:
    match kind:
        case "judgment" if receipt.kind is ReceiptKind.WORK_REJECTED:
            return _("The answer itself")
        case "judgment" if receipt.rule == "behaviour_review" or receipt.rule in BY_HAND:
            return ngettext("%(num)s answer", "%(num)s answers", count)
        case "judgment":
            return ngettext(
                "%(num)s answer whose right answer is known", "%(num)s answers whose right answer is known", count
            )
        case "document":
            return ngettext("%(num)s document", "%(num)s documents", count)
        case "language_claim":
            return ngettext("%(num)s stated language", "%(num)s stated languages", count)
        case "receipt":
            return ngettext("%(num)s earlier decision", "%(num)s earlier decisions", count)
        case "behaviour_review":
            return ngettext("%(num)s signal that was looked at", "%(num)s signals that were looked at", count)
        case "dispute":
            return _("The objection itself")
        case "review":
            return _("The review of the answer")
        case "language_check":
            return _("The answer that natives judged, and what it was about")
        case "attempt":
            return _attempt(receipt.figure)
        case _:
            return kind


def _attempt(figure: Mapping[str, Any]) -> Message:
    if not {"value", "n"} <= figure.keys():
        return _("The attempt at the test")
    asked = int(figure["n"])
    return ngettext(
        "The attempt at the test: %(right)s of %(num)s question answered right",
        "The attempt at the test: %(right)s of %(num)s questions answered right",
        asked,
        right=round(float(figure["value"]) * asked),
    )
