"""Labels: an outcome's known cases, what cannot be learned from them, and the loss over them."""

from __future__ import annotations

import numpy as np

from datasets import Cohort


def label(cohort: Cohort, name: str) -> np.ndarray:
    """An outcome of a cohort: float64 (cases,) of 1, 0, NaN = unknown."""
    return cohort.outcomes[name].to_numpy(dtype=np.float64)


def learnable(name: str, y: np.ndarray, y_valid: np.ndarray) -> None:
    """Raises ValueError for an outcome that has one class in train (`y`) or is never known in valid."""
    classes = np.unique(y[~np.isnan(y)])
    if len(classes) < 2:
        found = f"only class {classes[0]:g}" if len(classes) else "no known case"
        raise ValueError(f"outcome '{name}': {found} in train; a model needs both classes.")
    if np.isnan(y_valid).all():
        raise ValueError(f"outcome '{name}': no known case in valid; there is nothing to stop on.")


def log_loss(logits: np.ndarray, y: np.ndarray) -> float:
    """Mean over outcomes of the log-loss over an outcome's known cases; both (cases, outcomes), each outcome known somewhere."""
    known = ~np.isnan(y)
    loss = np.where(known, np.logaddexp(0.0, logits) - np.where(known, y, 0.0) * logits, 0.0)
    return float((loss.sum(axis=0) / known.sum(axis=0)).mean())
