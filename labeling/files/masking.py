"""Drafts with their personal data behind placeholders, in the content and in what answers point at in it."""

from dataclasses import dataclass, replace
from typing import Any

from labeling.files.drafts import GoldDraft, UnitDraft
from labeling.recognizer import recognizer
from labeling.rules.personal import Masked, mask, moved
from labeling.values import JsonObject


@dataclass(frozen=True, slots=True)
class MaskedUnit:
    """A draft without its personal data, and what it said before. It keeps the fingerprint of what it said."""

    draft: UnitDraft
    original: JsonObject


def masked_content(draft: UnitDraft) -> Masked | None:
    """The content of a draft without its personal data; None where there is none in it."""
    return mask(draft.content, draft.locale, recognizer())


def masked_unit(draft: UnitDraft) -> MaskedUnit | None:
    """A unit's draft without its personal data; None where there is none in it."""
    found = masked_content(draft)
    return None if found is None else MaskedUnit(replace(draft, content=found.content), draft.content)


def masked_gold(draft: GoldDraft) -> tuple[GoldDraft, JsonObject] | None:
    """A draft of gold without its personal data, its spans moved along; None where there is none in it."""
    found = masked_content(draft.unit)
    if found is None:
        return None
    unit = replace(draft.unit, content=found.content)
    return replace(draft, unit=unit, answer=_moved_answer(draft.answer, found)), draft.unit.content


def _moved_answer(answer: JsonObject, found: Masked) -> JsonObject:
    """Spans count in the field `text`; two that now cover one placeholder with one class are one."""
    if "spans" not in answer:
        return answer
    cuts = found.cuts.get("text", ())
    spans: list[dict[str, Any]] = []
    for span in answer["spans"]:
        start, end = moved(span["start"], span["end"], cuts)
        one = {**span, "start": start, "end": end}
        if one not in spans:
            spans.append(one)
    return {**answer, "spans": sorted(spans, key=lambda span: (span["start"], span["end"], span["label"]))}
