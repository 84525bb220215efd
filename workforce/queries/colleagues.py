"""Who was of an organization at a time, and what they are called."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workforce.models import Account, Membership


@dataclass(frozen=True)
class Colleagues:
    """By account: the name, and from when until when (None: still) each role was held."""

    names: Mapping[str, str]
    times: Mapping[str, list[tuple[datetime, datetime | None]]]

    def were(self, account_id: str | None, at: datetime) -> bool:
        """Whether somebody held a role at that time. What they did before, and after, they did as somebody else."""
        held = self.times.get(account_id or "", ())
        return any(since <= at and (until is None or at <= until) for since, until in held)

    def name_at(self, account_id: str | None, at: datetime) -> str:
        """What a colleague of that time is called; nothing for anybody else."""
        return self.names.get(account_id or "", "") if self.were(account_id, at) else ""


def colleagues_of(session: Session, org_id: str, account_ids: Collection[str], *but: str) -> Colleagues:
    """Those of the accounts that have, or had, a role in the organization; roles named in `but` do not count."""
    names: dict[str, str] = {}
    times: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for row in session.execute(
        select(Account.id, Account.name, Membership.from_at, Membership.ended_at)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.org_id == org_id, Membership.role.not_in(but), Account.id.in_(account_ids))
    ):
        names[row.id] = row.name
        times.setdefault(row.id, []).append((row.from_at, row.ended_at))
    return Colleagues(names, times)
