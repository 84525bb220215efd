"""What labeling speaks in: ontologies, consensus, versions, problems of answers and contents, and their errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from i18n import Message, _
from kernel.errors import Invalid

JsonObject = dict[str, Any]

MAX_TEXT = 100_000
"""Longest text of one field of an item, in code points."""


class Classification(StrEnum):
    """How sensitive an item is, from open to most protected."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED_PII = "restricted-pii"
    RESTRICTED_PHI = "restricted-phi"


class GoldPool(StrEnum):
    """Where a gold item may be shown; the three never share an item."""

    TRAINING = "training"
    EXAM = "exam"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class ProblemAt:
    """One thing that is wrong, and where: `spans[2].end`, `classes[0].names.sw`; an empty path is the whole value."""

    path: str
    code: str
    message: Message


class _InvalidValue(Invalid):
    """A value with at least one problem; the problems also become the fields of the error's JSON form."""

    def __init__(self, code: str, message: Message, problems: Iterable[ProblemAt]) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            raise ValueError("an invalid value has at least one problem")
        super().__init__(code, message, fields={problem.path: problem.message for problem in self.problems})


class InvalidAnswer(_InvalidValue):
    """The answer does not fit the task, the label schema or the content."""

    def __init__(self, problems: Iterable[ProblemAt]) -> None:
        super().__init__("answer.invalid", _("This answer is not complete or not valid."), problems)


class InvalidContent(_InvalidValue):
    """The content of an item is not what its task type shows."""

    def __init__(self, problems: Iterable[ProblemAt]) -> None:
        super().__init__("content.invalid", _("This content does not fit the task type."), problems)


class InvalidOntology(_InvalidValue):
    """The label schema cannot be used."""

    def __init__(self, problems: Iterable[ProblemAt]) -> None:
        super().__init__("ontology.invalid", _("This label schema is not valid."), problems)


class InvalidGuideline(_InvalidValue):
    """The instructions cannot be published."""

    def __init__(self, problems: Iterable[ProblemAt]) -> None:
        super().__init__("guideline.invalid", _("These guidelines are not valid."), problems)


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a class: `fits` says whether it shows what belongs in it or what does not."""

    text: str
    fits: bool = True
    locale: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LabelClass:
    """One class of an ontology; its `id` is what answers store, and never changes its meaning."""

    id: str
    names: Mapping[str, str]
    definitions: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    def name(self, locale: str) -> str:
        """The name in this locale, or in the nearest one there is."""
        return in_locale(self.names, locale) or self.id


@dataclass(frozen=True, slots=True)
class Ontology:
    """A label schema: the question that is asked, the classes, and the task type's own options (all of them set)."""

    task_type: str
    question: Mapping[str, str]
    classes: tuple[LabelClass, ...]
    options: Mapping[str, bool | int]

    @property
    def class_ids(self) -> tuple[str, ...]:
        return tuple(label.id for label in self.classes)

    def has_class(self, class_id: str) -> bool:
        return any(label.id == class_id for label in self.classes)

    def class_of(self, class_id: str) -> LabelClass | None:
        return next((label for label in self.classes if label.id == class_id), None)

    def question_in(self, locale: str) -> str:
        return in_locale(self.question, locale) or ""


@dataclass(frozen=True, slots=True)
class OntologyView:
    """One published version of a project's label schema, without its body."""

    id: str
    version: int
    fingerprint: str
    task_type: str
    changelog: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class GuidelineView:
    """One published version of a project's instructions, and the locales it is written in, without the texts."""

    id: str
    version: int
    locales: tuple[str, ...]
    changelog: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class NewestVersions:
    """What is in force in a project; None where nothing was published yet."""

    ontology: OntologyView | None
    guideline: GuidelineView | None


@dataclass(frozen=True, slots=True)
class ItemView:
    """A piece of content as pages and exports read it."""

    content: JsonObject
    locale: str
    classification: Classification


@dataclass(frozen=True, slots=True)
class OptionField:
    """One option that a task type has: a switch when the default is a bool, else a whole number in a range."""

    name: str
    label: Message
    default: bool | int
    lowest: int = 0
    highest: int = 1


@dataclass(frozen=True, slots=True)
class Weighted:
    """An answer and how much it counts; weights come from what is known about the person, and are never negative."""

    answer: Any
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Consensus:
    """The answer that a unit's judgments point to.

    `support` is the share of the weight behind it; for structured answers one minus the weighted mean distance to it.
    `posterior` maps every category to its probability under a vote with one prior answer spread evenly, or is None
    where answers form no closed set. `parts` holds the support of each part of a structured answer, in its order.
    `is_tied` says that another answer has as much behind it, so that the label should be decided by a person.
    """

    label: Any
    support: float
    posterior: Mapping[str, float] | None = None
    parts: tuple[float, ...] = ()
    is_tied: bool = False


def in_locale(texts: Mapping[str, str], locale: str) -> str | None:
    """The text in this locale, else its parents (`sr-Latn-RS`, `sr-Latn`, `sr`), its language, English, the first."""
    tag = nearest_locale(texts, locale)
    return None if tag is None else texts[tag]


def nearest_locale(texts: Mapping[str, str], locale: str) -> str | None:
    """The locale that `in_locale` takes its text from; None when there is no text at all."""
    tag = locale
    while tag:
        if tag in texts:
            return tag
        tag = tag.rpartition("-")[0]
    language = locale.partition("-")[0]
    same_language = sorted(tag for tag in texts if tag.partition("-")[0] == language)
    english = sorted(tag for tag in texts if tag.partition("-")[0] == "en")
    nearest = (*same_language, *english, *sorted(texts))
    return nearest[0] if nearest else None
