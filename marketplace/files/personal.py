"""Personal data in uploads: counted and hinted at in the check; kept, raised or masked as somebody decides."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labeling.files.drafts import GoldDraft, UnitDraft
from labeling.files.masking import masked_content, masked_gold, masked_unit
from labeling.recognizer import recognizer
from labeling.rules.media import MEDIA_FIELDS
from labeling.rules.personal import PersonalChoice, find, hinted
from labeling.values import Classification, GoldPool, JsonObject
from workforce.values import most_sensitive

MOST_EXAMPLES = 10

Draft = UnitDraft | GoldDraft
Mark = tuple[str, str]  # locale, fingerprint


@dataclass
class PersonalTally:
    """How many units of a file hold personal data, of which kinds, with hints of the first."""

    units: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def look(self, unit: UnitDraft) -> dict[str, Any]:
        """Count what a unit holds; returns its content as a preview may show it."""
        masked = masked_content(unit)
        if masked is None:
            return unit.content
        self.units += 1
        self.kinds.update({kind.value for kind in masked.kinds})
        if len(self.examples) < MOST_EXAMPLES:
            self._hint(unit)
        return masked.content

    def to_json(self) -> dict[str, Any]:
        return {"units": self.units, "kinds": dict(self.kinds), "examples": self.examples} if self.units else {}

    def _hint(self, unit: UnitDraft) -> None:
        for name, text in unit.content.items():
            is_text = isinstance(text, str) and name not in MEDIA_FIELDS
            for each in find(text, unit.locale, recognizer()) if is_text else ():
                if len(self.examples) < MOST_EXAMPLES:
                    hint = hinted(text[each.start : each.end])
                    self.examples.append({"line": unit.line, "kind": each.kind.value, "hint": hint})


def protected(drafts: Sequence[Draft], choice: PersonalChoice | None) -> tuple[list[Draft], dict[Mark, JsonObject]]:
    """The drafts as they are to be written, and what the masked ones said before.

    Where classes are raised, gold among the work is raised with it. Gold for training and exams is masked instead:
    whoever is tested has no clearance yet.
    """
    if choice is None or choice is PersonalChoice.KEEP:
        return list(drafts), {}
    found: list[Draft] = []
    originals: dict[Mark, JsonObject] = {}
    for draft in drafts:
        unit = draft.unit if isinstance(draft, GoldDraft) else draft
        is_work = not isinstance(draft, GoldDraft) or draft.pool is GoldPool.LIVE
        if choice is PersonalChoice.RAISE and is_work:
            found.append(_raised(draft) if masked_content(unit) else draft)
            continue
        if isinstance(draft, GoldDraft):
            gold = masked_gold(draft)
            found.append(gold[0] if gold else draft)
            original = gold[1] if gold else None
        else:
            masked = masked_unit(draft)
            found.append(masked.draft if masked else draft)
            original = masked.original if masked else None
        if original is not None:
            originals[unit.locale, unit.fingerprint] = original
    return found, originals


def _raised(draft: Draft) -> Draft:
    if isinstance(draft, GoldDraft):
        return replace(draft, unit=_raised_unit(draft.unit))
    return _raised_unit(draft)


def _raised_unit(unit: UnitDraft) -> UnitDraft:
    own = unit.classification.value if unit.classification else None
    return replace(unit, classification=Classification(most_sensitive(Classification.RESTRICTED_PII.value, own)))
