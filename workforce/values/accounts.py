"""Organizations, accounts and their places in organizations, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.policy import Role


class OrgKind(StrEnum):
    """What an organization does here."""

    CLIENT = "client"
    VENDOR = "vendor"
    OPERATOR = "operator"


@dataclass(frozen=True)
class OrganizationView:
    """An organization as others see it."""

    id: str
    kind: OrgKind
    name: str
    country: str | None
    currency: str
    created_at: datetime


@dataclass(frozen=True)
class AccountView:
    """A person who signs in. Never carries the password's hash."""

    id: str
    email: str
    name: str
    locale: str
    time_zone: str
    status: str
    auth_epoch: int
    factor_since: datetime | None = None  # since when signing in takes a second factor
    has_short_password: bool = False
    email_confirmed_at: datetime | None = None  # when its owner last proved to read what is sent there

    @property
    def is_active(self) -> bool:
        return self.status == "active"


@dataclass(frozen=True)
class PlaceView:
    """A live membership: an organization, and the role an account has in it."""

    membership_id: str
    org_id: str
    org_name: str
    org_kind: OrgKind
    role: Role


@dataclass(frozen=True)
class MemberRow:
    """One role of one person in an organization, for the list of its team."""

    membership_id: str
    account_id: str
    name: str
    email: str
    role: Role
    from_at: datetime
    is_suspended: bool


@dataclass(frozen=True)
class TokenView:
    """A personal token without its secret, which is shown once and not kept."""

    id: str
    account_id: str
    membership_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Enrolment:
    """An authenticator app that is being set up: what it has to be told, until a first code confirms it."""

    secret: str
    address: str


@dataclass(frozen=True)
class FactorView:
    """Whether an account has a second factor, how many recovery codes are left, and an enrolment that was begun."""

    since: datetime | None
    codes_left: int
    pending: Enrolment | None
    kinds: frozenset[str] = frozenset()  # totp, passkey


@dataclass(frozen=True)
class PasskeyView:
    """A passkey as its person sees it; the keys themselves are shown to nobody."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    doubted_at: datetime | None


@dataclass(frozen=True)
class ResetView:
    """A second factor that was, or is to be, taken off by two people of the operator."""

    id: str
    account_id: str
    name: str
    email: str
    reason: str
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    outcome: str | None


@dataclass(frozen=True)
class PasswordSettings:
    """How much work a password hash costs, and how many may be worked on at once in this process."""

    time_cost: int = 2
    memory_kib: int = 19 * 1024
    parallelism: int = 1
    at_once: int = 4
    wait_seconds: float = 5.0
