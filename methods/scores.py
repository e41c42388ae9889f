"""Scores that choose trials and epochs: macro averages over outcomes, unknown outcomes left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score


def auc(y: np.ndarray, p: np.ndarray) -> float:
    """Area under the ROC curve of one outcome over its known cases; NaN where one class is missing."""
    known = ~np.isnan(y)
    if len(np.unique(y[known])) < 2:
        return float("nan")
    return float(roc_auc_score(y[known], p[known]))


def auprc(y: np.ndarray, p: np.ndarray) -> float:
    """Average precision of one outcome over its known cases; NaN where one class is missing."""
    known = ~np.isnan(y)
    if len(np.unique(y[known])) < 2:
        return float("nan")
    return float(average_precision_score(y[known], p[known]))


def negative_log_loss(y: np.ndarray, p: np.ndarray) -> float:
    """Minus the log-loss of one outcome over its known cases, so that higher is better; NaN where there is none."""
    known = ~np.isnan(y)
    if not known.any():
        return float("nan")
    return -float(log_loss(y[known], p[known], labels=[0, 1]))


def macro(score: Callable[[np.ndarray, np.ndarray], float], y: np.ndarray, p: np.ndarray) -> float:
    """Mean over outcomes of a score of (cases, outcomes) arrays; outcomes where it does not exist are left out."""
    values = np.array([score(y[:, t], p[:, t]) for t in range(y.shape[1])])
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


def selection_score(y: np.ndarray, p: np.ndarray) -> float:
    """Mean over outcomes of (AUC + AUPRC) / 2: what chooses a trial unless the study says otherwise."""
    return (macro(auc, y, p) + macro(auprc, y, p)) / 2


SELECTION: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "auc_auprc": selection_score,
    "auc": lambda y, p: macro(auc, y, p),
    "auprc": lambda y, p: macro(auprc, y, p),
    "log_loss": lambda y, p: macro(negative_log_loss, y, p),
}
