"""The API of checks by natives: asking, writing, judging, and the vendor's overview."""

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from calibration.api.routes import api
from calibration.operations import natives as acts
from calibration.queries.natives import CheckerRow
from kernel.policy import Actor
from web import current
from web.forms import InModel, OutModel
from workforce import queries as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class AskCheckIn(InModel):
    """Which claim to write a language is to be checked."""

    claim_id: str = Field(max_length=22)


class AnswerCheckIn(InModel):
    """What the candidate wrote: 40 to 2000 characters."""

    text: str = Field(max_length=4000)


class JudgeCheckIn(InModel):
    """Whether somebody who knows the language so well would write like this."""

    confirms: bool


class NativePromptIn(InModel):
    """A prompt of the vendor's own for one locale."""

    locale: str = Field(max_length=35)
    text: str = Field(max_length=2000)


class NativeCheckOut(OutModel):
    """A check as its candidate sees it."""

    id: str
    locale: str
    level: str
    prompt: str
    answer: str
    state: str
    confirmed: bool | None
    asked_at: datetime
    answered_at: datetime | None
    decided_at: datetime | None
    receipt_id: str | None


class NativeTaskOut(OutModel):
    """A text as a native judges it."""

    check_id: str
    locale: str
    level: str
    prompt: str
    answer: str
    held_until: datetime
    micros: int
    currency: str


class NextCheckOut(OutModel):
    """A text in hand; null where none waits."""

    task: NativeTaskOut | None


class NativeChecksOut(OutModel):
    """One's own checks, and how many texts one could judge now."""

    items: list[NativeCheckOut]
    waiting: int


class JudgedOut(OutModel):
    """What the check came to; null while a native is missing."""

    confirmed: bool | None


class OverviewCheckOut(OutModel):
    """A check as the vendor sees it."""

    id: str
    pseudonym: str
    locale: str
    level: str
    state: str
    confirmed: bool | None
    said: tuple[bool, ...]
    waiting: int
    asked_at: datetime


class CheckerOut(OutModel):
    """A native who judges: how often they said what was decided, with a 95% interval, and kappa from ten checks on."""

    annotator_id: str
    pseudonym: str
    checks: int
    agreed: int
    low: float | None
    high: float | None
    kappa: float | None

    @classmethod
    def of(cls, row: CheckerRow) -> "CheckerOut":
        told, interval = row.agreement, row.interval
        return cls(
            annotator_id=row.annotator_id, pseudonym=row.pseudonym, checks=told.checks, agreed=told.agreed,
            low=interval.lower if interval else None, high=interval.upper if interval else None, kappa=told.kappa,
        )  # fmt: skip


class NativePromptOut(OutModel):
    """A vendor's own prompt."""

    id: str
    locale: str
    text: str


class ChecksOverviewOut(OutModel):
    """The vendor's checks, checkers, natives by locale, and prompts."""

    checks: list[OverviewCheckOut]
    checkers: list[CheckerOut]
    natives: dict[str, int]
    prompts: list[NativePromptOut]


class MadePromptOut(OutModel):
    """The prompt that was added."""

    id: str


class RemovedOut(OutModel):
    """It was done."""

    ok: bool = True


@api.get("/language-checks", returns=NativeChecksOut)
def language_checks(session: "Session", actor: Actor) -> NativeChecksOut:
    """Your checks by natives, and how many texts of others you could judge."""
    found = acts.own_checks(session, actor)
    return NativeChecksOut(items=[NativeCheckOut.model_validate(each) for each in found.checks], waiting=found.waiting)


@api.post("/language-checks", body=AskCheckIn, returns=NativeCheckOut, creates=True)
def ask_language_check(session: "Session", actor: Actor, body: AskCheckIn) -> NativeCheckOut:
    """Ask for natives to check how you write a language."""
    return NativeCheckOut.model_validate(acts.ask_check(session, actor, body.claim_id))


@api.get("/language-checks/overview", returns=ChecksOverviewOut, scope=lambda: people.reach(current.actor()))
def language_checks_overview(session: "Session", actor: Actor) -> ChecksOverviewOut:
    """The vendor's checks, and how the checkers agree with what was decided."""
    found = acts.overview(session, actor)
    return ChecksOverviewOut(
        checks=[OverviewCheckOut.model_validate(each) for each in found.checks],
        checkers=[CheckerOut.of(each) for each in found.checkers],
        natives=found.natives, prompts=[NativePromptOut.model_validate(each) for each in found.prompts],
    )  # fmt: skip


@api.post("/language-checks/next", returns=NextCheckOut)
def take_language_check(session: "Session", actor: Actor) -> NextCheckOut:
    """Take the next text that waits for a native like you."""
    task = acts.take_check(session, actor)
    return NextCheckOut(task=NativeTaskOut.model_validate(task) if task else None)


@api.get("/language-checks/<check_id>", returns=NativeCheckOut)
def language_check(session: "Session", actor: Actor, check_id: str) -> NativeCheckOut:
    """One of your checks."""
    return NativeCheckOut.model_validate(acts.own_check(session, actor, check_id))


@api.post("/language-checks/<check_id>/answer", body=AnswerCheckIn, returns=NativeCheckOut)
def answer_language_check(session: "Session", actor: Actor, check_id: str, body: AnswerCheckIn) -> NativeCheckOut:
    """Send what you wrote to the natives."""
    return NativeCheckOut.model_validate(acts.answer_check(session, actor, check_id, body.text))


@api.post("/language-checks/<check_id>/verdict", body=JudgeCheckIn, returns=JudgedOut)
def judge_language_check(session: "Session", actor: Actor, check_id: str, body: JudgeCheckIn) -> JudgedOut:
    """Say what you think of a text that you hold; it is paid whatever you say."""
    return JudgedOut(confirmed=acts.judge_check(session, actor, check_id, confirms=body.confirms))


@api.post("/language-prompts", body=NativePromptIn, returns=MadePromptOut, creates=True)
def add_language_prompt(session: "Session", actor: Actor, body: NativePromptIn) -> MadePromptOut:
    """Add a prompt of your own for one locale."""
    return MadePromptOut(id=acts.add_prompt(session, actor, locale=body.locale, text=body.text))


@api.post("/language-prompts/<prompt_id>/removal", returns=RemovedOut)
def remove_language_prompt(session: "Session", actor: Actor, prompt_id: str) -> RemovedOut:
    """Take a prompt away."""
    acts.remove_prompt(session, actor, prompt_id)
    return RemovedOut()
