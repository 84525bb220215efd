"""The blueprint of the API of money, and what all of its parts read alike."""

from pydantic import Field

from web.api import Api
from web.forms import InModel

api = Api("payouts", __name__)


class PayoutReasonIn(InModel):
    """Why; it stands in the record."""

    reason: str = Field(min_length=1, max_length=2000)
