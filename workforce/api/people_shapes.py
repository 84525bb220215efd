"""What the API takes to search among people."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from i18n.matching import Level, Mode
from web.amounts import Amount
from web.forms import InModel, PageQuery
from workforce.queries.known import refuse_unknown
from workforce.rules.searching import clean_search
from workforce.values import PeopleFilter, Standing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LevelName = Annotated[str, Field(pattern=f"^({'|'.join(level.code for level in Level)})$")]


class PeopleAskedIn(InModel):
    """What is asked of people; what is left out asks for nothing."""

    status: Standing | None = None
    pool: str = Field(default="", max_length=22)
    locale: str = Field(default="", max_length=35)
    text: str = Field(default="", max_length=120)
    mode: Mode | None = None
    proficiency: LevelName | None = None
    proven: bool = False
    domain: str = Field(default="", max_length=60)
    skill: str = Field(default="", max_length=60)
    country: str = Field(default="", max_length=2)
    clearance: int = Field(default=0, ge=0, le=3)
    hours: int = Field(default=0, ge=0, le=168)
    active_days: int = Field(default=0, ge=0, le=3650)
    lane: str = Field(default="", max_length=22)
    quality: float = Field(default=0, ge=0, le=1)
    cost: Amount | None = Field(default=None, description="What a unit pays in the lanes open to them, at most.")
    currency: str = Field(default="USD", description="Of the cost.", pattern="^[A-Z]{3}$")

    def wanted(self, session: "Session") -> PeopleFilter:
        """The same as a filter; raises Invalid for what nobody could be found by."""
        asked: dict[str, Any] = self.model_dump(exclude={"after", "limit"}, exclude_none=True)
        if self.cost is None:
            asked["currency"] = ""
        wanted = clean_search(PeopleFilter(**asked))
        refuse_unknown(session, wanted)
        return wanted


class PeopleFileIn(PeopleAskedIn):
    """The same for a file of all who fit."""


class PeopleQuery(PeopleAskedIn, PageQuery):
    """The same, page by page."""
