"""Commands of calibration: truth inference, agreement and test plans on files, and rules tried on what happened."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from flask.cli import with_appcontext

from calibration.files.tables import BadTable, Progress, is_stream, line_where, read_keys, read_labels, write_table
from calibration.inference import AgreementCounter, Estimator, Level, MajorityVote, Numbers, OneCoin, TooManyLabels
from calibration.inference.agreement import count_agreement, count_pairs, pairwise_agreement
from calibration.lanes import find_lane
from calibration.operations import backtests
from calibration.operations.estimates import METHODS
from calibration.rules import testplan
from calibration.values import GateAction, GateMetric, PlanImpossible, PlanKind
from kernel import db
from kernel.errors import Invalid
from kernel.policy import system_actor
from kernel.tenancy import Scope
from web.commands import Commands

if TYPE_CHECKING:
    import pandas as pd

cli = Commands("calibration", help="How good people and labels are.", without_database=("infer", "agreement", "plan"))
TABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
RESULT = click.Path(dir_okay=False, path_type=Path)
METHODS_BY_ANY_NAME = {**METHODS, "majority-vote": METHODS["majority"], "weighted-vote": METHODS["weighted"]}
MEDIAN = "weighted-median"
METRICS = (*(level.value for level in Level), "cohen", "fleiss", "percent")


@cli.command("infer")
@click.argument("labels", type=TABLE)
@click.option(
    "--method", type=click.Choice(sorted([*METHODS_BY_ANY_NAME, MEDIAN])), default="dawid-skene", show_default=True
)
@click.option("--gold", type=TABLE, help="Known labels (item,label) that hold the estimate in place.")
@click.option("--out", type=RESULT, required=True, help="Where item,label,confidence go (.csv or .csv.gz).")
@click.option("--skills", type=RESULT, help="Also write worker,skill.")
def infer(labels: Path, method: str, gold: Path | None, out: Path, skills: Path | None) -> None:
    """Infer the label of each item from LABELS (worker,item,label; .csv or .csv.gz).

    Of several labels that a worker gave to the same item the first counts. By weighted-median labels are numbers, and
    the confidence is how near they come to the answer.
    """
    import pandas as pd

    for file in (out, skills):
        _ensure_place(file)
    _ensure_apart({"LABELS": labels, "--gold": gold}, {"--out": out, "--skills": skills})
    judgments = _table(labels)
    keys = _keys(gold)
    estimator: Estimator | Numbers
    if method == MEDIAN:
        estimator = _median(labels, judgments, gold, keys)
        used, confidence = MEDIAN, estimator.confidence_
    else:
        estimator = _fitted(METHODS_BY_ANY_NAME[method](), judgments, keys)
        used, confidence = _name_of(type(estimator)), estimator.probas_.max(axis=1)
    answers = estimator.labels_
    _write(out, pd.DataFrame({"label": answers, "confidence": confidence}), "item")
    if skills is not None:
        _write(skills, estimator.skills_.to_frame("skill"), "worker")
    matching = 0 if keys is None else int(answers.index.isin(list(keys)).sum())
    held = "" if keys is None else f", {matching} of {_count(len(keys), 'known label')} held"
    if keys and not matching:
        click.echo("None of the known labels is of an item in this file.", err=True)
    click.echo(
        f"{_count(len(answers), 'item')} from {_count(len(judgments), 'label')} by"
        f" {_count(len(estimator.skills_), 'worker')}: {used}, {_count(estimator.iterations_, 'round')}"
        f"{'' if estimator.converged_ else ', not converged'}{held}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


@cli.command("agreement")
@click.argument("labels", type=TABLE)
@click.option("--metric", type=click.Choice(METRICS), default="nominal", show_default=True)
@click.option("--order", help="Names of ordinal labels from the least to the most, with commas between them.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def agreement(labels: Path, metric: str, order: str | None, as_json: bool) -> None:
    """How well the people in LABELS (worker,item,label) agree, with a bootstrap interval over items.

    The first four metrics are Krippendorff's alpha on that level. Cohen's kappa is that of two people; of more it is
    the mean over their pairs, weighted by the items that both have judged. Of several labels that a worker gave to the
    same item the first counts.
    """
    judgments = _table(labels)
    grades = None if order is None else [grade.strip() for grade in order.split(",")]
    if metric == Level.ORDINAL and grades is not None:
        _ensure_known(labels, judgments["label"], grades)
    elif metric in (Level.ORDINAL, Level.INTERVAL, Level.RATIO):
        judgments = judgments.assign(label=_numbers(labels, judgments["label"], least=0 if metric == "ratio" else None))
    with _bar("drawing") as progress:
        figures = _pair(judgments, progress) if metric == "cohen" else _figures(judgments, metric, grades, progress)
    told = {name: None if isinstance(figure, float) and math.isnan(figure) else figure for name, figure in figures}
    _tell({"metric": metric, **told, "judgments": len(judgments)}, as_json)
    if not told["units"]:
        click.echo("No item has two labels to compare, so that there is no agreement to tell of.", err=True)


@cli.command("plan")
@click.option("--p0", type=float, default=0.7, show_default=True, help="The accuracy that must not pass.")
@click.option("--p1", type=float, default=0.9, show_default=True, help="The accuracy that must pass.")
@click.option("--alpha", type=float, default=0.05, show_default=True)
@click.option("--beta", type=float, default=0.05, show_default=True)
@click.option("--sequential/--fixed", default=True, show_default=True)
@click.option("--bare", is_flag=True, help="Without the guard that nobody fails before eight questions.")
@click.option(
    "--classes",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="How many kinds of questions are each asked once before anybody can pass.",
)
@click.option("--json", "as_json", is_flag=True)
def plan(
    p0: float, p1: float, alpha: float, beta: float, sequential: bool, bare: bool, classes: int, as_json: bool
) -> None:
    """Design a qualification test, with its exact error rates and expected length.

    The expected numbers of questions are told for an accuracy of p0, of p1, in the middle between them, and of a half.
    """
    kind = PlanKind.SEQUENTIAL if sequential else PlanKind.FIXED
    try:
        found = testplan.plan(p0, p1, alpha, beta, kind, guard=0 if bare else testplan.GUARD, strata=classes)
    except PlanImpossible as problem:
        raise click.ClickException(str(problem)) from None
    if kind is PlanKind.SEQUENTIAL and not as_json:
        _tell_of_fixed(found, testplan.plan(p0, p1, alpha, beta, PlanKind.FIXED, guard=found.guard))
    _tell(
        {
            "kind": kind.value,
            "questions": found.questions,
            "pass_mark": found.pass_mark,
            "alpha": round(found.exact_alpha, 6),
            "beta": round(found.exact_beta, 6),
            "expected_questions": {name: round(count, 4) for name, count in found.expected_questions.items()},
            "guard": found.guard,
            "classes": found.strata,
        },
        as_json,
    )


def _tell_of_fixed(found: testplan.Plan, fixed: testplan.Plan) -> None:
    if fixed.questions <= min(found.expected_questions[name] for name in ("p0", "p1")):
        click.echo(f"A fixed test of {_count(fixed.questions, 'question')} keeps the same errors (--fixed).", err=True)


@cli.command("backtest")
@click.option("--lane", "lane_id", help="The lane whose people the rule is tried on.")
@click.option("--project", "project_id", help="All lanes of a project instead.")
@click.option(
    "--metric", type=click.Choice([metric.value for metric in GateMetric]), default="accuracy_upper", show_default=True
)
@click.option(
    "--action", type=click.Choice([action.value for action in GateAction]), default="pause", show_default=True
)
@click.option("--limit", type=float, default=0.8, show_default=True, help="The accuracy that is the limit.")
@click.option("--certainty", type=float, default=0.9, show_default=True)
@click.option("--release", type=float, help="The probability of being over the limit at which it lets go.")
@click.option("--minimum-checks", type=int, default=20, show_default=True)
@click.option("--pause-days", type=int, default=7, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON, with everybody it would have acted on.")
@with_appcontext
def backtest(lane_id: str | None, project_id: str | None, as_json: bool, **rule: Any) -> None:
    """Replay a proposed rule over what happened: who, which locales, at what cost, what it would have prevented."""
    if (lane_id is None) == (project_id is None):
        raise click.UsageError("Name a lane with --lane, or a project with --project.")
    fields, actor = {"name": "proposed", **rule}, system_actor("backtest")
    with db.reading(Scope.system("backtest: grades of people under a proposed rule")) as session:
        try:
            proposal = backtests.proposal_of(backtests.checked(fields))
        except Invalid as problem:
            raise click.ClickException("; ".join(f"{name}: {told}" for name, told in problem.fields.items())) from None
        if lane_id is not None and find_lane(session, lane_id) is None:
            raise click.ClickException(f"there is no lane {lane_id}")
        people = backtests.subjects_of(session, actor, project_id, lane_id)
        if not people:
            raise click.ClickException("nobody has answered anything there")
        lanes = {one.lane_id for one in people}
        others = backtests.other_rules(session, actor, lanes, "proposed")
        with _bar("replaying") as progress:
            found = backtests.replay(
                session, actor, proposal, people, others, lambda done: progress(done / len(people))
            )
        told = backtests.summary(session, actor, lanes, "proposed", proposal, found)
    if as_json:
        click.echo(json.dumps(told))
        return
    _tell({name: value for name, value in told.items() if not isinstance(value, list)}, False)
    for row in told["locales"]:
        click.echo(f"{row['locale']:12} {row['acted']} of {row['people']} ({row['low']:.3f}-{row['high']:.3f})")
    for row in told["contradictions"]:
        click.echo(" ".join(word for word in ("contradiction:", row["code"], row["other"], row["lane_id"]) if word))


def _figures(
    judgments: pd.DataFrame, metric: str, order: list[str] | None, progress: Progress
) -> list[tuple[str, float | int]]:
    """Value, interval and units of a metric for any number of people."""
    counter = count_agreement(judgments)
    value, (low, high) = _measured(counter, metric, order, progress)
    return [("value", value), ("low", low), ("high", high), ("units", counter.units)]


def _measured(
    counter: AgreementCounter, metric: str, order: list[str] | None, progress: Progress
) -> tuple[float, tuple[float, float]]:
    if metric == "percent":
        return counter.percent(), counter.percent_interval(progress=progress)
    if metric == "fleiss":
        try:
            return counter.fleiss(), counter.fleiss_interval(progress=progress)
        except ValueError as problem:
            raise click.ClickException(str(problem)) from None
    return counter.alpha(metric, order), counter.interval(metric, order, progress=progress)


def _pair(judgments: pd.DataFrame, progress: Progress) -> list[tuple[str, float | int]]:
    """The same for two people, or for the mean over all pairs of more."""
    import pandas as pd

    people = judgments["worker"].unique().tolist()
    if len(people) < 2:
        raise click.ClickException(f"Cohen's kappa compares people with one another; this file has {len(people)}")
    if len(people) > 2:
        pairs = pairwise_agreement(judgments)
        low, high = pairs.interval(progress=progress)
        return [("value", pairs.kappa()), ("low", low), ("high", high), ("units", pairs.units)]
    first, second = (judgments[judgments["worker"] == one].set_index("task")["label"] for one in people)
    both = pd.concat([first.astype(object), second.astype(object)], axis=1, join="inner")
    counter = count_pairs(both.iloc[:, 0].tolist(), both.iloc[:, 1].tolist())
    low, high = counter.interval(progress=progress)
    return [("value", counter.kappa()), ("low", low), ("high", high), ("units", counter.shared)]


def _tell(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:20} {value}")


def _table(path: Path) -> pd.DataFrame:
    try:
        with _bar("reading") as progress:
            table = read_labels(path, progress)
    except (BadTable, OSError) as problem:
        raise click.ClickException(str(problem)) from None
    first = table.drop_duplicates(["worker", "task"])
    contrary = table.drop_duplicates().drop(first.index)
    if len(contrary):
        wanted = tuple(contrary.iloc[0][["worker", "task", "label"]])
        line = line_where(path, ("worker", "task", "label"), lambda row: tuple(row) == wanted)
        click.echo(
            f"{_count(len(contrary), 'label')} left out, the first on line {line}: the worker had given another one to"
            " the item.",
            err=True,
        )
    return first


def _keys(path: Path | None) -> dict[str, str] | None:
    try:
        return None if path is None else read_keys(path)
    except (BadTable, OSError) as problem:
        raise click.ClickException(str(problem)) from None


def _fitted(estimator: Estimator, judgments: pd.DataFrame, keys: dict[str, str] | None) -> Estimator:
    """The estimate; where it would not fit into memory, a simpler one, and said so."""
    try:
        with _bar("inferring") as progress:
            estimator.progress = progress
            return estimator.fit(judgments, gold=keys)
    except TooManyLabels as problem:
        simpler = OneCoin if keys else MajorityVote
        if isinstance(estimator, (OneCoin, MajorityVote)):
            raise click.ClickException(str(problem)) from None
        click.echo(f"{problem}. By {_name_of(simpler)} instead.", err=True)
        return _fitted(simpler(), judgments, keys)


def _median(labels: Path, judgments: pd.DataFrame, gold: Path | None, keys: dict[str, str] | None) -> Numbers:
    """The weighted median of labels that are numbers, with people weighed by how near they come to it."""
    import pandas as pd

    of = f"for {MEDIAN}"
    numbers = judgments.assign(label=_numbers(labels, judgments["label"], least=None, of=of))
    known = None
    if gold is not None and keys is not None:
        column = pd.Series([*keys.values()], dtype="category")
        known = dict(zip(keys, _numbers(gold, column, least=None, of=of).tolist(), strict=True))
    return Numbers().fit(numbers, gold=known)


def _name_of(kind: type[Estimator]) -> str:
    return next(name for name, known in METHODS.items() if known is kind)


def _write(path: Path, table: pd.DataFrame, index_label: str) -> None:
    try:
        write_table(path, table, index_label)
    except OSError as problem:
        raise click.ClickException(f"{path} cannot be written: {problem.strerror}") from None


def _ensure_place(file: Path | None) -> None:
    """Said before the work, not after it."""
    if file is None:
        return
    if is_stream(file):
        if not os.access(file, os.W_OK):
            raise click.ClickException(f"{file} cannot be written to")
    elif not os.access(file.resolve().parent, os.W_OK | os.X_OK):
        raise click.ClickException(f"{file.resolve().parent} is no folder that can be written to")


def _ensure_apart(read: dict[str, Path | None], written: dict[str, Path | None]) -> None:
    """What is written takes the place of nothing that is read, nor of what else is written."""
    met: dict[str, Path] = {name: file for name, file in read.items() if file is not None}
    for name, file in written.items():
        if file is None or is_stream(file):
            continue
        for other, known in met.items():
            if file.resolve() == known.resolve() or (file.exists() and known.exists() and file.samefile(known)):
                raise click.UsageError(f"{name} and {other} are the same file, {file}")
        met[name] = file


def _numbers(path: Path, labels: pd.Series[Any], least: float | None, of: str = "on this level") -> Any:
    """The labels as numbers; the first that is none is told by its line."""
    numbers = np.array([_number(name) for name in labels.cat.categories])
    with np.errstate(invalid="ignore"):
        wrong = ~np.isfinite(numbers) | (numbers < (-math.inf if least is None else least))
    if wrong.any():
        refused = set(labels.cat.categories[wrong])
        line = line_where(path, ("label",), lambda row: row[0] in refused)
        what = "a number" if least is None else f"a number of {least} or more"
        raise click.ClickException(f"{path.name}, line {line}: {of} a label is {what}")
    return numbers[labels.cat.codes.to_numpy()]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _ensure_known(path: Path, labels: pd.Series[Any], grades: list[str]) -> None:
    unknown = set(labels.cat.categories) - set(grades)
    if unknown:
        line = line_where(path, ("label",), lambda row: row[0] in unknown)
        raise click.ClickException(f"{path.name}, line {line}: this label is not in the order given")


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    """A progress bar on standard error for who sits before it; a file or a pipe gets none."""
    if not sys.stderr.isatty():
        yield lambda share: None
        return
    with click.progressbar(length=1000, label=f"{name:10}", file=sys.stderr) as bar:
        yield lambda share: bar.update(max(0, round(share * 1000) - bar.pos))
        bar.update(1000 - bar.pos)
