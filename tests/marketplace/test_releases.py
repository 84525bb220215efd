"""Releases: what is in them, that they are the same bytes, that they never change, and who decides."""

import csv
import hashlib
import io
import json
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from calibration import lanes
from kernel import clock, db, storage
from kernel.db import Database
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.models import OutboxEvent
from kernel.storage import LocalStorage
from marketplace.jobs.releases import build
from marketplace.models import Batch, Release
from marketplace.operations import releases
from marketplace.queries import releases as queries
from marketplace.queries.facts import lane_facts
from marketplace.rules.releases import billable_lines, pseudonym
from marketplace.values.releases import Billable, ReleaseView
from payouts.models import Invoice
from tests.marketplace.delivered import Work, lane_with_people
from tests.marketplace.orders import Market, content_of, delivered


@pytest.fixture
def work(market: Market) -> Work:
    found = lane_with_people(market)
    found.settle("b", ["refund", "refund", "other"], "refund")
    found.settle("a", ["network", "network", "network"], "network")
    found.settle("c", ["other", "refund"], "refund", "review")
    return found


def cut(work: Work) -> ReleaseView:
    market = work.market
    with market.as_(market.pm) as session:
        ordered = releases.cut_release(session, market.pm, work.project_id)
    assert ordered.state == "building"
    market.work()
    with market.as_(market.pm) as session:
        release = queries.release_of(session, ordered.id)
    assert release is not None
    return release


def data(release: ReleaseView, name: str) -> bytes:
    return delivered(db.current(), next(file.stored_name for file in release.files if file.name == name))


def test_a_release_tells_of_each_label_where_it_comes_from(work: Work) -> None:
    work.review("a", "accept")
    release = cut(work)
    assert (release.state, release.version, release.units) == ("delivered", 1, 3)
    a, b, c = [json.loads(line) for line in data(release, "labels.jsonl").splitlines()]
    assert [row["id"] for row in (a, b, c)] == ["a", "b", "c"]
    assert (b["label"], b["answer"], b["source"], b["reviewed"]) == ("refund", {"choice": "refund"}, "consensus", False)
    assert b["content"] == {"text": "Message b"}
    assert (b["ontology"], b["guideline"]) == ([1], [1])
    votes = {vote["person"]: vote["answer"]["choice"] for vote in b["judgments"]}
    assert votes == {
        pseudonym(work.project_id, person): answer
        for person, answer in zip(work.people, ["refund", "refund", "other"], strict=True)
    }
    assert 0.5 < a["confidence"] <= 1
    assert c["source"] == "review"
    assert [datetime.fromisoformat(vote["at"]).tzinfo is not None for vote in b["judgments"]] == [True] * 3
    assert all(vote["seconds"] >= 0 for vote in b["judgments"])
    (seen,) = a["reviews"]
    assert (
        seen["verdict"] in ("accept", "fix") and seen["person"].startswith("P-") and seen["round"] == 1 and seen["at"]
    )
    assert b["reviews"] == []
    names = b"".join(person.encode() for person in work.people)
    assert not any(person.encode() in data(release, "labels.jsonl") for person in work.people), names


@pytest.fixture
def work_postgresql(db_postgresql: Database) -> Work:
    """The same beside a database that is no file of this process."""
    lanes.use_provider(lane_facts)
    market = Market(db_postgresql)
    market.found()
    found = lane_with_people(market)
    found.settle("a", ["network", "network", "network"], "network")
    return found


@contextmanager
def full_disk() -> Iterator[None]:
    """The kernel itself refuses to let any file of this process grow."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_leaves_no_half_file_and_the_release_is_built_later(
    work_postgresql: Work, tmp_path: Path
) -> None:
    work, market = work_postgresql, work_postgresql.market
    storage.use_storage(LocalStorage(tmp_path / "files"))
    with full_disk(), pytest.raises(OSError, match="File too large"):
        market.upload(market.pm, work.project_id, "units.csv", b"text\nMessage\n")
    with market.as_(market.pm) as session:
        assert session.scalars(select(Batch.id)).all() == []
        ordered = releases.cut_release(session, market.pm, work.project_id)
    with full_disk():
        market.work()
    with market.system() as session:
        told = session.scalars(select(OutboxEvent).where(OutboxEvent.last_error.is_not(None))).one()
        assert "File too large" in (told.last_error or "") and told.dead_at is None
        assert session.get_one(Release, ordered.id).state == "building"
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
    market.later(minutes=1)
    market.work()
    with market.as_(market.pm) as session:
        release = queries.release_of(session, ordered.id)
    assert release is not None and release.state == "delivered"
    assert hashlib.sha256(data(release, "manifest.json")).hexdigest() == release.sha256


def test_the_table_holds_the_same_rows(work: Work) -> None:
    work.review("a", "accept")
    release = cut(work)
    rows = list(csv.DictReader(io.StringIO(data(release, "labels.csv").decode())))
    lines = [json.loads(line) for line in data(release, "labels.jsonl").splitlines()]
    for row, line in zip(rows, lines, strict=True):
        assert row["people"].split() == [vote["person"] for vote in line["judgments"]]
        assert row["reviewers"].split() == [each["person"] for each in line["reviews"]]
        assert row["verdicts"].split() == [each["verdict"] for each in line["reviews"]]
    assert [(row["id"], row["text"], row["label"], row["judgments"]) for row in rows] == [
        ("a", "Message a", "network", "3"),
        ("b", "Message b", "refund", "3"),
        ("c", "Message c", "refund", "2"),
    ]


def test_checksums_lead_from_the_release_to_every_file(work: Work) -> None:
    release = cut(work)
    for file in release.files:
        content = delivered(work.market.db, file.stored_name)
        assert b"Message" not in content_of(file.stored_name) and content != content_of(file.stored_name)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.size)
    manifest = data(release, "manifest.json")
    assert release.sha256 == hashlib.sha256(manifest).hexdigest()
    told = {file["name"]: file["sha256"] for file in json.loads(manifest)["files"]}
    assert told == {file.name: file.sha256 for file in release.files if file.name != "manifest.json"}


def test_gold_is_no_part_of_a_release(work: Work) -> None:
    work.make_gold("c", "refund")
    release = cut(work)
    assert release.units == 2
    assert b'"id":"c"' not in data(release, "labels.jsonl")


def test_the_same_data_are_the_same_bytes(work: Work) -> None:
    market, release = work.market, cut(work)
    with market.gold() as session:
        plan = queries.plan_of(session, release.id)
    assert plan is not None
    noted: list[tuple[int, int]] = []
    with clock.use_clock(lambda: market.now), ExitStack() as files:
        again = build(market.gold, market.system, plan, files, lambda done, total: noted.append((done, total)))
        files.pop_all()
    assert noted == [(3, 3)]
    assert again.sha256 == release.sha256
    assert [file.sha256 for file in again.files] == [file.sha256 for file in release.files]
    assert [file.stored_name for file in again.files] != [file.stored_name for file in release.files]


def test_what_was_released_does_not_change_with_a_later_review(work: Work) -> None:
    first = cut(work)
    before = data(first, "labels.jsonl")
    work.relabel("a", "other")
    with work.market.as_(work.market.pm) as session:
        kept = queries.release_of(session, first.id)
    assert kept == first
    assert data(first, "labels.jsonl") == before
    second = cut(work)
    assert second.version == 2
    assert json.loads(data(second, "labels.jsonl").splitlines()[0])["label"] == "other"
    assert data(first, "labels.jsonl") == before


def test_the_report_counts_gold_samples_and_agreement(work: Work) -> None:
    work.grade("refund", "refund", 18)
    work.grade("refund", "other", 2)
    work.grade("other", "refund", 1, void=True)
    work.review("a", "accept")
    work.review("b", "fix", "other")
    work.decide("work_rejected", "work_rejected", "lane_paused")
    report = cut(work).report
    assert (report["work"][0]["refused"], report["drift"][0]["paused"]) == (2, 1), "the vendor's rows are counted"
    assert report["accuracy"]["value"] == 0.9
    assert report["accuracy"]["n"] == 20
    assert report["sample"]["value"] == 0.5
    row = report["by_locale"][0]
    assert (row["locale"], row["units"], row["people"], row["target"], row["standing"]) == (
        "sw-KE", 3, 3, 0.85, "open",
    )  # fmt: skip
    assert row["alpha"]["n"] == 3
    assert report["by_class"][0]["recall"]["value"] == 0.9
    assert report["confusion_pairs"] == [{"truth": "refund", "answer": "other", "count": 2}]
    assert {file["name"] for file in report["files"]} == {
        "labels.jsonl", "labels.csv", "qa-report.json", "manifest.json",
    }  # fmt: skip


def test_accepting_invoices_the_units_once(work: Work) -> None:
    market = work.market
    first = cut(work)
    with market.as_(market.pm) as session:
        assert releases.decide_release(session, market.pm, first.id, accept=True).state == "accepted"
    market.work()
    work.settle("d", ["other", "other", "other"], "other")
    market.later(days=1)
    second = cut(work)
    with market.as_(market.pm) as session:
        releases.decide_release(session, market.pm, second.id, accept=True)
    market.work()
    with market.as_(market.manager) as session:
        invoices = session.scalars(select(Invoice).order_by(Invoice.number)).all()
        assert [(invoice.number, invoice.total_micros, invoice.lines) for invoice in invoices] == [
            (1, 150_000, [{"locale": "sw-KE", "units": 3, "price_micros": 50_000, "micros": 150_000}]),
            (2, 50_000, [{"locale": "sw-KE", "units": 1, "price_micros": 50_000, "micros": 50_000}]),
        ]


def test_a_release_is_returned_with_reasons_and_not_invoiced(work: Work) -> None:
    market, release = work.market, cut(work)
    with pytest.raises(Invalid), market.as_(market.pm) as session:
        releases.decide_release(session, market.pm, release.id, accept=False)
    with market.as_(market.pm) as session:
        releases.decide_release(session, market.pm, release.id, accept=False, reason="Class other is wrong.")
    with pytest.raises(Conflict), market.as_(market.pm) as session:
        releases.decide_release(session, market.pm, release.id, accept=True)
    market.work()
    with market.as_(market.manager) as session:
        assert session.scalars(select(Release.reason)).one() == "Class other is wrong."
        assert session.scalars(select(Invoice)).all() == []


@pytest.mark.parametrize(
    ("who", "problem"), [("manager", Forbidden), ("qa", Forbidden), ("stranger", NotFound), ("rival", NotFound)]
)
def test_only_the_client_decides_and_takes_files_away(work: Work, who: str, problem: type[Exception]) -> None:
    market, release = work.market, cut(work)
    actor = getattr(market, who)
    with pytest.raises(problem), market.as_(actor) as session:
        releases.decide_release(session, actor, release.id, accept=True)
    with pytest.raises(problem), market.as_(actor) as session:
        releases.note_download(session, actor, release.id, "labels.csv")


def test_a_download_is_logged(work: Work) -> None:
    market, release = work.market, cut(work)
    with market.as_(market.pm) as session:
        file = releases.note_download(session, market.pm, release.id, "labels.csv")
    (event,) = market.audited("release.downloaded")
    assert event.details == {"file": "labels.csv", "sha256": file.sha256}
    with pytest.raises(NotFound), market.as_(market.pm) as session:
        releases.note_download(session, market.pm, release.id, "passwords.txt")


def test_one_release_is_built_at_a_time_and_never_of_nothing(market: Market) -> None:
    work = lane_with_people(market)
    with pytest.raises(Conflict) as caught, market.as_(market.pm) as session:
        releases.cut_release(session, market.pm, work.project_id)
    assert caught.value.code == "release.nothing"
    work.settle("a", ["refund"], "refund")
    with market.as_(market.manager) as session:
        releases.cut_release(session, market.manager, work.project_id)
    with pytest.raises(Conflict) as caught, market.as_(market.pm) as session:
        releases.cut_release(session, market.pm, work.project_id)
    assert caught.value.code == "release.building"


def test_a_build_that_gave_up_makes_room_for_the_next(market: Market) -> None:
    work = lane_with_people(market)
    work.settle("a", ["refund"], "refund")
    with market.as_(market.pm) as session:
        broken = releases.cut_release(session, market.pm, work.project_id)
    with market.system() as session:
        session.get_one(OutboxEvent, broken.job_id).dead_at = market.now
    release = cut(work)
    with market.as_(market.pm) as session:
        states = [(each.version, each.state) for each in queries.releases_of(session, work.project_id)[0]]
    assert sorted(states) == [(1, "broken"), (2, "delivered")]
    assert release.units == 1


def test_people_have_another_name_in_every_project() -> None:
    assert pseudonym("one", "anna") == pseudonym("one", "anna")
    assert len({pseudonym("one", "anna"), pseudonym("two", "anna"), pseudonym("one", "bela")}) == 3


def test_only_units_that_no_accepted_release_had_are_billed() -> None:
    def of(**units: int) -> dict[str, object]:
        return {"by_locale": [{"locale": locale, "units": count} for locale, count in units.items()]}

    prices = {"sw": 10, "ar": 20}
    assert billable_lines(of(sw=5, ar=3), [], prices) == (Billable("sw", 5, 10), Billable("ar", 3, 20))
    assert billable_lines(of(sw=5, ar=3), [of(sw=2), of(sw=4, ar=3)], prices) == (Billable("sw", 1, 10),)
    assert billable_lines(of(sw=5, ar=3), [of(sw=6, ar=3)], prices) == ()
