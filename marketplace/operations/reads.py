"""Reads of restricted content, noted in the transaction that hands it out and in the chain of whose content it is."""

from enum import StrEnum

from sqlalchemy.orm import Session

from kernel import audit
from kernel.errors import NeedsWriting
from kernel.policy import Actor
from marketplace.queries.work import task_of
from marketplace.values.work import Task
from workforce.values import is_restricted

READ = "content.read"
CONTENT = "content"


class Why(StrEnum):
    """For what somebody was shown a unit's content."""

    HANDED_OUT = "handed_out"
    WORKED_ON = "worked_on"
    REVIEWED = "reviewed"
    LOOKED_AT = "looked_at"
    ORIGINAL = "original"
    FILE = "file"
    EXPORTED = "exported"


def note_read(
    session: Session, actor: Actor, why: Why, *, unit: str, project: str, org: str, classification: str
) -> None:
    """Note who is shown the content of a unit, where its class asks for it, as the next link of its owner's chain.

    Raises NeedsWriting in a transaction that only reads: `kernel.seeing.see` then begins another one.
    """
    if is_restricted(classification):
        if not session.info["writes"]:
            raise NeedsWriting("a read of restricted content that would not be noted")
        audit.record(
            session, actor, READ, CONTENT, unit, org_id=org,
            details={"project": project, "class": classification, "why": why.value, "role": actor.role or ""},
        )  # fmt: skip


def see_task(session: Session, actor: Actor, assignment_id: str) -> Task:
    """An assignment of the actor's own, for the page that shows it; raises NotFound for anybody else's."""
    return noted(session, actor, task_of(session, actor, assignment_id))


def noted(session: Session, actor: Actor, task: Task) -> Task:
    """The same task; that its content is shown is noted, if it is."""
    if task.content:
        note_read(
            session, actor, Why.WORKED_ON, unit=task.unit_id, project=task.project_id, org=task.org_id,
            classification=task.classification,
        )  # fmt: skip
    return task
