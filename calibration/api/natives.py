"""The API of checks by natives: asking, writing or speaking, judging, an appeal's answer, and the vendor's overview."""

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from calibration.api.routes import api
from calibration.operations import natives as acts
from calibration.operations import prompts, voices
from calibration.passes import voice_pass
from calibration.queries.natives import CheckerRow, CheckView, TaskView
from calibration.rules.voices import MOST_BYTES
from i18n import _
from kernel import db
from kernel.errors import Invalid
from kernel.policy import Actor
from labeling.links import link_to
from labeling.rules.media import CleanFile
from web import current, limits
from web.forms import InModel, OutModel, values_of
from workforce import queries as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class AskCheckIn(InModel):
    """Which claim to write or speak a language is to be checked."""

    claim_id: str = Field(max_length=22)


class AnswerCheckIn(InModel):
    """What the candidate wrote: 40 to 2000 characters, in sentences that do not repeat themselves."""

    text: str = Field(max_length=4000)


class RecordCheckIn(InModel):
    """What the candidate said, in base64: M4A, MP3, WAV, FLAC, Ogg or WebM, from 3 seconds to 3 minutes."""

    content: str = Field(min_length=1, max_length=MOST_BYTES * 4 // 3 + 4)


class JudgeCheckIn(InModel):
    """Whether somebody who knows the language so well would write or speak like this."""

    confirms: bool


class NativePromptIn(InModel):
    """A prompt of the vendor's own for one locale, of mode `write` or `speak`."""

    locale: str = Field(max_length=35)
    mode: str = Field(default="write", max_length=6)
    text: str = Field(max_length=2000)


class NativeCheckOut(OutModel):
    """A check as its candidate sees it; `recording` is a link for a minute, told of one check at a time. `confirmed` is
    null where nothing was decided: while it is under way, and where natives could not (`undecided`)."""

    id: str
    locale: str
    mode: str
    level: str
    prompt: str
    answer: str
    recording: str | None
    state: Annotated[str, values_of(("asked", "answered", "decided", "undone", "undecided"))]
    confirmed: bool | None
    asked_at: datetime
    answered_at: datetime | None
    decided_at: datetime | None
    receipt_id: str | None

    @classmethod
    def of(cls, view: CheckView) -> "NativeCheckOut":
        names = [name for name in cls.model_fields if name != "recording"]
        return cls(**{name: getattr(view, name) for name in names}, recording=_link(view.id, view.recording_id))


class NativeTaskOut(OutModel):
    """A text or recording as a native judges it; `recording` is a link for a minute, to personal data."""

    check_id: str
    locale: str
    mode: str
    level: str
    prompt: str
    answer: str
    recording: str | None
    held_until: datetime
    micros: int
    currency: str

    @classmethod
    def of(cls, task: TaskView) -> "NativeTaskOut":
        names = [name for name in cls.model_fields if name != "recording"]
        return cls(**{name: getattr(task, name) for name in names}, recording=_link(task.check_id, task.recording_id))


class NextCheckOut(OutModel):
    """An answer in hand; null where none waits."""

    task: NativeTaskOut | None


class NativeChecksOut(OutModel):
    """One's own checks, and how many answers one could judge now."""

    items: list[NativeCheckOut]
    waiting: int


class JudgedOut(OutModel):
    """What the check came to; null while a native is missing, and where natives could not decide."""

    confirmed: bool | None


class OverviewCheckOut(OutModel):
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
    mode: str
    text: str


class ChecksOverviewOut(OutModel):
    """The vendor's checks, checkers, natives by mode and locale, and prompts."""

    checks: list[OverviewCheckOut]
    checkers: list[CheckerOut]
    natives: dict[str, dict[str, int]]
    prompts: list[NativePromptOut]


class MadePromptOut(OutModel):
    """The prompt that was added."""

    id: str


class RemovedOut(OutModel):
    """It was done."""

    ok: bool = True


@api.get("/language-checks", returns=NativeChecksOut)
def language_checks(session: "Session", actor: Actor) -> NativeChecksOut:
    """Your checks by natives, and how many answers of others you could judge."""
    found = acts.own_checks(session, actor)
    return NativeChecksOut(items=[NativeCheckOut.of(each) for each in found.checks], waiting=found.waiting)


@api.post("/language-checks", body=AskCheckIn, returns=NativeCheckOut, creates=True)
def ask_language_check(session: "Session", actor: Actor, body: AskCheckIn) -> NativeCheckOut:
    """Ask for natives to check how you write or speak a language."""
    return NativeCheckOut.of(acts.ask_check(session, actor, body.claim_id))


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
    """Take the next text or recording that waits for a native like you."""
    task = acts.take_check(session, actor)
    return NextCheckOut(task=NativeTaskOut.of(task) if task else None)


@api.get("/language-checks/<check_id>", returns=NativeCheckOut)
def language_check(session: "Session", actor: Actor, check_id: str) -> NativeCheckOut:
    """One of your checks."""
    return NativeCheckOut.of(acts.own_check(session, actor, check_id))


@api.post("/language-checks/<check_id>/answer", body=AnswerCheckIn, returns=NativeCheckOut)
def answer_language_check(session: "Session", actor: Actor, check_id: str, body: AnswerCheckIn) -> NativeCheckOut:
    """Send what you wrote to the natives."""
    return NativeCheckOut.of(acts.answer_check(session, actor, check_id, body.text))


def _sound_of(check_id: str, body: RecordCheckIn) -> CleanFile:
    """What the file holds, read while nobody waits for the database, and only for whose check it is."""
    limits.spend("voices")
    with db.reading(current.scope()) as session:
        acts.own_check(session, current.actor(), check_id)
    try:
        content = b64decode(body.content, validate=True)
    except (NotBase64, ValueError) as error:
        message = _("This is not base64.")
        raise Invalid("voice.encoding", message, fields={"content": message}) from error
    return voices.cleaned(content)


@api.post("/language-checks/<check_id>/recording", body=RecordCheckIn, returns=NativeCheckOut, before=_sound_of)
def record_language_check(
    session: "Session", actor: Actor, check_id: str, body: RecordCheckIn, proven: CleanFile
) -> NativeCheckOut:
    """Send what you said to the natives."""
    return NativeCheckOut.of(voices.record_check(session, actor, check_id, proven))


@api.get("/language-checks/<check_id>/task", returns=NativeTaskOut)
def language_task(session: "Session", actor: Actor, check_id: str) -> NativeTaskOut:
    """What you hold, once more; the link to a recording is made anew."""
    return NativeTaskOut.of(acts.task_in_hand(session, actor, check_id))


@api.get("/language-checks/<check_id>/appealed", returns=NativeCheckOut)
def appealed_check(session: "Session", actor: Actor, check_id: str) -> NativeCheckOut:
    """What was asked and answered, for whoever may decide the appeal against what natives found."""
    return NativeCheckOut.of(voices.appealed_check(session, actor, check_id))


@api.post("/language-checks/<check_id>/verdict", body=JudgeCheckIn, returns=JudgedOut)
def judge_language_check(session: "Session", actor: Actor, check_id: str, body: JudgeCheckIn) -> JudgedOut:
    """Say what you think of what you hold; it is paid whatever you say."""
    return JudgedOut(confirmed=acts.judge_check(session, actor, check_id, confirms=body.confirms))


@api.post("/language-checks/<check_id>/giving-back", returns=RemovedOut)
def give_back_language_check(session: "Session", actor: Actor, check_id: str) -> RemovedOut:
    """Leave what you hold to another native: it earns nothing, counts for nothing, and does not come to you again."""
    acts.give_back_check(session, actor, check_id)
    return RemovedOut()


@api.post("/language-prompts", body=NativePromptIn, returns=MadePromptOut, creates=True)
def add_language_prompt(session: "Session", actor: Actor, body: NativePromptIn) -> MadePromptOut:
    """Add a prompt of your own for one locale."""
    return MadePromptOut(id=prompts.add_prompt(session, actor, locale=body.locale, text=body.text, mode=body.mode))


@api.post("/language-prompts/<prompt_id>/removal", returns=RemovedOut)
def remove_language_prompt(session: "Session", actor: Actor, prompt_id: str) -> RemovedOut:
    """Take a prompt away."""
    prompts.remove_prompt(session, actor, prompt_id)
    return RemovedOut()


def _link(check_id: str, recording_id: str | None) -> str | None:
    return link_to(recording_id, voice_pass(check_id)) if recording_id else None
