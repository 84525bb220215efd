"""Pages of checks by natives: a candidate's prompt, an answer in hand or under appeal, the vendor's overview."""

from typing import Any

from flask import Response, request
from pydantic import Field

from calibration.operations import natives as acts
from calibration.operations import prompts, voices
from calibration.pages import pages
from calibration.passes import voice_pass
from calibration.queries.natives import MODES
from calibration.rules import samples
from calibration.rules.voices import LONGEST, MOST_BYTES, SHORTEST
from i18n import Message, _
from kernel import db
from kernel.errors import Conflict, Invalid
from labeling.links import for_page
from web import current, limits
from web.forms import Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import queries as people
from workforce.pages import words

STATES: dict[str, tuple[Message, str]] = {
    "asked": (_("To be answered"), "wait"),
    "answered": (_("With the natives"), "wait"),
    "decided": (_("Decided"), "plain"),
    "undone": (_("Undone"), "plain"),
    "undecided": (_("Undecided"), "plain"),
}
OUTCOMES: dict[bool, tuple[Message, str]] = {
    True: (_("Confirmed"), "good"),
    False: (_("Not confirmed"), "bad"),
}


class Written(FormModel):
    """What the candidate's form sends."""

    text: str = Field(default="", max_length=4000)


class Verdict(FormModel):
    """What the native's form sends."""

    verdict: str = Field(default="", max_length=3)


class Prompt(FormModel):
    """What the form of a prompt sends."""

    locale: str = Field(default="", max_length=80)
    mode: str = Field(default="write", max_length=6)
    text: str = Field(default="", max_length=2000)


@pages.get("/language-checks")
def language_checks() -> Response:
    """One's own checks, and the way to answers that wait for natives."""
    with db.reading(current.scope()) as session:
        own = acts.own_checks(session, current.actor())
    return page("calibration/language_checks.html", own=own, words=words, states=STATES, outcomes=OUTCOMES)


@pages.post("/language-checks")
def ask_language_check() -> Response:
    """Ask for natives to check how one writes or speaks."""
    try:
        with db.transaction(current.scope()) as session:
            made = acts.ask_check(session, current.actor(), request.form.get("claim_id", "")[:22])
    except Conflict as problem:
        flash("bad", problem.message)
        return see("calibration.language_checks")
    return see("calibration.language_check", check_id=made.id)


@pages.get("/language-checks/<check_id>")
def language_check(check_id: str) -> Response:
    """One of one's own checks: the prompt to answer, or how it stands."""
    return _own(check_id, empty_form())


@pages.post("/language-checks/<check_id>/answer")
def answer_language_check(check_id: str) -> Response:
    """Send what one wrote."""
    form = read_form(Written)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                acts.answer_check(session, current.actor(), check_id, form.data.text)
        except Invalid as problem:
            form.add(problem)
        except Conflict as problem:
            flash("bad", problem.message)
            return see("calibration.language_check", check_id=check_id)
    if not form.ok:
        return _own(check_id, form, 422)
    flash("good", _("Sent. Two natives read it, each without knowing you or the other."))
    return see("calibration.language_check", check_id=check_id)


@pages.post("/language-checks/<check_id>/recording")
def record_language_check(check_id: str) -> Response:
    """Send what one said."""
    form, file = empty_form(), request.files.get("file")
    limits.spend("voices")
    try:
        with db.reading(current.scope()) as session:
            acts.own_check(session, current.actor(), check_id)
        clean = voices.cleaned(file.stream.read(MOST_BYTES + 1) if file else b"")
        with db.transaction(current.scope()) as session:
            voices.record_check(session, current.actor(), check_id, clean)
    except Invalid as problem:
        form.add(problem)
        return _own(check_id, form, 422)
    except Conflict as problem:
        flash("bad", problem.message)
        return see("calibration.language_check", check_id=check_id)
    flash("good", _("Sent. Two natives hear it, each without knowing you or the other."))
    return see("calibration.language_check", check_id=check_id)


@pages.post("/language-checks/next")
def take_language_check() -> Response:
    """Take the next answer that waits."""
    with db.transaction(current.scope()) as session:
        task = acts.take_check(session, current.actor())
    if task is None:
        flash("wait", _("Nothing waits for you just now."))
        return see("calibration.language_checks")
    return see("calibration.language_task", check_id=task.check_id)


@pages.get("/language-checks/<check_id>/judge")
def language_task(check_id: str) -> Response:
    """The answer in hand."""
    return _task(check_id, {})


@pages.post("/language-checks/<check_id>/verdict")
def judge_language_check(check_id: str) -> Response:
    """Say what one thinks of it."""
    form = read_form(Verdict)
    if not form.ok or form.data.verdict not in ("yes", "no"):
        return _task(check_id, {"verdict": _("Choose one of the two.")}, 422)
    try:
        with db.transaction(current.scope()) as session:
            acts.judge_check(session, current.actor(), check_id, confirms=form.data.verdict == "yes")
    except Conflict as problem:
        flash("bad", problem.message)
        return see("calibration.language_checks")
    flash("good", _("Thank you. It is paid whatever the others say."))
    return see("calibration.language_checks")


@pages.post("/language-checks/<check_id>/giving-back")
def give_back_language_check(check_id: str) -> Response:
    """Leave the answer in hand to another native."""
    try:
        with db.transaction(current.scope()) as session:
            acts.give_back_check(session, current.actor(), check_id)
    except Conflict as problem:
        flash("bad", problem.message)
    else:
        flash("good", _("Given back. It goes to another native, and nothing of it is held against you."))
    return see("calibration.language_checks")


@pages.get("/language-checks/<check_id>/appealed")
def appealed_check(check_id: str) -> Response:
    """What was asked and answered, for whoever may decide the appeal against what natives found."""
    with db.reading(current.scope()) as session:
        check = voices.appealed_check(session, current.actor(), check_id)
    return page("calibration/appealed_check.html", check=check, sound=_sound(check.id, check.recording_id), words=words)


@pages.get("/language-checks/overview")
def language_checks_overview() -> Response:
    """The vendor's checks, checkers, prompts and rates."""
    return _overview(empty_form())


@pages.post("/language-prompts")
def add_language_prompt() -> Response:
    """Add a prompt of the vendor's own."""
    form = read_form(Prompt)
    if form.ok:
        try:
            with db.transaction(current.scope()) as session:
                locale = words.language_typed(form.data.locale)
                prompts.add_prompt(session, current.actor(), locale=locale, text=form.data.text, mode=form.data.mode)
        except Invalid as problem:
            form.add(problem)
    if not form.ok:
        return _overview(form, 422)
    flash("good", _("Saved."))
    return see("calibration.language_checks_overview")


@pages.post("/language-prompts/<prompt_id>/removal")
def remove_language_prompt(prompt_id: str) -> Response:
    """Take a prompt away."""
    with db.transaction(current.scope()) as session:
        prompts.remove_prompt(session, current.actor(), prompt_id)
    flash("good", _("Removed."))
    return see("calibration.language_checks_overview")


def _own(check_id: str, form: Form[Any], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        check = acts.own_check(session, current.actor(), check_id)
    return page(
        "calibration/language_check.html", status, check=check, form=form, errors=form.errors, words=words,
        states=STATES, outcomes=OUTCOMES, shortest=samples.SHORTEST, longest=samples.LONGEST,
        sound=_sound(check.id, check.recording_id), least_seconds=SHORTEST, most_minutes=LONGEST // 60,
        most_mb=MOST_BYTES // 1024 // 1024, again_at=check.asked_at + acts.AGAIN_AFTER,
    )  # fmt: skip


def _task(check_id: str, errors: dict[str, Message], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        task = acts.task_in_hand(session, current.actor(), check_id)
    sound = _sound(task.check_id, task.recording_id)
    return page("calibration/language_task.html", status, task=task, sound=sound, errors=errors, words=words)


def _sound(check_id: str, recording_id: str | None) -> str:
    """The address that leads the reader to a link, made when the recording is played."""
    return for_page({"sound": recording_id}, voice_pass(check_id))["sound"] if recording_id else ""


def _overview(form: Form[Any], status: int = 200) -> Response:
    with db.reading(people.reach(current.actor())) as session:
        found = acts.overview(session, current.actor())
    return page(
        "calibration/language_checks_overview.html", status, found=found, form=form, errors=form.errors, words=words,
        states=STATES, outcomes=OUTCOMES, modes=[(mode, str(words.MODES[mode]), "") for mode in MODES],
    )  # fmt: skip
