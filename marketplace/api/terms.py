"""The words and amounts of work that the API's description names: which values there are, and how they are written."""

from typing import Annotated

from pydantic import Field

from labeling.rules.personal import PersonalChoice
from labeling.tasktypes import registry
from labeling.values import Classification
from marketplace.values.imports import BatchKind
from marketplace.values.imports import BatchState as _BatchState
from web.forms import values_of

TaskTypeName = Annotated[str, values_of(registry.names())]
ClassificationName = Annotated[str, values_of(each.value for each in Classification)]
RequestState = Annotated[str, values_of(("sent", "quoted", "accepted", "declined"))]
QuoteState = Annotated[str, values_of(("open", "accepted", "declined", "replaced"))]
ProjectState = Annotated[str, values_of(("requested", "quoted", "draft", "live", "paused", "done", "declined"))]
LaneState = Annotated[str, values_of(("draft", "open", "paused", "done"))]
ReleaseState = Annotated[str, values_of(("building", "delivered", "accepted", "returned", "broken"))]
BatchKindName = Annotated[str, values_of(BatchKind)]
BatchState = Annotated[str, values_of(_BatchState)]
PersonalChoiceName = Annotated[str, values_of(PersonalChoice)]
HeldState = Annotated[str, values_of(("leased", "over", "barred", "answered", "late", "skipped", "returned"))]
TakenState = Annotated[str, values_of(("leased", "answered", "late", "skipped", "returned", "expired"))]
LeftState = Annotated[str, values_of(("leased", "skipped", "returned", "reported"))]
CurrencyCode = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})]
