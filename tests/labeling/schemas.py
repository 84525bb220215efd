"""Ontologies that the tests of labeling share."""

from typing import Any

from labeling.tasktypes import registry
from labeling.values import Ontology


def class_json(class_id: str, **names: str) -> dict[str, Any]:
    return {"id": class_id, "names": names or {"en": class_id.title()}}


def ontology(task_type: str, *class_ids: str, **options: bool | int) -> Ontology:
    return registry.read_ontology(
        {
            "task_type": task_type,
            "question": {"en": "What is it?"},
            "classes": [class_json(class_id) for class_id in class_ids],
            "options": options,
        }
    )


MOOD = ontology("choice", "good", "bad", "mixed")
BETTER = ontology("pairwise", allow_tie=True, strength_steps=3)
NAMES = ontology("spans", "PER", "LOC", nested=True, overlapping=True, max_spans=50)
