"""The blueprint of the API of money, and what all of its parts read alike."""

from pydantic import Field

from i18n import _
from kernel.errors import Invalid
from kernel.money import from_text
from web.api import Api
from web.forms import InModel

api = Api("payouts", __name__)


class PayoutReasonIn(InModel):
    """Why; it stands in the record."""

    reason: str = Field(min_length=1, max_length=2000)


def micros_of(field: str, text: str) -> int:
    """An amount of the body in micro-units; raises Invalid for that field."""
    try:
        return from_text(text)
    except ValueError:
        words = _("Write an amount such as 0.0075, with at most six decimals.")
        raise Invalid("body.invalid", _("Some of it cannot be taken."), {field: words}) from None
