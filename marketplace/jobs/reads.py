"""The job that proves the chain in which reads of restricted content are noted, from a time up to its end."""

from typing import Any

from kernel import audit
from kernel.audit import Place
from kernel.jobs import Work, job
from marketplace.queries.reads import first_place, hash_at

PORTION = 5_000


@job(queue="bulk", long=True)
def verify_reads(work: Work, since: str | None = None) -> dict[str, Any]:
    """Walk the links portion by portion; up to the end, since only that is bound to what is kept outside."""
    chain = work.actor.org_id or ""
    with work.reading() as session:
        first = first_place(session, chain, since)
        heads = audit.heads(session, chain)
        before = hash_at(session, chain, first - 1) if first > 1 else None
    if not heads:
        return {"events": 0, "kind": None, "seq": None}
    head, place = heads[0], Place(first - 1, before or Place().hash) if first > 1 else Place()
    start, breach = place.seq, None
    while breach is None and place.seq < head.seq:
        with work.reading() as session:
            place, breach = audit.walk(session, head, place, {}, PORTION)
        with work.transaction() as session:
            work.advance(session, place.seq - start, head.seq - start)
    return {
        "events": place.seq - start, "kind": breach.kind if breach else None, "seq": breach.seq if breach else None,
    }  # fmt: skip
