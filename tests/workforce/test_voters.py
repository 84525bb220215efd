"""An appeal against what natives found is answered by somebody who was not one of them."""

import pytest
from sqlalchemy import select

from calibration.operations import natives as acts
from kernel.errors import Forbidden
from kernel.tenancy import Scope
from marketplace.operations.appeals import decide_appeal
from tests.workforce.conftest import SYSTEM, Time, World
from workforce import operations, queries
from workforce.models import DecisionReceipt
from workforce.operations.pools import set_check_rate

TEXT = "Soko letu hufunguliwa alfajiri, na kelele za wauzaji husikika hadi barabarani."


def test_who_judged_as_a_native_does_not_answer_the_appeal(world: World, time: Time) -> None:
    amina, actor = world.annotator("Amina Wanjiru")
    natives = [world.annotator(f"Native {name}") for name in ("Ada", "Bea", "Cleo", "Dan", "Eva", "Fay")]
    for person, _actor in natives:
        with world.db.transaction(world.vendor) as session:
            operations.verify_language(session, SYSTEM, _claim(world, person.id), evidence={"kind": "peer"})
    with world.db.transaction(world.vendor) as session:
        set_check_rate(session, world.manager, world.pool_id, micros=25_000_000, currency="KES")
        check_id = acts.ask_check(session, actor, _claim(world, amina.id)).id
        acts.answer_check(session, actor, check_id, TEXT)
    for _person, native in natives:
        with world.db.transaction(world.vendor) as session:
            if acts.take_check(session, native) is not None:
                acts.judge_check(session, native, check_id, confirms=False)
    with world.db.transaction(world.vendor) as session:
        receipt_id = session.scalars(select(DecisionReceipt.id).where(DecisionReceipt.annotator_id == amina.id)).one()
        appeal_id = operations.open_appeal(session, actor, receipt_id).id
    account_id = natives[0][1].account_id or ""
    with world.db.transaction(Scope.system("test")) as session:
        operations.add_membership(session, SYSTEM, account_id=account_id, org_id=world.vendor_id, role="reviewer")
        place = next(each for each in queries.places_of(session, account_id) if each.role == "reviewer")
        voter = queries.actor_of(session, account_id, place.membership_id)
    assert voter is not None
    with pytest.raises(Forbidden, match="self_approval"), world.db.transaction(world.vendor) as session:
        decide_appeal(session, voter, appeal_id, outcome="upheld", answer="No.")
    with world.db.transaction(world.vendor) as session:
        decide_appeal(session, world.reviewer, appeal_id, outcome="overturned", answer="It was their own.")


def _claim(world: World, annotator_id: str) -> str:
    with world.db.reading(world.vendor) as session:
        claims = queries.claims_of(session, annotator_id)
    return next(one.id for one in claims if (one.locale, one.mode) == ("sw-KE", "write"))
