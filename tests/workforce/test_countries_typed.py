"""Countries that somebody types into one field: by their names in the reader's language, or by two letters."""

import pytest

from i18n.reader import use_locale
from workforce.pages.words import countries_typed, country_name, country_options


@pytest.mark.parametrize("locale", ["en", "es", "sw", "ar"])
def test_what_is_shown_is_read_back_whole(locale: str) -> None:
    with use_locale(locale):
        codes = [code for code, _name in country_options()]
        assert countries_typed(", ".join(country_name(code) for code in codes)) == codes


@pytest.mark.parametrize(
    ("typed", "codes"),
    [("Kenya, South africa", ["KE", "ZA"]), ("ke TZ", ["ke", "TZ"]), ("KE,Uganda\n\nrw", ["KE", "UG", "rw"]),
     ("Kenia", ["Kenia"]), ("Kenya Uganda", ["Kenya Uganda"]), ("", []), (" , ;", [])],
)  # fmt: skip
def test_names_and_codes_stand_side_by_side(typed: str, codes: list[str]) -> None:
    with use_locale("en"):
        assert countries_typed(typed) == codes


def test_an_arabic_comma_parts_too() -> None:
    with use_locale("ar"):
        assert countries_typed(f"{country_name('KE')}، {country_name('EG')}") == ["KE", "EG"]
