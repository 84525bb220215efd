"""The directory that the web asks about accounts: whose a session or token is, and what people change themselves."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Exists, SQLColumnExpression, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from i18n import _
from kernel import db
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.policy import NOBODY, Actor
from kernel.tenancy import Scope
from web.identity import Identity, Person, Place, RelyingParty
from web.models import AuthSession
from workforce import operations, queries
from workforce.models import Account, Annotator, Membership, Organization
from workforce.rules import passkeys
from workforce.rules.indexes import address_counted_as
from workforce.values import CLASS_DEMANDS, AccountView, PlaceView, TokenView, is_restricted

_SEEN_EVERY = timedelta(minutes=10)

_RESTRICTED_FROM = min(asked.clearance for name, asked in CLASS_DEMANDS.items() if is_restricted(name))
_OTHER = aliased(AuthSession)
_IS_NEWEST = ~exists().where(
    _OTHER.account_id == AuthSession.account_id, _OTHER.revoked_at.is_(None), _OTHER.waits.is_(False),
    _OTHER.created_at > AuthSession.created_at,
)  # fmt: skip


def _cleared(account_id: SQLColumnExpression[str]) -> Exists:
    """Whether somebody may meet restricted data with some vendor, now."""
    return exists().where(
        Annotator.account_id == account_id, Annotator.clearance >= _RESTRICTED_FROM,
        Annotator.clearance_until > bindparam("p_now"),
    )  # fmt: skip


# Sent with every request of a browser, so written once.
_LIVE_SESSIONS = (
    select(AuthSession, Account, Membership, Organization, _cleared(Account.id).label("cleared"), _IS_NEWEST)
    .join(Account, Account.id == AuthSession.account_id)
    .outerjoin(
        Membership,
        (Membership.id == AuthSession.membership_id)
        & (Membership.account_id == AuthSession.account_id)
        & Membership.ended_at.is_(None),
    )
    .outerjoin(Organization, Organization.id == Membership.org_id)
    .where(AuthSession.revoked_at.is_(None), AuthSession.waits.is_(False))
)
_LIVE_SESSION = _LIVE_SESSIONS.where(AuthSession.secret_hash == bindparam("p_hash"))
_LIVE_SESSION_BY_ID = _LIVE_SESSIONS.where(AuthSession.id == bindparam("p_id"))


class AccountDirectory:
    """Accounts as the web asks for them."""

    def identify(self, session: Session, secret_hash: str) -> Identity | None:
        """The live session with this secret, its person, and the place chosen in it if that still exists."""
        return self._identity(session.execute(_LIVE_SESSION, {"p_hash": secret_hash, "p_now": now_of(session)}).first())

    def identify_by_id(self, session: Session, session_id: str) -> Identity | None:
        """The same of a session that is known by its id: for what was handed out in it, and comes back without it."""
        return self._identity(
            session.execute(_LIVE_SESSION_BY_ID, {"p_id": session_id, "p_now": now_of(session)}).first()
        )

    def _identity(self, found: Any) -> Identity | None:
        if found is None:
            return None
        row, account, membership, organization, is_cleared, is_newest = found
        return Identity(
            session_id=row.id,
            person=_person_of_row(account),
            place=_place_of_rows(membership, organization) if membership and organization else None,
            idle_until=row.idle_until,
            absolute_until=row.absolute_until,
            seen_at=row.seen_at,
            mfa_at=row.mfa_at,
            mfa_kind=row.mfa_kind,
            passkey_at=row.passkey_at,
            proven_at=row.proven_at,
            epoch=row.epoch,
            agent=row.agent,
            country=row.country,
            is_cleared=is_cleared,
            is_newest=is_newest,
        )

    def counted_as(self, email: str) -> str:
        """Under which tries at an address are counted, so that another spelling of it begins no new count."""
        return address_counted_as(email)

    def check_password(self, session: Session, email: str, password: str) -> Person | None:
        """The person, if the password is theirs; a hash of cheaper days is renewed by the way."""
        account = queries.check_password(session, email, password)
        if account is None:
            return None
        if session.info["writes"]:
            operations.renew_hash(session, _self(account.id), account.id, password)
        return person_of(account)

    def check_factor(self, session: Session, account_id: str, typed: str) -> str | None:
        """What was typed, `totp` or `recovery`, if it is the person's; it is used from now on."""
        return operations.prove_factor(session, _self(account_id), account_id, typed)

    def factor_kinds(self, session: Session, account_id: str) -> frozenset[str]:
        """Which second factors an account has: `totp`, `passkey`."""
        return queries.factor_kinds(session, account_id)

    def passkey_options(
        self, session: Session, account_id: str | None, party: RelyingParty, challenge: bytes
    ) -> dict[str, Any]:
        """What a browser is asked to sign, by a passkey of the account or, without one, by any that it knows."""
        return queries.using_options(session, account_id, party.id, challenge)

    def challenge_of(self, sent: str) -> bytes | None:
        """The challenge that a browser says it has signed."""
        return passkeys.challenge_of(sent)

    def check_passkey(
        self, session: Session, account_id: str | None, party: RelyingParty, challenge: bytes, sent: str
    ) -> str | None:
        """The account whose passkey has signed the challenge: the one that is asked for, where one is."""
        actor = _self(account_id) if account_id else NOBODY
        return operations.prove_passkey(
            session, actor, sent=sent, party=party.id, origin=party.origin, challenge=challenge
        )

    def person(self, session: Session, account_id: str) -> Person | None:
        """An account by its id."""
        account = queries.account_of(session, account_id)
        return person_of(account) if account else None

    def is_cleared(self, session: Session, account_id: str) -> bool:
        """Whether some vendor has cleared the person for restricted data, now."""
        asked = select(_cleared(bindparam("p_account")))
        return bool(session.scalar(asked, {"p_account": account_id, "p_now": now_of(session)}))

    def residences(self, session: Session, account_id: str) -> frozenset[str]:
        """The countries in which the person lives, as vendors have verified."""
        return queries.residences_of(session, account_id)

    def places(self, session: Session, account_id: str) -> list[Place]:
        """The person's memberships."""
        return [place_of(place) for place in queries.places_of(session, account_id)]

    def actor_of_token(self, session: Session, secret: str) -> tuple[Actor, Person] | None:
        """Who a token acts for; its use is remembered now and then, in a transaction of its own."""
        bearer = queries.bearer_of_token(session, secret)
        if bearer is None:
            return None
        if bearer.last_used_at is None or bearer.last_used_at <= now_of(session) - _SEEN_EVERY:
            with db.transaction(Scope.system("use of a token")) as writing:
                operations.note_use(writing, bearer.actor)
        return bearer.actor, person_of(bearer.account)

    def actor_of_token_id(self, session: Session, token_id: str) -> tuple[Actor, Person] | None:
        """The same of a token that is known by its id."""
        bearer = queries.bearer_of_token_id(session, token_id)
        return (bearer.actor, person_of(bearer.account)) if bearer else None

    def set_locale(self, session: Session, account_id: str, locale: str) -> None:
        """Choose the language of one's pages."""
        operations.set_locale(session, _self(account_id), account_id, locale)

    def set_profile(self, session: Session, actor: Actor, *, name: str, locale: str, time_zone: str) -> None:
        """Change one's name, language and time zone."""
        operations.set_profile(session, actor, actor.account_id or "", name=name, locale=locale, time_zone=time_zone)

    def set_password(self, session: Session, actor: Actor, *, old: str, new: str) -> Person:
        """Change one's password; raises Invalid unless the old one is right."""
        account = queries.account_of(session, actor.account_id or "")
        if account is None or queries.check_password(session, account.email, old) is None:
            message = _("This is not your password.")
            raise Invalid("password.wrong", message, fields={"current_password": message})
        try:
            operations.set_password(session, actor, account.id, new)
        except Invalid as problem:
            fields = {"new_password": problem.fields.get("password", problem.message)}
            raise Invalid(problem.code, problem.message, fields=fields) from problem
        changed = self.person(session, account.id)
        assert changed is not None
        return changed

    def tokens(self, session: Session, account_id: str) -> list[TokenView]:
        """The person's tokens that still work."""
        return queries.tokens_of(session, account_id)

    def create_token(self, session: Session, actor: Actor, *, name: str, days: int) -> tuple[TokenView, str]:
        """A token for everything that the person may do in the chosen place."""
        if actor.account_id is None or actor.membership_id is None:
            raise Conflict("token.no_place", _("A token acts in an organization, and you are in none yet."))
        return operations.create_token(
            session,
            actor,
            account_id=actor.account_id,
            membership_id=actor.membership_id,
            name=name,
            scopes=["all"],
            days=days,
        )

    def revoke_token(self, session: Session, actor: Actor, token_id: str) -> None:
        """End one of one's tokens."""
        operations.revoke_token(session, actor, token_id)


def person_of(account: AccountView) -> Person:
    """An account as the web sees it."""
    return Person(
        account.id, account.name, account.email, account.locale, account.time_zone, account.is_active,
        account.auth_epoch, account.factor_since is not None, account.has_short_password,
    )  # fmt: skip


def place_of(place: PlaceView) -> Place:
    """A membership as the web sees it."""
    return Place(place.membership_id, place.org_id, place.org_name, place.org_kind.value, place.role.value)


def _person_of_row(row: Account) -> Person:
    return Person(
        row.id, row.name, row.email, row.locale, row.time_zone, row.status == "active", row.auth_epoch,
        row.factor_since is not None, row.has_short_password,
    )  # fmt: skip


def _place_of_rows(membership: Membership, organization: Organization) -> Place:
    return Place(membership.id, organization.id, organization.name, organization.kind, membership.role)


def _self(account_id: str) -> Actor:
    return Actor(account_id, None, None)
