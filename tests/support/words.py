"""All that a database says, with what is sealed in it opened, as whoever has the keys could read it."""

from sqlalchemy.orm import Session

from admin.operations.resealing import sealed_columns
from kernel.crypto import CannotDecrypt, place_of, unseal
from kernel.db import Base
from kernel.indexing import Index
from workforce.rules.indexes import address_index
from workforce.rules.names import email_key


def all_words(session: Session, but: tuple[str, ...] = ()) -> str:
    """Every row of every table on a line of its own, but of the sealed columns that are named."""
    sealed: dict[str, list[str]] = {}
    for each in sealed_columns():
        if each.name not in but:
            sealed.setdefault(each.table.name, []).append(each.column.name)
    lines = []
    for table in Base.metadata.sorted_tables:
        for row in session.execute(table.select()).mappings():
            opened = {
                name: _opened(row[name], place_of(table.name, name, row["id"], row.get("org_id")))
                for name in sealed.get(table.name, ())
                if row[name] is not None
            }
            lines.append(str(tuple({**row, **opened}.values())))
    return "\n".join(lines)


def _opened(stored: str, place: str) -> str:
    try:
        return unseal(stored, place)
    except CannotDecrypt:
        return stored


def address_of(email: str) -> Index:
    """What is written of an address, where a test writes a row by itself."""
    return address_index(email_key(email))
