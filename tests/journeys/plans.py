"""What SQLite reads for each statement that requests send: whether anything on a request's path grows with history.

SQLite plans without statistics, by the shape of the indexes alone, so the plan on a small database is the plan on a
great one; that makes it the strict judge of both.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import has_request_context, request
from sqlalchemy import event

from kernel.db import Database

GROWING = frozenset({
    "judgment", "assignment", "unit", "slot", "grade", "earning", "review", "consensus", "item", "entry", "transfer",
    "audit_event", "receipt", "exposure", "outbox_event", "web_session", "standing_change", "attempt", "account",
    "annotator", "membership", "gold_key", "payout_line", "problem_report",
})  # fmt: skip

_READS = re.compile(r"^(SCAN|SEARCH) (\w+)(.*)$")
_NARROWED_BY_OWNER_ONLY = re.compile(r"\((org_id|vendor_org_id|client_org_id)=\?\)")


@contextmanager
def watched(db: Database) -> Iterator[dict[str, tuple[str, Any]]]:
    """Statement → (endpoint, parameters) of everything that requests send within the block."""
    seen: dict[str, tuple[str, Any]] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if has_request_context() and statement not in seen and not statement.startswith(("INSERT", "BEGIN", "PRAGMA")):
            seen[statement] = request.endpoint or "", parameters[0] if many else parameters

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def walks(db: Database, seen: dict[str, tuple[str, Any]]) -> set[tuple[str, str, str]]:
    """(endpoint, table, what the plan says) of each statement that reads a growing table whole, or a tenant's part."""
    found = set()
    with db.engine.connect() as connection:
        for statement, (endpoint, parameters) in seen.items():
            names = dict(re.findall(r"(?:FROM|JOIN|UPDATE) (\w+) AS (\w+)", statement))
            tables = {alias: table for table, alias in names.items()}
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all():
                if (read := _READS.match(row[3])) is None:
                    continue
                how, name, rest = read.groups()
                table = tables.get(name, name)
                if table in GROWING and (how == "SCAN" or _NARROWED_BY_OWNER_ONLY.search(rest)):
                    found.add((endpoint, table, f"{how}{rest}"))
    return found
