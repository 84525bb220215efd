"""How tests, rules and rejections fall on the languages and countries of a project's people, at the same difficulty."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import FairnessCell
from calibration.rules.fairness import Cell, GroupShare, compare
from kernel.db import scope_of

THIRDS = 3
_NOBODY = Cell(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Groups:
    """One outcome, by language of the work, by country, and by the language of people's pages."""

    locale: tuple[GroupShare, ...] = ()
    country: tuple[GroupShare, ...] = ()
    page: tuple[GroupShare, ...] = ()


@dataclass(frozen=True, slots=True)
class Fairness:
    """Shares of people who passed the test at their first go, who were paused, of answers that were rejected, and of
    people who earn less an hour than half of all.

    As of the last count. Rejections and pay are the vendor's to know; None for everybody else.
    """

    passed: Groups
    paused: Groups
    rejected: Groups | None
    paid_less: Groups | None
    counted_at: datetime | None

    @property
    def stands_apart(self) -> bool:
        """Whether any group differs from the others by more than chance explains."""
        told = (self.passed, self.paused, self.rejected or Groups(), self.paid_less or Groups())
        return any(row.stands_apart for each in told for row in (*each.locale, *each.country, *each.page))


def fairness_of(session: Session, project_id: str, owner_id: str) -> Fairness:
    """The groups of a project compared. Read from some dozens of cells that a job counts, whatever the history."""
    cells: dict[tuple[str, str], dict[str, list[Cell]]] = defaultdict(dict)
    counted_at = None
    for row in session.scalars(select(FairnessCell).where(FairnessCell.project_id == project_id)):
        strata = cells[row.outcome, row.kind].setdefault(row.name, [_NOBODY] * THIRDS)
        strata[row.third] = Cell(row.hits, row.n, row.people)
        counted_at = row.counted_at
    is_owner = scope_of(session).org_id == owner_id
    return Fairness(
        _told(cells, "passed"), _told(cells, "paused"), None if is_owner else _told(cells, "rejected"),
        None if is_owner else _told(cells, "paid_less"), counted_at,
    )  # fmt: skip


def _told(cells: Mapping[tuple[str, str], Mapping[str, list[Cell]]], outcome: str) -> Groups:
    return Groups(*(tuple(compare(cells.get((outcome, kind), {}))) for kind in ("locale", "country", "page")))
