"""Steps on people's way in, folded from the facts that there are: nothing of it is stored.

Each step is two conditions on an annotator: that it is done, and that the person has done their part of it. The state
of one person, the counts of a pool and the list of those who wait are all made of the same ones.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from kernel.db import now_of
from kernel.paging import Paging
from workforce.models import Account, Agreement, AgreementSignature, Annotator, LanguageClaim, PersonDocument, Pool
from workforce.onboarding import has_passed, has_payout_method
from workforce.queries.people import MOST_ROWS, PORTION, find_people
from workforce.rules.clearances import IDENTITY_FOR
from workforce.rules.steps import step
from workforce.values import ClaimStatus, DocumentState, Owner, PersonRow, Standing, StepCount, StepView

FOR_EVERYBODY = "public"
ON_THEIR_WAY = (Standing.APPLIED, Standing.ACTIVE, Standing.PAUSED)
_BY_ID = Paging("steps", Annotator.id)
_NEWER = aliased(Agreement)

Condition = Callable[[datetime], ColumnElement[bool]]
StepRow = tuple[str, str, Standing, list[Owner]]  # id, pseudonym, and of each step whose turn it is


def steps_of(session: Session, annotator_id: str) -> list[StepView]:
    """What the person's pool asks for, in its order, with whose turn each is."""
    asked = session.execute(
        select(Pool.steps).join(Annotator, Annotator.pool_id == Pool.id).where(Annotator.id == annotator_id)
    ).scalar_one_or_none()
    if not asked:
        return []
    now = now_of(session)
    told = [condition for code in asked for condition in (_DONE[code](now), _handed_in(code, now))]
    row = session.execute(select(*told).select_from(Annotator).where(Annotator.id == annotator_id)).one()
    return [step(code, row[2 * place], row[2 * place + 1]) for place, code in enumerate(asked)]


def step_counts(session: Session, pool_id: str) -> list[StepCount]:
    """Of a pool's people who are on their way or in: how many have done each step, and how many wait for whom."""
    pool = session.get(Pool, pool_id)
    if pool is None or not pool.steps:
        return []
    now = now_of(session)
    told = [
        func.count().filter(_waits_for(code, owner, now)).label(f"{code}_{owner}")
        for code in pool.steps
        for owner in Owner
    ]
    row = session.execute(select(*told).select_from(Annotator).where(*_of_pool(pool_id))).one()._mapping
    return [StepCount(code, row[f"{code}_nobody"], row[f"{code}_person"], row[f"{code}_vendor"]) for code in pool.steps]


def people_at_step(
    session: Session, pool_id: str, code: str, owner: Owner, *, after: str | None = None, limit: int = 50
) -> tuple[list[PersonRow], str | None]:
    """The people of a pool for whom it is this one's turn at a step."""
    limit = min(limit, MOST_ROWS)
    statement = (
        select(Annotator)
        .where(*_of_pool(pool_id), _waits_for(code, owner, now_of(session)), *_BY_ID.after(after))
        .order_by(*_BY_ID.order())
        .limit(limit + 1)
    )
    found, next_after = _BY_ID.cut(session.scalars(statement).all(), limit)
    return find_people(session, among=[row.id for row in found], limit=limit)[0], next_after


def step_portion(session: Session, pool_id: str, after: str | None) -> tuple[list[StepRow], str | None]:
    """The next of the pool's people who are on their way or in, for a file: id, pseudonym, standing, and of each step
    whose turn it is."""
    pool = session.get(Pool, pool_id)
    codes, now = pool.steps if pool else [], now_of(session)
    told = [condition for code in codes for condition in (_DONE[code](now), _handed_in(code, now))]
    rows = session.execute(
        select(Annotator.id, Annotator.pseudonym, Annotator.status, *told)
        .where(*_of_pool(pool_id), *_BY_ID.after(after))
        .order_by(*_BY_ID.order())
        .limit(PORTION + 1)
    ).all()
    found, next_after = _BY_ID.cut(rows, PORTION)
    return [
        (person, pseudonym, Standing(status), [
            step(code, flags[2 * at], flags[2 * at + 1]).owner for at, code in enumerate(codes)
        ])
        for person, pseudonym, status, *flags in found
    ], next_after  # fmt: skip


def count_on_their_way(session: Session, pool_id: str) -> int:
    """How many of a pool are on their way or in."""
    return session.scalar(select(func.count()).select_from(Annotator).where(*_of_pool(pool_id))) or 0


def _of_pool(pool_id: str) -> tuple[ColumnElement[bool], ...]:
    return Annotator.pool_id == pool_id, Annotator.status.in_(ON_THEIR_WAY)


def _waits_for(code: str, owner: Owner, now: datetime) -> ColumnElement[bool]:
    done, handed_in = _DONE[code](now), _handed_in(code, now)
    if owner is Owner.NOBODY:
        return done
    return and_(not_(done), handed_in if owner is Owner.VENDOR else not_(handed_in))


def _has_confirmed(now: datetime) -> ColumnElement[bool]:
    return (
        select(Account.id)
        .where(Account.id == Annotator.account_id, Account.email_confirmed_at.is_not(None))
        .correlate(Annotator)
        .exists()
    )


def _has_profile(now: datetime) -> ColumnElement[bool]:
    return and_(Annotator.country.is_not(None), Annotator.weekly_hours > 0)


def _has_claim(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(LanguageClaim.id)
        .where(LanguageClaim.org_id == Annotator.org_id, LanguageClaim.annotator_id == Annotator.id, *conditions)
        .correlate(Annotator)
        .exists()
    )


def _has_language(now: datetime) -> ColumnElement[bool]:
    return _has_claim(
        LanguageClaim.status == ClaimStatus.VERIFIED,
        or_(LanguageClaim.until_at.is_(None), LanguageClaim.until_at > now),
    )


def _has_signed(now: datetime) -> ColumnElement[bool]:
    newest = (
        select(func.max(_NEWER.version))
        .where(_NEWER.org_id == Agreement.org_id, _NEWER.code == Agreement.code)
        .correlate(Agreement)
        .scalar_subquery()
    )
    signed = (
        select(AgreementSignature.id)
        .where(
            AgreementSignature.org_id == Annotator.org_id, AgreementSignature.annotator_id == Annotator.id,
            AgreementSignature.agreement_id == Agreement.id,
        )
        .correlate(Annotator, Agreement)
        .exists()
    )  # fmt: skip
    unsigned = (
        select(Agreement.id)
        .where(
            Agreement.org_id == Annotator.org_id, Agreement.required_from == FOR_EVERYBODY,
            Agreement.version == newest, not_(signed),
        )
        .correlate(Annotator)
        .exists()
    )  # fmt: skip
    return not_(unsigned)


def _is_identified(now: datetime) -> ColumnElement[bool]:
    return and_(Annotator.identity_verified_at.is_not(None), Annotator.identity_verified_at > now - IDENTITY_FOR)


_DONE: dict[str, Condition] = {
    "email": _has_confirmed,
    "profile": _has_profile,
    "languages": _has_language,
    "agreements": _has_signed,
    "identity": _is_identified,
    "payout": lambda now: has_payout_method(),
    "test": lambda now: has_passed(),
}


def _handed_in(code: str, now: datetime) -> ColumnElement[bool]:
    """Whether the person has done their part, so that it is the vendor's turn."""
    if code == "languages":
        return _has_claim(LanguageClaim.status.in_((ClaimStatus.CLAIMED, ClaimStatus.VERIFIED)))
    if code == "identity":
        return (
            select(PersonDocument.id)
            .where(
                PersonDocument.org_id == Annotator.org_id, PersonDocument.annotator_id == Annotator.id,
                PersonDocument.kind == "identity", PersonDocument.state == DocumentState.WAITING,
            )
            .correlate(Annotator)
            .exists()
        )  # fmt: skip
    return false()
