"""Gold from settled units: proposed by a job, accepted or refused by the client's people.

Whoever had the unit before them never meets it as a check: they gave, read or skipped its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from calibration.models import GoldKey, GoldProposal
from calibration.operations import exposures, gold
from calibration.values import SETTLED, GoldRow
from i18n import Message, _
from kernel import audit, ids
from kernel.db import now_of, scope_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.guard import require
from kernel.policy import Actor, Resource
from labeling.values import GoldPool
from marketplace.models import Lane, LaneProgress, Project, Slot, Unit
from marketplace.operations.loading import project_for
from marketplace.operations.reads import readable_items
from marketplace.queries.proposals import ProposalView, proposals_of, still_sure, sure_units, waiting_in, who_met
from marketplace.rules.proposals import OPEN_MOST, Candidate, chosen
from marketplace.values.actions import Action

SET_NAME = "Settled units"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ProposalsDecided:
    """What became of proposals: `gone` are those whose unit is not what it was when it was proposed."""

    accepted: int
    refused: int
    gone: int


def lanes_to_propose(session: Session, actor: Actor) -> list[str]:
    """Lanes at work with settled units. System scope."""
    return list(
        session.scalars(
            select(Lane.id)
            .join(LaneProgress, LaneProgress.lane_id == Lane.id)
            .where(Lane.state.in_(("open", "paused")), LaneProgress.settled > 0)
            .order_by(Lane.id)
        )
    )


def propose_gold(session: Session, actor: Actor, lane_id: str) -> int:
    """Propose a lane's surest settled units until as many wait as somebody reads; returns how many. System scope."""
    lane = session.get_one(Lane, lane_id)
    wanted = OPEN_MOST - waiting_in(session, lane_id)
    found = {each.unit_id: each for each in sure_units(session, lane)} if wanted > 0 else {}
    candidates = [
        Candidate(each.unit_id, each.category, each.answers, each.people, each.seconds) for each in found.values()
    ]
    thirds = chosen(candidates, wanted, ids.repeatable(f"gold:{lane_id}").getrandbits(32))
    now = now_of(session)
    for unit_id, third in thirds.items():
        unit = found[unit_id]
        session.add(
            GoldProposal(
                org_id=lane.org_id, project_id=lane.project_id, lane_id=lane.id, unit_id=unit_id, item_id=unit.item_id,
                label=unit.label, category=unit.category, confidence=unit.confidence, people=unit.people,
                proven=unit.proven, answers=unit.answers, third=third, state="open", proposed_at=now,
            )
        )  # fmt: skip
    if thirds:
        audit.record(session, actor, "gold.proposed", "lane", lane.id, org_id=lane.org_id,
                     details={"units": len(thirds)})  # fmt: skip
    return len(thirds)


def read_proposals(
    session: Session, actor: Actor, project_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[Project, list[ProposalView], str | None]:
    """The project and its proposals that wait, for people who may read its gold; content as its class allows."""
    require(session, actor, Action.GOLD_READ, Resource("gold", project_id, org_id=scope_of(session).org_id))
    project = project_for(session, actor, project_id, Action.GOLD_READ, held=False)
    rows, next_after = proposals_of(session, project_id, after=after, limit=limit)
    may_read = readable_items(session, actor, project_id, {row.item_id for row in rows})
    shown = [row if row.item_id in may_read else replace(row, content={}) for row in rows]
    return project, shown, next_after


def decide_proposals(
    session: Session, actor: Actor, project_id: str, *, accept: Sequence[str] = (), refuse: Sequence[str] = (),
    pool: str = GoldPool.LIVE.value,
) -> ProposalsDecided:  # fmt: skip
    """Make gold of some proposals and put others aside for good. In the client's scope with gold."""
    project_for(session, actor, project_id, Action.GOLD_IMPORT)
    _ensure_sane(accept, refuse, pool)
    rows = session.scalars(
        select(GoldProposal)
        .where(GoldProposal.project_id == project_id, GoldProposal.id.in_([*accept, *refuse]))
        .order_by(GoldProposal.id)
        .with_for_update()
    ).all()
    if {row.id for row in rows} != {*accept, *refuse}:
        raise Conflict("proposal.unknown", _("Some of these proposals do not exist any more. Load the page again."))
    meant = {row.item_id for row in rows if row.id in set(accept)}
    if meant != set(readable_items(session, actor, project_id, meant)):
        raise Forbidden("proposal.content", _("What they hold asks more of its readers: agreements, place or proof."))
    waiting = [row for row in rows if row.state == "open"]
    taken = [row for row in waiting if row.id in set(accept)]
    refused = [row for row in waiting if row.id in set(refuse)]
    sure = still_sure(session, [row.unit_id for row in taken])
    good = [row for row in taken if sure.get(row.unit_id) == row.label and not _has_key(session, row)]
    gone = [row for row in taken if row not in good]
    for lane_id in sorted({row.lane_id for row in good}):
        _make_gold(session, actor, project_id, lane_id, [row for row in good if row.lane_id == lane_id], pool)
    for state, some in (("accepted", good), ("refused", refused), ("gone", gone)):
        for row in some:
            row.state, row.decided_at, row.decided_by = state, now_of(session), actor.account_id
    session.flush()
    audit.record(
        session, actor, "gold.proposals_decided", "project", project_id, org_id=scope_of(session).org_id,
        details={"accepted": len(good), "refused": len(refused), "gone": len(gone), "pool": pool},
    )  # fmt: skip
    return ProposalsDecided(len(good), len(refused), len(gone))


def _ensure_sane(accept: Sequence[str], refuse: Sequence[str], pool: str) -> None:
    fields: dict[str, Message] = {}
    if not accept and not refuse:
        fields["accept"] = _("Choose at least one.")
    elif len(accept) + len(refuse) > AT_ONCE:
        fields["accept"] = _("Decide about at most %(most)s at once.", most=AT_ONCE)
    elif set(accept) & set(refuse):
        fields["accept"] = _("The same proposal cannot be accepted and refused.")
    if pool not in {each.value for each in GoldPool}:
        fields["pool"] = _("The pool is training, exam or live.")
    if fields:
        raise Invalid("proposal.invalid", _("Nothing was decided yet."), fields)


def _has_key(session: Session, row: GoldProposal) -> bool:
    found = select(GoldKey.id).where(GoldKey.org_id == row.org_id, GoldKey.item_id == row.item_id)
    return session.scalar(found) is not None


def _make_gold(
    session: Session, actor: Actor, project_id: str, lane_id: str, rows: Sequence[GoldProposal], pool: str
) -> None:
    lane = session.get_one(Lane, lane_id)
    added = [GoldRow(row.item_id, row.label, pool, source=SETTLED) for row in rows]
    gold.add_gold(session, actor, project_id=project_id, lane_id=lane_id, set_name=SET_NAME, rows=added)
    for account_id, item_id in who_met(session, [row.item_id for row in rows]):
        exposures.note(
            session, actor, lane.org_id, lane.vendor_org_id, project_id, account_id, item_id, "work"
        )  # fmt: skip
    if pool == GoldPool.LIVE.value:
        _make_room(session, {row.unit_id for row in rows})


def _make_room(session: Session, unit_ids: set[str]) -> None:
    """Room for the checks to come beside the answers there are. The unit stays settled, with its label."""
    caps = session.execute(
        select(Unit.id, Unit.overlap, GoldKey.exposure_cap)
        .join(GoldKey, (GoldKey.org_id == Unit.org_id) & (GoldKey.item_id == Unit.item_id))
        .where(Unit.id.in_(unit_ids))
    ).all()
    for row in caps:
        used = session.scalar(select(func.coalesce(func.max(Slot.slot_no), 0)).where(Slot.unit_id == row.id)) or 0
        room = max(used, row.overlap) + row.exposure_cap
        _widen(session, Unit, Unit.id == row.id, room)
        _widen(session, Slot, Slot.unit_id == row.id, room)


def _widen(session: Session, table: type[Unit | Slot], which: ColumnElement[bool], room: int) -> None:
    session.execute(update(table).where(which).values(overlap=room), execution_options={"synchronize_session": False})
