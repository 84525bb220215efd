"""Jobs of calibration: grading everything alike, ending what ran its time, inference, and grading again."""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from calibration.operations import (
    anew,
    attempts,
    backtests,
    behaviour,
    checks,
    disputes,
    fairness,
    gates,
    grading,
    inference,
    languages,
    leaks,
    measuring,
    natives,
    refitting,
    restoring,
    rotation,
)
from kernel.errors import Conflict
from kernel.jobs import Work, enqueue, job
from kernel.policy import Actor

log = logging.getLogger("polyphony.calibration")
CHUNK = 500


@job(queue="default", long=True, every=timedelta(seconds=60))
def grade_batch(work: Work) -> dict[str, Any]:
    """Take up the judgments that wait, in chunks, each a transaction of its own."""
    judged = 0
    while True:
        with work.transaction() as session:
            summary = grading.grade_pending(session, work.actor, CHUNK)
            judged += summary.judgments
            work.advance(session, judged)
        if not summary.more:
            return {"judgments": judged}


@job(queue="default", long=True, every=timedelta(minutes=5))
def end_overdue(work: Work) -> dict[str, Any]:
    """End attempts and pauses whose time is over. An attempt that cannot be ended keeps no other one waiting."""
    with work.reading() as session:
        overdue = attempts.overdue(session, work.actor)
    ended = failed = 0
    for attempt_id in overdue:
        try:
            with work.transaction() as session:
                ended += attempts.end_overdue(session, work.actor, [attempt_id])
        except Exception:
            log.exception("an attempt could not be ended: %s", attempt_id)
            failed += 1
    with work.transaction() as session:
        lifted = gates.end_pauses(session, work.actor)
        gates.end_warnings(session, work.actor)
    with work.transaction() as session:
        lapsed = disputes.lapse_overdue(session, work.actor)
    with work.transaction() as session:
        late = checks.pause_overdue(session, work.actor)
    return {"attempts": ended, "failed": failed, "late": late, "pauses": lifted, "disputes": lapsed}


@job(queue="default", long=True)
def look_at_exams(work: Work, project_id: str) -> dict[str, Any]:
    """Look at the tests under way in a project of which something became more sensitive."""
    with work.reading() as session:
        live = anew.live_in(session, work.actor, project_id)
    return {"attempts": len(live), "changed": work.each(live, anew.look_again)}


@job(queue="bulk", long=True, every=timedelta(days=1))
def look_at_behaviour(work: Work) -> dict[str, Any]:
    """Look for signals in how people worked, lane by lane; what is found waits for a person."""
    with work.reading() as session:
        lanes = behaviour.lanes_at_work(session, work.actor)
    return {"lanes": len(lanes), "signals": work.each(lanes, behaviour.look_at_lane)}


@job(queue="bulk", long=True, every=timedelta(days=1))
def rotate_gold(work: Work) -> dict[str, Any]:
    """Take worn keys out of use, lane by lane."""
    with work.reading() as session:
        lanes = rotation.lanes_with_gold(session, work.actor)
    retired = work.each(lanes, lambda *lane: sum(rotation.retire_worn(*lane).values()))
    return {"lanes": len(lanes), "retired": retired}


@job(queue="bulk", long=True, every=timedelta(days=7))
def tell_languages(work: Work) -> dict[str, Any]:
    """Let what was checked in work speak for the languages of those who did it, lane by lane."""
    with work.reading() as session:
        lanes = languages.lanes_with_checks(session, work.actor)
    return {"lanes": len(lanes), "people": work.each(lanes, languages.tell_lane)}


@job(queue="bulk", long=True, every=timedelta(days=1))
def end_stranded_checks(work: Work) -> dict[str, Any]:
    """End checks by natives that wait for somebody who is not there any more."""
    with work.reading() as session:
        waiting = natives.stranded(session, work.actor)
    return {"checks": len(waiting), "ended": work.each(waiting, natives.end_stranded)}


@job(queue="bulk", long=True)
def infer_lane(work: Work, lane_id: str, method: str) -> dict[str, Any]:
    """Infer a lane's labels; nothing waits for it while it thinks."""
    run = refitting.refit(work, lane_id, method)
    return {"run": run.id, "units": run.units, "judgments": run.judgments}


@job(queue="bulk", long=True, every=timedelta(days=1))
def infer_lanes(work: Work) -> dict[str, Any]:
    """Infer the lanes anew in which anything was answered since their last run."""
    with work.reading() as session:
        lanes = inference.lanes_to_refit(session, work.actor)
    done = 0
    for lane_id in lanes:
        with suppress(Conflict):  # nothing that could be inferred, which whoever asks for a run is told
            refitting.refit(work, lane_id)
            done += 1
        with work.transaction() as session:
            work.advance(session, done, len(lanes))
    return {"lanes": done}


@job(queue="default", long=True)
def regrade_item(work: Work, item_id: str) -> dict[str, Any]:
    """Grade the answers to an item again, after its key was corrected or put in doubt, and give back what it took."""
    with work.transaction() as session:
        people = grading.regrade_item(session, work.actor, item_id)
        return {"people": people, "fallen": restoring.restore_after(session, work.actor, item_id)}


@job(queue="bulk", long=True)
def run_backtest(work: Work, backtest_id: str) -> dict[str, Any]:
    """Replay a proposed rule over what happened, some people at a time, and add up what it would have done."""
    with work.transaction() as session:
        people = backtests.subjects(session, work.actor, backtest_id)
    rows: list[dict[str, Any]] = list(work.step.get("rows", []))
    while len(rows) < len(people):
        with work.transaction() as session:
            chunk = people[len(rows) : len(rows) + backtests.CHUNK]
            rows += backtests.run_chunk(session, work.actor, backtest_id, chunk)
            work.advance(session, len(rows), len(people), rows=rows)
    with work.transaction() as session:
        backtests.finish(session, work.actor, backtest_id, rows)
    return {"people": len(people)}


def begin_backtest(session: Session, actor: Actor, lane_id: str, *, wide: bool = False, **fields: Any) -> str:
    """Ask for a backtest and put it into the queue; returns its id."""
    asked = backtests.ask_backtest(session, actor, lane_id, wide=wide, **fields)
    enqueue(session, run_backtest, actor=actor, backtest_id=asked)
    session.flush()
    return asked


@job(queue="default", long=True, every=timedelta(hours=1))
def look_for_leaks(work: Work) -> dict[str, Any]:
    """Open reviews of exams whose questions may have been known; a person decides what they mean."""
    with work.transaction() as session:
        return {"reviews": leaks.look_for_leaks(session, work.actor)}


@job(queue="bulk", long=True, every=timedelta(hours=24))
def measure_questions(work: Work) -> dict[str, Any]:
    """Estimate every project's questions from the answers there are by now, a project at a time."""
    with work.transaction() as session:
        projects = measuring.projects_to_measure(session, work.actor)
    return {"projects": len(projects), "questions": work.each(projects, measuring.measure_project)}


@job(queue="bulk", long=True, every=timedelta(hours=24))
def count_fairness(work: Work) -> dict[str, Any]:
    """Count how tests, rules and rejections fall on languages and countries, a project at a time."""
    with work.reading() as session:
        projects = fairness.projects_at_work(session, work.actor)
    return {"projects": len(projects), "cells": work.each(projects, fairness.count_fairness)}
