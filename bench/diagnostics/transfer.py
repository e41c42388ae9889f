"""Transfer: what sharing gained or cost each outcome, against the twin that shares nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.evaluation.differences import difference
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import Scores
from bench.evaluation.statistics import Interval, holm, percentile, visible
from bench.evaluation.tested import Tested
from bench.store import DatasetRecord

SIGNIFICANT = 0.05
HELPED, HARMED, UNCLEAR, TOO_FEW = "helped", "harmed", "no clear difference", "too few positives"
COLUMNS = (
    "dataset",
    "method",
    "twin",
    "outcome",
    "metric",
    "gain",
    "low",
    "high",
    "p",
    "p_holm",
    "verdict",
    "visible",
    *("methods_low", "methods_high", "methods_p_holm"),
)
DELTA_COLUMNS = ("dataset", "method", "twin", "metric", "delta_m", "low", "high")


@dataclass(frozen=True)
class Pairs:
    """Methods with their twins' labels, and why each other method that names a twin has no gain."""

    twins: Mapping[str, str]
    left_out: Mapping[str, str]


def pairs(record: DatasetRecord, scores: Scores | Tested) -> Pairs:
    """Finds each method's twin in the study: the entry of that label, else the only one of that name. A twin that reads a modality
    which the method must do without is none: their difference would not be that of sharing; nor has a method any that is fitted for
    one outcome at a time, for it shares nothing."""
    methods = record.plan["methods"]
    twins, left_out = {}, {}
    for label, method in methods.items():
        name = method.get("twin")
        if name is None or name == label or name == method["name"] or method["per_outcome"]:
            continue
        named = [name] if name in methods else [other for other, entry in methods.items() if entry["name"] == name]
        named = [other for other in named if _without(methods[other]) == _without(method)] or named
        if label in scores.incomplete:
            left_out[label] = "the method itself is not complete"
        elif not named:
            left_out[label] = f"its twin {name} is not in the study"
        elif len(named) > 1:
            left_out[label] = f"its twin {name} stands under several labels ({', '.join(named)}); label one of them {name}"
        elif named[0] in scores.incomplete:
            left_out[label] = f"its twin {named[0]} is not complete"
        elif _without(methods[named[0]]) != _without(method):
            reads, other = (", ".join(entry["modalities"]) for entry in (method, methods[named[0]]))
            left_out[label] = f"it reads {reads}, its twin {named[0]} {other}: not sharing alone sets them apart"
        else:
            twins[label] = named[0]
    return Pairs(twins, left_out)


def _without(method: Mapping[str, Any]) -> set[str]:
    """The modalities that the study takes from a method."""
    return set(method.get("without", ()))


def transfer(record: DatasetRecord, scores: Scores, twins: Mapping[str, str]) -> pd.DataFrame:
    """Transfer gain G_t = M_t(method) − M_t(twin), absolute, positive is good: one line a method, target and metric.

    `low`, `high`: paired 95 % interval, unadjusted. `p_holm`: Holm within one metric over methods × outcomes; the averages, each
    a summary of the same outcomes, over methods. `verdict`: helped or harmed where p_holm < 0.05 (negative transfer: harmed),
    `too few positives` where AUPRC gets no interval. `visible`: smallest gain seen with 80 % power by a single test.
    `methods_*`: Nadeau–Bengio, from five folds on, speaks of the methods; the rest of these fitted models.
    """
    lines: list[dict[str, Any]] = []
    for metric in METRICS:
        for method, twin in twins.items():
            for target in scores.targets:
                found = difference(scores, metric, method, twin, target)
                line: dict[str, Any] = {"dataset": record.name, "method": method, "twin": twin, "outcome": target, "metric": metric}
                line |= {"gain": found.value, "low": found.interval.low, "high": found.interval.high, "p": found.p}
                line |= {"visible": visible(found.error), "methods_p_holm": found.corrected.p}
                line |= {"methods_low": found.corrected.interval.low, "methods_high": found.corrected.interval.high}
                lines.append(line)
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    table["p_holm"] = table["p"]
    family = table["metric"] + " " + table["outcome"].where(~table["outcome"].isin(scores.outcomes), "")
    for column in ("p_holm", "methods_p_holm"):
        table[column] = table[column].astype(float).groupby(family).transform(lambda p: holm(p.to_numpy()))
    table["verdict"] = [verdict(gain, p) for gain, p in zip(table["gain"], table["p_holm"], strict=True)]
    return table


def verdict(gain: float, p_holm: float) -> str:
    """`helped` or `harmed` where the adjusted p is under 0.05, else `no clear difference`; without a p `too few positives`."""
    if math.isnan(p_holm):
        return TOO_FEW
    if p_holm >= SIGNIFICANT:
        return UNCLEAR
    return HELPED if gain > 0 else HARMED


def delta_m(record: DatasetRecord, scores: Scores, twins: Mapping[str, str]) -> pd.DataFrame:
    """Δm = 100/K Σ_t (−1)^δ (M_t − B_t)/B_t in percent, δ = 1 as higher is better: lower is better, negative means help.

    Maninis et al. 2019, with the sign of Navon et al. 2022 (Nash-MTL); B is the twin under the same split, budget and seeds.
    In AUPRC the rarest outcome rules it: read it beside the absolute gains. Intervals: paired, unadjusted.
    """
    lines = []
    for m, metric in enumerate(METRICS):
        for method, twin in twins.items():
            a, b, outcomes = scores.rows.index(method), scores.rows.index(twin), len(scores.outcomes)
            value = _delta(scores.points[m, a, :outcomes], scores.points[m, b, :outcomes])
            found = percentile(_delta(scores.draws[m, a, :outcomes], scores.draws[m, b, :outcomes]))
            if any(scores.too_few(metric, outcome) for outcome in scores.outcomes):
                found = Interval(math.nan, math.nan)
            lines.append((record.name, method, twin, metric, float(value), found.low, found.high))
    return pd.DataFrame(lines, columns=list(DELTA_COLUMNS))


def _delta(method: np.ndarray, twin: np.ndarray) -> np.ndarray:
    # A twin that orders every pair wrongly has an AUC of 0, of which nothing is a share.
    relative = np.divide(method - twin, twin, out=np.full(twin.shape, np.nan), where=twin > 0)
    return np.asarray(-100 * relative.mean(axis=0))
