"""Names, addresses, passwords, roles, standing, claims and working days, without a database."""

from datetime import UTC, datetime

import pytest

from kernel.errors import Invalid
from kernel.policy import Role
from workforce.rules import agreements, appeals, names, passwords, profiles, roles, standing
from workforce.values import ClaimStatus, OrgKind, Standing


@pytest.mark.parametrize(
    "typed, kept",
    [
        ("  Amina   Wanjiru ", "Amina Wanjiru"),
        ("Jose\u0301", "José"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("O'Brien-Ng", "O'Brien-Ng"),
        ("Техно-Lab Δέλτα", "Техно-Lab Δέλτα"),
        ("Ann\u2003\u3000Bee", "Ann Bee"),
        ("Ｔシャツ ＮＴＴ ｶﾞﾗｽ", "Tシャツ NTT ガラス"),
        ("LG전자 中村タロウ 葛\U000e0100城", "LG전자 中村タロウ 葛\U000e0100城"),
        ("Mª José, xʷməθkʷəy̓əm", "Mª José, xʷməθkʷəy̓əm"),
        ("สมชาย ทองคำ", "สมชาย ทองคำ"),
        ("Գրիգոր և Հայկ", "Գրիգոր և Հայկ"),
        ("الـNDA ۱۲ مريم", "الـNDA ۱۲ مريم"),
        ("ᠮᠣᠩᠭᠣᠯ\u180b", "ᠮᠣᠩᠭᠣᠯ\u180b"),
        ("Acme™ 5µm Nº 2", "Acme™ 5µm Nº 2"),
        ("ᏣᎳᎩ ꓡꓲꓢꓴ", "ᏣᎳᎩ ꓡꓲꓢꓴ"),
    ],
)
def test_a_name_is_kept_as_it_is_spelled(typed: str, kept: str) -> None:
    assert names.clean_name(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "---",
        "a\u202eb",
        "a\u2066b",
        "\u200cab",
        "a \u200d b",
        "a\x00b",
        "a\nb",
        "a\ufeffb",
        "\ue000x",
        "x" * 121,
        "x" * 1_000_000,
        "Vera \u0410nna",
        "P\u0430ul",
        "\u3164",
        "\u115f\u1160",
        "A\u034fnn",
        "Ann\ufe0f",
        "Ann\u2800",
        "Ann\U000e0100",
        "G\u0585\u0585gle",
        "\u13aann",
        "\ua4eenn",
        "\U0001d400nn",
        "\U0001d400\U0001d427\U0001d427",
        "\u24b6nn",
        "\uff50aypal",
        "\u217fike",
        "\u217f\u2170",
        "G\u0ed0\u0ed0gle",
        "Te\u0445\u043dLab",
        "\u03bfmega",
        "Om\u0454ga",
    ],
)
def test_a_name_that_hides_something_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        names.clean_name(typed)
    assert set(refused.value.fields) == {"name"}


@pytest.mark.parametrize(
    "left, right",
    [
        ("Amina@Example.ORG", "amina@example.org"),
        ("ﬁ@example.org", "fi@example.org"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("STRASSE@example.org", "straße@example.org"),
        ("Ａmina@example.org", "amina@example.org"),
    ],
)
def test_two_spellings_of_one_address_have_one_key(left: str, right: str) -> None:
    assert names.email_key(left) == names.email_key(right)


@pytest.mark.parametrize(
    "typed",
    ["", "amina", "@example.org", "amina@", "amina@localhost", "a b@example.org", "a@b@example.org", "a..b@example.org",
     ".a@example.org", "a\u202e@example.org", "a@-x.org", "a@exa mple.org", "x" * 65 + "@example.org",
     "a@" + "x" * 64 + ".org", "a@example.org\r\nBcc: b@example.org", "a@" + ".".join(["x" * 60] * 5)],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        names.email_key(typed)


def test_a_masked_address_shows_its_first_letter_and_its_domain() -> None:
    assert names.mask_email("amina@example.org") == "a•••@example.org"


@pytest.mark.parametrize(
    "password",
    ["fourteen chars", "passwordpassword", "Password-1234567", "correct horse battery staple", "qwertyuiopasdfgh",
     "abcdefghijklmnop", "1234567890123456", "aaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "0000 0000 0000 0000",
     "password-monkey-dragon1", "polyphony-polyphony", "x" * 1025],
)  # fmt: skip
def test_a_password_that_others_would_try_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.ensure_strong(password)


@pytest.mark.parametrize("password", ["amina wanjiru 1990", "amina.wanjiru@example.org", "WANJIRU-amina-123"])
def test_a_password_of_ones_own_words_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.ensure_strong(password, ("Amina Wanjiru", "amina.wanjiru@example.org"))


@pytest.mark.parametrize(
    "password",
    [
        "purple otter drums",
        "тихая река у мельницы",
        "mto unapita taratibu",
        "amina paints blue doors at dusk",
        "x9" + "kTf3!mQ" * 20,
    ],
)
def test_a_long_password_of_any_letters_is_taken(password: str) -> None:
    assert passwords.ensure_strong(password, ("Amina Wanjiru",)) == password


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [("kTf3!mQx", True), ("тихая р.", True), ("kTf3!mQ", False), ("elephant", False), ("Password1", False),
     ("sunshine99", False), ("PolyPhony", False), ("aaaaabbb", False)],
)  # fmt: skip
def test_beside_a_second_factor_eight_characters_do_unless_leaks_know_them(password: str, is_taken: bool) -> None:
    with pytest.raises(Invalid):
        passwords.ensure_strong(password)
    if is_taken:
        assert passwords.ensure_strong(password, is_only_factor=False) == password
    else:
        with pytest.raises(Invalid):
            passwords.ensure_strong(password, is_only_factor=False)


def test_passwords_of_leaks_are_known_by_the_thousand() -> None:
    assert len(passwords._often_used()) > 10_000 and "1qaz2wsx3edc" in passwords._often_used()


def test_a_password_is_the_same_from_every_keyboard() -> None:
    assert passwords.ensure_strong("ｐurple otter ﬁnds drums") == "purple otter finds drums"
    assert passwords.ensure_strong("cafe\u0301 on the corner") == "café on the corner"


@pytest.mark.parametrize(
    "granter, role, allowed",
    [
        (Role.VENDOR_MANAGER, Role.VENDOR_MANAGER, True),
        (Role.VENDOR_MANAGER, Role.REVIEWER, True),
        (Role.VENDOR_MANAGER, Role.FINANCE, True),
        (Role.VENDOR_MANAGER, Role.ANNOTATOR, False),
        (Role.VENDOR_MANAGER, Role.OPERATOR, False),
        (Role.VENDOR_MANAGER, Role.CLIENT_ADMIN, False),
        (Role.CLIENT_ADMIN, Role.CLIENT_QA, True),
        (Role.CLIENT_ADMIN, Role.FINANCE, False),
        (Role.CLIENT_PM, Role.CLIENT_PM, False),
        (Role.REVIEWER, Role.REVIEWER, False),
        (Role.OPERATOR, Role.AUDITOR, True),
        (None, Role.ANNOTATOR, False),
    ],
)
def test_nobody_grants_above_their_own_role(granter: Role | None, role: Role, allowed: bool) -> None:
    assert roles.may_grant(granter, role) is allowed


def test_every_role_belongs_to_exactly_one_kind_of_organization() -> None:
    kinds = [kind for role in Role for kind in OrgKind if roles.fits(role, kind)]
    assert len(kinds) == len(Role)


@pytest.mark.parametrize(
    "before, after, allowed",
    [
        ("applied", "active", False),
        ("applied", "left", True),
        ("active", "paused", True),
        ("paused", "active", True),
        ("suspended", "paused", False),
        ("suspended", "active", True),
        ("declined", "active", False),
        ("left", "active", True),
        ("active", "declined", False),
    ],
)
def test_standing_changes_along_its_ways_only(before: str, after: str, allowed: bool) -> None:
    assert standing.may_change(Standing(before), Standing(after)) is allowed


def test_a_declined_person_may_apply_again_after_thirty_days() -> None:
    declined = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert not standing.may_apply_again(Standing.DECLINED, declined, datetime(2026, 3, 31, 11, 59, tzinfo=UTC))
    assert standing.may_apply_again(Standing.DECLINED, declined, datetime(2026, 3, 31, 12, tzinfo=UTC))
    assert not standing.may_apply_again(Standing.SUSPENDED, declined, datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "opened, due",
    [
        (datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 9, 9, tzinfo=UTC)),  # Monday to Monday
        (datetime(2026, 3, 6, 17, tzinfo=UTC), datetime(2026, 3, 13, 17, tzinfo=UTC)),  # Friday to Friday
        (datetime(2026, 3, 7, 8, tzinfo=UTC), datetime(2026, 3, 13, 8, tzinfo=UTC)),  # Saturday: Monday is the first
        (datetime(2026, 3, 8, 8, tzinfo=UTC), datetime(2026, 3, 13, 8, tzinfo=UTC)),
    ],
)
def test_an_appeal_is_due_after_five_working_days(opened: datetime, due: datetime) -> None:
    assert appeals.due_at(opened) == due


@pytest.mark.parametrize(
    "typed, kept", [("zh_tw", "zh-TW"), ("SW-ke", "sw-KE"), ("sr-latn", "sr-Latn"), ("cmn-TW", "zh-TW")]
)
def test_a_language_is_kept_in_its_one_spelling(typed: str, kept: str) -> None:
    assert profiles.clean_languages([(typed, "Native")]) == [(kept, "native", profiles.ALL_MODES)]


@pytest.mark.parametrize(
    "languages",
    [[], [("xx-YY", "native")], [("qaa", "C1")], [("und", "C1")], [("sw", "D1")], [("sw", "C1"), ("swh", "C2")],
     [("en", "C1")] * 21],
)  # fmt: skip
def test_unknown_and_doubled_languages_are_refused(languages: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as refused:
        profiles.clean_languages(languages)
    assert set(refused.value.fields) == {"languages"}


def test_every_wrong_statement_of_a_profile_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        profiles.clean_profile(
            country="XX",
            time_zone="Mars/Base",
            weekly_hours=81,
            skills=["Drop Table"],
            domains=["law"] * 3,
            about="a\x00",
        )
    assert set(refused.value.fields) == {"country", "time_zone", "weekly_hours", "skills", "about"}


def test_a_verification_ends_by_itself() -> None:
    until = datetime(2026, 3, 1, tzinfo=UTC)
    assert profiles.status_at("verified", until, datetime(2026, 2, 28, tzinfo=UTC)) is ClaimStatus.VERIFIED
    assert profiles.status_at("verified", until, until) is ClaimStatus.EXPIRED
    assert profiles.status_at("claimed", None, until) is ClaimStatus.CLAIMED


@pytest.mark.parametrize("wanted, shown", [("sw-KE", "sw"), ("es-MX", "es"), ("am", "en"), (None, "en")])
def test_a_reader_is_shown_the_nearest_text_that_there_is(wanted: str | None, shown: str) -> None:
    assert agreements.shown_locale({"es": "", "en": "", "sw": ""}, wanted) == shown


def test_an_agreement_needs_a_title_for_every_text() -> None:
    with pytest.raises(Invalid):
        agreements.clean_texts({"en": "Conduct"}, {"en": "Be kind.", "sw": "Uwe mwema."})
    with pytest.raises(Invalid):
        agreements.clean_texts({}, {})


def test_a_bare_language_stands_for_none_of_the_varieties_that_work_asks_for() -> None:
    profiles.ensure_varieties(["ar-EG", "sw", "en"], ["ar-EG", "ar-MA", "en", "en-KE"])
    with pytest.raises(Invalid) as asked:
        profiles.ensure_varieties(["sw", "ar"], ["ar-EG", "ar-MA"])
    assert str(asked.value.fields["languages"]) == (
        "Arabic differs from place to place: name yours, with its country. The work here asks for Arabic (Egypt) and"
        " Arabic (Morocco)."
    )
