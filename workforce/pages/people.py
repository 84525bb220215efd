"""People of a vendor: the list with its filters, one person in full, and the decisions about them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for
from pydantic import Field

from i18n import Message, _, ngettext
from i18n.matching import Level, Mode
from kernel import db
from kernel.db import now_of
from kernel.errors import Conflict, Invalid
from web import current
from web.amounts import percent_of
from web.days import end_of
from web.forms import Day, Form, FormModel, empty_form, read_form
from web.render import flash, page, see
from workforce import operations, queries
from workforce.demand import lanes_named, lanes_with_tests
from workforce.figures import figures_of_person
from workforce.grounds import offered
from workforce.operations import all_people, many_people
from workforce.pages import pages, words
from workforce.pages.people_filter import LABELS, Asked, address_of
from workforce.policy import Action
from workforce.queries.credentials import brought_for
from workforce.queries.known import refuse_unknown
from workforce.rules.standing import next_standings
from workforce.values import DOMAINS, IDENTITY_KINDS, SKILLS, ManyAct, PlanForAll, PlannedAct, Standing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PAGE = 25
BULK = (Standing.PAUSED, Standing.SUSPENDED, Standing.ACTIVE)
# Where what was shown is sent, what it was typed as, what it does to each, and what follows from it.
Preview = tuple[str, dict[str, Any], list[PlannedAct], Message]
_STAYS = _("stays: not possible from there")


class Reason(FormModel):
    """What a form of decline or rejection sends."""

    reason: str = Field(max_length=2000)


class Decision(Reason):
    """What a form of a decision sends: its reason, and what it rests on."""

    evidence: list[str] = Field(default_factory=list, max_length=50)
    answers: str = Field(default="", max_length=1200)

    def named(self) -> list[dict[str, str]]:
        """The evidence as an operation takes it."""
        ticked = [dict(zip(("kind", "id"), one.partition(":")[::2], strict=True)) for one in self.evidence]
        return [*ticked, *({"kind": "judgment", "id": each} for each in self.answers.split())]


class StandingForm(Decision):
    """What the form of standing sends; `until` is the last day of a pause that ends by itself."""

    status: Standing
    until: Day | None = None

    def end(self) -> datetime | None:
        """The end of that day."""
        return end_of(self.until) if self.until else None


class SkillForm(Reason):
    """What the form of a skill for many sends."""

    skill: str = Field(max_length=60)


class ClearancesForm(Reason):
    """What the form of a clearance for many sends; without a level, each one's own is renewed."""

    level: int | None = Field(default=None, ge=1, le=3)
    until: Day


class ClearanceForm(Reason):
    """What the form of clearance sends: a level, and the last day on which it holds."""

    level: int
    until: Day | None = None


class IdentityForm(FormModel):
    """What the form of an identity check sends."""

    kind: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=2000)


@pages.get("/people")
def people() -> Response:
    """People by what is asked of them."""
    return _list(empty_form())


@pages.post("/people/standings")
def change_standings() -> Response:
    """Show what a standing would do to those who are chosen; done when it is sent a second time from there."""
    form = read_form(StandingForm)

    def act(session: "Session", is_preview: bool) -> list[PlannedAct]:
        planned = many_people.change_standings(
            session, current.actor(), request.form.getlist("ids"), status=form.data.status, reason=form.data.reason,
            is_preview=is_preview, until_at=form.data.end(),
        )  # fmt: skip
        word = words.STANDINGS[form.data.status][0]
        return [PlannedAct(one.id, one.name, one.is_possible, word if one.is_possible else _STAYS) for one in planned]

    return _many(
        form, act, lambda: ManyAct("standing", form.data.reason, status=form.data.status, until_at=form.data.end()),
        _("Each of them reads your reason and can appeal. What they hold goes back to others at once."),
    )  # fmt: skip


@pages.post("/people/skills")
def add_skill() -> Response:
    """The same for a skill that they are known to have."""
    form = read_form(SkillForm)
    return _many(
        form,
        lambda session, is_preview: many_people.add_skill(
            session, current.actor(), request.form.getlist("ids"), skill=form.data.skill, reason=form.data.reason,
            is_preview=is_preview,
        ),
        lambda: ManyAct("skill", form.data.reason, skill=form.data.skill),
        _("Lanes that ask for this skill open to them. They can take it off their profile. Your reason is kept."),
    )  # fmt: skip


@pages.post("/people/clearances")
def set_clearances() -> Response:
    """The same for a clearance, or for the end of what each holds."""
    form = read_form(ClearancesForm)
    return _many(
        form,
        lambda session, is_preview: many_people.set_clearances(
            session, current.actor(), request.form.getlist("ids"), level=form.data.level,
            until_at=end_of(form.data.until), reason=form.data.reason, is_preview=is_preview,
        ),
        lambda: ManyAct(
            "clearance", form.data.reason, level=form.data.level, until_at=end_of(form.data.until)
        ),
        _("Work with protected data opens to them until then, where all else that it asks for is met."),
    )  # fmt: skip


def _many(
    form: Form[Any], act: Callable[["Session", bool], list[PlannedAct]], for_all: Callable[[], ManyAct], note: Message
) -> Response:  # fmt: skip
    """Show what an act would do to those who are chosen, or to all who fit; done when it is sent a second time from
    there."""
    is_preview, is_all = request.form.get("sure") != "1", request.form.get("all") == "1"
    planned, plan, job_id = list[PlannedAct](), None, ""
    if form.ok:
        try:
            wanted = Asked(request.args).filter
            with db.transaction(queries.reach(current.actor())) as session:
                refuse_unknown(session, wanted)
                if is_all and is_preview:
                    plan = all_people.plan_for_all(session, current.actor(), wanted, for_all())
                elif is_all:
                    job_id = all_people.ask_for_all(
                        session, current.actor(), wanted, for_all(), key=request.form.get("key", ""),
                        expected=request.form.get("expected", -1, type=int),
                    )  # fmt: skip
                else:
                    planned = act(session, is_preview)
        except (Invalid, Conflict) as problem:
            form.add(problem if isinstance(problem, Invalid) else Invalid(problem.code, problem.message))
    if not form.ok:
        return _list(form, 422)
    if job_id:
        return see("web.job_status", job_id=job_id)
    if is_preview:
        return _list(form, preview=(request.path, form.values, list(plan.first) if plan else planned, note), plan=plan)
    changed = sum(one.is_possible for one in planned)
    flash("good", ngettext("%(num)s person was changed.", "%(num)s people were changed.", changed))
    return see("workforce.people")


@pages.post("/people/searches")
def save_search() -> Response:
    """Keep the present search under a name."""
    asked = Asked(request.form)
    try:
        with db.transaction(current.scope()) as session:
            name = request.form.get("name", "")
            refuse_unknown(session, asked.filter)
            many_people.save_search(session, current.actor(), name=name, wanted=asked.filter)
    except Invalid as problem:
        flash("bad", problem.message)
    return see("workforce.people", **asked.typed)


@pages.post("/people/searches/<saved_filter_id>/forget")
def forget_search(saved_filter_id: str) -> Response:
    """Keep a search no longer."""
    with db.transaction(current.scope()) as session:
        many_people.forget_search(session, current.actor(), saved_filter_id)
    return see("workforce.people")


def _list(
    form: Form[Any], status: int = 200, preview: Preview | None = None, plan: PlanForAll | None = None
) -> Response:
    asked, after = Asked(request.args), request.args.get("after") or None
    with db.reading(queries.reach(current.actor())) as session:
        asked.refuse_unknown(session)
        found = queries.search_people(session, asked.wanted, after=after, limit=PAGE) if asked.wanted else ([], None)
        known = [(lane_id, str(name)) for lane_id, name in lanes_named(session, [asked.typed.get("lane", "")])]
        counts = queries.count_by_status(session)
        pools, _more = queries.pools(session, limit=200)
        saved = many_people.saved_searches(session, current.actor())
        lanes = lanes_with_tests(session) if current.may(Action.PEOPLE_INVITE) else []
    named = [(pool.id, pool.name) for pool in pools]
    return page(
        "workforce/people.html", 422 if asked.faults else status, rows=found[0], counts=counts,
        total=sum(counts.values()), pool_count=len(pools),
        asked=asked.typed, faults=asked.faults, chips=_chips(asked, dict(named), dict(known)), pools=named, words=words,
        offered_lanes=_offered(known, asked.typed.get("lane", "")),
        offered_skills=_offered(SKILLS.items(), asked.typed.get("skill", "")),
        offered_domains=_offered(DOMAINS.items(), asked.typed.get("domain", "")),
        preview=preview, plan=plan, typed=form.values, errors=form.errors,
        last_day=getattr(form.data, "until", None) if preview else None,
        saved=[(one, url_for("workforce.people", **address_of(one.wanted))) for one in saved],
        standings=[(one.value, str(words.STANDINGS[one][0])) for one in Standing],
        bulk=[(one.value, str(words.STANDINGS[one][0])) for one in BULK], chosen=set(request.form.getlist("ids")),
        modes=[(one.value, str(words.MODES[one.value])) for one in Mode],
        levels=[(one.code, str(words.LEVELS[one.code])) for one in Level],
        clearances=[(str(level), str(name)) for level, name in enumerate(words.CLEARANCES)],
        may_export=current.may(Action.PEOPLE_EXPORT), may_see_pools=current.may(Action.POOL_READ),
        next_url=url_for("workforce.people", **asked.typed, after=found[1]) if found[1] else "",
        first_url=url_for("workforce.people", **asked.typed) if after else "",
        may_change=current.may(Action.PEOPLE_STANDING), may_clear=current.may(Action.PEOPLE_CLEAR), skills=SKILLS,
        lanes=[(lane_id, str(name)) for lane_id, name in lanes],
    )  # fmt: skip


@pages.get("/people/<annotator_id>")
def person(annotator_id: str) -> Response:
    """One person: profile, languages with their proof, history, decisions."""
    return _show(annotator_id, empty_form())


@pages.post("/people/<annotator_id>/admit")
def admit(annotator_id: str) -> Response:
    """Admit an applicant."""
    with db.transaction(queries.reach(current.actor())) as session:
        operations.admit(session, current.actor(), annotator_id)
    return _done(annotator_id, _("Admitted."))


@pages.post("/people/<annotator_id>/decline")
def decline(annotator_id: str) -> Response:
    """Turn an application down."""
    form = read_form(Decision)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.decline(session, current.actor(), annotator_id, form.data.reason, form.data.named())
        except Invalid as problem:
            form.add(problem)
    return (
        _done(annotator_id, _("Declined. The person reads your reason and can appeal."))
        if form.ok
        else _show(annotator_id, form, 422)
    )


@pages.post("/people/<annotator_id>/standing")
def change_standing(annotator_id: str) -> Response:
    """Pause, end or bring back."""
    form = read_form(StandingForm)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.change_standing(
                    session,
                    current.actor(),
                    annotator_id,
                    status=form.data.status,
                    reason=form.data.reason,
                    evidence=form.data.named(),
                    until_at=form.data.end(),
                )
        except Invalid as problem:
            form.add(problem)
    return _done(annotator_id, _("Changed.")) if form.ok else _show(annotator_id, form, 422)


@pages.post("/people/<annotator_id>/clearance")
def set_clearance(annotator_id: str) -> Response:
    """Give, change or end a clearance."""
    form = read_form(ClearanceForm)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.set_clearance(
                    session, current.actor(), annotator_id, level=form.data.level, reason=form.data.reason,
                    until_at=end_of(form.data.until) if form.data.until else None,
                )  # fmt: skip
        except Invalid as problem:
            form.add(problem)
    return _done(annotator_id, _("Changed.")) if form.ok else _show(annotator_id, form, 422)


@pages.post("/people/<annotator_id>/identity")
def verify_identity(annotator_id: str) -> Response:
    """Take an identity as verified."""
    form = read_form(IdentityForm)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.verify_identity(session, current.actor(), annotator_id, **form.data.model_dump())
        except Invalid as problem:
            form.add(problem)
    return _done(annotator_id, _("Verified.")) if form.ok else _show(annotator_id, form, 422)


@pages.post("/people/<annotator_id>/identity/end")
def end_identity(annotator_id: str) -> Response:
    """Take an identity as verified no longer."""
    form = read_form(Reason)
    if form.ok:
        try:
            with db.transaction(queries.reach(current.actor())) as session:
                operations.end_identity(session, current.actor(), annotator_id, reason=form.data.reason)
        except Invalid as problem:
            form.add(problem)
    return _done(annotator_id, _("Changed.")) if form.ok else _show(annotator_id, form, 422)


def _done(annotator_id: str, message: Message) -> Response:
    flash("good", message)
    return see("workforce.person", annotator_id=annotator_id)


def _show(annotator_id: str, form: Form[Any], status: int = 200) -> Response:
    may_read_decisions = current.may(Action.RECEIPT_READ)
    may_read_credentials = current.may(Action.CREDENTIAL_READ)
    with db.reading(queries.reach(current.actor())) as session:
        detail = queries.person_for(session, current.actor(), annotator_id)
        receipts = queries.receipts_of(session, annotator_id, limit=10)[0] if may_read_decisions else None
        brought = brought_for(session, current.actor(), annotator_id) if may_read_credentials else []
        signed = queries.signatures_of(session, annotator_id)
        to_sign = queries.agreements_to_sign(session, annotator_id, detail.annotator.org_id)
        facts = queries.person_facts(session, annotator_id, now_of(session))
        steps = queries.steps_of(session, annotator_id)
        documents = queries.documents_of(session, annotator_id)
        grounds = offered(session, annotator_id)
        lanes = figures_of_person(session, current.actor(), annotator_id)
    standings = [one for one in next_standings(detail.annotator.status) if one is not Standing.LEFT]
    return page(
        "workforce/person.html", status, detail=detail, person=detail.annotator, receipts=receipts, signed=signed,
        brought=brought, to_sign=to_sign, words=words, errors=form.errors, typed=form.values,
        standings=[(one.value, str(words.STANDINGS[one][0])) for one in standings],
        facts=facts, identity_kinds=[(kind, str(name)) for kind, name in IDENTITY_KINDS.items()],
        clearances=[(str(level), str(name)) for level, name in enumerate(words.CLEARANCES)],
        steps=steps, documents=documents, lanes=lanes, grounds=grounds,
        is_self=detail.annotator.account_id == current.actor().account_id,
        reader_id=current.actor().account_id, may_sign_out=current.may(Action.SESSIONS_END),
    )  # fmt: skip


def _offered(named: Iterable[tuple[str, Message | str]], chosen: str) -> list[tuple[str, str]]:
    """Options of a select: any, each by its name, and what is chosen although it has none."""
    options = [(code, str(name)) for code, name in named]
    more = [(chosen, chosen)] if chosen and chosen not in dict(options) else []
    return [("", str(_("Any"))), *options, *more]


def _chips(asked: Asked, pools: Mapping[str, str], lanes: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is asked, each with what it is about, and the address of all the rest."""
    return [
        (str(_("%(label)s: %(value)s", label=LABELS[name], value=_chip(asked, name, pools, lanes))),
         url_for("workforce.people", **asked.without(name)))
        for name in asked.typed if name != "currency"
    ]  # fmt: skip


def _chip(asked: Asked, name: str, pools: Mapping[str, str], lanes: Mapping[str, str]) -> Message | str:
    typed = str(asked.typed[name])
    coded: Mapping[str, Message] = {"skill": SKILLS, "domain": DOMAINS, "proficiency": words.LEVELS}.get(name, {})
    match name:
        case "status" if typed in set(Standing):
            return words.STANDINGS[Standing(typed)][0]
        case "pool" | "lane":
            return (pools if name == "pool" else lanes).get(typed, typed)
        case "mode":
            return words.MODES.get(typed, typed)
        case "clearance" if typed.isdigit() and int(typed) < len(words.CLEARANCES):
            return words.CLEARANCES[int(typed)]
        case "proven":
            return _("Proven")
        case "cost":
            return f"{typed} {asked.typed.get('currency', 'USD')}"
        case "quality" if asked.wanted is not None:
            return f"{percent_of(asked.wanted.quality)}%"
        case _other:
            return coded.get(typed, typed)
