"""Plots of calibration's pages: from figures to pictures, with their words in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from calibration.queries.history import QualityDay, QualityHistory
from calibration.queries.lanes import LaneAgreement, LaneQuality
from calibration.queries.tests import Outlook
from calibration.queries.tests import Point as PlanPoint
from calibration.queries.weeks import LaneWeek
from calibration.rules.testplan import Plan
from i18n import _, current_locale, formats
from i18n.tags import display_name
from labeling.values import Ontology
from web.plots import Event, Interval, Point, Target, Tick, heat, line, ticks, whiskers

CLASSES_MOST = 12
DRIFTS_APART = 14


def class_names(ontology: Ontology | None) -> dict[str, str]:
    """Class ids with their names for this reader."""
    return {} if ontology is None else {label.id: label.name(current_locale()) for label in ontology.classes}


def classes(quality: LaneQuality, ontology: Ontology | None, target: float) -> Markup:
    """How surely each class is recognised."""
    names = class_names(ontology)
    rows = [
        Interval(names.get(each.name, each.name), each.recall, each.interval.lower, each.interval.upper)
        for each in quality.classes[:CLASSES_MOST]
    ]
    lowest = min((each.interval.lower for each in quality.classes), default=0.5)
    return whiskers(
        rows,
        label=str(_("Accuracy by class, each with its 95% interval")),
        x_ticks=ticks(max(0.0, lowest - 0.05), 1.0, _percent),
        target=Target(target, str(_("Target %(target)s", target=_percent(target)))),
        too_few=str(_("No class has enough checks yet.")),
    )


def agreement(quality: LaneQuality, ontology: Ontology | None) -> Markup:
    """How well people agree on each class, against all others."""
    names = class_names(ontology)
    told = quality.run.agreement.get("classes", ()) if quality.run else ()
    known = [each for each in told if each["alpha"] is not None and each["low"] is not None]
    rows = [Interval(names.get(each["name"], each["name"]), each["alpha"], each["low"], each["high"]) for each in known]
    lowest = min((each["low"] for each in known), default=0.0)
    return whiskers(
        rows[:CLASSES_MOST],
        label=str(_("Agreement by class, each with its 95% interval")),
        x_ticks=ticks(min(0.0, lowest), 1.0, lambda at: formats.number(at, 1)),
        too_few=str(_("It needs units with two answers, and an inference.")),
    )


def agreement_by_language(lanes: Sequence[LaneAgreement]) -> Markup:
    """How well people agree in each language of a project."""
    known = [each for each in lanes if each.low is not None and each.high is not None]
    rows = [
        Interval(f"{display_name(each.locale, current_locale())} ({each.locale})", each.alpha, each.low, each.high)
        for each in known
    ]
    return whiskers(
        rows[:CLASSES_MOST],
        label=str(_("Agreement by language, each with its 95% interval")),
        x_ticks=ticks(min([0.0, *(each.low or 0.0 for each in known)]), 1.0, lambda at: formats.number(at, 1)),
        too_few=str(_("It needs units with two answers, and an inference.")),
    )


def classes_met(quality: LaneQuality) -> list[str]:
    """The classes of the confusion matrix, as far as it shows them."""
    seen = quality.table
    return sorted({*seen, *(answer for row in seen.values() for answer in row)})[:CLASSES_MOST]


def confusion(quality: LaneQuality, ontology: Ontology | None) -> Markup:
    """What is taken for what."""
    names = class_names(ontology)
    seen: Mapping[str, Mapping[str, int]] = quality.table
    known = classes_met(quality)
    counts = [[seen.get(truth, {}).get(answer, 0) for answer in known] for truth in known]
    return heat(
        [names.get(name, name) for name in known],
        counts,
        label=str(_("How often each class was given, by what was right")),
        rows_are=str(_("right answer ↓")),
        columns_are=str(_("given answer →")),
        words=[[formats.number(count) for count in row] for row in counts],
        too_few=str(_("Not enough checks yet.")),
    )


def over_time(history: QualityHistory, limits: Sequence[tuple[float, str]], drift: str) -> Markup:
    """How sure one may be of a person's accuracy, day by day, with the limits of the rules that hold for it."""
    points = [_quality_point(day) for day in history.days]
    known = [point for point in points if point.y is not None]
    lowest = min((point.low for point in known if point.low is not None), default=0.5)
    return line(
        points,
        label=str(_("Share of right answers by day, with its 95% range")),
        y_ticks=ticks(max(0.0, min([lowest, *(at for at, _words in limits)]) - 0.05), 1.0, _percent),
        x_ticks=_dates(history.days),
        limits=[Target(at, words) for at, words in limits],
        events=[Event(float(day.toordinal()), drift) for day in _drifts(history.days)],
        last=_percent(known[-1].y) if known and known[-1].y is not None else "",
        too_few=str(_("A line stands here after two days with enough checks.")),
    )


def lane_over_time(weeks: Sequence[LaneWeek], target: float) -> Markup:
    """How often a lane's checked answers were right, week by week."""
    lowest = min([target, *(week.interval.lower for week in weeks)])
    ends: list[date] = [weeks[0].monday, weeks[-1].monday] if weeks else []
    return line(
        [
            Point(float(week.monday.toordinal()), week.accuracy, week.interval.lower, week.interval.upper)
            for week in weeks
        ],
        label=str(_("Share of right answers by week, with its 95% range")),
        y_ticks=ticks(max(0.0, lowest - 0.05), 1.0, _percent),
        x_ticks=[Tick(float(day.toordinal()), formats.date(day)) for day in ends],
        limits=[Target(target, str(_("Target %(target)s", target=_percent(target))))],
        last=_percent(weeks[-1].accuracy) if weeks else "",
        too_few=str(_("A line stands here after two weeks with enough checks.")),
    )  # fmt: skip


def speed_over_time(history: QualityHistory) -> Markup:
    """Time for one answer, day by day."""
    points = [
        Point(float(day.day.toordinal()), day.seconds / day.judged if day.judged else None) for day in history.days
    ]
    most = max((point.y for point in points if point.y is not None), default=1.0)
    return line(
        points,
        label=str(_("Mean seconds for one answer, by day")),
        y_ticks=ticks(0.0, max(1.0, most * 1.1), formats.number),
        x_ticks=_dates(history.days),
        too_few=str(_("A line stands here after two days of work.")),
    )


def class_recalls(history: QualityHistory, ontology: Ontology | None) -> Markup:
    """How surely a person recognises each class."""
    names = class_names(ontology)
    rows = [
        Interval(names.get(each.name, each.name), each.accuracy, each.interval.lower, each.interval.upper)
        for each in history.classes[:CLASSES_MOST]
    ]  # fmt: skip
    lowest = min((each.interval.lower for each in history.classes), default=0.5)
    return whiskers(
        rows,
        label=str(_("Right answers by class, each with its 95% range")),
        x_ticks=ticks(max(0.0, lowest - 0.05), 1.0, _percent),
        too_few=str(_("No class has enough checks yet.")),
    )


def acted_by_locale(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """On which share of the people of each locale a rule would have acted."""
    shown = [
        Interval(
            f"{display_name(row['locale'], current_locale())} ({row['locale']})", row["share"], row["low"], row["high"]
        )
        for row in rows
    ]
    return whiskers(
        shown[:CLASSES_MOST],
        label=str(_("Share of people acted on, by locale, with its 95% interval")),
        x_ticks=ticks(0.0, max([0.2, *(row["high"] for row in rows)]), _percent),
        too_few=str(_("Nobody has enough checked answers yet.")),
    )


def _drifts(days: Sequence[QualityDay]) -> list[date]:
    """The days on which errors became frequent, without those that follow another within two weeks."""
    found: list[date] = []
    for day in days:
        if day.drifted and (not found or (day.day - found[-1]).days > DRIFTS_APART):
            found.append(day.day)
    return found


def _quality_point(day: QualityDay) -> Point:
    at = float(day.day.toordinal())
    if day.interval is None:
        return Point(at, None)
    return Point(at, day.accuracy, day.interval.lower, day.interval.upper)


def _dates(days: Sequence[QualityDay]) -> list[Tick]:
    """The first day and the last."""
    ends: list[date] = [days[0].day, days[-1].day] if days else []
    return [Tick(float(day.toordinal()), formats.date(day)) for day in ends]


def characteristic(points: Sequence[PlanPoint], plan: Plan, cost: Outlook | None) -> tuple[Markup, ...]:
    """Who passes, how many questions it takes, and what these use up, by a person's accuracy."""
    lowest = points[0].accuracy
    x_ticks = [Tick(at / 10, _percent(at / 10)) for at in range(round(lowest * 10), 11, 1 if lowest >= 0.5 else 2)]
    marks = [Event(at, _percent(at)) for at in (plan.p0, plan.p1) if lowest <= at <= 1.0]
    passes = line(
        [Point(point.accuracy, point.passes) for point in points],
        label=str(_("Probability of passing, by how often a person is right")),
        y_ticks=[Tick(at, _percent(at)) for at in (0.0, 0.25, 0.5, 0.75, 1.0)],
        x_ticks=x_ticks,
        events=marks,
    )
    most = max(point.questions for point in points)
    questions = line(
        [Point(point.accuracy, point.questions) for point in points],
        label=str(_("Expected number of questions, by how often a person is right")),
        y_ticks=ticks(0.0, most * 1.1, formats.number),
        x_ticks=x_ticks,
        events=marks,
    )
    if cost is None:
        return passes, questions
    tests_ = [Point(point.accuracy, cost.lasting(point.questions)) for point in points]
    gold = line(
        tests_,
        label=str(_("How many attempts the gold lasts for, by how often people are right")),
        y_ticks=ticks(0.0, max(1.0, *(each.y or 0.0 for each in tests_)) * 1.1, formats.number),
        x_ticks=x_ticks,
        events=marks,
    )
    if cost.rate_micros is None:
        return passes, questions, gold
    paid = [Point(point.accuracy, point.questions * cost.rate_micros / 1e6) for point in points]
    pay = line(
        paid,
        label=str(_("What one attempt earns, by how often a person is right")),
        y_ticks=ticks(0.0, max(each.y or 0.0 for each in paid) * 1.1, lambda at: _money(at, cost)),
        x_ticks=x_ticks,
        events=marks,
    )
    return passes, questions, gold, pay


def _money(amount: float, cost: Outlook) -> str:
    return formats.money(round(amount * 1_000_000), cost.currency or "")


def _percent(share: float) -> str:
    return formats.percent(share)
