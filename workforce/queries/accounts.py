"""Reads of organizations, accounts, memberships and tokens: global tables, so each read names whose rows it wants."""

from collections.abc import Sequence

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from kernel.db import now_of
from kernel.errors import Invalid
from kernel.paging import Paging
from kernel.policy import Actor, Role
from kernel.walls import constant
from workforce.models import Account, AccountToken, Membership, Organization
from workforce.rules.indexes import address_indexes
from workforce.rules.names import email_key, name_key
from workforce.rules.roles import KEEPER
from workforce.values import AccountView, MemberRow, OrganizationView, OrgKind, PlaceView, TokenView

MOST_ROWS = 200
_BY_NAME = Paging("organizations", Organization.name_key)
_MEMBERS = Paging("members", Membership.id)


def _live_places() -> Select[Membership, Organization]:
    return (
        select(Membership, Organization)
        .join(Organization, Organization.id == Membership.org_id)
        .where(Membership.ended_at.is_(None))
    )


_PLACES = constant(
    _live_places()
    .where(Membership.account_id == bindparam("p_account"))
    .order_by(Organization.name_key, Membership.role)
)


def organization_of(session: Session, org_id: str) -> OrganizationView | None:
    """An organization by its id."""
    row = session.get(Organization, org_id)
    return organization_view(row) if row else None


def organizations(
    session: Session, *, kind: OrgKind | None = None, named: str = "", after: str | None = None, limit: int = 50
) -> tuple[list[OrganizationView], str | None]:
    """Organizations by the key of their names, with `named` in it; `after` is the page before's cursor."""
    limit = min(limit, MOST_ROWS)
    statement = select(Organization).where(*_BY_NAME.after(after)).order_by(*_BY_NAME.order()).limit(limit + 1)
    if kind:
        statement = statement.where(Organization.kind == kind)
    if named.strip():
        statement = statement.where(Organization.name_key.contains(name_key(named), autoescape=True))
    rows, next_after = _BY_NAME.cut(session.scalars(statement).all(), limit)
    return [organization_view(row) for row in rows], next_after


def members_with(session: Session, org_id: str, role: Role) -> Sequence[Account]:
    """The active accounts that have a role in an organization."""
    return session.scalars(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.org_id == org_id, Membership.role == role.value, Membership.ended_at.is_(None),
            Account.status == "active",
        )
        .order_by(Account.id)
    ).all()  # fmt: skip


def account_of(session: Session, account_id: str) -> AccountView | None:
    """An account by its id."""
    row = session.get(Account, account_id)
    return account_view(row) if row else None


def find_account(session: Session, email: str) -> AccountView | None:
    """An account by its address, however it is written; None also for what is no address."""
    try:
        key = email_key(email)
    except Invalid:
        return None
    row = session.scalars(by_address(key)).first()
    return account_view(row) if row else None


def by_address(key: str) -> Select[Account]:
    """Whose address this is; were it written twice while keys were turned over, whoever had it first."""
    statement = select(Account).where(Account.email_key.in_(address_indexes([key])))
    return statement.order_by(Account.created_at, Account.id).limit(1)


def places_of(session: Session, account_id: str) -> list[PlaceView]:
    """The live memberships of an account, by the organization's name and the role."""
    rows = session.execute(_PLACES, {"p_account": account_id})
    return [place_view(membership, organization) for membership, organization in rows]


def actor_of(session: Session, account_id: str, membership_id: str | None = None) -> Actor | None:
    """The actor that an account is in one of its places (the first one, if none is named); None for no such place."""
    statement = _live_places().where(Membership.account_id == account_id)
    if membership_id:
        statement = statement.where(Membership.id == membership_id)
    account = session.get(Account, account_id)
    found = session.execute(statement.order_by(Organization.name_key, Membership.role).limit(1)).first()
    if account is None or found is None:
        return None
    membership, organization = found
    return Actor(
        account_id=account.id,
        org_id=organization.id,
        role=Role(membership.role),
        membership_id=membership.id,
        org_kind=organization.kind,
        suspended=account.status != "active",
    )


def members_of(
    session: Session, org_id: str, *, role: Role | None = None, after: str | None = None, limit: int = 50
) -> tuple[list[MemberRow], str | None]:
    """The live memberships of an organization but those of annotators, who have a list of their own."""
    limit = min(limit, MOST_ROWS)
    statement = (
        select(Membership, Account)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.org_id == org_id, Membership.ended_at.is_(None), *_MEMBERS.after(after))
        .order_by(*_MEMBERS.order())
        .limit(limit + 1)
    )
    statement = statement.where(Membership.role == role if role else Membership.role != Role.ANNOTATOR)
    rows, next_after = _MEMBERS.cut(session.execute(statement).all(), limit)
    return [_member_row(membership, account) for membership, account in rows], next_after


def tokens_of(session: Session, account_id: str) -> list[TokenView]:
    """The tokens of an account that still work, newest first."""
    rows = session.scalars(
        select(AccountToken)
        .where(
            AccountToken.account_id == account_id,
            AccountToken.revoked_at.is_(None),
            AccountToken.expires_at > now_of(session),
        )
        .order_by(AccountToken.created_at.desc(), AccountToken.id)
    )
    return [token_view(row) for row in rows]


def organization_view(row: Organization) -> OrganizationView:
    return OrganizationView(row.id, OrgKind(row.kind), row.name, row.country, row.currency, row.created_at)


def account_view(row: Account) -> AccountView:
    return AccountView(
        row.id,
        row.email,
        row.name,
        row.locale,
        row.time_zone,
        row.status,
        row.auth_epoch,
        row.factor_since,
        row.has_short_password,
        row.email_confirmed_at,
    )


def runs_alone(session: Session, account_id: str) -> bool:
    """Whether an organization would have nobody left who can run it, were all roles of this account ended."""
    held = select(Membership).where(Membership.account_id == account_id, Membership.ended_at.is_(None))
    return any(is_last(session, row.org_id, row.role) for row in session.scalars(held).all())


def is_last(session: Session, org_id: str, role: str) -> bool:
    """Whether this is the role that runs the organization, and one person holds it."""
    keeper = KEEPER[OrgKind(session.get_one(Organization, org_id).kind)]
    live = (Membership.org_id == org_id, Membership.role == keeper, Membership.ended_at.is_(None))
    return role == keeper and session.scalar(select(func.count()).select_from(Membership).where(*live)) == 1


def place_view(membership: Membership, organization: Organization) -> PlaceView:
    return PlaceView(
        membership.id, organization.id, organization.name, OrgKind(organization.kind), Role(membership.role)
    )


def token_view(row: AccountToken) -> TokenView:
    return TokenView(
        row.id, row.account_id, row.membership_id, row.name, tuple(row.scopes),
        row.created_at, row.expires_at, row.last_used_at,
    )  # fmt: skip


def _member_row(membership: Membership, account: Account) -> MemberRow:
    return MemberRow(
        membership.id, account.id, account.name, account.email, Role(membership.role),
        membership.from_at, account.status != "active",
    )  # fmt: skip
