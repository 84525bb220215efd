"""Sessions behind flask-login: kept by the server, known by the hash of a random cookie, revocable at once."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from flask import Flask, Request, Response, g, request
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, clock, db, ids
from kernel.changes import changed_rows
from kernel.config import Settings
from kernel.crypto import digest
from kernel.policy import NOBODY, Actor, Role
from kernel.tenancy import Scope
from web import elsewhere
from web.devices import device_of
from web.identity import Identity, Person, Place, directory
from web.models import AuthSession

MEDIA_PATH = "/m/"
API_PATH = "/api/"
LINKS_PATH = "/media-links/"  # where browsers ask for a link by themselves, which keeps no session alive
LIVE_SESSIONS_MOST = 3
IDLE_OF_CLEARED = timedelta(minutes=15)
WAITS_FOR = timedelta(minutes=10)  # so long a session waits for the second factor
_TOUCH_AFTER = timedelta(seconds=60)
_TOKEN_REF = "token:"


class SignedIn(UserMixin):
    """flask-login's user: its id is the session's, so that ending the session ends the user."""

    def __init__(self, person: Person, actor: Actor, place: Place | None, session_id: str | None) -> None:
        self.person, self.actor, self.place, self.session_id = person, actor, place, session_id

    def get_id(self) -> str:
        return self.session_id or self.person.id


def of_this_host(name: str, settings: Settings) -> str:
    """A cookie's name with `__Host-`, except on plain http outside production, where browsers would not send it back.

    With it no other host can set the cookie, and a browser takes it only as `Secure`, for the path `/`.
    """
    return f"__Host-{name}" if settings.is_production else name


def cookie_name(settings: Settings) -> str:
    """What the session's cookie is called."""
    return of_this_host("sid", settings)


def install(app: Flask, settings: Settings) -> None:
    """Make flask-login ask us, and nothing else, who a request is from."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)

    @manager.request_loader
    def _load(incoming: Request) -> SignedIn | None:
        if is_cookieless(incoming) or g.get("is_told_as_nobody"):
            return None
        return _by_token(incoming, settings) if _bearer(incoming) is not None else _by_cookie(incoming, settings)


def is_cookieless(incoming: Request) -> bool:
    """Whether the address is one where a signed link alone counts: no cookie and no token is looked at there."""
    return incoming.path.startswith(MEDIA_PATH)


def _bearer(incoming: Request) -> str | None:
    """The token of a program; pages are for people, and look at no such header, whoever has put it there."""
    header = incoming.headers.get("Authorization")
    if header is None or not incoming.path.startswith(API_PATH):
        return None
    scheme, _, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def is_bearer(incoming: Request) -> bool:
    """Whether the request brings a token; its cookies are ignored then, and it needs no CSRF token."""
    return _bearer(incoming) is not None


def _by_token(incoming: Request, settings: Settings) -> SignedIn | None:
    with db.reading(Scope.system("who is asking")) as session:
        found = directory().actor_of_token(session, _bearer(incoming) or "")
    if found is None:
        return None
    return SignedIn(found[1], _told_of_factor(found, settings), None, None)


def actor_of_ref(session: Session, ref: str, settings: Settings) -> Actor | None:
    """Who acts in a session or by a token, known by what the log calls it; None once it has ended."""
    if ref.startswith(_TOKEN_REF):
        found = directory().actor_of_token_id(session, ref.removeprefix(_TOKEN_REF))
        return _told_of_factor(found, settings) if found else None
    identity = directory().identify_by_id(session, ref)
    if identity is None or not _is_live(identity, db.now_of(session)):
        return None
    return _actor_here(request, identity, settings, lambda: directory().residences(session, identity.person.id))


def _told_of_factor(found: tuple[Actor, Person], settings: Settings) -> Actor:
    actor, person = found
    return replace(actor, lacks_factor=_lacks_factor(actor.role, person, settings))


def _lacks_factor(role: str | None, person: Person, settings: Settings) -> bool:
    return not person.has_factor and (role in settings.second_factor_roles or person.needs_factor)


def _by_cookie(incoming: Request, settings: Settings) -> SignedIn | None:
    secret = incoming.cookies.get(cookie_name(settings))
    if not secret or len(secret) > 200:
        return None
    with db.reading(Scope.system("who is asking")) as session:
        identity = directory().identify(session, digest(secret))
        now = db.now_of(session)
    if identity is None or not _is_live(identity, now):
        return None
    if now - identity.seen_at > _TOUCH_AFTER and not incoming.path.startswith(LINKS_PATH):
        _touch(identity, now, settings)
    if identity.is_cleared and _is_elsewhere(incoming, identity, lambda: _homes_of(identity)):
        with db.transaction(Scope.system("a session from elsewhere")) as session:
            end_session(session, identity.person.id, identity.session_id)
        return None
    actor = _actor_here(incoming, identity, settings, lambda: _homes_of(identity))
    return SignedIn(identity.person, actor, identity.place, identity.session_id)


def _actor_here(
    incoming: Request, identity: Identity, settings: Settings, homes: Callable[[], Collection[str]]
) -> Actor:  # fmt: skip
    """The actor of a session; from another country or browser without its proofs, until it is proven from there."""
    actor = actor_for(identity, settings)
    if _is_elsewhere(incoming, identity, homes):
        actor = replace(actor, proven_at=None, mfa_at=None, mfa_kind=None, passkey_at=None)
    return actor


def _homes_of(identity: Identity) -> Collection[str]:
    with db.reading(Scope.system("who is asking")) as session:
        return directory().residences(session, identity.person.id)


def _is_elsewhere(incoming: Request, identity: Identity, homes: Callable[[], Collection[str]]) -> bool:
    here = elsewhere.seen(incoming)
    if elsewhere.is_other_device(identity.agent, here["agent"]):
        return True
    if not elsewhere.has_moved(identity.country, here["country"], ()):
        return False
    return elsewhere.has_moved(identity.country, here["country"], homes())


def _is_live(identity: Identity, now: datetime) -> bool:
    return (
        identity.person.is_active
        and identity.epoch == identity.person.epoch
        and identity.idle_until > now
        and identity.absolute_until > now
        and not (identity.is_cleared and _is_too_loose(identity, now))
    )


def _is_too_loose(identity: Identity, now: datetime) -> bool:
    """Whether a session is one too many, or lay still too long, for somebody who is cleared for restricted data."""
    return not identity.is_newest or now - identity.seen_at >= IDLE_OF_CLEARED


def _touch(identity: Identity, now: datetime, settings: Settings) -> None:
    with db.transaction(Scope.system("a session goes on")) as session:
        session.execute(
            update(AuthSession)
            .where(AuthSession.id == identity.session_id, AuthSession.revoked_at.is_(None))
            .values(seen_at=now, idle_until=now + timedelta(minutes=settings.session_idle_minutes))
        )


def actor_for(identity: Identity, settings: Settings) -> Actor:
    """The actor of a session: the account in the place that is chosen."""
    place = identity.place
    return Actor(
        account_id=identity.person.id,
        org_id=place.org_id if place else None,
        role=Role(place.role) if place else None,
        membership_id=place.id if place else None,
        org_kind=place.org_kind if place else None,
        session_ref=identity.session_id,
        mfa_at=identity.mfa_at,
        mfa_kind=identity.mfa_kind,
        passkey_at=identity.passkey_at,
        proven_at=identity.proven_at,
        lacks_factor=_lacks_factor(place.role if place else None, identity.person, settings),
    )


def open_session(
    session: Session, settings: Settings, person: Person, membership_id: str | None, proof: str = "password"
) -> str:
    """Start a session for a person who has proven who they are; returns the secret for the cookie."""
    now = db.now_of(session)
    is_factor = proof != "password"
    secret, row = _new_row(session, person, membership_id)
    row.idle_until = now + timedelta(minutes=settings.session_idle_minutes)
    row.absolute_until = now + timedelta(hours=settings.session_hours)
    is_away = elsewhere.is_away(row.country, directory().residences(session, person.id))
    row.proven_at = None if is_away else now  # from abroad, signing in alone opens nothing that asks for a fresh proof
    row.mfa_at, row.mfa_kind = now if is_factor else None, proof if is_factor else None
    row.passkey_at = now if proof == "passkey" else None
    session.flush()
    most = 1 if directory().is_cleared(session, person.id) else LIVE_SESSIONS_MOST
    _end_oldest(session, row, most - 1)
    actor = Actor(person.id, None, None, session_ref=row.id)
    audit.record(session, actor, "session.opened", "session", row.id, details={"factor": proof})
    return secret


def open_waiting(session: Session, person: Person) -> str:
    """Remember that a password was right, until the second factor is shown. Nobody is signed in by it."""
    secret, row = _new_row(session, person, None)
    row.idle_until = row.absolute_until = db.now_of(session) + WAITS_FOR
    row.waits = True
    session.flush()
    return secret


def waiting(session: Session, settings: Settings) -> tuple[AuthSession, Person] | None:
    """The session of this browser that waits for a second factor, and whose it is."""
    secret = request.cookies.get(cookie_name(settings), "")
    if not secret or len(secret) > 200:
        return None
    row = session.scalars(
        select(AuthSession).where(
            AuthSession.secret_hash == digest(secret), AuthSession.revoked_at.is_(None), AuthSession.waits.is_(True)
        )
    ).one_or_none()
    person = directory().person(session, row.account_id) if row else None
    if row is None or person is None or row.absolute_until <= db.now_of(session):
        return None
    return (row, person) if person.is_active and person.epoch == row.epoch and person.has_factor else None


def _new_row(session: Session, person: Person, membership_id: str | None) -> tuple[str, AuthSession]:
    now, secret = db.now_of(session), ids.new_secret(32)
    row = AuthSession(
        id=ids.new_id(), secret_hash=digest(secret), account_id=person.id, membership_id=membership_id,
        created_at=now, seen_at=now, network=network_of(request.remote_addr),
        epoch=person.epoch, **elsewhere.seen(request),
    )  # fmt: skip
    session.add(row)
    _hand_over(session, secret)
    return secret, row


def rotate(session: Session, session_id: str, **changes: Any) -> None:
    """Give a session another secret, so that a copy of the old one is worth nothing.

    For every change of what a session may do. Its end stays where it was.
    """
    secret = ids.new_secret(32)
    session.execute(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.revoked_at.is_(None))
        .values(secret_hash=digest(secret), **changes)
    )
    _hand_over(session, secret)


def _hand_over(session: Session, secret: str) -> None:
    """The browser gets the secret with the response, if this transaction is committed."""
    db.after_commit(session, lambda: setattr(g, "new_session", secret))


def _end_oldest(session: Session, opened: AuthSession, others: int) -> None:
    """Leave so many other sessions of the account as it may have beside the one that was opened just now."""
    live = session.scalars(
        select(AuthSession.id)
        .where(
            AuthSession.account_id == opened.account_id,
            AuthSession.id != opened.id,
            AuthSession.revoked_at.is_(None),
            AuthSession.absolute_until > opened.created_at,
            AuthSession.waits.is_(False),
        )
        .order_by(AuthSession.created_at.desc(), AuthSession.id)
    ).all()
    for session_id in live[others:]:
        end_session(session, opened.account_id, session_id)


def end_session(session: Session, account_id: str, session_id: str) -> bool:
    """End one session of an account; False if there is no such live session of theirs."""
    ended = session.execute(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.account_id == account_id, AuthSession.revoked_at.is_(None))
        .values(revoked_at=db.now_of(session))
    )
    if changed_rows(ended) != 1:
        return False
    audit.record(session, Actor(account_id, None, None), "session.ended", "session", session_id)
    return True


def end_other_sessions(session: Session, account_id: str, keep: str | None) -> None:
    """End every session of an account but one: after a change of password, factor or address."""
    rows = session.scalars(
        select(AuthSession.id).where(AuthSession.account_id == account_id, AuthSession.revoked_at.is_(None))
    ).all()
    for session_id in rows:
        if session_id != keep:
            end_session(session, account_id, session_id)


def renew(session: Session, **changes: Any) -> None:
    """After a change of the person's factors: another secret for this request's session, and an end to all others."""
    user = current_user
    end_other_sessions(session, user.person.id, user.session_id)
    rotate(session, user.session_id, **changes)


def live_sessions(session: Session, account_id: str) -> list[AuthSession]:
    """An account's sessions that still work, newest first."""
    now = db.now_of(session)
    return list(
        session.scalars(
            select(AuthSession)
            .where(
                AuthSession.account_id == account_id,
                AuthSession.revoked_at.is_(None),
                AuthSession.absolute_until > now,
                AuthSession.idle_until > now,
                AuthSession.waits.is_(False),
            )
            .order_by(AuthSession.created_at.desc())
        )
    )


def device_words(row: AuthSession) -> str:
    """What a person knows a device by: browser and system, in the reader's language."""
    browser, system = device_of(row.agent)
    if browser and system:
        return str(_("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or str(_("An unknown device"))


def set_cookie(response: Response, settings: Settings, secret: str | None) -> None:
    """Put the session's cookie on a response, or take it away."""
    name = cookie_name(settings)
    if secret is None:
        response.delete_cookie(name, path="/", secure=settings.is_production, httponly=True, samesite="Lax")
        return
    response.set_cookie(
        name, secret, path="/", secure=settings.is_production, httponly=True, samesite="Lax",
        max_age=settings.session_hours * 3600,
    )  # fmt: skip


def network_of(address: str | None) -> str:
    """The network of an address (/24 or /48): enough to notice a change, too little to follow a person."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def nobody() -> Actor:
    """The actor of a request without a session."""
    return NOBODY


def request_time() -> datetime:
    """One point in time for what a request does outside transactions."""
    if "time" not in g:
        g.time = clock.now()
    moment: datetime = g.time
    return moment
