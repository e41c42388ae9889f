"""Ranked: methods over cohorts, where there are cohorts enough to speak of methods and not of one hospital."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components
from scipy.stats import f, rankdata, studentized_range

from bench.evaluation.bootstrap import RESAMPLES
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, Scores
from bench.evaluation.statistics import LEVEL, percentile
from bench.store import DatasetRecord

# Under this many real cohorts an order of methods is that of the cohorts chosen.
LEAST_COHORTS = 6
# Friedman's test asks whether any of three or more differs.
LEAST_METHODS = 3
AVERAGES = ("dataset", "cohort", "synthetic", "method", "metric", "value")
COLUMNS = ("metric", "method", "mean_rank", "low", "high", "win_rate", "elo", "improvability", "cohorts")


@dataclass(frozen=True)
class Ranked:
    """Methods in one metric: `table` (COLUMNS, best mean rank first), `p` of Friedman's test, `critical` difference of ranks."""

    metric: str
    table: pd.DataFrame
    p: float
    critical: float


def averages(scored: Sequence[tuple[DatasetRecord, Scores]]) -> pd.DataFrame:
    """AVERAGES, one line a dataset, complete method and metric: the mean over outcomes, which are not independent of each other
    and so count once. `cohort` is the name on the dataset's card."""
    lines = []
    for record, scores in scored:
        card = record.cohort["card"]
        for m, metric in enumerate(METRICS):
            for method in scores.methods:
                value = scores.points[m, scores.rows.index(method), scores.targets.index(AVERAGE)]
                lines.append((record.name, card["name"], bool(card.get("synthetic")), method, metric, float(value)))
    return pd.DataFrame(lines, columns=list(AVERAGES))


def real(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Real cohorts × methods from AVERAGES: datasets of one cohort count as one; NaN where a method has no score."""
    kept = table[(table["metric"] == metric) & ~table["synthetic"].astype(bool)]
    return kept.pivot_table(index="cohort", columns="method", values="value", aggfunc="mean", sort=False, dropna=False)


def ranked(values: pd.DataFrame, metric: str) -> Ranked | None:
    """Ranks of the methods that have a score in every cohort of `values` (cohorts × methods, more is better); None under
    LEAST_COHORTS cohorts or LEAST_METHODS such methods.

    Mean ranks with percentile intervals over cohorts drawn with replacement. Elo (Bradley and Terry's model of who wins in how many
    cohorts; 1,000 on average; NaN where it has no finite maximum), win rate and improvability (share of the error 1 − value that
    the best method of a cohort would take away, mean over cohorts) are bencheval's.
    """
    complete = values.loc[:, values.notna().all(axis=0)]
    if len(complete) < LEAST_COHORTS or complete.shape[1] < LEAST_METHODS:
        return None
    N, k = complete.shape
    ranks = rankdata(-complete.to_numpy(np.float64), axis=1)
    found = _arena(complete)
    found["mean_rank"] = ranks.mean(axis=0)
    picked = np.random.default_rng(0).integers(0, N, (RESAMPLES, N))
    intervals = [percentile(draws) for draws in ranks[picked].mean(axis=1).T]
    found["low"], found["high"] = [one.low for one in intervals], [one.high for one in intervals]
    found = found.sort_values("mean_rank", kind="stable").reset_index(drop=True).assign(metric=metric, cohorts=N)
    return Ranked(metric, found[list(COLUMNS)], friedman(ranks), critical_difference(k, N))


def friedman(ranks: np.ndarray) -> float:
    """p of no difference between methods, from ranks (cohorts, methods): Friedman's χ² in Iman and Davenport's form.

    χ² = Σ_j (R_j − N(k+1)/2)² · (k − 1) / (Σ r² − N k (k+1)²/4), which minds ties (Conover 1999, ch. 5.8);
    F = (N − 1) χ² / (N (k − 1) − χ²) with k − 1 and (k − 1)(N − 1) degrees of freedom (Demšar 2006, section 3.2.2).
    """
    N, k = ranks.shape
    spread = float((ranks**2).sum() - N * k * (k + 1) ** 2 / 4)
    if spread == 0:
        return 1.0
    chi = float(((ranks.sum(axis=0) - N * (k + 1) / 2) ** 2).sum()) * (k - 1) / spread
    rest = N * (k - 1) - chi
    return 0.0 if rest <= 1e-12 else float(f.sf((N - 1) * chi / rest, k - 1, (k - 1) * (N - 1)))


def critical_difference(methods: int, cohorts: int) -> float:
    """Nemenyi's critical difference of mean ranks: CD = q_{0.05, k} √(k (k + 1) / (6 N)), q the studentised range over √2
    (Demšar 2006, eq. in section 3.2.2)."""
    q = float(studentized_range.ppf(LEVEL, methods, np.inf)) / math.sqrt(2)
    return q * math.sqrt(methods * (methods + 1) / (6 * cohorts))


def alike(mean_ranks: Sequence[float], critical: float) -> list[tuple[int, int]]:
    """Widest runs (first, last) of sorted mean ranks, two or more of them, that lie within the critical difference."""
    runs: list[tuple[int, int]] = []
    for first in range(len(mean_ranks)):
        last = max(n for n in range(first, len(mean_ranks)) if mean_ranks[n] - mean_ranks[first] < critical)
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((first, last))
    return runs


def _arena(complete: pd.DataFrame) -> pd.DataFrame:
    """Elo, win rate and improvability of each method, in the order of the columns."""
    # Needed only by studies of many cohorts.
    from bencheval.evaluator import BenchmarkEvaluator

    long = (1 - complete).rename_axis(index="task").reset_index()
    errors = long.melt(id_vars="task", var_name="method", value_name="metric_error")
    arena = BenchmarkEvaluator(columns_to_agg_extra=None)
    board = arena.leaderboard(errors, include_elo=True, include_winrate=True, include_improvability=True)
    board = board.loc[list(complete.columns)]
    return pd.DataFrame(
        {
            "method": list(complete.columns),
            "win_rate": board["winrate"].to_numpy(),
            "elo": board["elo"].to_numpy() if bounded(complete.to_numpy(np.float64)) else math.nan,
            "improvability": board["improvability"].to_numpy(),
        }
    )


def bounded(values: np.ndarray) -> bool:
    """Whether Bradley and Terry's model has a finite maximum of likelihood on values (cohorts, methods): no group of methods wins
    every comparison with the others (Ford 1957)."""
    won = (values[:, :, None] >= values[:, None, :]).any(axis=0)
    return int(connected_components(won, directed=True, connection="strong")[0]) == 1
