"""Pairwise preference: which of two texts is better, or neither, and by how much."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from i18n import Message, _
from labeling.rules.media import MEDIA_FIELDS
from labeling.rules.reading import CHOOSE, Reader
from labeling.tasktypes.media import Media, read_media
from labeling.tasktypes.votes import counted, vote, weighted_median
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

A, B, TIE = "a", "b", "tie"
_STRENGTH_COST = 0.15  # A right direction counts as right whatever its strength: 1 - 0.15 is the threshold of rankings.
_STRENGTH_TOLERANCE = 2  # Steps apart at which two strengths have nothing in common, as on any ordinal scale.
_LABEL = re.compile(r"\s*(a|b|tie)\s*(?::\s*([0-9]{1,2})\s*)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class PairwiseAnswer:
    """`a`, `b` or `tie`; strength 1 is the weakest, and stands only where the ontology has a scale and it is no tie."""

    preference: str
    strength: int | None = None


@dataclass(frozen=True, slots=True)
class PairwiseContent:
    """Two texts, and the prompt that both answer, of which a picture or sound may be part."""

    a: str
    b: str
    prompt: str | None = None
    media: Media = ()


class Pairwise:
    """A preference between a and b. A tie lies half-way between the two sides."""

    name = "pairwise"
    title = _("Pairwise preference")
    option_fields = (
        OptionField("allow_tie", _("“Equally good or bad” is a possible answer"), default=True),
        OptionField("strength_steps", _("Steps of strength (0: not asked)"), default=0, lowest=0, highest=5),
    )
    class_count = (0, 0)
    content_fields = ("prompt", "a", "b")

    def parse_content(self, payload: Any) -> PairwiseContent:
        reader = Reader()
        fields = reader.mapping(payload, "", (*self.content_fields, *MEDIA_FIELDS))
        media = read_media(reader, fields)
        a, b = (reader.text(fields.get(side), side, MAX_TEXT) for side in (A, B))
        prompt = reader.optional_text(fields.get("prompt"), "prompt", MAX_TEXT)
        if reader.problems or a is None or b is None:
            raise InvalidContent(reader.problems)
        return PairwiseContent(a, b, prompt, media)

    def content_json(self, content: PairwiseContent) -> JsonObject:
        prompt = {} if content.prompt is None else {"prompt": content.prompt}
        return {**prompt, "a": content.a, "b": content.b, **dict(content.media)}

    def parse(self, payload: Any, ontology: Ontology, content: PairwiseContent) -> PairwiseAnswer:
        reader = Reader()
        fields = reader.mapping(payload, "", ("preference", "strength"))
        preference = reader.text(fields.get("preference"), "preference", 3, CHOOSE)
        given = fields.get("strength")
        strength = None if given is None else reader.whole(given, "strength", 1, 5)
        if reader.problems or preference is None:
            raise InvalidAnswer(reader.problems)
        answer = PairwiseAnswer(preference, strength)
        if problems := self.misfits(answer, ontology):
            raise InvalidAnswer(problems)
        return answer

    def from_form(self, form: Mapping[str, str]) -> JsonObject:
        """Either two fields, or one whose value carries both, as in `a:2`."""
        preference, _colon, strength = form.get("preference", "").partition(":")
        strength = strength or form.get("strength", "")
        payload: JsonObject = {"preference": preference} if preference else {}
        return {**payload, "strength": _number(strength)} if strength and preference != TIE else payload

    def from_label(self, text: str, ontology: Ontology) -> JsonObject:
        found = _LABEL.fullmatch(text)
        if found is None:
            problem = _("A preference is written as “a”, “b” or “tie”, with a strength as in “a:2”.")
            raise InvalidAnswer([ProblemAt("label", "bad_label", problem)])
        payload: JsonObject = {"preference": found[1].lower()}
        return {**payload, "strength": int(found[2])} if found[2] else payload

    def canonical(self, answer: PairwiseAnswer) -> JsonObject:
        strength = {} if answer.strength is None else {"strength": answer.strength}
        return {"preference": answer.preference, **strength}

    def misfits(self, answer: PairwiseAnswer, ontology: Ontology) -> tuple[ProblemAt, ...]:
        if answer.preference not in self.categories(ontology):
            return (ProblemAt("preference", "unknown_preference", _("This preference is not one of the answers.")),)
        steps = 0 if answer.preference == TIE else ontology.options["strength_steps"]
        if not steps and answer.strength is not None:
            return (ProblemAt("strength", "no_strength", _("A strength is not asked for here.")),)
        if steps and answer.strength is None:
            return (ProblemAt("strength", "missing", _("Say how much better it is.")),)
        if answer.strength is not None and not 1 <= answer.strength <= steps:
            problem = _("The number must lie between %(lowest)s and %(highest)s.", lowest=1, highest=steps)
            return (ProblemAt("strength", "out_of_range", problem),)
        return ()

    def distance(self, one: PairwiseAnswer, other: PairwiseAnswer) -> float:
        if one.preference == other.preference:
            apart = abs((one.strength or 0) - (other.strength or 0))
            return _STRENGTH_COST * min(1.0, apart / _STRENGTH_TOLERANCE)
        return 0.5 if TIE in (one.preference, other.preference) else 1.0

    def counts_as_right(self, distance: float) -> bool:
        return distance <= _STRENGTH_COST

    def chance_distance(self, ontology: Ontology) -> float:
        every = self._every_answer(ontology)
        return sum(self.distance(one, other) for one in every for other in every) / len(every) ** 2

    def categories(self, ontology: Ontology) -> tuple[str, ...]:
        return (A, B, TIE) if ontology.options["allow_tie"] else (A, B)

    def category(self, answer: PairwiseAnswer) -> str | None:
        return answer.preference

    def aggregate(self, answers: Sequence[Weighted], ontology: Ontology) -> Consensus | None:
        """The preference by vote; the strength is the weighted median of those who share it."""
        kept = counted(answers)
        if not kept:
            return None
        result = vote([(each.answer.preference, each.weight) for each in kept], self.categories(ontology))
        behind = [each for each in kept if each.answer.preference == result.winner]
        strengths = [(each.answer.strength, each.weight) for each in behind if each.answer.strength is not None]
        label = PairwiseAnswer(result.winner, weighted_median(strengths) if strengths else None)
        return Consensus(label, result.share, result.posterior, is_tied=result.is_tied)

    def describe(self, answer: PairwiseAnswer, ontology: Ontology, locale: str) -> Message | str:
        steps = ontology.options["strength_steps"]
        if answer.preference == TIE:
            return _("Equally good or bad")
        if answer.strength is None:
            return _("A is better") if answer.preference == A else _("B is better")
        if answer.preference == A:
            return _("A is better, strength %(strength)s of %(steps)s", strength=answer.strength, steps=steps)
        return _("B is better, strength %(strength)s of %(steps)s", strength=answer.strength, steps=steps)

    def _every_answer(self, ontology: Ontology) -> list[PairwiseAnswer]:
        steps = ontology.options["strength_steps"]
        strengths = range(1, steps + 1) if steps else (None,)
        sides = [PairwiseAnswer(side, strength) for side in (A, B) for strength in strengths]
        return [*sides, PairwiseAnswer(TIE)] if ontology.options["allow_tie"] else sides


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else text
