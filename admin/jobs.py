"""Jobs of the installation itself: linking the log, proving it, removing what is over, counting."""

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from admin import invariants
from admin.operations import anchor_files, anchoring, erasure_list, own_data, retention, upkeep, verification
from admin.policy import Action, chain_resource
from admin.rules import anchors as signed
from admin.values import Replayed, Walk
from kernel import audit, clock
from kernel.audit import Anchors, Breach
from kernel.guard import require
from kernel.jobs import Work, enqueue, job
from kernel.policy import Actor
from kernel.start import settings_in_place
from kernel.storage import chunks_of, storage
from workforce.operations.own_data import ask_data
from workforce.values.own_data import DataKind, DataRequestView

log = logging.getLogger("polyphony.erasures")
_AT_ONCE = 500
_HALF = timedelta(days=1)  # the longest that a file is written at
Transactions = Callable[[], AbstractContextManager[Session]]


@job(queue="urgent", long=True, every=timedelta(seconds=5))
def link_audit(work: Work) -> dict[str, Any]:
    """Link what *take* and *submit* wrote unlinked, portion by portion, so that no chain is held for long."""
    linked = 0
    while True:
        with work.transaction() as session:
            count = audit.link_pending(session, _AT_ONCE)
            linked += count
            if count:
                work.advance(session, linked)
        if count < _AT_ONCE:
            return {"linked": linked}


@job(queue="default", long=True, every=timedelta(minutes=5))
def anchor_audit(work: Work) -> dict[str, Any]:
    """Sign where every chain stands, for each that has grown since the day's last line, once that is committed."""
    settings = settings_in_place()
    key, file = anchor_files.key_bytes(settings), anchor_files.day_file(settings, clock.now())
    with work.reading() as session:
        found = anchoring.checkpoints(session, work.actor, anchor_files.places_in(file))
    return {"anchored": len(anchor_files.append(file, found, key))}


@job(queue="bulk", long=True)
def verify_audit(work: Work, chain: str | None = None) -> dict[str, Any]:
    """Verify one chain, or all, for somebody who watches the progress; the verdict is the result."""
    walk = _walk_all(work, chain)
    first = walk.breaches[0] if walk.breaches else None
    return {
        "chain": chain, "chains": walk.chains, "events": walk.events, "breaches": len(walk.breaches),
        "first": vars(first) if first else None,
    }  # fmt: skip


@job(queue="bulk", long=True, every=timedelta(days=1))
def verify_nightly(work: Work) -> dict[str, Any]:
    """Verify every chain and check every invariant, once a day."""
    walk = _walk_all(work, None)
    with work.reading() as session:
        results = invariants.check(session, with_log=False)
    broken = {result.id: result.breaches for result in results if not result.ok}
    with work.transaction() as session:
        if not work.step.get("told_invariants"):
            verification.tell_invariants(session, work.actor, results)
            work.advance(session, walk.events, told_invariants=True)
    return {"events": walk.events, "breaches": len(walk.breaches), "broken": broken}


@job(queue="bulk", long=True, every=timedelta(hours=1))
def prune(work: Work) -> dict[str, Any]:
    """Remove what is over, portion by portion, and files that were begun yesterday and never ended."""
    return {**_in_portions(work, upkeep.prune, upkeep.PORTION), "halves": storage().sweep(clock.now() - _HALF)}


def _in_portions(work: Work, take: Callable[[Session, Actor], dict[str, int]], portion: int) -> dict[str, Any]:
    """Take portion after portion, each in a transaction, until no kind of thing fills one; how many of each."""
    total: dict[str, int] = {}
    while True:
        with work.transaction() as session:
            taken = take(session, work.actor)
            total = {name: total.get(name, 0) + count for name, count in taken.items()}
            work.advance(session, sum(total.values()))
        if max(taken.values()) < portion:
            return dict(total)


@job(queue="bulk", long=True)
def write_copy(work: Work, request_id: str) -> dict[str, Any]:
    """Write the file with a person's data that they asked for; nobody waits for the reading and packing of it."""
    with work.reading() as session:
        gathered = own_data.gather(session, work.actor, request_id)
    if gathered is None:
        return {"written": False}
    with gathered as file:
        stored = storage().put(chunks_of(file), ".zip")
    is_kept = False
    try:
        with work.transaction() as session:
            is_ready = own_data.keep_copy(session, work.actor, request_id, stored)
            work.advance(session, 1, 1)
        is_kept = is_ready
    finally:
        if not is_kept:
            storage().delete(stored.name)
    return {"written": is_kept}


@job(queue="bulk", long=True, every=timedelta(hours=1))
def keep_no_longer(work: Work) -> dict[str, Any]:
    """Erase who asked for it, and what was kept long enough, portion by portion; whom a backup brought back, again."""
    taken = _in_portions(work, retention.carry_retention, retention.PORTION)
    settings = settings_in_place()
    file, key = erasure_list.list_file(settings), anchor_files.key_bytes(settings)
    with work.reading() as session:
        done = erasure_list.done_erasures(session, work.actor)
    listed = erasure_list.note(file, done, key)  # first, whatever comes of the older lines
    found = replay_erasures(work.reading, work.transaction, work.actor, file, key)
    if found.faults:
        log.warning("lines of the list of erasures were passed over: %s; %s", len(found.faults), found.faults[0])
    again = Counter(found.outcomes.values())
    return taken | {"listed": listed, "again": again["done"], "kept": again["last"], "passed_over": len(found.faults)}


def replay_erasures(
    reading: Transactions, transaction: Transactions, actor: Actor, file: Path, *keys: bytes
) -> Replayed:  # fmt: skip
    """Erase again whom a line of the list by one of these keys names and this database holds, each in a transaction."""
    listed = erasure_list.read(file, *map(signed.checking_key, keys))
    with reading() as session:
        back = erasure_list.not_erased(session, actor, listed)
    outcomes = {}
    for account in back:
        if account in listed.sound:
            with transaction() as session:
                outcomes[account] = own_data.erase_again(session, actor, listed.sound[account])
    return Replayed(outcomes, erasure_list.passed_over(listed, back))


def ask_copy(session: Session, actor: Actor, account_id: str) -> DataRequestView:
    """Ask for the file with one's own data, which a job writes."""
    asked = ask_data(session, actor, account_id, DataKind.EXPORT)
    enqueue(session, write_copy, actor=actor, request_id=asked.id)
    return asked


@job(queue="bulk", every=timedelta(minutes=5))
def measure(session: Session, actor: Actor) -> dict[str, Any]:
    """Count what the operator's home page shows."""
    return upkeep.measure(session, actor)


def ask_verification(session: Session, actor: Actor, chain: str | None) -> str:
    """Ask for a verification in the background; returns the job's id."""
    require(session, actor, Action.AUDIT_VERIFY, chain_resource(chain))
    audit.record(session, actor, "audit.verification_asked", "verification", chain)
    event_id = enqueue(session, verify_audit, actor=actor, org_id=actor.org_id, chain=chain)
    assert event_id is not None
    return event_id


def _walk_all(work: Work, chain: str | None) -> Walk:
    """Walk portion by portion, keeping the place, and note the verdict with the last one; late anchors are held to."""
    walk = Walk.from_json(work.step.get("walk", {}))
    anchors, forged = _kept_anchors()
    while not walk.is_over:
        with work.reading() as session:
            walk = verification.walk_on(session, work.actor, walk, chain, anchors=anchors)
        if walk.is_over and forged:
            walk = replace(walk, breaches=(*walk.breaches, Breach(chain or "*", None, "anchor_signature")))
        with work.reading() as session:
            total = verification.linked_events(session, work.actor, chain)
        with work.transaction() as session:
            if walk.is_over:
                verification.tell_verification(
                    session, work.actor, chain=chain, chains=walk.chains, events=walk.events, breaches=walk.breaches
                )
            work.advance(session, walk.events, max(total, walk.events), walk=walk.to_json())
    return walk


def _kept_anchors() -> tuple[Anchors, bool]:
    """The anchors of the latest days, and whether a line among them was not signed by the key.

    Only where somebody has set a key: one made up in the data folder proves little, and a developer who begins anew
    with another database, but in the same folder, would be told of chains that are missing.
    """
    settings = settings_in_place()
    if settings.anchor_key_file is None:
        return {}, False
    place = anchor_files.folder(settings)
    try:
        return signed.places(anchor_files.read(place, anchor_files.key_bytes(settings), anchor_files.LATEST)), False
    except signed.BadAnchor:
        return {}, True
    except FileNotFoundError:
        return {}, False
