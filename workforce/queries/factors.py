"""Reads of second factors: one's own, and resets by the operator. In the system's scope alone."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel import guard
from kernel.db import now_of
from kernel.paging import Paging
from kernel.policy import Actor
from workforce.models import Account, FactorReset, RecoveryCode, TotpFactor
from workforce.policy import Action, account_resource
from workforce.queries.passkeys import factor_kinds
from workforce.rules.totp import address_of
from workforce.values import Enrolment, FactorView, ResetView

ENROLMENT_LASTS = timedelta(minutes=30)
ISSUER = "Polyphony"
_RESETS = Paging("factor_resets", FactorReset.asked_at, FactorReset.id, newest_first=True)


def factor_of(session: Session, actor: Actor, account_id: str) -> FactorView:
    """The second factor of one's account."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    account = session.get(Account, account_id)
    if account is None:
        raise guard.not_found()
    left = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    )
    row = session.scalars(select(TotpFactor).where(TotpFactor.account_id == account_id)).one_or_none()
    is_pending = row is not None and row.confirmed_at is None and row.begun_at > now_of(session) - ENROLMENT_LASTS
    return FactorView(
        account.factor_since,
        left or 0,
        enrolment_of(row, account) if row and is_pending else None,
        factor_kinds(session, account_id),
    )


def enrolment_of(row: TotpFactor, account: Account) -> Enrolment:
    """What an authenticator app has to be told."""
    secret = row.secret or ""
    return Enrolment(secret, address_of(secret, account.email, ISSUER))


def resets(
    session: Session, actor: Actor, *, after: str | None = None, limit: int = 50
) -> tuple[list[ResetView], str | None]:
    """Resets of second factors, newest first."""
    guard.require(session, actor, Action.FACTOR_RESET_READ)
    statement = select(FactorReset, Account).join(Account, Account.id == FactorReset.account_id)
    rows, next_after = _RESETS.cut(
        session.execute(
            statement.where(*_RESETS.after(after)).order_by(*_RESETS.order()).limit(min(limit, 200) + 1)
        ).all(),
        min(limit, 200),
    )
    return [reset_view(row, account) for row, account in rows], next_after


def resets_of(session: Session, actor: Actor, account_id: str) -> list[ResetView]:
    """The resets of one's own second factor that were done: the receipt that the person keeps."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    rows = session.execute(
        select(FactorReset, Account)
        .join(Account, Account.id == FactorReset.account_id)
        .where(FactorReset.account_id == account_id, FactorReset.outcome == "reset")
        .order_by(FactorReset.asked_at.desc())
        .limit(5)
    )
    return [reset_view(row, account) for row, account in rows]


def reset_view(row: FactorReset, account: Account) -> ResetView:
    return ResetView(
        row.id, row.account_id, account.name, account.email, row.reason, row.asked_at, row.asked_by, row.decided_at,
        row.decided_by, row.outcome,
    )  # fmt: skip
