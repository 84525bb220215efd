"""Anchoring: the ends of all chains as checkpoints, ready to be signed and kept elsewhere."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.policy import Action, chain_resource
from admin.values import Anchor
from kernel import audit
from kernel.db import now_of
from kernel.guard import require
from kernel.models import AuditEvent
from kernel.policy import Actor


def checkpoints(session: Session, actor: Actor, known: set[tuple[str, int]] | None = None) -> list[Anchor]:
    """A checkpoint for every chain that has grown since those that are known. Signed after a commit, it holds."""
    require(session, actor, Action.AUDIT_VERIFY, chain_resource(None))
    found = [head for head in audit.heads(session) if (head.chain, head.seq) not in (known or set())]
    return [Anchor(head.chain, head.seq, head.hash, _count(session, head), now_of(session)) for head in found]


def _count(session: Session, head: audit.Head) -> int:
    statement = select(func.count()).where(AuditEvent.chain == head.chain, AuditEvent.seq <= head.seq)
    return session.scalar(statement) or 0
