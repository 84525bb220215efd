"""How good reviewers are: verdicts that fell on appeal, and agreement with the next reviewer of the same unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from calibration.rules.intervals import Interval, wilson


@dataclass(frozen=True)
class Measured:
    """A count out of another, with the interval of its share; no share where there is nothing yet."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> Interval:
        return wilson(self.hits, self.n)


@dataclass(frozen=True)
class Verdict:
    """One review of a unit, in the order of rounds."""

    unit_id: str
    round: int
    reviewer_id: str
    verdict: str
    label: str | None  # of a fix, as text that two equal labels share


@dataclass(frozen=True)
class ReviewerFigures:
    """One reviewer: reviews done, rejections that fell on appeal, and the same verdict as another on the same unit."""

    reviewer_id: str
    done: int
    overturned: Measured
    agreed: Measured


def figures(
    done: dict[str, int], rejected: dict[str, int], overturned: dict[str, int], verdicts: Iterable[Verdict]
) -> list[ReviewerFigures]:
    """Of every reviewer, who did most first."""
    pairs: dict[str, tuple[int, int]] = {}
    for one, other in _successive(verdicts):
        same = one.verdict == other.verdict and one.label == other.label
        for reviewer in (one.reviewer_id, other.reviewer_id):
            hits, n = pairs.get(reviewer, (0, 0))
            pairs[reviewer] = (hits + same, n + 1)
    rows = [
        ReviewerFigures(
            reviewer, count, Measured(overturned.get(reviewer, 0), rejected.get(reviewer, 0)),
            Measured(*pairs.get(reviewer, (0, 0))),
        )
        for reviewer, count in done.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.done, row.reviewer_id))


def _successive(verdicts: Iterable[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Reviews of one unit by two people, one right after the other."""
    by_unit: dict[str, list[Verdict]] = {}
    for verdict in sorted(verdicts, key=lambda each: (each.unit_id, each.round)):
        by_unit.setdefault(verdict.unit_id, []).append(verdict)
    pairs: list[tuple[Verdict, Verdict]] = []
    for rounds in by_unit.values():
        pairs += [pair for pair in _neighbours(rounds) if pair[0].reviewer_id != pair[1].reviewer_id]
    return pairs


def _neighbours(rounds: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
    return list(pairwise(rounds))
