"""The words and amounts of work that the API's description names: which values there are, and how they are written."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from i18n import _
from kernel.money import from_text
from labeling.tasktypes import registry
from labeling.values import Classification


def _values(names: Iterable[str]) -> Any:
    return Field(json_schema_extra={"enum": list(names)})


def _price(sent: Any) -> str:
    try:
        if isinstance(sent, str):
            from_text(sent)
            return sent
    except ValueError:
        pass
    raise ValueError(_('Write the amount as a text such as "0.10", with at most six decimals.'))


TaskTypeName = Annotated[str, _values(registry.names())]
ClassificationName = Annotated[str, _values(each.value for each in Classification)]
RequestState = Annotated[str, _values(("sent", "quoted", "accepted", "declined"))]
QuoteState = Annotated[str, _values(("open", "accepted", "declined", "replaced"))]
ProjectState = Annotated[str, _values(("requested", "quoted", "draft", "live", "paused", "done", "declined"))]
LaneState = Annotated[str, _values(("draft", "open", "paused", "done"))]
ReleaseState = Annotated[str, _values(("building", "delivered", "accepted", "returned", "broken"))]
CurrencyCode = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})]
Price = Annotated[
    str, BeforeValidator(_price), Field(json_schema_extra={"pattern": r"^[0-9]+(\.[0-9]{1,6})?$", "examples": ["0.10"]})
]
