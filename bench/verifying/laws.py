"""Laws: intervals, p-values and corrections, in plain loops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from scipy.special import stdtr, stdtrit

Z = NormalDist().inv_cdf(0.975)
NAN = math.nan
NONE = (NAN, NAN)
# A claim about methods takes as many folds.
FOLDS = 5


def quantile(values: Sequence[float] | np.ndarray, share: float) -> float:
    """A quantile, linear between the two neighbours (Hyndman and Fan 1996, type 7)."""
    ordered = sorted(map(float, values))
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def percentiles(draws: np.ndarray) -> tuple[float, float]:
    """2.5 % and 97.5 % of the draws that are numbers."""
    kept = [float(one) for one in draws if one == one]
    return (quantile(kept, 0.025), quantile(kept, 0.975)) if len(kept) > 1 else NONE


def error(draws: np.ndarray) -> float:
    """Standard deviation of the draws that are numbers."""
    kept = [float(one) for one in draws if one == one]
    if len(kept) < 2:
        return NAN
    mean = math.fsum(kept) / len(kept)
    return math.sqrt(math.fsum((one - mean) ** 2 for one in kept) / (len(kept) - 1))


def around(value: float, draws: np.ndarray) -> tuple[float, float]:
    """value ± 1.96 standard errors of its draws."""
    reach = Z * error(draws)
    return (value - reach, value + reach) if value == value and reach == reach else NONE


def two_sided(difference: float, spread: float) -> float:
    """p of no difference by the normal law."""
    if difference != difference or spread != spread:
        return NAN
    if spread == 0:
        return 1.0 if difference == 0 else 0.0
    return math.erfc(abs(difference) / spread / math.sqrt(2))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down p, NaN not counted: each times how many are not smaller, none below one before it."""
    asked = sorted((value, place) for place, value in enumerate(p) if value == value)
    found, before = [NAN] * len(p), 0.0
    for step, (value, place) in enumerate(asked):
        before = max(before, min(1.0, (len(asked) - step) * value))
        found[place] = before
    return found


def seen(spread: float) -> float:
    """Smallest difference seen with 80 % power at 5 %."""
    return (Z + NormalDist().inv_cdf(0.8)) * spread


def over_folds(differences: Sequence[float], test_to_train: float) -> tuple[float, float, float]:
    """Nadeau and Bengio's corrected t-test: low, high, p; nothing under FOLDS differences."""
    J = len(differences)
    if J < FOLDS or any(d != d for d in differences):
        return NAN, NAN, NAN
    mean = math.fsum(differences) / J
    variance = math.fsum((d - mean) ** 2 for d in differences) / (J - 1)
    spread = math.sqrt((1 / J + test_to_train) * variance)
    if spread == 0:
        return mean, mean, 1.0 if mean == 0 else 0.0
    reach, p = student(mean, spread, J - 1)
    return mean - reach, mean + reach, p


def student(value: float, spread: float, df: float) -> tuple[float, float]:
    """Half the width of the 95 % interval, and the two-sided p, by Student's t."""
    return float(stdtrit(df, 0.975)) * spread, 2 * float(stdtr(df, -abs(value) / spread))
