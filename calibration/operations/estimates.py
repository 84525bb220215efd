"""From a lane's judgments to labels, confidences, skills and agreement; pure, between reading and writing them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.inference import (
    GLAD,
    MACE,
    AgreementCounter,
    DawidSkene,
    Estimator,
    Fusion,
    MajorityVote,
    OneCoin,
    Temperature,
    TooManyLabels,
    WeightedVote,
    calibrate,
)
from calibration.inference.agreement import against_rest, agreed_by_unit, count_agreement, labels_given, units_with
from calibration.inference.counters import SEED
from calibration.inference.temperature import (
    FALLBACK,
    LEAST_GOLD,
    brier_score,
    calibration_error,
    held_out,
    may_replace_vote,
    smaller_half,
)
from i18n import _
from kernel.errors import Conflict, Invalid
from labeling.tasktypes.protocol import TaskType
from labeling.values import InvalidAnswer, Ontology, Weighted

if TYPE_CHECKING:
    import pandas as pd

METHODS: Mapping[str, type[Estimator]] = {
    "majority": MajorityVote,
    "weighted": WeightedVote,
    "one-coin": OneCoin,
    "dawid-skene": DawidSkene,
    "mace": MACE,
    "glad": GLAD,
}
FUSION = "fusion"
PAIRS = 10_000
SAMPLES = 1000
CLASSES_MOST = 50
"""Classes whose agreement is told, those given most often."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What an inference reads: a frame (task, worker, label, item, and answer where needed), the keys by task, when."""

    frame: pd.DataFrame
    truths: Mapping[str, Mapping[str, Any]]
    task_type: TaskType[Any, Any]
    ontology: Ontology
    at: datetime
    fallback: float = FALLBACK  # the temperature, where these keys are too few to fit one


@dataclass(frozen=True, slots=True)
class Inferred:
    """The label of one unit."""

    unit_id: str
    item_id: str
    label: dict[str, Any]
    category: str | None
    majority_category: str | None
    confidence: float
    judgments: int
    agreed: float | None  # share of pairs of answers that agree, as the type measures it; None without a pair


LEAST_PER_UNIT = 3
LEAST_PER_PERSON = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an inference found."""

    units: list[Inferred]
    method: str
    parameters: dict[str, Any]
    skills: dict[str, float]
    agreement: dict[str, Any]
    iterations: int
    converged: bool
    at: datetime  # of what was read


def estimate(collected: Collected, method: str) -> Estimate:
    """Infer the labels of a lane: by the named method for closed answer sets, else by weighted fusion."""
    if method not in METHODS:
        raise Invalid("inference.method", _("There is no method “%(name)s”.", name=method[:40]))
    if collected.task_type.categories(collected.ontology) is None:
        return _fused(collected)
    try:
        return _closed(collected, method)
    except TooManyLabels:
        # So many labels that each person's confusions of them fit nowhere: people are weighed on keys, or not at all.
        simpler = "one-coin" if collected.truths else "majority"
    try:
        return _closed(collected, simpler)
    except TooManyLabels:
        message = _("This lane has too many different labels for its number of units; they cannot be inferred.")
        raise Conflict("inference.too_many_labels", message) from None


def _closed(collected: Collected, method: str) -> Estimate:
    import pandas as pd

    frame = collected.frame
    labels = collected.task_type.categories(collected.ontology) or ()
    gold = gold_categories(collected)
    vote = MajorityVote(is_model=True, labels=labels)
    vote.fit(frame)
    tau, keeps, measured = _trust(collected, method, labels, gold, vote)
    chosen = METHODS[method](labels=labels) if keeps else MajorityVote(is_model=True, labels=labels)
    chosen.fit(frame, gold=gold)
    probas = _with_certain(tau.apply(chosen.probas_), gold)
    counts = frame.groupby("task", sort=False)
    table = pd.DataFrame(
        {
            "category": chosen.labels_,
            "majority": vote.labels_.reindex(chosen.labels_.index),
            "confidence": probas.max(axis=1).reindex(chosen.labels_.index),
            "item": counts["item"].first().reindex(chosen.labels_.index),
            "n": counts.size().reindex(chosen.labels_.index),
        }
    )
    return Estimate(
        units=labelled(collected, table),
        method=method if keeps else "majority",
        parameters=_parameters(method, keeps, gold, tau) | measured,
        skills={str(worker): float(skill) for worker, skill in chosen.skills_.items()},
        agreement=_agreement(frame),
        iterations=chosen.iterations_,
        converged=chosen.converged_,
        at=collected.at,
    )


def _trust(
    collected: Collected, method: str, labels: Sequence[str], gold: Mapping[str, str], vote: Estimator
) -> tuple[Temperature, bool, dict[str, float]]:
    """How sure the labels may be of themselves, and whether the method does no worse than the vote on unseen keys.

    Each of the two is compared as it would be delivered: with its own temperature. The third part is how well what is
    delivered knows itself, on keys that anchored nothing, each under the temperature that the other half of the keys
    asks for; where a half is too small for that, it is not told, and the number there is says why.
    """
    frame = collected.frame
    of_vote = calibrate(vote.probas_, gold, fallback=collected.fallback)
    measured: dict[str, float] = {"smaller_half": smaller_half(vote.probas_, gold)}
    if len(gold) < LEAST_GOLD:
        return of_vote, _is_enough_for_a_model(frame), measured
    free = METHODS[method](labels=labels)
    free.fit(frame)
    of_method = calibrate(free.probas_, gold)
    model, votes = held_out(free.probas_, gold), held_out(vote.probas_, gold)
    if model is None or votes is None:
        keeps = may_replace_vote(of_method.apply(free.probas_), of_vote.apply(vote.probas_), gold)
        return of_method if keeps else of_vote, keeps, measured
    keeps = may_replace_vote(model, votes, gold)
    shown = model if keeps else votes
    measured |= {"ece": round(calibration_error(shown, gold), 4), "brier": round(brier_score(shown, gold), 4)}
    return of_method if keeps else of_vote, keeps, measured


def _is_enough_for_a_model(frame: pd.DataFrame) -> bool:
    """Whether there is enough to tell people apart without keys: with fewer answers a model can do worse than a vote.

    Three answers to a unit and twenty of a person, on average; both were chosen where small public sets turn.
    """
    answers = len(frame)
    return (
        answers >= LEAST_PER_UNIT * frame["task"].nunique() and answers >= LEAST_PER_PERSON * frame["worker"].nunique()
    )


def gold_categories(collected: Collected) -> dict[str, str]:
    """The categories that keys hold, by task."""
    task_type, ontology = collected.task_type, collected.ontology
    found = {}
    for task, truth in collected.truths.items():
        category = truth_category(task_type, ontology, truth)
        if category is not None:
            found[task] = category
    return found


def truth_category(task_type: TaskType[Any, Any], ontology: Ontology, truth: Mapping[str, Any]) -> str | None:
    """The category of a stored answer of a closed set; None where it is not one of this schema's answers."""
    # Answers of closed sets do not depend on the content, so that none has to be read for them.
    value = next((truth[name] for name in ("choice", "preference") if name in truth), None)
    return value if value in (task_type.categories(ontology) or ()) else None


def _with_certain(probas: pd.DataFrame, gold: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    known = [task for task in gold if task in probas.index]
    probas.loc[known, :] = 0.0
    for column, tasks in pd.Series({task: gold[task] for task in known}, dtype=object).groupby(lambda t: gold[t]):
        probas.loc[list(tasks.index), column] = 1.0
    return probas


def _parameters(method: str, keeps: bool, gold: Mapping[str, str], tau: Temperature) -> dict[str, Any]:
    return {
        "asked": method,
        "gold": len(gold),
        "temperature": round(tau.tau, 4),
        "temperature_fitted": tau.fitted,
        "beat_by_vote": not keeps,
    }


def labelled(collected: Collected, table: pd.DataFrame) -> list[Inferred]:
    """Units from a table by task: category, majority, confidence, item, n."""
    labels = _label_of_category(collected.task_type, collected.ontology)
    answers = None if labels is not None else _answers_by_task(collected)
    agreed = agreed_by_unit(collected.frame)
    found = []
    for task, category, majority, confidence, item, n in table.itertuples(name=None):
        label = labels[category] if labels is not None else _best_answer(collected, answers or {}, task, category)
        found.append(
            Inferred(task, item, label, category, majority, min(1.0, float(confidence)), int(n), agreed.get(task))
        )
    return found


def has_one_answer_each(task_type: TaskType[Any, Any], ontology: Ontology) -> bool:
    """Whether a category says everything about an answer, so that answers themselves need not be read."""
    return task_type.categories(ontology) is not None and _label_of_category(task_type, ontology) is not None


def _label_of_category(task_type: TaskType[Any, Any], ontology: Ontology) -> dict[str, dict[str, Any]] | None:
    """The one answer of each category, or None where a category has several answers (a preference with strength)."""
    found = {}
    for category in task_type.categories(ontology) or ():
        payload = task_type.from_label(category, ontology)
        try:
            found[category] = task_type.canonical(_parse_closed(task_type, ontology, payload))
        except InvalidAnswer:
            return None
    return found


def _parse_closed(task_type: TaskType[Any, Any], ontology: Ontology, payload: Mapping[str, Any]) -> Any:
    """Parse an answer of a closed set, for which the content does not matter."""
    return task_type.parse(dict(payload), ontology, None)


def _answers_by_task(collected: Collected) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for task, answer in zip(collected.frame["task"], collected.frame["answer"], strict=True):
        found.setdefault(task, []).append(answer)
    return found


def _best_answer(
    collected: Collected, answers: Mapping[str, list[Mapping[str, Any]]], task: str, category: str
) -> dict[str, Any]:
    """The fusion of the answers in the inferred category; where nobody gave one, the key, or the mildest answer."""
    task_type, ontology = collected.task_type, collected.ontology
    parsed = [_parse_closed(task_type, ontology, answer) for answer in answers[task]]
    behind = [Weighted(answer) for answer in parsed if task_type.category(answer) == category]
    fused = task_type.aggregate(behind, ontology)
    if fused is not None:
        return task_type.canonical(fused.label)
    if task in collected.truths:
        return dict(collected.truths[task])
    return {**task_type.from_label(category, ontology), "strength": 1}


def _agreement(frame: pd.DataFrame) -> dict[str, Any]:
    counter = count_agreement(frame)
    low, high = counter.interval(samples=SAMPLES, seed=SEED)
    told = _plain(alpha=counter.alpha(), low=low, high=high, percent=counter.percent(), units=counter.units)
    return {**told, "classes": [_of_class(counter, label) for label in labels_given(counter)[:CLASSES_MOST]]}


def _of_class(counter: AgreementCounter, label: Any) -> dict[str, Any]:
    """How well people agree on what is of this class and what is not."""
    apart = against_rest(counter, label)
    low, high = apart.interval(samples=SAMPLES, seed=SEED)
    told = _plain(alpha=apart.alpha(), low=low, high=high, percent=apart.percent(), units=units_with(counter, label))
    return {"name": str(label), **told}


def _plain(**figures: float) -> dict[str, Any]:
    """Figures as JSON, which knows no nan."""
    return {name: None if math.isnan(value) else round(value, 6) for name, value in figures.items()}


class _ByType(Fusion[Any, Sequence[Any]]):
    """Fusion of open answers: the task type says how far apart two are, and how several are made into one."""

    def __init__(
        self, task_type: TaskType[Any, Any], ontology: Ontology, skills: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(skills=skills)
        self.task_type, self.ontology = task_type, ontology

    def _read(self, label: Any) -> Any:
        return label

    def _prepare(self, labels: Sequence[Any]) -> Sequence[Any]:
        return labels

    def _merge(self, prepared: Sequence[Any], weights: Any) -> Any:
        answers = [Weighted(answer, weight) for answer, weight in zip(prepared, weights.tolist(), strict=True)]
        consensus = self.task_type.aggregate(answers, self.ontology)
        assert consensus is not None, "somebody has weight"
        return consensus.label

    def _distance(self, one: Any, other: Any) -> float:
        return self.task_type.distance(one, other)


def _fused(collected: Collected) -> Estimate:
    """Open answers: fuse, weigh people by how near they come to the fusion, and again until nothing moves."""
    groups = open_groups(collected)
    keys = open_keys(collected)
    fusion = fit_fusion(collected, groups, keys)
    return Estimate(
        units=fused_units(collected, groups, fusion),
        method=FUSION,
        parameters={"gold": len(keys)},
        skills={str(worker): float(skill) for worker, skill in fusion.skills_.items()},
        agreement=_distance_alpha(collected.task_type, groups),
        iterations=fusion.iterations_,
        converged=fusion.converged_,
        at=collected.at,
    )


_Row = tuple[str, Any, str]  # worker, parsed answer, item


def fit_fusion(
    collected: Collected,
    groups: Mapping[str, list[_Row]],
    keys: Mapping[str, Any],
    skills: Mapping[str, float] | None = None,
) -> _ByType:
    """Fuse the answers to each unit; where `skills` of everybody are given, they hold."""
    import pandas as pd

    answers = [(task, worker, answer) for task, rows in groups.items() for worker, answer, _item in rows]
    fusion = _ByType(collected.task_type, collected.ontology, skills)
    fusion.fit(pd.DataFrame(answers, columns=["task", "worker", "label"]), gold=keys)
    return fusion


def fused_units(collected: Collected, groups: Mapping[str, list[_Row]], fusion: _ByType) -> list[Inferred]:
    """Units from what was fused."""
    chosen, sure = fusion.labels_.to_dict(), fusion.confidence_.to_dict()
    return [
        Inferred(task, rows[0][2], collected.task_type.canonical(chosen[task]), None, None,
                 min(1.0, float(sure[task])), len(rows),
                 1.0 - min(1.0, _mean_distance(collected.task_type, rows)) if len(rows) > 1 else None)
        for task, rows in groups.items()
    ]  # fmt: skip


def open_keys(collected: Collected) -> dict[str, Any]:
    """The keys by task, as parsed answers; one that no longer fits the schema is none."""
    found = {}
    for task, content in collected.frame.drop_duplicates("task")[["task", "content"]].itertuples(
        index=False, name=None
    ):
        if task in collected.truths:
            parsed = collected.task_type.parse_content(dict(content))
            with suppress(InvalidAnswer):
                found[task] = collected.task_type.parse(dict(collected.truths[task]), collected.ontology, parsed)
    return found


def open_groups(collected: Collected) -> dict[str, list[_Row]]:
    """The answers to each unit, read."""
    parsed = _parse_open(collected)
    groups: dict[str, list[_Row]] = {}
    rows = collected.frame[["task", "worker", "item"]].itertuples(index=False, name=None)
    for (task, worker, item), answer in zip(rows, parsed, strict=True):
        groups.setdefault(task, []).append((worker, answer, item))
    return groups


def _parse_open(collected: Collected) -> list[Any]:
    """Each distinct answer to each item is read once."""
    read: dict[tuple[str, str], Any] = {}
    found = []
    for item, answer, content in zip(
        collected.frame["item"], collected.frame["answer"], collected.frame["content"], strict=True
    ):
        place = (item, json.dumps(answer, sort_keys=True))
        if place not in read:
            task_type = collected.task_type
            read[place] = task_type.parse(dict(answer), collected.ontology, task_type.parse_content(dict(content)))
        found.append(read[place])
    return found


def _distance_alpha(task_type: TaskType[Any, Any], groups: Mapping[str, list[_Row]]) -> dict[str, Any]:
    """Krippendorff's frame with the type's own distance: within units, against pairs of different units."""
    within = np.array([_mean_distance(task_type, rows) for rows in groups.values() if len(rows) > 1])
    every = [(task, answer) for task, rows in groups.items() for _worker, answer, _item in rows]
    expected = _expected_distance(task_type, every)
    if not len(within) or not expected:
        return _plain(alpha=math.nan, low=math.nan, high=math.nan, percent=math.nan, units=len(within))
    drawn = np.random.default_rng(SEED).integers(0, len(within), size=(SAMPLES, len(within)))
    low, high = np.quantile(1.0 - within[drawn].mean(axis=1) / expected, [0.025, 0.975])
    alpha = 1.0 - float(within.mean()) / expected
    return _plain(alpha=alpha, low=float(low), high=float(high), percent=1.0 - float(within.mean()), units=len(within))


def _mean_distance(task_type: TaskType[Any, Any], rows: Sequence[_Row]) -> float:
    answers = [answer for _worker, answer, _item in rows]
    pairs = [task_type.distance(a, b) for place, a in enumerate(answers) for b in answers[place + 1 :]]
    return sum(pairs) / len(pairs)


def _expected_distance(task_type: TaskType[Any, Any], every: Sequence[tuple[str, Any]]) -> float:
    if len(every) < 2:
        return 0.0
    generator = np.random.default_rng(SEED)
    pairs = generator.integers(0, len(every), size=(PAIRS, 2)).tolist()
    apart = [task_type.distance(every[i][1], every[j][1]) for i, j in pairs if every[i][0] != every[j][0]]
    return sum(apart) / len(apart) if apart else 0.0
