"""Evidence of languages: from people of the vendor, from exams and from measured work; it folds into levels."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from i18n.matching import Mode
from kernel import audit, ids
from kernel.db import now_of
from kernel.policy import Actor
from kernel.walls import constant
from workforce.models import LanguageClaim, LanguageEvidence
from workforce.queries.languages import Pieces, newest, piece_of, pieces_of_all
from workforce.rules.languages import EXAM, FADES, WORK_FADES, proven_at, steps_of, until_of, work_weight
from workforce.values import ClaimStatus


def put_evidence(
    session: Session, actor: Actor, claim: LanguageClaim, *, kind: str, source: str, level: str, weight: float,
    fades_days: float = FADES, note: str = "", until_at: datetime | None = None, at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep a piece of evidence, of now unless it is older, and fold again. The caller has permission, and says so in
    the log where people act."""
    put_evidence_of_all(
        session, actor, {claim: level}, kind=kind, source=source, weight=weight, fades_days=fades_days, note=note,
        until_at=until_at, at=at,
    )  # fmt: skip


def put_evidence_of_all(
    session: Session, actor: Actor, levels: Mapping[LanguageClaim, str], *, kind: str, source: str | None,
    weight: float, fades_days: float = FADES, note: str = "", until_at: datetime | None = None,
    at: datetime | None = None, are_held: bool = False,
) -> Pieces:  # fmt: skip
    """Keep the same piece for many claims, each at its level, and fold them again; returns what they rest on.

    Without a source it is an act of its own, which takes no earlier one's place. `are_held`: the caller has
    them already.
    """
    now = now_of(session)
    if not are_held:
        hold_claims(session, actor, levels)
    with session.no_autoflush:  # evidence is never left unwritten; the claims are written once, when they are folded
        known = pieces_of_all(session, [claim.id for claim in levels])
    for claim, level in levels.items():
        row = _of_source(known[claim.id], kind, source)
        if row is not None and at is not None and row.at > at:
            continue  # the source has said something newer since
        if row is None:
            row = LanguageEvidence(
                id=ids.new_id(), org_id=claim.org_id, claim_id=claim.id, kind=kind, source=source or ids.new_id()
            )
            session.add(row)
            known[claim.id].append(row)
        row.level, row.weight, row.fades_days, row.note = level, weight, fades_days, note
        row.at, row.until_at, row.by_account_id = at or now, until_at, actor.account_id
    return _fold_all(session, actor, levels, {claim_id: newest(rows) for claim_id, rows in known.items()})


def _of_source(rows: Sequence[LanguageEvidence], kind: str, source: str | None) -> LanguageEvidence | None:
    """The earlier piece of a source, whose place a new one takes."""
    return next((row for row in rows if source is not None and (row.kind, row.source) == (kind, source)), None)


def hold_claims(session: Session, actor: Actor, claims: Iterable[LanguageClaim]) -> None:
    """Let nobody else change these claims before this transaction ends, for whoever may; what others wrote of them
    before is read anew. All who hold several take them in this order."""
    held = select(LanguageClaim).where(LanguageClaim.id.in_([claim.id for claim in claims])).order_by(LanguageClaim.id)
    session.scalars(held.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def hold_claims_of(session: Session, actor: Actor, annotator_id: str) -> None:
    """The same for all claims of a person: who also holds decisions about the person takes the claims first."""
    theirs = select(LanguageClaim).where(LanguageClaim.annotator_id == annotator_id)
    hold_claims(session, actor, session.scalars(theirs).all())


def fold(session: Session, actor: Actor, claim: LanguageClaim) -> None:
    """Write what a claim's evidence comes to, for everybody who asks later; one that was turned down stays so."""
    hold_claims(session, actor, [claim])
    pieces = pieces_of_all(session, [claim.id])
    _fold_all(session, actor, [claim], {claim.id: newest(pieces[claim.id])})


def _fold_all(session: Session, actor: Actor, claims: Iterable[LanguageClaim], pieces: Pieces) -> Pieces:
    now = now_of(session)
    for claim in claims:
        before = proven_at(claim.steps, now)
        _fold(claim, pieces[claim.id], now)
        after = proven_at(claim.steps, now)
        if before != after:
            audit.record(
                session, actor, "language.level", "language_claim", claim.id, org_id=claim.org_id,
                details={"locale": claim.locale, "mode": claim.mode, "before": before, "after": after}, link=False,
            )  # fmt: skip
    session.flush()
    return pieces


def _fold(claim: LanguageClaim, pieces: Sequence[LanguageEvidence], now: datetime) -> None:
    if claim.status == ClaimStatus.REJECTED:
        claim.steps, claim.until_at = [], None
        return
    claim.steps = steps_of(claim.proficiency, [piece_of(each) for each in pieces], now)
    claim.until_at = until_of(claim.proficiency, claim.steps)
    is_proven = claim.until_at is not None and claim.until_at > now
    claim.status = ClaimStatus.VERIFIED if is_proven else ClaimStatus.CLAIMED


def end_evidence(session: Session, claim: LanguageClaim) -> None:
    """Let nothing count any more of what a claim rested on, as it was turned down."""
    now = now_of(session)
    for row in session.scalars(select(LanguageEvidence).where(LanguageEvidence.claim_id == claim.id)):
        row.until_at = now if row.until_at is None else min(row.until_at, now)
    session.flush()


def drop_evidence(session: Session, actor: Actor, claim: LanguageClaim, *, kind: str, source: str) -> None:
    """Let one piece count no more, as what it came from was undone, and fold again."""
    now = now_of(session)
    for row in session.scalars(
        select(LanguageEvidence).where(
            LanguageEvidence.claim_id == claim.id, LanguageEvidence.kind == kind, LanguageEvidence.source == source
        )
    ):
        row.until_at = now
    session.flush()
    fold(session, actor, claim)


def note_exam(
    session: Session, actor: Actor, annotator_id: str, *, locale: str, modes: Sequence[str], level: str, lane_id: str
) -> None:
    """A passed exam of a lane speaks for its language in its modes; the caller has decided that it was passed."""
    claims = _claims(session, annotator_id, locale, modes)
    if claims:
        put_evidence_of_all(
            session,
            actor,
            dict.fromkeys(claims, level),
            kind="test",
            source=f"lane:{lane_id}",
            weight=EXAM,
            are_held=True,
        )


def note_work(
    session: Session, actor: Actor, annotator_id: str, *, locale: str, modes: Sequence[str], level: str, lane_id: str,
    right: float, checked: int,
) -> None:  # fmt: skip
    """Checked answers in a lane speak for or against its language in its modes; the newest reckoning counts."""
    weight = work_weight(right, checked)
    if weight == 0.0:
        return
    claims = _claims(session, annotator_id, locale, modes)
    if claims:
        put_evidence_of_all(
            session, actor, dict.fromkeys(claims, level), kind="work", source=f"lane:{lane_id}", weight=weight,
            fades_days=WORK_FADES, are_held=True,
        )  # fmt: skip


_HELD = constant(
    select(LanguageClaim)
    .where(
        LanguageClaim.annotator_id == bindparam("p_person"),
        LanguageClaim.locale == bindparam("p_locale"),
        LanguageClaim.mode.in_(bindparam("p_modes", expanding=True)),
    )
    .order_by(LanguageClaim.id)
    .with_for_update()
)


def _claims(session: Session, annotator_id: str, locale: str, modes: Sequence[str]) -> list[LanguageClaim]:
    wanted = [mode.value for mode in Mode if mode in modes]
    return list(session.scalars(_HELD, {"p_person": annotator_id, "p_locale": locale, "p_modes": wanted}))
