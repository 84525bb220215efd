"""Applications that were begun: kept sealed for a month under a key that only the applicant has."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from i18n import _
from kernel import guard, ids
from kernel.crypto import digest
from kernel.db import insert_ignoring, now_of
from kernel.errors import Invalid
from kernel.policy import Actor
from workforce.models import ApplicationDraft, Pool
from workforce.policy import Action

KEPT_FOR = timedelta(days=30)
MOST_CHARACTERS = 20_000
_NEVER_KEPT = ("password", "agreement")  # a secret, and what has to be read when it is signed


def key_of(secret: str) -> str:
    """The key of somebody who has no account yet. No secret of theirs is ever the key of an account."""
    return f"secret:{secret}"


def key_of_account(account_id: str) -> str:
    """The key of somebody who is signed in."""
    return f"account:{account_id}"


def save_draft(session: Session, actor: Actor, pool_id: str, *, key: str, content: Mapping[str, Any]) -> None:
    """Keep what was typed, in place of what was kept under this key. The actor is the system, for the applicant."""
    guard.require(session, actor, Action.ACCOUNT_CREATE)
    pool = session.get(Pool, pool_id)
    if pool is None or not pool.is_open:
        raise guard.not_found()
    text = json.dumps({name: value for name, value in content.items() if name not in _NEVER_KEPT}, ensure_ascii=False)
    if len(text) > MOST_CHARACTERS or "\\u0000" in text or len(key) < 20:
        message = _("This is too much to be kept.")
        raise Invalid("draft.invalid", message, fields={"about": message})
    now = now_of(session)
    new = {
        "id": ids.new_id(), "org_id": pool.org_id, "pool_id": pool_id, "key_hash": digest(key), "saved_at": now,
        "expires_at": now + KEPT_FOR,
    }  # fmt: skip
    insert_ignoring(session, ApplicationDraft, [new], ["org_id", "pool_id", "key_hash"])
    row = _under(session, pool_id, key)
    assert row is not None
    row.content, row.saved_at, row.expires_at = text, now, now + KEPT_FOR
    session.flush()


def forget_draft(session: Session, actor: Actor, pool_id: str, *, key: str) -> None:
    """Drop it, when the application was sent or its applicant says so; one that is not there stays so."""
    guard.require(session, actor, Action.ACCOUNT_CREATE)
    row = _under(session, pool_id, key)
    if row is not None:
        session.delete(row)
        session.flush()


def _under(session: Session, pool_id: str, key: str) -> ApplicationDraft | None:
    return session.scalars(
        select(ApplicationDraft).where(
            ApplicationDraft.pool_id == pool_id, ApplicationDraft.key_hash == digest(key)
        )
    ).one_or_none()  # fmt: skip
