"""Agreement with peers: each answer compared, once, with the others to its unit, whether its truth is known or not."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
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
    before: dict[str, list[Any]] = {}
    is_open = any(judgment.category is None for judgment in waiting)
    for other in _counted_before(session, {judgment.unit_id for judgment in waiting}, fresh, is_open=is_open):
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

    def __call__(self, one: Judgment, other: Any) -> float:
        if one.category is not None and other.category is not None:
            return float(one.category == other.category)
        task_type, _ontology = self._scorer.schema(one.ontology_id)
        try:
            return likeness(task_type.distance(self._parsed(one), self._parsed(other)))
        except Invalid:  # under different label schemas they may have nothing to compare
            return 0.0

    def _parsed(self, judgment: Any) -> Any:
        if judgment.id not in self._read:
            content = self._contents[judgment.item_id]
            self._read[judgment.id] = self._scorer.parse(judgment.ontology_id, dict(judgment.answer), content)
        return self._read[judgment.id]


def _counted_before(session: Session, unit_ids: Iterable[str], fresh: set[str], *, is_open: bool) -> list[Any]:
    """The judgments of these units that were taken up earlier and are not late; open ones with their answers."""
    columns: list[Any] = [
        Judgment.id, Judgment.unit_id, Judgment.lane_id, Judgment.annotator_id, Judgment.category,
        Judgment.ontology_id, Judgment.item_id, *([Judgment.answer] if is_open else []),
    ]  # fmt: skip
    wanted, found = sorted(unit_ids), []
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(*columns)
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
    owners = {lane: track for (lane, _person), track in people.items()}
    rows = [
        {
            "org_id": owners[lane].org_id, "vendor_org_id": owners[lane].vendor_org_id,
            "project_id": owners[lane].project_id, "lane_id": lane, "first_id": first, "second_id": second,
            "shared": shared, "same": same,
        }
        for (lane, first, second), (shared, same) in sorted(found.items())
    ]  # fmt: skip
    session.execute(_count_more(session), rows)
    met = _tracks(session, found, people)
    for (lane, *pair), (shared, same) in found.items():
        for person in pair:
            track = met[lane, person]
            track.peers, track.peers_same = track.peers + shared, track.peers_same + same


def _count_more(session: Session) -> Any:
    """New pairs are written, known ones counted up, all in one statement."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as dialect_insert
    else:
        from sqlalchemy.dialects.postgresql import insert as dialect_insert  # type: ignore[assignment]
    statement = dialect_insert(PeerPair)
    more = {
        "shared": PeerPair.shared + statement.excluded.shared,
        "same": PeerPair.same + statement.excluded.same,
    }
    return statement.on_conflict_do_update(index_elements=["lane_id", "first_id", "second_id"], set_=more)


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
