"""Second factors: setting up an authenticator app, proving with a code, recovery codes, switching off, resets."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.changes import changed_rows
from kernel.crypto import digest
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.policy import Actor
from workforce import hashing
from workforce.letters import tell
from workforce.models import Account, FactorReset, Passkey, RecoveryCode, TotpFactor
from workforce.policy import Action, account_resource, reset_resource
from workforce.queries.accounts import find_account
from workforce.queries.factors import ENROLMENT_LASTS, enrolment_of, reset_view
from workforce.queries.passkeys import factor_kinds
from workforce.rules import letters, totp
from workforce.rules.names import clean_text
from workforce.values import Enrolment, ResetView


def begin_factor(session: Session, actor: Actor, account_id: str) -> Enrolment:
    """Draw a new secret for an authenticator app; nothing changes until a code of it confirms."""
    account = own_account(session, actor, account_id)
    if "totp" in factor_kinds(session, account_id):
        raise Conflict("factor.there", _("You have an authenticator app. Switch it off first to set up another one."))
    session.execute(delete(TotpFactor).where(TotpFactor.account_id == account_id))
    row = TotpFactor(id=ids.new_id(), account_id=account_id, last_step=0, begun_at=now_of(session))
    row.secret = totp.text_of(ids.new_bytes(totp.SECRET_BYTES))
    session.add(row)
    session.flush()
    return enrolment_of(row, account)


def confirm_factor(session: Session, actor: Actor, account_id: str, code: str) -> list[str]:
    """Switch the second factor on with a first code; returns the recovery codes, which nobody can read again."""
    account = own_account(session, actor, account_id)
    now = now_of(session)
    row = _factor(session, account_id)
    if row is None or row.confirmed_at is not None or row.begun_at <= now - ENROLMENT_LASTS:
        raise Conflict("factor.not_begun", _("Setting up took too long, or was not begun. Begin again."))
    if not _spend_step(session, row, code, now):
        raise _wrong("code")
    row.confirmed_at, account.factor_since = now, account.factor_since or now
    codes = new_codes(session, account_id, now)
    session.flush()
    tell(session, account, letters.factor_added())
    audit.record(session, actor, "factor.added", "account", account_id, details={"kind": "totp"})
    return codes


def renew_codes(session: Session, actor: Actor, account_id: str) -> list[str]:
    """Ten new recovery codes; the ones before work no longer."""
    account = own_account(session, actor, account_id)
    if account.factor_since is None:
        raise Conflict("factor.none", _("You have no second factor."))
    codes = new_codes(session, account_id, now_of(session))
    session.flush()
    audit.record(session, actor, "factor.codes_renewed", "account", account_id)
    return codes


def end_factor(session: Session, actor: Actor, account_id: str, *, password: str, code: str) -> None:
    """Switch the authenticator app off, with password and a code (or a recovery code) together; passkeys stay."""
    account = own_account(session, actor, account_id)
    session.refresh(account, with_for_update=True)
    kinds = factor_kinds(session, account_id)
    if "totp" not in kinds:
        raise Conflict("factor.none", _("You have no authenticator app here."))
    if not hashing.is_right(account.password_hash, password):
        message = _("This is not your password.")
        raise Invalid("password.wrong", message, fields={"current_password": message})
    if prove_factor(session, actor, account_id, code) is None:
        raise _wrong("code")
    if "passkey" in kinds:
        session.execute(delete(TotpFactor).where(TotpFactor.account_id == account_id))
        tell(session, account, letters.app_ended())
    else:
        take_off(session, account)
        tell(session, account, letters.factor_ended())
    audit.record(session, actor, "factor.ended", "account", account_id)


def prove_factor(session: Session, actor: Actor, account_id: str, typed: str) -> str | None:
    """What was typed, `totp` or `recovery`, if it is right and was not used before; it is used from now on.

    The caller counts the tries.
    """
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    row, now = _factor(session, account_id), now_of(session)
    account = session.get(Account, account_id)
    if account is None or account.factor_since is None:
        return None
    if row is not None and row.confirmed_at is not None and _spend_step(session, row, typed, now):
        return "totp"
    if not _spend_code(session, account_id, typed, now):
        return None
    tell(session, account, letters.code_used())
    audit.record(session, actor, "factor.code_used", "account", account_id)
    return "recovery"


def ask_reset(session: Session, actor: Actor, *, email: str, reason: str) -> ResetView:
    """Ask that the second factor of the account with this address be taken off; somebody else has to agree."""
    guard.require(session, actor, Action.FACTOR_RESET_ASK)
    reason = clean_text(reason, "reason", 1000)
    found = find_account(session, email)
    account = session.get(Account, found.id) if found else None
    if account is None or account.factor_since is None:
        message = _("There is no account with this address that has a second factor.")
        raise Invalid("factor_reset.no_factor", message, fields={"email": message})
    guard.require(session, actor, Action.FACTOR_RESET_ASK, reset_resource(account.id, None, actor))
    if session.scalar(_waiting().where(FactorReset.account_id == account.id)):
        raise Conflict("factor_reset.waiting", _("Somebody has asked for this already, and it waits for a colleague."))
    assert actor.account_id is not None
    row = FactorReset(
        id=ids.new_id(), account_id=account.id, reason=reason, asked_at=now_of(session), asked_by=actor.account_id
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "factor.reset_asked", "factor_reset", row.id, details={"account": account.id})
    return reset_view(row, account)


def decide_reset(session: Session, actor: Actor, reset_id: str, *, agree: bool) -> ResetView:
    """Agree to a reset, which takes the factor off and ends every session, or refuse it."""
    row = session.get(FactorReset, reset_id, with_for_update=True)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.FACTOR_RESET_DECIDE, reset_resource(row.account_id, row.asked_by, actor))
    if row.decided_at is not None:
        raise Conflict("factor_reset.decided", _("This was decided meanwhile."))
    account = session.get(Account, row.account_id)
    assert account is not None
    row.decided_at, row.decided_by, row.outcome = now_of(session), actor.account_id, "reset" if agree else "refused"
    if agree:
        take_off(session, account)
        tell(session, account, letters.factor_reset(row.reason))
        session.execute(update(Account).where(Account.id == account.id).values(auth_epoch=Account.auth_epoch + 1))
    session.flush()
    audit.record(
        session, actor, f"factor.{'reset' if agree else 'reset_refused'}", "factor_reset", row.id,
        details={"account": account.id, "asked_by": row.asked_by},
    )  # fmt: skip
    return reset_view(row, account)


def own_account(session: Session, actor: Actor, account_id: str) -> Account:
    """The actor's own account, to be changed; raises NotFound for any other."""
    guard.require(session, actor, Action.ACCOUNT_SECURE, account_resource(account_id))
    account = session.get(Account, account_id)
    if account is None or account.status != "active":
        raise guard.not_found()
    return account


def _factor(session: Session, account_id: str) -> TotpFactor | None:
    return session.scalars(select(TotpFactor).where(TotpFactor.account_id == account_id)).one_or_none()


def _spend_step(session: Session, row: TotpFactor, typed: str, now: datetime) -> bool:
    """Whether the code is right, and its step was still free: of two requests with one code, one gets it."""
    step = totp.matching_step(totp.bytes_of(row.secret or ""), typed, now, row.last_step)
    if step is None:
        return False
    spent = session.execute(
        update(TotpFactor).where(TotpFactor.id == row.id, TotpFactor.last_step < step).values(last_step=step)
    )
    return changed_rows(spent) == 1


def _spend_code(session: Session, account_id: str, typed: str, now: datetime) -> bool:
    key = totp.recovery_key(typed)
    if not key:
        return False
    spent = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id, RecoveryCode.code_hash == digest(key), RecoveryCode.used_at.is_(None)
        )
        .values(used_at=now)
    )
    return changed_rows(spent) == 1


def new_codes(session: Session, account_id: str, now: datetime) -> list[str]:
    """Ten recovery codes in the place of those before."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [totp.recovery_code(ids.new_bytes(totp.RECOVERY_BYTES)) for _number in range(totp.RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(id=ids.new_id(), account_id=account_id, code_hash=digest(totp.recovery_key(code)), made_at=now)
        for code in codes
    )
    return codes


def take_off(session: Session, account: Account) -> None:
    """No second factor any more: neither app nor passkeys nor recovery codes."""
    session.execute(delete(Passkey).where(Passkey.account_id == account.id))
    session.execute(delete(TotpFactor).where(TotpFactor.account_id == account.id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    account.factor_since = None
    session.flush()


def _waiting() -> Any:
    return select(FactorReset.id).where(FactorReset.decided_at.is_(None)).limit(1)


def _wrong(field: str) -> Invalid:
    message = _("This code is not right, or was used already. Wait for the next one.")
    return Invalid("factor.wrong_code", message, fields={field: message})
