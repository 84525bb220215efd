"""What ends: accounts, roles, sessions, tokens, grants and proofs, each as a change of a town's rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from markupsafe import escape
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kernel.clock import now
from kernel.models import AccessGrant
from kernel.policy import Actor, Reason, Role, matrix, system_actor
from marketplace.models import Lane, Project
from marketplace.operations import requests
from tests.support import is_soak
from tests.web.conftest import ORG_KIND
from tests.web.town import SYSTEM, Case, Town, Visitor, chance
from web.models import AuthSession
from web.problems import HINTS
from workforce.models import Account, AccountToken, Agreement, AgreementSignature, Annotator, Membership
from workforce.operations.accounts import add_membership, create_account, end_membership
from workforce.values import CLASS_DEMANDS

SIGN_IN, SUSPENDED, STALE, NO_FACTOR, NO_ROLE = (
    "sign_in.needed", "not_allowed.user_suspended", "step_up.needed", "not_allowed.mfa_missing",
    "not_allowed.role_missing",
)  # fmt: skip


def code_of(response: TestResponse) -> str | None:
    """Why an answer is a no, as programs are told it; of a page, by its sentence."""
    is_sent_away = response.status_code == 303 and response.headers["Location"].startswith("/sign-in")
    if response.status_code == 401 or is_sent_away:
        return SIGN_IN
    if response.is_json and response.status_code >= 400:
        return str(response.get_json()["code"])
    if response.status_code != 403:
        return None
    text = response.get_data(as_text=True)
    said = [reason for reason, hint in HINTS.items() if str(escape(str(hint))) in text]
    if not said:
        return "forbidden by a rule of its own"
    return STALE if Reason.MFA_STALE in said else f"not_allowed.{said[0].value.lower()}"


@dataclass(frozen=True)
class Lapse:
    """Something that people had and have no more; what a browser and what a program is told from then on."""

    name: str
    change: Callable[[Session, Town], object]
    page: str | None = SIGN_IN
    api: str | None = SIGN_IN

    def tells(self, case: Case) -> str | None:
        return self.api if case.is_api else self.page


def _people(town: Town) -> list[str]:
    return [each.account_id for each in town.visitors.values()]


def _sessions(**values: Any) -> Callable[[Session, Town], object]:
    """A change of the visitors' sessions; what can be called is asked at that moment."""
    return lambda session, town: _set(session, AuthSession, town, values)


def _tokens(**values: Any) -> Callable[[Session, Town], object]:
    return lambda session, town: _set(session, AccountToken, town, values)


def _set(session: Session, model: Any, town: Town, values: dict[str, Any]) -> None:
    given = {name: value() if callable(value) else value for name, value in values.items()}
    session.execute(update(model).where(model.account_id.in_(_people(town))).values(**given))


def _accounts(**values: Any) -> Callable[[Session, Town], object]:
    return lambda session, town: session.execute(update(Account).where(Account.id.in_(_people(town))).values(**values))


def _end_roles(session: Session, town: Town) -> None:
    """As it is done: with somebody else in each place, for no organization is left without anybody to run it."""
    system = system_actor("test")
    for role, visitor in town.visitors.items():
        org_id = town.mine.org_of(ORG_KIND[role])
        other = create_account(session, system, email=f"{role.value}@next.example", name=f"Next {role.value}")
        add_membership(session, system, account_id=other.id, org_id=org_id, role=role)
        end_membership(session, system, visitor.membership_id)


def _have_no_role(session: Session, town: Town) -> None:
    """What somebody has who signs in after their only role was ended."""
    session.execute(update(Membership).where(Membership.account_id.in_(_people(town))).values(ended_at=now()))


ENDED = (
    Lapse("suspended", _accounts(status="suspended"), api=SUSPENDED),
    Lapse("erased", _accounts(status="erased")),
    Lapse("role ended", _end_roles),
    Lapse("session ended", _sessions(revoked_at=now), api=None),
    Lapse("session idle for too long", _sessions(idle_until=now), api=None),
    Lapse("session over", _sessions(absolute_until=now), api=None),
    Lapse("second step not taken", _sessions(waits=True), api=None),
    Lapse("password changed since", _accounts(auth_epoch=7), api=None),
    Lapse("token revoked", _tokens(revoked_at=now), page=None),
    Lapse("token expired", _tokens(expires_at=now), page=None),
)
WITHOUT_ROLE = Lapse("signed in without a role", _have_no_role, page=NO_ROLE)


def narrowed(scopes: Iterable[str]) -> Lapse:
    """Tokens for these actions alone."""
    return Lapse("a lesser token", _tokens(scopes=sorted(scopes)), page=None, api=NO_ROLE)


def proven(age: timedelta | None) -> Lapse:
    """Everybody proved who they are so long ago, or never."""
    at: Callable[[], datetime | None] = lambda: None if age is None else now() - age  # noqa: E731

    def change(session: Session, town: Town) -> None:
        _sessions(proven_at=at)(session, town)
        _tokens(proven_at=at)(session, town)

    return Lapse(f"proven {age} ago", change, STALE, STALE)


def _grants(**values: Callable[[], Any]) -> Callable[[Session, Town], object]:
    return lambda session, town: session.execute(
        update(AccessGrant)
        .where(AccessGrant.org_id == town.mine.client)
        .values(**{name: value() for name, value in values.items()})
    )


def _revoke(session: Session, town: Town) -> None:
    """As the client does it, who ends what is in hand as well."""
    visitor = town.visitors[Role.CLIENT_PM]
    actor = Actor(visitor.account_id, town.mine.client, Role.CLIENT_PM, org_kind="client")
    requests.revoke_grant(session, actor, town.mine.id_of(town.db, "project"))
    _grants(revoked_at=now)(session, town)  # and the grants of the world's other requests


GRANTS = (
    Lapse("expired", _grants(until_at=now)),
    Lapse("revoked", _revoke),
    Lapse("not begun", _grants(from_at=lambda: now() + timedelta(days=1))),
)


# Content: what clients bring, and what people make of it.
CONTENT = {"item.content_sealed", "judgment.answer", "assignment.draft_sealed", "item_original.content_sealed"}
SENSITIVE = [name for name, asked in CLASS_DEMANDS.items() if asked.factor_within is not None]


def holding(name: str) -> Lapse:
    """Data of a class, before people who have all that it asks for, but for the second factor."""

    def change(session: Session, town: Town) -> None:
        client, vendor = town.mine.client, town.mine.vendor
        protection = {"agreements": {"nda": 1}, "annex": {"nda": 1}, "countries": ["KE"], "networks": ["127.0.0.0/8"]}
        held = update(Project).where(Project.org_id == client)
        session.execute(held.values(classification=name, protection=protection))
        session.execute(update(Lane).where(Lane.org_id == client).values(classification=name))
        later = now() + timedelta(days=20)
        session.execute(
            update(Annotator)
            .where(Annotator.org_id == vendor)
            .values(clearance=3, clearance_until=later, identity_verified_at=now(), country="KE")
        )
        agreement_id = session.scalars(select(Agreement.id).where(Agreement.org_id == vendor)).one()
        for annotator_id in session.scalars(select(Annotator.id).where(Annotator.org_id == vendor)).all():
            session.add(
                AgreementSignature(
                    org_id=vendor, annotator_id=annotator_id, agreement_id=agreement_id, code="nda", version=1,
                    locale="en", text_sha256="0" * 64, signed_at=now(),
                )
            )  # fmt: skip

    return Lapse(f"data of the class {name}", change)


def shown(at: datetime | None, *, by_passkey: bool) -> Lapse:
    """A second factor, shown by everybody of the first world at that moment."""
    values = {"mfa_at": at, "mfa_kind": "passkey" if by_passkey else "totp", "passkey_at": at if by_passkey else None}
    return Lapse(f"shown at {at}", lambda session, town: session.execute(update(AuthSession).values(values)))


def elsewhere(town: Town, app: Flask) -> Town:
    """The same people, signed in as they are, before another application on the same database."""
    visitors = {role: visitor.before(app) for role, visitor in town.visitors.items()}
    return replace(town, app=app, visitors=visitors)


def lapse(town: Town, what: Lapse) -> None:
    """Have it be so, until the town is restored."""
    with town.db.transaction(SYSTEM) as session:
        what.change(session, town)


def roles_before(case: Case, roles: Iterable[Role] | None = None) -> list[Role]:
    """Who is asked: those that the matrix names, all in a soak, otherwise one of them, always the same one."""
    named = sorted(matrix().actions[matrix().endpoints[case.endpoint]["action"]]) if roles is None else sorted(roles)
    return named if is_soak() or not named else [named[chance(case) % len(named)]]


def visitors_before(town: Town, case: Case) -> list[tuple[Role, Visitor]]:
    return [(role, town.visitors[role]) for role in roles_before(case)]
