"""Language tags: one spelling each, direction, and names by CLDR."""

import pytest

from i18n.tags import (
    InvalidTag,
    direction,
    display_name,
    own_name,
    region_of,
    script_of,
    standardize,
    territory_name,
)


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("sw-KE", "sw-KE"),
        ("SW-ke", "sw-KE"),
        ("zh_TW", "zh-TW"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("cmn-Hans", "zh-Hans"),
        ("sr-Latn", "sr-Latn"),
        ("en-Latn", "en"),
        ("iw", "he"),
        ("tl", "fil"),
        ("sh", "sr-Latn"),
        ("no", "nb"),
        ("nb-NO", "nb-NO"),
        ("arb", "ar"),
        ("arz", "arz"),
        ("zh-yue", "yue"),
        ("swh-TZ", "sw-TZ"),
        ("swc", "sw-CD"),
        ("en-UK", "en-GB"),
        ("ca-valencia", "ca-valencia"),
        ("es-419", "es-419"),
        ("sq-XK", "sq-XK"),
        ("zxx", "zxx"),
    ],
)
def test_a_language_has_one_spelling(written: str, standard: str) -> None:
    assert standardize(written) == standard
    assert standardize(standard) == standard


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        " ",
        "xx-YY",
        "xx",
        "x-klingon",
        "qaa",
        "und",
        "a",
        "en-ZZ",
        "en-XA",
        "en-USA",
        "hi-en",
        "en-u-nu-latn",
        "en-US-x-twain",
        "en\n",
        "en\x00",
        " en",
        "en us",
        "en--US",
        "-en",
        "en-",
        "Kiswahili!",
        "ｅｎ",
        "ar-EG-EG",
        "en-" + "a1b2c3-" * 10,
        "e" * 5000,
        "../etc",
    ],
)
def test_what_nobody_can_match_on_is_refused(garbage: str) -> None:
    with pytest.raises(InvalidTag):
        standardize(garbage)


def test_an_invalid_tag_is_a_value_error_with_a_short_message() -> None:
    with pytest.raises(ValueError, match="not a language tag") as caught:
        standardize("!" * 10_000)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("ar-EG", "rtl"),
        ("he", "rtl"),
        ("fa", "rtl"),
        ("ur", "rtl"),
        ("az", "ltr"),
        ("az-IR", "rtl"),
        ("pa-IN", "ltr"),
        ("pa-PK", "rtl"),
        ("ks-Deva", "ltr"),
        ("ff-Adlm", "rtl"),
        ("dv", "rtl"),
        ("ur-Latn", "ltr"),
    ],
)
def test_direction_follows_the_likely_script(tag: str, expected: str) -> None:
    assert direction(tag) == expected


def test_script_is_likely_and_region_only_stated() -> None:
    assert (script_of("zh-TW"), script_of("zh"), script_of("sr"), script_of("uz")) == ("Hant", "Hans", "Cyrl", "Latn")
    assert (region_of("zh-TW"), region_of("zh-Hant")) == ("TW", None)


@pytest.mark.parametrize(
    ("tag", "reader", "name"),
    [
        ("sw", "en", "Swahili"),
        ("sw-KE", "es", "suajili (Kenia)"),
        ("sw-KE", "sw", "Kiswahili (Kenya)"),
        ("zh-Hant-TW", "en", "Chinese (Traditional, Taiwan)"),
        ("zh-Hant-TW", "ar", "الصينية (التقليدية، تايوان)"),
        ("ca-valencia", "en", "Catalan (Valencian)"),
        ("pcm", "en", "Nigerian Pidgin"),
    ],
)
def test_languages_are_named_for_their_reader(tag: str, reader: str, name: str) -> None:
    assert display_name(tag, reader) == name


def test_languages_name_themselves() -> None:
    assert [own_name(tag) for tag in ("en", "es", "sw", "ar", "yo")] == [
        "English",
        "español",
        "Kiswahili",
        "العربية",
        "Èdè Yorùbá",
    ]


def test_territories_are_named_for_their_reader() -> None:
    assert [territory_name("KE", tag) for tag in ("en", "es", "ar")] == ["Kenya", "Kenia", "كينيا"]
    assert territory_name("eg", "sw") == "Misri"
    assert territory_name("QQ", "en") == "QQ"
