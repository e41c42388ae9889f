"""Foretold: rank correlations between what was logged of an outcome and the gain that sharing brought it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.verifying.expected import LEFT_OUT, Expected, Row
from bench.verifying.laws import NAN, NONE, percentiles
from bench.verifying.predicted import METRICS, Dataset

RESAMPLES = 2000
SIGNALS = ("conflict_rate", "norm")
# Intervals take as many methods.
LEAST_METHODS = 5


def foretold(data: Dataset, gradients: Sequence[Row], gains: Sequence[Row], intervals: bool) -> Expected:
    """`gradients` and `gains`: rows of the tables of those names, as recomputed."""
    rows = [{"dataset": data.name, **row} for row in foretold_of([gradients], [gains], intervals)]
    return Expected("foretold", ("dataset", "metric", "signal", "ranked"), rows, "correlation of ranks")


def foretold_of(gradients: Sequence[Sequence[Row]], gains: Sequence[Sequence[Row]], intervals: bool) -> list[Row]:
    """Over methods × outcomes × datasets; one sequence of rows a dataset."""
    rows: list[Row] = []
    logged = {(row["dataset"], row["method"], row["outcome"]): row for table in gradients for row in table}
    for metric in METRICS:
        for signal in SIGNALS:
            found = [
                (key, logged[key][signal], row["gain"])
                for table in gains
                for row in table
                if row["metric"] == metric and (key := (row["dataset"], row["method"], row["outcome"])) in logged
            ]
            points = [one for one in found if one[1] == one[1] and one[2] == one[2]]
            names = sorted({key[1] for key, _, _ in points})
            if len(names) < 2:
                continue
            x, y = (np.array([one[k] for one in points], dtype=float) for k in (1, 2))
            outcome = np.array([f"{key[0]}/{key[2]}" for key, _, _ in points])
            for ranked in ("over all", "within outcomes"):
                a, b = (x, y) if ranked == "over all" else (_within(x, outcome), _within(y, outcome))
                low: Any = NAN
                high: Any = NAN
                if len(names) >= LEAST_METHODS:
                    low, high = _interval(names, [key[1] for key, _, _ in points], a, b) if intervals else (LEFT_OUT, LEFT_OUT)
                row: dict[str, Any] = {"metric": metric, "signal": signal, "ranked": ranked, "points": len(points)}
                row |= {"methods": len(names), "cohorts": len({key[0] for key, _, _ in points})}
                rows.append(row | {"correlation": _spearman(a, b), "low": low, "high": high})
    return rows


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks, ties at their middle."""
    ordered = np.sort(values)
    return np.asarray(np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1) / 2


def _within(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Ranks inside each group, by its size."""
    found = np.empty(len(values))
    for name in set(group.tolist()):
        inside = group == name
        found[inside] = ranks(values[inside]) / inside.sum()
    return found


def _spearman(x: np.ndarray, y: np.ndarray) -> float:
    a, b = ranks(x), ranks(y)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return NAN
    return float(np.corrcoef(a, b)[0, 1])


def _interval(names: list[str], methods: list[str], x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    if len(names) < LEAST_METHODS:
        return NONE
    generator = np.random.default_rng(0)
    places = {name: [n for n, method in enumerate(methods) if method == name] for name in names}
    draws = np.empty(RESAMPLES)
    for b in range(RESAMPLES):
        rows = [n for k in generator.integers(0, len(names), len(names)) for n in places[names[k]]]
        draws[b] = _spearman(x[rows], y[rows])
    return percentiles(draws)
