"""The facts about lanes, attempts and gold on which permission is decided."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from calibration.models import Attempt, Dispute, LanguageCheck, LanguageVote
from calibration.values import LaneFacts
from kernel.grants import rights_on
from kernel.policy import Actor, Resource

GOLD_READ = "gold:read"
GOLD_WRITE = "gold:write"
TEST_ASSIGN = "test:assign"
TEST_READ = "test:read"
TEST_PUBLISH = "test:publish"
TEST_TAKE = "test:take"
ATTEMPT_ANSWER = "attempt:answer"
QUALIFICATION_WAIVE = "qualification:waive"
PAUSE_LIFT = "pause:lift"
GATE_SET = "gate:set"
BEHAVIOUR_READ = "behaviour:read"
BEHAVIOUR_DECIDE = "behaviour:decide"
DISPUTE_OPEN = "dispute:open"
DISPUTE_READ = "dispute:read"
DISPUTE_DECIDE = "dispute:decide"
GRADE_RUN = "grade:run"
INFERENCE_RUN = "inference:run"
JUDGMENT_RECORD = "judgment:record"
LANE_QUALITY = "lane_quality:read"
OWN_QUALITY = "quality:read"
PERSON_QUALITY = "person_quality:read"
CHECK_ASK = "language_check:ask"
CHECK_JUDGE = "language_check:judge"
CHECK_HEAR = "language_check:hear"
CHECK_OVERSEE = "language_check:oversee"


# Stands for the author of a key whose author is not known any more: nobody's account.
NOBODY_KNOWN = "unknown"


def lane_resource(session: Session, actor: Actor, lane: LaneFacts) -> Resource:
    """A lane, with the rights of the grant that the actor's organization holds on its project at this moment."""
    return Resource(
        kind="lane",
        id=lane.id,
        org_id=lane.org_id,
        vendor_org_id=lane.vendor_org_id,
        grant_rights=_granted(session, actor, lane.org_id, lane.project_id),
    )


def dispute_resource(actor: Actor, dispute: Dispute, authors_of_key: Collection[str]) -> Resource:
    """A contested right answer as its decider meets it.

    Its authors are whoever set the right answer or changed it, the person who contests it, and whoever decided about it
    before; the resource names the one among them that the actor is.
    """
    authors = {*authors_of_key, dispute.account_id, *dispute.decided_before}
    return Resource(
        kind="dispute", id=dispute.id, org_id=dispute.org_id,
        author_account_id=actor.account_id if actor.account_id in authors else next(iter(authors_of_key), NOBODY_KNOWN),
    )  # fmt: skip


def language_check_resource(check: LanguageCheck) -> Resource:
    """A check by natives: the candidate's own, and their vendor's to look after."""
    return Resource(
        kind="language_check", id=check.id, org_id=check.org_id, owner_account_id=check.account_id,
    )  # fmt: skip


def recording_resource(check: LanguageCheck, held: LanguageVote | None) -> Resource:
    """What a candidate said, as a native meets it: whoever holds a place at the check may hear it meanwhile."""
    return Resource(
        kind="language_recording", id=check.id, lease_account_id=held.account_id if held else None,
        lease_until=held.held_until if held else None,
    )  # fmt: skip


def attempt_resource(attempt: Attempt) -> Resource:
    """An attempt belongs to the person who makes it; nobody else is to know of it, in the same vendor either."""
    return Resource(kind="attempt", id=attempt.id, owner_account_id=attempt.account_id)


def _granted(session: Session, actor: Actor, org_id: str, project_id: str) -> frozenset[str] | None:
    if actor.org_id is None or actor.org_id == org_id:
        return None
    return rights_on(session, actor.org_id, project_id)
