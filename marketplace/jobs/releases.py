"""Jobs of releases: building one from the settled units, and invoicing one that was accepted."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from calibration.operations.refitting import refit
from kernel.errors import Conflict
from kernel.jobs import Work, job
from kernel.policy import Actor
from kernel.sealed_files import kept_sealed, open_sealed
from kernel.storage import Stored
from kernel.tenancy import Scope
from labeling.rules.media import MEDIA_FIELDS
from labeling.tasktypes import registry
from marketplace.files.checking import in_chunks
from marketplace.operations import assurance, corrections, projects, releases, rework
from marketplace.queries import releases as queries
from marketplace.queries.media import has_media
from marketplace.queries.releases import BuildPlan
from marketplace.rules import qa
from marketplace.rules.releases import csv_bytes, jsonl_bytes, label_class, manifest_of, record_of
from marketplace.values.releases import ReleaseFile, ReleaseState
from web.json_text import canonical_json

Reading = Callable[[], AbstractContextManager[Session]]

_PAGE = 500


@dataclass(frozen=True)
class Built:
    """What was built, before it is delivered."""

    units: int
    files: tuple[ReleaseFile, ...]
    report: dict[str, Any]
    sha256: str


@job(queue="bulk", long=True, gold=True)
def build_release(work: Work, release_id: str) -> dict[str, Any]:
    """Write the files and the report, then deliver all of them at once. Files of a build that fails are removed."""
    with work.reading() as session:
        plan = queries.plan_of(session, release_id)
    if plan is None or plan.state is not ReleaseState.BUILDING:
        return {"release_id": release_id}
    _refresh_inference(work, plan)
    with ExitStack() as files:
        beyond = work.within(Scope.system("how many decisions about people a QA report counts")).reading
        built = build(work.reading, beyond, plan, files, lambda done, total: _note(work, done, total))
        with work.transaction() as session:
            releases.deliver_release(
                session, work.actor, release_id, units=built.units, files=built.files, report=built.report,
                sha256=built.sha256,
            )  # fmt: skip
    return {"release_id": release_id, "units": built.units}


@job(queue="default", gold=True)
def draw_lots(session: Session, actor: Actor, project_id: str) -> dict[str, Any]:
    """Have reviewed what the samples of a project's lots still lack."""
    return {"drawn": assurance.draw_lots(session, actor, project_id)}


@job(queue="bulk", long=True, gold=True)
def rework_lot(work: Work, rework_id: str) -> dict[str, Any]:
    """Give a rejected lot back to people or to reviewers, portion by portion."""
    done = int(work.step.get("units", 0))
    while True:
        with work.transaction() as session:
            more = rework.rework_chunk(session, work.actor, rework_id)
            if not more:
                return {"units": done}
            done += more
            work.advance(session, done, units=done)


@job(queue="default", every=timedelta(hours=1))
def correct_labels(session: Session, actor: Actor) -> dict[str, Any]:
    """Carry corrected answers over to delivered work, and write to the clients whose labels changed."""
    return {
        "corrected": corrections.correct_by_keys(session, actor), "told": corrections.tell_clients(session, actor)
    }  # fmt: skip


@job(queue="default")
def invoice_release(session: Session, actor: Actor, release_id: str) -> dict[str, Any]:
    """Invoice an accepted release, in the system's scope; the project is done if nothing of it is left."""
    invoice_id = releases.invoice_release(session, actor, release_id)
    return {"invoice_id": invoice_id, "is_done": projects.finish_if_over(session, actor, release_id)}


def build(
    reading: Reading, beyond: Reading, plan: BuildPlan, files: ExitStack, note: Callable[[int, int], None]
) -> Built:  # fmt: skip
    """All files of a release; they stay if `files` is closed without an error. The same data give the same bytes.

    `reading` opens transactions that may read the client's gold; `beyond` opens those of the system, for counts of
    decisions that are the vendor's rows; `note` is told how many units of all are written.
    """
    counted = qa.Counted()
    lines = files.enter_context(kept_sealed(_lines(reading, plan, counted, note), ".jsonl"))
    fields = registry.get(plan.task_type).content_fields
    with reading() as session:
        fields = (*fields, *MEDIA_FIELDS) if has_media(session, plan.project_id) else fields
    table = files.enter_context(kept_sealed(csv_bytes(_records(lines), fields), ".csv"))
    report = _report(reading, beyond, plan, counted)
    sheet = files.enter_context(kept_sealed([(canonical_json(report) + "\n").encode()], ".json"))
    found = [
        _file("labels.jsonl", "jsonl", lines), _file("labels.csv", "csv", table),
        _file("qa-report.json", "json", sheet),
    ]  # fmt: skip
    units = sum(counted.units.values())
    text = manifest_of(
        project_id=plan.project_id, name=plan.project_name, version=plan.version, units=units, files=found
    )
    manifest = files.enter_context(kept_sealed([text], ".json"))
    found.append(_file("manifest.json", "json", manifest))
    shown = report | {
        "files": [{"name": f.name, "format": f.format, "sha256": f.sha256, "size": f.size} for f in found]
    }
    return Built(units, tuple(found), shown, hashlib.sha256(text).hexdigest())


def _refresh_inference(work: Work, plan: BuildPlan) -> None:
    with work.reading() as session:
        stale = queries.lanes_to_infer(session, plan)
    for lane_id in stale:
        with suppress(Conflict):  # only late answers, or none: there is nothing to infer, and the report says so
            refit(work.within(Scope.system("inference before a release")), lane_id)


def _note(work: Work, done: int, total: int) -> None:
    with work.transaction() as session:
        work.advance(session, done, total)


def _lines(reading: Reading, plan: BuildPlan, counted: qa.Counted, note: Callable[[int, int], None]) -> Iterator[bytes]:
    """The lines of all settled units by language, then by the client's own reference; counted as they pass."""
    with reading() as session:
        refs = [(lane, queries.settled_refs(session, lane.id)) for lane in plan.lanes]
        total, done = sum(len(found) for _lane, found in refs), 0
        for lane, found in refs:
            for page in in_chunks(found, _PAGE):
                for unit in queries.settled_units(session, plan.project_id, lane.id, page):
                    label = label_class(plan.task_type, plan.ontology, unit)
                    record = record_of(unit, label, plan.versions)
                    counted.take(record, is_flipped=unit.is_flipped)
                    yield jsonl_bytes(record)
                done += len(page)
                note(done, total)


def _records(lines: Stored) -> Iterator[dict[str, Any]]:
    with open_sealed(lines.name, lines.key) as stream:
        for line in stream:
            yield json.loads(line)


def _report(reading: Reading, beyond: Reading, plan: BuildPlan, counted: qa.Counted) -> dict[str, Any]:
    with beyond() as session:
        decided = queries.decisions_in_force(session, [lane.id for lane in plan.lanes])
    with reading() as session:
        lanes = [queries.figures_of(session, lane, decided) for lane in plan.lanes]
        grades = queries.grades_of(session, plan)
    classes = registry.get(plan.task_type).categories(plan.ontology) or ()
    return qa.report_of(
        name=plan.project_name, version=plan.version, counted=counted, lanes=lanes, grades=grades, classes=classes,
        lots=plan.lots, in_spite=plan.in_spite,
    )  # fmt: skip


def _file(name: str, kind: str, stored: Stored) -> ReleaseFile:
    return ReleaseFile(name, kind, stored.name, stored.sha256, stored.size, stored.key)
