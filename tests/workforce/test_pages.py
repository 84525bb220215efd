"""Pages of people, as a browser without scripts meets them."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from i18n import SHIPPED, Message
from kernel import clock
from kernel.db import Database
from kernel.policy import matrix
from kernel.tenancy import Scope
from tests.workforce.browser import Program, Visitor, application
from tests.workforce.conftest import World
from workforce import operations, queries
from workforce.demand import use_demand
from workforce.models import Account, ApplicationDraft, DecisionReceipt
from workforce.values import ClaimStatus, Standing

PASSWORD = "purple otter drums at noon"


@pytest.fixture
def app(tmp_path: Path, db: Database) -> Flask:
    return application(tmp_path)


def _form(**changes: object) -> dict[str, object]:
    return {
        "name": "Nia Otieno", "email": "nia@example.org", "password": PASSWORD,
        "locale": ["Swahili (Kenya)", "en", "", ""],
        "proficiency": ["native", "C1", "", ""], "modes": ["1-read", "1-write", "2-read"],
        "country": "KE", "time_zone": "Africa/Nairobi",
        "weekly_hours": "12", "skills": ["transcription"], "domains": [], "about": "", **changes,
    }  # fmt: skip


def _conduct(world: World) -> str:
    with world.db.transaction(world.vendor) as session:
        return operations.publish_agreement(
            session, world.manager, code="conduct", titles={"en": "Conduct", "sw": "Maadili"},
            texts={"en": "Be <kind>.\n\nAlways.", "sw": "Uwe mwema."},
        ).id  # fmt: skip


def test_every_route_of_workforce_is_in_the_matrix_and_every_name_has_a_route(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("workforce")}
    named = {name for name in matrix().endpoints if name.startswith("workforce")}
    assert routes == named


def test_somebody_applies_in_their_language_and_finds_themselves_signed_in(app: Flask, world: World) -> None:
    agreement_id, path = _conduct(world), f"/apply/{world.pool_id}"
    visitor = Visitor(app, world.db)
    shown = visitor.get(path, headers={"Accept-Language": "sw"}).get_data(as_text=True)
    assert 'lang="sw"' in shown and "Uwe mwema." in shown
    response = visitor.post(path, _form(agreement=[agreement_id]))
    assert (response.status_code, response.headers["Location"]) == (303, "/me")
    me = visitor.text("/me")
    assert "Swahili (Kenya)" in me and "Your application was sent." in me
    with world.db.reading(world.vendor) as session:
        (row,), _after = queries.find_people(session)
        assert {(claim.locale, claim.proficiency) for claim in row.claims} == {("en", "C1"), ("sw-KE", "native")}
        (signed,) = queries.signatures_of(session, row.id)
    assert (signed.agreement_id, signed.locale, row.status) == (agreement_id, "en", Standing.APPLIED)


def test_a_faulty_application_writes_nothing_and_keeps_what_was_typed(app: Flask, world: World) -> None:
    conduct = _conduct(world)
    visitor = Visitor(app, world.db)
    response = visitor.post(f"/apply/{world.pool_id}", _form(password="tooshort", locale=["Klingonisch", "", "", ""]))
    shown = response.get_data(as_text=True)
    assert response.status_code == 422
    assert 'value="Nia Otieno"' in shown and 'value="Klingonisch"' in shown and "tooshort" not in shown
    for field in ("password", "locale-1", "agreement"):
        assert f'href="#{field}"' in shown
    wrong = visitor.post(
        f"/apply/{world.pool_id}", _form(password="tooshort", weekly_hours="-5", locale=["Klingonisch"])
    )
    for field in ("password", "locale-1", "agreement", "weekly_hours"):
        assert f'href="#{field}"' in wrong.text, "one fault hides none of the others"
    response = visitor.post(f"/apply/{world.pool_id}", _form(locale=["Klingonisch"], agreement=[conduct]))
    assert response.status_code == 422 and "is not a language we know" in response.get_data(as_text=True)
    with world.db.reading(Scope.system("test")) as session:
        assert queries.find_account(session, "nia@example.org") is None


def test_an_application_that_was_begun_comes_back_to_its_browser_alone(app: Flask, world: World) -> None:
    visitor, path = Visitor(app, world.db), f"/apply/{world.pool_id}"
    begun = _form(name="Nia Begun", password=PASSWORD, about="I live in Kisumu.", agreement=["x"])
    assert visitor.post(f"{path}/draft", begun, on=path).headers["Location"] == path
    shown = visitor.text(path)
    assert 'value="Nia Begun"' in shown and "Kisumu" in shown and "Swahili (Kenya)" in shown and PASSWORD not in shown
    other = Visitor(app, world.db)
    assert "Nia Begun" not in other.text(path)
    member = Visitor(app, world.db, world.stranger)
    member.post(f"{path}/draft", {**begun, "about": "Mine alone."}, on=path)
    other.client.set_cookie(f"application-{world.pool_id}", f"account:{world.stranger.account_id}")
    assert "Mine alone." in Visitor(app, world.db, world.stranger).text(path) and "Mine alone." not in other.text(path)
    assert visitor.post(f"{path}/draft", {**begun, "about": "x" * 30_000}, on=path).status_code == 422
    assert visitor.post(path, _form()).status_code == 303
    with world.db.reading(world.vendor) as session:
        (row,) = session.scalars(select(ApplicationDraft))
        assert "Mine" not in (row.content_sealed or "")
    api = app.test_client()
    key = (api.post(f"/api/v1/pools/{world.pool_id}/drafts", json={"about": "By a program."}).json or {})["key"]
    kept = api.get(f"/api/v1/pools/{world.pool_id}/drafts/{key}").json or {}
    assert kept["content"]["about"] == "By a program."
    assert api.get(f"/api/v1/pools/{world.pool_id}/drafts/{key}x").status_code == 404


def test_a_draft_on_a_telephone_of_many_is_forgotten_when_its_writer_says_so(app: Flask, world: World) -> None:
    visitor, path = Visitor(app, world.db), f"/apply/{world.pool_id}"
    assert "Forget what I typed" not in visitor.text(path)
    visitor.post(f"{path}/draft", _form(name="Nia Begun"), on=path)
    cookie = visitor.client.get_cookie(f"application-{world.pool_id}")
    assert cookie is not None and "Forget what I typed" in visitor.text(path)
    for _time in range(2):
        assert visitor.post(f"{path}/draft/forget", on=path).headers["Location"] == path
    visitor.client.set_cookie(f"application-{world.pool_id}", cookie.value)
    assert "Nia Begun" not in visitor.text(path), "also with a copy of the cookie"
    api, drafts = app.test_client(), f"/api/v1/pools/{world.pool_id}/drafts"
    key = (api.post(drafts, json={"about": "By a program."}).json or {})["key"]
    for _time in range(2):
        assert api.delete(f"{drafts}/{key}").status_code == 204
    assert api.get(f"{drafts}/{key}").status_code == 404


def test_another_language_amid_an_application_loses_nothing_but_the_password(app: Flask, world: World) -> None:
    conduct, path = _conduct(world), f"/apply/{world.pool_id}"
    visitor = Visitor(app, world.db)
    assert visitor.text(path).count('form="application" formnovalidate name="shown_in"') == 2 * len(SHIPPED)
    typed = _form(name="Nia Begun", weekly_hours="half", about="I live in Kisumu.", agreement=[conduct])
    response = visitor.post(path, {**typed, "shown_in": "sw"}, on=path)
    shown = response.get_data(as_text=True)
    assert response.status_code == 200 and '<html lang="sw"' in shown
    for kept in ('value="Nia Begun"', "I live in Kisumu.", 'value="half"', "Swahili (Kenya)"):
        assert kept in shown
    assert re.search(rf'value="{conduct}"[^>]* checked', shown) and PASSWORD not in shown and "error" not in shown
    with world.db.reading(Scope.system("test")) as session:
        assert queries.find_account(session, "nia@example.org") is None, "nothing was sent"
    assert '<html lang="sw"' in visitor.text(path)
    assert visitor.post(path, {**typed, "shown_in": "xx"}, on=path).status_code == 422, (
        "no language of ours: it is sent"
    )


def test_a_known_address_is_asked_to_sign_in(app: Flask, world: World) -> None:
    world.account("Nia")
    response = Visitor(app, world.db).post(f"/apply/{world.pool_id}", _form(email="NIA@example.org"))
    assert response.status_code == 422
    assert 'id="email-error"' in response.get_data(as_text=True)


def test_somebody_with_an_account_applies_with_it(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.db, world.stranger)
    path = f"/apply/{world.pool_id}"
    assert 'name="password"' not in visitor.text(path)
    response = visitor.post(path, _form(name="", email="", password=""))
    assert response.headers["Location"] == "/me"
    assert "P-" in visitor.text("/me")


def test_a_pool_that_is_closed_or_unknown_has_no_page(app: Flask, world: World) -> None:
    with world.db.transaction(world.vendor) as session:
        operations.change_pool(session, world.manager, world.pool_id, name="East Africa", about={}, is_open=False)
    visitor = Visitor(app, world.db)
    assert visitor.get(f"/apply/{world.pool_id}").status_code == 404
    assert visitor.get("/apply/nothing").status_code == 404


def test_applications_from_one_network_are_counted(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.db)
    answers = [visitor.post(f"/apply/{world.pool_id}", _form(locale=["?"])).status_code for _try in range(31)]
    assert answers == [422] * 30 + [429]


LANGUAGES = "/me/languages"
WRITTEN = {"modes": ["read", "write"], "history": "home"}


def test_a_person_changes_their_profile_adds_a_language_and_signs(app: Flask, world: World) -> None:
    agreement_id = _conduct(world)
    person, actor = world.annotator()
    visitor = Visitor(app, world.db, actor)
    assert visitor.post(
        "/me", {"country": "UG", "time_zone": "Africa/Kampala", "weekly_hours": "7", "skills": ["translation"]}
    ).headers["Location"] == "/me"  # fmt: skip
    assert (
        visitor.post("/me/languages", {"locale": "luganda", "proficiency": "B2", **WRITTEN}, on=LANGUAGES).status_code
        == 303
    )
    assert (
        visitor.post("/me/languages", {"locale": "xx-YY", "proficiency": "B2", **WRITTEN}, on=LANGUAGES).status_code
        == 422
    )
    assert visitor.post(LANGUAGES, {"locale": "luganda", "proficiency": "B2"}, on=LANGUAGES).status_code == 422
    shown = visitor.text(LANGUAGES)
    assert "Luganda" in shown and "You say: B2. Nothing has shown it yet." in shown and "I grew up with it" in shown
    text = visitor.text(f"/me/agreements/{agreement_id}")
    assert "<p>Be &lt;kind&gt;.</p><p>Always.</p>" in text
    assert visitor.post(f"/me/agreements/{agreement_id}", {"locale": "en"}).status_code == 303
    assert "You signed this" in visitor.text(f"/me/agreements/{agreement_id}")
    with world.db.reading(world.vendor) as session:
        detail = queries.person_detail(session, person.id)
    assert detail is not None and (detail.annotator.country, detail.annotator.weekly_hours) == ("UG", 7)
    assert [claim.locale for claim in detail.claims if claim.mode == "write"] == ["en", "lg", "sw-KE"]
    assert [claim.mode for claim in detail.claims if claim.locale == "lg"] == ["read", "write"]


def test_a_wrong_profile_is_shown_again_as_typed(app: Flask, world: World) -> None:
    _person, actor = world.annotator()
    response = Visitor(app, world.db, actor).post("/me", {"weekly_hours": "99", "time_zone": "UTC", "about": "kept"})
    shown = response.get_data(as_text=True)
    assert response.status_code == 422 and 'id="weekly_hours-error"' in shown and "kept" in shown


def test_a_manager_finds_admits_and_verifies(app: Flask, world: World) -> None:
    person, _actor = world.applicant()
    visitor = Visitor(app, world.db, world.manager)
    listed = visitor.text("/people?status=applied&locale=Swahili&text=amina")
    assert "Amina Wanjiru" in listed and "amina.wanjiru@example.org" not in listed
    assert "Nobody fits" in visitor.text("/people?locale=fr")
    here = f"/people/{person.id}"
    assert visitor.post(f"{here}/admit", on=here).status_code == 303
    with world.db.reading(world.vendor) as session:
        claim = queries.claims_of(session, person.id)[0]
    told, verify = {"kind": "peer", "note": "Read aloud."}, f"{here}/languages/{claim.id}/verify"
    unticked = visitor.post(verify, told, on=here)
    assert unticked.status_code == 422 and "Tick at least one mode" in unticked.text
    assert 'value="Read aloud."' in unticked.text and '<option value="peer" selected>' in unticked.text
    assert unticked.text.count("<details open>") == 1, "what was typed is seen where it was typed"
    unnamed = visitor.post(verify, {**told, "kind": "", "modes": ["read", "speak"]}, on=here)
    assert unnamed.status_code == 422
    assert re.findall(r'name="modes" value="(\w+)" checked', unnamed.text) == ["read", "speak"]
    assert visitor.post(verify, {**told, "modes": claim.mode}, on=here).status_code == 303
    assert "Read aloud." in visitor.text(f"{here}/languages")
    with world.db.reading(world.vendor) as session:
        detail = queries.person_detail(session, person.id)
    assert detail is not None and detail.annotator.status is Standing.ACTIVE
    assert detail.claims[0].status is ClaimStatus.VERIFIED


def test_a_decline_without_a_reason_is_shown_again(app: Flask, world: World) -> None:
    person, _actor = world.applicant()
    here = f"/people/{person.id}"
    response = Visitor(app, world.db, world.manager).post(f"{here}/decline", {"reason": " "}, on=here)
    assert response.status_code == 422 and 'id="reason-error"' in response.get_data(as_text=True)


def test_the_way_from_a_decline_over_the_appeal_to_the_answer(app: Flask, world: World) -> None:
    person, actor = world.applicant()
    here = f"/people/{person.id}"
    manager, colleague = Visitor(app, world.db, world.manager), Visitor(app, world.db, world.colleague)
    applicant = Visitor(app, world.db, actor)
    with world.db.reading(world.vendor) as session:
        claim = queries.claims_of(session, person.id)[0]
    refused = manager.post(f"{here}/decline", {"reason": "No.", "answers": "J1 J2"}, on=here)
    assert refused.status_code == 422 and "not about this person" in refused.text and 'value="J1 J2"' in refused.text
    body = {"reason": "Enough <Swahili>.", "evidence": f"language_claim:{claim.id}"}
    assert manager.post(f"{here}/decline", body, on=here).status_code == 303
    with world.db.reading(world.vendor) as session:
        (receipt,), _after = queries.receipts_of(session, person.id)
    own = applicant.text(f"/receipts/{receipt.id}")
    assert "Enough &lt;Swahili&gt;." in own and "Appeal this decision" in own
    assert "Vera Manager" not in own
    assert applicant.text("/receipts").count("Your application to East Africa was not accepted.") == 1
    sent = applicant.post(f"/receipts/{receipt.id}/appeal", {"text": "I speak Luo too."}, on=f"/receipts/{receipt.id}")
    assert sent.status_code == 303
    assert "I speak Luo too." in applicant.text(f"/receipts/{receipt.id}")
    with world.db.reading(world.vendor) as session:
        (row,), _after = queries.appeals(session)
    case = f"/appeals/{row.appeal.id}"
    assert person.pseudonym in colleague.text("/appeals")
    shown = colleague.text(case)
    assert (
        "1 stated language" in shown
        and claim.id in shown
        and "I speak Luo too." in shown
        and "Vera Manager" not in shown
        and "Amina" not in shown
    )
    assert manager.post(case, {"outcome": "upheld", "answer": "No."}).status_code == 403
    assert colleague.post(case, {"outcome": "maybe", "answer": "No."}).status_code == 422
    assert colleague.post(case, {"outcome": "overturned", "answer": "Luo is needed."}).status_code == 303
    assert "Luo is needed." in applicant.text(f"/receipts/{receipt.id}")
    assert "Luo is needed." in colleague.text(case)
    assert person.pseudonym in colleague.text("/appeals?state=answered")
    assert "Your application was sent." in applicant.text("/me")


def test_strangers_and_the_uninvolved_see_nothing(app: Flask, world: World) -> None:
    person, actor = world.annotator()
    _other, other = world.annotator("Nia Otieno")
    manager, day = Visitor(app, world.db, world.manager), clock.now().date() + timedelta(days=9)
    pause, page = {"status": "paused", "reason": "A reason."}, f"/people/{person.id}"
    assert manager.post(f"{page}/standing", pause | {"until": "2001-01-01"}, page).status_code == 422
    assert manager.post(f"{page}/standing", pause | {"until": day.isoformat()}, page).status_code == 303
    with world.db.transaction(world.vendor) as session:
        receipt = queries.receipts_of(session, person.id)[0][0]
        receipt_id, until = receipt.id, receipt.until_at
    assert until is not None and (until.date(), until.hour, until.minute) == (day, 23, 59), "the last day counts"
    stranger = Visitor(app, world.db, world.stranger)
    for path in (f"/people/{person.id}", f"/receipts/{receipt_id}", f"/pools/{world.pool_id}"):
        assert stranger.get(path).status_code == 404, path
    uninvolved = Visitor(app, world.db, other)
    assert uninvolved.get(f"/receipts/{receipt_id}").status_code == 404
    for path in ("/people", f"/people/{person.id}", "/pools", "/appeals", "/team"):
        assert uninvolved.get(path).status_code == 403, path
    assert Visitor(app, world.db, world.finance).get("/people").status_code == 200
    assert Visitor(app, world.db, world.auditor).get(f"/people/{person.id}").status_code == 200
    assert Visitor(app, world.db, actor).get(f"/receipts/{receipt_id}").status_code == 200
    assert Visitor(app, world.db).get("/people").status_code == 303


def test_a_receipt_with_a_figure_shows_its_interval(app: Flask, world: World) -> None:
    from tests.workforce.decisions import pause

    person, actor = world.annotator()
    shown = Visitor(app, world.db, actor).text(f"/receipts/{pause(world, person)}")
    assert "72%" in shown and "(58%–83%)" in shown and "limit 85%" in shown
    assert "The rule, by itself." in shown
    assert "1 answer whose right answer is known" in shown and "judgment" not in shown


def test_an_applicant_names_the_variety_that_the_work_asks_for(app: Flask, world: World) -> None:
    use_demand(lambda session: ["ar-EG", "sw-KE"])
    address = f"/apply/{world.pool_id}"
    visitor = Visitor(app, world.db)
    shown = visitor.text(address)
    assert '<option value="Arabic (Egypt)">العربية (مصر) · ar-EG</option>' in shown
    bare = _form(locale=["العربية", "en", "", ""])
    refused = visitor.post(address, bare, on=address)
    assert refused.status_code == 422
    assert "The work here asks for Arabic (Egypt)." in refused.get_data(as_text=True)
    assert visitor.post(address, _form(locale=["العربية (مصر)", "en", "", ""]), on=address).status_code == 303


def test_a_receipt_names_one_end_in_the_readers_time_zone(app: Flask, world: World) -> None:
    from tests.workforce.decisions import pause

    person, actor = world.annotator()
    receipt_id, until = pause(world, person), datetime(2026, 12, 1, 20, 30, tzinfo=UTC)
    with world.db.transaction(Scope.system("test")) as session:
        session.get_one(Account, actor.account_id).time_zone = "Asia/Kolkata"
        receipt = session.get_one(DecisionReceipt, receipt_id)
        receipt.until_at, receipt.what = until, Message("Paused until %(until)s.", (("until", until),)).to_json()
    shown = Visitor(app, world.db, actor).text(f"/receipts/{receipt_id}")
    assert shown.count("Dec 2, 2026, 2:00\u202fAM") == 2 and "8:30" not in shown


def test_pools_and_agreements_are_made_by_forms(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.db, world.manager)
    made = visitor.post("/pools", {"name": "Horn of Africa", "about-sw": "Karibu.", "is_open": "1"})
    assert made.status_code == 303
    assert visitor.post("/pools", {"name": "Horn of Africa"}).status_code == 422
    with world.db.reading(world.vendor) as session:
        pool = next(pool for pool in queries.pools(session)[0] if pool.name == "Horn of Africa")
    assert "Karibu." in visitor.text(f"/pools/{pool.id}")
    assert visitor.post(f"/pools/{pool.id}", {"name": "The Horn", "about-sw": "Karibuni."}).status_code == 303
    assert "The Horn" in visitor.text("/pools")
    published = {"code": "nda", "required_from": "internal", "title-en": "Secrecy", "text-en": "Say nothing."}
    assert visitor.post("/agreements", published).status_code == 303
    assert visitor.post("/agreements", {**published, "title-en": ""}).status_code == 422
    assert "Say nothing." in visitor.text("/agreements?code=nda")


def test_who_signed_which_text_when_from_where_is_read_and_stays_the_vendors(app: Flask, world: World) -> None:
    person, actor = world.annotator("Nia Otieno")
    with world.db.transaction(world.vendor) as session:
        made = operations.publish_agreement(
            session, world.manager, code="nda", titles={"en": "Secrecy", "sw": "Usiri"},
            texts={"en": "Say nothing.", "sw": "Usiseme kitu."}, required_from="internal",
        )  # fmt: skip
        signed = operations.sign_agreement(session, actor, made.id, locale="sw", network="203.0.113.0/24")
    assert signed.text_sha256 == hashlib.sha256(b"Usiseme kitu.").hexdigest()
    visitor = Visitor(app, world.db, world.manager)
    assert f"/agreements/{made.id}/signatures" in visitor.text("/agreements")
    for path in (f"/agreements/{made.id}/signatures", f"/people/{person.id}"):
        shown = visitor.text(path)
        for told in ("Nia Otieno", "Swahili", "203.0.113.0/24", signed.text_sha256[:16]):
            assert told in shown, (path, told)
    manager = Program(app, world.db, world.manager)
    (listed,) = manager.send("GET", f"/agreements/{made.id}/signatures").json["items"]  # type: ignore[index]
    assert listed == {
        "agreement_id": made.id, "annotator_id": person.id, "code": "nda", "version": 1, "locale": "sw",
        "text_sha256": signed.text_sha256, "signed_at": listed["signed_at"], "name": "Nia Otieno",
        "pseudonym": person.pseudonym, "network": "203.0.113.0/24",
    }  # fmt: skip
    assert manager.send("GET", f"/people/{person.id}/signatures").json == {"items": [listed]}
    for stranger, status in ((world.stranger, 404), (world.reviewer, 403), (actor, 403)):
        asked = Program(app, world.db, stranger).send("GET", f"/agreements/{made.id}/signatures")
        assert asked.status_code == status


def test_a_role_is_ended_on_the_page_of_the_team(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.db, world.manager)
    reviewer = Visitor(app, world.db, world.reviewer)
    assert reviewer.get("/appeals").status_code == 200
    assert visitor.post(f"/team/{world.reviewer.membership_id}/end", on="/team").status_code == 303
    assert reviewer.get("/appeals").status_code == 303
    assert visitor.post(f"/team/{world.manager.membership_id}/end", on="/team").status_code == 403


def test_people_leave_by_themselves(app: Flask, world: World) -> None:
    person, actor = world.annotator()
    assert Visitor(app, world.db, actor).post("/me/leave", on="/me").status_code == 303
    with world.db.reading(world.vendor) as session:
        found = queries.annotator_by_id(session, person.id)
    assert found is not None and found.status is Standing.LEFT


@pytest.mark.parametrize("locale", ["es", "sw", "ar"])
def test_every_page_is_told_in_the_readers_language(app: Flask, world: World, locale: str) -> None:
    person, actor = world.annotator()
    with world.db.transaction(Scope.system("test")) as session:
        for someone in (world.manager, actor):
            operations.set_locale(session, someone, someone.account_id or "", locale)
    manager, annotator = Visitor(app, world.db, world.manager), Visitor(app, world.db, actor)
    pages = {manager: ["/people", f"/people/{person.id}", "/pools", "/agreements", "/appeals", "/team"],
             annotator: ["/me", "/receipts"]}  # fmt: skip
    for visitor, paths in pages.items():
        for path in paths:
            assert f'<html lang="{locale}"' in visitor.text(path)


def test_a_version_that_changes_nothing_is_not_published_and_a_new_one_says_whom_it_asks_again(
    app: Flask, world: World
) -> None:
    manager = Visitor(app, world.db, world.manager)
    person, actor = world.annotator()
    typed = {"code": "conduct", "required_from": "public", "title-en": "Conduct", "text-en": "Be kind."}
    assert manager.post("/agreements", typed, on="/agreements").status_code == 303
    with world.db.transaction(world.vendor) as session:
        known = queries.agreement_in_force(session, person.org_id, "conduct")
        assert known is not None
        operations.sign_agreement(session, actor, known.id, locale="en", network="")
    assert "1 person has signed the version in force" in manager.text("/agreements?code=conduct")
    again = manager.post("/agreements", typed, on="/agreements")
    assert again.status_code == 422 and 'id="texts-error"' in again.text
    assert manager.post("/agreements", {**typed, "text-en": "Be very kind."}, on="/agreements").status_code == 303
    with world.db.reading(world.vendor) as session:
        found = queries.agreement_in_force(session, person.org_id, "conduct")
        assert found is not None and found.version == 2


def test_what_a_second_tab_cannot_do_any_more_leads_back_to_how_it_stands(app: Flask, world: World) -> None:
    person, _actor = world.annotator()
    manager, page = Visitor(app, world.db, world.manager), f"/people/{person.id}"
    answer = manager.post(f"{page}/admit", on=page)
    assert answer.status_code == 409 and f'href="{page}"' in answer.text and "See how it stands now" in answer.text
