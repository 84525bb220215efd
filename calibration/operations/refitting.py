"""Inference beside the work: read, think with no transaction open, and write in portions."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy.orm import Session

from calibration.operations import inference
from calibration.operations.estimates import estimate
from calibration.operations.updating import update
from calibration.queries.lanes import newest_run
from calibration.values import RunView
from kernel.policy import Actor

PORTION = 1000


class Transactions(Protocol):
    """Who acts, and where transactions come from that can read gold; a long job is one."""

    @property
    def actor(self) -> Actor: ...

    def reading(self) -> AbstractContextManager[Session]: ...

    def transaction(self) -> AbstractContextManager[Session]: ...

    def advance(self, session: Session, done: int, total: int | None = None) -> None: ...


def refit(work: Transactions, lane_id: str, method: str = inference.DEFAULT) -> RunView:
    """Infer a lane's labels from all its judgments that count; nobody waits for it while it thinks."""
    with work.reading() as session:
        collected = inference.collect(session, work.actor, lane_id)
    found = estimate(collected, method)
    with work.transaction() as session:
        run = inference.begin_run(session, work.actor, lane_id, found)
    for start in range(0, len(found.units), PORTION):
        with work.transaction() as session:
            inference.store_units(session, work.actor, run, found.units[start : start + PORTION], found.at)
            work.advance(session, start, len(found.units))
    with work.transaction() as session:
        inference.end_run(session, work.actor, lane_id)
    return run


def update_units(work: Transactions, lane_id: str, unit_ids: Sequence[str]) -> None:
    """Bring the labels of some units up to their answers, with the people as the newest run found them."""
    with work.reading() as session:
        run = newest_run(session, lane_id)
        collected = inference.collect(session, work.actor, lane_id, unit_ids)
    assert run is not None, "a lane is updated between two runs"
    found = update(collected, run)
    with work.transaction() as session:
        inference.store_units(session, work.actor, run, found, collected.at)
