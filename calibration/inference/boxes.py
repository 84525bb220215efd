"""Boxes that several people drew around the same things, made into one set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from calibration.inference.coding import Floats
from calibration.inference.distances import SAME_BOX, best_matching, box_distance, box_overlaps
from calibration.inference.fusion import Fusion, distances, medoid, weighted_median

Box: TypeAlias = tuple[Any, ...]
"""Left, top, right, bottom, and a class where boxes have one."""
_TINY = 1e-9


@dataclass(frozen=True)
class _Drawn:
    """The boxes of each person, how far apart the sets lie, and who comes first."""

    sets: list[tuple[Box, ...]]
    order: list[int]


class Boxes(Fusion[tuple[Box, ...], _Drawn]):
    """Boxes behind which half of the weight stands, each side at the weighted median.

    Each person's boxes are matched one to one, by the greatest sum of overlaps (Kuhn, The Hungarian Method, 1955), to
    the clusters found so far, beginning with the medoid and going from near to far; pairs that overlap by less than a
    half are none, and what finds no cluster begins one. Clusters stand at their weighted averages meanwhile, and
    everybody is matched once more when all are found. Those with less than half of the weight are dropped, so that a
    box which exactly half drew stays. Sides are medians in the end, since one careless corner would move an average.
    Boxes of different classes never match. The people's weights come from their distance, one less the matched overlap
    over the number of boxes. Compare Branson, Van Horn, Perona, Lean Crowdsourcing, CVPR 2017.

    A label is a sequence of boxes (left, top, right, bottom) or (left, top, right, bottom, class); an empty one says
    that there is nothing. The answer is a tuple of such, sorted.
    """

    def _read(self, label: Any) -> tuple[Box, ...]:
        return tuple(sorted((_checked(box) for box in label), key=_place))

    def _distance(self, one: tuple[Box, ...], other: tuple[Box, ...]) -> float:
        return 0.0 if one == other else box_distance(one, other)

    def _prepare(self, labels: Sequence[tuple[Box, ...]]) -> _Drawn:
        apart = distances(labels, box_distance)
        first = medoid(apart, np.ones(len(labels)))
        return _Drawn(list(labels), sorted(range(len(labels)), key=lambda place: (apart[first, place], place)))

    def _merge(self, prepared: _Drawn, weights: Floats) -> tuple[Box, ...]:
        people = [(prepared.sets[place], float(weights[place])) for place in prepared.order]
        half = math.fsum(weights) / 2.0 * (1.0 - _TINY)
        clusters: list[list[tuple[Box, float]]] = []
        for boxes, weight in people:
            _join(clusters, [_average(cluster) for cluster in clusters], boxes, weight, is_open=True)
        centres = [_average(cluster) for cluster in clusters]
        clusters = [[] for _centre in centres]
        for boxes, weight in people:
            _join(clusters, centres, boxes, weight, is_open=False)
        kept = [cluster for cluster in clusters if math.fsum(weight for _box, weight in cluster) >= half]
        return tuple(sorted(map(_box, kept), key=_place))


def _join(
    clusters: list[list[tuple[Box, float]]],
    centres: Sequence[Box],
    boxes: Sequence[Box],
    weight: float,
    *,
    is_open: bool,
) -> None:
    """Add one person's boxes to the clusters they match; where clusters are open, what matches none begins one."""
    matched = {row: column for row, column, _shared in best_matching(box_overlaps(boxes, centres), SAME_BOX)}
    for row, box in enumerate(boxes):
        if row in matched:
            clusters[matched[row]].append((box, weight))
        elif is_open:
            clusters.append([(box, weight)])


def _average(cluster: Sequence[tuple[Box, float]]) -> Box:
    total = math.fsum(weight for _box, weight in cluster)
    corners = (math.fsum(box[corner] * weight for box, weight in cluster) / total for corner in range(4))
    return (*corners, *cluster[0][0][4:])


def _box(cluster: Sequence[tuple[Box, float]]) -> Box:
    sides = (weighted_median([(box[side], weight) for box, weight in cluster]) for side in range(4))
    return (*sides, *cluster[0][0][4:])


def _checked(box: Sequence[Any]) -> Box:
    """A box with sides as numbers; ValueError that says what a box is."""
    try:
        left, top, right, bottom = (float(value) for value in box[:4])
        rest = tuple(box[4:])
    except (TypeError, ValueError, KeyError):
        raise ValueError("a box is a sequence of left, top, right, bottom, and a class where it has one") from None
    if not (left <= right and top <= bottom and all(map(math.isfinite, (left, top, right, bottom)))):
        raise ValueError("a box is left, top, right, bottom, in this order")
    return (left, top, right, bottom, *rest)


def _place(box: Box) -> tuple[Any, ...]:
    return (*box[:4], str(box[4:]))
