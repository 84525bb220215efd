"""Language tags: standardized BCP-47, their script and direction, and the names people know them by."""

import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from langcodes import Language, standardize_tag, tag_is_valid

_SHAPE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*", re.ASCII)
_LONGEST = 35
_PRIVATE_LANGUAGE = re.compile(r"q[a-t][a-z]")
_PRIVATE_REGION = re.compile(r"AA|Q[M-Z]|X[A-JL-Z]|ZZ")
# Nothing to match on: undetermined, several languages, one without a code.
_NO_LANGUAGE = frozenset({None, "und", "mul", "mis"})
_NO_SCRIPT = frozenset({"Zinh", "Zyyy", "Zzzz", "Zsym", "Zxxx"})

# CLDR replaces a macrolanguage's dominant member by the macrolanguage ("no" by Bokmål), so that one language has one
# tag. Members that are not dominant (arz, yue, nn) keep their own: a macrolanguage never stands for them.
_DOMINANT = {
    "als": "sq",
    "arb": "ar",
    "azj": "az",
    "bcc": "bal",
    "bcl": "bik",
    "cmn": "zh",
    "dgo": "doi",
    "ekk": "et",
    "gaz": "om",
    "gug": "gn",
    "khk": "mn",
    "kmr": "ku",
    "knn": "kok",
    "lvs": "lv",
    "no": "nb",
    "npi": "ne",
    "ory": "or",
    "pes": "fa",
    "plt": "mg",
    "quz": "qu",
    "src": "sc",
    "swh": "sw",
    "uzn": "uz",
    "ydd": "yi",
    "zsm": "ms",
}

_RIGHT_TO_LEFT = frozenset(
    {
        "Adlm",
        "Arab",
        "Aran",
        "Hebr",
        "Mand",
        "Mend",
        "Nkoo",
        "Rohg",
        "Samr",
        "Syrc",
        "Thaa",
        "Yezi",
    }
)


class InvalidTag(ValueError):
    """The text is not a language tag that can be stored and matched."""

    def __init__(self, tag: object) -> None:
        super().__init__(f"not a language tag: {str(tag)[:80]!r}")
        self.tag = tag


@lru_cache(maxsize=4096)
def standardize(tag: str) -> str:
    """The one spelling under which a locale is stored and compared; `zh_tw` and `cmn-TW` both become `zh-TW`.

    Raises InvalidTag for what nobody can match on: garbage, unknown or private-use subtags, `und`, extensions,
    codes that stand for several languages or for one without a code (`mul`, `mis`).
    """
    if not isinstance(tag, str) or len(tag) > _LONGEST or not _SHAPE.fullmatch(tag):
        raise InvalidTag(tag)
    try:
        standard = standardize_tag(tag)
        known = tag_is_valid(standard)
        language = Language.get(standard)
    except ValueError as error:
        raise InvalidTag(tag) from error
    if not known or not _is_public(language):
        raise InvalidTag(tag)
    dominant = _DOMINANT.get(str(language.language))
    return standardize_tag(language.update_dict({"language": dominant}).to_tag()) if dominant else standard


def _is_public(language: Language) -> bool:
    if language.extlangs or language.extensions or language.private:
        return False
    if language.language in _NO_LANGUAGE or _PRIVATE_LANGUAGE.fullmatch(str(language.language)):
        return False
    script, region = language.script or "", language.territory or ""
    return not (script in _NO_SCRIPT or script.startswith("Qa") or _PRIVATE_REGION.fullmatch(region))


def language_of(tag: str) -> str:
    """The primary language subtag of a standardized tag."""
    return standardize(tag).split("-", 1)[0]


@lru_cache(maxsize=4096)
def script_of(tag: str) -> str:
    """The script the tag names, or the one its language and region are likely written in."""
    return str(Language.get(standardize(tag)).maximize().script)


def region_of(tag: str) -> str | None:
    """The region the tag names itself; never a likely one."""
    return Language.get(standardize(tag)).territory


def variants_of(tag: str) -> frozenset[str]:
    return frozenset(Language.get(standardize(tag)).variants or ())


def direction(tag: str) -> str:
    """`rtl` or `ltr`, by the likely script: `az-IR` runs right to left, `az` does not."""
    return "rtl" if script_of(tag) in _RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=1024)
def babel_locale(tag: str) -> Locale:
    """The closest locale that CLDR has data for; English when it has none for the language."""
    language = Language.get(standardize(tag))
    for kept in ("script territory", "script", "territory", ""):
        subtags = [
            str(language.language),
            *(getattr(language, name) for name in kept.split()),
        ]
        try:
            return Locale.parse("-".join(subtag for subtag in subtags if subtag), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


@lru_cache(maxsize=8192)
def display_name(tag: str, in_locale: str) -> str:
    """The language's name for a reader of `in_locale`: `zh-Hant-TW` is "Chinese (Traditional, Taiwan)" in English."""
    language = Language.get(standardize(tag))
    reader = babel_locale(in_locale)
    name = reader.languages.get(str(language.language)) or Language.get(str(language.language)).display_name(
        standardize(in_locale)
    )
    details = [
        *([reader.scripts.get(language.script, language.script)] if language.script else []),
        *([reader.territories.get(language.territory, language.territory)] if language.territory else []),
        *(reader.variants.get(variant.upper(), variant) for variant in language.variants or ()),
    ]
    comma = "، " if direction(in_locale) == "rtl" else ", "
    return f"{name} ({comma.join(details)})" if details else str(name)


def own_name(tag: str) -> str:
    """The language's name in the language itself: `Kiswahili`, `العربية`."""
    language = Language.get(standardize(tag))
    if str(language.language) in babel_locale(tag).languages and babel_locale(tag).language == language.language:
        return display_name(tag, tag)
    return language.autonym()


def territory_name(code: str, in_locale: str) -> str:
    """The country's or region's name for a reader of `in_locale`; the code itself when CLDR has none."""
    return str(babel_locale(in_locale).territories.get(code.upper(), code))
