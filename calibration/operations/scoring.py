"""Scoring: how near an answer lies to a key, as its task type measures it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from calibration.rules.partial import score_from_distance
from kernel.errors import Invalid, Misuse, NotFound
from labeling.queries.content import ontology_of
from labeling.tasktypes import registry
from labeling.tasktypes.protocol import TaskType
from labeling.values import Ontology


@dataclass(frozen=True, slots=True)
class Scored:
    """Credit in [0, 1], whether that counts as right, and both categories where answers form a closed set."""

    score: float
    is_right: bool
    truth_category: str | None
    category: str | None


class Scorer:
    """Reads each label schema once, however many answers are compared under it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: dict[str, tuple[TaskType[Any, Any], Ontology]] = {}

    def schema(self, ontology_id: str) -> tuple[TaskType[Any, Any], Ontology]:
        """The task type and the label schema of this id."""
        if ontology_id not in self._read:
            try:
                ontology = ontology_of(self._session, ontology_id)
            except NotFound:
                raise Misuse("a judgment under a label schema that does not exist") from None
            self._read[ontology_id] = (registry.get(ontology.task_type), ontology)
        return self._read[ontology_id]

    def parse(self, ontology_id: str, payload: Any, content: Mapping[str, Any]) -> Any:
        """The answer a payload describes; raises InvalidAnswer."""
        task_type, ontology = self.schema(ontology_id)
        return task_type.parse(payload, ontology, task_type.parse_content(dict(content)))

    def canonical(self, ontology_id: str, answer: Any) -> dict[str, Any]:
        task_type, _ontology = self.schema(ontology_id)
        return task_type.canonical(answer)

    def category(self, ontology_id: str, answer: Any) -> str | None:
        task_type, _ontology = self.schema(ontology_id)
        return task_type.category(answer)

    def compare(self, ontology_id: str, answer: Any, truth: Any) -> Scored:
        """Two parsed answers compared."""
        task_type, _ontology = self.schema(ontology_id)
        distance = task_type.distance(answer, truth)
        return Scored(
            score_from_distance(distance),
            task_type.counts_as_right(distance),
            task_type.category(truth),
            task_type.category(answer),
        )

    def compare_key(
        self, ontology_id: str, answer: Mapping[str, Any], truths: Iterable[Mapping[str, Any]],
        content: Mapping[str, Any],
    ) -> Scored | None:  # fmt: skip
        """A stored answer compared with a key that may accept several: the nearest of them counts."""
        found = [self.compare_stored(ontology_id, answer, truth, content) for truth in truths]
        return max((each for each in found if each is not None), key=lambda each: each.score, default=None)

    def compare_stored(
        self, ontology_id: str, answer: Mapping[str, Any], truth: Mapping[str, Any], content: Mapping[str, Any]
    ) -> Scored | None:
        """Two stored answers compared; None where one of them does not fit the schema the answer was given under."""
        try:
            return self.compare(
                ontology_id,
                self.parse(ontology_id, dict(answer), content),
                self.parse(ontology_id, dict(truth), content),
            )
        except Invalid:
            return None
