"""Values of imports: an upload as it is checked and written, its findings, and what the upload has added."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from i18n import Message, _
from labeling.rules.personal import PersonalChoice


class BatchKind(StrEnum):
    """What a file holds."""

    UNITS = "units"
    GOLD = "gold"
    MEDIA = "media"


class BatchState(StrEnum):
    """From the upload to the written rows."""

    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    IMPORTED = "imported"
    CANCELLED = "cancelled"
    BROKEN = "broken"


BATCH_KIND_WORDS: dict[str, Message] = {
    BatchKind.UNITS: _("Units"),
    BatchKind.GOLD: _("Gold"),
    BatchKind.MEDIA: _("Pictures and sounds"),
}

BATCH_STATE_WORDS: dict[str, tuple[Message, str]] = {
    BatchState.CHECKING: (_("Being checked"), "wait"),
    BatchState.CHECKED: (_("Waits for your word"), "wait"),
    BatchState.IMPORTING: (_("Being written"), "wait"),
    BatchState.IMPORTED: (_("Imported"), "good"),
    BatchState.CANCELLED: (_("Cancelled"), "plain"),
    BatchState.BROKEN: (_("Cannot be read"), "bad"),
}

PERSONAL_WORDS: dict[str, Message] = {
    "e-mail": _("e-mail addresses"),
    "iban": _("bank accounts"),
    "card": _("card numbers"),
    "id": _("identity numbers"),
    "phone": _("phone numbers"),
    "name": _("names"),
}
MOST_FINDINGS = 100
PREVIEW_ROWS = 10
CHUNK = 1_000
WRITTEN_AT_ONCE = 200  # rows of a file: on SQLite everybody else who writes waits for so long


@dataclass(frozen=True)
class Finding:
    """What is wrong on a line of a file; `column` is a name or a place, None where it is the whole line."""

    line: int
    column: str | None
    code: str
    message: Message

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, "column": self.column, "code": self.code, "message": self.message.to_json()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Finding":
        return cls(value["line"], value["column"], value["code"], Message.from_json(value["message"]))


@dataclass(frozen=True)
class PersonalFound:
    """What a check found of personal data: in how many units, which kinds in how many of them, hints of the first."""

    units: int = 0
    kinds: tuple[tuple[str, int], ...] = ()
    examples: tuple[dict[str, Any], ...] = ()

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> "PersonalFound":
        if not value:
            return cls()
        kinds = sorted(value["kinds"].items(), key=lambda each: (-each[1], each[0]))
        return cls(value["units"], tuple(kinds), tuple(value["examples"]))

    def proposal(self, good: int) -> PersonalChoice | None:
        """Where most units hold such data it is what the work is about, and the class is raised; else it is masked."""
        if not self.units:
            return None
        return PersonalChoice.RAISE if 2 * self.units > good else PersonalChoice.MASK


@dataclass(frozen=True)
class BatchView:
    """An upload: the file, what was found in it, how far its import is."""

    id: str
    project_id: str
    kind: BatchKind
    name: str
    format: str
    sha256: str
    state: BatchState
    rows: int
    good: int
    duplicates: int
    bad: int
    findings: tuple[Finding, ...]
    preview: tuple[dict[str, Any], ...]
    job_id: str | None
    created_at: datetime
    org_id: str = ""
    personal: PersonalFound = PersonalFound()
    personal_choice: str | None = None
    project_choice: str | None = None  # what an earlier import of the project, of work or gold, was decided to do
    same_as: str | None = None  # an earlier upload of the very same bytes

    @property
    def is_over(self) -> bool:
        return self.state in (BatchState.IMPORTED, BatchState.CANCELLED, BatchState.BROKEN)

    def is_of(self, org_id: str | None) -> bool:
        """Whether this organization is the client whose data it is."""
        return org_id == self.org_id

    @property
    def personal_choices(self) -> tuple[PersonalChoice, ...]:
        """What can be decided of the personal data: once for a project, so that gold and work look and ask alike."""
        return (PersonalChoice(self.project_choice),) if self.project_choice else tuple(PersonalChoice)

    @property
    def proposal(self) -> PersonalChoice | None:
        """What is proposed for the personal data found."""
        if self.personal.units and self.project_choice:
            return PersonalChoice(self.project_choice)
        return self.personal.proposal(self.good)


@dataclass(frozen=True)
class UnitIn:
    """A unit that a program adds: content as its task type shows it, and the client's own reference.

    `overlap` is how many people judge it, where that is not what its lane says.
    """

    content: dict[str, Any]
    reference: str | None = None
    classification: str | None = None
    overlap: int | None = None


@dataclass(frozen=True)
class Added:
    """What became of added units, in their order: an id, or None where the content is there, but not as a unit."""

    unit_ids: tuple[str | None, ...]
    new: int
