"""The QA report: from counts, grades, samples and agreement to figures that never stand without their interval."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from calibration.inference.counters import SEED
from calibration.rules import blunting
from calibration.rules.intervals import clopper_pearson, wilson
from marketplace.values.releases import Graded, Sampled
from web.json_text import canonical_json

FORMAT = "polyphony-qa/1"
FEW_CHECKS = 20
LOW_ALPHA = 0.667  # Krippendorff's own bound for tentative conclusions
MOST_PAIRS = 20
MOST_FLIPPED = 200
_TELL_OF_CHECKS = ("few_checks", "thin_classes")  # issues that count what was checked


class Digest(Protocol):
    """What takes bytes and tells their hash."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True)
class Drift:
    """What the charts of people in one language said, and what came of it."""

    alarms: int = 0
    people: int = 0  # with an alarm
    followed: int = 0  # alarms after which a person's work was looked at again
    paused: int = 0  # decisions that paused somebody in this language
    refused: int = 0  # judgments whose pay is refused


@dataclass(frozen=True)
class LaneFigures:
    """What is known of one language besides its released units."""

    locale: str
    target: float
    unresolved: int
    open_reports: int
    method: str | None
    agreement: Mapping[str, Any]  # alpha, low, high, percent, units
    sample: Sampled
    parameters: Mapping[str, Any] = field(default_factory=dict)  # of the run of inference
    cancelled: int = 0  # units that the client took out of the work
    drift: Drift = Drift()


@dataclass
class Counted:
    """The released records, counted one after the other."""

    units: Counter[str] = field(default_factory=Counter)
    judgments: Counter[str] = field(default_factory=Counter)
    people: dict[str, set[str]] = field(default_factory=dict)
    by_person: Counter[str] = field(default_factory=Counter)
    by_class: Counter[str] = field(default_factory=Counter)
    per_unit: Counter[int] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    ontologies: Counter[int] = field(default_factory=Counter)
    guidelines: Counter[int] = field(default_factory=Counter)
    reviewed: int = 0
    flipped: int = 0
    flipped_refs: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    digest: Digest = field(default_factory=hashlib.sha256)  # of every unit with its judgments, in the files' order

    def take(self, record: Mapping[str, Any], *, is_flipped: bool = False) -> None:
        """Count one record of the release; `is_flipped` if consensus would settle it otherwise by now."""
        locale, votes = record["locale"], record["judgments"]
        self.digest.update(canonical_json([record.get("unit"), votes]).encode() + b"\n")
        self.seconds.setdefault(locale, []).extend(vote["seconds"] for vote in votes if vote.get("seconds") is not None)
        self.units[locale] += 1
        self.judgments[locale] += len(votes)
        self.people.setdefault(locale, set()).update(vote["person"] for vote in votes)
        self.by_person.update(vote["person"] for vote in votes)
        self.by_class.update([record["label"]] if record["label"] is not None else [])
        self.per_unit[len(votes)] += 1
        self.sources[record["source"]] += 1
        self.ontologies.update(vote["ontology"] for vote in votes)
        self.guidelines.update(vote["guideline"] for vote in votes)
        self.reviewed += record["reviewed"]
        self.flipped += is_flipped
        if is_flipped and len(self.flipped_refs) < MOST_FLIPPED:
            self.flipped_refs.append(record["id"] or record["unit"])


def report_of(
    *, name: str, version: int, counted: Counted, lanes: Sequence[LaneFigures], grades: Sequence[Graded],
    classes: Sequence[str], lots: Sequence[Mapping[str, Any]] = (), in_spite: str = "",
) -> dict[str, Any]:  # fmt: skip
    """The whole report as JSON. Single judgments are compared with gold; a random sample tells of the labels.

    Keys made from settled units are of people's own making and easier than the stream: what they say stands apart, and
    is part of no other figure.
    """
    all_grades = list(grades)
    by_settled = [grade for grade in grades if grade.by_settled]
    grades = [grade for grade in grades if not grade.by_settled]
    confusion = Counter((g.truth, g.answer) for g in grades if g.truth is not None and g.answer is not None)
    by_locale = [_locale_row(lane, counted, grades) for lane in lanes]
    by_class = [_class_row(label, counted, confusion) for label in classes]
    judgments = sum(counted.judgments.values())
    return {
        "format": FORMAT,
        "project": name,
        "release": version,
        "counts": {
            "units": sum(counted.units.values()), "judgments": judgments, "people": len(counted.by_person),
            "locales": len(counted.units), "unresolved": sum(lane.unresolved for lane in lanes),
            "reviewed": counted.reviewed, "cancelled": sum(lane.cancelled for lane in lanes),
        },
        "accuracy": accuracy_of(grades),
        "accuracy_on_settled": accuracy_of(by_settled),
        "agreement": {
            "metric": "krippendorff_alpha",
            "by_locale": [{"locale": lane.locale, **found} for lane in lanes if (found := _agreement(lane))],
        },
        "sample": _sample(lane.sample for lane in lanes),
        "lots": [dict(lot) for lot in lots],
        "in_spite": in_spite,
        "by_locale": by_locale,
        "by_class": by_class,
        "confusion": {
            "classes": list(classes),
            "counts": [[confusion[truth, answer] for answer in classes] for truth in classes],
        },
        "confusion_pairs": _pairs(confusion),
        "judgments_per_unit": {str(count): units for count, units in sorted(counted.per_unit.items())},
        "sources": dict(sorted(counted.sources.items())),
        "flipped": {"units": counted.flipped, "ids": counted.flipped_refs},
        "versions": {
            "ontology": _shares(counted.ontologies), "guideline": _shares(counted.guidelines),
        },
        "people": _people(counted.by_person, judgments),
        "drift": [
            {
                "locale": lane.locale, "alarms": lane.drift.alarms, "people": lane.drift.people,
                "followed": lane.drift.followed, "paused": lane.drift.paused,
            }
            for lane in lanes
        ],
        "work": [_work(lane, counted) for lane in lanes],
        "inputs": _inputs(counted, all_grades),
        "calibration": {lane.locale: _calibration(lane.parameters) for lane in lanes if lane.parameters},
        "known_issues": [
            *_lot_issues(lots),
            *_issues(by_locale, by_class, lanes, bool(grades)),
            *([{"code": "labels_flipped", "count": counted.flipped}] if counted.flipped else []),
        ],
        "methods": {
            "judgment_accuracy": "hidden gold by people who know, Wilson interval, 95%",
            "label_error": "random sample of settled units, reviewed; Clopper-Pearson interval, 95%",
            "agreement": "Krippendorff's alpha, bootstrap over units, 95%",
            "consensus": {lane.locale: lane.method for lane in lanes if lane.method},
            "drift": "a chart of errors on hidden gold for each person; an alarm has their work looked at again",
            "work": "seconds between what was handed out and its answer; amounts are between people and their vendor",
        },
    }  # fmt: skip


def accuracy_of(grades: Iterable[Graded]) -> dict[str, Any] | None:
    """The share of right judgments with its interval; None where nothing was checked."""
    scores = [grade.score for grade in grades]
    return _share(sum(scores), len(scores)) if scores else None


def _share(right: float, n: int) -> dict[str, Any]:
    bounds = wilson(right, n)
    return {
        "value": round(right / n, 6), "low": round(bounds.lower, 6), "high": round(bounds.upper, 6), "n": n
    }  # fmt: skip


def _locale_row(lane: LaneFigures, counted: Counted, grades: Sequence[Graded]) -> dict[str, Any]:
    accuracy = accuracy_of(grade for grade in grades if grade.locale == lane.locale)
    agreement = _agreement(lane)
    return {
        "locale": lane.locale, "units": counted.units[lane.locale], "judgments": counted.judgments[lane.locale],
        "people": len(counted.people.get(lane.locale, ())), "unresolved": lane.unresolved,
        "cancelled": lane.cancelled, "target": lane.target,
        "accuracy": accuracy, "standing": _standing(accuracy, lane.target),
        "alpha": {name: agreement[name] for name in ("value", "low", "high", "n")} if agreement else None,
    }  # fmt: skip


def _agreement(lane: LaneFigures) -> dict[str, Any] | None:
    """Alpha with its interval, over how many units, and the share of pairs of answers that agree; None if unknown."""
    found = lane.agreement
    if found.get("alpha") is None:
        return None
    return {
        "value": found["alpha"], "low": found.get("low"), "high": found.get("high"), "n": found.get("units"),
        "percent": found.get("percent"),
    }  # fmt: skip


def _standing(accuracy: Mapping[str, Any] | None, target: float) -> str:
    """Whether the target is met: yes or no only on enough checks, and where all of the interval lies on one side."""
    if accuracy is None:
        return "unknown"
    if accuracy["n"] < FEW_CHECKS:
        return "few"
    if accuracy["low"] >= target:
        return "met"
    return "missed" if accuracy["high"] < target else "open"


def _class_row(label: str, counted: Counted, confusion: Counter[tuple[Any, Any]]) -> dict[str, Any]:
    right = confusion[label, label]
    truths = sum(count for (truth, _answer), count in confusion.items() if truth == label)
    answers = sum(count for (_truth, answer), count in confusion.items() if answer == label)
    wrong = [(count, str(answer)) for (truth, answer), count in confusion.items() if truth == label != answer]
    most = max(wrong, key=lambda pair: (pair[0], pair[1]), default=None)
    return {
        "class": label, "units": counted.by_class[label],
        "recall": _share(right, truths) if truths else None,
        "precision": _share(right, answers) if answers else None,
        "taken_for": {"class": most[1], "share": round(most[0] / truths, 6)} if most else None,
    }  # fmt: skip


def _work(lane: LaneFigures, counted: Counted) -> dict[str, Any]:
    """How long judgments took, and how many of them were not paid. What people are paid is no client's to see: with the
    price it would tell the vendor's margin."""
    found = counted.seconds.get(lane.locale, [])
    times = [round(float(each), 1) for each in np.percentile(found, [50, 75])] if found else [None, None]
    return {"locale": lane.locale, "median_seconds": times[0], "p75_seconds": times[1], "refused": lane.drift.refused}


def _inputs(counted: Counted, grades: Sequence[Graded]) -> dict[str, Any]:
    """What the figures were computed from, so that it can be shown that nothing of it was changed since."""
    rows = [[each.locale, each.truth, each.answer, each.score, each.by_settled] for each in grades]
    return {
        "judgments": {"count": sum(counted.judgments.values()), "sha256": counted.digest.hexdigest()},
        "checks": {"count": len(rows), "sha256": hashlib.sha256(canonical_json(rows).encode()).hexdigest()},
        "seeds": {"agreement": SEED},
    }


def _calibration(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """How far stated confidence was corrected, on how many keys, and how well it then fits them."""
    names = ("gold", "temperature", "temperature_fitted", "ece", "brier", "smaller_half")
    told = {name: parameters.get(name) for name in names}
    return {name: value for name, value in told.items() if value is not None}


def _pairs(confusion: Counter[tuple[Any, Any]]) -> list[dict[str, Any]]:
    wrong = [(count, str(truth), str(answer)) for (truth, answer), count in confusion.items() if truth != answer]
    ordered = sorted(wrong, key=lambda each: (-each[0], each[1], each[2]))[:MOST_PAIRS]
    return [{"truth": truth, "answer": answer, "count": count} for count, truth, answer in ordered]


def _sample(samples: Iterable[Sampled]) -> dict[str, Any] | None:
    """The share of labels that reviewers of the random sample found wrong, by the exact interval."""
    found = list(samples)
    checked, wrong = sum(each.checked for each in found), sum(each.wrong for each in found)
    if not checked:
        return None
    bounds = clopper_pearson(wrong, checked)
    return {
        "checked": checked, "wrong": wrong, "value": round(wrong / checked, 6),
        "low": round(bounds.lower, 6), "high": round(bounds.upper, 6),
    }  # fmt: skip


def _shares(counts: Counter[int]) -> list[dict[str, Any]]:
    total = sum(counts.values())
    return [
        {"version": version, "judgments": count, "share": round(count / total, 6)}
        for version, count in sorted(counts.items())
    ]


def _people(counts: Counter[str], total: int) -> list[dict[str, Any]]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"person": person, "judgments": count, "share": round(count / total, 6)} for person, count in ordered]


def _issues(
    by_locale: Sequence[Mapping[str, Any]], by_class: Sequence[Mapping[str, Any]], lanes: Sequence[LaneFigures],
    has_gold: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    issues: list[dict[str, Any]] = [] if has_gold else [{"code": "no_gold"}]
    sampled = {lane.locale: lane.sample.checked for lane in lanes}
    for row in by_locale:
        if row["units"] == 0:
            issues.append({"code": "nothing_yet", "locale": row["locale"]})
        elif row["standing"] in ("open", "missed"):
            issues.append({"code": f"target_{row['standing']}", "locale": row["locale"]})
        if has_gold and row["units"] and (row["accuracy"] is None or row["accuracy"]["n"] < FEW_CHECKS):
            checks = row["accuracy"]["n"] if row["accuracy"] else 0
            issues.append({"code": "few_checks", "locale": row["locale"], "count": checks})
        if row["units"] and (looked_at := sampled[row["locale"]]) < min(FEW_CHECKS, row["units"]):
            issues.append({"code": "few_reviewed", "locale": row["locale"], "count": looked_at})
        if row["alpha"] is not None and row["alpha"]["value"] < LOW_ALPHA:
            issues.append({"code": "low_agreement", "locale": row["locale"]})
    lowest = min((lane.target for lane in lanes), default=0.0)
    for entry in by_class:
        if entry["recall"] is not None and entry["recall"]["high"] < lowest:
            issues.append({"code": "weak_class", "class": entry["class"]})
    thin = [row["class"] for row in by_class if row["units"] and is_thin(row["recall"])]
    if has_gold and thin:
        issues.append({"code": "thin_classes", "classes": thin, "count": len(thin)})
    issues += [
        {"code": "open_reports", "locale": lane.locale, "count": lane.open_reports}
        for lane in lanes
        if lane.open_reports
    ]
    return issues


def _lot_issues(lots: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lots that were done again, and those that were released although their sample said no or nothing yet."""
    again = [
        {"code": "lot_reworked", "locale": lot["locale"], "count": lot["reworks"]} for lot in lots if lot.get("reworks")
    ]
    return again + [
        {"code": f"lot_{lot['state']}", "locale": lot["locale"], "count": lot["wrong"]}
        for lot in lots
        if lot["state"] != "accepted"
    ]


def is_thin(share: Mapping[str, Any] | None) -> bool:
    """Whether a share rests on too few checks to conclude anything from it."""
    return _checks(share) < FEW_CHECKS


def _checks(share: Mapping[str, Any] | None) -> int:
    return share["n"] if share else 0


def blunted(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report as a vendor sees it: figures on gold in whole per cent, checks in tens, nothing under twenty of them,
    no counts of single confusions, so that no figure tells which units were checked."""
    if not report:
        return {}
    return {
        **report,
        "accuracy": _blunt(report["accuracy"]),
        "accuracy_on_settled": None,
        "by_locale": [{**row, "accuracy": _blunt(row["accuracy"])} for row in report["by_locale"]],
        "by_class": [
            {**row, "recall": _blunt(row["recall"]), "precision": _blunt(row["precision"]), "taken_for": None}
            for row in report["by_class"]
        ],
        "confusion": {"classes": [], "counts": []},
        "confusion_pairs": [],
        "calibration": {},
        "drift": [],
        "inputs": {"judgments": report.get("inputs", {}).get("judgments", {})},
        "known_issues": [issue for issue in report["known_issues"] if issue["code"] not in _TELL_OF_CHECKS],
    }


def _blunt(figure: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if figure is None or figure["n"] < FEW_CHECKS:
        return None
    shares = {name: round(figure[name], 2) for name in ("value", "low", "high")}
    return {**shares, "n": figure["n"] // blunting.TENS * blunting.TENS}
