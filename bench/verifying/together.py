"""Together: averages of several datasets side by side, ranks over real cohorts, conflict held against gains over all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import fdtrc
from scipy.stats import studentized_range

from bench.verifying.expected import LEFT_OUT, Expected, Row
from bench.verifying.foretold import foretold_of, ranks
from bench.verifying.laws import NAN, percentiles
from bench.verifying.predicted import METRICS, Dataset
from bench.verifying.scores import Scores

COHORTS, LEAST_METHODS, RESAMPLES = 6, 3, 2000


def together(
    told: Sequence[tuple[Dataset, Scores]], logged: Sequence[tuple[Sequence[Row], Sequence[Row]]], intervals: bool
) -> Iterator[Expected]:
    """Every table of two or more datasets. `logged`: rows of gradients and of gains by dataset, as recomputed."""
    rows = averages(told)
    yield Expected("averages", ("dataset", "method", "metric"), rows, "scikit-learn, means")
    ranked = [found for metric in METRICS if (found := _ranked(rows, metric, intervals)) is not None]
    yield Expected("ranks", ("metric", "method"), [row for one, _ in ranked for row in one], "counts of wins; Newton")
    yield Expected("ranks_tests", ("metric",), [row for _, row in ranked], "analysis of variance of ranks")
    some = [(gradients, gains) for gradients, gains in logged if gradients]
    if len(some) > 1:
        told_rows = foretold_of([g for g, _ in some], [t for _, t in some], intervals)
        yield Expected("foretold_together", ("metric", "signal", "ranked"), told_rows, "correlation of ranks")


def averages(told: Sequence[tuple[Dataset, Scores]]) -> list[Row]:
    """One row a dataset, complete method and metric."""
    rows: list[Row] = []
    for data, found in told:
        card = data.record.cohort["card"]
        for metric in METRICS:
            for method in data.methods:
                by_outcome = [found.point(method, metric, t) for t in range(len(data.outcomes))]
                row = {"dataset": data.name, "cohort": card["name"], "synthetic": bool(card.get("synthetic"))}
                rows.append(row | {"method": method, "metric": metric, "value": math.fsum(by_outcome) / len(by_outcome)})
    return rows


def _ranked(rows: Sequence[Row], metric: str, intervals: bool) -> tuple[list[Row], Row] | None:
    """Rows of the ranks and of their test in one metric; None where cohorts or methods are too few."""
    kept = [row for row in rows if row["metric"] == metric and not row["synthetic"]]
    cohorts, methods = (list(dict.fromkeys(row[key] for row in kept)) for key in ("cohort", "method"))
    values: dict[tuple[str, str], float] = {}
    for cohort in cohorts:
        for method in methods:
            found = [row["value"] for row in kept if row["cohort"] == cohort and row["method"] == method]
            if found and all(one == one for one in found):
                values[cohort, method] = math.fsum(found) / len(found)
    methods = [method for method in methods if all((cohort, method) in values for cohort in cohorts)]
    N, k = len(cohorts), len(methods)
    if N < COHORTS or k < LEAST_METHODS:
        return None
    table = np.array([[values[cohort, method] for method in methods] for cohort in cohorts])
    places = np.array([ranks(-line) for line in table])
    wins = np.array([[sum(_won(line[i], line[j]) for line in table) for j in range(k)] for i in range(k)])
    elo = _elo(wins, N)
    picked = np.random.default_rng(0).integers(0, N, (RESAMPLES, N))
    told: list[Row] = []
    for n, method in enumerate(methods):
        low, high = percentiles(np.array([places[one, n].mean() for one in picked])) if intervals else (LEFT_OUT, LEFT_OUT)
        rate = sum(wins[n, j] for j in range(k) if j != n) / (N * (k - 1))
        gain = math.fsum(0.0 if line[n] == 1 else 1 - (1 - max(line)) / (1 - line[n]) for line in table) / N
        row: dict[str, object] = {"metric": metric, "method": method, "mean_rank": float(places[:, n].mean())}
        row |= {"low": low, "high": high, "win_rate": float(rate), "elo": elo[n], "improvability": gain, "cohorts": N}
        told.append(row)
    critical = float(studentized_range.isf(0.05, k, np.inf)) * math.sqrt(k * (k + 1) / (12 * N))
    return told, {"metric": metric, "friedman_p": _friedman(places), "critical_difference": critical, "methods": k}


def _won(one: float, other: float) -> float:
    return 1.0 if one > other else 0.5 if one == other else 0.0


def _friedman(places: np.ndarray) -> float:
    """Iman and Davenport's F is that of a two-way analysis of variance of the ranks, whose row means are all equal."""
    N, k = places.shape
    if np.ptp(places) == 0:
        return 1.0
    between = N * float(((places.mean(axis=0) - places.mean()) ** 2).sum())
    rest = float(((places - places.mean(axis=0)) ** 2).sum())
    if rest < 1e-9:
        return 0.0
    return float(fdtrc(k - 1, (k - 1) * (N - 1), (between / (k - 1)) / (rest / ((k - 1) * (N - 1)))))


def _elo(wins: np.ndarray, cohorts: int) -> list[float]:
    """Bradley and Terry's ratings by Newton's method, to a tenth; NaN where some methods win every comparison with the others."""
    k = len(wins)
    reached = wins > 0
    for _ in range(k):
        reached = reached | ((reached[:, :, None] & reached[None, :, :]).any(axis=1))
    if not reached[~np.eye(k, dtype=bool)].all():
        return [NAN] * k
    total = np.array([sum(wins[i, j] for j in range(k) if j != i) for i in range(k)])
    t = np.zeros(k)
    for _ in range(200):
        p = 1 / (1 + np.exp(t[None, :] - t[:, None]))
        np.fill_diagonal(p, 0)
        slope = total - cohorts * p.sum(axis=1)
        curve = cohorts * (p * p.T)
        hessian = np.diag(curve.sum(axis=1)) - curve + np.full((k, k), 1.0)
        step = np.linalg.solve(hessian, slope)
        t += step / max(1.0, np.abs(step).max())
    return [round(1000 + 400 * float(one) / math.log(10), 1) for one in t - t.mean()]
