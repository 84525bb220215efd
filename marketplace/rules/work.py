"""Rules of handing out and taking back: the states of an assignment, and what follows from an answer."""

from datetime import datetime, timedelta

from kernel.errors import Misuse

# state -> what may become of it. Everything else raises.
TRANSITIONS: dict[str, frozenset[str]] = {
    "leased": frozenset({"answered", "late", "skipped", "returned", "expired"}),
    "expired": frozenset({"answered", "late", "returned"}),
    "returned": frozenset({"late"}),
    "skipped": frozenset(),
    "answered": frozenset(),
    "late": frozenset(),
}

OPEN_MOST = 1
LONGEST_LEASE = timedelta(hours=4)


def ensure_transition(state: str, target: str) -> None:
    """Raise Misuse unless an assignment in `state` may become `target`."""
    if target not in TRANSITIONS[state]:
        raise Misuse(f"an assignment that is {state} cannot become {target}")


def extended(leased_at: datetime, now: datetime, minutes: int) -> datetime:
    """Until when a lease goes on when its holder is still at it, up to a hard end."""
    return min(now + timedelta(minutes=minutes), leased_at + LONGEST_LEASE)


def seconds_between(leased_at: datetime, now: datetime) -> int:
    """The time a unit was in somebody's hands, in whole seconds, never negative."""
    return max(0, int((now - leased_at).total_seconds()))
