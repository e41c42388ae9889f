"""Results: what differs in the scores and costs of two studies on one dataset; B is held against A."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from bench.diagnostics.transfer import HARMED, HELPED, pairs, transfer
from bench.evaluation.cost import cost_table
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import Scores
from bench.evaluation.statistics import percentile
from bench.store import DatasetRecord

BETTER, WORSE, EQUAL = "better", "worse", "equal"
RESULTS = (
    *("dataset", "method", "outcome", "metric", "a", "a_low", "a_high", "b", "b_low", "b_high"),
    *("difference", "low", "high", "p", "p_holm", "verdict", "visible", "methods_low", "methods_high", "methods_p_holm", "apart"),
)
COSTS = ("dataset", "method", *(f"{what}_{side}" for what in ("seconds", "memory_mb") for side in ("a", "b", "ratio")))
VERDICTS = ("dataset", "method", "outcome", "metric", "a", "b")
_IN_A = " in A"


def results(record: DatasetRecord, a: Scores, b: Scores, apart: dict[str, float] | None) -> pd.DataFrame:
    """RESULTS, one line a method that is complete in both, target and metric.

    `a`, `b`: the scores with their own intervals. Where both tested on the same cases, `apart` (see `cases.apart`) is not None and
    `difference` is B − A, with what `transfer` gives for a gain: a paired 95 % interval from the same resamples of patients,
    unadjusted; Holm within one metric over methods × outcomes (the averages: over methods); `better` and `worse` where
    p_holm < 0.05. Methods with equal predictions do not count in Holm: nothing is in question there.
    """
    methods = tuple(method for method in a.methods if method in b.methods)
    lines = [
        (record.name, method, target, metric, *_scored(a, m, method, target), *_scored(b, m, method, target))
        for m, metric in enumerate(METRICS)
        for method in methods
        for target in a.targets
    ]
    table = pd.DataFrame(lines, columns=list(RESULTS[:10]))
    if apart is None:
        return table.reindex(columns=list(RESULTS)).assign(verdict="")
    moved = tuple(method for method in methods if apart[method] != 0)
    place = ["method", "outcome", "metric"]
    found = transfer(record, _side_by_side(a, b, moved), {method: method + _IN_A for method in moved})
    found = found.drop(columns=["dataset", "twin", "gain"])
    found["verdict"] = found["verdict"].replace({HELPED: BETTER, HARMED: WORSE})
    table = table.assign(difference=table["b"] - table["a"], apart=table["method"].map(apart)).merge(found, on=place, how="left")
    return table.assign(verdict=table["verdict"].where(table["method"].isin(moved), EQUAL))[list(RESULTS)]


def _scored(scores: Scores, m: int, method: str, target: str) -> tuple[float, float, float]:
    r, t = scores.rows.index(method), scores.targets.index(target)
    value = float(scores.points[m, r, t])
    if scores.too_few(METRICS[m], target):
        return value, float("nan"), float("nan")
    interval = percentile(scores.draws[m, r, t])
    return value, interval.low, interval.high


def _side_by_side(a: Scores, b: Scores, methods: tuple[str, ...]) -> Scores:
    """Rows of both, drawn on the same patients, as if they were methods of one study."""
    ours, theirs = ([scores.rows.index(method) for method in methods] for scores in (a, b))
    return replace(
        a,
        methods=methods,
        rows=(*methods, *(method + _IN_A for method in methods)),
        folds=np.concatenate([b.folds[:, theirs], a.folds[:, ours]], axis=1),
        draws=np.concatenate([b.draws[:, theirs], a.draws[:, ours]], axis=1),
    )


def costs(a: DatasetRecord, b: DatasetRecord, scores_a: Scores, scores_b: Scores) -> pd.DataFrame:
    """COSTS of the methods that are complete in both: seconds of tuning, final fits and predictions over all folds; the most memory
    of a process in MiB; ratio = B / A."""
    first, second = (_cost(record, scores) for record, scores in ((a, scores_a), (b, scores_b)))
    both = first.add_suffix("_a").join(second.add_suffix("_b"), how="inner")
    for what in ("seconds", "memory_mb"):
        both[f"{what}_ratio"] = both[f"{what}_b"] / both[f"{what}_a"].where(both[f"{what}_a"] > 0)
    return both.reset_index().assign(dataset=a.name)[list(COSTS)]


def _cost(record: DatasetRecord, scores: Scores) -> pd.DataFrame:
    table = cost_table(record, scores)
    table = table[table["status"] == "ok"].set_index("method")
    seconds = table[["tune_seconds", "fit_seconds", "predict_seconds"]].sum(axis=1, skipna=False)
    return pd.DataFrame({"seconds": seconds.astype(float), "memory_mb": table["peak_memory_mb"].astype(float)})


def verdicts(a: DatasetRecord, b: DatasetRecord, scores_a: Scores, scores_b: Scores) -> pd.DataFrame:
    """VERDICTS that changed between `helped`, `harmed` and none: each method's against its twin, on the outcomes alone, where both
    studies have the twin."""
    place = ["method", "outcome", "metric"]
    first, second = (
        transfer(record, scores, pairs(record, scores).twins)[[*place, "verdict"]]
        for record, scores in ((a, scores_a), (b, scores_b))
    )
    both = first.merge(second, on=place, suffixes=("_a", "_b"))
    clear = both[["verdict_a", "verdict_b"]].isin([HELPED, HARMED]).any(axis=1)
    both = both[both["outcome"].isin(scores_a.outcomes) & (both["verdict_a"] != both["verdict_b"]) & clear]
    return both.rename(columns={"verdict_a": "a", "verdict_b": "b"}).assign(dataset=a.name)[list(VERDICTS)].reset_index(drop=True)
