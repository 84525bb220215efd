"""Steps that every journey through the API takes: people arrive, are hired, and in the end everything adds up."""

from collections.abc import Sequence

from sqlalchemy import select

from admin import invariants
from kernel import audit
from kernel.db import Database
from kernel.models import OutboxEvent
from kernel.policy import Role
from kernel.tenancy import Scope
from payouts import ledger
from tests.journeys.cast import Cast, Person
from tests.journeys.order import LOCALE
from tests.web.conftest import PASSWORD, Persona


def people_arrive(cast: Cast) -> None:
    """A client and a vendor, with everybody who works for them behind a desk."""
    cast.org("nordlicht", "client")
    cast.org("baraza", "vendor")
    for name, org, role in (
        ("pm", "nordlicht", Role.CLIENT_PM), ("qa", "nordlicht", Role.CLIENT_QA),
        ("manager", "baraza", Role.VENDOR_MANAGER), ("reviewer", "baraza", Role.REVIEWER),
        ("payer", "baraza", Role.FINANCE), ("signer", "baraza", Role.FINANCE),
    ):  # fmt: skip
        cast.join(name, org, role)


def hire(cast: Cast, names: Sequence[str]) -> dict[str, str]:
    """Step 1: apply, have the language verified, be admitted, sign."""
    manager = cast.people["manager"]
    paper = manager.post(
        "/agreements", {"code": "conduct", "titles": {"en": "Conduct"}, "texts": {"en": "Be careful with texts."}}
    )
    pool = manager.post("/pools", {"name": "East Africa", "about": {"sw": "Karibu"}})
    found = {}
    for name in names:
        found[name] = join_the_pool(cast, name, pool["id"])
        person = cast.people[name]
        assert person.get("/me")["agreements_to_sign"] == []
        person.put("/payout-method", {"kind": "mobile", "holder": name.title(), "account": "+254712345678"})
    assert [each["code"] for each in manager.get("/agreements")["items"]] == [paper["code"]]
    return found


def join_the_pool(cast: Cast, name: str, pool: str) -> str:
    """From nobody to somebody with a token: all of it through the public operations and the manager's word."""
    manager, nobody = cast.people["manager"], cast.nobody()
    offer = nobody.get(f"/pools/{pool}/offer")
    who = {"email": f"{name}@people.example", "password": PASSWORD}
    nobody.post(
        f"/pools/{pool}/applicants",
        {**who, "name": name.title(), "country": "KE", "time_zone": "Africa/Nairobi", "weekly_hours": 20,
         "languages": [{"locale": LOCALE, "proficiency": "native", "modes": ["read", "write", "listen", "speak"]}],
         "signatures": [{"agreement_id": each["id"], "locale": "en"} for each in offer["agreements"]]},
        status=202,
    )  # fmt: skip
    nobody.post("/account/tokens", {**who, "name": "work"}, status=409)  # not before somebody has admitted them
    (applied,) = manager.get("/people?status=applied")["items"]
    for claim in applied["languages"]:
        manager.post(f"/languages/{claim['id']}/verify", {"kind": "peer", "note": "We spoke."})
    assert manager.post(f"/people/{applied['id']}/admit")["status"] == "active"
    made = nobody.post("/account/tokens", {**who, "name": "work"})
    cast.people[name] = Person(cast, Persona("", "", "", "", Role.ANNOTATOR), made["secret"])
    me = cast.people[name].get("/me")
    place = me["place"]
    cast.people[name].persona = Persona(me["email"], me["id"], place["org_id"], place["membership_id"], Role.ANNOTATOR)
    return str(applied["id"])


def everything_adds_up(database: Database) -> None:
    """The books, the log and every invariant; and no job has failed on the way."""
    with database.transaction(Scope.system("test")) as session:
        audit.link_pending(session)
    with database.reading(Scope.system("test")) as session:
        assert ledger.verify(session) == []
        assert audit.verify(session).breaches == ()
        assert [(each.id, each.where) for each in invariants.check(session) if not each.ok] == []
        failed = session.scalars(select(OutboxEvent.last_error).where(OutboxEvent.last_error.is_not(None))).all()
        assert failed == []
