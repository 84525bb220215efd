"""Who is asking: what the web needs to know of accounts, as an interface that a higher package fills in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from kernel.policy import Actor
from kernel.ports import Port


@dataclass(frozen=True)
class Place:
    """One membership of a person: an organization and a role in it."""

    id: str
    org_id: str
    org_name: str
    org_kind: str
    role: str


@dataclass(frozen=True)
class Person:
    """The signed-in account, as pages need it."""

    id: str
    name: str
    email: str
    locale: str
    time_zone: str
    is_active: bool
    epoch: int
    has_factor: bool = False
    needs_factor: bool = False  # the password is too short to be the only one

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.split()[:2]).upper() or "?"


@dataclass(frozen=True)
class Identity:
    """A live session with its person and the place that is chosen in it."""

    session_id: str
    person: Person
    place: Place | None
    idle_until: datetime
    absolute_until: datetime
    seen_at: datetime
    mfa_at: datetime | None
    mfa_kind: str | None
    passkey_at: datetime | None
    proven_at: datetime | None
    epoch: int
    agent: str = ""
    country: str | None = None
    is_cleared: bool = False  # for restricted data: the session bears less
    is_newest: bool = True  # of the person's sessions that were not ended


@dataclass(frozen=True)
class RelyingParty:
    """Whom passkeys are made for: the domain they belong to, and the one address on whose pages they are used."""

    id: str
    origin: str


class Directory(Protocol):
    """What the web asks of accounts. Implemented in `workforce`, injected by the composition root."""

    def identify(self, session: Session, secret_hash: str) -> Identity | None: ...
    def identify_by_id(self, session: Session, session_id: str) -> Identity | None: ...
    def counted_as(self, email: str) -> str: ...
    def check_password(self, session: Session, email: str, password: str) -> Person | None: ...
    def check_factor(self, session: Session, account_id: str, typed: str) -> str | None: ...
    def factor_kinds(self, session: Session, account_id: str) -> frozenset[str]: ...
    def passkey_options(
        self, session: Session, account_id: str | None, party: RelyingParty, challenge: bytes
    ) -> dict[str, Any]: ...
    def check_passkey(
        self, session: Session, account_id: str | None, party: RelyingParty, challenge: bytes, sent: str
    ) -> str | None: ...
    def challenge_of(self, sent: str) -> bytes | None: ...
    def person(self, session: Session, account_id: str) -> Person | None: ...
    def is_cleared(self, session: Session, account_id: str) -> bool: ...
    def residences(self, session: Session, account_id: str) -> frozenset[str]: ...
    def places(self, session: Session, account_id: str) -> list[Place]: ...
    def actor_of_token(self, session: Session, secret: str) -> tuple[Actor, Person] | None: ...
    def actor_of_token_id(self, session: Session, token_id: str) -> tuple[Actor, Person] | None: ...
    def set_locale(self, session: Session, account_id: str, locale: str) -> None: ...
    def set_profile(self, session: Session, actor: Actor, *, name: str, locale: str, time_zone: str) -> None: ...
    def set_password(self, session: Session, actor: Actor, *, old: str, new: str) -> Person: ...
    def tokens(self, session: Session, account_id: str) -> list[Any]: ...
    def create_token(self, session: Session, actor: Actor, *, name: str, days: int) -> tuple[Any, str]: ...
    def revoke_token(self, session: Session, actor: Actor, token_id: str) -> None: ...


_directory: Port[Directory] = Port("directory of accounts")


def use_directory(directory: Directory) -> None:
    """Inject the accounts."""
    _directory.put(directory)


def directory() -> Directory:
    """The accounts; raises Misuse before they are injected."""
    return _directory.get()
