"""Scaled: test risks as predicted and after Platt scaling, and how far each patient moves an estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.verifying.laws import Z
from bench.verifying.lines import platt
from bench.verifying.predicted import Dataset

SCALES = ("raw", "platt")
# Fewer patients are not told of.
LEAST = 5


@dataclass(frozen=True)
class Fold:
    """One fold's test: `patient` (cases,), `y` (outcomes, cases), `p`: method and scale → (seeds, outcomes, cases)."""

    patient: np.ndarray
    y: np.ndarray
    p: Mapping[tuple[str, str], np.ndarray]


def scaled(data: Dataset) -> list[Fold]:
    """Every fold; each seed of each cell is scaled by its own predictions on valid, outcome by outcome."""
    found = []
    for fold, test in data.tests.items() if data.methods else ():
        p = {}
        for method in data.methods:
            raw, valid = data.tuned[method, fold].p, data.valid[method, fold]
            p[method, "raw"] = raw
            scales = [[platt(valid.y[t], valid.p[s, t], one) for t, one in enumerate(risks)] for s, risks in enumerate(raw)]
            p[method, "platt"] = np.array(scales)
        found.append(Fold(test.patient, test.y, p))
    return found


def ends(value: float, parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """value ± 1.96 √Σ (what a patient moves it)²; `parts`: patients and influences of each fold, of which the value is the mean."""
    by_patient: dict[int, float] = {}
    for patient, influence in parts:
        for one, much in zip(patient.tolist(), influence.tolist(), strict=True):
            by_patient[one] = by_patient.get(one, 0.0) + much / len(parts)
    reach = Z * float(np.sqrt(sum(much * much for much in by_patient.values())))
    return value - reach, value + reach
