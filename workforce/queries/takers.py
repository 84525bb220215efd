"""How many people of a vendor have proven languages: counts alone, as whoever plans work asks for them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, not_, or_, select
from sqlalchemy.orm import Session

from i18n.matching import Level
from kernel.db import now_of
from workforce.models import Annotator, LanguageClaim
from workforce.rules.languages import proven_at
from workforce.values import ClaimStatus, Standing

# Most claims are proven at the level that they state. Of those that are proven at a lower one, so many are looked at.
MOST_STEPPED = 5_000


class ProvenLanguages:
    """A vendor's active people with claims to some languages, and which of the claims are proven at a level now."""

    def __init__(self, session: Session, vendor_org_id: str, languages: Iterable[str], level: Level) -> None:
        self._session = session
        now = now_of(session)
        is_one = [
            or_(LanguageClaim.locale == tag, LanguageClaim.locale.startswith(f"{tag}-", autoescape=True))
            for tag in languages
        ]
        self._of_vendor = and_(
            LanguageClaim.org_id == vendor_org_id, or_(*is_one), LanguageClaim.status != ClaimStatus.REJECTED,
            Annotator.status == Standing.ACTIVE,
        )  # fmt: skip
        verified = and_(
            LanguageClaim.status == ClaimStatus.VERIFIED,
            or_(LanguageClaim.until_at.is_(None), LanguageClaim.until_at > now),
        )
        stepped, self.is_least = self._stepped(verified, level, now)
        enough = [each.code for each in Level if each >= level]
        self._proven = or_(and_(verified, LanguageClaim.proficiency.in_(enough)), LanguageClaim.id.in_(stepped))

    def by_locale(self, modes: Collection[str]) -> dict[str, int]:
        """Of each locale that somebody claims: how many have all of these modes proven in it."""
        everybody = self._claims(LanguageClaim.locale).where(LanguageClaim.mode.in_(modes)).distinct()
        found = dict.fromkeys(self._session.scalars(everybody), 0)
        able = (
            self._claims(LanguageClaim.locale, LanguageClaim.annotator_id)
            .where(LanguageClaim.mode.in_(modes), self._proven)
            .group_by(LanguageClaim.locale, LanguageClaim.annotator_id)
            .having(func.count(LanguageClaim.mode.distinct()) == len(modes))
            .subquery()
        )
        counted = select(able.c.locale, func.count()).group_by(able.c.locale)
        return found | {row[0]: row[1] for row in self._session.execute(counted)}

    def people(self, fitting: Mapping[str, Collection[str]]) -> int:
        """How many have, in each of these modes, one of its locales proven."""
        able = (
            self._claims(LanguageClaim.annotator_id)
            .where(self._within(fitting), self._proven)
            .group_by(LanguageClaim.annotator_id)
            .having(func.count(LanguageClaim.mode.distinct()) == len(fitting))
            .subquery()
        )
        return self._session.scalar(select(func.count()).select_from(able)) or 0

    def _stepped(self, verified: ColumnElement[bool], level: Level, now: datetime) -> tuple[list[str], bool]:
        rows = self._session.execute(
            self._claims(LanguageClaim.id, LanguageClaim.steps)
            .where(not_(verified), cast(LanguageClaim.steps, Text) != "[]")
            .limit(MOST_STEPPED + 1)
        ).all()
        told = [(row.id, proven_at(row.steps, now)) for row in rows[:MOST_STEPPED]]
        return [claim for claim, proven in told if proven and Level.parse(proven) >= level], len(rows) > MOST_STEPPED

    def _claims(self, *columns: Any) -> Select[Any]:
        person = (Annotator.id == LanguageClaim.annotator_id) & (Annotator.org_id == LanguageClaim.org_id)
        return select(*columns).select_from(LanguageClaim).join(Annotator, person).where(self._of_vendor)

    @staticmethod
    def _within(fitting: Mapping[str, Collection[str]]) -> ColumnElement[bool]:
        return or_(
            *(and_(LanguageClaim.mode == mode, LanguageClaim.locale.in_(tags)) for mode, tags in fitting.items())
        )
