"""`/api/v1/account`: one's own name, password, devices and tokens, and a token by address and password."""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from i18n import _
from kernel.errors import Conflict, NotFound, Unauthenticated
from kernel.policy import Actor, system_actor
from kernel.tenancy import Scope
from web import sessions, stepup
from web.forms import InModel
from web.identity import Person, directory
from web.problems import NOT_FOUND
from web.views.door import prove
from workforce import operations, queries
from workforce.api import api
from workforce.api.shapes import (
    AccountIn,
    NewPasswordIn,
    NewTokenIn,
    NewTokenOut,
    SessionOut,
    TokenOut,
)
from workforce.forgotten import ask_new_password

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ForgottenIn(InModel):
    """Whose password is forgotten."""

    email: str = Field(max_length=300)


class LinkIn(InModel):
    """The secret of the mailed address (its last part), and the new password."""

    secret: str = Field(max_length=200)
    password: str = Field(max_length=2000)


def _own() -> Scope:
    return Scope.system("own account")


def _proven(body: NewTokenIn) -> Person:
    """The person, under the limits of signing in; one answer for a wrong password and for no such account."""
    person = prove(body.email, body.password)
    if person is None:
        raise Unauthenticated("sign_in.refused", _("This e-mail address and password do not fit together."))
    if person.has_factor and stepup.check_code(person, body.code) is None:
        raise Unauthenticated(
            "sign_in.code_refused", _("Send a `code` of your authenticator app; this one was not right.")
        )
    return person


@api.put("/account", body=AccountIn, returns=None, scope=_own)
def save_account(session: "Session", actor: Actor, body: AccountIn) -> None:
    """Change one's name, language and time zone"""
    directory().set_profile(session, actor, **body.model_dump())


@api.put("/account/password", body=NewPasswordIn, returns=None, scope=_own)
def change_password(session: "Session", actor: Actor, body: NewPasswordIn) -> None:
    """Change one's password; every device is signed out, tokens go on"""
    directory().set_password(session, actor, old=body.current_password, new=body.new_password)
    sessions.end_other_sessions(session, actor.account_id or "", None)


@api.get("/account/sessions", returns=list[SessionOut], scope=_own)
def live_sessions(session: "Session", actor: Actor) -> list[SessionOut]:
    """Where one is signed in"""
    return [
        SessionOut(
            id=row.id, created_at=row.created_at, seen_at=row.seen_at, network=row.network,
            device=sessions.device_words(row),
        )
        for row in sessions.live_sessions(session, actor.account_id or "")
    ]  # fmt: skip


@api.delete("/account/sessions/<session_id>", scope=_own)
def revoke_session(session: "Session", actor: Actor, session_id: str) -> None:
    """Sign a device out"""
    if not sessions.end_session(session, actor.account_id or "", session_id):
        raise NotFound("not_found", NOT_FOUND)


def _count_asking(body: ForgottenIn) -> bool:
    ask_new_password(body.email)
    return True


@api.post(
    "/account/forgotten", body=ForgottenIn, returns=None, status=204, scope=_own, public=True, before=_count_asking
)
def ask_for_password(session: "Session", actor: Actor, body: ForgottenIn, proven: bool) -> None:
    """Mail the way to a new password to the address, if an account has it; which is not told"""


@api.post("/account/new-password", body=LinkIn, returns=None, status=204, scope=_own, public=True)
def set_new_password(session: "Session", actor: Actor, body: LinkIn) -> None:
    """Set a new password with the secret that was mailed, once; every device is signed out"""
    operations.set_password_by_link(session, system_actor("forgotten password"), body.secret, body.password)


@api.get("/account/tokens", returns=list[TokenOut], scope=_own)
def tokens(session: "Session", actor: Actor) -> Any:
    """One's tokens that still work"""
    return queries.tokens_of(session, actor.account_id or "")


@api.post(
    "/account/tokens", body=NewTokenIn, returns=NewTokenOut, creates=True, scope=_own, public=True, before=_proven
)
def create_token(session: "Session", actor: Actor, body: NewTokenIn, proven: Person) -> NewTokenOut:
    """Make a token with address and password; a token makes no other. Its secret is told this once"""
    places = queries.places_of(session, proven.id)
    if not places:
        raise Conflict("token.no_place", _("A token acts in an organization, and you are in none yet."))
    token, secret = operations.create_token(
        session, Actor(proven.id, None, None), account_id=proven.id, name=body.name, scopes=["all"], days=body.days,
        membership_id=body.membership_id or places[0].membership_id,
    )  # fmt: skip
    return NewTokenOut(token=TokenOut.model_validate(token), secret=secret)


@api.delete("/account/tokens/<token_id>", scope=_own)
def revoke_token(session: "Session", actor: Actor, token_id: str) -> None:
    """Revoke one of one's tokens; it is refused from then on"""
    directory().revoke_token(session, actor, token_id)
