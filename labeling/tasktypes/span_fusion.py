"""Fusing the spans of several people: which to keep, where they begin and end, how much stands behind each."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labeling.tasktypes.span_matching import Span, match, overlap
from labeling.tasktypes.votes import weighted_median

SAME = 0.5
"""Two people mean the same span when their characters overlap by at least this much."""
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Marked:
    """All spans of one person, sorted, and that person's weight."""

    spans: tuple[Span, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Fused:
    """A span of the consensus and the share of the weight that marked it."""

    span: Span
    support: float


def fuse(people: Sequence[Marked]) -> list[Fused]:
    """Spans that at least half of the weight marked, boundaries at the weighted median, best supported first.

    Centres are found first and people's spans are then assigned to them one to one, so that an inner span is never
    swallowed by the outer one around it: where somebody marked both, each keeps its own.
    """
    people = sorted(people, key=lambda person: (person.spans, person.weight))
    total = math.fsum(person.weight for person in people)
    centres = _exact_majorities(people, total)
    centres += _clusters(_unassigned(people, centres), total)
    fused = _assign(people, centres, total)
    return sorted(fused, key=lambda each: (-each.support, each.span))


def _exact_majorities(people: Sequence[Marked], total: float) -> list[Span]:
    """Spans that more than half marked to the character; any two of them were marked together by somebody."""
    weights: dict[Span, list[float]] = defaultdict(list)
    for person in people:
        for span in person.spans:
            weights[span].append(person.weight)
    return sorted(span for span, several in weights.items() if math.fsum(several) > total / 2 * (1 + _TINY))


def _unassigned(people: Sequence[Marked], centres: Sequence[Span]) -> list[Marked]:
    return [Marked(_without(person.spans, centres), person.weight) for person in people]


def _without(spans: tuple[Span, ...], centres: Sequence[Span]) -> tuple[Span, ...]:
    taken = {index for index, _centre, _shared in match(spans, centres, SAME)}
    return tuple(span for index, span in enumerate(spans) if index not in taken)


def _clusters(people: Sequence[Marked], total: float) -> list[Span]:
    """Centres among spans that nobody agrees on to the character: the best supported span first, its cluster removed.

    A cluster takes at most one span of each person. Support only falls as spans are taken, so an entry of the heap
    that is still right when it comes up is the best there is.
    """
    near = _neighbours(people)
    taken: set[tuple[int, Span]] = set()
    heap = [(_rank(people, near[span], taken), span) for span in near]
    heapq.heapify(heap)
    centres: list[Span] = []
    while heap:
        rank, span = heapq.heappop(heap)
        current = _rank(people, near[span], taken)
        if -current[0] < total / 2 * (1 - _TINY):
            continue
        if current != rank:
            heapq.heappush(heap, (current, span))
            continue
        taken |= {(person, other) for person, other, _shared in _members(near[span], taken)}
        centres.append(span)
    return centres


def _neighbours(people: Sequence[Marked]) -> dict[Span, list[tuple[int, Span, float]]]:
    """For every span, whoever marked one that overlaps it enough: (person, their span, overlap), best first."""
    marks = sorted((span, person) for person, marked in enumerate(people) for span in marked.spans)
    near: dict[Span, list[tuple[int, Span, float]]] = {span: [] for span, _person in marks}
    for index, (span, person) in enumerate(marks):
        near[span].append((person, span, 1.0))
        for other, other_person in marks[index + 1 :]:
            if other.start >= span.end:
                break
            _link(near, (span, person), (other, other_person))
    return {span: sorted(set(links), key=lambda link: (-link[2], link[0], link[1])) for span, links in near.items()}


def _link(near: dict[Span, list[tuple[int, Span, float]]], one: tuple[Span, int], other: tuple[Span, int]) -> None:
    shared = overlap(one[0], other[0])
    if shared >= SAME and one[0] != other[0]:
        near[one[0]].append((other[1], other[0], shared))
        near[other[0]].append((one[1], one[0], shared))


def _members(links: Iterable[tuple[int, Span, float]], taken: set[tuple[int, Span]]) -> list[tuple[int, Span, float]]:
    """The best free span of each person."""
    best: dict[int, tuple[int, Span, float]] = {}
    for link in links:
        if (link[0], link[1]) not in taken:
            best.setdefault(link[0], link)
    return list(best.values())


def _rank(
    people: Sequence[Marked], links: Iterable[tuple[int, Span, float]], taken: set[tuple[int, Span]]
) -> tuple[float, float]:
    """Negative weight behind a cluster, then negative weighted overlap: the smallest rank is the best."""
    members = _members(links, taken)
    weight = math.fsum(people[person].weight for person, _span, _shared in members)
    return -weight, -math.fsum(people[person].weight * shared for person, _span, shared in members)


def _assign(people: Sequence[Marked], centres: Sequence[Span], total: float) -> list[Fused]:
    groups: dict[Span, list[tuple[Span, float]]] = defaultdict(list)
    for person in people:
        for index, centre, _shared in match(person.spans, centres, SAME):
            groups[centres[centre]].append((person.spans[index], person.weight))
    fused = [Fused(_median_span(group), _share(group, total)) for group in groups.values()]
    return [each for each in fused if each.support >= 0.5 - _TINY]


def _share(group: Sequence[tuple[Span, float]], total: float) -> float:
    return min(1.0, math.fsum(weight for _span, weight in group) / total)


def _median_span(group: Sequence[tuple[Span, float]]) -> Span:
    """Never empty: every start lies before its end, so the median start lies before the median end."""
    start = weighted_median((span.start, weight) for span, weight in group)
    end = weighted_median((span.end, weight) for span, weight in group)
    return Span(start, end, group[0][0].label)
