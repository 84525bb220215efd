"""What the methods promise, by number, and the tests that show it with its figures: none of them may go missing."""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
SHOWN = {
    "1 the table of plans": (
        "calibration/test_testplan.py::test_the_bare_table_comes_out_exactly",
        "calibration/test_testplan.py::test_twelve_straight_right_answers_pass_and_no_fewer",
        "calibration/test_testplan.py::test_three_straight_wrong_answers_fail_only_without_the_guard",
    ),
    "2 stopping early decides alike": (
        "calibration/test_testplan.py::test_stopping_early_never_changes_a_fixed_test",
    ),
    "3 better people pass more often": ("calibration/test_testplan.py::test_better_people_pass_more_often",),
    "4 agreement by the books, and counted along": (
        "calibration/test_agreement.py::test_alpha_of_four_observers_and_twelve_units",
        "calibration/test_agreement.py::test_cohens_kappa_and_the_trap_of_a_common_class",
        "calibration/test_agreement.py::test_fleiss_kappa_of_the_textbook_table",
        "calibration/test_agreement.py::test_counting_along_equals_the_batch_in_any_order_with_removals",
    ),
    "5 false and true alarms of the chart": (
        "calibration/test_tracking.py::test_a_false_alarm_comes_once_in_a_thousand_answers_and_a_true_one_after_forty",
    ),
    "6 intervals and shrinkage": (
        "calibration/test_intervals.py::test_wilson_gives_the_known_intervals",
        "calibration/test_intervals.py::test_shrunk_accuracies_lie_nearer_to_the_truth",
    ),
    "7 hidden gold by risk": (
        "calibration/test_adaptive_gold.py::test_careless_people_are_noticed_as_the_table_says",
        "calibration/test_adaptive_gold.py::test_good_people_are_left_alone_at_two_fifths_of_a_flat_fifth",
        "calibration/test_adaptive_gold.py::test_a_late_fall_is_found_in_half_of_the_careers_so_that_a_chart_stands_beside",
    ),
    "8 accuracy from peers": (
        "calibration/test_peers.py::test_accuracy_from_peers_is_near_the_truth_where_raw_agreement_is_far_off",
    ),
    "9 Dawid-Skene beside the vote": (
        "calibration/test_inference.py::test_dawid_skene_is_not_worse_than_the_vote_in_plain_crowds",
        "calibration/test_inference.py::test_dawid_skene_sees_through_people_who_swap_two_labels",
        "calibration/test_inference.py::test_renaming_the_labels_renames_the_answers",
        "calibration/test_inference.py::test_gold_holds_its_own_answers",
        "calibration/test_oracles.py::test_an_independent_implementation_finds_the_same",
        "calibration/test_estimators.py::test_a_judgment_written_twice_counts_once",
    ),
    "10 calibration of confidence": (
        "calibration/test_temperature.py::test_calibration_keeps_every_answer_and_does_not_hurt_on_other_gold",
    ),
    "11 overlap": (
        "calibration/test_overlap.py::test_a_target_for_the_posterior_buys_the_known_accuracy_for_the_known_number_of_judgments",
        "calibration/test_overlap.py::test_a_third_answer_where_two_differ_is_as_good_as_three_for_a_quarter_less",
        "calibration/test_overlap.py::test_a_target_of_certainty_asks_everybody_and_a_target_of_nothing_stops_at_once",
    ),
    "12 distances and strengths": (
        "calibration/test_distances.py::test_the_largest_overlap_first_is_not_the_best_matching",
        "calibration/test_distances.py::test_two_squares_that_share_a_quarter_overlap_by_a_seventh",
        "calibration/test_distances.py::test_a_missing_word_of_six_is_an_error_rate_of_a_sixth",
        "calibration/test_distances.py::test_two_swaps_of_neighbours_among_five_are_a_tau_of_six_tenths",
        "calibration/test_bradley_terry.py::test_the_strengths_of_three_that_all_won_and_lost",
    ),
    "13 acceptance sampling": (
        "calibration/test_acceptance.py::test_the_sizes_that_state_a_limit_with_confidence",
        "calibration/test_acceptance.py::test_a_plan_by_quality_level_accepts_far_worse_every_second_time",
    ),
    "14 grading again": (
        "calibration_db/test_disputes.py::test_void_and_rebuild_is_as_if_it_had_never_happened",
        "calibration_db/test_disputes.py::test_whatever_is_decided_pay_owed_never_decreases",
    ),
    "15 pay by a pilot": (
        "payouts/test_pay_pilot.py::test_the_published_pilot_pays_for_the_sixteenth_of_twenty_one_times",
        "payouts/test_pay_pilot.py::test_the_mean_without_idle_times_is_near_the_truth_where_the_plain_mean_is_threefold",
    ),
    "16 forecasts": (
        "marketplace/test_forecast.py::test_eighty_per_cent_of_futures_hold_the_end_in_seventy_to_ninety_eight_of_a_hundred_projects",
    ),
    "17 copying": (
        "calibration/test_signals.py::test_independent_pairs_are_hardly_ever_flagged_and_copying_nearly_always",
    ),
    "18 no adverse decision without record, human and appeal": (
        "calibration_db/test_adverse_decisions.py::test_whatever_happens_every_adverse_decision_has_a_record_a_human_and_an_appeal",
        "calibration_db/test_adverse_decisions.py::test_every_decision_of_a_rule_or_a_person_can_be_appealed_once",
    ),
    "19 gold cannot be told from work": (
        "marketplace/test_gold_classifier.py::test_a_classifier_cannot_tell_gold_from_work",
    ),
}  # fmt: skip


def test_every_method_has_its_place() -> None:
    assert [int(name.split()[0]) for name in SHOWN] == list(range(1, 20))


@cache
def names_in(path: Path) -> frozenset[str]:
    """The test functions of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("method", SHOWN)
def test_each_method_is_shown(method: str) -> None:
    missing = []
    for place in SHOWN[method]:
        file, _, name = place.partition("::")
        path = TESTS / file
        if not path.exists() or (name and name not in names_in(path)):
            missing.append(place)
    assert missing == []
