"""Gold: adding keys, correcting them, and putting them aside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from calibration.lanes import lane_of
from calibration.models import GoldKey, GoldKeyVersion, GoldSet
from calibration.operations.scoring import Scorer
from calibration.policy import GOLD_WRITE, lane_resource
from calibration.queries.gold import forget_keys
from calibration.values import GoldAdded, GoldRow, LaneFacts
from i18n import Message, _
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found, require
from kernel.jobs import REGISTRY, enqueue
from kernel.policy import Actor, Resource
from labeling.models import Item
from labeling.values import GoldPool, InvalidAnswer

CHUNK = 500
REPORTED_MOST = 100


def add_gold(
    session: Session, actor: Actor, *, project_id: str, lane_id: str, set_name: str, rows: Sequence[GoldRow],
    author_id: str | None = None,
) -> GoldAdded:  # fmt: skip
    """Add keys to a set of the project, which is made if there is none of this name. All rows or none.

    A row that repeats a known key is passed over; one that contradicts it is an error, as a key is corrected on
    purpose (`correct_key`) and never by an upload. `author_id` is whoever set the answers, where a job writes them.
    """
    lane = lane_of(session, lane_id)
    require(session, actor, GOLD_WRITE, lane_resource(session, actor, lane))
    if lane.project_id != project_id or lane.ontology_id is None:
        raise Conflict("gold.no_schema", _("Publish a label schema for this lane before adding gold."))
    parsed = _parsed(session, lane, rows)
    known = _known(session, lane.org_id, [row.item_id for row in rows])
    _ensure_no_contradiction(rows, parsed, known)
    gold_set_id = _set_named(session, actor, lane, set_name.strip())
    fresh = [row for row in rows if row.item_id not in known]
    if fresh:
        now = now_of(session)
        keys = [
            _key(lane, gold_set_id, row, *parsed[row.item_id], author_id or actor.account_id) | {"added_at": now}
            for row in fresh
        ]
        session.execute(insert(GoldKey), keys)
    audit.record(
        session, actor, "gold.added", "gold_set", gold_set_id, org_id=lane.org_id,
        details={"lane": lane_id, "added": len(fresh), "known": len(rows) - len(fresh)},
    )  # fmt: skip
    return GoldAdded(gold_set_id, len(fresh), len(rows) - len(fresh))


def correct_key(
    session: Session, actor: Actor, key_id: str, *, truth: dict[str, Any], explanation: str | None = None
) -> str:
    """Give a key its next version; returns the item. The caller has its judgments graded again (`regrade_item`)."""
    key = _held(session, actor, key_id)
    lane = lane_of(session, key.lane_id)
    parsed = _parsed(session, lane, [GoldRow(key.item_id, truth, key.pool)])
    key.explanation = key.explanation if explanation is None else explanation
    amend(session, actor, key, "corrected", truth=parsed[key.item_id])
    return key.item_id


def suspend_key(session: Session, actor: Actor, key_id: str) -> str:
    """Stop grading by a key that is in doubt, and take back what it gave; returns the job that does so."""
    item_id = _put_aside(session, actor, key_id, "suspended", voids=True)
    job_id = enqueue(session, REGISTRY["calibration.regrade_item"], actor=actor, item_id=item_id)
    assert job_id is not None, "asked for without a key, it is always new"
    return job_id


def retire_key(session: Session, actor: Actor, key_id: str) -> str:
    """Use a key no more, because it was shown or is worn out; what it gave stays."""
    return _put_aside(session, actor, key_id, "retired", voids=False)


def amend(
    session: Session, actor: Actor, key: GoldKey, cause: str, *, truth: tuple[dict[str, Any], str | None] | None = None,
    also: dict[str, Any] | None = None, voided: bool = False, dispute_id: str | None = None,
) -> None:  # fmt: skip
    """Give a key its next version, and keep what each version said. The caller has asked for permission.

    `truth` is the canonical answer with its category; `also` one more answer that counts as right.
    """
    if key.version == 1:
        session.add(_version(session, key, "added", None, None, key.added_at or now_of(session)))
    if truth is not None:
        (key.truth, key.category), key.also = truth, []
    if also is not None and also not in (key.truth, *key.also):
        key.also = [*key.also, also]
    key.version, key.voided = key.version + 1, voided
    session.add(_version(session, key, cause, dispute_id, actor.account_id, now_of(session)))
    session.flush()
    forget_keys(session)
    audit.record(session, actor, f"gold.{cause}", "gold_key", key.id, org_id=key.org_id,
                 details={"version": key.version, "dispute": dispute_id})  # fmt: skip


def _version(
    session: Session, key: GoldKey, cause: str, dispute_id: str | None, by: str | None, at: datetime
) -> GoldKeyVersion:
    return GoldKeyVersion(
        id=ids.new_id(), org_id=key.org_id, key_id=key.id, version=key.version, truth=key.truth, also=list(key.also),
        status=key.status, cause=cause, dispute_id=dispute_id, by_account_id=by, at=at,
    )  # fmt: skip


def canonical_truth(
    session: Session, lane: LaneFacts, item_id: str, truth: dict[str, Any]
) -> tuple[dict[str, Any], str | None]:
    """A right answer as keys keep it, with its category; raises Invalid naming each wrong place."""
    return _parsed(session, lane, [GoldRow(item_id, truth, GoldPool.LIVE.value)])[item_id]


def _parsed(session: Session, lane: LaneFacts, rows: Sequence[GoldRow]) -> dict[str, tuple[dict[str, Any], str | None]]:
    """Canonical truth and category by item; raises Invalid naming each wrong row and place."""
    contents = _contents(session, lane, [row.item_id for row in rows])
    scorer = Scorer(session)
    problems: dict[str, Message] = {}
    parsed: dict[str, tuple[dict[str, Any], str | None]] = {}
    assert lane.ontology_id is not None
    for number, row in enumerate(rows):
        problems |= _row_problems(number, row, contents, parsed)
        if row.item_id in contents:
            try:
                answer = scorer.parse(lane.ontology_id, dict(row.truth), contents[row.item_id])
            except InvalidAnswer as error:
                problems |= {f"rows[{number}].truth.{each.path}".rstrip("."): each.message for each in error.problems}
                continue
            parsed[row.item_id] = (
                scorer.canonical(lane.ontology_id, answer), scorer.category(lane.ontology_id, answer)
            )  # fmt: skip
    if problems:
        first = dict(list(problems.items())[:REPORTED_MOST])
        raise Invalid("gold.invalid", _("Some rows of this gold cannot be used."), fields=first)
    return parsed


def _row_problems(number: int, row: GoldRow, contents: dict[str, Any], seen: dict[str, Any]) -> dict[str, Message]:
    if row.item_id not in contents:
        return {f"rows[{number}].item_id": _("This lane has no such item.")}
    if row.item_id in seen:
        return {f"rows[{number}].item_id": _("This item stands in the list twice.")}
    if row.pool not in {pool.value for pool in GoldPool}:
        return {f"rows[{number}].pool": _("The pool is training, exam or live.")}
    return {}


def _contents(session: Session, lane: LaneFacts, item_ids: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(item_ids), CHUNK):
        rows = session.execute(
            select(Item.id, Item.content).where(
                Item.id.in_(item_ids[start : start + CHUNK]), Item.project_id == lane.project_id
            )
        )
        found.update({row.id: row.content for row in rows})
    return found


def _known(session: Session, org_id: str, item_ids: list[str]) -> dict[str, GoldKey]:
    found: dict[str, GoldKey] = {}
    for start in range(0, len(item_ids), CHUNK):
        keys = session.scalars(
            select(GoldKey).where(GoldKey.org_id == org_id, GoldKey.item_id.in_(item_ids[start : start + CHUNK]))
        )
        found.update({key.item_id: key for key in keys})
    return found


def _ensure_no_contradiction(rows: Sequence[GoldRow], parsed: dict[str, Any], known: dict[str, GoldKey]) -> None:
    fields = {
        f"rows[{number}].truth": _("This item has gold already, and it says otherwise.")
        for number, row in enumerate(rows)
        if row.item_id in known
        and (known[row.item_id].truth, known[row.item_id].pool) != (parsed[row.item_id][0], row.pool)
    }
    if fields:
        raise Invalid("gold.contradiction", _("Some items have other gold already."), fields=fields)


def _set_named(session: Session, actor: Actor, lane: LaneFacts, name: str) -> str:
    if not 1 <= len(name) <= 120:
        message = _("A gold set has a name of up to 120 characters.")
        raise Invalid("gold.name", message, fields={"set_name": message})
    found = session.scalar(
        select(GoldSet.id).where(
            GoldSet.org_id == lane.org_id, GoldSet.project_id == lane.project_id, GoldSet.name == name
        )
    )
    if found is not None:
        return found
    row = GoldSet(id=ids.new_id(), org_id=lane.org_id, project_id=lane.project_id, name=name,
                  created_at=now_of(session), created_by=actor.account_id)  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def _key(
    lane: LaneFacts, gold_set_id: str, row: GoldRow, truth: dict[str, Any], category: str | None, author_id: str | None
) -> dict[str, Any]:
    return {
        "id": ids.new_id(), "org_id": lane.org_id, "gold_set_id": gold_set_id, "item_id": row.item_id,
        "lane_id": lane.id, "pool": row.pool, "truth": truth, "category": category,
        "explanation": row.explanation, "version": 1, "status": "active", "exposures": 0,
        "author_id": author_id, "also": [], "voided": False, "source": row.source,
        "link": row.link,
    }  # fmt: skip


def _held(session: Session, actor: Actor, key_id: str) -> GoldKey:
    key = session.scalars(select(GoldKey).where(GoldKey.id == key_id).with_for_update()).one_or_none()
    if key is None:
        raise not_found()
    require(session, actor, GOLD_WRITE, Resource("gold_key", key.id, org_id=key.org_id))
    return key


def _put_aside(session: Session, actor: Actor, key_id: str, status: str, *, voids: bool) -> str:
    key = _held(session, actor, key_id)
    if key.status != "active":
        raise Conflict("gold.not_active", _("This gold is not in use any more."))
    key.status = status
    if voids:
        amend(session, actor, key, status, voided=True)
    else:
        audit.record(session, actor, f"gold.{status}", "gold_key", key.id, org_id=key.org_id)
    return key.item_id
