"""Agreements: published as versions whose text never changes, and signed by people one by one."""

from collections.abc import Mapping

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.hot import Hot, table_of
from kernel.policy import Actor, Resource
from workforce.models import Agreement, AgreementSignature, Annotator, SignaturePlace
from workforce.policy import Action, annotator_resource
from workforce.queries.agreements import agreement_in_force, agreement_view, signatures_of
from workforce.queries.rows import annotator_row_of
from workforce.rules.agreements import clean_texts, ensure_classification, fingerprint
from workforce.rules.names import clean_code
from workforce.values import AgreementView, SignatureView


def publish_agreement(
    session: Session,
    actor: Actor,
    *,
    code: str,
    titles: Mapping[str, str],
    texts: Mapping[str, str],
    required_from: str = "public",
    org_id: str | None = None,
) -> AgreementView:
    """Publish the next version of a document; from now on it is this one that people must have signed. Raises Invalid
    for one that says what the version in force says."""
    owner = org_id or actor.org_id
    guard.require(session, actor, Action.AGREEMENT_PUBLISH, Resource("agreement", org_id=owner))
    assert owner is not None
    code = clean_code(code, "code")
    by_title, by_text = clean_texts(titles, texts)
    level, known = ensure_classification(required_from), agreement_in_force(session, owner, code)
    if known and (dict(known.titles), dict(known.texts), known.required_from) == (dict(by_title), dict(by_text), level):
        told = _("Nothing differs from the version in force, which everybody would have to sign again.")
        raise Invalid("agreement.unchanged", told, fields={"texts": told})
    row = Agreement(
        id=ids.new_id(), org_id=owner, code=code, version=known.version + 1 if known else 1, titles=by_title,
        texts=by_text, required_from=level, published_at=now_of(session),
        published_by=actor.account_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "agreement.published", "agreement", row.id, org_id=owner,
        details={"code": code, "version": row.version, "locales": sorted(by_text)},
    )  # fmt: skip
    return agreement_view(row)


def sign_agreement(
    session: Session, actor: Actor, agreement_id: str, *, locale: str, network: str | None = None
) -> SignatureView:
    """Sign the version in force, in the language in which it was read. Signing twice is signing once."""
    row = session.get(Agreement, agreement_id)
    person = annotator_row_of(session, actor.account_id, row.org_id) if row else None
    if row is None or person is None:
        guard.require(session, actor, Action.AGREEMENT_SIGN)
        raise guard.not_found()
    guard.require(session, actor, Action.AGREEMENT_SIGN, annotator_resource(person))
    if locale not in row.texts:
        message = _("This agreement does not exist in that language.")
        raise Invalid("agreement.no_such_text", message, fields={"locale": message})
    if row.version != _newest(session, row.org_id, row.code):
        raise Conflict("agreement.outdated", _("There is a newer version of this agreement. Read and sign that one."))
    signed = _signature(session, person, row.id)
    if signed is None:
        signed = _sign(session, person, row, locale, network)
        audit.record(
            session, actor, "agreement.signed", "agreement", row.id, org_id=row.org_id,
            details={"annotator": person.id, "version": row.version, "text": signed.text_sha256},
        )  # fmt: skip
    return next(one for one in signatures_of(session, person.id) if one.id == signed.id)


def _sign(
    session: Session, person: Annotator, agreement: Agreement, locale: str, network: str | None
) -> AgreementSignature:
    row = AgreementSignature(
        id=ids.new_id(), org_id=agreement.org_id, annotator_id=person.id, agreement_id=agreement.id,
        code=agreement.code, version=agreement.version, locale=locale,
        text_sha256=fingerprint(agreement.texts[locale]), signed_at=now_of(session),
    )  # fmt: skip
    session.add(row)
    if network is not None:
        session.add(SignaturePlace(id=row.id, org_id=row.org_id, annotator_id=person.id, network=network))
    session.flush()
    return row


_S, _G = table_of(AgreementSignature), table_of(Agreement)
_SIGNED = Hot(
    select(_S.c.id).where(
        _S.c.annotator_id == bindparam("p_person"),
        _S.c.agreement_id == bindparam("p_agreement"),
        _S.c.org_id == bindparam("p_org"),
    )
)
_NEWEST = Hot(select(func.max(_G.c.version)).where(_G.c.org_id == bindparam("p_org"), _G.c.code == bindparam("p_code")))


def _signature(session: Session, person: Annotator, agreement_id: str) -> AgreementSignature | None:
    given = {"p_person": person.id, "p_agreement": agreement_id, "p_org": person.org_id}
    found = _SIGNED.run(session, **given).scalar_one_or_none()
    return session.get(AgreementSignature, found) if found else None


def _newest(session: Session, org_id: str, code: str) -> int:
    return _NEWEST.run(session, p_org=org_id, p_code=code).scalar() or 0
