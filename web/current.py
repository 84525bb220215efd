"""The present request: its actor, its tenant, its person, its settings."""

from typing import cast

from flask import current_app
from flask_login import current_user

from kernel import clock
from kernel.config import Settings
from kernel.errors import Unauthenticated
from kernel.policy import NOBODY, Actor, decide
from kernel.tenancy import Scope
from web.identity import Person, Place
from web.sessions import SignedIn


def signed_in() -> SignedIn | None:
    """Who is signed in, if anybody is."""
    return cast(SignedIn, current_user._get_current_object()) if current_user.is_authenticated else None


def actor() -> Actor:
    """Who acts; NOBODY where nobody is signed in."""
    user = signed_in()
    return user.actor if user else NOBODY


def may(action: str) -> bool:
    """Whether the actor's role may do something at all, for what a page offers: also what asks first who one is.

    The operation itself asks again.
    """
    return decide(actor(), action, None, clock.now()).is_within_reach


def scope() -> Scope:
    """The tenant of the signed-in person's chosen place."""
    org_id = actor().org_id
    if org_id is None:
        raise Unauthenticated("sign_in.no_place", _no_place())
    return Scope.tenant(org_id)


def person() -> Person | None:
    """The signed-in account."""
    user = signed_in()
    return user.person if user else None


def place() -> Place | None:
    """The chosen membership."""
    user = signed_in()
    return user.place if user else None


def settings() -> Settings:
    """The process's settings."""
    return cast(Settings, current_app.config["SETTINGS"])


def _no_place() -> object:
    from i18n import _

    return _("Your account is not part of any organization yet.")
