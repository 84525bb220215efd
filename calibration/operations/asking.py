"""Asking people to take a lane's test: a letter to each whom the test is open to, after a look at who that is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.lanes import lane_of, people_for_test
from calibration.models import TestInvitation
from calibration.policy import QUALIFICATION_WAIVE, lane_resource
from calibration.queries.attempts import TestStart, test_starts
from calibration.queries.tests import open_test
from calibration.values import LaneFacts
from i18n import Message, _, figure
from kernel import audit, ids
from kernel.db import insert_ignoring, now_of
from kernel.errors import Conflict
from kernel.guard import require
from kernel.policy import Actor
from workforce.letters import tell
from workforce.models import Account, Annotator
from workforce.queries.people import chosen
from workforce.rules.letters import Text
from workforce.values import PlannedAct, Standing

AGAIN_AFTER = timedelta(days=14)


def ask_to_test(
    session: Session, actor: Actor, lane_id: str, annotator_ids: Sequence[str], *, address: str, is_preview: bool
) -> tuple[LaneFacts, list[PlannedAct]]:
    """Write to each of these people whom a lane's test is open to, with the address of its page; written, unless this
    is a preview. Nobody is asked twice within two weeks."""
    lane = lane_of(session, lane_id)
    require(session, actor, QUALIFICATION_WAIVE, lane_resource(session, actor, lane))
    if open_test(session, lane_id) is None or not lane.takes_people:
        raise Conflict("test.none", _("This lane asks for no test at the moment."))
    people, now = chosen(session, annotator_ids), now_of(session)
    annotator_ids = [person.id for person, _name in people]
    asked, suited = _asked(session, lane, annotator_ids), people_for_test(session, lane_id, annotator_ids)
    starts = test_starts(session, lane_id, [person.account_id for person, _name in people])
    planned, to_ask = [], []
    for person, name in people:
        start, is_suited = starts.get(person.account_id), person.id in suited
        fault = _why_not(person, asked.get(person.id), start, now, is_suited=is_suited)
        planned.append(PlannedAct(person.id, name, fault is None, fault or _("is asked")))
        if fault is None and not is_preview:
            to_ask.append(person)
    wanted = select(Account).where(Account.id.in_([person.account_id for person in to_ask]))
    accounts = {account.id: account for account in session.scalars(wanted)} if to_ask else {}
    for person in to_ask:
        _ask(session, actor, lane, person, accounts[person.account_id], address)
    return lane, planned


def _asked(session: Session, lane: LaneFacts, annotator_ids: Sequence[str]) -> dict[str, datetime]:
    rows = session.execute(
        select(TestInvitation.annotator_id, TestInvitation.at).where(
            TestInvitation.lane_id == lane.id, TestInvitation.annotator_id.in_(annotator_ids)
        )
    )
    return {row.annotator_id: row.at for row in rows}


def _why_not(
    person: Annotator, asked_at: datetime | None, start: TestStart | None, now: datetime, *, is_suited: bool
) -> Message | None:
    """Why the test is closed to this person, or nothing is written to them; None where they are asked."""
    if person.status != Standing.ACTIVE:
        return _("is not active")
    if asked_at is not None and asked_at + AGAIN_AFTER > now:
        return _("was asked on %(date)s", date=figure("date", asked_at))
    fault = _no_start(start)
    if fault is None and not is_suited:
        return _("does not meet what the lane asks for")
    return fault


def _no_start(start: TestStart | None) -> Message | None:
    if start is not None and start.qualification is not None and start.qualification.state != "expired":
        return _("has been decided on in this lane")
    if start is not None and start.live_attempt_id is not None:
        return _("is at the test now")
    return None if start is not None and start.may_start else _("has no attempt at this moment")


def _ask(session: Session, actor: Actor, lane: LaneFacts, person: Annotator, account: Account, address: str) -> None:
    row = {"id": ids.new_id(), "org_id": person.org_id, "lane_id": lane.id, "annotator_id": person.id,
           "at": now_of(session), "by_account_id": actor.account_id}  # fmt: skip
    if not insert_ignoring(session, TestInvitation, [row], ["org_id", "lane_id", "annotator_id"]):
        kept = session.scalars(
            select(TestInvitation)
            .where(TestInvitation.lane_id == lane.id, TestInvitation.annotator_id == person.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        if kept.at + AGAIN_AFTER > now_of(session):
            return  # somebody else has just asked
        kept.at, kept.by_account_id = now_of(session), actor.account_id
    tell(session, account, _letter(lane, address))
    audit.record(session, actor, "test.asked", "annotator", person.id, org_id=person.org_id, details={"lane": lane.id})


def _letter(lane: LaneFacts, address: str) -> Text:
    return Text(
        _("A test that opens work to you"),
        (
            _(
                "You are asked to take the test of %(lane)s. Whoever passes it gets this work. It is here:",
                lane=lane.name,
            ),
            address,
            _("Sign in to read what it asks for and how long it takes. If you do not want to, do nothing."),
        ),
    )
