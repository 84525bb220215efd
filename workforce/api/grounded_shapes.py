"""What the API takes about decisions by hand: the reason, and what on record it rests on."""

from pydantic import Field

from web.forms import InModel, Instant
from workforce.api.shapes import ReasonIn
from workforce.values import Standing


class GroundIn(InModel):
    """A row about the person that a decision rests on: document, language_claim, receipt, judgment or
    behaviour_review, by its id."""

    kind: str = Field(max_length=24)
    id: str = Field(max_length=22)


class GroundedIn(ReasonIn):
    """A decision's reason, and what it rests on; without evidence it says that it rests on the reason alone."""

    evidence: list[GroundIn] = Field(default_factory=list, max_length=50)

    def named(self) -> list[dict[str, str]]:
        """The evidence as an operation takes it."""
        return [one.model_dump() for one in self.evidence]


class StandingIn(GroundedIn):
    """A change of standing; a pause with an end is over by itself then."""

    status: Standing
    until: Instant | None = None
