"""Organizations, accounts and the roles that accounts have in organizations."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from i18n import _
from i18n.negotiation import negotiate
from kernel import audit, guard, ids
from kernel.db import now_of
from kernel.errors import Conflict, Forbidden, Invalid, Misuse
from kernel.hot import Hot, table_of
from kernel.indexing import hold
from kernel.money import is_currency
from kernel.policy import Actor, Reason, Role
from web.models import AuthSession
from workforce import hashing
from workforce.leases import end_reviews
from workforce.models import Account, AccountToken, Membership, Organization
from workforce.naming import call
from workforce.policy import Action, account_resource, organization_resource
from workforce.queries.accounts import account_view, is_last, organization_view
from workforce.rules.indexes import address_indexes
from workforce.rules.names import clean_email, clean_name, email_key, name_key
from workforce.rules.passwords import ensure_strong
from workforce.rules.profiles import countries, time_zones
from workforce.rules.roles import fits, may_grant
from workforce.rules.scripts import looks
from workforce.values import AccountView, OrganizationView, OrgKind

_M = table_of(Membership)
_PLACE = Hot(
    select(_M.c.id).where(
        _M.c.account_id == bindparam("p_account"),
        _M.c.org_id == bindparam("p_org"),
        _M.c.role == bindparam("p_role"),
    )
)


def create_organization(
    session: Session, actor: Actor, *, kind: str, name: str, country: str | None = None, currency: str = "USD"
) -> OrganizationView:
    """Found a vendor, a client, or the operator's own organization. Names are unique in the installation."""
    guard.require(session, actor, Action.ORGANIZATION_CREATE)
    name = clean_name(name)
    _ensure_place(country, currency)
    if session.scalar(select(Organization.id).where(Organization.name_key == name_key(name))):
        message = _("There is an organization of this name already.")
        raise Conflict("organization.name_taken", message)
    # People's names are theirs, whatever they look like; an organization's is read on quotes, letters and payments.
    if any(looks(other) == looks(name) for other in session.scalars(select(Organization.name))):
        raise Conflict("organization.name_taken", _("There is an organization whose name looks the same."))
    row = Organization(
        id=ids.new_id(), kind=OrgKind(kind), name=name, name_key=name_key(name),
        country=country, currency=currency, created_at=now_of(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, actor, "organization.created", "organization", row.id, org_id=row.id, details={"kind": kind})
    return organization_view(row)


def create_account(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    password: str | None = None,
    locale: str = "en",
    time_zone: str = "UTC",
    check_strength: bool = True,
    is_confirmed: bool = False,
) -> AccountView:
    """Make an account. Only the system may skip the check of the password: for a demonstration's known ones.

    `is_confirmed` says that the person has proven to read what is sent to the address.
    """
    guard.require(session, actor, Action.ACCOUNT_CREATE)
    if not check_strength and not actor.is_system:
        raise Misuse("a person's password is always checked")
    email, name, key = clean_email(email), clean_name(name), email_key(email)
    if password is not None:
        password = ensure_strong(password, (email, name)) if check_strength else password
    _ensure_zone(time_zone)
    hold(session, [f"account|{key}"])
    if session.scalar(select(Account.id).where(Account.email_key.in_(address_indexes([key])))) is not None:
        message = _("There is an account with this address already. If it is yours, sign in with it.")
        raise Conflict("account.email_taken", message, field="email")
    row = Account(
        id=ids.new_id(),
        password_hash=hashing.hash_password(password) if password is not None else None,
        locale=negotiate([locale]), time_zone=time_zone, created_at=now_of(session), status="active", auth_epoch=0,
        email_confirmed_at=now_of(session) if is_confirmed else None,
    )  # fmt: skip
    call(session, row, name=name, email=email)
    session.add(row)
    session.flush()
    audit.record(session, actor, "account.created", "account", row.id, details={"has_password": password is not None})
    return account_view(row)


def add_membership(session: Session, actor: Actor, *, account_id: str, org_id: str, role: str) -> str:
    """Give an account a role; again, if it was ended before. Never to oneself, never a role above one's own."""
    guard.require(session, actor, Action.TEAM_MANAGE, organization_resource(org_id))
    wanted = Role(role)
    organization, account = session.get(Organization, org_id), session.get(Account, account_id)
    if organization is None or account is None or account.status == "erased":
        raise guard.not_found()
    ensure_grantable(actor, account_id, wanted)
    if not fits(wanted, OrgKind(organization.kind)):
        message = _("An organization of this kind does not have this role.")
        raise Invalid("membership.role_unfit", message, fields={"role": message})
    found = _PLACE.run(session, p_account=account_id, p_org=org_id, p_role=wanted.value).scalar_one_or_none()
    row = session.get(Membership, found) if found else None
    if row is not None and row.ended_at is None:
        return row.id
    row = _give(session, row, account_id, org_id, wanted)
    audit.record(
        session, actor, "membership.added", "membership", row.id, org_id=org_id,
        details={"account": account_id, "role": wanted.value},
    )  # fmt: skip
    return row.id


def end_membership(session: Session, actor: Actor, membership_id: str) -> None:
    """Take a role away: at once, with the sessions and tokens that rest on it, and the reviews in hand."""
    row = session.get(Membership, membership_id)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.TEAM_MANAGE, organization_resource(row.org_id))
    if row.ended_at is not None:
        return
    ensure_grantable(actor, row.account_id, Role(row.role))
    _ensure_not_last(session, row)
    now = now_of(session)
    row.ended_at = now
    session.execute(
        update(AccountToken)
        .where(AccountToken.membership_id == row.id, AccountToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    # What rests on this role, and no more: another organization's sessions of the same person are not ours to end.
    session.execute(
        update(AuthSession)
        .where(AuthSession.membership_id == row.id, AuthSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    session.flush()
    end_reviews(session, actor, row.account_id, row.org_id, cause="role")
    audit.record(
        session, actor, "membership.ended", "membership", row.id, org_id=row.org_id,
        details={"account": row.account_id, "role": row.role},
    )  # fmt: skip


def set_locale(session: Session, actor: Actor, account_id: str, locale: str) -> None:
    """Choose the language of one's pages, among those that there are."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    session.execute(update(Account).where(Account.id == account_id).values(locale=negotiate([locale])))


def set_profile(
    session: Session, actor: Actor, account_id: str, *, name: str, locale: str, time_zone: str
) -> AccountView:
    """Change one's name, language and time zone."""
    guard.require(session, actor, Action.ACCOUNT_SELF, account_resource(account_id))
    row = session.get(Account, account_id)
    if row is None:
        raise guard.not_found()
    _ensure_zone(time_zone)
    call(session, row, name=clean_name(name))
    row.locale, row.time_zone = negotiate([locale]), time_zone
    session.flush()
    audit.record(session, actor, "account.changed", "account", row.id)
    return account_view(row)


def ensure_grantable(actor: Actor, account_id: str | None, role: Role) -> None:
    """Raise Forbidden where the actor may not give, or end, this role of that account (None: whoever it will be)."""
    if actor.is_system:
        return
    if actor.account_id == account_id:
        message = _("Nobody changes their own roles. Ask a colleague who may.")
        raise Forbidden(f"not_allowed.{Reason.SELF_APPROVAL.value.lower()}", message)
    if not may_grant(actor.role, role):
        message = _("You cannot give or end a role above your own.")
        raise Forbidden(f"not_allowed.{Reason.ROLE_MISSING.value.lower()}", message)


def _give(session: Session, ended: Membership | None, account_id: str, org_id: str, role: Role) -> Membership:
    row = ended or Membership(id=ids.new_id(), account_id=account_id, org_id=org_id, role=role)
    row.from_at, row.ended_at = now_of(session), None
    session.add(row)
    session.flush()
    return row


def _ensure_not_last(session: Session, row: Membership) -> None:
    if is_last(session, row.org_id, row.role):
        message = _("This is the last one who can run the organization. Give the role to somebody else first.")
        raise Conflict("membership.last", message)


def _ensure_place(country: str | None, currency: str) -> None:
    if country is not None and country not in countries():
        message = _("Choose a country from the list.")
        raise Invalid("organization.invalid", message, fields={"country": message})
    if not is_currency(currency):
        message = _("Choose a currency from the list.")
        raise Invalid("organization.invalid", message, fields={"currency": message})


def _ensure_zone(time_zone: str) -> None:
    if time_zone not in time_zones():
        message = _("Choose a time zone from the list.")
        raise Invalid("account.invalid", message, fields={"time_zone": message})
