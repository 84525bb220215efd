"""Text spans: stretches of a text with a class each, nested where the ontology allows it."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from i18n import Message, _
from labeling.rules.media import MEDIA_FIELDS
from labeling.rules.reading import Reader, join, most_entries
from labeling.tasktypes.labels import class_named
from labeling.tasktypes.media import Media, read_media
from labeling.tasktypes.span_fusion import Fused, Marked, fuse
from labeling.tasktypes.span_matching import Span, soft_f1
from labeling.tasktypes.votes import counted
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
from web.json_text import BadJson, read_json

MOST_SPANS = 1_000
_RIGHT_AT = 0.2  # One minus the soft F1 of 0.8 at which an answer counts as right.
_TINY = 1e-9
_SPAN_CELL = re.compile(r"\s*([0-9]{1,6})\s*[:-]\s*([0-9]{1,6})\s*:\s*(.+?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class SpansAnswer:
    """The spans, sorted and without duplicates; none at all is an answer too."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SpansContent:
    """The text, kept to the code point: offsets count in it as it was delivered."""

    text: str
    media: Media = ()


class Spans:
    """Spans with classes. The distance is one minus the soft F1 of the best one-to-one matching."""

    name = "spans"
    title = _("Text spans")
    option_fields = (
        OptionField("nested", _("A span may lie inside another one"), default=True),
        OptionField("overlapping", _("Spans may cross each other"), default=False),
        OptionField("max_spans", _("Most spans in one text"), default=200, lowest=1, highest=MOST_SPANS),
    )
    class_count = (1, 500)
    content_fields = ("text",)

    def parse_content(self, payload: Any) -> SpansContent:
        reader = Reader()
        fields = reader.mapping(payload, "", (*self.content_fields, *MEDIA_FIELDS))
        media, text = read_media(reader, fields), reader.text(fields.get("text"), "text", MAX_TEXT)
        if reader.problems or text is None:
            raise InvalidContent(reader.problems)
        return SpansContent(text, media)

    def content_json(self, content: SpansContent) -> JsonObject:
        return {"text": content.text, **dict(content.media)}

    def parse(self, payload: Any, ontology: Ontology, content: SpansContent) -> SpansAnswer:
        reader = Reader()
        fields = reader.mapping(payload, "", ("spans",))
        entries = reader.items(fields.get("spans"), "spans", MOST_SPANS)
        spans = [_read_span(reader, entry, join("spans", index), content.text) for index, entry in enumerate(entries)]
        read = [span for span in spans if span is not None]
        if not reader.problems:
            reader.problems.extend(_misfits(read, ontology))
        if reader.problems:
            raise InvalidAnswer(reader.problems)
        return SpansAnswer(tuple(sorted(read)))

    def from_form(self, form: Mapping[str, str]) -> JsonObject:
        """The editor keeps its list as JSON in one field. Empty is no answer; `[]` says that nothing is there."""
        text = form.get("spans", "")
        return {"spans": _json_list(text, "spans")} if text.strip() else {}

    def from_label(self, text: str, ontology: Ontology) -> JsonObject:
        """`0:4:PER; 10:15:LOC` (or `0-4:PER`), a JSON list, or `none`."""
        if text.lstrip().startswith("["):
            return {"spans": _json_list(text, "label")}
        if text.strip().casefold() == "none":
            return {"spans": []}
        return {"spans": [_span_from_cell(cell, ontology) for cell in text.split(";") if cell.strip()]}

    def canonical(self, answer: SpansAnswer) -> JsonObject:
        spans = sorted(answer.spans)
        return {"spans": [{"start": span.start, "end": span.end, "label": span.label} for span in spans]}

    def misfits(self, answer: SpansAnswer, ontology: Ontology) -> tuple[ProblemAt, ...]:
        return tuple(_misfits(answer.spans, ontology))

    def distance(self, one: SpansAnswer, other: SpansAnswer) -> float:
        return min(1.0, max(0.0, 1 - soft_f1(one.spans, other.spans)))

    def counts_as_right(self, distance: float) -> bool:
        return distance <= _RIGHT_AT + _TINY

    def chance_distance(self, ontology: Ontology) -> float:
        """Spans put anywhere hardly ever meet; pairs of answers to different texts give a closer value."""
        return 1.0

    def categories(self, ontology: Ontology) -> tuple[str, ...] | None:
        return None

    def category(self, answer: SpansAnswer) -> str | None:
        return None

    def aggregate(self, answers: Sequence[Weighted], ontology: Ontology) -> Consensus | None:
        kept = counted(answers)
        if not kept:
            return None
        people = [Marked(tuple(sorted(each.answer.spans)), each.weight) for each in kept]
        chosen = sorted(_fitting(fuse(people), ontology), key=lambda fused: fused.span)
        label = SpansAnswer(tuple(fused.span for fused in chosen))
        parts = tuple(fused.support for fused in chosen)
        is_tied = any(abs(support - 0.5) <= _TINY for support in parts)
        return Consensus(label, self._agreement(kept, label), parts=parts, is_tied=is_tied)

    def describe(self, answer: SpansAnswer, ontology: Ontology, locale: str) -> Message | str:
        if not answer.spans:
            return _("Nothing is marked")
        return "; ".join(f"{_name(span, ontology, locale)} {span.start}–{span.end}" for span in answer.spans)

    def _agreement(self, kept: Sequence[Weighted], label: SpansAnswer) -> float:
        total = math.fsum(each.weight for each in kept)
        apart = math.fsum(each.weight * self.distance(each.answer, label) for each in kept)
        return min(1.0, max(0.0, 1 - apart / total))


def _read_span(reader: Reader, value: Any, path: str, text: str) -> Span | None:
    fields = reader.mapping(value, path, ("start", "end", "label"))
    start = reader.whole(fields.get("start"), join(path, "start"), 0, len(text) - 1)
    end = reader.whole(fields.get("end"), join(path, "end"), 1, len(text))
    label = reader.text(fields.get("label"), join(path, "label"), 64)
    if start is None or end is None or label is None:
        return None
    if end <= start:
        reader.note(join(path, "end"), "empty_span", _("A span ends after it starts."))
    elif not text[start:end].strip():
        reader.note(path, "blank_span", _("A span holds more than white space."))
    return Span(start, end, label)


def _misfits(spans: Sequence[Span], ontology: Ontology) -> Iterator[ProblemAt]:
    most = ontology.options["max_spans"]
    if len(spans) > most:
        yield ProblemAt("spans", "too_many", most_entries(most))
    known = frozenset(ontology.class_ids)
    for index, span in enumerate(spans):
        if span.label not in known:
            text = _("There is no class “%(id)s” in this label schema.", id=span.label)
            yield ProblemAt(join(join("spans", index), "label"), "unknown_class", text)
    yield from _clashes(spans, ontology)


def _clashes(spans: Sequence[Span], ontology: Ontology) -> Iterator[ProblemAt]:
    order = sorted(range(len(spans)), key=lambda index: (spans[index].start, -spans[index].end, spans[index].label))
    for place, first in enumerate(order):
        for second in order[place + 1 :]:
            if spans[second].start >= spans[first].end:
                break
            if clash := _clash(spans[first], spans[second], ontology):
                yield ProblemAt(join("spans", second), *clash)


def _clash(one: Span, other: Span, ontology: Ontology) -> tuple[str, Message] | None:
    """What is wrong with two spans standing together, `(code, message)`, or None."""
    if one == other:
        return "duplicate", _("This span stands here twice.")
    if min(one.end, other.end) <= max(one.start, other.start):
        return None
    if _is_inside(one, other) or _is_inside(other, one):
        return None if ontology.options["nested"] else ("nested", _("A span may not lie inside another one here."))
    return None if ontology.options["overlapping"] else ("overlapping", _("Spans may not cross each other here."))


def _is_inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _fitting(fused: Sequence[Fused], ontology: Ontology) -> list[Fused]:
    """The best supported spans that can stand together in one answer: medians may clash where no person's spans did."""
    chosen: list[Fused] = []
    for each in fused:
        is_free = all(_clash(each.span, other.span, ontology) is None for other in chosen)
        if is_free and ontology.has_class(each.span.label) and len(chosen) < ontology.options["max_spans"]:
            chosen.append(each)
    return chosen


def _json_list(text: str, path: str) -> Any:
    try:
        return read_json(text, max_depth=3)
    except BadJson as error:
        raise InvalidAnswer([ProblemAt(path, error.code, error.message)]) from None


def _span_from_cell(cell: str, ontology: Ontology) -> JsonObject:
    found = _SPAN_CELL.fullmatch(cell)
    if found is None:
        text = _(
            "A span is written as start:end:class, several with “;” between them; “%(cell)s” is not.", cell=cell[:80]
        )
        raise InvalidAnswer([ProblemAt("label", "bad_label", text)])
    return {"start": int(found[1]), "end": int(found[2]), "label": class_named(found[3], ontology)}


def _name(span: Span, ontology: Ontology, locale: str) -> str:
    label = ontology.class_of(span.label)
    return span.label if label is None else label.name(locale)
