"""Asking for permission: every operation calls `require`, which decides, notes what must be noted, and raises."""

from contextvars import ContextVar
from typing import Any

from sqlalchemy.orm import Session

from kernel import audit
from kernel.db import Database, now_of
from kernel.errors import Forbidden, NotFound, Unauthenticated
from kernel.policy import PASSKEY, Actor, Decision, Reason, Resource, decide
from kernel.tenancy import Scope

# Set by the edge (web, commands): the sentences that a person is told for a reason they can do something about.
_hints: dict[Reason, Any] = {}
_not_found: list[Any] = ["There is nothing here."]
_decided: ContextVar[list[Decision] | None] = ContextVar("decided", default=None)
_denied: ContextVar[list[tuple[Actor, str, Resource | None, Decision]] | None] = ContextVar("denied", default=None)


def use_hints(hints: dict[Reason, Any], not_found: Any) -> None:
    """Give the refusals their translatable sentences."""
    _hints.update(hints)
    _not_found[:] = [not_found]


def watch() -> tuple[list[Decision], list[tuple[Actor, str, Resource | None, Decision]]]:
    """Collect the decisions and refusals of a request from here on."""
    decided: list[Decision] = []
    denied: list[tuple[Actor, str, Resource | None, Decision]] = []
    _decided.set(decided)
    _denied.set(denied)
    return decided, denied


def require(session: Session, actor: Actor, action: str, resource: Resource | None = None) -> Decision:
    """Decide, and raise NotFound, Forbidden or Unauthenticated unless the answer is yes."""
    decision = check(actor, action, resource, now_of(session))
    if decision.allow:
        return decision
    raise refusal(decision)


def check(actor: Actor, action: str, resource: Resource | None, now: Any) -> Decision:
    """Decide and note it; for lists and pages that ask without failing."""
    decision = decide(actor, action, resource, now)
    seen, denied = _decided.get(), _denied.get()
    if seen is not None:
        seen.append(decision)
    if denied is not None and not decision.allow:
        denied.append((actor, action, resource, decision))
    return decision


def refusal(decision: Decision) -> Exception:
    """The problem that tells a person of a no: not more than they may know, and the one step that would open it."""
    if Reason.NOT_AUTHENTICATED in decision.reasons:
        return Unauthenticated("sign_in.needed", _hints.get(Reason.NOT_AUTHENTICATED, "Sign in first."))
    if decision.is_hidden or not decision.reasons:
        return NotFound("not_found", _not_found[0])
    asks_passkey = any(demand.source == PASSKEY and not demand.met for demand in decision.demands)
    more = {"factor": PASSKEY} if asks_passkey else {}
    if Reason.MFA_STALE in decision.reasons and len(decision.reasons) == 1:
        return Forbidden("step_up.needed", _hints.get(Reason.MFA_STALE, "Prove again who you are."), **more)
    reason = next((reason for reason in decision.reasons if reason in _hints), decision.reasons[0])
    return Forbidden(f"not_allowed.{reason.value.lower()}", _hints.get(reason, "This is not open to you."), **more)


def not_found() -> NotFound:
    """The one answer for what does not exist and for what is another tenant's."""
    return NotFound("not_found", _not_found[0])


def write_denials(
    database: Database, denied: list[tuple[Actor, str, Resource | None, Decision]], limit: int = 5
) -> None:
    """Write refusals to the log in a transaction of their own, after the one that was refused has ended."""
    if not denied:
        return
    with database.transaction(Scope.system("log of refusals")) as session:
        for actor, action, resource, decision in denied[:limit]:
            audit.record(
                session, actor, "access.denied", resource.kind if resource else "endpoint",
                resource.id if resource else action, outcome="denied",
                reasons=tuple(reason.value for reason in decision.reasons),
                details={"action": action, "policy": decision.policy_version}, link=False,
            )  # fmt: skip
