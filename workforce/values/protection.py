"""What each class of data demands of whoever reads it, and what a client has set for a project.

The table is the whole of it: nothing else says what a class asks. A class that is not in it is open to nobody, and a
demand that the client has to set is not met until it is set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Ask(StrEnum):
    """When something is asked for: never, where the client has set it, or always, so that not to set it shuts."""

    NEVER = "never"
    WHERE_SET = "where_set"
    ALWAYS = "always"


class ExportRule(StrEnum):
    """What taking data of a class away asks for."""

    FREE = "free"
    STEP_UP = "step_up"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True)
class ClassDemands:
    """One class: the demands on the reader, and how its content is handled."""

    clearance: int
    clearance_most: timedelta | None  # the longest that a clearance of this level may be given for
    asks_project_agreement: bool
    asks_annex: bool
    asks_identity: bool
    countries: Ask
    networks: Ask
    factor_within: timedelta | None
    asks_passkey: bool  # a factor that no false page can ask somebody for; otherwise any kind will do
    has_watermark: bool  # the visible mark: docs/decisions/0029 says why there is no hidden one
    is_view_only: bool
    link_life: timedelta
    logs_reads: bool
    drafts_on_server_only: bool  # nothing that a person has typed is kept by their browser
    export: ExportRule


CLASS_DEMANDS: Mapping[str, ClassDemands] = {
    "public": ClassDemands(
        0, None, False, False, False, Ask.NEVER, Ask.NEVER, None, False, False, False, timedelta(hours=1), False,
        False, ExportRule.FREE,
    ),
    "internal": ClassDemands(
        0, None, False, False, False, Ask.NEVER, Ask.NEVER, None, False, False, False, timedelta(minutes=10), False,
        False, ExportRule.FREE,
    ),
    "confidential": ClassDemands(
        1, timedelta(days=180), True, False, True, Ask.WHERE_SET, Ask.WHERE_SET, timedelta(hours=12), False, True, True,
        timedelta(minutes=5), False, True, ExportRule.STEP_UP,
    ),
    "restricted-pii": ClassDemands(
        2, timedelta(days=90), True, False, True, Ask.ALWAYS, Ask.WHERE_SET, timedelta(hours=4), False, True, True,
        timedelta(seconds=60), True, True, ExportRule.SECOND_PERSON,
    ),
    "restricted-phi": ClassDemands(
        3, timedelta(days=30), True, True, True, Ask.ALWAYS, Ask.ALWAYS, timedelta(minutes=30), True, True, True,
        timedelta(seconds=60), True, True, ExportRule.SECOND_PERSON,
    ),
}  # fmt: skip
CLASSES = tuple(CLASS_DEMANDS)
_RANK = {name: rank for rank, name in enumerate(CLASSES)}
# The longest that the grant of a project of a class lasts.
GRANT_MOST: Mapping[str, timedelta] = {
    "internal": timedelta(days=365),
    "confidential": timedelta(days=180),
    "restricted-pii": timedelta(days=90),
    "restricted-phi": timedelta(days=30),
}


def rank_of(classification: str) -> int:
    """How sensitive a class is; one that is not known is more sensitive than all."""
    return _RANK.get(classification, len(CLASSES))


def most_sensitive(first: str, second: str | None) -> str:
    """The more sensitive of two classes."""
    return first if second is None or rank_of(second) <= rank_of(first) else second


def is_restricted(classification: str) -> bool:
    """Whether each read of such content is recorded; so it is for a class that is not known."""
    demands = CLASS_DEMANDS.get(classification)
    return demands is None or demands.logs_reads


def is_watermarked(classification: str) -> bool:
    """Whether such content is shown with the reader's pseudonym across it."""
    demands = CLASS_DEMANDS.get(classification)
    return demands is None or demands.has_watermark


def keeps_drafts_on_server_only(classification: str) -> bool:
    """Whether an answer that was not sent yet may lie on the server alone, and never in a browser's storage."""
    demands = CLASS_DEMANDS.get(classification)
    return demands is None or demands.drafts_on_server_only


@dataclass(frozen=True)
class Protection:
    """What a client asks in a project beyond the table: agreements by code and version, countries, networks."""

    agreements: tuple[tuple[str, int], ...] = ()
    annex: tuple[tuple[str, int], ...] = ()
    countries: frozenset[str] = frozenset()
    networks: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> "Protection":
        """From what is kept with a project; where nothing is, nothing is set."""
        kept = value or {}
        return cls(
            tuple(sorted((code, int(version)) for code, version in kept.get("agreements", {}).items())),
            tuple(sorted((code, int(version)) for code, version in kept.get("annex", {}).items())),
            frozenset(kept.get("countries", ())),
            tuple(kept.get("networks", ())),
        )

    def to_json(self) -> dict[str, Any]:
        """As it is kept with a project."""
        return {
            "agreements": dict(self.agreements), "annex": dict(self.annex),
            "countries": sorted(self.countries), "networks": list(self.networks),
        }  # fmt: skip


NOTHING_SET = Protection()
