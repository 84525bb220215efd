"""Reads of languages: claims with the level that their evidence speaks for."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, select
from sqlalchemy.orm import Session

from i18n.matching import Mode
from kernel.db import now_of
from kernel.walls import constant
from workforce.models import LanguageClaim, LanguageEvidence
from workforce.rules.languages import MOST_PIECES, estimate, is_measured, proven_at, strength_of, weight_at
from workforce.rules.profiles import status_at
from workforce.values.languages import ClaimStatus, ClaimView, Evidence, EvidenceView

Pieces = dict[str, list[LanguageEvidence]]  # by claim, the newest first
MODE_ORDER = case({mode.value: place for place, mode in enumerate(Mode)}, value=LanguageClaim.mode)


def claims_of(session: Session, annotator_id: str) -> list[ClaimView]:
    """A person's languages in each mode, in the order in which they were stated, without their evidence."""
    return claims_of_all(session, [annotator_id]).get(annotator_id, [])


def claims_of_all(session: Session, annotator_ids: list[str]) -> dict[str, list[ClaimView]]:
    """The same of many people, read as plain rows: a list has many."""
    found: dict[str, list[ClaimView]] = {}
    now = now_of(session)
    for row in session.execute(_TOLD, {"p_people": annotator_ids}) if annotator_ids else ():
        found.setdefault(row.annotator_id, []).append(claim_view(row, now))
    return found


def languages_of(session: Session, annotator_id: str) -> list[ClaimView]:
    """A person's languages in each mode with level, interval and what these rest on."""
    now = now_of(session)
    rows = list(_rows(session, [annotator_id]))
    pieces = pieces_of_all(session, [row.id for row in rows])
    return [claim_view(row, now, newest(pieces[row.id])) for row in rows]


def claim_with_evidence(session: Session, claim: LanguageClaim) -> ClaimView:
    """One claim with level, interval and what these rest on."""
    return claim_view(claim, now_of(session), newest(pieces_of_all(session, [claim.id])[claim.id]))


def pieces_of_all(session: Session, claim_ids: list[str]) -> Pieces:
    """All pieces of each of these claims, the newest first."""
    found: Pieces = {claim_id: [] for claim_id in claim_ids}
    for row in session.scalars(_PIECES, {"p_claims": claim_ids}):
        found[row.claim_id].append(row)
    return found


def newest(pieces: Iterable[LanguageEvidence]) -> list[LanguageEvidence]:
    """The newest pieces of a claim, on which it rests."""
    return sorted(sorted(pieces, key=lambda row: row.id), key=lambda row: row.at, reverse=True)[:MOST_PIECES]


def claim_view(
    row: LanguageClaim | Row[*tuple[Any, ...]], now: datetime, pieces: Iterable[LanguageEvidence] | None = None
) -> ClaimView:
    status = status_at(row.status, row.until_at, now)
    kept = list(pieces) if pieces is not None else []
    told = [piece_of(each) for each in kept]
    proven = proven_of(row.proficiency, status, row.steps, now)
    return ClaimView(
        id=row.id,
        annotator_id=row.annotator_id,
        locale=row.locale,
        mode=row.mode,
        proficiency=row.proficiency,
        status=status,
        proven=proven,
        claimed_at=row.claimed_at,
        verified_at=row.verified_at,
        until_at=row.until_at,
        estimate=None if pieces is None else estimate(row.proficiency, told, now),
        evidence=tuple(_view(each, now) for each in kept),
        is_measured=proven is not None or is_measured(told, now),
    )


def proven_of(stated: str, status: ClaimStatus, steps: list[list[str]], now: datetime) -> str | None:
    """What work may rest on at this moment."""
    if status is ClaimStatus.VERIFIED:
        return stated
    return None if status is ClaimStatus.REJECTED else proven_at(steps, now)


_OF_PEOPLE = LanguageClaim.annotator_id.in_(bindparam("p_people", expanding=True))
_AS_STATED = (LanguageClaim.claimed_at, LanguageClaim.locale, MODE_ORDER)
_CLAIMS = constant(select(LanguageClaim).where(_OF_PEOPLE).order_by(*_AS_STATED))
_TOLD = constant(
    select(
        LanguageClaim.id, LanguageClaim.annotator_id, LanguageClaim.locale, LanguageClaim.mode,
        LanguageClaim.proficiency, LanguageClaim.status, LanguageClaim.steps, LanguageClaim.claimed_at,
        LanguageClaim.verified_at, LanguageClaim.until_at,
    )
    .where(_OF_PEOPLE)
    .order_by(*_AS_STATED)
)  # fmt: skip
_PIECES = constant(
    select(LanguageEvidence)
    .where(LanguageEvidence.claim_id.in_(bindparam("p_claims", expanding=True)))
    .order_by(LanguageEvidence.at.desc(), LanguageEvidence.id)
)


def _rows(session: Session, annotator_ids: list[str]) -> Iterable[LanguageClaim]:
    return session.scalars(_CLAIMS, {"p_people": annotator_ids}).all()


def piece_of(row: LanguageEvidence) -> Evidence:
    """A piece as the rule reads it."""
    return Evidence(row.kind, row.level, row.weight, row.at, row.fades_days, row.until_at)


def _view(row: LanguageEvidence, now: datetime) -> EvidenceView:
    strength = strength_of(row.weight, weight_at(piece_of(row), now))
    return EvidenceView(row.kind, row.level, strength, row.at, row.until_at, row.note, row.by_account_id is not None)
