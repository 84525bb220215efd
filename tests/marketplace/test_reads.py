"""Who saw restricted content: noted where it is shown, told to its owner under pseudonyms, and proven by the chain."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

import calibration.jobs  # noqa: F401 - jobs are asked for by name
import marketplace.jobs.reads  # noqa: F401 - jobs are asked for by name
from calibration import contents
from calibration.models import Dispute, GoldKey, GoldSet
from calibration.operations import disputes, hearing
from kernel import ids, jobs, presence
from kernel.errors import Forbidden, NeedsWriting
from kernel.tenancy import Scope
from labeling.models import Item
from marketplace.models import Batch, Lane, Project, Release, Unit
from marketplace.operations import imports, protecting, reads, releases, reviewing
from marketplace.operations.settling import ask_reviews
from marketplace.queries.item_classes import item_classes
from marketplace.queries.reads import reads_of
from marketplace.values.reads import ReadFilter, ReadRow, Why
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market

DAY = timedelta(days=1)


@pytest.fixture
def desk(market: Market) -> Desk:
    desk = open_desk(market, people=1, unit_count=2, overlap=1)
    desk.protect("restricted-pii")
    desk.let_in(0, 2)
    return desk


def seen(desk: Desk, **wanted: Any) -> list[ReadRow]:
    with desk.market.as_(desk.market.pm) as session:
        return reads_of(session, desk.market.client, ReadFilter(**wanted))[0]


def test_each_showing_is_noted_in_its_transaction_and_told_to_the_owner_by_filters_and_keys(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    market, person = desk.market, desk.people[0]
    first = desk.units()[0].id
    with presence.use(desk.present()):
        task = desk.take(0)
        assert task is not None
        with market.db.reading(Scope.tenant(market.vendor)) as session, pytest.raises(NeedsWriting):
            reads.noted(session, person, task)
        with desk.vendor() as session:
            assert reads.see_task(session, person, task.assignment_id).content
        with market.system() as session:
            ask_reviews(session, session.get_one(Lane, desk.lane), [(first, "sample")])
        with market.as_(market.qa) as session:
            assert reviewing.take_review(session, market.qa) is not None
            protecting.see_unit(session, market.qa, first)
    rows = seen(desk)
    assert sorted(row.why for row in rows) == ["handed_out", "looked_at", "reviewed", "worked_on"]
    assert all(row.hash and row.seq and row.project_name and row.classification == "restricted-pii" for row in rows)
    theirs = seen(desk, why=Why.HANDED_OUT)[0]
    assert person.account_id not in (theirs.reader, theirs.name) and theirs.role == "annotator"
    assert {row.why for row in seen(desk, reader=theirs.reader)} == {"handed_out", "worked_on"}
    assert {row.role for row in seen(desk, unit=first, role="client_qa")} == {"client_qa"}
    with market.system() as session:
        session.get_one(Item, session.get_one(Unit, first).item_id).client_ref = "complaint 17"
    assert seen(desk, unit="complaint 17") == seen(desk, unit=first) != []
    assert seen(desk, project="another") == []
    with market.as_(market.pm) as session:
        page, after = reads_of(session, market.client, ReadFilter(), limit=3)
        rest, end = reads_of(session, market.client, ReadFilter(), after=after, limit=3)
        assert [row.id for row in page + rest] == [row.id for row in rows] and end is None
        assert reads_of(session, market.other_client, ReadFilter())[0] == []
        job_id = reads.ask_verification(session, market.pm, market.now - timedelta(days=1))
    for actor in (market.qa, market.manager, person):
        with market.as_(actor) as session, pytest.raises(Forbidden):
            reads.allow_file(session, actor, {})
    market.work()
    with market.as_(market.pm) as session:
        found = jobs.progress(session, job_id)
        assert found is not None and found.state == "done"
        assert found.result["kind"] is None and found.result["events"] >= 4
    written: list[int] = []
    monkeypatch.setattr(reads, "PORTION", 3)
    for asked, count in (
        ({"until": (market.now + DAY).isoformat()}, 4),
        ({"since": (market.now + DAY).isoformat()}, 0),
    ):
        file = reads.write_file(
            partial(market.db.reading, Scope.tenant(market.client)), market.pm, asked, written.append
        )
        content = b"".join(file).decode("utf-8-sig")
        assert [line.split(",")[8] for line in content.splitlines()[1:]] == [row.why for row in rows[:count]]
    assert written == [3, 4, 0]


def test_lists_that_hold_content_ask_its_class_and_note_who_read_it(desk: Desk) -> None:
    """What gold, proposals and objections show of an item, and what an upload shows of its rows."""
    market = desk.market
    unit, other = desk.units()
    items = {unit.item_id, other.item_id}
    with market.as_(market.qa) as session:
        assert reads.readable_items(session, market.qa, unit.project_id, items) == {}, "not where it may be"
        assert reads.readable_items(session, market.qa, "another", items) == {}
    assert seen(desk) == []
    with presence.use(desk.present()), market.as_(market.qa) as session:
        assert reads.readable_items(session, market.qa, unit.project_id, items).keys() == items
    assert {(row.why, row.unit, row.role) for row in seen(desk)} == {
        ("looked_at", unit.id, "client_qa"), ("looked_at", other.id, "client_qa")
    }  # fmt: skip
    with market.system() as session:
        batch = Batch(
            id=ids.new_id(), org_id=market.client, vendor_org_id=market.vendor, project_id=unit.project_id,
            kind="units", name="units.csv", format="csv", stored_name="s", sha256="0" * 64, state="checked",
            findings=[], preview=[{"text": "somebody's words"}], created_at=market.now,
        )  # fmt: skip
        session.add(batch)
    with market.as_(market.pm) as session:
        assert imports.see_batch(session, market.pm, batch.id).preview == ()
    with presence.use(desk.present()), market.as_(market.pm) as session:
        assert imports.see_batch(session, market.pm, batch.id).preview
    assert {row.role for row in seen(desk, unit=batch.id)} == {"client_pm"}


def test_whoever_may_not_read_a_unit_decides_no_objection_about_it(desk: Desk) -> None:
    market, unit = desk.market, desk.units()[0]
    contents.use_guard(reads.readable_items, item_classes)
    own = {"org_id": market.client, "vendor_org_id": market.vendor, "project_id": unit.project_id}
    with market.system() as session:
        lane = session.get_one(Lane, desk.lane)
        known = GoldSet(org_id=market.client, project_id=unit.project_id, name="g", created_at=market.now)
        session.add(known)
        session.flush()
        session.add(
            GoldKey(
                org_id=market.client, gold_set_id=known.id, item_id=unit.item_id, lane_id=lane.id, pool="live",
                truth={"choice": "refund"}, category="refund", author_id="author",
            )
        )  # fmt: skip
        row = Dispute(
            **own, lane_id=lane.id, item_id=unit.item_id, source="live", annotator_id=desk.annotators[0],
            account_id=desk.people[0].account_id, ontology_id=lane.ontology_id or "", answer={"choice": "other"},
            text="", figures={}, key_version=1, opened_at=market.now, due_at=market.now, decided_before=[],
        )  # fmt: skip
        session.add(row)
        session.flush()

    def decided() -> str:
        with market.gold() as session:
            return disputes.decide(session, market.qa, row.id, choice="both", reply="both can be meant").value

    with pytest.raises(Forbidden, match=r"asks more of its readers"):
        decided()
    with market.gold() as session:
        heard = hearing.dispute_for(session, market.qa, row.id)
    assert (heard.case, heard.may_decide, heard.is_withheld) == (None, False, True)
    assert seen(desk) == []
    with presence.use(desk.present()):
        assert decided() == "both"
    assert [(each.unit, each.role) for each in seen(desk)] == [(unit.id, "client_qa")]


def test_a_release_of_restricted_data_is_let_out_by_one_and_taken_by_another_within_a_day(desk: Desk) -> None:
    market = desk.market
    with market.system() as session:
        project = session.scalars(
            select(Project).where(Project.id == session.get_one(Lane, desk.lane).project_id)
        ).one()
        file = {"name": "labels.csv", "format": "csv", "stored_name": "x", "sha256": "0" * 64, "size": 1}
        release = Release(
            org_id=market.client, vendor_org_id=market.vendor, project_id=project.id, version=1, state="delivered",
            files=[file], report={}, asked_at=market.now, reason="",
        )  # fmt: skip
        session.add(release)
        session.flush()
        release_id = release.id

    def take(actor_name: str) -> None:
        actor = getattr(market, actor_name)
        with market.as_(actor) as session:
            releases.note_download(session, actor, release_id, "labels.csv")

    with presence.use(desk.present()):
        with pytest.raises(Forbidden, match="second_person"):
            take("pm")
        with market.as_(market.pm) as session:
            releases.open_release(session, market.pm, release_id)
        with pytest.raises(Forbidden, match="second_person"):
            take("pm")
        with presence.use(presence.NOWHERE), pytest.raises(Forbidden):
            take("admin")
        take("admin")
        assert [(row.why, row.unit, row.role) for row in seen(desk)] == [("exported", release_id, "client_admin")]
        market.later(days=1)
    with presence.use(desk.present()), pytest.raises(Forbidden, match="second_person"):
        take("admin")
