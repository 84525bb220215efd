"""Languages: stated by people, proven or turned down by somebody else, with the evidence kept."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from i18n import _
from i18n.figures import figure
from kernel import audit, guard, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.policy import Actor
from workforce.demand import locales_in_demand
from workforce.models import Annotator, LanguageClaim
from workforce.operations.receipts import issue_receipt
from workforce.operations.standing import RULE_VERSION
from workforce.policy import Action, annotator_resource
from workforce.queries.people import claim_view
from workforce.queries.rows import annotator_row
from workforce.rules.names import clean_text
from workforce.rules.profiles import (
    CLAIM_AGAIN_AFTER,
    MOST_LANGUAGES,
    VERIFIED_FOR,
    clean_language,
    ensure_varieties,
    may_claim_again,
    status_at,
)
from workforce.values import EVIDENCE_KINDS, ClaimStatus, ClaimView, ReceiptKind


def claim_language(session: Session, actor: Actor, annotator_id: str, *, locale: str, proficiency: str) -> ClaimView:
    """State a language, or another level of one. What was proven of the old level is not proven of the new one."""
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.PROFILE_WRITE, annotator_resource(person))
    tag, level = clean_language(locale, proficiency)
    ensure_varieties([tag], locales_in_demand(session), "locale")
    claims = {row.locale: row for row in _rows(session, person)}
    if tag not in claims and len(claims) >= MOST_LANGUAGES:
        message = _("Name at least one language, and at most %(n)s.", n=MOST_LANGUAGES)
        raise Invalid("language.too_many", message, fields={"locale": message})
    _ensure_open(claims.get(tag), now_of(session))
    put_claims(session, actor, person, [(tag, level)])
    row = next(row for row in _rows(session, person) if row.locale == tag)
    audit.record(
        session, actor, "language.claimed", "language_claim", row.id, org_id=row.org_id,
        details={"locale": tag, "proficiency": level},
    )  # fmt: skip
    return claim_view(row, now_of(session))


def verify_language(
    session: Session, actor: Actor, claim_id: str, *, evidence: Mapping[str, Any], until_at: datetime | None = None
) -> ClaimView:
    """Take a claim as proven by `evidence`, whose `kind` is one of EVIDENCE_KINDS; for two years, if not said."""
    row, person = _load(session, claim_id)
    guard.require(session, actor, Action.LANGUAGE_VERIFY, annotator_resource(person))
    now = now_of(session)
    row.evidence = _known_evidence(evidence)
    row.status, row.verified_at, row.verified_by = ClaimStatus.VERIFIED, now, actor.account_id
    row.until_at = until_at or now + VERIFIED_FOR
    session.flush()
    audit.record(
        session, actor, "language.verified", "language_claim", row.id, org_id=row.org_id,
        details={"locale": row.locale, "proficiency": row.proficiency, "kind": row.evidence["kind"]},
    )  # fmt: skip
    return claim_view(row, now)


def reject_language(session: Session, actor: Actor, claim_id: str, *, reason: str) -> ClaimView:
    """Turn a claim down, with a reason that the person reads and may appeal."""
    row, person = _load(session, claim_id)
    guard.require(session, actor, Action.LANGUAGE_VERIFY, annotator_resource(person))
    if row.status == ClaimStatus.REJECTED:
        raise Conflict("language.decided", _("This language has been turned down already."))
    reason, now = clean_text(reason, "reason", 2000), now_of(session)
    row.status, row.verified_at, row.verified_by, row.until_at = ClaimStatus.REJECTED, now, actor.account_id, None
    session.flush()
    issue_receipt(
        session,
        actor,
        annotator_id=person.id,
        kind=ReceiptKind.LANGUAGE_REJECTED,
        rule="language-evidence",
        rule_version=RULE_VERSION,
        what=_("Your statement to know %(language)s was not confirmed.", language=figure("language", row.locale)),
        why=_("The vendor's reason: “%(reason)s”", reason=reason),
        way_back=_("You may state it again from %(date)s.", date=(now + CLAIM_AGAIN_AFTER).date()),
        cause_kind="language_claim",
        cause_id=f"{row.id}@{row.claimed_at:%Y%m%d%H%M%S%f}",
    )
    audit.record(session, actor, "language.rejected", "language_claim", row.id, org_id=row.org_id)
    return claim_view(row, now)


def put_claims(session: Session, actor: Actor, person: Annotator, claims: Iterable[tuple[str, str]]) -> None:
    """Write standardized claims of an actor about themselves; one that says the same as before keeps its proof."""
    known, now = {row.locale: row for row in _rows(session, person)}, now_of(session)
    for locale, proficiency in claims:
        row = known.get(locale)
        if row is None:
            row = LanguageClaim(id=ids.new_id(), org_id=person.org_id, annotator_id=person.id, locale=locale)
            session.add(row)
        elif (
            row.proficiency == proficiency
            and status_at(row.status, row.until_at, now)
            in (
                ClaimStatus.CLAIMED,
                ClaimStatus.VERIFIED,
            )
        ) or not may_claim_again(ClaimStatus(row.status), row.verified_at, now):
            continue
        row.proficiency, row.status, row.evidence, row.claimed_at = proficiency, ClaimStatus.CLAIMED, {}, now
        row.verified_at = row.verified_by = row.until_at = None
    session.flush()


def give_back_claim(session: Session, actor: Actor, cause_id: str) -> None:
    """Undo an overturned rejection: the claim waits for evidence again."""
    claim_id, _at, stated = cause_id.partition("@")
    row = session.get(LanguageClaim, claim_id)
    if row is None or row.status != ClaimStatus.REJECTED or f"{row.claimed_at:%Y%m%d%H%M%S%f}" != stated:
        return
    row.status, row.verified_at, row.verified_by = ClaimStatus.CLAIMED, None, None
    session.flush()
    audit.record(session, actor, "language.given_back", "language_claim", row.id, org_id=row.org_id)


def _load(session: Session, claim_id: str) -> tuple[LanguageClaim, Annotator]:
    row = session.get(LanguageClaim, claim_id)
    if row is None:
        raise guard.not_found()
    return row, annotator_row(session, row.annotator_id)


def _rows(session: Session, person: Annotator) -> list[LanguageClaim]:
    return list(
        session.scalars(
            select(LanguageClaim).where(LanguageClaim.annotator_id == person.id, LanguageClaim.org_id == person.org_id)
        )
    )


def _ensure_open(row: LanguageClaim | None, now: datetime) -> None:
    if row is not None and not may_claim_again(ClaimStatus(row.status), row.verified_at, now):
        assert row.verified_at is not None
        message = _("You may state it again from %(date)s.", date=(row.verified_at + CLAIM_AGAIN_AFTER).date())
        raise Conflict("language.too_early", message)


def _known_evidence(evidence: Mapping[str, Any]) -> dict[str, Any]:
    if evidence.get("kind") not in EVIDENCE_KINDS:
        message = _("Say what proves the language.")
        raise Invalid("language.no_evidence", message, fields={"evidence": message})
    note = evidence.get("note")
    return {**evidence, "note": clean_text(str(note), "note", 1000, required=False)} if note else dict(evidence)
