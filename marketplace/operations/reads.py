"""Reads of restricted content, noted in the transaction that hands it out and in the chain of whose content it is."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from i18n import _
from kernel import audit
from kernel.errors import NeedsWriting
from kernel.grants import rights_on
from kernel.guard import require
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor, Resource
from kernel.sheets import pieces
from marketplace.models import Project
from marketplace.operations.uses import note_use
from marketplace.queries.eligibility import demands_on_own, demands_on_reader
from marketplace.queries.item_classes import classes_of
from marketplace.queries.reads import CONTENT, PORTION, READ, reads_of, refuse_impossible
from marketplace.queries.work import task_of
from marketplace.rules.releases import pseudonym
from marketplace.values.actions import Action
from marketplace.values.reads import ReadFilter, Why
from marketplace.values.work import Task
from workforce.making import FileKind, Note, Reading
from workforce.values import is_restricted, rank_of

FILE = "reads"
COLUMNS = (
    "at", "unit", "project", "project_name", "classification", "reader", "name", "role", "why", "reason", "seq", "hash",
)  # fmt: skip


def note_read(
    session: Session, actor: Actor, why: Why, *, unit: str, project: str, org: str, classification: str
) -> None:
    """Note who is shown the content of a unit, where its class asks for it, as the next link of its owner's chain.

    What is sensitive counts as a use of what lets them see it, restricted or not.

    Raises NeedsWriting in a transaction that only reads: `kernel.seeing.see` then begins another one.
    """
    note_use(session, actor, project=project, classification=classification)
    if is_restricted(classification):
        if not session.info["writes"]:
            raise NeedsWriting("a read of restricted content that would not be noted")
        audit.record(
            session, actor, READ, CONTENT, unit, org_id=org,
            details={
                "project": project, "class": classification, "why": why.value, "role": actor.role or "",
                "reader": pseudonym(org, actor.account_id or ""),
            },
        )  # fmt: skip


def note_original(
    session: Session, actor: Actor, *, unit: str, project: str, org: str, classification: str, reason: str
) -> None:
    """Note who is shown the original behind a mask, of whatever class, and why."""
    note_use(session, actor, project=project, classification=classification)
    audit.record(
        session, actor, READ, CONTENT, unit, org_id=org,
        details={
            "project": project, "class": classification, "why": Why.ORIGINAL.value, "role": actor.role or "",
            "reader": pseudonym(org, actor.account_id or ""),
        },
        words=reason,
    )  # fmt: skip


def readable_items(
    session: Session, actor: Actor, project_id: str, item_ids: Collection[str], *, is_own: bool = False,
    is_noted: bool = True, met: str = "",
) -> dict[str, str]:  # fmt: skip
    """Of these items of a project those that the actor may be shown now, each with its class; the reads are noted.

    `is_own`: they were put before the actor, whatever the actor's standing is since. `is_noted`: False where nothing of
    it is shown by the asking itself. `met`: a class whose demands were asked in this very transaction.
    """
    project = session.get(Project, project_id)
    if project is None or not item_ids:
        return {}
    classes, units = classes_of(session, project, item_ids)
    is_open = {
        name: (met and rank_of(name) <= rank_of(met)) or may_see_class(session, actor, project, name, is_own=is_own)
        for name in set(classes.values())
    }
    found = {item_id: name for item_id, name in sorted(classes.items()) if is_open[name]}
    for item_id, name in found.items() if is_noted else ():
        note_read(
            session, actor, Why.TESTED if met else Why.LOOKED_AT, unit=units[item_id] or item_id, project=project.id,
            org=project.org_id, classification=name,
        )  # fmt: skip
    return found


def may_see_class(session: Session, actor: Actor, project: Project, classification: str, *, is_own: bool) -> bool:
    """Whether content of this class in this project may be shown to the actor now: the demands of a hand-out, asked of
    whoever is shown it elsewhere; and a grant that lives, where the project is another organization's."""
    if actor.org_id != project.org_id and rights_on(session, actor.org_id, project.id) is None:
        return False
    demands = demands_on_own if is_own else demands_on_reader
    return all(demand.met for demand in demands(session, actor, project, classification))


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


def ask_verification(session: Session, actor: Actor, since: datetime | None) -> str:
    """Have the chain that holds the reads proven in the background, from a time on; returns the job's id."""
    require(session, actor, Action.READS_VERIFY, Resource("reads", actor.org_id, org_id=actor.org_id))
    audit.record(session, actor, "reads.verification_asked", "verification", actor.org_id)
    job_id = enqueue(
        session, REGISTRY["marketplace.verify_reads"], actor=actor, org_id=actor.org_id,
        since=since.isoformat() if since else None,
    )  # fmt: skip
    assert job_id is not None
    return job_id


def allow_file(session: Session, actor: Actor, asked: dict[str, Any]) -> int:
    """Whether somebody may take the reads away that fit; how many these are is told once they are written."""
    require(session, actor, Action.READS_EXPORT, Resource("reads", actor.org_id, org_id=actor.org_id))
    refuse_impossible(session, actor.org_id or "", filter_asked(asked))
    return 0


def write_file(reading: Reading, actor: Actor, asked: dict[str, Any], note: Note) -> Iterator[bytes]:
    """The reads that fit, newest first, portion by portion."""
    return pieces(COLUMNS, _rows(reading, actor, filter_asked(asked), note))


def _rows(reading: Reading, actor: Actor, wanted: ReadFilter, note: Note) -> Iterator[list[object]]:
    after: str | None = None
    done = 0
    while True:
        with reading() as session:
            rows, after = reads_of(session, actor.org_id or "", wanted, after=after, limit=PORTION)
        yield from ([getattr(row, name) for name in COLUMNS] for row in rows)
        done += len(rows)
        note(done)
        if after is None:
            return


def asked_of(wanted: ReadFilter) -> dict[str, Any]:
    """The filter as it is kept for a job."""
    asked = {name: value for name, value in vars(wanted).items() if value}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asked.items()}


def filter_asked(asked: dict[str, Any]) -> ReadFilter:
    """The filter again, as it was kept for a job."""
    times: dict[str, Any] = {name: datetime.fromisoformat(asked[name]) for name in ("since", "until") if name in asked}
    return ReadFilter(**{**asked, **times})


FILES = (FileKind(FILE, _("Who saw my data"), "reads.csv", "reads.exported", allow_file, write_file),)
