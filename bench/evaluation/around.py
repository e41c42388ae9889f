"""Around: metrics of rows on a fold's test cases with a few bootstrap draws around them, enough for a standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from bench.evaluation.bootstrap import Draws, resampled
from bench.evaluation.metrics import scores
from bench.evaluation.statistics import LEVEL, NONE, Interval, standard_error

# Enough for a standard error (Efron and Tibshirani 1993, section 6.4); percentiles need ten times as many.
RESAMPLES = 200


@dataclass(frozen=True)
class Around:
    """`points` (METRICS, rows, outcomes) and `draws` (METRICS, rows, outcomes, resamples), mean over what was added."""

    points: np.ndarray
    draws: np.ndarray


def around(y: np.ndarray, p: np.ndarray, patient: np.ndarray, seed: int) -> Around:
    """Metrics of `p` (rows, outcomes, cases) for `y` (outcomes, cases), NaN = not counted; whole patients are drawn, the same for
    all rows, so that differences between rows are paired."""
    points = np.stack([np.stack([scores(t, q) for t, q in zip(y, row, strict=True)], axis=1) for row in p], axis=1)
    return Around(points, resampled(y, p, Draws(np.unique(patient), seed, RESAMPLES), patient))


def mean(parts: list[Around]) -> Around:
    """The mean over folds; NaN where a fold has none."""
    return Around(np.mean([part.points for part in parts], axis=0), np.mean([part.draws for part in parts], axis=0))


def normal(value: float, draws: np.ndarray) -> Interval:
    """value ± 1.96 bootstrap standard errors (Efron and Tibshirani 1993, section 12.5), unadjusted; none with too few draws."""
    error = standard_error(draws)
    if np.isnan(value) or np.isnan(error):
        return NONE
    reach = float(norm.ppf((1 + LEVEL) / 2)) * error
    return Interval(value - reach, value + reach)
