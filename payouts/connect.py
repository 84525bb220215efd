"""What the packages below ask of money, put in place in every process."""

from sqlalchemy import ColumnElement, select

from kernel.config import Settings
from payouts.models import PayoutMethod
from workforce import onboarding
from workforce.models import Annotator


def connect(settings: Settings) -> None:
    """Tell who has said where pay is to be sent."""
    onboarding.use_payout_methods(_has_method)


def _has_method() -> ColumnElement[bool]:
    return (
        select(PayoutMethod.id)
        .where(PayoutMethod.org_id == Annotator.org_id, PayoutMethod.annotator_id == Annotator.id)
        .correlate(Annotator)
        .exists()
    )
