"""Repeated requests: the same key with the same content gets the same answer, and does nothing a second time."""

import hashlib
from dataclasses import dataclass

from flask import Request
from sqlalchemy.orm import Session

from i18n import _
from kernel import crypto
from kernel.db import now_of
from kernel.errors import Conflict, Invalid, Problem
from kernel.models import Idempotency

HEADER = "Idempotency-Key"


@dataclass(frozen=True)
class Kept:
    """The answer that was given before."""

    status_code: int
    body: str


def key_of(request: Request) -> str | None:
    """The caller's key; raises Invalid for one that is no key (8 to 128 visible ASCII letters)."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 8 <= len(key) <= 128 or not key.isascii() or not key.isprintable() or " " in key:
        raise Invalid("idempotency.key", _("The Idempotency-Key must be 8 to 128 visible letters or digits."))
    return key


def demand_key(request: Request) -> None:
    """Refuse a request without a key where doing it twice by mistake would cost most."""
    if HEADER not in request.headers:
        problem = Problem(
            "idempotency.missing",
            _(
                "Send an Idempotency-Key with this, 8 to 128 letters or digits that you make up once and send again "
                "with every repetition, so that nothing is done twice."
            ),
        )
        problem.status = 400
        raise problem


def request_hash(request: Request) -> str:
    """What the request asks, apart from its key."""
    digest = hashlib.sha256(request.method.encode() + b"\n" + request.path.encode() + b"\n")
    digest.update(request.get_data(cache=True))
    return digest.hexdigest()


def recall(session: Session, actor_id: str, route: str, key: str, content: str) -> Kept | None:
    """The kept answer, if there is one; raises Invalid if the key stands for another request."""
    row = session.get(Idempotency, (actor_id, route, key))
    if row is None:
        return None
    if row.request_hash != content:
        raise Invalid("idempotency.reused", _("This Idempotency-Key was used for another request. Make a new one."))
    try:
        return Kept(row.status_code, crypto.unseal(row.body, _place(actor_id, route, key)))
    except crypto.CannotDecrypt:  # sealed with a key that is gone
        raise Conflict(
            "idempotency.unreadable", _("The answer to this Idempotency-Key cannot be read any more. Make a new one.")
        ) from None


def keep(session: Session, actor_id: str, route: str, key: str, content: str, kept: Kept) -> None:
    """Keep the answer in the transaction of its effect; a race for one key ends in a unique violation and a retry."""
    session.add(
        Idempotency(
            actor_id=actor_id, route=route, key=key, request_hash=content,
            status_code=kept.status_code, body=crypto.seal(kept.body, _place(actor_id, route, key)),
            created_at=now_of(session),
        )
    )  # fmt: skip
    session.flush()


def _place(actor_id: str, route: str, key: str) -> str:
    """What a kept answer is bound to: it holds what its request was told, persons and secrets included."""
    return "|".join(("idempotency", "body", route, key, actor_id))
