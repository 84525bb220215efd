"""Units and gold written: items, units and slots in bulk, each content once in a project, twice the same as once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from calibration.operations.gold import add_gold
from calibration.values import GoldRow
from i18n import Message, _
from kernel import audit, ids
from kernel.errors import Conflict, Invalid
from kernel.guard import require
from kernel.policy import Actor, Resource
from labeling.files.drafts import MAX_REFERENCE, GoldDraft, UnitDraft, content_fingerprint
from labeling.files.masking import masked_content
from labeling.operations.items import MOST_AT_ONCE, add_items, keep_originals
from labeling.rules.personal import PersonalChoice
from labeling.tasktypes import registry
from labeling.values import Classification, GoldPool, InvalidContent, JsonObject
from marketplace.files.checking import Draft, name_of, named_twice, twice_told, unit_of
from marketplace.files.personal import Mark, protected
from marketplace.models import Lane, Slot, Unit
from marketplace.operations.classes import look_at_exams, raise_units, shorten_grant
from marketplace.operations.loading import lane_for
from marketplace.operations.personal import settle_choice
from marketplace.operations.settling import begin_again
from marketplace.queries.imports import (
    LaneRef,
    Source,
    caps_of,
    known_items,
    names_in_work,
    project_choice,
    units_of_items,
)
from marketplace.queries.media import located_in
from marketplace.rules.requests import MOST_OVERLAP
from marketplace.values.actions import Action
from marketplace.values.imports import CHUNK, Added, UnitIn
from workforce.values import CLASSES, most_sensitive, rank_of


def add_units(
    session: Session, actor: Actor, lane_id: str, drafts: Sequence[UnitIn], *, personal: str | None = None
) -> Added:
    """Add up to a thousand units at once, all or none; content that is a unit already keeps the unit it has.

    `personal` says what becomes of personal data: "mask", "raise" or "keep". Raises Invalid with the place of each
    fault (`units.3.text`).
    """
    lane = lane_for(session, actor, lane_id, Action.UNIT_IMPORT)
    if lane.state == "done":
        raise Conflict("project.takes_no_units", _("This project takes no units in its present state."))
    if not 1 <= len(drafts) <= CHUNK:
        fault = _("Send between 1 and %(most)s units at once.", most=CHUNK)
        raise Invalid("units.count", fault, {"units": fault})
    ref = LaneRef(lane.id, lane.locale, lane.overlap_least or lane.overlap, lane.classification)
    stated = _with_media(session, lane, _parsed(lane, drafts))
    ready, originals = protected(stated, _personal_choice(session, actor, lane, stated, personal))
    parsed = [unit_of(draft) for draft in ready]
    source = _Owner(lane.org_id, lane.vendor_org_id, lane.project_id, None)
    known = known_items(session, lane.project_id, ((each.locale, each.fingerprint) for each in parsed))
    _ensure_named_once(session, lane, parsed, known)
    items = _insert_items(session, actor, source, {lane.locale: ref}, parsed, known)
    fresh = [item_id for mark, item_id in items.items() if mark not in known]
    overlaps = {
        items[unit.locale, unit.fingerprint]: draft.overlap
        for unit, draft in zip(parsed, drafts, strict=True) if draft.overlap is not None
    }  # fmt: skip
    own = _own_classes(parsed, {lane.locale: ref})
    wanted = [
        _NewUnit(items[mark], ref, overlaps.get(items[mark], ref.overlap), own.get(mark))
        for mark in items if mark not in known
    ]  # fmt: skip
    _raise_known(session, actor, lane.project_id, {lane.locale: ref}, known, own)
    _shorten_grant(session, lane.project_id, own)
    new_units = _insert_units(session, source, wanted)
    _keep_originals(session, actor, source, items, known, originals)
    units = units_of_items(session, lane.id, list(known.values())) | new_units
    audit.record(
        session, actor, "units.added", "lane", lane.id, org_id=lane.org_id,
        details={"new": len(fresh), "sent": len(drafts)},
    )  # fmt: skip
    return Added(tuple(units.get(items[each.locale, each.fingerprint]) for each in parsed), len(fresh))


def _ensure_named_once(
    session: Session, lane: Lane, units: Sequence[UnitDraft], known: Mapping[Mark, str]
) -> None:  # fmt: skip
    names = names_in_work(session, lane.org_id, lane.project_id, [lane.id], filter(None, map(name_of, units)))
    if twice := [unit_of(each) for each in named_twice(units, known, names)]:
        faults = {f"units.{unit.line}.id": twice_told(unit.reference) for unit in twice}
        raise Invalid("units.invalid", _("Some units cannot be taken."), faults)


def write_units(session: Session, actor: Actor, source: Source, drafts: Sequence[Draft]) -> int:
    """Write one chunk of a checked file; returns how many units are new."""
    _require(session, actor, source, Action.UNIT_IMPORT)
    ready, originals = protected(drafts, source.personal)
    units = [unit_of(draft) for draft in ready]
    owner = _Owner(source.org_id, source.vendor_org_id, source.project_id, source.batch_id)
    known = known_items(session, source.project_id, ((unit.locale, unit.fingerprint) for unit in units))
    items = _insert_items(session, actor, owner, source.lanes, units, known)
    own = _own_classes(units, source.lanes)
    wanted = [
        _NewUnit(item_id, source.lanes[mark[0]], source.lanes[mark[0]].overlap, own.get(mark))
        for mark, item_id in items.items() if mark not in known
    ]  # fmt: skip
    _raise_known(session, actor, source.project_id, source.lanes, known, own)
    _shorten_grant(session, source.project_id, own)
    _insert_units(session, owner, wanted)
    _keep_originals(session, actor, owner, items, known, originals)
    return len(wanted)


def write_gold(session: Session, actor: Actor, source: Source, drafts: Sequence[Draft]) -> int:
    """Write one chunk of gold; returns how many keys are new. Only in the client's scope with gold.

    Live gold becomes units whose overlap is the number of people who may meet it, and without a free slot: the planner
    makes one for each person whom it is placed before. Training and exam items are no units at all.
    """
    _require(session, actor, source, Action.GOLD_IMPORT)
    ready, originals = protected(drafts, source.personal)
    golds = [draft for draft in ready if isinstance(draft, GoldDraft)]
    owner = _Owner(source.org_id, source.vendor_org_id, source.project_id, None)
    units = [gold.unit for gold in golds]
    known = known_items(session, source.project_id, ((unit.locale, unit.fingerprint) for unit in units))
    items = _insert_items(session, actor, owner, source.lanes, units, known)
    _shorten_grant(session, source.project_id, _own_classes(units, source.lanes))
    _keep_originals(session, actor, owner, items, known, originals)
    added = 0
    for locale, lane in source.lanes.items():
        of_lane = {items[gold.unit.locale, gold.unit.fingerprint]: gold for gold in golds if gold.unit.locale == locale}
        if of_lane:
            added += _write_keys(session, actor, source, lane, of_lane)
            _write_live(session, owner, lane, of_lane)
    return added


class _Owner:
    """Whom new rows belong to."""

    def __init__(self, org_id: str, vendor_org_id: str | None, project_id: str, batch_id: str | None) -> None:
        self.batch_id = batch_id
        self.row: dict[str, Any] = {"org_id": org_id, "vendor_org_id": vendor_org_id, "project_id": project_id}


def _require(session: Session, actor: Actor, source: Source, action: Action) -> None:
    resource = Resource("project", source.project_id, org_id=source.org_id, vendor_org_id=source.vendor_org_id)
    require(session, actor, action, resource)


def _insert_items(
    session: Session, actor: Actor, owner: _Owner, lanes: Mapping[str, LaneRef], units: Sequence[UnitDraft],
    known: Mapping[tuple[str, str], str],
) -> dict[tuple[str, str], str]:  # fmt: skip
    """The item of each (locale, fingerprint): those known, and new ones for the rest, no less sensitive than their
    lane."""
    items = dict(known)
    drafts = [
        replace(unit, classification=Classification(_class_of(unit, lanes[unit.locale])))
        for unit in units
        if (unit.locale, unit.fingerprint) not in known
    ]
    for start in range(0, len(drafts), MOST_AT_ONCE):
        chunk = drafts[start : start + MOST_AT_ONCE]
        item_ids = add_items(session, actor, **owner.row, drafts=chunk)
        items |= {(each.locale, each.fingerprint): item_id for each, item_id in zip(chunk, item_ids, strict=True)}
    return items


def _keep_originals(
    session: Session, actor: Actor, owner: _Owner, items: Mapping[Mark, str], known: Mapping[Mark, str],
    originals: Mapping[Mark, JsonObject],
) -> None:  # fmt: skip
    """What new items said before they were masked; a content that was there before keeps the form it came in."""
    keep_originals(
        session, actor, owner.row, {items[mark]: content for mark, content in originals.items() if mark not in known}
    )


@dataclass(frozen=True)
class _NewUnit:
    """A unit to be: its content, its lane, how many judge it, its own class where that is above the lane's."""

    item_id: str
    lane: LaneRef
    overlap: int
    classification: str | None
    has_slots: bool = True  # free for anybody


def _class_of(unit: UnitDraft, lane: LaneRef) -> str:
    return most_sensitive(lane.classification, unit.classification.value if unit.classification else None)


def _own_classes(units: Sequence[UnitDraft], lanes: Mapping[str, LaneRef]) -> dict[tuple[str, str], str]:
    """The class that each content is raised to, where it is; of the same content twice, the more sensitive."""
    found: dict[tuple[str, str], str] = {}
    for unit in units:
        own, mark = _own_class(unit, lanes[unit.locale]), (unit.locale, unit.fingerprint)
        if own is not None:
            found[mark] = most_sensitive(own, found.get(mark))
    return found


def _raise_known(
    session: Session, actor: Actor, project_id: str, lanes: Mapping[str, LaneRef], known: Mapping[tuple[str, str], str],
    own: Mapping[tuple[str, str], str],
) -> None:  # fmt: skip
    """Content that is a unit already is raised to the class that it now comes with, and never lowered so."""
    for mark in known.keys() & own.keys():
        unit_ids = units_of_items(session, lanes[mark[0]].id, [known[mark]])
        raise_units(session, list(unit_ids.values()), own[mark], only_up=True)
    if known.keys() & own.keys():
        look_at_exams(session, actor, project_id)


def _shorten_grant(session: Session, project_id: str, own: Mapping[tuple[str, str], str]) -> None:
    """What comes above its project's class, units or gold, lets the vendor in for as long as the most sensitive of it
    allows."""
    if own:
        shorten_grant(session, project_id, max(own.values(), key=rank_of))


def _own_class(unit: UnitDraft, lane: LaneRef) -> str | None:
    """The class that a unit is raised to, if it is."""
    found = _class_of(unit, lane)
    return found if found != lane.classification else None


def _insert_units(session: Session, owner: _Owner, wanted: Sequence[_NewUnit]) -> dict[str, str]:
    """Write the units, with slots for those that have any; returns unit by item."""
    units, slots = [], []
    for each in wanted:
        unit_id = ids.new_id()
        units.append(
            owner.row | {
                "id": unit_id, "lane_id": each.lane.id, "item_id": each.item_id, "batch_id": owner.batch_id,
                "classification": each.classification, "overlap": each.overlap, "answered": 0, "state": "open",
                "outlook": {},
            }
        )  # fmt: skip
        slots += _slots(owner, each, unit_id) if each.has_slots else []
    if units:
        session.execute(insert(Unit), units)
    if slots:
        session.execute(insert(Slot), slots)
        begin_again(session, {each.lane.id for each in wanted if each.has_slots})
    return {row["item_id"]: row["id"] for row in units}


def _slots(owner: _Owner, unit: _NewUnit, unit_id: str) -> list[dict[str, Any]]:
    rank = rank_of(unit.classification) if unit.classification else 0
    return [
        owner.row | {
            "unit_id": unit_id, "slot_no": number, "overlap": unit.overlap, "lane_id": unit.lane.id,
            "route_key": ids.new_route_key(), "state": "free", "serve_from": 0, "class_rank": rank,
        }
        for number in range(1, unit.overlap + 1)
    ]  # fmt: skip


def _write_keys(session: Session, actor: Actor, source: Source, lane: LaneRef, golds: Mapping[str, GoldDraft]) -> int:
    rows = [
        GoldRow(item_id, gold.answer, gold.pool.value, gold.explanation or "", link=gold.link)
        for item_id, gold in golds.items()
    ]
    added = add_gold(
        session,
        actor,
        project_id=source.project_id,
        lane_id=lane.id,
        set_name=source.name[-120:],
        rows=rows,
        author_id=source.created_by,
    )
    return added.added


def _write_live(session: Session, owner: _Owner, lane: LaneRef, golds: Mapping[str, GoldDraft]) -> None:
    live = [item_id for item_id, gold in golds.items() if gold.pool is GoldPool.LIVE]
    there = units_of_items(session, lane.id, live)
    caps = caps_of(session, str(owner.row["org_id"]), live)
    wanted = [
        _NewUnit(item_id, lane, caps[item_id], _own_class(golds[item_id].unit, lane), has_slots=False)
        for item_id in live
        if item_id not in there and item_id in caps
    ]
    _insert_units(session, owner, wanted)


def _personal_choice(
    session: Session, actor: Actor, lane: Lane, units: Sequence[UnitDraft], wanted: str | None
) -> PersonalChoice | None:  # fmt: skip
    """What is done with personal data, as in the rest of the project; the first time there is any, the sender says."""
    settled = project_choice(session, lane.project_id)
    choice = PersonalChoice(wanted) if wanted in tuple(PersonalChoice) else None
    if settled is not None and choice in (None, settled):
        return settled
    holding = [unit for unit in units if masked_content(unit) is not None]
    if not holding:
        return None
    fault = _("This holds personal data. Say in “personal” whether it is masked, its class raised, or kept (client).")
    if choice is PersonalChoice.KEEP and actor.org_id != lane.org_id:
        choice = None
    elif choice is not None and settle_choice(session, lane.project_id, choice) != choice:
        fault, choice = _("Choose one of the values offered."), None
    if choice is None:
        faults = {f"units.{unit.line}.content": fault for unit in holding}
        raise Invalid("units.personal", fault, faults | {"personal": fault})
    return choice


def _parsed(lane: Lane, drafts: Sequence[UnitIn]) -> list[UnitDraft]:
    task_type = registry.get(lane.task_type)
    found: list[UnitDraft] = []
    faults: dict[str, Message] = {}
    for number, draft in enumerate(drafts):
        faults |= _frame_faults(lane, number, draft)
        try:
            content = task_type.content_json(task_type.parse_content(draft.content))
        except InvalidContent as error:
            faults |= {f"units.{number}.content.{each.path}".rstrip("."): each.message for each in error.problems}
            continue
        stated = Classification(draft.classification) if draft.classification in CLASSES else None
        found.append(UnitDraft(number, draft.reference, content, lane.locale, stated, 0, content_fingerprint(content)))
    if faults:
        raise Invalid("units.invalid", _("Some units cannot be taken."), faults)
    return found


def _with_media(session: Session, lane: Lane, units: Sequence[UnitDraft]) -> list[UnitDraft]:
    """The units with their pictures and sounds found by the names that they are called."""
    found: list[UnitDraft] = []
    faults: dict[str, Message] = {}
    for each in located_in(session, lane.project_id, units):
        if isinstance(each, tuple):
            faults |= {f"units.{problem.line}.content.{problem.column}": problem.message for problem in each}
        else:
            found.append(unit_of(each))
    if faults:
        raise Invalid("units.invalid", _("Some units cannot be taken."), faults)
    return found


def _frame_faults(lane: Lane, number: int, draft: UnitIn) -> dict[str, Message]:
    faults: dict[str, Message] = {}
    reference = draft.reference
    if reference is not None and not (0 < len(reference) <= MAX_REFERENCE and "\0" not in reference):
        faults[f"units.{number}.id"] = _("An id has at most %(most)s letters.", most=MAX_REFERENCE)
    if draft.overlap is not None and not 1 <= draft.overlap <= MOST_OVERLAP:
        text = _("Between 1 and %(most)s people judge a unit.", most=MOST_OVERLAP)
        faults[f"units.{number}.overlap"] = text
    if draft.classification is not None and draft.classification not in CLASSES:
        faults[f"units.{number}.classification"] = _("Choose one of the values offered.")
    return faults
