"""Resampled: AUC and AUPRC of weighted cases by ranks, and the draws of patients that give the weights."""

from __future__ import annotations

import math

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

RESAMPLES = 2000
# Of what takes a standard error only.
FEWER = 200
# Weights held at once.
_CHUNK = 2**18


def drawn(everyone: np.ndarray, patient: np.ndarray, seed: int, resamples: int) -> np.ndarray:
    """How often each case is drawn, (cases, resamples): as many patients as there are, with replacement, from a generator of this
    seed; a patient's cases move together."""
    generator = np.random.default_rng(seed)
    names = np.unique(everyone)
    place = np.array([np.flatnonzero(names == one)[0] for one in np.unique(patient)])
    inside = place[np.unique(patient, return_inverse=True)[1]]
    found = np.empty((len(patient), resamples), dtype=np.int32)
    for b in range(resamples):
        times = np.zeros(len(names), dtype=np.int32)
        np.add.at(times, generator.integers(0, len(names), len(names)), 1)
        found[:, b] = times[inside]
    return found


def scored(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """AUC and AUPRC, (2, weightings), of cases with whole-numbered `weights` (cases, weightings); NaN in `y` (cases,) = unknown.

    AUC from the Mann–Whitney statistic: U = Σ w⁺ r − P(P + 1)/2 with r the mid-rank of a level of equal `p` (cases,) among all
    repeated cases, AUC = U / PN. AUPRC: the sum over levels, from the highest down, of the share of the positives that the level
    adds times the precision reached with it. NaN without both classes.
    """
    known = ~np.isnan(y)
    order = np.argsort(p[known], kind="stable")
    score, positive = p[known][order], y[known][order] == 1
    if not len(score):
        return np.full((2, weights.shape[1]), math.nan)
    starts = np.flatnonzero(np.append(True, score[1:] > score[:-1]))
    found = np.empty((2, weights.shape[1]))
    rows = np.flatnonzero(known)[order]
    step = max(1, _CHUNK // len(score))
    for start in range(0, weights.shape[1], step):
        w = weights[rows, start : start + step].astype(float)
        every = np.add.reduceat(w, starts, axis=0)
        with_it = np.add.reduceat(w * positive[:, None], starts, axis=0)
        found[:, start : start + step] = _levels(every, with_it)
    return found


def _levels(every: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """From the weights of all cases and of the positives of each level (levels, weightings), levels rising."""
    total, P = every.sum(axis=0), positive.sum(axis=0)
    N = total - P
    upto = np.cumsum(every, axis=0)
    middle = upto - every + (every + 1) / 2
    U = (positive * middle).sum(axis=0) - P * (P + 1) / 2
    down = total - upto + every
    found = P - np.cumsum(positive, axis=0) + positive
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(down > 0, found / down, 0.0)
        both = np.stack([U / (P * N), (positive * precision).sum(axis=0) / P])
    return np.where((P > 0) & (N > 0), both, np.nan)


def plain(y: np.ndarray, p: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
    """AUC and AUPRC by scikit-learn, over the known cases; NaN without both classes."""
    kept = ~np.isnan(y) & (np.ones(len(y), dtype=bool) if weights is None else weights > 0)
    truth = y[kept] == 1
    if not 0 < truth.sum() < len(truth):
        return math.nan, math.nan
    w = None if weights is None else weights[kept].astype(float)
    risk = p[kept]
    return (
        float(roc_auc_score(truth, risk, sample_weight=w)),
        float(average_precision_score(truth, risk, sample_weight=w)),
    )


def refuse_unlike_sklearn(y: np.ndarray, p: np.ndarray, weights: np.ndarray, scores: np.ndarray, number: int) -> None:
    """Holds one resample against scikit-learn with the weights as sample weights; an error here is one of the verifier."""
    other = plain(y, p, weights[:, number])
    if not np.allclose(scores[:, number], other, rtol=0, atol=1e-9, equal_nan=True):
        raise AssertionError(f"resample {number}: {scores[:, number]} by ranks, {other} by scikit-learn")
