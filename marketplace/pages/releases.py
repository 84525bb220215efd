"""Pages of releases: the list, the QA report, the client's word, the files."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Response, send_file, url_for
from flask import request as sent

from calibration.rules.acceptance import sample_size, stated_limit
from i18n import Message, _, current_locale, formats, ngettext
from i18n.tags import display_name
from kernel import db
from kernel.errors import Invalid
from kernel.guard import not_found
from kernel.policy import Role
from kernel.sealed_files import open_sealed
from labeling.rendering import answer_names
from marketplace.models import Project, Release
from marketplace.operations import releases as operations
from marketplace.pages import pages
from marketplace.pages.assurance import LOT_STATES
from marketplace.pages.imports import job_card
from marketplace.queries import releases as queries
from marketplace.queries.corrections import corrections_of
from marketplace.queries.units import class_within
from marketplace.rules.qa import FEW_CHECKS, is_thin
from marketplace.values.releases import MIME, RELEASE_STATE_WORDS, ReleaseView
from web import current, limits, plots
from web.render import flash, page, see
from workforce.values import is_restricted

CLASSES_SHOWN = 12
STATED = 0.02
"""The error rate that contracts ask for most."""
NAMES_SHOWN = 6


VERDICTS: dict[str, tuple[Message, str]] = {
    "met": (_("meets it"), "good"),
    "missed": (_("misses it"), "bad"),
    "open": (_("too close to tell"), "wait"),
    "few": (_("too few checks to tell"), "wait"),
}


CAUSES: dict[str, Message] = {
    "consensus": _("more answers"),
    "review": _("a reviewer"),
    "objection": _("an objection that was right"),
}


@pages.get("/releases", endpoint="releases")
def release_list() -> Response:
    """The releases of one's organization, or with `?project=` those of one project."""
    project_id = sent.args.get("project") or None
    with db.reading(current.scope()) as session:
        rows, after = queries.releases_of(session, project_id, after=sent.args.get("after") or None)
    return page("marketplace/releases.html", rows=rows, after=after, project_id=project_id, states=RELEASE_STATE_WORDS)


@pages.get("/releases/<release_id>")
def release(release_id: str) -> Response:
    """A release with its QA report."""
    return _page(release_id, {})


@pages.get("/releases/<release_id>/corrections")
def corrections(release_id: str) -> Response:
    """The labels of a release that were corrected since its delivery."""
    with db.reading(current.scope()) as session:
        found = queries.release_of(session, release_id)
        row = session.get(Release, release_id)
        if found is None or row is None:
            raise not_found()
        rows, after = corrections_of(session, row, after=sent.args.get("after") or None)
        schema = queries.schema_of(session, found.project_id)
    is_client = current.actor().org_kind == "client"
    return page(
        "marketplace/corrections.html", release=found, rows=rows, after=after, causes=CAUSES, is_client=is_client,
        names=answer_names(schema, current_locale()) if schema else {},
    )  # fmt: skip


@pages.post("/releases/<release_id>/decide")
def decide_release(release_id: str) -> Response:
    """Accept a release, or return it with reasons."""
    accept = sent.form.get("decision") == "accept"
    try:
        with db.transaction(current.scope()) as session:
            operations.decide_release(
                session, current.actor(), release_id, accept=accept, reason=sent.form.get("reason", "")
            )
    except Invalid as problem:
        return _page(release_id, dict(problem.fields), 422)
    flash("good", _("The release is accepted.") if accept else _("The release is returned, and the vendor knows why."))
    return see("marketplace.release", release_id=release_id)


@pages.post("/releases/<release_id>/opening")
def open_release(release_id: str) -> Response:
    """Let a colleague take the files of restricted data away."""
    with db.transaction(current.scope()) as session:
        operations.open_release(session, current.actor(), release_id)
    flash("good", _("For a day somebody else of your organization may take the files away."))
    return see("marketplace.release", release_id=release_id)


@pages.get("/releases/<release_id>/files/<name>")
def download(release_id: str, name: str) -> Response:
    """Take a file of a release away."""
    limits.spend("export")
    with db.transaction(current.scope()) as session:
        file = operations.note_download(session, current.actor(), release_id, name)
    return send_file(
        open_sealed(file.stored_name, file.key), mimetype=MIME[file.format], as_attachment=True,
        download_name=file.name, etag=False, max_age=0,
    )  # fmt: skip


def _page(release_id: str, errors: dict[str, Message], status: int = 200) -> Response:
    with db.reading(current.scope()) as session:
        found = queries.release_of(session, release_id)
        schema = queries.schema_of(session, found.project_id) if found else None
        project = session.get(Project, found.project_id) if found else None
        classification = class_within(session, project) if project is not None else ""
        needs_two = project is not None and is_restricted(classification)
        is_waiting = needs_two and operations.lacks_second_person(session, current.actor(), release_id, classification)
        is_let_out = needs_two and operations.has_let_out(session, current.actor(), release_id)
    if found is None:
        raise not_found()
    names = answer_names(schema, current_locale()) if schema else {}
    role = current.actor().role
    buys = role in (Role.CLIENT_ADMIN, Role.CLIENT_PM)
    return page(
        "marketplace/release.html", status, release=found, report=found.report, states=RELEASE_STATE_WORDS,
        errors=errors, may_decide=buys and found.state == "delivered", may_download=buys, needs_two=needs_two,
        is_waiting=is_waiting, is_let_out=is_let_out,
        whiskers=_whiskers(found),
        heat=_heat(found, names), names=names,
        verdicts=_verdicts(found.report), verdict_words=VERDICTS, is_thin=is_thin,
        issues=[issue_words(issue, names) for issue in found.report.get("known_issues", [])],
        sampled=_sampled(found.report.get("sample")), lot_states=LOT_STATES,
        sha256=_grouped(found.sha256), job=job_card(found.job_id) if found.state == "building" else None,
        job_url=url_for("web.job_status", job_id=found.job_id) if found.job_id else "",
    )  # fmt: skip


def _sampled(sample: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the random sample lets one state, and how large it must be for two errors in a hundred at most."""
    if not sample:
        return None
    needed = sample_size(STATED, allowed=sample["wrong"])
    return {"limit": stated_limit(sample["checked"], sample["wrong"]), "target": STATED, "needed": needed}


def issue_words(issue: dict[str, Any], names: Mapping[str, str] = MappingProxyType({})) -> Message:
    """A known issue as a sentence; `names` are those of the classes."""
    locale = display_name(issue["locale"], current_locale()) if "locale" in issue else ""
    match issue["code"]:
        case "no_gold":
            return _("Nothing was checked against gold: no accuracy can be told.")
        case "nothing_yet":
            return _("%(language)s: no unit is settled yet.", language=locale)
        case "target_open":
            return _("%(language)s: the interval of the accuracy reaches below the target.", language=locale)
        case "target_missed":
            return _("%(language)s: the accuracy is below the target.", language=locale)
        case "few_checks":
            return ngettext(
                "%(language)s: only %(num)s check against gold.", "%(language)s: only %(num)s checks against gold.",
                issue["count"], language=locale,
            )  # fmt: skip
        case "few_reviewed":
            return ngettext(
                "%(language)s: only %(num)s unit of a random sample was reviewed, too few to tell how many labels are"
                " wrong.",
                "%(language)s: only %(num)s units of a random sample were reviewed, too few to tell how many labels"
                " are wrong.",
                issue["count"], language=locale,
            )  # fmt: skip
        case "thin_classes":
            return ngettext(
                "%(num)s class rests on fewer than %(need)s checks, too few to tell how well it is recognised:"
                " %(names)s.",
                "%(num)s classes rest on fewer than %(need)s checks, too few to tell how well they are recognised:"
                " %(names)s.",
                issue["count"], need=FEW_CHECKS, names=_some([names.get(one, one) for one in issue["classes"]]),
            )  # fmt: skip
        case "lot_rejected":
            return ngettext(
                "%(language)s: the sample of this lot was rejected, with %(num)s wrong label, and the client had it"
                " released all the same.",
                "%(language)s: the sample of this lot was rejected, with %(num)s wrong labels, and the client had it"
                " released all the same.",
                issue["count"], language=locale,
            )  # fmt: skip
        case "lot_reworked":
            return ngettext(
                "%(language)s: a sample of this lot was rejected, and it was done again %(num)s time.",
                "%(language)s: samples of this lot were rejected, and it was done again %(num)s times.",
                issue["count"], language=locale,
            )  # fmt: skip
        case "lot_rework":
            return _(
                "%(language)s: this lot was being done again, and the client had it released all the same.",
                language=locale,
            )
        case "lot_waiting":
            return _(
                "%(language)s: the sample of this lot was not finished, and the client had it released all the same.",
                language=locale,
            )
        case "labels_flipped":
            return ngettext(
                "%(num)s label would come out otherwise today, after what was answered since it was settled. It goes"
                " out as it was settled.",
                "%(num)s labels would come out otherwise today, after what was answered since they were settled. They"
                " go out as they were settled.",
                issue["count"],
            )
        case "low_agreement":
            return _("%(language)s: people agree little (alpha under 0.667).", language=locale)
        case "weak_class":
            return _(
                "The class “%(name)s” is recognised less often than agreed.",
                name=names.get(issue["class"], issue["class"]),
            )
        case _:
            return ngettext(
                "%(language)s: %(num)s report of a problem waits for an answer.",
                "%(language)s: %(num)s reports of problems wait for an answer.",
                issue.get("count", 0), language=locale,
            )  # fmt: skip


def _some(names: list[str]) -> str:
    """The first of them as a list; how many there are is told beside it."""
    return formats.list_and(names[:NAMES_SHOWN]) if len(names) <= NAMES_SHOWN else ", ".join(names[:NAMES_SHOWN]) + "…"


def _verdicts(report: Mapping[str, Any]) -> dict[str, str]:
    """What can be said of each language that has units: met, missed, open (too close) or few (too little checked)."""
    rows = [row for row in report.get("by_locale", []) if row["units"]]
    return {row["locale"]: "few" if is_thin(row["accuracy"]) else row["standing"] for row in rows}


def _whiskers(release: ReleaseView) -> str:
    rows = release.report.get("by_locale", [])
    intervals = [_interval(row) for row in rows]
    known = [row["accuracy"]["low"] for row in rows if row["accuracy"]]
    low = min([0.7, *(share - 0.02 for share in known)])
    targets = {row["target"] for row in rows}
    target = next(iter(targets)) if len(targets) == 1 else None
    return plots.whiskers(
        intervals, label=str(_("Accuracy of single judgments by language, with 95% intervals")),
        x_ticks=plots.ticks(max(low, 0.0), 1.0, lambda share: formats.percent(share)),
        target=plots.Target(target, str(_("Target %(share)s", share=formats.percent(target)))) if target else None,
        too_few=str(_("Too few checks against gold yet.")),
    )  # fmt: skip


def _interval(row: dict[str, Any]) -> plots.Interval:
    name, figure = display_name(row["locale"], current_locale()), row["accuracy"]
    if figure is None:
        return plots.Interval(name, None, text=str(_("not yet")))
    tone = 5 if row["standing"] in ("open", "missed") else 1
    return plots.Interval(name, figure["value"], figure["low"], figure["high"], tone=tone)


def _heat(release: ReleaseView, called: Mapping[str, str]) -> str:
    confusion = release.report.get("confusion", {"classes": [], "counts": []})
    names = [called.get(one, one) for one in confusion["classes"][:CLASSES_SHOWN]]
    counts = [row[:CLASSES_SHOWN] for row in confusion["counts"]]
    return plots.heat(
        names, counts[:CLASSES_SHOWN], label=str(_("How often each class was taken for each other one")),
        rows_are=str(_("rows: what is right")), columns_are=str(_("columns: what was answered")),
        words=[[formats.number(count) for count in row] for row in counts[:CLASSES_SHOWN]],
        numbers=[formats.number(place) for place in range(1, len(names) + 1)],
        too_few=str(_("Too few checks against gold yet.")),
    )  # fmt: skip


def _grouped(sha256: str | None) -> str:
    return " ".join(sha256[start : start + 4] for start in range(0, 64, 4)) if sha256 else ""
