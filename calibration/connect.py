"""What the packages below ask of skill, put in place in every process."""

from sqlalchemy import ColumnElement, select

from calibration.models import Qualification
from kernel.config import Settings
from workforce import onboarding
from workforce.models import Annotator


def connect(settings: Settings) -> None:
    """Tell who has been let into a first lane, by a test or by hand."""
    onboarding.use_tests(_is_qualified)


def _is_qualified() -> ColumnElement[bool]:
    return (
        select(Qualification.id)
        .where(
            Qualification.vendor_org_id == Annotator.org_id, Qualification.annotator_id == Annotator.id,
            Qualification.revoked_at.is_(None),
        )
        .correlate(Annotator)
        .exists()
    )  # fmt: skip
