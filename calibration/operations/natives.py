"""Checks by natives: a candidate writes or speaks, natives judge blind to one another and are paid.

The claim learns from it. All of it happens inside one vendor, in its scope.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models.languages import LanguageCheck, LanguageVote
from calibration.operations.prompts import draw
from calibration.policy import CHECK_ASK, CHECK_JUDGE, CHECK_OVERSEE, GRADE_RUN, language_check_resource
from calibration.queries.natives import (
    MODES,
    Askable,
    CheckerRow,
    CheckView,
    OverviewRow,
    PromptRow,
    TaskView,
    askable_of,
    check_row,
    check_view,
    checkers,
    checks_of,
    claim_to_check,
    half_spoken,
    held_by,
    is_anybody_left,
    native_in,
    natives_by_locale,
    overview_rows,
    prompts_of,
    queue_of,
    recording_of,
    task_view,
    votes_of,
    waiting_for,
)
from calibration.queries.people import Person, person_of_account
from calibration.rules.intervals import wilson
from calibration.rules.natives import LIMIT, Verdict, outcome_of, places_of, weight_of
from calibration.rules.samples import LONGEST, fault_of
from i18n import Message, _
from i18n.figures import figure
from kernel import audit, ids
from kernel.db import now_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.guard import not_found, require
from kernel.policy import Actor, Reason, Resource, system_actor
from payouts.operations import earnings
from workforce.models import Annotator
from workforce.operations.evidence import drop_evidence, put_evidence
from workforce.operations.receipts import end_receipt, issue_receipt
from workforce.queries.pools import pool_of
from workforce.queries.pools import pools as list_pools
from workforce.rules.languages import FADES
from workforce.rules.names import clean_text
from workforce.values import PoolView, ReceiptKind

AGAIN_AFTER = timedelta(days=30)
HELD_FOR = timedelta(hours=24)
PAY_HOLD = timedelta(hours=72)
RULE, RULE_VERSION = "language_check", "2"


@dataclass(frozen=True)
class Own:
    """What a person meets of checks: languages that can be checked, their own checks, answers that they could judge."""

    askable: list[Askable]
    checks: list[CheckView]
    waiting: int
    native_in: list[tuple[str, str]]


@dataclass(frozen=True)
class Overview:
    """What a vendor meets of checks."""

    checks: list[OverviewRow]
    checkers: list[CheckerRow]
    natives: dict[str, dict[str, int]]  # by mode and locale
    prompts: list[PromptRow]
    pools: list[PoolView]


def own_checks(session: Session, actor: Actor) -> Own:
    """One's own side of checks by natives."""
    person = _own(session, actor, CHECK_ASK)
    return Own(
        askable_of(session, person), checks_of(session, person), waiting_for(session, person),
        native_in(session, person),
    )  # fmt: skip


def own_check(session: Session, actor: Actor, check_id: str) -> CheckView:
    """One of one's own checks."""
    row = check_row(session, check_id)
    if row is None:
        raise not_found()
    require(session, actor, CHECK_ASK, language_check_resource(row))
    recording = recording_of(session, row.id)
    return check_view(row, recording.id if recording else None)


def task_in_hand(session: Session, actor: Actor, check_id: str) -> TaskView:
    """The answer that the actor holds and has not spoken about."""
    found = held_by(session, _own(session, actor, CHECK_JUDGE), check_id)
    if found is None:
        raise not_found()
    return found


def overview(session: Session, actor: Actor) -> Overview:
    """The vendor's side of checks by natives."""
    require(session, actor, CHECK_OVERSEE, Resource("language_check", org_id=actor.org_id))
    pools, _more = list_pools(session, limit=200)
    natives = {mode: natives_by_locale(session, mode) for mode in MODES}
    return Overview(overview_rows(session), checkers(session), natives, prompts_of(session), pools)


def ask_check(session: Session, actor: Actor, claim_id: str) -> CheckView:
    """Ask for natives to check how one writes or speaks; the prompt is drawn now. One that is open is gone on with."""
    person = _own(session, actor, CHECK_ASK)
    claim = claim_to_check(session, claim_id, hold=True)
    if claim is None or claim.annotator_id != person.annotator_id:
        raise not_found()
    if claim.mode not in MODES or claim.status == "rejected":
        message = _("Natives check how you write or speak: choose a language that you write or speak.")
        raise Conflict("language_check.mode", message)
    last = session.scalars(
        select(LanguageCheck).where(LanguageCheck.claim_id == claim.id).order_by(LanguageCheck.asked_at.desc()).limit(1)
    ).one_or_none()
    if last is not None and last.state in ("asked", "answered"):
        return check_view(last)
    now = now_of(session)
    is_over = last is not None and last.state in ("decided", "undecided")
    if last is not None and is_over and last.asked_at + AGAIN_AFTER > now:
        again = (last.asked_at + AGAIN_AFTER).date()
        raise Conflict("language_check.too_early", _("You can ask for another check from %(date)s.", date=again))
    pool = pool_of(session, _pool_of(session, person))
    if pool is None or pool.check_micros <= 0:
        raise Conflict(
            "language_check.no_rate", _("Nobody can be asked yet: your vendor has not set what a check earns.")
        )
    row = LanguageCheck(
        id=ids.new_id(), org_id=person.org_id, claim_id=claim.id, annotator_id=person.annotator_id,
        account_id=person.account_id, pool_id=pool.id, locale=claim.locale, mode=claim.mode,
        level=claim.proficiency, prompt=draw(session, actor, claim.locale, claim.mode, claim.org_id), answer="",
        state="asked", asked_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, actor, "language_check.asked", "language_check", row.id, org_id=row.org_id,
                 details={"claim": claim.id})  # fmt: skip
    return check_view(row)


def answer_check(session: Session, actor: Actor, check_id: str, text: str) -> CheckView:
    """Write what the prompt asks for. It goes to the natives as it stands, and is not changed any more."""
    row = to_answer(session, actor, check_id, "write")
    text = clean_text(text, "text", LONGEST)
    fault = fault_of(text)
    if fault is not None:
        raise Invalid("language_check.sample", fault, fields={"text": fault})
    row.answer = text
    return answered(session, actor, row)


def to_answer(session: Session, actor: Actor, check_id: str, mode: str) -> LanguageCheck:
    """One's own check that waits for an answer of this mode, held for it."""
    row = _load(session, check_id)
    require(session, actor, CHECK_ASK, language_check_resource(row))
    if row.state != "asked":
        raise Conflict("language_check.sent", _("This answer was sent already."))
    if row.mode != mode:
        wanted = _("This check asks for a recording.") if row.mode == "speak" else _("This check asks for a text.")
        raise Conflict("language_check.other_mode", wanted)
    return row


def answered(session: Session, actor: Actor, row: LanguageCheck, recording_id: str | None = None) -> CheckView:
    """Hand an answer over to the natives."""
    row.state, row.answered_at = "answered", now_of(session)
    session.flush()
    audit.record(session, actor, "language_check.answered", "language_check", row.id, org_id=row.org_id)
    return check_view(row, recording_id)


def take_check(session: Session, actor: Actor) -> TaskView | None:
    """Take the oldest answer that waits for a native like the actor, or the one they hold; None where none waits.

    A place is theirs for a day; who says something later is heard if a place is still free, and paid either way.
    """
    person = _own(session, actor, CHECK_JUDGE)
    for check_id in queue_of(session, person):
        row = _load(session, check_id)
        votes = votes_of(session, row.id)
        own = next((vote for vote in votes if vote.account_id == person.account_id), None)
        if own is not None and own.given_back_at is None and own.voted_at is None and row.state == "answered":
            own.held_until = now_of(session) + HELD_FOR
            session.flush()
            return task_view(session, row, own)
        if own is None and _is_free(session, row, votes):
            return _take(session, person, row)
    return None


def judge_check(session: Session, actor: Actor, check_id: str, *, confirms: bool) -> bool | None:
    """Say whether somebody who knows the language so well writes or speaks like this; and what the check came to: None
    while it is under way, and where natives could not decide.

    The native's words are paid whatever they say, and whatever the others have said meanwhile.
    """
    row, own = _in_hand(session, actor, check_id)
    heard = _heard(votes_of(session, row.id))
    own.confirms, own.voted_at = confirms, now_of(session)
    own.counts = row.state == "answered" and len(heard) < places_of(heard)
    session.flush()
    _pay(session, row, own)
    audit.record(session, actor, "language_check.judged", "language_check", row.id, org_id=row.org_id, link=False)
    return _end_if_told(session, row) if own.counts else None


def give_back_check(session: Session, actor: Actor, check_id: str) -> None:
    """Leave an answer that one holds to another native. It earns nothing and counts for nothing, and whoever gave it
    back is not asked for it again."""
    row, own = _in_hand(session, actor, check_id)
    own.held_until = own.given_back_at = now_of(session)
    session.flush()
    audit.record(session, actor, "language_check.given_back", "language_check", row.id, org_id=row.org_id, link=False)
    _end_if_told(session, row)


def end_stranded(session: Session, actor: Actor, check_id: str) -> int:
    """End a check of which natives have spoken and for which nobody is left to be asked; returns how many. System
    scope."""
    require(session, actor, GRADE_RUN)
    row = _load(session, check_id)
    _end_if_told(session, row)
    return int(row.state == "undecided")


def stranded(session: Session, actor: Actor) -> list[str]:
    """Checks that may wait for somebody who is not there any more. System scope."""
    require(session, actor, GRADE_RUN)
    return half_spoken(session)


def ensure_apart(session: Session, actor: Actor, check_id: str) -> None:
    """Whoever judged as one of the natives does not answer the appeal against what they found, in whatever role."""
    if any(vote.account_id == actor.account_id and vote.voted_at is not None for vote in votes_of(session, check_id)):
        message = _("A second person has to do this; it cannot be the one who began it.")
        raise Forbidden(f"not_allowed.{Reason.SELF_APPROVAL.value.lower()}", message)


def undo_check(session: Session, actor: Actor, check_id: str) -> None:
    """Let a check count no more, after an appeal against it has overturned it."""
    row = _load(session, check_id)
    require(session, actor, CHECK_OVERSEE, language_check_resource(row))
    claim = claim_to_check(session, row.claim_id, hold=True)
    row.state = "undone"
    session.flush()
    if claim is not None:
        drop_evidence(session, actor, claim, kind="peer", source=f"check:{row.id}")
    audit.record(session, actor, "language_check.undone", "language_check", row.id, org_id=row.org_id)


def _own(session: Session, actor: Actor, action: str) -> Person:
    person = person_of_account(session, actor.account_id, actor.org_id)
    if person is None or person.status != "active":
        raise not_found()
    require(
        session, actor, action,
        Resource("language_check", org_id=person.org_id, owner_account_id=person.account_id),
    )  # fmt: skip
    return person


def _in_hand(session: Session, actor: Actor, check_id: str) -> tuple[LanguageCheck, LanguageVote]:
    """A check and the actor's place at it, of which they have said nothing yet."""
    person = _own(session, actor, CHECK_JUDGE)
    row = _load(session, check_id)
    own = next((vote for vote in votes_of(session, row.id) if vote.account_id == person.account_id), None)
    if own is None:
        raise not_found()
    if own.voted_at is not None:
        raise Conflict("language_check.voted", _("You have said what you think of this already."))
    if own.given_back_at is not None:
        raise Conflict("language_check.given_back", _("You have given this back already."))
    return row, own


def _load(session: Session, check_id: str) -> LanguageCheck:
    """The check, held against others who judge it."""
    row = session.scalars(select(LanguageCheck).where(LanguageCheck.id == check_id).with_for_update()).one_or_none()
    if row is None:
        raise not_found()
    session.refresh(row)
    return row


def _pool_of(session: Session, person: Person) -> str:
    return session.get_one(Annotator, person.annotator_id).pool_id


def _heard(votes: list[LanguageVote]) -> list[bool]:
    """What counts of what was said, in the order in which it was said."""
    said = sorted((vote for vote in votes if vote.counts), key=lambda vote: (vote.voted_at, vote.id))
    return [bool(vote.confirms) for vote in said]


def _is_free(session: Session, row: LanguageCheck, votes: list[LanguageVote]) -> bool:
    heard, now = _heard(votes), now_of(session)
    held = sum(vote.voted_at is None and vote.held_until > now for vote in votes)
    return row.state == "answered" and len(heard) + held < places_of(heard)


def _take(session: Session, person: Person, row: LanguageCheck) -> TaskView:
    pool = pool_of(session, row.pool_id)
    assert pool is not None
    now = now_of(session)
    vote = LanguageVote(
        id=ids.new_id(), org_id=row.org_id, check_id=row.id, annotator_id=person.annotator_id,
        account_id=person.account_id, taken_at=now, held_until=now + HELD_FOR, micros=max(pool.check_micros, 1),
        currency=pool.check_currency, counts=False,
    )  # fmt: skip
    session.add(vote)
    session.flush()
    return task_view(session, row, vote)


def _pay(session: Session, row: LanguageCheck, vote: LanguageVote) -> None:
    pool = pool_of(session, row.pool_id)
    earnings.accrue(
        session, system_actor("language check", row.org_id), vendor_org_id=row.org_id,
        annotator_id=vote.annotator_id, account_id=vote.account_id, lane_id=row.pool_id, project_id=row.pool_id,
        judgment_id=vote.id, micros=vote.micros, currency=vote.currency,
        memo={"project": pool.name if pool else "", "locale": row.locale}, due_at=now_of(session) + PAY_HOLD,
    )  # fmt: skip


def _end_if_told(session: Session, row: LanguageCheck) -> bool | None:
    """Write what the check comes to, where it comes to something now."""
    if row.state != "answered":
        return None
    said = _heard(votes_of(session, row.id))
    verdict = outcome_of(said, is_anybody_left=is_anybody_left(session, row))
    if verdict is None:
        return None
    if verdict is Verdict.UNDECIDED:
        _leave_undecided(session, row, said)
        return None
    _decide(session, row, verdict is Verdict.CONFIRMED, said)
    return row.confirmed


def _leave_undecided(session: Session, row: LanguageCheck, said: list[bool]) -> None:
    """End it without a word about the candidate: the claim stands as it stood before."""
    row.state, row.decided_at = "undecided", now_of(session)
    session.flush()
    audit.record(session, system_actor("language check", row.org_id), "language_check.undecided", "language_check",
                 row.id, org_id=row.org_id, details={"natives": len(said)})  # fmt: skip


def _decide(session: Session, row: LanguageCheck, confirmed: bool, said: list[bool]) -> None:
    """Write the outcome, let the claim learn from it, and give a receipt where it is against the candidate."""
    actor = system_actor("language check", row.org_id)
    row.state, row.confirmed, row.decided_at = "decided", confirmed, now_of(session)
    claim = claim_to_check(session, row.claim_id, hold=True)
    if claim is not None:
        put_evidence(
            session, actor, claim, kind="peer", source=f"check:{row.id}", level=row.level, weight=weight_of(said),
            fades_days=FADES,
        )  # fmt: skip
    if confirmed:
        end_refusals(session, actor, [row.claim_id])
    else:
        row.receipt_id = _tell(session, actor, row, said)
    session.flush()
    audit.record(session, actor, "language_check.decided", "language_check", row.id, org_id=row.org_id,
                 details={"confirmed": confirmed, "natives": len(said)})  # fmt: skip


def end_refusals(session: Session, actor: Actor, claim_ids: Iterable[str]) -> None:
    """That natives did not confirm a claim is over once others have, or somebody of the vendor has proven it."""
    told = select(LanguageCheck.receipt_id).where(
        LanguageCheck.claim_id.in_(list(claim_ids)), LanguageCheck.receipt_id.is_not(None)
    )
    for receipt_id in session.scalars(told).all():
        if receipt_id is not None:
            end_receipt(session, actor, receipt_id)


def _tell(session: Session, actor: Actor, row: LanguageCheck, said: list[bool]) -> str:
    language, confirming = figure("language", row.locale), said.count(True)
    interval = wilson(confirming, len(said))
    assert row.decided_at is not None
    return issue_receipt(
        session, actor, annotator_id=row.annotator_id, kind=ReceiptKind.LANGUAGE_REJECTED, rule=RULE,
        rule_version=RULE_VERSION,
        what=_("Natives did not confirm how you speak %(language)s.", language=language)
        if row.mode == "speak" else _("Natives did not confirm how you write %(language)s.", language=language),
        why=_why(row.mode, len(said), said.count(False)),
        way_back=_("You can ask for another check from %(date)s.", date=(row.asked_at + AGAIN_AFTER).date()),
        figure={
            "value": round(confirming / len(said), 4), "low": round(interval.lower, 4),
            "high": round(interval.upper, 4), "limit": LIMIT, "n": len(said),
        },
        evidence=[{"kind": "language_check", "id": row.id}],
        cause_kind="language_check", cause_id=row.id,
    )  # fmt: skip


def _why(mode: str, asked: int, against: int) -> Message:
    if mode == "speak":
        return _(
            "%(asked)s natives heard your recording, each without knowing you or what the others said; %(against)s of"
            " them found that it does not sound as spoken by somebody who knows the language as well as you state.",
            asked=asked, against=against,
        )  # fmt: skip
    return _(
        "%(asked)s natives read your text, each without knowing you or what the others said; %(against)s of them found"
        " that it does not read as written by somebody who knows the language as well as you state.",
        asked=asked, against=against,
    )  # fmt: skip
