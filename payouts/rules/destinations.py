"""Destinations: where money may be sent, in the characters that banks take, and how it is shown without telling it."""

import json
import re
from dataclasses import dataclass

from i18n import Message, _
from payouts.values import MethodKind

# The Latin set of ISO 20022 payments. What lies outside it is refused, never changed: the bank must get what was meant.
_TEXT = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_ACCOUNT = re.compile(r"[A-Z0-9]{4,34}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
MOST_NAME = 70


@dataclass(frozen=True)
class Destination:
    """A bank account (IBAN, or account number with the bank's BIC) or a mobile money number, and who holds it."""

    kind: MethodKind
    holder: str
    account: str
    bic: str = ""

    @property
    def mask(self) -> str:
        """What pages show: the last characters."""
        return f"…{self.account[-4:]}" if self.kind is MethodKind.BANK else f"…{self.account[-3:]}"

    def details(self) -> str:
        """Account and bank in one text, to be sealed."""
        return json.dumps({"account": self.account, "bic": self.bic}, sort_keys=True)


def typed(kind: MethodKind, holder: str, account: str, bic: str = "") -> Destination:
    """A destination as a person typed it, without the spaces that only help the eye."""
    bare = re.sub(r"[\s-]", "", account)
    if kind is MethodKind.MOBILE:
        return Destination(kind, " ".join(holder.split()), re.sub(r"[().]", "", bare))
    return Destination(kind, " ".join(holder.split()), bare.upper(), re.sub(r"\s", "", bic).upper())


def kept(kind: str, holder: str | None, details: str | None) -> Destination:
    """A destination as it was kept; what is missing or unreadable comes back empty, and is a fault then."""
    try:
        parts = json.loads(details or "{}")
    except ValueError:
        parts = {}
    if not isinstance(parts, dict):
        parts = {}
    return Destination(MethodKind(kind), holder or "", str(parts.get("account", "")), str(parts.get("bic", "")))


def faults(destination: Destination) -> dict[str, Message]:
    """What a bank would refuse, by field; empty when the payment can go."""
    found: dict[str, Message] = {}
    if not _is_text(destination.holder):
        found["holder"] = _(
            "Write the name in Latin letters as your bank or provider has it, without other signs, at most %(most)s.",
            most=MOST_NAME,
        )
    if destination.kind is MethodKind.MOBILE:
        if not _NUMBER.fullmatch(destination.account):
            found["account"] = _("Write the number with its country code, such as +254 712 345 678.")
        return found
    return found | _bank_faults(destination)


def _bank_faults(destination: Destination) -> dict[str, Message]:
    found: dict[str, Message] = {}
    is_iban = _IBAN.fullmatch(destination.account) is not None
    if is_iban and not _adds_up(destination.account):
        found["account"] = _("The check digits of this IBAN do not fit. Compare it with your bank's paper.")
    elif not _ACCOUNT.fullmatch(destination.account):
        found["account"] = _("Write the IBAN or the account number, in letters and digits only.")
    if destination.bic and not _BIC.fullmatch(destination.bic):
        found["bic"] = _("A BIC has 8 or 11 letters and digits.")
    elif not destination.bic and not is_iban:
        found["bic"] = _("An account number without an IBAN needs the BIC of the bank.")
    return found


def _is_text(text: str) -> bool:
    """ISO 20022 also refuses a slash at either end, and two of them together."""
    if not _TEXT.fullmatch(text) or not 0 < len(text) <= MOST_NAME or text != text.strip():
        return False
    return not (text.startswith("/") or text.endswith("/") or "//" in text)


def _adds_up(iban: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters as numbers, modulo 97 is 1."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1
