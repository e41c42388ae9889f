"""Foretold: whether the conflict that was logged while methods trained told which outcomes sharing would harm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from bench.evaluation.statistics import NONE, Interval, percentile

COLUMNS = ("metric", "signal", "ranked", "points", "methods", "cohorts", "correlation", "low", "high")
SIGNALS = ("conflict_rate", "norm")
RESAMPLES = 2000
# Fewer methods say nothing of the spread between them.
LEAST_METHODS = 5


def foretold(gradients: Sequence[pd.DataFrame], transfer: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """COLUMNS, one line a metric, signal and way of ranking: Spearman's rank correlation, over methods × outcomes × cohorts,
    between what was logged for an outcome and the gain that sharing brought it; `gradients` and `transfer` hold one table a cohort.

    Negative says that more conflict went with more harm. `ranked`: over all points, or within each cohort's outcome first, so that
    methods alone are compared, as outcomes differ in how rare they are, which moves both sides. 95 % interval: methods drawn with
    replacement, all their points together; none under LEAST_METHODS methods.
    """
    logged = pd.concat([table for table in gradients if len(table)] or list(gradients)[:1])
    gains = pd.concat([table for table in transfer if len(table)] or list(transfer)[:1])
    lines = []
    for metric in gains["metric"].unique() if len(logged) else ():
        joined = logged.merge(gains[gains["metric"] == metric], on=["dataset", "method", "outcome"])
        for signal in SIGNALS:
            points = joined.dropna(subset=[signal, "gain"])
            methods = points["method"].to_numpy()
            if len(np.unique(methods)) < 2:
                continue
            within = points.groupby(["dataset", "outcome"])[[signal, "gain"]].rank(pct=True)
            for ranked, values in (("over all", points), ("within outcomes", within)):
                x, y = values[signal].to_numpy(np.float64), values["gain"].to_numpy(np.float64)
                found = _interval(methods, x, y)
                counts = len(points), len(np.unique(methods)), points["dataset"].nunique()
                lines.append((metric, signal, ranked, *counts, spearman(x, y), found.low, found.high))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's ρ, ties at their mean rank; NaN where either is constant."""
    a, b = rankdata(x), rankdata(y)
    a, b = a - a.mean(), b - b.mean()
    spread = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / spread) if spread > 0 else float("nan")


def _interval(methods: np.ndarray, x: np.ndarray, y: np.ndarray) -> Interval:
    names = np.unique(methods)
    if len(names) < LEAST_METHODS:
        return NONE
    rng = np.random.default_rng(0)
    places = [np.flatnonzero(methods == name) for name in names]
    draws = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([places[n] for n in rng.integers(0, len(names), len(names))])
        draws.append(spearman(x[rows], y[rows]))
    return percentile(np.array(draws))
