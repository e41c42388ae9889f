"""The cohort as a dense standardised matrix for linear models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from datasets import Cohort
from methods.columns.frame import Columns

CUT = 0.005


@dataclass(frozen=True)
class Matrix:
    """What was learned from train: for each numeric column its cut, median, mean and spread; for each category a column.

    `numeric`: columns that vary in train. `gaps`: columns with missing values there, one for each pattern of them. `levels`:
    pairs of a categorical column and a category.
    """

    columns: Columns
    numeric: tuple[str, ...]
    gaps: tuple[str, ...]
    levels: tuple[tuple[str, str], ...]
    low: np.ndarray
    high: np.ndarray
    median: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    _made: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def rows(self, cohort: Cohort) -> np.ndarray:
        """float64 (cases, width), no NaN: numbers standardised, then 1 for missing, then 1 for the category."""
        if cohort.inputs_key not in self._made:
            frame = self.columns.frame(cohort)
            found = _numbers(frame, self.numeric)
            filled = np.where(np.isnan(found), self.median, np.clip(found, self.low, self.high))
            parts = [(filled - self.mean) / self.spread, np.isnan(_numbers(frame, self.gaps)).astype(np.float64)]
            parts += [(frame[name] == level).to_numpy(dtype=np.float64)[:, None] for name, level in self.levels]
            self._made[cohort.inputs_key] = np.ascontiguousarray(np.concatenate(parts, axis=1))
        return self._made[cohort.inputs_key]


def fit_matrix(columns: Columns, train: Cohort, shared: dict[Any, Any]) -> Matrix:
    """Matrix fitted on train: numbers cut at the 0.5th and 99.5th percentile, gaps filled with the median, then
    standardised; a mark for each pattern of gaps; one column a category. Kept in `shared`."""
    key = ("matrix", *columns.key)
    if key not in shared:
        shared[key] = _fit(columns, columns.frame(train))
    found: Matrix = shared[key]
    return found


def _fit(columns: Columns, frame: pd.DataFrame) -> Matrix:
    categorical = [name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    numbers = [str(name) for name in frame if name not in categorical]
    numeric = tuple(name for name in numbers if frame[name].nunique() > 1)
    found = _numbers(frame, numeric)
    low, high = np.nanquantile(found, [CUT, 1 - CUT], axis=0) if numeric else np.zeros((2, 0))
    # A rare finding, 0 for nearly all, would be cut away altogether.
    rare = low == high
    low, high = np.where(rare, -np.inf, low), np.where(rare, np.inf, high)
    cut = np.clip(found, low, high)
    median = np.nanmedian(cut, axis=0)
    filled = np.where(np.isnan(found), median, cut)
    # Columns that miss together, as those of one note field do, need one mark, not one each.
    marks = {frame[name].isna().to_numpy().tobytes(): name for name in reversed(numbers) if 0 < frame[name].isna().mean() < 1}
    levels = tuple((str(name), level) for name in categorical for level in frame[name].cat.categories)
    return Matrix(columns, numeric, tuple(marks.values()), levels, low, high, median, filled.mean(axis=0), filled.std(axis=0))


def _numbers(frame: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    return frame[list(names)].to_numpy(dtype=np.float64)
