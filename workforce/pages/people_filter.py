"""What the filter above the list of people asks: as typed, as a filter, and what of it cannot be taken."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field
from werkzeug.datastructures import MultiDict

from i18n import Message, _
from i18n.matching import Level, Mode
from kernel.errors import Invalid
from kernel.money import to_text
from web.amounts import percent_of, plain_number, read_amount
from web.forms import Form, FormModel, read_form
from workforce.pages import words
from workforce.queries.known import refuse_unknown
from workforce.rules.searching import clean_search
from workforce.values import PeopleFilter, Standing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _share(sent: str) -> float:
    """90, 90% or 0.9."""
    try:
        told = float(plain_number(sent.strip().rstrip("%٪")))
    except ValueError:
        raise ValueError(_("This must be a number.")) from None
    share = told if told <= 1 and sent.strip()[-1:] not in "%٪" else told / 100
    if not 0 <= share <= 1:
        raise ValueError(_("This must be at most %(most)s.", most=100))
    return share


def _amount(sent: str) -> str:
    micros = read_amount(sent) if sent.strip() else ""
    if isinstance(micros, Message):
        raise ValueError(micros)
    if isinstance(micros, int) and micros < 0:
        raise ValueError(_("This must be at least %(least)s.", least=0))
    return micros if isinstance(micros, str) else to_text(micros)


class PeopleForm(FormModel):
    """What the filter sends, with the limits that the API has."""

    text: str = Field(default="", max_length=120)
    status: Standing | None = None
    pool: str = Field(default="", max_length=22)
    locale: str = Field(default="", max_length=120)
    mode: Mode | None = None
    proficiency: Annotated[str, Field(pattern=f"^({'|'.join(level.code for level in Level)})$")] | None = None
    proven: bool = False
    domain: str = Field(default="", max_length=60)
    skill: str = Field(default="", max_length=60)
    country: str = Field(default="", max_length=2)
    clearance: int = Field(default=0, ge=0, le=3)
    hours: int = Field(default=0, ge=0, le=168)
    active_days: int = Field(default=0, ge=0, le=3650)
    lane: str = Field(default="", max_length=22)
    cost: Annotated[str, BeforeValidator(_amount)] = ""
    currency: str = "USD"
    quality: Annotated[float, BeforeValidator(_share)] = 0.0


LABELS: Mapping[str, Message] = {
    "text": _("Name, pseudonym or whole e-mail"), "status": _("Standing"), "pool": _("Pool"), "locale": _("Speaks"),
    "mode": _("In that language they"), "proficiency": _("At this level or better"), "proven": _("How sure"),
    "skill": _("Skill"), "domain": _("Domain"), "country": _("Country (two letters)"),
    "clearance": _("Clearance, or more"), "hours": _("Hours a week, or more"),
    "active_days": _("Earned within so many days"), "quality": _("Accuracy at least"),
    "cost": _("Costs at most, for a unit"), "lane": _("Qualified for the lane"),
}  # fmt: skip


class Asked:
    """A filter as it was typed. `wanted` is None where `faults` name what is wrong, so that nobody is found by it."""

    def __init__(self, sent: MultiDict[str, str]) -> None:
        form = read_form(PeopleForm, sent)
        typed = {name: value.strip()[:120] for name, value in form.values.items()}
        is_left = {"currency": not typed.get("cost"), "clearance": typed.get("clearance") == "0"}
        self.typed: dict[str, Any] = {name: told for name, told in typed.items() if told and not is_left.get(name)}
        self.wanted = _wanted(form) if form.ok else None
        self.faults: Mapping[str, Message] = form.errors

    @property
    def filter(self) -> PeopleFilter:
        """The filter; raises Invalid, by field, where there is none."""
        if self.wanted is None:
            raise Invalid("query.invalid", _("Some of it cannot be taken."), dict(self.faults))
        return self.wanted

    def refuse_unknown(self, session: "Session") -> None:
        """Let there be no filter where it names what is not here."""
        if self.wanted is None:
            return
        try:
            refuse_unknown(session, self.wanted)
        except Invalid as problem:
            self.wanted, self.faults = None, problem.fields

    def without(self, name: str) -> dict[str, Any]:
        """All else that is asked."""
        return {each: value for each, value in self.typed.items() if each != name}


def address_of(wanted: PeopleFilter) -> dict[str, Any]:
    """A kept filter as the page's address names it."""
    asked: dict[str, Any] = wanted.asked()
    return asked | ({"quality": f"{percent_of(wanted.quality)}%"} if wanted.quality else {})


def _wanted(form: Form[PeopleForm]) -> PeopleFilter | None:
    asked = form.data.model_dump(exclude_none=True)
    asked["locale"] = words.language_typed(form.data.locale)
    asked["currency"] = (form.data.currency.upper() or "USD") if form.data.cost else ""
    try:
        return clean_search(PeopleFilter(**asked))
    except Invalid as problem:
        form.add(problem)
        return None
