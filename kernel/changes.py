"""What a statement has changed."""

from typing import Any, cast

from sqlalchemy.engine import CursorResult, Result


def changed_rows(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE without RETURNING has changed."""
    return cast("CursorResult[Any]", result).rowcount
