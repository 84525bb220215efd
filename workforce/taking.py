"""A vendor's people as files that are written while they are taken: portion by portion, each read in a transaction of
its own, so that no request holds all people in memory or one reading open for as long as somebody's line is slow."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from sqlalchemy.orm import Session

from kernel import db
from kernel.tenancy import Scope
from workforce.files.people import people_csv, steps_csv
from workforce.queries.people import people_portion
from workforce.queries.steps import step_portion
from workforce.values import PeopleFilter, PoolView

Row = TypeVar("Row")


def people_file(scope: Scope, wanted: PeopleFilter) -> Iterator[bytes]:
    """All who fit."""
    return people_csv(_each(scope, lambda session, after: people_portion(session, wanted, after)))


def steps_file(scope: Scope, pool: PoolView) -> Iterator[bytes]:
    """How far each of a pool's people is."""
    return steps_csv(pool.steps, _each(scope, lambda session, after: step_portion(session, pool.id, after)))


def _each(scope: Scope, read: Callable[[Session, str | None], tuple[list[Row], str | None]]) -> Iterator[Row]:
    after: str | None = None
    while True:
        with db.reading(scope) as session:
            rows, after = read(session, after)
        yield from rows
        if after is None:
            return
