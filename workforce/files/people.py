"""A vendor's people, how far those of a pool are, and who was invited, as CSV in which no cell is a formula."""

from collections.abc import Iterable, Iterator, Sequence

from kernel.sheets import pieces
from workforce.values import InvitationView, Owner, PersonRow, Standing

COLUMNS = ("id", "pseudonym", "name", "email", "status", "country", "weekly_hours", "applied_at", "languages")


def people_csv(rows: Iterable[PersonRow]) -> Iterator[bytes]:
    """One line a person; addresses are masked, as on the page."""
    return pieces(COLUMNS, (_cells(row) for row in rows))


def _cells(row: PersonRow) -> list[object]:
    spoken = " ".join(f"{claim.locale}/{claim.mode}/{claim.proficiency}/{claim.status}" for claim in row.claims)
    return [
        row.id, row.pseudonym, row.name, row.email_masked, row.status.value, row.country, row.weekly_hours,
        row.applied_at, spoken,
    ]  # fmt: skip


def invitations_csv(rows: Iterable[InvitationView]) -> Iterator[bytes]:
    """One line an invitation."""
    header = ("email", "locale", "name", "state", "created_at", "sent_at", "accepted_at")
    return pieces(header, ([getattr(one, column) for column in header] for one in rows))


def steps_csv(codes: Sequence[str], rows: Iterable[tuple[str, str, Standing, list[Owner]]]) -> Iterator[bytes]:
    """One line a person, one column a step: whose turn it is, or `done`."""
    return pieces(
        ("id", "pseudonym", "status", *codes),
        (
            (person, pseudonym, status.value, *("done" if owner is Owner.NOBODY else owner.value for owner in owners))
            for person, pseudonym, status, owners in rows
        ),
    )
