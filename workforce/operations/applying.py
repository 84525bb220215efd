"""A whole application in one transaction: the account where there is none, the profile, and the signatures."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard
from kernel.errors import Invalid
from kernel.policy import Actor, Role
from workforce.operations.accounts import create_account
from workforce.operations.addresses import post_confirmation
from workforce.operations.agreements import sign_agreement
from workforce.operations.people import apply_to_pool
from workforce.policy import Action
from workforce.queries.accounts import actor_of, find_account, places_of
from workforce.queries.agreements import agreements_in_force
from workforce.queries.pools import open_pool
from workforce.queries.sign_in import check_password
from workforce.rules.names import clean_email, clean_name
from workforce.rules.passwords import ensure_strong
from workforce.rules.profiles import Stated, clean_languages, clean_profile

FOR_EVERYBODY = "public"


def apply_with_signatures(
    session: Session, actor: Actor, *, pool_id: str, languages: Sequence[Stated],
    signatures: Mapping[str, str], network: str, is_invited: bool = False, **stated: Any,
) -> str:  # fmt: skip
    """Apply with the actor's own account and sign what they have read, agreements by id with the locale that was
    read; in the scope of the pool's vendor. Returns the new membership."""
    person = apply_to_pool(session, actor, pool_id=pool_id, languages=languages, is_invited=is_invited, **stated)
    assert actor.account_id is not None
    place = next(
        place
        for place in places_of(session, actor.account_id)
        if place.org_id == person.org_id and place.role == Role.ANNOTATOR
    )
    member = actor_of(session, actor.account_id, place.membership_id)
    assert member is not None
    for agreement_id, locale in signatures.items():
        sign_agreement(session, member, agreement_id, locale=locale, network=network)
    return place.membership_id


def apply_as_stranger(
    session: Session, actor: Actor, *, pool_id: str, email: str, name: str, password: str, locale: str,
    time_zone: str, languages: Sequence[Stated], signatures: Mapping[str, str], network: str,
    confirm_at: str, **stated: Any,
) -> None:  # fmt: skip
    """Make an account and apply with it. The actor is the system, which answers for whoever has none yet. The letter
    that confirms the address leads to `confirm_at`, which holds TOKEN in the place of its secret.

    Where the address has an account, nothing is written but a line of the log, and the caller cannot tell: all that
    could be wrong with the application is asked before, and a password is worked on either way.
    """
    guard.require(session, actor, Action.ACCOUNT_CREATE)
    found = open_pool(session, pool_id)
    if found is None:
        raise guard.not_found()
    ensure_complete(session, found[0].org_id, signatures)
    ensure_strong(password, (clean_email(email), clean_name(name)))
    clean_profile(time_zone=time_zone, **stated)
    clean_languages(languages)
    if find_account(session, email) is not None:
        check_password(session, email, password)  # the same work as for a new account, and nothing follows from it
        audit.record(session, actor, "application.refused", "pool", pool_id, outcome="denied", link=False)
        return
    account = create_account(
        session, actor, email=email, name=name, password=password, locale=locale, time_zone=time_zone
    )
    apply_with_signatures(
        session, Actor(account.id, None, None), pool_id=pool_id, languages=languages, signatures=signatures,
        network=network, time_zone=time_zone, **stated,
    )  # fmt: skip
    post_confirmation(session, actor, account.id, confirm_at)


def ensure_complete(session: Session, org_id: str, signatures: Mapping[str, str]) -> None:
    """Everything that is asked of everybody is signed, in a language in which it can be read, and nothing else."""
    texts = {one.id: one for one in agreements_in_force(session, org_id)}
    needed = {one.id for one in texts.values() if one.required_from == FOR_EVERYBODY}
    if not needed <= set(signatures):
        message = _("Read and sign what is asked of everybody.")
    elif any(id_ not in texts or locale not in texts[id_].texts for id_, locale in signatures.items()):
        message = _("This agreement does not exist in that language.")
    else:
        return
    raise Invalid("application.agreements", message, fields={"agreements": message})
