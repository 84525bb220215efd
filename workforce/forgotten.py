"""Asking for a new password, as the page and the API do it: under limits, with an answer that tells nothing."""

from flask import request, url_for

from kernel import db
from kernel.policy import system_actor
from kernel.tenancy import Scope
from web import limits, sessions
from workforce import operations
from workforce.rules.indexes import address_counted_as


def ask_new_password(email: str) -> None:
    """Mail the way, under limits that count an unknown address like a known one. Raises TooMany."""
    network = sessions.network_of(request.remote_addr)
    with db.transaction(Scope.system("forgotten password")) as session:
        limits.count(session, "forgotten-network", network, most=30, seconds=limits.HOUR)
        limits.count(session, "forgotten", address_counted_as(email), most=3, seconds=limits.HOUR)
    with db.transaction(Scope.system("forgotten password")) as session:
        operations.ask_new_password(session, system_actor("forgotten password"), email, _address)


def _address(secret: str) -> str:
    return url_for("workforce.new_password", token=secret, _external=True)
