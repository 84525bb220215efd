"""Rows for operations to change, as far as the scope sees them."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from i18n import _
from kernel import guard
from kernel.errors import Conflict
from kernel.hot import Hot, table_of
from workforce.models import Account, Annotator


def annotator_row(session: Session, annotator_id: str) -> Annotator:
    """The person; raises NotFound for nobody that the scope sees."""
    person = session.get(Annotator, annotator_id)
    if person is None:
        raise guard.not_found()
    return person


_PEOPLE = table_of(Annotator)
_OF_ACCOUNT = Hot(
    select(_PEOPLE.c.id).where(_PEOPLE.c.account_id == bindparam("p_account"), _PEOPLE.c.org_id == bindparam("p_org"))
)


def annotator_row_of(session: Session, account_id: str | None, org_id: str) -> Annotator | None:
    """The person that an account is with a vendor, if the scope sees one."""
    found = _OF_ACCOUNT.run(session, p_account=account_id, p_org=org_id).scalar_one_or_none()
    return session.get(Annotator, found) if found else None


def hold_person(session: Session, annotator_id: str) -> None:
    """Let no other decision about a person come in between. It is taken before the rows that a decision changes, as by
    whoever answers an appeal: what has just been written about the person stands in nobody's way."""
    session.execute(select(Annotator.id).where(Annotator.id == annotator_id).with_for_update(key_share=True)).all()


def hold_present(session: Session, person: Annotator) -> None:
    """The same for what a person writes about somebody, who may just have been erased: nothing is written then."""
    hold_person(session, person.id)
    if session.scalar(select(Account.status).where(Account.id == person.account_id)) == "erased":
        raise Conflict("person.erased", _("This person was erased. Nothing more is written about them."))
