"""The protocol that every task type meets; pages, calibration, review and delivery know this interface alone."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from i18n import Message
from labeling.values import Consensus, JsonObject, Ontology, OptionField, ProblemAt, Weighted

Answer = TypeVar("Answer")
Content = TypeVar("Content")


class TaskType(Protocol[Answer, Content]):
    """How a unit is answered, checked, compared and aggregated.

    Laws, tested on every registered type: `parse(canonical(a)) == a`; `distance` is symmetric, 0 from an answer to
    itself, and within [0, 1]; equal answers aggregate to themselves with support 1; the order of answers and answers
    of weight 0 change nothing; a consensus is itself a valid answer.
    """

    @property
    def name(self) -> str:
        """The name that is stored with ontologies, lanes and judgments."""

    @property
    def title(self) -> Message:
        """The name that people read."""

    @property
    def option_fields(self) -> tuple[OptionField, ...]:
        """The options an ontology of this type can set."""

    @property
    def class_count(self) -> tuple[int, int]:
        """Fewest and most classes an ontology of this type has."""

    @property
    def content_fields(self) -> tuple[str, ...]:
        """The fields an item carries, in the order of columns."""

    def parse_content(self, payload: Any) -> Content:
        """The content of an item; raises `InvalidContent`."""

    def content_json(self, content: Content) -> JsonObject:
        """The JSON object of a content; `parse_content` reads it back."""

    def parse(self, payload: Any, ontology: Ontology, content: Content) -> Answer:
        """The answer that a JSON object describes; raises `InvalidAnswer` with everything that is wrong."""

    def from_form(self, form: Mapping[str, str]) -> JsonObject:
        """The payload that a page's form fields describe; raises `InvalidAnswer` when they cannot be read."""

    def from_label(self, text: str, ontology: Ontology) -> JsonObject:
        """The payload that a plain label cell of a file describes; raises `InvalidAnswer`."""

    def canonical(self, answer: Answer) -> JsonObject:
        """The JSON object of an answer; equal answers have equal ones."""

    def misfits(self, answer: Answer, ontology: Ontology) -> tuple[ProblemAt, ...]:
        """Why this answer could not be given under this ontology; empty when it could."""

    def distance(self, one: Answer, other: Answer) -> float:
        """How far two answers lie apart, from 0 (the same) to 1 (nothing in common)."""

    def counts_as_right(self, distance: float) -> bool:
        """Whether an answer at this distance from the key is a right one."""

    def chance_distance(self, ontology: Ontology) -> float:
        """The mean distance of two answers drawn at random, every answer equally likely: what guessing looks like."""

    def categories(self, ontology: Ontology) -> tuple[str, ...] | None:
        """The closed set that answers fall into, or None when there is none."""

    def category(self, answer: Answer) -> str | None:
        """The member of `categories` that an answer falls into."""

    def aggregate(self, answers: Sequence[Weighted], ontology: Ontology) -> Consensus | None:
        """The answer these point to, or None when no answer has any weight."""

    def describe(self, answer: Answer, ontology: Ontology, locale: str) -> Message | str:
        """The answer in words for a reader of this locale: a text, or a message still to be translated."""
