"""Reads of agreements: which versions are in force, and which ones a person has yet to sign."""

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from kernel.hot import Hot, table_of
from kernel.paging import Paging
from kernel.walls import constant
from workforce.models import Account, Agreement, AgreementSignature, Annotator, SignaturePlace
from workforce.values import AgreementView, SignatureView

MOST_ROWS = 200
_BY_CODE = Paging("agreements", Agreement.code)
_BY_ID = Paging("signatures", AgreementSignature.id)
_NEWER = aliased(Agreement)
_ORG: BindParameter[str] = bindparam("p_org")
_NEWEST = select(func.max(_NEWER.version)).where(_NEWER.org_id == _ORG, _NEWER.code == Agreement.code)
_IN_FORCE = constant(
    select(Agreement)
    .where(Agreement.org_id == _ORG, Agreement.version == _NEWEST.scalar_subquery())
    .order_by(Agreement.code)
)
_S = table_of(AgreementSignature)
_SIGNED = Hot(
    select(_S.c.agreement_id).where(_S.c.annotator_id == bindparam("p_person"), _S.c.org_id == bindparam("p_org"))
)


def agreement_of(session: Session, agreement_id: str) -> AgreementView | None:
    """One published version that the scope sees."""
    row = session.get(Agreement, agreement_id)
    return agreement_view(row) if row else None


def agreements_in_force(session: Session, org_id: str) -> list[AgreementView]:
    """The newest version of each of a vendor's documents, by code."""
    return [agreement_view(row) for row in session.scalars(_IN_FORCE, {"p_org": org_id})]


def find_agreements(
    session: Session, org_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[AgreementView], str | None]:
    """A page of the newest versions of a vendor's documents, by code."""
    limit = min(limit, MOST_ROWS)
    newest = select(func.max(_NEWER.version)).where(_NEWER.org_id == org_id, _NEWER.code == Agreement.code)
    statement = select(Agreement).where(
        Agreement.org_id == org_id, Agreement.version == newest.scalar_subquery(), *_BY_CODE.after(after)
    )
    rows, next_after = _BY_CODE.cut(
        session.scalars(statement.order_by(*_BY_CODE.order()).limit(limit + 1)).all(), limit
    )
    return [agreement_view(row) for row in rows], next_after


def agreement_in_force(session: Session, org_id: str, code: str) -> AgreementView | None:
    """The newest version of one document."""
    statement = select(Agreement).where(Agreement.org_id == org_id, Agreement.code == code)
    row = session.scalars(statement.order_by(Agreement.version.desc()).limit(1)).first()
    return agreement_view(row) if row else None


def count_signatures(session: Session, agreement_id: str) -> int:
    """How many people have signed one version."""
    signed = select(func.count()).select_from(AgreementSignature)
    return session.scalar(signed.where(AgreementSignature.agreement_id == agreement_id)) or 0


def agreements_to_sign(session: Session, annotator_id: str, org_id: str) -> list[AgreementView]:
    """The versions in force that a person has not signed."""
    signed = set(_SIGNED.run(session, p_person=annotator_id, p_org=org_id).scalars())
    return [agreement for agreement in agreements_in_force(session, org_id) if agreement.id not in signed]


def signatures_of(session: Session, annotator_id: str) -> list[SignatureView]:
    """What a person has signed, newest first."""
    rows = session.execute(
        select(AgreementSignature, SignaturePlace.network)
        .outerjoin(SignaturePlace, SignaturePlace.id == AgreementSignature.id)
        .where(AgreementSignature.annotator_id == annotator_id)
        .order_by(AgreementSignature.signed_at.desc(), AgreementSignature.code)
    )
    return [signature_view(row, network) for row, network in rows]


def signatures_under(
    session: Session, agreement_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[SignatureView], str | None]:
    """Who has signed one version, a page in the order of the signatures' ids."""
    limit = min(limit, MOST_ROWS)
    statement = (
        select(AgreementSignature, SignaturePlace.network, Account.name, Annotator.pseudonym)
        .outerjoin(SignaturePlace, SignaturePlace.id == AgreementSignature.id)
        .join(Annotator, Annotator.id == AgreementSignature.annotator_id)
        .join(Account, Account.id == Annotator.account_id)
        .where(AgreementSignature.agreement_id == agreement_id, *_BY_ID.after(after))
        .order_by(*_BY_ID.order())
        .limit(limit + 1)
    )
    rows, next_after = _BY_ID.cut(session.execute(statement).all(), limit)
    return [signature_view(row, network, name, pseudonym) for row, network, name, pseudonym in rows], next_after


def agreement_view(row: Agreement) -> AgreementView:
    return AgreementView(
        row.id, row.org_id, row.code, row.version, row.titles, row.texts, row.required_from, row.published_at
    )


def signature_view(row: AgreementSignature, network: str | None, name: str = "", pseudonym: str = "") -> SignatureView:
    return SignatureView(
        row.id, row.agreement_id, row.annotator_id, row.code, row.version, row.locale, row.text_sha256, row.signed_at,
        network, name, pseudonym,
    )  # fmt: skip
