"""Addresses of pages that are mailed to people."""

from flask import url_for

PLACE = "TOKEN"  # where a job puts the secret that it makes


def invitation_address(secret: str = PLACE) -> str:
    """Where an invitation is accepted."""
    return url_for("workforce.invitation", token=secret, _external=True)


def role_offer_address(secret: str = PLACE) -> str:
    """Where a role is accepted."""
    return url_for("workforce.role_offer", token=secret, _external=True)


def confirmation_address(secret: str = PLACE) -> str:
    """Where an e-mail address is confirmed."""
    return url_for("workforce.address_link", token=secret, _external=True)
