"""Language matching: whether a person's proven language is the one that a lane asks for, and why not.

CLDR's distance tells what a reader can make do with. It does not tell who may work: Latin and Cyrillic Serbian are
5 apart, Danish and Norwegian 12, Egyptian and Moroccan Arabic 5. So language, script and region are compared first, and
the distance only decides between written varieties of one language, up to the limit that the lane states.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache

from langcodes import tag_distance

from i18n.figures import figure
from i18n.messages import Message, _
from i18n.tags import language_of, region_of, script_of, standardize, variants_of


class Level(IntEnum):
    """Proficiency by CEFR, with native above it."""

    A1 = 1
    A2 = 2
    B1 = 3
    B2 = 4
    C1 = 5
    C2 = 6
    NATIVE = 7

    @classmethod
    def parse(cls, code: str) -> "Level":
        """Raises ValueError for anything but `A1` … `C2` and `native`, in whatever case."""
        try:
            return cls[code.upper()]
        except KeyError:
            raise ValueError(f"not a level of proficiency: {code[:20]!r}") from None

    @property
    def code(self) -> str:
        return "native" if self is Level.NATIVE else self.name


class Mode(StrEnum):
    """What is done in a language. What is read and written needs the script; what is heard and spoken, the region."""

    READ = "read"
    WRITE = "write"
    LISTEN = "listen"
    SPEAK = "speak"

    @property
    def is_spoken(self) -> bool:
        return self in (Mode.LISTEN, Mode.SPEAK)


class Kind(StrEnum):
    EXACT = "exact"
    WITHIN = "within"


class Reason(StrEnum):
    EXACT = "exact"
    WITHIN = "within"
    LISTED = "listed"
    OTHER_LANGUAGE = "other_language"
    OTHER_SCRIPT = "other_script"
    OTHER_VARIANT = "other_variant"
    VARIETY_UNNAMED = "variety_unnamed"
    REGION_UNSTATED = "region_unstated"
    OTHER_REGION = "other_region"
    TOO_FAR = "too_far"
    LEVEL_TOO_LOW = "level_too_low"


@dataclass(frozen=True)
class Policy:
    """What a lane accepts: exactly its locale, or varieties within a distance; the level; and tags it lists itself."""

    kind: Kind = Kind.EXACT
    distance: int = 0
    level: Level = Level.NATIVE
    mode: Mode = Mode.READ
    also: tuple[str, ...] = ()


EXACT = Policy()


def WITHIN(
    distance: int,
    level: Level = Level.NATIVE,
    mode: Mode = Mode.READ,
    also: tuple[str, ...] = (),
) -> Policy:
    return Policy(Kind.WITHIN, distance, level, mode, also)


@dataclass(frozen=True)
class Fit:
    """The answer, its reason, and the distance where one was measured."""

    wanted: str
    offered: str
    reason: Reason
    distance: int | None = None

    @property
    def fits(self) -> bool:
        return self.reason in _FITTING

    def __bool__(self) -> bool:
        return self.fits

    @property
    def message(self) -> Message:
        """The reason as a sentence for the person or the lane's owner."""
        return _sentence(self)


_FITTING = frozenset({Reason.EXACT, Reason.WITHIN, Reason.LISTED})

# Languages whose regions may not understand one another's speech: without a region nobody can say which is meant.
# Each with varieties that a request may name instead.
_UNLIKE_REGIONS = {
    "ar": ("ar-EG", "ar-MA", "ar-001"),
    "ku": ("ku-TR", "ku-IQ"),
    "qu": ("qu-PE", "qu-BO"),
    "zh": ("zh-CN", "zh-TW", "zh-HK"),
}

# How far a variety may be from one whose region is unknown: as far as the varieties of one script get in CLDR's table.
_UNKNOWN_REGION = 5


def fit(wanted: str, offered: str, level: Level, policy: Policy = EXACT) -> Fit:
    """Whether somebody with `offered` at `level` may do the work of a lane asking for `wanted`; raises InvalidTag."""
    wanted, offered = standardize(wanted), standardize(offered)
    reason, distance = _compare(wanted, offered, policy)
    if reason in _FITTING and level < policy.level:
        reason = Reason.LEVEL_TOO_LOW
    return Fit(wanted, offered, reason, distance)


def varieties_to_name(tag: str) -> tuple[str, ...]:
    """Examples of what to name instead of a bare macro-language, which stands for none of its varieties; else none."""
    return _UNLIKE_REGIONS.get(tag, ())


def names_its_variety(wanted: str, mode: Mode) -> bool:
    """Whether a lane's locale says enough for work in this mode: spoken Arabic or Chinese must name a region."""
    return not mode.is_spoken or region_of(wanted) is not None or language_of(wanted) not in _UNLIKE_REGIONS


@lru_cache(maxsize=32_768)
def _compare(wanted: str, offered: str, policy: Policy) -> tuple[Reason, int | None]:
    if offered in {standardize(tag) for tag in policy.also}:
        return Reason.LISTED, None
    if language_of(wanted) != language_of(offered):
        return Reason.OTHER_LANGUAGE, None
    if not policy.mode.is_spoken and script_of(wanted) != script_of(offered):
        return Reason.OTHER_SCRIPT, None
    if not variants_of(wanted) <= variants_of(offered):
        return Reason.OTHER_VARIANT, None
    if not names_its_variety(wanted, policy.mode):
        return Reason.VARIETY_UNNAMED, None
    return _compare_regions(wanted, offered, policy)


def _compare_regions(wanted: str, offered: str, policy: Policy) -> tuple[Reason, int | None]:
    asked, stated = region_of(wanted), region_of(offered)
    if asked is None or asked == stated:
        return Reason.EXACT, 0
    if policy.kind is Kind.EXACT or policy.mode.is_spoken:
        return (Reason.OTHER_REGION if stated else Reason.REGION_UNSTATED), None
    distance = variety_distance(wanted, offered)
    return (Reason.WITHIN if distance <= policy.distance else Reason.TOO_FAR), distance


def variety_distance(wanted: str, offered: str) -> int:
    """CLDR's distance, wanted first; one that names no region counts as far, since CLDR would guess its likely one."""
    distance = tag_distance(wanted, offered)
    return distance if region_of(offered) else max(distance, _UNKNOWN_REGION)


def _sentence(fit: Fit) -> Message:
    asked, has = figure("language", fit.wanted), figure("language", fit.offered)
    match fit.reason:
        case Reason.EXACT:
            return _("%(offered)s is the language this work asks for.", offered=has)
        case Reason.WITHIN:
            return _(
                "%(offered)s is close enough to %(wanted)s for this work.",
                offered=has,
                wanted=asked,
            )
        case Reason.LISTED:
            return _(
                "This work accepts %(offered)s as well as %(wanted)s.",
                offered=has,
                wanted=asked,
            )
        case Reason.OTHER_LANGUAGE:
            return _(
                "This work asks for %(wanted)s; %(offered)s is another language.",
                offered=has,
                wanted=asked,
            )
        case Reason.OTHER_SCRIPT:
            return _(
                "This work asks for %(wanted)s; %(offered)s is written in another script.",
                offered=has,
                wanted=asked,
            )
        case Reason.OTHER_VARIANT:
            return _(
                "This work asks for %(wanted)s; %(offered)s is another variant.",
                offered=has,
                wanted=asked,
            )
        case Reason.VARIETY_UNNAMED:
            return _(
                "This work asks for speech in %(wanted)s without saying which region's.",
                wanted=asked,
            )
        case Reason.REGION_UNSTATED:
            return _(
                "This work asks for %(wanted)s; the claim to %(offered)s names no region.",
                offered=has,
                wanted=asked,
            )
        case Reason.OTHER_REGION:
            return _(
                "This work asks for %(wanted)s; %(offered)s is from another region.",
                offered=has,
                wanted=asked,
            )
        case Reason.TOO_FAR:
            return _(
                "This work asks for %(wanted)s; %(offered)s is too far from it.",
                offered=has,
                wanted=asked,
            )
        case Reason.LEVEL_TOO_LOW:
            return _("This work asks for a higher level of %(wanted)s.", wanted=asked)
