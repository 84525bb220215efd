"""Reads of applications that were begun."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.crypto import digest
from kernel.db import now_of
from workforce.models import ApplicationDraft


def draft_of(session: Session, pool_id: str, key: str) -> dict[str, Any] | None:
    """What was typed, for whoever has the key; None where nothing is kept under it."""
    row = session.scalars(
        select(ApplicationDraft).where(
            ApplicationDraft.pool_id == pool_id, ApplicationDraft.key_hash == digest(key),
            ApplicationDraft.expires_at > now_of(session),
        )
    ).one_or_none()  # fmt: skip
    return dict(json.loads(row.content)) if row is not None and row.content else None
