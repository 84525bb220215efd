"""Money: integer micro-units (10⁻⁶ of a currency's main unit), and the two roundings that exist."""

import re

from babel.numbers import get_currency_precision, list_currencies

MICROS = 1_000_000
_AMOUNT = re.compile(r"(-)?0*([0-9]{1,12})(?:\.([0-9]{1,6})0*)?")
# Codes that begin with X are metals, tests and "none", but for these, which several countries share.
_SHARED = {"XAF", "XCD", "XCG", "XOF", "XPF"}


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code that CLDR knows, of money that somebody can be paid in."""
    return code in list_currencies() and (not code.startswith("X") or code in _SHARED)


def minor_micros(currency: str) -> int:
    """Micro-units in one minor unit of the currency: 10,000 for USD, 1,000,000 for JPY, 1,000 for KWD."""
    return int(MICROS // (10 ** get_currency_precision(currency)))


def payable_part(micros: int, currency: str) -> int:
    """The whole minor units in an amount; the rest stays in the balance. Never negative."""
    minor = minor_micros(currency)
    return max(micros, 0) // minor * minor


def from_text(text: str) -> int:
    """Read `12.5` or `0.0075` as micro-units; raises ValueError for anything but plain digits, six after the point."""
    parts = _AMOUNT.fullmatch(text)
    if parts is None:
        raise ValueError(text)
    sign, whole, part = parts.groups(default="")
    micros = int(whole) * MICROS + int(part.ljust(6, "0"))
    return -micros if sign else micros


def to_text(micros: int) -> str:
    """The plain decimal form, for files and the API: `0.0075`, `12.50` is `12.5`."""
    sign, whole, part = (
        "-" if micros < 0 else "",
        abs(micros) // MICROS,
        abs(micros) % MICROS,
    )
    return f"{sign}{whole}" + (f".{part:06d}".rstrip("0") if part else "")
