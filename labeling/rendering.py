"""What templates of content ask: texts with their language and direction, marked text, answers in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment

from i18n import Message, _, current_locale
from i18n.tags import direction, display_name
from labeling.rules.guidelines import paragraphs
from labeling.rules.removed import removed_on
from labeling.rules.segments import ruler, segments
from labeling.tasktypes import registry
from labeling.tasktypes.pairwise import PairwiseAnswer
from labeling.values import LabelClass, Ontology, nearest_locale
from web.json_text import canonical_json

MOST_ROWS = 40
"""Classes up to which each is a row with its definition and key; beyond, a list that opens serves better."""

_SPAN_FIELDS = ("start", "end", "label")
_ENDS = {1: (_("A is better"),), 2: (_("A is much better"), _("A is a little better"))}
_OTHER_ENDS = {1: (_("B is better"),), 2: (_("B is a little better"), _("B is much better"))}


@dataclass(frozen=True, slots=True)
class Words:
    """A text with the language (empty for an id, which is of none) and the direction it is written in."""

    text: str
    lang: str
    dir: str


@dataclass(frozen=True, slots=True)
class ClassWords:
    """A class as a reader meets it."""

    id: str
    name: Words
    definition: Words | None


def install(environment: Environment) -> None:
    """Let templates ask these questions, under the one name `labeling`."""
    environment.globals["labeling"] = {
        "language": language,
        "direction": direction,
        "words": words,
        "class_words": class_words,
        "class_named": class_named,
        "paragraphs": paragraphs,
        "removed_on": removed_on,
        "segments": segments,
        "ruler": ruler,
        "spans_text": spans_text,
        "preferences": preferences,
        "preferred_row": preferred_row,
        "preference_words": preference_words,
        "strengths": strengths,
        "most_rows": MOST_ROWS,
    }


def language(tag: str) -> str:
    """The language's name for the current reader."""
    return display_name(tag, current_locale())


def words(texts: Mapping[str, str], locale: str) -> Words | None:
    """The text for a reader of this locale, or the nearest there is."""
    tag = nearest_locale(texts, locale)
    return None if tag is None else Words(texts[tag], tag, direction(tag))


def class_words(ontology: Ontology, locale: str) -> tuple[ClassWords, ...]:
    """Every class, in the order of the label schema."""
    return tuple(_words_of(label, locale) for label in ontology.classes)


def class_named(ontology: Ontology, class_id: str, locale: str) -> ClassWords:
    """One class; under its id alone when the label schema does not have it (any longer)."""
    label = ontology.class_of(class_id)
    return ClassWords(class_id, Words(class_id, "", "ltr"), None) if label is None else _words_of(label, locale)


def preferences(ontology: Ontology) -> list[tuple[str, Message]]:
    """The rows of a preference, from A to B. Up to two steps of strength are part of them, as in `a:2`."""
    steps = int(ontology.options["strength_steps"])
    tie = [("tie", _("Equally good or bad"))] if ontology.options["allow_tie"] else []
    if steps not in _ENDS:
        return [("a", _("A is better")), *tie, ("b", _("B is better"))]
    for_a = [(f"a:{steps - place}", said) for place, said in enumerate(_ENDS[steps])]
    for_b = [(f"b:{place + 1}", said) for place, said in enumerate(_OTHER_ENDS[steps])]
    return [*for_a, *tie, *for_b]


def preferred_row(ontology: Ontology, answer: Mapping[str, Any]) -> str:
    """The value of the row of `preferences` that an answer stands for; empty when it has none yet."""
    preference, strength = answer.get("preference") or "", answer.get("strength")
    is_folded = strength is not None and int(ontology.options["strength_steps"]) in _ENDS
    return f"{preference}:{strength}" if is_folded else str(preference)


def preference_words(ontology: Ontology, answer: Mapping[str, Any]) -> Message | str:
    """A preference as its row says it, with its strength where that was asked by itself."""
    said = dict(preferences(ontology)).get(preferred_row(ontology, answer))
    if said is not None and (answer.get("strength") is None or not strengths(ontology)):
        return said
    stored = PairwiseAnswer(str(answer.get("preference")), answer.get("strength"))
    return registry.get("pairwise").describe(stored, ontology, current_locale())


def strengths(ontology: Ontology) -> list[tuple[str, Message]]:
    """The rows of a strength that is asked by itself, weakest first; empty where it is not."""
    steps = int(ontology.options["strength_steps"])
    if steps == 0 or steps in _ENDS:
        return []
    between = [(str(step), _("%(step)s of %(steps)s", step=step, steps=steps)) for step in range(2, steps)]
    return [("1", _("A little better")), *between, (str(steps), _("Much better"))]


def spans_text(answer: Mapping[str, Any] | None) -> str:
    """A list of spans as the JSON that people edit, one span on a line; empty where nothing was answered yet."""
    if answer is None or "spans" not in answer:
        return ""
    spans = answer["spans"]
    if not isinstance(spans, list) or not spans:
        return canonical_json(spans)
    return "[\n" + ",\n".join(f"  {_span_text(span)}" for span in spans) + "\n]"


def _span_text(span: Any) -> str:
    """A span as people write it, from its start to its class; a draft may hold something else."""
    if not isinstance(span, dict):
        return canonical_json(span)
    named = [name for name in _SPAN_FIELDS if name in span] + sorted(name for name in span if name not in _SPAN_FIELDS)
    return "{" + ", ".join(f"{canonical_json(name)}: {canonical_json(span[name])}" for name in named) + "}"


def _words_of(label: LabelClass, locale: str) -> ClassWords:
    name = words(label.names, locale) or Words(label.id, "", "ltr")
    return ClassWords(label.id, name, words(label.definitions, locale))


def answer_names(ontology: Ontology, locale: str) -> dict[str, str]:
    """What tables of answers call each category: the names of the classes, or the words of a preference."""
    if ontology.task_type == "pairwise":
        return {"a": str(_("A is better")), "tie": str(_("Equally good or bad")), "b": str(_("B is better"))}
    return {one.id: one.name(locale) for one in ontology.classes}
