"""What a replay found: counts, accuracies on the gold that no test asked for, and whether books, log and rules hold."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calibration.models import Consensus, Judgment, Qualification
from kernel import audit
from kernel.ports import Port
from labeling.models import Item
from marketplace.models import Unit
from marketplace.replay.plan import Plan
from payouts import ledger
from payouts.models import Earning

Checks = Callable[[Session, Sequence[ledger.Finding], audit.Verdict], bool]
_checks: Port[Checks] = Port("check of the invariants")


def use_checks(checks: Checks) -> None:
    """Let this function say, in the system's scope, whether every invariant of the installation holds.

    It is told what the books and the log were found to be, so that nobody walks through them twice.
    """
    _checks.put(checks)


@dataclass(frozen=True)
class Played:
    """What was played: the project, and what only its course could tell."""

    project_id: str
    name: str
    reviews: int
    paid_micros: int
    release_sha256: str
    tested: tuple[str, ...]  # the locales whose lanes had a test
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class Report:
    """The figures of a replay. Accuracies are None without gold; `gold` names what they were measured against."""

    name: str
    project_id: str
    workers: int
    qualified: int
    units: int
    judgments: int
    repeats: int
    majority_accuracy: float | None
    consensus_accuracy: float | None
    gold: Mapping[str, Any]
    reviews: int
    earnings_micros: int
    paid_micros: int
    ledger_ok: bool
    audit_ok: bool
    invariants_ok: bool | None
    release_sha256: str
    seconds: float
    judgments_per_second: float
    phases: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        return self.ledger_ok and self.audit_ok and self.invariants_ok is not False


def report_of(session: Session, plan: Plan, played: Played, seconds: float) -> Report:
    """Look at what stands in the database; system scope. `seconds` is what the whole replay took."""
    inferred = _inferred(session, played.project_id)
    everything = dict(plan.exam_truth) | dict(plan.held_out)
    truth, in_tests = plan.measured(played.tested)
    measured_on, note = _measured_on(plan, played)
    gold = {
        "measured_on": measured_on,
        "note": note,
        "items": len(truth),
        "in_tests": in_tests,
        "majority_accuracy_on_all": _accuracy(everything, inferred, 0),
        "consensus_accuracy_on_all": _accuracy(everything, inferred, 1),
        "tested": list(played.tested),
    }
    judgments = _count(session, Judgment, played.project_id)
    books, log = ledger.prove(session), audit.verify(session)
    return Report(
        name=played.name,
        project_id=played.project_id,
        workers=len(plan.workers),
        qualified=_qualified(session, played.project_id),
        units=_count(session, Unit, played.project_id),
        judgments=judgments,
        repeats=plan.repeats,
        majority_accuracy=_accuracy(truth, inferred, 0),
        consensus_accuracy=_accuracy(truth, inferred, 1),
        gold=gold,
        reviews=played.reviews,
        earnings_micros=_earned(session, played.project_id),
        paid_micros=played.paid_micros,
        ledger_ok=all(finding.ok for finding in books),
        audit_ok=log.ok,
        invariants_ok=_checks.get()(session, books, log) if _checks.is_set else None,
        release_sha256=played.release_sha256,
        seconds=round(seconds, 1),
        judgments_per_second=round(judgments / seconds, 1),
        phases=dict(played.seconds),
    )


def _measured_on(plan: Plan, played: Played) -> tuple[str | None, str | None]:
    """What labels were measured against, and what has to be known about it; in words."""
    if not plan.has_gold:
        return None, "there is no gold.csv, or none but its header: no tests, no accuracies"
    if not played.tested:
        return "all of gold.csv", "too little gold for a test: everybody was let in by a waiver, all gold is measured"
    if set(played.tested) < set(plan.locales):
        return "the half of gold.csv that no test asked for, and all of it in languages without a test", None
    return "the half of gold.csv that no test asked for", None


def _count(session: Session, model: Any, project_id: str) -> int:
    return session.scalar(select(func.count()).select_from(model).where(model.project_id == project_id)) or 0


def _qualified(session: Session, project_id: str) -> int:
    """Workers who passed a test; those with a waiver are not among them."""
    passed = select(func.count(func.distinct(Qualification.annotator_id))).where(
        Qualification.project_id == project_id, Qualification.basis == "test"
    )
    return session.scalar(passed) or 0


def _earned(session: Session, project_id: str) -> int:
    total = select(func.sum(Earning.micros)).where(Earning.project_id == project_id, Earning.state != "rejected")
    return int(session.scalar(total) or 0)


def _inferred(session: Session, project_id: str) -> dict[str, tuple[str | None, str | None]]:
    """By item of the data: what the majority said, and the consensus."""
    rows = session.execute(
        select(Item.client_ref, Consensus.majority_category, Consensus.category)
        .join(Unit, Unit.item_id == Item.id)
        .join(Consensus, (Consensus.org_id == Unit.org_id) & (Consensus.unit_id == Unit.id))  # as the index has it
        .where(Unit.project_id == project_id)
    )
    return {str(row[0]): (row[1], row[2]) for row in rows}


def _accuracy(
    truth: Mapping[str, str], inferred: Mapping[str, tuple[str | None, str | None]], which: int
) -> float | None:  # fmt: skip
    known = [item for item in truth if item in inferred]
    if not known:
        return None
    return round(sum(inferred[item][which] == truth[item] for item in known) / len(known), 4)


def as_json(report: Report) -> str:
    """The report as a file holds it."""
    return json.dumps(asdict(report), ensure_ascii=False, indent=1) + "\n"


def write_json(report: Report, file: Path) -> None:
    """Write it aside and put it in place, so that a half report is never read."""
    aside = file.with_name(file.name + ".part")
    aside.write_text(as_json(report), encoding="utf-8")
    aside.replace(file)


def as_table(report: Report) -> str:
    """The report for people, a line for each figure."""
    shown = {name: value for name, value in asdict(report).items() if name not in ("gold", "phases")}
    measured = f"{report.gold['items']} items measured, {report.gold['in_tests']} in tests"
    shown["gold"] = "; ".join(filter(None, (measured if report.gold["measured_on"] else "", report.gold["note"])))
    for name, seconds in report.phases.items():
        pace = f", {report.judgments / seconds:,.0f} judgments a second" if seconds else ""
        shown[f"- {name}"] = f"{seconds:.1f} s{pace}"
    width = max(map(len, shown))
    return "\n".join(f"{name:{width}}  {_cell(value)}" for name, value in shown.items())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,}" if isinstance(value, int) else str(value)
