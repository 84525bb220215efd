"""The QA report on numbers small enough to be worked out by hand."""

from typing import Any

import pytest

from i18n import use_locale
from marketplace.pages.releases import issue_words
from marketplace.rules.qa import Counted, Drift, LaneFigures, blunted, report_of
from marketplace.values.releases import Graded, Sampled

AGREEMENT = {"alpha": 0.6, "low": 0.55, "high": 0.65, "percent": 0.8, "units": 40}


def record(label: str, people: str, source: str = "consensus", reviewed: bool = False) -> dict[str, Any]:
    return {
        "locale": "sw-KE", "label": label, "source": source, "reviewed": reviewed,
        "judgments": [{"person": person, "ontology": 1, "guideline": 2 if person == "c" else 1} for person in people],
    }  # fmt: skip


def report(grades: list[Graded] | None = None, sample: Sampled | None = None) -> dict[str, Any]:
    counted = Counted()
    for each in (record("refund", "abc"), record("refund", "ab"), record("other", "abc", "review", True)):
        counted.take(each)
    lane = LaneFigures("sw-KE", 0.85, 4, 2, "dawid-skene", AGREEMENT, sample or Sampled(0, 0))
    graded = [Graded("sw-KE", "refund", "refund", 1.0)] * 8 + [Graded("sw-KE", "refund", "other", 0.0)] * 2
    return report_of(
        name="Support", version=2, counted=counted, lanes=[lane], grades=graded if grades is None else grades,
        classes=("refund", "other"),
    )  # fmt: skip


def test_units_judgments_and_people_are_counted() -> None:
    found = report()
    assert found["counts"] == {
        "units": 3, "judgments": 8, "people": 3, "locales": 1, "unresolved": 4, "reviewed": 1, "cancelled": 0
    }  # fmt: skip
    assert found["judgments_per_unit"] == {"2": 1, "3": 2}
    assert found["sources"] == {"consensus": 2, "review": 1}
    assert found["people"] == [
        {"person": "a", "judgments": 3, "share": 0.375},
        {"person": "b", "judgments": 3, "share": 0.375},
        {"person": "c", "judgments": 2, "share": 0.25},
    ]
    assert found["versions"] == {
        "ontology": [{"version": 1, "judgments": 8, "share": 1.0}],
        "guideline": [{"version": 1, "judgments": 6, "share": 0.75}, {"version": 2, "judgments": 2, "share": 0.25}],
    }


def test_inputs_are_hashed_and_time_and_alarms_are_told_without_amounts() -> None:
    counted = Counted()
    timed = record("refund", "abc")
    for vote, seconds in zip(timed["judgments"], (10.0, 20.0, 30.0), strict=True):
        vote["seconds"] = seconds
    counted.take(timed)
    lane = LaneFigures("sw-KE", 0.85, 0, 0, "dawid-skene", AGREEMENT, Sampled(0, 0), drift=Drift(3, 2, 1, 1, 4))
    grades = [Graded("sw-KE", "refund", "other", 0.0)]
    found = report_of(name="Support", version=1, counted=counted, lanes=[lane], grades=grades, classes=())
    assert found["drift"] == [{"locale": "sw-KE", "alarms": 3, "people": 2, "followed": 1, "paused": 1}]
    assert found["work"] == [{"locale": "sw-KE", "median_seconds": 20.0, "p75_seconds": 25.0, "refused": 4}]
    assert found["inputs"]["judgments"]["count"] == 3 and found["inputs"]["checks"]["count"] == 1
    changed = Counted()
    timed["judgments"][0]["seconds"] = 11.0
    changed.take(timed)
    assert changed.digest.hexdigest() != found["inputs"]["judgments"]["sha256"] == counted.digest.hexdigest()
    told = blunted(found)
    assert told["inputs"] == {"judgments": found["inputs"]["judgments"]} and told["drift"] == []


def test_accuracy_stands_with_wilsons_interval() -> None:
    # 8 of 10 at 95%: (0.8 + 3.8415/20 ± 1.96 √(0.016 + 3.8415/400)) / 1.38415 = 0.49016 and 0.94332
    accuracy = report()["by_locale"][0]["accuracy"]
    assert accuracy["value"] == 0.8
    assert accuracy["n"] == 10
    assert (accuracy["low"], accuracy["high"]) == (pytest.approx(0.49016, abs=1e-5), pytest.approx(0.94332, abs=1e-5))


def test_agreement_stands_with_its_interval_for_each_language() -> None:
    found, figure = report(), {"value": 0.6, "low": 0.55, "high": 0.65, "n": 40}
    assert found["agreement"] == {
        "metric": "krippendorff_alpha", "by_locale": [{"locale": "sw-KE", **figure, "percent": 0.8}],
    }  # fmt: skip
    assert found["by_locale"][0]["alpha"] == figure
    assert blunted(found)["agreement"] == found["agreement"]  # of people among themselves; nothing of gold


def test_classes_have_recall_precision_and_what_they_are_taken_for() -> None:
    refund, other = report()["by_class"]
    assert (refund["units"], refund["recall"]["value"], refund["precision"]["value"]) == (2, 0.8, 1.0)
    assert refund["taken_for"] == {"class": "other", "share": 0.2}
    assert (other["units"], other["recall"], other["precision"]["value"]) == (1, None, 0.0)
    assert other["taken_for"] is None


def test_confusion_is_counted_by_truth_and_answer() -> None:
    found = report()
    assert found["confusion"] == {"classes": ["refund", "other"], "counts": [[8, 2], [0, 0]]}
    assert found["confusion_pairs"] == [{"truth": "refund", "answer": "other", "count": 2}]


def test_the_sample_tells_the_error_of_labels_by_the_exact_interval() -> None:
    # Nothing wrong in 20: the upper end is 1 - 0.025^(1/20) = 0.16843.
    assert report()["sample"] is None
    sample = report(sample=Sampled(20, 0))["sample"]
    assert (sample["checked"], sample["wrong"], sample["value"], sample["low"]) == (20, 0, 0.0, 0.0)
    assert sample["high"] == pytest.approx(0.16843, abs=1e-5)


def test_issues_are_told_by_rule() -> None:
    assert report()["known_issues"] == [
        {"code": "few_checks", "locale": "sw-KE", "count": 10},
        {"code": "few_reviewed", "locale": "sw-KE", "count": 0},
        {"code": "low_agreement", "locale": "sw-KE"},
        {"code": "thin_classes", "classes": ["refund", "other"], "count": 2},
        {"code": "open_reports", "locale": "sw-KE", "count": 2},
    ]
    assert report(grades=[])["known_issues"][0] == {"code": "no_gold"}
    missed = [Graded("sw-KE", "refund", "other", 0.0)] * 30
    assert [issue["code"] for issue in report(grades=missed, sample=Sampled(3, 0))["known_issues"]] == [
        "target_missed", "low_agreement", "weak_class", "thin_classes", "open_reports",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "standing"),
    [(0, 0, "unknown"), (19, 0, "few"), (40, 0, "met"), (18, 2, "open"), (0, 20, "missed")],
)
def test_a_target_is_met_or_missed_only_on_enough_checks(right: int, wrong: int, standing: str) -> None:
    grades = [Graded("sw-KE", "refund", "refund", 1.0)] * right + [Graded("sw-KE", "refund", "other", 0.0)] * wrong
    assert report(grades=grades)["by_locale"][0]["standing"] == standing


def test_labels_that_would_come_out_otherwise_today_are_counted_and_listed() -> None:
    counted = Counted()
    counted.take(record("refund", "abc") | {"id": "", "unit": "u1"}, is_flipped=True)
    counted.take(record("refund", "abc"))
    lane = LaneFigures("sw-KE", 0.85, 0, 0, "dawid-skene", AGREEMENT, Sampled(0, 0))
    found = report_of(name="Support", version=1, counted=counted, lanes=[lane], grades=[], classes=())
    assert found["flipped"] == {"units": 1, "ids": ["u1"]}
    assert found["known_issues"][-1] == {"code": "labels_flipped", "count": 1}
    assert str(issue_words(found["known_issues"][-1])).startswith("1 label would come out otherwise today")
    assert report()["flipped"] == {"units": 0, "ids": []}


def test_the_fit_of_stated_confidence_is_told_to_the_client_alone() -> None:
    told = {"gold": 60, "temperature": 1.4, "temperature_fitted": True, "ece": 0.02, "brier": 0.11}
    lane = LaneFigures("sw-KE", 0.85, 0, 0, "dawid-skene", AGREEMENT, Sampled(0, 0), told | {"asked": "dawid-skene"})
    found = report_of(name="Support", version=1, counted=Counted(), lanes=[lane], grades=[], classes=())
    assert found["calibration"] == {"sw-KE": told}
    assert blunted(found)["calibration"] == {} == report()["calibration"]
    few = {"gold": 60, "temperature": 1.4, "temperature_fitted": True, "smaller_half": 28}
    lane = LaneFigures("sw-KE", 0.85, 0, 0, "dawid-skene", AGREEMENT, Sampled(0, 0), few)
    found = report_of(name="Support", version=1, counted=Counted(), lanes=[lane], grades=[], classes=())
    assert found["calibration"] == {"sw-KE": few}, "why the fit is not told"


def test_what_a_vendor_reads_counts_no_checks_among_the_issues() -> None:
    codes = [issue["code"] for issue in blunted(report())["known_issues"]]
    assert codes == ["few_reviewed", "low_agreement", "open_reports"]


@pytest.mark.parametrize(
    ("code", "count", "locale", "told"),
    [
        ("open_reports", 1, "en", "Swahili (Kenya): 1 report of a problem waits for an answer."),
        ("open_reports", 2, "en", "Swahili (Kenya): 2 reports of problems wait for an answer."),
        ("few_checks", 1, "en", "Swahili (Kenya): only 1 check against gold."),
        ("few_checks", 12, "en", "Swahili (Kenya): only 12 checks against gold."),
        ("open_reports", 1, "es", "suajili (Kenia): 1 reporte de un problema espera respuesta."),
    ],
)
def test_an_issue_is_told_for_one_and_for_many(code: str, count: int, locale: str, told: str) -> None:
    with use_locale(locale):
        assert str(issue_words({"code": code, "locale": "sw-KE", "count": count})) == told
