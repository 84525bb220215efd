"""Single choice: one class for a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from i18n import Message, _
from labeling.rules.media import MEDIA_FIELDS
from labeling.rules.reading import CHOOSE, Reader
from labeling.tasktypes.labels import class_named
from labeling.tasktypes.media import Media, read_media
from labeling.tasktypes.votes import counted, vote
from labeling.values import (
    MAX_TEXT,
    Consensus,
    InvalidAnswer,
    InvalidContent,
    JsonObject,
    Ontology,
    OptionField,
    ProblemAt,
    Weighted,
)


@dataclass(frozen=True, slots=True)
class ChoiceAnswer:
    """The id of the class that was chosen."""

    choice: str


@dataclass(frozen=True, slots=True)
class ChoiceContent:
    """The text to be judged, and what was said before it; a picture or sound may stand in place of the text."""

    text: str
    context: str | None = None
    media: Media = ()


class Choice:
    """One class out of a closed set; an answer is right when it is the key's class."""

    name = "choice"
    title = _("Single choice")
    option_fields: tuple[OptionField, ...] = ()
    class_count = (2, 1_000)
    content_fields = ("text", "context")

    def parse_content(self, payload: Any) -> ChoiceContent:
        reader = Reader()
        fields = reader.mapping(payload, "", (*self.content_fields, *MEDIA_FIELDS))
        media = read_media(reader, fields)
        read = reader.optional_text if media else reader.text
        text = read(fields.get("text"), "text", MAX_TEXT)
        context = reader.optional_text(fields.get("context"), "context", MAX_TEXT)
        if reader.problems or (text is None and not media):
            raise InvalidContent(reader.problems)
        return ChoiceContent(text or "", context, media)

    def content_json(self, content: ChoiceContent) -> JsonObject:
        text = {} if content.media and not content.text else {"text": content.text}
        context = {} if content.context is None else {"context": content.context}
        return {**text, **context, **dict(content.media)}

    def parse(self, payload: Any, ontology: Ontology, content: ChoiceContent) -> ChoiceAnswer:
        reader = Reader()
        fields = reader.mapping(payload, "", ("choice",))
        choice = reader.text(fields.get("choice"), "choice", 64, CHOOSE)
        if reader.problems or choice is None:
            raise InvalidAnswer(reader.problems)
        answer = ChoiceAnswer(choice)
        if problems := self.misfits(answer, ontology):
            raise InvalidAnswer(problems)
        return answer

    def from_form(self, form: Mapping[str, str]) -> JsonObject:
        return {"choice": form["choice"]} if form.get("choice") else {}

    def from_label(self, text: str, ontology: Ontology) -> JsonObject:
        return {"choice": class_named(text, ontology)}

    def canonical(self, answer: ChoiceAnswer) -> JsonObject:
        return {"choice": answer.choice}

    def misfits(self, answer: ChoiceAnswer, ontology: Ontology) -> tuple[ProblemAt, ...]:
        if ontology.has_class(answer.choice):
            return ()
        text = _("There is no class “%(id)s” in this label schema.", id=answer.choice)
        return (ProblemAt("choice", "unknown_class", text),)

    def distance(self, one: ChoiceAnswer, other: ChoiceAnswer) -> float:
        return 0.0 if one.choice == other.choice else 1.0

    def counts_as_right(self, distance: float) -> bool:
        return distance == 0.0

    def chance_distance(self, ontology: Ontology) -> float:
        return 1 - 1 / len(ontology.classes)

    def categories(self, ontology: Ontology) -> tuple[str, ...] | None:
        return ontology.class_ids

    def category(self, answer: ChoiceAnswer) -> str | None:
        return answer.choice

    def aggregate(self, answers: Sequence[Weighted], ontology: Ontology) -> Consensus | None:
        ballots = [(answer.answer.choice, answer.weight) for answer in counted(answers)]
        if not ballots:
            return None
        result = vote(ballots, ontology.class_ids)
        return Consensus(ChoiceAnswer(result.winner), result.share, result.posterior, is_tied=result.is_tied)

    def describe(self, answer: ChoiceAnswer, ontology: Ontology, locale: str) -> Message | str:
        label = ontology.class_of(answer.choice)
        return answer.choice if label is None else label.name(locale)
