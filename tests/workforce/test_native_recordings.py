"""The journey of a recording for natives: sent, heard by whom it is open to and nobody else, handed over, forgotten."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from admin.operations.own_data import gather
from admin.operations.retention import carry_retention
from calibration.models import LanguageRecording
from calibration.operations.voices import is_appealed_to
from calibration.rules.voices import clean_recording
from kernel.config import Settings
from kernel.db import Database
from kernel.policy import Role, system_actor
from kernel.tenancy import Scope
from labeling.rules.media import NotTaken
from marketplace.operations.appeals import decide_appeal
from tests.labeling.media_samples import SECRET, m4a, picture, wav
from tests.workforce.browser import Program, Visitor
from tests.workforce.conftest import SYSTEM, Time, World
from workforce import operations, queries
from workforce.operations.own_data import ask_data
from workforce.operations.pools import set_check_rate
from workforce.values import ClaimView
from workforce.values.own_data import DataKind
from wsgi import create_app

HOME = "/language-checks"
ADDRESS = re.compile(r'<audio src="(/media-links/[^"]+)"')
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
EVERYWHERE = Scope.system("test")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "media.empty"),
        (SVG, "voice.no_sound"),
        (b"My name is Amina, and I speak well.", "voice.no_sound"),
        (b"#!AMR\n" + bytes(400), "voice.no_sound"),
        (picture(), "voice.no_sound"),
        (wav(8_000 * 2), "voice.short"),
        (m4a(100), "voice.short"),
        (wav(8_000 * 181), "voice.long"),
        (bytes(16 * 1024 * 1024 + 1), "voice.too_large"),
        (wav(8_000 * 4)[:-5], "media.damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_recording_is_a_whole_sound_of_some_seconds_or_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(NotTaken) as refused:
        clean_recording(content)
    assert (refused.value.code, bool(str(refused.value.message))) == (code, True)


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    settings = Settings(
        environment="test", database_url=str(db.url), redis_url=None, data_dir=tmp_path,
        secret_key="k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz", field_keys=(("t", "A" * 43),),
    )  # fmt: skip
    return create_app(settings, db)


def claim_of(world: World, annotator_id: str, mode: str) -> ClaimView:
    with world.db.reading(world.vendor) as session:
        return next(
            each for each in queries.languages_of(session, annotator_id) if (each.locale, each.mode) == ("sw-KE", mode)
        )


def prove(world: World, annotator_id: str, mode: str) -> None:
    claim = claim_of(world, annotator_id, mode)
    with world.db.transaction(world.vendor) as session:
        operations.verify_language(session, SYSTEM, claim.id, evidence={"kind": "peer"})


def address_on(visitor: Visitor, path: str) -> str:
    return ADDRESS.findall(visitor.text(path))[0]


def follow(app: Flask, link: str, **headers: str) -> TestResponse:
    """As a browser does that has no cookie for the place."""
    return FlaskClient(app, use_cookies=False).get(link, headers=headers)


def led(visitor: Visitor, address: str) -> str:
    return visitor.get(address).headers["Location"]


def files(folder: Path) -> list[Path]:
    return [each for each in (folder / "files").rglob("*") if each.is_file()]


def send(candidate: Visitor, here: str, content: bytes, name: str = "voice.m4a") -> TestResponse:
    return candidate.post(f"{here}/recording", {"file": (io.BytesIO(content), name)}, on=here)


def test_a_recording_is_heard_by_whom_its_check_is_open_to_and_is_gone_afterwards(
    app: Flask, world: World, time: Time, tmp_path: Path
) -> None:
    amina, amina_actor = world.annotator("Amina Wanjiru")
    nia, juma, writer = (world.annotator(name) for name in ("Nia Otieno", "Juma Said", "Zawadi Mrema"))
    prove(world, nia[0].id, "speak")
    prove(world, juma[0].id, "speak")
    more = [world.annotator(name) for name in ("Sefu Baraka", "Rehema Ali")]
    for person, _actor in more:
        prove(world, person.id, "speak")
    prove(world, writer[0].id, "write")
    with world.db.transaction(world.vendor) as session:
        set_check_rate(session, world.manager, world.pool_id, micros=25_000_000, currency="KES")
    claim_id = claim_of(world, amina.id, "speak").id

    # Sent once, as a sound of some seconds, and kept so that nobody reads it from the disk.
    candidate = Visitor(app, world.db, amina_actor)
    here = candidate.post(HOME, {"claim_id": claim_id}).headers["Location"]
    shown = candidate.text(here)
    assert 'accept="audio/*"' in shown and "capture" in shown and "personal data" in shown
    refused = send(candidate, here, SVG)
    assert refused.status_code == 422 and "Only recordings are taken" in refused.get_data(as_text=True)
    assert candidate.post(f"{here}/recording", {}, on=here).status_code == 422
    assert candidate.post(f"{here}/answer", {"text": "Soko letu " * 10}, on=here).status_code == 303
    assert "asks for a recording" in candidate.text(here) and files(tmp_path) == []
    assert send(candidate, here, wav(8_000 * 4), "../../a.svg").status_code == 303
    assert send(candidate, here, wav(8_000 * 5)).status_code == 303 and "sent already" in candidate.text(here)
    (kept,) = files(tmp_path)
    assert b"RIFF" not in kept.read_bytes()
    assert follow(app, led(candidate, address_on(candidate, here))).data[:4] == b"RIFF"

    # Open to a native of speaking who holds a place, for a link that is used once; it says nothing of who speaks.
    assert Visitor(app, world.db, writer[1]).post(f"{HOME}/next", on=HOME).headers["Location"] == HOME
    listener, other = Visitor(app, world.db, nia[1]), Visitor(app, world.db, juma[1])
    judge = listener.post(f"{HOME}/next", on=HOME).headers["Location"]
    shown, address = listener.text(judge), address_on(listener, judge)
    assert "personal data" in shown and not re.search(f"Amina|{amina.pseudonym}|{amina.id}", shown)
    assert other.get(address).status_code == 404, "another's address"
    link = led(listener, address)
    heard = follow(app, link)
    assert (heard.status_code, heard.mimetype, SECRET in heard.data) == (200, "audio/wav", False)
    assert heard.headers["Content-Disposition"] == "inline"
    assert (follow(app, link).status_code, follow(app, link, Range="bytes=0-3").status_code) == (404, 206)
    program = Program(app, world.db, juma[1])
    check_id = here.rsplit("/", 1)[1]
    assert program.send("GET", f"{HOME}/{check_id}/task").status_code == 404, "not before it was taken"
    task = program.send("POST", f"{HOME}/next").json["task"]  # type: ignore[index]
    assert (task["mode"], task["answer"], follow(app, task["recording"]).status_code) == ("speak", "", 200)
    unused = program.send("GET", f"{HOME}/{check_id}/task").json["recording"]  # type: ignore[index]

    # Whose time is over or who has spoken hears it no more, also by a link that was made before.
    assert program.send("POST", f"{HOME}/{check_id}/verdict", {"confirms": False}).status_code == 200
    assert follow(app, unused).status_code == 404
    before = led(listener, address)
    time.now += timedelta(hours=25)
    assert follow(app, before).status_code == 404
    listener = Visitor(app, world.db, nia[1])
    assert listener.get(address).status_code == 404 and "is over" in listener.text(judge)
    assert listener.post(f"{HOME}/next", on=HOME).headers["Location"] == judge
    again = address_on(listener, judge)
    assert listener.post(f"{here}/verdict", {"verdict": "no"}, on=judge).status_code == 303
    assert listener.get(again).status_code == 404
    for _person, native in more:
        asked_too = Program(app, world.db, native)
        task = asked_too.send("POST", f"{HOME}/next").json["task"]  # type: ignore[index]
        asked_too.send("POST", f"{HOME}/{check_id}/verdict", {"confirms": False})
        assert follow(app, task["recording"]).status_code == 404

    # Whoever answers an appeal hears it while that waits.
    manager, colleague = Visitor(app, world.db, world.manager), Program(app, world.db, world.colleague)
    appealed = f"{here}/appealed"
    assert manager.get(appealed).status_code == 404
    with world.db.transaction(world.vendor) as session:
        (receipt,), _after = queries.receipts_of(session, amina.id)
        appeal = operations.open_appeal(session, amina_actor, receipt.id, "They judged my voice.")
    assert "how you speak" in str(receipt.what) and appealed in manager.text(f"/appeals/{appeal.id}")
    assert follow(app, led(manager, address_on(manager, appealed))).status_code == 200
    assert colleague.send("GET", appealed).status_code == 200
    assert Visitor(app, world.db, world.stranger).get(appealed).status_code == 404
    assert appealed not in Visitor(app, world.db, world.operator).text(f"/appeals/{appeal.id}"), "a vendor's own affair"
    with world.db.reading(world.vendor) as session:
        judges_too = replace(nia[1], role=Role.REVIEWER)
        assert [is_appealed_to(session, who, check_id) for who in (world.reviewer, judges_too)] == [True, False]
    reads = [event.details for event in world.audit("content.read")]
    assert [each["role"] for each in reads] == ["annotator"] * 4 + ["vendor_manager"]
    assert {(each["why"], each["class"], each["project"]) for each in reads} == {("voice", "restricted-pii", "")}

    # It stands in a copy of one's data, and is removed with its file once nothing waits for it any more.
    with world.db.transaction(EVERYWHERE) as session:
        asked = ask_data(session, amina_actor, amina_actor.account_id or "", DataKind.EXPORT)
        copy = gather(session, SYSTEM, asked.id)
    assert copy is not None
    with zipfile.ZipFile(copy) as archive:
        (name,) = (each for each in archive.namelist() if each.startswith("recordings/"))
        assert name.endswith(".wav") and archive.read(name) == heard.data
    time.now += timedelta(days=61)
    machine = system_actor("retention")
    with world.db.transaction(EVERYWHERE) as session:
        assert carry_retention(session, machine)["recordings"] == 0, "an appeal waits"
    with world.db.transaction(world.vendor) as session:
        decide_appeal(session, world.manager, appeal.id, outcome="overturned", answer="It was the voice.")
    assert Program(app, world.db, world.colleague).send("GET", appealed).status_code == 404
    told, lost = (f"/receipts/{receipt.id}", f"/appeals/{appeal.id}"), "so nobody can hear it again"
    candidate, manager = Visitor(app, world.db, amina_actor), Visitor(app, world.db, world.manager)
    assert lost not in candidate.text(told[0]) and lost not in manager.text(told[1])
    with world.db.transaction(EVERYWHERE) as session:
        assert carry_retention(session, machine)["recordings"] == 1
    assert files(tmp_path) == []
    assert "not kept any more" in candidate.text(here)
    assert lost in candidate.text(told[0]) and lost in manager.text(told[1])

    # An erasure takes one that still waits, and natives meet nothing of it.
    here = candidate.post(HOME, {"claim_id": claim_id}).headers["Location"]
    sent = Program(app, world.db, amina_actor).send(
        "POST", f"{here}/recording", {"content": "UklGRgQAAABXQVZF"}
    )  # fmt: skip
    assert (sent.status_code, sent.json["code"]) == (422, "media.damaged")  # type: ignore[index]
    assert send(candidate, here, m4a(200)).status_code == 303 and len(files(tmp_path)) == 1
    with world.db.transaction(EVERYWHERE) as session:
        ask_data(session, amina_actor, amina_actor.account_id or "", DataKind.ERASURE)
    time.now += timedelta(days=15)
    with world.db.transaction(EVERYWHERE) as session:
        assert carry_retention(session, machine)["erasures"] == 1
        assert session.scalars(select(LanguageRecording)).all() == []
    assert files(tmp_path) == []
    assert Program(app, world.db, nia[1]).send("POST", f"{HOME}/next").json == {"task": None}


def test_a_recording_that_no_native_decides_on_goes_after_180_days_and_the_candidate_speaks_anew(
    app: Flask, world: World, time: Time, tmp_path: Path
) -> None:
    amina, amina_actor = world.annotator("Amina Wanjiru")
    nia = world.annotator("Nia Otieno")
    prove(world, nia[0].id, "speak")
    with world.db.transaction(world.vendor) as session:
        set_check_rate(session, world.manager, world.pool_id, micros=25_000_000, currency="KES")
    candidate = Visitor(app, world.db, amina_actor)
    here = candidate.post(HOME, {"claim_id": claim_of(world, amina.id, "speak").id}).headers["Location"]
    assert "within 180 days" in candidate.text(here)
    assert send(candidate, here, wav(8_000 * 4)).status_code == 303
    assert "for 180 days at most" in candidate.text(here)
    Visitor(app, world.db, nia[1]).post(f"{HOME}/next", on=HOME)
    juma = world.annotator("Juma Said")
    prove(world, juma[0].id, "speak")
    program = Program(app, world.db, juma[1])
    task = program.send("POST", f"{HOME}/next").json["task"]  # type: ignore[index]
    assert program.send("POST", f"{here}/giving-back").json == {"ok": True}
    assert follow(app, task["recording"]).status_code == 404, "who gave it back hears it no more"
    machine = system_actor("retention")
    time.now += timedelta(days=179)
    with world.db.transaction(EVERYWHERE) as session:
        assert carry_retention(session, machine)["unjudged"] == 0
    time.now += timedelta(days=1)
    with world.db.transaction(EVERYWHERE) as session:
        assert carry_retention(session, machine)["unjudged"] == 1
    assert files(tmp_path) == []
    assert Program(app, world.db, nia[1]).send("POST", f"{HOME}/next").json == {"task": None}
    candidate = Visitor(app, world.db, amina_actor)
    assert send(candidate, here, wav(8_000 * 5)).status_code == 303 and len(files(tmp_path)) == 1
    assert Program(app, world.db, juma[1]).send("POST", f"{HOME}/next").json == {"task": None}, "nor the new one"
    assert Program(app, world.db, nia[1]).send("POST", f"{HOME}/next").json["task"]  # type: ignore[index]
