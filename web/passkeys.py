"""Passkeys at the edge: what a browser is to sign is kept by the server, for that browser, once and not for long."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import request
from flask import session as form_session
from sqlalchemy import delete
from sqlalchemy.orm import Session

from kernel import db, ids
from kernel.changes import changed_rows
from kernel.crypto import digest
from kernel.db import now_of
from kernel.tenancy import Scope
from web import current, limits, sessions
from web.identity import Person, RelyingParty, directory
from web.models import PasskeyChallenge

FIELD = "proof_passkey"  # what a form brings that was signed by a passkey
LASTS = timedelta(minutes=5)
MAKE, USE = "make", "use"
_BYTES = 32
_HOLDER = "passkey_holder"


@dataclass(frozen=True)
class Holder:
    """The browser that asks: its session, signed in or waiting for the second factor, or a name drawn for it."""

    id: str
    person: Person | None


def party() -> RelyingParty:
    """Whom this installation's passkeys are made for."""
    settings = current.settings()
    return RelyingParty(settings.passkey_id, settings.passkey_origin)


def holder(session: Session, *, alone: bool = False) -> Holder:
    """Who asks; a browser that nobody is signed in at gets a name in its form cookie, as does one that signs in."""
    user = None if alone else current.signed_in()
    if user is not None and user.session_id is not None:
        return Holder(user.session_id, user.person)
    if not alone and (found := sessions.waiting(session, current.settings())):
        return Holder(found[0].id, found[1])
    if _HOLDER not in form_session:
        form_session[_HOLDER] = ids.new_id()
    return Holder(form_session[_HOLDER], None)


def draw(session: Session, asks: Holder, purpose: str) -> bytes:
    """New bytes to be signed, in place of what is over."""
    now, challenge = now_of(session), ids.new_bytes(_BYTES)
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))
    session.add(
        PasskeyChallenge(
            id=ids.new_id(),
            holder=asks.id,
            purpose=purpose,
            challenge_hash=digest(challenge.hex()),
            expires_at=now + LASTS,
        )
    )
    return challenge


def take(session: Session, asks: Holder, purpose: str, sent: str) -> bytes | None:
    """The challenge that was signed, if it was drawn for this browser; it is used up, whatever comes of it."""
    challenge = directory().challenge_of(sent)
    if challenge is None:
        return None
    used = session.execute(
        delete(PasskeyChallenge).where(
            PasskeyChallenge.challenge_hash == digest(challenge.hex()),
            PasskeyChallenge.holder == asks.id,
            PasskeyChallenge.purpose == purpose,
            PasskeyChallenge.expires_at > now_of(session),
        )
    )
    return challenge if changed_rows(used) == 1 else None


def options(*, alone: bool = False) -> dict[str, Any]:
    """What the browser is to sign: by a passkey of the person it is about, or by any where that is nobody yet."""
    count("passkey-asked", 300)
    with db.transaction(Scope.system("passkey")) as session:
        asks = holder(session, alone=alone)
        challenge = draw(session, asks, USE)
        return directory().passkey_options(session, asks.person.id if asks.person else None, party(), challenge)


def check(sent: str, *, alone: bool = False) -> Person | None:
    """Whose passkey has signed, if it is right and of the person that it is asked for; every try is counted."""
    count("passkey", 100)
    with db.transaction(Scope.system("passkey")) as session:
        asks = holder(session, alone=alone)
        challenge = take(session, asks, USE, sent)
        wanted = asks.person.id if asks.person else None
        found = directory().check_passkey(session, wanted, party(), challenge, sent) if challenge else None
        if found is None:
            return None
        limits.uncount(session, "passkey", sessions.network_of(request.remote_addr))
        form_session.pop(_HOLDER, None)
        return directory().person(session, found)


def count(what: str, most: int) -> None:
    """Count a try of this network within a quarter of an hour; raises TooMany."""
    with db.transaction(Scope.system("passkey")) as session:
        limits.count(session, what, sessions.network_of(request.remote_addr), most=most, seconds=900)
