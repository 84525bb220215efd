"""What a lane asks of people's languages: the policy as data on the lane, checked before it is stored."""

from collections.abc import Iterable

from i18n import Message, _
from i18n.figures import figure
from i18n.matching import Kind, Level, Mode, Policy, names_its_variety
from i18n.tags import InvalidTag, standardize
from kernel.errors import Invalid
from marketplace.values.requests import LaneLanguages

# CLDR has the written varieties of one language in one script at most so far apart; more would change nothing.
FARTHEST = 5
MOST_ALSO = 10

# What people do in the language of a lane, where its kind of task says so; else they read and write.
_MODES = {"choice": (Mode.READ,), "pairwise": (Mode.READ,), "spans": (Mode.READ,)}


def modes_for(task_type: str) -> list[str]:
    """The modes that a lane of this kind asks for until somebody says otherwise."""
    return [mode.value for mode in _MODES.get(task_type, (Mode.READ, Mode.WRITE))]


def policy_of(mode: str, proficiency: str, distance_most: int, also: Iterable[str]) -> Policy:
    """The lane's policy in one mode: exactly its locale, or a variety within its distance; its level; what it lists."""
    kind = Kind.WITHIN if distance_most > 0 else Kind.EXACT
    return Policy(kind, max(distance_most, 0), Level.parse(proficiency), Mode(mode), tuple(also))


def clean_languages(
    locale: str, *, proficiency: str, modes: Iterable[str], distance_most: int, also: Iterable[str]
) -> LaneLanguages:
    """The policy in standard form; raises one Invalid that names every field that is wrong."""
    faults: dict[str, Message] = {}
    asked = set(modes)
    if not asked or not asked <= set(Mode):
        faults["modes"] = _("Choose what people do in this language: read, write, listen, speak.")
    elif any(not names_its_variety(locale, Mode(mode)) for mode in asked):
        faults["modes"] = _(
            "Speech in %(language)s differs from place to place, and the lane names no region.",
            language=figure("language", locale),
        )
    level = _level(proficiency, faults)
    if not 0 <= distance_most <= FARTHEST:
        faults["distance_most"] = _("The distance is from 0 to %(most)s.", most=FARTHEST)
    listed = _listed(locale, also, faults)
    if faults:
        raise Invalid("lane.languages", _("Some of what the lane asks for is missing or wrong."), faults)
    return LaneLanguages(level, tuple(mode.value for mode in Mode if mode in asked), distance_most, listed)


def _level(proficiency: str, faults: dict[str, Message]) -> str:
    try:
        return Level.parse(proficiency).code
    except ValueError:
        faults["proficiency"] = _("Choose how well it has to be known: from A1 to C2, or native.")
        return ""


def _listed(locale: str, also: Iterable[str], faults: dict[str, Message]) -> tuple[str, ...]:
    found: list[str] = []
    for tag in also:
        try:
            found.append(standardize(tag.strip()))
        except InvalidTag:
            faults["also"] = _("“%(tag)s” is not a language tag; write it like sw-KE.", tag=tag[:40])
    if len(found) > MOST_ALSO:
        faults["also"] = _("Name at most %(most)s languages more.", most=MOST_ALSO)
    return tuple(tag for tag in dict.fromkeys(found) if tag != locale)
