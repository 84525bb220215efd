"""How many people of a vendor have proven languages: counts alone, as whoever plans work asks for them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from i18n.matching import Level
from kernel.db import now_of
from workforce.models import Annotator, LanguageClaim
from workforce.queries.proven import proven
from workforce.values import ClaimStatus, Standing


class ProvenLanguages:
    """A vendor's active people with claims to some languages, and which of the claims are proven at a level now."""

    def __init__(self, session: Session, vendor_org_id: str, languages: Iterable[str], level: Level) -> None:
        self._session = session
        is_one = [
            or_(LanguageClaim.locale == tag, LanguageClaim.locale.startswith(f"{tag}-", autoescape=True))
            for tag in languages
        ]
        self._of_vendor = and_(
            LanguageClaim.org_id == vendor_org_id, or_(*is_one), LanguageClaim.status != ClaimStatus.REJECTED,
            Annotator.status == Standing.ACTIVE,
        )  # fmt: skip
        self._proven = proven(level, now_of(session))

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

    def _claims(self, *columns: Any) -> Select[Any]:
        person = (Annotator.id == LanguageClaim.annotator_id) & (Annotator.org_id == LanguageClaim.org_id)
        return select(*columns).select_from(LanguageClaim).join(Annotator, person).where(self._of_vendor)

    @staticmethod
    def _within(fitting: Mapping[str, Collection[str]]) -> ColumnElement[bool]:
        return or_(
            *(and_(LanguageClaim.mode == mode, LanguageClaim.locale.in_(tags)) for mode, tags in fitting.items())
        )
