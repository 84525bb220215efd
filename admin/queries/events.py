"""Reads of the audit log: newest first, by key, and each filter along an index of its chain."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from admin.values import Check, EventFilter, EventRow
from kernel import db
from kernel.audit import INSTALLATION
from kernel.audit_words import words_of
from kernel.models import AuditEvent, AuditHead
from kernel.paging import Paging
from kernel.tenancy import Scope
from marketplace.rules.releases import STRANGER, pseudonym
from workforce.models import Account, Annotator, Appeal, DecisionReceipt, Membership, Organization
from workforce.queries.colleagues import Colleagues, colleagues_of

MOST = 200
VERIFICATION, INVARIANTS = "audit.verified", "invariants.checked"
_OF_A_JOB = timedelta(hours=1)  # within it a job for many people that somebody asked for is through

_OF_ONE = Paging("audit-of-one", AuditEvent.at, AuditEvent.id, newest_first=True)
# What is linked in one go stands together.
_OF_ALL = Paging("audit", AuditEvent.linked_at, AuditEvent.at, AuditEvent.id, newest_first=True)


def events(
    session: Session, wanted: EventFilter, *, names_of: str | None, is_blind: bool, after: str | None = None,
    limit: int = 50,
) -> tuple[list[EventRow], str | None]:  # fmt: skip
    """Events, newest first. `names_of` is the organization whose staff the reader knows by name; None: everybody's.

    Who is blind may be asked to answer appeals: while one waits, nothing tells them who decided.
    """
    limit = min(limit, MOST)
    paging = _OF_ONE if wanted.chain is not None else _OF_ALL
    statement = select(AuditEvent).where(*_criteria(wanted), *paging.after(after)).order_by(*paging.order())
    rows, next_after = paging.cut(session.scalars(statement.limit(limit + 1)).all(), limit)
    people = {row.actor_ref for row in rows if row.actor_ref and not row.actor_ref.startswith("system:")}
    names = staff_names(session, people, names_of)
    told = words_of(session, (row.id for row in rows if "words" in row.details))
    own = colleagues_of(session, names_of, people) if names_of is not None else None
    hidden, spans = _under_appeal(people) if is_blind and people else (set(), [])
    found = []
    for row in rows:
        is_hidden = (
            (row.actor_ref, row.at) in hidden
            or (row.actor_ref, row.object_ref) in hidden
            or any(who == row.actor_ref and since <= row.at <= until for who, since, until in spans)
        )
        if is_hidden and wanted.actor_ref:
            continue  # to find it by whom one looks for would tell it all the same
        ref = row.actor_ref if own is None or names_of is None else _ref_for(row, own, names_of)
        found.append(_row(row, None if is_hidden else ref, names, told.get(row.id), is_withheld=is_hidden))
    return found, next_after


Span = tuple[str | None, datetime, datetime]


def _under_appeal(account_ids: Collection[str]) -> tuple[set[tuple[str | None, datetime | str | None]], list[Span]]:
    """Who decided what an appeal waits about, with when and what by: everything that was written in that moment is
    about it, and so is what the same person did to a row that the decision rests on, as taking the review or looking
    at the document. Of what a job did to many, who asked for it and what it did to the others would tell it as well.

    Beyond the reader's scope: the operator's people answer appeals of vendors, and clients' logs name them, too.
    """
    statement = (
        select(DecisionReceipt)
        .join(Appeal, Appeal.receipt_id == DecisionReceipt.id)
        .where(Appeal.decided_at.is_(None), DecisionReceipt.decided_by.in_(account_ids))
    )
    found: set[tuple[str | None, datetime | str | None]] = set()
    spans: list[Span] = []
    with db.reading(Scope.system("appeals that wait")) as session:
        for receipt in session.scalars(statement):
            named = [receipt.id, receipt.cause_id.partition("@")[0].partition(":")[0]]
            named += [str(each["id"]) for each in receipt.evidence if "id" in each]
            found.add((receipt.decided_by, receipt.decided_at))
            found.update((receipt.decided_by, each) for each in named)
            asked = session.scalar(
                select(func.max(AuditEvent.at)).where(
                    AuditEvent.org_id == receipt.org_id, AuditEvent.actor_ref == receipt.decided_by,
                    AuditEvent.action == "people.act_asked",
                    AuditEvent.at.between(receipt.decided_at - _OF_A_JOB, receipt.decided_at),
                )
            )  # fmt: skip
            if asked is not None:
                spans.append((receipt.decided_by, asked, asked + _OF_A_JOB))
    return found, spans


def _ref_for(event: AuditEvent, own: Colleagues, org_id: str) -> str | None:
    """Whoever was not of the reader's organization then goes by the name that it has for them in the register of reads:
    an account's id would tell two organizations that they speak of the same person, and a colleague of today what they
    did as somebody else's before."""
    ref = event.actor_ref
    if ref is None or ref.startswith("system:") or own.were(ref, event.at):
        return ref
    return pseudonym(org_id, ref)


def _criteria(wanted: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.chain is None:
        found.append(AuditEvent.linked_at.is_not(None))
    elif wanted.chain == INSTALLATION:
        found.append(AuditEvent.org_id.is_(None))
    else:
        found.append(AuditEvent.org_id == wanted.chain)
    if wanted.action:
        found.append(AuditEvent.action.startswith(wanted.action, autoescape=True))
    for column, value in (
        (AuditEvent.object_type, wanted.object_type),
        (AuditEvent.object_ref, wanted.object_ref),
        # Whom a reader knows by the register of reads alone can be looked for in it.
        (
            AuditEvent.details["reader"].as_string() if wanted.actor_ref.startswith(STRANGER) else AuditEvent.actor_ref,
            wanted.actor_ref,
        ),
    ):
        if value:
            found.append(column == value)
    if wanted.since:
        found.append(AuditEvent.at >= wanted.since)
    if wanted.until:
        found.append(AuditEvent.at < wanted.until)
    return found


def _row(
    event: AuditEvent, ref: str | None, names: dict[str, str], words: str | None, *, is_withheld: bool
) -> EventRow:
    return EventRow(
        event.id, event.chain, event.seq, event.at, ref, names.get(ref or "", ""),
        event.action, event.object_type, event.object_ref, event.outcome, tuple(event.reasons), event.request_id,
        {**event.details, "reason": words} if words else event.details, event.hash,
        is_withheld,
    )  # fmt: skip


def staff_names(session: Session, account_ids: Iterable[str], org_id: str | None) -> dict[str, str]:
    """Names of those who run things. Whoever only annotates is called by the pseudonym that their vendor
    knows them by; to a client they have no name."""
    wanted = set(account_ids)
    if not wanted:
        return {}
    statement = (
        select(Account.id, Account.name)
        .join(Membership, Membership.account_id == Account.id)
        .where(Account.id.in_(wanted), Membership.role.not_in(("annotator", "reviewer")))
    )
    if org_id is not None:
        statement = statement.where(Membership.org_id == org_id)
    handles = select(Annotator.account_id, Annotator.pseudonym).where(Annotator.account_id.in_(wanted))
    if org_id is not None:
        handles = handles.where(Annotator.org_id == org_id)
    found = {row.account_id: row.pseudonym for row in session.execute(handles)}
    return found | {row.id: row.name for row in session.execute(statement)}


def chains(session: Session, limit: int = 500) -> list[tuple[str, str]]:
    """Every chain with the name of its organization; the installation's has none."""
    rows = session.execute(
        select(AuditHead.chain, Organization.name)
        .outerjoin(Organization, Organization.id == AuditHead.chain)
        .order_by(Organization.name_key)
        .limit(limit)
    )
    return [(row.chain, row.name or "") for row in rows]


def last_check(session: Session, action: str) -> Check | None:
    """The newest run of the nightly proofs, of a command, or of somebody who asked for it."""
    event = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.org_id.is_(None), AuditEvent.object_type == "verification", AuditEvent.action == action)
        .order_by(AuditEvent.at.desc())
        .limit(1)
    ).one_or_none()
    return Check(event.at, event.outcome == "done", event.details) if event else None
