"""The desk at which appeals are answered: workforce's own act, or one from above that also gives back work and pay."""

from typing import Protocol

from sqlalchemy.orm import Session

from kernel.policy import Actor
from kernel.ports import Port
from workforce.operations import decide_appeal
from workforce.values import AppealDecision


class Decide(Protocol):
    """Answers an appeal, in the scope in which appeals are read."""

    def __call__(
        self, session: Session, actor: Actor, appeal_id: str, *, outcome: str, answer: str
    ) -> AppealDecision: ...


_desk: Port[Decide] = Port("desk of appeals", decide_appeal)


def use_desk(decide: Decide) -> None:
    """Put an act at the desk that does more than `decide_appeal`, which it calls."""
    _desk.put(decide)


def answer(session: Session, actor: Actor, appeal_id: str, *, outcome: str, answer: str) -> AppealDecision:
    """Answer an appeal by whatever stands at the desk."""
    return _desk.get()(session, actor, appeal_id, outcome=outcome, answer=answer)
