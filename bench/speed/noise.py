"""Noise: whether two predictions of the same patients score differently for sure."""

from __future__ import annotations

import numpy as np

from bench.evaluation.bootstrap import Draws, resampled
from datasets import Cohort

RESAMPLES = 1000


def within_noise(cohort: Cohort, first: np.ndarray, second: np.ndarray) -> bool:
    """Whether 0 lies in the 95 % paired bootstrap interval of the difference in selection score, the mean over outcomes of
    (AUC + AUPRC) / 2; both (cases, outcomes)."""
    if np.array_equal(first, second):
        return True
    y = cohort.outcomes.to_numpy(dtype=np.float64).T
    draws = Draws(np.unique(cohort.patient), seed=0, resamples=RESAMPLES)
    found = resampled(y, np.stack([first.T, second.T]), draws, cohort.patient)
    score = np.nanmean(found, axis=(0, 2))
    low, high = np.nanquantile(score[0] - score[1], [0.025, 0.975])
    return bool(low <= 0 <= high)
