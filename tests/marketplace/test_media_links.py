"""Links to pictures and sounds: followed by whom they were made for, and by nobody once the right has ended."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from admin.operations.retention import carry_retention
from admin.queries.retention import report
from calibration.models import (
    Attempt,
    AttemptQuestion,
    Disclosure,
    Dispute,
    GoldKey,
    GoldSet,
    Judgment,
    QualificationTest,
)
from calibration.queries.tests import plan_json
from calibration.rules.testplan import fixed_plan
from kernel import clock, ids, presence
from kernel.errors import NotFound
from kernel.models import AccessGrant
from kernel.policy import Actor, Role, system_actor
from labeling.models import Item, Media, MediaName
from labeling.rules.media_links import Link
from marketplace.models import Assignment, Lane, Project, Review, Slot, Unit
from marketplace.operations import imports, media, requests, reviewing, units
from marketplace.operations.projects import finish_project
from marketplace.operations.returning import give_back
from marketplace.operations.settling import ask_reviews
from marketplace.queries.facts import lane_facts
from marketplace.queries.reads import reads_of
from marketplace.values.imports import BatchKind, UnitIn
from marketplace.values.reads import ReadFilter
from tests.labeling.media_samples import archive, picture, wav
from tests.marketplace.desk import Desk, open_desk
from tests.marketplace.orders import Market, content_of
from tests.web.conftest import make_persona, sign_in
from tests.web.conftest import test_settings as settings_in
from tests.workforce.browser import Program, Visitor
from web.models import AuthSession
from workforce.models import AccountToken, Annotator, DecisionReceipt
from workforce.operations import agreements, clearances
from workforce.operations.accounts import add_membership
from wsgi import create_app

ADDRESS = re.compile(r'src="(/media-links/[^"]+)"')
HOME = {"REMOTE_ADDR": "192.0.2.7"}  # in the network that protected projects of the desk name


@pytest.fixture
def app(market: Market, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_in(tmp_path), market.db)
    with clock.use_clock(lambda: market.now):
        yield app


@pytest.fixture
def desk(market: Market, app: Flask) -> Desk:
    """A lane with one unit that has a picture and a sound, and one person."""
    desk = open_desk(market, people=1, unit_count=1, overlap=1)
    change(desk, Slot, state="closed")  # of the one that has a text alone
    change(desk, Unit, state="cancelled")
    project_id = _project(desk)
    files = archive({"gold/cat.png": picture(), "talk.wav": wav(8_000)})
    batch = market.upload(market.pm, project_id, "media.zip", files, BatchKind.MEDIA)
    market.work()
    with market.as_(market.pm) as session:
        imports.confirm_import(session, market.pm, batch.id)
    market.work()
    with market.as_(market.pm) as session:
        drafts = [UnitIn({"picture": "gold/cat.png", "sound": "talk.wav"})]
        units.add_units(session, market.pm, desk.lane, drafts)
    return desk


def _project(desk: Desk) -> str:
    with desk.market.system() as session:
        return session.get_one(Lane, desk.lane).project_id


def annotator(desk: Desk) -> Actor:
    account_id = desk.people[0].account_id
    assert account_id is not None
    with desk.market.system() as session:
        member = add_membership(
            session, system_actor("test"), account_id=account_id, org_id=desk.market.vendor, role=Role.ANNOTATOR
        )
    return Actor(account_id, desk.market.vendor, Role.ANNOTATOR, member, org_kind="vendor")


def links(visitor: Visitor, path: str) -> list[str]:
    shown = visitor.get(path, environ_overrides=HOME).get_data(as_text=True)
    return [led(visitor, address) for address in ADDRESS.findall(shown)]


def led(visitor: Visitor | FlaskClient, address: str) -> str:
    """The link to which an address of a page leads."""
    return visitor.get(address, environ_overrides=HOME).headers["Location"]


def follow(app: Flask, link: str, **headers: str) -> TestResponse:
    """As a browser does that has no cookie for the place."""
    return FlaskClient(app, use_cookies=False).get(link, headers=headers, environ_overrides=HOME)


def change(desk: Desk, model: Any, **values: Any) -> None:
    with desk.market.system() as session:
        session.execute(update(model).values(**values))


def test_a_link_is_followed_without_a_cookie_until_time_session_class_or_lease_ends(desk: Desk, app: Flask) -> None:
    market, me = desk.market, annotator(desk)
    task = desk.take(0)
    assert task is not None
    path = f"/work/{task.assignment_id}"
    first, second, program = Visitor(app, market.db, me), Visitor(app, market.db, me), Program(app, market.db, me)
    shown = first.text(path)
    assert "cat.png" not in shown and "gold" not in shown and 'alt="The picture of this unit"' in shown
    addresses = ADDRESS.findall(shown)
    image, sound = (led(first, address) for address in addresses)
    assert follow(app, addresses[0].replace("media-links", "m")).status_code == 404, "it leads to links, and is none"
    assert app.test_client().get(addresses[0]).status_code == 303, "nobody is signed in"
    got = follow(app, image)
    assert (got.status_code, got.mimetype, got.data[:4]) == (200, "image/png", b"\x89PNG")
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert got.headers["Cross-Origin-Resource-Policy"] == "same-site"
    assert (got.headers["Referrer-Policy"], got.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert not {"Set-Cookie", "ETag", "Last-Modified"} & set(got.headers)
    part = follow(app, sound, Range="bytes=0-3")
    assert (part.status_code, part.data, part.mimetype) == (206, b"RIFF", "audio/wav")
    assert follow(app, image).status_code == 200, "used again: nothing forbids it below the restricted classes"
    for odd in (image[:-1], image[:-2] + "xx", image.replace(".", ".x"), "/m/x", "/m/é.x", "/m/" + "a" * 4000):
        assert (follow(app, odd).status_code, follow(app, odd).data) == (404, b"")
    held: Any = program.send("GET", f"/assignments/{task.assignment_id}").json
    token_link = held["content"]["picture"]
    assert follow(app, token_link).status_code == 200
    change(desk, AccountToken, revoked_at=market.now)
    assert follow(app, token_link).status_code == 404
    other = links(second, path)[0]
    with market.system() as session:
        newest = session.scalars(select(AuthSession).order_by(AuthSession.created_at.desc(), AuthSession.id)).all()
        ended = next(row for row in newest if row.id in _told(other))
        ended.revoked_at = market.now
    assert (follow(app, other).status_code, follow(app, image).status_code) == (404, 200)
    change(desk, Unit, classification="confidential")
    assert follow(app, image).status_code == 404
    change(desk, Unit, classification=None)
    assert follow(app, image).status_code == 200
    with clock.use_clock(lambda: market.now + timedelta(minutes=10)):
        assert follow(app, image).status_code == 404
    with desk.vendor() as session:
        give_back(session, me, task.assignment_id)
    assert follow(app, image).status_code == 404
    assert links(first, path) == [] and first.get(addresses[0]).status_code == 404
    with market.system() as session:
        assert session.scalars(select(Assignment.state)).all() == ["returned"]


def _told(link: str) -> str:
    told = link.removeprefix("/m/").partition(".")[0]
    return base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)).decode()


def test_a_link_to_restricted_content_is_used_once_and_each_use_is_on_record(desk: Desk, app: Flask) -> None:
    market, me = desk.market, annotator(desk)
    desk.protect("restricted-pii")
    desk.let_in(0, 2)
    visitor = Visitor(app, market.db, me)
    change(desk, AuthSession, mfa_at=market.now, mfa_kind="passkey")
    with presence.use(desk.present()):
        task = desk.take(0)
    assert task is not None
    path = f"/work/{task.assignment_id}"
    image, sound = links(visitor, path)
    assert follow(app, image).status_code == 200
    assert follow(app, image).status_code == 404
    assert FlaskClient(app).get(sound).status_code == 404, "from outside of the network that the project names"
    assert [follow(app, sound, Range=f"bytes={at}-").status_code for at in (0, 100, 200)] == [206, 206, 206]
    assert follow(app, sound).status_code == 404
    assert follow(app, links(visitor, path)[0]).status_code == 200
    addresses = ADDRESS.findall(visitor.get(path, environ_overrides=HOME).get_data(as_text=True))
    with market.system() as session:
        before = (
            session.scalars(select(AuthSession.idle_until)).all(),
            reads_of(session, market.client, ReadFilter())[0],
        )
    with clock.use_clock(lambda: market.now + timedelta(minutes=2)):
        assert all("/m/" in led(visitor, address) for address in addresses)
    with market.system() as session:
        after = session.scalars(select(AuthSession.idle_until)).all(), reads_of(session, market.client, ReadFilter())[0]
    assert after == before, "a browser that asks for links reads nothing, and keeps no session alive"
    with market.as_(market.pm) as session:
        rows = reads_of(session, market.client, ReadFilter(why="file"))[0]
        assert {(row.unit, row.role, row.classification) for row in rows} == {
            (task.unit_id, "annotator", "restricted-pii")
        }
        assert len(rows) == 5
    with clock.use_clock(lambda: market.now + timedelta(seconds=60)):
        assert follow(app, image, Range="bytes=0-").status_code == 404
    # In evidence, exams and objections the item's class counts, and asks as much, whatever the lane's is.
    with desk.vendor() as session:
        item = session.get_one(Item, session.get_one(Unit, task.unit_id).item_id)
        lane = lane_facts(session, desk.lane)
        assert lane is not None
        lane, until = replace(lane, classification="internal"), int(market.now.timestamp()) + 600
        link = Link(item.content["picture"], "", "", "", "evidence", "", "internal", until, "")
        with presence.use(desk.present()):
            found = media._of_lane(session, me, lane, {item.id: item.content}, link)
        assert found.classification == "restricted-pii"
        with pytest.raises(NotFound):  # from elsewhere
            media._of_lane(session, me, lane, {item.id: item.content}, link)
    ages = [link.lives(market.now + timedelta(seconds=60 * at), "restricted-pii") for at in (-1, 2)]
    assert ages == [True, False] and link.lives(market.now + timedelta(seconds=120))


def test_a_link_that_was_handed_out_opens_nothing_once_clearance_identity_agreement_grant_or_standing_is_gone(
    desk: Desk, app: Flask
) -> None:
    """Of an annotator and of a reviewer alike: by the act that ends it, and by the bare fact while the lease lives."""
    market, me, manager, pm = desk.market, annotator(desk), desk.market.manager, desk.market.pm
    with market.as_(pm) as session:
        drafts = [UnitIn({"picture": "gold/cat.png", "sound": "talk.wav", "text": str(at)}) for at in range(6)]
        made = [unit_id for unit_id in units.add_units(session, pm, desk.lane, drafts).unit_ids if unit_id]
    desk.protect("confidential")
    assert me.account_id is not None
    with market.system() as session:
        session.execute(update(Slot).where(Slot.unit_id == made[0]).values(state="closed"))
        ask_reviews(session, session.get_one(Lane, desk.lane), [(made[0], "sample")])
        role = {"account_id": me.account_id, "org_id": market.vendor, "role": Role.REVIEWER}
        member = add_membership(session, system_actor("test"), **role)
    reviewer = Actor(me.account_id, market.vendor, Role.REVIEWER, member, org_kind="vendor")
    visitors = [Visitor(app, market.db, each) for each in (me, reviewer)]
    change(desk, AuthSession, mfa_at=market.now, mfa_kind="passkey")
    person, project_id = desk.annotators[0], _project(desk)

    def hand_out() -> list[str]:
        """A link to the picture of a unit in work, and to that of one in review, which open it."""
        market.later(minutes=1)
        desk.let_in(0, 2)
        with presence.use(desk.present()):
            task = desk.take(0)
            with market.as_(reviewer) as session:
                review = reviewing.take_review(session, reviewer)
        assert task is not None and review is not None
        paths = f"/work/{task.assignment_id}", f"/review/{review.id}"
        found = [links(visitor, path)[0] for visitor, path in zip(visitors, paths, strict=True)]
        assert opened(found) == [200, 200]
        return found

    def opened(found: list[str]) -> list[int]:
        return [follow(app, link).status_code for link in found]

    def as_manager(act: Callable[..., Any], *named: Any, **told: Any) -> None:
        with market.as_(manager) as session:
            act(session, manager, *named, **told)

    def asks(nda: int) -> dict[str, Any]:
        return {"protection": {"agreements": {"nda": nda}, "countries": ["KE"], "networks": ["192.0.2.0/24"]}}

    shown = hand_out()
    for model, gone, back in (
        (Annotator, {"clearance": 0}, {"clearance": 2}),
        (Annotator, {"clearance_until": market.now}, {"clearance_until": market.now + timedelta(days=1)}),
        (Annotator, {"identity_verified_at": None}, {"identity_verified_at": market.now}),
        (AccessGrant, {"until_at": market.now}, {"until_at": market.now + timedelta(days=1)}),
        (AccessGrant, {"revoked_at": market.now}, {"revoked_at": None}),
        (Annotator, {"status": "suspended"}, {"status": "active"}),
        (Project, asks(nda=2), asks(nda=1)),
        (AuthSession, {"mfa_at": market.now - timedelta(hours=13)}, {"mfa_at": market.now}),
    ):
        change(desk, model, **gone)
        assert opened(shown) == [404, 404], gone
        change(desk, model, **back)
        assert opened(shown) == [200, 200], back

    as_manager(clearances.set_clearance, person, level=0, until_at=None, reason="Training over.")
    assert opened(shown) == [404, 404], "clearance"
    shown = hand_out()
    as_manager(clearances.end_identity, person, reason="The card has expired.")
    assert opened(shown) == [404, 404], "identity"
    shown = hand_out()
    with market.as_(pm) as session:
        requests.revoke_grant(session, pm, project_id)
    assert opened(shown) == [404, 404], "grant"
    market.later(minutes=1)
    with market.as_(pm) as session:
        requests.renew_grant(session, pm, project_id)
    shown = hand_out()
    desk.stand(0, "suspended")
    assert opened(shown) == [404, 404], "standing"
    desk.stand(0, "active")
    shown = hand_out()
    text = {"en": "Say even less."}
    as_manager(agreements.publish_agreement, code="nda", titles=text, texts=text, required_from="confidential")
    assert opened(shown) == [404, 404], "a new version"


def test_a_client_brings_files_looks_at_them_and_at_units_and_others_cannot(desk: Desk, app: Flask) -> None:
    market = desk.market
    project_id = _project(desk)
    who = make_persona(market.db, market.client, Role.CLIENT_PM, "pm@client.example")
    client = app.test_client()
    assert sign_in(client, who.email) == 303
    page = client.get(f"/projects/{project_id}/imports").get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    sent = {
        "csrf_token": token[1],
        "media": [(io.BytesIO(picture("WEBP")), "dog.webp"), (io.BytesIO(b"<svg/>"), "x.png")],
    }
    made = client.post(f"/projects/{project_id}/media-imports", data=sent)
    assert made.status_code == 303
    market.work()
    told = client.get(made.location).get_data(as_text=True)
    assert "dog.webp" in told and "Drawings (SVG) and web pages are not taken." in told and "Keep 1 file" in told
    assert client.post(f"/projects/{project_id}/media-imports", data={"csrf_token": token[1]}).status_code == 422
    shown = client.get(f"/projects/{project_id}/media").get_data(as_text=True)
    assert "gold/cat.png" in shown and follow(app, led(client, ADDRESS.findall(shown)[0])).status_code == 200
    with market.system() as session:
        unit_id = session.scalars(select(Unit.id).where(Unit.state == "open")).one()
        ids = set(session.scalars(select(Media.id)))
    address = ADDRESS.findall(client.get(f"/units/{unit_id}").get_data(as_text=True))[0]
    image = led(client, address)
    assert follow(app, image).status_code == 200 and any(each in _told(image) for each in ids)
    manager = make_persona(market.db, market.vendor, Role.VENDOR_MANAGER, "m@vendor.example")
    other = app.test_client()
    assert sign_in(other, manager.email) == 303
    assert other.get(address).status_code == 404
    assert "cat.png" not in other.get(f"/projects/{project_id}/media").get_data(as_text=True)
    gone = next(each for each in ids if each in _told(image))
    assert other.post(f"/media/{gone}/erase", data={"csrf_token": "x"}).status_code in (400, 403)
    with market.system() as session:
        stored = session.get_one(Media, gone).stored_name
        unit = session.get_one(Unit, unit_id)
        known = GoldSet(org_id=market.client, project_id=unit.project_id, name="known", created_at=market.now)
        session.add(known)
        session.flush()
        session.add(
            GoldKey(
                org_id=market.client, gold_set_id=known.id, item_id=unit.item_id, lane_id=desk.lane, pool="live",
                truth={"choice": "refund"}, category="refund",
            )
        )  # fmt: skip
    with clock.use_clock(lambda: market.now + timedelta(minutes=16)):
        asked = client.post(f"/media/{gone}/erase", data={"csrf_token": token[1]})
    with market.system() as session:
        assert session.get(Media, gone) is not None, f"{asked.status_code}: it asks for a fresh proof"
    cancel = f"/units/{unit_id}/cancellation"
    assert client.post(cancel, data={"csrf_token": token[1]}).status_code == 422, "it takes a reason"
    assert client.post(f"/media/{gone}/erase", data={"csrf_token": token[1]}).status_code == 303
    assert "Taken out" in client.get(f"/units/{unit_id}").text
    assert client.post(cancel, data={"csrf_token": token[1], "cancel_reason": "again"}).status_code == 409
    assert follow(app, image).status_code == 404 and "cat.png" not in client.get(f"/projects/{project_id}/media").text
    with market.system() as session:
        assert session.scalars(select(GoldKey.status)).all() == ["suspended"], "nobody is graded on what nobody sees"
    assert client.get(f"/units/{unit_id}").status_code == 200
    with pytest.raises(FileNotFoundError):
        content_of(stored)


def test_files_go_a_year_after_their_project_ended(desk: Desk) -> None:
    market = desk.market
    with market.as_(market.pm) as session:
        finish_project(session, market.pm, _project(desk))
    with market.system() as session:
        stored = session.scalars(select(Media.stored_name)).all()
        assert {due.rule.code: due.count for due in report(session)}["media"] == 0
    market.later(days=364)
    with market.system() as session:
        assert carry_retention(session, system_actor("test"))["media"] == 0
    market.later(days=1)
    with market.system() as session:
        assert {due.rule.code: due.count for due in report(session)}["media"] == 2
        assert len(session.scalars(select(Media.id)).all()) == 2, "looking changes nothing"
        assert carry_retention(session, system_actor("test"))["media"] == 2
    with market.system() as session:
        assert session.scalars(select(Media.id)).all() == session.scalars(select(MediaName.id)).all() == []
    for name in stored:
        with pytest.raises(FileNotFoundError):
            content_of(name)


def test_media_on_a_host_of_their_own_are_nowhere_else_and_nothing_else_is_there(
    db_sqlite: Any, tmp_path: Path
) -> None:
    settings = replace(settings_in(tmp_path), server_name="work.example", media_origin="https://media.example")
    client = create_app(settings, db_sqlite).test_client()
    main, media = {"base_url": "https://work.example"}, {"base_url": "https://media.example"}
    page = client.get("/sign-in", **main)
    assert page.status_code == 200
    assert (
        "img-src 'self' https://media.example data:; media-src 'self' https://media.example;"
        in page.headers["Content-Security-Policy"]
    )
    assert [client.get("/sign-in", **media).status_code, client.get("/m/x", **main).status_code] == [404, 404]
    assert client.get("/m/x", **media).status_code == 404
    assert client.get("/sign-in", base_url="https://elsewhere.example").status_code == 400


def test_evidence_objections_exams_and_reviews_ask_what_the_units_own_class_asks(desk: Desk, app: Flask) -> None:
    """Text and file alike, at every page and route, in the lane's lower class; and nobody else knows of any of it."""
    market, me = desk.market, annotator(desk)
    places = met_elsewhere(desk, me)
    review = as_reviewer(desk, me)
    for model in (Project, Lane):
        change(desk, model, classification="internal")
    desk.protect("internal")
    desk.let_in(0, 2)
    change(desk, Unit, classification="restricted-pii")
    visitor = Visitor(app, market.db, me)
    whose = dict.fromkeys(places, visitor) | {"review": Visitor(app, market.db, review)}
    other, stranger = make_persona(market.db, market.vendor, Role.ANNOTATOR, "other@vendor.example"), app.test_client()
    assert sign_in(stranger, other.email) == 303
    program = Program(app, market.db, me)
    # Both roles at a time, for the test alone: two sessions of one moment, where a cleared person has one.
    change(desk, AuthSession, mfa_at=market.now, mfa_kind="passkey", revoked_at=None)
    made = {place: links(visitor, places[place]) for place, visitor in whose.items()}
    assert {place: len(found) for place, found in made.items()} == dict.fromkeys(places, 2)
    with market.as_(market.pm) as session:
        rows = reads_of(session, market.client, ReadFilter())[0]
        told = sorted((row.why, row.classification) for row in rows)
        assert told == [*[("looked_at", "restricted-pii")] * 3, ("reviewed", "restricted-pii")], "each is noted, once"
    marked = whose["exam"].get(places["exam"], environ_overrides=HOME).get_data(as_text=True)
    assert "data-view-only" in marked
    assert [follow(app, made[place][0]).status_code for place in places] == [200] * 4
    assert [FlaskClient(app).get(made[place][1]).status_code for place in places] == [404] * 4, "from elsewhere"
    for place, path in places.items():
        assert stranger.get(path, environ_overrides=HOME).status_code in (403, 404), place
        address = ADDRESS.findall(whose[place].get(path, environ_overrides=HOME).get_data(as_text=True))[0]
        assert stranger.get(address, environ_overrides=HOME).status_code == 404
    exam, evidence, objection = (api(program, places[place]) for place in ("exam", "evidence", "objection"))
    assert exam["items"][0]["content"] == {} and exam["items"][0]["is_withheld"], "a token shows no second factor"
    assert (evidence["items"][0]["content"], evidence["items"][0]["truth"]) == ({}, {})
    assert objection["own"]["content"] == {} and objection["is_withheld"]
    every, end_grants = set(places), lambda at: change(desk, AccessGrant, revoked_at=at)
    for take, give_again, lost in (
        (lambda: desk.let_in(0, 0), lambda: desk.let_in(0, 2), every),
        (lambda: desk.protect("internal", agreements={"nda": 2}), lambda: desk.protect("internal"), every),
        (lambda: end_grants(market.now), lambda: end_grants(None), every),
        (lambda: change(desk, Review, lease_until=market.now), lambda: whose.pop("review"), {"review"}),
    ):  # fmt: skip
        fresh = {place: links(visitor, places[place])[1] for place, visitor in whose.items()}
        take()
        assert {place for place, link in fresh.items() if follow(app, link).status_code == 404} == lost
        for place in lost - {"review"}:
            shown = whose[place].get(places[place], environ_overrides=HOME)
            text = shown.get_data(as_text=True)
            assert "media-links" not in text and (shown.status_code == 404 or "asks more of its readers" in text), place
        give_again()
    fresh = {place: links(visitor, places[place])[1] for place, visitor in whose.items()}
    change(desk, AuthSession, revoked_at=market.now)
    assert [follow(app, link).status_code for link in fresh.values()] == [404] * 3


def api(program: Program, path: str) -> Any:
    response = program.send("GET", path)
    assert response.status_code == 200, response.text
    return response.json


def met_elsewhere(desk: Desk, me: Actor) -> dict[str, str]:
    """The desk's unit, met in evidence, in an objection, in an exam that is over and in a review; and the pages."""
    market, unit = desk.market, next(unit for unit in desk.units() if unit.state == "open")
    now, person = market.now, {"annotator_id": desk.annotators[0], "account_id": me.account_id}
    plan = plan_json(fixed_plan(0.6, 0.95, 0.2, 0.2))
    with market.system() as session:
        lane = session.get_one(Lane, desk.lane)
        shared = {"org_id": market.client, "vendor_org_id": market.vendor, "project_id": unit.project_id}
        of_lane = {**shared, "lane_id": lane.id}
        guided = {"ontology_id": lane.ontology_id, "guideline_id": lane.guideline_id or ids.new_id()}
        known = GoldSet(org_id=market.client, project_id=unit.project_id, name="known", created_at=now)
        receipt = DecisionReceipt(
            org_id=market.vendor, annotator_id=desk.annotators[0], kind="lane_paused", rule="accuracy_gate",
            rule_version="1", what={}, why={}, way_back={}, figure={}, evidence=[], cause_kind="gate", cause_id="1",
            lane_id=lane.id, decided_at=now,
        )  # fmt: skip
        judgment = Judgment(
            **of_lane, **guided, **person, unit_id=unit.id, item_id=unit.item_id, assignment_id=ids.new_id(),
            answer={"choice": "other"}, answered_at=now, seconds=9,
        )  # fmt: skip
        test = QualificationTest(
            **of_lane, **guided, version=1, kind="fixed", p0=0.7, p1=0.9, alpha=0.05, beta=0.1,
            plan={"attempts": [plan]}, training_questions=0, attempts_most=3, cool_down_hours=[1],
            minutes=30, published_at=now,
        )  # fmt: skip
        session.add_all([known, receipt, judgment, test])
        session.flush()
        attempt = Attempt(
            **of_lane, **person, test_id=test.id, number=1, state="failed", seed=1, position=1, asked=1, by_class={},
            started_at=now, deadline_at=now, ended_at=now,
        )  # fmt: skip
        key = GoldKey(
            org_id=market.client, gold_set_id=known.id, item_id=unit.item_id, lane_id=lane.id, pool="live",
            truth={"choice": "refund"}, category="refund", explanation="See the cat.",
        )  # fmt: skip
        dispute = Dispute(
            **of_lane, **person, item_id=unit.item_id, source="live", ontology_id=lane.ontology_id or "",
            answer={"choice": "other"}, text="", figures={}, key_version=1, opened_at=now, due_at=now,
            decided_before=[],
        )  # fmt: skip
        review = Review(
            **of_lane, unit_id=unit.id, why="sample", state="leased", reviewer_id=me.account_id,
            lease_until=now + timedelta(hours=1), judgment_ids=[], asked_at=now,
        )  # fmt: skip
        session.add_all([attempt, key, dispute, review])
        session.flush()
        session.add_all(
            [
                AttemptQuestion(
                    **shared, attempt_id=attempt.id, position=0, stage="exam", item_id=unit.item_id,
                    answer={"choice": "other"}, score=0.0, answered_at=now,
                ),
                Disclosure(
                    **shared, receipt_id=receipt.id, annotator_id=desk.annotators[0], judgment_id=judgment.id,
                    item_id=unit.item_id, at=now,
                ),
            ]
        )  # fmt: skip
        return {
            "evidence": f"/receipts/{receipt.id}/evidence", "objection": f"/disputes/{dispute.id}",
            "exam": f"/attempts/{attempt.id}/questions", "review": f"/review/{review.id}",
        }  # fmt: skip


def as_reviewer(desk: Desk, me: Actor) -> Actor:
    """The same person in another role of the vendor's."""
    with desk.market.system() as session:
        member = add_membership(
            session, system_actor("test"), account_id=me.account_id or "", org_id=desk.market.vendor, role=Role.REVIEWER
        )
    return Actor(me.account_id, desk.market.vendor, Role.REVIEWER, member, org_kind="vendor")
