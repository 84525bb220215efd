"""Languages: stated by people, proven or turned down by somebody else, with the evidence kept."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from i18n import _
from i18n.figures import figure
from kernel import audit, guard, ids
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from kernel.policy import Actor, system_actor
from kernel.walls import constant
from workforce.demand import locales_in_demand
from workforce.models import Annotator, LanguageClaim
from workforce.operations.evidence import end_evidence, fold, hold_claims, put_evidence, put_evidence_of_all
from workforce.operations.receipts import checked_evidence, end_receipts_of, issue_receipt
from workforce.operations.standing import RULE_VERSION
from workforce.policy import Action, annotator_resource
from workforce.queries.languages import Pieces, claim_view, claim_with_evidence
from workforce.queries.rows import annotator_row, hold_present
from workforce.refusals import end_refusals
from workforce.rules.languages import FULL, HISTORY
from workforce.rules.names import clean_text
from workforce.rules.profiles import (
    ALL_MODES,
    CLAIM_AGAIN_AFTER,
    MOST_LANGUAGES,
    clean_history,
    clean_language,
    clean_modes,
    ensure_varieties,
    may_claim_again,
    status_at,
)
from workforce.values import EVIDENCE_KINDS, ClaimStatus, ClaimView, ReceiptKind


def claim_language(
    session: Session, actor: Actor, annotator_id: str, *, locale: str, proficiency: str,
    modes: Iterable[str] = ALL_MODES, history: str | None = None,
) -> list[ClaimView]:  # fmt: skip
    """State a language in some modes, or another level of it. What evidence says of the new level is reckoned anew."""
    person = annotator_row(session, annotator_id)
    guard.require(session, actor, Action.PROFILE_WRITE, annotator_resource(person))
    tag, level = clean_language(locale, proficiency)
    wanted, source = clean_modes(modes), clean_history(history)
    ensure_varieties([tag], locales_in_demand(session), "locale")
    rows = _rows(session, person)
    locales = {row.locale for row in rows}
    if tag not in locales and len(locales) >= MOST_LANGUAGES:
        message = _("Name at least one language, and at most %(n)s.", n=MOST_LANGUAGES)
        raise Invalid("language.too_many", message, fields={"locale": message})
    for row in rows:
        if row.locale == tag and row.mode in wanted:
            _ensure_open(row, now_of(session))
    put_claims(session, actor, person, [(tag, level, wanted)])
    stated = [row for row in _rows(session, person) if row.locale == tag and row.mode in wanted]
    for row in stated if source else ():
        put_evidence(session, actor, row, kind="history", source="self", level=level, weight=HISTORY, note=source)
    audit.record(
        session, actor, "language.claimed", "language_claim", stated[0].id, org_id=person.org_id,
        details={"locale": tag, "proficiency": level, "modes": list(wanted)},
    )  # fmt: skip
    return [claim_with_evidence(session, row) for row in sorted(stated, key=lambda row: wanted.index(row.mode))]


def verify_language(
    session: Session, actor: Actor, claim_id: str, *, evidence: Mapping[str, Any], modes: Iterable[str] = (),
    until_at: datetime | None = None,
) -> ClaimView:  # fmt: skip
    """Take a claim as proven by `evidence`, whose `kind` is one of EVIDENCE_KINDS; or the same language in the modes
    that are named. It fades by itself, or ends at `until_at`."""
    first, person = _load(session, claim_id)
    guard.require(session, actor, Action.LANGUAGE_VERIFY, annotator_resource(person))
    hold_present(session, person)
    known = _known_evidence(evidence)
    named = clean_modes(list(modes) or [first.mode])
    rows = [row for row in _rows(session, person) if row.locale == first.locale and row.mode in named]
    pieces = _verify(session, actor, rows, known, until_at)
    return (
        claim_view(first, now_of(session), pieces[first.id]) if first in rows else claim_with_evidence(session, first)
    )


def _verify(
    session: Session, actor: Actor, rows: Sequence[LanguageClaim], known: Mapping[str, str], until_at: datetime | None
) -> Pieces:
    hold_claims(session, actor, rows)
    for row in rows:
        row.status, row.verified_at, row.verified_by = ClaimStatus.CLAIMED, now_of(session), actor.account_id
    pieces = put_evidence_of_all(
        session, actor, {row: row.proficiency for row in rows}, kind=known["kind"], source=known["ref"] or None,
        weight=FULL, note=known["note"], until_at=until_at, are_held=True,
    )  # fmt: skip
    end_refusals(session, actor, [row.id for row in rows])
    for row in rows:
        _end_rejections(session, actor, row)
        audit.record(
            session, actor, "language.verified", "language_claim", row.id, org_id=row.org_id,
            details={
                "locale": row.locale, "mode": row.mode, "proficiency": row.proficiency, "kind": known["kind"],
            },
        )  # fmt: skip
    return pieces


def reject_language(
    session: Session, actor: Actor, claim_id: str, *, reason: str, evidence: Sequence[Mapping[str, str]] = ()
) -> ClaimView:
    """Turn a claim down, with a reason that the person reads and may appeal."""
    row, person = _load(session, claim_id)
    guard.require(session, actor, Action.LANGUAGE_VERIFY, annotator_resource(person))
    hold_present(session, person)
    hold_claims(session, actor, [row])
    if row.status == ClaimStatus.REJECTED:
        raise Conflict("language.decided", _("This language has been turned down already."))
    reason, now = clean_text(reason, "reason", 2000), now_of(session)
    named = checked_evidence(session, actor, person.id, evidence)
    row.status, row.verified_at, row.verified_by, row.until_at = ClaimStatus.REJECTED, now, actor.account_id, None
    row.steps = []
    end_evidence(session, row)
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
        evidence=named,
        cause_kind="language_claim",
        cause_id=f"{row.id}@{row.claimed_at:%Y%m%d%H%M%S%f}",
    )
    audit.record(session, actor, "language.rejected", "language_claim", row.id, org_id=row.org_id)
    return claim_with_evidence(session, row)


def put_claims(
    session: Session, actor: Actor, person: Annotator, claims: Iterable[tuple[str, str, Sequence[str]]], *,
    is_first: bool = False,
) -> None:  # fmt: skip
    """Write standardized claims of an actor about themselves, one for each mode that is stated; one that says the same
    as before keeps its proof, and one that says another level is reckoned anew. With a first application there are none
    before."""
    earlier = [] if is_first else _rows(session, person)
    if earlier:
        hold_claims(session, actor, earlier)
    known, now = {(row.locale, row.mode): row for row in earlier}, now_of(session)
    held = (ClaimStatus.CLAIMED, ClaimStatus.VERIFIED)
    stated = ((locale, proficiency, mode) for locale, proficiency, modes in claims for mode in modes)
    for locale, proficiency, mode in stated:
        row = known.get((locale, mode))
        if row is None:
            session.add(
                LanguageClaim(
                    id=ids.new_id(), org_id=person.org_id, annotator_id=person.id, locale=locale, mode=mode,
                    proficiency=proficiency, status=ClaimStatus.CLAIMED, steps=[], claimed_at=now,
                )
            )  # fmt: skip
        elif (row.proficiency != proficiency or status_at(row.status, row.until_at, now) not in held) and (
            may_claim_again(ClaimStatus(row.status), row.verified_at, now)
        ):
            if row.status == ClaimStatus.REJECTED:
                _end_rejections(session, system_actor("language stated", row.org_id), row)
            row.proficiency, row.status, row.claimed_at = proficiency, ClaimStatus.CLAIMED, now
            row.verified_at = row.verified_by = None
            fold(session, actor, row)
    session.flush()


def give_back_claim(session: Session, actor: Actor, cause_id: str) -> None:
    """Undo an overturned rejection: the claim waits for evidence again."""
    claim_id, _at, stated = cause_id.partition("@")
    first = session.get(LanguageClaim, claim_id)
    if first is None or first.status != ClaimStatus.REJECTED or f"{first.claimed_at:%Y%m%d%H%M%S%f}" != stated:
        return
    # Claims that were turned down before languages had modes stand in every mode, with the same times.
    alike = (LanguageClaim.locale == first.locale, LanguageClaim.verified_at == first.verified_at)
    for row in session.scalars(
        select(LanguageClaim).where(
            LanguageClaim.annotator_id == first.annotator_id, LanguageClaim.org_id == first.org_id,
            LanguageClaim.status == ClaimStatus.REJECTED, LanguageClaim.claimed_at == first.claimed_at, *alike,
        )
    ).all():  # fmt: skip
        row.status, row.verified_at, row.verified_by = ClaimStatus.CLAIMED, None, None
        session.flush()
        audit.record(session, actor, "language.given_back", "language_claim", row.id, org_id=row.org_id)


def _end_rejections(session: Session, actor: Actor, row: LanguageClaim) -> None:
    """What turned a claim down is over once it is proven, or stated anew."""
    end_receipts_of(
        session, actor, row.annotator_id, [ReceiptKind.LANGUAGE_REJECTED], cause_kind="language_claim",
        cause=f"{row.id}@",
    )  # fmt: skip


def _load(session: Session, claim_id: str) -> tuple[LanguageClaim, Annotator]:
    row = session.get(LanguageClaim, claim_id)
    if row is None:
        raise guard.not_found()
    return row, annotator_row(session, row.annotator_id)


_OF_PERSON = constant(
    select(LanguageClaim).where(
        LanguageClaim.annotator_id == bindparam("p_person"), LanguageClaim.org_id == bindparam("p_org")
    )
)


def _rows(session: Session, person: Annotator) -> list[LanguageClaim]:
    return list(session.scalars(_OF_PERSON, {"p_person": person.id, "p_org": person.org_id}))


def _ensure_open(row: LanguageClaim, now: datetime) -> None:
    if not may_claim_again(ClaimStatus(row.status), row.verified_at, now):
        assert row.verified_at is not None
        message = _("You may state it again from %(date)s.", date=(row.verified_at + CLAIM_AGAIN_AFTER).date())
        raise Conflict("language.too_early", message)


def _known_evidence(evidence: Mapping[str, Any]) -> dict[str, str]:
    if evidence.get("kind") not in EVIDENCE_KINDS:
        message = _("Say what proves the language.")
        raise Invalid("language.no_evidence", message, fields={"evidence": message})
    note = clean_text(str(evidence.get("note") or ""), "note", 1000, required=False)
    return {"kind": evidence["kind"], "note": note, "ref": str(evidence.get("ref") or "")[:80]}
