"""A vendor's list of people as CSV, in which no cell is a formula."""

from collections.abc import Iterable

from kernel.sheets import write
from workforce.values import PersonRow

COLUMNS = ("id", "pseudonym", "name", "email", "status", "country", "weekly_hours", "applied_at", "languages")


def people_csv(rows: Iterable[PersonRow]) -> bytes:
    """One line a person; addresses are masked, as on the page."""
    return write(COLUMNS, (_cells(row) for row in rows))


def _cells(row: PersonRow) -> list[object]:
    spoken = " ".join(f"{claim.locale}/{claim.mode}/{claim.proficiency}/{claim.status}" for claim in row.claims)
    return [
        row.id, row.pseudonym, row.name, row.email_masked, row.status.value, row.country, row.weekly_hours,
        row.applied_at, spoken,
    ]  # fmt: skip
