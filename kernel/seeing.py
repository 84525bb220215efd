"""Seeing what has to be noted: a read that writes, only where what is shown asks for it."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from kernel import db
from kernel.errors import NeedsWriting
from kernel.tenancy import Scope

Result = TypeVar("Result")


def see(scope: Scope, act: Callable[[Session], Result]) -> Result:
    """Run `act` in a reading transaction; again in one that writes, where it shows what has to be noted."""
    try:
        with db.reading(scope) as session:
            return act(session)
    except NeedsWriting:
        return db.current().run(scope, act)
