"""What a lane needs before people can work in it, and the way from one state to the next."""

from collections.abc import Iterable, Mapping, Sequence

from marketplace.values.requests import LaneGap

OPENABLE = frozenset({"draft", "paused"})


def gaps_of(
    *, ontology_id: str | None, guideline_texts: Mapping[str, str] | None, locale: str, is_shut: bool, units: int,
    has_rate: bool, has_test: bool, without_test: bool = False,
) -> tuple[LaneGap, ...]:  # fmt: skip
    """Everything that is missing, in the order in which it is best mended."""
    checks = (
        (LaneGap.ONTOLOGY, ontology_id is not None),
        (LaneGap.GUIDELINE, guideline_texts is not None),
        (LaneGap.GUIDELINE_LOCALE, guideline_texts is None or is_readable(guideline_texts, locale)),
        (LaneGap.PROTECTION, not is_shut),
        (LaneGap.UNITS, units > 0),
        (LaneGap.RATE, has_rate),
        (LaneGap.TEST, has_test or without_test),
    )
    return tuple(gap for gap, met in checks if not met)


def is_over(lanes: Sequence[tuple[int, int, int]], *, released: int) -> bool:
    """Whether nothing is left to do: of each lane as many units as were asked for are settled and none is under way,
    and the release holds all of them. Lanes are (units asked for, units under way, units settled)."""
    settled = sum(done for _volume, _under_way, done in lanes)
    return (
        bool(lanes)
        and settled == released
        and all(not under_way and done >= max(volume, 1) for volume, under_way, done in lanes)
    )


def is_readable(locales: Iterable[str], locale: str) -> bool:
    """Whether one of the texts is in the language of the lane, in whatever variety, or in English."""
    languages = {tag.partition("-")[0] for tag in locales}
    return bool(languages & {locale.partition("-")[0], "en"})
