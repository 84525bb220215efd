"""Spans that several people marked in the same texts, made into one set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from calibration.inference.coding import Floats
from calibration.inference.distances import span_distance
from calibration.inference.fusion import Fusion
from labeling.tasktypes.span_fusion import Marked, fuse
from labeling.tasktypes.span_matching import Span


class Spans(Fusion[tuple[Span, ...], tuple[tuple[Span, ...], ...]]):
    """Spans behind which half of the weight stands, borders at the weighted median.

    Spans of one class that share at least half of their characters are gathered into clusters of at most one span of
    each person, so that a span inside another keeps a cluster of its own; clusters with less than half of the weight
    are dropped. It is the fusion that the task type uses, with people's weights estimated along from their distance,
    one less soft F1. An even split between borders goes to the earlier one.

    A label is a sequence of spans: (start, end, class), or mappings with these names, or `Span`; an empty one says
    that there is nothing. The answer is a tuple of `Span`, sorted.
    """

    def _read(self, label: Any) -> tuple[Span, ...]:
        return tuple(sorted({_span(each) for each in label}))

    def _distance(self, one: tuple[Span, ...], other: tuple[Span, ...]) -> float:
        return 0.0 if one == other else span_distance(one, other)

    def _prepare(self, labels: Sequence[tuple[Span, ...]]) -> tuple[tuple[Span, ...], ...]:
        return tuple(labels)

    def _merge(self, prepared: tuple[tuple[Span, ...], ...], weights: Floats) -> tuple[Span, ...]:
        people = [Marked(spans, weight) for spans, weight in zip(prepared, weights.tolist(), strict=True)]
        return tuple(sorted(fused.span for fused in fuse(people)))


def _span(given: Any) -> Span:
    if isinstance(given, Mapping):
        given = given["start"], given["end"], given["label"]
    span = given if isinstance(given, Span) else Span(int(given[0]), int(given[1]), str(given[2]))
    if not 0 <= span.start < span.end:
        raise ValueError("a span starts before it ends")
    return span
