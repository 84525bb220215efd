"""How good reviewers are: by units whose label was known, by appeals, and by the next reviewer of the same unit."""

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


NOTHING = Measured(0, 0)


@dataclass(frozen=True)
class Verdict:
    """One review of a unit, in the order of rounds."""

    unit_id: str
    round: int
    reviewer_id: str
    verdict: str
    label: str | None  # of a fix, as text that two equal labels share


@dataclass(frozen=True)
class Known:
    """The verdict on a unit whose label was known: whether what was shown was right, and whether it was accepted."""

    reviewer_id: str
    is_right: bool
    accepted: bool


@dataclass(frozen=True)
class ReviewerFigures:
    """One reviewer: reviews done, rejections that fell on appeal, and the same verdict as another on the same unit.

    `caught` are wrong labels of known units that were not accepted, `alarmed` right ones that were not.
    """

    reviewer_id: str
    done: int
    overturned: Measured
    agreed: Measured
    caught: Measured = NOTHING
    alarmed: Measured = NOTHING


def figures(
    done: dict[str, int], rejected: dict[str, int], overturned: dict[str, int], verdicts: Iterable[Verdict],
    known: Iterable[Known] = (),
) -> list[ReviewerFigures]:  # fmt: skip
    """Of every reviewer, who did most first."""
    pairs: dict[str, tuple[int, int]] = {}
    for one, other in _successive(verdicts):
        same = one.verdict == other.verdict and one.label == other.label
        for reviewer in (one.reviewer_id, other.reviewer_id):
            hits, n = pairs.get(reviewer, (0, 0))
            pairs[reviewer] = (hits + same, n + 1)
    by_reviewer: dict[str, list[Known]] = {}
    for each in known:
        by_reviewer.setdefault(each.reviewer_id, []).append(each)
    rows = [
        ReviewerFigures(
            reviewer, count, Measured(overturned.get(reviewer, 0), rejected.get(reviewer, 0)),
            Measured(*pairs.get(reviewer, (0, 0))), *on_known(by_reviewer.get(reviewer, ())),
        )
        for reviewer, count in done.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.done, row.reviewer_id))


def on_known(known: Iterable[Known]) -> tuple[Measured, Measured]:
    """Of the wrong labels shown, how many were not accepted; of the right ones, how many were not either."""
    refused = {True: [0, 0], False: [0, 0]}
    for each in known:
        refused[each.is_right][0] += not each.accepted
        refused[each.is_right][1] += 1
    return Measured(*refused[False]), Measured(*refused[True])


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
