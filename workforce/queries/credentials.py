"""Credentials from elsewhere that somebody has brought to their vendor."""

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import guard
from kernel.db import now_of
from kernel.policy import Actor
from workforce.models.onboarding import BroughtCredential
from workforce.policy import Action, annotator_resource
from workforce.queries.rows import annotator_row
from workforce.rules.credential_lines import lines_told
from workforce.values import BroughtView


def brought_for(session: Session, actor: Actor, annotator_id: str) -> list[BroughtView]:
    """What somebody has brought, for themselves and those who look after them; the newest first, one of each key."""
    guard.require(session, actor, Action.CREDENTIAL_READ, annotator_resource(annotator_row(session, annotator_id)))
    rows = session.scalars(
        select(BroughtCredential)
        .where(BroughtCredential.annotator_id == annotator_id)
        .order_by(BroughtCredential.brought_at.desc(), BroughtCredential.id)
    ).all()
    return [_view(row, session) for row in rows]


def _view(row: BroughtCredential, session: Session) -> BroughtView:
    said = json.loads(row.said)
    return BroughtView(
        row.id, said["issuer"], said["vendor"], row.issued_at, row.expires_at, row.brought_at,
        row.expires_at <= now_of(session), tuple(lines_told(said)),
    )  # fmt: skip
