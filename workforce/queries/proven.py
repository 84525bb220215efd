"""Which claims to a language are proven at this moment, in SQL: `proven_of` of each claim, asked of many."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_

from i18n.matching import Level
from workforce.models import LanguageClaim
from workforce.values import ClaimStatus


def proven(least: Level, now: datetime) -> ColumnElement[bool]:
    """Claims that are proven at a level or a better one: as stated and not over, or by a step that still holds."""
    enough = [each.code for each in Level if each >= least]
    as_stated = and_(
        LanguageClaim.status == ClaimStatus.VERIFIED,
        or_(LanguageClaim.until_at.is_(None), LanguageClaim.until_at > now),
        LanguageClaim.proficiency.in_(enough),
    )
    # Steps go down from the highest level, each `[level, until]`: those that are high enough come first.
    stepped = (
        and_(
            LanguageClaim.steps[(place, 0)].as_string().in_(enough),
            LanguageClaim.steps[(place, 1)].as_string() > now.isoformat(),
        )
        for place in range(len(enough))
    )
    return and_(LanguageClaim.status != ClaimStatus.REJECTED, or_(as_stated, *stepped))
