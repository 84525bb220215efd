"""What eligibility asks about a person, and what a vendor has to offer: few statements, whatever the history."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from kernel.db import now_of
from kernel.walls import constant
from workforce.models import Agreement, AgreementSignature, Annotator, LanguageClaim
from workforce.rules.profiles import status_at
from workforce.values import ClaimStatus, Demanded, PersonFacts, Standing, SupplyRow

# The path of every take runs through these, so that they are made once.
_COLUMNS = (
    Annotator.id, Annotator.account_id, Annotator.org_id, Annotator.status, Annotator.country, Annotator.skills,
    Annotator.domains, Annotator.clearance, Annotator.clearance_until, Annotator.identity_verified_at,
)  # fmt: skip
_PERSON = constant(select(*_COLUMNS).where(Annotator.id == bindparam("p_annotator")))
_ACCOUNT = constant(
    select(*_COLUMNS)
    .where(Annotator.account_id == bindparam("p_account"), Annotator.org_id == bindparam("p_org"))
    .with_for_update()
)
_CLAIMS = constant(
    select(LanguageClaim.locale, LanguageClaim.proficiency, LanguageClaim.status, LanguageClaim.until_at)
    .where(LanguageClaim.org_id == bindparam("p_org"), LanguageClaim.annotator_id == bindparam("p_annotator"))
    .order_by(LanguageClaim.claimed_at, LanguageClaim.locale)
)
_NEWER = aliased(Agreement)
_SIGNED = (
    select(func.max(AgreementSignature.version))
    .where(
        AgreementSignature.org_id == bindparam("p_org"),
        AgreementSignature.annotator_id == bindparam("p_annotator"),
        AgreementSignature.code == Agreement.code,
    )
    .scalar_subquery()
)
_NEWEST = (
    select(func.max(_NEWER.version))
    .where(_NEWER.org_id == bindparam("p_org"), _NEWER.code == Agreement.code)
    .scalar_subquery()
)
_AGREEMENTS = constant(
    select(Agreement.code, Agreement.version, Agreement.required_from, _SIGNED)
    .where(Agreement.org_id == bindparam("p_org"), Agreement.version == _NEWEST)
    .order_by(Agreement.code)
)


def person_facts(session: Session, annotator_id: str, now: datetime) -> PersonFacts | None:
    """All of a person that work may depend on, in three statements; None for nobody that the scope sees."""
    row = session.execute(_PERSON, {"p_annotator": annotator_id}).one_or_none()
    return None if row is None else _facts(session, row, now)


def facts_of_account(session: Session, account_id: str, org_id: str, now: datetime) -> PersonFacts | None:
    """`person_facts` of an account's profile with a vendor, whose row stays locked for the transaction."""
    row = session.execute(_ACCOUNT, {"p_account": account_id, "p_org": org_id}).one_or_none()
    return None if row is None else _facts(session, row, now)


def _facts(session: Session, row: Any, now: datetime) -> PersonFacts:
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


def _claims(session: Session, person: Any, now: datetime) -> tuple[tuple[str, str, ClaimStatus], ...]:
    rows = session.execute(_CLAIMS, {"p_org": person.org_id, "p_annotator": person.id})
    return tuple(
        (locale, proficiency, status_at(status, until_at, now)) for locale, proficiency, status, until_at in rows
    )


def _agreements(session: Session, person: Any) -> tuple[dict[str, int], tuple[Demanded, ...]]:
    """The highest version signed per document, and the version of each that is in force."""
    rows = session.execute(_AGREEMENTS, {"p_org": person.org_id, "p_annotator": person.id}).all()
    signed = {code: last for code, _version, _required, last in rows if last is not None}
    return signed, tuple(Demanded(code, version, required) for code, version, required, _last in rows)
