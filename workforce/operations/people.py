"""Applicants and profiles: applying to a pool, being admitted or declined, and changing what one states."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from i18n import _
from kernel import audit, guard, ids
from kernel.crypto import sealed_text
from kernel.db import now_of
from kernel.errors import Conflict, Misuse
from kernel.hot import Hot, table_of
from kernel.policy import Actor, Role, system_actor
from workforce.demand import locales_in_demand
from workforce.models import Account, Annotator, Pool, StandingChange
from workforce.operations.accounts import add_membership
from workforce.operations.codes import keep_codes
from workforce.operations.languages import put_claims
from workforce.operations.receipts import checked_evidence, issue_receipt
from workforce.operations.standing import CAUSE, RULE_VERSION, change_standing, end_standing_receipts, move
from workforce.policy import Action, account_resource, annotator_resource
from workforce.queries.people import annotator_view
from workforce.queries.rows import annotator_row, annotator_row_of
from workforce.rules.names import clean_text
from workforce.rules.profiles import Stated, clean_languages, clean_profile, ensure_varieties
from workforce.rules.standing import REAPPLY_AFTER, may_apply_again
from workforce.values import AnnotatorView, Profile, ReceiptKind, Standing

__all__ = ["admit", "apply_to_pool", "change_standing", "decline", "update_profile"]

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
_PSEUDONYM_LENGTH = 6


def apply_to_pool(
    session: Session,
    actor: Actor,
    *,
    pool_id: str,
    country: str | None,
    time_zone: str,
    weekly_hours: int,
    languages: Sequence[Stated],
    skills: Iterable[str] = (),
    domains: Iterable[str] = (),
    about: str | None = None,
    account_id: str | None = None,
    is_invited: bool = False,
) -> AnnotatorView:
    """Apply, in the scope of the pool's vendor, as the actor's own account (the system names an account).

    Who was invited need not wait for the pool to open, nor for an earlier refusal to grow old.
    """
    applicant = _applicant(session, actor, account_id)
    guard.require(session, actor, Action.POOL_APPLY, account_resource(applicant.id))
    pool = session.get(Pool, pool_id)
    if pool is None:
        raise guard.not_found()
    if not pool.is_open and not is_invited:
        raise Conflict("pool.closed", _("This pool takes no applications at the moment."))
    profile = clean_profile(
        country=country, time_zone=time_zone, weekly_hours=weekly_hours, skills=skills, domains=domains, about=about
    )
    claims = clean_languages(languages)
    ensure_varieties([tag for tag, _level, _modes in claims], locales_in_demand(session))
    earlier = annotator_row_of(session, applicant.id, pool.org_id)
    if earlier is None:
        person = _fresh(session, pool, applicant.id, profile)
    else:
        person = _again(session, actor, pool, earlier, profile, is_invited)
    keep_codes(session, person)
    put_claims(session, actor, person, claims, is_first=earlier is None)
    add_membership(
        session, system_actor("application"), account_id=applicant.id, org_id=pool.org_id, role=Role.ANNOTATOR
    )
    audit.record(
        session, actor, "application.sent", "annotator", person.id, org_id=pool.org_id, details={"pool": pool.id}
    )
    return annotator_view(person)


def admit(session: Session, actor: Actor, annotator_id: str) -> AnnotatorView:
    """Let an applicant work. Which work is decided lane by lane."""
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.PEOPLE_ADMIT, annotator_resource(person))
    _ensure_applied(person)
    move(session, actor, person, Standing.ACTIVE, "admitted", admitted_at=now_of(session), admitted_by=actor.account_id)
    end_standing_receipts(session, system_actor("admission", person.org_id), person)
    return annotator_view(person)


def decline(
    session: Session, actor: Actor, annotator_id: str, reason: str, evidence: Sequence[Mapping[str, str]] = ()
) -> AnnotatorView:
    """Turn an application down, with a reason that the person reads and may appeal."""
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.PEOPLE_ADMIT, annotator_resource(person))
    _ensure_applied(person)
    reason = clean_text(reason, "reason", 2000)
    pool, change_id = session.get(Pool, person.pool_id), ids.new_id()
    receipt_id = issue_receipt(
        session,
        actor,
        annotator_id=person.id,
        kind=ReceiptKind.NOT_ADMITTED,
        rule="admission",
        rule_version=RULE_VERSION,
        what=_("Your application to %(pool)s was not accepted.", pool=pool.name if pool else ""),
        why=_("The vendor's reason: “%(reason)s”", reason=reason),
        way_back=_("You may apply again from %(date)s.", date=(now_of(session) + REAPPLY_AFTER).date()),
        evidence=checked_evidence(session, actor, person.id, evidence),
        cause_kind=CAUSE,
        cause_id=change_id,
    )
    move(session, actor, person, Standing.DECLINED, reason, change_id=change_id, receipt_id=receipt_id)
    return annotator_view(person)


def update_profile(
    session: Session,
    actor: Actor,
    annotator_id: str,
    *,
    country: str | None,
    time_zone: str,
    weekly_hours: int,
    skills: Iterable[str],
    domains: Iterable[str],
    about: str | None,
) -> AnnotatorView:
    """Change what one states about oneself."""
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.PROFILE_WRITE, annotator_resource(person))
    profile = clean_profile(
        country=country, time_zone=time_zone, weekly_hours=weekly_hours, skills=skills, domains=domains, about=about
    )
    for name, value in _columns(profile, person.id, person.org_id).items():
        setattr(person, name, value)
    keep_codes(session, person)
    audit.record(session, actor, "profile.changed", "annotator", person.id, org_id=person.org_id)
    return annotator_view(person)


def _applicant(session: Session, actor: Actor, account_id: str | None) -> Account:
    if account_id is not None and not actor.is_system and account_id != actor.account_id:
        raise Misuse("people apply for themselves")
    account = session.get(Account, account_id or actor.account_id or "")
    if account is None:
        guard.require(session, actor, Action.POOL_APPLY)  # tells somebody who is not signed in to do so
        raise guard.not_found()
    return account


def _fresh(session: Session, pool: Pool, account_id: str, profile: Profile) -> Annotator:
    """The profile of a first application."""
    person_id = ids.new_id()
    person = Annotator(
        id=person_id, org_id=pool.org_id, account_id=account_id, pool_id=pool.id,
        pseudonym=_new_pseudonym(session, pool.org_id), status=Standing.APPLIED, clearance=0,
        applied_at=now_of(session), **_columns(profile, person_id, pool.org_id),
    )  # fmt: skip
    session.add(person)
    session.flush()
    return person


def _again(
    session: Session, actor: Actor, pool: Pool, person: Annotator, profile: Profile, is_invited: bool
) -> Annotator:
    """The profile of somebody who was declined a while ago, or left, and applies once more."""
    now = now_of(session)
    is_asked_back = is_invited and person.status == Standing.DECLINED
    if not is_asked_back and not may_apply_again(Standing(person.status), _changed_at(session, person), now):
        raise Conflict(
            "application.exists", _("You have applied to this vendor already. Your profile shows how it stands.")
        )
    move(
        session, actor, person, Standing.APPLIED, "applied again", pool_id=pool.id, applied_at=now,
        **_columns(profile, person.id, person.org_id),
    )  # fmt: skip
    return person


def _changed_at(session: Session, person: Annotator) -> datetime:
    """When the standing changed last; the application counts as the first change."""
    last = session.scalar(
        select(func.max(StandingChange.at)).where(
            StandingChange.annotator_id == person.id, StandingChange.org_id == person.org_id
        )
    )
    return last or person.applied_at


def _columns(profile: Profile, person_id: str, org_id: str) -> dict[str, Any]:
    return {
        "country": profile.country,
        "time_zone": profile.time_zone,
        "weekly_hours": profile.weekly_hours,
        "skills": list(profile.skills),
        "domains": list(profile.domains),
        "about_sealed": sealed_text(profile.about, "annotator", "about_sealed", person_id, org_id),
    }


def _ensure_applied(person: Annotator) -> None:
    if person.status != Standing.APPLIED:
        raise Conflict("application.decided", _("This application has been decided already."))


_PEOPLE = table_of(Annotator)
_NAMED = Hot(
    select(_PEOPLE.c.id).where(_PEOPLE.c.org_id == bindparam("p_org"), _PEOPLE.c.pseudonym == bindparam("p_name"))
)


def _new_pseudonym(session: Session, org_id: str) -> str:
    """`P-` and six letters or digits, free with this vendor; of a thousand million, so that few tries are needed."""
    while True:
        number, letters = ids.new_route_key(), []
        for _place in range(_PSEUDONYM_LENGTH):
            number, rest = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[rest])
        pseudonym = "P-" + "".join(letters)
        if _NAMED.run(session, p_org=org_id, p_name=pseudonym).first() is None:
            return pseudonym
