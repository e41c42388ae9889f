"""Differences between two rows of scores, paired: both were drawn on the same patients and seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import Scores
from bench.evaluation.statistics import NONE, Corrected, Interval, nadeau_bengio, p_value, percentile, standard_error


@dataclass(frozen=True)
class Difference:
    """`value` = first − second, in units of the metric; `interval` and `p` are unadjusted and speak of these fitted models.

    `corrected` speaks of the methods, and is NaN under five folds. All but `value` are NaN where AUPRC gets no interval.
    """

    value: float
    interval: Interval
    error: float
    p: float
    corrected: Corrected


def difference(scores: Scores, metric: str, first: str, second: str, target: str) -> Difference:
    """The paired difference of two rows in one metric and target."""
    m, t = METRICS.index(metric), scores.targets.index(target)
    a, b = scores.rows.index(first), scores.rows.index(second)
    value = float(scores.points[m, a, t] - scores.points[m, b, t])
    if scores.too_few(metric, target):
        return Difference(value, NONE, math.nan, math.nan, Corrected(NONE, math.nan))
    draws = scores.draws[m, a, t] - scores.draws[m, b, t]
    error = standard_error(draws)
    corrected = nadeau_bengio(scores.folds[m, a, t] - scores.folds[m, b, t], scores.test_to_train)
    return Difference(value, percentile(draws), error, p_value(value, error), corrected)
