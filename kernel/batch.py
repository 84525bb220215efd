"""Many acts in one transaction."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


def keep_rows(session: Session) -> None:
    """Hold on to what this transaction loads by its key, so that of many acts on the same rows the first one reads.

    A session forgets a row that nobody holds, and reads it again for the next act. For transactions of many small
    acts; one that walks through a table would hold all of it.
    """
    kept: list[Any] = []
    event.listen(session, "loaded_as_persistent", lambda _session, row: kept.append(row))
    event.listen(session, "pending_to_persistent", lambda _session, row: kept.append(row))
