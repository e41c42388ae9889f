"""What a method returns, checked before it is believed."""

from __future__ import annotations

from typing import Any

import numpy as np

from datasets import Cohort
from methods.base import Method
from methods.contract.broken import ContractBrokenError


def predict(method: Method, cohort: Cohort, outcomes: int) -> np.ndarray:
    """The method's probabilities for a cohort whose outcomes are hidden: float64 (cases, outcomes).

    Raises ContractBrokenError for a wrong shape, NaN, or values outside [0, 1].
    """
    return believed(method.predict_proba(cohort.hide_outcomes()), len(cohort), outcomes)


def believed(answer: Any, cases: int, outcomes: int) -> np.ndarray:
    """An answer of `predict_proba` as float64 (cases, outcomes), if it is one; else raises ContractBrokenError."""
    try:
        p = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        raise ContractBrokenError(f"predict_proba gave {type(answer).__name__}, not an array of numbers.") from None
    if p.shape != (cases, outcomes):
        raise ContractBrokenError(f"predict_proba gave shape {p.shape}; expected (cases, outcomes) = {(cases, outcomes)}.")
    if np.isnan(p).any():
        raise ContractBrokenError(f"predict_proba gave NaN for {int(np.isnan(p).any(axis=1).sum())} of {len(p)} cases.")
    if ((p < 0) | (p > 1)).any():
        outside = int(((p < 0) | (p > 1)).any(axis=1).sum())
        raise ContractBrokenError(f"predict_proba gave values outside [0, 1] for {outside} of {len(p)} cases.")
    return p
