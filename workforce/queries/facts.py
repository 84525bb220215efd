"""What eligibility asks about a person, and what a vendor has to offer: few statements, whatever the history."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from kernel.db import now_of
from kernel.hot import Hot, table_of
from workforce.models import Agreement, AgreementSignature, Annotator, LanguageClaim
from workforce.queries.languages import proven_of
from workforce.rules.clearances import clearance_at, is_proven
from workforce.rules.profiles import status_at
from workforce.values import ClaimFacts, ClaimStatus, Demanded, PersonFacts, Standing, SupplyRow

# The path of every take runs through these, so that they are made once.
_A, _C, _D, _S = (table_of(model) for model in (Annotator, LanguageClaim, Agreement, AgreementSignature))
_PEOPLE = select(
    _A.c.id, _A.c.account_id, _A.c.org_id, _A.c.status, _A.c.country, _A.c.skills, _A.c.domains, _A.c.clearance,
    _A.c.clearance_until, _A.c.identity_verified_at,
)  # fmt: skip
_PERSON = Hot(_PEOPLE.where(_A.c.id == bindparam("p_annotator")))
_ACCOUNT = Hot(
    _PEOPLE.where(
        _A.c.account_id == bindparam("p_account"), _A.c.org_id == bindparam("p_org")
    ).with_for_update(key_share=True)
)  # fmt: skip
_CLAIMS = Hot(
    select(_C.c.locale, _C.c.mode, _C.c.proficiency, _C.c.status, _C.c.until_at, _C.c.steps)
    .where(_C.c.org_id == bindparam("p_org"), _C.c.annotator_id == bindparam("p_annotator"))
    .order_by(_C.c.claimed_at, _C.c.locale, _C.c.mode)
)
_CLAIMS_OF = select(
    _C.c.annotator_id, _C.c.locale, _C.c.mode, _C.c.proficiency, _C.c.status, _C.c.until_at, _C.c.steps
).order_by(_C.c.claimed_at, _C.c.locale, _C.c.mode)
_DEMANDED_BY = select(_D.c.org_id, _D.c.code, _D.c.version, _D.c.required_from).order_by(_D.c.code, _D.c.version)
_SIGNED = (
    select(func.max(_S.c.version))
    .where(
        _S.c.org_id == bindparam("p_org"), _S.c.annotator_id == bindparam("p_annotator"), _S.c.code == _D.c.code
    )
    .scalar_subquery()
)  # fmt: skip
_AGREEMENTS = Hot(
    select(_D.c.code, _D.c.version, _D.c.required_from, _SIGNED)
    .where(_D.c.org_id == bindparam("p_org"))
    .order_by(_D.c.code, _D.c.version)
)


def person_facts(session: Session, annotator_id: str, now: datetime) -> PersonFacts | None:
    """All of a person that work may depend on, in three statements; None for nobody that the scope sees."""
    row = _PERSON.run(session, p_annotator=annotator_id).one_or_none()
    return None if row is None else _facts(session, row, now)


def facts_of_people(session: Session, annotator_ids: Sequence[str], now: datetime) -> dict[str, PersonFacts]:
    """`person_facts` of many at once, in four statements, by id; without those that the scope does not see."""
    people = session.execute(_PEOPLE.where(_A.c.id.in_(annotator_ids))).all()
    claims, signed = defaultdict[str, list[Any]](list), defaultdict[str, dict[str, int]](dict)
    for row in session.execute(_CLAIMS_OF.where(_C.c.annotator_id.in_(annotator_ids))):
        claims[row.annotator_id].append(row[1:])
    of_people = select(_S.c.annotator_id, _S.c.code, func.max(_S.c.version)).where(_S.c.annotator_id.in_(annotator_ids))
    for annotator_id, code, version in session.execute(of_people.group_by(_S.c.annotator_id, _S.c.code)):
        signed[annotator_id][code] = version
    demanded = defaultdict[str, dict[str, Demanded]](dict)
    orgs = {row.org_id for row in people}
    for org_id, code, version, required_from in session.execute(_DEMANDED_BY.where(_D.c.org_id.in_(orgs))):
        demanded[org_id][code] = Demanded(code, version, required_from)
    return {
        row.id: _made(
            row, claims[row.id],
            {code: last for code, last in signed[row.id].items() if code in demanded[row.org_id]},
            tuple(demanded[row.org_id].values()), now,
        )
        for row in people
    }  # fmt: skip


def facts_of_account(session: Session, account_id: str, org_id: str, now: datetime) -> PersonFacts | None:
    """`person_facts` of an account's profile with a vendor, whose row stays locked for the transaction."""
    row = _ACCOUNT.run(session, p_account=account_id, p_org=org_id).one_or_none()
    return None if row is None else _facts(session, row, now)


def _facts(session: Session, row: Any, now: datetime) -> PersonFacts:
    claims = _CLAIMS.run(session, p_org=row.org_id, p_annotator=row.id)
    return _made(row, claims, *_agreements(session, row), now)


def _made(
    row: Any, claims: Iterable[Any], signed: dict[str, int], demanded: tuple[Demanded, ...], now: datetime
) -> PersonFacts:
    return PersonFacts(
        annotator_id=row.id,
        account_id=row.account_id,
        org_id=row.org_id,
        status=Standing(row.status),
        country=row.country,
        claims=_claims(claims, now),
        skills=frozenset(row.skills),
        domains=frozenset(row.domains),
        clearance=clearance_at(row.clearance, row.clearance_until, now),
        identity_verified=is_proven(row.identity_verified_at, now),
        signed=signed,
        demanded=demanded,
    )


def supply(session: Session, vendor_org_id: str, mode: str = "read") -> list[SupplyRow]:
    """Per exact locale, how many active people have a verified claim in a mode, by proficiency, and their hours."""
    now = now_of(session)
    rows = session.execute(
        select(
            LanguageClaim.locale,
            LanguageClaim.proficiency,
            func.count(),
            func.avg(func.nullif(Annotator.weekly_hours, 0)),
        )
        .join(Annotator, (Annotator.id == LanguageClaim.annotator_id) & (Annotator.org_id == LanguageClaim.org_id))
        .where(
            LanguageClaim.org_id == vendor_org_id,
            LanguageClaim.mode == mode,
            LanguageClaim.status == ClaimStatus.VERIFIED,
            or_(LanguageClaim.until_at.is_(None), LanguageClaim.until_at > now),
            Annotator.status == Standing.ACTIVE,
        )
        .group_by(LanguageClaim.locale, LanguageClaim.proficiency)
        .order_by(LanguageClaim.locale)
    )
    counts: dict[str, dict[str, int]] = {}
    hours: dict[str, dict[str, float]] = {}
    for locale, proficiency, count, stated in rows:
        counts.setdefault(locale, {})[proficiency] = count
        if stated is not None:
            hours.setdefault(locale, {})[proficiency] = float(stated)
    return [SupplyRow(locale, sum(levels.values()), levels, hours.get(locale, {})) for locale, levels in counts.items()]


def _claims(rows: Iterable[Any], now: datetime) -> tuple[ClaimFacts, ...]:
    found = []
    for locale, mode, proficiency, stored, until_at, steps in rows:
        status = status_at(stored, until_at, now)
        found.append(ClaimFacts(locale, mode, proficiency, status, proven_of(proficiency, status, steps, now)))
    return tuple(found)


def _agreements(session: Session, person: Any) -> tuple[dict[str, int], tuple[Demanded, ...]]:
    """The highest version signed per document, and the version of each that is in force."""
    newest = {row.code: row for row in _AGREEMENTS.run(session, p_org=person.org_id, p_annotator=person.id)}
    signed = {code: last for code, (_code, _version, _required, last) in newest.items() if last is not None}
    return signed, tuple(Demanded(row.code, row.version, row.required_from) for row in newest.values())
