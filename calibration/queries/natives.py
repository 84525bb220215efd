"""Reads of checks by natives: one's own, what waits for a native, and the vendor's overview with how checkers do."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select, tuple_
from sqlalchemy.orm import Session

from calibration.models.languages import LanguageCheck, LanguagePrompt, LanguageRecording, LanguageVote
from calibration.queries.people import Person
from calibration.rules.intervals import Interval, wilson
from calibration.rules.natives import FEWEST, Agreement, agreement_of
from i18n.matching import Level
from kernel.db import now_of
from workforce.models import Annotator, LanguageClaim
from workforce.queries.languages import claims_of
from workforce.queries.people import pseudonyms_of
from workforce.queries.proven import proven

SHOWN = 50
MODES = ("write", "speak")  # of languages that natives check
MEASURED = 5_000  # votes that the figures of checkers are made from, the newest


@dataclass(frozen=True)
class CheckView:
    """A check as its candidate sees it; who judged is nobody's to know but the vendor's."""

    id: str
    locale: str
    mode: str
    level: str
    prompt: str
    answer: str
    recording_id: str | None
    state: str  # asked, answered, decided, undone, undecided
    confirmed: bool | None
    asked_at: datetime
    answered_at: datetime | None
    decided_at: datetime | None
    receipt_id: str | None


@dataclass(frozen=True)
class TaskView:
    """An answer as a native judges it: nothing tells whose it is, nor what others said."""

    check_id: str
    locale: str
    mode: str
    level: str
    prompt: str
    answer: str
    recording_id: str | None  # None also once the place is not held any more
    held_until: datetime
    micros: int
    currency: str


@dataclass(frozen=True)
class Askable:
    """A claim to write or speak that natives can check, and the check that is under way."""

    claim_id: str
    locale: str
    mode: str
    level: str
    open_check_id: str | None


@dataclass(frozen=True)
class OverviewRow:
    """A check as the vendor sees it."""

    id: str
    pseudonym: str
    locale: str
    mode: str
    level: str
    state: str
    confirmed: bool | None
    said: tuple[bool, ...]
    waiting: int
    asked_at: datetime


@dataclass(frozen=True)
class CheckerRow:
    """A native who judges: how often, and how they agree with what was decided."""

    annotator_id: str
    pseudonym: str
    agreement: Agreement
    interval: Interval | None


@dataclass(frozen=True)
class PromptRow:
    """A vendor's own prompt."""

    id: str
    locale: str
    mode: str
    text: str


def claim_to_check(session: Session, claim_id: str, *, hold: bool = False) -> LanguageClaim | None:
    """The claim that a check is about, held for the transaction if it will be changed."""
    statement = select(LanguageClaim).where(LanguageClaim.id == claim_id)
    return session.scalars(statement.with_for_update() if hold else statement).one_or_none()


def askable_of(session: Session, person: Person) -> list[Askable]:
    """What the person states to write or speak, each with its check that is under way."""
    open_checks: dict[str, str] = {
        row.claim_id: row.id
        for row in session.execute(
            select(LanguageCheck.claim_id, LanguageCheck.id).where(
                LanguageCheck.annotator_id == person.annotator_id, LanguageCheck.state.in_(("asked", "answered"))
            )
        )
    }
    return [
        Askable(claim.id, claim.locale, claim.mode, claim.proficiency, open_checks.get(claim.id))
        for claim in claims_of(session, person.annotator_id)
        if claim.mode in MODES and claim.status != "rejected"
    ]


def checks_of(session: Session, person: Person) -> list[CheckView]:
    """The person's own checks, newest first."""
    rows = session.scalars(
        select(LanguageCheck)
        .where(LanguageCheck.annotator_id == person.annotator_id)
        .order_by(LanguageCheck.asked_at.desc(), LanguageCheck.id)
        .limit(SHOWN)
    )
    return [check_view(row) for row in rows]


def recording_of(session: Session, check_id: str) -> LanguageRecording | None:
    """What was said for a check, as long as it is kept."""
    return session.scalars(select(LanguageRecording).where(LanguageRecording.check_id == check_id)).one_or_none()


def is_answer_kept(session: Session, check_id: str) -> bool:
    """Whether what natives judged can be read or heard again: texts stay, recordings go. True for what is not there."""
    check = check_row(session, check_id)
    return check is None or check.mode != "speak" or recording_of(session, check_id) is not None


def check_row(session: Session, check_id: str) -> LanguageCheck | None:
    """The check that the scope sees."""
    return session.get(LanguageCheck, check_id)


def native_in(session: Session, person: Person) -> list[tuple[str, str]]:
    """The locales that the person is proven to write or speak as a native, each with that mode."""
    return [
        (claim.locale, claim.mode)
        for claim in claims_of(session, person.annotator_id)
        if claim.mode in MODES and claim.proven == "native"
    ]


def queue_of(session: Session, person: Person) -> list[str]:
    """Answers that wait in the person's native languages, oldest first, the one that they hold before all; never their
    own, nor what they have judged or given back, nor a recording that is not kept any more."""
    natively = native_in(session, person)
    if not natively:
        return []
    own = select(LanguageVote.check_id).where(
        LanguageVote.check_id == LanguageCheck.id, LanguageVote.account_id == person.account_id
    )
    held = own.where(LanguageVote.voted_at.is_(None))
    return list(
        session.scalars(
            select(LanguageCheck.id)
            .where(
                LanguageCheck.state == "answered",
                tuple_(LanguageCheck.locale, LanguageCheck.mode).in_(natively),
                LanguageCheck.account_id != person.account_id,
                ~exists(own.where(_IS_DONE_WITH)),
                (LanguageCheck.mode == "write") | _is_kept(),
            )
            .order_by(~exists(held), LanguageCheck.answered_at, LanguageCheck.id)
            .limit(SHOWN)
        )
    )


def waiting_for(session: Session, person: Person) -> int:
    """How many answers the person could judge now, at most SHOWN."""
    return len(queue_of(session, person))


def held_by(session: Session, person: Person, check_id: str) -> TaskView | None:
    """The answer that the person has in hand."""
    row = session.execute(
        select(LanguageCheck, LanguageVote)
        .join(LanguageVote, (LanguageVote.check_id == LanguageCheck.id) & (LanguageVote.org_id == LanguageCheck.org_id))
        .where(LanguageCheck.id == check_id, LanguageVote.account_id == person.account_id, ~_IS_DONE_WITH)
    ).first()
    return task_view(session, row[0], row[1]) if row else None


def votes_of(session: Session, check_id: str) -> list[LanguageVote]:
    """The places of a check, taken or spoken from."""
    return list(
        session.scalars(select(LanguageVote).where(LanguageVote.check_id == check_id).order_by(LanguageVote.id))
    )


def is_anybody_left(session: Session, row: LanguageCheck) -> bool:
    """Whether there is a native who could still be asked: of its vendor, and neither the candidate nor somebody who has
    spoken or given it back."""
    done = select(LanguageVote.id).where(
        LanguageVote.check_id == row.id, LanguageVote.org_id == row.org_id,
        LanguageVote.account_id == Annotator.account_id, _IS_DONE_WITH,
    )  # fmt: skip
    left = (
        select(LanguageClaim.id)
        .join(Annotator, (Annotator.id == LanguageClaim.annotator_id) & (Annotator.org_id == LanguageClaim.org_id))
        .where(
            LanguageClaim.org_id == row.org_id, LanguageClaim.locale == row.locale, LanguageClaim.mode == row.mode,
            proven(Level.NATIVE, now_of(session)), Annotator.status == "active",
            Annotator.account_id != row.account_id, ~exists(done),
        )
    )  # fmt: skip
    return session.scalars(left.limit(1)).first() is not None


def half_spoken(session: Session) -> list[str]:
    """Answers of which enough natives have spoken that they could end, whoever else is missing."""
    told = (
        select(LanguageVote.check_id)
        .join(
            LanguageCheck, (LanguageCheck.id == LanguageVote.check_id) & (LanguageCheck.org_id == LanguageVote.org_id)
        )
        .where(LanguageCheck.state == "answered", LanguageVote.counts)
        .group_by(LanguageVote.check_id)
        .having(func.count() >= FEWEST)
    )  # fmt: skip
    return list(session.scalars(told.order_by(LanguageVote.check_id)))


def overview_rows(session: Session) -> list[OverviewRow]:
    """The vendor's checks, those that wait first."""
    rows = session.scalars(
        select(LanguageCheck)
        .order_by(LanguageCheck.state.in_(("decided", "undone")), LanguageCheck.asked_at.desc(), LanguageCheck.id)
        .limit(SHOWN)
    ).all()
    votes: dict[str, list[LanguageVote]] = defaultdict(list)
    for vote in session.scalars(select(LanguageVote).where(LanguageVote.check_id.in_([row.id for row in rows]))):
        votes[vote.check_id].append(vote)
    names = pseudonyms_of(session, [row.annotator_id for row in rows])
    now = now_of(session)
    return [
        OverviewRow(
            row.id, names.get(row.annotator_id, ""), row.locale, row.mode, row.level, row.state, row.confirmed,
            tuple(bool(vote.confirms) for vote in votes[row.id] if vote.counts),
            sum(vote.voted_at is None and vote.held_until > now for vote in votes[row.id]), row.asked_at,
        )
        for row in rows
    ]  # fmt: skip


def checkers(session: Session) -> list[CheckerRow]:
    """Everybody whose words counted in a decided check, with their agreement; the busiest first."""
    rows = session.execute(
        select(LanguageVote.annotator_id, LanguageVote.confirms, LanguageCheck.confirmed)
        .join(
            LanguageCheck, (LanguageCheck.id == LanguageVote.check_id) & (LanguageCheck.org_id == LanguageVote.org_id)
        )
        .where(LanguageCheck.state == "decided", LanguageVote.counts)
        .order_by(LanguageVote.voted_at.desc())
        .limit(MEASURED)
    ).all()
    pairs: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for annotator_id, said, decided in rows:
        pairs[annotator_id].append((bool(said), bool(decided)))
    names = pseudonyms_of(session, pairs)
    found = [
        CheckerRow(each, names.get(each, ""), told := agreement_of(pairs[each]), wilson(told.agreed, told.checks))
        for each in pairs
    ]
    return sorted(found, key=lambda row: (-row.agreement.checks, row.pseudonym))


def natives_by_locale(session: Session, mode: str) -> dict[str, int]:
    """How many active people are proven natives in writing or in speaking, by locale."""
    rows = session.execute(
        select(LanguageClaim.locale, func.count())
        .join(Annotator, (Annotator.id == LanguageClaim.annotator_id) & (Annotator.org_id == LanguageClaim.org_id))
        .where(
            LanguageClaim.mode == mode, LanguageClaim.proficiency == "native", LanguageClaim.status == "verified",
            (LanguageClaim.until_at.is_(None)) | (LanguageClaim.until_at > now_of(session)),
            Annotator.status == "active",
        )
        .group_by(LanguageClaim.locale)
    )  # fmt: skip
    return {row[0]: int(row[1]) for row in rows}


def prompts_of(session: Session) -> list[PromptRow]:
    """The vendor's own prompts by locale."""
    rows = session.scalars(select(LanguagePrompt).order_by(LanguagePrompt.locale, LanguagePrompt.id).limit(500))
    return [PromptRow(row.id, row.locale, row.mode, row.text) for row in rows]


def check_view(row: LanguageCheck, recording_id: str | None = None) -> CheckView:
    return CheckView(
        row.id, row.locale, row.mode, row.level, row.prompt, row.answer, recording_id, row.state, row.confirmed,
        row.asked_at, row.answered_at, row.decided_at, row.receipt_id,
    )  # fmt: skip


def task_view(session: Session, row: LanguageCheck, vote: LanguageVote) -> TaskView:
    recording = recording_of(session, row.id) if row.mode == "speak" and is_held(session, row, vote) else None
    return TaskView(
        row.id, row.locale, row.mode, row.level, row.prompt, row.answer, recording.id if recording else None,
        vote.held_until, vote.micros, vote.currency,
    )  # fmt: skip


def recordings_of(session: Session, account_id: str) -> list[LanguageRecording]:
    """Everything that a person said and that is kept."""
    asked = select(LanguageRecording).where(LanguageRecording.account_id == account_id)
    return list(session.scalars(asked.order_by(LanguageRecording.id)))


def is_held(session: Session, row: LanguageCheck, vote: LanguageVote) -> bool:
    """Whether a place at a check is held at this moment, by somebody whose word it waits for."""
    return row.state == "answered" and vote.voted_at is None and vote.held_until > now_of(session)


_IS_DONE_WITH = LanguageVote.voted_at.is_not(None) | LanguageVote.given_back_at.is_not(None)


def _is_kept() -> ColumnElement[bool]:
    return exists().where(
        LanguageRecording.check_id == LanguageCheck.id, LanguageRecording.org_id == LanguageCheck.org_id
    )
