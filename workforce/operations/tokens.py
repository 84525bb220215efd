"""Personal API tokens: shown once, kept as a hash, and never worth more than the membership they rest on."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.crypto import digest
from kernel.db import now_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.policy import Actor, Role, matrix
from workforce.models import AccountToken, Annotator, Membership
from workforce.policy import Action, account_resource
from workforce.queries.accounts import token_view
from workforce.queries.sign_in import TOKEN_PREFIX
from workforce.rules.names import clean_name
from workforce.values import Standing, TokenView

LONGEST_NAME = 80
MOST_DAYS = 365
MOST_TOKENS = 20
_TOUCH_AFTER = timedelta(minutes=10)


def create_token(
    session: Session,
    actor: Actor,
    *,
    account_id: str,
    membership_id: str,
    name: str,
    scopes: list[str] | tuple[str, ...],
    days: int,
) -> tuple[TokenView, str]:
    """Make a token for one of the account's places; returns it with its secret, which nobody can read again."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    if actor.scopes is not None:
        raise Forbidden("token.by_token", _("A token cannot make tokens. Sign in to make one."))
    if not 1 <= days <= MOST_DAYS:
        raise _invalid("days", _("A token holds for 1 to %(n)s days.", n=MOST_DAYS))
    name, wanted = clean_name(name), _known_scopes(scopes)
    if len(name) > LONGEST_NAME:
        raise _invalid("name", _("This name is too long; at most %(n)s characters fit.", n=LONGEST_NAME))
    membership = _own_place(session, account_id, membership_id)
    _ensure_room(session, account_id)
    now, secret = now_of(session), TOKEN_PREFIX + ids.new_secret(32)
    row = AccountToken(
        id=ids.new_id(), account_id=account_id, membership_id=membership.id, name=name, secret_hash=digest(secret),
        scopes=wanted, created_at=now, expires_at=now + timedelta(days=days), proven_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "token.created", "token", row.id, org_id=membership.org_id,
        details={"scopes": wanted, "days": days},
    )  # fmt: skip
    return token_view(row), secret


def revoke_token(session: Session, actor: Actor, token_id: str) -> None:
    """End a token at once."""
    row = session.get(AccountToken, token_id)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(row.account_id))
    if row.revoked_at is None:
        row.revoked_at = now_of(session)
        session.flush()
        audit.record(session, actor, "token.revoked", "token", row.id)


def prove_token(session: Session, actor: Actor) -> None:
    """Remember that the holder of the token that asks has just proved to be the person."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(actor.account_id or ""))
    token_id = (actor.session_ref or "").removeprefix("token:")
    session.execute(update(AccountToken).where(AccountToken.id == token_id).values(proven_at=now_of(session)))
    audit.record(session, actor, "token.proven", "token", token_id)


def note_use(session: Session, actor: Actor) -> None:
    """Remember that a token was used, to the nearest ten minutes."""
    now = now_of(session)
    kind, _colon, token_id = (actor.session_ref or "").partition(":")
    if kind == "token":
        session.execute(
            update(AccountToken)
            .where(
                AccountToken.id == token_id,
                AccountToken.last_used_at.is_(None) | (AccountToken.last_used_at < now - _TOUCH_AFTER),
            )
            .values(last_used_at=now)
        )


def _own_place(session: Session, account_id: str, membership_id: str) -> Membership:
    """The account's live membership; an applicant's is no ground for a token yet."""
    row = session.get(Membership, membership_id)
    if row is None or row.account_id != account_id or row.ended_at is not None:
        raise guard.not_found()
    if row.role == Role.ANNOTATOR:
        status = session.scalar(
            select(Annotator.status).where(Annotator.account_id == account_id, Annotator.org_id == row.org_id)
        )
        if status not in (Standing.ACTIVE, Standing.PAUSED):
            raise Conflict("token.not_admitted", _("You can make tokens as soon as you are admitted."))
    return row


def _ensure_room(session: Session, account_id: str) -> None:
    live = session.scalar(
        select(func.count())
        .select_from(AccountToken)
        .where(
            AccountToken.account_id == account_id,
            AccountToken.revoked_at.is_(None),
            AccountToken.expires_at > now_of(session),
        )
    )
    if (live or 0) >= MOST_TOKENS:
        raise Conflict("token.too_many", _("You have %(n)s tokens. Revoke one that you no longer use.", n=live or 0))


def _known_scopes(scopes: list[str] | tuple[str, ...]) -> list[str]:
    actions = matrix().actions
    known = {"all", *actions, *(action.split(":")[0] for action in actions)}
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= known:
        raise _invalid("scopes", _("Choose what the token may do."))
    return wanted


def _invalid(field: str, message: object) -> Invalid:
    return Invalid("token.invalid", message, fields={field: message})
