"""Field keys turned over: everything under the first key, in portions, and nobody's change lost."""

import pytest
from sqlalchemy import select

from admin.operations import resealing
from kernel.crypto import KeyRing, Sealed, key_id_of, place_of, seal
from kernel.db import Database
from kernel.models import OutgoingMail
from kernel.policy import system_actor
from kernel.tenancy import Scope
from labeling.models import Item, ItemOriginal
from tests.marketplace.orders import START

OLD, NEW, LOST = ("old", "A" * 43), ("new", "B" * 42 + "A"), ("lost", "C" * 42 + "A")
SYSTEM = Scope.system("test")
ME = system_actor("test")


def turned(db: Database, limit: int) -> tuple[int, int, int]:
    """Rows sealed anew, unreadable ones, and portions, over all columns."""
    sealed = unreadable = portions = 0
    for column in resealing.sealed_columns():
        after, more = None, True
        while more:
            with db.transaction(SYSTEM) as session:
                portion = resealing.reseal(session, ME, column, after, limit)
            sealed, unreadable, portions = sealed + portion.sealed, unreadable + portion.unreadable, portions + 1
            after, more = portion.after, portion.after is not None
    return sealed, unreadable, portions


def test_old_texts_are_sealed_anew_in_portions_and_twice_is_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {
        "item.content_sealed",
        "item_original.content_sealed",
        "payout_method.details_sealed",
        "totp_factor.secret_sealed",
    } <= {column.name for column in resealing.sealed_columns()}
    monkeypatch.setattr(Sealed, "ring", KeyRing((LOST,)))
    letters = [OutgoingMail(id=f"letter-{number}".ljust(22, "x"), created_at=START) for number in range(5)]
    letters[4].text = "under a key that is gone"
    monkeypatch.setattr(Sealed, "ring", KeyRing((OLD,)))
    for number, letter in enumerate(letters[:4]):
        letter.to, letter.text = f"{number}@x.example", f"text {number}"
    with db.transaction(SYSTEM) as session:
        session.add_all(letters)
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW, OLD)))
    with db.transaction(SYSTEM) as session:
        session.get_one(OutgoingMail, letters[0].id).text = "changed by its owner"  # under the new key at once
    columns = len(resealing.sealed_columns())
    sealed, unreadable, portions = turned(db, 2)
    assert (sealed, unreadable) == (7, 1) and portions > columns
    assert turned(db, 2)[:2] == (0, 1)
    columns_by_name = {column.name: column for column in resealing.sealed_columns()}
    assert columns_by_name["person_document.content_sealed"].portion < resealing.PORTION
    with db.reading(SYSTEM) as session:
        counted = resealing.count_by_key(session, ME, columns_by_name["outgoing_mail.text_sealed"])
    assert counted == {"new": 4, "lost": 1}
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW,)))  # the old key is taken away
    with db.reading(SYSTEM) as session:
        found = [session.get_one(OutgoingMail, letter.id) for letter in letters[:4]]
        assert [letter.text for letter in found] == ["changed by its owner", "text 1", "text 2", "text 3"]
        assert [letter.to for letter in found] == [f"{number}@x.example" for number in range(4)]
        assert {key_id_of(letter.text_sealed or "") for letter in found} == {"new"}


def test_contents_go_over_to_the_new_key_of_their_tenant(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = {"org_id": "client", "vendor_org_id": None, "project_id": "project"}
    monkeypatch.setattr(Sealed, "ring", KeyRing((OLD,)))
    rows = [
        Item(id=f"item-{number}", **owner, locale="sw-KE", classification="internal", fingerprint=str(number),
             content={"text": f"number {number}"})
        for number in range(3)
    ]  # fmt: skip
    before = ItemOriginal(id="item-0", **owner)
    # As it was sealed before there was a key of its tenant.
    before.content_sealed = seal(
        '{"text": "as it was"}', place_of("item_original", "content_sealed", "item-0", "client")
    )
    with db.transaction(SYSTEM) as session:
        session.add_all(rows)
        session.flush()
        session.add(before)
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW, OLD)))
    with db.reading(SYSTEM) as session:
        columns = {column.name: column for column in resealing.sealed_columns()}
        assert resealing.count_by_key(session, ME, columns["item.content_sealed"]) == {"old": 3}
    assert turned(db, 2)[:2] == (4, 0)
    assert turned(db, 2)[:2] == (0, 0)
    monkeypatch.setattr(Sealed, "ring", KeyRing((NEW,)))
    with db.reading(SYSTEM) as session:
        assert resealing.count_by_key(session, ME, columns["item.content_sealed"]) == {"new": 3}
        found = session.scalars(select(Item.content).order_by(Item.id)).all()
        assert found == [{"text": f"number {number}"} for number in range(3)]
        kept = session.get_one(ItemOriginal, "item-0")
        assert kept.content == '{"text": "as it was"}' and kept.content_sealed.startswith("v2|new|")
