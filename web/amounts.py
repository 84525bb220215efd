"""Amounts: how programs write them, and how people type them in their language."""

import re
from typing import Annotated, Any

from babel.numbers import NumberFormatError, parse_decimal
from pydantic import BeforeValidator, Field

from i18n import Message, _, current_locale
from kernel.money import from_text

_PLAIN = re.compile(r"[0-9]+(\.[0-9]{1,6})?")
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


def read_amount(text: str) -> int | Message:
    """Micro-units of an amount, as the reader's language writes it or with a point; else what is wrong with it."""
    try:
        return from_text(plain_number(text))
    except ValueError:
        return _("Write an amount such as 0.0075, with at most six decimals.")


def plain_number(text: str) -> str:
    """The digits of a number as the reader's language writes it, with a point; another text stays what it is."""
    bare = text.translate(_SPACES)
    try:
        return f"{parse_decimal(bare, locale=current_locale().replace('-', '_'), strict=True):f}"
    except NumberFormatError:
        # A comma that groups no thousands is a point, in whatever language the page happens to be.
        return bare.replace(",", ".") if bare.count(",") == 1 and "." not in bare else bare
