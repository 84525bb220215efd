"""Language matching, in one table: what fits under each policy, and the reason where it does not."""

import pytest

from i18n import use_locale
from i18n.matching import (
    EXACT,
    WITHIN,
    Fit,
    Kind,
    Level,
    Mode,
    Policy,
    Reason,
    fit,
    names_its_variety,
    variety_distance,
)

E, W = Reason.EXACT, Reason.WITHIN
LANGUAGE, SCRIPT, VARIANT = Reason.OTHER_LANGUAGE, Reason.OTHER_SCRIPT, Reason.OTHER_VARIANT
UNNAMED, UNSTATED, REGION, FAR = Reason.VARIETY_UNNAMED, Reason.REGION_UNSTATED, Reason.OTHER_REGION, Reason.TOO_FAR

SPOKEN = Policy(mode=Mode.SPEAK)
SPOKEN_WITHIN = WITHIN(80, mode=Mode.SPEAK)

# wanted, offered, exactly this locale in writing, within 5 in writing, spoken. The reasons follow from the rules:
# language, script, named variant and region in that order; CLDR distances of written varieties stand in the comments
# where they decide.
PAIRS = [
    # The same locale, however it is spelled.
    ("sw-KE", "sw-KE", E, E, E),
    ("en", "en", E, E, E),
    ("zh-TW", "zh-Hant-TW", E, E, E),
    ("zh_TW", "cmn-Hant-TW", E, E, E),
    ("zh-CN", "zh-Hans-CN", E, E, E),
    ("he", "iw", E, E, E),
    ("fil", "tl", E, E, E),
    ("id", "in", E, E, E),
    ("nb", "no", E, E, E),
    ("sr-Latn", "sh", E, E, E),
    ("sr", "sr-Cyrl", E, E, E),
    ("fa-IR", "pes-IR", E, E, E),
    ("sw-TZ", "swh-TZ", E, E, E),
    # Tags that were replaced, of languages and of countries; members that stand for their macrolanguage.
    ("ro", "mo", E, E, E),
    ("yi", "ji", E, E, E),
    ("jv-ID", "jw-ID", E, E, E),
    ("nan", "zh-min-nan", E, E, E),
    ("fa-AF", "prs", E, E, E),
    ("sw-CD", "swc", E, E, E),
    ("om-ET", "gaz-ET", E, E, E),
    ("ku-TR", "kmr-TR", E, E, E),
    ("ms-MY", "zsm-MY", E, E, E),
    ("qu-PE", "quz-PE", E, E, E),
    ("my-MM", "my-BU", E, E, E),
    ("sr-RS", "sr-YU", E, E, E),
    ("ro-MD", "mo", UNSTATED, W, UNSTATED),  # the old tag named the country; its replacement does not
    # Members that are languages of their own: the macrolanguage's tag never stands for them.
    ("ku", "ckb", LANGUAGE, LANGUAGE, LANGUAGE),
    ("ar-TN", "aeb", LANGUAGE, LANGUAGE, LANGUAGE),
    ("no", "nn", LANGUAGE, LANGUAGE, LANGUAGE),
    ("zh", "nan", LANGUAGE, LANGUAGE, LANGUAGE),
    # A lane without a region asks for none.
    ("sw", "sw-KE", E, E, E),
    ("es", "es-MX", E, E, E),
    ("pt", "pt-PT", E, E, E),
    ("sr-Latn", "sr-Latn-ME", E, E, E),
    ("ar", "ar-EG", E, E, UNNAMED),
    ("zh", "zh-CN", E, E, UNNAMED),
    ("zh-Hant", "zh-TW", E, E, UNNAMED),
    ("ar", "ar", E, E, UNNAMED),
    # A claim without a region proves none.
    ("sw-KE", "sw", UNSTATED, W, UNSTATED),
    ("es-MX", "es", UNSTATED, W, UNSTATED),
    ("ar-EG", "ar", UNSTATED, W, UNSTATED),
    ("zh-TW", "zh-Hant", UNSTATED, W, UNSTATED),
    ("pt-BR", "pt", UNSTATED, W, UNSTATED),
    # Regions of one language, in one script.
    ("en-US", "en-GB", REGION, W, REGION),  # 5
    ("en-AU", "en-GB", REGION, W, REGION),  # 3
    ("en-IN", "en-GB", REGION, W, REGION),  # 3
    ("pt-BR", "pt-PT", REGION, W, REGION),  # 5
    ("pt-PT", "pt-BR", REGION, W, REGION),  # 5
    ("pt-PT", "pt-AO", REGION, W, REGION),  # 4
    ("es-MX", "es-419", REGION, W, REGION),  # 1
    ("es-419", "es-MX", REGION, W, REGION),  # 4
    ("de-AT", "de-DE", REGION, W, REGION),  # 4
    ("sw-KE", "sw-TZ", REGION, W, REGION),  # 4
    ("sw-KE", "swc", REGION, W, REGION),  # 4: CLDR writes swc as sw-CD
    ("ar-EG", "ar-MA", REGION, W, REGION),  # 5: barely intelligible when spoken
    ("ar-MA", "ar-DZ", REGION, W, REGION),  # 4
    ("fr-CA", "fr-FR", REGION, W, REGION),  # 4
    ("zh-HK", "zh-TW", REGION, W, REGION),  # 5
    ("zh-TW", "zh-HK", REGION, W, REGION),  # 5
    ("fa-IR", "fa-AF", REGION, W, REGION),  # 4
    ("ta-IN", "ta-LK", REGION, W, REGION),  # 4
    ("bn-BD", "bn-IN", REGION, W, REGION),  # 4
    ("qu-PE", "qu-BO", REGION, W, REGION),  # 4
    # Another script is another skill in writing, and none of speech's business.
    ("sr-Latn", "sr-Cyrl", SCRIPT, SCRIPT, E),  # 5
    ("sr-Cyrl", "sr-Latn", SCRIPT, SCRIPT, E),
    ("sr-RS", "sr-Latn-RS", SCRIPT, SCRIPT, E),
    ("uz-Cyrl", "uz-Latn", SCRIPT, SCRIPT, E),
    ("uz", "uz-Cyrl-UZ", SCRIPT, SCRIPT, E),
    ("pa-IN", "pa-PK", SCRIPT, SCRIPT, REGION),
    ("az-AZ", "az-IR", SCRIPT, SCRIPT, REGION),
    ("hi-Latn", "hi", SCRIPT, SCRIPT, E),  # 20
    ("hi", "hi-Latn", SCRIPT, SCRIPT, E),
    ("zh-TW", "zh-Hans", SCRIPT, SCRIPT, UNSTATED),
    ("zh-Hant-TW", "zh-Hans-CN", SCRIPT, SCRIPT, REGION),
    ("zh", "zh-TW", SCRIPT, SCRIPT, UNNAMED),
    ("kk-KZ", "kk-Arab-KZ", SCRIPT, SCRIPT, E),
    ("mn", "mn-Mong", SCRIPT, SCRIPT, E),
    ("yue-Hant-HK", "yue-Hans-CN", SCRIPT, SCRIPT, REGION),
    ("ja-JP", "ja-Latn", SCRIPT, SCRIPT, UNSTATED),
    ("zh-CN", "zh-SG", REGION, W, REGION),
    # Other languages, however near CLDR has them.
    ("nb", "da", LANGUAGE, LANGUAGE, LANGUAGE),  # 12
    ("da", "nb", LANGUAGE, LANGUAGE, LANGUAGE),  # 12
    ("nb", "nn", LANGUAGE, LANGUAGE, LANGUAGE),  # 20
    ("hr", "sr-Latn", LANGUAGE, LANGUAGE, LANGUAGE),  # 9
    ("sr-Latn", "hr", LANGUAGE, LANGUAGE, LANGUAGE),  # 9
    ("arz", "ar-EG", LANGUAGE, LANGUAGE, LANGUAGE),  # 10
    ("ar-EG", "arz", LANGUAGE, LANGUAGE, LANGUAGE),  # 80
    ("yue-HK", "zh-HK", LANGUAGE, LANGUAGE, LANGUAGE),  # 10
    ("zh-HK", "yue-HK", LANGUAGE, LANGUAGE, LANGUAGE),
    ("ms", "id", LANGUAGE, LANGUAGE, LANGUAGE),  # 34
    ("gsw", "de-CH", LANGUAGE, LANGUAGE, LANGUAGE),  # 8
    ("id", "ms", LANGUAGE, LANGUAGE, LANGUAGE),  # 14
    ("uk", "ru", LANGUAGE, LANGUAGE, LANGUAGE),  # 24
    ("ru", "uk", LANGUAGE, LANGUAGE, LANGUAGE),  # 84
    ("hr", "bs", LANGUAGE, LANGUAGE, LANGUAGE),  # 8
    ("cs", "sk", LANGUAGE, LANGUAGE, LANGUAGE),  # 24
    ("eu", "es", LANGUAGE, LANGUAGE, LANGUAGE),  # 20
    ("hi", "ur", LANGUAGE, LANGUAGE, LANGUAGE),
    ("en", "de", LANGUAGE, LANGUAGE, LANGUAGE),
    # A variant the lane names must be named by the claim, too.
    ("ca-valencia", "ca", VARIANT, VARIANT, VARIANT),
    ("ca", "ca-valencia", E, E, E),
    ("ca-valencia", "ca-valencia", E, E, E),
]


@pytest.mark.parametrize(("wanted", "offered", "exact", "within", "spoken"), PAIRS)
def test_each_pair_is_answered_with_its_reason(
    wanted: str, offered: str, exact: Reason, within: Reason, spoken: Reason
) -> None:
    assert fit(wanted, offered, Level.NATIVE, EXACT).reason is exact
    assert fit(wanted, offered, Level.NATIVE, WITHIN(5)).reason is within
    assert fit(wanted, offered, Level.NATIVE, SPOKEN).reason is spoken


def test_the_table_has_at_least_sixty_different_pairs() -> None:
    assert len({(wanted, offered) for wanted, offered, *_ in PAIRS}) == len(PAIRS) >= 60


@pytest.mark.parametrize(("wanted", "offered", "exact", "within", "spoken"), PAIRS)
def test_what_fits_exactly_fits_within_any_distance(
    wanted: str, offered: str, exact: Reason, within: Reason, spoken: Reason
) -> None:
    if exact is E:
        assert fit(wanted, offered, Level.NATIVE, WITHIN(0)).fits
    fitting = [fit(wanted, offered, Level.NATIVE, WITHIN(limit)).fits for limit in range(0, 140, 5)]
    assert fitting == sorted(fitting)


@pytest.mark.parametrize(("wanted", "offered", "exact", "within", "spoken"), PAIRS)
def test_no_distance_lets_speech_cross_a_region(
    wanted: str, offered: str, exact: Reason, within: Reason, spoken: Reason
) -> None:
    assert fit(wanted, offered, Level.NATIVE, SPOKEN_WITHIN).reason is spoken


@pytest.mark.parametrize(
    ("wanted", "offered", "limit", "reason"),
    [
        ("pt-PT", "pt-AO", 4, W),
        ("pt-PT", "pt-AO", 3, FAR),
        ("pt-BR", "pt-PT", 5, W),
        ("pt-BR", "pt-PT", 4, FAR),
        ("es-MX", "es-419", 1, W),
        ("es-419", "es-MX", 1, FAR),
        ("ar-EG", "ar", 4, FAR),
        ("ar-EG", "ar-EG", 0, E),
    ],
)
def test_the_limit_of_a_lane_decides_between_written_varieties(
    wanted: str, offered: str, limit: int, reason: Reason
) -> None:
    assert fit(wanted, offered, Level.NATIVE, WITHIN(limit)).reason is reason


def test_the_distance_has_a_direction() -> None:
    assert (variety_distance("es-MX", "es-419"), variety_distance("es-419", "es-MX")) == (1, 4)


def test_levels_rise_from_a1_to_native() -> None:
    codes = ["A1", "A2", "B1", "B2", "C1", "C2", "native"]
    assert [level.code for level in sorted(Level)] == codes
    assert [Level.parse(code) for code in codes] == sorted(Level)
    assert Level.parse("c1") < Level.parse("Native")
    with pytest.raises(ValueError, match="not a level"):
        Level.parse("fluent")


@pytest.mark.parametrize(
    ("level", "policy", "fits"),
    [
        (Level.NATIVE, EXACT, True),
        (Level.C2, EXACT, False),
        (Level.C1, WITHIN(5, level=Level.C1), True),
        (Level.C2, WITHIN(5, level=Level.C1), True),
        (Level.B2, WITHIN(5, level=Level.C1), False),
        (Level.B2, Policy(Kind.EXACT, level=Level.B1), True),
    ],
)
def test_the_level_must_reach_what_the_lane_requires(level: Level, policy: Policy, fits: bool) -> None:
    found = fit("sw-KE", "sw-KE", level, policy)
    assert found.fits is fits
    assert found.reason is (E if fits else Reason.LEVEL_TOO_LOW)


def test_a_wrong_language_is_the_reason_even_when_the_level_is_low_too() -> None:
    assert fit("da", "nb", Level.A1, EXACT).reason is LANGUAGE


def test_a_lane_may_list_another_language_and_still_asks_for_its_level() -> None:
    policy = WITHIN(0, also=("arz",))
    assert fit("ar-EG", "arz", Level.NATIVE, policy).reason is Reason.LISTED
    assert fit("ar-EG", "arz", Level.C1, policy).reason is Reason.LEVEL_TOO_LOW
    assert fit("ar-EG", "apc", Level.NATIVE, policy).reason is LANGUAGE


@pytest.mark.parametrize("mode", Mode)
def test_reading_asks_what_writing_does_and_listening_what_speaking_does(mode: Mode) -> None:
    script = fit("sr-Latn-RS", "sr-RS", Level.NATIVE, WITHIN(5, mode=mode)).reason
    region = fit("ar-EG", "ar-MA", Level.NATIVE, WITHIN(5, mode=mode)).reason
    assert (script, region) == ((E, REGION) if mode in (Mode.LISTEN, Mode.SPEAK) else (SCRIPT, W))


def test_spoken_arabic_must_say_whose() -> None:
    assert not names_its_variety("ar", Mode.SPEAK)
    assert names_its_variety("ar-MA", Mode.SPEAK)
    assert names_its_variety("ar", Mode.WRITE)
    assert names_its_variety("sw", Mode.SPEAK)


def test_a_fit_is_true_only_when_it_fits() -> None:
    assert Fit("sw", "sw", Reason.EXACT)
    assert not Fit("sw", "en", Reason.OTHER_LANGUAGE)


def test_the_reason_is_a_sentence_in_the_readers_language() -> None:
    found = fit("sr-Latn", "sr-Cyrl", Level.NATIVE, WITHIN(5))
    assert str(found.message) == "This work asks for Serbian (Latin); Serbian (Cyrillic) is written in another script."
    with use_locale("es"):
        assert (
            str(found.message) == "Este trabajo pide serbio (latino); serbio (cirílico) se escribe con otro alfabeto."
        )


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_in_every_shipped_locale(reason: Reason) -> None:
    message = Fit("sw-KE", "sw-TZ", reason).message
    with use_locale("en"):
        english = str(message)
    for locale in ("es", "sw", "ar"):
        with use_locale(locale):
            assert str(message) != english
            assert "%(" not in str(message)
