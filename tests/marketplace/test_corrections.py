"""Labels corrected after their delivery: told with their rows, carried by the next release, written once a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from calibration.models import GoldKey, GoldKeyVersion
from kernel import ids, mail
from kernel.crypto import KeyRing, Sealed
from kernel.policy import Actor, Role, system_actor
from marketplace.models import LabelChange, Release, Unit
from marketplace.operations import corrections, releases, settling
from marketplace.queries import releases as queries
from marketplace.queries.corrections import Correction, corrections_of
from marketplace.queries.home import Pending, waiting_for_client
from marketplace.rules.corrections import labels_corrected
from tests.marketplace.delivered import Work, lane_with_people
from tests.marketplace.orders import Market
from tests.marketplace.test_market_pages import Door
from tests.marketplace.test_market_pages import app as app
from workforce.operations.accounts import add_membership, create_account


def cut(work: Work) -> str:
    market = work.market
    market.later(minutes=5)
    with market.as_(market.pm) as session:
        made = releases.cut_release(session, market.pm, work.project_id)
    market.work()
    market.later(minutes=5)
    return made.id


def settle_anew(work: Work, reference: str, label: str, source: str = "review") -> None:
    work.market.later(minutes=5)
    with work.market.system() as session:
        session.get_one(Unit, work.units[reference]).state = "review"
        session.flush()
        settling.settle_unit(session, work.units[reference], {"choice": label}, source)


def correct_key(work: Work, reference: str, label: str) -> None:
    """An objection to a known answer that was made from this settled unit is upheld."""
    market = work.market
    work.make_gold(reference, label)
    market.later(minutes=5)
    with market.system() as session:
        unit = session.get_one(Unit, work.units[reference])
        key = session.scalars(select(GoldKey).where(GoldKey.item_id == unit.item_id)).one()
        key.source, key.added_at, key.version = "settled", market.now, 2
        version = GoldKeyVersion(
            org_id=key.org_id, key_id=key.id, version=2, truth=key.truth, also=[], status="retired", cause="corrected",
            at=market.now,
        )  # fmt: skip
        session.add(version)


def seen(work: Work, actor: Actor, release_id: str) -> tuple[int, list[Correction]]:
    with work.market.as_(actor) as session:
        view = queries.release_of(session, release_id)
        rows, after = corrections_of(session, session.get_one(Release, release_id))
    assert view is not None and after is None
    return view.corrected, rows


def job(work: Work) -> tuple[int, int]:
    with work.market.system() as session:
        machine = system_actor("test")
        return corrections.correct_by_keys(session, machine), corrections.tell_clients(session, machine)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """To whom letters went."""
    monkeypatch.setattr(Sealed, "ring", KeyRing((("t", "A" * 43),)))
    found: list[str] = []

    class Carrier:
        @contextmanager
        def opened(self) -> Iterator[mail.Carrier]:
            yield self

        def send(self, letter: mail.Letter) -> None:
            found.append(letter.to)

    mail.use_mail(Carrier())
    return found


@pytest.fixture
def work(market: Market, sent: list[str]) -> Work:
    work = lane_with_people(market)
    for reference in ("a", "b", "c", "d"):
        work.settle(reference, ["refund"] * 3, "refund")
    with market.system() as session:
        machine: Any = system_actor("test")
        for number, (role, org_id) in enumerate(
            [(Role.CLIENT_ADMIN, market.client), (Role.CLIENT_QA, market.client), (Role.CLIENT_PM, market.other_client)]
        ):
            account = create_account(session, machine, email=f"x{number}@example.org", name="X", password=ids.new_id())
            add_membership(session, machine, account_id=account.id, org_id=org_id, role=role)
    return work


def test_a_release_tells_what_was_corrected_since_and_the_next_one_carries_it(work: Work) -> None:
    market = work.market
    first = cut(work)
    with market.system() as session:
        was = (session.get_one(Release, first).sha256, session.get_one(Release, first).report)
    assert seen(work, market.pm, first) == (0, [])
    settle_anew(work, "a", "network")
    settle_anew(work, "b", "refund")  # looked at again, and right
    settle_anew(work, "c", "other", "consensus")
    settle_anew(work, "c", "refund")  # and back
    correct_key(work, "d", "other")
    assert job(work) == (1, 1) and job(work) == (0, 0)
    count, rows = seen(work, market.pm, first)
    assert count == 2
    assert [(row.client_ref, row.before, row.after, row.cause, row.carried_by) for row in rows] == [
        ("d", "refund", "other", "objection", None), ("a", "refund", "network", "review", None)
    ]  # fmt: skip
    # An objection tells of a known answer, which is nothing for the vendor.
    of_vendor = seen(work, market.manager, first)[1]
    assert [(row.unit_id, row.client_ref) for row in of_vendor] == [(work.units["a"], "")]
    assert seen(work, market.manager, first)[0] == 1
    with market.as_(market.pm) as session:
        assert waiting_for_client(session, []).corrected == Pending(2, first)
    second = cut(work)
    assert [row.carried_by for row in seen(work, market.pm, first)[1]] == [2, 2]
    assert seen(work, market.pm, second) == (0, [])
    with market.as_(market.pm) as session:
        assert waiting_for_client(session, []).corrected == Pending()
    with market.system() as session:
        assert (session.get_one(Release, first).sha256, session.get_one(Release, first).report) == was
        assert session.get_one(Unit, work.units["d"]).label == {"choice": "other"}


def test_a_client_is_written_to_once_a_day_at_most(work: Work, sent: list[str]) -> None:
    market = work.market
    settle_anew(work, "a", "network")
    assert job(work) == (0, 0), "it was never delivered otherwise"
    cut(work)
    settle_anew(work, "a", "refund")
    assert job(work) == (0, 1)
    market.work()
    assert sent == ["x0@example.org"], "to whoever decides about releases there, and to nobody else"
    settle_anew(work, "b", "other")
    assert job(work) == (0, 0)
    market.later(hours=24)
    assert job(work) == (0, 1) and job(work) == (0, 0)
    with market.as_(market.pm) as session:
        asked = releases.cut_release(session, market.pm, work.project_id).id
    settle_anew(work, "a", "other")  # too late for the second release, as it turns out
    settle_anew(work, "d", "network")  # it concerns the first one as well
    market.later(hours=24)
    assert job(work) == (0, 1)
    with market.system() as session:
        untold = session.scalars(select(LabelChange.unit_id).where(LabelChange.told_at.is_(None))).all()
        assert untold == [work.units["a"]], "of what is built now nobody knows yet whether it has the label"
        row = session.get_one(Release, asked)
        row.state, row.built_at = "delivered", market.now
    market.later(hours=24)
    assert job(work) == (0, 1) and job(work) == (0, 0)
    with market.system() as session:
        told = sorted(at for at in set(session.scalars(select(LabelChange.told_at))) if at is not None)
    assert [later - before > timedelta(hours=23) for before, later in pairwise(told)] == [True] * 3
    text = labels_corrected([("Intents", 2), ("Mood", 1)])
    assert text.subject_for("en") == "3 delivered labels have been corrected"
    assert "Intents: 2\n\nMood: 1" in text.text_for("en")


def test_corrections_stand_on_the_pages_and_in_the_api_of_both_sides(app: Flask, work: Work) -> None:
    market, release_id = work.market, cut(work)
    settle_anew(work, "a", "network")
    pm = Door(app, market, Role.CLIENT_PM, market.client)
    address = f"/releases/{release_id}"
    assert "1 label of this release was corrected since" in pm.get(address)
    assert "1 label corrected" in pm.get("/projects")
    listed = pm.get(f"{address}/corrections")
    assert "Refund" in listed and "Network" in listed and "the next one" in listed and work.units["a"] in listed
    assert pm.ask("GET", address)["corrected"] == 1
    (row,) = pm.ask("GET", f"{address}/corrections")["items"]
    assert (row["unit_id"], row["client_ref"], row["before"], row["after"], row["carried_by"]) == (
        work.units["a"], "a", "refund", "network", None
    )  # fmt: skip
    vendor = Door(app, market, Role.VENDOR_MANAGER, market.vendor)
    assert "Refund" in vendor.get(f"{address}/corrections")
    (row,) = vendor.ask("GET", f"{address}/corrections")["items"]
    assert (row["unit_id"], row["client_ref"]) == (work.units["a"], ""), "the client's own ids are the client's"
    Door(app, market, Role.CLIENT_ADMIN, market.other_client).get(f"{address}/corrections", 404)
    assert "None was corrected" in pm.get(f"/releases/{cut(work)}/corrections")
