"""Expected AUC and AUPRC of a score when the true risks are known: no draw of outcomes, so no noise from one."""

from __future__ import annotations

import numpy as np


def expected_auc(risk: np.ndarray, score: np.ndarray | None = None) -> float:
    """AUC of `score` (the risk itself if None) over patients whose outcomes are independent with probabilities `risk`.

    Σ_{i≠j} r_i (1 − r_j) [s_i > s_j] / Σ_{i≠j} r_i (1 − r_j); equal scores count half. Sorted: O(n log n).
    """
    score = risk if score is None else score
    order = np.argsort(score, kind="stable")
    r, group = risk[order], _groups(score[order])
    healthy = np.bincount(group, weights=1 - r)
    below = (np.cumsum(healthy) - healthy)[group]
    tied = healthy[group] - (1 - r)
    pairs = r.sum() * (1 - r).sum() - (r * (1 - r)).sum()
    return float((r * (below + tied / 2)).sum() / pairs)


def expected_auprc(risk: np.ndarray, score: np.ndarray | None = None) -> float:
    """Average precision of `score` (the risk itself if None) over the same patients.

    Σ_i r_i E[precision at i | y_i = 1] / Σ_i r_i, precision = (1 + Σ_{j≠i, s_j ≥ s_i} r_j) / #{j: s_j ≥ s_i}: O(n log n).
    """
    score = risk if score is None else score
    order = np.argsort(-score, kind="stable")
    r, group = risk[order], _groups(score[order])
    ranked = np.cumsum(np.bincount(group))[group]
    ill = np.cumsum(np.bincount(group, weights=r))[group]
    return float((r * (1 + ill - r) / ranked).sum() / r.sum())


def _groups(ordered: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])])
