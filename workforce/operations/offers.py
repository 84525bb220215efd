"""Roles in a team: offered to an address by letter, and held by nobody who has not accepted.

Whoever runs an organization cannot make a colleague by themselves: an account, its password and the role come about by
the hand of whoever reads the address. What is answered to an offer is the same whether the address has an account.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids, mail
from kernel.changes import changed_rows
from kernel.crypto import digest, sealed_text
from kernel.db import insert_ignoring, now_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.indexing import hold
from kernel.policy import Actor, Reason, Role, system_actor
from web.roles import ROLE_LABELS
from workforce.letters import tell
from workforce.models import Account, Membership, Organization, RoleOffer
from workforce.operations.accounts import add_membership, create_account, ensure_grantable
from workforce.operations.invitations import confirm
from workforce.policy import Action, organization_resource
from workforce.queries.accounts import find_account
from workforce.queries.offers import offer_view, state_of
from workforce.rules import letters
from workforce.rules.indexes import address_index, address_indexes
from workforce.rules.names import clean_email, email_key
from workforce.rules.roles import KEEPER, fits, may_grant
from workforce.values import OfferState, OfferView, OrgKind

GOOD_FOR = timedelta(days=7)
BETWEEN_LETTERS = timedelta(minutes=10)
_MOST_TOLD = 50  # of those who run an organization
UNKNOWN = _("This address belongs to no offer of a role. A newer letter may have taken its place.")
WORTHLESS = {
    OfferState.ACCEPTED: _("This role was accepted already. Sign in with the account that accepted it."),
    OfferState.WITHDRAWN: _("This offer was taken back."),
    OfferState.EXPIRED: _("This offer has expired. Ask whoever sent it for another one."),
    OfferState.WAITING: _("This offer has expired. Ask whoever sent it for another one."),
}
AddressOf = Callable[[str], str]


def offer_role(
    session: Session, actor: Actor, *, email: str, role: str, locale: str, address_of: AddressOf
) -> OfferView:
    """Offer an address a role in one's organization by a letter, which is written in `locale`.

    The same offer again is another letter, and the address in the one before is worth nothing any more.
    """
    org_id = actor.org_id or ""
    guard.require(session, actor, Action.TEAM_MANAGE, organization_resource(org_id))
    organization, wanted = session.get_one(Organization, org_id), Role(role)
    own = session.get(Account, actor.account_id) if actor.account_id else None
    is_own = own is not None and email_key(own.email) == email_key(clean_email(email))
    ensure_grantable(actor, actor.account_id if is_own else None, wanted)
    if not fits(wanted, OrgKind(organization.kind)):
        message = _("An organization of this kind does not have this role.")
        raise Invalid("membership.role_unfit", message, fields={"role": message})
    return _offer(session, actor, organization, email, wanted, locale, address_of)


def offer_first_role(
    session: Session, actor: Actor, org_id: str, *, email: str, locale: str, address_of: AddressOf
) -> OfferView:
    """Offer the role that runs an organization just founded, by a letter, for nobody is in it who could offer it. A
    letter to another address takes the place of the ones before."""
    guard.require(session, actor, Action.ORGANIZATION_CREATE)
    organization, now, key = session.get_one(Organization, org_id), now_of(session), email_key(clean_email(email))
    session.execute(
        update(RoleOffer)
        .where(
            RoleOffer.org_id == org_id, RoleOffer.email_key.not_in(address_indexes([key])),
            RoleOffer.accepted_at.is_(None), RoleOffer.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )  # fmt: skip
    return _offer(session, actor, organization, email, KEEPER[OrgKind(organization.kind)], locale, address_of)


def _offer(
    session: Session, actor: Actor, organization: Organization, email: str, wanted: Role, locale: str,
    address_of: AddressOf,
) -> OfferView:  # fmt: skip
    org_id, email = organization.id, clean_email(email)
    row, now = _held(session, org_id, email, wanted), now_of(session)
    waits = row.secret_hash is not None and state_of(row, now) is OfferState.WAITING
    if waits and row.offered_at > now - BETWEEN_LETTERS:
        message = _("This role was offered to this address just now. Send another letter in ten minutes.")
        raise Conflict("offer.too_often", message, field="email")
    secret = ids.new_secret(32)
    row.email, row.secret_hash, row.offered_at, row.offered_by = email, digest(secret), now, actor.account_id
    row.expires_at, row.accepted_at, row.withdrawn_at = now + GOOD_FOR, None, None
    text = letters.role_offered(organization.name, ROLE_LABELS[wanted], address_of(secret), GOOD_FOR.days)
    mail.post(session, row.email, text.subject_for(locale), text.text_for(locale))
    session.flush()
    audit.record(session, actor, "role.offered", "role_offer", row.id, org_id=org_id, details={"role": wanted.value})
    return offer_view(row, now)


def withdraw_offer(session: Session, actor: Actor, offer_id: str) -> OfferView:
    """Take an offer back: its address is worth nothing from now on."""
    row = session.get(RoleOffer, offer_id)
    if row is None:
        raise guard.not_found()
    guard.require(session, actor, Action.TEAM_MANAGE, organization_resource(row.org_id))
    session.refresh(row, with_for_update=True)
    if row.accepted_at is not None:
        raise Conflict("offer.accepted", _("This offer was accepted already. End the role instead."))
    if row.withdrawn_at is None:
        row.withdrawn_at = now_of(session)
        session.flush()
        audit.record(session, actor, "role.offer_withdrawn", "role_offer", row.id, org_id=row.org_id)
    return offer_view(row, now_of(session))


def accept_offer(
    session: Session, actor: Actor, secret: str, *, name: str | None = None, password: str | None = None,
    locale: str = "en",
) -> tuple[str, str]:  # fmt: skip
    """Take the role by a mailed secret, which is used up, in the scope of the organization; all of it or nothing.

    Whoever has no account gets one with that address, which the secret proves. Returns account and membership.
    """
    row = _spend(session, secret)
    role, offered_by = Role(row.role), session.get(Account, row.offered_by) if row.offered_by else None
    if not _still_may(session, row, role):
        raise Conflict("offer.worthless", WORTHLESS[OfferState.WITHDRAWN])
    account_id = _account_for(session, actor, row, name, password, locale)
    machine = system_actor("role offer", row.org_id)
    membership_id = add_membership(session, machine, account_id=account_id, org_id=row.org_id, role=role.value)
    audit.record(
        session, Actor(account_id, row.org_id, None), "role.accepted", "role_offer", row.id, org_id=row.org_id,
        details={"role": role.value, "membership": membership_id},
    )  # fmt: skip
    account = session.get_one(Account, account_id)
    told = letters.role_taken(account.name, account.email, ROLE_LABELS[role], offered_by.name if offered_by else "–")
    for keeper in _keepers(session, row.org_id, but=account_id):
        tell(session, keeper, told)
    return account_id, membership_id


def hold_offers(session: Session, actor: Actor, org_id: str) -> None:
    """Let nobody accept a role in the organization, nor found it again, before this transaction ends; who is just doing
    so comes first."""
    # Rows that refer to the organization are written meanwhile.
    session.execute(select(Organization.id).where(Organization.id == org_id).with_for_update(key_share=True))
    session.execute(select(RoleOffer.id).where(RoleOffer.org_id == org_id).order_by(RoleOffer.id).with_for_update())


def _held(session: Session, org_id: str, email: str, role: Role) -> RoleOffer:
    """The one row of this offer, which nobody else changes meanwhile."""
    key, row_id, now = email_key(email), ids.new_id(), now_of(session)
    of_address = (
        select(RoleOffer)
        .where(
            RoleOffer.org_id == org_id, RoleOffer.role == role.value, RoleOffer.email_key.in_(address_indexes([key]))
        )
        .order_by(RoleOffer.offered_at.desc(), RoleOffer.id)
        .limit(1)
        .with_for_update()
    )  # fmt: skip
    hold(session, [f"offer|{org_id}|{role}|{key}"])
    row = session.scalars(of_address).one_or_none()
    if row is not None:
        return row
    sealed = sealed_text(email, "role_offer", "email_sealed", row_id, org_id)
    place = {"org_id": org_id, "email_key": address_index(key), "role": role.value}
    new = {"id": row_id, "email_sealed": sealed, "offered_at": now, "expires_at": now}
    insert_ignoring(session, RoleOffer, [place | new], ["org_id", "email_key", "role"])
    return session.scalars(of_address).one()


def _spend(session: Session, secret: str) -> RoleOffer:
    """Use the secret up; of two at once only one gets in. Raises Conflict that says why it does not work."""
    now, hashed = now_of(session), digest(secret)
    spent = session.execute(
        update(RoleOffer)
        .where(
            RoleOffer.secret_hash == hashed, RoleOffer.accepted_at.is_(None), RoleOffer.withdrawn_at.is_(None),
            RoleOffer.expires_at > now,
        )
        .values(accepted_at=now)
    )  # fmt: skip
    row = session.scalars(select(RoleOffer).where(RoleOffer.secret_hash == hashed)).one_or_none()
    if row is None:
        raise Conflict("offer.unknown", UNKNOWN)
    if changed_rows(spent) != 1:
        raise Conflict("offer.worthless", WORTHLESS[state_of(row, now)])
    session.refresh(row)
    return row


def _still_may(session: Session, row: RoleOffer, role: Role) -> bool:
    """Whether whoever offered the role could still give it: in that organization, or as the operator who founded it."""
    held = session.scalars(
        select(Membership.role).where(
            Membership.account_id == row.offered_by,
            Membership.ended_at.is_(None),
            or_(Membership.org_id == row.org_id, Membership.role == Role.OPERATOR),
        )
    )
    return any(may_grant(Role(each), role) for each in held)


def _account_for(
    session: Session, actor: Actor, row: RoleOffer, name: str | None, password: str | None, locale: str
) -> str:
    known = find_account(session, row.email)
    if actor.account_id is not None:
        if known is None or known.id != actor.account_id:
            message = _("This offer is for another address than that of your account.")
            raise Forbidden(f"not_allowed.{Reason.NOT_YOURS.value.lower()}", message)
        confirm(session, actor.account_id, now_of(session))
        return actor.account_id
    if known is not None:
        raise Conflict("offer.sign_in", _("There is an account with this address. Sign in with it first."))
    account = create_account(
        session, system_actor("role offer"), email=row.email, name=name or "", password=password or "", locale=locale,
        is_confirmed=True,
    )  # fmt: skip
    return account.id


def _keepers(session: Session, org_id: str, *, but: str) -> list[Account]:
    keeper = KEEPER[OrgKind(session.get_one(Organization, org_id).kind)]
    statement = (
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.org_id == org_id, Membership.role == keeper.value, Membership.ended_at.is_(None),
            Account.status == "active", Account.id != but,
        )
        .order_by(Account.id)
        .limit(_MOST_TOLD)
    )  # fmt: skip
    return list(session.scalars(statement))
