"""Agreement with peers: each answer compared, once, with the others to its unit, whether its truth is known or not."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from calibration.models import Judgment, PeerPair, PendingGrade, Track
from calibration.operations.scoring import Scorer
from calibration.rules.peers import likeness, peer_accuracies
from kernel.errors import Invalid

CHUNK = 500  # parameters of one IN list; SQLite has a limit
People = Mapping[tuple[str, str], Track]


def compare_with_peers(
    session: Session, taken: Sequence[Judgment], people: People, contents: Mapping[str, Any]
) -> None:
    """Count the pairs that these judgments make with those counted before, and among themselves.

    A pair counts when the second of its two is taken up; a late judgment stands beside the overlap and pairs with none.
    """
    fresh = {judgment.id for judgment in taken}
    waiting = [judgment for judgment in taken if not judgment.is_late]
    before: dict[str, list[Judgment]] = {}
    for other in _counted_before(session, {judgment.unit_id for judgment in waiting}, fresh):
        before.setdefault(other.unit_id, []).append(other)
    found: dict[tuple[str, str, str], tuple[int, float]] = {}
    alike = _Likeness(session, contents)
    for judgment in waiting:
        others = before.setdefault(judgment.unit_id, [])
        for other in others:
            first, second = sorted((judgment.annotator_id, other.annotator_id))
            shared, same = found.get((judgment.lane_id, first, second), (0, 0.0))
            found[judgment.lane_id, first, second] = shared + 1, same + alike(judgment, other)
        others.append(judgment)
    _add(session, found, people)


def fit_peers(session: Session, lane_id: str, chance: float) -> None:
    """Bring everybody's accuracy from peers up to date with the pairs of the lane; the cost is that of the pairs."""
    rows = session.execute(
        select(PeerPair.first_id, PeerPair.second_id, PeerPair.shared, PeerPair.same).where(
            PeerPair.lane_id == lane_id
        )
    )  # fmt: skip
    found = peer_accuracies({(row[0], row[1]): (row[2], row[3]) for row in rows}, chance)
    for track in session.scalars(select(Track).where(Track.lane_id == lane_id)):
        track.peer_accuracy = found.get(track.annotator_id)


class _Likeness:
    """How alike two judgments of a unit are: the same category or not, else by the distance of their task type."""

    def __init__(self, session: Session, contents: Mapping[str, Any]) -> None:
        self._scorer, self._contents = Scorer(session), contents
        self._read: dict[str, Any] = {}

    def __call__(self, one: Judgment, other: Judgment) -> float:
        if one.category is not None and other.category is not None:
            return float(one.category == other.category)
        task_type, _ontology = self._scorer.schema(one.ontology_id)
        try:
            return likeness(task_type.distance(self._parsed(one), self._parsed(other)))
        except Invalid:  # under different label schemas they may have nothing to compare
            return 0.0

    def _parsed(self, judgment: Judgment) -> Any:
        if judgment.id not in self._read:
            content = self._contents[judgment.item_id]
            self._read[judgment.id] = self._scorer.parse(judgment.ontology_id, dict(judgment.answer), content)
        return self._read[judgment.id]


def _counted_before(session: Session, unit_ids: Iterable[str], fresh: set[str]) -> list[Judgment]:
    """The judgments of these units that were taken up earlier, and are not late."""
    wanted, found = sorted(unit_ids), []
    for start in range(0, len(wanted), CHUNK):
        rows = session.scalars(
            select(Judgment)
            .outerjoin(PendingGrade, PendingGrade.judgment_id == Judgment.id)
            .where(
                Judgment.unit_id.in_(wanted[start : start + CHUNK]),
                Judgment.is_late.is_(False),
                PendingGrade.judgment_id.is_(None),
            )
        )
        found += [row for row in rows if row.id not in fresh]
    return found


def _add(session: Session, found: Mapping[tuple[str, str, str], tuple[int, float]], people: People) -> None:
    if not found:
        return
    known = _pairs(session, found)
    owners = {lane: track for (lane, _person), track in people.items()}
    met = _tracks(session, found, people)
    for (lane, first, second), (shared, same) in found.items():
        row = known.get((lane, first, second))
        if row is None:
            owner = owners[lane]
            row = PeerPair(
                org_id=owner.org_id, vendor_org_id=owner.vendor_org_id, project_id=owner.project_id, lane_id=lane,
                first_id=first, second_id=second, shared=0, same=0.0,
            )  # fmt: skip
            session.add(row)
        row.shared, row.same = row.shared + shared, row.same + same
        for person in (first, second):
            track = met[lane, person]
            track.peers, track.peers_same = track.peers + shared, track.peers_same + same


def _pairs(session: Session, found: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], PeerPair]:
    by_lane: dict[str, set[str]] = {}
    for lane, first, _second in found:
        by_lane.setdefault(lane, set()).add(first)
    wanted = or_(*((PeerPair.lane_id == lane) & PeerPair.first_id.in_(firsts) for lane, firsts in by_lane.items()))
    return {(row.lane_id, row.first_id, row.second_id): row for row in session.scalars(select(PeerPair).where(wanted))}


def _tracks(session: Session, found: Iterable[tuple[str, str, str]], people: People) -> dict[tuple[str, str], Track]:
    """The tracks of both sides; one who answered long ago is not among those taken up now."""
    missing = {(lane, person) for lane, *pair in found for person in pair} - set(people)
    rows: dict[tuple[str, str], Track] = {}
    if missing:
        statement = select(Track).where(
            Track.lane_id.in_({lane for lane, _ in missing}), Track.annotator_id.in_({one for _, one in missing})
        )
        rows = {(row.lane_id, row.annotator_id): row for row in session.scalars(statement.with_for_update())}
    return rows | dict(people)
