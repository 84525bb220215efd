"""Reads of agreements: which versions are in force, and which ones a person has yet to sign."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from workforce.models import Agreement, AgreementSignature
from workforce.values import AgreementView, SignatureView


def agreement_of(session: Session, agreement_id: str) -> AgreementView | None:
    """One published version that the scope sees."""
    row = session.get(Agreement, agreement_id)
    return agreement_view(row) if row else None


def agreements_in_force(session: Session, org_id: str) -> list[AgreementView]:
    """The newest version of each of a vendor's documents, by code."""
    newer = aliased(Agreement)
    newest = (
        select(func.max(newer.version)).where(newer.org_id == org_id, newer.code == Agreement.code).scalar_subquery()
    )
    rows = session.scalars(
        select(Agreement).where(Agreement.org_id == org_id, Agreement.version == newest).order_by(Agreement.code)
    )
    return [agreement_view(row) for row in rows]


def agreements_to_sign(session: Session, annotator_id: str, org_id: str) -> list[AgreementView]:
    """The versions in force that a person has not signed."""
    signed = set(
        session.scalars(
            select(AgreementSignature.agreement_id).where(
                AgreementSignature.annotator_id == annotator_id, AgreementSignature.org_id == org_id
            )
        )
    )
    return [agreement for agreement in agreements_in_force(session, org_id) if agreement.id not in signed]


def signatures_of(session: Session, annotator_id: str) -> list[SignatureView]:
    """What a person has signed, newest first."""
    rows = session.scalars(
        select(AgreementSignature)
        .where(AgreementSignature.annotator_id == annotator_id)
        .order_by(AgreementSignature.signed_at.desc(), AgreementSignature.code)
    )
    return [signature_view(row) for row in rows]


def agreement_view(row: Agreement) -> AgreementView:
    return AgreementView(
        row.id, row.org_id, row.code, row.version, row.titles, row.texts, row.required_from, row.published_at
    )


def signature_view(row: AgreementSignature) -> SignatureView:
    return SignatureView(row.agreement_id, row.code, row.version, row.locale, row.text_sha256, row.signed_at)
