"""The registered task types; a new one is a module and a line here."""

from types import MappingProxyType
from typing import Any

from i18n import _
from kernel.errors import NotFound
from labeling.rules.ontology import parse_ontology
from labeling.tasktypes.choice import Choice
from labeling.tasktypes.pairwise import Pairwise
from labeling.tasktypes.protocol import TaskType
from labeling.tasktypes.spans import Spans
from labeling.values import Ontology

_REGISTERED: tuple[TaskType[Any, Any], ...] = (
    Choice(),
    Pairwise(),
    Spans(),
)

TYPES = MappingProxyType({task_type.name: task_type for task_type in _REGISTERED})


def get(name: str) -> TaskType[Any, Any]:
    """The task type of this name; raises `NotFound`."""
    if name not in TYPES:
        raise NotFound("task_type.unknown", _("There is no task type “%(name)s”.", name=name[:80]))
    return TYPES[name]


def names() -> tuple[str, ...]:
    """All names, in alphabetical order."""
    return tuple(sorted(TYPES))


def read_ontology(payload: Any) -> Ontology:
    """The ontology that a JSON object describes, for any registered type; raises `InvalidOntology`."""
    return parse_ontology(payload, TYPES)
