"""Ending the sessions of others: of one account by whoever manages its people, of everybody by the operator.

A session names the state of its account that it was opened in; another number there ends them all, with letters that
lead to a new password. Tokens of programs are not sessions, and go on.
"""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard
from kernel.errors import Forbidden, Misuse
from kernel.policy import Actor, Reason, Role
from workforce.models import Account, Membership
from workforce.policy import Action, organization_resource
from workforce.queries.rows import annotator_row
from workforce.rules.roles import may_grant


def sign_out_member(session: Session, actor: Actor, membership_id: str) -> None:
    """End every session of somebody with a role in an organization; never of somebody above oneself."""
    row = session.get(Membership, membership_id)
    if row is None or row.ended_at is not None:
        raise guard.not_found()
    _sign_out(session, actor, row.account_id, row.org_id, Role(row.role))


def sign_out_person(session: Session, actor: Actor, annotator_id: str) -> None:
    """End every session of a person who works for a vendor."""
    row = annotator_row(session, annotator_id)
    _sign_out(session, actor, row.account_id, row.org_id, Role.ANNOTATOR)


def sign_out_everybody(session: Session, actor: Actor) -> int:
    """End every session of every account; returns how many accounts there are."""
    if not actor.is_system:
        raise Misuse("everybody is signed out from the command line alone")
    people = session.scalar(select(func.count()).select_from(Account)) or 0
    session.execute(
        update(Account).values(auth_epoch=Account.auth_epoch + 1), execution_options={"synchronize_session": False}
    )
    audit.record(session, actor, "sessions.ended_for_all", "installation", None, details={"accounts": people})
    return people


def _sign_out(session: Session, actor: Actor, account_id: str, org_id: str, role: Role) -> None:
    guard.require(session, actor, Action.SESSIONS_END, organization_resource(org_id))
    if actor.account_id == account_id:
        message = _("Your own devices are listed on the page of your account, where each can be signed out.")
        raise Forbidden(f"not_allowed.{Reason.SELF_APPROVAL.value.lower()}", message)
    if role is not Role.ANNOTATOR and not may_grant(actor.role, role):
        message = _("You cannot sign out somebody whose role is above your own.")
        raise Forbidden(f"not_allowed.{Reason.ROLE_MISSING.value.lower()}", message)
    session.execute(
        update(Account).where(Account.id == account_id).values(auth_epoch=Account.auth_epoch + 1),
        execution_options={"synchronize_session": "fetch"},
    )
    audit.record(session, actor, "sessions.ended", "account", account_id, org_id=org_id)
