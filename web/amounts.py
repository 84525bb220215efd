"""Amounts and shares: how programs write them, and how people type them in their language."""

import re
from typing import Annotated, Any

from babel.numbers import NumberFormatError, parse_decimal
from pydantic import BeforeValidator, Field

from i18n import Message, _, current_locale
from kernel.money import from_text

_PLAIN = re.compile(r"[0-9]+(\.[0-9]{1,6})?")
# What people type: digits of any script, a sign, and what groups or parts them. An exponent would make a short text a
# number of a thousand million digits.
_TYPED = re.compile(r"[+\-\u2212]?[\d.,'\u2019\u066b\u066c]{1,40}")
_SPACES = str.maketrans("", "", "\u00a0\u202f ")


def _plain(sent: Any) -> str:
    try:
        if isinstance(sent, str) and _PLAIN.fullmatch(sent):
            from_text(sent)
            return sent
    except ValueError:
        pass
    raise ValueError(_('Write the amount as a text such as "0.10", with at most six decimals.'))


# In the API: a text of plain digits. A number would lose cents on the way, and spaces or exponents hide faults.
Amount = Annotated[
    str, BeforeValidator(_plain), Field(json_schema_extra={"pattern": f"^{_PLAIN.pattern}$", "examples": ["0.10"]})
]


def _bare(sent: Any) -> Any:
    return plain_number(sent.strip().rstrip("%٪")) if isinstance(sent, str) else sent


# In a form: a share as people say it, 70 or 70.5 or 70,5 %; its bounds are per cent, too.
Percent = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_bare)]


def share_of(percent: float) -> float:
    """A share from 0 to 1."""
    return round(percent / 100, 6)


def percent_of(share: float) -> str:
    """A share as a form shows it: 70, 0.5."""
    return f"{share * 100:.6g}"


def read_amount(text: str) -> int | Message:
    """Micro-units of an amount, as the reader's language writes it or with a point; else what is wrong with it."""
    try:
        return from_text(plain_number(text))
    except ValueError:
        return _("Write an amount such as 0.0075, with at most six decimals.")


def plain_number(text: str) -> str:
    """The digits of a number as the reader's language writes it, with a point; another text stays what it is."""
    bare = text.translate(_SPACES)
    if not _TYPED.fullmatch(bare):
        return bare
    try:
        return f"{parse_decimal(bare, locale=current_locale().replace('-', '_'), strict=True):f}"
    except NumberFormatError:
        # A comma that groups no thousands is a point, in whatever language the page happens to be.
        return bare.replace(",", ".") if bare.count(",") == 1 and "." not in bare else bare
