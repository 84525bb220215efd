"""By what right a reader is shown the pictures and sounds of work: the pass that their links are made with."""

from labeling.links import Pass
from labeling.rules.media_links import Door
from marketplace.operations.reviewing import ReviewTask
from marketplace.queries.units import UnitView
from marketplace.values.work import Task


def work_pass(task: Task) -> Pass:
    """The assignment in hand."""
    return Pass(Door.WORK, task.assignment_id, task.classification)


def review_pass(task: ReviewTask) -> Pass:
    """The review in hand."""
    return Pass(Door.REVIEW, task.id, task.classification)


def unit_pass(unit: UnitView) -> Pass:
    """A unit of one's own project."""
    return Pass(Door.UNIT, unit.id, unit.classification)
