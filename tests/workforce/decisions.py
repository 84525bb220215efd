"""Decisions about people, appeals against them, and the letters that tell of both."""

from sqlalchemy import delete, select

from i18n import _
from kernel.models import OutgoingMail
from kernel.policy import Actor, system_actor
from kernel.tenancy import Scope
from tests.workforce.conftest import SYSTEM, World
from workforce import operations
from workforce.operations.telling import tell_deciders, tell_people
from workforce.values import AnnotatorView

RULE = system_actor("gates")


def pause(world: World, person: AnnotatorView, cause: str = "G1", actor: Actor = RULE) -> str:
    with world.db.transaction(Scope.system("grading")) as session:
        return operations.issue_receipt(
            session, actor, annotator_id=person.id, kind="lane_paused", rule="accuracy-upper", rule_version="3",
            what=_("Support intents is paused for you."),
            why=_("Over your last %(n)s checked units, %(right)s were right.", n=50, right=36),
            way_back=_("Take a short check."),
            figure={"value": 0.72, "low": 0.58, "high": 0.83, "limit": 0.85, "n": 50},
            evidence=[{"kind": "judgment", "id": "J1"}], cause_kind="gate", cause_id=cause, lane_id="L1",
        )  # fmt: skip


def appealed(world: World, actor: Actor, receipt_id: str) -> str:
    with world.db.transaction(world.vendor) as session:
        return operations.open_appeal(session, actor, receipt_id, "Section 2 changed on Tuesday.").id


def letters(world: World) -> dict[str, str]:
    """What the job writes now: subject and text by the name in the address."""
    with world.db.transaction(Scope.system("test")) as session:
        tell_people(session, SYSTEM)
        tell_deciders(session, SYSTEM)
        rows = session.scalars(select(OutgoingMail)).all()
        found = {(row.to or "").partition("@")[0]: f"{row.subject}: {row.text}" for row in rows}
        assert len(found) == len(rows), "one letter each"
        session.execute(delete(OutgoingMail))
    return found
