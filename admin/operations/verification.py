"""Verification of the audit log and of the invariants: in portions, and each run is itself an event."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from admin.policy import Action, chain_resource
from admin.queries.events import INVARIANTS, VERIFICATION
from admin.values import Result, Walk
from kernel import audit
from kernel.audit import Anchors, Breach, Place
from kernel.guard import require
from kernel.policy import Actor

PORTION = 5000
_TOLD = 20  # breaches named in an event; the first few lead to the fault


def walk_on(
    session: Session, actor: Actor, walk: Walk, chain: str | None, limit: int = PORTION, anchors: Anchors | None = None
) -> Walk:
    """Verify the next portion: at most `limit` events of one chain, or, when all are walked, what waits unlinked.

    Chains are held to the anchors, too, if there are any; a chain that was anchored must still be there.
    """
    require(session, actor, Action.AUDIT_VERIFY, chain_resource(chain))
    kept, heads = anchors or {}, audit.heads(session, chain)
    ahead = sorted((head for head in heads if head.chain > walk.done), key=lambda head: head.chain)
    if not ahead:
        _waiting, late = audit.unlinked(session, chain)
        lost = audit.lost_chains(heads, kept, chain)
        return replace(walk, breaches=(*walk.breaches, *lost, *late), is_over=True)
    head = ahead[0]
    start = walk.place if walk.chain == head.chain else Place()
    place, breach = audit.walk(session, head, start, kept, limit)
    events = walk.events + place.seq - start.seq
    if breach is None and place.seq < head.seq:
        return replace(walk, chain=head.chain, place=place, events=events)
    breaches = (*walk.breaches, breach) if breach else walk.breaches
    return Walk(done=head.chain, chains=walk.chains + 1, events=events, breaches=breaches)


def linked_events(session: Session, actor: Actor, chain: str | None) -> int:
    """How many events there are to walk."""
    require(session, actor, Action.AUDIT_VERIFY, chain_resource(chain))
    return sum(head.seq for head in audit.heads(session, chain))


def tell_verification(
    session: Session, actor: Actor, *, chain: str | None, chains: int, events: int, breaches: Sequence[Breach]
) -> None:
    """Note a run and its outcome, in the chain of whoever ran it."""
    found = [{"chain": breach.chain, "seq": breach.seq, "kind": breach.kind} for breach in breaches[:_TOLD]]
    audit.record(
        session, actor, VERIFICATION, "verification", chain, outcome="done" if not breaches else "failed",
        details={"chains": chains, "events": events, "breaches": len(breaches), "first": found},
    )  # fmt: skip


def tell_invariants(session: Session, actor: Actor, results: Sequence[Result]) -> None:
    """Note a run of the invariants and which of them are broken."""
    broken = {result.id: result.breaches for result in results if not result.ok}
    audit.record(
        session, actor, INVARIANTS, "verification", None, outcome="failed" if broken else "done",
        details={"checked": len(results), "broken": broken},
    )  # fmt: skip
