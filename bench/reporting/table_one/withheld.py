"""Withheld: which counts of patients are too small to be printed, and which others would give them away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Counts of one to four patients are not printed.
LEAST = 5
SMALL = f"<{LEAST}"
WITHHELD = "withheld"


def is_small(patients: int) -> bool:
    """Whether a count stands for somebody, but for too few."""
    return 0 < patients < LEAST


def patients_of(patient: np.ndarray, cases: np.ndarray) -> int:
    """How many patients these cases (mask, or row numbers) belong to."""
    return len(np.unique(patient[cases]))


def patients_by(patient: np.ndarray, code: np.ndarray, codes: int) -> np.ndarray:
    """Patients per level, (codes,): `code` (cases,) from 0, -1 = unknown; `patient` (cases,) from 0."""
    known = code >= 0
    pairs = np.unique(code[known].astype(np.int64) * (int(patient.max(initial=0)) + 1) + patient[known])
    return np.bincount(pairs // (int(patient.max(initial=0)) + 1), minlength=codes)


def guarded(texts: Sequence[str], patients: Sequence[int]) -> list[str]:
    """The texts of cells that add up to a known total, with those that stand for too few patients withheld.

    One withheld cell is the total less the others; then, and where all withheld ones together are too few, the next smallest
    goes too.
    """
    hidden = {i for i, count in enumerate(patients) if is_small(count)}
    marks = dict.fromkeys(hidden, SMALL)
    left = sorted((i for i, count in enumerate(patients) if count >= LEAST), key=lambda i: (patients[i], i))
    while hidden and left and (len(hidden) < 2 or sum(patients[i] for i in hidden) < LEAST):
        hidden.add(nearest := left.pop(0))
        marks[nearest] = WITHHELD
    return [marks.get(i, text) for i, text in enumerate(texts)]
