"""Negotiation: the reader's own choice, then the browser's, whatever a header holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.negotiation import negotiate, parse_accept_language


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        (None, ()),
        ("", ()),
        ("sw", ("sw",)),
        ("sw-KE,sw;q=0.9,en;q=0.8", ("sw-KE", "sw", "en")),
        ("en;q=0.5, ar-EG", ("ar-EG", "en")),
        ("en;q=0.5,es;q=0.5", ("en", "es")),
        ("es;q=0,en", ("en",)),
        ("*", ()),
        ("es;q=2,en", ("en",)),
        ("es;q=-1,en;q=nan,ar", ("ar",)),
        ("x-klingon,xx-YY,,;;,en", ("en",)),
        ("ZH_tw,zh-tw", ("zh-TW",)),
        ("en,en,en;q=0.1", ("en",)),
        ("\x00\x01,\u202ees,es", ("es",)),
    ],
)
def test_a_header_gives_its_languages_in_order(header: str | None, tags: tuple[str, ...]) -> None:
    assert parse_accept_language(header) == tags


def test_a_huge_header_is_cut_between_two_languages() -> None:
    assert parse_accept_language("es," * 100_000) == ("es",)
    assert parse_accept_language("sw," + " " * 994 + "es-MX") == ("sw",)
    assert parse_accept_language("x" * 1_000_000) == ()


@given(st.text(max_size=200))
def test_no_header_breaks_the_negotiation(header: str) -> None:
    assert negotiate(parse_accept_language(header)) in ("en", "es", "sw", "ar")


@pytest.mark.parametrize(
    ("preferred", "offered", "expected"),
    [
        (["es-MX"], ("en", "es", "sw", "ar"), "es"),
        (["ar-MA"], ("en", "es", "sw", "ar"), "ar"),
        ([None, "sw-KE", "en"], ("en", "es", "sw", "ar"), "sw"),
        (["ar", "sw", "en"], ("en", "es", "sw", "ar"), "ar"),
        (["fr", "es"], ("en", "es", "sw", "ar"), "es"),
        (["fr"], ("en", "es", "sw", "ar"), "en"),
        ([], ("en", "es"), "en"),
        (["garbage!!", "es"], ("en", "es"), "es"),
        (["eu"], ("en", "es"), "es"),
        (["zh_TW", "en"], ("zh-Hans", "zh-Hant", "en"), "zh-Hant"),
        (["zh_TW", "en"], ("zh-Hans", "en"), "en"),
        (["zh-HK"], ("en", "zh-Hant"), "zh-Hant"),
        (["sr-Latn", "en"], ("sr-Cyrl", "en"), "en"),
        (["sr-Latn"], ("sr-Cyrl", "hr", "en"), "hr"),
        (["pt-PT"], ("pt-BR", "pt-PT"), "pt-PT"),
        (["uk", "en"], ("ru", "en"), "en"),
        (["nn", "en"], ("nb", "en"), "nb"),
        (["en-KE"], ("en-US", "en-GB"), "en-GB"),
        (["ta", "es"], ("en", "es"), "es"),
    ],
)
def test_the_first_preference_that_can_be_read_wins(
    preferred: list[str | None], offered: tuple[str, ...], expected: str
) -> None:
    assert negotiate(preferred, offered) == expected


def test_the_default_is_the_callers_choice() -> None:
    assert negotiate(["fr"], ("es", "sw"), default="sw") == "sw"
