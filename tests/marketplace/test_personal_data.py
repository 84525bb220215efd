"""Personal data on its way in: told before anything is written, masked, raised or kept by the client's word."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from calibration.models import GoldKey
from calibration.queries import gold_candidates
from kernel.crypto import KeyRing, Sealed
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.models import AuditEvent
from labeling.files.drafts import GoldDraft, UnitDraft
from labeling.files.masking import masked_gold
from labeling.models import Item, ItemOriginal
from labeling.values import GoldPool
from marketplace.models import Batch, Lane, LanePerson, Unit
from marketplace.operations import imports, planning, protecting, units
from marketplace.queries import imports as queries
from marketplace.queries.reads import reads_of
from marketplace.values.imports import BatchKind, UnitIn
from marketplace.values.reads import ReadFilter
from tests.marketplace.orders import Market, csv_of, jsonl_of
from workforce.models import Annotator


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Originals are sealed."""
    monkeypatch.setattr(Sealed, "ring", KeyRing((("t", "A" * 43),)))


ROWS = [
    {"id": "1", "text": "write to ana@x.example or ana@x.example"},
    {"id": "2", "text": "card 4111 1111 1111 1111"},
    *({"id": str(number), "text": f"no name {number}"} for number in range(3, 8)),
]


def test_what_was_found_is_told_masked_units_stay_masked_and_the_original_takes_a_reason(
    market: Market,
) -> None:
    project_id = market.order()
    batch_id = market.upload(market.pm, project_id, "units.csv", csv_of(ROWS)).id
    market.work()
    with market.as_(market.pm) as session:
        found = queries.batch_of(session, batch_id)
        kept = session.get_one(Batch, batch_id)
        assert found is not None and found.proposal == "mask"
        assert (found.personal.units, found.personal.kinds) == (2, (("card", 1), ("e-mail", 1)))
        assert found.personal.examples[0] == {"line": 2, "kind": "e-mail", "hint": "a••@•.•••••le"}
        assert kept.preview[0]["line"] and str(kept.preview_sealed).startswith("v2|")
        assert "ana@" not in str(kept.preview) and "4111" not in str((kept.preview, kept.personal))
    for wanted, problem in ((None, Conflict), ("forget", Invalid)):
        with pytest.raises(problem), market.as_(market.pm) as session:
            imports.confirm_import(session, market.pm, batch_id, personal=wanted)
    with market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch_id, personal="mask")
    market.work()
    with market.as_(market.pm) as session:
        items = {item.client_ref: item for item in session.scalars(select(Item))}
        assert items["1"].content == {"text": "write to [e-mail 1] or [e-mail 1]"}
        assert items["2"].content == {"text": "card [card 1]"}
        sealed = session.scalars(select(ItemOriginal)).all()
        assert {each.id for each in sealed} == {items["1"].id, items["2"].id}
        assert all("4111" not in each.content_sealed and "ana@" not in each.content_sealed for each in sealed)
        masked, plain = (
            session.scalars(select(Unit.id).where(Unit.item_id == items[name].id)).one() for name in ("1", "3")
        )
        assert protecting.see_unit(session, market.pm, masked).is_masked
    stale = replace(market.admin, session_ref="s")
    fresh = replace(stale, proven_at=market.now)
    for actor, unit_id, why, refusal in (
        (market.pm, masked, "a court asks", Forbidden), (stale, masked, "a court asks", Forbidden),
        (market.stranger, masked, "a court asks", NotFound), (fresh, masked, "  ", Invalid),
        (fresh, plain, "a court asks", NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal), market.as_(actor) as session:
            protecting.see_original(session, actor, unit_id, why=why)
    with market.as_(fresh) as session:
        _view, content = protecting.see_original(session, fresh, masked, why=" a court asks ")
        assert content == {"text": "write to ana@x.example or ana@x.example"}
    with market.as_(market.pm) as session:
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "content.read")).one()
        assert (noted.object_ref, noted.details["why"]) == (masked, "original") and "court" not in str(noted.details)
        (read,), _after = reads_of(session, market.client, ReadFilter())
        assert (read.why, read.reason) == ("original", "a court asks")
        lane_id = session.scalars(select(Lane.id)).one()
    gold = [{"text": "my mail is bo@x.example", "label": "other", "pool": "exam"}]
    gold_id = market.upload(market.qa, project_id, "gold.jsonl", jsonl_of(gold), BatchKind.GOLD).id
    market.work()
    for wanted in ("keep", "raise"):  # gold has to look like the work, and to ask what it asks
        with pytest.raises(Invalid), market.as_(market.qa) as session:
            imports.confirm_import(session, market.qa, gold_id, personal=wanted)
    with market.as_(market.qa) as session:
        told = queries.batch_of(session, gold_id)
        assert told is not None and (told.proposal, told.personal_choices) == ("mask", ("mask",))
        imports.confirm_import(session, market.qa, gold_id)  # which follows what was decided
    market.work()
    with market.gold() as session:
        keyed = select(Item.content).join(GoldKey, GoldKey.item_id == Item.id)
        assert session.scalars(keyed).all() == [{"text": "my mail is [e-mail 1]"}]
    sent = [UnitIn({"text": "call +254 712 345 678"}), UnitIn({"text": "nothing"})]
    for wanted in ("keep", "raise"):
        with pytest.raises(Invalid), market.as_(market.pm) as session:
            units.add_units(session, market.pm, lane_id, sent, personal=wanted)
    with market.as_(market.pm) as session:
        units.add_units(session, market.pm, lane_id, sent)
        assert {"text": "call [phone 1]"} in session.scalars(select(Item.content)).all()


def test_gold_is_raised_as_the_work_is_and_is_for_people_with_the_clearance(market: Market) -> None:
    project_id = market.order()
    with market.as_(market.pm) as session:
        lane_id = session.scalars(select(Lane.id)).one()
    sent = [UnitIn({"text": "call +254 712 345 678"}), UnitIn({"text": "nothing"})]
    with pytest.raises(Invalid) as caught, market.as_(market.pm) as session:
        units.add_units(session, market.pm, lane_id, sent)
    assert set(caught.value.fields) == {"personal", "units.0.content"}
    with market.as_(market.pm) as session:
        units.add_units(session, market.pm, lane_id, sent, personal="raise")
    gold = [
        {"text": f"write to {pool}@x.example", "label": "other", "pool": pool} for pool in ("live", "exam")
    ] + [{"text": "plain", "label": "other", "pool": "live"}]  # fmt: skip
    gold_id = market.upload(market.qa, project_id, "gold.jsonl", jsonl_of(gold), BatchKind.GOLD).id
    market.work()
    with pytest.raises(Invalid), market.as_(market.qa) as session:
        imports.confirm_import(session, market.qa, gold_id, personal="mask")
    with market.as_(market.qa) as session:
        imports.confirm_import(session, market.qa, gold_id, personal="raise")
    market.work()
    with market.gold() as session:
        rows = session.execute(
            select(Item.content, Unit.classification).join(Unit, Unit.item_id == Item.id, isouter=True)
        )
        classes = {content["text"]: own for content, own in rows}
        assert classes == {
            "call +254 712 345 678": "restricted-pii", "nothing": None, "write to live@x.example": "restricted-pii",
            "write to [e-mail 1]": None, "plain": None,
        }  # fmt: skip
    low, high = market.hire(2, "en")
    with market.system() as session:
        person = session.get_one(Annotator, high)
        person.clearance, person.identity_verified_at = 3, market.now
        lane = session.get_one(Lane, lane_id)
        for annotator_id, most in ((low, 1), (high, 2)):
            account_id = session.get_one(Annotator, annotator_id).account_id
            place = LanePerson(
                id=annotator_id, org_id=lane.org_id, vendor_org_id=lane.vendor_org_id, project_id=project_id,
                lane_id=lane_id, annotator_id=annotator_id, account_id=account_id, taken=0, planned_to=0,
            )  # fmt: skip
            beyond = planning.out_of_reach(session, place, lane)
            assert len(gold_candidates(session, lane_id, account_id, 5, beyond=beyond)) == most


def test_a_vendor_cannot_leave_personal_data_open(market: Market) -> None:
    project_id = market.order(rights=["unit:import"])
    batch_id = market.upload(market.manager, project_id, "units.csv", csv_of(ROWS)).id
    market.work()
    with pytest.raises(Invalid), market.as_(market.manager) as session:
        imports.confirm_import(session, market.manager, batch_id, personal="keep")
    with market.as_(market.manager) as session:
        imports.confirm_import(session, market.manager, batch_id, personal="mask")
    market.work()
    with market.as_(market.manager) as session:
        assert len(session.scalars(select(ItemOriginal)).all()) == 2
    other_id = market.upload(market.pm, project_id, "more.csv", csv_of([{"id": "9", "text": "cy@x.example"}])).id
    market.work()
    with market.as_(market.manager) as session:  # who may not read units is not told what they say in hints either
        told = imports.see_batch(session, market.manager, other_id)
        assert (told.personal.units, told.personal.examples, told.preview) == (1, (), ())
    with market.as_(market.pm) as session:
        assert imports.see_batch(session, market.pm, other_id).personal.examples


def test_spans_of_gold_move_with_the_mask() -> None:
    text = "I am ana@x.example of Oslo"
    unit = UnitDraft(1, None, {"text": text}, "en", None, 0, "f" * 64)
    spans = [{"start": 5, "end": 8, "label": "PER"}, {"start": 22, "end": 26, "label": "LOC"}]
    found = masked_gold(GoldDraft(unit, {"spans": spans}, None, GoldPool.EXAM))
    assert found is not None
    shown = found[0].unit.content["text"]
    assert [shown[each["start"] : each["end"]] for each in found[0].answer["spans"]] == ["[e-mail 1]", "Oslo"]
    assert found[1] == {"text": text}
