"""People as money knows them: an annotator of a vendor with the name of their account, and their receipts."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kernel.hot import Hot, table_of
from kernel.sealing import OpenedText, opened
from workforce.models import Account, Annotator, DecisionReceipt, Organization

_AT_ONCE = 500


@dataclass(frozen=True)
class Person:
    """An annotator and the account behind it."""

    annotator_id: str
    account_id: str
    org_id: str
    name: str
    time_zone: str


_PEOPLE, _ACCOUNTS = table_of(Annotator), table_of(Account)
_NAME = opened(_ACCOUNTS.c, "account", "name_sealed", OpenedText)
_PERSON = Hot(
    select(_PEOPLE.c.id, _PEOPLE.c.account_id, _PEOPLE.c.org_id, _NAME, _ACCOUNTS.c.time_zone)
    .join_from(_PEOPLE, _ACCOUNTS, _ACCOUNTS.c.id == _PEOPLE.c.account_id)
    .where(_PEOPLE.c.id == bindparam("p_person"))
)
_COLUMNS = (Annotator.id, Annotator.account_id, Annotator.org_id, Account.name, Account.time_zone)


def person_of(session: Session, annotator_id: str) -> Person | None:
    """An annotator of the session's vendor."""
    row = _PERSON.run(session, p_person=annotator_id).one_or_none()
    return Person(*row) if row else None


def person_of_account(session: Session, account_id: str, org_id: str) -> Person | None:
    """The annotator that an account is at a vendor."""
    row = session.execute(
        select(*_COLUMNS)
        .join(Account, Account.id == Annotator.account_id)
        .where(Annotator.account_id == account_id, Annotator.org_id == org_id)
    ).one_or_none()
    return Person(*row) if row else None


def people_of(session: Session, annotator_ids: Iterable[str]) -> dict[str, Person]:
    """Annotators by id; who is not the session's is not in it."""
    wanted = sorted(set(annotator_ids))
    found: dict[str, Person] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = session.execute(
            select(*_COLUMNS)
            .join(Account, Account.id == Annotator.account_id)
            .where(Annotator.id.in_(wanted[start : start + _AT_ONCE]))
        )
        found |= {row.id: Person(*row) for row in rows}
    return found


def account_names(session: Session, account_ids: Iterable[str]) -> dict[str, str]:
    """What accounts are called; for people of one's own organization only."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(set(account_ids))))
    return {row.id: row.name for row in rows}


def organization_names(session: Session, org_ids: Iterable[str]) -> dict[str, str]:
    """What organizations are called."""
    rows = session.execute(select(Organization.id, Organization.name).where(Organization.id.in_(set(org_ids))))
    return {row.id: row.name for row in rows}


def vendor_ids(session: Session) -> list[str]:
    """Every vendor of the installation; for jobs of the system."""
    return list(session.scalars(select(Organization.id).where(Organization.kind == "vendor").order_by(Organization.id)))


def has_receipt(session: Session, receipt_id: str, annotator_id: str) -> bool:
    """Whether the receipt exists and was issued to this person."""
    found = session.scalar(
        select(DecisionReceipt.id).where(DecisionReceipt.id == receipt_id, DecisionReceipt.annotator_id == annotator_id)
    )
    return found is not None
