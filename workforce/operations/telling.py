"""Letters about decisions: to the person, that something was decided or an appeal answered; to those who may answer an
appeal, that it waits, that its day comes, and that its day has passed.

They are written by a job and not by what decides, so that a hundred decisions are one letter, and nothing waits for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import audit
from kernel.db import now_of
from kernel.policy import Actor, Role
from workforce.letters import tell
from workforce.models import Account, Annotator, Appeal, DecisionReceipt, Membership, Organization
from workforce.rules.appeals import STAGES, is_news, stage_at
from workforce.rules.letters import appeals_wait, decided

AT_ONCE = 1_000  # rows of one run; the next one takes the rest


def tell_people(session: Session, actor: Actor) -> int:
    """Write to people about decisions and answers that they were not told of, one letter each; returns to how many.
    System scope."""
    now = now_of(session)
    receipts = session.execute(
        select(DecisionReceipt, Annotator.account_id)
        .join(Annotator, Annotator.id == DecisionReceipt.annotator_id)
        .where(DecisionReceipt.told_at.is_(None))
        .order_by(DecisionReceipt.decided_at, DecisionReceipt.id)
        .limit(AT_ONCE)
    ).all()
    answers = session.execute(
        select(Appeal, Annotator.account_id)
        .join(DecisionReceipt, DecisionReceipt.id == Appeal.receipt_id)
        .join(Annotator, Annotator.id == DecisionReceipt.annotator_id)
        .where(Appeal.decided_at.is_not(None), Appeal.answer_told_at.is_(None))
        .order_by(Appeal.decided_at, Appeal.id)
        .limit(AT_ONCE)
    ).all()
    found: dict[str, list[DecisionReceipt | Appeal]] = defaultdict(list)
    for receipt, account_id in receipts:
        receipt.told_at = now
        found[account_id].append(receipt)
    for appeal, account_id in answers:
        appeal.answer_told_at = now
        found[account_id].append(appeal)
    session.flush()
    return sum(_tell_person(session, actor, account_id, rows) for account_id, rows in sorted(found.items()))


def _tell_person(session: Session, actor: Actor, account_id: str, rows: Sequence[DecisionReceipt | Appeal]) -> bool:
    account = session.get(Account, account_id)
    if account is None or account.status == "erased":
        return False
    answers = sum(isinstance(row, Appeal) for row in rows)
    vendors = _names(session, {row.org_id for row in rows})
    tell(session, account, decided(vendors, len(rows) - answers, answers))
    audit.record(
        session, actor, "decisions.told", "account", account_id, details={"decisions": len(rows) - answers,
        "answers": answers}, link=False,
    )  # fmt: skip
    return True


def tell_deciders(session: Session, actor: Actor) -> int:
    """Write to those who may answer an appeal at each of its stages, one letter each; returns to how many.
    System scope.

    A vendor's managers are written to; its reviewers where no manager may answer; the operator's people once its day
    has passed, and wherever nobody of the vendor may answer.
    """
    now, found = now_of(session), dict[str, list[tuple[str, str]]]()
    waiting = session.execute(
        select(Appeal, DecisionReceipt.decided_by, Annotator.account_id)
        .join(DecisionReceipt, DecisionReceipt.id == Appeal.receipt_id)
        .join(Annotator, Annotator.id == DecisionReceipt.annotator_id)
        .where(Appeal.decided_at.is_(None), Appeal.told != STAGES[-1])
        .order_by(Appeal.due_at, Appeal.id)
    ).all()
    for appeal, decided_by, person in waiting:
        stage = stage_at(appeal.due_at, now)
        if not is_news(appeal.told, stage):
            continue
        appeal.told = stage
        for account_id in _deciders(session, appeal.org_id, {decided_by, person}, is_late=stage == "late"):
            found.setdefault(account_id, []).append((stage, appeal.org_id))
        audit.record(
            session, actor, "appeal.told", "appeal", appeal.id, org_id=appeal.org_id, details={"stage": stage},
            link=False,
        )  # fmt: skip
    session.flush()
    for account_id, lines in sorted(found.items()):
        stages = [stage for stage, _org in lines]
        text = appeals_wait(
            _names(session, {org for _stage, org in lines}), *(stages.count(stage) for stage in ("new", "soon", "late"))
        )
        tell(session, session.get_one(Account, account_id), text)
    return len(found)


def _deciders(session: Session, org_id: str, barred: set[str | None], *, is_late: bool) -> list[str]:
    own = [
        [account_id for account_id in _members(session, role, org_id) if account_id not in barred]
        for role in (Role.VENDOR_MANAGER, Role.REVIEWER)
    ]
    of_vendor = own[0] or own[1]
    if of_vendor and not is_late:
        return of_vendor
    operator = [account_id for account_id in _members(session, Role.OPERATOR) if account_id not in barred]
    return [*of_vendor, *(each for each in operator if each not in of_vendor)]


def _members(session: Session, role: Role, org_id: str | None = None) -> Sequence[str]:
    wanted = (
        select(Account.id)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.role == role.value, Membership.ended_at.is_(None), Account.status == "active")
    )
    return session.scalars((wanted.where(Membership.org_id == org_id) if org_id else wanted).order_by(Account.id)).all()


def _names(session: Session, org_ids: Iterable[str]) -> list[str]:
    wanted = select(Organization.name).where(Organization.id.in_(sorted(org_ids))).order_by(Organization.name)
    return list(session.scalars(wanted))
