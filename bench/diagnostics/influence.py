"""Influence: standard errors from how far each patient moves an estimate, without drawing anything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import norm

from bench.evaluation.statistics import LEVEL


def errors(patients: Sequence[np.ndarray], influences: Sequence[np.ndarray]) -> np.ndarray:
    """Standard errors (…,) of estimates that are means over folds: √Σ (Σ influences of a patient's cases)² over patients.

    `patients`, `influences`: (cases,) and (…, cases) of each fold; an influence is the derivative of the fold's estimate by the
    weight of a case. The infinitesimal jackknife (Jaeckel 1972; Efron 1982, ch. 6), which the bootstrap by patient comes to for
    smooth estimates; in a regression the sandwich by clusters (Liang and Zeger 1986). A patient of several folds counts once.
    """
    everyone, place = np.unique(np.concatenate(patients), return_inverse=True)
    shape = influences[0].shape[:-1]
    total = np.zeros((int(np.prod(shape)), len(everyone)))
    ends = np.cumsum([len(patient) for patient in patients])
    for end, influence in zip(ends, influences, strict=True):
        cases = influence.shape[-1]
        owned = csr_array((np.ones(cases), (np.arange(cases), place[end - cases : end])), shape=(cases, len(everyone)))
        total += influence.reshape(-1, cases) @ owned / len(patients)
    return np.sqrt((total**2).sum(axis=1)).reshape(shape)


def bounds(values: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """values ± 1.96 standard errors: low and high ends of 95 % intervals, unadjusted."""
    reach = norm.ppf((1 + LEVEL) / 2) * error
    return values - reach, values + reach
