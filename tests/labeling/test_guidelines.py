"""Guidelines as text: paragraphs, the best language for a reader, gaps."""

import pytest

from labeling.rules.guidelines import best_locale, gaps, paragraphs
from labeling.values import nearest_locale


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("One.", (("One.",),)),
        ("One.\nTwo.", (("One.", "Two."),)),
        ("One.\n \n\nTwo.  \n", (("One.",), ("Two.",))),
        ("\n\n- a\n- b", (("- a", "- b"),)),
    ],
)
def test_blank_lines_part_paragraphs(text: str, expected: tuple[tuple[str, ...], ...]) -> None:
    assert paragraphs(text) == expected


def test_scripts_are_not_mixed_up() -> None:
    assert best_locale(["en", "sr-Cyrl"], ["sr-Latn"]) == "en"
    assert best_locale(["en", "sr-Latn"], ["sr-Latn-RS"]) == "sr-Latn"


def test_gaps_are_told_once_and_in_order() -> None:
    assert gaps(["en"], ["sw-KE", "am-ET", "sw-KE", "en-GB"]) == ("am-ET", "sw-KE")
    assert gaps([], ["en"]) == ("en",)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("sr-Latn-RS", "sr-Latn"), ("sw-TZ", "sw"), ("ar-EG", "ar-SA"), ("fr", "en-GB"), ("en-GB", "en-GB")],
)
def test_the_nearest_text_is_of_the_locale_its_parents_or_its_language(locale: str, expected: str) -> None:
    texts = dict.fromkeys(["ar-SA", "en-GB", "sr-Latn", "sw"], "text")
    assert nearest_locale(texts, locale) == expected
    assert nearest_locale({}, locale) is None
