"""Reads that ask for permission about the very thing: what pages and the API show of people and decisions."""

from sqlalchemy.orm import Session

from i18n import _
from kernel import guard
from kernel.errors import Unauthenticated
from kernel.policy import Actor, Resource, Role
from kernel.tenancy import Scope
from workforce.policy import Action
from workforce.queries.people import annotator_by_id, annotator_of, person_detail
from workforce.queries.receipts import appeal_of, receipt_of
from workforce.values import AnnotatorView, AppealView, PersonDetail, ReceiptView


def reach(actor: Actor) -> Scope:
    """How far an actor's reads go: their own organization, or every one for those who look after all."""
    if actor.role in (Role.OPERATOR, Role.AUDITOR):
        return Scope.system("looks after every organization")
    if actor.org_id is None:
        raise Unauthenticated("sign_in.no_place", _("Your account is not part of any organization yet."))
    return Scope.tenant(actor.org_id)


def own_profile(session: Session, actor: Actor) -> AnnotatorView:
    """The actor's working profile in the place they are in."""
    person = annotator_of(session, actor.account_id or "", actor.org_id or "")
    if person is None:
        raise guard.not_found()
    guard.require(session, actor, Action.PROFILE_READ, _of(person))
    return person


def person_for(session: Session, actor: Actor, annotator_id: str) -> PersonDetail:
    """A person with languages and history, for those who may read the roster."""
    found = person_detail(session, annotator_id)
    if found is None:
        raise guard.not_found()
    guard.require(session, actor, Action.PEOPLE_READ, _of(found.annotator))
    return found


def receipt_for(session: Session, actor: Actor, receipt_id: str) -> tuple[ReceiptView, AnnotatorView]:
    """A decision and the person it is about, for that person and those who look after them."""
    receipt = receipt_of(session, receipt_id)
    person = annotator_by_id(session, receipt.annotator_id) if receipt else None
    if receipt is None or person is None:
        raise guard.not_found()
    resource = Resource("receipt", receipt.id, org_id=person.org_id, owner_account_id=person.account_id)
    guard.require(session, actor, Action.RECEIPT_READ, resource)
    return receipt, person


def appeal_for(session: Session, actor: Actor, appeal_id: str) -> tuple[AppealView, ReceiptView, str]:
    """An appeal, the decision and the person's pseudonym, for those who may answer it."""
    found = appeal_of(session, appeal_id)
    person = annotator_by_id(session, found[1].annotator_id) if found else None
    if found is None or person is None:
        raise guard.not_found()
    guard.require(session, actor, Action.APPEAL_READ, Resource("appeal", appeal_id, org_id=person.org_id))
    return found


def _of(person: AnnotatorView) -> Resource:
    return Resource("annotator", person.id, org_id=person.org_id, owner_account_id=person.account_id)
