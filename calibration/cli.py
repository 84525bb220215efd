"""Commands of calibration: truth inference, agreement and test plans on files, without a database."""

import json
import math
from pathlib import Path
from typing import Any

import click
import pandas as pd

from calibration.files.tables import BadTable, read_keys, read_labels, write_answers
from calibration.inference import Level, cohen_kappa, krippendorff_interval
from calibration.inference.agreement import count_agreement
from calibration.operations.estimates import METHODS
from calibration.rules import testplan
from calibration.values import PlanImpossible, PlanKind

cli = click.Group("calibration", help="How good people and labels are.")
TABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
METRICS = ("alpha", "krippendorff-alpha", "percent", "fleiss", "cohen")


@cli.command("infer")
@click.argument("labels", type=TABLE)
@click.option("--method", type=click.Choice(sorted(METHODS)), default="dawid-skene", show_default=True)
@click.option("--gold", type=TABLE, help="Known labels (item,label) that hold the estimate in place.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--skills", type=click.Path(dir_okay=False, path_type=Path), help="Also write worker,skill.")
def infer(labels: Path, method: str, gold: Path | None, out: Path, skills: Path | None) -> None:
    """Infer the label of each item from LABELS (worker,item,label)."""
    judgments = _table(labels)
    keys = _keys(gold)
    estimator = METHODS[method]()
    answers = estimator.fit_predict(judgments, gold=keys)
    confidence = estimator.probas_.max(axis=1)
    write_answers(out, pd.DataFrame({"label": answers, "confidence": confidence}))
    if skills is not None:
        estimator.skills_.to_csv(skills, index_label="worker", header=["skill"], float_format="%.6f")
    click.echo(
        f"{len(answers)} items from {len(judgments)} labels by {len(estimator.skills_)} workers: {method},"
        f" {estimator.iterations_} rounds{'' if estimator.converged_ else ', not converged'}"
    )


@cli.command("agreement")
@click.argument("labels", type=TABLE)
@click.option("--metric", type=click.Choice(METRICS), default="alpha", show_default=True)
@click.option("--level", type=click.Choice([level.value for level in Level]), default="nominal", show_default=True)
@click.option("--json", "as_json", is_flag=True)
def agreement(labels: Path, metric: str, level: str, as_json: bool) -> None:
    """How well the people in LABELS (worker,item,label) agree."""
    judgments = _table(labels)
    if Level(level) is not Level.NOMINAL:
        judgments = judgments.assign(label=_numbers(judgments["label"]))
    figures = _agreement(judgments, metric, level)
    _tell(figures, as_json)


@cli.command("plan")
@click.option("--p0", type=float, default=0.7, show_default=True, help="The accuracy that must not pass.")
@click.option("--p1", type=float, default=0.9, show_default=True, help="The accuracy that must pass.")
@click.option("--alpha", type=float, default=0.05, show_default=True)
@click.option("--beta", type=float, default=0.05, show_default=True)
@click.option("--sequential/--fixed", default=True, show_default=True)
@click.option("--bare", is_flag=True, help="Without the guard that nobody fails before eight questions.")
@click.option("--json", "as_json", is_flag=True)
def plan(p0: float, p1: float, alpha: float, beta: float, sequential: bool, bare: bool, as_json: bool) -> None:
    """Design a qualification test, with its exact error rates and expected length."""
    kind = PlanKind.SEQUENTIAL if sequential else PlanKind.FIXED
    try:
        found = testplan.plan(p0, p1, alpha, beta, kind, guard=0 if bare else testplan.GUARD)
    except PlanImpossible as problem:
        raise click.ClickException(str(problem)) from None
    _tell(
        {
            "kind": kind.value,
            "questions": found.questions,
            "pass_mark": found.pass_mark,
            "alpha": round(found.exact_alpha, 6),
            "beta": round(found.exact_beta, 6),
            "expected_questions": {name: round(count, 4) for name, count in found.expected_questions.items()},
            "guard": found.guard,
        },
        as_json,
    )


def _agreement(judgments: pd.DataFrame, metric: str, level: str) -> dict[str, Any]:
    counter = count_agreement(judgments)
    sizes: dict[str, Any] = {"units": counter.units, "judgments": len(judgments)}
    if metric in ("alpha", "krippendorff-alpha"):
        low, high = krippendorff_interval(judgments, level)
        figures = {"value": counter.alpha(level), "low": low, "high": high, "level": level}
    elif metric == "percent":
        figures = {"value": counter.percent()}
    elif metric == "fleiss":
        figures = {"value": _refusing(counter.fleiss)}
    else:
        figures = {"value": _cohen(judgments)}
    return {"metric": metric, **{name: _finite(value) for name, value in figures.items()}, **sizes}


def _refusing(figure: Any) -> float:
    try:
        return float(figure())
    except ValueError as problem:
        raise click.ClickException(str(problem)) from None


def _cohen(judgments: pd.DataFrame) -> float:
    wide = judgments.drop_duplicates(["task", "worker"]).pivot(index="task", columns="worker", values="label")
    if wide.shape[1] != 2:
        raise click.ClickException(f"Cohen's kappa compares two people; this file has {wide.shape[1]}")
    both = wide.dropna()
    return cohen_kappa(both.iloc[:, 0], both.iloc[:, 1])


def _finite(value: Any) -> Any:
    """JSON has no nan: a figure that cannot be told is null."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _tell(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:20} {value}")


def _table(path: Path) -> pd.DataFrame:
    try:
        return read_labels(path)
    except (BadTable, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise click.ClickException(str(problem)) from None


def _keys(path: Path | None) -> dict[str, str] | None:
    try:
        return None if path is None else read_keys(path)
    except (BadTable, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise click.ClickException(str(problem)) from None


def _numbers(labels: "pd.Series[Any]") -> "pd.Series[Any]":
    try:
        return labels.astype(float)
    except ValueError:
        raise click.ClickException("labels on such a level are numbers") from None
