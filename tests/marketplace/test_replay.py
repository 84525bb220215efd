"""Replay: small made-up folders, from the files to the accepted release; and folders that are broken, line by line."""

import base64
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

import marketplace.jobs.imports
import marketplace.jobs.releases  # noqa: F401 - jobs are asked for by name
from calibration import contents, lanes
from calibration.models import Attempt, Judgment, Qualification
from kernel import audit, crypto, storage
from kernel.db import Base, Database
from kernel.models import AuditEvent
from kernel.storage import LocalStorage
from kernel.tenancy import Scope
from labeling.models import Item
from marketplace.cli import cli
from marketplace.models import Project, Release, Review, Unit
from marketplace.operations.reads import readable_items
from marketplace.queries.facts import lane_facts
from marketplace.queries.item_classes import item_classes
from marketplace.replay import labor, report
from marketplace.replay.plan import is_for_exam, plan_replay
from marketplace.replay.reading import BrokenFolder, read_folder, time_of
from payouts import ledger
from payouts.models import Earning, PayoutRun

ITEMS = [f"s{number}" for number in range(56)]  # half of them are enough for a test that nobody passes by guessing
TRUTH = {item: str(number % 2) for number, item in enumerate(ITEMS)}
GIVEN = 4 * len(ITEMS) + 1
# Three people who are always right, one who is always wrong, one who answers a single item.
RIGHT, WRONG, BRIEF = ("ann", "ben", "cid"), "dan", "eve"


@pytest.fixture
def house(db: Database, tmp_path: Path) -> Iterator[Database]:
    """What the composition root puts in place."""
    storage.use_storage(LocalStorage(tmp_path / "files"))
    lanes.use_provider(lane_facts)
    contents.use_guard(readable_items, item_classes)
    crypto.use_keys((("test", base64.b64encode(b"k" * 32).decode()),))
    yield db


def write(folder: Path, name: str, rows: Sequence[Sequence[str]], *, zipped: bool = False) -> None:
    text = "".join(",".join(row) + "\n" for row in rows)
    folder.mkdir(parents=True, exist_ok=True)
    if zipped:
        (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    else:
        (folder / name).write_text(text, encoding="utf-8")


def other(label: str) -> str:
    return "1" if label == "0" else "0"


def labels() -> list[list[str]]:
    rows = [["worker", "item", "label"]]
    for item in ITEMS:
        rows += [[worker, item, TRUTH[item]] for worker in RIGHT]
        rows.append([WRONG, item, other(TRUTH[item])])
    rows.append([BRIEF, ITEMS[0], "0"])
    rows.append(["ann", ITEMS[0], "1"])  # a repeat, which is told and left out
    return rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "colours"
    write(path, "labels.csv", labels())
    write(path, "gold.csv", [["item", "label"], *([item, TRUTH[item]] for item in ITEMS)])
    (path / "items.jsonl").write_text(
        "".join(json.dumps({"id": item, "text": f"sentence {item}"}) + "\n" for item in ITEMS), encoding="utf-8"
    )
    return path


def replay(folder: Path, *more: str) -> Result:
    return Flask("replays").test_cli_runner().invoke(cli, ["replay", str(folder), *more])


def counts(db: Database, model: Any) -> int:
    with db.reading(Scope.system("test")) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_folder_is_played_from_the_accounts_to_the_accepted_release(house: Database, folder: Path) -> None:
    report.use_checks(lambda session, books, log: True)
    file = folder.parent / "report.json"
    result = replay(folder.rename(folder.with_name("colours-" * 20)), "--report", str(file))
    assert result.exit_code == 0, result.output
    told = json.loads(file.read_text())
    exam = sum(is_for_exam(item) for item in ITEMS)
    # All items by four people, and one answer more to the first item.
    assert (told["workers"], told["units"], told["judgments"], told["repeats"]) == (5, len(ITEMS), GIVEN, 1)
    assert told["gold"]["items"] == len(ITEMS) - exam and told["gold"]["in_tests"] == exam
    assert told["qualified"] == 3, "those who are right pass, the one who is wrong and the brief one do not"
    assert (told["majority_accuracy"], told["consensus_accuracy"]) == (1.0, 1.0)
    assert told["earnings_micros"] == GIVEN * 10_000
    assert told["paid_micros"] == GIVEN * 10_000
    assert (told["ledger_ok"], told["audit_ok"], told["invariants_ok"]) == (True, True, True)
    assert len(told["release_sha256"]) == 64
    assert told["seconds"] > 0 and told["judgments_per_second"] > 0
    assert "majority_accuracy" in result.output and str(GIVEN) in result.output


def test_everything_went_through_the_operations_and_stands_in_the_database(house: Database, folder: Path) -> None:
    assert replay(folder).exit_code == 0
    with house.reading(Scope.system("test")) as session:
        project = session.scalars(select(Project)).one()
        assert (project.name, project.state) == ("colours", "done")
        assert session.scalars(select(Unit.state).distinct()).all() == ["settled"]
        assert session.scalars(select(Review.verdict).distinct()).all() in ([], ["accept"])
        assert session.scalars(select(Earning.state).distinct()).all() == ["paid"]
        assert session.scalars(select(PayoutRun.state)).one() == "settled"
        assert session.scalars(select(Release.state)).one() == "accepted"
        bases = dict(session.execute(select(Qualification.basis, func.count()).group_by(Qualification.basis)).all())
        assert bases == {"test": 3, "waiver": 2}
        attempts = dict(session.execute(select(Attempt.state, func.count()).group_by(Attempt.state)).all())
        assert attempts == {"passed": 3, "failed": 1}
        texts = session.scalars(select(Item.content).where(Item.client_ref == ITEMS[3])).all()
        assert {text["text"] for text in texts} == {f"text: sentence {ITEMS[3]}"}
        told = set(session.scalars(select(AuditEvent.action).distinct()))
        assert {"request.sent", "quote.accepted", "attempt.assigned", "units.assigned", "unit.taken"} <= told
        assert {"answer.submitted", "payout_run.settled", "release.accepted", "agreement.signed"} <= told
        assert ledger.verify(session) == []
        assert audit.verify(session).ok
    assert counts(house, Judgment) == GIVEN


def test_overlap_takes_the_first_people_of_each_unit_and_limit_the_first_units(folder: Path) -> None:
    plan = plan_replay(read_folder(folder), overlap=2, limit_units=5)
    assert [unit.item for unit in plan.units] == ITEMS[:5]
    assert {unit.overlap for unit in plan.units} == {2}
    assert [(step.worker, step.item) for step in plan.steps[:4]] == [
        ("ann", "s0"), ("ben", "s0"), ("ann", "s1"), ("ben", "s1"),
    ]  # fmt: skip


def test_units_carry_as_many_places_as_people_judged_them(folder: Path) -> None:
    plan = plan_replay(read_folder(folder))
    assert [unit.overlap for unit in plan.units] == [5, *[4] * (len(ITEMS) - 1)]
    assert plan.repeats == 1
    assert set(plan.exam_truth) | set(plan.held_out) == set(ITEMS)
    assert not set(plan.exam_truth) & set(plan.held_out)


def test_the_exam_asks_what_a_worker_answered_in_file_order(folder: Path) -> None:
    plan = plan_replay(read_folder(folder))
    asked = [item for item in ITEMS if is_for_exam(item)]
    assert [item for item, _choice in plan.exams["ann", "en"]] == asked
    assert len(asked) >= labor.LEAST_QUESTIONS, "the made-up names must fill a test"


def test_answers_are_given_in_the_order_of_their_times(tmp_path: Path) -> None:
    write(
        tmp_path / "timed", "labels.csv",
        [
            ["worker", "item", "label", "timestamp"],
            ["w1", "a", "x", "2024-05-01T10:00:00Z"],
            ["w1", "b", "y", "2024-05-01T09:00:00Z"],
            ["w2", "a", "x", ""],
            ["w2", "b", "x", "2024-05-01T08:00:00+00:00"],
        ],
    )  # fmt: skip
    plan = plan_replay(read_folder(tmp_path / "timed"))
    # The answer without a time follows the one before it in the file, which was given at nine.
    assert [(step.worker, step.item) for step in plan.steps] == [("w2", "b"), ("w1", "b"), ("w2", "a"), ("w1", "a")]


@pytest.mark.parametrize(
    "written",
    [
        "1399494054", "1399494054.0", "1399494054000", "2014-05-07 20:20:54 UTC", "2014-05-07T20:20:54Z",
        "2014-05-07 20:20:54", "2014-05-07T22:20:54+02:00",
    ],
)  # fmt: skip
def test_times_are_read_as_crowd_data_write_them(written: str) -> None:
    at = time_of(written)
    assert (at if at.tzinfo else at.replace(tzinfo=UTC)) == datetime(2014, 5, 7, 20, 20, 54, tzinfo=UTC)


def test_parts_of_a_text_have_its_text_and_a_description_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"worker,item,label\nw,t|cause,x\nw,t|treat,y\n")
    (tmp_path / "items.jsonl").write_bytes(b'{"id": "t", "text": "one"}\n')
    (tmp_path / "meta.json").write_bytes(b'\xef\xbb\xbf{"title": "Relations"}')
    found = read_folder(tmp_path)
    assert found.title == "Relations"
    assert [unit.text for unit in plan_replay(found).units] == ["text: one"] * 2


def test_gold_of_languages_without_a_test_is_measured_whole(tmp_path: Path) -> None:
    rows = [["w", f"{tag}{number}", str(number % 2), tag] for tag in ("de", "sw") for number in range(8)]
    write(tmp_path, "labels.csv", [["worker", "item", "label", "language"], *rows])
    write(tmp_path, "gold.csv", [["item", "label"], *([row[1], row[2]] for row in rows)])
    plan = plan_replay(read_folder(tmp_path))
    german = {row[1] for row in rows[:8]}
    asked = {item for item in german if is_for_exam(item)}
    assert 0 < len(asked) < 8
    truth, in_tests = plan.measured(("de",))
    assert (set(truth), in_tests) == ({row[1] for row in rows} - asked, len(asked))
    assert plan.measured(()) == ({row[1]: row[2] for row in rows}, 0)


def test_durations_of_the_data_are_the_judgments_and_a_missing_one_is_the_time_since_the_unit_was_taken(
    house: Database, tmp_path: Path
) -> None:
    rows = [["worker", "item", "label", "duration_s"]]
    rows += [["ann", "a", "x", "12.4"], ["ann", "b", "y", "0"], ["ben", "a", "x", "3599.6"], ["ben", "b", "x", ""]]
    write(tmp_path / "timed", "labels.csv", rows)
    assert replay(tmp_path / "timed").exit_code == 0
    with house.reading(Scope.system("test")) as session:
        assert sorted(session.scalars(select(Judgment.seconds))) == [0, 0, 12, 3600]


def test_files_of_another_system_with_spaces_a_mark_and_their_own_ends_of_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"\xef\xbb\xbfworker, item ,label\r\nann, a ,x\r\nben,b, y \r\n")
    (tmp_path / "gold.csv").write_bytes(b"\xef\xbb\xbfitem;label\r\na; x\r\n")
    (tmp_path / "items.jsonl").write_bytes(b'\xef\xbb\xbf{"id": "a", "text": "one"}\r\n{"id": "b", "text": "two"}\r\n')
    found = read_folder(tmp_path)
    assert [(each.line, each.worker, each.item, each.label) for each in found.answers] == [
        (2, "ann", "a", "x"), (3, "ben", "b", "y"),
    ]  # fmt: skip
    assert (found.gold, found.contents) == ({"a": "x"}, {"a": "text: one", "b": "text: two"})


def test_a_report_that_cannot_be_written_is_told_before_anything_is(db_sqlite: Database, folder: Path) -> None:
    before = rows_of_every_table(db_sqlite)
    result = replay(folder, "--report", str(folder / "missing" / "report.json"))
    assert (result.exit_code, "the report cannot be written" in result.output) == (1, True)
    assert rows_of_every_table(db_sqlite) == before


def test_without_gold_there_is_no_test_and_no_accuracy(house: Database, folder: Path) -> None:
    (folder / "gold.csv").write_text("item,label\n")  # none but its header is as good as none
    refused = replay(folder, "--overlap", "51")
    assert refused.exit_code == 2 and "--overlap 50 takes the first 50 people" in refused.output.replace("\n", " ")
    file = folder.parent / "report.json"
    result = replay(folder, "--limit-units", "6", "--report", str(file))
    assert result.exit_code == 0, result.output
    told = json.loads(file.read_text())
    assert (told["majority_accuracy"], told["consensus_accuracy"], told["qualified"]) == (None, None, 0)
    assert told["invariants_ok"] is None, "nobody has said how to check them"
    assert told["gold"]["note"].startswith("there is no gold.csv, or none but its header")
    assert (told["units"], told["judgments"]) == (6, 25)


def test_each_language_has_a_lane_of_its_own(house: Database, tmp_path: Path) -> None:
    rows = [["worker", "item", "label", "language"]]
    for language, people in (("de", "abc"), ("sw", "a")):  # what a unit costs is what the most people of one earn
        for number in range(3):
            rows += [[f"{worker}-{language}", f"{language}-{number}", str(number % 2), language] for worker in people]
    write(tmp_path / "tongues", "labels.csv", rows, zipped=True)
    result = replay(tmp_path / "tongues")
    assert result.exit_code == 0, result.output
    with house.reading(Scope.system("test")) as session:
        assert sorted(session.scalars(select(Item.locale))) == ["de"] * 3 + ["sw"] * 3
    assert counts(house, Judgment) == 12


def test_a_second_replay_is_a_second_project_and_gold_that_carries_no_test_is_measured_whole(
    house: Database, folder: Path
) -> None:
    file = folder.parent / "report.json"
    assert replay(folder, "--limit-units", "3", "--report", str(folder / "labels.csv")).exit_code == 1
    assert (folder / "labels.csv").read_text().startswith("worker,item,label"), "what is read is not written over"
    assert replay(folder, "--limit-units", "3", "--report", str(file)).exit_code == 0
    told = json.loads(file.read_text())
    assert (told["majority_accuracy"], told["consensus_accuracy"], told["qualified"]) == (1.0, 1.0, 0)
    assert (told["gold"]["items"], told["gold"]["in_tests"], told["gold"]["tested"]) == (3, 0, [])
    assert told["gold"]["note"].startswith("too little gold for a test")
    assert replay(folder, "--limit-units", "3").exit_code == 0
    with house.reading(Scope.system("test")) as session:
        assert session.scalars(select(Project.name)).all() == ["colours", "colours"]


def test_what_fails_in_the_middle_says_what_was_done(
    house: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: Any, **_named: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(labor, "answer_all", refuse)
    result = replay(folder, "--limit-units", "3")
    assert result.exit_code == 1
    assert "working: the disk is full" in result.output
    assert "Done before that: the organizations of the replay" in result.output and "3 units" in result.output


TAGS = b"am ar bn de el en es fa fr ha hi ig it ja ko pl pt ru sw th yo".split()
TIMED = b"worker,item,label,duration_s\n"
TWO = b"worker,item,label\nw,i,x\nw,j,y\n"
BROKEN: Mapping[str, tuple[Mapping[str, bytes], str]] = {
    "no labels": ({"gold.csv": b"item,label\n"}, "there is no labels.csv or labels.csv.gz"),
    "empty": ({"labels.csv": b""}, "labels.csv is empty"),
    "no answers": ({"labels.csv": b"worker,item,label\n"}, "labels.csv, line 2: there are no answers"),
    "missing column": ({"labels.csv": b"worker,item\nw,i\n"}, "labels.csv, line 1: the column “label” is missing"),
    "short line": (
        {"labels.csv": b"worker,item,label\nw,i,x\nw,j\n"}, "labels.csv, line 3: 2 fields instead of 3"
    ),
    "quotation mark never closed": (
        {"labels.csv": TWO + b'v,"k,y\n' + b"u,i,x\n" * 500},
        "labels.csv, line 4: a quotation mark that opens in this row is never closed",
    ),
    "short row of two lines": (
        {"labels.csv": TWO + b'v,"k\nk"\nu,i,x\n'}, "labels.csv, line 4: 2 fields instead of 3"
    ),
    "empty cell": ({"labels.csv": b"worker,item,label\nw,,x\n"}, "labels.csv, line 2: the column “item” is empty"),
    "encoding": ({"labels.csv": b"worker,item,label\nw,i,x\nw,\xe9t\xe9,y\n"}, "labels.csv, line 3: this is not UTF-8"),
    "nul": ({"labels.csv": b"worker,item,label\nw,i\x00,x\n"}, "labels.csv, line 2: there is a NUL character"),
    "not gzip": ({"labels.csv.gz": b"worker,item,label\n"}, "labels.csv.gz cannot be read"),
    "unknown item in gold": (
        {"labels.csv": TWO, "gold.csv": b"item,label\ni,x\nk,y\n"},
        "gold.csv, line 3: the item “k” is not in labels.csv",
    ),
    "gold against itself": (
        {"labels.csv": TWO, "gold.csv": b"item,label\ni,x\ni,y\n"},
        "gold.csv, line 3: the item “i” has another label further up",
    ),
    "language": (
        {"labels.csv": b"worker,item,label,language\nw,i,x,en\nw,j,y,klingon!\n"},
        "labels.csv, line 3: “klingon!” is not a language tag",
    ),
    "two languages": (
        {"labels.csv": b"worker,item,label,language\nw,i,x,en\nv,i,y,de\n"},
        "labels.csv, line 3: the item “i” was in en before, and is in de here",
    ),
    "time": (
        {"labels.csv": b"worker,item,label,timestamp\nw,i,x,yesterday\n"},
        "labels.csv, line 2: “yesterday” is not a time",
    ),
    "items": (
        {"labels.csv": TWO, "items.jsonl": b'{"id": "i"}\n{oh no\n'},
        "items.jsonl, line 2: this is not JSON",
    ),
    "column twice": (
        {"labels.csv": b"worker,item,label,label\nw,i,x,y\n"},
        "labels.csv, line 1: the column “label” stands there twice",
    ),
    "name twice": (
        {"labels.csv": TWO, "items.jsonl": b'{"id": "i", "text": "a", "text": "b"}\n'},
        "items.jsonl, line 1: “text” stands there twice",
    ),
    "no language": (
        {"labels.csv": b"worker,item,label,language\nw,i,x,mul\n"}, "labels.csv, line 2: “mul” is not a language tag"
    ),
    "nested": (
        {"labels.csv": TWO, "meta.json": b"[" * 100_000}, "meta.json cannot be read: it is nested too deeply"
    ),
    "one label": ({"labels.csv": b"worker,item,label\nw,i,x\nv,i,x\n"}, "there is only one label, “x”"),
    "kind": (
        {"labels.csv": b"worker,item,label\nw,i,3.5\n", "meta.json": b'{"kind": "numeric"}'},
        "is not a classification set",
    ),
    "free text": (
        {"labels.csv": b"worker,item,label\nw,i," + b"a very long answer " * 9 + b"\n"}, "is not a classification set"
    ),
    "too many people": (
        {"labels.csv": b"worker,item,label\n" + b"".join(b"w%d,i,%d\n" % (n, n % 2) for n in range(51))},
        "labels.csv, line 52: the item “i” has answers of 51 people, and a unit takes at most 50; use --overlap 50",
    ),
    "unknown item": (
        {"labels.csv": b"worker,item,label\nw,i,x\nw,j,y\nv,j,y\n", "items.jsonl": b'{"id": "i", "text": "one"}\n'},
        "labels.csv, line 3: the item “j” is not in items.jsonl",
    ),
    "nul in an item": (
        {"labels.csv": TWO, "items.jsonl": b'{"id": "i"}\n{"id": "j", "t": "a\\u0000"}\n'},
        "items.jsonl, line 2: the text contains a character that cannot be stored",
    ),
    "half a character in an item": (
        {"labels.csv": TWO, "items.jsonl": b'{"id": "i"}\n{"id": "j", "t": "\\ud800"}\n'},
        "items.jsonl, line 2: the text contains a character that cannot be stored",
    ),
    "half a character in the title": (
        {"labels.csv": TWO, "meta.json": b'{"title": "a \\udc00"}'},
        "meta.json: a text in it contains a character that cannot be stored",
    ),
    "labels that differ by capitals": (
        {"labels.csv": b"worker,item,label\nw,i,A\nw,j,b\nv,i,a\nu,i,a\n"},
        "labels.csv, line 4: the label “a” differs by capital letters or spaces alone from “A” (labels.csv, line 2)",
    ),
    "labels that differ by spaces, in gold": (
        {"labels.csv": b"worker,item,label\nw,i,very good\nw,j,bad\n", "gold.csv": b"item,label\ni,very  good\n"},
        "gold.csv, line 2: the label “very  good” differs by capital letters or spaces alone from “very good”",
    ),
    "a text that a unit cannot hold": (
        {"labels.csv": TWO, "items.jsonl": b'{"id": "i"}\n{"id": "j", "t": "' + b"a" * 100_000 + b'"}\n'},
        "items.jsonl, line 2: the text has 100,003 characters; a unit holds at most 100,000",
    ),
    "two contents": (
        {"labels.csv": TWO, "items.jsonl": b'{"id": "i", "t": "a"}\n{"id": "i", "t": "b"}\n'},
        "items.jsonl, line 2: the item “i” has another content further up",
    ),
    "duration in words": (
        {"labels.csv": b"worker,item,label,duration_s\nw,i,x,3.5\nw,j,y,abc\n"},
        "labels.csv, line 3: “abc” is not a duration",
    ),
    "duration below zero": (
        {"labels.csv": TIMED + b"w,i,x,\nw,j,y,-5\n"}, "labels.csv, line 3: “-5” is not a duration"
    ),
    "endless duration": (
        {"labels.csv": TIMED + b"w,i,x,inf\nw,j,y,nan\n"}, "labels.csv, line 3: “nan” is not a duration"
    ),
    "one class name for two labels": (
        {"labels.csv": TWO, "meta.json": b'{"label_names": {"x": "same", "y": "same"}}'},
        "the labels make no label schema",
    ),
    "a part of a text, where items are texts": (
        {"labels.csv": TWO + b"w,i|typo,x\n", "items.jsonl": b'{"id": "i"}\n{"id": "j"}\n'},
        "labels.csv, line 4: the item “i|typo” is not in items.jsonl",
    ),
    "too many languages": (
        {
            "labels.csv.gz": gzip.compress(
                b"worker,item,label,language\n"
                + b"".join(b"w,i%d,%d,%b\n" % (n, n % 2, tag) for n, tag in enumerate(TAGS))
            )
        },
        "labels.csv.gz, line 22: “w” has more than 20 languages",
    ),
}  # fmt: skip


def rows_of_every_table(db: Database) -> dict[str, int]:
    with db.reading(Scope.system("test")) as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_folder_is_told_by_line_and_nothing_is_written(
    name: str, tmp_path: Path, db_sqlite: Database
) -> None:  # fmt: skip
    files, sentence = BROKEN[name]
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    before = rows_of_every_table(db_sqlite)
    result = replay(tmp_path)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Nothing was written." in result.output
    assert rows_of_every_table(db_sqlite) == before


def test_all_faults_are_told_at_once_up_to_a_bound(tmp_path: Path) -> None:
    write(tmp_path, "labels.csv", [["worker", "item", "label"], *[["w", "", "x"]] * 30])
    with pytest.raises(BrokenFolder) as broken:
        read_folder(tmp_path)
    assert len(broken.value.faults) == 31  # thirty lines, and that nothing is left
    assert str(broken.value).splitlines()[-1] == "… and 11 more"


def test_labels_that_no_class_can_be_called_get_ids_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "odd", "labels.csv", [["worker", "item", "label"], ["w", "i", "très bien"], ["w", "j", "mal"]])
    found = read_folder(tmp_path / "odd")
    assert found.classes == (("c1", "mal"), ("c2", "très bien"))
    assert found.class_of == {"mal": "c1", "très bien": "c2"}


def test_a_long_text_is_kept_whole(tmp_path: Path) -> None:
    write(tmp_path / "long", "labels.csv", [["worker", "item", "label"], ["w", "i", "x"], ["w", "j", "y"]])
    told = [json.dumps({"id": item, "text": item * 30_000}) for item in "ij"]
    (tmp_path / "long" / "items.jsonl").write_text("\n".join(told))
    assert [unit.text for unit in plan_replay(read_folder(tmp_path / "long")).units] == [
        "text: " + item * 30_000 for item in "ij"
    ]
