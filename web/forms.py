"""Forms: what a person typed, checked by a pydantic model, with each fault in words beside its field."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from flask import request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from i18n import Message, _
from kernel import paging
from kernel.errors import Invalid

Model = TypeVar("Model", bound=BaseModel)

# Far enough from where the calendar ends that a day has an end, and a time is one, in every zone.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]
Instant = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))]


class FormModel(BaseModel):
    """Base of form models: text is stripped, unknown fields are left alone (browsers send buttons and tokens)."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, str_max_length=20_000)


class InModel(BaseModel):
    """Base of what the API takes: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_max_length=100_000)


class PageQuery(InModel):
    """Where a page of a list begins, and how long it is at most."""

    after: str | None = Field(
        default=None, max_length=paging.LONGEST, description="The `next_after` of the page before, as it came."
    )
    limit: int = Field(default=50, ge=1, le=200)


class OutModel(BaseModel):
    """Base of what the API returns: nothing but what is named."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


def values_of(names: Iterable[str]) -> Any:
    """Which values there are, told in the API's description: `Annotated[str, values_of(("open", "done"))]`."""
    return Field(json_schema_extra={"enum": [str(name) for name in names]})


class Form(Generic[Model]):
    """A form that was sent: `data` when it is right, `errors` by field, and `values` to show again as typed."""

    def __init__(self, data: Model | None, values: dict[str, Any], errors: dict[str, Message]) -> None:
        self._data, self.values, self.errors = data, values, errors

    @property
    def ok(self) -> bool:
        return not self.errors

    @property
    def data(self) -> Model:
        assert self._data is not None, "only a form without errors has data"
        return self._data

    def add(self, problem: Invalid) -> None:
        """Take over what an operation found wrong."""
        self.errors |= problem.fields or {"": problem.message}

    def __getattr__(self, name: str) -> Any:
        return self.values.get(name, "")


def read_form(model: type[Model], source: MultiDict[str, str] | None = None) -> Form[Model]:
    """Read the request's form. Fields whose model type is a list take every value sent under that name."""
    sent = request.form if source is None else source
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if _is_list(field.annotation):
            values[name] = sent.getlist(name)
        elif name in sent:
            values[name] = sent[name]
    try:
        return Form(
            model.model_validate({k: v for k, v in values.items() if v != "" or _takes_empty(model, k)}), values, {}
        )
    except ValidationError as error:
        return Form(None, values, errors_of(error))


def empty_form(values: dict[str, Any] | None = None) -> Form[Any]:
    """A form that was not sent yet."""
    return Form(None, dict(values or {}), {})


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is list


def _takes_empty(model: type[BaseModel], name: str) -> bool:
    return model.model_fields[name].is_required() is False and model.model_fields[name].annotation is str


def errors_of(error: ValidationError) -> dict[str, Message]:
    """A validation error as sentences by field path (`lines.3.locale`)."""
    found: dict[str, Message] = {}
    for fault in error.errors(include_url=False):
        path = ".".join(str(part) for part in fault["loc"])
        found.setdefault(path, _sentence(_kind(fault), fault.get("ctx") or {}, fault["msg"]))
    return found


def _kind(fault: ErrorDetails) -> str:
    """The fault's type; what is no number is neither too small nor too large."""
    is_nan = str(fault["input"]).strip().lower() == "nan"
    return "float_parsing" if is_nan and fault["type"].startswith(("greater", "less", "finite")) else fault["type"]


def _sentence(kind: str, context: dict[str, Any], text: str) -> Message:
    if kind in ("missing", "string_too_short"):
        return _("This is needed.")
    if kind == "extra_forbidden":
        return _("There is no such field.")
    if kind == "string_too_long":
        return _("This is longer than %(most)s letters.", most=context.get("max_length", 0))
    if kind in ("int_parsing", "int_type", "int_from_float"):
        return _("A whole number is expected here.")
    if kind in ("float_parsing", "float_type", "finite_number", "decimal_parsing", "decimal_type"):
        return _("This must be a number.")
    if kind in ("bool_type", "bool_parsing"):
        return _("Write true or false here, without quotes.")
    if kind == "string_type":
        return _("A text is expected here.")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return _("An object with named fields is expected here.")
    if kind == "list_type":
        return _("A list is expected here.")
    if kind in ("string_unicode", "value_error.surrogate"):
        return _("The text contains a character that cannot be stored.")
    if kind.startswith(("datetime", "timezone")):
        return _("Write the time with its time zone, like 2027-01-31T17:00:00Z or 2027-01-31T17:00:00+03:00.")
    if kind == "greater_than_equal":
        return _("This must be at least %(least)s.", least=context.get("ge"))
    if kind == "greater_than":
        return _("This must be more than %(least)s.", least=context.get("gt"))
    if kind == "less_than_equal":
        return _("This must be at most %(most)s.", most=context.get("le"))
    if kind == "less_than":
        return _("This must be less than %(most)s.", most=context.get("lt"))
    if kind in ("literal_error", "enum", "string_pattern_mismatch"):
        return _("Choose one of the values offered.")
    if kind.startswith("date"):
        return _("This is not a date that exists.")
    if kind == "value_error" and isinstance(context.get("error"), ValueError):
        inner = context["error"].args[0] if context["error"].args else None
        if isinstance(inner, Message):
            return inner
    return _("This cannot be taken as it is.")
