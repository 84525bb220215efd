"""Doings: what an annotator does at a test or in a session of work, act after act, at their own pace."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from admin.demo.behaviour import LABELS, Knowledge, label_of, payload_of, seconds_of
from admin.demo.people import Speaker
from admin.demo.stage import Doing
from calibration.operations import attempts
from kernel.policy import Actor
from marketplace.operations import answers, returning, taking
from marketplace.values.work import NoWork, Task

_SKIPS, _REPORTS = 0.012, 0.004
_SKIP_REASONS = ("unclear", "unclear", "language", "knowledge")


@dataclass
class Player:
    """An annotator at work: who they are, what is known of the texts, and how much they have done in each lane."""

    speaker: Speaker
    actor: Actor
    annotator_id: str
    draw: random.Random
    done: dict[str, int] = field(default_factory=dict)

    def sit(self, lane_id: str, kind: str, known: Knowledge, care: float | None = None) -> Doing:
        """Take the test of a lane, question after question, until it is over."""
        taker = self.speaker if care is None else replace(self.speaker, accuracy=care)
        session = yield 0.0
        view = attempts.start_attempt(session, self.actor, lane_id)
        while view.is_live and view.question is not None:
            piece, position = known.piece(view.question.content), view.position
            session = yield float(seconds_of(self.speaker, piece, 0, self.draw))
            label = label_of(taker, piece, LABELS[kind], 0, self.draw)
            payload = payload_of("pairwise" if kind == "answers" else "choice", label)
            view = attempts.answer_question(session, self.actor, view.id, position, payload).attempt

    def work(self, lanes: Sequence[tuple[str, str, Knowledge]], budget: int) -> Doing:
        """A session of work: lane after lane (id, kind of texts, what is known), until enough is done."""
        session = yield 0.0
        for lane_id, kind, known in lanes:
            while budget > 0:
                task = taking.take_next(session, self.actor, lane_id)
                if isinstance(task, NoWork):
                    break
                done = self.done.get(lane_id, 0)
                session = yield float(seconds_of(self.speaker, known.piece(task.content), done, self.draw))
                self._end(session, task, kind, known)
                budget -= 1

    def _end(self, session: Any, task: Task, kind: str, known: Knowledge) -> None:
        """Answer the unit in hand; now and then give it back, or report it."""
        chance = self.draw.random()
        if chance < _REPORTS:
            returning.report_problem(session, self.actor, task.assignment_id, reason="guideline")
        elif chance < _REPORTS + _SKIPS:
            returning.skip(session, self.actor, task.assignment_id, reason=self.draw.choice(_SKIP_REASONS))
        else:
            done = self.done.get(task.lane_id, 0)
            label = label_of(self.speaker, known.piece(task.content), LABELS[kind], done, self.draw)
            answers.submit_answer(
                session, self.actor, task.assignment_id, payload_of(task.task_type, label), epoch=task.epoch
            )
            self.done[task.lane_id] = done + 1
