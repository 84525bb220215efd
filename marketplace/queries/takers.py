"""How many people a lane's languages take, for each choice that could be made: counts of the vendor's proven people."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from i18n import Message
from i18n.matching import Level, Policy, fit
from i18n.tags import language_of
from marketplace.models import Lane
from marketplace.rules.languages import FARTHEST, policy_of
from marketplace.values.requests import LaneLanguages
from workforce.queries.takers import ProvenLanguages


@dataclass(frozen=True)
class Variety:
    """A locale that people of the vendor claim: how many have it proven as asked, and whether the choice takes it."""

    locale: str
    people: int
    is_taken: bool
    why: Message


@dataclass(frozen=True)
class Takers:
    """What a choice of languages takes: people in all, by how far varieties may lie, and by each variety there is."""

    people: int
    by_distance: tuple[tuple[int, int], ...]
    varieties: tuple[Variety, ...]  # the largest first
    missing_modes: tuple[str, ...]  # in which nobody who fits by language is proven


def takers_of(session: Session, lane: Lane, asked: LaneLanguages) -> Takers:
    """Counts for what is asked, in a handful of statements over claims of these languages alone. The scope sees the
    vendor's people."""
    languages = dict.fromkeys(language_of(tag) for tag in (lane.locale, *asked.also))
    proven = ProvenLanguages(session, lane.vendor_org_id or "", languages, Level.parse(asked.proficiency))
    varieties = proven.by_locale(asked.modes)
    counted: dict[str, int] = {}

    def people(distance: int, modes: Collection[str]) -> int:
        fitting = {mode: _fitting(lane, asked, mode, distance, varieties) for mode in modes}
        mark = repr(fitting)
        if mark not in counted:
            counted[mark] = proven.people(fitting) if all(fitting.values()) else 0
        return counted[mark]

    found = [_variety(lane, asked, tag, count) for tag, count in varieties.items()]
    return Takers(
        people=people(asked.distance_most, asked.modes),
        by_distance=tuple((distance, people(distance, asked.modes)) for distance in range(FARTHEST + 1)),
        varieties=tuple(sorted(found, key=lambda one: (-one.people, one.locale))),
        missing_modes=tuple(mode for mode in asked.modes if not people(asked.distance_most, [mode])),
    )


def _variety(lane: Lane, asked: LaneLanguages, tag: str, count: int) -> Variety:
    """Whether all modes take it; speech crosses no region where writing may."""
    fits = [fit(lane.locale, tag, Level.NATIVE, _policy(asked, mode, asked.distance_most)) for mode in asked.modes]
    told = next((one for one in fits if not one), fits[0])
    return Variety(tag, count, told.fits, told.message)


def _fitting(lane: Lane, asked: LaneLanguages, mode: str, distance: int, varieties: Collection[str]) -> list[str]:
    policy = _policy(asked, mode, distance)
    return sorted(tag for tag in varieties if fit(lane.locale, tag, Level.NATIVE, policy))


def _policy(asked: LaneLanguages, mode: str, distance: int) -> Policy:
    return policy_of(mode, asked.proficiency, distance, asked.also)
