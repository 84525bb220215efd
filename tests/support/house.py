"""What a long job does, inside one transaction that a test has open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from calibration.operations import refitting
from calibration.values import RunView
from kernel.policy import Actor
from marketplace.operations import settling


@dataclass(frozen=True)
class House:
    """Transactions that are all the same one."""

    session: Session
    actor: Actor

    @contextmanager
    def reading(self) -> Iterator[Session]:
        yield self.session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        yield self.session

    def advance(self, session: Session, done: int, total: int | None = None, **step: Any) -> None:
        """There is no place to keep."""


def infer_lane(session: Session, actor: Actor, lane_id: str, method: str = "dawid-skene") -> RunView:
    """Infer a lane here and now."""
    return refitting.refit(House(session, actor), lane_id, method)


def settle_lane(session: Session, actor: Actor, lane_id: str) -> settling.SettleSummary:
    """Infer and settle a lane here and now."""
    return settling.settle_lane(House(session, actor), lane_id)
