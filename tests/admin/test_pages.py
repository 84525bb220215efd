"""Pages and API of the operator and the auditor: what each role sees of the machinery, and what it may do."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from i18n import _
from kernel import audit, clock, ids, jobs
from kernel.db import Database
from kernel.mail import use_mail
from kernel.models import OutboxEvent
from kernel.policy import Actor, Role
from kernel.tenancy import Scope
from marketplace.rules.releases import pseudonym
from tests.admin.conftest import SYSTEM, Office
from tests.admin.test_commands import dead, tamper
from tests.support.letterbox import Box
from tests.web.conftest import csrf_of, sign_in
from workforce.models import Annotator, Appeal, DecisionReceipt
from workforce.operations.receipts import issue_receipt

READERS = [Role.OPERATOR, Role.AUDITOR, Role.CLIENT_ADMIN, Role.VENDOR_MANAGER]
OTHERS = [Role.CLIENT_PM, Role.CLIENT_QA, Role.FINANCE, Role.REVIEWER, Role.ANNOTATOR]


def write(office: Office, action: str, org_id: str | None, by: str = "somebody", object_ref: str = "x") -> None:
    with office.db.transaction(SYSTEM) as session:
        audit.record(session, Actor(by, org_id, None), action, "pool", object_ref, org_id=org_id)


@pytest.fixture
def box() -> Box:
    box = Box()
    use_mail(box)
    return box


@pytest.fixture
def logged(office: Office) -> Office:
    """Something happened at the vendor, at the client, and in the installation."""
    for role in READERS:
        office.person(role)
    write(office, "vendor.thing", office.orgs["vendor"], by=office.person(Role.VENDOR_MANAGER).account_id)
    write(office, "client.thing", office.orgs["client"])
    write(office, "installation.thing", None)
    return office


def actions(text: str) -> set[str]:
    return set(re.findall(r'class="id ltr">(\w+\.thing)<', text))


@pytest.mark.parametrize(
    ("role", "chain", "seen"),
    [
        (Role.VENDOR_MANAGER, "", {"vendor.thing"}),
        (Role.VENDOR_MANAGER, "every", {"vendor.thing"}),
        (Role.VENDOR_MANAGER, "installation", {"vendor.thing"}),
        (Role.CLIENT_ADMIN, "vendor", {"client.thing"}),
        (Role.OPERATOR, "", {"installation.thing"}),
        (Role.AUDITOR, "client", {"client.thing"}),
        (Role.AUDITOR, "every", {"vendor.thing", "client.thing", "installation.thing"}),
    ],
)
def test_each_reader_sees_the_chains_that_are_theirs(logged: Office, role: Role, chain: str, seen: set[str]) -> None:
    text = logged.text(role, f"/admin/audit?chain={logged.orgs.get(chain, chain)}&action=")
    assert actions(text) == seen


def test_nobody_else_reads_the_log(office: Office) -> None:
    for role in OTHERS:
        assert office.get(role, "/admin/audit").status_code == 403
        if role is not Role.ANNOTATOR:  # whoever is not admitted yet has no token
            assert office.api(role, "GET", "/audit").status_code == 403
        assert office.post(role, "/admin/audit/verify").status_code == 403


def test_the_api_refuses_the_chain_of_another_as_if_there_were_none(logged: Office) -> None:
    for chain in (logged.orgs["client"], "nothing", "installation"):
        found = logged.api(Role.VENDOR_MANAGER, "GET", f"/audit?chain={chain}")
        assert found.status_code == 404
        asked = logged.api(Role.VENDOR_MANAGER, "POST", "/audit/verification", json={"chain": chain})
        assert asked.status_code == 404
    own = logged.api(Role.VENDOR_MANAGER, "GET", "/audit?action=vendor.").get_json()
    assert [item["action"] for item in own["items"]] == ["vendor.thing"]


def test_staff_have_names_and_those_who_annotate_do_not(logged: Office) -> None:
    annotator = logged.person(Role.REVIEWER)
    write(logged, "review.thing", logged.orgs["vendor"], by=annotator.account_id)
    text = logged.text(Role.VENDOR_MANAGER, "/admin/audit?action=vendor.")
    assert "Person vendor_manager" in text
    assert "Person reviewer" not in logged.text(Role.VENDOR_MANAGER, "/admin/audit?action=review.")
    worker = logged.person(Role.ANNOTATOR)
    write(logged, "work.thing", logged.orgs["vendor"], by=worker.account_id)
    seen = logged.text(Role.VENDOR_MANAGER, "/admin/audit?action=work.")
    assert f"<bdi>{worker.account_id[:10]}</bdi>" in seen and "Person annotator" not in seen, "by their pseudonym"
    vendor = logged.orgs["vendor"]
    seen_by_client = logged.api(Role.CLIENT_ADMIN, "GET", "/audit?action=client.").get_json()["items"]
    assert [item["actor"] for item in seen_by_client] == [""]
    client = logged.orgs["client"]
    write(logged, "read.thing", client, by=worker.account_id)
    (told,) = logged.api(Role.CLIENT_ADMIN, "GET", "/audit?action=read.").get_json()["items"]
    assert (told["actor_ref"], told["actor"]) == (pseudonym(client, worker.account_id), "")
    seen = logged.text(Role.CLIENT_ADMIN, "/admin/audit?action=read.")
    assert told["actor_ref"] in seen and worker.account_id not in seen, "an id would be the same for every client"
    assert logged.api(Role.AUDITOR, "GET", f"/audit?chain={vendor}&action=vendor.").get_json()["items"][0]["actor"]


def test_filters_narrow_by_action_object_actor_and_time(logged: Office) -> None:
    vendor = logged.orgs["vendor"]
    write(logged, "pool.thing", vendor, by="vera", object_ref="pool-7")
    for query, seen in (
        ("action=pool.", {"pool.thing"}),
        ("object_ref=pool-7", {"pool.thing"}),
        ("object_type=pool&actor=vera", {"pool.thing"}),
        ("until=2001-01-01", set()),
        ("since=2001-01-01&action=vendor.", {"vendor.thing"}),
        ("action=%25", set()),
    ):
        assert actions(logged.text(Role.VENDOR_MANAGER, f"/admin/audit?{query}")) == seen, query
    assert logged.get(Role.VENDOR_MANAGER, "/admin/audit?since=yesterday").status_code == 422


@pytest.mark.parametrize("chain", ["every", "vendor"])
def test_pages_follow_each_other_without_gap_or_repetition(office: Office, chain: str) -> None:
    office.person(Role.VENDOR_MANAGER), office.person(Role.AUDITOR)
    for number in range(7):
        write(office, f"n{number}.thing", office.orgs["vendor"])
    seen, after = [], None
    while True:
        query = f"action=n&chain={office.orgs['vendor']}" if chain == "vendor" else "action=n"
        answer = office.api(Role.AUDITOR, "GET", f"/audit?limit=3&{query}" + (f"&after={after}" if after else ""))
        seen += [item["action"] for item in answer.get_json()["items"]]
        after = answer.get_json()["next_after"]
        if after is None:
            break
        after = after.replace("+", "%2B")
    assert seen == [f"n{number}.thing" for number in range(6, -1, -1)]
    assert office.api(Role.AUDITOR, "GET", "/audit?after=nonsense").status_code == 422


def test_a_chain_is_verified_in_the_background_and_the_verdict_is_shown(logged: Office) -> None:
    sent = logged.post(Role.VENDOR_MANAGER, "/admin/audit/verify")
    assert sent.status_code == 303
    job_url = sent.headers["Location"]
    assert "is being verified" in logged.text(Role.VENDOR_MANAGER, job_url)
    logged.work()
    done = logged.text(Role.VENDOR_MANAGER, job_url)
    verdict_url = re.search(r'href="(/admin/audit\?verification=\w+)"', done)
    assert verdict_url is not None
    assert "The log is whole." in logged.text(Role.VENDOR_MANAGER, verdict_url[1])
    (told,) = logged.told("audit.verified")
    assert (told.chain, told.outcome, told.details["chains"]) == (logged.orgs["vendor"], "done", 1)
    assert "The log is whole." not in logged.text(Role.CLIENT_ADMIN, verdict_url[1])  # not their job


def test_a_verification_shows_what_was_tampered_with(logged: Office) -> None:
    tamper(logged.db, "UPDATE audit_event SET actor_ref = 'innocent' WHERE action = 'vendor.thing'")
    asked = logged.api(Role.AUDITOR, "POST", "/audit/verification", json={})
    assert asked.status_code == 202
    job_id = asked.get_json()["job_id"]
    assert logged.api(Role.AUDITOR, "GET", f"/jobs/{job_id}").get_json()["state"] == "waiting"
    logged.work()
    state = logged.api(Role.AUDITOR, "GET", f"/jobs/{job_id}").get_json()
    assert state["state"] == "done"
    assert 3 < state["done"] == state["result"]["events"] < state["total"]  # the broken chain was left at its breach
    assert (state["result"]["breaches"], state["result"]["first"]["kind"]) == (1, "content")
    assert "This log was tampered with." in logged.text(Role.AUDITOR, f"/admin/audit?verification={job_id}")
    for role in (Role.VENDOR_MANAGER, Role.CLIENT_ADMIN):
        assert logged.api(role, "GET", f"/jobs/{job_id}").status_code == 404


def test_a_long_verification_goes_on_from_its_place(logged: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from admin.operations import verification

    walk_on, portions = verification.walk_on, []

    def crash_in_between(session, actor, walk, chain, **more):  # type: ignore[no-untyped-def]
        portions.append(walk.place.seq)
        if len(portions) == 3:
            raise SystemExit
        return walk_on(session, actor, walk, chain, limit=2, **more)

    for number in range(6):
        write(logged, f"n{number}.thing", logged.orgs["vendor"])
    monkeypatch.setattr(verification, "walk_on", crash_in_between)
    job_id = logged.api(Role.VENDOR_MANAGER, "POST", "/audit/verification", json={}).get_json()["job_id"]
    with pytest.raises(SystemExit):
        jobs.run_event(logged.db, job_id)
    later = clock.now() + timedelta(minutes=11)
    with clock.use_clock(lambda: later):
        assert jobs.run_event(logged.db, job_id) == "done"
    assert portions[:4] == [0, 2, 4, 4]
    (told,) = logged.told("audit.verified")
    assert told.outcome == "done" and told.details["events"] >= 8


def test_the_operators_home_says_what_needs_somebody(office: Office) -> None:
    assert "The audit log was not verified since yesterday." in office.text(Role.OPERATOR, "/admin")
    assert "Not counted yet" in office.text(Role.OPERATOR, "/admin")
    dead(office.db)
    jobs.start_periodic(office.db)
    office.work()
    text = office.text(Role.OPERATOR, "/admin")
    assert "1 job has failed for good and waits for your decision." in text
    assert "All hold." in text and "not verified since yesterday" not in text
    assert "Judgments a day" in text
    assert office.get(Role.VENDOR_MANAGER, "/admin").status_code == 403
    assert office.get(Role.AUDITOR, "/admin").status_code == 200


def test_the_home_tells_of_a_breach_first(office: Office) -> None:
    office.person(Role.OPERATOR)
    tamper(office.db, "UPDATE audit_event SET actor_ref = 'innocent' WHERE seq = 1")
    jobs.start_periodic(office.db)
    office.work()
    assert "The last verification of the audit log found a breach." in office.text(Role.OPERATOR, "/admin")


def test_jobs_that_wait_too_long_are_told(office: Office) -> None:
    with office.db.transaction(SYSTEM) as session:
        event_id = jobs.enqueue(session, jobs.REGISTRY["admin.link_audit"])
        session.flush()
        row = session.get_one(OutboxEvent, event_id)
        row.available_at -= timedelta(minutes=3)
    assert "Is a worker running?" in office.text(Role.OPERATOR, "/admin")
    assert "Is a worker running?" in office.text(Role.OPERATOR, "/admin/jobs")


def test_a_dead_job_is_tried_again_or_given_up_on_the_record(office: Office) -> None:
    first, second = dead(office.db), dead(office.db)
    text = office.text(Role.OPERATOR, "/admin/jobs")
    assert first in text and second in text and "the other side is away" in text
    assert office.post(Role.OPERATOR, f"/admin/jobs/{first}/retry").status_code == 303
    assert office.post(Role.OPERATOR, f"/admin/jobs/{second}/discard").status_code == 303
    assert office.post(Role.OPERATOR, f"/admin/jobs/{second}/discard").status_code == 409
    assert "No dead jobs" in office.text(Role.OPERATOR, "/admin/jobs")
    operator = office.person(Role.OPERATOR).account_id
    assert [(event.actor_ref, event.object_ref) for event in office.told("job.retried")] == [(operator, first)]
    assert [(event.actor_ref, event.object_ref) for event in office.told("job.discarded")] == [(operator, second)]
    assert jobs.run_event(office.db, first) == "done"


def test_an_auditor_looks_and_touches_nothing(office: Office) -> None:
    event_id = dead(office.db)
    text = office.text(Role.AUDITOR, "/admin/jobs")
    assert event_id in text and "Try again" not in text
    assert office.post(Role.AUDITOR, f"/admin/jobs/{event_id}/retry").status_code == 403
    assert office.api(Role.AUDITOR, "POST", f"/admin/jobs/{event_id}/discard").status_code == 403
    assert "Set it up" not in office.text(Role.AUDITOR, "/admin/organizations")
    assert office.post(Role.AUDITOR, "/admin/organizations").status_code == 403


def test_what_the_page_of_jobs_does_the_api_does(office: Office) -> None:
    event_id = dead(office.db)
    listed = office.api(Role.OPERATOR, "GET", "/admin/jobs").get_json()
    assert [item["id"] for item in listed["items"]] == [event_id]
    assert office.api(Role.OPERATOR, "POST", f"/admin/jobs/{event_id}/retry").get_json()["id"] == event_id
    assert office.api(Role.OPERATOR, "GET", "/admin/jobs").get_json() == {"items": [], "next_after": None}
    assert office.api(Role.OPERATOR, "POST", "/admin/jobs/nothing/retry").status_code == 404
    with office.db.transaction(SYSTEM) as session:
        event = session.get_one(OutboxEvent, event_id)
        event.attempts, event.last_error = 3, "Traceback\nOSError: the store is away"
    failing = office.api(Role.OPERATOR, "GET", "/admin/jobs/failing").get_json()
    assert (failing["count"], failing["items"][0]["id"]) == (1, event_id)
    assert (failing["items"][0]["attempts"], failing["items"][0]["error"]) == (3, "OSError: the store is away")
    for role in (Role.VENDOR_MANAGER, Role.CLIENT_ADMIN, Role.FINANCE):
        for path in ("/admin/jobs", "/admin/jobs/failing"):
            assert office.api(role, "GET", path).status_code == 403


NEW = {"kind": "client", "name": "Nordlicht", "email": "nora@nordlicht.test", "currency": "eur"}
CHOSEN = "seven quiet rivers run"


def test_an_organization_is_founded_and_its_first_person_chooses_their_own_password(office: Office, box: Box) -> None:
    text = office.post(Role.OPERATOR, "/admin/organizations", **NEW).get_data(as_text=True)
    assert "Nordlicht is set up." in text and "A letter went to nora@nordlicht.test" in text
    assert "Nordlicht" in office.text(Role.OPERATOR, "/admin/organizations")
    assert "membership.added" not in [event.action for event in office.told("role.offered")]
    jobs.drain(office.db)
    (letter,) = box.letters
    assert letter.to == NEW["email"] and "Nordlicht" in letter.text
    link = box.address(letter.to)
    guest = office.app.test_client()
    form = {"name": "Nora Lund", "password": CHOSEN, "csrf_token": csrf_of(guest, link)}
    assert guest.post(link, data=form).status_code == 303
    assert sign_in(office.app.test_client(), NEW["email"], CHOSEN) == 303
    assert [event.details for event in office.told("membership.added")][-1]["role"] == "client_admin"
    again = office.app.test_client()
    form = {"name": "Another", "password": CHOSEN, "csrf_token": csrf_of(again, link)}
    assert again.post(link, data=form).status_code == 409, "a letter is good for one"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": ""}, "name"), ({"email": "nobody"}, "email"), ({"kind": "union"}, "kind"),
        ({"currency": "XXY"}, "Choose a currency from the list."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_new_organization_is_said_and_what_was_typed_is_kept(
    office: Office, changed: dict[str, str], told: str
) -> None:
    answer = office.post(Role.OPERATOR, "/admin/organizations", **(NEW | changed))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in text and (NEW | changed)["email"] in text
    assert office.told("organization.created")[-1].object_ref == office.orgs["operator"]


def test_a_name_that_is_taken_founds_nothing(office: Office) -> None:
    office.person(Role.CLIENT_ADMIN)
    answer = office.post(Role.OPERATOR, "/admin/organizations", **(NEW | {"name": "The client"}))
    assert answer.status_code == 422
    assert "There is an organization of this name already." in answer.get_data(as_text=True)


def test_an_organization_that_nobody_is_in_yet_gets_another_letter_to_another_address(office: Office, box: Box) -> None:
    corrected = NEW | {"email": "nora@nordlicht.example.net"}
    for form, status in ((NEW, 200), (NEW, 422), (corrected, 200), (corrected | {"kind": "vendor"}, 422)):
        assert office.post(Role.OPERATOR, "/admin/organizations", **form).status_code == status, form
    jobs.drain(office.db)
    first, second = (box.address(form["email"]) for form in (NEW, corrected))
    guest = office.app.test_client()
    assert "This offer was taken back." in guest.get(first).get_data(as_text=True)
    form = {"name": "Nora Lund", "password": CHOSEN, "csrf_token": csrf_of(guest, second)}
    assert guest.post(second, data=form).status_code == 303
    taken = office.post(Role.OPERATOR, "/admin/organizations", **(NEW | {"email": "other@nordlicht.test"}))
    assert taken.status_code == 422 and "of this name already" in taken.get_data(as_text=True)
    assert len(office.told("organization.created")) == 2, "the operator's own, and this one once"


def test_the_api_founds_by_a_letter_or_with_a_password_that_the_caller_chose_and_tells_none(
    office: Office, box: Box
) -> None:
    wanted = {**NEW, "currency": "EUR"}
    by_letter = office.api(Role.OPERATOR, "POST", "/admin/organizations", json=wanted)
    assert (by_letter.status_code, by_letter.get_json()["account_id"]) == (201, None)
    jobs.drain(office.db)
    assert [letter.to for letter in box.letters] == [NEW["email"]]
    chosen = wanted | {"name": "Südlicht", "password": CHOSEN, "email": "sana@suedlicht.test", "person": "Sana Lund"}
    made = office.api(Role.OPERATOR, "POST", "/admin/organizations", json=chosen)
    assert made.status_code == 201
    assert (made.get_json()["org_name"], made.get_json()["role"]) == ("Südlicht", "client_admin")
    assert "password" not in made.get_json()
    assert sign_in(office.app.test_client(), "sana@suedlicht.test", CHOSEN) == 303
    assert office.api(Role.VENDOR_MANAGER, "POST", "/admin/organizations", json=chosen).status_code == 403


def test_the_api_lists_organizations_page_by_page(office: Office) -> None:
    office.person(Role.CLIENT_ADMIN)
    first = office.api(Role.AUDITOR, "GET", "/admin/organizations?limit=1").get_json()
    rest = office.api(Role.OPERATOR, "GET", f"/admin/organizations?after={first['next_after']}").get_json()
    names = [each["name"] for each in first["items"] + rest["items"]]
    assert len(set(names)) == len(names) >= 2 and names == sorted(names, key=str.casefold)
    assert office.api(Role.CLIENT_ADMIN, "GET", "/admin/organizations").status_code == 403


def test_the_log_is_read_in_arabic_too(logged: Office) -> None:
    client = logged.browser(Role.AUDITOR)
    from tests.web.conftest import csrf_of

    client.post("/language", data={"locale": "ar", "csrf_token": csrf_of(client, "/account")})
    for path in ("/admin", "/admin/audit?chain=every", "/admin/jobs", "/admin/organizations"):
        assert 'dir="rtl"' in logged.text(Role.AUDITOR, path)


def test_an_unlinked_event_is_shown_as_being_linked(office: Office, db: Database) -> None:
    office.person(Role.VENDOR_MANAGER)
    with db.transaction(SYSTEM) as session:
        vendor = office.orgs["vendor"]
        audit.record(session, Actor("a", vendor, None), "late.thing", "pool", None, org_id=vendor, link=False)
    assert "being linked" in office.text(Role.VENDOR_MANAGER, "/admin/audit?action=late.")
    jobs.start_periodic(db)
    office.work()
    assert "being linked" not in office.text(Role.VENDOR_MANAGER, "/admin/audit?action=late.")


def test_an_auditors_home_begins_with_the_last_verification_and_offers_only_what_can_be_read(office: Office) -> None:
    text = office.text(Role.AUDITOR, "/admin")
    needs = text.split('id="needs"')[1].split("</section>")[0]
    assert "Audit log verified: Never" in needs and "Verify it" in needs and 'href="/admin/audit"' in needs
    for path in ("/payout-runs", "/invoices", "/rates"):
        assert f'href="{path}"' not in text


def test_jobs_that_fail_and_are_tried_again_are_told_with_their_error(office: Office) -> None:
    with office.db.transaction(SYSTEM) as session:
        event_id = jobs.enqueue(session, jobs.REGISTRY["admin.link_audit"])
        assert event_id is not None
        session.flush()
        row = session.get_one(OutboxEvent, event_id)
        row.attempts, row.last_error = 3, "Traceback (most recent call last):\n  …\nMisuse: no provider is in place\n"
        row.available_at = row.created_at + timedelta(minutes=30)
    home = office.text(Role.OPERATOR, "/admin")
    assert "Jobs fail" in home and "All well" not in home
    assert (
        "1 job has failed more than once since" in home and "admin.link_audit: Misuse: no provider is in place" in home
    )
    listed = office.text(Role.OPERATOR, "/admin/jobs")
    assert event_id in listed and "Misuse: no provider is in place" in listed and "Failing, and tried again" in listed


def test_whoever_may_answer_an_appeal_reads_nowhere_in_the_log_who_decided(office: Office) -> None:
    manager, worker = office.person(Role.VENDOR_MANAGER), office.person(Role.ANNOTATOR)
    told, vendor = _("A reason."), office.orgs["vendor"]
    actor = Actor(manager.account_id, vendor, Role.VENDOR_MANAGER, manager.membership_id)

    def done(action: str, ref: str) -> None:
        with office.db.transaction(Scope.system("test")) as session:
            audit.record(session, actor, action, "people", ref, org_id=vendor)

    done("people.act_asked", "JOB")  # the decision is one of many that a job made
    with office.db.transaction(Scope.system("test")) as session:
        person = session.scalars(select(Annotator).where(Annotator.account_id == worker.account_id)).one()
        receipt_id = issue_receipt(
            session, actor, annotator_id=person.id, kind="removed", rule="manager", rule_version="1", what=told,
            why=told, way_back=told, cause_kind="standing", cause_id=ids.new_id(),
            evidence=[{"kind": "review", "id": "R1"}],
        )  # fmt: skip
    with office.db.transaction(Scope.system("test")) as session:  # at another moment, about the same review
        audit.record(session, actor, "review.taken", "review", "R1", org_id=vendor)
    done("standing.changed", "ANOTHER")

    def seen(role: Role, more: str = "", ref: str = receipt_id) -> list[tuple[str | None, str, bool]]:
        found = office.api(role, "GET", f"/audit?object_ref={ref}{more}").get_json()["items"]
        return [(one["actor_ref"], one["actor"], one["is_withheld"]) for one in found]

    (known,) = seen(Role.VENDOR_MANAGER)
    assert known == (manager.account_id, "Person vendor_manager", False)
    assert seen(Role.VENDOR_MANAGER, ref="R1") == [known]
    with office.db.transaction(Scope.system("test")) as session:
        session.get_one(DecisionReceipt, receipt_id).state = "appealed"
        session.add(
            Appeal(
                id=ids.new_id(), org_id=vendor, receipt_id=receipt_id, text="No.", opened_at=clock.now(),
                due_at=clock.now() + timedelta(days=5),
            )
        )  # fmt: skip
    assert seen(Role.VENDOR_MANAGER) == [(None, "", True)] == seen(Role.OPERATOR)
    assert seen(Role.VENDOR_MANAGER, f"&actor={manager.account_id}") == []
    for ref in ("R1", "JOB", "ANOTHER"):
        assert seen(Role.VENDOR_MANAGER, ref=ref) == [(None, "", True)] == seen(Role.OPERATOR, ref=ref), ref
    assert seen(Role.AUDITOR) == [known], "who answers no appeal is told"
    page = office.text(Role.VENDOR_MANAGER, f"/admin/audit?object_ref={receipt_id}")
    assert "Not told while an appeal waits" in page and manager.account_id not in page.partition("<tbody>")[2]
    with office.db.transaction(Scope.system("test")) as session:
        session.execute(update(Appeal).values(decided_at=clock.now(), outcome="upheld"))
    assert seen(Role.VENDOR_MANAGER) == [known]
