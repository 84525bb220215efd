"""Who may do what: one decision function over one matrix, from which the generated tests are made as well.

`decide` starts from no. It is pure over its inputs; whoever calls it loads the facts in the same transaction as the
thing that is decided on, so that a revocation holds at once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kernel.errors import Misuse

MATRIX_FILE = Path(__file__).parent / "authz_matrix.yaml"


class Role(StrEnum):
    """What a membership makes of an account."""

    OPERATOR = "operator"
    FINANCE = "finance"
    AUDITOR = "auditor"
    CLIENT_ADMIN = "client_admin"
    CLIENT_PM = "client_pm"
    CLIENT_QA = "client_qa"
    VENDOR_MANAGER = "vendor_manager"
    REVIEWER = "reviewer"
    ANNOTATOR = "annotator"


class Reason(StrEnum):
    """Why not. All of them go to the log; a person is told at most the one they can do something about."""

    NOT_AUTHENTICATED = "NOT_AUTHENTICATED"
    USER_SUSPENDED = "USER_SUSPENDED"
    TENANT_MISMATCH = "TENANT_MISMATCH"
    ROLE_MISSING = "ROLE_MISSING"
    GRANT_EXPIRED = "GRANT_EXPIRED"
    GRANT_REVOKED = "GRANT_REVOKED"
    RIGHT_MISSING = "RIGHT_MISSING"
    PROJECT_PAUSED = "PROJECT_PAUSED"
    NDA_MISSING = "NDA_MISSING"
    NDA_OUTDATED = "NDA_OUTDATED"
    CLEARANCE_LOW = "CLEARANCE_LOW"
    IDENTITY_UNVERIFIED = "IDENTITY_UNVERIFIED"
    COUNTRY_NOT_ALLOWED = "COUNTRY_NOT_ALLOWED"
    NETWORK_NOT_ALLOWED = "NETWORK_NOT_ALLOWED"
    MFA_MISSING = "MFA_MISSING"
    MFA_STALE = "MFA_STALE"
    LANGUAGE_MISSING = "LANGUAGE_MISSING"
    SKILL_MISSING = "SKILL_MISSING"
    DOMAIN_MISSING = "DOMAIN_MISSING"
    NOT_QUALIFIED = "NOT_QUALIFIED"
    PAUSED = "PAUSED"
    NO_LEASE = "NO_LEASE"
    LEASE_EXPIRED = "LEASE_EXPIRED"
    LEASE_NOT_YOURS = "LEASE_NOT_YOURS"
    NOT_YOURS = "NOT_YOURS"
    SELF_REVIEW = "SELF_REVIEW"
    SELF_APPROVAL = "SELF_APPROVAL"
    SECOND_PERSON_REQUIRED = "SECOND_PERSON_REQUIRED"
    VOLUME_CAP = "VOLUME_CAP"
    POLICY_ERROR = "POLICY_ERROR"


_HIDING = {
    Reason.TENANT_MISMATCH, Reason.NOT_YOURS, Reason.LEASE_NOT_YOURS, Reason.GRANT_EXPIRED, Reason.GRANT_REVOKED,
}  # fmt: skip
PASSKEY = "passkey"  # the source of a demand that only a passkey meets


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in person in one of their memberships, or the system itself for a stated reason."""

    account_id: str | None
    org_id: str | None
    role: Role | None
    membership_id: str | None = None
    org_kind: str | None = None
    suspended: bool = False
    session_ref: str | None = None
    mfa_at: datetime | None = None  # when a second factor was last shown in this session
    mfa_kind: str | None = None  # by which kind of factor
    passkey_at: datetime | None = None  # when a passkey was last shown, which no false page can ask somebody for
    proven_at: datetime | None = None  # when the person last proved who they are, as strongly as they can
    lacks_factor: bool = False  # the role asks for a second factor, and the account has none
    system_reason: str | None = None
    scopes: frozenset[str] | None = None  # of an API token; None is a signed-in browser

    @property
    def ref(self) -> str | None:
        return self.account_id or (f"system:{self.system_reason}" if self.system_reason else None)

    @property
    def is_system(self) -> bool:
        return self.system_reason is not None


NOBODY = Actor(None, None, None)


def system_actor(reason: str, org_id: str | None = None) -> Actor:
    """The system acting by itself: a schedule, a migration, a grader. `reason` stands in the audit log."""
    return Actor(None, org_id, None, system_reason=reason)


@dataclass(frozen=True)
class Resource:
    """The facts about a thing that a decision may rest on. What is not stated counts as missing."""

    kind: str
    id: str | None = None
    org_id: str | None = None
    vendor_org_id: str | None = None
    owner_account_id: str | None = None
    grant_rights: frozenset[str] | None = None  # of the live grant to the actor's organization
    classification: str | None = None
    demands: tuple["Demand", ...] = ()  # what the classification and the lane ask, already compared with the facts
    lease_account_id: str | None = None
    lease_until: datetime | None = None
    author_account_id: str | None = None  # who made what is now reviewed, approved or decided


@dataclass(frozen=True)
class Demand:
    """One condition with what is needed, what is there, and where that comes from. The "why (not) me" of a lane."""

    reason: Reason
    met: bool
    needed: Any = None
    present: Any = None
    source: str = ""


@dataclass(frozen=True)
class Decision:
    """Yes or no, with every reason for a no, and under which version of the matrix."""

    allow: bool
    reasons: tuple[Reason, ...] = ()
    policy_version: str = ""
    demands: tuple[Demand, ...] = field(default=(), compare=False)

    @property
    def is_within_reach(self) -> bool:
        """Yes, or yes as soon as the person has proved anew who they are; so a page offers it."""
        return self.allow or self.reasons == (Reason.MFA_STALE,)

    @property
    def is_hidden(self) -> bool:
        """Whether the person may not even know that the thing exists. So it is when a grant has ended, too: whoever is
        without one is told what is told to whoever never had one."""
        return not _HIDING.isdisjoint(self.reasons)


@dataclass(frozen=True)
class Fresh:
    """How lately the person must have proved who they are; with `sensitive`, for confidential data and above alone."""

    within: timedelta
    sensitive: bool = False


@dataclass(frozen=True)
class Matrix:
    """The parsed file: codes per action and role, how fresh a proof each asks, the action of each endpoint, and a
    version by content."""

    actions: Mapping[str, Mapping[Role, frozenset[str]]]
    fresh: Mapping[str, "Fresh"]
    without_factor: frozenset[str]
    endpoints: Mapping[str, Mapping[str, Any]]
    version: str


@cache
def matrix() -> Matrix:
    """The matrix of this installation; raises Misuse if the file names a role or code that does not exist."""
    raw = MATRIX_FILE.read_bytes()
    data = yaml.safe_load(raw)
    actions = {name: _row(name, row or {}) for name, row in data["actions"].items()}
    endpoints = {
        name: value if isinstance(value, dict) else {"action": value} for name, value in data["endpoints"].items()
    }
    for name, entry in endpoints.items():
        if entry["action"] != "public" and entry["action"] not in actions:
            raise Misuse(f"authz matrix: {name} names the unknown action {entry['action']}")
        if entry.get("also", entry["action"]) not in (*actions, "public"):
            raise Misuse(f"authz matrix: {name} names the unknown action {entry['also']}")
    fresh = {name: Fresh(timedelta(minutes=minutes)) for name, minutes in data["fresh"].items()}
    fresh |= {name: Fresh(timedelta(minutes=minutes), True) for name, minutes in data["fresh_if_sensitive"].items()}
    without_factor = frozenset(data["without_factor"])
    if unknown := (set(fresh) | without_factor) - set(actions):
        raise Misuse(f"authz matrix: there is no action {', '.join(sorted(unknown))}")
    return Matrix(actions, fresh, without_factor, endpoints, hashlib.sha256(raw).hexdigest()[:12])


# T own organization, G a live grant (G:right names the right it must carry), L the lease on that very unit,
# O own record, all every organization, 2 another person than the author, self the account itself.
_HARMLESS = {"public", "internal"}
_CODES = {"T", "G", "L", "O", "all", "2", "self"}


def _row(action: str, row: Mapping[str, str]) -> dict[Role, frozenset[str]]:
    parsed = {}
    for role, codes in row.items():
        names = frozenset(str(codes).split())
        if any(name.split(":")[0] not in _CODES for name in names):
            raise Misuse(f"authz matrix: {action} for {role} has an unknown code in {codes!r}")
        parsed[Role(role)] = names
    return parsed


def decide(actor: Actor, action: str, resource: Resource | None, now: datetime) -> Decision:
    """Whether `actor` may do `action` to `resource` (None: to anything of its kind in their own organization)."""
    version = matrix().version
    try:
        reasons = _objections(actor, action, resource, now)
    except Exception:  # a fault in a check is a no, and is seen in the log
        return Decision(False, (Reason.POLICY_ERROR,), version)
    demands = resource.demands if resource else ()
    return Decision(not reasons, tuple(reasons), version, demands)


def _objections(actor: Actor, action: str, resource: Resource | None, now: datetime) -> list[Reason]:
    row = matrix().actions[action]
    if actor.is_system:
        return []
    if actor.account_id is None:
        return [Reason.NOT_AUTHENTICATED]
    if actor.suspended:
        return [Reason.USER_SUSPENDED]
    if actor.scopes is not None and not _in_token_scope(actor.scopes, action):
        return [Reason.ROLE_MISSING]
    codes = frozenset({"self"}) & row.get(Role.ANNOTATOR, frozenset()) if actor.role is None else row.get(actor.role)
    if not codes:
        return [Reason.ROLE_MISSING]
    if actor.lacks_factor and action not in matrix().without_factor:
        return [Reason.MFA_MISSING]
    found = _about(actor, codes, resource, now) if resource is not None else []
    return found if is_fresh(actor, action, resource, now) else [*found, Reason.MFA_STALE]


def is_fresh(actor: Actor, action: str, resource: Resource | None, now: datetime) -> bool:
    """Whether the person proved who they are as lately as the action asks.

    Who acts outside a session or token (a job that was asked for, a command) was asked when they began it.
    """
    asked = matrix().fresh.get(action)
    if asked is None or actor.session_ref is None:
        return True
    if asked.sensitive and (resource is None or resource.classification in _HARMLESS):
        return True
    return actor.proven_at is not None and now - actor.proven_at < asked.within


def _in_token_scope(scopes: frozenset[str], action: str) -> bool:
    return "all" in scopes or action in scopes or action.split(":")[0] in scopes


def _about(actor: Actor, codes: frozenset[str], resource: Resource, now: datetime) -> list[Reason]:
    reasons: list[Reason] = []
    if "all" not in codes and not _reaches(actor, codes, resource):
        reasons.append(_why_out_of_reach(actor, codes, resource))
    if "L" in codes:
        reasons += _lease_objections(actor, resource, now)
    if "2" in codes and resource.author_account_id in (None, actor.account_id):
        reasons.append(Reason.SELF_APPROVAL)
    reasons += [demand.reason for demand in resource.demands if not demand.met]
    return reasons


def _reaches(actor: Actor, codes: frozenset[str], resource: Resource) -> bool:
    if "T" in codes and resource.org_id is not None and resource.org_id == actor.org_id:
        return True
    if codes & {"O", "self", "L"} and resource.owner_account_id is not None:
        return resource.owner_account_id == actor.account_id
    if "L" in codes and resource.lease_account_id is not None:
        return resource.lease_account_id == actor.account_id
    return any(_granted(actor, code, resource) for code in codes if code.split(":")[0] == "G")


def _granted(actor: Actor, code: str, resource: Resource) -> bool:
    if resource.vendor_org_id is None or resource.vendor_org_id != actor.org_id or resource.grant_rights is None:
        return False
    _, _, right = code.partition(":")
    return not right or right in resource.grant_rights


def _why_out_of_reach(actor: Actor, codes: frozenset[str], resource: Resource) -> Reason:
    is_personal = codes & {"O", "self", "L"} and "T" not in codes
    if is_personal and resource.owner_account_id not in (None, actor.account_id):
        return Reason.NOT_YOURS
    if resource.org_id is not None and resource.vendor_org_id == actor.org_id and actor.org_id is not None:
        return Reason.RIGHT_MISSING if resource.grant_rights is not None else Reason.GRANT_REVOKED
    if is_personal:
        return Reason.NOT_YOURS
    return Reason.TENANT_MISMATCH


def _lease_objections(actor: Actor, resource: Resource, now: datetime) -> list[Reason]:
    if resource.lease_account_id is None:
        return [Reason.NO_LEASE]
    if resource.lease_account_id != actor.account_id:
        return [Reason.LEASE_NOT_YOURS]
    return []
