"""Money: integer micro-units (10⁻⁶ of a currency's main unit), and the two roundings that exist."""

from decimal import Decimal, InvalidOperation

from babel.numbers import get_currency_precision, list_currencies

MICROS = 1_000_000


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code that CLDR knows."""
    return code in list_currencies()


def minor_micros(currency: str) -> int:
    """Micro-units in one minor unit of the currency: 10,000 for USD, 1,000,000 for JPY, 1,000 for KWD."""
    return int(MICROS // (10 ** get_currency_precision(currency)))


def payable_part(micros: int, currency: str) -> int:
    """The whole minor units in an amount; the rest stays in the balance. Never negative."""
    minor = minor_micros(currency)
    return max(micros, 0) // minor * minor


def from_text(text: str) -> int:
    """Read `12.5` or `0.0075` as micro-units; raises ValueError for anything that is not exact in micro-units."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        raise ValueError(text)
    micros = value * MICROS
    if micros != micros.to_integral_value():
        raise ValueError(text)
    return int(micros)


def to_text(micros: int) -> str:
    """The plain decimal form, for files and the API: `0.0075`, `12.50` is `12.5`."""
    sign, whole, part = (
        "-" if micros < 0 else "",
        abs(micros) // MICROS,
        abs(micros) % MICROS,
    )
    return f"{sign}{whole}" + (f".{part:06d}".rstrip("0") if part else "")
