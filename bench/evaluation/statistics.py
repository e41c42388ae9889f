"""Statistics: intervals, p-values, Holm's correction, what could have been seen, and tests that speak about methods."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

LEVEL = 0.95
POWER = 0.80
# Fewer pairs of training and test sets say nothing of the spread between them.
LEAST_FOLDS = 5


@dataclass(frozen=True)
class Interval:
    """Bounds of an interval; NaN where there is none."""

    low: float
    high: float


NONE = Interval(math.nan, math.nan)


def percentile(draws: np.ndarray, level: float = LEVEL) -> Interval:
    """Percentile bootstrap interval (Efron and Tibshirani 1993, ch. 13) of (resamples,) draws; NaN draws were dropped.

    Unadjusted for the number of intervals shown.
    """
    kept = draws[~np.isnan(draws)]
    if len(kept) < 2:
        return NONE
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def standard_error(draws: np.ndarray) -> float:
    """Bootstrap standard error: the standard deviation of the kept draws (Efron and Tibshirani 1993, ch. 6)."""
    kept = draws[~np.isnan(draws)]
    return float(kept.std(ddof=1)) if len(kept) > 1 else math.nan


def p_value(difference: float, error: float) -> float:
    """Two-sided p of no difference: 2 Φ(−|d| / se), with the bootstrap standard error (Efron and Tibshirani 1993, ch. 12).

    Equal predictions (no difference, no error) give 1.
    """
    if math.isnan(difference) or math.isnan(error):
        return math.nan
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * norm.sf(abs(difference) / error))


def holm(p: Sequence[float] | np.ndarray) -> np.ndarray:
    """Holm's step-down adjustment (Holm 1979): p̃_(i) = max_{j ≤ i} min(1, (m − j + 1) p_(j)); NaN stays and is not counted."""
    raw = np.asarray(p, dtype=float)
    adjusted = np.full(raw.shape, np.nan)
    asked = np.flatnonzero(~np.isnan(raw))
    order = asked[np.argsort(raw[asked], kind="stable")]
    steps = np.arange(len(order), 0, -1) * raw[order]
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def visible(error: float, comparisons: int = 1, power: float = POWER) -> float:
    """Smallest difference seen with the given power: (z_{1−α/2m} + z_{power}) se, α = 0.05 (Cohen 1988, ch. 2).

    `comparisons` = m takes the first, strictest step of Holm; 1 is a single unadjusted test.
    """
    return float((norm.isf((1 - LEVEL) / (2 * comparisons)) + norm.ppf(power)) * error)


@dataclass(frozen=True)
class Corrected:
    """A corrected resampled t-test over folds: what can be said about methods, not only about these fitted models."""

    interval: Interval
    p: float


def nadeau_bengio(differences: np.ndarray, test_to_train: float) -> Corrected:
    """Corrected resampled t-test over (J,) differences, one a fold through all repeats; NaN under LEAST_FOLDS of them.

    t = d̄ / √((1/J + n_test/n_train) s²) with J − 1 degrees of freedom (Nadeau and Bengio 2003, eq. 9); over repeated folds
    as in Bouckaert and Frank 2004. The term n_test/n_train makes up for training sets that overlap.
    """
    J = len(differences)
    if J < LEAST_FOLDS or np.isnan(differences).any():
        return Corrected(NONE, math.nan)
    mean = float(differences.mean())
    error = math.sqrt((1 / J + test_to_train) * float(differences.var(ddof=1)))
    if error == 0:
        return Corrected(Interval(mean, mean), 1.0 if mean == 0 else 0.0)
    reach = float(t.ppf((1 + LEVEL) / 2, J - 1)) * error
    return Corrected(Interval(mean - reach, mean + reach), float(2 * t.sf(abs(mean) / error, J - 1)))
