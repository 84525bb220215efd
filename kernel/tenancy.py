"""Tenancy: in whose name a transaction reads and writes, and the three kinds a table can be of.

*Owned* rows belong to one organization. *Shared* rows belong to a client and are visible to the vendor named in them
for as long as a grant on their project lives. *Global* tables are a reviewed list (`GLOBAL_TABLES`); they hold persons
and the installation's own machinery, and are guarded by policy alone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Power(StrEnum):
    """What the database lets a transaction do; on PostgreSQL each is a role of its own."""

    TENANT = "polyphony_app"  # one organization's rows, no gold
    GOLD = "polyphony_gold"  # one organization's rows, gold keys included
    SYSTEM = "polyphony_system"  # every organization: sign-in, schedules, grading, verification


@dataclass(frozen=True)
class Scope:
    """The name in which a transaction acts."""

    power: Power
    org_id: str | None = None
    reason: str = field(default="", compare=False)

    @classmethod
    def tenant(cls, org_id: str) -> "Scope":
        return cls(Power.TENANT, org_id)

    @classmethod
    def with_gold(cls, org_id: str) -> "Scope":
        return cls(Power.GOLD, org_id)

    @classmethod
    def system(cls, reason: str) -> "Scope":
        """Every organization at once; the reason says why no single tenant will do."""
        return cls(Power.SYSTEM, None, reason)

    @property
    def is_system(self) -> bool:
        return self.power is Power.SYSTEM

    @property
    def reads_gold(self) -> bool:
        return self.power is not Power.TENANT


@dataclass(frozen=True)
class Moment:
    """A transaction's scope and its one point in time."""

    scope: Scope
    now: datetime
