"""What a method returns, checked before it is believed."""

from __future__ import annotations

from typing import Any

import numpy as np

from datasets import Cohort
from methods.base import Method


class ContractBrokenError(ValueError):
    """A method returned something other than a probability per case and outcome; says what, never a value of a patient."""


def predict(method: Method, cohort: Cohort, outcomes: int) -> np.ndarray:
    """The method's probabilities for a cohort whose outcomes are hidden: float64 (cases, outcomes).

    Raises ContractBrokenError for a wrong shape, NaN, or values outside [0, 1].
    """
    answer: Any = method.predict_proba(cohort.hide_outcomes())
    try:
        p = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        raise ContractBrokenError(f"predict_proba gave {type(answer).__name__}, not an array of numbers.") from None
    if p.shape != (len(cohort), outcomes):
        raise ContractBrokenError(f"predict_proba gave shape {p.shape}; expected (cases, outcomes) = {(len(cohort), outcomes)}.")
    if np.isnan(p).any():
        raise ContractBrokenError(f"predict_proba gave NaN for {int(np.isnan(p).any(axis=1).sum())} of {len(p)} cases.")
    if ((p < 0) | (p > 1)).any():
        outside = int(((p < 0) | (p > 1)).any(axis=1).sum())
        raise ContractBrokenError(f"predict_proba gave values outside [0, 1] for {outside} of {len(p)} cases.")
    return p
