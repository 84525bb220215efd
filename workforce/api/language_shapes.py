"""What the API takes and returns about languages: claims by mode, their levels and evidence, and what checks earn."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from web.forms import InModel, OutModel
from workforce.api.shapes import ClaimOut, LanguageIn
from workforce.values import ClaimView


class ClaimIn(LanguageIn):
    """A language in some modes, and where one has it from (home, school, life, course)."""

    history: str | None = Field(default=None, max_length=10)


class EvidenceIn(InModel):
    """What proves a language; `ref` points to it."""

    kind: str = Field(max_length=20)
    note: str = Field(default="", max_length=1000)
    ref: str | None = Field(default=None, max_length=80)
    modes: list[str] = Field(default_factory=list, max_length=4)


class EstimateOut(OutModel):
    """The level that the evidence speaks for, with its 90% interval; as long as nothing is measured, the level that was
    stated, and no interval."""

    level: str
    low: str | None
    high: str | None
    proven: str | None


class LanguageEvidenceOut(OutModel):
    """A piece of evidence with its strength now: strong, fair, weak, against, gone."""

    kind: str
    level: str
    strength: str
    at: datetime
    until_at: datetime | None
    note: str
    by_person: bool


class LevelOut(ClaimOut):
    """A claim with its level and what this rests on. `is_measured` says whether anything but the person's own word
    shows the level: a test, a check by natives, checked work, or what their vendor has looked at."""

    is_measured: bool
    estimate: EstimateOut
    evidence: tuple[LanguageEvidenceOut, ...]

    @classmethod
    def of(cls, claim: ClaimView) -> "LevelOut":
        found = claim.estimate
        assert found is not None, "one person's claims come with their estimate"
        told = EstimateOut(level=found.level, low=found.low, high=found.high, proven=found.proven)
        if not claim.is_measured:
            told = EstimateOut(level=claim.proficiency, low=None, high=None, proven=None)
        kept = {name: getattr(claim, name) for name in ClaimOut.model_fields}
        evidence = tuple(LanguageEvidenceOut.model_validate(piece) for piece in claim.evidence)
        return cls(**kept, is_measured=claim.is_measured, estimate=told, evidence=evidence)


class LevelsOut(OutModel):
    """A person's languages, mode by mode."""

    items: list[LevelOut]

    @classmethod
    def of(cls, claims: Iterable[ClaimView]) -> "LevelsOut":
        return cls(items=[LevelOut.of(claim) for claim in claims])


class CheckRateIn(InModel):
    """What a native earns for judging a text, in micro-units of a currency."""

    micros: int = Field(ge=0)
    currency: str = Field(max_length=3)


class CheckRateOut(OutModel):
    """What a native earns for judging a text of this pool."""

    pool_id: str
    micros: int
    currency: str
