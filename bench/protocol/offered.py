"""Offered: the inputs of a cohort by name, and how many cases lack each, kept with a record so that reports need no cohort."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from datasets import Cohort
from datasets.checks.public import LEAST

# Series of so many cases are in memory at once.
CASES_AT_ONCE = 4096


def offered(cohort: Cohort, rows: np.ndarray) -> dict[str, Any]:
    """By modality: each column, note field or channel with its `kind` or `unit`, and `missing`, the cases of `rows` without it;
    None where one to four patients lack it, or have it."""
    found: dict[str, Any] = {}
    patient = cohort.patient[rows]
    if cohort.tabular is not None:
        table = cohort.tabular.iloc[rows]
        found["tabular"] = [
            {
                "name": str(name),
                "kind": "number" if pd.api.types.is_numeric_dtype(column) else "category",
                "missing": _counted(column.isna().to_numpy(), patient),
            }
            for name, column in table.items()
        ]
    if cohort.text is not None:
        notes = cohort.text.iloc[rows]
        found["text"] = [
            {"name": str(name), "missing": _counted(note.fillna("").str.strip().eq("").to_numpy(), patient)}
            for name, note in notes.items()
        ]
    if (series := cohort.series) is not None:
        parts = [rows[start : start + CASES_AT_ONCE] for start in range(0, len(rows), CASES_AT_ONCE)]
        empty = np.zeros((0, len(series.channels)), dtype=bool)
        gone = np.concatenate([empty, *(np.isnan(series.values[part]).all(axis=1) for part in parts)])
        found["series"] = [
            {"name": name, "unit": unit, "missing": _counted(gone[:, place], patient)}
            for place, (name, unit) in enumerate(zip(series.channels, series.units, strict=True))
        ]
        found["bins"] = {"count": len(series.times), "time_unit": series.time_unit}
    return found


def _counted(gone: np.ndarray, patient: np.ndarray) -> int | None:
    """How many cases (mask) there are; None where they, or all others, are those of one to four patients."""
    few = any(0 < len(np.unique(patient[part])) < LEAST for part in (gone, ~gone))
    return None if few else int(gone.sum())
