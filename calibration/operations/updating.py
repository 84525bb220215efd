"""Labels between two runs of inference: each answer moves its unit, with people as able as the last run found them."""

from collections.abc import Mapping

from calibration.inference import Outlook
from calibration.inference.temperature import FALLBACK
from calibration.operations.estimates import (
    Collected,
    Inferred,
    fit_fusion,
    fused_units,
    gold_categories,
    labelled,
    open_groups,
    open_keys,
)
from calibration.rules.intervals import DEFAULT_PRIOR
from calibration.values import RunView


def update(collected: Collected, run: RunView) -> list[Inferred]:
    """The labels of some units, with people as able as a run found them: what its estimate becomes between two runs.

    Somebody whom the run does not know counts as its average. Where the vote was delivered, all count as its average.
    In a closed set wrong answers are taken as spread evenly, and the run's temperature holds.
    """
    if collected.frame.empty:
        return []
    average = sum(run.skills.values()) / len(run.skills) if run.skills else DEFAULT_PRIOR.mean
    able = {str(worker): run.skills.get(str(worker), average) for worker in collected.frame["worker"].unique()}
    if collected.task_type.categories(collected.ontology) is None:
        groups = open_groups(collected)
        return fused_units(collected, groups, fit_fusion(collected, groups, open_keys(collected), able))
    if run.method == "majority":
        able = dict.fromkeys(able, average)
    return _updated(collected, able, float(run.parameters.get("temperature", FALLBACK)))


def _updated(collected: Collected, able: Mapping[str, float], temperature: float) -> list[Inferred]:
    import pandas as pd

    known, gold = collected.task_type.categories(collected.ontology) or (), gold_categories(collected)
    labels = tuple(dict.fromkeys([*known, *collected.frame["label"]]))  # some may be of an older schema
    rows: dict[str, tuple[str, str, float, str, int]] = {}
    for name, judged in collected.frame.groupby("task", sort=False):
        task = str(name)
        outlook = vote = Outlook.start(labels)
        for worker, label in zip(judged["worker"], judged["label"], strict=True):
            outlook, vote = outlook.add(label, able[str(worker)]), vote.add(label, DEFAULT_PRIOR.mean)
        leader, confidence = (gold[task], 1.0) if task in gold else outlook.leader(temperature)
        rows[task] = (leader, vote.leader()[0], confidence, judged["item"].iloc[0], len(judged))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["category", "majority", "confidence", "item", "n"])
    return labelled(collected, table)
