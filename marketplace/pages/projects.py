"""Pages of projects: the list, one project with its lanes, and its set-up."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Response, url_for
from flask import request as sent

from calibration.queries import quality_of_lane
from calibration.queries.lanes import LaneQuality
from i18n import Message, _, ngettext
from kernel import db
from kernel.errors import Conflict, Invalid
from kernel.guard import not_found
from kernel.policy import Role
from kernel.tenancy import Scope
from labeling.tasktypes.registry import TYPES
from marketplace.operations import keeping, ontologies, projects, requests
from marketplace.pages import pages
from marketplace.pages.schema import beside_fields, read_schema, schema_form, schema_locales
from marketplace.queries import home
from marketplace.queries import imports as import_queries
from marketplace.queries import projects as queries
from marketplace.queries import releases as release_queries
from marketplace.queries.keeping import keeping_of
from marketplace.values.actions import Action
from marketplace.values.imports import BATCH_STATE_WORDS, BatchKind
from marketplace.values.keeping import HOLD_WORDS, Kept
from marketplace.values.releases import RELEASE_STATE_WORDS
from marketplace.values.requests import (
    ALL_RIGHTS,
    GAP_WORDS,
    LANE_STATE_WORDS,
    PROJECT_STATE_WORDS,
    RIGHT_WORDS,
    LaneGap,
    LaneRow,
    ProjectView,
)
from web import current, plots
from web.json_text import BadJson, read_json
from web.render import flash, page, see

ENOUGH = 20
LATEST = 10


@pages.get("/projects", endpoint="projects")
def project_list() -> Response:
    """All projects of one's organization."""
    is_home = _is_client() and not sent.args.get("after")
    with db.reading(current.scope()) as session:
        rows, after = queries.find_projects(session, after=sent.args.get("after") or None)
        standing = home.progress_of(session, [row.id for row in rows])
        waiting = home.waiting_for_client(session, _uploads()) if is_home else None
        asked = home.asked_for(session) if is_home else []
        lanes = home.lanes_at_work(session) if asked else []
    return page(
        "marketplace/projects.html", rows=rows, after=after, states=PROJECT_STATE_WORDS, is_client=_is_client(),
        titles=_titles(), standing=standing, needs=_needs(waiting) if waiting and rows else None, enough=home.ENOUGH,
        coverage=_coverage(asked, lanes), progress=plots.progress,
    )  # fmt: skip


@dataclass(frozen=True)
class Need:
    """One thing that waits for the client: how much of it, what to do, and where; or who can do it."""

    badge: Message
    icon: str
    words: Message
    url: str
    action: Message
    who: Message | None = None


def _needs(waiting: home.ClientWaiting) -> list[Need]:
    """What waits, each with the way there for those who may go it, and else with who may."""
    role = current.actor().role
    buyers = None if role in (Role.CLIENT_ADMIN, Role.CLIENT_PM) else _("Your project managers can do this.")
    checkers = (
        None if role in (Role.CLIENT_PM, Role.CLIENT_QA) else _("Your project managers and reviewers can do this.")
    )
    quotes, delivered, reviews, uploads = waiting.quotes, waiting.releases, waiting.reviews, waiting.uploads
    one_request = url_for("marketplace.request", request_id=quotes.first_id or "-")
    one_release = url_for("marketplace.release", release_id=delivered.first_id or "-")
    found = [
        (quotes, Need(
            ngettext("%(num)s quote", "%(num)s quotes", quotes.count), "clock", _("A vendor waits for your answer."),
            one_request if quotes.count == 1 else url_for("marketplace.requests"), _("Decide"), buyers,
        )),
        (delivered, Need(
            ngettext("%(num)s release", "%(num)s releases", delivered.count), "check",
            _("It waits to be accepted or returned."),
            one_release if delivered.count == 1 else url_for("marketplace.releases"), _("Decide"), buyers,
        )),
        (waiting.corrected, Need(
            ngettext("%(num)s label corrected", "%(num)s labels corrected", waiting.corrected.count), "alert",
            _("They were delivered otherwise. The next release carries what is right now."),
            url_for("marketplace.corrections", release_id=waiting.corrected.first_id or "-"), _("See it"),
        )),
        (uploads, Need(
            ngettext("%(num)s upload", "%(num)s uploads", uploads.count), "clock",
            _("The file is checked; say whether it is brought in."),
            url_for("marketplace.batch", batch_id=uploads.first_id or "-"), _("Decide"),
        )),
        (reviews, Need(
            ngettext("%(num)s review", "%(num)s reviews", reviews.count), "eye", _("Units wait for a second look."),
            url_for("review.home"), _("Review"), checkers,
        )),
        (waiting.incomplete, Need(
            ngettext("%(num)s language", "%(num)s languages", waiting.incomplete.count), "alert",
            _("Something is missing before people can work in it."),
            url_for("marketplace.project", project_id=waiting.incomplete.first_id or "-"), _("See it"),
        )),
        (waiting.ready, Need(
            ngettext("%(num)s language", "%(num)s languages", waiting.ready.count), "clock",
            _("All is there; it only has to be opened."),
            url_for("marketplace.project", project_id=waiting.ready.first_id or "-"), _("Open"), buyers,
        )),
    ]  # fmt: skip
    return [need for pending, need in found if pending.count]


def _uploads() -> list[BatchKind]:
    """The kinds of uploads that the reader may decide on."""
    role = current.actor().role
    units = [BatchKind.UNITS] if role in (Role.CLIENT_ADMIN, Role.CLIENT_PM) else []
    return units + ([BatchKind.GOLD] if current.may(Action.GOLD_READ) else [])


def _coverage(asked: list[tuple[str, str]], lanes: list[home.LaneAtWork]) -> list[home.Coverage]:
    if not asked:
        return []
    with db.reading(Scope.system("how many people there are for the languages that a client asked for")) as session:
        return home.coverage(session, asked, lanes)


@pages.get("/projects/<project_id>")
def project(project_id: str) -> Response:
    """One project: lanes with progress and quality, releases, uploads, what is missing."""
    found = _project(project_id)
    with db.reading(current.scope()) as session:
        quality = {lane.id: quality_of_lane(session, lane.id) for lane in found.lanes}
        releases, more_releases = release_queries.releases_of(session, project_id, limit=LATEST)
        batches, more_batches = import_queries.batches_of(session, project_id, limit=LATEST)
    gaps = _gaps(found)
    rights = [(right, str(RIGHT_WORDS[right][0]), str(RIGHT_WORDS[right][1])) for right in ALL_RIGHTS]
    return page(
        "marketplace/project.html", project=found, quality=quality, releases=releases, batches=batches, gaps=gaps,
        more_releases=more_releases, more_batches=more_batches,
        gap_words=GAP_WORDS, states=PROJECT_STATE_WORDS, lane_states=LANE_STATE_WORDS, rights=rights,
        release_states=RELEASE_STATE_WORDS, batch_states=BATCH_STATE_WORDS, is_client=_is_client(), may=_may(found),
        marks={lane.id: _mark(quality[lane.id], lane) for lane in found.lanes}, enough=ENOUGH, titles=_titles(),
        progress=plots.progress, kept=_kept(project_id), hold_words=HOLD_WORDS,
    )  # fmt: skip


@pages.get("/projects/<project_id>/setup")
def project_setup(project_id: str) -> Response:
    """Label schema and guideline, with all their versions."""
    return _setup(project_id, {}, {})


@pages.post("/projects/<project_id>/ontology")
def publish_ontology(project_id: str) -> Response:
    """Publish the next version of the label schema, from the fields of the form or written as JSON."""
    if "body" not in sent.form:
        return _publish_form(project_id)
    typed = {"body": sent.form.get("body", ""), "changelog": sent.form.get("changelog", "")}
    try:
        body = read_json(typed["body"])
        with db.transaction(current.scope()) as session:
            ontologies.publish_ontology(session, current.actor(), project_id, body, changelog=typed["changelog"])
    except BadJson as fault:
        return _setup(project_id, {"body": fault.message}, typed, 422)
    except (Invalid, Conflict) as problem:
        return _setup(project_id, _at("body", problem), typed, 422)
    flash("good", _("The label schema is published."))
    return see("marketplace.project_setup", project_id=project_id)


def _publish_form(project_id: str) -> Response:
    typed = {name: value for name, value in sent.form.items() if name != "csrf_token"}
    before = _newest_schema(_project(project_id))
    locales = schema_locales(before)
    try:
        body = read_schema(before, locales, typed)
        with db.transaction(current.scope()) as session:
            ontologies.publish_ontology(
                session, current.actor(), project_id, body, changelog=typed.get("schema_changelog", "")
            )
    except Invalid as problem:
        return _setup(project_id, beside_fields(problem, locales), typed, 422)
    except Conflict as problem:
        return _setup(project_id, {"": problem.message}, typed, 422)
    flash("good", _("The label schema is published."))
    return see("marketplace.project_setup", project_id=project_id)


@pages.post("/projects/<project_id>/guideline")
def publish_guideline(project_id: str) -> Response:
    """Publish the next version of the guideline: fields `text.<locale>`, and one for another language."""
    typed = {name: value for name, value in sent.form.items() if name != "csrf_token"}
    texts = {name.removeprefix("text."): text for name, text in typed.items() if name.startswith("text.")}
    if typed.get("other_locale", "").strip():
        texts[typed["other_locale"].strip()] = typed.get("other_text", "")
    texts = {locale: text for locale, text in texts.items() if text.strip()}
    try:
        with db.transaction(current.scope()) as session:
            ontologies.publish_guideline(
                session, current.actor(), project_id, texts, changelog=typed.get("guideline_changelog", "")
            )
    except (Invalid, Conflict) as problem:
        return _setup(project_id, _at("other_text", problem), typed, 422)
    flash("good", _("The guideline is published."))
    return see("marketplace.project_setup", project_id=project_id)


@pages.post("/projects/<project_id>/rights")
def set_rights(project_id: str) -> Response:
    """Change what the vendor may do."""
    with db.transaction(current.scope()) as session:
        requests.set_rights(session, current.actor(), project_id, sent.form.getlist("rights"))
    flash("good", _("Saved. It holds from the vendor's next step on."))
    return see("marketplace.project", project_id=project_id)


@pages.post("/lanes/<lane_id>/open")
def open_lane(lane_id: str) -> Response:
    """Open a lane."""
    without = sent.form.get("without_test") == "1"
    row = db.current().run(
        Scope.system("opening a lane takes the vendor's rate and the client's test"),
        lambda session: projects.open_lane(session, current.actor(), lane_id, without_test=without),
    )
    flash("good", _("The lane is open. Its units are handed out from now on."))
    return see("marketplace.project", project_id=row.project_id)


@pages.post("/lanes/<lane_id>/pause")
def pause_lane(lane_id: str) -> Response:
    """Pause a lane."""
    with db.transaction(current.scope()) as session:
        row = projects.pause_lane(session, current.actor(), lane_id)
    flash("wait", _("The lane is paused. What is in people's hands can still be answered, and is paid."))
    return see("marketplace.project", project_id=row.project_id)


@pages.post("/projects/<project_id>/finish")
def finish_project(project_id: str) -> Response:
    """End a project."""
    with db.transaction(current.scope()) as session:
        projects.finish_project(session, current.actor(), project_id)
    flash("good", _("The project is done. What is in people's hands can still be answered, and is paid."))
    return see("marketplace.project", project_id=project_id)


@pages.post("/projects/<project_id>/keeping")
def keep_content(project_id: str) -> Response:
    """Say how long the content stays after the end of a project."""
    days = sent.form.get("days", "").strip()
    with db.transaction(current.scope()) as session:
        keeping.keep_content(
            session,
            current.actor(),
            project_id,
            int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
        )
    flash("good", _("Saved."))
    return see("marketplace.project", project_id=project_id)


@pages.post("/projects/<project_id>/content/removal")
def remove_content(project_id: str) -> Response:
    """Let the content of a project go now."""
    with db.transaction(current.scope()) as session:
        keeping.remove_content(session, current.actor(), project_id)
    flash("good", _("The content is removed within the hour, or once nobody needs it any more."))
    return see("marketplace.project", project_id=project_id)


def _kept(project_id: str) -> Kept | None:
    """Beside the page, for the client whose content it is."""
    if not _is_client():
        return None
    with db.reading(Scope.system("what holds a client's content")) as session:
        return keeping_of(session, project_id)


def _project(project_id: str) -> ProjectView:
    with db.reading(current.scope()) as session:
        found = queries.project_of(session, project_id)
    if found is None:
        raise not_found()
    return found


def _gaps(project: ProjectView) -> dict[str, tuple[LaneGap, ...]]:
    """What each lane lacks; both sides are told of the vendor's rate that it is missing, never how high it is."""
    waiting = [lane.id for lane in project.lanes if lane.state in ("draft", "paused")]
    with db.reading(Scope.system("what lanes of a project that was just read still lack")) as session:
        gaps = {lane_id: queries.gaps_of_lane(session, lane_id) for lane_id in waiting}
        # A project at work is shut to everybody too where its class was raised beyond what is set.
        shut = queries.is_project_shut(session, project.row.id)
    return gaps | {lane.id: (LaneGap.PROTECTION,) for lane in project.lanes if shut and lane.state == "open"}


def _mark(quality: LaneQuality, lane: LaneRow) -> str:
    """The lane's accuracy on its interval, against the target; nothing while too little was checked."""
    if quality.accuracy is None or quality.interval is None or (quality.checked or 0) < ENOUGH:
        return ""
    low, high = quality.interval.lower, quality.interval.upper
    return plots.whisker(
        quality.accuracy, low, high, scale=(min(0.5, low), 1.0), target=lane.quality_target,
        label=str(_("Accuracy with its interval and the target")),
    )  # fmt: skip


def _may(project: ProjectView) -> dict[str, bool]:
    """What stands on the page for this person; operations ask again."""
    role, is_client = current.actor().role, _is_client()
    buys = role in (Role.CLIENT_ADMIN, Role.CLIENT_PM)
    runs = role == Role.VENDOR_MANAGER
    return {
        "configure": buys or (runs and "project:configure" in project.rights),
        "import": buys or (runs and "unit:import" in project.rights),
        "gold": is_client and current.may(Action.GOLD_READ),
        "grant": buys,
        "rate": runs,
        "keep": current.may(Action.CONTENT_KEEP),
        "remove": current.may(Action.CONTENT_REMOVE) and project.row.state == "done",
        "finish": buys and project.row.state in projects.FINISHABLE,
    }


def _setup(project_id: str, errors: dict[str, Message], typed: dict[str, str], status: int = 200) -> Response:
    found = _project(project_id)
    newest = _newest_schema(found)
    guideline = found.guidelines[0].body if found.guidelines else {}
    locales = sorted({"en", *(lane.locale for lane in found.lanes), *guideline})
    return page(
        "marketplace/project_setup.html", status, project=found, errors=errors, typed=typed, may=_may(found),
        body=typed.get("body") or json.dumps(newest, ensure_ascii=False, indent=2), guideline=guideline,
        locales=locales, titles=_titles(), schema=schema_form(newest, schema_locales(newest), typed),
    )  # fmt: skip


def _newest_schema(project: ProjectView) -> dict[str, Any]:
    return dict(project.ontologies[0].body) if project.ontologies else _example(project.row.task_type)


def _example(task_type: str) -> dict[str, Any]:
    """A schema to begin with, as small as its task type takes it."""
    count = TYPES[task_type].class_count[0]
    classes = [{"id": f"class-{number}", "names": {"en": f"Class {number}"}} for number in range(1, count + 1)]
    options = {option.name: option.default for option in TYPES[task_type].option_fields}
    return {"task_type": task_type, "question": {"en": ""}, "classes": classes, "options": options}


def _at(field: str, problem: Invalid | Conflict) -> dict[str, Message]:
    """All faults of a text in one place, each with where in the text it is."""
    if isinstance(problem, Invalid) and problem.fields:
        told = [_("%(place)s: %(fault)s", place=path or "–", fault=text) for path, text in problem.fields.items()]
        return {field: told[0]} | {f"{field}.{number}": text for number, text in enumerate(told[1:10], start=1)}
    return {field: problem.message}


def _titles() -> dict[str, str]:
    return {name: str(kind.title) for name, kind in TYPES.items()}


def _is_client() -> bool:
    return current.actor().org_kind == "client"
