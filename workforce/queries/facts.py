"""What eligibility asks about a person, and what a vendor has to offer: few statements, whatever the history."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from kernel.db import now_of
from workforce.models import Agreement, AgreementSignature, Annotator, LanguageClaim
from workforce.rules.profiles import status_at
from workforce.values import ClaimStatus, Demanded, PersonFacts, Standing, SupplyRow


def person_facts(session: Session, annotator_id: str, now: datetime) -> PersonFacts | None:
    """All of a person that work may depend on, in three statements; None for nobody that the scope sees."""
    row = session.scalars(select(Annotator).where(Annotator.id == annotator_id)).one_or_none()
    if row is None:
        return None
    signed, demanded = _agreements(session, row)
    has_clearance = row.clearance_until is None or row.clearance_until > now
    return PersonFacts(
        annotator_id=row.id,
        account_id=row.account_id,
        org_id=row.org_id,
        status=Standing(row.status),
        country=row.country,
        claims=_claims(session, row, now),
        skills=frozenset(row.skills),
        domains=frozenset(row.domains),
        clearance=row.clearance if has_clearance else 0,
        identity_verified=row.identity_verified_at is not None,
        signed=signed,
        demanded=demanded,
    )


def supply(session: Session, vendor_org_id: str) -> list[SupplyRow]:
    """Per exact locale, how many active people have a verified claim to it, and at which proficiency."""
    now = now_of(session)
    rows = session.execute(
        select(LanguageClaim.locale, LanguageClaim.proficiency, func.count())
        .join(Annotator, (Annotator.id == LanguageClaim.annotator_id) & (Annotator.org_id == LanguageClaim.org_id))
        .where(
            LanguageClaim.org_id == vendor_org_id,
            LanguageClaim.status == ClaimStatus.VERIFIED,
            or_(LanguageClaim.until_at.is_(None), LanguageClaim.until_at > now),
            Annotator.status == Standing.ACTIVE,
        )
        .group_by(LanguageClaim.locale, LanguageClaim.proficiency)
        .order_by(LanguageClaim.locale)
    )
    counts: dict[str, dict[str, int]] = {}
    for locale, proficiency, count in rows:
        counts.setdefault(locale, {})[proficiency] = count
    return [SupplyRow(locale, sum(levels.values()), levels) for locale, levels in counts.items()]


def _claims(session: Session, person: Annotator, now: datetime) -> tuple[tuple[str, str, ClaimStatus], ...]:
    rows = session.execute(
        select(LanguageClaim.locale, LanguageClaim.proficiency, LanguageClaim.status, LanguageClaim.until_at)
        .where(LanguageClaim.org_id == person.org_id, LanguageClaim.annotator_id == person.id)
        .order_by(LanguageClaim.claimed_at, LanguageClaim.locale)
    )
    return tuple(
        (locale, proficiency, status_at(status, until_at, now)) for locale, proficiency, status, until_at in rows
    )


def _agreements(session: Session, person: Annotator) -> tuple[dict[str, int], tuple[Demanded, ...]]:
    """The highest version signed per document, and the version of each that is in force."""
    newer = aliased(Agreement)
    signed_version = (
        select(func.max(AgreementSignature.version))
        .where(
            AgreementSignature.org_id == person.org_id,
            AgreementSignature.annotator_id == person.id,
            AgreementSignature.code == Agreement.code,
        )
        .scalar_subquery()
    )
    newest = (
        select(func.max(newer.version))
        .where(newer.org_id == person.org_id, newer.code == Agreement.code)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Agreement.code, Agreement.version, Agreement.required_from, signed_version)
        .where(Agreement.org_id == person.org_id, Agreement.version == newest)
        .order_by(Agreement.code)
    ).all()
    signed = {code: last for code, _version, _required, last in rows if last is not None}
    return signed, tuple(Demanded(code, version, required) for code, version, required, _last in rows)
