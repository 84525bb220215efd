"""What people state about themselves: languages, country, hours, skills, domains; cleaned and within limits."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from i18n import Message, _, figure
from i18n.matching import Level, Mode
from i18n.tags import InvalidTag, babel_locale, standardize
from kernel.errors import Invalid
from workforce.rules.names import clean_code, clean_text
from workforce.values import HISTORIES, ClaimStatus, Profile

MOST_LANGUAGES = 20
MOST_CODES = 20
VARIETIES_SHOWN = 5
MOST_HOURS = 80
ALL_MODES = tuple(mode.value for mode in Mode)
Stated = tuple[str, str] | tuple[str, str, Sequence[str]]  # locale, level, and in which modes; all where none are told
CLAIM_AGAIN_AFTER = timedelta(days=30)


def clean_profile(
    *,
    country: str | None,
    time_zone: str,
    weekly_hours: int,
    skills: Iterable[str],
    domains: Iterable[str],
    about: str | None,
) -> Profile:
    """Every statement checked; raises one Invalid that names every field that is wrong."""
    problems: dict[str, Message] = {}
    code = (country or "").strip().upper() or None
    if code is not None and code not in countries():
        problems["country"] = _("Choose a country from the list.")
    if time_zone not in time_zones():
        problems["time_zone"] = _("Choose a time zone from the list.")
    if not 0 <= weekly_hours <= MOST_HOURS:
        problems["weekly_hours"] = _("Give the hours of a week, from 0 to %(n)s.", n=MOST_HOURS)
    known_skills = _codes(skills, "skills", problems)
    known_domains = _codes(domains, "domains", problems)
    text = _about(about, problems)
    if problems:
        raise Invalid("profile.invalid", _("Some of your statements cannot be taken yet."), fields=problems)
    return Profile(code, time_zone, weekly_hours, known_skills, known_domains, text)


def clean_languages(languages: Sequence[Stated], field: str = "languages") -> list[tuple[str, str, tuple[str, ...]]]:
    """Standardized locale, level and modes of each; raises Invalid for none, too many, twice the same, or unknown
    ones."""
    if not 1 <= len(languages) <= MOST_LANGUAGES:
        raise _language(field, _("Name at least one language, and at most %(n)s.", n=MOST_LANGUAGES))
    cleaned: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for locale, proficiency, *modes in languages:
        tag, level = clean_locale(locale, field), clean_level(proficiency, field)
        if tag in cleaned:
            raise _language(field, _("%(tag)s is named twice.", tag=tag))
        cleaned[tag] = (tag, level, clean_modes(modes[0] if modes else ALL_MODES, field))
    return list(cleaned.values())


def clean_language(locale: str, proficiency: str) -> tuple[str, str]:
    """One standardized locale with its level; raises one Invalid that names each of the two that is wrong."""
    problems: dict[str, Message] = {}
    found = []
    for rule, value in ((clean_locale, locale), (clean_level, proficiency)):
        try:
            found.append(rule(value))
        except Invalid as problem:
            problems |= problem.fields
    if problems:
        raise Invalid("language.invalid", next(iter(problems.values())), fields=problems)
    return found[0], found[1]


def clean_locale(locale: str, field: str = "locale") -> str:
    """A standardized locale; raises Invalid."""
    if not locale.strip():
        raise _language(field, _("Name the language."))
    try:
        return standardize(locale.strip())
    except InvalidTag as error:
        raise _language(
            field, _("“%(tag)s” is not a language we know. Write it like sw-KE or zh-Hant-TW.", tag=locale[:40])
        ) from error


def clean_level(proficiency: str, field: str = "proficiency") -> str:
    """A level's code; raises Invalid."""
    try:
        return Level.parse(proficiency).code
    except ValueError as error:
        raise _language(field, _("Choose how well you know it: from A1 to C2, or native.")) from error


def clean_modes(modes: Iterable[str], field: str = "modes") -> tuple[str, ...]:
    """Known modes in their own order, each once; raises Invalid for none or others."""
    wanted = set(modes)
    if not wanted or not wanted <= set(ALL_MODES):
        raise _language(field, _("Choose what you do in it: read, write, listen, speak."))
    return tuple(mode for mode in ALL_MODES if mode in wanted)


def clean_history(history: str | None) -> str:
    """A code of HISTORIES, or nothing; raises Invalid for others."""
    if history and history not in HISTORIES:
        raise _language("history", _("Choose one of the values offered."))
    return history or ""


def ensure_varieties(locales: Iterable[str], wanted: Iterable[str], field: str = "languages") -> None:
    """Raise Invalid for a bare language of which the work asks for varieties: it stands for none of them, and whoever
    states it would wait for work in vain. A bare language that the work asks for as such is fine."""
    asked = frozenset(wanted)
    for tag in locales:
        varieties = sorted(one for one in asked if one.startswith(f"{tag}-"))
        if "-" not in tag and tag not in asked and varieties:
            shown = tuple(figure("language", one) for one in varieties[:VARIETIES_SHOWN])
            raise _language(
                field,
                _(
                    "%(language)s differs from place to place: name yours, with its country. The work here asks for"
                    " %(varieties)s.",
                    language=figure("language", tag),
                    varieties=shown,
                ),
            )


def status_at(status: str, until_at: datetime | None, now: datetime) -> ClaimStatus:
    """How far a claim is proven now: a verification ends by itself."""
    if status == ClaimStatus.VERIFIED and until_at is not None and until_at <= now:
        return ClaimStatus.EXPIRED
    return ClaimStatus(status)


def may_claim_again(status: ClaimStatus, verified_at: datetime | None, now: datetime) -> bool:
    """Whether a language that was turned down may be stated once more."""
    return status is not ClaimStatus.REJECTED or verified_at is None or now >= verified_at + CLAIM_AGAIN_AFTER


@cache
def countries() -> frozenset[str]:
    """Codes of countries and territories, by CLDR."""
    codes = map(str, babel_locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY)


@cache
def time_zones() -> frozenset[str]:
    """Names of zones that people live in."""
    return frozenset(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")) | {"UTC"}


_NO_COUNTRY = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}


def _codes(values: Iterable[str], field: str, problems: dict[str, Message]) -> tuple[str, ...]:
    codes = list(dict.fromkeys(values))
    if len(codes) > MOST_CODES:
        problems[field] = _("Choose at most %(n)s.", n=MOST_CODES)
        return ()
    try:
        return tuple(clean_code(code, field) for code in codes)
    except Invalid as error:
        problems |= error.fields
        return ()


def _about(text: str | None, problems: dict[str, Message]) -> str | None:
    try:
        return clean_text(text or "", "about", 2000, required=False) or None
    except Invalid as error:
        problems |= error.fields
        return None


def _language(field: str, message: Message) -> Invalid:
    return Invalid("language.invalid", message, fields={field: message})
