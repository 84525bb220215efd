"""Whether a session is where its proof was made: another device, or another country than the verified residence, and
the proof counts no longer until it is made anew from there.

Without a table of countries (`NETWORK_COUNTRIES`) no address has a country, and devices alone are compared. What says
nothing of itself, or comes from a network of no known country, is a place of its own: silence opens nothing.
"""

from collections.abc import Collection
from typing import Any

from flask import Request

from kernel import networks
from web.devices import device_of


def seen(incoming: Request) -> dict[str, Any]:
    """From where a request comes, as its session keeps it: what the browser says of itself, and the country."""
    return {
        "agent": (incoming.user_agent.string or "")[:120],
        "country": networks.country_of(incoming.remote_addr),
    }


def is_other_device(before: str, now: str) -> bool:
    """Whether two browsers' words tell of different browsers or systems; another version is no other device."""
    return _device(before) != _device(now)


def is_away(now: str | None, residences: Collection[str]) -> bool:
    """Whether a country is none in which the person is known to live; nothing is known of somebody unverified."""
    return now is not None and bool(residences) and now not in residences


def has_moved(before: str | None, now: str | None, residences: Collection[str]) -> bool:
    """Whether a session has left the country that its proof was made in, but to come home."""
    return before != now and now not in residences


def _device(agent: str) -> tuple[str, str]:
    known = device_of(agent)
    return known if any(known) else (agent.partition("/")[0] or agent, "")
