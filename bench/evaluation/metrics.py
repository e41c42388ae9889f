"""Metrics of one outcome: AUC, AUPRC and prevalence, for whole test sets and for weighted ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

METRICS = ("auc", "auprc")


@dataclass(frozen=True)
class Ranked:
    """Known cases of one outcome in falling order of p, cut at the levels of equal score that hold a positive.

    `sums` (3 × levels + 1, cases) adds up weights: row 3g of the cases between levels g−1 and g, row 3g+1 of the negatives of
    level g, row 3g+2 of its positives, the last row of the cases below. Neither metric needs what lies between two levels apart.
    """

    sums: csr_array
    levels: int


def ranked(y: np.ndarray, p: np.ndarray) -> Ranked:
    """Sorts the cases once, for any number of weightings. `y` (cases,) 1, 0 or NaN = unknown; `p` (cases,)."""
    known = np.flatnonzero(~np.isnan(y))
    order = known[np.lexsort((y[known], -p[known]))]
    score, positive = p[order], y[order] == 1
    starts = np.concatenate([[0], np.flatnonzero(np.diff(score) != 0) + 1, [len(order)]])[: len(order) + 1]
    positives_before = np.concatenate([[0], np.cumsum(positive)])
    held = np.diff(positives_before[starts])
    level = np.flatnonzero(held)
    first, end = starts[:-1][level], starts[1:][level]
    marks = np.stack([first, end - held[level], end], axis=1).ravel()
    bounds = np.concatenate([[0], marks, [len(order)]]).astype(np.int64)
    sums = csr_array((np.ones(len(order)), order, bounds), shape=(len(bounds) - 1, len(y)))
    return Ranked(sums, len(level))


def weighted(cases: Ranked, weights: np.ndarray) -> np.ndarray:
    """AUC and AUPRC under each weighting of the cases: `weights` (cases, weightings) → (2, weightings), NaN without both classes.

    AUC is the weight of the pairs ranked rightly, ties half (Hanley and McNeil 1982). AUPRC is average precision,
    Σ_g (R_g − R_{g−1}) P_g over the levels g of equal score, as in scikit-learn's `average_precision_score`.
    """
    total = cases.sums @ weights
    between, negative, positive = (total[k : 3 * cases.levels : 3] for k in range(3))
    positives, everyone = positive.sum(axis=0), total.sum(axis=0)
    negatives = everyone - positives
    found = np.cumsum(positive, axis=0)
    reached = np.cumsum(between + negative + positive, axis=0)
    outranking = reached - found - 0.5 * negative
    both = (positives > 0) & (negatives > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(reached > 0, found / reached, 0.0)
        auc = 1 - (positive * outranking).sum(axis=0) / (positives * negatives)
        auprc = (positive * precision).sum(axis=0) / positives
    return np.where(both, np.stack([auc, auprc]), np.nan)


def auc(y: np.ndarray, p: np.ndarray) -> float:
    """Area under the ROC curve over the known cases; NaN without both classes. Equal to scikit-learn's `roc_auc_score`."""
    return float(scores(y, p)[0])


def auprc(y: np.ndarray, p: np.ndarray) -> float:
    """Average precision over the known cases; NaN without both classes. Equal to scikit-learn's `average_precision_score`."""
    return float(scores(y, p)[1])


def scores(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """AUC and AUPRC over the known cases: (2,), in the order of METRICS."""
    return weighted(ranked(y, p), np.ones((len(y), 1)))[:, 0]


def prevalence(y: np.ndarray) -> float:
    """Share of positives among the known cases; NaN where none is known."""
    known = y[~np.isnan(y)]
    return float((known == 1).mean()) if len(known) else float("nan")
