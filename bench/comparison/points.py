"""Points: the datasets of one grid in two studies, by their main scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.comparison.cases import NOT_COMPARABLE, PAIRED, apart, comparable, only
from bench.evaluation import metrics
from bench.evaluation.metrics import METRICS
from bench.evaluation.tested import Fold, tested
from bench.store import DatasetRecord

COLUMNS = ("grid", "dataset", "kind", "method", "metric", "a", "b", "difference", "apart")


@dataclass(frozen=True)
class Point:
    """One dataset of a grid that both studies have: how it can be compared, the methods that are complete in both and in either."""

    kind: str
    why: str
    both: tuple[str, ...]
    either: tuple[str, ...]
    lines: tuple[tuple[Any, ...], ...]


def point(a: DatasetRecord, b: DatasetRecord) -> Point:
    """Compares a point: the average over outcomes of each method complete in both, mean over seeds, then folds; without a test."""
    found = comparable(a, b)
    label = a.plan["grid"]["label"]
    if found.kind == NOT_COMPARABLE:
        return Point(found.kind, found.why, (), tuple(dict.fromkeys([*a.plan["methods"], *b.plan["methods"]])), ())
    a, b = only(a, found.outcomes), only(b, found.outcomes)
    ours, theirs = tested(a), tested(b)
    both = tuple(method for method in ours.methods if method in theirs.methods)
    moved = apart(a, b, both) if found.kind == PAIRED else dict.fromkeys(both, float("nan"))
    lines = []
    for method in both:
        first = _average(list(ours.folds.values()), method)
        second = first if moved[method] == 0 else _average(list(theirs.folds.values()), method)
        for m, metric in enumerate(METRICS):
            scores = float(first[m]), float(second[m])
            lines.append((label, a.name, found.kind, method, metric, *scores, scores[1] - scores[0], moved[method]))
    return Point(found.kind, found.why, both, tuple(dict.fromkeys([*a.plan["methods"], *b.plan["methods"]])), tuple(lines))


def _average(folds: Sequence[Fold], method: str) -> np.ndarray:
    """(METRICS,): mean over outcomes, seeds and folds."""
    return np.mean([list(_scores(fold, method)) for fold in folds], axis=(0, 1))


def _scores(fold: Fold, method: str) -> Iterator[np.ndarray]:
    for p in fold.tuned[method]:
        yield np.mean([metrics.scores(y, q) for y, q in zip(fold.y, p, strict=True)], axis=0)


def table(points: Sequence[Point]) -> pd.DataFrame:
    """COLUMNS of all points."""
    return pd.DataFrame([line for one in points for line in one.lines], columns=list(COLUMNS))


def summary(lines: pd.DataFrame) -> pd.DataFrame:
    """One line a method and metric over the points: how many, at how many all predictions are equal, mean scores and difference,
    and the smallest and largest difference."""
    kept = []
    for (method, metric), part in lines.groupby(["method", "metric"], sort=False):
        equal = int((part["apart"] == 0).sum())
        d = part["difference"]
        kept.append((method, metric, len(part), equal, part["a"].mean(), part["b"].mean(), d.mean(), d.min(), d.max()))
    return pd.DataFrame(kept, columns=["method", "metric", "points", "equal", "a", "b", "difference", "least", "most"])
