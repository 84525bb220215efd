"""Text spans through `/api/v1` alone, from a client's request to a release that is checked line by line."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from kernel.db import Database
from tests.journeys.cast import Cast
from tests.journeys.order import LOCALE, send_request, upload
from tests.journeys.steps import everything_adds_up, hire, people_arrive
from tests.support import is_soak

ANNOTATORS = ("amina", "baraka", "chiku")
NAMES: dict[str, Any] = {
    "task_type": "spans",
    "question": {"en": "Which names stand in the text?"},
    "classes": [
        {"id": name, "names": {"en": words}}
        for name, words in (("ORG", "Organization"), ("LOC", "Place"), ("PER", "Person"))
    ],
    "options": {"nested": True, "overlapping": False, "max_spans": 5},
}
BANK = "Benki Kuu ya Kenya iko Nairobi."
SCHOOL = "Chuo Kikuu cha Dodoma kinafundisha ualimu."
RAIN = "Leo mvua inanyesha."
TRIP = "Asha Juma alikwenda Mwanza jana."
TEXTS = (BANK, SCHOOL, RAIN, TRIP)


def marked(text: str, *spans: tuple[str, str]) -> dict[str, Any]:
    """The answer that marks these words with these classes, as it is delivered: in the order of the text."""
    found = [(text.index(words), text.index(words) + len(words), label) for words, label in spans]
    return {"spans": [{"start": start, "end": end, "label": label} for start, end, label in sorted(found)]}


WHOLE_BANK = marked(BANK, ("Kenya", "LOC"), ("Benki Kuu ya Kenya", "ORG"), ("Nairobi", "LOC"))
WHOLE_SCHOOL = marked(SCHOOL, ("Chuo Kikuu cha Dodoma", "ORG"), ("Dodoma", "LOC"))
WHOLE_TRIP = marked(TRIP, ("Asha Juma", "PER"), ("Mwanza", "LOC"))
NOTHING = marked(RAIN)
GIVEN = {
    BANK: (WHOLE_BANK, WHOLE_BANK, WHOLE_BANK),
    SCHOOL: (WHOLE_SCHOOL, WHOLE_SCHOOL, marked(SCHOOL, ("Chuo Kikuu cha", "ORG"), ("Dodoma", "LOC"))),
    RAIN: (NOTHING, NOTHING, marked(RAIN, ("Leo", "PER"))),
    TRIP: (WHOLE_TRIP, marked(TRIP, ("Asha", "PER"), ("Mwanza", "LOC")), marked(TRIP, ("Mwanza", "LOC"))),
}
FUSED = {BANK: WHOLE_BANK, SCHOOL: WHOLE_SCHOOL, RAIN: NOTHING, TRIP: marked(TRIP, ("Mwanza", "LOC"))}
DELIVERED = FUSED | {TRIP: WHOLE_TRIP}
SURE = {BANK: 1.0, TRIP: None}
"""Everybody marked the one alike, a person mended the other; between them it depends on how far one trusts whom."""


def alike(answers: Sequence[dict[str, Any]]) -> list[str]:
    """Answers in an order of their own, whoever gave them."""
    return sorted(json.dumps(answer, sort_keys=True) for answer in answers)


@pytest.fixture(params=["sqlite", "postgresql"] if is_soak() else ["postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """The loop through the API runs on both; what is of spans alone runs on both in a soak."""
    database: Database = request.getfixturevalue(f"db_{request.param}")
    return database


@pytest.mark.soak
def test_nested_spans_from_request_to_release(cast: Cast, db: Database) -> None:
    people_arrive(cast)
    project, lane = order(cast)
    let_in(cast, lane)
    work_through(cast, lane)
    reviewed = review(cast)
    get_paid(cast)
    deliver(cast, project, reviewed)
    everything_adds_up(db)


def order(cast: Cast) -> tuple[str, str]:
    """A project whose schema asks for spans, with four texts to mark."""
    pm, manager = cast.people["pm"], cast.people["manager"]
    sent = send_request(cast, pm, cast.orgs["baraza"], units=len(TEXTS), task_type="spans")
    quote = manager.post(f"/requests/{sent['request_id']}/quotes", {"prices": {LOCALE: "0.50"}, "valid_days": 14})
    project = pm.post(f"/quotes/{quote['id']}/accept", {})["project_id"]
    (lane,) = pm.get(f"/projects/{project}")["lanes"]
    choice = {"task_type": "choice", "question": {"en": "?"}, "classes": NAMES["classes"], "options": {}}
    pm.post(f"/projects/{project}/ontologies", {"body": choice}, status=(409, 422))
    pm.post(f"/projects/{project}/ontologies", {"body": NAMES})
    pm.post(f"/projects/{project}/guidelines", {"texts": {"en": "Mark every name; a name may hold another name."}})
    rows = "".join(json.dumps({"id": f"t{place}", "text": text}) + "\n" for place, text in enumerate(TEXTS))
    assert upload(cast, pm, project, "units", "units.jsonl", rows)["good"] == len(TEXTS)
    manager.post("/rates", {"lane_id": lane["id"], "amount": "0.05", "currency": "EUR"})
    return project, lane["id"]


def let_in(cast: Cast, lane: str) -> None:
    """Three people join, and the vendor, who knows them, lets them into the lane without a test."""
    annotators = hire(cast, ANNOTATORS)
    manager = cast.people["manager"]
    assert cast.people["pm"].post(f"/lanes/{lane}/open", {"without_test": True})["state"] == "open"
    (offer,) = (each for each in cast.people["amina"].get("/lanes")["items"] if each["id"] == lane)
    (left,) = (each for each in offer["conditions"] if not each["met"])
    assert left["reason"] == "NOT_QUALIFIED" and left["detail"].startswith("This work has no test. Your vendor lets")
    for annotator in annotators.values():
        manager.put(f"/lanes/{lane}/waivers/{annotator}", {"reason": "Known from other work"})


def work_through(cast: Cast, lane: str) -> None:
    """Everybody marks every text once; what cannot stand in an answer is turned down with its place."""
    cast.seconds()
    for place, name in enumerate(ANNOTATORS):
        person, met = cast.people[name], set()
        while (task := person.post("/assignments/next", {"lane_id": lane})["assignment"]) is not None:
            text = task["content"]["text"]
            met.add(text)
            if text == BANK and name == "amina":
                turned_down(cast, task["id"], text)
            person.put(f"/assignments/{task['id']}/draft", {"answer": GIVEN[text][place]})
            cast.later(seconds=20)
            given = {"answer": GIVEN[text][place], "epoch": task["epoch"]}
            assert not person.post(f"/assignments/{task['id']}/answer", given)["is_late"]
        assert met == set(TEXTS)
    cast.seconds()  # settled
    cast.seconds()  # counted
    (found,) = cast.people["pm"].get("/projects")["items"]
    (progress,) = cast.people["pm"].get(f"/projects/{found['id']}")["lanes"]
    assert (progress["answered"], progress["open_units"]) == (12, 0)


def turned_down(cast: Cast, assignment: str, text: str) -> None:
    """Wrong spans: crossing ones, a class that is not there, an end beyond the text, nothing marked, no spans."""
    first = {"start": 0, "end": 6, "label": "ORG"}
    for spans, where in (
        ([first, {"start": 3, "end": 9, "label": "LOC"}], "spans[1]"),
        ([first, first], "spans[1]"),
        ([first | {"label": "FOOD"}], "spans[0].label"),
        ([first | {"end": len(text) + 1}], "spans[0].end"),
        ([first | {"end": 0}], "spans[0].end"),
        ([first] * 6, "spans"),
        ("0:6:ORG", "spans"),
        (None, "spans"),
    ):
        refused = cast.people["amina"].post(f"/assignments/{assignment}/answer", {"answer": {"spans": spans}}, 422)
        assert where in json.dumps(refused), (spans, refused)


def review(cast: Cast) -> set[str]:
    """The two texts on which people differ wait for a reviewer, who mends one of them; the texts they looked at."""
    reviewer, seen, weak = cast.people["reviewer"], set(), set()
    while (task := reviewer.post("/reviews/next", {})["review"]) is not None:
        text = task["content"]["text"]
        seen.add(text)
        weak |= {text} if task["why"] == "weak" else set()
        assert task["consensus"] == FUSED[text]
        assert alike([each["answer"] for each in task["answers"]]) == alike(GIVEN[text])
        verdict: dict[str, Any] = {"verdict": "accept"}
        if text == TRIP:
            crossing = {"spans": [{"start": 0, "end": 9, "label": "PER"}, {"start": 5, "end": 12, "label": "PER"}]}
            fix = {"verdict": "fix", "reason": "wrong_class"}
            reviewer.post(f"/reviews/{task['id']}/verdict", fix | {"label": crossing}, status=422)
            verdict = fix | {"label": WHOLE_TRIP}
        assert reviewer.post(f"/reviews/{task['id']}/verdict", verdict)["rejected"] == 0
    assert weak == {RAIN, TRIP} <= seen
    return seen


def get_paid(cast: Cast) -> None:
    """Four answers at 0.05 each for each of the three, prepared by one person and signed by another."""
    payer, signer = cast.people["payer"], cast.people["signer"]
    cast.later(hours=73)
    cast.renew()
    cast.seconds()
    run = payer.post("/payout-runs", {"currency": "EUR"})
    assert (run["payments"], run["left_out"], run["total"]) == (3, [], "0.6")
    signer.post(f"/payout-runs/{run['id']}/approve", {"total": run["total"], "sha256": run["sha256"]})
    payer.post(f"/payout-runs/{run['id']}/export")
    assert payer.post(f"/payout-runs/{run['id']}/settle")["state"] == "settled"
    for name in ANNOTATORS:
        assert [each["state"] for each in cast.people[name].get("/earnings")["items"]] == ["paid"] * 4


def deliver(cast: Cast, project: str, reviewed: set[str]) -> None:
    """The release: every line of both files is what was answered, fused and mended."""
    pm = cast.people["pm"]
    ordered = pm.post(f"/projects/{project}/releases")
    cast.work()
    built = pm.get(f"/releases/{ordered['id']}")
    assert (built["state"], built["units"]) == ("delivered", len(TEXTS))
    texts = {}
    for file in built["files"]:
        data = pm.call("GET", f"/releases/{ordered['id']}/files/{file['name']}").data
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        texts[file["name"]] = data.decode()
    lines = {line["id"]: line for line in map(json.loads, texts["labels.jsonl"].splitlines())}
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(texts["labels.csv"]))}
    assert set(lines) == set(rows) == {"t0", "t1", "t2", "t3"}
    for place, text in enumerate(TEXTS):
        check_line(lines[f"t{place}"], rows[f"t{place}"], text, was_reviewed=text in reviewed)
    people = {each["person"] for line in lines.values() for each in line["judgments"]}
    assert len(people) == 3 and not people & set(ANNOTATORS)
    assert pm.post(f"/releases/{ordered['id']}/decision", {"accept": True})["state"] == "accepted"
    cast.work()
    assert pm.get("/invoices")["items"][0]["total"] == "2"


def check_line(line: dict[str, Any], row: dict[str, str], text: str, *, was_reviewed: bool) -> None:
    """One unit of the release, in both of its forms."""
    label, source = DELIVERED[text], "review" if was_reviewed else "consensus"
    assert (line["content"], line["locale"], line["label"]) == ({"text": text}, LOCALE, None)
    assert (line["answer"], line["source"], line["reviewed"]) == (label, source, was_reviewed)
    assert (line["ontology"], line["guideline"]) == ([1], [1])
    answers = [each["answer"] for each in line["judgments"]]
    assert alike(answers) == alike(GIVEN[text])
    assert line["confidence"] == SURE[text] if text in SURE else 0 < line["confidence"] < 1
    assert (row["text"], row["label"], row["source"], row["judgments"]) == (text, "", source, "3")
    assert json.loads(row["answer"]) == label
